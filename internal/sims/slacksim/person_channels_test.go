package slacksim_test

import (
	"net/http"
	"net/url"
	"testing"

	slackapi "github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"muster/internal/sims/slacksim"
)

func TestTheProductHearsWhatPeopleTakeBack(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	p := listens(t, r)
	a := r.Person(alice)
	require.NoError(t, a.Joins("incidents"))
	said, err := a.Mentions("incidents", "checkout is down")
	require.NoError(t, err)
	require.NoError(t, a.Edits("incidents", said.TS, "checkout is slow"))
	require.NoError(t, a.Reacts("incidents", said.TS, "pushpin"))
	require.NoError(t, a.Unreacts("incidents", said.TS, "pushpin"))
	require.ErrorContains(t, a.Unreacts("incidents", said.TS, "pushpin"), "has not reacted")
	require.ErrorContains(t, a.Edits("incidents", "1.1", "x"), "no such message")
	require.NoError(t, a.Invites("incidents", bob))
	require.ErrorContains(t, r.Person(bob).Edits("incidents", said.TS, "x"), "did not write")
	_, err = r.Person(bob).MessageShortcut("follow_up", "incidents", said.TS)
	require.NoError(t, err)
	require.NoError(t, a.Deletes("incidents", said.TS))
	parent, err := a.Posts("incidents", "parent")
	require.NoError(t, err)
	_, err = a.Replies("incidents", parent.TS, "reply")
	require.NoError(t, err)
	require.NoError(t, a.Deletes("incidents", parent.TS))
	require.NoError(t, r.Events().Wait(t.Context()))

	require.Equal(t, "<@U0SIM00001> checkout is down", p.heard("app_mention")[0]["text"])
	require.Len(t, p.heard("reaction_removed"), 1)
	inviters := []any{}
	for _, e := range p.heard("member_joined_channel") {
		inviters = append(inviters, e["inviter"])
	}
	require.ElementsMatch(t, []any{nil, a.ID}, inviters)
	shortcut := p.last()
	require.Equal(t, slackapi.InteractionTypeMessageAction, shortcut.Type)
	require.Equal(t, "checkout is slow", shortcut.Message.Text)
	require.NotEmpty(t, shortcut.ResponseURL)
	events := map[any]map[string]any{} // in whatever order they came
	for _, e := range p.heard("message") {
		kind := e["subtype"]
		if now, ok := e["message"].(map[string]any); ok && now["subtype"] != nil {
			kind = now["subtype"]
		}
		events[kind] = e
	}
	edit := events["message_changed"]
	require.Equal(t, "checkout is slow", edit["message"].(map[string]any)["text"])
	require.Equal(t, "<@U0SIM00001> checkout is down", edit["previous_message"].(map[string]any)["text"])
	require.NotNil(t, edit["message"].(map[string]any)["edited"])
	require.Equal(t, said.TS, events["message_deleted"]["deleted_ts"])
	grave := events["tombstone"]["message"].(map[string]any)
	require.Equal(t, parent.TS, grave["ts"], "a message with replies leaves one")
}

func TestPeopleDoWhatTheyLikeWithChannels(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	p := listens(t, r)
	id := r.create("inc-1")
	a := r.Person(alice)
	require.NoError(t, a.RenamesChannel("inc-1", "inc-1-checkout"))
	require.NoError(t, a.Archives(id))
	require.NoError(t, a.Unarchives(id))
	require.False(t, r.channel("inc-1-checkout").BotInside)
	r.refuses("not_in_channel", "chat.postMessage", "channel", id, "text", "x")
	require.NoError(t, a.Joins(id))
	require.NoError(t, a.BringsBot(id))
	r.ok("chat.postMessage", "channel", id, "text", "x")
	require.NoError(t, a.DeletesChannel(id))
	r.refuses("channel_not_found", "chat.postMessage", "channel", id, "text", "x")
	secret := r.AddPrivateChannel("secret")
	require.NoError(t, a.Archives(secret))
	require.NoError(t, r.Events().Wait(t.Context()))
	for _, kind := range []string{"channel_rename", "channel_archive", "channel_unarchive", "channel_deleted", "group_archive"} {
		require.Len(t, p.heard(kind), 1, kind)
	}
	_, found := r.Channel("inc-1-checkout")
	require.False(t, found)
}

