package cli_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/integrations/fault"
	"muster/internal/plaintest"
	"muster/starter/internal/cli"
	"muster/workflows/api"
)

func opened() incident.Incident {
	return incident.Incident{Number: 1, Links: incident.Links{
		Channel: incident.ChannelRef{ID: "C1", Name: "inc-1-checkout-is-down", URL: "https://chat.example.com/C1"},
		Tracker: incident.IssueRef{ID: "1", Key: "OPS-1", URL: "https://jira.example.com/OPS-1"},
	}}
}

func TestDeclarePrintsTheLinksOnceTheyAreThere(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.result = api.DeclareResult{Number: 1, Key: "INC-1"}
	tm.snapshots = []incident.Incident{{Number: 1}, {Number: 1}, opened()}
	tm.run("declare Checkout is down -s Critical --service checkout --service search --kind drill --drill-page --commander me --private --tag eu --key k1").prints(`INC-1 declared
  #inc-1-checkout-is-down  https://chat.example.com/C1
  OPS-1                    https://jira.example.com/OPS-1
  Temporal                 http://ui.example.com/INC-1
`)
	require.Equal(t, "k1", tm.key)
	require.Equal(t, incident.Declaration{
		Title: "Checkout is down", Severity: 1, Services: []string{"checkout", "search"}, Kind: incident.KindDrill, Page: true,
		Commander: "Alice@example.com", Private: true, Tags: []string{"eu"}, Actor: incident.Actor{Person: "alice@example.com", Way: incident.WayCLI},
	}, tm.declared)
}

func TestDeclareDoesNotWaitForWhatIsStuck(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.result = api.DeclareResult{Number: 1, Key: "INC-1", Existing: true}
	tm.snapshots = []incident.Incident{{Number: 1, Snags: []incident.Snag{{Mirror: "chat", Off: true}, {Mirror: "tracker"}}}}
	tm.run("declare x").prints("INC-1 exists already\n  Temporal  http://ui.example.com/INC-1\n")
	tm.run("declare x -o json").printsJSON(`{"key":"INC-1","number":1,"existing":true,"links":[],"workflow_url":"http://ui.example.com/INC-1"}`)
}

func TestDeclareSaysWhatIsStillOpening(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.result = api.DeclareResult{Number: 1, Key: "INC-1"}
	half := opened()
	half.Links.Tracker = incident.IssueRef{}
	tm.snapshots = []incident.Incident{half}
	o := tm.args("declare", "x", "--timeout", "50ms")
	o.prints("INC-1 declared\n  #inc-1-checkout-is-down  https://chat.example.com/C1\n  issue                    (opening)\n  Temporal                 http://ui.example.com/INC-1\n")
	tm.args("declare", "x", "--timeout=50ms", "--output=json").printsJSON(`{"key":"INC-1","number":1,"existing":false,"opening":["issue"],
		"links":[{"label":"#inc-1-checkout-is-down","url":"https://chat.example.com/C1"}],"workflow_url":"http://ui.example.com/INC-1"}`)
}

