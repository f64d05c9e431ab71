package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway/incidents"
	"muster/gateway/internal/gatewaytest"
	"muster/incident"
	"muster/internal/plaintest"
	"muster/workflows/api"
)

func TestDeclare(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.result = api.DeclareResult{Number: 7, Key: "INC-7"}
	a := w.call("POST", "/v1/incidents", `{"title":"Checkout is down","severity":1,"services":["checkout"],"private":true,"tags":["eu"]}`, "Idempotency-Key", "k1")
	a.Is(http.StatusCreated, `{"key":"INC-7","number":7,"existing":false,"links":[
		{"label":"INC-7","url":"/v1/incidents/INC-7"},{"label":"Temporal","url":"http://ui.example.com/INC-7"}]}`)
	require.Equal(t, "/v1/incidents/INC-7", a.Header.Get("Location"))
	require.Equal(t, incident.Declaration{
		Title: "Checkout is down", Severity: 1, Services: []string{"checkout"}, Private: true, Tags: []string{"eu"},
		Actor: incident.Actor{Person: "alice@example.com", Way: incident.WayAPI, Token: "alice"},
	}, w.declared[0])
	require.Equal(t, "alice/Declare/k1", w.keys[0], "two callers that use one key do not meet")

	w.result.Existing = true
	a = w.call("POST", "/v1/incidents", `{"title":"Checkout is down"}`)
	require.Equal(t, http.StatusOK, a.Status)
	made := a.Header.Get("Idempotency-Key")
	require.NotEmpty(t, made)
	require.Equal(t, "alice/Declare/"+made, w.keys[1], "a caller without a key is told the one that was made")
}

func TestDeclareReadsATitleWhereFieldsSayNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.result = api.DeclareResult{Number: 7, Key: "INC-7"}
	links := `"links":[{"label":"INC-7","url":"/v1/incidents/INC-7"},{"label":"Temporal","url":"http://ui.example.com/INC-7"}]`
	w.call("POST", "/v1/incidents", `{"title":"[P1] basket is down"}`).Is(http.StatusCreated, `{"key":"INC-7","number":7,"existing":false,`+links+`,
		"from_title":{"severity":1,"severity_words":"P1","service":"checkout","service_words":"basket"}}`)
	require.Equal(t, "basket is down", w.declared[0].Title)
	require.Equal(t, incident.Severity(1), w.declared[0].Severity)
	require.Equal(t, []string{"checkout"}, w.declared[0].Services)

	w.call("POST", "/v1/incidents", `{"title":"[P1] basket is down","severity":3,"services":[]}`).Is(http.StatusCreated, `{"key":"INC-7","number":7,"existing":false,`+links+`}`)
	require.Equal(t, "[P1] basket is down", w.declared[1].Title, "who says the severity has the title left alone")
	require.Empty(t, w.declared[1].Services, "an empty list says that none is meant")

	for _, title := range []string{"sev0 is a name", "sev1 or sev2", "disks service:unknown"} {
		w.call("POST", "/v1/incidents", `{"title":"`+title+`"}`).Is(http.StatusCreated, `{"key":"INC-7","number":7,"existing":false,`+links+`}`)
		require.Equal(t, title, w.declared[len(w.declared)-1].Title, "a program cannot be asked back, and is never refused for words")
	}
}

// What goes wrong behind the API is told in words for whoever calls it, and only the log has more.
func TestNoProblemSpeaksGo(t *testing.T) {
	t.Parallel()
	for how, cause := range plaintest.Broken() {
		for _, err := range []error{
			&incidents.NotRecordedError{ID: "k", Err: cause}, &incidents.NotRecordedError{ID: "k", Unconfirmed: true, Err: cause},
			fmt.Errorf("show INC-1: %w", cause), cause,
		} {
			w := newWorld(t)
			w.err = err
			for _, a := range []gatewaytest.Answer{
				w.call("POST", "/v1/incidents", `{"title":"x"}`), w.call("POST", "/v1/incidents/1/resolve", ""), w.call("GET", "/v1/incidents/1", ""), w.call("GET", "/v1/incidents", ""),
			} {
				require.GreaterOrEqual(t, a.Status, 400)
				plaintest.Plain(t, how, a.Body)
			}
		}
	}
	w := newWorld(t)
	for _, body := range []string{
		`{"text":"x","next":"30m"}`, `{"text":"x","next":5}`, `{"text":{}}`, `{"text":"x"`, `{"text":"x"}}`, `{"txet":"x"}`, `[]`, `"x"`, `<html>`, `{"text":"\ud800"}x`, `{"next":"2026-13-01T00:00:00Z"}`,
	} {
		a := w.call("POST", "/v1/incidents/1/update", body)
		require.Equal(t, http.StatusBadRequest, a.Status, body)
		plaintest.Plain(t, body, a.Body)
	}
	w.call("POST", "/v1/incidents/1/update", `{"text":"x","next":"30m"}`).Problem(http.StatusBadRequest, "invalid", "body")
}

