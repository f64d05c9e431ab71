package e2e

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/internal/logs"
	"muster/internal/tracing"
	"muster/workflows/api"
)

// traced keeps every span that Muster makes.
func traced(kept *tracetest.SpanRecorder) option {
	return func(o *sandbox.Options) {
		o.Traces = tracing.With(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(kept)), slog.New(slog.DiscardHandler))
	}
}

// spansOf are the spans of a trace that have ended.
func spansOf(kept *tracetest.SpanRecorder, id string) []sdktrace.ReadOnlySpan {
	return slices.DeleteFunc(kept.Ended(), func(s sdktrace.ReadOnlySpan) bool { return s.SpanContext().TraceID().String() != id })
}

func namesOf(spans []sdktrace.ReadOnlySpan) []string {
	var names []string
	for _, s := range spans {
		names = append(names, s.Name())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// postsTraced sends a request to the gateway as a program that is traced itself.
func (m *installation) postsTraced(traceID, path, body string) string {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.t.Context(), http.MethodPost, m.Gateway+path, strings.NewReader(body))
	require.NoError(m.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Muster-Person", "bob@example.com")
	req.Header.Set("Traceparent", "00-"+traceID+"-00f067aa0ba902b7-01")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(m.t, err)
	defer func() { require.NoError(m.t, resp.Body.Close()) }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(m.t, err)
	require.Less(m.t, resp.StatusCode, 300, string(text))
	return string(text)
}

const (
	declareTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	resolveTrace = "aaaabbbbccccddddeeeeffff00001111"
)

// One declaration, followed from the request to each vendor's call; and one command, whose effects belong to its own
// trace, though the incident has replayed its history in between.
func TestOneTraceFollowsADeclarationAndAnotherACommand(t *testing.T) {
	t.Parallel()
	kept := tracetest.NewSpanRecorder()
	m := install(t, traced(kept), func(o *sandbox.Options) { o.NoWorker = true })
	stop := m.startsWorkers()
	m.postsTraced(declareTrace, "/v1/incidents", `{"title":"Checkout is down","severity":1,"services":["checkout"]}`)
	i := &opened{m: m, number: 1}
	i.isOpen()
	wants := func(trace string, names ...string) {
		t.Helper()
		m.eventually(func() bool {
			have := namesOf(spansOf(kept, trace))
			return !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(have, n) })
		}, "%v in the trace", names)
		t.Log(namesOf(spansOf(kept, trace)))
		// A span is kept once it has ended, so that a child may be there before its parent.
		m.eventually(func() bool { return stray(spansOf(kept, trace)) == "" }, "a whole trace: %s hangs below nothing", lazy(func() string { return stray(spansOf(kept, trace)) }))
	}
	wants(declareTrace, "POST /v1/incidents", "UpdateWithStartWorkflow:Declare", "HandleUpdate:Declare", "StartChildWorkflow:Incident",
		"slack conversations.create", "jira issue.create")

	stop()
	m.startsWorkers()
	m.postsTraced(resolveTrace, "/v1/incidents/1/resolve", `{}`)
	i.becomes("resolved", func(f incident.Incident) bool { return f.Status == incident.StatusResolved })
	wants(resolveTrace, "POST /v1/incidents/{incident}/"+strings.ToLower(api.Resolve), "UpdateWorkflow:Resolve", "HandleUpdate:Resolve", "slack chat.postMessage")
	first := 0
	for _, s := range kept.Ended() {
		if s.Name() == "HandleUpdate:Declare" {
			first++
		}
	}
	require.Equal(t, 1, first, "what is replayed makes no span again")
}

// stray is a span that hangs neither below another one of the trace nor below the caller's, or "".
func stray(spans []sdktrace.ReadOnlySpan) string {
	known := map[string]bool{"00f067aa0ba902b7": true}
	for _, s := range spans {
		known[s.SpanContext().SpanID().String()] = true
	}
	for _, s := range spans {
		if !known[s.Parent().SpanID().String()] {
			return s.Name()
		}
	}
	return ""
}

// words are what a private incident must not say in logs and traces, at any level: what people wrote, and who they are.
func (m *installation) words() map[string]string {
	out := map[string]string{"alice": "alice@example.com", "bob": "bob@example.com", "carol": "carol@example.com"}
	maps.Copy(out, secrets)
	for name, value := range m.Secrets() {
		if len(value) >= 8 {
			out[name] = value
		}
	}
	return out
}

