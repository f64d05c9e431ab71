package incidents_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/workflows/api"
)

func TestWhoeverCountsHearsWhatEverybodyWasAnswered(t *testing.T) {
	t.Parallel()
	away := serviceerror.NewUnavailable("connection refused")
	refusal := &incident.Problem{Code: incident.CodeInvalid, Reason: "it is resolved"}
	for _, tc := range []struct {
		want           string
		update, signal error
	}{
		{"slack done", nil, nil},
		{"slack refused", refusal, nil},
		{"slack recorded", away, nil},
		{"slack not_recorded", away, away},
		{"slack failed", errors.New("a defect"), nil},
	} {
		f := &fake{
			update: func(context.Context, client.UpdateWorkflowOptions) (any, error) { return resolved, tc.update },
			declare: func(context.Context, client.UpdateWithStartWorkflowOptions) (any, error) {
				return api.DeclareResult{Number: 7, Waking: &incident.Waking{}}, tc.update
			},
			signal: func(context.Context, string, string, any) error { return tc.signal },
		}
		c := newClient(t, f)
		var heard []string
		c.Answered = func(way incident.Way, a incidents.Answer) { heard = append(heard, string(way)+" "+string(a)) }
		by := incident.Actor{Person: "alice@example.com", Way: incident.WaySlack}
		_, _ = c.Command(t.Context(), 7, api.Resolve, incident.Resolve{Meta: incident.Meta{Actor: by}})
		require.Equal(t, []string{tc.want}, heard)

		if errors.Is(tc.update, away) {
			continue // to declare, a patient caller asks again and again
		}
		_, _ = c.Declare(t.Context(), "", incident.Declaration{Title: "Checkout is down", Actor: by})
		_, _, _ = c.DeclareOrRecord(t.Context(), "", "", incident.Declaration{Title: "Checkout is down", Actor: by})
		require.Equal(t, []string{tc.want, tc.want, tc.want}, heard)
	}
}
