//go:build unix

package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"muster/dev/actions"
	"muster/dev/judge"
	"muster/dev/process"
	"muster/gateway/incidents"
	"muster/incident"
	"muster/internal/dial"
	"muster/workflows/api"
)

const (
	leastMeasured  = 20
	followUpsEach  = 4
	issuesEach     = 1 + followUpsEach
	declaredAtOnce = 16
	samples        = 100
)

// measuring is what is known so far of many open incidents.
type measuring struct {
	*topology
	client  client.Client
	stories []*judge.Story
	empty   weight // of nothing
}

// measured opens many incidents, each with follow-ups, and prints what they cost as a table in Markdown. Severity 4
// pages nobody and has a channel and an issue.
func (t *topology) measured(ctx context.Context, n int) error {
	c, err := dial.Dial(ctx, dial.Sealed(client.Options{HostPort: t.at["frontend"], Namespace: t.compose.set(serviceWorker, "TEMPORAL_NAMESPACE")}, nil))
	if err != nil {
		return err
	}
	defer c.Close()
	m := &measuring{topology: t, client: c, stories: make([]*judge.Story, n)}
	if m.empty, err = m.weigh(ctx); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "\n%d CPUs, load %s before it began\n\n| measure | value |\n|---|---:|\n", runtime.NumCPU(), load())
	for _, step := range []func(context.Context) error{m.opens, m.proposes, m.costs, m.reads, m.sweeps, m.restarts} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	fmt.Fprintf(t.out, "\nload %s afterwards\n", load())
	return nil
}

func (m *measuring) row(what, format string, args ...any) {
	fmt.Fprintf(m.out, "| %s | %s |\n", what, fmt.Sprintf(format, args...))
}

// opens declares them all, and measures what they cost until nothing moves any more.
func (m *measuring) opens(ctx context.Context) error {
	n := len(m.stories)
	began := time.Now()
	many, within := errgroup.WithContext(ctx)
	many.SetLimit(declaredAtOnce)
	for k := range m.stories {
		many.Go(func() (err error) {
			m.stories[k], err = m.declare(within, k, incident.Declaration{Title: fmt.Sprintf("Measured %d", k+1), Severity: 4, Services: []string{"checkout"}})
			return err
		})
	}
	if err := many.Wait(); err != nil {
		return err
	}
	took := time.Since(began)
	m.row(fmt.Sprintf("declared and numbered, %d in flight", declaredAtOnce), "%.1f /s", float64(n)/took.Seconds())
	last, err := m.rest(ctx, n)
	if err != nil {
		return err
	}
	m.row("until all have channel, board and issue", "%.1f s", last.Sub(began).Seconds())
	return nil
}

