package slacksim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/sims/simkit"
	"muster/internal/sims/slacksim"
)

func (r *room) saved() string {
	r.t.Helper()
	var out bytes.Buffer
	require.NoError(r.t, r.Save(&out))
	return out.String()
}

// step does something and checks that the version tells of it.
func (r *room) step(do func()) {
	r.t.Helper()
	before, version := r.saved(), r.Version()
	do()
	require.NotEqual(r.t, before, r.saved())
	require.NotEqual(r.t, version, r.Version())
}

// fill makes something of everything that a workspace can hold.
func fill(r *room) {
	r.t.Helper()
	var inc, first string
	for _, do := range []func(){
		func() { inc = r.create("inc-1") },
		func() { r.ok("conversations.invite", "channel", inc, "users", r.Person(alice).ID+","+r.Person(bob).ID) },
		func() { r.ok("conversations.setTopic", "channel", inc, "topic", "a & b") },
		func() { r.ok("conversations.setPurpose", "channel", inc, "purpose", "to mend") },
		func() {
			first = text(r.ok("chat.postMessage", "channel", inc, "text", "one <b>", "blocks", button,
				"metadata", `{"event_type":"muster","event_payload":{"key":"k1","n":12345678,"deep":{"list":[1,"two",null]}}}`), "ts")
		},
		func() { r.ok("chat.postMessage", "channel", inc, "text", "a reply", "thread_ts", first) },
		func() { _, err := r.Person(alice).Replies(inc, first, "and another"); require.NoError(r.t, err) },
		func() { r.ok("pins.add", "channel", inc, "timestamp", first) },
		func() { r.ok("reactions.add", "channel", inc, "timestamp", first, "name", "eyes") },
		func() { require.NoError(r.t, r.Person(bob).Reacts(inc, first, "eyes")) },
		func() {
			r.ok("bookmarks.add", "channel_id", inc, "title", "Jira", "type", "link", "link", "https://jira.example.com")
		},
		func() { r.ok("chat.postEphemeral", "channel", inc, "user", r.Person(bob).ID, "text", "psst") },
		func() { r.ok("chat.update", "channel", inc, "ts", first, "text", "two", "blocks", button) },
		func() {
			m, err := r.Person(bob).Posts(inc, "oops")
			require.NoError(r.t, err)
			require.NoError(r.t, r.Person(bob).Deletes(inc, m.TS))
		},
		func() { r.ok("chat.postMessage", "channel", r.Person(alice).ID, "text", "hello in person") },
		func() { r.create("inc-2") },
		func() { r.ok("conversations.rename", "channel", r.channel("inc-2").ID, "name", "inc-2-db") },
		func() { require.NoError(r.t, r.Person(alice).Joins("inc-2-db")) },
		func() { require.NoError(r.t, r.Person(alice).Leaves("inc-1")) },
		func() { require.NoError(r.t, r.Person(alice).Joins("incidents")) },
		func() { require.NoError(r.t, r.Person(alice).Joins("inc-1")) },
		func() { r.AddPrivateChannel("secret") },
		func() { r.AddUserGroup("sre", alice, bob) },
		func() { r.AddUserGroup("nobody") },
		func() { r.DeactivateUser(bob) },
		func() { r.AllowTwinNames(false) },
		func() {
			r.SetScopes("chat:write", "channels:read", "groups:read", "im:read", "channels:manage", "channels:history", "users:read")
		},
		func() { r.RefuseToken("token_revoked"); r.refuses("token_revoked", "auth.test") },
		func() { r.RefuseToken("") },
		func() { r.ok("conversations.archive", "channel", r.channel("inc-2-db").ID) },
	} {
		r.step(do)
	}
}

const button = `[{"type":"actions","elements":[{"type":"button","action_id":"ack","value":"v","text":{"type":"plain_text","text":"Got it"}}]}]`

