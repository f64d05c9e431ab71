package paging

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

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
		Incident: 1, Calendar: policy.Calendar, Settings: api.Settings{Installation: "test"},
		Brief: api.PageBrief{
			Brief: api.Brief{
				Title: "Checkout is down", Kind: incident.KindIncident, Severity: 2,
				Links: []incident.Link{{Label: "Channel", URL: "https://chat.example.com/1"}},
			},
			Page:   incident.Page{Number: 1, Target: "checkout on-call", Status: incident.PagePaging, Revision: 1},
			Target: *policy.Services[0].Target, Service: "checkout",
		},
	}
}

// clock is a context that tells only the time, which is that at which things are heard.
var clock = sync.OnceValue(func() workflow.Context {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(now)
	var clock workflow.Context
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		clock = ctx
		return nil
	})
	return clock
})

// fresh is a page that has just been raised, without a workflow around it, for what needs none.
func fresh() *pageRun {
	in := input()
	return &pageRun{in: in, s: freshPage(in), ctx: clock()}
}

// told is what the incident says of the page, with the facts as they were.
func (r *pageRun) told(p incident.Page) error {
	b := r.s.Brief
	p.Number, p.Target = b.Page.Number, b.Page.Target
	b.Page = p
	return r.changedHere(b)
}

// begin makes the n-th attempt, of which no answer has come yet.
func (r *pageRun) begin(n int) *pageRun {
	for len(r.s.Attempts) <= n {
		r.s.Attempts = append(r.s.Attempts, r.planned(len(r.s.Attempts)))
	}
	r.s.Attempts[n].Tried, r.s.Attempts[n].Severity = true, r.s.Brief.Severity
	return r
}

// deliver makes the n-th attempt, and the pager takes it.
func (r *pageRun) deliver(at time.Time, n int) *pageRun {
	tried := n < len(r.s.Attempts) && r.s.Attempts[n].Tried
	r.begin(n).attempted(at, n, n+1, tried, incident.PageState{}, nil)
	return r
}

// fail makes the n-th attempt, and the pager does not take it.
func (r *pageRun) fail(at time.Time, n int, err error) *pageRun {
	tried := n < len(r.s.Attempts) && r.s.Attempts[n].Tried
	r.begin(n).attempted(at, n, n+1, tried, incident.PageState{}, err)
	return r
}

// pass lets what is waited for come, decides what is to be decided, or asks a pager that does not
// answer.
func (r *pageRun) pass(at time.Time) *pageRun {
	switch a := r.next().(type) {
	case *mirror.Call:
		switch a.Name {
		case "ask the pager":
			r.looked(at, nil)
		case "ask the pager whether the page went out":
			r.settled(at, incident.PageState{}, outage())
		}
	case *mirror.Wait:
		a.Done(at)
	case *mirror.Decision:
		a.Decide(at)
	}
	return r
}

// passes lets time go by until the page does something that begins so.
func (r *pageRun) passes(at time.Time, until string) *pageRun {
	for !strings.HasPrefix(does(r.next()), until) {
		if w, waits := r.next().(*mirror.Wait); waits && w.Until.After(at) {
			at = w.Until
		}
		r.pass(at)
	}
	return r
}

// story says in a line where the page stands and what it does next, but for looks by the clock.
func (r *pageRun) story() string {
	look := r.s.Look.At
	r.s.Look.At = time.Time{}
	defer func() { r.s.Look.At = look }()
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
	if len(r.s.Stale) > 0 {
		s += "; ends" + numbers(r.s.Stale)
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
		in := input()
		in.Brief.Page.NotBefore = start.AddDate(0, 0, 1)
		return &pageRun{in: in, s: freshPage(in), ctx: clock()}
	},
	"not yet paging": fresh,
	"paging":         func() *pageRun { return fresh().deliver(start, 0) },
	"paging the second": func() *pageRun {
		return fresh().deliver(start, 0).pass(now).deliver(now, 1)
	},
	"asking the pager": func() *pageRun { return fresh().deliver(start, 0).pass(start.Add(10 * time.Second)) },
	"asking before the next step": func() *pageRun {
		r := fresh().deliver(start, 0)
		r.s.Look.At = time.Time{}
		return r.pass(now)
	},
	"in doubt": func() *pageRun { return fresh().fail(start, 0, outage()) },
	"in doubt once more": func() *pageRun {
		r := fresh().fail(start, 0, outage())
		r.settled(start, incident.PageState{}, nil)
		return r
	},
	"on its way again": func() *pageRun {
		r := fresh().deliver(start, 0)
		_ = reports["its severity rises"](r)
		return r
	},
	"unanswered": func() *pageRun { return throughTheChain() },
	"paging once more": func() *pageRun {
		return throughTheChain().passes(now.Add(5*time.Minute), "page checkout,").deliver(now.Add(10*time.Minute), 0)
	},
	"undelivered": func() *pageRun {
		return fresh().fail(start, 0, outage()).pass(start).fail(start, 1, outage()).pass(start).pass(start)
	},
	"off": func() *pageRun {
		off := answers["the pager off"].err
		return fresh().fail(start, 0, off).fail(start, 1, off).pass(start)
	},
	"without a way": func() *pageRun {
		r := fresh()
		r.s.Brief.Target.Steps = nil
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
		_ = r.told(incident.Page{Revision: 2, Status: incident.PageAcknowledged, By: bob})
		r.acknowledged(r.unacked())
		return r
	},
	"withdrawn": func() *pageRun {
		r := fresh().deliver(start, 0)
		_ = r.told(incident.Page{Revision: 2, Status: incident.PageWithdrawn})
		r.withdrawn(now)
		return r
	},
}

// throughTheChain is a page that two attempts have reached nobody with.
func throughTheChain() *pageRun {
	r := fresh().deliver(start, 0).passes(start, "page platform").deliver(now, 1)
	return r.passes(now, "give up").pass(now.Add(5 * time.Minute))
}

const alice, bob = "alice@example.com", "bob@example.com"

// reports are what a page hears in the table: from its incident, and from the pager of its first attempt.
var reports = map[string]func(*pageRun) error{
	"the incident withdraws it": func(r *pageRun) error {
		return r.told(incident.Page{Revision: 3, Status: incident.PageWithdrawn})
	},
	"Bob takes it in Muster": func(r *pageRun) error {
		return r.told(incident.Page{Revision: 3, Status: incident.PageAcknowledged, By: bob})
	},
	"the incident wakes it": func(r *pageRun) error {
		return r.told(incident.Page{Revision: 3, Status: incident.PagePaging})
	},
	"the incident says what it said already": func(r *pageRun) error {
		return r.told(incident.Page{Revision: r.s.Brief.Page.Revision, Status: incident.PageWithdrawn})
	},
	"its severity rises": func(r *pageRun) error {
		b := r.s.Brief
		b.Severity = 1
		return r.changedHere(b)
	},
	"the pager notifies nobody":            func(r *pageRun) error { return r.hears(incident.PageState{Silent: "nobody is on call"}) },
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
