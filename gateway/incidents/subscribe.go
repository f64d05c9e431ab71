package incidents

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"go.temporal.io/sdk/client"

	"muster/incident"
	"muster/workflows/api"
)

// Subscribe makes somebody be told of the incidents that a subscription describes. When no
// worker answers in time it is recorded, and recorded is true.
func (c *Client) Subscribe(ctx context.Context, in api.SubscribeInput) (res api.SubscribeResult, recorded bool, err error) {
	if err := in.Subscription.Check(); err != nil {
		return res, false, err
	}
	return c.subscription(ctx, api.SubscribeUpdate, in)
}

// Unsubscribe ends the subscription with exactly these conditions, or without conditions all
// that the subscriber has.
func (c *Client) Unsubscribe(ctx context.Context, in api.SubscribeInput) (res api.SubscribeResult, recorded bool, err error) {
	if err := in.Subscription.Check(); err != nil {
		return res, false, err
	}
	return c.subscription(ctx, api.UnsubscribeUpdate, in)
}

// Subscriptions lists what a subscriber is told of.
func (c *Client) Subscriptions(ctx context.Context, who incident.Subscriber) ([]incident.Subscription, error) {
	state, err := c.Register(ctx)
	if p, ok := incident.AsProblem(err); ok && p.Code == incident.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []incident.Subscription
	for _, s := range state.Subscriptions {
		if s.Subscriber == who {
			out = append(out, s)
		}
	}
	return out, nil
}

func (c *Client) subscription(ctx context.Context, name string, in api.SubscribeInput) (res api.SubscribeResult, recorded bool, err error) {
	if in.CommandID == "" {
		in.CommandID = NewID()
	}
	res, err = c.subscribeSoon(ctx, name, in)
	if err == nil {
		return res, false, nil
	}
	if p, ok := problemOf(err); ok {
		return res, false, p
	}
	if !isPassing(err) {
		return res, false, fmt.Errorf("subscribe: %w", err)
	}
	if err := c.toRegister(ctx, name, in); err != nil {
		return res, false, &NotRecordedError{ID: in.CommandID, Err: err}
	}
	return res, true, nil
}

func (c *Client) subscribeSoon(ctx context.Context, name string, in api.SubscribeInput) (api.SubscribeResult, error) {
	ctx, cancel := c.patience(ctx)
	defer cancel()
	sum := sha256.Sum256([]byte(in.CommandID))
	var res api.SubscribeResult
	handle, err := c.Temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: c.Temporal.NewWithStartWorkflowOperation(registerOptions(), api.TypeRegister, api.RegisterInput{}),
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: api.RegisterID, UpdateName: name, UpdateID: name + "-" + hex.EncodeToString(sum[:12]), Args: []any{in},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err != nil {
		return res, err
	}
	return res, handle.Get(ctx, &res) // a refusal shows only here
}
