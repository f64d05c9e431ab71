package incidents

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

const parentKey = "test/INC-1/issue"

// moves lists where the tracker was asked to bring the parent issue.
func (w *world) moves() []string {
	var out []string
	for _, c := range w.Calls {
		if goal, ok := strings.CutPrefix(c, "move "+parentKey+" "); ok {
			out = append(out, goal)
		}
	}
	return out
}

func TestTheParentFollowsTheIncident(t *testing.T) {
	w := newWorld(t, "INC-1")
	alice := worldtest.By("alice@example.com")
	w.After(time.Minute, func() {
		i := w.Written(parentKey)
		require.Equal(t, []string{"in progress"}, w.moves())
		require.Subset(t, i.Labels, []string{"muster", "severity-1", "kind-incident"})
		require.Empty(t, i.Owner)
		require.Empty(t, i.Due)
		require.Equal(t, "Highest", i.Priority)
		require.Equal(t, []string{"Shop"}, i.Components)
	})
	w.Commands(2*time.Minute, api.Assign, incident.Assign{Meta: alice, Role: incident.RoleCommander, Person: "carol@example.com"})
	w.Commands(3*time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: alice, Severity: 4})
	w.Commands(4*time.Minute, api.ChangeKind, incident.ChangeKind{Meta: alice, Kind: incident.KindDrill})
	w.After(5*time.Minute, func() {
		i := w.Written(parentKey)
		require.Equal(t, "carol@example.com", i.Owner)
		require.Equal(t, "Low", i.Priority)
		require.Subset(t, i.Labels, []string{"severity-4", "kind-drill"})
		require.Subset(t, i.Unlabels, []string{"severity-1", "kind-incident"}, "labels are replaced and not piled up")
		require.NotContains(t, i.Unlabels, "severity-4")
	})
	w.Commands(6*time.Minute, api.Mitigate, incident.Mitigate{Meta: alice})
	w.Commands(7*time.Minute, api.Resolve, incident.Resolve{Meta: alice})
	w.Commands(8*time.Minute, api.Reopen, incident.Reopen{Meta: alice})
	w.Commands(9*time.Minute, api.Cancel, incident.Cancel{Meta: alice})
	in := declared(1)
	in.Slice.Tracker.Priorities = map[incident.Severity]string{1: "Highest", 4: "Low"}
	in.Slice.Tracker.Components = map[string]string{"checkout": "Shop"}
	w.runIncident(in)
	require.Equal(t, []string{"in progress", "done", "in progress", "dropped Won't Do"}, w.moves())
}

func TestResolvedIsInProgressUntilEverythingHasEnded(t *testing.T) {
	w := newWorld(t, "INC-1")
	alice := worldtest.By("alice@example.com")
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: alice, Title: "Alert on queue depth"})
	w.Commands(2*time.Minute, api.Resolve, incident.Resolve{Meta: alice})
	w.After(24*time.Hour, func() { require.Equal(t, []string{"in progress"}, w.moves()) })
	w.Commands(25*time.Hour, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: alice, Number: 1, Status: incident.FollowUpDone})
	w.After(26*time.Hour, func() { require.Equal(t, []string{"in progress", "done"}, w.moves()) })
	w.Commands(27*time.Hour, api.AddFollowUp, incident.AddFollowUp{Meta: alice, Title: "Write a runbook"})
	w.After(28*time.Hour, func() { require.Equal(t, []string{"in progress", "done", "open"}, w.moves()) })
	w.Commands(29*time.Hour, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: alice, Number: 2, Status: incident.FollowUpDropped, Reason: "no need"})
	w.runIncident(declared(5))
	require.Equal(t, []string{"in progress", "done", "open", "done"}, w.moves())
	require.Contains(t, w.Written("test/INC-1/follow-up/2").Description, "Dropped: no need", "boards without resolutions say nothing of it")
}

