package slackdoor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/workflows/api"
)

// record stands for Temporal and the workflows: it applies commands with the real domain, each
// command ID once, and can be away or slow to a test's liking.
type record struct {
	now func() time.Time
	// archive answers searches, nil where there is none.
	archive interface {
		Search(ctx context.Context, s incidents.Search) (incidents.Found, error)
		List(ctx context.Context, f incidents.Filter) (incidents.List, error)
		FollowUps(ctx context.Context, f incidents.FollowUpFilter) (incidents.FollowUpList, error)
		Own(ctx context.Context, v incidents.Viewer) (incidents.Own, error)
		Remembered(ctx context.Context, number int, v incidents.Viewer) (incident.Incident, error)
		Recall(ctx context.Context, number int, v incidents.Viewer, away error) (incidents.Shown, error)
	}

	mu       sync.Mutex
	facts    map[int]*incident.Incident
	keys     map[string]int
	results  map[string]incident.Result
	bodies   map[string][2]string
	subs     []incident.Subscription
	owed     []api.OwedLine
	signals  []string
	filters  []incidents.FollowUpFilter
	commands []string // by name and ID, each that was handed over
	// away refuses everything, idle records without applying.
	away, idle bool
	// unsure applies commands and says that they are not known to be recorded.
	unsure bool
	// panics is called with each command.
	panics func()
	// refused counts what was asked while away.
	refused int
	pending []func()
}

func newRecord(now func() time.Time) *record {
	return &record{now: now, facts: map[int]*incident.Incident{}, keys: map[string]int{}, results: map[string]incident.Result{}, bodies: map[string][2]string{}}
}

func (r *record) is(change func(r *record)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
}

func (r *record) lost() error {
	r.refused++
	return &incidents.NotRecordedError{ID: "x", Err: context.DeadlineExceeded}
}

func (r *record) DeclareOrRecord(_ context.Context, key, words string, d incident.Declaration) (api.DeclareResult, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		return api.DeclareResult{}, false, r.lost()
	}
	if d.Severity == 0 {
		d.Severity = 3
	}
	d, err := d.Normal()
	if err != nil {
		return api.DeclareResult{}, false, err
	}
	if r.idle {
		r.pending = append(r.pending, func() { r.declare(key, d) })
		return api.DeclareResult{}, true, nil
	}
	if n, said := r.keys[words]; said && words != "" {
		return api.DeclareResult{Number: n, Key: incident.Key(n), Existing: true}, false, nil
	}
	n, existing := r.declare(key, d)
	if words != "" {
		r.keys[words] = n
	}
	return api.DeclareResult{Number: n, Key: incident.Key(n), Existing: existing}, false, nil
}

func (r *record) Search(ctx context.Context, s incidents.Search) (incidents.Found, error) {
	if r.archive == nil {
		return incidents.New(incidents.Options{}).Search(ctx, s)
	}
	return r.archive.Search(ctx, s)
}

func (r *record) declare(key string, d incident.Declaration) (n int, existing bool) {
	if n, ok := r.keys[key]; ok {
		return n, true
	}
	n = len(r.facts) + 1
	i := incident.New(n, d, r.now())
	name := incident.ChannelNameFrom(incident.DefaultChannelName, incident.ChannelParts{Prefix: "inc", Number: n, Title: d.Title})
	i.Links.Channel = incident.ChannelRef{ID: fmt.Sprintf("C%09d", n), Name: name, URL: "https://chat.example.com/" + name}
	r.facts[n], r.keys[key] = i, n
	return n, false
}

func (r *record) MayCommand(_ context.Context, number int, v incidents.Viewer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		return r.lost()
	}
	i := r.facts[number]
	if r.idle && v.Guest { // of whom a worker is asked
		return fmt.Errorf("show: %w", incidents.ErrAway)
	}
	if i == nil || !v.Sees(i) {
		return incidents.NotFound(number)
	}
	return nil
}

