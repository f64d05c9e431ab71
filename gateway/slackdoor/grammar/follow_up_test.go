package grammar_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/slackdoor/grammar"
	"muster/incident"
)

func TestFollowUpsAreProposedChangedAndDecided(t *testing.T) {
	t.Parallel()
	change := func(f grammar.FollowUp) grammar.FollowUp { f.Deed = grammar.DeedChange; return f }
	for text, want := range map[string]grammar.Args{
		"Ask help@example.com for logs bob@example.com": {Text: "Ask help@example.com for logs", Users: []string{"bob@example.com"}},
		"Alert on disk space <@U1|bob> due:2026-12-01":  {Text: "Alert on disk space", Users: []string{"U1"}, Due: "2026-12-01"},
		"add Bigger disks": {Text: "Bigger disks"},
		"Bigger disks kind:prevent priority:HIGH label:disks label:storage urgent:yes": {
			Text: "Bigger disks", FollowUp: grammar.FollowUp{Kind: incident.FollowUpPrevent, Priority: incident.PriorityHigh, Labels: []string{"disks", "storage"}, Urgent: true},
		},
		// Words that decide are titles where no number follows them.
		"drop the old table":              {Text: "drop the old table"},
		"3 replicas are too few":          {Text: "3 replicas are too few"},
		"add done":                        {Text: "done"},
		"Say when it is due: now":         {Text: "Say when it is due: now"},
		"Take @Deprecated out of the API": {Text: "Take @Deprecated out of the API"},
		"Bigger disks due:tomorrow":       {Text: "Bigger disks", Due: "tomorrow"},
		"due:2w Bigger disks <@U1|bob>":   {Text: "Bigger disks", Due: "2w", Users: []string{"U1"}},
		"accept 2 due:FRI":                {Number: 2, Status: incident.FollowUpAccepted, Due: "FRI", FollowUp: change(grammar.FollowUp{Claim: true})},
		// A number and a verb are understood either way round.
		"1 done":             {Number: 1, Status: incident.FollowUpDone, FollowUp: change(grammar.FollowUp{})},
		"#2 snooze fri busy": {Number: 2, Until: "fri", Text: "busy", FollowUp: grammar.FollowUp{Deed: grammar.DeedSnooze}},
		"2 merge into 1":     {Number: 2, FollowUp: grammar.FollowUp{Deed: grammar.DeedMerge, Into: 1}},
		"2 set nobody":       {Number: 2, Nobody: true, FollowUp: change(grammar.FollowUp{})},
		"3":                  {Number: 3, FollowUp: change(grammar.FollowUp{})},
		"reopen 3":           {Number: 3, Status: incident.FollowUpAccepted, FollowUp: change(grammar.FollowUp{})},
		// The incident may stand where the command line has it.
		"add INC-1 From slack":                 {Incident: 1, Text: "From slack"},
		"drop INC-4 1 nope":                    {Incident: 4, Number: 1, Status: incident.FollowUpDropped, Text: "nope", FollowUp: change(grammar.FollowUp{})},
		"drop 1 see INC-4":                     {Number: 1, Status: incident.FollowUpDropped, Text: "see INC-4", FollowUp: change(grammar.FollowUp{})},
		"done 1 INC-4":                         {Incident: 4, Number: 1, Status: incident.FollowUpDone, FollowUp: change(grammar.FollowUp{})},
		"INC-4 done 1":                         {Incident: 4, Number: 1, Status: incident.FollowUpDone, FollowUp: change(grammar.FollowUp{})},
		"set INC-4 1 nobody":                   {Incident: 4, Number: 1, Nobody: true, FollowUp: change(grammar.FollowUp{})},
		"list INC-4 overdue":                   {Incident: 4, FollowUp: grammar.FollowUp{Deed: grammar.DeedList, Overdue: true}},
		"INC-4 add INC-5 is the same":          {Incident: 4, Text: "INC-5 is the same"},
		"merge both dashboards":                {Text: "merge both dashboards"},
		"list the hosts that fill up":          {Text: "list the hosts that fill up"},
		"add accept 2 of 3 replicas":           {Text: "accept 2 of 3 replicas"},
		"set 2 dropped we moved":               {Number: 2, Status: incident.FollowUpDropped, Text: "we moved", FollowUp: change(grammar.FollowUp{})},
		"set 1 <@U1|bob>":                      {Number: 1, Users: []string{"U1"}, FollowUp: change(grammar.FollowUp{})},
		"set #1 nobody":                        {Number: 1, Nobody: true, FollowUp: change(grammar.FollowUp{})},
		"set 1":                                {Number: 1, FollowUp: change(grammar.FollowUp{})},
		"set 1 priority:low":                   {Number: 1, FollowUp: change(grammar.FollowUp{Priority: incident.PriorityLow})},
		"accept 1":                             {Number: 1, Status: incident.FollowUpAccepted, FollowUp: change(grammar.FollowUp{Claim: true})},
		"accept 1 <@U1> due:2026-12-01":        {Number: 1, Status: incident.FollowUpAccepted, Users: []string{"U1"}, Due: "2026-12-01", FollowUp: change(grammar.FollowUp{Claim: true})},
		"done #3":                              {Number: 3, Status: incident.FollowUpDone, FollowUp: change(grammar.FollowUp{})},
		"drop 3 we moved":                      {Number: 3, Status: incident.FollowUpDropped, Text: "we moved", FollowUp: change(grammar.FollowUp{})},
		"merge 2 into 1":                       {Number: 2, FollowUp: grammar.FollowUp{Deed: grammar.DeedMerge, Into: 1}},
		"merge 2 1":                            {Number: 2, FollowUp: grammar.FollowUp{Deed: grammar.DeedMerge, Into: 1}},
		"snooze 2 2w the vendor mends it":      {Number: 2, Until: "2w", Text: "the vendor mends it", FollowUp: grammar.FollowUp{Deed: grammar.DeedSnooze}},
		"snooze 2 until 2026-12-18 09:00 busy": {Number: 2, Until: "2026-12-18 09:00", Text: "busy", FollowUp: grammar.FollowUp{Deed: grammar.DeedSnooze}},
		"snooze 2 2026-12-18 after release 9":  {Number: 2, Until: "2026-12-18", Text: "after release 9", FollowUp: grammar.FollowUp{Deed: grammar.DeedSnooze}},
		"snooze 2 off":                         {Number: 2, Until: "off", FollowUp: grammar.FollowUp{Deed: grammar.DeedSnooze}},
		"list overdue":                         {FollowUp: grammar.FollowUp{Deed: grammar.DeedList, Overdue: true}},
	} {
		got := read("follow-up " + text)
		require.Equal(t, grammar.Run, got.Meaning, "%q: %+v", text, got)
		require.Equal(t, grammar.VerbFollowUp, got.Verb, text)
		require.Equal(t, want, got.Args, text)
	}
}

