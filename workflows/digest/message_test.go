package digest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/worldtest"

	"go.temporal.io/sdk/worker"
)

var update = flag.Bool("update", false, "write the golden files anew")

// shown writes a message as people read it.
func shown(m incident.Message) string {
	out := []string{m.Headline}
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, p := range m.Body {
		add("\n%s", p)
	}
	for _, it := range m.Items {
		line := it.Text
		if it.Link.URL != "" {
			line = "<" + it.Link.Label + "> " + line
		}
		add("\n%s", line)
		var buttons []string
		for _, b := range it.Buttons {
			buttons = append(buttons, "["+b.Label+"]")
		}
		if len(buttons) > 0 {
			add("%s", strings.Join(buttons, " "))
		}
	}
	if len(m.Links) > 0 {
		var links []string
		for _, l := range m.Links {
			links = append(links, "<"+l.Label+">")
		}
		add("\n%s", strings.Join(links, " "))
	}
	for _, n := range m.Footnotes {
		add("\n(%s)", n)
	}
	return strings.Join(out, "\n") + "\n"
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden.txt")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update to make it")
	require.Equal(t, string(want), got)
}

// reads gives a line the words that its follow-up would give it, see workflows/learning.
func reads(n int, ask api.Ask, due incident.Date, text string) api.OwedLine {
	l := line(n, ask)
	first := incident.Button{Label: "Done", Action: incident.ActionFollowUpDone, Value: fmt.Sprintf("INC-%d/follow-up/1/2", n)}
	if ask == api.AskDecide {
		first = incident.Button{Label: "Accept", Action: incident.ActionFollowUpAccept, Value: fmt.Sprintf("INC-%d/follow-up/1/2", n)}
	}
	l.Line = api.Line{
		Text: text, Due: due, Link: incident.Link{Label: fmt.Sprintf("OPS-%d", n), URL: fmt.Sprintf("https://jira.example.com/browse/OPS-%d", n)},
		Buttons: []incident.Button{first, {Label: "Change …", Action: incident.ActionFollowUpChange, Value: fmt.Sprintf("INC-%d/follow-up/1/2", n)}},
	}
	return l
}

func TestMessagesReadLikeTheirGoldenFiles(t *testing.T) {
	t.Parallel()
	one := []api.OwedLine{reads(42, api.AskSoon, "2026-12-16", "Alert on queue depth (INC-42) is due on Wednesday 16 December.")}
	several := []api.OwedLine{
		reads(42, api.AskSoon, "2026-12-16", "Alert on queue depth (INC-42) is due on Wednesday 16 December."),
		reads(7, api.AskDecide, "2027-01-08", "Second card provider (INC-7) waits for a decision: accept it, change it, or drop it with a reason. It would be due on Friday 8 January 2027. Nobody owns it yet."),
		reads(3, api.AskOverdue, "2026-11-18", "Write the runbook (INC-3) was due on Wednesday 18 November."),
		reads(9, api.AskYours, "2026-12-18", "Rotate the keys (INC-9) is yours now, due on Friday 18 December."),
		reads(5, api.AskOverdue, "2026-11-16", "Follow-up 1 of INC-5 (private) was due on Monday 16 November. Its owner is bob@example.com."),
		reads(6, api.AskDue, "2026-11-23", "Raise the quota (INC-6) is due today. Its owner gone@example.com cannot be found in chat: please give it to somebody else."),
	}
	var many []api.OwedLine
	for n := range 22 {
		many = append(many, reads(n+1, api.AskOverdue, incident.Date(fmt.Sprintf("2026-11-%02d", n+1)), fmt.Sprintf("Thing %d (INC-%d) was due on %d November.", n+1, n+1, n+1)))
	}
	for name, c := range map[string]struct {
		person string
		lines  []api.OwedLine
		more   int
	}{
		"one": {alice, one, 0}, "several": {alice, several, 0}, "too_many": {alice, many, 0}, "far_too_many": {alice, many, 30}, "channel": {"#sre", one, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, in := compose(PersonDigestInput{Person: c.person, Date: "2026-11-23", Installation: "inst", More: c.more}, sorted(c.lines))
			golden(t, name, shown(m))
			require.Len(t, in, min(len(c.lines), maxLines), "only what is shown counts as shown")
		})
	}
}