func TestDeclareReadsSeverityAndServiceOutOfTheTitle(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.result = api.DeclareResult{Number: 1, Key: "INC-1"}
	tm.snapshots = []incident.Incident{opened()}
	o := tm.run("declare SEV-1: the basket is empty")
	require.Contains(t, o.stdout, "INC-1 declared\n  severity 1, read from “SEV-1”\n"+
		"  service checkout, read from “basket”; if it is not meant: starter services INC-1 --remove checkout, which takes no page back\n")
	require.Equal(t, "the basket is empty", tm.declared.Title)
	require.Equal(t, incident.Severity(1), tm.declared.Severity)
	require.Equal(t, []string{"checkout"}, tm.declared.Services)
	o = tm.run("declare SEV-1: the basket is empty -o json")
	require.Contains(t, o.stdout, `"severity_words":"SEV-1"`)

	tm.run("declare sev1 the basket is empty -s 1 --service search")
	require.Equal(t, "the basket is empty", tm.declared.Title)
	require.Equal(t, []string{"search"}, tm.declared.Services)
	tm.run("declare the basket is empty service:none")
	require.Equal(t, "the basket is empty", tm.declared.Title)
	require.Equal(t, []string{}, tm.declared.Services)
	tm.run("declare the sev1 docs are wrong -s 4")
	require.Equal(t, "the sev1 docs are wrong", tm.declared.Title, "a severity that is chosen settles it")

	tm.declared = incident.Declaration{}
	tm.run("declare sev1 everything is down -s 2").fails(cli.ExitUsage, `severity: the title says "sev1", and severity 2 is given beside it; say one of them`)
	tm.run("declare sev1 or sev2 everything is down").fails(cli.ExitUsage, "severity: the title names several severities, 1 and 2; choose the severity beside the title")
	tm.run("declare sev0 everything is down").fails(cli.ExitUsage, `severity: "sev0" is no severity; write sev1 (worst) to sev5, or say it in other words`)
	require.Empty(t, tm.declared, "nothing was declared")
}

func TestADeclarationThatIsNotConfirmedSaysHowToAskAgain(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.err = &incidents.NotRecordedError{ID: "abc", Unconfirmed: true, Err: errors.New("no worker")}
	tm.run("declare x").fails(cli.ExitAway, "not confirmed: no worker; it may still happen, so try again with the key abc")
	p := tm.run("declare x -o json").failsJSON(cli.ExitAway, "not_recorded")
	require.Equal(t, "try again with --key abc", p.Mend)
}

func TestServicesAndKindsAreCompleted(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	require.Contains(t, tm.args("__complete", "services", "INC-1", "--add", "").stdout, "checkout\nsearch\nwebsite\n")
	require.Contains(t, tm.args("__complete", "kind", "INC-1", "").stdout, "incident\nnear_miss\ndrill\nexternal\n")
	require.NotContains(t, tm.args("__complete", "kind", "").stdout, "drill")
	tm.run("services INC-1").fails(cli.ExitUsage, "services: say what to change, with --add or --remove")
	tm.run("kind INC-1 party").fails(cli.ExitUsage, `kind: "party" is no kind; write one of [incident near_miss drill external]`)
}

func TestAKeyThatWasUsedForAnotherCommandIsRefused(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.err = incident.UsedBefore()
	tm.run("resolve INC-1 Rolled back --key k").fails(cli.ExitIllegal, "key: was used for something else before; use another key for another command")
	require.Equal(t, "cli/Resolve/k", tm.command.Head().CommandID)
	tm.run("resolve INC-1 Rolled back --learning Caches|hide")
	require.Equal(t, incident.Resolve{Meta: tm.command.Head(), Text: "Rolled back", Learning: "Caches hide"}, tm.command)
}

