package mirror

import (
	"go.temporal.io/sdk/workflow"

	"muster/workflows/api"
)

// AnswerCarried answers the query for the input by which the next run would go on.
func AnswerCarried[T any](ctx workflow.Context, carried func() T) error {
	return workflow.SetQueryHandlerWithOptions(ctx, api.Carried, func() (T, error) { return carried(), nil },
		workflow.QueryHandlerOptions{Description: "The input by which it would go on; `starter restore` starts it again with it."})
}
