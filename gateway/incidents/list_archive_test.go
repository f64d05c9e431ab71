package incidents_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	workflowpb "go.temporal.io/api/workflow/v1"

	"muster/archive"
	"muster/gateway/incidents"
	"muster/gateway/internal/gatewaytest"
	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
)

// held are the incidents of the searches, with follow-ups, and one that has ended lately and was Bob's.
func held() []*incident.Incident {
	past := gatewaytest.Past(monday())
	past[0].FollowUps = []incident.FollowUp{{Number: 1, Title: "Watch the disk", Status: incident.FollowUpDone, Owner: "bob@example.com", EndedAt: monday()}}
	past[1].FollowUps = []incident.FollowUp{{Number: 1, Title: "Change the locks", Status: incident.FollowUpAccepted, Owner: "bob@example.com", Due: "2026-02-20", Revision: 3}}
	lately := incident.New(4, incident.Declaration{
		Title: "A disk of Bob's", Severity: 4, Kind: incident.KindIncident, Actor: incident.Actor{Person: "bob@example.com", Way: incident.WayCLI},
	}, monday().AddDate(0, 0, -2))
	lately.Status, lately.ClosedAt = incident.StatusClosed, monday().AddDate(0, 0, -1)
	return append(past, lately)
}

func withArchive(t *testing.T) *gatewaytest.Searching {
	t.Helper()
	return gatewaytest.Search(t, monday, held()...)
}

var (
	bob   = incidents.Viewer{Person: "bob@example.com"}
	alice = incidents.Viewer{Person: "alice@example.com"}
)

func keysOf(l []incidents.Listed) []string {
	out := []string{}
	for _, i := range l {
		out = append(out, i.Key)
	}
	return out
}

// running is what visibility shows of an incident that runs.
func running(t *testing.T, number int, status incident.Status, private bool, people ...string) *workflowpb.WorkflowExecutionInfo {
	t.Helper()
	marks := []string{}
	for _, p := range people {
		marks = append(marks, api.MemberMark(number, p))
	}
	memo := map[string]any{api.MemoMembers: marks}
	if !private {
		memo = map[string]any{api.MemoTitle: fmt.Sprintf("Now %d", number), api.MemoPeople: marks}
	}
	return execution(t, incident.Key(number), map[string]any{api.AttrStatus: string(status), api.AttrSeverity: 2, api.AttrKind: "incident"}, memo)
}

// shows answers as visibility does: by number, or those that are not private.
func shows(all ...*workflowpb.WorkflowExecutionInfo) func(query string) []*workflowpb.WorkflowExecutionInfo {
	return func(query string) []*workflowpb.WorkflowExecutionInfo {
		var out []*workflowpb.WorkflowExecutionInfo
		for _, e := range all {
			named := strings.Contains(query, "'"+e.GetExecution().GetWorkflowId()+"'")
			private := e.GetMemo().GetFields()[api.MemoTitle] == nil
			switch {
			case !strings.Contains(query, "WorkflowType = 'Incident'"):
			case strings.HasSuffix(query, api.AttrPrivate+" = true"):
				if private {
					out = append(out, e)
				}
			case named, !strings.Contains(query, api.AttrIncident) && !private, strings.Contains(query, api.AttrPrivate+" = false") && !private:
				out = append(out, e)
			}
		}
		return out
	}
}

func TestAListOfAllTimesComesFromTheArchive(t *testing.T) {
	t.Parallel()
	c := withArchive(t)
	for who, want := range map[incidents.Viewer][]string{
		alice: {"INC-4", "INC-3", "INC-1"}, bob: {"INC-4", "INC-3", "INC-2", "INC-1"}, {Private: true}: {"INC-4", "INC-3", "INC-2", "INC-1"}, {}: {"INC-4", "INC-3", "INC-1"},
		{Person: "bob@example.com", Guest: true}: {},
	} {
		list, err := c.List(t.Context(), incidents.Filter{All: true, Viewer: who})
		require.NoError(t, err)
		require.Equal(t, want, keysOf(list.Incidents), "%+v", who)
		require.Empty(t, list.Note)
		if !who.Guest {
			require.Equal(t, incidents.SourceArchive, list.Source)
		}
	}
	list, err := c.List(t.Context(), incidents.Filter{Statuses: []incident.Status{incident.StatusClosed, incident.StatusOpen}, Service: "Checkout", Viewer: bob})
	require.NoError(t, err)
	require.Equal(t, []string{"INC-3", "INC-2", "INC-1"}, keysOf(list.Incidents))
	require.Equal(t, "Somebody <reads> the disk", list.Incidents[1].Title, "members read what it is about")
	list, err = c.List(t.Context(), incidents.Filter{Severity: 3, All: true, Viewer: bob})
	require.NoError(t, err)
	require.Equal(t, []string{"INC-3"}, keysOf(list.Incidents))

	list, err = c.List(t.Context(), incidents.Filter{Viewer: bob})
	require.NoError(t, err)
	require.Equal(t, incidents.SourceTemporal, list.Source, "what is open visibility knows")
	require.Empty(t, list.Incidents)
}