// What is refused keeps nobody from having the issue; a person sees it, and it is written as soon
// as the tracker takes it.
func TestAFieldThatIsRefusedIsASnagThatHoldsUpNothing(t *testing.T) {
	w := newWorld(t, "INC-1")
	alice := worldtest.By("alice@example.com")
	child := "test/INC-1/follow-up/1"
	w.LeavesOff(incident.FieldDue, incident.FieldOwner)
	w.Commands(time.Second, api.Assign, incident.Assign{Meta: alice, Role: incident.RoleCommander, Person: "carol@example.com"})
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: alice, Title: "Alert on queue depth", Owner: "bob@example.com", Due: "2030-01-02"})
	w.After(2*time.Minute, func() {
		f := w.Facts()
		require.NotEmpty(t, f.Links.Tracker.Key)
		require.NotEmpty(t, f.FollowUps[0].Issue.Key, "the issue is made all the same")
		var mirrors []string
		for _, s := range f.Snags {
			mirrors = append(mirrors, s.Mirror+": "+s.Step)
			require.Contains(t, s.Reason, "is on no screen")
			require.Equal(t, "put it on one", s.Mend)
		}
		require.ElementsMatch(t, []string{"tracker fields: set the owner", "follow-up/1 tracker fields: set the due date and the owner"}, mirrors)
		require.Equal(t, 1, said(f, "could not set"), "it is said once")
	})
	// What else there is to write goes on.
	w.Commands(3*time.Minute, api.Retitle, incident.Retitle{Meta: alice, Title: "Carts are empty"})
	w.Commands(4*time.Minute, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: alice, Number: 1, Due: "2030-01-03"})
	w.After(10*time.Minute, func() {
		require.Contains(t, w.Written(parentKey).Summary, "Carts are empty")
		require.Equal(t, "Alert on queue depth", w.Written(child).Summary)
		require.Empty(t, w.Written(child).Due)
		require.Equal(t, 1, said(w.Facts(), "could not set"))
	})
	updates := 0
	w.After(11*time.Minute, func() {
		w.LeavesOff()
		updates = w.Count("update ")
	})
	w.Commands(12*time.Minute, api.Retry, incident.Retry{Meta: alice})
	w.After(13*time.Minute, func() {
		require.Empty(t, w.Facts().Snags)
		var only []incident.Issue
		for _, i := range w.Issues {
			if i.Key == "" {
				only = append(only, i)
			}
		}
		require.Contains(t, only, incident.Issue{Owner: "carol@example.com"})
		require.Contains(t, only, incident.Issue{Owner: "bob@example.com", Due: "2030-01-03"}, "as they are by now")
		require.Equal(t, updates+2, w.Count("update "), "and nothing is written twice")
	})
	w.Commands(14*time.Minute, api.Cancel, incident.Cancel{Meta: alice})
	w.Commands(15*time.Minute, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: alice, Number: 1, Status: incident.FollowUpDone})
	w.runIncident(declared(4))
}

func said(f incident.Incident, words string) int {
	n := 0
	for _, e := range f.Timeline {
		if strings.Contains(e.Text, words) {
			n++
		}
	}
	return n
}

func TestAFieldThatSticksByItselfIsTriedAtGrowingIntervals(t *testing.T) {
	w := newWorld(t, "INC-1")
	alice := worldtest.By("alice@example.com")
	w.LeavesOff(incident.FieldOwner)
	w.Commands(time.Second, api.Assign, incident.Assign{Meta: alice, Role: incident.RoleCommander, Person: "carol@example.com"})
	updates := map[time.Duration]int{}
	for _, at := range []time.Duration{10 * time.Minute, 20 * time.Minute, 80 * time.Minute} {
		w.After(at, func() { updates[at] = w.Count("update ") })
	}
	w.After(81*time.Minute, func() { w.LeavesOff() })
	w.After(6*time.Hour, func() { require.Empty(t, w.Facts().Snags) })
	w.Commands(7*time.Hour, api.Cancel, incident.Cancel{Meta: alice})
	w.runIncident(declared(4))
	require.Equal(t, updates[10*time.Minute]+1, updates[20*time.Minute])
	require.Equal(t, updates[20*time.Minute]+1, updates[80*time.Minute])
}

func TestWhatEndsWaitsForNoField(t *testing.T) {
	w := newWorld(t, "INC-1")
	alice := worldtest.By("alice@example.com")
	w.LeavesOff(incident.FieldOwner, incident.FieldDue)
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: alice, Title: "Alert on queue depth", Owner: "bob@example.com", Due: "2030-01-02"})
	w.Commands(2*time.Minute, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: alice, Number: 1, Status: incident.FollowUpDone})
	w.Commands(3*time.Minute, api.Resolve, incident.Resolve{Meta: alice})
	f := w.runIncident(declared(5))
	require.Equal(t, incident.StatusClosed, f.Status)
	require.Empty(t, f.Snags)
	require.Equal(t, 1, w.Count("move test/INC-1/follow-up/1 done"))
}

