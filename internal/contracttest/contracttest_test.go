package contracttest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// fakeTB keeps what a test would be told.
type fakeTB struct {
	testing.TB
	mu       sync.Mutex
	logs     []string
	errors   []string
	cleanups []func()
}

func (f *fakeTB) Helper()          {}
func (f *fakeTB) Cleanup(c func()) { f.cleanups = append(f.cleanups, c) }

func (f *fakeTB) Logf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logs = append(f.logs, fmt.Sprintf(format, args...))
}

func (f *fakeTB) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}

type fatal string

func (f *fakeTB) Fatalf(format string, args ...any) {
	panic(fatal(fmt.Sprintf(format, args...)))
}

func folder(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(Folder)
	if dir == "" {
		t.Skipf("%s is not set", Folder)
	}
	return dir
}

// call is one request, as a client makes it.
type call struct {
	method, target, contentType, body string
	header                            map[string]string
}

func (c call) make() *http.Request {
	r := httptest.NewRequest(c.method, c.target, strings.NewReader(c.body))
	if c.body == "" {
		r.Body = http.NoBody
	}
	if c.contentType != "" {
		r.Header.Set("Content-Type", c.contentType)
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	return r
}

const (
	form     = "application/x-www-form-urlencoded"
	jsonBody = "application/json"
)

// pagerduty has the headers that its REST API wants on every request.
func pagerduty(method, target, body string, more ...string) call {
	header := map[string]string{"Accept": "application/vnd.pagerduty+json;version=2"}
	for i := 0; i < len(more); i += 2 {
		header[more[i]] = more[i+1]
	}
	return call{method: method, target: target, contentType: jsonBody, body: body, header: header}
}

func TestRequestsAgainstTheDescriptions(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	const resolve = `{"incident":{"type":"incident_reference","status":"resolved"}}`
	for _, tc := range []struct {
		description, name string
		call              call
		want              string // a part of the only violation; empty if there is none
	}{
		{"slack-web", "a message", call{"POST", "/api/chat.postMessage", form, "token=x&channel=C1&text=hi&unfurl_links=false", nil}, ""},
		{"slack-web", "a message without a channel", call{"POST", "/api/chat.postMessage", form, "text=hi", nil}, `property "channel" is missing`},
		{"slack-web", "a message as JSON", call{"POST", "/api/chat.postMessage", "application/json; charset=utf-8", `{"channel":"C1","blocks":[]}`, nil}, ""},
		{"slack-web", "an unknown argument in a form", call{"POST", "/api/chat.postMessage", form, "channel=C1&texd=hi", nil}, `argument "texd" is not in the description`},
		{"slack-web", "an unknown argument in JSON", call{"POST", "/api/chat.postMessage", jsonBody, `{"channel":"C1","texd":"hi"}`, nil}, `argument "texd"`},
		{"slack-web", "a wrong type in JSON", call{"POST", "/api/chat.postMessage", jsonBody, `{"channel":7}`, nil}, "/channel: value must be a string"},
		{"slack-web", "an unknown method", call{"POST", "/api/chat.shout", form, "", nil}, "does not have this path"},
		{"slack-web", "a link by GET", call{"GET", "/api/chat.getPermalink?channel=C1&message_ts=1.2", "", "", nil}, ""},
		{"slack-web", "a link by GET without its message", call{"GET", "/api/chat.getPermalink?channel=C1", "", "", nil}, `property "message_ts" is missing`},
		{"slack-web", "a write by GET", call{"GET", "/api/chat.postMessage?channel=C1", "", "", nil}, "not with this method"},
		{"slack-web", "another path", call{"POST", "/upload/F1", "", "bytes", nil}, ""},

		{"pagerduty-rest", "a list", pagerduty("GET", "/incidents?incident_key=K&date_range=all&statuses[]=resolved&statuses[]=triggered", ""), ""},
		{"pagerduty-rest", "an unknown filter", pagerduty("GET", "/incidents?incident_keys=K", ""), `query parameter "incident_keys" is not in the description`},
		{"pagerduty-rest", "an unknown status", pagerduty("GET", "/incidents?statuses[]=open", ""), "one of the allowed values"},
		{"pagerduty-rest", "a change", pagerduty("PUT", "/incidents/Q1", resolve, "From", "bot@example.com"), ""},
		{"pagerduty-rest", "a change by nobody", pagerduty("PUT", "/incidents/Q1", resolve), `parameter "From" in header`},
		{"pagerduty-rest", "no version", call{"GET", "/incidents/Q1", jsonBody, "", nil}, `parameter "Accept" in header`},
		{"pagerduty-rest", "no priority, but said", pagerduty("POST", "/incidents",
			`{"incident":{"type":"incident","title":"x","service":{"id":"S","type":"service_reference"},"priority":null}}`, "From", "bot@example.com"), "Value is not nullable"},
		{"pagerduty-rest", "an unknown path", pagerduty("GET", "/incident/Q1", ""), "does not have this path"},
		{"pagerduty-rest", "an event", call{"POST", "/v2/enqueue", jsonBody, `{}`, nil}, ""},
		{"pagerduty-rest", "the simulator's control", call{"GET", "/_sim/faults", "", "", nil}, ""},

		{"pagerduty-events-v2", "a trigger", call{"POST", "/v2/enqueue", jsonBody, event("trigger", "K", `{"summary":"s","severity":"critical","source":"x"}`), nil}, ""},
		{"pagerduty-events-v2", "a wrong severity", call{"POST", "/v2/enqueue", jsonBody, event("trigger", "K", `{"summary":"s","severity":"awful","source":"x"}`), nil}, "/payload/severity: value is not one of"},
		{"pagerduty-events-v2", "a trigger of nothing", call{"POST", "/v2/enqueue", jsonBody, `{"routing_key":"R","event_action":"trigger"}`, nil}, "needs a payload"},
		{"pagerduty-events-v2", "a resolve", call{"POST", "/v2/enqueue", jsonBody, `{"routing_key":"R","event_action":"resolve","dedup_key":"K"}`, nil}, ""},
		{"pagerduty-events-v2", "a resolve of nothing", call{"POST", "/v2/enqueue", jsonBody, `{"routing_key":"R","event_action":"resolve"}`, nil}, "need a dedup_key"},
		{"pagerduty-events-v2", "a long key", call{"POST", "/v2/enqueue", jsonBody, event("trigger", strings.Repeat("k", 256), `{"summary":"s","severity":"info","source":"x"}`), nil}, "longer than 255"},
		{"pagerduty-events-v2", "a long summary", call{"POST", "/v2/enqueue", jsonBody, event("trigger", "K", `{"summary":"`+strings.Repeat("s", 1025)+`","severity":"info","source":"x"}`), nil}, "longer than 1024"},

		{"jira-cloud-v2", "a search", call{"GET", "/rest/api/2/search/jql?jql=project%3DP&fields=summary,status&maxResults=5", "", "", nil}, ""},
		{"jira-cloud-v2", "a search with an unknown parameter", call{"GET", "/rest/api/2/search/jql?jql=project%3DP&startAt=5", "", "", nil}, `query parameter "startAt" is not in the description`},
		{"jira-cloud-v2", "a search with an unknown field", call{"POST", "/rest/api/2/search/jql", jsonBody, `{"jql":"project=P","startAt":5}`, nil}, `property "startAt" is unsupported`},
		{"jira-cloud-v2", "the old search", call{"GET", "/rest/api/2/search?jql=project%3DP", "", "", nil}, "does not have this path"},
		{"jira-cloud-v2", "the old createmeta", call{"GET", "/rest/api/2/issue/createmeta", "", "", nil}, "issue/createmeta was removed"},
		{"jira-cloud-v2", "no assignee", call{"PUT", "/rest/api/2/issue/P-1/assignee", jsonBody, `{"accountId":null}`, nil}, ""},
		{"jira-cloud-v2", "a body where none belongs", call{"GET", "/rest/api/2/myself", jsonBody, `{}`, nil}, "body"},

		{"jira-dc", "a search", call{"GET", "/rest/api/2/search?jql=project%3DP&fields=summary,status&startAt=5", "", "", nil}, ""},
		{"jira-dc", "a search with an unknown parameter", call{"GET", "/rest/api/2/search?jql=project%3DP&nextPageToken=x", "", "", nil}, `query parameter "nextPageToken"`},
		{"jira-dc", "the transitions with their fields", call{"GET", "/rest/api/2/issue/P-1/transitions?expand=transitions.fields", "", "", nil}, ""},
		{"jira-dc", "a property", call{"POST", "/rest/api/2/issue", jsonBody, `{"fields":{"summary":"s"},"properties":[{"key":"k","value":{"a":1}}]}`, nil}, ""},
		{"jira-dc", "the old createmeta", call{"GET", "/rest/api/2/issue/createmeta", "", "", nil}, "issue/createmeta was removed"},
		{"jira-dc", "an account, which only the cloud has", call{"GET", "/rest/api/2/user?accountId=a", "", "", nil}, `query parameter "accountId"`},
	} {
		t.Run(tc.description+"/"+tc.name, func(t *testing.T) {
			t.Parallel()
			tb := &fakeTB{}
			served := ""
			handler := check(tb, dir, tc.description, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				served = r.Method + " " + r.URL.String() + " " + string(body)
			}))

			handler.ServeHTTP(httptest.NewRecorder(), tc.call.make())

			require.Equal(t, tc.call.method+" "+tc.call.target+" "+tc.call.body, served, "valid or not, it is served as it came")
			if tc.want == "" {
				require.Empty(t, tb.errors)
				return
			}
			require.Len(t, tb.errors, 1)
			require.Contains(t, tb.errors[0], tc.want)
			path, _, _ := strings.Cut(tc.call.target, "?")
			require.Contains(t, tb.errors[0], "contract violation: "+tc.description+": "+tc.call.method+" "+path+": ")
		})
	}
}

