package slacksim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/sims/simkit"
	"muster/internal/sims/slacksim"
)

const (
	alice = "alice@example.com"
	bob   = "bob@example.com"
)

// room is a workspace that a test calls by hand.
type room struct {
	*slacksim.Sim
	t   *testing.T
	url string
}

func enter(t *testing.T, o slacksim.Options) *room {
	t.Helper()
	if o.Users == nil {
		o.Users = map[string]string{alice: "Alice Ahlgren", bob: "Bob Birch"}
	}
	sim := slacksim.New(o)
	server := httptest.NewServer(sim)
	t.Cleanup(func() {
		sim.Close()
		server.Close()
	})
	return &room{Sim: sim, t: t, url: server.URL}
}

// call makes a call and gives the answer's fields; args are names and values.
func (r *room) call(method string, args ...string) map[string]any {
	r.t.Helper()
	form := url.Values{"token": {"xoxb-test"}}
	for i := 0; i < len(args); i += 2 {
		form.Set(args[i], args[i+1])
	}
	response, err := http.PostForm(r.url+"/api/"+method, form)
	require.NoError(r.t, err)
	defer func() { require.NoError(r.t, response.Body.Close()) }()
	var out map[string]any
	require.NoError(r.t, json.NewDecoder(response.Body).Decode(&out))
	out["status"], out["header"] = response.StatusCode, response.Header
	return out
}

func (r *room) ok(method string, args ...string) map[string]any {
	r.t.Helper()
	out := r.call(method, args...)
	require.Equal(r.t, true, out["ok"], "%s: %v", method, out)
	return out
}

func (r *room) refuses(code, method string, args ...string) map[string]any {
	r.t.Helper()
	out := r.call(method, args...)
	require.Equal(r.t, false, out["ok"], "%s: %v", method, out)
	require.Equal(r.t, code, out["error"], "%v", out)
	return out
}

func at(out map[string]any, path ...string) any {
	var v any = out
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	return v
}

func text(out map[string]any, path ...string) string {
	s, _ := at(out, path...).(string)
	return s
}

func (r *room) channel(name string) slacksim.Channel {
	r.t.Helper()
	ch, ok := r.Channel(name)
	require.True(r.t, ok, "there is no channel %s", name)
	return ch
}

func (r *room) create(name string) string {
	r.t.Helper()
	return text(r.ok("conversations.create", "name", name), "channel", "id")
}

func TestWhatIsUnknownIsCounted(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	require.Empty(t, r.Unexpected())

	r.refuses("unknown_method", "chat.shout")
	response, err := http.Get(r.url + "/elsewhere")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())

	require.Equal(t, http.StatusNotFound, response.StatusCode)
	require.Equal(t, []string{"POST /api/chat.shout", "GET /elsewhere"}, r.Unexpected())
}

func TestTokensAndScopes(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{Token: "xoxb-test", Scopes: []string{"channels:read", "chat:write"}})
	r.refuses("invalid_auth", "auth.test", "token", "xoxb-other")
	r.refuses("not_authed", "auth.test", "token", "")

	header, _ := r.ok("auth.test")["header"].(http.Header)
	require.Equal(t, "channels:read,chat:write", header.Get("X-OAuth-Scopes"))

	out := r.refuses("missing_scope", "conversations.create", "name", "x")
	require.Equal(t, "channels:manage", out["needed"])
	require.Equal(t, "channels:read,chat:write", out["provided"])
	require.Equal(t, "groups:write", r.refuses("missing_scope", "conversations.create", "name", "x", "is_private", "true")["needed"])
	require.Equal(t, "groups:read", r.refuses("missing_scope", "users.conversations", "types", "public_channel,private_channel")["needed"])

	r.SetScopes("channels:manage")
	r.create("x")
	r.RefuseToken("token_revoked")
	r.refuses("token_revoked", "auth.test")
}

func TestChannelNames(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	for name, code := range map[string]string{
		"": "invalid_name_required", strings.Repeat("x", 81): "invalid_name_maxlength", "---": "invalid_name_punctuation",
		"Loud": "invalid_name_specials", "two words": "invalid_name_specials", "a.b": "invalid_name_specials", "#a": "invalid_name_specials",
	} {
		r.refuses(code, "conversations.create", "name", name)
	}
	id := r.create("inc-1_ä")
	require.NotContains(t, fmt.Sprint(r.refuses("name_taken", "conversations.create", "name", "inc-1_ä")), id)
	r.ok("conversations.archive", "channel", id)
	r.refuses("name_taken", "conversations.create", "name", "inc-1_ä")
	r.refuses("already_archived", "conversations.archive", "channel", id)
	r.refuses("not_in_channel", "conversations.unarchive", "channel", id)

	other := r.create("other")
	r.refuses("name_taken", "conversations.rename", "channel", other, "name", "inc-1_ä")
	r.ok("conversations.rename", "channel", other, "name", "another")
	require.Equal(t, "another", r.channel(other).Name)
	r.create("other")
}

