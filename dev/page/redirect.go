package page

import (
	"net/http"
	"regexp"
	"strings"
)

// vendorPages are the addresses that issues and pages have at the simulated vendors, as the
// command line, Temporal's Web UI and the messages show them.
var vendorPages = []struct {
	path *regexp.Regexp
	kind string
}{
	{regexp.MustCompile(`^/jira/browse/([A-Z][A-Z0-9_]*-[0-9]+)$`), "issue"},
	{regexp.MustCompile(`^/pagerduty/incidents/([A-Z0-9]+)$`), "page"},
}

// Redirect stands before the simulators and sends a browser that was given such an address to
// the place on the page that shows the thing. PagerDuty's API has one of the paths, too, but
// its clients do not ask for HTML.
func Redirect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") {
			for _, p := range vendorPages {
				if found := p.path.FindStringSubmatch(r.URL.Path); found != nil {
					http.Redirect(w, r, "/#"+p.kind+"-"+found[1], http.StatusFound)
					return
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}
