package page

import (
	"html"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return rec
}

func TestThePageMayLoadAndRunOnlyItsOwnFiles(t *testing.T) {
	t.Parallel()
	h := Handler(Options{})
	for _, path := range []string{"/", "/page/main.js", "/page/none"} {
		header := get(t, h, path).Header()
		rules := header.Get("Content-Security-Policy")
		require.Contains(t, rules, "default-src 'none'", path)
		require.Contains(t, rules, "script-src 'self';", path)
		require.Contains(t, rules, "style-src 'self';", path)
		require.NotContains(t, rules, "unsafe", path)
		require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), path)
	}
	page := get(t, h, "/")
	require.Equal(t, http.StatusOK, page.Code)
	require.Equal(t, "text/html; charset=utf-8", page.Header().Get("Content-Type"))
}

var (
	reference    = regexp.MustCompile(`(?:src|href)="([^"]*)"`)
	imported     = regexp.MustCompile(`(?:from|import) "([^"]*)"`)
	inlineScript = regexp.MustCompile(`(?i)<script(?:\s[^>]*)?>\s*[^\s<]`)
	inlineCode   = regexp.MustCompile(`(?i)<[^>]+\s(?:on\w+|style)\s*=|javascript:|<style`)
	external     = regexp.MustCompile(`(?i)(?:src|href|url|from|import|fetch)\s*[=(]?\s*\(?["'\x60]?\s*(?:https?:)?//`)
	asHTML       = regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTML|srcdoc|DOMParser|\beval\(|new Function`)
)

func TestEveryFileThatThePageNamesIsServed(t *testing.T) {
	t.Parallel()
	h := Handler(Options{})
	named := map[string]bool{}
	for _, m := range reference.FindAllStringSubmatch(get(t, h, "/").Body.String(), -1) {
		named[m[1]] = true
	}
	for _, name := range assets() {
		for _, m := range imported.FindAllStringSubmatch(get(t, h, "/page/"+name).Body.String(), -1) {
			require.True(t, strings.HasPrefix(m[1], "./"), "%s imports %s", name, m[1])
			named["/page/"+strings.TrimPrefix(m[1], "./")] = true
		}
	}
	for path := range named {
		require.Equal(t, http.StatusOK, get(t, h, path).Code, path)
	}
	for _, name := range assets() {
		require.True(t, named["/page/"+name], "%s is used by nothing", name)
	}
	for name, kind := range map[string]string{"main.js": "text/javascript", "base.css": "text/css", "icon.svg": "image/svg+xml"} {
		require.Contains(t, get(t, h, "/page/"+name).Header().Get("Content-Type"), kind)
	}
}

func TestNothingIsInlineOrFromElsewhereOrReadAsHTML(t *testing.T) {
	t.Parallel()
	page := get(t, Handler(Options{}), "/").Body.String()
	require.NotRegexp(t, inlineScript, page)
	require.NotRegexp(t, inlineCode, page)
	require.NotContains(t, page, "://")
	for _, name := range assets() {
		text, err := fs.ReadFile(files, "static/"+name)
		require.NoError(t, err)
		require.NotRegexp(t, external, string(text), name)
		require.NotRegexp(t, asHTML, string(text), name)
	}
}

func TestThePageLinksToTheRestOfTheSandbox(t *testing.T) {
	t.Parallel()
	page := get(t, Handler(Options{Gateway: "http://127.0.0.1:8080", TemporalUI: "http://127.0.0.1:8233/namespaces/default"}), "/").Body.String()
	require.Contains(t, page, `href="http://127.0.0.1:8080/v1/incidents"`)
	require.Contains(t, page, `href="http://127.0.0.1:8233/namespaces/default"`)
	require.Contains(t, page, `>/incident checkout is down<`)
	require.Contains(t, html.UnescapeString(page), `>go run ./starter declare "Checkout is down" --severity 1 --service checkout<`)

	page = get(t, Handler(Options{Gateway: "javascript:alert(1)", TemporalUI: `"><script>`, Command: "TEMPORAL_ADDRESS=:1 go run <x>"}), "/").Body.String()
	require.NotContains(t, page, "alert(1)")
	require.Contains(t, page, "TEMPORAL_ADDRESS=:1 go run &lt;x&gt;")
	require.NotContains(t, page, "Temporal Web UI")
	require.NotRegexp(t, inlineScript, page)
}

func TestOnlyThePageIsServed(t *testing.T) {
	t.Parallel()
	h := Handler(Options{})
	for _, path := range []string{"/other", "/page/", "/page/index.html", "/page/../page.go", "/page/static/main.js"} {
		require.NotEqual(t, http.StatusOK, get(t, h, path).Code, path)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil))
	require.Equal(t, http.StatusMethodNotAllowed, rec.Code)
}

func TestABrowserWithAVendorsAddressIsSentToThePage(t *testing.T) {
	t.Parallel()
	h := Redirect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for path, place := range map[string]string{
		"/jira/browse/INC-12":            "/#issue-INC-12",
		"/pagerduty/incidents/Q00I":      "/#page-Q00I",
		"/pagerduty/incidents/Q00I/note": "",
		"/jira/rest/api/2/issue/INC-1":   "",
	} {
		for _, accept := range []string{"text/html,application/xhtml+xml", "application/json", ""} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			r.Header.Set("Accept", accept)
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			if place != "" && strings.HasPrefix(accept, "text/html") {
				require.Equal(t, http.StatusFound, rec.Code, path)
				require.Equal(t, place, rec.Header().Get("Location"))
				continue
			}
			require.Equal(t, http.StatusTeapot, rec.Code, "%s for %q", path, accept)
		}
	}
}