func TestWhatDoesNotFitAFollowUpIsAskedBack(t *testing.T) {
	t.Parallel()
	for text, why := range map[string]string{
		"follow-up set x done":             "write it like set 1 done",
		"follow-up set 1 nonsense":         "write it like set 1 done",
		"follow-up drop 1":                 "say why it is dropped",
		"follow-up done 1 at last":         "“at last” is nothing that can be said of it",
		"follow-up merge 2":                "write it like merge 2 into 1",
		"follow-up merge 2 into the first": "write it like merge 2 into 1",
		"follow-up snooze 1":               "write it like snooze 1 2w REASON",
		"follow-up snooze 1 2w":            "say why it can wait",
		"follow-up snooze 1 later":         "write it like snooze 1 2w REASON",
		"follow-up Bigger disks kind:fix":  `"fix" is no kind of follow-up`,
		"follow-up set 1 priority:P0":      `"P0" is no priority`,
		"follow-up Bigger disks urgent:no": "write urgent:yes",
		"follow-up done":                   "say which follow-up, by its number: done 1",
		"follow-up INC-4 snooze":           "say which follow-up, by its number: snooze 1",
		"follow-up accept INC-4":           "say which follow-up, by its number: accept 1",
		"follow-up drop INC-4 nope":        "say which follow-up, by its number: drop 1",
		"follow-up set":                    "write it like set 1 done",
		"follow-up set 1 dropped":          "say why it is dropped",
		"follow-up set 1 due:yesterday":    `"yesterday" is no day to be done by; write it like 2026-11-30, tomorrow`,
		"follow-up Bigger disks due:soon":  `"soon" is no day to be done by`,
		"follow-up Bigger disks @bob":      "does not know who “@bob” is",
		"follow-up accept 1 @bob":          "does not know who “@bob” is",
		"follow-ups are lost":              "it takes overdue",
		"follow-ups service:":              "it takes overdue",
	} {
		got := read(text)
		require.Equal(t, grammar.Ask, got.Meaning, "%q: %+v", text, got)
		require.Contains(t, got.Why, why, text)
	}
}

