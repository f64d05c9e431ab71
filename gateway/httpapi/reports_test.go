package httpapi_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/archive/reports"
	"muster/gateway"
)

// archived answers every question with one row.
type archived struct {
	asked []reports.Ask
	err   error
}

func (a *archived) Report(_ context.Context, ask reports.Ask) (*reports.Report, error) {
	a.asked = append(a.asked, ask)
	return reports.FollowUpsOf(ask, []reports.FollowUp{{Incident: 1, Number: 1, Owner: "=ada", Status: "accepted", Proposed: today}}), a.err
}

func withArchive(a *archived) func(*gateway.Options) {
	return func(o *gateway.Options) { o.Reports = a }
}

func TestAReportIsAnsweredForWhoeverAsks(t *testing.T) {
	t.Parallel()
	a := &archived{}
	w := newWorld(t, withArchive(a))
	got := w.call("GET", "/v1/reports/follow-ups?since=2026-10&until=2026-10&by=owner&zone=Europe/Berlin", "")
	require.Equal(t, 200, got.Status)
	require.Contains(t, got.Body, `"report":"follow-ups"`)
	require.Contains(t, got.Body, `"rows":[{"owner":"=ada","undecided":0,"accepted":1,"overdue":0,"done":0,"dropped":0}]`)
	require.Contains(t, got.Body, `"since":"2026-10-01T00:00:00+02:00","until":"2026-11-01T00:00:00+01:00","zone":"Europe/Berlin"`)
	require.Equal(t, reports.Viewer{Person: "alice@example.com"}, a.asked[0].Viewer)

	r := httptest.NewRequestWithContext(t.Context(), "GET", "/v1/reports/follow-ups", nil)
	r.Header.Set("Authorization", "Bearer "+insider)
	require.Equal(t, 200, w.send(r).Status)
	require.Equal(t, reports.Viewer{All: true}, a.asked[1].Viewer)
}

func TestAReportThatCannotBeGivenSaysWhy(t *testing.T) {
	t.Parallel()
	a := &archived{}
	w := newWorld(t, withArchive(a))
	for path, want := range map[string]string{
		"mttr":                     `"mttr\" is no report; write nights, offhours, counts`,
		"nights?by=moon":           "nights cannot be by",
		"nights?since=yesterday":   "is no time",
		"nights?zone=Mars":         "is no time zone",
		"nights?person=a@b.c":      "is no part of a question",
		"nights?until=2020-01-01":  "is not before",
		"nights?since=0001-01-01":  "is too long ago",
		"nights?since=%00%00%00":   "is no time",
		"nights?since=1d&since=2d": "",
	} {
		got := w.call("GET", "/v1/reports/"+path, "")
		if want == "" {
			require.Equal(t, 200, got.Status, path)
			continue
		}
		require.Equal(t, 400, got.Status, path)
		require.Contains(t, got.Body, want, path)
	}
	a.err = errors.New("password=hunter2 is wrong")
	got := w.call("GET", "/v1/reports/nights", "")
	require.Equal(t, 503, got.Status)
	require.NotContains(t, got.Body, "hunter2")
	require.Contains(t, got.Body, "the archive does not answer")

	got = newWorld(t).call("GET", "/v1/reports/nights", "")
	require.Equal(t, 409, got.Status)
	require.Contains(t, got.Body, "there is no archive here")

	r := httptest.NewRequestWithContext(t.Context(), "GET", "/v1/reports/nights", nil)
	require.Equal(t, 401, w.send(r).Status)
}
