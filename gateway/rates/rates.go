// Package rates bounds how often one caller may make something new, or search the archive: a script in a loop, or a token in wrong
// hands, must not keep others from declaring. The bounds are generous; nobody who works on an incident meets
// them. What ends or calms something, such as acknowledging or resolving, has none. Ways in do not know the facts,
// so that a command which may page or calm, such as changing the severity, is bounded as if it paged.
//
// Each gateway counts for itself and forgets at its end, so several gateways together let more through.
package rates

import (
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"muster/incident"
	"muster/workflows/api"
)

// Deed is a kind of thing that is made.
type Deed string

// The deeds. Declaring with severity 1 is one of its own: whoever has declared too much can still declare that.
const (
	Declare      Deed = "declare"
	DeclareWorst Deed = "declare severity 1"
	Subscribe    Deed = "subscribe"
	Note         Deed = "note"
	Page         Deed = "page"
	// Change is what may page by what the playbook says of the incident as it is then. It is not Page, so that
	// whoever has paged too much can still make an incident worse.
	Change Deed = "change"
	// Channel is what has a new channel opened, of which chat makes few in a minute for all incidents together.
	Channel Deed = "channel"
	// Search makes nothing, and has the archive read much.
	Search Deed = "search"
)

// Of is the deed of a command; ok is false for commands that are not bounded.
func Of(command string) (d Deed, ok bool) {
	switch command {
	case api.RaisePage:
		return Page, true
	case api.Capture, api.Update, api.AddFollowUp:
		return Note, true
	case api.ChangeSeverity, api.ChangeServices, api.ChangeKind:
		return Change, true
	case api.MakePrivate, api.MakePublic, api.Reopen, api.Retry:
		return Channel, true
	}
	return "", false
}

// Declaring is the deed of a declaration of a severity; 0 is one that was not said.
func Declaring(s incident.Severity) Deed {
	if s == 1 {
		return DeclareWorst
	}
	return Declare
}

// allowance is how many may come at once, and after how long there is room for one more.
type allowance struct {
	burst int
	every time.Duration
}

// Caller is whom a bound belongs to.
type Caller struct {
	// Name tells callers apart: a token's, or a user ID of Slack's.
	Name string
	// Person is true for somebody who types and clicks, false for a token, behind which may be the alerts of
	// a whole company.
	Person bool
}

var people = map[Deed]allowance{
	Declare:      {20, 15 * time.Second},
	DeclareWorst: {20, 5 * time.Second},
	Subscribe:    {30, 10 * time.Second},
	Note:         {60, time.Second},
	Page:         {30, 5 * time.Second},
	Change:       {30, 5 * time.Second},
	Channel:      {20, 15 * time.Second},
	Search:       {30, 2 * time.Second},
}

var tokens = map[Deed]allowance{
	Declare:      {200, time.Second},
	DeclareWorst: {100, time.Second},
	Subscribe:    {30, 10 * time.Second},
	Note:         {600, 100 * time.Millisecond},
	Page:         {100, time.Second},
	Change:       {100, time.Second},
	Channel:      {40, 5 * time.Second},
	Search:       {60, 500 * time.Millisecond},
}

// Limits count what callers do. They are safe for concurrent use. Nil Limits bound nothing.
type Limits struct {
	factor float64
	now    func() time.Time

	mu      sync.Mutex
	buckets map[bucket]*rate.Limiter
}

type bucket struct {
	caller string
	deed   Deed
}

// New makes limits that are factor times the usual ones, 1 for those.
func New(factor float64, now func() time.Time) *Limits {
	return &Limits{factor: factor, now: now, buckets: map[bucket]*rate.Limiter{}}
}

// manyBuckets is when those that are full again are forgotten: they say no more than a new one.
const manyBuckets = 4096

// Take counts a deed. It refuses with *Exceeded what is too much.
func (l *Limits) Take(c Caller, d Deed) error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now, b := l.now(), bucket{c.Name, d}
	limiter := l.buckets[b]
	if limiter == nil {
		l.forget(now)
		a := tokens[d]
		if c.Person {
			a = people[d]
		}
		limiter = rate.NewLimiter(rate.Limit(l.factor/a.every.Seconds()), max(int(float64(a.burst)*l.factor), 1))
		l.buckets[b] = limiter
	}
	r := limiter.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait <= 0 {
		return nil
	}
	r.CancelAt(now)
	return &Exceeded{Deed: d, Wait: wait}
}

func (l *Limits) forget(now time.Time) {
	if len(l.buckets) < manyBuckets {
		return
	}
	for b, limiter := range l.buckets {
		if limiter.TokensAt(now) >= float64(limiter.Burst()) {
			delete(l.buckets, b)
		}
	}
}

// Code is that of the problem which Exceeded is.
const Code incident.Code = "rate_limited"

// Exceeded says that a caller did too much. It is an incident.Problem for errors.As.
type Exceeded struct {
	Deed Deed
	// Wait is after how long there is room again.
	Wait time.Duration
}

// Seconds is Wait in whole seconds, at least 1, as Retry-After wants it.
func (e *Exceeded) Seconds() int { return max(int(math.Ceil(e.Wait.Seconds())), 1) }

func (e *Exceeded) Error() string { return e.problem().Error() }

// As lets the error be read as a problem.
func (e *Exceeded) As(target any) bool {
	p, ok := target.(**incident.Problem)
	if ok {
		*p = e.problem()
	}
	return ok
}

var did = map[Deed]string{
	Declare:      "very many incidents were declared in a short time",
	DeclareWorst: "very many incidents of severity 1 were declared in a short time",
	Subscribe:    "very many subscriptions were made in a short time",
	Note:         "very many notes were written in a short time",
	Page:         "very many pages were sent in a short time",
	Change:       "severity, services or kind were changed very often in a short time",
	Channel:      "incidents were made private or public, reopened or tried again very often in a short time",
	Search:       "the archive was searched very often in a short time",
}

func (e *Exceeded) problem() *incident.Problem {
	again := fmt.Sprintf("wait %d seconds", e.Seconds())
	if e.Seconds() == 1 {
		again = "wait a second"
	}
	if e.Deed == Declare {
		again += "; an incident of severity 1 can be declared at once"
	}
	return &incident.Problem{Code: Code, Reason: did[e.Deed], Mend: again}
}
