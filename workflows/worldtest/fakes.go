package worldtest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"muster/activities"
	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
)

// Fakes stand for the vendors. They note every call and fail where a test says so.
type Fakes struct {
	// LastRegister is what a former run of Register knew.
	LastRegister *api.RegisterState
	mu           sync.Mutex
	Calls        []string
	fail         map[string]error
	Pages        map[string]incident.PageState
	// Requests are the pages that went out, Asked whom the pager asks by credential.
	Requests []incident.PageRequest
	Asked    map[string][]string
	// Notifications are whom the pager has notified, by key.
	Notifications map[string][]incident.Woken
	// Due is what is due, by person, and Now what follow-ups say when they are asked again.
	Due      activities.Due
	DuePages []activities.Due
	Now      []api.OwedLine
	Week     activities.Week
	// Direct are the messages that people were sent, in order.
	Direct []Direct
	Texts  []incident.Message
	// Shown are the issues that the tracker shows when it is asked, by ID or key; others are unseen.
	Shown map[string]incident.IssueState
	// Landed are the keys of issues that were made by an attempt whose answer was lost.
	Landed []string
	// furnished are the furnishings in the order of the calls.
	Furnished []incident.Furnishing
	// channels counts the channels that were opened, quiet is the answer to an archive.
	Channels int
	// Made is the channel that a lost try has made, and that is found.
	Made incident.ChannelRef
	// MadeAs, where it is set, is its key: it is found by no other one.
	MadeAs  string
	Quiet   incident.Quiet
	Members map[string][]string
	// subscriptions are what Register would answer.
	Subscriptions []incident.Subscription
	// Issues are the issues that the tracker was given, and leftOff the fields that it will not take.
	Issues  []incident.Issue
	leftOff []incident.IssueField
	// Archive answers for the archive, one call at a time; without it there is none.
	Archive func(workflow string, in activities.KeepInput) (activities.Kept, error)
}

// Called notes a call, and fails where a test says so.
func (f *Fakes) Called(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := fmt.Sprintf(format, args...)
	f.Calls = append(f.Calls, c)
	for prefix, err := range f.fail {
		if len(c) >= len(prefix) && c[:len(prefix)] == prefix {
			return err
		}
	}
	return nil
}

// Breaks makes calls that begin with the prefix fail, nil mends them.
func (f *Fakes) Breaks(prefix string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail == nil {
		f.fail = map[string]error{}
	}
	delete(f.fail, prefix)
	if err != nil {
		f.fail[prefix] = err
	}
}

// Said lists what chat was given, in order.
func (f *Fakes) Said() []incident.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.Texts)
}

// Count counts the calls that begin with the prefix.
func (f *Fakes) Count(prefix string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, c := range f.Calls {
		if len(c) >= len(prefix) && c[:len(prefix)] == prefix {
			n++
		}
	}
	return n
}

// Times counts how often a call was made, word for word.
func (f *Fakes) Times(call string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, c := range f.Calls {
		if c == call {
			n++
		}
	}
	return n
}

// Has reports whether a call was made, word for word.
func (f *Fakes) Has(call string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Contains(f.Calls, call)
}

type fakePager struct{ *Fakes }

func (p fakePager) Trigger(_ context.Context, _ fault.Secret, c incident.PageRequest) error {
	err := p.Called("page %s", c.Key)
	if err == nil {
		p.becomes(c.Key, func(s *incident.PageState) { s.Found, s.Asked = true, p.Asked[c.Credential] })
		p.mu.Lock()
		p.Requests = append(p.Requests, c)
		p.mu.Unlock()
	}
	return err
}

// Knows sets what the pager says of a page when it is asked.
func (f *Fakes) Knows(key string, s incident.PageState) {
	f.becomes(key, func(known *incident.PageState) { *known = s })
}

// becomes changes what the pager says of a page when it is asked.
func (f *Fakes) becomes(key string, change func(s *incident.PageState)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Pages == nil {
		f.Pages = map[string]incident.PageState{}
	}
	s := f.Pages[key]
	change(&s)
	f.Pages[key] = s
}

func (p fakePager) Acknowledge(_ context.Context, _ fault.Secret, key string) error {
	err := p.Called("ack %s", key)
	if err == nil {
		p.becomes(key, func(s *incident.PageState) { s.Acknowledged = s.Found })
	}
	return err
}

func (p fakePager) Resolve(_ context.Context, _ fault.Secret, key string) error {
	err := p.Called("withdraw %s", key)
	if err == nil {
		p.becomes(key, func(s *incident.PageState) { s.Acknowledged, s.Resolved = false, s.Found })
	}
	return err
}

func (p fakePager) Find(_ context.Context, key string) (incident.PageState, error) {
	err := p.Called("find %s", key)
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Pages[key], err
}

func (p fakePager) Notified(_ context.Context, key, _ string) ([]incident.Woken, bool, error) {
	err := p.Called("log %s", key)
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.Notifications[key]), false, err
}

