package activities

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
)

// openPages are INC-001/page/1 and so on, each paging with one attempt.
func openPages(t *testing.T, n int) *fakeTemporal {
	t.Helper()
	f := &fakeTemporal{answers: map[string]api.PageState{}}
	for k := range n {
		id := fmt.Sprintf("INC-%03d/page/1", k+1)
		f.workflows = append(f.workflows, running(t, id, nil))
		f.answers[id] = api.PageState{Status: incident.PagePaging, Keys: []string{id + "/attempt/1"}}
	}
	return f
}

// asked are the pages that a pager was asked about since the last time.
func (p *fakePager) asked() (ids []string) {
	for _, c := range p.calls {
		ids = append(ids, strings.TrimSuffix(strings.TrimPrefix(c, "find "), "/page/1/attempt/1"))
	}
	p.calls = nil
	return ids
}

func TestAPageThatFailsKeepsNothingFromTheOthers(t *testing.T) {
	t.Parallel()
	f := openPages(t, 3)
	pager := &fakePager{
		fails: map[string]error{"find INC-001/page/1/attempt/1": broken()},
		pages: map[string]incident.PageState{"INC-003/page/1/attempt/1": {Found: true, Acknowledged: true, By: "bob@example.com"}},
	}
	s := &Sweeping{Temporal: f, Pager: pager}
	require.Equal(t, Swept{Looked: 3, Changed: 1, Failed: 1}, result[Swept](t, worker(t, s), s.SweepPages))
	require.Equal(t, "INC-003/page/1", f.signals[0].id)
}

func TestASweepGoesRound(t *testing.T) {
	t.Parallel()
	f := openPages(t, 7)
	pager := &fakePager{}
	s := &Sweeping{Temporal: f, Pager: pager, LookUps: 3}
	for _, want := range []string{"INC-001 INC-002 INC-003", "INC-004 INC-005 INC-006", "INC-007 INC-001 INC-002", "INC-003 INC-004 INC-005"} {
		require.Equal(t, Swept{Looked: 3, Left: 4}, result[Swept](t, worker(t, s), s.SweepPages))
		require.Equal(t, want, strings.Join(pager.asked(), " "))
	}
	// With look-ups enough for all, all are looked after, whatever the last one left.
	s.LookUps = 100
	require.Equal(t, Swept{Looked: 7}, result[Swept](t, worker(t, s), s.SweepPages))
	require.Equal(t, "INC-006 INC-007 INC-001 INC-002 INC-003 INC-004 INC-005", strings.Join(pager.asked(), " "))
}

func TestThousandsOfPagesDoNotCostThousandsOfCalls(t *testing.T) {
	t.Parallel()
	f := openPages(t, 5000)
	pager := &fakePager{}
	s := &Sweeping{Temporal: f, Pager: pager}
	require.Equal(t, Swept{Looked: 300, Left: 4700}, result[Swept](t, worker(t, s), s.SweepPages))
	require.Len(t, pager.calls, 300)
}

// The next attempt has the heartbeats of the one before.
func TestASweepThatWasCutOffGoesOn(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		at   pagesSwept
		want string
	}{
		"in the first half": {pagesSwept{From: "INC-003/page/1", After: "INC-005/page/1", Swept: Swept{Looked: 2}}, "INC-006 INC-001"},
		"in the second":     {pagesSwept{From: "INC-003/page/1", After: "INC-001/page/1", Swept: Swept{Looked: 2}}, "INC-002 INC-003"},
		"at the beginning":  {pagesSwept{From: "INC-003/page/1", After: "INC-003/page/1"}, "INC-004 INC-005 INC-006 INC-001"},
		"never begun":       {pagesSwept{}, "INC-001 INC-002 INC-003 INC-004"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pager := &fakePager{}
			s := &Sweeping{Temporal: openPages(t, 6), Pager: pager, LookUps: 4}
			env := worker(t, s)
			env.SetHeartbeatDetails(tc.at)
			swept := result[Swept](t, env, s.SweepPages)
			require.Equal(t, tc.want, strings.Join(pager.asked(), " "))
			require.Equal(t, 4, swept.Looked, "look-ups of the attempt before count")
		})
	}
}

func TestASweepSaysHowFarItIs(t *testing.T) {
	t.Parallel()
	s := &Sweeping{Temporal: openPages(t, 3), Pager: &fakePager{fails: map[string]error{"find INC-003/page/1/attempt/1": unavailable("incidents.list")}}}
	env := worker(t, s)
	var said []pagesSwept
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		var at pagesSwept
		require.NoError(t, details.Get(&at))
		said = append(said, at)
	})
	_, _ = failure(t, env, s.SweepPages)
	require.Equal(t, []pagesSwept{
		{After: "INC-001/page/1", Swept: Swept{Looked: 1}}, {After: "INC-002/page/1", Swept: Swept{Looked: 2}},
	}, said)
}

func TestAnOutageEndsASweep(t *testing.T) {
	t.Parallel()
	f := openPages(t, 50)
	pager := &fakePager{fails: map[string]error{"find INC-002/page/1/attempt/1": unavailable("incidents.list")}}
	s := &Sweeping{Temporal: f, Pager: pager}
	app, _ := failure(t, worker(t, s), s.SweepPages)
	require.Equal(t, ErrRetryable, app.Type())
	require.Equal(t, []string{"INC-001", "INC-002"}, pager.asked())
	pager.fails = nil
	result[Swept](t, worker(t, s), s.SweepPages)
	require.Equal(t, "INC-002", pager.asked()[0], "the one that failed is not passed over")

	// Failures one after the other are an outage as well.
	pager.fails = map[string]error{}
	for n := range 50 {
		pager.fails[fmt.Sprintf("find INC-%03d/page/1/attempt/1", n+1)] = broken()
	}
	_, _ = failure(t, worker(t, s), s.SweepPages)
	require.Len(t, pager.asked(), 10)
}

func TestWithoutATokenThereIsNothingToSweep(t *testing.T) {
	t.Parallel()
	pager := &fakePager{fails: map[string]error{"find INC-001/page/1/attempt/1": &fault.Error{Vendor: "pagerduty", Class: fault.Off, Reason: "no token"}}}
	s := &Sweeping{Temporal: openPages(t, 3), Pager: pager}
	require.Zero(t, result[Swept](t, worker(t, s), s.SweepPages).Changed)
	require.Len(t, pager.calls, 1)
}

// A page that waits for the morning has no attempt, and costs nothing.
func TestAPageWithoutAttemptsIsNotLookedUp(t *testing.T) {
	t.Parallel()
	f := openPages(t, 1)
	f.answers["INC-001/page/1"] = api.PageState{Status: incident.PageWaiting}
	s := &Sweeping{Temporal: f, Pager: &fakePager{}}
	require.Zero(t, result[Swept](t, worker(t, s), s.SweepPages))
}