// What goes wrong is told in words for whoever types, as text and as JSON.
func TestNoErrorSpeaksGo(t *testing.T) {
	t.Parallel()
	for how, cause := range plaintest.Broken() {
		for _, err := range []error{
			&incidents.NotRecordedError{ID: "k", Err: cause}, &incidents.NotRecordedError{ID: "k", Unconfirmed: true, Err: cause},
			fmt.Errorf("show INC-1: %w", cause), fmt.Errorf("%w: %w", incidents.ErrAway, cause),
			&fault.Error{Vendor: "slack", Operation: "chat.postMessage", Class: fault.Retryable, Reason: cause.Error(), Err: cause},
		} {
			tm := newTerminal(t)
			tm.err = err
			for _, line := range []string{"declare x", "resolve INC-1", "show INC-1", "list", "show INC-1 -o json", "resolve INC-1 -o json"} {
				o := tm.run(line)
				require.NotEqual(t, cli.ExitOK, o.code, line)
				require.NotEmpty(t, o.text)
				plaintest.Plain(t, how+", "+line, o.text+o.stdout)
			}
		}
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]incident.Command{
		"update INC-1 Rolling back now":                            incident.Update{Text: "Rolling back now"},
		"update INC-1 Rolling back now --next 30m":                 incident.Update{Text: "Rolling back now", Next: now.Add(30 * time.Minute)},
		"merge INC-1 INC-7":                                        incident.Merge{Into: 7},
		"page INC-1 Platform on call":                              incident.RaisePage{Target: "Platform on call"},
		"page INC-1 dan@example.com":                               incident.RaisePage{Target: "dan@example.com"},
		"page INC-1 --now":                                         incident.RaisePage{Required: true},
		"invite INC-1 bob@example.com":                             incident.Invite{Person: "bob@example.com"},
		"note INC-1 Traffic is back":                               incident.Capture{Text: "Traffic is back"},
		"nominate INC-1 Third this month":                          incident.Nominate{Reason: "Third this month"},
		"nominate INC-1":                                           incident.Nominate{},
		"severity 1 2 --reason Worse":                              incident.ChangeSeverity{Severity: 2, Reason: "Worse"},
		"services INC-1 --add checkout --add cart --remove search": incident.ChangeServices{Add: []string{"checkout", "cart"}, Remove: []string{"search"}},
		"kind INC-1 near-miss":                                     incident.ChangeKind{Kind: incident.KindNearMiss},
		"severity #1 major":                                        incident.ChangeSeverity{Severity: 2},
		"title INC-1 Search is down":                               incident.Retitle{Title: "Search is down"},
		"assign INC-1 Commander bob@example.com":                   incident.Assign{Role: "commander", Person: "bob@example.com"},
		"assign INC-1 scribe me":                                   incident.Assign{Role: "scribe", Person: "alice@example.com"},
		"assign INC-1 scribe --nobody":                             incident.Assign{Role: "scribe"},
		"join INC-1":                                               incident.Join{Person: "alice@example.com"},
		"join INC-1 --person bob@example.com":                      incident.Join{Person: "bob@example.com"},
		"ack INC-1 --page 2":                                       incident.Acknowledge{Page: 2, Person: "alice@example.com"},
		"mitigate INC-1 Failed over":                               incident.Mitigate{Text: "Failed over"},
		"mitigate INC-1":                                           incident.Mitigate{},
		"resolve INC-1 Over --learning Disks|fill|up":              incident.Resolve{Text: "Over", Learning: "Disks fill up"},
		"reopen INC-1 Not over":                                    incident.Reopen{Reason: "Not over"},
		"cancel INC-1":                                             incident.Cancel{},
		"retry INC-1":                                              incident.Retry{},
		"follow-up add INC-1 Alert on disks --owner bob@example.com --due 2026-12-24":                          incident.AddFollowUp{Title: "Alert on disks", Owner: "bob@example.com", Due: "2026-12-24"},
		"follow-up accept INC-1 3 --owner bob@example.com":                                                     incident.ChangeFollowUp{Number: 3, Status: "accepted", Owner: "bob@example.com"},
		"follow-up done INC-1 #3":                                                                              incident.ChangeFollowUp{Number: 3, Status: "done"},
		"follow-up drop INC-1 3 Not worth it":                                                                  incident.ChangeFollowUp{Number: 3, Status: "dropped", Reason: "Not worth it"},
		"follow-up set INC-1 3 --due 2026-12-24":                                                               incident.ChangeFollowUp{Number: 3, Due: "2026-12-24"},
		"follow-up add INC-1 Rotate keys --urgent --kind prevent --priority high --label keys --label secrets": incident.AddFollowUp{Title: "Rotate keys", Urgent: true, Kind: "prevent", Priority: "high", Labels: []string{"keys", "secrets"}},
		"follow-up accept INC-1 3 --owner me --due 2026-12-24":                                                 incident.ChangeFollowUp{Number: 3, Status: "accepted", Owner: "alice@example.com", Due: "2026-12-24"},
		"follow-up accept INC-1 3":                                                                             incident.ChangeFollowUp{Number: 3, Status: "accepted", Claim: true},
		"follow-up accept INC-1 3 --due tomorrow":                                                              incident.ChangeFollowUp{Number: 3, Status: "accepted", Claim: true, Due: "2026-11-22"},
		"follow-up set INC-1 3 --due 3d":                                                                       incident.ChangeFollowUp{Number: 3, Due: "2026-11-24"},
		"follow-up add INC-1 Alert --due 2w":                                                                   incident.AddFollowUp{Title: "Alert", Due: "2026-12-05"},
		"follow-up reopen INC-1 3":                                                                             incident.ChangeFollowUp{Number: 3, Status: "accepted"},
		"follow-up snooze INC-1 2 tomorrow busy":                                                               incident.SnoozeFollowUp{Number: 2, Until: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Reason: "busy"},
		"follow-up set INC-1 3 --nobody --no-labels":                                                           incident.ChangeFollowUp{Number: 3, Nobody: true, Labels: []string{}},
		"follow-up set INC-1 3 --issue OPS-9":                                                                  incident.ChangeFollowUp{Number: 3, Issue: "OPS-9"},
		"follow-up merge INC-1 #2 1":                                                                           incident.MergeFollowUp{Number: 2, Into: 1},
		"follow-up snooze INC-1 2 2026-12-18 the vendor mends":                                                 incident.SnoozeFollowUp{Number: 2, Until: time.Date(2026, 12, 18, 0, 0, 0, 0, time.UTC), Reason: "the vendor mends"},
		"follow-up snooze INC-1 2 off":                                                                         incident.SnoozeFollowUp{Number: 2, Off: true},
		"review held INC-1 --learning Much":                                                                    incident.HoldReview{Learning: "Much"},
		"pause-reminders INC-1 18:00":                                                                          incident.PauseReminders{Until: time.Date(2026, 11, 21, 18, 0, 0, 0, time.UTC)},
		"pause-reminders INC-1 2026-11-30 08:30":                                                               incident.PauseReminders{Until: time.Date(2026, 11, 30, 8, 30, 0, 0, time.UTC)},
		"pause-reminders INC-1 off":                                                                            incident.PauseReminders{Off: true},
		"review waive INC-1 Trivial":                                                                           incident.WaiveReview{Reason: "Trivial"},
	} {
		tm := newTerminal(t)
		tm.outcome = incidents.Outcome{Result: incident.Result{Changed: true, Status: "open", Text: "Done"}, CommandID: "c"}
		said := "Done"
		if a, ok := want.(incident.AddFollowUp); ok { // it tells what was understood
			said = incident.Answer(a, tm.outcome.Result, time.UTC).Text
		}
		tm.run(line + " --key k").prints("INC-1: " + said + "\n")
		require.Equal(t, 1, tm.number, line)
		require.Equal(t, incident.Meta{CommandID: "cli/" + tm.name + "/k", Actor: incident.Actor{Person: "alice@example.com", Way: incident.WayCLI}}, tm.command.Head(), line)
		spec, ok := incidents.Find(tm.name)
		require.True(t, ok)
		bare, err := spec.Stamp(tm.command, incident.Meta{})
		require.NoError(t, err)
		require.Equal(t, want, bare, line)
		tm.run(line + " --output json").printsJSON(`{"key":"INC-1","changed":true,"status":"open","text":"` + said + `","command_id":"c"}`)
	}
}

