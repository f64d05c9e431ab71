package incidents

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

func TestEverybodyIsInvitedOnceAndWhoLeavesStaysAway(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := archiving(4)
	in.Slice.Chat.Groups = []string{"sre"}
	w.Commands(time.Minute, api.Assign, incident.Assign{Meta: worldtest.By("bob@example.com"), Role: incident.RoleCommander, Person: "carol@example.com"})
	w.Commands(2*time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: worldtest.By("bob@example.com"), Severity: 5})
	w.After(3*time.Minute, func() {
		w.Env.SetContinueAsNewSuggested(true)
		w.Env.SignalWorkflow(api.Retry, nil)
	})
	w.Env.ExecuteWorkflow(Incident, in)
	next := w.continued()
	require.Equal(t, map[string]int{"alice@example.com": 1, "bob@example.com": 1, "carol@example.com": 1, "@sre": 1}, w.invitations())
	require.GreaterOrEqual(t, w.Count("furnish C1 INC-1"), 3, "the topic has changed meanwhile")
	require.Len(t, next.State.Invited, 4, "and it is remembered")
}

func TestANewChannelInvitesEverybodyAgain(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.Commands(10*day, api.Reopen, incident.Reopen{Meta: worldtest.By("bob@example.com"), Reason: "it is back"})
	w.Commands(11*day, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(archiving(5))
	require.Equal(t, map[string]int{"alice@example.com": 2, "bob@example.com": 2}, w.invitations())
	require.True(t, w.Has("open #inc-1-checkout-is-down-2 look=false"), "the archived one keeps its name: %v", w.Calls)
}

func TestAGroupThatCannotBeReadKeepsNobodyOut(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(4)
	in.Slice.Chat.Groups = []string{"sre"}
	w.Breaks("furnish C1  [] [sre]", &fault.Error{Vendor: "slack", Operation: "usergroups.list", Class: fault.Permanent, Meaning: fault.ScopeMissing, Reason: "missing_scope"})
	w.Commands(time.Minute, api.Invite, incident.Invite{Meta: worldtest.By("bob@example.com"), Person: "erin@example.com"})
	w.After(2*time.Minute, func() {
		require.Equal(t, 1, w.invitations()["erin@example.com"])
		require.Len(t, w.Facts().Snags, 1)
		require.Equal(t, "groups", w.Facts().Snags[0].Mirror)
	})
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(in)
}

// invitations counts how often each person and group was invited.
func (w *world) invitations() map[string]int {
	out := map[string]int{}
	for _, f := range w.Furnished {
		for _, p := range f.Invite {
			out[p]++
		}
		for _, g := range f.Groups {
			out["@"+g]++
		}
	}
	return out
}

// A board that was on its way into the old channel when another one followed is none of the new
// channel's.
func TestABoardThatIsLateForItsChannelIsNotTakenForTheNextOnes(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("post C1", outage("slack")) // it waits for its retry when the channel goes
	w.After(time.Second, func() {
		w.Env.SignalWorkflow(api.ChannelChanged, api.ChannelChangedInput{DeliveryID: "e1", Channel: "C1", Archived: true})
	})
	w.Commands(2*time.Second, api.Retry, incident.Retry{Meta: worldtest.By("alice@example.com")})
	w.After(3*time.Second, func() { w.Breaks("post C1", nil) })
	w.After(10*time.Minute, func() {
		f := w.Facts()
		require.Equal(t, "C2", f.Links.Channel.ID)
		require.Equal(t, "C2", f.Links.Board.Channel, "%v", w.Calls)
		require.Empty(t, f.Snags)
	})
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(4))
}

func TestTwoIncidentsMergedIntoEachOtherAtOnceLeaveTheOlderOne(t *testing.T) {
	for name, c := range map[string]struct {
		from   int
		status incident.Status
	}{"the older one goes on": {7, incident.StatusOpen}, "the younger one stays merged": {3, incident.StatusMerged}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "INC-5")
			var sent []api.AbsorbInput
			w.Listens(func(_, _ string, in any) error {
				if a, ok := in.(api.AbsorbInput); ok {
					sent = append(sent, a)
				}
				return nil
			})
			in := declared(4)
			in.Number = 5
			in.Declaration.AlertKey = "disk/db5"
			w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: worldtest.By("bob@example.com"), Title: "Alert on queue depth"})
			w.Commands(2*time.Minute, api.Merge, incident.Merge{Meta: worldtest.By("carol@example.com"), Into: c.from})
			w.After(3*time.Minute, func() {
				w.Env.SignalWorkflow(api.Absorb, api.AbsorbInput{
					From: c.from, Title: "Payments fail", AlertKey: "disk/db", Responders: []incident.Responder{{Person: "erin@example.com"}},
					FollowUps: []incident.FollowUp{{Number: 1, Title: "Write a runbook", Status: incident.FollowUpDropped, Reason: "moved to INC-5"}},
				})
			})
			w.After(4*time.Minute, func() {
				f := w.Facts()
				require.Equal(t, c.status, f.Status, timeline(f))
				require.Len(t, f.FollowUps, 2)
				if c.status == incident.StatusOpen {
					require.Equal(t, incident.FollowUpProposed, f.FollowUps[1].Status, "it goes on here")
					require.Contains(t, timeline(f), "reopened: ")
					require.Len(t, sent, 1)
					return
				}
				require.Equal(t, incident.FollowUpDropped, f.FollowUps[1].Status, "it goes back")
				last := sent[len(sent)-1]
				require.Len(t, sent, 2, "the other one is told again, since it may have been merged since")
				require.Equal(t, "Write a runbook", last.FollowUps[len(last.FollowUps)-1].Title)
			})
			w.Commands(5*time.Minute, api.Reopen, incident.Reopen{Meta: worldtest.By("bob@example.com")})
			w.Commands(6*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
			w.After(7*time.Minute, func() {
				for n := range w.Facts().FollowUps {
					w.Env.SignalWorkflow(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("bob@example.com"), Number: n + 1, Status: incident.FollowUpDropped, Reason: "done elsewhere"})
				}
			})
			w.Env.ExecuteWorkflow(Incident, in)
			require.NoError(t, w.Env.GetWorkflowError(), fmt.Sprint(w.Calls))
		})
	}
}
