package jirasim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/sims/jirasim"
	"muster/internal/sims/simkit"
)

// site is a simulator behind a real connection.
type site struct {
	t     testing.TB
	sim   *jirasim.Sim
	clock *simkit.ManualClock
	url   string
}

func newSite(t testing.TB, o jirasim.Options) *site {
	t.Helper()
	clock := simkit.NewManualClock(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC))
	o.Clock = clock
	sim := jirasim.New(o)
	server := httptest.NewServer(sim)
	t.Cleanup(func() {
		sim.Close()
		server.Close()
	})
	return &site{t, sim, clock, server.URL}
}

// ask makes a request with credentials and decodes the answer.
func (s *site) ask(method, path, body string) (int, map[string]any) {
	s.t.Helper()
	status, _, raw := s.askRaw(method, path, body)
	var answer map[string]any
	if len(raw) > 0 && raw[0] == '{' {
		require.NoError(s.t, json.Unmarshal(raw, &answer))
	}
	return status, answer
}

func (s *site) askRaw(method, path, body string) (int, http.Header, []byte) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(s.t, err)
	request.SetBasicAuth("muster-bot@example.com", "token")
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return response.StatusCode, response.Header, bytes.TrimSpace(raw)
}

func (s *site) create(fields string) string {
	s.t.Helper()
	status, answer := s.ask("POST", "/rest/api/2/issue", `{"fields":{"project":{"key":"INC"},"issuetype":{"name":"Incident"},`+fields+`}}`)
	require.Equal(s.t, http.StatusCreated, status, answer)
	return answer["key"].(string)
}

func found(answer map[string]any) []string {
	keys := []string{}
	list, _ := answer["issues"].([]any)
	for _, i := range list {
		key, _ := i.(map[string]any)["key"].(string)
		keys = append(keys, key)
	}
	return keys
}

func search(jql string) string {
	body, _ := json.Marshal(map[string]any{"jql": jql, "fields": []string{"labels"}})
	return string(body)
}

func TestSearchUnderstandsWhatMusterAsks(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{Projects: []jirasim.Project{jirasim.DefaultProject("INC"), jirasim.DefaultProject("OPS")}})
	a := s.create(`"summary":"a","labels":["x"]`)
	b := s.create(`"summary":"b","labels":["x","y"]`)
	_, child := s.ask("POST", "/rest/api/2/issue", `{"fields":{"project":{"key":"INC"},"issuetype":{"name":"Sub-task"},"parent":{"key":"`+a+`"},"summary":"c"}}`)
	c := child["key"].(string)
	for jql, want := range map[string][]string{
		`labels = "x"`:                             {b, a},
		`labels = x AND project = INC`:             {b, a},
		`project = "INC" and labels = "y"`:         {b},
		`project = OPS AND labels = "x"`:           {},
		`labels = "nope"`:                          {},
		`key in (` + a + `, "` + c + `")`:          {c, a},
		`issuekey = ` + b:                          {b},
		`parent = "` + a + `"`:                     {c},
		`project = INC`:                            {c, b, a},
		`labels in (x,y) AND key in (` + a + `)`:   {a},
		`labels = "a \"quoted\" and \\ backslash"`: {},
	} {
		status, answer := s.ask("POST", "/rest/api/2/search/jql", search(jql))
		require.Equal(t, http.StatusOK, status, "%s: %v", jql, answer)
		require.Equal(t, want, found(answer), jql)
	}
	require.Empty(t, s.sim.Unexpected())
}

