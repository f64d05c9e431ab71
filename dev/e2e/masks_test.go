package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"muster/dev/sandbox"
	"muster/gateway/access"
	"muster/gateway/httpapi"
	"muster/gateway/incidents"
	"muster/incident"
	"muster/workflows/api"
)

// The words that people and the playbook wrote of a private incident. None of them occurs anywhere else.
var secrets = map[string]string{
	"title": "quorvex", "service": "zanthil", "tag": "mirplaq", "learning": "dwelborn", "follow-up": "skrivane", "label": "ubblethorn",
	"update": "fennarock", "reason to drop": "grolpine", "second title": "plimbrat", "review waived": "ostrifex",
}

// heard is everything that Muster sent to vendors and wrote into its logs.
type heard struct {
	mu   sync.Mutex
	sent []sent
	logs bytes.Buffer
}

type sent struct{ vendor, path, body string }

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.logs.Write(p)
}

func (h *heard) all() ([]sent, string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.sent), h.logs.String()
}

// listens keeps every request to a vendor, as it was sent, and every line of the logs.
func (h *heard) listens(t *testing.T) option {
	t.Helper()
	return func(o *sandbox.Options) {
		o.Logger = slog.New(slog.NewTextHandler(h, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.TimeoutScale = 1 // a digest takes a while
		checks := contracts(t)
		o.Wrap = func(vendor string, next http.Handler) http.Handler {
			next = checks(vendor, next)
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					w.WriteHeader(http.StatusBadRequest)
					return
				}
				r.Body = io.NopCloser(bytes.NewReader(body))
				h.mu.Lock()
				h.sent = append(h.sent, sent{vendor, r.URL.RequestURI(), string(body)})
				h.mu.Unlock()
				next.ServeHTTP(w, r)
			})
		}
	}
}

// aBookWithASecretService has a service whose name must not leave a private incident, and a report.
func aBookWithASecretService(t *testing.T) option {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "muster.yaml"))
	require.NoError(t, err)
	book := strings.Replace(string(text), "services:\n", "services:\n  "+secrets["service"]+`:
    page: {credential: "env:PD_CHECKOUT", escalate: ["env:PD_PLATFORM"], ack_within: 10m}
    responders: [alice@example.com]
`, 1)
	book = strings.Replace(book, "escalate_after: 2,", `escalate_after: 2, report: {channels: ["#incidents"]},`, 1) +
		"calendars: {always: {zone: UTC, days: [mon, tue, wed, thu, fri, sat, sun], hours: 00:00-24:00}}\ncalendar: always\n"
	require.Contains(t, book, secrets["service"])
	require.Contains(t, book, "report:")
	path := filepath.Join(t.TempDir(), "muster.yaml")
	require.NoError(t, os.WriteFile(path, []byte(book), 0o600))
	return func(o *sandbox.Options) { o.Playbook = path }
}

// declaresPrivately opens a private incident that says every secret that can be declared.
func (m *installation) declaresPrivately(d incident.Declaration) *opened {
	m.t.Helper()
	d.Private, d.Actor = true, by("bob@example.com").Actor
	res, err := m.incidents.Declare(m.t.Context(), "", d)
	require.NoError(m.t, err)
	return &opened{m: m, number: res.Number}
}

// A private incident from its declaration to its end: whatever is sent outside of its own channel,
// shown in a list, by Temporal or to an outsider, and whatever is logged, has not one word of it.
func TestNoOutgoingTextOfAPrivateIncidentHasAWordOfIt(t *testing.T) {
	t.Parallel()
	h := &heard{}
	m := install(t, aBookWithASecretService(t), h.listens(t))
	m.Sims.Slack.AddChannel("news")
	i := m.declaresPrivately(incident.Declaration{
		Title: "The " + secrets["title"] + " takeover", Severity: 1, Services: []string{secrets["service"]}, Tags: []string{secrets["tag"]},
	})
	i.becomes("open", func(f incident.Incident) bool { return f.Links.Board.ID != "" && f.Links.Tracker.Key != "" })
	livesThrough(i)

	own := i.facts().Links.Channel.ID
	require.NotEmpty(t, own)
	m.outsidersLook(t, i)
	m.reports(t)

	for what, text := range m.outgoing(t, h, own) {
		for kind, word := range secrets {
			if at := strings.Index(strings.ToLower(text), word); at >= 0 {
				t.Errorf("%s has the %s: …%s…", what, kind, text[max(0, at-160):min(len(text), at+60)])
			}
		}
	}
}

