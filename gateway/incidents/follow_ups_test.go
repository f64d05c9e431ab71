package incidents_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/workflows/api"
)

// visible is a visibility with follow-ups in it. It keeps what it was asked and gives pages of the
// size that was asked for.
type visible struct {
	t       *testing.T
	queries []string
	sizes   []int32
	all     []*workflowpb.WorkflowExecutionInfo
	private []*workflowpb.WorkflowExecutionInfo // incidents
}

// holds adds a private incident.
func (v *visible) holds(i incident.Incident) {
	memo, err := memoOf(v.t, i)("")
	require.NoError(v.t, err)
	v.private = append(v.private, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: i.Key()}, Memo: memo})
}

// found are those that a query finds, as far as it tells private ones from others.
func (v *visible) found(query string) []*workflowpb.WorkflowExecutionInfo {
	if strings.HasSuffix(query, "WorkflowType = 'Incident' AND ExecutionStatus = 'Running' AND MusterPrivate = true") {
		return v.private
	}
	if !strings.Contains(query, "MusterPrivate = false") {
		return v.all
	}
	var out []*workflowpb.WorkflowExecutionInfo
	for _, e := range v.all {
		var l api.FollowUpListed
		require.NoError(v.t, converter.GetDefaultDataConverter().FromPayload(e.GetMemo().GetFields()[api.MemoFollowUp], &l))
		key, _, _ := strings.Cut(e.GetExecution().GetWorkflowId(), "/")
		if !l.Private || strings.Contains(query, "OR MusterIncident IN ('"+key+"'))") {
			out = append(out, e)
		}
	}
	return out
}

func (v *visible) add(id, owner string, l api.FollowUpListed, services ...string) {
	attributes := map[string]*commonpb.Payload{}
	if owner != "" {
		attributes[api.AttrOwner] = payload(v.t, owner)
	}
	if len(services) > 0 {
		attributes[api.AttrServices] = payload(v.t, services)
	}
	v.all = append(v.all, &workflowpb.WorkflowExecutionInfo{
		Execution:        &commonpb.WorkflowExecution{WorkflowId: id},
		Memo:             &commonpb.Memo{Fields: map[string]*commonpb.Payload{api.MemoFollowUp: payload(v.t, l)}},
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: attributes},
	})
}

func (v *visible) list(r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	v.queries, v.sizes = append(v.queries, r.GetQuery()), append(v.sizes, r.GetPageSize())
	from := 0
	if token := string(r.GetNextPageToken()); token != "" {
		if _, err := fmt.Sscanf(token, "after %d", &from); err != nil {
			return nil, serviceerror.NewUnavailable("unable to deserialize page token") // as the server answers
		}
	}
	all := v.found(r.GetQuery())
	to := min(from+int(r.GetPageSize()), len(all))
	resp := &workflowservice.ListWorkflowExecutionsResponse{Executions: all[from:to]}
	if to < len(all) {
		resp.NextPageToken = fmt.Appendf(nil, "after %d", to)
	}
	return resp, nil
}

func accepted(title, owner string, due incident.Date, late time.Time) api.FollowUpListed {
	return api.FollowUpListed{Title: title, Owner: owner, Status: incident.FollowUpAccepted, Due: due, Late: late, Revision: 2}
}

// titles are those of a list, in its order.
func titles(l incidents.FollowUpList) []string {
	var out []string
	for _, f := range l.FollowUps {
		out = append(out, f.Title)
	}
	return out
}

