package incidents

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

func corrects(c incident.Correct) incident.Correct {
	c.Meta, c.Reason = worldtest.By("bob@example.com"), "the logs"
	return c
}

func TestACorrectionAfterTheEndWakesAndInvitesNobody(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := withOthers(declared(1))
	in.Declaration.Kind = incident.KindDrill
	in.Slice.Chat.Announcements = []playbook.AnnounceRule{{Channel: "#everybody"}}
	began := w.Env.Now().Add(-time.Hour)
	w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
	w.After(2*time.Minute, func() { require.Equal(t, incident.StatusClosed, w.Facts().Status, "a drill has no review") })
	w.answers(3*time.Minute, api.Correct, corrects(incident.Correct{
		StartedAt: &began, Services: []string{"SEARCH and browse"}, Kind: incident.KindIncident, Tags: []string{"eu"}, Title: "Search was down",
	}), func(r incident.Result) {
		require.Equal(t, "Nobody is being paged: INC-1 is closed.", r.Waking.Line)
		require.Contains(t, r.Text, "services search, was checkout; tags eu, was none; it is an incident, was a drill. Why: the logs")
	})
	w.After(4*time.Minute, func() {
		f := w.Facts()
		require.Empty(t, f.Pages)
		require.Equal(t, incident.StatusClosed, f.Status)
		require.Empty(t, f.Reviews, "what is closed is not taken up again: a nomination asks for a review")
		require.Equal(t, []string{"search"}, f.Services)
		require.NotContains(t, w.invited(), "dan@example.com")
		require.NotContains(t, w.invited(), "@searchers")
		require.Zero(t, w.Count("post #everybody"), "nor is it announced now")
	})
	w.runIncident(in)
}

func TestACorrectionWhileItLivesPagesWhomTheServicesRequire(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.answers(time.Minute, api.Correct, corrects(incident.Correct{Services: []string{"checkout", "search"}}), func(r incident.Result) {
		require.Equal(t, "Corrected: services checkout and search, was checkout. Why: the logs. Paging checkout on-call and search now.", r.Line())
	})
	w.Refused(2*time.Minute, api.Correct, corrects(incident.Correct{Services: []string{"checkout", "nosuch"}}), "is no service of the playbook")
	w.Refused(2*time.Minute+time.Second, api.Correct, incident.Correct{Meta: worldtest.By("bob@example.com"), Title: "Slow"}, "reason: is empty")
	w.After(3*time.Minute, func() {
		require.Equal(t, "env:PD_SEARCH", w.credential("test/INC-1/page/2/attempt/1"))
		require.Contains(t, w.invited(), "dan@example.com")
	})
	w.Commands(4*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(withOthers(declared(1)))
}

// The review belongs to the resolution, whose time is no other resolution.
func TestACorrectedResolutionPlansNoSecondReview(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: worldtest.By("bob@example.com"), Title: "Alert earlier"})
	w.Commands(2*time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
	w.Commands(3*time.Minute, api.HoldReview, incident.HoldReview{Meta: worldtest.By("bob@example.com")})
	later := w.Env.Now().Add(4 * time.Minute)
	w.Commands(10*time.Minute, api.Correct, corrects(incident.Correct{ResolvedAt: &later}))
	w.After(11*time.Minute, func() {
		f := w.Facts()
		require.Equal(t, incident.StatusResolved, f.Status)
		require.Len(t, f.Reviews, 1)
		require.True(t, f.ResolvedAt.Equal(later))
	})
	w.Commands(12*time.Minute, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("bob@example.com"), Number: 1, Status: incident.FollowUpDone})
	w.runIncident(declared(1))
}

func TestWhatIsDeclaredAfterItWasOverRingsNobodyAndIsLearntFrom(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := withOthers(declared(1))
	in.Slice.Chat.Announcements = []playbook.AnnounceRule{{Channel: "#everybody"}}
	in.Subscribers = []incident.Subscriber{{Person: "dan@example.com"}}
	in.Declaration.StartedAt, in.Declaration.ResolvedAt = w.Env.Now().Add(-3*time.Hour), w.Env.Now().Add(-2*time.Hour)
	w.After(time.Hour, func() {
		f := w.Facts()
		require.Equal(t, incident.StatusResolved, f.Status)
		require.Equal(t, "Nobody is being paged: INC-1 is resolved.", f.Waking(time.UTC).Line)
		require.Len(t, f.Reviews, 1)
		require.True(t, f.Reviews[0].At.After(f.DeclaredAt), "people have not waited for it")
		require.Empty(t, f.Waiting, "no channel is on its way")
		require.NotEmpty(t, f.Links.Tracker.Key)
		require.Empty(t, w.Requests)
		for _, what := range []string{"open", "post", "tell"} {
			require.Zero(t, w.Count(what), what)
		}
	})
	w.Commands(2*time.Hour, api.Reopen, incident.Reopen{Meta: worldtest.By("bob@example.com"), Reason: "it is back"})
	w.After(2*time.Hour+time.Minute, func() {
		f := w.Facts()
		require.NotEmpty(t, f.Links.Channel.ID, "what lives has a channel")
		require.Len(t, f.Pages, 1)
	})
	w.Commands(3*time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(in)
}

func TestACorrectionThatComesLateUndoesNothingNewer(t *testing.T) {
	w := newWorld(t, "INC-1")
	noon := w.Env.Now()
	given := func(at time.Time, c incident.Correct) json.RawMessage {
		c = corrects(c)
		c.GivenAt = at
		raw, err := json.Marshal(c)
		require.NoError(t, err)
		return raw
	}
	early, late := noon.Add(-2*time.Hour), noon.Add(-time.Hour)
	w.After(time.Minute, func() {
		w.Env.SignalWorkflow(api.Correct, given(noon.Add(50*time.Second), incident.Correct{StartedAt: &late}))
		w.Env.SignalWorkflow(api.Correct, given(noon.Add(40*time.Second), incident.Correct{StartedAt: &early}))
		w.Env.SignalWorkflow(api.Correct, given(noon.Add(40*time.Second), incident.Correct{DetectedAt: &late}))
		w.Env.SignalWorkflow(api.Correct, json.RawMessage(`{"started_at": "0001-01-01T00:00:00Z", "reason": "a slip"}`))
	})
	w.After(2*time.Minute, func() {
		f := w.Facts()
		require.True(t, f.StartedAt.Equal(late))
		require.True(t, f.DetectedAt.Equal(late), "it says something else")
		require.Len(t, f.Corrections, 2)
		text := ""
		for _, e := range f.Timeline {
			text += e.Text + "\n"
		}
		require.Contains(t, text, "somebody said something newer about the start meanwhile")
		require.Contains(t, text, "is too long ago")
	})
	w.Commands(3*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(declared(4))
}