func TestOverlappingCreatesMakeTwins(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{true, false} {
		r := enter(t, slacksim.Options{})
		r.AllowTwinNames(allowed)
		hold := r.Faults().Add(simkit.Fault{Operation: "conversations.create", Kind: simkit.Hold, Times: 1})
		first := make(chan map[string]any, 1)
		go func() { first <- r.call("conversations.create", "name", "twin") }()
		require.Eventually(t, func() bool { return r.Faults().Hits(hold) == 1 }, 10*time.Second, time.Millisecond)

		r.create("twin")
		r.refuses("name_taken", "conversations.create", "name", "twin")
		r.Faults().Release(hold)

		require.Equal(t, allowed, (<-first)["ok"])
		require.Len(t, r.ChannelsNamed("twin"), map[bool]int{true: 2, false: 1}[allowed])
	}
}

func TestTopicsArePublic(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	id := r.create("x")
	notices := len(r.channel(id).Notices)
	for range 2 {
		r.ok("conversations.setTopic", "channel", id, "topic", "a < b & c &amp; <@U1>")
	}
	ch := r.channel(id)
	require.Equal(t, "a &lt; b &amp; c &amp; <@U1>", ch.Topic)
	require.Len(t, ch.Notices, notices+2, "each change is seen by everybody")
	r.refuses("too_long", "conversations.setTopic", "channel", id, "topic", strings.Repeat("x", 251))
	r.refuses("too_long", "conversations.setPurpose", "channel", id, "purpose", strings.Repeat("x", 251))
	r.refuses("channel_not_found", "conversations.setTopic", "channel", "C0NOSUCH01", "topic", "x")
	require.NoError(t, r.Person(bob).Removes(id))
	r.refuses("not_in_channel", "conversations.setTopic", "channel", id, "topic", "x")
	r.ok("conversations.join", "channel", id)
	require.NoError(t, r.Person(bob).Archives(id))
	r.refuses("is_archived", "conversations.setTopic", "channel", id, "topic", "x")
	r.refuses("is_archived", "conversations.join", "channel", id)
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	id, a, b := r.create("x"), r.Person(alice).ID, r.Person(bob).ID

	out := r.refuses("user_not_found", "conversations.invite", "channel", id, "users", "U0NOSUCH01,"+a)
	require.Len(t, out["errors"], 1)
	require.Empty(t, r.channel(id).Members, "without force nobody is invited")

	out = r.ok("conversations.invite", "channel", id, "users", "U0NOSUCH01,"+a+",U0SIM00001", "force", "true")
	require.Len(t, out["errors"], 2)
	require.Equal(t, []string{alice}, r.channel(id).Members)

	r.refuses("already_in_channel", "conversations.invite", "channel", id, "users", a, "force", "true")
	r.DeactivateUser(bob)
	r.refuses("cant_invite", "conversations.invite", "channel", id, "users", b)
	r.refuses("invalid_arguments", "conversations.invite", "channel", id, "users", strings.Repeat("U1,", 100)+"U1")
	r.refuses("users_not_found", "users.lookupByEmail", "email", bob)
}

func TestPeopleAreTakenOut(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	id, a := r.create("x"), r.Person(alice).ID
	r.refuses("not_in_channel", "conversations.kick", "channel", id, "user", a)
	r.ok("conversations.invite", "channel", id, "users", a)
	r.ok("conversations.kick", "channel", id, "user", a)
	require.Empty(t, r.channel(id).Members)
	r.refuses("not_in_channel", "conversations.kick", "channel", id, "user", a)
	r.refuses("user_not_found", "conversations.kick", "channel", id, "user", "U0NOSUCH01")
	r.refuses("channel_not_found", "conversations.kick", "channel", "C0NOSUCH01", "user", a)
	r.refuses("cant_kick_self", "conversations.kick", "channel", id, "user", "U0SIM00001")
	r.ok("conversations.archive", "channel", id)
	r.refuses("is_archived", "conversations.kick", "channel", id, "user", a)
}

