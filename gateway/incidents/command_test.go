package incidents_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
)

var resolved = incident.Result{Changed: true, Status: incident.StatusResolved, Text: "Resolved"}

func TestCommandIsAppliedByAnUpdate(t *testing.T) {
	t.Parallel()
	var sent client.UpdateWorkflowOptions
	f := &fake{update: func(ctx context.Context, o client.UpdateWorkflowOptions) (any, error) {
		_, bounded := ctx.Deadline()
		require.True(t, bounded)
		sent = o
		return resolved, nil
	}}
	out, err := newClient(t, f).Command(t.Context(), 42, api.Resolve, &incident.Resolve{
		Meta: incident.Meta{CommandID: "mine", Actor: incident.Actor{Person: "alice@example.com", Way: incident.WayCLI}}, Learning: "Disks fill up",
	})
	require.NoError(t, err)
	require.Equal(t, incidents.Outcome{Result: resolved, CommandID: "mine"}, out)
	require.Equal(t, "INC-42", sent.WorkflowID)
	require.Equal(t, "Resolve", sent.UpdateName)
	require.Regexp(t, "^mine/[0-9a-f]{16}$", sent.UpdateID)
	raw, err := json.Marshal(sent.Args[0])
	require.NoError(t, err)
	require.JSONEq(t, `{"command_id":"mine","actor":{"person":"alice@example.com","way":"cli"},"given_at":"2026-11-21T03:04:05Z","learning":"Disks fill up"}`, string(raw))
}

func TestCommandWithoutAnIDGetsARandomOne(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	f := &fake{update: func(_ context.Context, o client.UpdateWorkflowOptions) (any, error) {
		ids[o.UpdateID] = true
		require.True(t, strings.HasPrefix(o.UpdateID, o.Args[0].(incident.Command).Head().CommandID+"/"))
		return resolved, nil
	}}
	c := newClient(t, f)
	for range 3 {
		_, err := c.Command(t.Context(), 1, api.Resolve, incident.Resolve{})
		require.NoError(t, err)
	}
	require.Len(t, ids, 3)
}

// Temporal answers a known update ID with its first result, whatever is asked. Another body under the
// same command ID must reach the incident, which refuses it.
func TestACommandIDWithAnotherBodyIsAnotherUpdate(t *testing.T) {
	t.Parallel()
	var ids []string
	f := &fake{update: func(_ context.Context, o client.UpdateWorkflowOptions) (any, error) {
		ids = append(ids, o.UpdateID)
		return resolved, nil
	}}
	c := newClient(t, f)
	for _, text := range []string{"Over", "Over", "Not over"} {
		_, err := c.Command(t.Context(), 1, api.Resolve, incident.Resolve{
			Meta: incident.Meta{CommandID: "k", Actor: incident.Actor{Person: text + "@example.com"}}, Text: text,
		})
		require.NoError(t, err)
	}
	require.Equal(t, ids[0], ids[1])
	require.NotEqual(t, ids[0], ids[2])
}

// People call a service by what it is called among them; the incident knows its name.
func TestAServiceIsNamedAsThePlaybookDoes(t *testing.T) {
	t.Parallel()
	var given any
	f := &fake{update: func(_ context.Context, o client.UpdateWorkflowOptions) (any, error) {
		given = o.Args[0]
		return resolved, nil
	}}
	_, err := newClient(t, f).Command(t.Context(), 1, api.ChangeServices, incident.ChangeServices{Add: []string{"Basket", "tills"}, Remove: []string{"SEARCH"}})
	require.NoError(t, err)
	c := given.(incident.ChangeServices)
	require.Equal(t, []string{"checkout", "tills"}, c.Add, "what is not known here the incident may know")
	require.Equal(t, []string{"search"}, c.Remove)
}

// A run that is just being continued as new lets the update fall; the next one takes it.
func TestCommandThatFallsBetweenTwoRunsIsGivenAgain(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]error{
		"unapplied":              serviceerror.NewWorkflowNotReady("Unable to perform workflow execution update due to unexpected workflow task failure."),
		"accepted and unapplied": later{temporal.NewApplicationError("the run continued as new", "AcceptedUpdateCompletedWorkflow")},
	} {
		answers := []error{cause, cause}
		f := &fake{update: func(context.Context, client.UpdateWorkflowOptions) (any, error) {
			if len(answers) > 0 {
				err := answers[0]
				answers = answers[1:]
				return nil, err
			}
			return resolved, nil
		}}
		out, err := newClient(t, f).Command(t.Context(), 1, api.Resolve, incident.Resolve{})
		require.NoError(t, err, name)
		require.False(t, out.Recorded, name)
		require.Equal(t, resolved, out.Result, name)
		require.Len(t, f.calls, 3, name)
	}
}