func TestWhatStillRunsIsAsTemporalHasIt(t *testing.T) {
	t.Parallel()
	c := withArchive(t)
	c.Visible = shows(
		running(t, 3, incident.StatusMitigated, false), running(t, 9, incident.StatusOpen, false), // nine began a moment ago
		running(t, 4, incident.StatusClosed, true, "bob@example.com"), // and four became private
	)
	list, err := c.List(t.Context(), incidents.Filter{All: true, Viewer: alice})
	require.NoError(t, err)
	require.Equal(t, []string{"INC-9", "INC-3", "INC-1"}, keysOf(list.Incidents), "what has become private is not there any more")
	require.Equal(t, incident.StatusMitigated, list.Incidents[1].Status)
	require.Equal(t, "Now 3", list.Incidents[1].Title)
	list, err = c.List(t.Context(), incidents.Filter{All: true, Viewer: bob})
	require.NoError(t, err)
	require.Equal(t, []string{"INC-9", "INC-4", "INC-3", "INC-2", "INC-1"}, keysOf(list.Incidents))
	list, err = c.List(t.Context(), incidents.Filter{All: true, Limit: 1, Viewer: alice})
	require.NoError(t, err)
	require.Equal(t, []string{"INC-9"}, keysOf(list.Incidents))
	list, err = c.List(t.Context(), incidents.Filter{All: true, Limit: 1, Viewer: alice, PageToken: list.NextPageToken})
	require.NoError(t, err)
	require.Equal(t, []string{"INC-3"}, keysOf(list.Incidents))
	list, err = c.List(t.Context(), incidents.Filter{All: true, Limit: 5, Viewer: alice, PageToken: list.NextPageToken})
	require.NoError(t, err)
	require.Equal(t, []string{"INC-1"}, keysOf(list.Incidents))
}

func TestAPageTokenIsOfItsSource(t *testing.T) {
	t.Parallel()
	c := withArchive(t)
	f := incidents.Filter{All: true, Limit: 2, Viewer: alice}
	first, err := c.List(t.Context(), f)
	require.NoError(t, err)
	require.Equal(t, []string{"INC-4", "INC-3"}, keysOf(first.Incidents))
	f.PageToken = first.NextPageToken
	second, err := c.List(t.Context(), f)
	require.NoError(t, err)
	require.Equal(t, []string{"INC-1"}, keysOf(second.Incidents))
	require.Empty(t, second.NextPageToken)

	refused := func(c *incidents.Client, f incidents.Filter, reason string) {
		t.Helper()
		_, err := c.List(t.Context(), f)
		p, ok := incident.AsProblem(err)
		require.True(t, ok, "%v", err)
		require.Equal(t, "page_token", p.Field)
		require.Contains(t, p.Reason, reason)
	}
	fk := &fake{first: "the-first-run"} // the same installation, without an archive
	without := paged(t, fk)
	without.Namespace = c.Namespace
	refused(without, f, "the archive has answered, and Temporal answers now")
	f.PageToken, f.Limit = "", 1
	temporals, err := without.List(t.Context(), f)
	require.NoError(t, err)
	require.NotEmpty(t, temporals.NextPageToken)
	f.PageToken = temporals.NextPageToken
	refused(c.Client, f, "Temporal has answered, and the archive answers now")
	f.PageToken, f.Viewer = first.NextPageToken, bob
	refused(c.Client, f, "none that was given out for this list")
	f.Viewer, f.Severity = alice, 2
	refused(c.Client, f, "none that was given out for this list")

	many := incidents.FollowUpFilter{All: true, Limit: 1, Viewer: bob}
	of, err := c.FollowUps(t.Context(), many)
	require.NoError(t, err)
	require.NotEmpty(t, of.NextPageToken)
	many.PageToken = of.NextPageToken
	_, err = without.FollowUps(t.Context(), many)
	require.ErrorContains(t, err, "the archive has answered, and Temporal answers now")
	of, err = c.FollowUps(t.Context(), many)
	require.NoError(t, err)
	require.Equal(t, []string{"Watch the disk"}, titles(of))
	require.Empty(t, of.NextPageToken)
}

