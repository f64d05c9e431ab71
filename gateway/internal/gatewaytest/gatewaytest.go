// Package gatewaytest is what the tests of the gateway's rooms share: how a request is sent, and what
// must hold for every answer.
package gatewaytest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

// Answer is what came back.
type Answer struct {
	t      *testing.T
	Status int
	Header http.Header
	Body   string
}

// Send gives a request to the gateway's handler.
func Send(t *testing.T, handler http.Handler, r *http.Request) Answer {
	t.Helper()
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, r)
	a := Answer{t, rec.Code, rec.Header(), rec.Body.String()}
	require.True(t, json.Valid([]byte(a.Body)), "every answer is JSON: %q", a.Body)
	require.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"))
	return a
}

// Is expects a status and a JSON value.
func (a Answer) Is(status int, body string) Answer {
	a.t.Helper()
	require.JSONEq(a.t, body, a.Body)
	require.Equal(a.t, status, a.Status)
	return a
}

// Problem expects an error of a code about a field, and gives it.
func (a Answer) Problem(status int, code, field string) incident.Problem {
	a.t.Helper()
	var p incident.Problem
	require.NoError(a.t, json.Unmarshal([]byte(a.Body), &p))
	require.Equal(a.t, status, a.Status, a.Body)
	require.Equal(a.t, "application/problem+json", a.Header.Get("Content-Type"))
	require.Equal(a.t, incident.Code(code), p.Code, a.Body)
	require.Equal(a.t, field, p.Field, a.Body)
	require.NotEmpty(a.t, p.Reason)
	a.conforms(p)
	return p
}

// conforms expects what RFC 9457 says of a problem.
func (a Answer) conforms(p incident.Problem) {
	a.t.Helper()
	var d struct {
		Type, Title, Detail, Instance string
		Status                        int
	}
	require.NoError(a.t, json.Unmarshal([]byte(a.Body), &d))
	require.Equal(a.t, "urn:problem-type:muster:"+string(p.Code), d.Type)
	require.NotEmpty(a.t, d.Title, "the title of %s is missing", p.Code)
	require.Equal(a.t, a.Status, d.Status)
	require.Contains(a.t, d.Detail, p.Reason)
	require.Contains(a.t, d.Detail, p.Mend)
	require.Equal(a.t, "urn:uuid:"+a.Header.Get("X-Request-Id"), d.Instance)
}
