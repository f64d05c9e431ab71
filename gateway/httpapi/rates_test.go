package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway"
	"muster/gateway/internal/gatewaytest"
	"muster/gateway/rates"
)

// limited is a gateway whose clock stands still and whose limits are a tenth of the usual ones.
func limited(t *testing.T) *world {
	t.Helper()
	now := time.Now()
	return newWorld(t, func(o *gateway.Options) { o.Rates = rates.New(0.1, func() time.Time { return now }) })
}

// until calls until it is refused for its rate.
func (w *world) until(method, path, body string) (done int, refused gatewaytest.Answer) {
	w.t.Helper()
	for done < 1000 {
		a := w.call(method, path, body)
		if a.Status == http.StatusTooManyRequests {
			return done, a
		}
		require.Less(w.t, a.Status, 300, a.Body)
		done++
	}
	w.t.Fatalf("%s is not bounded", path)
	return 0, gatewaytest.Answer{}
}

func TestATokenThatDeclaresVeryMuchIsToldWhenToComeBack(t *testing.T) {
	t.Parallel()
	w := limited(t)
	done, refused := w.until("POST", "/v1/incidents", `{"title":"disk","severity":5}`)
	require.Equal(t, 20, done)
	p := refused.Problem(http.StatusTooManyRequests, "rate_limited", "")
	require.Contains(t, p.Mend, "severity 1 can be declared at once")
	seconds, err := strconv.Atoi(refused.Header.Get("Retry-After"))
	require.NoError(t, err)
	require.Positive(t, seconds)
	require.NotEmpty(t, refused.Header.Get("Idempotency-Key"), "it is sent again under its key")
	require.Len(t, w.declared, done, "what was refused reached nobody")

	require.Equal(t, http.StatusCreated, w.call("POST", "/v1/incidents", `{"title":"all is down","severity":1}`).Status)
	require.Equal(t, http.StatusCreated, w.call("POST", "/v1/incidents", `{"title":"sev1 all is down"}`).Status, "severity 1 in the title is one too")
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/v1/incidents", strings.NewReader(`{"title":"disk","severity":5}`))
	r.Header.Set("Authorization", "Bearer "+insider)
	r.Header.Set("Content-Type", "application/json")
	require.Equal(t, http.StatusCreated, w.send(r).Status, "other tokens are not concerned")
}

func TestWhoSearchesAllTheTimeIsToldWhenToComeBack(t *testing.T) {
	t.Parallel()
	w := limited(t)
	w.archive = gatewaytest.Search(t, func() time.Time { return today }, gatewaytest.Past(today)...)
	done, refused := w.until("GET", "/v1/search?q=disk", "")
	require.Equal(t, 6, done)
	require.Contains(t, refused.Problem(http.StatusTooManyRequests, "rate_limited", "").Reason, "the archive was searched very often")
	require.NotEmpty(t, refused.Header.Get("Retry-After"))
	require.Equal(t, http.StatusCreated, w.call("POST", "/v1/incidents", `{"title":"disk","severity":5}`).Status, "nothing else is concerned")
}

func TestPagesAndNotesAreBoundedAndWhatCalmsIsNot(t *testing.T) {
	t.Parallel()
	w := limited(t)
	for path, body := range map[string]string{"pages": `{"target":"checkout"}`, "timeline": `{"text":"x"}`, "severity": `{"severity":2}`, "private": `{}`} {
		_, refused := w.until("POST", "/v1/incidents/INC-1/"+path, body)
		refused.Problem(http.StatusTooManyRequests, "rate_limited", "")
	}
	w.call("POST", "/v1/incidents/INC-1/public", `{"confirm":true}`).Problem(http.StatusTooManyRequests, "rate_limited", "")
	w.call("POST", "/v1/incidents/INC-1/update", `{"text":"x"}`).Problem(http.StatusTooManyRequests, "rate_limited", "")
	for range 200 {
		require.Equal(t, http.StatusOK, w.call("POST", "/v1/incidents/INC-1/acknowledge", `{}`).Status)
	}
}