type fakeChat struct{ *Fakes }

func (c fakeChat) OpenChannel(_ context.Context, s incident.ChannelSpec, look bool) (incident.ChannelRef, error) {
	if s.Find {
		err := c.Called("find #%s", s.Name)
		if c.Made.ID == "" || err != nil || (c.MadeAs != "" && c.MadeAs != s.Key) {
			return incident.ChannelRef{}, err
		}
		return c.Made, nil
	}
	err := c.Called("open #%s look=%t", s.Name, look)
	if err == nil {
		c.mu.Lock()
		c.Channels++
		c.mu.Unlock()
	}
	id := fmt.Sprintf("C%d", max(c.Channels, 1))
	return incident.ChannelRef{ID: id, Name: s.Name, URL: "https://chat.example.com/" + id}, err
}

func (c fakeChat) FurnishChannel(_ context.Context, id string, f incident.Furnishing) (incident.Furnished, error) {
	c.mu.Lock()
	c.Furnished = append(c.Furnished, f)
	c.mu.Unlock()
	return incident.Furnished{}, c.Called("furnish %s %s %v %v", id, f.Topic, f.Invite, f.Groups)
}

func (c fakeChat) PostMessage(_ context.Context, channel string, m incident.Message, look bool) (incident.MessageRef, error) {
	c.say(m)
	return incident.MessageRef{Channel: channel, ID: m.Key}, c.Called("post %s %s", channel, m.Headline)
}

func (c fakeChat) PostReply(_ context.Context, parent incident.MessageRef, m incident.Message, _ bool) (incident.MessageRef, error) {
	c.say(m)
	return incident.MessageRef{Channel: parent.Channel, ID: m.Key}, c.Called("reply %s %s", parent.Channel, m.Headline)
}

func (c fakeChat) EditMessage(_ context.Context, ref incident.MessageRef, m incident.Message) error {
	c.say(m)
	return c.Called("edit %s %s", ref.Channel, m.Headline)
}

func (c fakeChat) SendDirectOnce(_ context.Context, person string, m incident.Message, look bool) error {
	c.say(m)
	err := c.Called("direct %s %s", person, m.Headline)
	if err == nil {
		c.mu.Lock()
		c.Direct = append(c.Direct, Direct{Person: person, Message: m, Look: look})
		c.mu.Unlock()
	}
	return err
}

func (c fakeChat) TellSubscriber(_ context.Context, s incident.Subscriber, m incident.Message, look bool) (incident.MessageRef, error) {
	c.say(m)
	return incident.MessageRef{Channel: "D1", ID: m.Key}, c.Called("tell %s%s look=%t", s.Person, s.Channel, look)
}

func (c fakeChat) GroupMembers(_ context.Context, group string) ([]string, error) {
	return c.Members[group], c.Called("members %s", group)
}

func (c fakeChat) ArchiveQuiet(_ context.Context, id string, since time.Time) (incident.Quiet, error) {
	err := c.Called("archive %s since %s", id, since.UTC().Format("01-02 15:04"))
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Quiet, err
}

func (f *Fakes) say(m incident.Message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Texts = append(f.Texts, m)
}

type fakeTracker struct{ *Fakes }

func (t fakeTracker) CreateIssue(_ context.Context, i incident.Issue, look bool) (incident.IssueWritten, error) {
	err := t.Called("issue %s under %q look=%t", i.Key, i.Parent, look)
	ref := incident.IssueRef{ID: i.Key, Key: "OPS-" + i.Key, URL: "https://issues.example.com/OPS-" + i.Key}
	if look && err == nil && t.landed(i.Key) {
		return incident.IssueWritten{IssueRef: ref, Found: true}, nil
	}
	state := incident.IssueState{ID: ref.ID, Key: ref.Key, URL: ref.URL, Title: i.Summary, Status: "To Do", Owner: i.Owner, Due: i.Due}
	return incident.IssueWritten{IssueRef: ref, State: state, LeftOff: t.writes(i)}, err
}

func (f *Fakes) landed(key string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Contains(f.Landed, key)
}

func (t fakeTracker) UpdateIssue(_ context.Context, key string, i incident.Issue) ([]incident.LeftOff, error) {
	err := t.Called("update %s", key)
	return t.writes(i), err
}

func (t fakeTracker) LinkDuplicate(_ context.Context, duplicate, of string) error {
	return t.Called("link %s as a duplicate of %s", duplicate, of)
}

// LeavesOff says which fields of issues the tracker will not take from now on.
func (f *Fakes) LeavesOff(fields ...incident.IssueField) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.leftOff = fields
}

// Written is the newest state of each issue that the tracker was given, by its key: what an update
// does not say stays.
func (f *Fakes) Written(key string) incident.Issue {
	f.mu.Lock()
	defer f.mu.Unlock()
	var now incident.Issue
	for _, i := range f.Issues {
		if i.Key == key {
			due, owner := now.Due, now.Owner
			now = i
			now.Due, now.Owner = cmp.Or(i.Due, due), cmp.Or(i.Owner, owner)
		}
	}
	return now
}