func event(action, key, payload string) string {
	return fmt.Sprintf(`{"routing_key":"R","event_action":%q,"dedup_key":%q,"payload":%s}`, action, key, payload)
}

func TestAllThatIsWrongIsReported(t *testing.T) {
	t.Parallel()
	checker, err := NewChecker(folder(t), "pagerduty-rest")
	require.NoError(t, err)
	var violations []string
	handler := checker.Wrap(http.NotFoundHandler(), func(v string) { violations = append(violations, v) })
	request := pagerduty("POST", "/incidents/Q1/snooze?for=ever", `{"duration":0}`).make()
	handler.ServeHTTP(httptest.NewRecorder(), request)
	require.Len(t, violations, 3, violations)
}

func TestTheTwoOfPagerDutyShareAServer(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	tb := &fakeTB{}
	handler := check(tb, dir, "pagerduty-rest", check(tb, dir, "pagerduty-events-v2", http.NotFoundHandler()))
	for _, c := range []call{pagerduty("GET", "/incidents/Q1", ""), {"POST", "/v2/enqueue", jsonBody, event("trigger", "K", "{}"), nil}} {
		handler.ServeHTTP(httptest.NewRecorder(), c.make())
	}
	require.Len(t, tb.errors, 3, "only those of the incomplete payload: %v", tb.errors)
	for _, e := range tb.errors {
		require.Contains(t, e, "pagerduty-events-v2: POST /v2/enqueue")
	}
}