func TestWhichFollowUpsAreListed(t *testing.T) {
	t.Parallel()
	list := func(f grammar.FollowUp) grammar.FollowUp { f.Deed = grammar.DeedList; return f }
	for text, want := range map[string]grammar.Args{
		"follow-ups":                        {FollowUp: list(grammar.FollowUp{})},
		"followups INC-7":                   {Incident: 7, FollowUp: list(grammar.FollowUp{})},
		"follow-ups mine overdue":           {FollowUp: list(grammar.FollowUp{Mine: true, Overdue: true})},
		"follow-ups undecided, nobody":      {Nobody: true, FollowUp: list(grammar.FollowUp{Undecided: true})},
		"follow-ups <@U1|bob>":              {Users: []string{"U1"}, FollowUp: list(grammar.FollowUp{})},
		"follow-ups service:Basket overdue": {FollowUp: list(grammar.FollowUp{Service: "checkout", Overdue: true})},
	} {
		got := read(text)
		require.Equal(t, grammar.Run, got.Meaning, "%q: %+v", text, got)
		require.Equal(t, grammar.VerbFollowUps, got.Verb, text)
		require.Equal(t, want, got.Args, text)
	}
}

// What is said of a follow-up without the word is asked about, and never a title by itself.
func TestWhatIsSaidOfAFollowUpWithoutTheWordDeclaresNothing(t *testing.T) {
	t.Parallel()
	for text, wordy := range map[string]bool{
		"accept 1": false, "done 1": false, "Done #1": false, "snooze 1 2w x": true, "drop 1 why": true, "drop INC-1 3": false, "drop INC-1 3 why": false,
		"accept INC-1": false, "drop INC-1 why": true, "set 1 nobody": true, "set 2": false, "reopen 3": false, "reopen INC-1 3": false, "merge 2 into 1": true, "merge INC-1 2 1": true,
	} {
		for _, l := range []grammar.Line{read(text), grammar.ReadMention(text, book{})} {
			require.Equal(t, grammar.Ask, l.Meaning, "%q: %+v", text, l)
			require.Equal(t, grammar.VerbFollowUp, l.Behind, text)
			require.Equal(t, wordy, l.Wordy, text)
		}
	}
	for _, text := range []string{
		"Drop in traffic at checkout", "Done button broken", "Accept header is ignored", "Snooze does not work", "Set of keys is gone", "drop 50% of orders are lost", "accepts 3 of 5 cards",
	} {
		l := read(text)
		require.Equal(t, grammar.Declare, l.Meaning, "%q: %+v", text, l)
	}
	for text, verb := range map[string]grammar.Verb{"reopen INC-1 it came back": grammar.VerbReopen, "reopen it came back": grammar.VerbReopen, "merge INC-7": grammar.VerbMerge, "merge INC-3 into INC-7": grammar.VerbMerge} {
		l := read(text)
		require.Equal(t, grammar.Run, l.Meaning, text)
		require.Equal(t, verb, l.Verb, text)
	}
}