// proposes gives each its follow-ups, and weighs everything afterwards.
func (m *measuring) proposes(ctx context.Context) error {
	n := len(m.stories)
	before, err := m.weigh(ctx)
	if err != nil {
		return err
	}
	many, within := errgroup.WithContext(ctx)
	many.SetLimit(declaredAtOnce)
	for k, s := range m.stories {
		many.Go(func() error {
			for f := range followUpsEach {
				title := fmt.Sprintf("Follow-up %d of %s", f+1, s.Key())
				if err := m.give(within, k, s, "follow-ups", map[string]any{"title": title}, judge.Promise{What: "follow-up", Text: title}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := many.Wait(); err != nil {
		return err
	}
	if _, err := m.rest(ctx, n); err != nil {
		return err
	}
	after, err := m.weigh(ctx)
	if err != nil {
		return err
	}
	each := func(now, then int64) float64 { return float64(now-then) / 1024 / float64(n) }
	m.row("PostgreSQL, each with its follow-ups", "%.0f kB", each(after.database, m.empty.database))
	m.row("of it for the four follow-ups", "%.0f kB", each(after.database, before.database))
	m.row("memory of both workers, each with its follow-ups", "%.0f kB", each(after.memory, m.empty.memory))
	m.row("memory of both workers in all", "%.0f MB", float64(after.memory)/(1<<20))
	m.row("processor time of Temporal's services, each", "%.0f ms", 1000*(after.temporal-m.empty.temporal)/float64(n))
	m.row("processor time of the workers, each", "%.0f ms", 1000*(after.workers-m.empty.workers)/float64(n))
	return nil
}

// costs compares the billable actions of an early incident with those of the last one.
func (m *measuring) costs(ctx context.Context) error {
	for _, n := range []int{10, len(m.stories)} {
		total, tasks := 0, map[int64]bool{}
		for it := m.client.GetWorkflowHistory(ctx, api.IncidentID(n), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); it.HasNext(); {
			e, err := it.Next()
			if err != nil {
				return err
			}
			_, a := actions.Billable(e, tasks)
			total += a
		}
		m.row(fmt.Sprintf("billable actions of the workflow of %s", incident.Key(n)), "%d", total)
	}
	return nil
}

// reads measures the list, and what Slack's home tab asks, when nothing else is done any more.
func (m *measuring) reads(ctx context.Context) error {
	if err := m.idle(ctx); err != nil {
		m.failed("the workers have nothing to do", err)
	}
	c := incidents.New(incidents.Options{Temporal: m.client, Namespace: m.compose.set(serviceWorker, "TEMPORAL_NAMESPACE")})
	alice := incidents.Viewer{Person: "alice@example.com"}
	turn := 0
	all := []*reading{
		{what: "`GET /v1/incidents`", ask: func() error {
			turn++
			a, err := m.once(ctx, gateways[turn%len(gateways)], "GET", "/v1/incidents", "", nil)
			if err == nil && !a.Done() {
				err = fmt.Errorf("list: %d", a.Status)
			}
			return err
		}},
		{what: "a person's incidents and follow-ups, as the home tab lists them", ask: func() error { _, err := c.Own(ctx, alice); return err }},
		{what: "a person's follow-ups", ask: func() error {
			_, err := c.FollowUps(ctx, incidents.FollowUpFilter{Owner: alice.Person, Viewer: alice})
			return err
		}},
		// Those that answer are shown also where one does not.
		{what: "what waits for a person, as the home tab lists it", ask: func() error { _, err := c.OwedTo(ctx, alice.Person); return err }},
	}
	for k := 0; k < samples && ctx.Err() == nil; k++ {
		for _, r := range all {
			began := time.Now()
			if err := r.ask(); err != nil {
				r.failed, r.said = r.failed+1, err
				continue
			}
			r.took = append(r.took, time.Since(began))
		}
	}
	for _, r := range all {
		if len(r.took) > 0 {
			m.quantiles(r.what, r.took)
		}
		if r.failed > 0 {
			m.failed(fmt.Sprintf("%s: without a whole answer %d of %d", r.what, r.failed, samples), r.said)
		}
	}
	return ctx.Err()
}

// failed prints what was not had, and why.
func (m *measuring) failed(what string, err error) {
	m.row(what, "%s", strings.NewReplacer("|", "/", "\n", " ").Replace(err.Error()))
}

// reading is something that is asked again and again.
type reading struct {
	what   string
	ask    func() error
	took   []time.Duration
	failed int
	said   error // by the last that failed
}

// sweeps measures one Sweep over all of them.
func (m *measuring) sweeps(ctx context.Context) error {
	schedule := m.client.ScheduleClient().GetHandle(ctx, api.SweepID)
	before, err := schedule.Describe(ctx)
	if err != nil {
		return err
	}
	asked, err := m.calls(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := schedule.Trigger(ctx, client.ScheduleTriggerOptions{}); err != nil {
		return err
	}
	wait := patience + time.Duration(len(m.stories))*issuesEach*time.Second/10 // the first one asks for every issue
	for ends := time.Now().Add(wait); time.Now().Before(ends); process.Wait(ctx, 50*time.Millisecond) {
		now, err := schedule.Describe(ctx)
		if err == nil && now.Info.NumActions > before.Info.NumActions && len(now.Info.RunningWorkflows) == 0 {
			m.row("a sweep", "%.1f s", time.Since(began).Seconds())
			calls, err := m.calls(ctx)
			m.row("its calls to vendors", "%.0f", calls-asked)
			return err
		}
	}
	return fmt.Errorf("the sweep has not ended in %s", wait)
}

// restarts stops both workers at once and measures the first command to incidents that are in no cache.
func (m *measuring) restarts(ctx context.Context) error {
	began := time.Now()
	if err := m.stopAll(workers); err != nil {
		return err
	}
	m.row("both workers stopped after", "%.1f s", time.Since(began).Seconds())
	began = time.Now()
	m.startAgain(workers...)
	if err := m.update(ctx, 0, m.stories[0], "First"); err != nil {
		return err
	}
	m.row("first command handled after their start", "%.2f s", time.Since(began).Seconds())
	if err := m.allReady(ctx); err != nil {
		return err
	}
	var cold []time.Duration
	recorded := 0
	for _, s := range m.stories[1:min(len(m.stories), samples+1)] {
		began := time.Now()
		if err := m.update(ctx, s.Number, s, "Cold"); err != nil {
			return err
		}
		cold = append(cold, time.Since(began))
		if s.Promises[len(s.Promises)-1].Recorded {
			recorded++
		}
	}
	m.quantiles("first command to a cold incident", cold)
	m.row("of them only recorded", "%d of %d", recorded, len(cold))
	return nil
}

func (m *measuring) quantiles(what string, all []time.Duration) {
	slices.Sort(all)
	at := func(p int) float64 { return float64(all[min(len(all)*p/100, len(all)-1)].Microseconds()) / 1000 }
	m.row(what+", p50 and p99", "%.0f ms, %.0f ms", at(50), at(99))
}