// livesThrough does to an incident what people do, with every secret that can still be told.
func livesThrough(i *opened) {
	bob := by("bob@example.com")
	i.does(api.Assign, incident.Assign{Meta: bob, Role: incident.RoleCommander, Person: "bob@example.com"})
	i.does(api.Update, incident.Update{Meta: bob, Text: "We saw " + secrets["update"]})
	i.does(api.Retitle, incident.Retitle{Meta: bob, Title: "The " + secrets["second title"] + " of " + secrets["title"]})
	i.does(api.ChangeSeverity, incident.ChangeSeverity{Meta: bob, Severity: 2})
	i.does(api.Acknowledge, incident.Acknowledge{Meta: bob, Person: "alice@example.com"})
	i.does(api.RaisePage, incident.RaisePage{Meta: bob, Target: "platform"})
	for n, title := range []string{"Rotate " + secrets["follow-up"], "Second " + secrets["follow-up"], "Third " + secrets["follow-up"]} {
		i.does(api.AddFollowUp, incident.AddFollowUp{
			Meta: bob, Title: title, Owner: []string{"alice@example.com", "", "bob@example.com"}[n], Labels: []string{secrets["label"]}, Kind: incident.FollowUpDetect,
		})
	}
	i.becomes("with issues", func(f incident.Incident) bool {
		return f.FollowUps[0].Issue.Key != "" && f.FollowUps[1].Issue.Key != "" && f.FollowUps[2].Issue.Key != ""
	})
	i.does(api.Resolve, incident.Resolve{Meta: bob, Learning: "Never trust " + secrets["learning"]})
	i.becomes("with a review", func(f incident.Incident) bool { return f.Review() != nil && f.Review().Issue.Key != "" })
	i.m.eventually(func() bool { return len(i.m.owed("bob@example.com")) == 3 }, "all have soaked, and wait for a decision")
	asked := 0
	i.m.eventually(func() bool { // visibility lags, and a digest that finds nobody ends
		if asked++; asked%100 == 1 {
			require.NoError(i.m.t, i.m.incidents.TriggerDigests(i.m.t.Context()))
		}
		return len(i.m.digested("bob@example.com")) > 0
	}, "a digest goes out")
	i.does(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: bob, Number: 1, Status: incident.FollowUpAccepted})
	i.does(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: bob, Number: 2, Status: incident.FollowUpDropped, Reason: "For " + secrets["reason to drop"]})
	i.does(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: bob, Number: 1, Status: incident.FollowUpDone})
	i.does(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: bob, Number: 3, Status: incident.FollowUpDone})
	i.does(api.WaiveReview, incident.WaiveReview{Meta: bob, Reason: "Because of " + secrets["review waived"]})
	i.becomes("closed", func(f incident.Incident) bool { return f.Status == incident.StatusClosed })
}

// reports has the week's report made now.
func (m *installation) reports(t *testing.T) {
	t.Helper()
	require.NoError(t, m.Client.ScheduleClient().GetHandle(t.Context(), api.ReportID).Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	m.eventually(func() bool {
		n, err := m.Client.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: "default", Query: "WorkflowType = '" + api.TypeReport + "' AND ExecutionStatus = 'Completed'",
		})
		return err == nil && n.GetCount() > 0
	}, "the report is made")
	require.False(t, says(m.slackChannel("incidents"), "of private incidents"), "a channel that everybody reads is not told how many there are")
}

