package paging

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
	"muster/workflows/worldtest"
)

// now is when things are heard in the tables, five minutes into the page.
var (
	start = time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC) // a Wednesday
	now   = start.Add(5 * time.Minute)
)

// The two attempts that the playbook of the tests wants: checkout and then platform.
const firstKey, secondKey = "test/INC-1/page/1/attempt/1", "test/INC-1/page/1/attempt/2"

func input() PageInput {
	policy := worldtest.Policy()
	return PageInput{
		Incident: 1, Page: 1, Target: *policy.Services[0].Target, Calendar: policy.Calendar, Settings: api.Settings{Installation: "test"},
		Request: incident.PageRequest{Incident: "INC-1", Headline: "INC-1 Checkout is down", Severity: 1},
	}
}

// fresh is a page that has just been raised, without a workflow around it, for what needs none.
func fresh() *pageRun {
	return &pageRun{in: input(), s: &pageState{Status: incident.PagePaging, Revision: 1}}
}

// begin makes the n-th attempt, of which no answer has come yet.
func (r *pageRun) begin(n int) *pageRun {
	for len(r.s.Attempts) <= n {
		r.s.Attempts = append(r.s.Attempts, r.planned(len(r.s.Attempts)))
	}
	r.s.Attempts[n].Tried = true
	return r
}

// deliver makes the n-th attempt, and the pager takes it.
func (r *pageRun) deliver(at time.Time, n int) *pageRun {
	tried := n < len(r.s.Attempts) && r.s.Attempts[n].Tried
	r.begin(n).attempted(at, n, tried, incident.PageState{}, nil)
	return r
}

// pass lets what is waited for come, or decides what is to be decided.
func (r *pageRun) pass(at time.Time) *pageRun {
	switch a := r.next().(type) {
	case *mirror.Wait:
		a.Done(at)
	case *mirror.Decision:
		a.Decide(at)
	}
	return r
}

// story says in a line where the page stands and what it does next.
func (r *pageRun) story() string {
	s := string(r.s.Status)
	if r.s.By != "" {
		s += " by " + r.s.By
	}
	if r.s.Problem != "" {
		s += " (" + r.s.Problem + ")"
	}
	s += ": " + does(r.next())
	for _, snag := range r.s.Snags {
		s += fmt.Sprintf("; snag %s: %s", snag.Step, snag.Reason)
	}
	return s
}

func does(a mirror.Action) string {
	switch a := a.(type) {
	case *mirror.Call:
		return strings.ReplaceAll(a.Name, "page checkout on-call via", "page")
	case *mirror.Decision:
		return a.Name
	case *mirror.Wait:
		until := "until " + a.Until.Format("15:04:05")
		switch {
		case a.Until.Equal(mirror.Never):
			until = "for ever"
		case !a.Until.Before(start.AddDate(0, 0, 1)):
			until = "until tomorrow"
		}
		if a.OnRetry {
			until += " or a retry"
		}
		return a.Summary + ", " + until
	}
	return "nothing"
}

// standings are the pages to which things happen in the table, each as it comes to be.
var standings = map[string]func() *pageRun{
	"waiting": func() *pageRun {
		r := fresh()
		r.s.Status, r.s.NotBefore = incident.PageWaiting, start.AddDate(0, 0, 1)
		return r
	},
	"not yet paging": fresh,
	"paging":         func() *pageRun { return fresh().deliver(start, 0) },
	"paging the second": func() *pageRun {
		return fresh().deliver(start, 0).pass(now).deliver(now, 1)
	},
	"unanswered": func() *pageRun {
		return fresh().deliver(start, 0).pass(now).deliver(start, 1).pass(now).pass(now)
	},
	"undelivered": func() *pageRun {
		r := fresh().begin(0)
		r.attempted(start, 0, false, incident.PageState{}, outage())
		r.begin(1).attempted(start, 1, false, incident.PageState{}, outage())
		return r.pass(start)
	},
	"off": func() *pageRun {
		r := fresh().begin(0)
		r.attempted(start, 0, false, incident.PageState{}, answers["the pager off"].err)
		r.begin(1).attempted(start, 1, false, incident.PageState{}, answers["the pager off"].err)
		return r.pass(start)
	},
	"acknowledged at the pager": func() *pageRun {
		r := fresh().deliver(start, 0)
		_ = r.changedAtPager(heard(firstKey, start.Add(time.Minute), incident.PageState{Acknowledged: true, By: alice}))
		return r
	},
	"acknowledged at the second": func() *pageRun {
		r := fresh().deliver(start, 0).pass(now).deliver(start.Add(time.Second), 1)
		_ = r.changedAtPager(heard(secondKey, start.Add(time.Minute), incident.PageState{Acknowledged: true, By: alice}))
		r.acknowledged(r.unacked()) // Muster has hushed the first
		return r
	},
	"acknowledged here": func() *pageRun {
		r := fresh().deliver(start, 0)
		_ = r.changedHere(incident.Page{Revision: 2, Status: incident.PageAcknowledged, By: bob})
		r.acknowledged(r.unacked())
		return r
	},
	"withdrawn": func() *pageRun {
		r := fresh().deliver(start, 0)
		_ = r.changedHere(incident.Page{Revision: 2, Status: incident.PageWithdrawn})
		r.withdrawn()
		return r
	},
}