// answers asks for everything that can be listed.
func answers(r *room) map[string]any {
	r.t.Helper()
	out := map[string]any{}
	ask := func(method string, args ...string) {
		answer := r.ok(method, args...)
		delete(answer, "header")
		out[method+" "+strings.Join(args, " ")] = answer
	}
	version := r.Version()
	for _, ch := range append(r.Channels(), slacksim.Channel{ID: r.DirectMessages(alice)[0].Channel}) {
		ask("conversations.info", "channel", ch.ID)
		ask("conversations.members", "channel", ch.ID)
		if ch.BotInside && !ch.Private {
			ask("conversations.history", "channel", ch.ID, "include_all_metadata", "true")
		}
		for _, m := range ch.Messages {
			ask("chat.getPermalink", "channel", ch.ID, "message_ts", m.TS)
		}
		if len(ch.Pins) > 0 {
			ask("conversations.replies", "channel", ch.ID, "ts", ch.Pins[0])
		}
	}
	for _, id := range []string{r.Person(alice).ID, r.Person(bob).ID, "U0SIM00001"} {
		ask("users.info", "user", id)
		ask("users.conversations", "user", id, "types", "public_channel,private_channel,im", "limit", "2")
	}
	ask("conversations.list", "types", "public_channel,private_channel")
	ask("users.list")
	out["state"] = r.State(100)
	for _, name := range []string{"incidents", "inc-1", "inc-2", "inc-2-db"} {
		out["named "+name] = r.ChannelsNamed(name)
	}
	out["direct"], out["only"], out["views"] = r.DirectMessages(alice), r.Ephemerals(bob), r.Views(alice)
	require.Equal(r.t, version, r.Version(), "looking changes nothing")
	return out
}

// requireSame compares as JSON, where a time is the same in every representation.
func requireSame(t *testing.T, want, got any) {
	t.Helper()
	a, err := json.Marshal(want)
	require.NoError(t, err)
	b, err := json.Marshal(got)
	require.NoError(t, err)
	require.JSONEq(t, string(a), string(b))
}

func TestAWorkspaceIsLoadedAsItWasSaved(t *testing.T) {
	t.Parallel()
	clock := simkit.NewManualClock(time.Date(2026, 11, 21, 9, 0, 0, 123456789, time.UTC))
	old := enter(t, slacksim.Options{Clock: clock, RateLimits: false})
	fill(old)

	next := enter(t, slacksim.Options{Clock: clock, Users: map[string]string{"zoe@example.com": "Zoe"}, Channels: []string{"other"}})
	version := next.Version()
	require.NoError(t, next.Load(strings.NewReader(old.saved())))
	require.NotEqual(t, version, next.Version())
	require.Equal(t, old.saved(), next.saved())
	requireSame(t, answers(old), answers(next))
	_, known := next.Channel("other")
	require.False(t, known, "what was there before is replaced")

	// Both go on in the same way, so that no ID and no timestamp is given twice.
	goOn := func(r *room) []any {
		r.SetScopes("chat:write", "channels:read", "groups:read", "im:read", "channels:manage", "channels:history", "users:read", "reactions:write")
		created := r.create("inc-3")
		posted := text(r.ok("chat.postMessage", "channel", "inc-1", "text", "more", "blocks", button), "ts")
		r.refuses("name_taken", "conversations.create", "name", "inc-2-db")
		pinned := r.channel("inc-1").Pins[0]
		r.refuses("already_reacted", "reactions.add", "channel", r.channel("inc-1").ID, "timestamp", pinned, "name", "eyes")
		r.ok("chat.postMessage", "channel", "inc-1", "text", "a later reply", "thread_ts", pinned)
		return []any{created, posted, r.AddUser("carol@example.com", "Carol"), r.AddChannel("late"), r.AddUserGroup("late")}
	}
	require.Equal(t, goOn(old), goOn(next))
	require.Equal(t, old.saved(), next.saved())
	requireSame(t, answers(old), answers(next))
}

