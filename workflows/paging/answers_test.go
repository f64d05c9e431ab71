package paging

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"muster/activities"
	"muster/incident"
)

// answers are what the pager makes of an attempt.
var answers = map[string]answer{
	"delivered":                    {},
	"found open":                   {found: incident.PageState{Found: true, URL: "https://pager.example.com/1"}},
	"answered already":             {found: incident.PageState{Found: true, Acknowledged: true, By: alice}},
	"resolved by Alice already":    {found: incident.PageState{Found: true, Resolved: true, By: alice}},
	"acknowledged by nobody known": {found: incident.PageState{Found: true, Acknowledged: true}},
	"resolved by a time-out":       {found: incident.PageState{Found: true, Resolved: true}},
	"refused":                      {err: failure(activities.ErrPermanent, "PD_CHECKOUT is not set")},
	"its credential refused":       {err: failure(activities.ErrCredential, "401")},
	"gone":                         {err: failure(activities.ErrGone, "404")},
	"away":                         {err: outage()},
	"the pager off":                {err: failure(activities.ErrOff, "pagerduty is not set up")},
	"not heard of":                 {err: temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE, nil)},
	"not heard of after an outage": {err: temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE, outage())},
}

func failure(kind, reason string) error {
	return temporal.NewApplicationErrorWithOptions(reason, kind, temporal.ApplicationErrorOptions{
		NonRetryable: kind != activities.ErrRetryable, Details: []any{activities.Failure{Attempt: 1, Vendor: "pagerduty", Reason: reason, Mend: "mend it"}},
	})
}

func outage() error { return failure(activities.ErrRetryable, "503") }

// underWay is an attempt of that number when its answer comes; tried says that it was made before.
type underWay struct {
	n     int
	tried bool
	make  func() *pageRun
}

// answered is the page once the pager has answered.
func (u underWay) answered(answer string) *pageRun {
	r := u.make()
	r.attempted(now, u.n, u.n+1, u.tried, answers[answer].found, answers[answer].err)
	return r
}

var begun = map[string]underWay{
	"the first attempt": {0, false, func() *pageRun { return fresh().begin(0) }},
	"the last attempt":  {1, false, func() *pageRun { return fresh().deliver(start, 0).passes(start, "page platform").begin(1) }},
	"an attempt again after nobody had heard its answer": {0, true, func() *pageRun {
		r := fresh().begin(0)
		r.fail(start, 0, answers["not heard of"].err)
		return r
	}},
	"the first again after an outage": {0, true, func() *pageRun {
		return standings["undelivered"]().pass(now).begin(0)
	}},
	"the first again after it was given back": {0, true, func() *pageRun {
		r := standings["acknowledged at the pager"]()
		_ = r.hears(incident.PageState{})
		return r
	}},
	"the first again after the second was given back": {0, true, func() *pageRun {
		r := standings["acknowledged at the second"]()
		_ = r.changedAtPager(heard(secondKey, now, incident.PageState{}))
		return r
	}},
	"the first sent again in the second round": {0, true, func() *pageRun {
		r := fresh()
		r.s.Brief.Target.Rounds = 2
		return r.deliver(start, 0).pass(now).deliver(now, 1).passes(now, "page checkout,")
	}},
	"an attempt again, more urgent": {0, true, func() *pageRun {
		r := fresh().deliver(start, 0)
		_ = reports["its severity rises"](r)
		return r
	}},
	"an attempt of a pager that cannot be asked": {0, false, func() *pageRun {
		r := fresh().begin(0)
		r.s.Look.Blind = true
		return r
	}},
	"an attempt that was withdrawn meanwhile": {0, false, func() *pageRun {
		r := fresh().begin(0)
		_ = r.told(incident.Page{Revision: 2, Status: incident.PageWithdrawn})
		return r
	}},
	"an attempt that Bob took in Muster meanwhile": {0, false, func() *pageRun {
		r := fresh().begin(0)
		_ = r.told(incident.Page{Revision: 2, Status: incident.PageAcknowledged, By: bob})
		return r
	}},
	"an attempt that Alice acknowledged meanwhile": {0, false, func() *pageRun {
		r := fresh().begin(0)
		_ = r.changedAtPager(heard(firstKey, start, incident.PageState{Acknowledged: true, By: alice}))
		return r
	}},
}

