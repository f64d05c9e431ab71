// Package page is the sandbox's live page: it shows what the simulated Slack, Jira and
// PagerDuty hold, and lets a person press the buttons and switch a vendor off.
//
// The page is plain HTML, CSS and JavaScript in static/, without a build step. It asks the
// simulators of package sandbox on its own address about once a second, so it must be served
// beside their /slack, /jira and /pagerduty.
package page

import (
	"bytes"
	"cmp"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
)

// Options say where the rest of the sandbox is.
type Options struct {
	// Gateway is the address of Muster's API, empty when unknown.
	Gateway string
	// TemporalUI is the address of Temporal's Web UI, empty when there is none.
	TemporalUI string
	// Command is what to type next in a terminal; empty declares a first incident at a sandbox
	// on its usual ports.
	Command string
}

const firstCommand = `go run ./starter declare "Checkout is down" --severity 1 --service checkout`

//go:embed static
var files embed.FS

// policy keeps the page to itself: it shows text that came from anywhere, so not even a mistake
// in it may load or run something. Styles and scripts are files for the same reason.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page at / and its files below /page/.
func Handler(o Options) http.Handler {
	static, err := fs.Sub(files, "static")
	if err != nil {
		panic(err) // only a name that is no path can fail
	}
	index := render(o)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(index)
	})
	for _, name := range assets() {
		mux.HandleFunc("GET /page/"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, static, name)
		})
	}
	return withHeaders(mux)
}

// assets lists the files beside index.html.
func assets() []string {
	entries, err := files.ReadDir("static")
	if err != nil {
		panic(err) // the directory is part of the program
	}
	var names []string
	for _, e := range entries {
		if e.Name() != "index.html" {
			names = append(names, e.Name())
		}
	}
	return names
}

func render(o Options) []byte {
	o.Gateway, o.TemporalUI, o.Command = webAddress(o.Gateway), webAddress(o.TemporalUI), cmp.Or(o.Command, firstCommand)
	t := template.Must(template.ParseFS(files, "static/index.html"))
	var b bytes.Buffer
	if err := t.Execute(&b, o); err != nil {
		panic(err) // the template is part of the program, and the test renders it
	}
	return b.Bytes()
}

// webAddress is the address if a browser can open it, and nothing otherwise.
func webAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return strings.TrimRight(u.String(), "/")
}

func withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		// The files are in the program and have no dates: after an update a browser would
		// otherwise mix old scripts with new ones.
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