func TestAnAddressOfAnyLengthFitsIntoTheKey(t *testing.T) {
	t.Parallel()
	m, _ := compose(PersonDigestInput{Person: strings.Repeat("a", 240) + "@example.com", Date: "2026-11-23", Installation: strings.Repeat("i", 40)}, nil)
	require.Less(t, len(m.Key), 200)
}

func ended(incidentNumber int, status incident.FollowUpStatus, title, reason string) api.FollowUpState {
	return api.FollowUpState{Installation: "test", Incident: incidentNumber, FollowUp: incident.FollowUp{Number: 1, Title: title, Status: status, Owner: alice, Reason: reason}}
}

func due(incidentNumber int, title string, day incident.Date, owner string) api.FollowUpState {
	s := ended(incidentNumber, incident.FollowUpAccepted, title, "")
	s.FollowUp.Due, s.FollowUp.Owner = day, owner
	s.FollowUp.Issue.Key = fmt.Sprintf("OPS-%d", incidentNumber)
	return s
}

func someWeek() activities.Week {
	waits := ended(8, incident.FollowUpProposed, "Second card provider", "")
	waits.Asks = []api.PersonAsk{{Person: carol, Ask: api.AskDecide}}
	hidden := due(4, "", "2026-11-02", bob)
	hidden.Private = true
	return activities.Week{FollowUps: []api.FollowUpState{
		due(1, "Alert on queue depth", "2026-11-18", alice), due(2, "Write the runbook", "2026-11-25", ""), due(3, "Rotate the keys", "2027-02-01", bob),
		hidden, waits, ended(9, incident.FollowUpProposed, "It still rests", ""),
		ended(5, incident.FollowUpDone, "Warn before certificates expire", ""), ended(6, incident.FollowUpDone, "Raise the quota", ""),
		ended(7, incident.FollowUpDropped, "A queue of our own", "the queue is gone"),
	}, Unread: []string{"INC-77/follow-up/1"}}
}

func TestReportsReadLikeTheirGoldenFiles(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	golden(t, "report", shown(report(someWeek(), at)))
	golden(t, "report_quiet", shown(report(activities.Week{FollowUps: []api.FollowUpState{due(3, "Rotate the keys", "2027-02-01", bob)}}, at)))
	var w activities.Week
	for n := range 15 {
		w.FollowUps = append(w.FollowUps, due(n+1, fmt.Sprintf("Thing %d", n+1), "2026-11-20", alice))
	}
	golden(t, "report_long", shown(report(w, at)))
}

func newReport(t *testing.T) (*worldtest.World, api.ReportInput) {
	t.Helper()
	w := worldtest.New(t, "report/weekly-2026", func(r worker.WorkflowRegistry) { r.RegisterWorkflow(Report) })
	w.Env.SetStartTime(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC))
	w.Week = someWeek()
	return w, api.ReportInput{Channels: []string{"#sre", "#leads"}, Calendar: berlin}
}

func TestTheReportIsPostedOnceInEachChannelWhateverFails(t *testing.T) {
	w, in := newReport(t)
	w.Breaks("post #sre", away())
	w.After(time.Hour, func() {
		require.Zero(t, w.Count("post #leads"))
		w.Breaks("post #sre", nil)
	})
	w.Env.ExecuteWorkflow(Report, in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.Equal(t, 1, w.Count("post #leads Follow-ups of the week: 1 is overdue, 1 is due this week"), "%v", w.Calls)
	require.Equal(t, 1, w.Count("week since 2026-11-16"))
}

func TestWithoutFollowUpsThereIsNoReport(t *testing.T) {
	w, in := newReport(t)
	w.Week = activities.Week{}
	w.Env.ExecuteWorkflow(Report, in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.Zero(t, w.Count("post "))
}

// Anybody in the channel reads the report.
func TestOfPrivateIncidentsTheReportSaysNothing(t *testing.T) {
	w, in := newReport(t)
	for k := range w.Week.FollowUps {
		w.Week.FollowUps[k].Private = true
	}
	w.Week.Unread = nil
	w.Env.ExecuteWorkflow(Report, in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.Zero(t, w.Count("post "), "there is nothing to tell")

	week := someWeek()
	secret := due(4, "Change the locks", "2026-11-02", bob)
	secret.Private = true
	without := shown(report(week, monday23))
	week.FollowUps = append(week.FollowUps, secret, secret)
	require.Equal(t, without, shown(report(week, monday23)), "however many there are")
}

var monday23 = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
