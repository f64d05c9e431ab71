package incidents_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
)

// refused is how a workflow refuses an update.
func refused(p incident.Problem) error {
	return arrived(temporal.NewApplicationErrorWithOptions(p.Error(), "Refused", temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{&p}}))
}

// arrived is a workflow's error as it reaches a client.
func arrived(err error) error {
	c := temporal.GetDefaultFailureConverter()
	return later{c.FailureToError(c.ErrorToFailure(err))}
}

func firstNumber(context.Context, client.UpdateWithStartWorkflowOptions) (any, error) {
	return api.DeclareResult{Number: 1, Key: "INC-1"}, nil
}

func TestDeclareFillsInWhatIsMissingAndSendsThePlaybooksSlice(t *testing.T) {
	t.Parallel()
	var sent client.UpdateWorkflowOptions
	f := &fake{declare: func(_ context.Context, o client.UpdateWithStartWorkflowOptions) (any, error) {
		sent = o.UpdateOptions
		return api.DeclareResult{Number: 7, Key: "INC-7"}, nil
	}}
	tags := []string{" eu "}
	res, err := newClient(t, f).Declare(t.Context(), "key", incident.Declaration{Title: " Checkout\tis down ", Services: []string{"CHECKOUT"}, Tags: tags})
	require.NoError(t, err)
	require.Equal(t, api.DeclareResult{Number: 7, Key: "INC-7"}, res)

	require.Equal(t, api.RegisterID, sent.WorkflowID)
	require.Equal(t, api.DeclareUpdate, sent.UpdateName)
	require.Equal(t, client.WorkflowUpdateStageCompleted, sent.WaitForStage)
	in, ok := sent.Args[0].(api.DeclareInput)
	require.True(t, ok)
	require.Equal(t, "key", in.Key)
	require.Equal(t, "Checkout is down", in.Declaration.Title)
	require.Equal(t, incident.Severity(3), in.Declaration.Severity, "the playbook's default")
	require.Equal(t, incident.KindIncident, in.Declaration.Kind)
	require.Equal(t, []string{"checkout"}, in.Declaration.Services, "as the playbook writes it")
	require.Equal(t, "checkout", in.Slice.Services[0].Name)
	require.Len(t, in.Slice.Hash, 64)
	require.InDelta(t, 0.5, in.Slice.TimeoutScale, 0)
	require.Equal(t, []string{" eu "}, tags, "the caller's own slice is left alone")

	start := f.starts[0]
	require.Equal(t, api.RegisterID, start.ID)
	require.Equal(t, api.QueueMuster, start.TaskQueue)
	require.Equal(t, api.WorkflowTaskTimeout, start.WorkflowTaskTimeout)
	require.Equal(t, enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING, start.WorkflowIDConflictPolicy)
}

// Whichever door a declaration comes through, its title is read, and the slice is cut for the
// service that was found.
func TestDeclareReadsTheTitleBeforeItCutsTheSlice(t *testing.T) {
	t.Parallel()
	var in api.DeclareInput
	f := &fake{declare: func(_ context.Context, o client.UpdateWithStartWorkflowOptions) (any, error) {
		in, _ = o.UpdateOptions.Args[0].(api.DeclareInput)
		return api.DeclareResult{Number: 7, Key: "INC-7"}, nil
	}}
	c := newClient(t, f)
	_, err := c.Declare(t.Context(), "key", incident.Declaration{Title: "sev2: the basket is empty"})
	require.NoError(t, err)
	require.Equal(t, "the basket is empty", in.Declaration.Title)
	require.Equal(t, incident.Severity(2), in.Declaration.Severity)
	require.Equal(t, []string{"checkout"}, in.Declaration.Services)
	require.Equal(t, "checkout", in.Slice.Services[0].Name)

	_, err = c.Declare(t.Context(), "key", incident.Declaration{Title: "the basket is empty", Services: []string{}})
	require.NoError(t, err)
	require.Empty(t, in.Declaration.Services)
	require.Empty(t, in.Slice.Services)
}

func TestDeclareRefusesBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		key   string
		d     incident.Declaration
		field string
	}{
		"no title":           {"", incident.Declaration{}, "title"},
		"an unknown kind":    {"", incident.Declaration{Title: "x", Kind: "party"}, "kind"},
		"severity 9":         {"", incident.Declaration{Title: "x", Severity: 9}, "severity"},
		"an unknown service": {"", incident.Declaration{Title: "x", Services: []string{"chekout"}}, "service"},
		"a key too long":     {strings.Repeat("k", 256), incident.Declaration{Title: "x"}, "key"},
		"a key with a break": {"a\nb", incident.Declaration{Title: "x"}, "key"},
	} {
		f := &fake{}
		_, err := newClient(t, f).Declare(t.Context(), tc.key, tc.d)
		p, ok := incident.AsProblem(err)
		require.True(t, ok, "%s: %v", name, err)
		require.Equal(t, incident.CodeInvalid, p.Code, name)
		require.Equal(t, tc.field, p.Field, name)
		require.Empty(t, f.calls, name)
	}
}

