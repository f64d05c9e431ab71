package workflows

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/incidents"
	"muster/workflows/worldtest"
)

const (
	alice = "alice@example.com"
	bob   = "bob@example.com"
	carol = "carol@example.com" // the commander
	dan   = "dan@example.com"
	erin  = "erin@example.com"
)

// An incident with six follow-ups and a review that nobody holds lives for thirteen months, and all of
// its workflows are continued as new again and again. How often makes no difference to anybody: each
// issue is made once, each person is asked as often as the playbook says, and nothing is left over.
func TestAYearOfOneIncident(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]time.Duration{"day": day, "week": week} {
		t.Run("continued as new every "+name, func(t *testing.T) {
			t.Parallel()
			y := aYear(t, step)
			y.pass("2027-12-31 00:00")

			for _, id := range []string{"INC-1", "INC-1/review", "INC-1/follow-up/5"} {
				require.Greater(t, y.runs[id], int(365*day/step), id)
			}
			require.Len(t, y.runs, 8)
			require.Equal(t, map[string]int{
				carol + " decide": 1, // about the second one: the others were decided about before they had soaked
				// The fifth is due on 16 December, and overdue from a week later on until 17 November.
				alice + " soon": 1, alice + " due": 1, alice + " overdue": 48,
				// The fourth is overdue for dan three times, and for erin, who knows from a message of its
				// own by then, three times more. The sixth is done on the day on which it is due.
				dan + " soon": 1, dan + " due": 1, dan + " overdue": 3, erin + " overdue": 3, bob + " soon": 1, bob + " due": 1,
				// After two reminders the commander hears of it, and after three the channel: of the fifth 46
				// and 45 times, of the fourth once from dan's time, and twice and once from erin's.
				carol + " overdue": 46 + 1 + 2, "#sre overdue": 45 + 1,
			}, y.lines)
			require.Equal(t, map[string]int{
				"INC-1 FollowUpReported": 17, "INC-1 ReviewReported": 1, "INC-1/review ReviewChanged": 1,
				"INC-1/follow-up/1 FollowUpChanged": 2, "INC-1/follow-up/2 FollowUpChanged": 1, "INC-1/follow-up/3 FollowUpChanged": 1,
				"INC-1/follow-up/4 FollowUpChanged": 2, "INC-1/follow-up/5 FollowUpChanged": 2, "INC-1/follow-up/6 FollowUpChanged": 1,
			}, y.signals)
			require.Equal(t, inTheTracker, y.callsOf("issue ", "read ", "update ", "move "))
			chat := y.callsOf("open ", "furnish ", "post ", "reply ", "edit ", "direct ", "archive ")
			for _, c := range []string{"furnish C1 INC-1 | 1 (critical) | open | commander carol@example.com [] []", "edit C1 INC-1 Checkout is down"} {
				if chat[c] == inChat[c]+1 {
					chat[c]-- // the tracker's issue was made only after the channel was furnished, and is linked by one more
				}
			}
			require.Equal(t, inChat, chat)
			require.Len(t, y.calls, len(inTheTracker)+len(inChat), "and nothing else")

			f := y.facts()
			require.Equal(t, incident.StatusClosed, f.Status)
			require.Equal(t, incident.ReviewHeld, f.Reviews[0].Status)
			require.Empty(t, f.Snags)
			require.Empty(t, f.Waiting)
			ends := []string{}
			for _, f := range f.FollowUps {
				ends = append(ends, strings.TrimSpace(string(f.Status)+" "+f.Reason))
			}
			require.Equal(t, []string{"done", "dropped a bigger one will do", "dropped merged into follow-up 4", "done", "done", "done"}, ends)
			events := map[string]int{}
			for _, e := range f.Timeline {
				events[e.Event]++
			}
			// Of follow-ups: six were added, four accepted, one handed over, and six have ended.
			require.Equal(t, map[string]int{
				"declared": 1, "role": 1, "channel": 2, "tracker": 1, "follow_up": 17, "resolved": 1, "review": 2, "closed": 1,
			}, events)
		})
	}
}