func TestAMergedIssueIsLinkedOnce(t *testing.T) {
	w := newWorld(t, "INC-1")
	absorb := api.AbsorbInput{From: 7, Title: "Carts are empty", Tracker: incident.IssueRef{Key: "OPS-9"}}
	for k := range 3 {
		w.After(time.Duration(k+1)*time.Minute, func() { w.Env.SignalWorkflow(api.Absorb, absorb) })
	}
	w.After(5*time.Minute, func() {
		w.Breaks("link OPS-10", &fault.Error{Vendor: "jira", Operation: "link", Class: fault.Permanent, Reason: "no such type of link"})
		other := absorb
		other.From, other.Tracker.Key = 8, "OPS-10"
		w.Env.SignalWorkflow(api.Absorb, other)
	})
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	f := w.runIncident(declared(4))
	require.Equal(t, 1, w.Times("link OPS-9 as a duplicate of OPS-"+parentKey))
	require.Equal(t, 1, w.Count("link OPS-10"), "a tracker without such links is left at that")
	require.Empty(t, f.Snags)
	require.Equal(t, 1, said(f, "OPS-10 is not linked as a duplicate: no such type of link"))
}

// everyWord runs an incident with everything that goes to the tracker, and gives all of it.
func everyWord(t *testing.T, private bool, where playbook.PrivateTracker) []incident.Issue {
	t.Helper()
	w := newWorld(t, "INC-1")
	alice := worldtest.By("alice@example.com")
	in := declared(1)
	in.Declaration.Title, in.Declaration.Private = "Secretword breach", private
	in.Slice.Tracker.Private = where
	in.Slice.Tracker.Components = map[string]string{"checkout": "Secretword shop"}
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: alice, Title: "Rotate the secretword", Owner: "bob@example.com"})
	w.Commands(2*time.Minute, api.Retitle, incident.Retitle{Meta: alice, Title: "Secretword breach again"})
	w.Commands(3*time.Minute, api.Resolve, incident.Resolve{Meta: alice, Learning: "The secretword was in a log"})
	w.Commands(4*time.Minute, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: alice, Number: 1, Owner: "carol@example.com"})
	w.After(20*24*time.Hour, func() {
		w.Env.SignalWorkflow(api.Cancel, nil)
		w.Env.SignalWorkflow(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: alice, Number: 1, Status: incident.FollowUpDone})
		w.Env.SignalWorkflow(api.WaiveReview, incident.WaiveReview{Meta: alice, Reason: "secretword"})
	})
	w.runIncident(in)
	kinds := map[string]bool{}
	for _, i := range w.Issues {
		kinds[i.Key] = true
	}
	require.Equal(t, map[string]bool{parentKey: true, "test/INC-1/follow-up/1": true, "test/INC-1/review": true}, kinds)
	return w.Issues
}

func TestNoWordOfAPrivateIncidentGoesToTheTracker(t *testing.T) {
	for name, tt := range map[string]struct {
		private bool
		where   playbook.PrivateTracker
		masked  bool
		project string
	}{
		"a public one, or else this looks for nothing": {project: "OPS"},
		"a private one":                     {private: true, masked: true, project: "OPS"},
		"in a project for private ones":     {private: true, where: playbook.PrivateTracker{Project: "SEC"}, project: "SEC"},
		"with a level of security for them": {private: true, where: playbook.PrivateTracker{SecurityLevel: "Incident members"}, project: "OPS"},
	} {
		t.Run(name, func(t *testing.T) {
			issues := everyWord(t, tt.private, tt.where)
			raw, err := json.Marshal(issues)
			require.NoError(t, err)
			text := strings.ToLower(string(raw))
			for _, i := range issues {
				require.Equal(t, tt.project, i.Project)
				require.Equal(t, tt.where.SecurityLevel, i.Security)
			}
			if !tt.masked {
				require.Contains(t, text, "rotate the secretword")
				require.Contains(t, text, "in a log")
				return
			}
			for _, word := range []string{"secretword", "breach", "in a log", "checkout"} {
				require.NotContains(t, text, word)
			}
			for _, what := range []string{"inc-1", "follow-up 1 of inc-1", "learning review of inc-1"} {
				require.Contains(t, text, `"summary":"`+what+` (private incident)"`)
			}
		})
	}
}