func TestSearchRefusesTheRestInJirasWords(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{})
	for jql, want := range map[string]string{
		``:                         "Unbounded JQL",
		`project = NOPE`:           "The value 'NOPE' does not exist for the field 'project'.",
		`key = INC-99`:             "An issue with key 'INC-99' does not exist for field 'key'.",
		`text ~ "x"`:               "Field 'text' does not exist",
		`labels ~ x`:               "Expecting operator but got '~'",
		`labels`:                   "Expecting operator but got ''",
		`labels =`:                 "Expecting either a value",
		`labels = x XOR key = y`:   "Expecting either 'OR' or 'AND' but got 'XOR'",
		`(labels = x`:              "Expecting ')'",
		`updated >= "2026-11-01"`:  "Date value '2026-11-01' for field 'updated' is invalid",
		`updated = "-5m"`:          "The operator '=' is not supported",
		`labels = "x`:              "has not been completed",
		`key in INC-1`:             "Expecting '('",
		`key in (INC-1`:            "Expecting ",
		`labels = x ORDER BY text`: "Field 'text' does not exist",
	} {
		status, answer := s.ask("POST", "/rest/api/2/search/jql", search(jql))
		require.Equal(t, http.StatusBadRequest, status, jql)
		require.Contains(t, fmt.Sprint(answer["errorMessages"]), want, jql)
	}
	require.Contains(t, s.sim.Unexpected(), `JQL text ~ "x"`)
}

func TestSearchLagsAndReadingDoesNot(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{})
	s.sim.SetSearchLag(time.Minute)
	key := s.create(`"summary":"a","labels":["x"]`)
	_, answer := s.ask("POST", "/rest/api/2/search/jql", search("labels = x"))
	require.Empty(t, found(answer))
	status, issue := s.ask("GET", "/rest/api/2/issue/"+key+"?fields=summary", "")
	require.Equal(t, http.StatusOK, status)
	_, answer = s.ask("GET", "/rest/api/2/search/jql?jql=labels%3Dx&fields=labels&reconcileIssues="+issue["id"].(string), "")
	require.Equal(t, []string{key}, found(answer), "an issue that is named for reconciliation is found")

	s.clock.Advance(time.Minute)

	_, answer = s.ask("POST", "/rest/api/2/search/jql", search("labels = x"))
	require.Equal(t, []string{key}, found(answer))
}

func TestSearchComesInPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{})
	for range 5 {
		s.create(`"summary":"a","labels":["x"]`)
	}
	var keys []string
	token := ""
	for {
		_, answer := s.ask("POST", "/rest/api/2/search/jql", `{"jql":"labels = x","fields":["id"],"maxResults":2,"nextPageToken":"`+token+`"}`)
		keys = append(keys, found(answer)...)
		if answer["isLast"] == true {
			break
		}
		token = answer["nextPageToken"].(string)
	}
	require.Equal(t, []string{"INC-5", "INC-4", "INC-3", "INC-2", "INC-1"}, keys)
	status, _ := s.ask("POST", "/rest/api/2/search/jql", `{"jql":"labels = x","nextPageToken":"x"}`)
	require.Equal(t, http.StatusBadRequest, status)
	_, answer := s.ask("POST", "/rest/api/2/search/jql", `{"jql":"labels = x"}`)
	require.Equal(t, []string{"", "", "", "", ""}, found(answer), "without fields only IDs are shown")
}

func TestWhatIsUnknownIsCounted(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{})
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/rest/api/2/search?jql=x", http.StatusGone},
		{"POST", "/rest/api/2/search", http.StatusGone},
		{"GET", "/rest/api/2/nonesuch", http.StatusNotFound},
		{"GET", "/rest/api/2/issue/createmeta/INC/nonesuch", http.StatusNotFound},
		{"DELETE", "/rest/api/2/issue/INC-1", http.StatusMethodNotAllowed},
		{"GET", "/_sim/nonesuch", http.StatusNotFound},
	} {
		status, answer := s.ask(tt.method, tt.path, "{}")
		require.Equal(t, tt.status, status, tt.path)
		require.NotEmpty(t, answer["errorMessages"], tt.path)
	}
	require.Equal(t, []string{
		"GET /rest/api/2/search", "POST /rest/api/2/search", "GET /rest/api/2/nonesuch",
		"GET /rest/api/2/issue/createmeta/INC/nonesuch", "DELETE /rest/api/2/issue/INC-1", "GET /_sim/nonesuch",
	}, s.sim.Unexpected())
	s.sim.ForgetUnexpected()
	require.Empty(t, s.sim.Unexpected())
}

func TestOnlyTheRightCredentialsComeIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{Email: "bot@example.com", Token: "right"})
	for _, tt := range []struct {
		authorize func(*http.Request)
		want      int
	}{
		{func(r *http.Request) { r.SetBasicAuth("bot@example.com", "right") }, http.StatusOK},
		{func(r *http.Request) { r.Header.Set("Authorization", "Bearer right") }, http.StatusOK},
		{func(r *http.Request) { r.SetBasicAuth("bot@example.com", "wrong") }, http.StatusUnauthorized},
		{func(r *http.Request) { r.SetBasicAuth("other@example.com", "right") }, http.StatusUnauthorized},
		{func(*http.Request) {}, http.StatusUnauthorized},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/rest/api/2/myself", http.NoBody)
		require.NoError(t, err)
		tt.authorize(request)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		_ = response.Body.Close()
		require.Equal(t, tt.want, response.StatusCode)
	}
}

func TestCloudServesABadTokenAsAStranger(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{Email: "bot@example.com", Token: "right"})
	as := func(method, path, body, token string) (int, string, string) {
		request, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
		require.NoError(t, err)
		request.SetBasicAuth("bot@example.com", token)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer func() { _ = response.Body.Close() }()
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, response.Header.Get("X-Seraph-LoginReason"), string(text)
	}
	const create = `{"fields":{"project":{"key":"INC"},"issuetype":{"name":"Task"},"summary":"a","labels":["x"]}}`
	status, _, _ := as("POST", "/rest/api/2/issue", create, "right")
	require.Equal(t, http.StatusCreated, status)
	s.sim.ExpireToken()
	for _, tt := range []struct {
		method, path, body string
		status             int
		holds              string
	}{
		{"GET", "/rest/api/2/issue/INC-1", "", http.StatusNotFound, "Issue does not exist"},
		{"PUT", "/rest/api/2/issue/INC-1", `{"fields":{"summary":"b"}}`, http.StatusNotFound, "Issue does not exist"},
		{"POST", "/rest/api/2/search/jql", `{"jql":"labels = x"}`, http.StatusOK, `"issues":[]`},
		{"POST", "/rest/api/2/issue/bulkfetch", `{"issueIdsOrKeys":["INC-1"]}`, http.StatusOK, `"issueErrors":[],"issues":[]`},
		{"GET", "/rest/api/2/project/INC", "", http.StatusNotFound, "No project could be found"},
		{"GET", "/rest/api/2/mypermissions?permissions=BROWSE_PROJECTS", "", http.StatusOK, `"havePermission":false`},
		{"GET", "/rest/api/2/myself", "", http.StatusUnauthorized, "must be authenticated"},
		{"POST", "/rest/api/2/issue", create, http.StatusUnauthorized, "must be authenticated"},
	} {
		status, reason, body := as(tt.method, tt.path, tt.body, "right")
		require.Equal(t, tt.status, status, tt.path)
		require.Equal(t, "AUTHENTICATED_FAILED", reason, tt.path)
		require.Contains(t, body, tt.holds, tt.path)
	}
	s.sim.RenewToken()
	status, reason, _ := as("GET", "/rest/api/2/issue/INC-1", "", "right")
	require.Equal(t, http.StatusOK, status)
	require.Empty(t, reason)
	require.Equal(t, 1, s.sim.Count())
}

