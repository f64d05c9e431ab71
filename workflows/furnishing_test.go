package workflows

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
)

func TestEverybodyIsInvitedOnceAndWhoLeavesStaysAway(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := archiving(4)
	in.Slice.Chat.Groups = []string{"sre"}
	w.commands(time.Minute, api.Assign, incident.Assign{Meta: by("bob@example.com"), Role: incident.RoleCommander, Person: "carol@example.com"})
	w.commands(2*time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: by("bob@example.com"), Severity: 5})
	w.after(3*time.Minute, func() {
		w.env.SetContinueAsNewSuggested(true)
		w.env.SignalWorkflow(api.Retry, nil)
	})
	w.env.ExecuteWorkflow(Incident, in)
	next := w.continued()
	require.Equal(t, map[string]int{"alice@example.com": 1, "bob@example.com": 1, "carol@example.com": 1, "@sre": 1}, w.invitations())
	require.GreaterOrEqual(t, w.count("furnish C1 INC-1"), 3, "the topic has changed meanwhile")
	require.Len(t, next.State.Told.Invited, 4, "and it is remembered")
}

func TestANewChannelInvitesEverybodyAgain(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.commands(time.Minute, api.Resolve, incident.Resolve{Meta: by("alice@example.com")})
	w.commands(10*day, api.Reopen, incident.Reopen{Meta: by("bob@example.com"), Reason: "it is back"})
	w.commands(11*day, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(archiving(5))
	require.Equal(t, map[string]int{"alice@example.com": 2, "bob@example.com": 2}, w.invitations())
	require.True(t, w.has("open #inc-1-checkout-is-down-2 look=false"), "the archived one keeps its name: %v", w.calls)
}

func TestAGroupThatCannotBeReadKeepsNobodyOut(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(4)
	in.Slice.Chat.Groups = []string{"sre"}
	w.breaks("furnish C1  [] [sre]", &fault.Error{Vendor: "slack", Operation: "usergroups.list", Class: fault.Permanent, Meaning: fault.ScopeMissing, Reason: "missing_scope"})
	w.commands(time.Minute, api.Invite, incident.Invite{Meta: by("bob@example.com"), Person: "erin@example.com"})
	w.after(2*time.Minute, func() {
		require.Equal(t, 1, w.invitations()["erin@example.com"])
		require.Len(t, w.facts().Snags, 1)
		require.Equal(t, "groups", w.facts().Snags[0].Mirror)
	})
	w.commands(time.Hour, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(in)
}

// invitations counts how often each person and group was invited.
func (w *world) invitations() map[string]int {
	out := map[string]int{}
	for _, f := range w.furnished {
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
	w.breaks("post C1", outage("slack")) // it waits for its retry when the channel goes
	w.after(time.Second, func() {
		w.env.SignalWorkflow(api.ChannelChanged, api.ChannelChangedInput{DeliveryID: "e1", Channel: "C1", Archived: true})
	})
	w.commands(2*time.Second, api.Retry, incident.Retry{Meta: by("alice@example.com")})
	w.after(3*time.Second, func() { w.breaks("post C1", nil) })
	w.after(10*time.Minute, func() {
		f := w.facts()
		require.Equal(t, "C2", f.Links.Channel.ID)
		require.Equal(t, "C2", f.Links.Board.Channel, "%v", w.calls)
		require.Empty(t, f.Snags)
	})
	w.commands(time.Hour, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
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
			w.listens(func(_, _ string, in any) error {
				if a, ok := in.(api.AbsorbInput); ok {
					sent = append(sent, a)
				}
				return nil
			})
			in := declared(4)
			in.Number = 5
			in.Declaration.AlertKey = "disk/db5"
			w.commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Alert on queue depth"})
			w.commands(2*time.Minute, api.Merge, incident.Merge{Meta: by("carol@example.com"), Into: c.from})
			w.after(3*time.Minute, func() {
				w.env.SignalWorkflow(api.Absorb, api.AbsorbInput{
					From: c.from, Title: "Payments fail", AlertKey: "disk/db", Responders: []incident.Responder{{Person: "erin@example.com"}},
					FollowUps: []incident.FollowUp{{Number: 1, Title: "Write a runbook", Status: incident.FollowUpDropped, Reason: "moved to INC-5"}},
				})
			})
			w.after(4*time.Minute, func() {
				f := w.facts()
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
			w.commands(5*time.Minute, api.Reopen, incident.Reopen{Meta: by("bob@example.com")})
			w.commands(6*time.Minute, api.Cancel, incident.Cancel{Meta: by("bob@example.com")})
			w.after(7*time.Minute, func() {
				for n := range w.facts().FollowUps {
					w.env.SignalWorkflow(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: by("bob@example.com"), Number: n + 1, Status: incident.FollowUpDropped, Reason: "done elsewhere"})
				}
			})
			w.env.ExecuteWorkflow(Incident, in)
			require.NoError(t, w.env.GetWorkflowError(), fmt.Sprint(w.calls))
		})
	}
}
