package incidents_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/workflows/api"
)

var notThere = serviceerror.NewNotFound("workflow not found for ID: INC-7")

// opening is a Temporal whose Register has handed out number 7 and is still starting its incident.
func opening() *fake {
	return &fake{
		update: func(context.Context, client.UpdateWorkflowOptions) (any, error) { return nil, notThere },
		query: func(id, _ string) (any, error) {
			if id == api.RegisterID {
				return api.RegisterState{Last: 9, Opening: []int{6, 7}}, nil
			}
			return nil, notThere
		},
	}
}

func TestACommandWaitsForAnIncidentThatIsBeingOpened(t *testing.T) {
	t.Parallel()
	tries := 0
	f := opening()
	f.update = func(context.Context, client.UpdateWorkflowOptions) (any, error) {
		if tries++; tries < 30 {
			return nil, notThere
		}
		return resolved, nil
	}
	out, err := newClient(t, f).Command(t.Context(), 7, api.Resolve, incident.Resolve{})
	require.NoError(t, err)
	require.Equal(t, resolved, out.Result)
}

func TestACommandToAnIncidentThatIsNotOpenedInTimeIsRecordedWithRegister(t *testing.T) {
	t.Parallel()
	f := opening()
	var handed api.HandOnInput
	f.signal = func(_ context.Context, id, name string, arg any) error {
		if id != api.RegisterID {
			return notThere
		}
		require.Equal(t, api.HandOn, name)
		handed = arg.(api.HandOnInput)
		return nil
	}
	c := newClient(t, f)
	c.Wait = 50 * time.Millisecond
	out, err := c.Command(t.Context(), 7, api.Update, incident.Update{Meta: incident.Meta{CommandID: "mine"}, Text: "Looking"})
	require.NoError(t, err)
	require.True(t, out.Recorded)
	require.Equal(t, 7, handed.Number)
	require.Equal(t, api.Update, handed.Name)
	var u incident.Update
	require.NoError(t, json.Unmarshal(handed.Input, &u))
	require.Equal(t, "Looking", u.Text)
	require.Equal(t, "mine", u.CommandID)
}

func TestAnIncidentThatIsBeingOpenedIsNotCalledMissing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := newClient(t, opening()).Snapshot(ctx, 7)
	require.ErrorContains(t, err, "the incident is being opened")
	_, refused := incident.AsProblem(err)
	require.False(t, refused)
}

func TestWhatBecameOfAnIncidentThatTakesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status enumspb.WorkflowExecutionStatus
		code   incident.Code
		words  string
	}{
		"never was":  {code: incident.CodeNotFound, words: "INC-8 does not exist, or has ended long ago"},
		"ended":      {status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, code: incident.CodeIllegal, words: "INC-8 has ended for good"},
		"terminated": {status: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, code: incident.CodeIllegal, words: "INC-8 was ended in Temporal"},
		"cancelled":  {status: enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, code: incident.CodeIllegal, words: "INC-8 was ended in Temporal"},
		"failed":     {status: enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, code: incident.CodeIllegal, words: "INC-8 was ended in Temporal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := opening()
			if c.status != 0 {
				f.status = c.status
				f.memo = func(id string) (*commonpb.Memo, error) {
					require.Equal(t, "INC-8", id)
					return nil, nil
				}
			}
			_, err := newClient(t, f).Command(t.Context(), 8, api.Resolve, incident.Resolve{})
			p, refused := incident.AsProblem(err)
			require.True(t, refused, "%v", err)
			require.Equal(t, c.code, p.Code)
			require.Contains(t, p.Reason, c.words)
		})
	}
}

func TestACommandIsNotCalledRecordedWhereNobodyCanTellWhetherItsIncidentExists(t *testing.T) {
	t.Parallel()
	f := opening()
	f.update = func(context.Context, client.UpdateWorkflowOptions) (any, error) {
		return nil, serviceerror.NewUnavailable("")
	}
	f.signal = func(context.Context, string, string, any) error { return notThere }
	f.query = func(string, string) (any, error) { return nil, serviceerror.NewFailedPrecondition("no poller") }
	_, err := newClient(t, f).Command(t.Context(), 8, api.Resolve, incident.Resolve{})
	require.ErrorIs(t, err, incidents.ErrNotRecorded)
}