func (r *record) Command(_ context.Context, number int, name string, cmd incident.Command) (incidents.Outcome, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := cmd.Head().CommandID
	r.commands = append(r.commands, name+" "+id)
	if r.panics != nil {
		r.panics()
	}
	i := r.facts[number]
	switch {
	case r.away:
		return incidents.Outcome{}, r.lost()
	case i == nil:
		return incidents.Outcome{}, incidents.NotFound(number)
	case r.idle:
		r.pending = append(r.pending, func() { r.apply(i, cmd) })
		return incidents.Outcome{Recorded: true, CommandID: id}, nil
	}
	body := bodyOf(cmd)
	if _, known := r.results[id]; !known {
		if !i.Hears(cmd) {
			return incidents.Outcome{}, incident.NotPartOf(i)
		}
		if err := cmd.Check(i, r.now()); err != nil {
			return incidents.Outcome{}, err
		}
	} else if before := r.bodies[id]; before[0] != body[0] && before[1] != body[1] {
		return incidents.Outcome{}, incident.UsedBefore()
	}
	res := r.apply(i, cmd)
	if r.unsure {
		return incidents.Outcome{}, r.lost()
	}
	return incidents.Outcome{Result: res, CommandID: id}, nil
}

func (r *record) apply(i *incident.Incident, cmd incident.Command) incident.Result {
	id := cmd.Head().CommandID
	if res, known := r.results[id]; known {
		return res.Again(i)
	}
	r.results[id] = cmd.Apply(i, r.now())
	r.bodies[id] = bodyOf(cmd)
	return r.results[id]
}

func bodyOf(cmd incident.Command) [2]string {
	said, meant := incident.Body(cmd)
	return [2]string{said, meant}
}

// catchUp applies what was recorded.
func (r *record) catchUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.idle = false
	for _, do := range r.pending {
		do()
	}
	r.pending = nil
}

func (r *record) Snapshot(_ context.Context, number int) (incident.Incident, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.facts[number]
	switch {
	case r.away || r.idle:
		return incident.Incident{}, fmt.Errorf("show: %w", incidents.ErrAway)
	case i == nil:
		return incident.Incident{}, incidents.NotFound(number)
	}
	return clone(i), nil
}

func (r *record) Remembered(ctx context.Context, number int, v incidents.Viewer) (incident.Incident, error) {
	if r.archive == nil {
		return incident.Incident{}, incidents.NotFound(number)
	}
	return r.archive.Remembered(ctx, number, v)
}

func (r *record) Recall(ctx context.Context, number int, v incidents.Viewer, away error) (incidents.Shown, error) {
	if r.archive == nil {
		return incidents.Shown{}, away
	}
	return r.archive.Recall(ctx, number, v, away)
}

// clone is a copy that shares nothing.
func clone(i *incident.Incident) incident.Incident {
	raw, err := json.Marshal(i)
	if err != nil {
		panic(err) // facts are plain data
	}
	var out incident.Incident
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(err)
	}
	return out
}

func (r *record) List(ctx context.Context, f incidents.Filter) (incidents.List, error) {
	if r.archive != nil && f.All {
		return r.archive.List(ctx, f)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		return incidents.List{}, fmt.Errorf("list: %w", incidents.ErrAway)
	}
	var out []incidents.Listed
	for n := len(r.facts); n > 0; n-- {
		i := r.facts[n]
		if f.Viewer.Guest && !f.Viewer.Private || !f.Viewer.Sees(i) || !f.All && !i.Status.Live() && i.Status != incident.StatusResolved {
			continue
		}
		l := incidents.Listed{
			Number: n, Key: i.Key(), Title: i.Shown(), Status: i.Status, Kind: i.Kind, Severity: i.Severity,
			Commander: i.Holder(incident.RoleCommander), Links: i.Seen(), DeclaredAt: i.DeclaredAt,
		}
		if i.Private {
			l.Title, l.Private, l.Links = "(private incident)", true, nil
		}
		out = append(out, l)
	}
	return incidents.List{Incidents: out, Source: incidents.SourceTemporal}, nil
}

