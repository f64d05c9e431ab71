package incidents_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/workflows/api"
)

// memoOf is the memo that an incident has in Temporal.
func memoOf(t *testing.T, i incident.Incident) func(string) (*commonpb.Memo, error) {
	t.Helper()
	m := &commonpb.Memo{Fields: map[string]*commonpb.Payload{api.MemoDeclared: payload(t, i.DeclaredAt)}}
	if i.Private {
		m.Fields[api.MemoMembers] = payload(t, api.MemberMarks(&i))
	} else {
		m.Fields[api.MemoTitle] = payload(t, i.Shown())
	}
	return func(string) (*commonpb.Memo, error) { return m, nil }
}

// queried are the calls that ask a worker.
func (f *fake) queried() []string {
	return slices.DeleteFunc(slices.Clone(f.calls), func(c string) bool { return !strings.HasPrefix(c, "query ") })
}

// An incident that there is not and one that an outsider may not see cost the same calls, with the
// same pauses, and have the same answer: neither a clock nor a worker that is away tells them apart.
func TestAbsentAndPrivateAreOnePath(t *testing.T) {
	t.Parallel()
	hidden := memoOf(t, private())
	absent := func(string) (*commonpb.Memo, error) { return nil, serviceerror.NewNotFound("no such workflow") }
	for _, viewer := range []incidents.Viewer{{}, {Person: "dan@example.com"}, {Person: "dan@example.com", Guest: true}} {
		for name, ask := range map[string]func(c *incidents.Client) error{
			"command": func(c *incidents.Client) error { return c.MayCommand(t.Context(), 3, viewer) },
			"show":    func(c *incidents.Client) error { _, err := c.SnapshotFor(t.Context(), 3, viewer); return err },
		} {
			var answers []error
			var calls [][]string
			for _, memo := range []func(string) (*commonpb.Memo, error){hidden, absent} {
				f := &fake{memo: memo, query: func(string, string) (any, error) { return private(), nil }}
				pauses := 0
				c := newClient(t, f)
				incidents.CountPauses(c, &pauses)
				answers = append(answers, ask(c))
				calls = append(calls, append(f.calls, strings.Repeat("pause ", pauses)))
			}
			require.Equal(t, newNotFound(3), answers[0], "%s %+v", name, viewer)
			require.Equal(t, answers[1], answers[0], "%s %+v", name, viewer)
			require.Equal(t, calls[1], calls[0], "%s %+v", name, viewer)
			require.NotContains(t, strings.Join(calls[0], " "), "query", "no worker is asked")
		}
	}
}

// Who is part of a private incident is in the memo, so that their commands are recorded too while no
// worker answers.
func TestCommandsOfMembersNeedNoWorkerEither(t *testing.T) {
	t.Parallel()
	owned := private()
	owned.FollowUps = []incident.FollowUp{{Number: 1, Owner: "erin@example.com"}}
	f := &fake{memo: memoOf(t, owned)}
	c := newClient(t, f)
	for _, member := range []string{"Alice@example.com", "bob@example.com", "carol@example.com"} {
		require.NoError(t, c.MayCommand(t.Context(), 3, incidents.Viewer{Person: member}), member)
	}
	require.Error(t, c.MayCommand(t.Context(), 3, incidents.Viewer{Person: "erin@example.com"}), "whom the tracker calls an owner, and nobody let in")
	require.Empty(t, f.queried())

	f.query = func(string, string) (any, error) {
		left := private()
		left.Responders = nil
		return left, nil
	}
	_, err := c.SnapshotFor(t.Context(), 3, incidents.Viewer{Person: "bob@example.com"})
	require.Equal(t, newNotFound(3), err, "the facts have the last word")
}

// In a burst the number is answered seconds before the incident can be described.
func TestAnIncidentThatIsBeingOpenedIsWaitedForBeforeAnybodyIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		incident incident.Incident
		err      error
	}{
		"public":  {incident: incident.Incident{Number: 3, Title: "Checkout is down"}},
		"private": {incident: private(), err: newNotFound(3)},
	} {
		asked := 0
		f := &fake{starting: []int{2, 3}, memo: func(string) (*commonpb.Memo, error) {
			if asked++; asked < 20 {
				return nil, serviceerror.NewNotFound("no such workflow")
			}
			return memoOf(t, c.incident)("")
		}}
		require.Equal(t, c.err, newClient(t, f).MayCommand(t.Context(), 3, incidents.Viewer{Person: "dan@example.com"}), name)
		require.GreaterOrEqual(t, asked, 20, name)
	}
}

func TestAMemoTellsNobodyByName(t *testing.T) {
	t.Parallel()
	i := private()
	m, err := memoOf(t, i)("")
	require.NoError(t, err)
	for _, secret := range []string{"Secret", "alice", "bob", "carol", "example.com"} {
		require.NotContains(t, m.String(), secret)
	}
	i.Private = false
	m, err = memoOf(t, i)("")
	require.NoError(t, err)
	require.NotContains(t, m.GetFields(), "members")
}
