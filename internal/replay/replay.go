// Package replay has this program's workflows go through the histories of an installation, so that it is known
// before a roll-out whose history the new code cannot follow.
package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/encoding/protojson"

	"muster/workflows"
)

// Temporal is what is needed of the client.
type Temporal interface {
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	GetWorkflowHistory(ctx context.Context, workflowID, runID string, isLongPoll bool, filterType enumspb.HistoryEventFilterType) client.HistoryEventIterator
}

// Break is a history that this program cannot follow.
type Break struct {
	Workflow string `json:"workflow"`
	Run      string `json:"run,omitempty"`
	Type     string `json:"type"`
	Why      string `json:"why"`
}

// Result says how many histories there were, and which broke. Skipped are those that ended or were deleted
// meanwhile, and those without a finished task, in which there is nothing to follow.
type Result struct {
	Replayed int     `json:"replayed"`
	Skipped  int     `json:"skipped"`
	Breaks   []Break `json:"breaks"`
}

// Replayer goes through one history after the other, so that only one is in memory.
type Replayer struct {
	// Converter is that of the client: workflows compute with what it decodes. Failure is its failures'.
	Converter converter.DataConverter
	Failure   converter.FailureConverter
	// Namespace is in what workflows know of themselves.
	Namespace string
	// Keep is a folder for the histories, empty for none. They hold what people wrote.
	Keep string
	// Seen, if set, hears of every one.
	Seen func(done int)

	result Result
}

// Server goes through the histories that a visibility query finds.
func (r *Replayer) Server(ctx context.Context, t Temporal, query string) (Result, error) {
	var token []byte
	for {
		page, err := t.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: r.Namespace, Query: query, PageSize: 200, NextPageToken: token})
		if err != nil {
			return r.result, fmt.Errorf("list workflows: %w", err)
		}
		for _, e := range page.Executions {
			h, err := download(ctx, t, e.Execution)
			if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
				r.result.Skipped++
				continue
			}
			if err != nil {
				return r.result, fmt.Errorf("read the history of %s: %w", e.Execution.GetWorkflowId(), err)
			}
			if err := r.keep(e.Execution, h); err != nil {
				return r.result, err
			}
			r.one(e.Execution.GetWorkflowId(), e.Execution.GetRunId(), h)
		}
		if token = page.NextPageToken; len(token) == 0 {
			return r.result, nil
		}
	}
}

// Files goes through histories in files: those that Keep has written, and those of the Web UI or of `temporal
// workflow show --output json`. What says no workflow ID is named after its file.
func (r *Replayer) Files(paths []string) (Result, error) {
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			return r.result, fmt.Errorf("a history cannot be read: %w", err)
		}
		h, err := client.HistoryFromJSON(file, client.HistoryJSONOptions{})
		if err = errors.Join(err, file.Close()); err != nil {
			return r.result, fmt.Errorf("%s is no history as JSON: %w", path, err)
		}
		if len(h.GetEvents()) == 0 {
			return r.result, fmt.Errorf("%s is a history without events", path)
		}
		r.one(idOf(path, h), "", h)
	}
	return r.result, nil
}

func download(ctx context.Context, t Temporal, e *commonpb.WorkflowExecution) (*historypb.History, error) {
	h := &historypb.History{}
	events := t.GetWorkflowHistory(ctx, e.GetWorkflowId(), e.GetRunId(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return nil, err
		}
		h.Events = append(h.Events, event)
	}
	return h, nil
}

// one goes through a history. A defect that panics is one more way in which it cannot be followed.
func (r *Replayer) one(id, run string, h *historypb.History) {
	started := h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes()
	if run == "" {
		run = started.GetOriginalExecutionRunId()
	}
	if !hasFinishedTask(h) {
		r.result.Skipped++
		return
	}
	r.result.Replayed++
	if err := r.replay(id, run, h); err != nil {
		r.result.Breaks = append(r.result.Breaks, Break{Workflow: id, Run: run, Type: started.GetWorkflowType().GetName(), Why: mismatch(err.Error())})
	}
	if r.Seen != nil {
		r.Seen(r.result.Replayed + r.result.Skipped)
	}
}

func (r *Replayer) replay(id, run string, h *historypb.History) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		DataConverter: r.Converter, FailureConverter: r.Failure, DisableRegistrationAliasing: true,
	})
	if err != nil {
		return err
	}
	workflows.AddTo(replayer)
	return replayer.ReplayWorkflowHistoryWithOptions(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), h, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: workflow.Execution{ID: id, RunID: run},
	})
}

func hasFinishedTask(h *historypb.History) bool {
	for _, e := range h.GetEvents() {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			return true
		}
	}
	return false
}

// keep writes a history where only its owner reads it.
func (r *Replayer) keep(e *commonpb.WorkflowExecution, h *historypb.History) error {
	if r.Keep == "" {
		return nil
	}
	if err := os.MkdirAll(r.Keep, 0o700); err != nil {
		return fmt.Errorf("--dir: %w", err)
	}
	raw, err := protojson.Marshal(h)
	if err != nil {
		return err
	}
	name := strings.ReplaceAll(e.GetWorkflowId(), "/", slash) + runMark + e.GetRunId() + ".json"
	if err := os.WriteFile(filepath.Join(r.Keep, filepath.Base(name)), raw, 0o600); err != nil {
		return fmt.Errorf("--dir: %w", err)
	}
	return nil
}

// A file is called after its workflow, which may have slashes, and its run.
const slash, runMark = "--", "@@"

func idOf(path string, h *historypb.History) string {
	if id := h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowId(); id != "" {
		return id
	}
	name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".json"), runMark)
	return strings.ReplaceAll(name, slash, "/")
}

// mismatch is what does not fit: the names of the event and the command, and of the activity or workflow that they are
// about. All else that the SDK says may hold what people wrote, in which parentheses mean nothing, so that only
// what is known to be a name is taken from it.
func mismatch(said string) string {
	said, _, _ = strings.Cut(said, "\n")
	_, said, is := strings.Cut(said, nondeterministic)
	event := eventIn.FindStringSubmatch(said)
	if !is || event == nil {
		return "the SDK cannot go through it; keep it with --dir, and replay it in a test to see why"
	}
	rest := said[len(event[0]):]
	out := event[0]
	at := strings.LastIndex(rest, replayed)
	if at < 0 {
		return out + named(rest)
	}
	command := commandIn.FindString(rest[at:])
	return out + named(rest[:at]) + command + named(rest[at+len(command):])
}

const (
	nondeterministic = "nondeterministic workflow: "
	replayed         = ", replay command is "
)

var (
	eventIn   = regexp.MustCompile(`^(?:history event is|missing replay command for|extra replay command for) \w+`)
	commandIn = regexp.MustCompile(`^, replay command is \w+`)
	// nameIn finds the type of an activity or of a child workflow, where events and commands begin to tell of themselves.
	nameIn = regexp.MustCompile(`^: \([^\["]*?(?:ActivityType|WorkflowType):\(Name:(\w+)\)`)
)

func named(text string) string {
	if name := nameIn.FindStringSubmatch(text); name != nil {
		return " " + name[1]
	}
	return ""
}

// Print writes the result for people: only IDs and types, since titles may be private.
func (r Result) Print(w io.Writer) {
	for _, b := range r.Breaks {
		fmt.Fprintf(w, "%s (%s, run %s)\n  %s\n", b.Workflow, b.Type, b.Run, b.Why)
	}
	fmt.Fprintf(w, "%d histories replayed, %d would break, %d skipped\n", r.Replayed, len(r.Breaks), r.Skipped)
}