func TestDeclareTriesAgainUnderTheSameIDsUntilThereIsRoom(t *testing.T) {
	t.Parallel()
	answers := []error{
		serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_CONCURRENT_LIMIT, "limit on number of concurrent in-flight updates has been reached"),
		serviceerror.NewFailedPrecondition("The limit on the total number of distinct updates in this workflow has been reached (2000)."),
		client.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded),
		serviceerror.NewUnavailable("connection refused"),
		later{temporal.NewApplicationError("the run continued as new", "AcceptedUpdateCompletedWorkflow")},
		later{temporal.NewApplicationError("ask again in a moment", api.ErrBetweenRuns)},
	}
	calls := len(answers) + 1
	ids, keys := map[string]bool{}, map[string]bool{}
	f := &fake{}
	f.declare = func(_ context.Context, o client.UpdateWithStartWorkflowOptions) (any, error) {
		ids[o.UpdateOptions.UpdateID] = true
		keys[o.UpdateOptions.Args[0].(api.DeclareInput).Key] = true
		if len(answers) > 0 {
			err := answers[0]
			answers = answers[1:]
			return nil, err
		}
		return api.DeclareResult{Number: 1, Key: "INC-1"}, nil
	}
	c := newClient(t, f)
	res, err := c.Declare(t.Context(), "", incident.Declaration{Title: "x"})
	require.NoError(t, err)
	require.Equal(t, "INC-1", res.Key)
	require.Len(t, f.calls, calls)
	require.Len(t, ids, 1, "attempts of one call share their update ID")
	require.Len(t, keys, 1)
	require.NotContains(t, keys, "", "an empty key became a random one")
}

func TestDeclareAgainAsksTheRegisterAndNotTemporalsMemory(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	f := &fake{declare: func(ctx context.Context, o client.UpdateWithStartWorkflowOptions) (any, error) {
		ids[o.UpdateOptions.UpdateID] = true
		return firstNumber(ctx, o)
	}}
	c := newClient(t, f)
	for range 2 {
		_, err := c.Declare(t.Context(), "same", incident.Declaration{Title: "x"})
		require.NoError(t, err)
	}
	require.Len(t, ids, 2)
	for id := range ids {
		require.Less(t, len(id), 100)
	}
}

func TestDeclareGivesUpWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f := &fake{declare: func(context.Context, client.UpdateWithStartWorkflowOptions) (any, error) {
		cancel()
		return nil, serviceerror.NewUnavailable("connection refused")
	}}
	_, err := newClient(t, f).Declare(ctx, "my-key", incident.Declaration{Title: "x"})
	require.ErrorIs(t, err, incidents.ErrNotRecorded)
	var not *incidents.NotRecordedError
	require.ErrorAs(t, err, &not)
	require.Equal(t, "my-key", not.ID)
	require.EqualError(t, err, "not confirmed: Temporal does not answer: it refuses the connection; it may still happen, so try again with the key my-key")
}

func TestADeclarationThatHasToWaitSaysForWhat(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f := &fake{declare: func(context.Context, client.UpdateWithStartWorkflowOptions) (any, error) {
		cancel()
		return nil, later{temporal.NewApplicationError("ask again in a moment", api.ErrBetweenRuns)}
	}}
	_, err := newClient(t, f).Declare(ctx, "my-key", incident.Declaration{Title: "x"})
	require.ErrorIs(t, err, incidents.ErrNotRecorded)
	require.EqualError(t, err, "not recorded: other incidents are being opened first, try again")
}

func TestDeclareGivesBackTheRegistersRefusal(t *testing.T) {
	t.Parallel()
	want := incident.Problem{Code: incident.CodeConflict, Field: "key", Reason: "was used for something else", Mend: "use another"}
	f := &fake{declare: func(context.Context, client.UpdateWithStartWorkflowOptions) (any, error) { return nil, refused(want) }}
	_, err := newClient(t, f).Declare(t.Context(), "k", incident.Declaration{Title: "x"})
	p, ok := incident.AsProblem(err)
	require.True(t, ok)
	require.Equal(t, want, *p)
}

func TestDeclareDoesNotRepeatWhatWillNeverWork(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{
		serviceerror.NewPermissionDenied("no", ""), serviceerror.NewInvalidArgument("no"),
		later{errors.New("broken")},
		serviceerror.NewFailedPrecondition("no"),
		later{temporal.NewApplicationError("panic", "PanicError")},
	} {
		f := &fake{declare: func(context.Context, client.UpdateWithStartWorkflowOptions) (any, error) { return nil, cause }}
		_, err := newClient(t, f).Declare(t.Context(), "k", incident.Declaration{Title: "x"})
		require.Error(t, err)
		require.NotErrorIs(t, err, incidents.ErrNotRecorded)
		require.Len(t, f.calls, 1)
	}
}

func TestDeclareNeedsAPlaybook(t *testing.T) {
	t.Parallel()
	_, err := incidents.New(incidents.Options{Temporal: &fake{}}).Declare(t.Context(), "", incident.Declaration{Title: "x"})
	require.ErrorContains(t, err, "no playbook")
	c := incidents.New(incidents.Options{Temporal: &fake{}, Playbook: brokenBook{}})
	_, err = c.Declare(t.Context(), "", incident.Declaration{Title: "x"})
	require.EqualError(t, err, "the playbook cannot be used: line 3 is wrong")
}

type brokenBook struct{}

func (brokenBook) Current() (*playbook.Playbook, error) { return nil, errors.New("line 3 is wrong") }

func TestBackoffGrowsAndStaysShort(t *testing.T) {
	t.Parallel()
	for attempt := range 40 {
		d := incidents.Backoff(attempt)
		require.Positive(t, d)
		require.LessOrEqual(t, d.Seconds(), 1.0)
	}
}
