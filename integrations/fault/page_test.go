package fault_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
)

func TestAPageForABrowserIsTold(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 301, 302, 400, 401, 403, 404, 407, 410, 451, 502} {
		for kind, body := range map[string]string{
			"text/html; charset=utf-8": "", "Text/HTML": "moved", "application/xhtml+xml": "<a/>",
			"text/plain": "<html><body>403</body>", "": "\ufeff\n <!DOCTYPE HTML PUBLIC>",
		} {
			require.True(t, fault.WebPage(status, http.Header{"Content-Type": {kind}}, []byte(body)), "%d %s", status, kind)
		}
	}
}

func TestWhatAVendorSaysIsNoPage(t *testing.T) {
	t.Parallel()
	for kind, body := range map[string]string{
		"application/json": `{"ok":false,"error":"<html>"}`, "text/plain": "not found", "": "", "text/xml": "<status/>", "text/htmlx": "x",
	} {
		require.False(t, fault.WebPage(403, http.Header{"Content-Type": {kind}}, []byte(body)), kind)
	}
	for _, status := range []int{413, 414, 431} {
		require.False(t, fault.WebPage(status, http.Header{"Content-Type": {"text/html"}}, nil), "the request is too large the next time too")
	}
}
