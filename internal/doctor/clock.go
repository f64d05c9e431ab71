package doctor

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/internal/config"
)

// How far a clock may be off. Slack and Muster refuse what was signed five minutes ago.
// https://api.slack.com/authentication/verifying-requests-from-slack
const (
	skewed      = 30 * time.Second
	skewedBadly = 5 * time.Minute
)

// requestTime bounds one question to a vendor.
const requestTime = 10 * time.Second

// watch compares this machine's clock with the Date of every answer on its way.
type watch struct {
	next http.RoundTripper
	now  func() time.Time

	mu   sync.Mutex
	seen map[string]skew // by host
}

// skew is how far a vendor's clock is ahead of ours, at least.
type skew time.Duration

// watched gives the client whose answers tell the time.
func watched(o *Options) *watch {
	hc := http.Client{Timeout: requestTime}
	if o.HTTPClient != nil {
		hc = *o.HTTPClient
	}
	w := &watch{next: hc.Transport, now: o.Now, seen: map[string]skew{}}
	if w.next == nil {
		w.next = http.DefaultTransport
	}
	hc.Transport = w
	o.HTTPClient = &hc
	return w
}

// RoundTrip carries a request and looks at the answer's Date. That is of whole seconds, and was written
// somewhere between the request and its answer: only what neither explains counts.
func (w *watch) RoundTrip(r *http.Request) (*http.Response, error) {
	before := w.now()
	resp, err := w.next.RoundTrip(r)
	if err != nil {
		return resp, err
	}
	after := w.now()
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil || resp.Header.Get("Age") != "" { // a cache keeps an old Date
		return resp, nil //nolint:nilerr // an answer without a Date tells no time
	}
	var off time.Duration
	switch {
	case date.After(after):
		off = date.Sub(after)
	case date.Add(time.Second).Before(before):
		off = date.Add(time.Second).Sub(before)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if was, ok := w.seen[r.URL.Host]; !ok || time.Duration(was).Abs() > off.Abs() {
		w.seen[r.URL.Host] = skew(off)
	}
	return resp, nil
}

// clock compares with what the vendors' answers have said so far.
func (e *examination) clock(context.Context) {
	const check = "clock"
	const mend = "let this machine keep its clock right with NTP (timedatectl set-ntp true), and look at the gateway's and the worker's machines too"
	e.watch.mu.Lock()
	defer e.watch.mu.Unlock()
	if len(e.watch.seen) == 0 {
		e.blindTo(check)
		return
	}
	hosts := make([]string, 0, len(e.watch.seen))
	for h := range e.watch.seen {
		hosts = append(hosts, h)
	}
	slices.Sort(hosts)
	right := true
	for _, h := range hosts {
		off := time.Duration(e.watch.seen[h])
		way := "behind"
		if off < 0 {
			way = "ahead of"
		}
		switch vendor := vendorAt(e.config, h); {
		case off.Abs() > skewedBadly:
			right = false
			e.sayAs("clock|broken|"+vendor, Broken, check, mend, "this machine is %s %s %s: signatures older than 5 minutes are refused, so nothing that people do there arrives", off.Abs().Round(time.Second), way, vendor)
		case off.Abs() > skewed:
			right = false
			e.sayAs("clock|warning|"+vendor, Warning, check, mend, "this machine is %s %s %s: pages and reminders come at the wrong moment, and beyond 5 minutes signatures are refused", off.Abs().Round(time.Second), way, vendor)
		}
	}
	if right {
		e.say(OK, check, "", "it agrees with %s", strings.Join(vendorsAt(e.config, hosts), ", "))
	}
}

// vendorAt names the vendor behind a host.
func vendorAt(c *config.Config, host string) string {
	switch {
	case strings.Contains(host, "slack.com") || c.Slack.APIURL != "" && strings.Contains(c.Slack.APIURL, host):
		return "Slack"
	case strings.Contains(host, "pagerduty.com") || c.PagerDuty.APIURL != "" && strings.Contains(c.PagerDuty.APIURL, host):
		return "PagerDuty"
	case c.Jira.URL != "" && strings.Contains(c.Jira.URL, host):
		return "Jira"
	}
	return host
}

func vendorsAt(c *config.Config, hosts []string) []string {
	var out []string
	for _, h := range hosts {
		out = append(out, vendorAt(c, h))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