// outsidersLook lets somebody who is no part of it look wherever people look in Slack.
func (m *installation) outsidersLook(t *testing.T, i *opened) {
	t.Helper()
	carol := m.inSlack("carol@example.com")
	for _, line := range []string{"list", "list all", "show " + i.key(), "join " + i.key(), "follow-ups", "follow-up list " + i.key(), "note " + i.key() + " hello", "follow-up accept " + i.key() + " 1", "search", "search severity<=5", "search " + i.key(), "search private:yes"} {
		r := carol.slash("news", "/incident "+line)
		for kind, word := range secrets {
			require.NotContains(t, strings.ToLower(r.Body), word, "/incident %s tells an outsider the %s", line, kind)
		}
	}
	require.NoError(t, carol.OpensHome())
	m.eventually(func() bool { _, shown := carol.Home(); return shown }, "her home tab is there")
}

// outgoing is every text by its place, but for what went to the incident's own channel.
func (m *installation) outgoing(t *testing.T, h *heard, own string) map[string]string {
	t.Helper()
	out := map[string]string{}
	calls, logs := h.all()
	out["the log"] = logs
	vendors := map[string]int{}
	for n, c := range calls {
		if inside(c, own) {
			continue
		}
		plain, err := url.QueryUnescape(c.body)
		if err != nil {
			plain = c.body
		}
		out[fmt.Sprintf("request %d to %s %s", n, c.vendor, c.path)] = c.body + "\n" + plain
		vendors[c.vendor]++
	}
	require.Subset(t, []string{"jira", "pagerduty", "slack"}, keysOf(vendors))
	require.Len(t, vendors, 3, "every vendor was heard")
	maps.Copy(out, m.inTemporal(t))
	return out
}

func keysOf(m map[string]int) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// inside reports whether a request went to the incident's own channel, or makes it: nobody sees it
// who is not in it.
func inside(c sent, own string) bool {
	if c.vendor != "slack" {
		return false
	}
	form, err := url.ParseQuery(c.body)
	if err != nil {
		return false
	}
	var asJSON struct {
		Channel string `json:"channel"`
	}
	_ = json.Unmarshal([]byte(c.body), &asJSON) // what is no JSON is a form
	return form.Get("channel") == own || form.Get("channel_id") == own || asJSON.Channel == own ||
		(strings.HasSuffix(c.path, "conversations.create") && form.Get("is_private") == "true")
}

// inTemporal is what lists and the Web UI show of every workflow before anybody opens its history:
// attributes, memo, summaries, details, and the summaries of its timers and activities.
func (m *installation) inTemporal(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	var token []byte
	for {
		resp, err := m.Client.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: "default", NextPageToken: token})
		require.NoError(t, err)
		for _, e := range resp.GetExecutions() {
			m.readsWorkflow(t, e, out)
		}
		if token = resp.GetNextPageToken(); len(token) == 0 {
			break
		}
	}
	require.NotEmpty(t, out)
	return out
}

func (m *installation) readsWorkflow(t *testing.T, e *workflowpb.WorkflowExecutionInfo, out map[string]string) {
	t.Helper()
	id, run := e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId()
	out["search attributes of "+id] = payloads(e.GetSearchAttributes().GetIndexedFields())
	out["memo of "+id] = payloads(e.GetMemo().GetFields())
	d, err := m.Client.DescribeWorkflowExecution(t.Context(), id, run)
	require.NoError(t, err)
	out["summary of "+id] = string(d.GetExecutionConfig().GetUserMetadata().GetSummary().GetData()) + string(d.GetExecutionConfig().GetUserMetadata().GetDetails().GetData())
	if v, err := m.Client.QueryWorkflow(t.Context(), id, run, "__temporal_workflow_metadata"); err == nil {
		var shown sdkpb.WorkflowMetadata
		require.NoError(t, v.Get(&shown))
		out["details of "+id] = shown.GetCurrentDetails()
	}
	var summaries []string
	history := m.Client.GetWorkflowHistory(t.Context(), id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		summaries = append(summaries, string(event.GetUserMetadata().GetSummary().GetData()), string(event.GetUserMetadata().GetDetails().GetData()))
	}
	out["summaries in the history of "+id] = strings.Join(summaries, "\n")
}

func payloads(fields map[string]*commonpb.Payload) string {
	var b strings.Builder
	for name, p := range fields {
		fmt.Fprintf(&b, "%s=%s\n", name, p.GetData())
	}
	return b.String()
}