// writes notes an issue without what the tracker will not take.
func (t fakeTracker) writes(i incident.Issue) []incident.LeftOff {
	t.mu.Lock()
	defer t.mu.Unlock()
	var left []incident.LeftOff
	for _, field := range t.leftOff {
		if l := (incident.LeftOff{Field: field, Reason: string(field) + " is on no screen", Mend: "put it on one"}); !i.Only([]incident.LeftOff{l}).Empty() {
			left = append(left, l)
		}
	}
	t.Issues = append(t.Issues, i.Without(left))
	return left
}

func (t fakeTracker) MoveIssue(_ context.Context, key string, g incident.Goal, _ []string, resolution string) (incident.IssueState, error) {
	err := t.Called("%s", strings.TrimSpace(fmt.Sprintf("move %s %s %s", key, g, resolution)))
	return incident.IssueState{ID: key, Key: "OPS-" + key, Status: string(g), Done: g != incident.GoalOpen}, err
}

func (t fakeTracker) IssueStates(_ context.Context, keys []string) ([]incident.IssueState, error) {
	err := t.Called("read %s", strings.Join(keys, " "))
	t.mu.Lock()
	defer t.mu.Unlock()
	states := make([]incident.IssueState, 0, len(keys))
	for _, k := range keys {
		s, ok := t.Shown[k]
		if !ok {
			s = incident.IssueState{Key: k, Unseen: true}
		}
		states = append(states, s)
	}
	return states, err
}

func (t fakeTracker) Label(key string) string { return key }

func (t fakeTracker) ChangedIssues(context.Context, []string, time.Duration) ([]incident.LabelledIssue, bool, error) {
	return nil, false, nil
}

// fakeArchive stands for activities.Archive, which asks the workflow.
type fakeArchive struct{ fakes *Fakes }

func (a fakeArchive) Keep(ctx context.Context, in activities.KeepInput) (activities.Kept, error) {
	if a.fakes.Archive == nil {
		return activities.Kept{Off: true}, nil
	}
	a.fakes.mu.Lock()
	defer a.fakes.mu.Unlock()
	return a.fakes.Archive(activity.GetInfo(ctx).WorkflowExecution.ID, in)
}

// fakeDirectory stands for activities.Directory, whose methods need a Temporal server.
type fakeDirectory struct{ fakes *Fakes }

func (d fakeDirectory) Subscribers(_ context.Context, in activities.SubscribersInput) ([]incident.Subscriber, error) {
	i := &incident.Incident{Kind: in.Kind, Severity: in.Severity, Services: in.Services, Tags: in.Tags}
	var out []incident.Subscriber
	for _, s := range d.fakes.Subscriptions {
		if s.Matches(i) {
			out = append(out, s.Subscriber)
		}
	}
	return out, d.fakes.Called("subscribers severity %d", in.Severity)
}

func (d fakeDirectory) LastRegister(ctx context.Context) (api.LastRegister, error) {
	highest, err := d.HighestIncident(ctx)
	return api.LastRegister{Highest: highest, State: d.fakes.LastRegister}, err
}

func (d fakeDirectory) HighestIncident(context.Context) (int, error) {
	return 0, d.fakes.Called("highest")
}

// Direct is a message that a person was sent.
type Direct struct {
	Person  string
	Message incident.Message
	// Look says that it was looked for before.
	Look bool
}

// fakeOwing stands for activities.Owing, whose methods ask workflows.
type fakeOwing struct{ fakes *Fakes }

func (o fakeOwing) ListDue(_ context.Context, in activities.DueInput) (activities.Due, error) {
	err := o.fakes.Called("due page %d", len(in.Page))
	o.fakes.mu.Lock()
	defer o.fakes.mu.Unlock()
	if len(o.fakes.DuePages) > 0 {
		due := o.fakes.DuePages[len(in.Page)]
		if len(in.Page)+1 < len(o.fakes.DuePages) {
			due.Next = make([]byte, len(in.Page)+1)
		}
		return due, err
	}
	return o.fakes.Due, err
}

func (o fakeOwing) LinesNow(_ context.Context, in activities.LinesInput) ([]api.OwedLine, error) {
	err := o.fakes.Called("lines of %s from %d", in.Person, len(in.FollowUps))
	o.fakes.mu.Lock()
	defer o.fakes.mu.Unlock()
	return o.fakes.Now, err
}

func (o fakeOwing) ListWeek(_ context.Context, in activities.WeekInput) (activities.Week, error) {
	err := o.fakes.Called("week since %s", in.Since.UTC().Format(time.DateOnly))
	o.fakes.mu.Lock()
	defer o.fakes.mu.Unlock()
	return o.fakes.Week, err
}
