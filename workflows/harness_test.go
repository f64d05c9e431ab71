package workflows

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"muster/activities"
	"muster/incident"
	"muster/integrations/fault"
	"muster/playbook"
	"muster/workflows/api"
)

// world is one workflow under test with fake vendors behind real activities, in skipped time.
type world struct {
	t   *testing.T
	env *testsuite.TestWorkflowEnvironment
	fakes
	// hear, when set, hears what the workflow signals to others, and answers.
	hear func(id, name string, in any) error
}

// fakes stand for the vendors. They note every call and fail where a test says so.
type fakes struct {
	mu    sync.Mutex
	calls []string
	fail  map[string]error
	pages map[string]incident.PageState
	owed  []activities.TellPersonInput
	texts []incident.Message
	// furnished are the furnishings in the order of the calls.
	furnished []incident.Furnishing
	// channels counts the channels that were opened, quiet is the answer to an archive.
	channels int
	quiet    incident.Quiet
	members  map[string][]string
	// subscriptions are what Register would answer.
	subscriptions []incident.Subscription
}

func (f *fakes) called(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := fmt.Sprintf(format, args...)
	f.calls = append(f.calls, c)
	for prefix, err := range f.fail {
		if len(c) >= len(prefix) && c[:len(prefix)] == prefix {
			return err
		}
	}
	return nil
}

