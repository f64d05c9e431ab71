package setup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

// LeastRetention is how long Temporal must keep what has ended: follow-ups and reviews last for
// weeks and months, and whoever asks about an incident afterwards asks Temporal.
const LeastRetention = 90 * 24 * time.Hour

// again is how long after a failure it is tried again.
const again = 500 * time.Millisecond

// Prepared says what a namespace is like, and what was done to it.
type Prepared struct {
	Namespace string        `json:"namespace"`
	Retention time.Duration `json:"-"`
	Made      bool          `json:"made"`
	Raised    bool          `json:"raised"`
}

// Prepare makes the namespace, with at least that retention, and its search attributes, and waits
// until they can be used. What is there is kept: a shorter retention is raised, a longer one
// stays. A server that is only starting is waited for, until ctx ends.
func Prepare(ctx context.Context, c client.Client, name string, retention time.Duration) (Prepared, error) {
	p := Prepared{Namespace: name}
	err := patiently(ctx, func() error { return p.ensure(ctx, c, retention) })
	if err != nil {
		return p, fmt.Errorf("namespace %s: %w", name, err)
	}
	// A namespace that was just made is unknown to some of the server's parts for a moment.
	if err := patiently(ctx, func() error { return EnsureSearchAttributes(ctx, c, name) }); err != nil {
		return p, err
	}
	if err := patiently(ctx, func() error { return usable(ctx, c, name) }); err != nil {
		return p, fmt.Errorf("namespace %s has its search attributes, and cannot be searched: %w", name, err)
	}
	return p, nil
}

func (p *Prepared) ensure(ctx context.Context, c client.Client, retention time.Duration) error {
	service := c.WorkflowService()
	there, err := service.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: p.Namespace})
	if _, unknown := errors.AsType[*serviceerror.NamespaceNotFound](err); unknown {
		_, err = service.RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
			Namespace: p.Namespace, Description: "Muster", WorkflowExecutionRetentionPeriod: durationpb.New(retention),
		})
		if _, taken := errors.AsType[*serviceerror.NamespaceAlreadyExists](err); taken {
			return err // somebody else made it just now; the next try looks at it
		}
		p.Made, p.Retention = err == nil, retention
		return err
	}
	if err != nil {
		return err
	}
	p.Retention = there.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()
	if p.Retention >= retention {
		return nil
	}
	_, err = service.UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: p.Namespace, Config: &namespace.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(retention)},
	})
	if err == nil {
		p.Raised, p.Retention = true, retention
	}
	return err
}

// usable asks for what has any of the attributes; the answer does not matter.
func usable(ctx context.Context, c client.Client, name string) error {
	var terms []string
	for attribute := range SearchAttributes() {
		terms = append(terms, "`"+attribute+"` IS NOT NULL")
	}
	_, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: name, Query: strings.Join(terms, " OR ")})
	return err
}

// patiently does it again and again until it is done, or the error is none that passes, or ctx
// ends; then the error is the last one that says why.
func patiently(ctx context.Context, do func() error) error {
	var last error
	for {
		err := do()
		if err == nil || !passes(err) {
			return err
		}
		if ctx.Err() == nil || last == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return last
		case <-time.After(again):
		}
	}
}

// passes reports whether the server may answer otherwise in a moment. It does not yet know what
// was just made, and says so in several ways.
func passes(err error) bool {
	_, answered := errors.AsType[serviceerror.ServiceError](err)
	_, forbidden := errors.AsType[*serviceerror.PermissionDenied](err)
	_, other := errors.AsType[*serviceerror.Unimplemented](err)
	return answered && !forbidden && !other
}