func TestWhatMayNotBeSeenIsAnsweredAsIfItWereNotThere(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{})
	key := s.create(`"summary":"a","labels":["x"]`)
	seen := func() (get int, found, fetched int) {
		get, _ = s.ask("GET", "/rest/api/2/issue/"+key, "")
		_, answer := s.ask("POST", "/rest/api/2/search/jql", `{"jql":"labels = x"}`)
		_, bulk := s.ask("POST", "/rest/api/2/issue/bulkfetch", `{"issueIdsOrKeys":["`+key+`","INC-99"]}`)
		require.Empty(t, bulk["issueErrors"], "what is not shown is no error")
		return get, len(answer["issues"].([]any)), len(bulk["issues"].([]any))
	}
	for name, hide := range map[string]struct{ do, undo func() }{
		"security level":    {func() { _ = s.sim.HideIssue(key) }, func() { _ = s.sim.ShowIssue(key) }},
		"browse permission": {func() { s.sim.SetPermission("BROWSE_PROJECTS", false) }, func() { s.sim.SetPermission("BROWSE_PROJECTS", true) }},
	} {
		hide.do()
		get, found, fetched := seen()
		require.Equal(t, []int{http.StatusNotFound, 0, 0}, []int{get, found, fetched}, name)
		hide.undo()
		get, found, fetched = seen()
		require.Equal(t, []int{http.StatusOK, 1, 1}, []int{get, found, fetched}, name)
	}
	require.NoError(t, s.sim.FailFetch(key, true))
	_, bulk := s.ask("POST", "/rest/api/2/issue/bulkfetch", `{"issueIdsOrKeys":["`+key+`"]}`)
	require.Empty(t, bulk["issues"])
	require.Len(t, bulk["issueErrors"], 1, "it may go well the next time")
}

func TestARefusedEditChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{})
	key := s.create(`"summary":"a","labels":["x"]`)
	before, _ := s.sim.Issue(key)
	for _, body := range []string{
		`{"fields":{"summary":"b","duedate":"tomorrow"}}`,
		`{"fields":{"summary":"b"},"update":{"labels":[{"add":"two words"}]}}`,
		`{"fields":{"summary":"b","labels":["y"]},"update":{"labels":[{"add":"z"}]}}`,
		`{"fields":{"summary":"b","customfield_1":"x"}}`,
		`{"fields":{"summary":""}}`, `{"fields":{"summary":"a\nb"}}`, `{"fields":{"assignee":{"accountId":"nobody"}}}`, `{}`, `{`,
	} {
		status, answer := s.ask("PUT", "/rest/api/2/issue/"+key, body)
		require.Equal(t, http.StatusBadRequest, status, "%s: %v", body, answer)
	}
	after, _ := s.sim.Issue(key)
	require.Equal(t, before, after)
	require.Len(t, s.sim.IssuesWithLabel("x"), 1)
	status, _ := s.ask("PUT", "/rest/api/2/issue/"+key, `{"update":{"labels":[{"add":"y"},{"remove":"x"}]}}`)
	require.Equal(t, http.StatusNoContent, status)
	require.Empty(t, s.sim.IssuesWithLabel("x"))
	require.Len(t, s.sim.IssuesWithLabel("y"), 1)
}

