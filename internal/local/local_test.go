package local_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/internal/local"
)

func request(t *testing.T, method, host string, header ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/", nil)
	r.Host = host
	for k := 0; k+1 < len(header); k += 2 {
		r.Header.Set(header[k], header[k+1])
	}
	return r
}

func TestOnlyThisMachinesNamesAreServed(t *testing.T) {
	t.Parallel()
	for host, served := range map[string]bool{
		"localhost": true, "localhost:8088": true, "127.0.0.1:8088": true, "[::1]:8088": true, "muster.localhost:1": true, "127.9.9.9": true, "LOCALHOST:8088": true,
		"evil.example:8088": false, "localhost.evil.example": false, "192.168.1.5:8088": false, "": false, "simulators:8088": false, "0.0.0.0:8088": false,
		"evillocalhost": false,
	} {
		for _, method := range []string{"GET", "POST"} {
			require.Equal(t, served, local.Check(request(t, method, host)) == nil, "%s %s", method, host)
		}
	}
	require.NoError(t, local.Check(request(t, "POST", "simulators:8088"), "simulators"))
	require.ErrorIs(t, local.Check(request(t, "POST", "evil.example"), "simulators"), local.ErrHost)
}

func TestWhatAnotherSitesPageSendsIsRefused(t *testing.T) {
	t.Parallel()
	for _, header := range [][]string{
		{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Origin", "http://localhost:9999"}, {"Origin", "http://127.0.0.1:8088"}, {"Origin", "%"},
	} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			require.ErrorIs(t, local.Check(request(t, method, "localhost:8088", header...)), local.ErrOrigin, "%s %v", method, header)
		}
	}
	require.ErrorIs(t, local.Check(request(t, "POST", "localhost:8088", "Sec-Fetch-Site", "cross-site")), local.ErrOrigin)
	require.ErrorIs(t, local.Check(request(t, "POST", "localhost:8088", "Sec-Fetch-Site", "same-site")), local.ErrOrigin)
	require.NoError(t, local.Check(request(t, "POST", "localhost:8088", "Sec-Fetch-Site", "same-origin", "Origin", "http://localhost:8088")))
	require.NoError(t, local.Check(request(t, "GET", "localhost:8088", "Sec-Fetch-Site", "cross-site")), "a link leads here from anywhere")
	require.NoError(t, local.Check(request(t, "POST", "localhost:8088")), "a program is no browser")
}

func TestWhatComesThroughAProxyIsRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via"} {
		require.ErrorIs(t, local.Check(request(t, "GET", "localhost", name, "1")), local.ErrProxy, name)
	}
}

func TestAGuardTellsWhyAndPassesTheRestOn(t *testing.T) {
	t.Parallel()
	h := local.Guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }), "simulators")
	for host, want := range map[string]int{"localhost": 418, "simulators:80": 418, "evil.example": 403} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, request(t, "POST", host))
		require.Equal(t, want, rec.Code, host)
	}
}
