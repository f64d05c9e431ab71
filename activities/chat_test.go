package activities

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

// fakeChat notes every call and fails with err.
type fakeChat struct {
	calls []string
	err   error
}

func (c *fakeChat) called(format string, args ...any) error {
	c.calls = append(c.calls, fmt.Sprintf(format, args...))
	return c.err
}

func (c *fakeChat) OpenChannel(_ context.Context, s incident.ChannelSpec, look bool) (incident.ChannelRef, error) {
	return incident.ChannelRef{ID: "C1", Name: s.Name}, c.called("open #%s look=%t", s.Name, look)
}

func (c *fakeChat) FurnishChannel(_ context.Context, id string, f incident.Furnishing) (incident.Furnished, error) {
	return incident.Furnished{Uninvited: []incident.Uninvited{{Person: "bob@example.com", Reason: "users_not_found"}}}, c.called("furnish %s %s", id, f.Topic)
}

func (c *fakeChat) PostMessage(_ context.Context, channel string, m incident.Message, look bool) (incident.MessageRef, error) {
	return incident.MessageRef{Channel: channel, ID: "1.1"}, c.called("post %s %s look=%t", channel, m.Headline, look)
}

func (c *fakeChat) PostReply(_ context.Context, parent incident.MessageRef, m incident.Message, look bool) (incident.MessageRef, error) {
	return incident.MessageRef{Channel: parent.Channel, ID: "1.2"}, c.called("reply to %s %s look=%t", parent.ID, m.Headline, look)
}

func (c *fakeChat) EditMessage(_ context.Context, ref incident.MessageRef, m incident.Message) error {
	return c.called("edit %s %s", ref.ID, m.Headline)
}

func (c *fakeChat) SendDirectOnce(_ context.Context, person string, m incident.Message, look bool) error {
	return c.called("tell %s %s look=%t", person, m.Headline, look)
}

func (c *fakeChat) TellSubscriber(_ context.Context, s incident.Subscriber, m incident.Message, look bool) (incident.MessageRef, error) {
	return incident.MessageRef{Channel: "D1", ID: "1.3"}, c.called("subscriber %s%s %s look=%t", s.Person, s.Channel, m.Headline, look)
}

func (c *fakeChat) GroupMembers(_ context.Context, group string) ([]string, error) {
	return []string{"alice@example.com"}, c.called("members of %s", group)
}

func (c *fakeChat) ArchiveQuiet(_ context.Context, id string, since time.Time) (incident.Quiet, error) {
	return incident.Quiet{Archived: true}, c.called("archive %s since %s", id, since.Format(time.DateOnly))
}

var hello = incident.Message{Headline: "hello"}

// said is one activity of Chat with its input and the call that it makes.
type said struct {
	activity, in any
	call         string
}

func everythingSaid(c *Chat) []said {
	spec, thread := incident.ChannelSpec{Name: "inc-42"}, incident.MessageRef{Channel: "C1", ID: "1.1"}
	return []said{
		{c.OpenChannel, OpenChannelInput{Spec: spec}, "open #inc-42 look=false"},
		{c.OpenChannel, OpenChannelInput{Spec: spec, Tried: true}, "open #inc-42 look=true"},
		{c.FurnishChannel, FurnishChannelInput{Channel: "C1", Furnishing: incident.Furnishing{Topic: "INC-42"}}, "furnish C1 INC-42"},
		{c.PostMessage, PostMessageInput{Channel: "C1", Message: hello}, "post C1 hello look=false"},
		{c.PostMessage, PostMessageInput{Channel: "C1", Message: hello, Tried: true}, "post C1 hello look=true"},
		{c.PostMessage, PostMessageInput{Parent: thread, Message: hello}, "reply to 1.1 hello look=false"},
		{c.PostMessage, PostMessageInput{Parent: thread, Message: hello, Tried: true}, "reply to 1.1 hello look=true"},
		{c.EditMessage, EditMessageInput{Ref: thread, Message: hello}, "edit 1.1 hello"},
		{c.SendDirect, SendDirectInput{Person: "alice@example.com", Message: hello}, "tell alice@example.com hello look=false"},
		{c.SendDirect, SendDirectInput{Person: "alice@example.com", Message: hello, Tried: true}, "tell alice@example.com hello look=true"},
		{c.TellSubscriber, TellSubscriberInput{Subscriber: incident.Subscriber{Channel: "C9"}, Message: hello}, "subscriber C9 hello look=false"},
		{c.TellSubscriber, TellSubscriberInput{Subscriber: incident.Subscriber{Person: "alice@example.com"}, Message: hello, Tried: true}, "subscriber alice@example.com hello look=true"},
		{c.GroupMembers, "S1", "members of S1"},
		{c.ArchiveChannel, ArchiveChannelInput{Channel: "C1", QuietSince: time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)}, "archive C1 since 2026-11-18"},
	}
}

func TestChatSaysWhatIsAsked(t *testing.T) {
	t.Parallel()
	chat := &fakeChat{}
	c := &Chat{Messenger: chat}
	env := worker(t, c)
	for _, s := range everythingSaid(c) {
		chat.calls = nil
		result[any](t, env, s.activity, s.in)
		require.Equal(t, []string{s.call}, chat.calls)
	}
}

func TestWhatChatAnswersComesBack(t *testing.T) {
	t.Parallel()
	c := &Chat{Messenger: &fakeChat{}}
	env := worker(t, c)
	require.Equal(t, incident.ChannelRef{ID: "C1", Name: "inc-42"}, result[incident.ChannelRef](t, env, c.OpenChannel, OpenChannelInput{Spec: incident.ChannelSpec{Name: "inc-42"}}))
	require.Equal(t, incident.MessageRef{Channel: "C1", ID: "1.1"}, result[incident.MessageRef](t, env, c.PostMessage, PostMessageInput{Channel: "C1", Message: hello}))
	require.Equal(t, []string{"alice@example.com"}, result[[]string](t, env, c.GroupMembers, "S1"))
	require.True(t, result[incident.Quiet](t, env, c.ArchiveChannel, ArchiveChannelInput{Channel: "C1"}).Archived)
	require.Equal(t, "bob@example.com", result[incident.Furnished](t, env, c.FurnishChannel, FurnishChannelInput{Channel: "C1"}).Uninvited[0].Person)
}

func TestChatsFailuresAreClassified(t *testing.T) {
	t.Parallel()
	c := &Chat{Messenger: &fakeChat{err: unavailable("chat")}}
	env := worker(t, c)
	for _, s := range everythingSaid(c) {
		app, _ := failure(t, env, s.activity, s.in)
		require.Equal(t, ErrRetryable, app.Type(), s.call)
	}
}

func TestWithoutAChatItIsOff(t *testing.T) {
	t.Parallel()
	c := &Chat{}
	env := worker(t, c)
	for _, s := range everythingSaid(c) {
		app, f := failure(t, env, s.activity, s.in)
		isOff(t, s.call, "slack", app, f)
	}
}