func (r *record) Own(ctx context.Context, v incidents.Viewer) (own incidents.Own, err error) {
	look := v
	look.Private = look.Private || look.Guest
	own.FollowUps, _ = r.FollowUps(ctx, incidents.FollowUpFilter{Owner: v.Person, Viewer: v})
	own.Source = incidents.SourceTemporal
	if r.archive != nil {
		held, err := r.archive.Own(ctx, v)
		own.Ended, own.Note, own.Source = held.Ended, held.Note, held.Source
		if err != nil {
			return own, err
		}
	}
	all, err := r.List(ctx, incidents.Filter{Viewer: look})
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range all.Incidents {
		if r.facts[l.Number].PartOf(incident.NormalPerson(v.Person)) {
			own.Mine = append(own.Mine, l)
		} else if !v.Guest {
			own.Others = append(own.Others, l)
		}
	}
	return own, err
}

func (r *record) ByChannel(_ context.Context, id, _ string) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		r.refused++
		return 0, fmt.Errorf("find: %w", incidents.ErrAway)
	}
	for n, i := range r.facts {
		if i.Links.Channel.ID == id {
			return n, nil
		}
	}
	return 0, &incident.Problem{Code: incident.CodeNotFound, Field: "incident", Reason: "this channel belongs to no incident"}
}

func (r *record) Deliver(_ context.Context, workflow, signal string, in any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		return r.lost()
	}
	r.signals = append(r.signals, workflow+" "+signal)
	if c, ok := in.(incident.MessageChange); ok {
		n, err := incident.ParseKey(workflow)
		if err != nil {
			return err
		}
		r.facts[n].Recapture(c)
	}
	return nil
}

func (r *record) Subscribe(_ context.Context, in api.SubscribeInput) (api.SubscribeResult, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		return api.SubscribeResult{}, false, r.lost()
	}
	r.subs = append(r.subs, in.Subscription)
	return api.SubscribeResult{Changed: true, Text: "Subscribed", Subscriptions: r.of(in.Subscription.Subscriber)}, r.idle, nil
}

func (r *record) Unsubscribe(_ context.Context, in api.SubscribeInput) (api.SubscribeResult, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.subs = slices.DeleteFunc(r.subs, func(s incident.Subscription) bool { return s.Subscriber == in.Subscription.Subscriber })
	return api.SubscribeResult{Changed: true, Text: "Unsubscribed"}, false, nil
}

func (r *record) Subscriptions(_ context.Context, who incident.Subscriber) ([]incident.Subscription, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of(who), nil
}

func (r *record) of(who incident.Subscriber) (out []incident.Subscription) {
	for _, s := range r.subs {
		if s.Subscriber == who {
			out = append(out, s)
		}
	}
	return out
}

// FollowUps lists what the facts have, as visibility would.
func (r *record) FollowUps(ctx context.Context, f incidents.FollowUpFilter) (incidents.FollowUpList, error) {
	if r.archive != nil && f.All {
		return r.archive.FollowUps(ctx, f)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.filters = append(r.filters, f)
	var list incidents.FollowUpList
	if r.away {
		return list, fmt.Errorf("list: %w", incidents.ErrAway)
	}
	for n := 1; n <= len(r.facts); n++ {
		i := r.facts[n]
		for _, u := range i.FollowUps {
			if u.Status.Ended() || !f.Viewer.Sees(i) || (f.Owner != "" && u.Owner != f.Owner) || (f.Incident != 0 && f.Incident != n) || (f.Service != "" && !slices.Contains(i.Services, f.Service)) {
				continue
			}
			list.FollowUps = append(list.FollowUps, incidents.ListedFollowUp{
				Incident: n, Key: i.Key(), Number: u.Number, Title: u.Title, Status: u.Status, Owner: u.Owner, Due: u.Due, Revision: u.Revision,
			})
		}
	}
	return list, nil
}

func (r *record) OwedTo(context.Context, string) ([]api.OwedLine, error) { return r.owed, nil }