func TestBodiesAreReadStrictly(t *testing.T) {
	t.Parallel()
	for body, field := range map[string]string{
		`{"title":"x","sevrity":1}`:           "sevrity",
		`{"title":"x","severity":"high"}`:     "severity",
		`{"title":"x","tags":"eu"}`:           "tags",
		`{"title":5}`:                         "title",
		`{"title":"x"`:                        "body",
		`{"title":"x"} {}`:                    "body",
		`[]`:                                  "body",
		`nonsense`:                            "body",
		`{"title":"x","actor":{"way":"cli"}}`: "actor",
		`{"title":"x","started_at":"today"}`:  "body",

		`{"title":"x","started_at":"0001-01-01T00:00:00Z"}`:  "started_at",
		`{"title":"x","resolved_at":"0001-01-01T00:00:00Z"}`: "resolved_at",
	} {
		w := newWorld(t)
		p := w.call("POST", "/v1/incidents", body).Problem(http.StatusBadRequest, "invalid", field)
		require.NotEmpty(t, p.Mend, body)
		require.NotContains(t, p.Error(), "Go ", body)
		require.Empty(t, w.declared, body)
	}
}

func TestBodiesThatAreNotWanted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.call("POST", "/v1/incidents", `{"title":"`+strings.Repeat("x", 1<<20)+`"}`).Problem(http.StatusRequestEntityTooLarge, "too_large", "body")
	w.call("POST", "/v1/incidents", `{"title":"x"}`, "Content-Type", "text/plain").Problem(http.StatusUnsupportedMediaType, "unsupported_media_type", "Content-Type")
	w.call("POST", "/v1/incidents", `{"title":"x"}`, "Content-Type", "").Problem(http.StatusUnsupportedMediaType, "unsupported_media_type", "Content-Type")
	w.call("POST", "/v1/incidents", `{"title":"x"}`, "Idempotency-Key", "a b").Problem(http.StatusBadRequest, "invalid", "Idempotency-Key")
	w.call("POST", "/v1/incidents", `{"title":"x"}`, "Idempotency-Key", strings.Repeat("k", 151)).Problem(http.StatusBadRequest, "invalid", "Idempotency-Key")
	w.call("POST", "/v1/incidents", `{"title":"x"}`, "Content-Type", "application/json; charset=iso-8859-1").Problem(http.StatusUnsupportedMediaType, "unsupported_media_type", "Content-Type")
	w.call("POST", "/v1/incidents", `{"title":"x"}`, "Content-Encoding", "gzip").Problem(http.StatusUnsupportedMediaType, "unsupported_media_type", "Content-Encoding")
	w.call("POST", "/v1/incidents", "{\"title\":\"Z\xfcrich\"}").Problem(http.StatusBadRequest, "invalid", "body")
	require.Empty(t, w.declared)
	w.call("POST", "/v1/incidents", `{"title":"x"}`, "Content-Type", "application/json; charset=utf-8")
	require.Len(t, w.declared, 1)
}

func TestEveryCommandOfTheTableHasAPath(t *testing.T) {
	t.Parallel()
	for _, spec := range incidents.Commands() {
		w := newWorld(t)
		w.outcome = incidents.Outcome{Result: incident.Result{Changed: true, Status: "open", Text: "Done"}}
		path := "/v1/incidents/inc-42/" + strings.ReplaceAll(spec.Path, "{number}", "3")
		w.call("POST", path, "", "Idempotency-Key", "k").Is(http.StatusOK, `{"key":"INC-42","changed":true,"status":"open","text":"Done"}`)
		require.Equal(t, 42, w.number)
		require.Equal(t, spec.Name, w.name)
		require.Equal(t, incident.Meta{
			CommandID: "alice/" + spec.Name + "/k", Actor: incident.Actor{Person: "alice@example.com", Way: incident.WayAPI, Token: "alice"},
		}, w.command.Head(), spec.Name)
	}
}