func TestCommandThatNobodyTakesIsRecordedAsTheSameSignal(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]error{
		"the wait is over":     client.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded),
		"the handle times out": later{client.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded)},
		"temporal is away":     serviceerror.NewUnavailable("connection refused"),
		"no room":              serviceerror.NewFailedPrecondition("the workflow update limit is reached"),
	} {
		ctx, cancel := context.WithCancel(t.Context())
		var updated, signalled any
		f := &fake{
			update: func(_ context.Context, o client.UpdateWorkflowOptions) (any, error) {
				updated = o.Args[0]
				cancel() // the caller has hung up by now
				return nil, cause
			},
			signal: func(ctx context.Context, _, _ string, arg any) error {
				require.NoError(t, ctx.Err(), "recording does not end with the caller")
				signalled = arg
				return nil
			},
		}
		out, err := newClient(t, f).Command(ctx, 42, api.Mitigate, incident.Mitigate{Text: "Rolled back"})
		require.NoError(t, err, name)
		require.True(t, out.Recorded, name)
		require.Zero(t, out.Result, name)
		require.Equal(t, []string{"update INC-42 Mitigate", "signal INC-42 Mitigate"}, f.calls, name)
		require.Equal(t, updated, signalled, name)
		require.Equal(t, out.CommandID, signalled.(incident.Command).Head().CommandID, name)
	}
}

func TestOnlyAFailedSignalMeansNotRecorded(t *testing.T) {
	t.Parallel()
	away := serviceerror.NewUnavailable("connection refused")
	f := &fake{
		update: func(context.Context, client.UpdateWorkflowOptions) (any, error) { return nil, away },
		signal: func(context.Context, string, string, any) error { return away },
	}
	_, err := newClient(t, f).Command(t.Context(), 42, api.Resolve, incident.Resolve{Meta: incident.Meta{CommandID: "c"}})
	require.ErrorIs(t, err, incidents.ErrNotRecorded)
	require.EqualError(t, err, "not recorded: Temporal does not answer: it refuses the connection, try again")
	require.ErrorIs(t, err, away)
}

func TestCommandOnAnIncidentThatIsNotThere(t *testing.T) {
	t.Parallel()
	gone := serviceerror.NewNotFound("workflow execution already completed")
	f := &fake{update: func(context.Context, client.UpdateWorkflowOptions) (any, error) { return nil, gone }}
	_, err := newClient(t, f).Command(t.Context(), 9, api.Resolve, incident.Resolve{})
	p, ok := incident.AsProblem(err)
	require.True(t, ok)
	require.Equal(t, incident.CodeNotFound, p.Code)
	require.EqualError(t, err, "incident: INC-9 does not exist, or has ended long ago; see `starter list`")

	f = &fake{
		update: func(context.Context, client.UpdateWorkflowOptions) (any, error) {
			return nil, serviceerror.NewUnavailable("")
		},
		signal: func(context.Context, string, string, any) error { return gone },
	}
	_, err = newClient(t, f).Command(t.Context(), 9, api.Resolve, incident.Resolve{})
	p, ok = incident.AsProblem(err)
	require.True(t, ok)
	require.Equal(t, incident.CodeNotFound, p.Code)
}

func TestCommandRightAfterTheDeclarationWaitsForTheWorkflow(t *testing.T) {
	t.Parallel()
	tries := 0
	f := &fake{update: func(context.Context, client.UpdateWorkflowOptions) (any, error) {
		if tries++; tries < 3 {
			return nil, serviceerror.NewNotFound("workflow not found for ID: INC-1")
		}
		return resolved, nil
	}}
	out, err := newClient(t, f).Command(t.Context(), 1, api.Resolve, incident.Resolve{})
	require.NoError(t, err)
	require.Equal(t, resolved, out.Result)
}

func TestCommandGivesBackTheIncidentsRefusal(t *testing.T) {
	t.Parallel()
	want := incident.Problem{Code: incident.CodeIllegal, Field: "status", Reason: "mitigate is not legal while the incident is closed", Mend: "now legal: reopen"}
	f := &fake{update: func(context.Context, client.UpdateWorkflowOptions) (any, error) { return nil, refused(want) }}
	_, err := newClient(t, f).Command(t.Context(), 1, api.Mitigate, incident.Mitigate{})
	p, ok := incident.AsProblem(err)
	require.True(t, ok)
	require.Equal(t, want, *p)
	require.Len(t, f.calls, 1, "what was refused is not recorded")
}