func TestFollowUpsOfAllIncidentsThoseDueFirstInFront(t *testing.T) {
	t.Parallel()
	v := &visible{t: t}
	v.add("INC-3/follow-up/2", "", api.FollowUpListed{Title: "no date", Status: incident.FollowUpProposed, SnoozedUntil: now.Add(time.Hour)})
	v.add("INC-42/follow-up/1", "bob@example.com", api.FollowUpListed{
		Title: "Alert on disks", Owner: "bob@example.com", Status: incident.FollowUpAccepted, Due: "2026-11-20", Late: now.Add(-time.Hour), Kind: incident.FollowUpDetect,
		Priority: incident.PriorityHigh, Labels: []string{"disks"}, Urgent: true, Issue: incident.IssueRef{Key: "OPS-7"}, SnoozedUntil: now.Add(-time.Hour), Revision: 3,
	}, "checkout")
	v.add("INC-9/follow-up/1", "", api.FollowUpListed{Title: "later", Status: incident.FollowUpProposed, Due: "2026-12-24", Late: now.Add(-time.Hour)})
	v.add("INC-9/page/1", "", api.FollowUpListed{Title: "no follow-up"})
	list, err := newClient(t, &fake{list: v.list}).FollowUps(t.Context(), incidents.FollowUpFilter{})
	require.NoError(t, err)
	require.Equal(t, incidents.ListedFollowUp{
		Incident: 42, Key: "INC-42", Number: 1, Title: "Alert on disks", Status: incident.FollowUpAccepted, Owner: "bob@example.com", Due: "2026-11-20", Overdue: true,
		Kind: incident.FollowUpDetect, Priority: incident.PriorityHigh, Labels: []string{"disks"}, Urgent: true, Services: []string{"checkout"}, Issue: incident.IssueRef{Key: "OPS-7"}, Revision: 3,
	}, list.FollowUps[0])
	require.Equal(t, []string{"Alert on disks", "later", "no date"}, titles(list))
	require.False(t, list.FollowUps[1].Overdue, "nothing is overdue before it was decided")
	require.Equal(t, now.Add(time.Hour), list.FollowUps[2].SnoozedUntil)
	require.Empty(t, list.NextPageToken)
	require.Empty(t, list.Incomplete)
	require.Equal(t, []string{"WorkflowType = 'FollowUp' AND ExecutionStatus = 'Running' AND MusterStatus IN ('proposed', 'accepted') AND MusterPrivate = false"}, v.queries, "one that has ended may run on")
}

func TestWhatVisibilityIsAskedOfFollowUps(t *testing.T) {
	t.Parallel()
	const open = "WorkflowType = 'FollowUp' AND ExecutionStatus = 'Running' AND "
	for want, f := range map[string]incidents.FollowUpFilter{
		"MusterStatus IN ('accepted') AND MusterPrivate = false":                                                     {Overdue: true},
		"MusterStatus IN ('proposed') AND MusterPrivate = false":                                                     {Undecided: true},
		"MusterStatus IN ('proposed', 'accepted') AND MusterOwner = 'o''neil@example.com' AND MusterPrivate = false": {Owner: "O'Neil@example.com"},
		"MusterStatus IN ('proposed', 'accepted') AND MusterPrivate = false AND MusterServices = 'check''out'":       {Service: "Check'out"},
		"MusterStatus IN ('proposed', 'accepted') AND MusterIncident = 'INC-7' AND MusterPrivate = false":            {Incident: 7},
	} {
		v := &visible{t: t}
		_, err := newClient(t, &fake{list: v.list}).FollowUps(t.Context(), f)
		require.NoError(t, err)
		require.Equal(t, []string{open + want}, v.queries)
	}
	for field, f := range map[string]incidents.FollowUpFilter{
		"owner": {Owner: "bob"}, "service": {Service: "two\nlines"}, "limit": {Limit: incidents.MaxLimit + 1}, "page_token": {PageToken: "%"}, "undecided": {Overdue: true, Undecided: true},
	} {
		_, err := newClient(t, &fake{}).FollowUps(t.Context(), f)
		p, ok := incident.AsProblem(err)
		require.True(t, ok, field)
		require.Equal(t, field, p.Field)
		require.NotEmpty(t, p.Mend)
	}
	v := &visible{t: t}
	for n := range 3 {
		v.add(fmt.Sprintf("INC-%d/follow-up/1", n+1), "", api.FollowUpListed{Status: incident.FollowUpProposed})
	}
	c := newClient(t, &fake{list: v.list})
	list, err := c.FollowUps(t.Context(), incidents.FollowUpFilter{Limit: 2})
	require.NoError(t, err)
	asked := len(v.queries)
	for _, f := range []incidents.FollowUpFilter{
		{PageToken: "bm9uc2Vuc2U"}, {PageToken: list.NextPageToken[1:]}, {PageToken: list.NextPageToken + "AA"}, {PageToken: list.NextPageToken, Undecided: true},
	} {
		_, err := c.FollowUps(t.Context(), f)
		require.ErrorContains(t, err, "page_token: is none that was given out for this list")
	}
	require.Len(t, v.queries, asked, "the server, which takes it ill, is not asked")
}