// breaks makes calls that begin with the prefix fail, nil mends them.
func (f *fakes) breaks(prefix string, err error) {
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

func (f *fakes) count(prefix string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, c := range f.calls {
		if len(c) >= len(prefix) && c[:len(prefix)] == prefix {
			n++
		}
	}
	return n
}

func (f *fakes) has(call string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Contains(f.calls, call)
}

type fakePager struct{ *fakes }

func (p fakePager) Trigger(_ context.Context, _ fault.Secret, c incident.PageCall) error {
	return p.called("page %s", c.Key)
}

func (p fakePager) Acknowledge(_ context.Context, _ fault.Secret, key string) error {
	return p.called("ack %s", key)
}

func (p fakePager) Resolve(_ context.Context, _ fault.Secret, key string) error {
	return p.called("withdraw %s", key)
}

func (p fakePager) Find(_ context.Context, key string) (incident.PageState, error) {
	return p.pages[key], p.called("find %s", key)
}

type fakeChat struct{ *fakes }

func (c fakeChat) OpenChannel(_ context.Context, s incident.ChannelSpec, look bool) (incident.ChannelRef, error) {
	err := c.called("open #%s look=%t", s.Name, look)
	if err == nil {
		c.mu.Lock()
		c.channels++
		c.mu.Unlock()
	}
	id := fmt.Sprintf("C%d", max(c.channels, 1))
	return incident.ChannelRef{ID: id, Name: s.Name, URL: "https://chat.example.com/" + id}, err
}

func (c fakeChat) FurnishChannel(_ context.Context, id string, f incident.Furnishing) (incident.Furnished, error) {
	c.mu.Lock()
	c.furnished = append(c.furnished, f)
	c.mu.Unlock()
	return incident.Furnished{}, c.called("furnish %s %s %v %v", id, f.Topic, f.Invite, f.Groups)
}

func (c fakeChat) PostMessage(_ context.Context, channel string, m incident.Message, look bool) (incident.MessageRef, error) {
	c.say(m)
	return incident.MessageRef{Channel: channel, ID: m.Key}, c.called("post %s %s", channel, m.Headline)
}

func (c fakeChat) PostReply(_ context.Context, parent incident.MessageRef, m incident.Message, _ bool) (incident.MessageRef, error) {
	c.say(m)
	return incident.MessageRef{Channel: parent.Channel, ID: m.Key}, c.called("reply %s %s", parent.Channel, m.Headline)
}

func (c fakeChat) EditMessage(_ context.Context, ref incident.MessageRef, m incident.Message) error {
	c.say(m)
	return c.called("edit %s %s", ref.Channel, m.Headline)
}

func (c fakeChat) SendDirectOnce(_ context.Context, person string, m incident.Message, _ bool) error {
	c.say(m)
	return c.called("direct %s %s", person, m.Headline)
}

func (c fakeChat) TellSubscriber(_ context.Context, s incident.Subscriber, m incident.Message, look bool) (incident.MessageRef, error) {
	c.say(m)
	return incident.MessageRef{Channel: "D1", ID: m.Key}, c.called("tell %s%s look=%t", s.Person, s.Channel, look)
}

func (c fakeChat) GroupMembers(_ context.Context, group string) ([]string, error) {
	return c.members[group], c.called("members %s", group)
}

func (c fakeChat) ArchiveQuiet(_ context.Context, id string, since time.Time) (incident.Quiet, error) {
	err := c.called("archive %s since %s", id, since.UTC().Format("01-02 15:04"))
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.quiet, err
}

func (f *fakes) say(m incident.Message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.texts = append(f.texts, m)
}

type fakeTracker struct{ *fakes }

func (t fakeTracker) CreateIssue(_ context.Context, i incident.Issue, look bool) (incident.IssueRef, error) {
	err := t.called("issue %s under %q look=%t", i.Key, i.Parent, look)
	return incident.IssueRef{ID: "1", Key: "OPS-" + i.Key, URL: "https://issues.example.com/" + i.Key}, err
}

func (t fakeTracker) UpdateIssue(_ context.Context, key string, i incident.Issue) error {
	return t.called("update %s", key)
}

func (t fakeTracker) MoveIssue(_ context.Context, key string, g incident.Goal, _ []string, resolution string) (incident.IssueState, error) {
	return incident.IssueState{}, t.called("%s", strings.TrimSpace(fmt.Sprintf("move %s %s %s", key, g, resolution)))
}

func (t fakeTracker) IssueStates(context.Context, []string) ([]incident.IssueState, error) {
	return nil, nil
}

// fakeDirectory stands for activities.Directory, whose methods need a Temporal server.
type fakeDirectory struct{ *fakes }

func (d fakeDirectory) TellPerson(_ context.Context, in activities.TellPersonInput) error {
	d.mu.Lock()
	d.owed = append(d.owed, in)
	d.mu.Unlock()
	return d.called("owe %s %s settled=%t", in.Person, in.Owed.Key, in.Owed.Settled)
}

func (d fakeDirectory) Subscribers(_ context.Context, in activities.SubscribersInput) ([]incident.Subscriber, error) {
	i := &incident.Incident{Kind: in.Kind, Severity: in.Severity, Services: in.Services, Tags: in.Tags}
	return subscribersOf(d.subscriptions, i), d.called("subscribers severity %d", in.Severity)
}

func (d fakeDirectory) HighestIncident(context.Context) (int, error) { return 0, d.called("highest") }

func newWorld(t *testing.T, id string) *world {
	t.Helper()
	t.Parallel()
	w := &world{t: t, fakes: fakes{pages: map[string]incident.PageState{}, quiet: incident.Quiet{Archived: true}}}
	var suite testsuite.WorkflowTestSuite
	w.env = suite.NewTestWorkflowEnvironment()
	w.env.SetWorkerOptions(worker.Options{WorkflowPanicPolicy: worker.FailWorkflow})
	w.env.SetStartTime(time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)) // a Wednesday
	w.env.SetTestTimeout(30 * time.Second)
	AddTo(w.env)
	secret := func(string) (fault.Secret, error) { return fault.NewSecret("key"), nil }
	w.env.RegisterActivity(&activities.Paging{Pager: fakePager{&w.fakes}, Secret: secret})
	w.env.RegisterActivity(&activities.Chat{Messenger: fakeChat{&w.fakes}})
	w.env.RegisterActivity(&activities.Tracker{Issues: fakeTracker{&w.fakes}})
	w.env.RegisterActivity(&fakeDirectory{&w.fakes})
	w.env.SetStartWorkflowOptions(startOptions(id))
	// Persons and the Register run elsewhere.
	w.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(w.elsewhere).Maybe()
	return w
}

// listens hears what the workflow signals to others, and answers.
func (w *world) listens(hear func(id, name string, in any) error) { w.hear = hear }

