package mirror

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// Count counts one of a metric in workflows/api, by its labels. While a history is replayed it counts nothing;
// a workflow task that fails and is done again may count twice.
func Count(ctx workflow.Context, metric string, labels map[string]string) {
	workflow.GetMetricsHandler(ctx).WithTags(labels).Counter(metric).Inc(1)
}

// Took is Count for a metric of how long something took.
func Took(ctx workflow.Context, metric string, labels map[string]string, d time.Duration) {
	workflow.GetMetricsHandler(ctx).WithTags(labels).Timer(metric).Record(d)
}
