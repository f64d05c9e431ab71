package metrics

import (
	"log/slog"
	"maps"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
)

// sdkBuckets are those of the SDK's latencies, in seconds: from a task that is handled at once to an
// activity that takes its half minute.
var sdkBuckets = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}

// temporalHandler takes the SDK's metrics by its OpenTelemetry handler, whose exporter gives them to the
// registry. ADR 19 says why not by the one for tally.
func temporalHandler(to prometheus.Registerer, logger *slog.Logger) (client.MetricsHandler, error) {
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(to), otelprometheus.WithoutScopeInfo(), otelprometheus.WithoutTargetInfo())
	if err != nil {
		return nil, err
	}
	buckets := sdkmetric.NewView(
		sdkmetric.Instrument{Name: "*", Kind: sdkmetric.InstrumentKindHistogram},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: sdkBuckets}},
	)
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter), sdkmetric.WithView(buckets))
	return opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter: provider.Meter("temporal-sdk-go"), UseMonotonicCounters: true,
		// It panics by default; a metric is never worth that.
		OnError: func(err error) { logger.Warn("a metric of Temporal's SDK is not counted", "error", err) },
	}), nil
}

// handler gives Muster's own metrics to the table, with the labels that it has there and no others, and all
// else to the SDK's handler.
type handler struct {
	metrics *Metrics
	next    client.MetricsHandler
	tags    map[string]string
}

// WithTags implements client.MetricsHandler.
func (h handler) WithTags(tags map[string]string) client.MetricsHandler {
	all := maps.Clone(h.tags)
	if all == nil {
		all = make(map[string]string, len(tags))
	}
	maps.Copy(all, tags)
	return handler{metrics: h.metrics, next: h.next.WithTags(tags), tags: all}
}

// values are those of the tags that a metric has as labels.
func (h handler) values(m *metric) []string {
	out := make([]string, len(m.Labels))
	for k, l := range m.Labels {
		out[k] = h.tags[l.Name]
	}
	return out
}

// Counter implements client.MetricsHandler.
func (h handler) Counter(name string) client.MetricsCounter {
	if one := h.metrics.own[name]; one != nil {
		return counter(func(n int64) { h.metrics.count(name, float64(n), h.values(one)...) })
	}
	return h.next.Counter(name)
}

// Gauge implements client.MetricsHandler.
func (h handler) Gauge(name string) client.MetricsGauge { return h.next.Gauge(name) }

// Timer implements client.MetricsHandler.
func (h handler) Timer(name string) client.MetricsTimer {
	if one := h.metrics.own[name]; one != nil {
		return timer(func(d time.Duration) { h.metrics.observe(name, d, h.values(one)...) })
	}
	return h.next.Timer(name)
}

type counter func(int64)

// Inc implements client.MetricsCounter.
func (c counter) Inc(n int64) { c(n) }

type timer func(time.Duration)

// Record implements client.MetricsTimer.
func (t timer) Record(d time.Duration) { t(d) }