func TestAKeyThatWasUsedForAnotherCommandIsAConflict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.err = incident.UsedBefore()
	p := w.call("POST", "/v1/incidents/1/resolve", `{"text":"Over"}`, "Idempotency-Key", "k").Problem(http.StatusConflict, "conflict", "key")
	require.Equal(t, "use another key for another command", p.Mend)
}

func TestCommandsCarryTheirInput(t *testing.T) {
	t.Parallel()
	for path, tc := range map[string]struct {
		body string
		want incident.Command
	}{
		"resolve":             {`{"text":"Over","learning":"Disks fill up"}`, incident.Resolve{Text: "Over", Learning: "Disks fill up"}},
		"severity":            {`{"severity":2,"reason":"Worse"}`, incident.ChangeSeverity{Severity: 2, Reason: "Worse"}},
		"assign":              {`{"role":"scribe","person":"bob@example.com"}`, incident.Assign{Role: "scribe", Person: "bob@example.com"}},
		"acknowledge":         {`{"page":2}`, incident.Acknowledge{Page: 2}},
		"follow-ups":          {`{"title":"Alert on disks","owner":"bob@example.com","due":"2026-12-24"}`, incident.AddFollowUp{Title: "Alert on disks", Owner: "bob@example.com", Due: "2026-12-24"}},
		"follow-ups/12":       {`{"status":"dropped","reason":"No"}`, incident.ChangeFollowUp{Number: 12, Status: "dropped", Reason: "No"}},
		"follow-ups/14":       {`{"status":"accepted","claim":true,"labels":[],"kind":"detect","priority":"low"}`, incident.ChangeFollowUp{Number: 14, Status: "accepted", Claim: true, Labels: []string{}, Kind: "detect", Priority: "low"}},
		"follow-ups/2/merge":  {`{"into":1}`, incident.MergeFollowUp{Number: 2, Into: 1}},
		"follow-ups/2/snooze": {`{"until":"2026-12-18T09:00:00Z","reason":"Busy"}`, incident.SnoozeFollowUp{Number: 2, Until: time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC), Reason: "Busy"}},
		"follow-ups/13":       {`{"status":"done","number":13}`, incident.ChangeFollowUp{Number: 13, Status: "done"}},
		"review/held":         {`{"learning":"Much"}`, incident.HoldReview{Learning: "Much"}},
		"review/waive":        {`{"reason":"Trivial"}`, incident.WaiveReview{Reason: "Trivial"}},
		"update":              {`{"text":"Rolling back"}`, incident.Update{Text: "Rolling back"}},
		"retry":               {`{}`, incident.Retry{}},
		"title":               {`{"title":"Search is down"}`, incident.Retitle{Title: "Search is down"}},
		"join":                {`{"person":"Alice@example.com"}`, incident.Join{Person: "Alice@example.com"}},
		"reopen":              {`{"reason":"Not over"}`, incident.Reopen{Reason: "Not over"}},
		"cancel":              {`{"reason":"None"}`, incident.Cancel{Reason: "None"}},
		"mitigate":            {`{"text":"Failed over"}`, incident.Mitigate{Text: "Failed over"}},
	} {
		w := newWorld(t)
		require.Equal(t, http.StatusOK, w.call("POST", "/v1/incidents/1/"+path, tc.body).Status, path)
		spec, _ := incidents.Find(w.name)
		bare, err := spec.Stamp(w.command, incident.Meta{})
		require.NoError(t, err)
		require.Equal(t, tc.want, bare, path)
	}
	w := newWorld(t)
	w.call("POST", "/v1/incidents/1/follow-ups/x", "").Problem(http.StatusBadRequest, "invalid", "number")
	w.call("POST", "/v1/incidents/1/follow-ups/0/snooze", "").Problem(http.StatusBadRequest, "invalid", "number")
	w.call("POST", "/v1/incidents/1/follow-ups/1/merge", `{"number":2,"into":3}`).Problem(http.StatusBadRequest, "invalid", "number")
	w.call("POST", "/v1/incidents/1/follow-ups/1", `{"labels":"disks"}`).Problem(http.StatusBadRequest, "invalid", "labels")
	w.call("POST", "/v1/incidents/1/follow-ups/1", `{"number":2}`).Problem(http.StatusBadRequest, "invalid", "number")
	w.call("POST", "/v1/incidents/1/resolve", `{"command_id":"mine"}`).Problem(http.StatusBadRequest, "invalid", "actor")
	w.call("POST", "/v1/incidents/1/resolve", `{"lerning":"x"}`).Problem(http.StatusBadRequest, "invalid", "lerning")
	require.Nil(t, w.command)
}

func TestACommandThatIsOnlyRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.outcome = incidents.Outcome{Recorded: true, CommandID: "c"}
	w.call("POST", "/v1/incidents/1/resolve", "").Is(http.StatusAccepted, `{"key":"INC-1","recorded":true,"command_id":"c"}`)
}

func TestErrorsHaveAStatusEach(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err    error
		status int
		code   string
	}{
		{&incident.Problem{Code: incident.CodeInvalid, Reason: "r"}, 400, "invalid"},
		{&incident.Problem{Code: incident.CodeNotFound, Reason: "r"}, 404, "not_found"},
		{&incident.Problem{Code: incident.CodeIllegal, Reason: "r"}, 409, "illegal"},
		{&incident.Problem{Code: incident.CodeConflict, Reason: "r"}, 409, "conflict"},
		{&incidents.NotRecordedError{Err: errors.New("away")}, 503, "not_recorded"},
		{incidents.ErrAway, 503, "away"},
		{errors.New("the secret reason"), 500, "internal"},
	} {
		w := newWorld(t)
		w.err = tc.err
		a := w.call("POST", "/v1/incidents/1/resolve", "")
		a.Problem(tc.status, tc.code, "")
		require.Equal(t, tc.status == 503, a.Header.Get("Retry-After") != "")
		require.NotContains(t, a.Body, "secret reason")
		w.call("POST", "/v1/incidents", `{"title":"x"}`).Problem(tc.status, tc.code, "")
		w.call("GET", "/v1/incidents/1", "").Problem(tc.status, tc.code, "")
		w.call("GET", "/v1/incidents", "").Problem(tc.status, tc.code, "")
	}
}

func TestWhatIsNotRecordedSaysUnderWhichKeyToSendItAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.err = &incidents.NotRecordedError{ID: "alice/Declare/x", Unconfirmed: true, Err: errors.New("no room")}
	a := w.call("POST", "/v1/incidents", `{"title":"x"}`)
	p := a.Problem(http.StatusServiceUnavailable, "not_recorded", "")
	require.Equal(t, "no room", p.Reason)
	require.Equal(t, "send it again with Idempotency-Key: "+a.Header.Get("Idempotency-Key"), p.Mend)
	require.Equal(t, "2", a.Header.Get("Retry-After"))
}

func TestShow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.snapshot = incident.Incident{Number: 3, Title: "Checkout is down", Status: "open", DeclaredAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	w.call("GET", "/v1/incidents/%233", "").Is(http.StatusOK, `{"key":"INC-3","workflow_url":"http://ui.example.com/INC-3","number":3,"kind":"",
		"title":"Checkout is down","severity":0,"status":"open","declared_at":"2026-01-02T03:04:05Z","links":{},"timeline":null,"entries":0,"waking":{"line":"Nobody is being paged."},"source":"temporal"}`)
	require.Equal(t, 3, w.number)
}

func TestList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.call("GET", "/v1/incidents", "").Is(http.StatusOK, `{"incidents":[],"next_page_token":"","source":"temporal"}`)
	w.listed, w.next = []incidents.Listed{{Number: 1, Key: "INC-1", Title: "x", Status: "open", Kind: "incident", Severity: 2}}, "more"
	w.call("GET", "/v1/incidents?status=open,mitigated&status=closed&severity=2&service=checkout&limit=10&page_token=abc", "").Is(http.StatusOK,
		`{"incidents":[{"number":1,"key":"INC-1","title":"x","status":"open","kind":"incident","severity":2,"open_follow_ups":0,"snags":0,"declared_at":"0001-01-01T00:00:00Z"}],"next_page_token":"more","source":"temporal"}`)
	require.Equal(t, incidents.Filter{
		Statuses: []incident.Status{"open", "mitigated", "closed"}, Severity: 2, Service: "checkout", Limit: 10, PageToken: "abc",
		Viewer: incidents.Viewer{Person: "alice@example.com"},
	}, w.filter)
	w.call("GET", "/v1/incidents?all=true", "")
	require.True(t, w.filter.All)
	for query, field := range map[string]string{"state=open": "state", "status=sad": "status", "severity=high": "severity", "limit=0": "limit", "all=maybe": "all"} {
		w.call("GET", "/v1/incidents?"+query, "").Problem(http.StatusBadRequest, "invalid", field)
	}
}