// inTheTracker are all calls of the tracker: each issue is made once. The answer to the making of the
// fifth one's is lost and its run ends before another comes, so it is looked for: twice in vain, and once
// more by the next run, which writes it again. The sixth one's is there already: it is read, and given
// Muster's labels. Where people were done in the tracker itself, nothing is moved.
var inTheTracker = map[string]int{
	`issue test/INC-1/follow-up/1 under "OPS-test/INC-1/issue" look=false`: 1,
	`issue test/INC-1/follow-up/2 under "OPS-test/INC-1/issue" look=false`: 1,
	`issue test/INC-1/follow-up/3 under "OPS-test/INC-1/issue" look=false`: 1,
	`issue test/INC-1/follow-up/4 under "OPS-test/INC-1/issue" look=false`: 1,
	`issue test/INC-1/follow-up/5 under "OPS-test/INC-1/issue" look=false`: 1,
	`issue test/INC-1/follow-up/5 under "OPS-test/INC-1/issue" look=true`:  3,
	`issue test/INC-1/issue under "" look=false`:                           1,
	`issue test/INC-1/review under "OPS-test/INC-1/issue" look=false`:      1,
	"move test/INC-1/follow-up/1 done":                                     1,
	"move test/INC-1/follow-up/2 dropped Won't Do":                         1,
	"move test/INC-1/follow-up/3 duplicate":                                1,
	"move test/INC-1/follow-up/5 done":                                     1,
	"move test/INC-1/issue done":                                           1,
	"move test/INC-1/issue in progress":                                    1,
	"move test/INC-1/review done":                                          1,
	"read OPS-88":                                                          1,
	"update 88":                                                            1,
	"update test/INC-1/follow-up/2":                                        1,
	"update test/INC-1/follow-up/3":                                        1,
	"update test/INC-1/follow-up/4":                                        1,
	"update test/INC-1/follow-up/5":                                        1,
	"update test/INC-1/issue":                                              1,
}

// inChat are all calls of chat. The review should be held on 23 November; from 25 November to 16 November
// a year later, people are asked about it on every second business day: 256 of them are 128
// questions. The last of 17 changes of follow-ups is told in one message with the end.
var inChat = map[string]int{
	"archive C1 since 11-17 12:00":                                                   1,
	"direct erin@example.com A follow-up is yours now":                               1,
	"edit #incidents INC-1 Checkout is down":                                         3,
	"edit C1 INC-1 Checkout is down":                                                 24,
	"edit C1 Learning review of INC-1 Checkout is down":                              1,
	"furnish C1  [carol@example.com bob@example.com alice@example.com] []":           1,
	"furnish C1 INC-1 | 1 (critical) | closed | commander carol@example.com [] []":   1,
	"furnish C1 INC-1 | 1 (critical) | open | commander carol@example.com [] []":     1,
	"furnish C1 INC-1 | 1 (critical) | resolved | commander carol@example.com [] []": 1,
	"open #inc-1-checkout-is-down look=false":                                        1,
	"post #incidents INC-1 Checkout is down":                                         1,
	"post C1 INC-1 Checkout is down":                                                 1,
	"post C1 INC-1: closed":                                                          1,
	"post C1 INC-1: follow-up":                                                       16,
	"post C1 INC-1: learning review":                                                 1,
	"post C1 INC-1: resolved":                                                        1,
	"post C1 Learning review of INC-1 Checkout is down":                              1,
	"reply #incidents INC-1: closed":                                                 1,
	"reply #incidents INC-1: resolved":                                               1,
	"reply C1 Reminder: learning review of INC-1 Checkout is down":                   2,
	"reply C1 Was the learning review of INC-1 Checkout is down held?":               128,
}