func TestEventsNeedAScopeAndASubscription(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{Subscribed: []string{"message.channels", "message.groups", "app_mention", "reaction_added"}})
	p := listens(t, r)
	r.SetScopes("channels:history", "reactions:read", "channels:read")
	a := r.Person(alice)
	require.NoError(t, a.Joins("incidents"))
	said, err := a.Mentions("incidents", "hello")
	require.NoError(t, err)
	require.NoError(t, a.Reacts("incidents", said.TS, "eyes"))
	_, err = a.Writes("in person")
	require.NoError(t, err)
	require.NoError(t, r.Events().Wait(t.Context()))
	require.Empty(t, p.heard("app_mention"), "the scope is missing")
	require.Empty(t, p.heard("member_joined_channel"), "nobody subscribed")
	require.Len(t, p.heard("reaction_added"), 1)
	require.Len(t, p.heard("message"), 2, "the note of the join, and the message in the channel")
}

func TestPeopleWithoutAnAddressAndPeopleFromElsewhere(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	p := listens(t, r)
	r.HideEmail(bob)
	stranger := r.AddStranger("carol@partner.example.com", "Carol Costa")
	for _, id := range []string{r.Person(bob).ID, stranger} {
		require.Empty(t, text(r.ok("users.info", "user", id), "user", "profile", "email"))
	}
	require.Equal(t, "T0OTHER001", text(r.ok("users.info", "user", stranger), "user", "team_id"))
	r.refuses("users_not_found", "users.lookupByEmail", "email", bob)
	c := r.Person("carol@partner.example.com")
	require.NoError(t, c.Joins("incidents"))
	_, err := c.Posts("incidents", "hello")
	require.NoError(t, err)
	_, err = c.SlashIn("incidents", "/incident")
	require.NoError(t, err)
	require.NoError(t, r.Events().Wait(t.Context()))
	require.Equal(t, "T0OTHER001", p.forms[0].Get("team_id"))
	require.Equal(t, "T0OTHER001", p.heard("message")[0]["user_team"])
	info := r.ok("conversations.info", "channel", r.channel("incidents").ID)
	require.Equal(t, true, info["channel"].(map[string]any)["is_ext_shared"])
}

func TestHistoryFindsOneMessage(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	a := r.Person(alice)
	require.NoError(t, a.Joins("incidents"))
	id := r.channel("incidents").ID
	first, err := a.Posts(id, "first")
	require.NoError(t, err)
	second, err := a.Posts(id, "second")
	require.NoError(t, err)
	reply, err := a.Replies(id, first.TS, "reply")
	require.NoError(t, err)
	later, err := a.Replies(id, first.TS, "later")
	require.NoError(t, err)
	texts := func(method string, args ...string) []string {
		t.Helper()
		var out []string
		for _, m := range r.ok(method, append([]string{"channel", id}, args...)...)["messages"].([]any) {
			out = append(out, m.(map[string]any)["text"].(string))
		}
		return out
	}
	require.Equal(t, []string{"first"}, texts("conversations.history", "latest", first.TS, "inclusive", "true", "limit", "1"))
	require.Equal(t, []string{"second"}, texts("conversations.history", "oldest", first.TS))
	require.Equal(t, []string{"second"}, texts("conversations.history", "latest", reply.TS, "inclusive", "true", "limit", "1"), "a reply is not in it")
	require.Equal(t, []string{"first", "later"}, texts("conversations.replies", "ts", first.TS, "oldest", reply.TS))
	require.Equal(t, []string{"first", "later"}, texts("conversations.replies", "ts", first.TS, "oldest", later.TS, "inclusive", "true"))
	require.NotEmpty(t, second.TS)
}

func TestADirectMessageIsAnswered(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	p := listens(t, r)
	said, err := r.Person(alice).Writes("hello")
	require.NoError(t, err)
	p.answers(func(w http.ResponseWriter, form url.Values) { _, _ = w.Write([]byte(form.Get("channel_name"))) })
	reply, err := r.Person(alice).SlashIn(said.Channel, "/incident")
	require.NoError(t, err)
	require.Equal(t, "directmessage", reply.Shown())
	require.Equal(t, "hello", r.ok("conversations.history", "channel", said.Channel)["messages"].([]any)[0].(map[string]any)["text"])
}

func TestOtherAppsAndSlackItselfWriteToo(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	p := listens(t, r)
	m, err := r.AppPosts("incidents", "alerts", "disk full", []byte(`[{"type":"of_tomorrow","elements":7}]`))
	require.NoError(t, err)
	require.Equal(t, "alerts", m.From)
	require.NoError(t, r.Unfurl("incidents", m.TS))
	r.refuses("cant_update_message", "chat.update", "channel", r.channel("incidents").ID, "ts", m.TS, "text", "x")
	require.NoError(t, r.Events().Wait(t.Context()))
	for _, e := range p.heard("message") {
		if e["subtype"] == "message_changed" {
			require.NotContains(t, e["message"], "edited")
			continue
		}
		require.Equal(t, "A0OTHER001", e["app_id"])
		require.Contains(t, e["blocks"].([]any)[0], "elements")
	}
	require.Len(t, p.heard("message"), 2)
}
