package incidents

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
	"muster/workflows/worldtest"
)

// secret is a private incident that bob declares.
func secret() IncidentInput {
	in := declared(4)
	in.Declaration.Private = true
	return in
}

func TestThePlaybookInvitesNobodyIntoAPrivateIncident(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := secret()
	in.Slice.Chat.Invite, in.Slice.Chat.Groups = []string{"dan@example.com"}, []string{"sre"}
	w.After(time.Hour, func() {
		f := w.Facts()
		require.False(t, f.PartOf("dan@example.com"))
		k := slices.IndexFunc(f.Timeline, func(e incident.Entry) bool { return e.Event == "uninvited" })
		require.GreaterOrEqual(t, k, 0, f.Timeline)
		require.Regexp(t, "^The playbook would invite dan@example.com.* The incident is private, so nobody was: invite those who should know$", f.Timeline[k].Text)
		for _, done := range w.Furnished {
			require.Empty(t, done.Groups)
			require.NotContains(t, done.Invite, "dan@example.com")
		}
	})
	w.Commands(2*time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(in)
}

// What a public incident leaves behind lets nobody into the private one, however often it is said.
func TestAMergeLetsNobodyIn(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.After(time.Minute, func() {
		for _, who := range []string{"dan@example.com", "mallory@example.com"} {
			w.Env.SignalWorkflow(api.Absorb, api.AbsorbInput{
				From: 3, Title: "Payments fail", Channel: incident.ChannelRef{ID: "C3", URL: "https://chat.example.com/C3"},
				Responders: []incident.Responder{{Person: who}},
			})
		}
	})
	w.After(time.Hour, func() {
		f := w.Facts()
		require.False(t, f.PartOf("dan@example.com"))
		require.False(t, f.PartOf("mallory@example.com"))
		require.Equal(t, []incident.Absorption{{From: 3}}, f.Absorbed)
		for _, done := range w.Furnished {
			require.NotContains(t, done.Invite, "dan@example.com")
		}
	})
	w.Commands(2*time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(secret())
}

func TestAPrivateIncidentHandsOverNumbersOnly(t *testing.T) {
	w := newWorld(t, "INC-1")
	var sent []api.AbsorbInput
	w.Listens(func(_, _ string, in any) error {
		if a, ok := in.(api.AbsorbInput); ok {
			sent = append(sent, a)
		}
		return nil
	})
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: worldtest.By("bob@example.com"), Title: "Rotate keys", Owner: "dan@example.com"})
	w.Commands(2*time.Minute, api.Merge, incident.Merge{Meta: worldtest.By("bob@example.com"), Into: 7})
	w.Commands(time.Hour, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("bob@example.com"), Number: 1, Status: incident.FollowUpDone})
	w.runIncident(secret())
	require.Equal(t, api.AbsorbInput{From: 1, Kept: 1, Actor: incident.Actor{Way: incident.WayMuster}}, sent[0])
}

