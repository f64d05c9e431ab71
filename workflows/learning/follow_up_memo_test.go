package learning

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
	"muster/workflows/worldtest"
)

// kept is what a follow-up told visibility while it ran.
type kept struct {
	*worldtest.World
	memos    []api.FollowUpListed
	statuses []string
	services [][]string
}

// follows makes a follow-up that tells visibility; now gives what its memo says.
func follows(t *testing.T) *kept {
	t.Helper()
	k := &kept{World: worldtest.New(t, "INC-1/follow-up/1", func(r worker.WorkflowRegistry) { r.RegisterWorkflow(FollowUp) })}
	k.Env.OnUpsertMemo(mock.MatchedBy(func(m map[string]any) bool {
		k.memos = append(k.memos, m[api.MemoFollowUp].(api.FollowUpListed))
		return true
	})).Return(nil)
	k.Env.OnUpsertTypedSearchAttributes(mock.MatchedBy(func(a temporal.SearchAttributes) bool {
		if s, ok := a.GetKeyword(mirror.AttrStatus); ok {
			k.statuses = append(k.statuses, s)
		}
		if s, ok := a.GetKeywordList(mirror.AttrServices); ok {
			k.services = append(k.services, s)
		}
		return true
	})).Return(nil)
	return k
}

func (k *kept) last() api.FollowUpListed { return k.memos[len(k.memos)-1] }

func (k *kept) runs(b api.FollowUpBrief, zone string) {
	k.T.Helper()
	p := worldtest.Policy()
	c := p.Calendar
	c.Zone = zone
	k.Env.ExecuteWorkflow(FollowUp, FollowUpInput{
		Incident: 1, Brief: b, Policy: p.FollowUps, Tracker: p.Tracker, Calendar: c, Settings: api.Settings{Installation: "test"},
	})
	require.NoError(k.T, k.Env.GetWorkflowError())
}

func proposal(at time.Time) api.FollowUpBrief {
	return api.FollowUpBrief{Brief: brief(), Services: []string{"checkout"}, FollowUp: incident.FollowUp{
		Number: 1, Title: "Alert on queue depth", Status: incident.FollowUpProposed, Owner: "alice@example.com", Priority: incident.PriorityHigh, ProposedAt: at,
	}}
}

func TestWhatListsShowFollowsTheFollowUp(t *testing.T) {
	k := follows(t)
	b := proposal(k.Env.Now())
	changed := func(after time.Duration, change func(b *api.FollowUpBrief)) {
		k.After(after, func() {
			before := b.FollowUp
			change(&b)
			b.FollowUp.Touched(incident.Actor{}, before)
			k.Env.SignalWorkflow(api.FollowUpChanged, b)
		})
	}
	k.After(time.Hour, func() {
		l := k.last()
		require.Equal(t, incident.Date("2026-12-16"), l.Due, "in 20 business days")
		require.Equal(t, time.Date(2026, 12, 17, 5, 0, 0, 0, time.UTC), l.Late, "when the day is over in New York")
		require.Equal(t, "Alert on queue depth", l.Title)
		require.Equal(t, incident.PriorityHigh, l.Priority)
		require.NotEmpty(t, l.Issue.Key)
	})
	changed(2*time.Hour, func(b *api.FollowUpBrief) {
		b.FollowUp.Status, b.FollowUp.Owner, b.FollowUp.Due, b.FollowUp.Labels = incident.FollowUpAccepted, "bob@example.com", "2027-01-11", []string{"queues"}
	})
	k.After(3*time.Hour, func() {
		l := k.last()
		require.Equal(t, "bob@example.com", l.Owner)
		require.Equal(t, incident.Date("2027-01-11"), l.Due)
		require.Equal(t, []string{"queues"}, l.Labels)
		require.Equal(t, 1, l.Revision, "buttons of a list are of what it shows")
		require.Equal(t, []string{"proposed", "accepted"}, k.statuses)
	})
	changed(4*time.Hour, func(b *api.FollowUpBrief) { b.Services = []string{"checkout", "search"} })
	changed(5*time.Hour, func(b *api.FollowUpBrief) { b.FollowUp.SnoozedUntil = k.Env.Now().Add(day) })
	k.After(6*time.Hour, func() {
		require.Equal(t, [][]string{{"checkout"}, {"checkout", "search"}}, k.services)
		require.NotZero(t, k.last().SnoozedUntil)
	})
	changed(7*time.Hour, func(b *api.FollowUpBrief) { b.FollowUp.Status = incident.FollowUpDone })
	k.runs(b, "America/New_York")
	require.Equal(t, []string{"proposed", "accepted", "done"}, k.statuses, "an upsert costs, so that there is one a change")
}

func TestListsSayNothingOfAPrivateIncidentsFollowUps(t *testing.T) {
	t.Parallel()
	b := proposal(time.Now())
	b.Private = true
	b.FollowUp.Due, b.FollowUp.Labels = "2026-12-16", []string{"secret"}
	b.FollowUp.Issue = incident.IssueRef{Key: "OPS-7"}
	attributes, memo := FollowUpListing(b, playbook.DefaultCalendar())
	require.Equal(t, map[string]any{api.AttrStatus: "proposed", api.AttrPrivate: true}, valuesOf(attributes), "its services would tell what it is about")
	b.Private = false
	open, _ := FollowUpListing(b, playbook.DefaultCalendar())
	require.Equal(t, map[string]any{api.AttrStatus: "proposed", api.AttrPrivate: false, api.AttrServices: []string{"checkout"}}, valuesOf(open))
	require.Equal(t, api.FollowUpListed{
		Private: true, Status: incident.FollowUpProposed, Due: "2026-12-16", Late: time.Date(2026, 12, 17, 0, 0, 0, 0, time.UTC),
	}, memo[api.MemoFollowUp])
}

// valuesOf are attributes by their names.
func valuesOf(updates []temporal.SearchAttributeUpdate) map[string]any {
	out := map[string]any{}
	for k, v := range temporal.NewSearchAttributes(updates...).GetUntypedValues() {
		out[k.GetName()] = v
	}
	return out
}
