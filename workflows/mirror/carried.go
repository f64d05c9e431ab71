package mirror

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"muster/internal/bounds"
	"muster/workflows/api"
)

// AnswerCarried answers the query for the input by which the next run would go on. What of it is larger than
// the table allows is cut in a copy, as it is at the end of a run: a query changes nothing.
func AnswerCarried[T any](ctx workflow.Context, t bounds.Table, carried func() T) error {
	return workflow.SetQueryHandlerWithOptions(ctx, api.Carried, func() (T, error) {
		fit, err := t.Fitted(carried())
		if err != nil {
			var none T
			return none, fmt.Errorf("what would be carried over: %w", err)
		}
		return fit.(T), nil
	}, workflow.QueryHandlerOptions{Description: "The input by which it would go on; `starter restore` starts it again with it."})
}