// served is the HTTP API as production serves it: with tokens.
func (m *installation) served(t *testing.T) *httptest.Server {
	t.Helper()
	tokens, err := access.Check([]access.Token{
		{Name: "bot", Scopes: access.Scopes{access.Respond}, SHA256: access.Hash("bots-token-of-some-length")},
		{Name: "dan", Person: "dan@example.com", Scopes: access.Scopes{access.Respond}, SHA256: access.Hash("dans-token-of-some-length")},
		{Name: "bob", Person: "bob@example.com", Scopes: access.Scopes{access.Respond}, SHA256: access.Hash("bobs-token-of-some-length")},
		{Name: "eye", Scopes: access.Scopes{access.Respond, access.Private}, SHA256: access.Hash("eyes-token-of-some-length")},
	})
	require.NoError(t, err)
	mux := http.NewServeMux()
	httpapi.Mount(mux, httpapi.Options{Incidents: m.incidents, Auth: httpapi.NewTokens(tokens, time.Now), Logger: slog.New(slog.DiscardHandler)})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// calls is one request with a token, answered with status and body.
func calls(t *testing.T, s *httptest.Server, token, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

// page is one page of a list.
type page struct {
	Incidents     []incidents.Listed         `json:"incidents"`
	FollowUps     []incidents.ListedFollowUp `json:"follow_ups"`
	NextPageToken string                     `json:"next_page_token"`
}

func (p page) keys() []string {
	var out []string
	for _, i := range p.Incidents {
		out = append(out, i.Key)
	}
	for _, f := range p.FollowUps {
		out = append(out, f.Key)
	}
	return out
}

// Lists are full pages of what their reader may see. Filters, gaps and tokens tell nothing of the rest.
func TestListsNeverTellWhatTheyHide(t *testing.T) {
	t.Parallel()
	m := install(t)
	var public []string
	for _, title := range []string{"One", "Two", "Three"} {
		i := m.declares("bob@example.com", title, 4, "checkout")
		public = append(public, i.key())
		i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Look"})
	}
	hidden := m.declaresPrivately(incident.Declaration{Title: "Insider takeover", Severity: 2, Services: []string{"search"}})
	hidden.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Look"})
	mine := append(slices.Clone(public), hidden.key())
	s := m.served(t)

	walk := func(token, path string) (keys []string, pages int) {
		t.Helper()
		at := path
		for {
			status, body := calls(t, s, token, "GET", at, "")
			require.Equal(t, http.StatusOK, status, body)
			var p page
			require.NoError(t, json.Unmarshal([]byte(body), &p))
			if p.NextPageToken != "" {
				require.Len(t, p.keys(), 1, "a page that is not the last one is full")
				raw, err := base64.RawURLEncoding.DecodeString(p.NextPageToken)
				require.NoError(t, err)
				for _, told := range []string{"RunID", "StartTime", "CloseTime", "2026-", "INC-"} {
					require.NotContains(t, string(raw), told)
				}
			}
			keys, pages = append(keys, p.keys()...), pages+1
			if p.NextPageToken == "" {
				slices.Sort(keys)
				return keys, pages
			}
			at = path + "&page_token=" + url.QueryEscape(p.NextPageToken)
		}
	}
	for _, list := range []string{"/v1/incidents?limit=1", "/v1/follow-ups?limit=1"} {
		for token, want := range map[string][]string{"bots-token-of-some-length": public, "dans-token-of-some-length": public, "bobs-token-of-some-length": mine, "eyes-token-of-some-length": mine} {
			m.eventually(func() bool {
				keys, _ := walk(token, list)
				return slices.Equal(keys, want)
			}, "%s lists %v at %s", token, want, list)
		}
		for _, filter := range []string{"&service=search", "&severity=2", "&status=open&severity=2"} {
			if strings.Contains(list, "follow-ups") && !strings.Contains(filter, "service") {
				continue
			}
			for _, token := range []string{"bots-token-of-some-length", "dans-token-of-some-length"} {
				keys, pages := walk(token, list+filter)
				require.Empty(t, keys, filter)
				require.Equal(t, 1, pages, "nothing goes on where nothing is: %s", filter)
			}
			for _, token := range []string{"bobs-token-of-some-length", "eyes-token-of-some-length"} {
				keys, _ := walk(token, list+filter)
				require.Equal(t, []string{hidden.key()}, keys, "who may see it finds it: %s %s", token, filter)
			}
		}
	}

	_, body := calls(t, s, "bobs-token-of-some-length", "GET", "/v1/incidents?limit=1", "")
	var first page
	require.NoError(t, json.Unmarshal([]byte(body), &first))
	status, body := calls(t, s, "bots-token-of-some-length", "GET", "/v1/incidents?limit=1&page_token="+url.QueryEscape(first.NextPageToken), "")
	require.Equal(t, http.StatusBadRequest, status, "another's token is of no use: %s", body)
	require.Contains(t, body, "page_token")
}

// For outsiders a private incident and one that never was have the same answers at every door of the
// API, and whoever is invited gets in with the next request.
func TestAPrivateIncidentIsAnsweredAsOneThatNeverWas(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declaresPrivately(incident.Declaration{Title: "Insider takeover", Severity: 2, Services: []string{"search"}})
	i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Look"})
	s := m.served(t)
	asks := map[string]string{
		"GET /v1/incidents/%s": "", "POST /v1/incidents/%s/join": `{"person":"dan@example.com"}`, "POST /v1/incidents/%s/update": `{"text":"x"}`,
		"POST /v1/incidents/%s/follow-ups/1": `{"status":"done"}`, "POST /v1/incidents/%s/resolve": `{}`,
	}
	for ask, body := range asks {
		method, path, _ := strings.Cut(ask, " ")
		for _, token := range []string{"bots-token-of-some-length", "dans-token-of-some-length"} {
			private, told := calls(t, s, token, method, fmt.Sprintf(path, i.key()), body)
			absent, never := calls(t, s, token, method, fmt.Sprintf(path, "INC-4711"), body)
			require.Equal(t, http.StatusNotFound, private, "%s: %s", ask, told)
			require.Equal(t, absent, private, ask)
			require.Equal(t, strings.ReplaceAll(never, "INC-4711", i.key()), told, ask)
		}
	}
	i.does(api.Invite, incident.Invite{Meta: by("bob@example.com"), Person: "dan@example.com"})
	status, body := calls(t, s, "dans-token-of-some-length", "GET", "/v1/incidents/"+i.key(), "")
	require.Equal(t, http.StatusOK, status, body)
	require.Contains(t, body, "Insider takeover")
}

// Whoever declares with an alert key that a private incident holds is told that it is taken care of,
// and not by which one.
func TestAnAlertKeyDoesNotNameAPrivateIncident(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declaresPrivately(incident.Declaration{Title: "Insider takeover", Severity: 4, AlertKey: "vault/unsealed"})
	s := m.served(t)
	declare := func(token, title string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/v1/incidents", strings.NewReader(`{"title":"`+title+`","severity":4,"alert_key":"vault/unsealed"}`))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set(httpapi.KeyHeader, "the-same-key")
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		defer func() { require.NoError(t, resp.Body.Close()) }()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Empty(t, resp.Header.Get("Location"))
		return resp.StatusCode, string(text)
	}
	for range 2 { // and not when the same declaration is sent again either
		status, body := declare("dans-token-of-some-length", "The vault is open")
		require.Equal(t, http.StatusOK, status, body)
		require.JSONEq(t, `{"existing": true, "hidden": true}`, body)
	}
	status, body := declare("dans-token-of-some-length", "Something else")
	require.Equal(t, http.StatusConflict, status, body)
	require.NotContains(t, body, i.key())

	_, body = calls(t, s, "bobs-token-of-some-length", "POST", "/v1/incidents", `{"title":"The vault is open","severity":4,"alert_key":"vault/unsealed"}`)
	require.Contains(t, body, `"key":"`+i.key()+`"`, "a member is led to it")
	i.becomes("told of the alert", func(f incident.Incident) bool {
		return slices.ContainsFunc(f.Timeline, func(e incident.Entry) bool { return e.Event == "repeated" })
	})
}
