// Package metrics is what monitoring sees of Muster: what worker and gateway serve to Prometheus at
// /metrics. The table has every metric of Muster's own; those of Temporal's SDK come beside them.
//
// Nothing here is imported by workflows. What they count they hand to workflow.GetMetricsHandler under the
// names in workflows/api, and Metrics.SDK takes it from there.
package metrics
