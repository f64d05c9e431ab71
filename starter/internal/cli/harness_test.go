package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/internal/setup"
	"muster/starter/internal/cli"
	"muster/workflows/api"
)

var now = time.Date(2026, 11, 21, 3, 4, 5, 0, time.UTC)

// offline runs a command that needs nobody with settings, and gives what it printed.
func offline(t *testing.T, env map[string]string, args ...string) (out, complaint string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = cli.Run(t.Context(), cli.Env{
		Args: args, Stdin: &bytes.Buffer{}, Stdout: &stdout, Stderr: &stderr,
		Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok }, Now: func() time.Time { return now },
	})
	return stdout.String(), stderr.String(), code
}

// fake stands in for the client of the workflows.
type fake struct {
	restoredBy incident.Actor
	// lists answers lists, listed and followUps where it is nil.
	lists    *incidents.Client
	key      string
	declared incident.Declaration
	result   api.DeclareResult

	number  int
	name    string
	command incident.Command
	outcome incidents.Outcome

	filter incidents.Filter
	listed []incidents.Listed
	next   string
	note   string

	followUpFilter incidents.FollowUpFilter
	followUps      incidents.FollowUpList

	register api.RegisterState
	canary   api.CanaryResult

	restored string
	skipped  int
	by       incident.Actor
	page     bool

	asked      api.SubscribeInput
	subscribed api.SubscribeResult
	recorded   bool

	// snapshots are given one after the other, the last one again and again.
	snapshots []incident.Incident
	watched   []any
	err       error
}

func (f *fake) Declare(_ context.Context, key string, d incident.Declaration) (api.DeclareResult, error) {
	f.key, f.declared = key, d
	return f.result, f.err
}

func (f *fake) RunCanary(context.Context) (api.CanaryResult, error) { return f.canary, f.err }

func (f *fake) Restore(_ context.Context, id string, by incident.Actor, page bool) (incidents.Restored, error) {
	f.restored, f.by, f.page = id, by, page
	return incidents.Restored{Workflow: id, How: "terminated", At: now, Held: !page}, f.err
}

func (f *fake) SkipNumbers(_ context.Context, last int) error {
	f.skipped = last
	return f.err
}

func (f *fake) Command(ctx context.Context, number int, name string, cmd incident.Command) (incidents.Outcome, error) {
	if _, ok := ctx.Deadline(); !ok {
		panic("a command must not wait for ever")
	}
	f.number, f.name, f.command = number, name, cmd
	return f.outcome, f.err
}

func (f *fake) Show(ctx context.Context, number int, v incidents.Viewer) (incidents.Shown, error) {
	if f.lists != nil {
		return f.lists.Show(ctx, number, v)
	}
	i, err := f.Snapshot(ctx, number)
	return incidents.Shown{Incident: i, Source: incidents.SourceTemporal}, err
}

func (f *fake) RestoreArchived(_ context.Context, by incident.Actor, _ bool, each func(string, error)) (incidents.RestoredAll, error) {
	f.restoredBy = by
	if f.err != nil {
		return incidents.RestoredAll{}, f.err
	}
	each("INC-1", incidents.ErrRuns)
	each("INC-3/page/1", errors.New("the record cannot be read"))
	return incidents.RestoredAll{Incidents: 2, Others: 3, Held: []string{"INC-2"}, Last: 7, Next: 28}, nil
}

func (f *fake) Snapshot(_ context.Context, number int) (incident.Incident, error) {
	f.number = number
	if f.err != nil || len(f.snapshots) == 0 {
		return incident.Incident{}, f.err
	}
	i := f.snapshots[0]
	if len(f.snapshots) > 1 {
		f.snapshots = f.snapshots[1:]
	}
	return i, nil
}

func (f *fake) List(ctx context.Context, filter incidents.Filter) (incidents.List, error) {
	f.filter = filter
	if f.lists != nil {
		return f.lists.List(ctx, filter)
	}
	return incidents.List{Incidents: f.listed, NextPageToken: f.next, Source: incidents.SourceTemporal, Note: f.note}, f.err
}

func (f *fake) FollowUps(ctx context.Context, filter incidents.FollowUpFilter) (incidents.FollowUpList, error) {
	f.followUpFilter = filter
	if f.lists != nil {
		return f.lists.FollowUps(ctx, filter)
	}
	f.followUps.Source = incidents.SourceTemporal
	return f.followUps, f.err
}

func (f *fake) Watch(_ context.Context, number int, _ time.Duration, seen func(incident.Incident) error, away func(error)) error {
	f.number = number
	for _, w := range f.watched {
		switch v := w.(type) {
		case incident.Incident:
			if err := seen(v); err != nil {
				return err
			}
		case error:
			away(v)
		}
	}
	return f.err
}