// aYear is an incident of Wednesday 18 November 2026 with six follow-ups: one is done early, one dropped,
// one merged into another, which is handed over and done in the tracker, one is overdue for most of the
// year, and one was filed by hand in the tracker.
func aYear(t *testing.T, step time.Duration) *year {
	t.Helper()
	in := incidents.IncidentInput{Number: 1, Declaration: worldtest.Declaration(1), Slice: worldtest.Policy(), Settings: api.Settings{Installation: "test"}}
	in.Declaration.Commander = carol
	in.Slice.Severities[0].Page = playbook.PageNever // pages have a test of many runs of their own
	in.Slice.Chat.ArchiveAfter = playbook.Span{Exact: week}
	in.Slice.FollowUps.Escalate = []string{playbook.EscalateCommander, "#sre"}
	y := newYear(t, time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC), step, in)
	add := func(at string, f incident.AddFollowUp) {
		f.Meta = worldtest.By(bob)
		y.commands(at, api.AddFollowUp, f)
	}
	change := func(at, by string, c incident.ChangeFollowUp) {
		c.Meta = worldtest.By(by)
		y.commands(at, api.ChangeFollowUp, c)
	}
	add("2026-11-18 10:01", incident.AddFollowUp{Title: "Alert on queue depth", Owner: alice})
	add("2026-11-18 10:02", incident.AddFollowUp{Title: "Rewrite the queue", Owner: bob})
	add("2026-11-18 10:03", incident.AddFollowUp{Title: "Write a runbook"})
	add("2026-11-18 10:04", incident.AddFollowUp{Title: "Document the queue", Owner: dan})
	add("2026-11-18 10:05", incident.AddFollowUp{Title: "Split the queue", Owner: alice})
	y.commands("2026-11-18 10:06", api.Resolve, incident.Resolve{Meta: worldtest.By(carol)})

	change("2026-11-19 12:00", alice, incident.ChangeFollowUp{Number: 1, Status: incident.FollowUpAccepted})
	change("2026-12-01 12:00", alice, incident.ChangeFollowUp{Number: 1, Status: incident.FollowUpDone})
	change("2026-11-25 12:00", carol, incident.ChangeFollowUp{Number: 2, Status: incident.FollowUpDropped, Reason: "a bigger one will do"})
	y.commands("2026-11-20 12:00", api.MergeFollowUp, incident.MergeFollowUp{Meta: worldtest.By(carol), Number: 3, Into: 4})
	change("2026-11-20 12:05", carol, incident.ChangeFollowUp{Number: 4, Status: incident.FollowUpAccepted})
	change("2026-11-20 12:06", carol, incident.ChangeFollowUp{Number: 5, Status: incident.FollowUpAccepted})

	filed := incident.IssueState{ID: "88", Key: "OPS-88", URL: "https://issues.example.com/OPS-88", Title: "Test the standby", Status: "To Do", Owner: bob, Due: "2027-03-01", Parent: "test/INC-1/issue"}
	y.vendors = func(w *worldtest.World, from time.Time) {
		w.Shown = map[string]incident.IssueState{filed.Key: filed}
		w.Landed = []string{"test/INC-1/follow-up/5"} // the tracker has made it, and no answer came for a while
		if from.Before(y.moment("2026-11-18 10:06")) {
			w.Breaks("issue test/INC-1/follow-up/5", &fault.Error{Vendor: "jira", Operation: "issue.create", Class: fault.Retryable, Reason: "no answer"})
		}
	}
	y.says("2026-11-24 14:00", "INC-1", api.IssueFiled, api.IssueFiledInput{DeliveryID: "filed", Issue: filed, By: bob})
	change("2026-11-25 12:10", carol, incident.ChangeFollowUp{Number: 6, Status: incident.FollowUpAccepted})

	change("2027-01-11 12:00", dan, incident.ChangeFollowUp{Number: 4, Owner: erin})
	done := func(at, id string, s incident.IssueState) {
		s.Status, s.Done = "Done", true
		in := api.IssueChangedInput{DeliveryID: "done/" + id, Issue: s, By: s.Owner, At: y.moment(at), Changed: []incident.IssuePart{incident.IssueStatus}}
		y.says(at, id, api.IssueChanged, in)
		y.says(at, id, api.IssueChanged, in) // vendors deliver at least once
	}
	done("2027-02-01 12:00", "INC-1/follow-up/4", incident.IssueState{ID: "test/INC-1/follow-up/4", Key: "OPS-test/INC-1/follow-up/4", Owner: erin})
	done("2027-03-01 12:00", "INC-1/follow-up/6", filed)
	y.commands("2027-11-16 12:00", api.HoldReview, incident.HoldReview{Meta: worldtest.By(carol)})
	change("2027-11-17 12:00", alice, incident.ChangeFollowUp{Number: 5, Status: incident.FollowUpDone})
	return y
}