func TestWithoutAnArchiveAListSaysWhatItLacks(t *testing.T) {
	t.Parallel()
	v := &visible{t: t}
	c := newClient(t, &fake{list: v.list})
	list, err := c.List(t.Context(), incidents.Filter{All: true})
	require.NoError(t, err)
	require.Equal(t, incidents.SourceTemporal, list.Source)
	require.Equal(t, "there is no archive: incidents that Temporal does not keep any more are not listed", list.Note)
	list, err = c.List(t.Context(), incidents.Filter{})
	require.NoError(t, err)
	require.Empty(t, list.Note)
	followUps, err := c.FollowUps(t.Context(), incidents.FollowUpFilter{All: true})
	require.NoError(t, err)
	require.Equal(t, incidents.NoArchiveNote, followUps.Note)

	away := &fault.Error{Vendor: archive.Vendor, Operation: "list", Class: fault.Retryable, Reason: "the database is busy"}
	c.Archive = broken{err: away}
	list, err = c.List(t.Context(), incidents.Filter{All: true})
	require.NoError(t, err)
	require.Equal(t, incidents.SourceTemporal, list.Source)
	require.Contains(t, list.Note, "the archive does not answer")
	own, err := c.Own(t.Context(), alice)
	require.NoError(t, err)
	require.Contains(t, own.Note, "the archive does not answer")
}

func TestTheArchiveStandsInForTemporal(t *testing.T) {
	t.Parallel()
	c := withArchive(t)
	c.Away.Store(true)
	list, err := c.List(t.Context(), incidents.Filter{Viewer: alice, Limit: 1})
	require.NoError(t, err)
	require.Equal(t, []string{"INC-3"}, keysOf(list.Incidents))
	require.Equal(t, incidents.SourceArchive, list.Source)
	require.Contains(t, list.Note, "Temporal does not answer; this is from the archive, whose newest change is of ")
	list, err = c.List(t.Context(), incidents.Filter{Viewer: bob, Limit: 1})
	require.NoError(t, err)
	require.Empty(t, list.NextPageToken)
	require.Contains(t, list.Note, "there is more")
	list, err = c.List(t.Context(), incidents.Filter{Viewer: alice, All: true})
	require.NoError(t, err)
	require.Equal(t, []string{"INC-4", "INC-3", "INC-1"}, keysOf(list.Incidents))
	require.Contains(t, list.Note, "Temporal does not answer")
	followUps, err := c.FollowUps(t.Context(), incidents.FollowUpFilter{Overdue: true, Viewer: bob})
	require.NoError(t, err)
	require.Equal(t, []string{"Change the locks"}, titles(followUps))
	require.True(t, followUps.FollowUps[0].Overdue)
	require.Equal(t, 3, followUps.FollowUps[0].Revision, "buttons carry it")
	require.Contains(t, followUps.Note, "Temporal does not answer")
	followUps, err = c.FollowUps(t.Context(), incidents.FollowUpFilter{Viewer: alice})
	require.NoError(t, err)
	require.Empty(t, followUps.FollowUps)
	c.Archive = broken{err: context.DeadlineExceeded}
	_, err = c.List(t.Context(), incidents.Filter{Viewer: alice})
	require.ErrorIs(t, err, incidents.ErrAway)
}