func (w *world) elsewhere(_, id, _, name string, arg any) error {
	if w.hear != nil {
		return w.hear(id, name, arg)
	}
	if o, ok := arg.(api.OwedInput); ok {
		return w.called("owe %s %s settled=%t", strings.TrimPrefix(id, "person/"), o.Key, o.Settled)
	}
	return w.called("signal %s %s", id, name)
}

func policy() playbook.Slice {
	business := playbook.Calendar{Zone: "UTC", Days: []int{1, 2, 3, 4, 5}, Start: 9 * 60, End: 17 * 60}
	span := func(s string) playbook.Span {
		v, err := playbook.ParseSpan(s)
		if err != nil {
			panic(err)
		}
		return v
	}
	target := &playbook.PageTarget{
		Name: "checkout on-call", AckWithin: span("5m"), Rounds: 1,
		Steps: []playbook.PageStep{{Name: "checkout", Credential: "env:PD_CHECKOUT"}, {Name: "platform", Credential: "env:PD_PLATFORM"}},
	}
	return playbook.Slice{
		Hash: "test",
		Severities: []playbook.SeverityPolicy{
			{Level: 1, Name: "critical", Page: playbook.PageNow, Announce: true, Review: playbook.ReviewPolicy{Track: playbook.TrackDeep, After: span("3bd 10:00"), Remind: []playbook.Span{span("1bd"), span("1h")}, Overdue: span("2bd")}},
			{Level: 2, Name: "major", Page: playbook.PageNow, Announce: true, Review: playbook.ReviewPolicy{Track: playbook.TrackStandard, After: span("5bd 10:00")}},
			{Level: 3, Name: "minor", Page: playbook.PageNextMorning, Review: playbook.ReviewPolicy{Track: playbook.TrackSentence, After: span("1bd")}},
			{Level: 4, Name: "low", Page: playbook.PageNever, Review: playbook.ReviewPolicy{Track: playbook.TrackNone}},
			{Level: 5, Name: "note", Page: playbook.PageNever, Review: playbook.ReviewPolicy{Track: playbook.TrackNone}},
		},
		Services: []playbook.ServicePolicy{{Name: "checkout", Target: target, Responders: []string{"alice@example.com"}}},
		Roles:    []incident.Role{incident.RoleCommander, incident.RoleCommunications, incident.RoleScribe},
		Calendar: business,
		Chat:     playbook.ChatPolicy{ChannelPrefix: "inc", Announce: "#incidents"},
		Tracker:  playbook.TrackerPolicy{Project: "OPS", IncidentType: "Incident", FollowUpType: "Sub-task", ReviewType: "Sub-task", DroppedResolution: "Won't Do"},
		FollowUps: playbook.FollowUpPolicy{
			Soak: span("3bd"), Due: span("20bd"), Nudge: span("2bd"), Overdue: span("5bd"), EscalateAfter: 2,
		},
		Linger: span("720h"),
	}
}

func declared(severity incident.Severity) IncidentInput {
	d, err := incident.Declaration{
		Title: "Checkout is down", Severity: severity, Services: []string{"checkout"},
		Actor: incident.Actor{Person: "bob@example.com", Way: incident.WayCLI},
	}.Normal()
	if err != nil {
		panic(err)
	}
	return IncidentInput{Number: 1, Declaration: d, Slice: policy(), Settings: api.Settings{Installation: "test"}}
}

// after does something at a moment of the workflow's time.
func (w *world) after(d time.Duration, do func()) { w.env.RegisterDelayedCallback(do, d) }

// commands gives a command at a moment and requires that it is accepted.
func (w *world) commands(d time.Duration, name string, c incident.Command) {
	w.after(d, func() { w.env.UpdateWorkflowNoRejection(name, fmt.Sprint(name, d), w.t, c) })
}

func (w *world) facts() incident.Incident {
	w.t.Helper()
	v, err := w.env.QueryWorkflow(api.Snapshot)
	require.NoError(w.t, err)
	var i incident.Incident
	require.NoError(w.t, v.Get(&i))
	return i
}

func by(person string) incident.Meta {
	return incident.Meta{Actor: incident.Actor{Person: person, Way: incident.WayCLI}}
}

// mockAnything matches any argument of a mocked workflow.
const mockAnything = mock.Anything