func TestEveryCommandOfTheTableHasAVerb(t *testing.T) {
	t.Parallel()
	for _, spec := range incidents.Commands() {
		o := newTerminal(t).run(spec.Word + " --help")
		require.Equal(t, cli.ExitOK, o.code, spec.Word)
		require.Contains(t, o.stdout, "starter "+spec.Word+" INCIDENT", spec.Word)
	}
}

func TestTextFromStandardInput(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.stdin = "line one\nline two\n"
	require.Equal(t, cli.ExitOK, tm.run("update 1 -").code)
	require.Equal(t, "line one\nline two\n", tm.command.(incident.Update).Text)
}

func TestACommandThatIsOnlyRecorded(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.outcome = incidents.Outcome{Recorded: true, CommandID: "c"}
	tm.run("resolve 1").prints("INC-1: recorded, will be applied\n")
	tm.run("resolve 1 -o json").printsJSON(`{"key":"INC-1","recorded":true,"command_id":"c"}`)
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err  error
		code int
		kind string
	}{
		{&incident.Problem{Code: incident.CodeInvalid, Reason: "it is wrong"}, cli.ExitUsage, "invalid"},
		{&incident.Problem{Code: incident.CodeNotFound, Reason: "it is gone"}, cli.ExitNotFound, "not_found"},
		{&incident.Problem{Code: incident.CodeIllegal, Reason: "not now"}, cli.ExitIllegal, "illegal"},
		{&incident.Problem{Code: incident.CodeConflict, Reason: "the key is used"}, cli.ExitIllegal, "conflict"},
		{&incidents.NotRecordedError{Err: errors.New("connection refused")}, cli.ExitAway, "not_recorded"},
		{fmt.Errorf("show: %w", incidents.ErrAway), cli.ExitAway, "away"},
		{errors.New("broken"), cli.ExitFailed, "failed"},
	} {
		for _, line := range []string{"resolve 1", "declare x", "show 1", "list", "watch 1"} {
			tm := newTerminal(t)
			tm.err = tc.err
			tm.run(line).fails(tc.code, tc.err.Error())
			p := tm.run(line+" -o json").failsJSON(tc.code, tc.kind)
			require.Contains(t, tc.err.Error(), p.Reason)
		}
	}
	tm := newTerminal(t)
	tm.dialErr = fmt.Errorf("%w at 127.0.0.1:7233", incidents.ErrAway)
	tm.run("list").fails(cli.ExitAway, "temporal does not answer at 127.0.0.1:7233")
}