func TestPrivateIncidents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.may = &incident.Problem{Code: incident.CodeNotFound, Field: "incident", Reason: "INC-1 does not exist"}
	w.call("POST", "/v1/incidents/1/resolve", "").Problem(http.StatusNotFound, "not_found", "incident")
	require.Nil(t, w.command, "nothing was asked of it")
	require.Equal(t, incidents.Viewer{Person: "alice@example.com"}, w.viewer)
	w.call("GET", "/v1/incidents/1", "", "Authorization", "Bearer "+insider)
	require.Equal(t, incidents.Viewer{Private: true}, w.viewer)
}

func TestTheCallerHangsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.err = errors.New("context canceled")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, "GET", "/v1/incidents/1", nil)
	r.Header.Set("Authorization", "Bearer "+alices)
	w.send(r).Problem(http.StatusServiceUnavailable, "away", "")
}

// A merge moves things into its target, so that whoever may not see the target may not merge into it.
func TestWhatIsNotSeenIsNotMergedIntoEither(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hidden = map[int]bool{9: true}
	w.call("POST", "/v1/incidents/INC-7/merge", `{"into":9}`).Problem(http.StatusNotFound, "not_found", "incident")
	require.Nil(t, w.command)
	w.call("POST", "/v1/incidents/INC-7/merge", `{"into":8}`)
	require.NotNil(t, w.command)
}

func TestFollowUpsAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.call("GET", "/v1/follow-ups", "").Is(http.StatusOK, `{"follow_ups":[],"next_page_token":"","source":"temporal"}`)
	alice := incidents.Viewer{Person: "alice@example.com"}
	require.Equal(t, incidents.FollowUpFilter{Viewer: alice}, w.followUpFilter)

	w.followUps = incidents.FollowUpList{NextPageToken: "more", Incomplete: "1 follow-up could not be looked up", FollowUps: []incidents.ListedFollowUp{{
		Incident: 42, Key: "INC-42", Number: 1, Title: "Alert on disks", Status: "accepted", Owner: "bob@example.com", Due: "2026-11-01", Overdue: true,
		Labels: []string{"disks"}, Issue: incident.IssueRef{ID: "10", Key: "OPS-7"}, Revision: 3,
	}}}
	w.call("GET", "/v1/follow-ups?overdue=true&owner=bob@example.com&service=checkout&limit=10&page_token=abc", "").Is(http.StatusOK, `{"follow_ups":[
		{"incident":42,"key":"INC-42","number":1,"title":"Alert on disks","status":"accepted","owner":"bob@example.com","due":"2026-11-01","overdue":true,
		"labels":["disks"],"issue":{"id":"10","key":"OPS-7"},"revision":3}],"next_page_token":"more","incomplete":"1 follow-up could not be looked up","source":"temporal"}`)
	require.Equal(t, incidents.FollowUpFilter{Overdue: true, Owner: "bob@example.com", Service: "checkout", Limit: 10, PageToken: "abc", Viewer: alice}, w.followUpFilter)
	w.call("GET", "/v1/follow-ups?owner=me&undecided=1", "")
	require.Equal(t, incidents.FollowUpFilter{Undecided: true, Owner: "alice@example.com", Viewer: alice}, w.followUpFilter)
	w.call("GET", "/v1/follow-ups?owner=nobody", "", "Authorization", "Bearer "+insider)
	require.Equal(t, incidents.FollowUpFilter{Nobody: true, Viewer: incidents.Viewer{Private: true}}, w.followUpFilter)

	for query, field := range map[string]string{"overdu=true": "overdu", "overdue=maybe": "overdue", "undecided=x": "undecided", "limit=0": "limit", "limit=many": "limit"} {
		w.call("GET", "/v1/follow-ups?"+query, "").Problem(http.StatusBadRequest, "invalid", field)
	}
	w.call("GET", "/v1/follow-ups?owner=me", "", "Authorization", "Bearer "+insider).Problem(http.StatusBadRequest, "invalid", "owner")
	w.call("GET", "/v1/follow-ups", "", "Authorization", "Bearer wrong").Problem(http.StatusUnauthorized, "unauthorized", "")
	w.err = incidents.ErrAway
	w.call("GET", "/v1/follow-ups", "").Problem(http.StatusServiceUnavailable, "away", "")
}

// What is wrong with a follow-up is said by its field, whichever workflow has refused it.
func TestAFollowUpThatIsRefusedNamesItsField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.err = incident.CheckDue("due", "9999-12-31", time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC))
	p := w.call("POST", "/v1/incidents/1/follow-ups", `{"title":"x","due":"9999-12-31"}`).Problem(http.StatusBadRequest, "invalid", "due")
	require.Equal(t, "choose a day within 5 years", p.Mend)
}