func TestFollowUpsOfAllTimesComeFromTheArchive(t *testing.T) {
	t.Parallel()
	c := withArchive(t)
	list, err := c.FollowUps(t.Context(), incidents.FollowUpFilter{All: true, Viewer: bob})
	require.NoError(t, err)
	require.Equal(t, []string{"Change the locks", "Watch the disk"}, titles(list))
	require.Equal(t, incidents.SourceArchive, list.Source)
	require.True(t, list.FollowUps[0].Private)
	require.Equal(t, []string{"checkout"}, list.FollowUps[0].Services)
	require.Equal(t, incident.FollowUpDone, list.FollowUps[1].Status)
	list, err = c.FollowUps(t.Context(), incidents.FollowUpFilter{All: true, Viewer: alice})
	require.NoError(t, err)
	require.Equal(t, []string{"Watch the disk"}, titles(list))
	c.Visible = shows(running(t, 1, incident.StatusClosed, true)) // it has become private
	list, err = c.FollowUps(t.Context(), incidents.FollowUpFilter{All: true, Viewer: alice})
	require.NoError(t, err)
	require.Empty(t, list.FollowUps)
	for _, f := range []incidents.FollowUpFilter{{All: true, Overdue: true}, {All: true, Undecided: true}} {
		_, err := c.FollowUps(t.Context(), f)
		require.ErrorContains(t, err, "what has ended is neither")
	}
}

func TestAHomeTabAsksTheArchiveAndOnePageOfVisibility(t *testing.T) {
	t.Parallel()
	c := withArchive(t)
	var queries []string
	visible := shows(
		running(t, 2, incident.StatusMitigated, true, "bob@example.com"), running(t, 3, incident.StatusOpen, false), running(t, 7, incident.StatusOpen, false, "bob@example.com"),
	)
	c.Visible = func(query string) []*workflowpb.WorkflowExecutionInfo {
		queries = append(queries, query)
		return visible(query)
	}
	own, err := c.Own(t.Context(), bob)
	require.NoError(t, err)
	mine := keysOf(own.Mine)
	slices.Sort(mine)
	require.Equal(t, []string{"INC-2", "INC-7"}, mine)
	require.Equal(t, []string{"INC-3"}, keysOf(own.Others))
	require.Equal(t, []string{"INC-4"}, keysOf(own.Ended))
	for _, l := range own.Mine {
		if l.Number == 2 {
			require.Equal(t, "Somebody <reads> the disk", l.Title, "the archive tells members, and no worker is asked")
			require.Equal(t, incident.StatusMitigated, l.Status, "visibility knows how it stands")
		}
	}
	require.Equal(t, map[int]bool{2: true}, own.Told)
	require.Equal(t, incidents.SourceArchive, own.Source)
	require.Empty(t, own.Note)
	require.LessOrEqual(t, len(queries), 5)

	own, err = c.Own(t.Context(), alice)
	require.NoError(t, err)
	require.Empty(t, own.Mine)
	require.Equal(t, []string{"INC-3", "INC-7"}, keysOf(own.Others))
	require.Empty(t, own.Ended)

	c.Visible = shows() // what has ended in the meantime, and what somebody was taken out of, is gone at once
	own, err = c.Own(t.Context(), bob)
	require.NoError(t, err)
	require.Empty(t, own.Mine)

	c.Away.Store(true)
	own, err = c.Own(t.Context(), bob)
	require.NoError(t, err)
	require.Equal(t, []string{"INC-2"}, keysOf(own.Mine))
	require.Equal(t, []string{"INC-3"}, keysOf(own.Others))
	require.Equal(t, []string{"Change the locks"}, titles(own.FollowUps))
	require.Contains(t, own.Note, "Temporal does not answer")
	own, err = c.Own(t.Context(), incidents.Viewer{Person: "bob@example.com", Guest: true})
	require.NoError(t, err)
	require.Equal(t, []string{"INC-2"}, keysOf(own.Mine))
	require.Empty(t, own.Others)
	own, err = c.Own(t.Context(), alice)
	require.NoError(t, err)
	require.Empty(t, own.Mine)
	require.Equal(t, []string{"INC-3"}, keysOf(own.Others))
}

// The broken archive answers no list either.
func (b broken) List(context.Context, archive.Wanted, archive.Viewer, archive.Page) (archive.Listed, error) {
	return archive.Listed{}, b.err
}

func (b broken) FollowUps(context.Context, archive.FollowUpsWanted, archive.Viewer, archive.FollowUpPage) ([]archive.FollowUp, bool, error) {
	return nil, false, b.err
}

func (b broken) Own(context.Context, archive.Viewer, time.Time) (archive.Own, error) {
	return archive.Own{}, b.err
}

func (b broken) AsOf(context.Context) (time.Time, error) { return time.Time{}, b.err }