func TestTransitionsFollowTheWorkflow(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{})
	key := s.create(`"summary":"a"`)
	path := "/rest/api/2/issue/" + key + "/transitions"
	for _, step := range []struct {
		id     string
		status int
		now    string
	}{{"31", 400, "To Do"}, {"11", 204, "In Progress"}, {"11", 400, "In Progress"}, {"21", 204, "In Review"}, {"31", 204, "Done"}, {"41", 204, "To Do"}} {
		status, answer := s.ask("POST", path, `{"transition":{"id":"`+step.id+`"}}`)
		require.Equal(t, step.status, status, answer)
		issue, _ := s.sim.Issue(key)
		require.Equal(t, step.now, issue.Status)
		require.Equal(t, step.now == "Done", issue.Resolution == "Done")
	}
	status, answer := s.ask("POST", path, `{"transition":{"id":"11"},"fields":{"resolution":{"name":"Done"}}}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, fmt.Sprint(answer), "not on the appropriate screen")
}

func TestPropertiesLinksAndUsers(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{})
	a, b := s.create(`"summary":"a"`), s.create(`"summary":"b"`)
	path := "/rest/api/2/issue/" + a + "/properties/muster.key"
	for _, want := range []int{http.StatusCreated, http.StatusOK} {
		status, _ := s.ask("PUT", path, `{"any":"json"}`)
		require.Equal(t, want, status)
	}
	_, answer := s.ask("GET", path, "")
	require.Equal(t, map[string]any{"any": "json"}, answer["value"])
	status, _ := s.ask("GET", path+"x", "")
	require.Equal(t, http.StatusNotFound, status)
	_, answer = s.ask("GET", "/rest/api/2/issue/"+a+"/properties", "")
	require.Len(t, answer["keys"], 1)

	link := fmt.Sprintf(`{"type":{"name":"Duplicate"},"inwardIssue":{"key":%q},"outwardIssue":{"key":%q}}`, a, b)
	for range 2 {
		status, _ = s.ask("POST", "/rest/api/2/issueLink", link)
		require.Equal(t, http.StatusCreated, status)
	}
	_, answer = s.ask("GET", "/rest/api/2/issue/"+b+"?fields=issuelinks", "")
	require.Len(t, answer["fields"].(map[string]any)["issuelinks"], 1)
	_, answer = s.ask("GET", "/rest/api/2/issueLinkType", "")
	require.Len(t, answer["issueLinkTypes"], 4)

	s.sim.AddUser(jirasim.User{Email: "zoe@example.com", Name: "Zoe Zhang", HideEmail: true})
	_, _, raw := s.askRaw("GET", "/rest/api/2/user/search?query=zoe%40example.com", "")
	require.Contains(t, string(raw), "Zoe Zhang")
	require.NotContains(t, string(raw), "zoe@example.com")
	_, _, raw = s.askRaw("GET", "/rest/api/2/user/assignable/search?query=ali&project=INC", "")
	require.Contains(t, string(raw), "alice@example.com")
	status, _ = s.ask("GET", "/rest/api/2/user/search", "")
	require.Equal(t, http.StatusBadRequest, status)
	require.Empty(t, s.sim.Unexpected())
}

func TestDeletingTakesSubtasksAlong(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{})
	key := s.create(`"summary":"a","labels":["x"]`)
	s.ask("POST", "/rest/api/2/issue", `{"fields":{"project":{"key":"INC"},"issuetype":{"name":"Sub-task"},"parent":{"key":"`+key+`"},"summary":"c","labels":["x"]}}`)
	require.Len(t, s.sim.Children(key), 1)
	require.NoError(t, s.sim.Delete(key, "alice@example.com"))
	require.Empty(t, s.sim.Issues())
	require.Zero(t, s.sim.Count())
	require.Empty(t, s.sim.IssuesWithLabel("x"))
	require.Equal(t, "INC-3", s.create(`"summary":"b"`), "keys are never used again")
	require.Error(t, s.sim.Delete(key, ""))
	require.Error(t, s.sim.MoveTo("INC-3", "Nonesuch", ""))
	require.Error(t, s.sim.Assign("INC-3", "nobody@example.com", ""))
	require.Error(t, s.sim.SetDue("INC-3", "tomorrow", ""))
}

func TestTooManyWritesToOneIssue(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{})
	key, other := s.create(`"summary":"a"`), s.create(`"summary":"b"`)
	s.sim.LimitIssueWrites(2, 2*time.Second)
	edit := func(key string) (int, http.Header) {
		status, header, _ := s.askRaw("PUT", "/rest/api/2/issue/"+key, `{"fields":{"summary":"c"}}`)
		return status, header
	}
	for range 2 {
		status, _ := edit(key)
		require.Equal(t, http.StatusNoContent, status)
	}
	status, header := edit(key)
	require.Equal(t, http.StatusTooManyRequests, status)
	require.Equal(t, "2", header.Get("Retry-After"))
	require.Equal(t, "jira-per-issue-on-write", header.Get("RateLimit-Reason"))
	status, _ = edit(other)
	require.Equal(t, http.StatusNoContent, status)
	s.clock.Advance(2 * time.Second)
	status, _ = edit(key)
	require.Equal(t, http.StatusNoContent, status)
}

func TestThePageSeesAndDoes(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{})
	key := s.create(`"summary":"a"`)
	s.create(`"summary":"b"`)
	for path, body := range map[string]string{
		"move": `{"key":"INC-1","status":"Done","by":"bob@example.com"}`, "assign": `{"key":"INC-1","owner":"alice@example.com"}`,
		"due": `{"key":"INC-1","due":"2026-11-30"}`, "users": `{"email":"erin@example.com","name":"Erin Evans"}`, "lag": `{"lag":"2s"}`,
		"delete": `{"key":"INC-2"}`,
	} {
		status, answer := s.ask("POST", "/_sim/"+path, body)
		require.Equal(t, http.StatusNoContent, status, answer)
	}
	status, answer := s.ask("POST", "/_sim/move", `{"key":"INC-1","status":"Nonesuch"}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, answer["error"], "Nonesuch")
	_, state := s.ask("GET", "/_sim/state", "")
	require.InDelta(t, 1, state["total"], 0)
	require.Equal(t, "2s", state["search_lag"])
	issue := state["issues"].([]any)[0].(map[string]any)
	require.Equal(t, key, issue["key"])
	require.Equal(t, "Done", issue["status"])
	require.Equal(t, "alice@example.com", issue["owner"])
	require.Equal(t, "2026-11-30", issue["due"])
	status, _, raw := s.askRaw("GET", "/_sim/requests", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, string(raw), `"operation":"issue.create"`)
	_, created := s.ask("POST", "/_sim/faults", `{"operation":"issue.get","kind":"status","status":503}`)
	require.NotEmpty(t, created["id"])
	status, _ = s.ask("GET", "/rest/api/2/issue/"+key, "")
	require.Equal(t, http.StatusServiceUnavailable, status)
}