// Every attempt under way and every answer of the pager: where the page stands then, what it does
// next, and which attempts it thinks may be open at the pager.
func TestWhatAPageMakesOfThePagersAnswer(t *testing.T) {
	t.Parallel()
	table := map[string]map[string]string{
		"the first attempt": {
			"delivered":                    "paging: acknowledgement by checkout on-call, until 10:10:00; open: 1",
			"found open":                   "paging: acknowledgement by checkout on-call, until 10:10:00; open: 1",
			"answered already":             "acknowledged by alice@example.com: nothing; open: 1",
			"resolved by Alice already":    "acknowledged by alice@example.com: nothing; open: 1",
			"acknowledged by nobody known": "paging (the pager shows it as acknowledged, and by no person): page platform, attempt 2; open: 1",
			"resolved by a time-out":       "paging: page platform, attempt 2; open: 1",                                                                    // it wakes nobody any more
			"refused":                      "paging (PD_CHECKOUT is not set): page platform, attempt 2; snag page checkout: PD_CHECKOUT is not set; open:", // nothing is open, so nothing is taken back later
			"its credential refused":       "paging (401): page platform, attempt 2; snag page checkout: 401; open:",
			"gone":                         "paging (404): page platform, attempt 2; snag page checkout: 404; open:",
			"the pager off":                "paging (pagerduty is not set up): page platform, attempt 2; snag page checkout: pagerduty is not set up; open:",
			"away":                         "paging (503): ask the pager whether the page went out; open: 1", // it may have gone out all the same
			"not heard of":                 "paging: page checkout, attempt 1; open: 1",                      // it is looked for before anybody else is woken
			"not heard of after an outage": "paging (503): ask the pager whether the page went out; open: 1",
		},
		"the last attempt": {
			"delivered":                    "paging: acknowledgement by checkout on-call, until 10:10:00; open: 1 2",
			"found open":                   "paging: acknowledgement by checkout on-call, until 10:10:00; open: 1 2",
			"answered already":             "acknowledged by alice@example.com: acknowledge at the pager; open: 1 2",
			"resolved by Alice already":    "acknowledged by alice@example.com: acknowledge at the pager; open: 1 2",
			"acknowledged by nobody known": "paging (the pager shows it as acknowledged, and by no person): give up; open: 1 2",
			"resolved by a time-out":       "paging: give up; open: 1 2",
			"refused":                      "paging (PD_CHECKOUT is not set): give up; snag page platform: PD_CHECKOUT is not set; open: 1",
			"its credential refused":       "paging (401): give up; snag page platform: 401; open: 1",
			"gone":                         "paging (404): give up; snag page platform: 404; open: 1",
			"the pager off":                "paging (pagerduty is not set up): give up; snag page platform: pagerduty is not set up; open: 1",
			"away":                         "paging (503): ask the pager whether the page went out; open: 1 2",
			"not heard of":                 "paging: page platform, attempt 2; open: 1 2",
			"not heard of after an outage": "paging (503): ask the pager whether the page went out; open: 1 2",
		},
		"an attempt again after nobody had heard its answer": {
			"delivered":                    "paging: acknowledgement by checkout on-call, until 10:10:00; open: 1",
			"found open":                   "paging: acknowledgement by checkout on-call, until 10:10:00; open: 1",
			"answered already":             "acknowledged by alice@example.com: nothing; open: 1",
			"resolved by Alice already":    "acknowledged by alice@example.com: nothing; open: 1",
			"acknowledged by nobody known": "paging (the pager shows it as acknowledged, and by no person): page platform, attempt 2; open: 1",
			"resolved by a time-out":       "paging: page platform, attempt 2; open: 1",
			"refused":                      "paging (PD_CHECKOUT is not set): page platform, attempt 2; snag page checkout: PD_CHECKOUT is not set; open: 1", // the first call may have gone out
			"its credential refused":       "paging (401): page platform, attempt 2; snag page checkout: 401; open: 1",
			"gone":                         "paging (404): page platform, attempt 2; snag page checkout: 404; open: 1",
			"the pager off":                "paging (pagerduty is not set up): page platform, attempt 2; snag page checkout: pagerduty is not set up; open: 1",
			"away":                         "paging (503): ask the pager whether the page went out; open: 1",
			"not heard of":                 "paging (no answer in time): ask the pager whether the page went out; open: 1",
			"not heard of after an outage": "paging (503): ask the pager whether the page went out; open: 1",
		},
		"the first again after an outage": {
			"delivered":                    "paging: acknowledgement by checkout on-call, until 10:10:00; open: 1 2", // somebody is being woken again
			"found open":                   "paging: acknowledgement by checkout on-call, until 10:10:00; open: 1 2",
			"answered already":             "acknowledged by alice@example.com: acknowledge at the pager; open: 1 2",
			"resolved by Alice already":    "acknowledged by alice@example.com: acknowledge at the pager; open: 1 2",
			"acknowledged by nobody known": "paging (the pager shows it as acknowledged, and by no person): page platform, attempt 2; open: 1 2",
			"resolved by a time-out":       "paging: page platform, attempt 2; open: 1 2",
			"refused":                      "unanswered (PD_CHECKOUT is not set): page platform, attempt 2; snag page checkout: PD_CHECKOUT is not set; open: 1 2", // the call before may have gone out
			"its credential refused":       "unanswered (401): page platform, attempt 2; snag page checkout: 401; open: 1 2",
			"gone":                         "unanswered (404): page platform, attempt 2; snag page checkout: 404; open: 1 2",
			"the pager off":                "unanswered (pagerduty is not set up): page platform, attempt 2; snag page checkout: pagerduty is not set up; open: 1 2",
			"away":                         "unanswered (503): ask the pager whether the page went out; open: 1 2",
			"not heard of":                 "unanswered (503): page checkout, attempt 1; open: 1 2",
			"not heard of after an outage": "unanswered (503): ask the pager whether the page went out; open: 1 2",
		},
		"the first sent again in the second round": {
			"delivered":                    "paging: acknowledgement by checkout on-call, until 10:10:00; open: 1 2",
			"found open":                   "paging: acknowledgement by checkout on-call, until 10:10:00; open: 1 2",
			"answered already":             "acknowledged by alice@example.com: acknowledge at the pager; open: 1 2",
			"resolved by Alice already":    "acknowledged by alice@example.com: acknowledge at the pager; open: 1 2",
			"acknowledged by nobody known": "paging (the pager shows it as acknowledged, and by no person): page platform, attempt 2; open: 1 2",
			"resolved by a time-out":       "paging: page platform, attempt 2; open: 1 2",
			"refused":                      "paging (PD_CHECKOUT is not set): page platform, attempt 2; snag page checkout: PD_CHECKOUT is not set; open: 1 2",
			"its credential refused":       "paging (401): page platform, attempt 2; snag page checkout: 401; open: 1 2",
			"gone":                         "paging (404): page platform, attempt 2; snag page checkout: 404; open: 1 2",
			"the pager off":                "paging (pagerduty is not set up): page platform, attempt 2; snag page checkout: pagerduty is not set up; open: 1 2",
			"away":                         "paging (503): ask the pager whether the page went out; open: 1 2",
			"not heard of":                 "paging: page checkout, attempt 1; open: 1 2",
			"not heard of after an outage": "paging (503): ask the pager whether the page went out; open: 1 2",
		},
		"an attempt again, more urgent": {
			"delivered":                    "paging: page checkout, attempt 1; open: 1",
			"found open":                   "paging: page checkout, attempt 1; open: 1",
			"answered already":             "acknowledged by alice@example.com: nothing; open: 1",
			"resolved by Alice already":    "acknowledged by alice@example.com: nothing; open: 1",
			"acknowledged by nobody known": "paging (the pager shows it as acknowledged, and by no person): page platform, attempt 2; open: 1",
			"resolved by a time-out":       "paging: page platform, attempt 2; open: 1",
			"refused":                      "paging: page checkout, attempt 1; open: 1",
			"its credential refused":       "paging: page checkout, attempt 1; open: 1",
			"gone":                         "paging: page checkout, attempt 1; open: 1",
			"the pager off":                "paging: page checkout, attempt 1; open: 1",
			"away":                         "paging: page checkout, attempt 1; open: 1", // it is out already, and rings on as it was
			"not heard of":                 "paging: page checkout, attempt 1; open: 1",
			"not heard of after an outage": "paging: page checkout, attempt 1; open: 1",
		},
		"an attempt of a pager that cannot be asked": {
			"delivered":                    "paging: acknowledgement by checkout on-call, until 10:10:00; open: 1",
			"found open":                   "paging: acknowledgement by checkout on-call, until 10:10:00; open: 1",
			"answered already":             "acknowledged by alice@example.com: nothing; open: 1",
			"resolved by Alice already":    "acknowledged by alice@example.com: nothing; open: 1",
			"acknowledged by nobody known": "paging (the pager shows it as acknowledged, and by no person): page platform, attempt 2; open: 1",
			"resolved by a time-out":       "paging: page platform, attempt 2; open: 1",
			"refused":                      "paging (PD_CHECKOUT is not set): page platform, attempt 2; snag page checkout: PD_CHECKOUT is not set; open:",
			"its credential refused":       "paging (401): page platform, attempt 2; snag page checkout: 401; open:",
			"gone":                         "paging (404): page platform, attempt 2; snag page checkout: 404; open:",
			"the pager off":                "paging (pagerduty is not set up): page platform, attempt 2; snag page checkout: pagerduty is not set up; open:",
			"away":                         "paging (503): page platform, attempt 2; open: 1", // nobody can be asked about it
			"not heard of":                 "paging: page checkout, attempt 1; open: 1",
			"not heard of after an outage": "paging (503): page platform, attempt 2; open: 1",
		},
		"the first again after it was given back": {
			"delivered":                    "paging: acknowledgement by checkout on-call, until 10:10:00; open: 1",
			"found open":                   "paging: acknowledgement by checkout on-call, until 10:10:00; open: 1",
			"answered already":             "acknowledged by alice@example.com: nothing; open: 1",
			"resolved by Alice already":    "acknowledged by alice@example.com: nothing; open: 1",
			"acknowledged by nobody known": "paging (the pager shows it as acknowledged, and by no person): page platform, attempt 2; open: 1",
			"resolved by a time-out":       "paging: page platform, attempt 2; open: 1",
			"refused":                      "paging (PD_CHECKOUT is not set): page platform, attempt 2; snag page checkout: PD_CHECKOUT is not set; open: 1",
			"its credential refused":       "paging (401): page platform, attempt 2; snag page checkout: 401; open: 1",
			"gone":                         "paging (404): page platform, attempt 2; snag page checkout: 404; open: 1",
			"the pager off":                "paging (pagerduty is not set up): page platform, attempt 2; snag page checkout: pagerduty is not set up; open: 1",
			"away":                         "paging (503): ask the pager whether the page went out; open: 1",
			"not heard of":                 "paging: page checkout, attempt 1; open: 1",
			"not heard of after an outage": "paging (503): ask the pager whether the page went out; open: 1",
		},
		"the first again after the second was given back": {
			"delivered":                    "paging: page platform, attempt 2; open: 1 2",                            // Muster has hushed it, so it wakes nobody
			"found open":                   "paging: acknowledgement by checkout on-call, until 10:10:00; open: 1 2", // it rings again
			"answered already":             "acknowledged by alice@example.com: acknowledge at the pager; open: 1 2",
			"resolved by Alice already":    "acknowledged by alice@example.com: acknowledge at the pager; open: 1 2",
			"acknowledged by nobody known": "paging: page platform, attempt 2; open: 1 2", // that is Muster itself
			"resolved by a time-out":       "paging: page platform, attempt 2; open: 1 2",
			"refused":                      "paging (PD_CHECKOUT is not set): page platform, attempt 2; snag page checkout: PD_CHECKOUT is not set; open: 1 2",
			"its credential refused":       "paging (401): page platform, attempt 2; snag page checkout: 401; open: 1 2",
			"gone":                         "paging (404): page platform, attempt 2; snag page checkout: 404; open: 1 2",
			"the pager off":                "paging (pagerduty is not set up): page platform, attempt 2; snag page checkout: pagerduty is not set up; open: 1 2",
			"away":                         "paging (503): ask the pager whether the page went out; open: 1 2",
			"not heard of":                 "paging: page checkout, attempt 1; open: 1 2",
			"not heard of after an outage": "paging (503): ask the pager whether the page went out; open: 1 2",
		},
		"an attempt that Bob took in Muster meanwhile": {
			"delivered":                    "acknowledged by bob@example.com: acknowledge at the pager; open: 1",
			"found open":                   "acknowledged by bob@example.com: acknowledge at the pager; open: 1",
			"answered already":             "acknowledged by bob@example.com: nothing; open: 1",
			"resolved by Alice already":    "acknowledged by bob@example.com: nothing; open: 1",
			"acknowledged by nobody known": "acknowledged by bob@example.com: nothing; open: 1",
			"resolved by a time-out":       "acknowledged by bob@example.com: acknowledge at the pager; open: 1",
			"refused":                      "acknowledged by bob@example.com: nothing; open:", // nobody needs it any more
			"its credential refused":       "acknowledged by bob@example.com: nothing; open:",
			"gone":                         "acknowledged by bob@example.com: nothing; open:",
			"the pager off":                "acknowledged by bob@example.com: nothing; open:",
			"away":                         "acknowledged by bob@example.com: acknowledge at the pager; open: 1",
			"not heard of":                 "acknowledged by bob@example.com: acknowledge at the pager; open: 1",
			"not heard of after an outage": "acknowledged by bob@example.com: acknowledge at the pager; open: 1",
		},
		"an attempt that Alice acknowledged meanwhile": {
			"delivered":                    "acknowledged by alice@example.com: nothing; open: 1", // what she said is newer than the answer
			"found open":                   "acknowledged by alice@example.com: nothing; open: 1",
			"answered already":             "acknowledged by alice@example.com: nothing; open: 1",
			"resolved by Alice already":    "acknowledged by alice@example.com: nothing; open: 1",
			"acknowledged by nobody known": "acknowledged by alice@example.com: nothing; open: 1",
			"resolved by a time-out":       "acknowledged by alice@example.com: nothing; open: 1",
			"refused":                      "acknowledged by alice@example.com: nothing; open:",
			"its credential refused":       "acknowledged by alice@example.com: nothing; open:",
			"gone":                         "acknowledged by alice@example.com: nothing; open:",
			"the pager off":                "acknowledged by alice@example.com: nothing; open:",
			"away":                         "acknowledged by alice@example.com: nothing; open: 1",
			"not heard of":                 "acknowledged by alice@example.com: nothing; open: 1",
			"not heard of after an outage": "acknowledged by alice@example.com: nothing; open: 1",
		},
		"an attempt that was withdrawn meanwhile": {
			"delivered":                    "withdrawn: withdraw the page; open: 1",
			"found open":                   "withdrawn: withdraw the page; open: 1",
			"answered already":             "withdrawn: withdraw the page; open: 1",
			"resolved by Alice already":    "withdrawn: withdraw the page; open: 1",
			"acknowledged by nobody known": "withdrawn: withdraw the page; open: 1",
			"resolved by a time-out":       "withdrawn: withdraw the page; open: 1",
			"refused":                      "withdrawn: nothing; open:", // no snag outlives its page
			"its credential refused":       "withdrawn: nothing; open:",
			"gone":                         "withdrawn: nothing; open:",
			"the pager off":                "withdrawn: nothing; open:",
			"away":                         "withdrawn: withdraw the page; open: 1",
			"not heard of":                 "withdrawn: withdraw the page; open: 1",
			"not heard of after an outage": "withdrawn: withdraw the page; open: 1",
		},
	}
	require.Len(t, table, len(begun))
	for attempt, rows := range table {
		require.Len(t, rows, len(answers), attempt)
		for answer, want := range rows {
			t.Run(attempt+", "+answer, func(t *testing.T) {
				t.Parallel()
				r := begun[attempt].answered(answer)
				require.Equal(t, want, r.story()+r.wakes())
			})
		}
	}
}

// wakes says which attempts may be open at the pager, which is what a withdrawal takes back.
func (r *pageRun) wakes() string {
	s := "; open:"
	for _, a := range r.open() {
		s += " " + a.Key[len(a.Key)-1:]
	}
	return s
}