// A private incident comes in over HTTP, is worked on in Slack, over HTTP and as the command line does, and is refused
// what it cannot do; logs at debug and traces tell neither a word of it nor who takes part.
func TestNeitherLogsNorTracesHaveAWordOfAPrivateIncident(t *testing.T) {
	t.Parallel()
	kept := tracetest.NewSpanRecorder()
	h := &heard{}
	m := install(t, aBookWithASecretService(t), h.listens(t), traced(kept), func(o *sandbox.Options) {
		o.Logger = slog.New(logs.Wrap(slog.NewTextHandler(h, &slog.HandlerOptions{Level: slog.LevelDebug})))
	})
	m.postsTraced(declareTrace, "/v1/incidents", fmt.Sprintf(
		`{"title":"The %s takeover","severity":1,"services":[%q],"tags":[%q],"private":true}`, secrets["title"], secrets["service"], secrets["tag"]))
	i := &opened{m: m, number: 1}
	i.becomes("open", func(f incident.Incident) bool { return f.Links.Board.ID != "" && f.Links.Tracker.Key != "" })
	m.postsTraced(declareTrace, "/v1/incidents/1/update", `{"text":"We saw `+secrets["update"]+`"}`)
	bob, carol := m.inSlack("bob@example.com"), m.inSlack("carol@example.com")
	bob.slash(i.channels()[0].Name, "note INC-1 "+secrets["update"])
	bob.slash(i.channels()[0].Name, secrets["second title"]+" is no command")
	carol.slash("incidents", "note INC-1 "+secrets["update"])
	status, _ := m.asks("POST", "/v1/incidents/"+secrets["title"]+"/update", `{"text":"x"}`)
	require.Equal(t, http.StatusBadRequest, status)
	i.does(api.Invite, incident.Invite{Meta: by("bob@example.com"), Person: "carol@example.com"})
	i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Rotate " + secrets["follow-up"], Owner: "alice@example.com"})
	i.becomes("with an issue", func(f incident.Incident) bool { return f.FollowUps[0].Issue.Key != "" })
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com"), Learning: "Never trust " + secrets["learning"]})
	i.becomes("with a review", func(f incident.Incident) bool { return f.Review() != nil && f.Review().Issue.Key != "" })

	_, logged := h.all()
	require.Contains(t, logged, "slack call", "the lines of debug are there")
	require.Contains(t, logged, "incident=INC-1", "and say which incident they are about")
	texts := map[string]string{"logs": logged, "traces": saidBy(kept)}
	require.Contains(t, texts["traces"], "INC-1")
	for where, text := range texts {
		for what, word := range m.words() {
			if at := strings.Index(strings.ToLower(text), strings.ToLower(word)); at >= 0 {
				t.Errorf("%s have %s: …%s…", where, what, text[max(0, at-200):min(len(text), at+80)])
			}
		}
	}
}

// saidBy is everything that the spans say.
func saidBy(kept *tracetest.SpanRecorder) string {
	var b strings.Builder
	for _, s := range kept.Ended() {
		fmt.Fprintln(&b, s.Name(), s.Attributes(), s.Events(), s.Status(), s.Resource())
	}
	return b.String()
}

// Twenty declarations one after another take as long with a collector that answers nobody as without one.
func TestACollectorThatHangsDelaysNoDeclaration(t *testing.T) { //nolint:paralleltest // OpenTelemetry reads the environment
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+l.Addr().String())
	traces, err := tracing.Start(t.Context(), os.LookupEnv, "test", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer traces.Stop()
	took := func(options ...option) time.Duration {
		m := install(t, options...)
		m.asks("POST", "/v1/incidents", `{"title":"The first is slower","severity":4}`)
		times := make([]time.Duration, 20)
		for k := range times {
			began := time.Now()
			status, answer := m.asks("POST", "/v1/incidents", fmt.Sprintf(`{"title":"Disk %d is full","severity":4}`, k))
			require.Equal(t, http.StatusCreated, status, answer)
			times[k] = time.Since(began)
		}
		slices.Sort(times)
		return times[len(times)/2]
	}
	without := took()
	with := took(func(o *sandbox.Options) { o.Traces = traces })
	t.Logf("a declaration takes %v without traces, %v with a collector that hangs", without, with)
	require.Less(t, with, 5*without+200*time.Millisecond, "it never waits for the ten seconds of an export")
}