func TestDataCenterDiffers(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{Deployment: jirasim.DataCenter})
	key := s.create(`"summary":"a","labels":["x"],"assignee":{"name":"alice"}`)
	_, answer := s.ask("POST", "/rest/api/2/search", search("labels = x"))
	require.Equal(t, []string{key}, found(answer))
	_, answer = s.ask("GET", "/rest/api/2/search?jql=labels%3Dx", "")
	require.InDelta(t, 1, answer["total"], 0)
	_, answer = s.ask("GET", "/rest/api/2/issue/createmeta/INC/issuetypes", "")
	require.Len(t, answer["values"], 4)
	status, _ := s.ask("POST", "/rest/api/2/search/jql", search("labels = x"))
	require.Equal(t, http.StatusNotFound, status)
	require.Len(t, s.sim.Unexpected(), 1)
}

func TestEverybodyAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{})
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(sink.Close)
	s.sim.Webhooks.SetTarget(sink.URL)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for range 10 {
				key := s.create(fmt.Sprintf(`"summary":"a","labels":["l%d"]`, n))
				s.ask("GET", "/rest/api/2/issue/"+key, "")
				s.ask("PUT", "/rest/api/2/issue/"+key, `{"update":{"labels":[{"add":"z"}]}}`)
				s.ask("POST", "/rest/api/2/search/jql", search("labels = z"))
				s.ask("GET", "/_sim/state", "")
				_ = s.sim.MoveTo(key, "Done", "")
			}
		})
	}
	all.Wait()
	require.Equal(t, 80, s.sim.Count())
	require.Len(t, s.sim.IssuesWithLabel("z"), 80)
	require.NoError(t, s.sim.Webhooks.Wait(t.Context()))
	require.Len(t, s.sim.Webhooks.Delivered(), 240)
	require.Empty(t, s.sim.Unexpected())
}

// BenchmarkOpeningAnIncident creates an issue and looks it up by label among many others.
func BenchmarkOpeningAnIncident(b *testing.B) {
	sim := jirasim.New(jirasim.Options{})
	do := func(path, body string) {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.SetBasicAuth("a", "b")
		w := httptest.NewRecorder()
		sim.ServeHTTP(w, r)
		if w.Code >= 300 {
			b.Fatal(w.Body.String())
		}
	}
	create := func(n int) {
		do("/rest/api/2/issue", fmt.Sprintf(`{"fields":{"project":{"key":"INC"},"issuetype":{"name":"Incident"},"summary":"x","labels":["muster-%d","all"]}}`, n))
	}
	for n := range 20_000 {
		create(-n - 1)
	}
	b.ResetTimer()
	for n := range b.N {
		create(n)
		do("/rest/api/2/search/jql", search(fmt.Sprintf(`project = INC AND labels = "muster-%d"`, n)))
	}
}