func TestTriggersAndResponsesOutliveARestart(t *testing.T) {
	t.Parallel()
	old := enter(t, slacksim.Options{RateLimits: true})
	p := listens(t, old)
	p.answers(func(w http.ResponseWriter, form url.Values) { w.WriteHeader(http.StatusOK) })
	old.ok("chat.postMessage", "channel", "incidents", "text", "press", "blocks", button)
	b, found := old.channel("incidents").Messages[0].Button("Got it")
	require.True(t, found)
	old.step(func() { _, err := old.Person(alice).Slash("/incident declare"); require.NoError(t, err) })
	old.step(func() { _, err := old.Person(alice).Clicks(b); require.NoError(t, err) })
	old.step(func() { old.ok("auth.test"); old.ok("users.list") }) // counted towards their limit

	next := enter(t, slacksim.Options{RateLimits: true})
	require.NoError(t, next.Load(strings.NewReader(old.saved())))
	require.Equal(t, old.saved(), next.saved())
	modal := `{"type":"modal","title":{"type":"plain_text","text":"Declare"},"blocks":[],"private_metadata":"x"}`
	next.step(func() { next.ok("views.open", "trigger_id", p.forms[0].Get("trigger_id"), "view", modal) })
	next.refuses("exchanged_trigger_id", "views.open", "trigger_id", p.forms[0].Get("trigger_id"), "view", modal)

	var click struct {
		ResponseURL string `json:"response_url"`
	}
	require.NoError(t, json.Unmarshal([]byte(p.forms[1].Get("payload")), &click))
	token := click.ResponseURL[strings.LastIndex(click.ResponseURL, "/"):]
	next.step(func() {
		response, err := http.Post(next.url+"/response"+token, "application/json", strings.NewReader(`{"replace_original":true,"text":"pressed"}`))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode)
	})
	require.Equal(t, "pressed", next.channel("incidents").Messages[0].Text)

	again := enter(t, slacksim.Options{})
	require.NoError(t, again.Load(strings.NewReader(next.saved())))
	requireSame(t, next.Views(alice), again.Views(alice))
	require.Len(t, again.Views(alice), 1)
}

func TestAWorkspaceThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	fill(r)
	before, version := r.saved(), r.Version()
	for _, c := range []struct{ problem, old, new string }{
		{"EOF", before, ""},
		{"invalid character", before, "channels"},
		{"unexpected EOF", before[len(before)/2:], ""},
		{"something follows", before, before + "{}"},
		{`its format is "jirasim/2"`, "slacksim/2", "jirasim/2"},
		{`its format is "slacksim/1", not "slacksim/2"`, "slacksim/2", "slacksim/1"},
		{"the file is damaged", `"NextID":`, `"NextID":-`},
		{"the file is damaged", `"Pins":[`, `"Pins":[1,`},
		{"the file is damaged", `"Names":{`, `"Names":{"x":[1],`},
		{"the file is damaged", `"NoTwins"`, `"Twins"`},
		{"the file is damaged", `"Topic":"a &amp; b"`, `"Topic":"c"`},
	} {
		text := strings.ReplaceAll(before, c.old, c.new)
		require.NotEqual(t, before, text, c.old)
		require.ErrorContains(t, r.Load(strings.NewReader(text)), c.problem)
		require.Equal(t, before, r.saved())
		require.Equal(t, version, r.Version())
	}
}

func TestANameOfAnEarlierRunIsTaken(t *testing.T) {
	t.Parallel()
	old := enter(t, slacksim.Options{})
	for range 10 {
		old.ok("auth.test")
	}
	old.create("inc-1")
	next := enter(t, slacksim.Options{})
	require.NoError(t, next.Load(strings.NewReader(old.saved())))
	next.refuses("name_taken", "conversations.create", "name", "inc-1")
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestAFailedSaveSaysSo(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	require.ErrorContains(t, r.Save(brokenWriter{}), "the disk is full")
}