// Whoever is taken out is out of the channel, and reconciliation brings them back only when somebody
// invites them again.
func TestWhoIsTakenOutLeavesTheChannel(t *testing.T) {
	w := newWorld(t, "INC-1")
	var steps []string
	seen := func() {
		for _, f := range w.Furnished {
			if slices.Contains(f.Invite, "dan@example.com") {
				steps = append(steps, "invited")
			}
			if slices.Contains(f.Remove, "dan@example.com") {
				steps = append(steps, "out")
			}
		}
		w.Furnished = nil
	}
	bob := worldtest.By("bob@example.com")
	w.Commands(time.Minute, api.Invite, incident.Invite{Meta: bob, Person: "dan@example.com"})
	w.Commands(10*time.Minute, api.Remove, incident.Remove{Meta: bob, Person: "dan@example.com"})
	w.After(20*time.Minute, func() {
		seen()
		require.Equal(t, []string{"invited", "out"}, steps)
		late := incident.Meta{Actor: incident.Actor{Person: "dan@example.com", Way: incident.WaySlack}}
		w.Env.SignalWorkflow(api.Join, incident.Join{Meta: late})
		w.Env.SignalWorkflow(api.Invite, incident.Invite{Meta: late, Person: "mallory@example.com"})
	})
	w.Commands(30*time.Minute, api.Retry, incident.Retry{Meta: bob})
	w.After(40*time.Minute, func() {
		seen()
		require.Equal(t, []string{"invited", "out"}, steps)
		f := w.Facts()
		require.False(t, f.PartOf("dan@example.com"), "a late event is no way back")
		require.False(t, f.PartOf("mallory@example.com"), "nor can he bring others")
	})
	w.Commands(50*time.Minute, api.Invite, incident.Invite{Meta: bob, Person: "dan@example.com"})
	w.Commands(2*time.Hour, api.Cancel, incident.Cancel{Meta: bob})
	w.runIncident(secret())
	seen()
	require.Equal(t, []string{"invited", "out", "invited"}, steps)
}

// A public channel cannot become private: a new one is made, and the old one is told and archived. What
// was announced is edited, and the tracker's issue masked.
func TestAPublicIncidentIsMadePrivateAndPublicAgain(t *testing.T) {
	w := newWorld(t, "INC-1")
	bob := worldtest.By("bob@example.com")
	in := declared(1)
	in.Slice.Tracker.Private = playbook.PrivateTracker{}
	var before int
	w.After(29*time.Minute, func() {
		require.Equal(t, "C1", w.Facts().Links.Channel.ID)
		require.NotEmpty(t, w.Facts().Links.Announcements)
		before = len(w.Calls)
	})
	w.Commands(30*time.Minute, api.MakePrivate, incident.MakePrivate{Meta: bob})
	w.After(40*time.Minute, func() {
		f := w.Facts()
		require.True(t, f.Private)
		require.Equal(t, "C2", f.Links.Channel.ID)
		require.True(t, f.Links.Channel.Private)
		calls := strings.Join(w.Calls[before:], "\n")
		require.Contains(t, calls, "post C1 INC-1 is private from now on")
		require.Contains(t, calls, "archive C1")
		require.Contains(t, calls, "edit #incidents INC-1 is private")
		require.Equal(t, "INC-1 (private incident)", w.Written("test/INC-1/issue").Summary)
		require.Less(t, strings.Index(calls, "post C1 INC-1 is private"), strings.Index(calls, "archive C1"), "before it is archived")
		before = len(w.Calls)
		stranger := incident.Meta{Actor: incident.Actor{Person: "mallory@example.com", Way: incident.WaySlack}}
		w.Env.SignalWorkflow(api.Join, incident.Join{Meta: stranger, Channel: "C1"})
		w.Env.SignalWorkflow(api.Invite, incident.Invite{Meta: stranger, Person: "eve@example.com"})
	})
	w.Commands(45*time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: bob, Severity: 2})
	w.After(50*time.Minute, func() {
		f := w.Facts()
		require.False(t, f.PartOf("mallory@example.com"), "the old channel is no way in")
		require.False(t, f.PartOf("eve@example.com"))
		require.NotContains(t, strings.Join(w.Calls[before:], "\n"), "reply #incidents", "the thread hears no more")
	})
	w.Refused(55*time.Minute, api.MakePublic, incident.MakePublic{Meta: bob}, "everybody would read the title of INC-1")
	w.Commands(60*time.Minute, api.MakePublic, incident.MakePublic{Meta: bob, Confirm: true})
	w.After(70*time.Minute, func() {
		f := w.Facts()
		require.False(t, f.Private)
		require.Equal(t, "C3", f.Links.Channel.ID)
		require.False(t, f.Links.Channel.Private)
		calls := strings.Join(w.Calls[before:], "\n")
		require.Contains(t, calls, "post C2 INC-1 is public from now on")
		require.Contains(t, calls, "archive C2")
	})
	w.Commands(80*time.Minute, api.Cancel, incident.Cancel{Meta: bob})
	w.runIncident(in)
}

