package activities

import (
	"context"
	"fmt"
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"muster/incident"
	"muster/workflows/api"
)

// Directory holds the activities that find and start workflows.
type Directory struct {
	Temporal  client.Client
	Namespace string
	// Converter is the client's, for what is read of histories; nil is Temporal's default.
	Converter converter.DataConverter
	// Archive is nil where there is none.
	Archive Archives
}

// decode reads payloads of a history.
func (d *Directory) decode(p *commonpb.Payloads, into any) error {
	if d.Converter == nil {
		return converter.GetDefaultDataConverter().FromPayloads(p, into)
	}
	return d.Converter.FromPayloads(p, into)
}

// HighestIncident says the highest incident number that visibility knows, zero for none.
// A new Register asks it, so that numbers are never handed out twice.
func (d *Directory) HighestIncident(ctx context.Context) (int, error) {
	highest := 0
	// SQL visibility answers newest first and numbers only ever grow, so one page is enough.
	resp, err := d.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: d.Namespace, PageSize: 200, Query: fmt.Sprintf("WorkflowType = %q", api.TypeIncident),
	})
	if err != nil {
		return 0, applicationError(ctx, fmt.Errorf("list incidents: %w", err))
	}
	for _, e := range resp.Executions {
		if c, ok := api.ParseID(e.Execution.WorkflowId); ok && c.Incident > highest {
			highest = c.Incident
		}
	}
	return highest, nil
}

// SubscribersInput describes an incident as far as subscriptions look at it. Of private ones
// nobody is told, so nobody asks.
type SubscribersInput struct {
	Kind     incident.Kind     `json:"kind"`
	Severity incident.Severity `json:"severity"`
	Services []string          `json:"services,omitempty"`
	Tags     []string          `json:"tags,omitempty"`
}

// Subscribers asks Register who is to be told of such an incident, each once.
func (d *Directory) Subscribers(ctx context.Context, in SubscribersInput) ([]incident.Subscriber, error) {
	value, err := d.Temporal.QueryWorkflow(ctx, api.RegisterID, "", api.State)
	if err != nil {
		return nil, applicationError(ctx, fmt.Errorf("ask for subscriptions: %w", err))
	}
	var state api.RegisterState
	if err := value.Get(&state); err != nil {
		return nil, applicationError(ctx, fmt.Errorf("read subscriptions: %w", err))
	}
	i := &incident.Incident{Kind: in.Kind, Severity: in.Severity, Services: in.Services, Tags: in.Tags}
	var out []incident.Subscriber
	for _, s := range state.Subscriptions {
		if s.Matches(i) && !slices.Contains(out, s.Subscriber) {
			out = append(out, s.Subscriber)
		}
	}
	return out, nil
}
