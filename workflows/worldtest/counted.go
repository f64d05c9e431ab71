package worldtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/client"

	"muster/workflows/api"
)

// Counted is what a workflow has counted through its metrics handler.
type Counted struct {
	mu   sync.Mutex
	seen map[string]int
}

// Of lists what was counted of a metric, by its labels in order of their names, such as
// "outcome=acknowledged severity=1: 2".
func (c *Counted) Of(metric string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, k := range slices.Sorted(maps.Keys(c.seen)) {
		if name, labels, _ := strings.Cut(k, " "); name == metric {
			out = append(out, fmt.Sprintf("%s: %d", labels, c.seen[k]))
		}
	}
	return out
}

// counting is the handler. It keeps the labels of Muster's own metrics, and none of the SDK's.
type counting struct {
	into *Counted
	tags map[string]string
}

func (c counting) WithTags(tags map[string]string) client.MetricsHandler {
	all := maps.Clone(c.tags)
	if all == nil {
		all = map[string]string{}
	}
	for _, l := range []string{api.LabelSeverity, api.LabelOutcome, api.LabelWay, api.LabelCommand, api.LabelKind} {
		if v, ok := tags[l]; ok {
			all[l] = v
		}
	}
	return counting{into: c.into, tags: all}
}

func (c counting) add(name, more string, n int) {
	if !strings.HasPrefix(name, "muster_") {
		return
	}
	words := []string{name}
	for _, k := range slices.Sorted(maps.Keys(c.tags)) {
		words = append(words, k+"="+c.tags[k])
	}
	if more != "" {
		words = append(words, more)
	}
	c.into.mu.Lock()
	defer c.into.mu.Unlock()
	c.into.seen[strings.Join(words, " ")] += n
}

func (c counting) Counter(name string) client.MetricsCounter {
	return counter(func(n int64) { c.add(name, "", int(n)) })
}

func (c counting) Gauge(name string) client.MetricsGauge { return client.MetricsNopHandler.Gauge(name) }

func (c counting) Timer(name string) client.MetricsTimer {
	return timer(func(d time.Duration) { c.add(name, "took="+d.String(), 1) })
}

type counter func(int64)

func (c counter) Inc(n int64) { c(n) }

type timer func(time.Duration)

func (t timer) Record(d time.Duration) { t(d) }