func TestOtherFailuresAreNeitherRefusalsNorRecorded(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{
		later{temporal.NewApplicationError("unknown update Resolve", "")},
		arrived(temporal.NewApplicationErrorWithOptions("odd", "Odd", temporal.ApplicationErrorOptions{Details: []any{"text"}})),
		serviceerror.NewPermissionDenied("no", ""),
	} {
		f := &fake{update: func(context.Context, client.UpdateWorkflowOptions) (any, error) { return nil, cause }}
		_, err := newClient(t, f).Command(t.Context(), 1, api.Resolve, incident.Resolve{})
		require.Error(t, err)
		_, ok := incident.AsProblem(err)
		require.False(t, ok)
		require.NotErrorIs(t, err, incidents.ErrNotRecorded)
		require.Len(t, f.calls, 1)
	}
}

func TestCommandsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	c := newClient(t, &fake{})
	_, err := c.Command(t.Context(), 0, api.Resolve, incident.Resolve{})
	require.ErrorContains(t, err, "0 is no incident")
	_, err = c.Command(t.Context(), 1, "Explode", incident.Resolve{})
	require.ErrorContains(t, err, `"Explode" is no command`)
	_, err = c.Command(t.Context(), 1, api.Resolve, incident.Mitigate{})
	require.ErrorContains(t, err, "a incident.Mitigate is no Resolve")
	_, err = c.Command(t.Context(), 1, api.Resolve, incident.Resolve{Meta: incident.Meta{CommandID: strings.Repeat("x", 256)}})
	require.ErrorContains(t, err, "255 are allowed")
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	var cause error
	event := api.PagerChangedInput{DeliveryID: "1", Key: "INC-1/page/1/1"}
	f := &fake{signal: func(_ context.Context, id, name string, arg any) error {
		require.Equal(t, "INC-1/page/1", id)
		require.Equal(t, api.PagerChanged, name)
		require.Equal(t, event, arg)
		return cause
	}}
	c := newClient(t, f)
	require.NoError(t, c.Deliver(t.Context(), "INC-1/page/1", api.PagerChanged, event))
	cause = serviceerror.NewNotFound("gone")
	p, ok := incident.AsProblem(c.Deliver(t.Context(), "INC-1/page/1", api.PagerChanged, event))
	require.True(t, ok)
	require.Equal(t, incident.CodeNotFound, p.Code)
	cause = errors.New("broken")
	require.ErrorIs(t, c.Deliver(t.Context(), "INC-1/page/1", api.PagerChanged, event), incidents.ErrNotRecorded)
}

// A worker that does not run refuses nothing: what no incident would take must not reach one.
func TestWhatNoIncidentWouldTakeIsNeverRecorded(t *testing.T) {
	t.Parallel()
	f := &fake{} // whatever is asked of Temporal fails
	c := newClient(t, f)
	large := strings.Repeat("a", 900_000)
	for name, cmd := range map[string]incident.Command{
		api.Update: incident.Update{Text: large}, api.Resolve: incident.Resolve{Text: large}, api.Reopen: incident.Reopen{Reason: large},
		api.Capture: incident.Capture{Text: "x", Source: incident.MessageRef{Channel: "C1", ID: large}}, api.Retitle: incident.Retitle{Title: large},
		api.AddFollowUp: incident.AddFollowUp{Title: "x", Labels: []string{large}}, api.ChangeSeverity: incident.ChangeSeverity{Severity: 7},
		api.Assign: incident.Assign{Role: incident.Role(large), Person: "bob@example.com"}, api.Join: incident.Join{Person: "bob"},
	} {
		_, err := c.Command(t.Context(), 42, name, cmd)
		p, refused := incident.AsProblem(err)
		require.True(t, refused, "%s: %v", name, err)
		require.Equal(t, incident.CodeInvalid, p.Code)
	}
	_, _, err := c.DeclareOrRecord(t.Context(), "k", "", incident.Declaration{Title: "x", Severity: 1, StartedAt: time.Now().Add(99 * time.Hour)})
	require.ErrorContains(t, err, "is in the future")
	_, _, err = c.DeclareOrRecord(t.Context(), "k", "", incident.Declaration{Title: "x", Severity: 1, Carried: &incident.Carried{Source: incident.MessageRef{ID: large}}})
	require.ErrorContains(t, err, "carried.source.id")
	_, _, err = c.Subscribe(t.Context(), api.SubscribeInput{Subscription: incident.Subscription{Subscriber: incident.Subscriber{Person: "bob@example.com"}, Tags: []string{large}}})
	require.ErrorContains(t, err, "tags")
	_, _, err = c.Unsubscribe(t.Context(), api.SubscribeInput{})
	require.ErrorContains(t, err, "subscriber")
	require.ErrorContains(t, c.Deliver(t.Context(), "INC-1", api.IssueChanged, api.IssueChangedInput{By: large}), "by")
	require.Empty(t, f.calls, "Temporal was asked")
	require.Empty(t, f.starts, "Temporal was asked")
}

