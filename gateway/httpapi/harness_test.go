package httpapi_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway"
	"muster/gateway/access"
	"muster/gateway/httpapi"
	"muster/gateway/incidents"
	"muster/gateway/internal/gatewaytest"
	"muster/incident"
	"muster/playbook"
	"muster/playbook/file"
	"muster/workflows/api"
)

// fake stands in for the client of the workflows. What it was asked it keeps; what it answers
// is set by the test.
type fake struct {
	gateway.Incidents // the webhooks' part, which is not asked

	book     *playbook.Playbook
	declared []incident.Declaration
	keys     []string
	result   api.DeclareResult

	number  int
	name    string
	command incident.Command
	outcome incidents.Outcome

	viewer   incidents.Viewer
	snapshot incident.Incident
	filter   incidents.Filter
	listed   []incidents.Listed
	next     string

	archive *gatewaytest.Searching

	followUpFilter incidents.FollowUpFilter
	followUps      incidents.FollowUpList

	err    error
	may    error
	hidden map[int]bool
}

func (f *fake) Declare(_ context.Context, key string, d incident.Declaration) (api.DeclareResult, error) {
	f.keys, f.declared = append(f.keys, key), append(f.declared, d)
	return f.result, f.err
}

func (f *fake) ReadTitle(d incident.Declaration) (incident.Declaration, playbook.Taken) {
	return f.book.FromAlert(d)
}

func (f *fake) MayCommand(_ context.Context, number int, v incidents.Viewer) error {
	f.viewer = v
	if f.hidden[number] {
		return &incident.Problem{Code: incident.CodeNotFound, Field: "incident", Reason: "does not exist"}
	}
	return f.may
}

func (f *fake) Command(_ context.Context, number int, name string, cmd incident.Command) (incidents.Outcome, error) {
	f.number, f.name, f.command = number, name, cmd
	return f.outcome, f.err
}

func (f *fake) Show(ctx context.Context, number int, v incidents.Viewer) (incidents.Shown, error) {
	f.number, f.viewer = number, v
	if f.archive != nil {
		return f.archive.Show(ctx, number, v)
	}
	return incidents.Shown{Incident: f.snapshot, Source: incidents.SourceTemporal}, f.err
}

func (f *fake) List(ctx context.Context, filter incidents.Filter) (incidents.List, error) {
	f.filter = filter
	if f.archive != nil {
		return f.archive.List(ctx, filter)
	}
	return incidents.List{Incidents: f.listed, NextPageToken: f.next, Source: incidents.SourceTemporal}, f.err
}

func (f *fake) Search(ctx context.Context, s incidents.Search) (incidents.Found, error) {
	if f.archive == nil {
		return incidents.New(incidents.Options{}).Search(ctx, s)
	}
	return f.archive.Search(ctx, s)
}

func (f *fake) FollowUps(ctx context.Context, filter incidents.FollowUpFilter) (incidents.FollowUpList, error) {
	f.followUpFilter = filter
	if f.archive != nil {
		return f.archive.FollowUps(ctx, filter)
	}
	f.followUps.Source = incidents.SourceTemporal
	return f.followUps, f.err
}

func (f *fake) Waking(i *incident.Incident) incident.Waking { return i.Waking(time.UTC) }

func (f *fake) WebURL(id string) string { return "http://ui.example.com/" + id }

// world is a gateway with a fake behind it.
type world struct {
	*fake
	t       *testing.T
	handler http.Handler
	logs    *bytes.Buffer
}

// The tokens of every world.
const (
	alices  = "alices-token-of-some-length"
	readers = "readers-token-of-some-length"
	insider = "insiders-token-of-some-length"
	lapsed  = "a-token-that-has-had-its-day"
	lasting = "a-token-that-has-a-day-left"
)

// today is what every world's clock says.
var today = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func newWorld(t *testing.T, change ...func(*gateway.Options)) *world {
	t.Helper()
	tokens, err := access.Parse("alice:alice@example.com:respond:" + access.Hash(alices) +
		",reader::read:" + access.Hash(readers) + ",insider::respond+private:" + access.Hash(insider) +
		",lapsed::read:" + access.Hash(lapsed) + ":2026-11-29,lasting::read:" + access.Hash(lasting) + ":2026-11-30")
	require.NoError(t, err)
	book, err := file.Parse("muster.yaml", file.Example, time.Now())
	require.NoError(t, err)
	w := &world{fake: &fake{book: book}, t: t, logs: &bytes.Buffer{}}
	o := gateway.Options{
		Incidents: w.fake, Auth: httpapi.NewTokens(tokens, func() time.Time { return today }),
		Logger: slog.New(slog.NewTextHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&o)
	}
	w.handler = gateway.New(o)
	return w
}

// call sends a request as alice, with JSON if there is a body.
func (w *world) call(method, path, body string, headers ...string) gatewaytest.Answer {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+alices)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for k := 0; k+1 < len(headers); k += 2 {
		r.Header.Set(headers[k], headers[k+1])
	}
	return w.send(r)
}

func (w *world) send(r *http.Request) gatewaytest.Answer {
	w.t.Helper()
	return gatewaytest.Send(w.t, w.handler, r)
}