const alice, bob = "alice@example.com", "bob@example.com"

// reports are what a page hears in the table: from its incident, and from the pager of its first attempt.
var reports = map[string]func(*pageRun) error{
	"the incident withdraws it": func(r *pageRun) error {
		return r.changedHere(incident.Page{Revision: 3, Status: incident.PageWithdrawn})
	},
	"Bob takes it in Muster": func(r *pageRun) error {
		return r.changedHere(incident.Page{Revision: 3, Status: incident.PageAcknowledged, By: bob})
	},
	"the incident wakes it": func(r *pageRun) error {
		return r.changedHere(incident.Page{Revision: 3, Status: incident.PagePaging})
	},
	"the incident says what it said already": func(r *pageRun) error {
		return r.changedHere(incident.Page{Revision: r.s.Revision, Status: incident.PageWithdrawn})
	},
	"Alice acknowledges":                   func(r *pageRun) error { return r.hears(incident.PageState{Acknowledged: true, By: alice}) },
	"Alice resolves it there":              func(r *pageRun) error { return r.hears(incident.PageState{Resolved: true, By: alice}) },
	"a time-out resolves it there":         func(r *pageRun) error { return r.hears(incident.PageState{Resolved: true}) },
	"it is given back":                     func(r *pageRun) error { return r.hears(incident.PageState{By: alice}) },
	"the second is given back":             func(r *pageRun) error { return r.changedAtPager(heard(secondKey, now, incident.PageState{})) },
	"somebody without a name acknowledges": func(r *pageRun) error { return r.hears(incident.PageState{Acknowledged: true}) },
	"a late acknowledgement": func(r *pageRun) error {
		for k := range r.s.Attempts {
			r.s.Attempts[k].At = now.Add(time.Second)
		}
		return r.hears(incident.PageState{Acknowledged: true, By: "carol@example.com"})
	},
	"an acknowledgement of another key": func(r *pageRun) error {
		return r.changedAtPager(heard("test/INC-2/page/1/attempt/1", now, incident.PageState{Acknowledged: true, By: alice}))
	},
}

// hears is what the pager's webhook says of the first attempt.
func (r *pageRun) hears(s incident.PageState) error { return r.changedAtPager(heard(firstKey, now, s)) }

func heard(key string, at time.Time, s incident.PageState) api.PagerChangedInput {
	s.Found = true
	return api.PagerChangedInput{DeliveryID: fmt.Sprint(key, at, s), Key: key, At: at, State: s}
}