func TestWhatIsTypedWrong(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"explode":                                 `unknown command "explode"`,
		"declare":                                 "requires at least 1 arg",
		"declare x --sevrity 1":                   "unknown flag: --sevrity; see `starter declare --help`",
		"declare x -s dreadful":                   `"dreadful" is no severity`,
		"resolve":                                 "requires at least 1 arg",
		"resolve nonsense":                        `"NONSENSE" is no incident`,
		"show 1 2":                                "accepts 1 arg",
		"list --status sad":                       `"sad" is no status`,
		"list --output yaml":                      `"yaml" is no form`,
		"list --as nobody":                        "is no person",
		"list --timeout 0s":                       "--timeout",
		"resolve 1 --timeout -1s":                 "--timeout",
		"assign 1 scribe":                         "or say --nobody",
		"assign 1 scribe me --nobody":             "leave out the person",
		"assign 1 scribe bob":                     "is no person",
		"follow-up explode":                       `unknown command "explode"`,
		"follow-up done 1 x":                      "is no number",
		"follow-up set 1 2":                       "say what to change",
		"follow-up set 1 2 --nobody --owner me":   "give one of them",
		"follow-up set 1 2 --label a --no-labels": "give one of them",
		"follow-up add 1 x --kind fix":            "kind: \"fix\" is no kind of follow-up; write prevent, detect, mitigate or learn",
		"follow-up add 1 x --priority P0":         "priority: \"P0\" is no priority",
		"follow-up add 1 x --owner bob":           "owner: \"bob\" is no person",
		"follow-up merge 1 2 x":                   "is no number",
		"follow-up snooze 1 2 later":              "until: \"later\" is no time",
		"follow-up list --owner bob":              "owner: \"bob\" is no person",
		"follow-up drop 1 2":                      "say why it is dropped; it stays on the record; see `starter follow-up drop --help`",
		"follow-up accept INC-1":                  "say which follow-up, by its number",
		"follow-up reopen INC-1":                  "say which follow-up, by its number",
		"follow-up done":                          "say which incident",
		"follow-up done INC-1 3 at last":          "nothing comes after “3”",
		"follow-up merge INC-1 2":                 "say which follow-up goes on",
		"follow-up snooze INC-1 2":                "say until when",
		"follow-up add INC-1":                     "say what should be done",
		"follow-up done INC-1 one":                "\"one\" is no number: follow-ups are numbered",
		"follow-up add INC-1 x --due yesterday":   "due: \"yesterday\" is no day to be done by; write it like 2026-11-30, tomorrow, fri, 3d or 2w",
		"follow-up list --service nosuch":         "there is no service \"nosuch\" in the playbook, and no follow-up of one; it has checkout",
		"review waive 1":                          "requires at least 2 arg",
		"ack 1 --page -1":                         "is no page",
		"watch 1 --every 1ms":                     "at most every 100ms",
		"update 1 text --next -5m":                "--next",
		"update 1 text --next 800h":               "--next",
		"update 1 text --next soon":               "invalid argument",
		"merge 3":                                 "accepts 2 arg",
		"merge 3 seven":                           "is no incident",
		"page 1":                                  "name whom to page",
		"invite 1 bob":                            "is no person",
		"note 1":                                  "requires at least 2 arg",
		"nominate":                                "requires at least 1 arg",
		"subscribe severity=2":                    "is no threshold",
		"subscribe colour:red":                    "is no condition",
		"subscribe --channel C1 --group S1":       "name one of",
		"unsubscribe --person bob":                "is no person",
		"subscriptions --timeout 0s":              "--timeout",
		"subscribe --timeout 0s":                  "--timeout",
		"severity 1 2 --playbook none -s":         "unknown shorthand flag",
		"severity 1 major --playbook none":        "cannot be read",
	} {
		tm := newTerminal(t)
		o := tm.run(line)
		if strings.Contains(want, "is no incident") {
			want = "is no incident"
		}
		o.fails(cli.ExitUsage, want)
		require.Nil(t, tm.command)
		if !strings.Contains(line, "yaml") && !strings.HasSuffix(line, "-s") {
			tm.run(line+" -o json").failsJSON(cli.ExitUsage, "invalid")
		}
	}
}

