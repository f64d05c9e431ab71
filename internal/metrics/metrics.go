package metrics

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.temporal.io/sdk/client"

	"muster/internal/version"
)

// The bounds of a scrape. Prometheus itself gives up after ten seconds, unless told otherwise.
const (
	scrapeTime  = 9 * time.Second
	scrapesOnce = 4
)

// Metrics are those of one process. Its methods are safe for concurrent use; those of a nil one count
// nothing.
type Metrics struct {
	registry *prometheus.Registry
	own      map[string]*metric
	sdk      client.MetricsHandler
	logger   *slog.Logger

	keeping keeping

	mu      sync.Mutex
	reading *reading
}

// metric is one of Muster's own that counts what this process does.
type metric struct {
	Spec
	counter   *prometheus.CounterVec
	gauge     *prometheus.GaugeVec
	histogram *prometheus.HistogramVec

	mu sync.Mutex
	// seen are the values of the labels that list none, by label.
	seen map[string][]string
}

// New makes the metrics of a process. Nothing has been counted yet.
func New(logger *slog.Logger) (*Metrics, error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	m := &Metrics{registry: prometheus.NewRegistry(), own: map[string]*metric{}, logger: logger}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, s := range counted() {
		m.own[s.Name] = m.register(s)
	}
	sdk, err := temporalHandler(m.registry, logger)
	if err != nil {
		return nil, fmt.Errorf("metrics of Temporal's SDK: %w", err)
	}
	m.sdk = handler{metrics: m, next: sdk}
	m.set(BuildInfo, 1, version.String())
	return m, nil
}

func (m *Metrics) register(s Spec) *metric {
	names := make([]string, len(s.Labels))
	for k, l := range s.Labels {
		names[k] = l.Name
	}
	one := &metric{Spec: s, seen: map[string][]string{}}
	switch s.Type {
	case Counter:
		one.counter = prometheus.NewCounterVec(prometheus.CounterOpts{Name: s.Name, Help: s.Help}, names)
		m.registry.MustRegister(one.counter)
		one.begin(nil)
	case Gauge:
		one.gauge = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: s.Name, Help: s.Help}, names)
		m.registry.MustRegister(one.gauge)
	case Histogram:
		one.histogram = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: s.Name, Help: s.Help, Buckets: s.Buckets}, names)
		m.registry.MustRegister(one.histogram)
	}
	return one
}

// maxBegun is how many series of a counter are served before anything was counted.
const maxBegun = 50

// begin serves the series of a counter as 0: what appears with its first event is no increase to Prometheus,
// and no alert. Counters with many or open labels begin with what is counted.
func (m *metric) begin(values []string) {
	n := 1
	for _, l := range m.Labels {
		n *= len(l.Values)
	}
	switch {
	case n == 0 || n > maxBegun:
	case len(values) == len(m.Labels):
		m.counter.WithLabelValues(values...)
	default:
		for _, v := range m.Labels[len(values)].Values {
			m.begin(append(slices.Clip(values), v))
		}
	}
}

// bound gives the values that a metric may have in the place of those that somebody gave.
func (m *metric) bound(values []string) []string {
	out := make([]string, len(m.Labels))
	copy(out, values)
	for k, l := range m.Labels {
		if known := slices.Contains(l.Values, out[k]); !known && (l.Values != nil || !m.open(l.Name, out[k])) {
			out[k] = Other
		}
	}
	return out
}

// open reports whether a label that lists no values may have this one.
func (m *metric) open(label, value string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if slices.Contains(m.seen[label], value) {
		return true
	}
	if len(m.seen[label]) >= maxOpen {
		return false
	}
	m.seen[label] = append(m.seen[label], value)
	return true
}

func (m *Metrics) count(name string, n float64, values ...string) {
	if m == nil {
		return
	}
	if one := m.own[name]; one != nil && one.counter != nil && n > 0 {
		one.counter.WithLabelValues(one.bound(values)...).Add(n)
	}
}

func (m *Metrics) observe(name string, d time.Duration, values ...string) {
	if m == nil {
		return
	}
	if one := m.own[name]; one != nil && one.histogram != nil {
		one.histogram.WithLabelValues(one.bound(values)...).Observe(d.Seconds())
	}
}

func (m *Metrics) set(name string, to float64, values ...string) {
	if m == nil {
		return
	}
	if one := m.own[name]; one != nil && one.gauge != nil {
		one.gauge.WithLabelValues(one.bound(values)...).Set(to)
	}
}

// Handler serves the metrics. A scrape ends after nine seconds, whatever is slow, and no more than four are
// answered at once; that a scraper does not read its answer is its server's to end.
func (m *Metrics) Handler() http.Handler {
	return promhttp.InstrumentMetricHandler(m.registry, promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(m.logger.Handler(), slog.LevelWarn), ErrorHandling: promhttp.ContinueOnError,
		Timeout: scrapeTime, MaxRequestsInFlight: scrapesOnce,
	}))
}

// SDK is the handler for the client of Temporal, client.Options.MetricsHandler. Besides the SDK's own
// metrics it takes those that workflows count.
func (m *Metrics) SDK() client.MetricsHandler { return m.sdk }
