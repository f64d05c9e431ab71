package paging

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
)

func TestWhatBecomesOfAPageIsCounted(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		happens func(w *world)
		counted []string
	}{
		"somebody answers": {
			func(w *world) { w.hears(time.Minute, firstKey, incident.PageState{Acknowledged: true, By: alice}) },
			[]string{"outcome=acknowledged severity=2: 1"},
		},
		"it is withdrawn before anybody could": {func(*world) {}, []string{"outcome=withdrawn severity=2: 1"}},
		"the pager refuses it": {
			func(w *world) {
				w.pager.says("page 1", answers["refused"])
				w.hears(2*time.Minute, "test/INC-1/page/1/attempt/2", incident.PageState{Acknowledged: true, By: alice})
			},
			[]string{"outcome=acknowledged severity=2: 1", "outcome=undelivered severity=2: 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tc.happens(w)
			w.withdraws(3 * time.Minute)
			w.run()
			require.Equal(t, tc.counted, w.Counted.Of(api.MetricPages))
		})
	}
}

func TestAPageThatNobodyAnsweredHasTwoOutcomes(t *testing.T) {
	w := newWorld(t)
	w.withdraws(time.Hour)
	w.run()
	counted := w.Counted.Of(api.MetricPages)
	require.Contains(t, counted, "outcome=withdrawn severity=2: 1")
	require.Condition(t, func() bool { return len(counted) == 2 }, "%v", counted)
	require.Contains(t, counted[0], "outcome=unanswered severity=2: ")
}