// Chat makes few channels in a minute, for all incidents together.
func TestPrivacyInTurnOpensFewChannels(t *testing.T) {
	w := newWorld(t, "INC-1")
	bob := worldtest.By("bob@example.com")
	for k := range 4 {
		w.Commands(time.Duration(20*k+10)*time.Minute, api.MakePrivate, incident.MakePrivate{Meta: bob})
		w.Commands(time.Duration(20*k+20)*time.Minute, api.MakePublic, incident.MakePublic{Meta: bob, Confirm: true})
	}
	w.Commands(95*time.Minute, api.MakePrivate, incident.MakePrivate{Meta: bob})
	w.Refused(100*time.Minute, api.MakePublic, incident.MakePublic{Meta: bob, Confirm: true}, "became private or public 9 times already")
	w.After(2*time.Hour, func() {
		f := w.Facts()
		require.True(t, f.Private)
		require.Equal(t, 10, w.Channels)
		require.Len(t, f.Links.Former, 9)
	})
	w.Commands(3*time.Hour, api.Cancel, incident.Cancel{Meta: bob})
	w.runIncident(declared(4))
}

// The answer to the first try was lost, and the incident is private by the next one: a public channel that
// has the title for a name is looked for, and given up too.
func TestAChannelThatNobodyHasHeardOfIsGivenUp(t *testing.T) {
	w := newWorld(t, "INC-1")
	bob := worldtest.By("bob@example.com")
	w.Breaks("open ", outage("slack"))
	w.Breaks("find ", outage("slack"))
	w.Made = incident.ChannelRef{ID: "C9", Name: "inc-1-checkout-is-down"}
	w.Commands(20*time.Minute, api.MakePrivate, incident.MakePrivate{Meta: bob})
	w.After(25*time.Minute, func() {
		w.Breaks("open ", nil)
		w.Breaks("find ", nil)
	})
	w.After(2*time.Hour, func() {
		f := w.Facts()
		require.True(t, f.Links.Channel.Private)
		require.Equal(t, "C1", f.Links.Channel.ID)
		require.Equal(t, 1, w.Count("post C9 INC-1 is private from now on"))
		require.Equal(t, 1, w.Count("archive C9"))
	})
	w.Commands(3*time.Hour, api.Cancel, incident.Cancel{Meta: bob})
	w.runIncident(declared(4))
}

// A reset forgets that a public channel was given up for a private one. The private one is found by its own
// key, and none is made beside it; the channels that follow are counted from it.
func TestAfterAResetALaterChannelIsFoundBeforeOneIsMade(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(4)
	in.Declaration.Private = true
	facts := incident.New(1, in.Declaration, w.Env.Now())
	in.State = &incidentState{Facts: *facts, Loop: mirror.LoopState{Reset: true}}
	w.Made, w.MadeAs = incident.ChannelRef{ID: "C9", Name: "inc-1-checkout-is-down-2"}, "test/INC-1/channel/2"
	var before incident.Incident
	opened := -1
	w.After(30*time.Minute, func() { before, opened = w.Facts(), w.Channels })
	w.Commands(time.Hour, api.MakePublic, incident.MakePublic{Meta: worldtest.By("bob@example.com"), Confirm: true})
	w.Commands(2*time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com"), Reason: "a drill"})
	after := w.runIncident(in)
	require.Equal(t, "C9", before.Links.Channel.ID)
	require.True(t, before.Links.Channel.Private)
	require.Zero(t, opened, "none is made beside it")
	require.Equal(t, 1, w.Channels)
	require.True(t, strings.HasSuffix(after.Links.Channel.Name, "-3"), after.Links.Channel.Name)
}
