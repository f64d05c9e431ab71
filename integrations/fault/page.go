package fault

import (
	"bytes"
	"net/http"
	"strings"
)

// PageReason says in words for people that a proxy, a login page or a firewall answered in the vendor's place.
const PageReason = "a web page came instead of an answer"

// WebPage reports whether an answer is a page for a browser, so that it comes from something between here
// and the vendor, whose interfaces answer in JSON. Such an answer says nothing about our credentials or
// about what the call names, with whatever status: proxies and login pages come and go, so it is waited
// out. The exceptions are the statuses by which a proxy refuses a request for its size, for the same request
// will be as large the next time.
func WebPage(status int, header http.Header, body []byte) bool {
	switch status {
	case http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong, http.StatusRequestHeaderFieldsTooLarge:
		return false
	}
	kind, _, _ := strings.Cut(strings.ToLower(header.Get("Content-Type")), ";")
	switch strings.TrimSpace(kind) {
	case "text/html", "application/xhtml+xml":
		return true
	}
	start := bytes.ToLower(bytes.TrimLeft(body[:min(len(body), 512)], "\ufeff \t\r\n"))
	return bytes.HasPrefix(start, []byte("<html")) || bytes.HasPrefix(start, []byte("<!doctype html"))
}
