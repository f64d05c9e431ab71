package incidents

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

func TestAMessageOnTheTimelineFollowsItsSource(t *testing.T) {
	w := newWorld(t, "INC-1")
	source := incident.MessageRef{Channel: "C1", ID: "17.1"}
	w.Commands(time.Minute, api.Capture, incident.Capture{Meta: worldtest.By("alice@example.com"), Text: "The queu is full", Author: "bob", Source: source})
	w.After(2*time.Minute, func() {
		w.Env.SignalWorkflow(api.MessageChanged, incident.MessageChange{Message: source, Author: "bob", Text: "The queue is full"})
		w.Env.SignalWorkflow(api.MessageChanged, incident.MessageChange{Message: incident.MessageRef{Channel: "C1", ID: "99"}, Deleted: true})
	})
	w.After(3*time.Minute, func() {
		last := w.Facts().Timeline[len(w.Facts().Timeline)-1]
		require.Equal(t, "bob: The queue is full", last.Text)
		w.Env.SignalWorkflow(api.MessageChanged, incident.MessageChange{Message: source, Deleted: true})
	})
	w.Commands(4*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	f := w.runIncident(declared(4))
	for _, e := range f.Timeline {
		require.NotEqual(t, "refused", e.Event)
		require.NotContains(t, e.Text, "queue is full")
	}
}

func TestAPageByHandIsTheOneThatTheSeverityAsksForLater(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(4)
	in.Slice.Targets = []playbook.PageTarget{{Name: "dba", AckWithin: playbook.Exactly(time.Hour), Rounds: 1, Steps: []playbook.PageStep{{Name: "dba", Credential: "env:PD_DBA"}}}}
	w.After(time.Minute, func() {
		w.Env.UpdateWorkflow(api.RaisePage, "nobody", &testsuite.TestUpdateCallback{
			OnAccept:   func() { t.Error("accepted") },
			OnReject:   func(err error) { require.ErrorContains(t, err, "write one of checkout on-call, dba") },
			OnComplete: func(any, error) {},
		}, incident.RaisePage{Meta: worldtest.By("alice@example.com"), Target: "nobody"})
	})
	w.Commands(2*time.Minute, api.RaisePage, incident.RaisePage{Meta: worldtest.By("alice@example.com"), Target: "Checkout"})
	w.Commands(3*time.Minute, api.RaisePage, incident.RaisePage{Meta: worldtest.By("alice@example.com"), Target: "DBA"})
	w.After(4*time.Minute, func() {
		require.Equal(t, 2, w.Count("page "))
		require.False(t, w.Facts().Pages[0].Required)
	})
	w.Commands(4*time.Minute+time.Second, api.Acknowledge, incident.Acknowledge{Meta: worldtest.By("alice@example.com"), Page: 1})
	w.After(5*time.Minute, func() { require.Zero(t, w.Facts().MusteredAt) })
	w.Commands(5*time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: worldtest.By("alice@example.com"), Severity: 1})
	w.After(6*time.Minute, func() {
		f := w.Facts()
		require.Len(t, f.Pages, 2)
		require.NotZero(t, f.MusteredAt, "who is required has answered already")
		require.True(t, f.Pages[0].Required, "the severity asks for it now")
		require.False(t, f.Pages[1].Required)
	})
	w.Commands(6*time.Minute+time.Second, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(in)
}

func TestANominationAsksForARealReview(t *testing.T) {
	for _, severity := range []incident.Severity{3, 5} { // a sentence, and nothing
		t.Run(fmt.Sprint(severity), func(t *testing.T) {
			w := newWorld(t, "INC-1")
			w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
			w.Commands(time.Hour, api.Nominate, incident.Nominate{Meta: worldtest.By("carol@example.com"), Reason: "we were lucky"})
			w.After(2*time.Hour, func() {
				f := w.Facts()
				require.Equal(t, incident.StatusResolved, f.Status)
				require.Len(t, f.Reviews, 1)
				require.Equal(t, "standard", f.Reviews[0].Track)
				require.Equal(t, time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC), f.Reviews[0].At.UTC())
				require.Equal(t, 1, w.Count("issue test/INC-1/review"))
			})
			w.Commands(8*day, api.HoldReview, incident.HoldReview{Meta: worldtest.By("bob@example.com")})
			w.Commands(9*day, api.Nominate, incident.Nominate{Meta: worldtest.By("dan@example.com")})
			f := w.runIncident(declared(severity))
			require.Equal(t, incident.StatusClosed, f.Status)
			require.Len(t, f.Reviews, 1, "it was held")
		})
	}
}

func TestAWaivedReviewStaysWaivedUntilSomebodyNominates(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Nominate, incident.Nominate{Meta: worldtest.By("carol@example.com")})
	w.Commands(time.Hour, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
	w.Commands(2*time.Hour, api.WaiveReview, incident.WaiveReview{Meta: worldtest.By("bob@example.com"), Reason: "we know it all"})
	w.After(3*time.Hour, func() {
		require.Len(t, w.Facts().Reviews, 1)
		require.Equal(t, incident.StatusClosed, w.Facts().Status)
	})
	w.Commands(4*time.Hour, api.Nominate, incident.Nominate{Meta: worldtest.By("dan@example.com"), Reason: "I do not"})
	w.After(5*time.Hour, func() {
		require.Equal(t, incident.StatusResolved, w.Facts().Status)
		require.Len(t, w.Facts().Reviews, 2)
	})
	w.Commands(8*day, api.HoldReview, incident.HoldReview{Meta: worldtest.By("bob@example.com")})
	f := w.runIncident(declared(1))
	require.Equal(t, incident.StatusClosed, f.Status)
}