func TestWhoYouAreIsNeededOnlyWhereItMatters(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	delete(tm.env, "MUSTER_PERSON")
	for _, line := range []string{"join 1", "ack 1", "assign 1 scribe me", "declare x --commander me"} {
		tm.run(line).fails(cli.ExitUsage, "add --as alice@example.com, or set MUSTER_PERSON")
	}
	require.Equal(t, cli.ExitOK, tm.run("resolve 1").code)
	require.Equal(t, incident.Actor{Way: incident.WayCLI}, tm.command.Head().Actor)
	require.Equal(t, cli.ExitOK, tm.run("join 1 --as bob@example.com").code)
	require.Equal(t, incident.Join{Meta: tm.command.Head(), Person: "bob@example.com"}, tm.command)
}

func TestGlobalFlagsReachTemporal(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.env["MUSTER_UI_URL"] = "http://localhost:8233"
	tm.run("list --address 127.0.0.1:1 --namespace prod --profile p --playbook other.yaml")
	require.Equal(t, "127.0.0.1:1", tm.target.Temporal.Address)
	require.Equal(t, "prod", tm.target.Temporal.Namespace)
	require.Equal(t, "p", tm.target.Temporal.Profile)
	require.Equal(t, "other.yaml", tm.target.Playbook)
	require.Equal(t, "http://localhost:8233", tm.target.UIURL)
}