// Whose a follow-up is and whether its day is over only the follow-up itself knows: visibility has
// whom it asks, who may be somebody else.
func TestOwnersAndOverdueAreToldByEachFollowUp(t *testing.T) {
	t.Parallel()
	v := &visible{t: t}
	v.add("INC-1/follow-up/1", "bob@example.com", accepted("his", "bob@example.com", "2026-11-19", now))
	v.add("INC-1/follow-up/2", "bob@example.com", accepted("asked of him", "", "2026-11-19", now.Add(time.Minute)))
	c := newClient(t, &fake{list: v.list})
	for want, f := range map[string]incidents.FollowUpFilter{"his": {Owner: "Bob@example.com"}, "asked of him": {Nobody: true}} {
		list, err := c.FollowUps(t.Context(), f)
		require.NoError(t, err)
		require.Equal(t, []string{want}, titles(list))
	}
	list, err := c.FollowUps(t.Context(), incidents.FollowUpFilter{Overdue: true})
	require.NoError(t, err)
	require.Equal(t, []string{"his"}, titles(list), "the other's day is not over where its owner is")
}

func TestAListGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	v := &visible{t: t}
	for n := range 100 { // every tenth is overdue
		late := now.Add(time.Hour)
		if n%10 == 0 {
			late = now
		}
		v.add(fmt.Sprintf("INC-%d/follow-up/1", n+1), "", accepted(fmt.Sprint(n), "", "2026-11-19", late))
	}
	c := newClient(t, &fake{list: v.list})
	var all []string
	f := incidents.FollowUpFilter{Overdue: true, Limit: 4}
	for {
		list, err := c.FollowUps(t.Context(), f)
		require.NoError(t, err)
		require.LessOrEqual(t, len(list.FollowUps), 4)
		all = append(all, titles(list)...)
		if f.PageToken = list.NextPageToken; f.PageToken == "" {
			break
		}
	}
	require.Equal(t, strings.Fields("0 10 20 30 40 50 60 70 80 90"), all, "each once, however few there are on a page")
	for _, size := range v.sizes {
		require.LessOrEqual(t, size, int32(4))
	}
	before := len(v.sizes)
	_, err := c.FollowUps(t.Context(), incidents.FollowUpFilter{Owner: "carol@example.com", Limit: 1})
	require.NoError(t, err)
	require.LessOrEqual(t, len(v.sizes)-before, 10, "a list is gathered from so many pages at most")
}