// Every status and everything that can be said to it: where the page stands then, and what it does next.
func TestWhatAPageMakesOfWhatItHears(t *testing.T) {
	t.Parallel()
	const off = "unanswered (pagerduty is not set up): try the pager again, for ever or a retry; snag page platform: pagerduty is not set up"
	table := map[string]map[string]string{
		"waiting": {
			"":                                       "waiting: page on the next business morning, until tomorrow",
			"the incident withdraws it":              "withdrawn: nothing",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: nothing",
			"the incident wakes it":                  "paging: page checkout, attempt 1",
			"the incident says what it said already": same,
			"Alice acknowledges":                     unknown,
			"Alice resolves it there":                unknown,
			"a time-out resolves it there":           unknown,
			"it is given back":                       unknown,
			"the second is given back":               unknown,
			"somebody without a name acknowledges":   unknown,
			"a late acknowledgement":                 unknown,
			"an acknowledgement of another key":      unknown,
		},
		"not yet paging": {
			"":                                       "paging: page checkout, attempt 1",
			"the incident withdraws it":              "withdrawn: nothing",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: nothing",
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"Alice acknowledges":                     unknown,
			"Alice resolves it there":                unknown,
			"a time-out resolves it there":           unknown,
			"it is given back":                       unknown,
			"the second is given back":               unknown,
			"somebody without a name acknowledges":   unknown,
			"a late acknowledgement":                 unknown,
			"an acknowledgement of another key":      unknown,
		},
		"paging": {
			"":                                       "paging: acknowledgement by checkout on-call, until 10:05:00",
			"the incident withdraws it":              "withdrawn: withdraw the page",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: acknowledge at the pager",
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"Alice acknowledges":                     "acknowledged by alice@example.com: nothing",
			"Alice resolves it there":                "acknowledged by alice@example.com: nothing",
			"a time-out resolves it there":           "paging: page platform, attempt 2", // nobody has answered, so it does not wait
			"it is given back":                       same,                               // it never was taken
			"the second is given back":               unknown,
			"somebody without a name acknowledges":   "acknowledged: nothing",
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"paging the second": {
			"":                                       "paging: acknowledgement by checkout on-call, until 10:10:00",
			"the incident withdraws it":              "withdrawn: withdraw the page",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: acknowledge at the pager",
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"Alice acknowledges":                     "acknowledged by alice@example.com: acknowledge at the pager", // the other attempt stops
			"Alice resolves it there":                "acknowledged by alice@example.com: acknowledge at the pager",
			"a time-out resolves it there":           same, // the second has its full time all the same
			"it is given back":                       same,
			"the second is given back":               same,
			"somebody without a name acknowledges":   "acknowledged: acknowledge at the pager",
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"unanswered": {
			"":                                       "unanswered: nothing",
			"the incident withdraws it":              "withdrawn: withdraw the page",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: acknowledge at the pager",
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"Alice acknowledges":                     "acknowledged by alice@example.com: acknowledge at the pager",
			"Alice resolves it there":                "acknowledged by alice@example.com: acknowledge at the pager",
			"a time-out resolves it there":           same,
			"it is given back":                       same,
			"the second is given back":               same,
			"somebody without a name acknowledges":   "acknowledged: acknowledge at the pager",
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"undelivered": {
			"":                                       "unanswered (503): try the pager again, until 10:00:30 or a retry",
			"the incident withdraws it":              "withdrawn (503): withdraw the page", // it may have gone out
			"Bob takes it in Muster":                 "acknowledged by bob@example.com (503): acknowledge at the pager",
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"Alice acknowledges":                     "acknowledged by alice@example.com: acknowledge at the pager", // it had gone out
			"Alice resolves it there":                "acknowledged by alice@example.com: acknowledge at the pager",
			"a time-out resolves it there":           same,
			"it is given back":                       same,
			"the second is given back":               same,
			"somebody without a name acknowledges":   "acknowledged: acknowledge at the pager",
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"off": {
			"":                                       off,
			"the incident withdraws it":              "withdrawn (pagerduty is not set up): nothing",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com (pagerduty is not set up): nothing; snag page platform: pagerduty is not set up",
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"Alice acknowledges":                     "acknowledged by alice@example.com: nothing; snag page platform: pagerduty is not set up",
			"Alice resolves it there":                "acknowledged by alice@example.com: nothing; snag page platform: pagerduty is not set up",
			"somebody without a name acknowledges":   "acknowledged: nothing; snag page platform: pagerduty is not set up",
			"a time-out resolves it there":           same,
			"it is given back":                       same,
			"the second is given back":               same,
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"acknowledged at the pager": {
			"":                                       "acknowledged by alice@example.com: nothing",
			"the incident withdraws it":              "withdrawn by alice@example.com: withdraw the page",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: nothing",
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"Alice acknowledges":                     same,
			"Alice resolves it there":                same,
			"a time-out resolves it there":           same, // Alice has answered, whatever automation does later
			"it is given back":                       "paging: page checkout, attempt 1",
			"the second is given back":               unknown,
			"somebody without a name acknowledges":   same,
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"acknowledged at the second": {
			"":                                       "acknowledged by alice@example.com: nothing",
			"the incident withdraws it":              "withdrawn by alice@example.com: withdraw the page",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: nothing",
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"Alice acknowledges":                     same,
			"Alice resolves it there":                same,
			"a time-out resolves it there":           same,
			"it is given back":                       "acknowledged by alice@example.com: acknowledge at the pager", // it was hushed, not taken
			"the second is given back":               "paging: page checkout, attempt 1",
			"somebody without a name acknowledges":   same, // it is the echo of our own
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"acknowledged here": {
			"":                                       "acknowledged by bob@example.com: nothing",
			"the incident withdraws it":              "withdrawn by bob@example.com: withdraw the page",
			"Bob takes it in Muster":                 same,
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"Alice acknowledges":                     same, // Bob was first
			"Alice resolves it there":                same,
			"a time-out resolves it there":           same,
			"it is given back":                       "acknowledged by bob@example.com: acknowledge at the pager", // the pager cannot take it from Bob
			"the second is given back":               unknown,
			"somebody without a name acknowledges":   same,
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"withdrawn": {
			"":                                       "withdrawn: nothing",
			"the incident withdraws it":              same,
			"Bob takes it in Muster":                 same, // what is withdrawn does not come back to life
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"Alice acknowledges":                     same,
			"Alice resolves it there":                same,
			"a time-out resolves it there":           same,
			"it is given back":                       same,
			"the second is given back":               unknown,
			"somebody without a name acknowledges":   same,
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
	}
	require.Len(t, table, len(standings))
	for standing, rows := range table {
		require.Len(t, rows, len(reports)+1, standing)
		for report, want := range rows {
			t.Run(standing+", and "+report, func(t *testing.T) {
				t.Parallel()
				r := standings[standing]()
				switch before := r.story(); {
				case report == "":
					require.Equal(t, want, before)
					return
				case want == unknown:
					require.ErrorContains(t, reports[report](r), "no attempt has the key")
					require.Equal(t, before, r.story())
					return
				case want == same:
					want = before
				}
				require.NoError(t, reports[report](r))
				require.Equal(t, want, r.story())
			})
		}
	}
}

// What a report changes beside nothing.
const (
	same    = "(as before)"
	unknown = "(refused: the page knows no such attempt)"
)
