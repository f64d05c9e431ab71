package simkit_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/sims/simkit"
)

func TestTheLogKeepsWhatCameInAndWhatWasAnswered(t *testing.T) {
	t.Parallel()
	clock := simkit.NewManualClock(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
	log := &simkit.Log{Clock: clock}
	operation := func(r *http.Request) string { return r.Method + " " + r.URL.Path }
	handler := log.Wrap(operation, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || len(body) != int(r.ContentLength) {
			t.Errorf("the body is not whole for the handler: %d bytes, %v", len(body), err)
		}
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	call := func(method, target, body string) {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, target, strings.NewReader(body)))
	}

	call(http.MethodPost, "/a?x=1", "hello")
	clock.Advance(time.Minute)
	call(http.MethodGet, "/b", "")
	call(http.MethodPost, "/b", strings.Repeat("x", 10_000))

	require.Equal(t, []simkit.Request{{
		At: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), Operation: "POST /a",
		Method: "POST", Path: "/a", Query: "x=1", Status: 418, Body: "hello",
	}}, log.Requests("POST /a"))
	require.Equal(t, 200, log.Requests("GET*")[0].Status)
	require.Len(t, log.Requests("POST /b")[0].Body, 4096)
	require.Len(t, log.Requests(""), 3)
	require.Equal(t, 2, log.Count("POST*"))
	require.Equal(t, map[string]int{"POST /a": 1, "GET /b": 1, "POST /b": 1}, log.Counts())
}

func TestTheLogForgetsButGoesOnCounting(t *testing.T) {
	t.Parallel()
	log := &simkit.Log{}
	handler := log.Wrap(nil, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for range 10_001 {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}
	require.Len(t, log.Requests(""), 5_001)
	require.Equal(t, 10_001, log.Count(""))
}

func TestUnexpectedListsEachRequestOnce(t *testing.T) {
	t.Parallel()
	unexpected := &simkit.Unexpected{}
	require.Empty(t, unexpected.List())
	unexpected.Add("GET", "/b")
	unexpected.Add("GET", "/a")
	unexpected.Add("GET", "/b")
	require.Equal(t, []string{"GET /b (2 times)", "GET /a"}, unexpected.List())
	unexpected.Reset()
	require.Empty(t, unexpected.List())
}

func TestABodyThatBreaksOffStaysBroken(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader("half"), broken{}))
	for range 2 {
		body, err := simkit.ReadBody(r)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Equal(t, "half", string(body))
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestServe(t *testing.T) {
	t.Parallel()
	url, stop, err := simkit.Serve(t.Context(), "127.0.0.1:0", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		simkit.WriteJSON(w, http.StatusAccepted, map[string]bool{"ok": true})
	}))
	require.NoError(t, err)
	response, err := http.Get(url + "/")
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.JSONEq(t, `{"ok":true}`, string(body))
	require.Equal(t, http.StatusAccepted, response.StatusCode)

	stop()
	_, err = http.Get(url) //nolint:bodyclose // there is no answer
	require.Error(t, err)

	_, _, err = simkit.Serve(t.Context(), "no such address", nil)
	require.ErrorContains(t, err, `listen on "no such address"`)
}