func TestList(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.run("list").prints("no incidents\n")
	tm.run("list -o json").printsJSON(`{"incidents":[],"next_page_token":"","source":"temporal"}`)
	tm.listed, tm.next = []incidents.Listed{
		{Number: 12, Key: "INC-12", Title: "Checkout\x1b[31m is down", Status: "open", Kind: "incident", Severity: 1, Commander: "alice@example.com", Services: []string{"checkout", "search"}, OpenFollowUps: 2, Snags: 1},
		{Number: 3, Key: "INC-3", Title: "(private incident)", Status: "resolved", Kind: "incident", Severity: 3, Private: true},
	}, "more"
	tm.run("list --status open,resolved --status closed -s 1 --service checkout --all --limit 7 --page-token abc").prints(`KEY     SEV  STATUS    COMMANDER          SERVICES         OPEN  STUCK  TITLE
INC-12  1    open      alice@example.com  checkout,search  2     1      Checkout [31m is down
INC-3   3    resolved  -                  -                -     -      (private incident)
there are more: add --page-token more
`)
	require.Equal(t, incidents.Filter{
		Statuses: []incident.Status{"open", "resolved", "closed"}, Severity: 1, Service: "checkout", All: true, Limit: 7, PageToken: "abc",
		Viewer: incidents.Viewer{Private: true},
	}, tm.filter)
	o := tm.run("list -o json")
	require.NotContains(t, o.stdout, "\x1b")
	require.Contains(t, o.stdout, `"next_page_token":"more"`)
}

func TestPlaybookCheck(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	o := tm.run("playbook check")
	require.Equal(t, cli.ExitOK, o.code, o.text)
	require.Contains(t, o.stdout, "muster.yaml: fine")
	require.Contains(t, tm.run("playbook check -o json").stdout, `"errors":0`)

	broken := filepath.Join(t.TempDir(), "broken.yaml")
	require.NoError(t, os.WriteFile(broken, []byte("version: 1\nsevrities: {}\n"), 0o600))
	tm.args("playbook", "check", broken).fails(cli.ExitUsage, "broken.yaml:2")
	tm.args("playbook", "check", broken, "-o", "json").failsJSON(cli.ExitUsage, "invalid")
	require.Zero(t, tm.dials, "it needs no Temporal")
}

func TestServe(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.run("serve").fails(cli.ExitFailed, "without the gateway")
	var got cli.Target
	tm.serve = func(_ context.Context, target cli.Target) error {
		got = target
		return nil
	}
	tm.run("serve --namespace prod").prints("")
	require.Equal(t, "prod", got.Temporal.Namespace)
}

func TestHelpNamesTheExitCodes(t *testing.T) {
	t.Parallel()
	o := newTerminal(t).run("--help")
	require.Contains(t, o.stdout, "5 not recorded")
	for _, group := range []string{"follow-up", "review", "playbook"} {
		o = newTerminal(t).run(group)
		require.Equal(t, cli.ExitOK, o.code)
		require.Contains(t, o.stdout, "Available Commands")
	}
	require.Equal(t, cli.ExitOK, newTerminal(t).run("").code)
}

func TestJSONThatATerminalCannotObey(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.outcome.Result.Text = "a\u009b31m\u202eb\x7f"
	o := tm.run("resolve 1 -o json")
	require.Contains(t, o.stdout, `"text":"a\u009b31m\u202eb\u007f"`)
	tm.run("resolve 1").prints("INC-1: a 31m b\n")
	tm.err = errors.New("bad\x1b[2Jnews")
	tm.run("resolve 1").fails(cli.ExitFailed, "bad [2Jnews")
}

func TestARefusedCredentialIsShownOnceForTheVendor(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.register.Snags = map[string]api.VendorSnag{"slack": {
		Vendor: "slack", Reason: "invalid_auth", Mend: "set SLACK_BOT_TOKEN", Workflows: []string{"INC-1", "INC-2"},
	}}
	tm.run("list").prints("no incidents\nslack is stuck for 2 workflows: invalid_auth; set SLACK_BOT_TOKEN\n")
	require.Contains(t, tm.run("list --output json").stdout, `"vendor":"slack"`)
}

