package paging

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"muster/activities"
	"muster/incident"
	"muster/workflows/mirror"
)

// refusedAt is the pager's refusal of the attempt of that number.
func refusedAt(attempt int32) error {
	return temporal.NewApplicationErrorWithOptions("400", activities.ErrPermanent, temporal.ApplicationErrorOptions{
		NonRetryable: true, Details: []any{activities.Failure{Vendor: "pagerduty", Operation: "enqueue", Reason: "400", Attempt: attempt}},
	})
}

// The first attempt reached the pager and its answer was lost; the second one was refused. What is
// open there must be taken back with the page.
func TestARefusedPageIsTakenBackWhereAnEarlierAttemptMayHaveGoneOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		attempt int32
		raised  bool
		open    bool
	}{
		"refused at once":                      {attempt: 1},
		"refused at the second attempt":        {attempt: 2, open: true},
		"refused at once, and sent ahead":      {attempt: 1, raised: true, open: true},
		"refused by nobody who counts":         {attempt: 0, open: true},
		"refused at the second and sent ahead": {attempt: 2, raised: true, open: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := fresh().begin(0)
			r.s.Attempts[0].Raised = c.raised
			r.attempted(now, 0, 1, false, incident.PageState{}, refusedAt(c.attempt))
			r.s.Status = incident.PageWithdrawn
			require.Equal(t, c.open, len(r.open()) > 0)
		})
	}
}

func TestAPageThatIsOpenAfterARefusalIsResolvedWithItsIncident(t *testing.T) {
	w := newWorld(t)
	first := fresh().handle(0).Key
	w.pager.says("page 1", answer{err: refusedAt(2), applied: true})
	w.pager.says("look 1", answer{err: refusedAt(1)})
	w.pager.says("page 2", answer{err: refusedAt(1)})
	w.withdraws(time.Hour)
	w.run()
	require.True(t, w.pager.known[first].Resolved, "it would ring for what is over")
}

// What is not set up now was not a moment before either, when Register sent the attempt ahead.
func TestWhatCannotBeCalledWasNotSentAhead(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]struct {
		kind string
		by   activities.Failure
	}{
		"the pager is off":          {activities.ErrOff, activities.Failure{Attempt: 1}},
		"the credential is empty":   {activities.ErrPermanent, activities.Failure{Attempt: 1, Operation: activities.OpCredential}},
		"the credential is revoked": {activities.ErrCredential, activities.Failure{Attempt: 1}},
	} {
		a := attempt{Tried: true, Raised: true}
		a.refused(f.by, f.kind, false)
		require.False(t, a.Tried || a.Raised, name)
		a = attempt{Tried: true, Raised: true}
		a.refused(f.by, f.kind, true)
		require.True(t, a.Tried && a.Raised, "%s, after another try", name)
	}
}

// A corrected playbook pages by the new name and under a new key; what may be open under the old one
// is ended by the old one.
func TestANewCredentialTakesTheOldOnesPageBack(t *testing.T) {
	t.Parallel()
	r := fresh().begin(0)
	r.attempted(now, 0, 1, false, incident.PageState{}, refusedAt(2))
	old := r.s.Attempts[0].PageHandle
	r.run = &mirror.Run{Loop: &mirror.Loop{Options: mirror.Options{State: &r.s.Loop}}}
	r.s.Brief.Target.Steps[0].Credential = "env:PD_NEW"
	r.renamed()
	require.Equal(t, "env:PD_NEW", r.s.Attempts[0].Credential)
	require.NotEqual(t, old.Key, r.s.Attempts[0].Key)
	require.False(t, r.s.Attempts[0].Tried)
	require.Contains(t, r.s.Stale, old)
}

// A trigger that had no answer in its time may arrive after the incident was resolved.
func TestAPageIsEndedOnceMoreAfterWhatMayArriveLate(t *testing.T) {
	w := newWorld(t)
	first := fresh().handle(0).Key
	w.pager.says("page 1", answer{err: outage()})
	w.pager.says("look 1", answer{err: outage()})
	w.pager.says("page 2", answer{err: refusedAt(1)})
	w.withdraws(30 * time.Second)
	w.happens(time.Minute, first, incident.PageState{}) // it arrives
	w.run()
	require.True(t, w.pager.known[first].Resolved, "it would ring for what is over: %v", w.pager.log())
}

func TestAPageOfWhichEverythingIsKnownIsEndedOnce(t *testing.T) {
	w := newWorld(t)
	w.withdraws(30 * time.Second)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "withdraw 1 at 30s"}, w.pager.log())
}