// What a vendor's message says at length is cut, so that the message is on the timeline at all.
func TestWhatWasSaidInChatArrivesAsFarAsItFits(t *testing.T) {
	t.Parallel()
	f := &fake{
		update: func(_ context.Context, o client.UpdateWorkflowOptions) (any, error) {
			require.Less(t, len(o.Args[0].(incident.Capture).Text), 5000)
			return resolved, nil
		},
		signal: func(_ context.Context, _, _ string, arg any) error {
			require.Less(t, len(arg.(incident.MessageChange).Text), 5000)
			return nil
		},
	}
	c, long := newClient(t, f), strings.Repeat("ä", 40_000)
	_, err := c.Command(t.Context(), 1, api.Capture, incident.Capture{Text: long, Source: incident.MessageRef{Channel: "C1", ID: "1.5"}})
	require.NoError(t, err)
	require.NoError(t, c.Deliver(t.Context(), "INC-1", api.MessageChanged, incident.MessageChange{Text: long, Message: incident.MessageRef{Channel: "C1", ID: "1.5"}}))
}

// TestTheTableOfCommands holds what every door relies on.
func TestTheTableOfCommands(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, spec := range incidents.Commands() {
		require.False(t, seen[spec.Path], "the path %s is there twice", spec.Path)
		seen[spec.Path] = true
		require.Regexp(t, `^[a-z-]+(/\{number\})?(/[a-z-]+)?$`, spec.Path)
		found, ok := incidents.Find(spec.Name)
		require.True(t, ok)
		require.Equal(t, spec.Path, found.Path)
	}
	_, ok := incidents.Find("Frobnicate")
	require.False(t, ok)
}

// People call services by aliases, which no incident knows.
func TestACorrectionNamesServicesAsThePlaybookDoes(t *testing.T) {
	t.Parallel()
	var given incident.Correct
	f := &fake{update: func(_ context.Context, o client.UpdateWorkflowOptions) (any, error) {
		given = o.Args[0].(incident.Correct)
		return resolved, nil
	}}
	_, err := newClient(t, f).Command(t.Context(), 1, api.Correct, incident.Correct{Services: []string{"Basket", "nosuch"}, Reason: "the logs"})
	require.NoError(t, err)
	require.Equal(t, []string{"checkout", "nosuch"}, given.Services)
	_, err = newClient(t, f).Command(t.Context(), 1, api.Correct, incident.Correct{Services: []string{}, Reason: "the logs"})
	require.NoError(t, err)
	require.Equal(t, []string{}, given.Services, "none is meant")
	_, err = newClient(t, f).Command(t.Context(), 1, api.Correct, incident.Correct{StartedAt: new(time.Time{}), Reason: "the logs"})
	require.ErrorContains(t, err, "is too long ago", "it is refused before it is recorded")
}

// A playbook that was corrected mends incidents that are open, when somebody asks them to try again.
func TestARetryBringsTheConnectionsOfThePlaybook(t *testing.T) {
	t.Parallel()
	var given []incident.Retry
	var ids []string
	f := &fake{update: func(_ context.Context, o client.UpdateWorkflowOptions) (any, error) {
		given, ids = append(given, o.Args[0].(incident.Retry)), append(ids, o.UpdateID)
		return resolved, nil
	}}
	forged := incident.Retry{Meta: incident.Meta{CommandID: "c1"}, Connections: json.RawMessage(`{"tracker":{"project":"FORGED"}}`)}
	_, err := newClient(t, f).Command(t.Context(), 1, api.Retry, forged)
	require.NoError(t, err)
	var c playbook.Connections
	require.NoError(t, json.Unmarshal(given[0].Connections, &c))
	require.Equal(t, "OPS", c.Tracker.Project, "never the caller's own")
	require.NotEmpty(t, c.Credentials)

	without := incidents.New(incidents.Options{Temporal: f, Playbook: brokenBook{}})
	_, err = without.Command(t.Context(), 1, api.Retry, forged)
	require.NoError(t, err)
	require.Empty(t, given[1].Connections, "a playbook that cannot be read changes nothing")
	require.Equal(t, ids[0], ids[1], "what was added by the way is no other command")
}
