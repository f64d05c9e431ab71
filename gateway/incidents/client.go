package incidents

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	mathrand "math/rand/v2"
	"net/url"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"muster/incident"
	"muster/playbook"
)

// Temporal is what the Client needs of Temporal's own client; client.Client has all of it.
type Temporal interface {
	NewWithStartWorkflowOperation(options client.StartWorkflowOptions, workflow any, args ...any) client.WithStartWorkflowOperation
	UpdateWithStartWorkflow(ctx context.Context, options client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error)
	UpdateWorkflow(ctx context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error)
	SignalWorkflow(ctx context.Context, workflowID, runID, signalName string, arg any) error
	SignalWithStartWorkflow(ctx context.Context, workflowID, signalName string, signalArg any, options client.StartWorkflowOptions, workflow any, workflowArgs ...any) (client.WorkflowRun, error)
	QueryWorkflow(ctx context.Context, workflowID, runID, queryType string, args ...any) (converter.EncodedValue, error)
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	ScheduleClient() client.ScheduleClient
}

// Playbook gives the playbook that serves now.
type Playbook interface {
	Current() (*playbook.Playbook, error)
}

// DefaultWait is how long a command waits to be applied before it is only recorded. Slack gives
// a handler three seconds in all.
const DefaultWait = 2200 * time.Millisecond

// Options are the settings of a Client. Only Temporal is needed, and Playbook to declare.
type Options struct {
	Temporal Temporal
	Playbook Playbook
	Logger   *slog.Logger
	// Wait bounds the wait for a command to be applied, DefaultWait when zero.
	Wait time.Duration
	// Recording bounds the signal by which a command is recorded when it could not be applied in
	// time, 3 s when zero. A caller's own deadline leaves room for it.
	Recording time.Duration
	// UIURL is where Temporal's Web UI is, empty for no links to it.
	UIURL string
	// Namespace is Temporal's, "default" when empty.
	Namespace string
	// TimeoutScale is sent with every declaration; see playbook.Slice.
	TimeoutScale float64
	Now          func() time.Time
	// Answered, if set, hears what was answered to each declaration and command, by the way it came in.
	Answered func(way incident.Way, a Answer)
	// Converter reads memos, Temporal's default when nil. It must be the one that Temporal has.
	Converter converter.DataConverter
	// Archive is what outlives Temporal; nil where there is none.
	Archive Archive
}

// Client declares incidents, gives commands and reads. It holds no state and is safe for
// concurrent use.
type Client struct {
	Options

	// pause waits between attempts; tests make it short.
	pause func(ctx context.Context, d time.Duration) error
}

// New makes a client. It calls nothing.
func New(o Options) *Client {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Wait <= 0 {
		o.Wait = DefaultWait
	}
	if o.Recording <= 0 {
		o.Recording = signalWait
	}
	if o.Namespace == "" {
		o.Namespace = client.DefaultNamespace
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Converter == nil {
		o.Converter = converter.GetDefaultDataConverter()
	}
	return &Client{Options: o, pause: pause}
}

// WebURL is where Temporal's Web UI shows a workflow, or "".
func (c *Client) WebURL(workflowID string) string {
	if c.UIURL == "" {
		return ""
	}
	return strings.TrimRight(c.UIURL, "/") + "/namespaces/" + url.PathEscape(c.Namespace) + "/workflows/" + url.PathEscape(workflowID)
}

// patience bounds the wait for something to be applied: the Client's, and so much less than the
// caller's own deadline that recording it still fits in.
func (c *Client) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	wait := c.Wait
	if deadline, ok := ctx.Deadline(); ok {
		wait = min(wait, max(time.Until(deadline)-c.Recording, 50*time.Millisecond))
	}
	return context.WithTimeout(ctx, wait)
}

// NewID makes a random ID for a command or a declaration of which the caller has none.
func NewID() string {
	b := make([]byte, 16)
	rand.Read(b) // it never fails: crypto/rand ends the process instead
	return hex.EncodeToString(b)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// backoff grows from 50 ms to 1 s, with half of it left to chance so that a burst spreads out.
func backoff(attempt int) time.Duration {
	d := min(50*time.Millisecond<<min(attempt, 5), time.Second)
	return d/2 + mathrand.N(d/2) //nolint:gosec // it spreads load and guards nothing
}

// decode reads one payload; what cannot be read stays as it is, for a list shows what it can.
func (c *Client) decode(p *commonpb.Payload, into any) bool {
	return p != nil && c.Converter.FromPayload(p, into) == nil
}
