package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"muster/activities"
	"muster/archive/record"
	"muster/incident"
	"muster/workflows/api"
)

// answering is a Temporal that has one workflow, which answers for its record.
type answering struct {
	client.Client
	id   string
	with api.Record
	err  error
}

func (a answering) QueryWorkflow(_ context.Context, id, _, _ string, _ ...any) (converter.EncodedValue, error) {
	switch {
	case a.err != nil:
		return nil, a.err
	case id != a.id:
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	p, err := converter.GetDefaultDataConverter().ToPayloads(a.with)
	return client.NewValue(p), err
}

// A canary's drill has pages every hour, and nobody wants their records.
func TestWhatBelongsToACanaryIsKnown(t *testing.T) {
	t.Parallel()
	drill := func(by incident.Actor, kind incident.Kind) *incident.Incident {
		return incident.New(7, incident.Declaration{Title: "Drill", Severity: 2, Kind: kind, Actor: by}, time.Now())
	}
	page := func(kind incident.Kind) record.Record {
		state, err := json.Marshal(map[string]any{"brief": api.PageBrief{Brief: api.Brief{Kind: kind}}})
		require.NoError(t, err)
		return record.Record{Workflow: "INC-7/page/1", Type: api.TypePage, Incident: 7, State: state}
	}
	alice := incident.Actor{Person: "alice@example.com"}
	canary, somebodys := drill(incident.CanaryActor(), incident.KindDrill), drill(alice, incident.KindDrill)
	for name, c := range map[string]struct {
		record record.Record
		with   answering
		want   bool
	}{
		"the drill":             {record.Record{Incident: 7, Facts: canary}, answering{}, true},
		"its page":              {page(incident.KindDrill), answering{id: "INC-7", with: api.Record{Facts: canary}}, true},
		"somebody's drill":      {record.Record{Incident: 7, Facts: somebodys}, answering{}, false},
		"its page as well":      {page(incident.KindDrill), answering{id: "INC-7", with: api.Record{Facts: somebodys}}, false},
		"of one that is gone":   {page(incident.KindDrill), answering{}, false},
		"a page nobody asks of": {page(incident.KindIncident), answering{err: errors.New("is not asked")}, false},
		"Register":              {record.Record{State: json.RawMessage(`{"last":7}`)}, answering{err: errors.New("is not asked")}, false},
	} {
		got, err := activities.OfCanary(t.Context(), c.with, c.record)
		require.NoError(t, err, name)
		require.Equal(t, c.want, got, name)
	}
	_, err := activities.OfCanary(t.Context(), answering{err: errors.New("away")}, page(incident.KindDrill))
	require.ErrorContains(t, err, "away", "it is tried again, and not taken for somebody's")
}