func TestListsHavePages(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{PageSize: 2})
	for n := range 5 {
		r.create(fmt.Sprint("c", n))
	}
	r.ok("conversations.archive", "channel", r.channel("c1").ID)
	all := func(method string, args ...string) []string {
		var names []string
		cursor := ""
		for {
			out := r.ok(method, append(args, "cursor", cursor)...)
			list, _ := out["channels"].([]any)
			require.LessOrEqual(t, len(list), 2)
			for _, one := range list {
				ch, _ := one.(map[string]any)
				names = append(names, text(ch, "name"))
			}
			if cursor = text(out, "response_metadata", "next_cursor"); cursor == "" {
				return names
			}
		}
	}
	require.Equal(t, []string{"incidents", "c0", "c1", "c2", "c3", "c4"}, all("conversations.list"))
	require.Equal(t, []string{"incidents", "c0", "c2", "c3", "c4"}, all("users.conversations", "exclude_archived", "true"))
	require.Empty(t, all("users.conversations", "types", "private_channel"))
	r.refuses("invalid_types", "conversations.list", "types", "secret")
	r.refuses("invalid_cursor", "conversations.list", "cursor", "x")
	r.refuses("invalid_limit", "users.conversations", "limit", "1000")
	require.Len(t, r.ok("conversations.members", "channel", r.channel("c0").ID)["members"], 1)
	require.Len(t, r.ok("users.list")["members"], 2)
}

func TestLimitsOfMessages(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	section := func(n int) string {
		return `{"type":"section","text":{"type":"mrkdwn","text":"` + strings.Repeat("x", n) + `"}}`
	}
	button := func(action, value string) string {
		return `{"type":"button","action_id":"` + action + `","value":"` + value + `","text":{"type":"plain_text","text":"x"}}`
	}
	actions := func(buttons ...string) string {
		return `{"type":"actions","elements":[` + strings.Join(buttons, ",") + `]}`
	}
	many := func(n int, of string) string { return strings.TrimSuffix(strings.Repeat(of+",", n), ",") }
	for blocks, code := range map[string]string{
		section(3000):                  "",
		section(3001):                  "invalid_blocks",
		section(0):                     "invalid_blocks",
		many(50, `{"type":"divider"}`): "",
		many(51, `{"type":"divider"}`): "invalid_blocks",
		many(4, section(3000)):         "",
		many(5, section(3000)):         "msg_blocks_too_long",
		`{"type":"section"}`:           "invalid_blocks",
		`{"type":"video"}`:             "invalid_blocks",
		`7`:                            "invalid_blocks_format",
		actions():                      "invalid_blocks",
		actions(button("a", "v"), button("b", "v")):                                                  "",
		actions(button("a", "v"), button("a", "v")):                                                  "invalid_blocks",
		actions(button("a", strings.Repeat("v", 2001))):                                              "invalid_blocks",
		actions(button(strings.Repeat("a", 256), "v")):                                               "invalid_blocks",
		`{"type":"header","text":{"type":"mrkdwn","text":"x"}}`:                                      "invalid_blocks",
		`{"type":"header","text":{"type":"plain_text","text":"` + strings.Repeat("x", 151) + `"}}`:   "invalid_blocks",
		`{"type":"section","fields":[` + many(11, `{"type":"mrkdwn","text":"x"}`) + `]}`:             "invalid_blocks",
		`{"type":"section","fields":[{"type":"mrkdwn","text":"` + strings.Repeat("x", 2001) + `"}]}`: "invalid_blocks",
		`{"type":"context","elements":[` + many(11, `{"type":"mrkdwn","text":"x"}`) + `]}`:           "invalid_blocks",
		`{"type":"context","elements":[{"type":"mrkdwn","text":"x","emoji":false}]}`:                 "invalid_blocks",
	} {
		for _, method := range []string{"chat.postMessage", "chat.update"} {
			ts := text(r.ok("chat.postMessage", "channel", "#incidents", "text", "x"), "ts")
			out := r.call(method, "channel", r.channel("incidents").ID, "ts", ts, "blocks", "["+blocks+"]")
			require.Equal(t, code, text(out, "error"), "%s %.100s %v", method, blocks, out)
		}
	}
	id := r.channel("incidents").ID
	ts := text(r.ok("chat.postMessage", "channel", id, "text", strings.Repeat("x", 4001)), "ts")
	r.refuses("msg_too_long", "chat.update", "channel", id, "ts", ts, "text", strings.Repeat("x", 4001))
	r.refuses("no_text", "chat.postMessage", "channel", id)
	r.refuses("invalid_metadata_format", "chat.postMessage", "channel", id, "text", "x", "metadata", `{"event_type":"x"}`)
	r.refuses("metadata_too_large", "chat.postMessage", "channel", id, "text", "x", "metadata", strings.Repeat("x", 9000))
	r.refuses("invalid_arguments", "chat.postMessage", "text", "x")
}

