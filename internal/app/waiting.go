package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"muster/integrations/fault"
	"muster/internal/setup"
)

const (
	// tryTime bounds one look whether what is needed is there.
	tryTime = 10 * time.Second
	// firstPause and longestPause are the waits between two looks.
	firstPause   = 500 * time.Millisecond
	longestPause = 10 * time.Second
)

// needs looks whether there is what this process cannot begin without.
func (a *App) needs(ctx context.Context) error {
	if a.options.Gateway {
		if _, err := a.Playbook.Current(); err != nil {
			return fmt.Errorf("playbook:\n%w", err)
		}
	}
	namespace, err := a.options.Client.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: a.options.Namespace})
	if _, unknown := errors.AsType[*serviceerror.NamespaceNotFound](err); unknown {
		return fmt.Errorf("Temporal has no namespace %s; make it with `starter setup temporal`: %w", a.options.Namespace, err) //nolint:staticcheck // Temporal is a name
	}
	if err != nil {
		return fmt.Errorf("Temporal does not answer: %w", err) //nolint:staticcheck // Temporal is a name
	}
	// The server terminates a workflow that names an attribute which the namespace does not have. To add them is the
	// business of `starter setup temporal`.
	err = setup.CheckSearchAttributes(ctx, a.options.Client, a.options.Namespace)
	if _, missing := errors.AsType[*setup.MissingError](err); missing {
		return err
	}
	if err != nil {
		// Lists are away, and paging needs none.
		a.options.Logger.WarnContext(ctx, "started without knowing whether the search attributes are there", "error", err)
	}
	if keeps := namespace.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(); keeps < setup.LeastRetention {
		a.options.Logger.WarnContext(ctx, "Temporal forgets soon what has ended; raise the retention with `starter setup temporal`, or keep an archive",
			"namespace", a.options.Namespace, "retention_days", int(keeps.Hours()/24), "wanted_days", int(setup.LeastRetention.Hours()/24))
	}
	return nil
}

// await looks until everything needed is there, or once where this process is not to wait. What is missing is said by
// /readyz and, whenever it is something else, by the log: somebody will mend it, and whoever starts processes again
// that have ended does so at growing intervals.
func (a *App) await(ctx context.Context) error {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := a.look(ctx)
		if err == nil || !a.options.Patient {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if a.state.say("starting: " + fault.Words(err.Error())) {
			a.options.Logger.WarnContext(ctx, "waiting for what is needed to start", "missing", fault.Words(err.Error()))
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

func (a *App) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	return a.needs(ctx)
}