// A private incident's follow-ups are listed for those who may see them. For others they do not
// exist: not even that something was left out is said.
func TestPrivateFollowUpsAreListedForThoseWhoMaySeeThem(t *testing.T) {
	t.Parallel()
	secret := private()
	secret.FollowUps = []incident.FollowUp{{Number: 1, Title: "Secret work", Status: incident.FollowUpProposed, Owner: "bob@example.com", Labels: []string{"secret"}}}
	v := &visible{t: t}
	v.add("INC-3/follow-up/1", "bob@example.com", api.FollowUpListed{Private: true, Status: incident.FollowUpProposed, Due: "2026-12-24"})
	v.add("INC-4/follow-up/1", "", api.FollowUpListed{Title: "Public work", Status: incident.FollowUpProposed, Due: "2026-12-25"})
	v.holds(secret)
	f := &fake{list: v.list, query: func(string, string) (any, error) { return secret, nil }}
	c := newClient(t, f)
	for viewer, sees := range map[incidents.Viewer]bool{
		{}: false, {Person: "dan@example.com"}: false, {Person: "bob@example.com"}: true, {Person: "alice@example.com"}: true, {Private: true}: true,
	} {
		list, err := c.FollowUps(t.Context(), incidents.FollowUpFilter{Viewer: viewer})
		require.NoError(t, err)
		require.Empty(t, list.Incomplete)
		if !sees {
			require.Equal(t, []string{"Public work"}, titles(list), "%+v", viewer)
			continue
		}
		require.Equal(t, []string{"Secret work", "Public work"}, titles(list), "%+v", viewer)
		require.Equal(t, []string{"secret"}, list.FollowUps[0].Labels)
		require.True(t, list.FollowUps[0].Private)
	}

	f.query = func(string, string) (any, error) { return nil, serviceerror.NewUnavailable("away") }
	for viewer, want := range map[incidents.Viewer]struct {
		titles []string
		told   bool
	}{
		{Person: "dan@example.com"}: {[]string{"Public work"}, false},
		{Person: "bob@example.com"}: {[]string{"Public work"}, true},
		{Private: true}:             {[]string{"(private follow-up)", "Public work"}, true},
	} {
		list, err := c.FollowUps(t.Context(), incidents.FollowUpFilter{Viewer: viewer})
		require.NoError(t, err)
		require.Equal(t, want.titles, titles(list), "%+v", viewer)
		require.Equal(t, want.told, list.Incomplete != "", "%+v: %s", viewer, list.Incomplete)
	}
}

func TestWorkersAreAskedOfFewIncidentsAndOfEachOnce(t *testing.T) {
	t.Parallel()
	v := &visible{t: t}
	for n := range 50 {
		for k := range 2 {
			v.add(fmt.Sprintf("INC-%d/follow-up/%d", n+1, k+1), "", api.FollowUpListed{Private: true, Status: incident.FollowUpProposed})
		}
	}
	f := &fake{list: v.list, query: func(string, string) (any, error) {
		return incident.Incident{Private: true, FollowUps: []incident.FollowUp{{Number: 1, Title: "one"}, {Number: 2, Title: "two"}}}, nil
	}}
	list, err := newClient(t, f).FollowUps(t.Context(), incidents.FollowUpFilter{Limit: 100, Viewer: incidents.Viewer{Private: true}})
	require.NoError(t, err)
	require.Len(t, f.queried(), 20)
	require.Len(t, list.FollowUps, 100)
	require.Equal(t, "60 follow-ups could not be looked up, so that they are missing or shown by their numbers alone", list.Incomplete)
}

func TestGuestsSeeTheFollowUpsOfWhatTheyArePartOf(t *testing.T) {
	t.Parallel()
	v := &visible{t: t}
	v.add("INC-1/follow-up/1", "guest@example.com", api.FollowUpListed{Title: "theirs", Owner: "guest@example.com", Status: incident.FollowUpAccepted})
	v.add("INC-2/follow-up/1", "", api.FollowUpListed{Title: "another", Status: incident.FollowUpAccepted})
	f := &fake{list: v.list, query: func(id, _ string) (any, error) {
		i := incident.Incident{FollowUps: []incident.FollowUp{{Number: 1, Title: "another", Status: incident.FollowUpAccepted}}}
		if id == "INC-1" {
			i.FollowUps[0].Title, i.FollowUps[0].Owner = "theirs", "guest@example.com"
		}
		return i, nil
	}}
	list, err := newClient(t, f).FollowUps(t.Context(), incidents.FollowUpFilter{Viewer: incidents.Viewer{Person: "guest@example.com", Guest: true}})
	require.NoError(t, err)
	require.Equal(t, []string{"theirs"}, titles(list), "whoever owns a follow-up sees its incident")
}

func TestAListOfFollowUpsSaysWhyItCannot(t *testing.T) {
	t.Parallel()
	f := &fake{list: func(*workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
		return nil, serviceerror.NewUnavailable("connection refused")
	}}
	_, err := newClient(t, f).FollowUps(t.Context(), incidents.FollowUpFilter{})
	require.ErrorIs(t, err, incidents.ErrAway)
	require.ErrorContains(t, err, "list follow-ups")
}
