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
		"drop the old table":                   {Text: "drop the old table"},
		"done":                                 {Text: "done"},
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
