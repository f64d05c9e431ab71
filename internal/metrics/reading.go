package metrics

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"golang.org/x/sync/errgroup"
)

// What a reading costs and how old it may be. A reading of all parts asks visibility some 25 counts, and the
// server for seven task queues and one query: less than one request a second and gateway, however often
// and by however many it is scraped.
const (
	readingAge  = time.Minute
	overdueAge  = 10 * time.Minute
	readingTime = 8 * time.Second // all parts together; a scrape ends after nine
	readingOnce = 4               // requests that are under way
)

// Temporal is what is read; client.Client has all of it.
type Temporal interface {
	CountWorkflow(ctx context.Context, request *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error)
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	QueryWorkflow(ctx context.Context, workflowID, runID, queryType string, args ...any) (converter.EncodedValue, error)
	WorkflowService() workflowservice.WorkflowServiceClient
}

// Reader says from where the state of the installation is read.
type Reader struct {
	Temporal  Temporal
	Namespace string
	// Converter reads memos, Temporal's default when nil.
	Converter converter.DataConverter
	// Now is time.Now when nil.
	Now    func() time.Time
	Logger *slog.Logger
	// Patience bounds one reading, 8 s when zero.
	Patience time.Duration
}

// Read serves what the reader finds, from now on. Several gateways read and serve the same, so that whoever
// sums over them counts it twice: ask for max by the labels.
func (m *Metrics) Read(r Reader) {
	if r.Converter == nil {
		r.Converter = converter.GetDefaultDataConverter()
	}
	if r.Now == nil {
		r.Now = time.Now
	}
	if r.Patience <= 0 {
		r.Patience = readingTime
	}
	if r.Logger == nil {
		r.Logger = m.logger
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reading != nil { // of a gateway that was stopped in this process
		m.registry.Unregister(m.reading)
	}
	m.reading = newReading(r)
	m.registry.MustRegister(m.reading)
}

// value is one sample that was read.
type value struct {
	name   string
	labels []string
	is     float64
}

// part is what is read together, and missing together when it cannot be.
type part struct {
	name string
	age  time.Duration
	read func(ctx context.Context, r Reader) ([]value, error)
}

// parts are read side by side: what one of them waits for keeps nothing from the others.
func parts() []part {
	return []part{
		{"incidents", readingAge, readIncidents},
		{"pages", readingAge, readPages},
		{"snags", readingAge, readSnags},
		{"follow_ups", readingAge, readFollowUps},
		{"overdue", overdueAge, readOverdue},
		{"queues", readingAge, readQueues},
		{"register", readingAge, readRegister},
		{"canary", readingAge, readCanary},
	}
}

func partNames() []string {
	return []string{"incidents", "pages", "snags", "follow_ups", "overdue", "queues", "register", "canary"}
}

// reading is a collector that reads at a scrape what has become too old.
type reading struct {
	Reader
	specs  map[string]Spec
	descs  map[string]*prometheus.Desc
	pieces []*piece
}

// piece is a part with what was last read of it.
type piece struct {
	part
	mu   sync.Mutex
	at   time.Time
	last []value
	err  error
}

func newReading(r Reader) *reading {
	n := &reading{Reader: r, specs: map[string]Spec{}, descs: map[string]*prometheus.Desc{}}
	for _, s := range read() {
		labels := make([]string, len(s.Labels))
		for k, l := range s.Labels {
			labels[k] = l.Name
		}
		n.specs[s.Name], n.descs[s.Name] = s, prometheus.NewDesc(s.Name, s.Help, labels, nil)
	}
	for _, p := range parts() {
		n.pieces = append(n.pieces, &piece{part: p})
	}
	return n
}

// Describe implements prometheus.Collector.
func (n *reading) Describe(to chan<- *prometheus.Desc) {
	for _, d := range n.descs {
		to <- d
	}
}

// Collect implements prometheus.Collector. A part that cannot be read is absent, and said to be so: what it
// was before is no answer to what it is.
func (n *reading) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), n.Patience)
	defer cancel()
	var all errgroup.Group
	all.SetLimit(readingOnce)
	for _, p := range n.pieces {
		all.Go(func() error {
			up := 1.0
			values, err := p.fresh(ctx, n.Reader)
			if err != nil {
				up = 0
			}
			for _, v := range values {
				to <- n.sample(v)
			}
			to <- n.sample(value{ReadingUp, []string{p.name}, up})
			return nil
		})
	}
	_ = all.Wait() // none of them fails
}

// fresh is what was read last, read anew when that is too long ago. A failure is remembered as long, so that
// whoever scrapes a gateway without Temporal does not wait each time.
func (p *piece) fresh(ctx context.Context, r Reader) ([]value, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := r.Now()
	age := p.age
	if p.err != nil {
		age = readingAge / 2
	}
	if !p.at.IsZero() && now.Sub(p.at) < age {
		return p.last, p.err
	}
	p.last, p.err = p.read(ctx, r)
	p.at = now
	if p.err != nil {
		p.last = nil
		r.Logger.WarnContext(ctx, "metrics are not read", "part", p.name, "error", p.err)
	}
	return p.last, p.err
}

func (n *reading) sample(v value) prometheus.Metric {
	one := metric{Spec: n.specs[v.name]}
	return prometheus.MustNewConstMetric(n.descs[v.name], prometheus.GaugeValue, v.is, one.bound(v.labels)...)
}