func TestFollowUpsAreListed(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.run("follow-up list").prints("no follow-ups\n")
	require.Equal(t, incidents.FollowUpFilter{Limit: incidents.DefaultLimit, Viewer: incidents.Viewer{Private: true}}, tm.followUpFilter)

	tm.followUps = incidents.FollowUpList{NextPageToken: "abc", Incomplete: "1 follow-up could not be looked up", FollowUps: []incidents.ListedFollowUp{
		{
			Incident: 42, Key: "INC-42", Number: 1, Title: "Alert on\u001b[31m disks", Status: "accepted", Owner: "bob@example.com", Due: "2026-11-01", Overdue: true, Priority: "high",
			Services: []string{"checkout"}, Issue: incident.IssueRef{Key: "OPS-7"}, Urgent: true, Revision: 3,
		},
		{Incident: 7, Key: "INC-7", Number: 2, Title: "Second provider", Status: "proposed", SnoozedUntil: now.Add(time.Hour)},
	}}
	tm.run("follow-up list --overdue --owner me --service checkout --limit 5 --page-token x").prints(`KEY     NO  DUE         STATUS            OWNER            PRIORITY  SERVICES  ISSUE  TITLE
INC-42  1   2026-11-01  overdue,urgent    bob@example.com  high      checkout  OPS-7  Alert on [31m disks
INC-7   2   -           proposed,snoozed  -                -         -         -      Second provider
there may be more: add --page-token abc
1 follow-up could not be looked up
`)
	require.Equal(t, incidents.FollowUpFilter{
		Overdue: true, Owner: "alice@example.com", Service: "checkout", Limit: 5, PageToken: "x", Viewer: incidents.Viewer{Private: true},
	}, tm.followUpFilter)
	tm.followUps.FollowUps = tm.followUps.FollowUps[1:]
	tm.run("follow-up list --undecided --owner nobody --output json").printsJSON(`{"next_page_token":"abc","source":"temporal","incomplete":"1 follow-up could not be looked up","follow_ups":[
		{"incident":7,"key":"INC-7","number":2,"title":"Second provider","status":"proposed","snoozed_until":"2026-11-21T04:04:05Z","revision":0}]}`)
	require.True(t, tm.followUpFilter.Nobody)
	require.True(t, tm.followUpFilter.Undecided)

	tm = newTerminal(t)
	delete(tm.env, "MUSTER_PERSON")
	tm.run("follow-up list --owner me").fails(cli.ExitUsage, "it is not known who you are")
}

func TestWhatIsSaidOfAFollowUpThatNobodyOwns(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	delete(tm.env, "MUSTER_PERSON")
	tm.outcome = incidents.Outcome{Result: incident.Result{Changed: true, Text: "Follow-up 1 (Alert): accepted, owner nobody, due none", Number: 1, FollowUp: "accepted"}}
	tm.snapshots = []incident.Incident{{Number: 1, FollowUps: []incident.FollowUp{{Number: 1, Status: "accepted"}}}}
	tm.run("follow-up accept INC-1 1").prints("INC-1: Follow-up 1 (Alert): accepted, owner nobody, due none\n" +
		"nobody owns it, since it is not known who you are: add --owner alice@example.com, or --as alice@example.com (MUSTER_PERSON)\n")
	tm.snapshots[0].FollowUps[0].Owner = "bob@example.com"
	tm.run("follow-up accept INC-1 1").prints("INC-1: Follow-up 1 (Alert): accepted, owner nobody, due none\n")
	tm.err = nil
	tm.outcome.Result = incident.Result{Text: "follow-up 1 is already that", Number: 1, FollowUp: "dropped"}
	tm.run("follow-up drop INC-1 1 nope").prints("INC-1: nothing changed: follow-up 1 is dropped already\n")
	tm.run("follow-up list --service basket").prints("no follow-ups\n")
	require.Equal(t, "checkout", tm.followUpFilter.Service, "as the playbook calls it")
	tm.outcome.Result = incident.Result{Changed: true, Text: "Follow-up 1 (Alert): snoozed until 2026-12-18 12:00 UTC: busy"}
	tm.run("follow-up snooze INC-1 1 2026-12-18|12:00 busy").prints("INC-1: Follow-up 1 (Alert): snoozed until 2026-12-18 13:00 CET: busy\n") // the playbook is of Berlin
	for _, verb := range []string{"accept", "reopen"} {
		require.Contains(t, tm.run("follow-up "+verb+" --help").stdout, "What ended by mistake is brought back", verb)
	}
}