func TestThreadsEditsAndDeletions(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	id := r.channel("incidents").ID
	parent := text(r.ok("chat.postMessage", "channel", id, "text", "parent", "metadata", `{"event_type":"e","event_payload":{"key":"k"}}`), "ts")
	reply := text(r.ok("chat.postMessage", "channel", id, "text", "reply", "thread_ts", parent), "ts")
	r.ok("chat.postMessage", "channel", id, "text", "reply to a reply", "thread_ts", reply)

	history, _ := r.ok("conversations.history", "channel", id, "include_all_metadata", "1")["messages"].([]any)
	require.Len(t, history, 1, "replies are in no history")
	require.Contains(t, fmt.Sprint(history), "event_payload")
	require.NotContains(t, fmt.Sprint(r.ok("conversations.history", "channel", id)), "event_payload")
	require.Len(t, r.ok("conversations.replies", "channel", id, "ts", parent)["messages"], 3)
	require.Empty(t, r.ok("conversations.history", "channel", id, "oldest", parent)["messages"])
	require.Len(t, r.ok("conversations.history", "channel", id, "oldest", parent, "inclusive", "1")["messages"], 1)

	r.ok("chat.update", "channel", id, "ts", parent, "text", "edited")
	m := r.channel(id).Messages[0]
	require.Equal(t, "k", m.Key, "metadata stays when it is not given")
	require.True(t, m.Edited)
	require.Contains(t, text(r.ok("chat.getPermalink", "channel", id, "message_ts", reply), "permalink"), "thread_ts="+parent)

	require.NoError(t, r.Person(alice).Joins(id))
	said, err := r.Person(alice).Posts(id, "mine")
	require.NoError(t, err)
	r.refuses("cant_update_message", "chat.update", "channel", id, "ts", said.TS, "text", "yours")
	r.ok("chat.delete", "channel", id, "ts", parent)
	r.refuses("message_not_found", "chat.update", "channel", id, "ts", parent, "text", "x")
	r.refuses("message_not_found", "chat.getPermalink", "channel", id, "message_ts", parent)
	r.refuses("thread_not_found", "conversations.replies", "channel", id, "ts", parent)
	orphan := r.ok("chat.postMessage", "channel", id, "text", "late", "thread_ts", parent)
	require.Nil(t, at(orphan, "message", "thread_ts"), "a reply to what is gone is no reply")
}

func TestMarksOnMessagesAndChannels(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	id := r.channel("incidents").ID
	ts := text(r.ok("chat.postMessage", "channel", id, "text", "x"), "ts")

	r.ok("pins.add", "channel", id, "timestamp", ts)
	r.refuses("already_pinned", "pins.add", "channel", id, "timestamp", ts)
	r.refuses("message_not_found", "pins.add", "channel", id, "timestamp", "1.000001")
	r.refuses("no_item_specified", "pins.add", "channel", id)
	require.Len(t, r.ok("pins.list", "channel", id)["items"], 1)

	r.ok("reactions.add", "channel", id, "timestamp", ts, "name", "eyes")
	r.refuses("already_reacted", "reactions.add", "channel", id, "timestamp", ts, "name", "eyes")
	require.Contains(t, fmt.Sprint(r.ok("reactions.get", "channel", id, "timestamp", ts)), "eyes")

	for range 2 { // bookmarks know no duplicates
		r.ok("bookmarks.add", "channel_id", id, "title", "t", "type", "link", "link", "https://example.com")
	}
	require.Len(t, r.channel(id).Bookmarks, 2)
	r.refuses("invalid_link", "bookmarks.add", "channel_id", id, "title", "t", "type", "link", "link", "ftp://example.com")
	r.refuses("invalid_arguments", "bookmarks.add", "channel_id", id, "title", strings.Repeat("t", 257), "type", "link", "link", "https://example.com")
	r.refuses("not_found", "bookmarks.edit", "channel_id", id, "bookmark_id", "Bk1")
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	clock := simkit.NewManualClock(time.Unix(1790000040, 0)) // at the start of a minute
	r := enter(t, slacksim.Options{Clock: clock, RateLimits: true})
	for n := range 20 {
		r.create(fmt.Sprint("c", n))
	}
	clock.Advance(15 * time.Second)
	out := r.refuses("ratelimited", "conversations.create", "name", "c20")
	require.Equal(t, http.StatusTooManyRequests, out["status"])
	header, _ := out["header"].(http.Header)
	require.Equal(t, "45", header.Get("Retry-After"))
	clock.Advance(45 * time.Second)
	r.create("c20")
}

func TestManyIncidentsAreFast(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	start := time.Now()
	const incidents = 300
	for n := range incidents {
		id := r.create(fmt.Sprint("inc-", n))
		r.ok("chat.postMessage", "channel", id, "text", "board")
		r.ok("conversations.setTopic", "channel", id, "topic", "t")
		r.ok("conversations.invite", "channel", id, "users", r.Person(alice).ID)
	}
	t.Logf("%d incidents in %s", incidents, time.Since(start))
	require.Len(t, r.Channels(), incidents+1)
}