func TestChecksRunConcurrentlyAndEndWithTheirTest(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{}
	handler := check(tb, folder(t), "slack-web", http.NotFoundHandler())
	post := func() {
		handler.ServeHTTP(httptest.NewRecorder(), call{"POST", "/api/chat.postMessage", form, "text=hi", nil}.make())
	}
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(post)
	}
	clients.Wait()
	require.Len(t, tb.errors, 8)

	for _, cleanup := range tb.cleanups {
		cleanup()
	}
	post()
	require.Len(t, tb.errors, 8, "a test that is over is left alone")
}

func TestWithoutAFolderTheChecksAreSkippedAndSaySo(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{}
	next := http.NewServeMux()
	require.Same(t, next, check(tb, "", "slack-web", next))
	require.Equal(t, []string{"contract checks skipped: MUSTER_CONTRACTS is not set"}, tb.logs)
	require.Empty(t, tb.errors)
}

func TestAFolderThatIsSetMustBeRight(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.PanicsWithValue(t, fatal(`contract checks: unknown description "smtp"`), func() {
		check(&fakeTB{}, dir, "smtp", nil)
	})
	_, err := NewChecker(dir, "jira-dc")
	require.ErrorIs(t, err, os.ErrNotExist)

	require.NoError(t, os.Mkdir(filepath.Join(dir, "slim"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "slim", "jira-dc.slim.json"), []byte(`{"openapi":"3.0.1"}`), 0o600))
	_, err = NewChecker(dir, "jira-dc")
	require.ErrorContains(t, err, `validate description "jira-dc"`)
}