func (f *fake) Register(context.Context) (api.RegisterState, error) { return f.register, nil }

func (f *fake) Subscribe(_ context.Context, in api.SubscribeInput) (api.SubscribeResult, bool, error) {
	f.name, f.asked = "subscribe", in
	return f.subscribed, f.recorded, f.err
}

func (f *fake) Unsubscribe(_ context.Context, in api.SubscribeInput) (api.SubscribeResult, bool, error) {
	f.name, f.asked = "unsubscribe", in
	return f.subscribed, f.recorded, f.err
}

func (f *fake) Subscriptions(_ context.Context, who incident.Subscriber) ([]incident.Subscription, error) {
	f.asked.Subscription.Subscriber = who
	return f.subscribed.Subscriptions, f.err
}

func (f *fake) Waking(i *incident.Incident) incident.Waking { return i.Waking(time.UTC) }

func (f *fake) WebURL(id string) string { return "http://ui.example.com/" + id }

// terminal is a command line with a fake behind it.
type terminal struct {
	*fake
	t       *testing.T
	env     map[string]string
	stdin   string
	dialErr error
	target  cli.Target
	dials   int
	clock   func() time.Time
	// terminal says that what is printed goes to one.
	terminal bool
	serve    func(context.Context, cli.Target) error
	recall   func(context.Context, cli.Target) (cli.Incidents, func(), error)
	prepare  func(context.Context, cli.Target, time.Duration) (setup.Prepared, error)
	reach    func(context.Context, cli.Target) (cli.Reached, func(), error)
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	return &terminal{fake: &fake{}, t: t, clock: func() time.Time { return now }, env: map[string]string{
		"MUSTER_PERSON": "Alice@example.com", "MUSTER_PLAYBOOK": "../../../muster.yaml",
	}}
}

// output is what a command printed.
type output struct {
	t            *testing.T
	code         int
	stdout, text string // text is what went to standard error
}

// run types a command; words are separated by spaces, and "|" stands for one inside a word.
func (tm *terminal) run(line string) output {
	tm.t.Helper()
	var args []string
	for w := range strings.FieldsSeq(line) {
		args = append(args, strings.ReplaceAll(w, "|", " "))
	}
	return tm.args(args...)
}

func (tm *terminal) args(args ...string) output {
	tm.t.Helper()
	var stdout, stderr bytes.Buffer
	code := cli.Run(tm.t.Context(), cli.Env{
		Args: args, Stdin: strings.NewReader(tm.stdin), Stdout: &stdout, Stderr: &stderr,
		Lookup: func(name string) (string, bool) { v, ok := tm.env[name]; return v, ok },
		Dial: func(_ context.Context, target cli.Target) (cli.Incidents, func(), error) {
			tm.dials++
			tm.target = target
			if tm.dialErr != nil {
				return nil, nil, tm.dialErr
			}
			return tm.fake, func() {}, nil
		},
		Recall: tm.recall, Reach: tm.reach, Terminal: tm.terminal, Serve: tm.serve, Prepare: tm.prepare, Now: tm.clock,
		Pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	return output{tm.t, code, stdout.String(), stderr.String()}
}

func (o output) prints(want string) output {
	o.t.Helper()
	require.Empty(o.t, o.text)
	require.Equal(o.t, want, o.stdout)
	require.Equal(o.t, cli.ExitOK, o.code)
	return o
}

func (o output) printsJSON(want string) output {
	o.t.Helper()
	require.Empty(o.t, o.text)
	require.JSONEq(o.t, want, o.stdout)
	require.Equal(o.t, cli.ExitOK, o.code)
	return o
}

// fails expects an exit code and a text on standard error, and nothing on standard output.
func (o output) fails(code int, text string) {
	o.t.Helper()
	require.Contains(o.t, o.text, text)
	require.Empty(o.t, o.stdout)
	require.Equal(o.t, code, o.code)
}

// failsJSON expects an exit code and an error of a code in JSON.
func (o output) failsJSON(code int, kind string) incident.Problem {
	o.t.Helper()
	require.Empty(o.t, o.stdout)
	var e struct {
		Error *incident.Problem `json:"error"`
	}
	require.NoError(o.t, json.Unmarshal([]byte(o.text), &e), o.text)
	require.NotNil(o.t, e.Error)
	require.Equal(o.t, incident.Code(kind), e.Error.Code)
	require.NotEmpty(o.t, e.Error.Reason)
	require.Equal(o.t, code, o.code)
	return *e.Error
}
