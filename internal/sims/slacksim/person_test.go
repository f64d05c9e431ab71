package slacksim_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	slackapi "github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
	"muster/integrations/slack"
	"muster/internal/sims/simkit"
	"muster/internal/sims/slacksim"
)

// product stands for Muster: it checks signatures, keeps what it is sent and answers.
type product struct {
	t      *testing.T
	url    string
	answer func(http.ResponseWriter, url.Values)

	mu     sync.Mutex
	forms  []url.Values
	events []map[string]any
	header []http.Header
}

func listens(t *testing.T, r *room) *product {
	t.Helper()
	p := &product{t: t}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.url = server.URL
	r.SetTargets(slacksim.Targets{Events: p.url + "/events", Interactivity: p.url + "/actions", Commands: p.url + "/commands"})
	return p
}

func (p *product) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	secrets := []fault.Secret{fault.NewSecret(slacksim.DefaultSigningSecret)}
	if err != nil || slack.VerifySignature(r.Header, body, secrets, time.Now()) != nil {
		p.t.Errorf("a request to %s is not signed", r.URL.Path)
	}
	p.mu.Lock()
	p.header = append(p.header, r.Header)
	if r.URL.Path == "/events" {
		var e map[string]any
		if json.Unmarshal(body, &e) != nil {
			p.t.Errorf("an event is no JSON: %s", body)
		}
		p.events = append(p.events, e)
	}
	form, _ := url.ParseQuery(string(body))
	if r.URL.Path != "/events" {
		p.forms = append(p.forms, form)
	}
	answer := p.answer
	p.mu.Unlock()
	if answer != nil {
		answer(w, form)
	}
}

// answers says what is answered from now on, also to what the simulator sends by itself meanwhile.
func (p *product) answers(answer func(http.ResponseWriter, url.Values)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

func (p *product) heard(kind string) []map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []map[string]any
	for _, e := range p.events {
		event, _ := e["event"].(map[string]any)
		if event["type"] == kind {
			out = append(out, event)
		}
	}
	return out
}

const boardBlocks = `[{"type":"actions","elements":[{"type":"button","action_id":"resolve","value":"INC-42","text":{"type":"plain_text","text":"Resolve"}}]}]`

func TestAClickReachesTheProduct(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	p := listens(t, r)
	r.ok("chat.postMessage", "channel", "#incidents", "text", "board", "blocks", boardBlocks)
	b, ok := r.channel("incidents").Messages[0].Button("Resolve")
	require.True(t, ok)

	reply, err := r.Person(alice).Clicks(b)

	require.NoError(t, err)
	require.Equal(t, http.StatusOK, reply.Status)
	var callback slackapi.InteractionCallback
	require.NoError(t, json.Unmarshal([]byte(p.forms[0].Get("payload")), &callback), "slack-go reads it")
	require.Equal(t, slackapi.InteractionTypeBlockActions, callback.Type)
	require.Equal(t, r.Person(alice).ID, callback.User.ID)
	require.Equal(t, r.channel("incidents").ID, callback.Channel.ID)
	require.Equal(t, b.TS, callback.Container.MessageTs)
	require.Equal(t, "resolve", callback.ActionCallback.BlockActions[0].ActionID)
	require.Equal(t, "INC-42", callback.ActionCallback.BlockActions[0].Value)
}

func TestASlashCommandCanBeAnsweredAndOpenAModal(t *testing.T) {
	t.Parallel()
	clock := simkit.NewManualClock(time.Now())
	r := enter(t, slacksim.Options{Clock: clock})
	p := listens(t, r)
	p.answers(func(w http.ResponseWriter, _ url.Values) {
		simkit.WriteJSON(w, 200, map[string]string{"text": "which one?"})
	})

	reply, err := r.Person(alice).Slash("/incident declare checkout is down")

	require.NoError(t, err)
	require.Equal(t, "which one?", reply.Text())
	form := p.forms[0]
	require.Equal(t, "/incident", form.Get("command"))
	require.Equal(t, "declare checkout is down", form.Get("text"))
	require.Equal(t, "incidents", form.Get("channel_name"))

	const modal = `{"type":"modal","callback_id":"declare","title":{"type":"plain_text","text":"Declare"},"blocks":[]}`
	trigger := form.Get("trigger_id")
	out := r.ok("views.open", "trigger_id", trigger, "view", modal)
	require.Len(t, r.Views(alice), 1)
	r.refuses("exchanged_trigger_id", "views.open", "trigger_id", trigger, "view", modal)
	r.refuses("invalid_trigger_id", "views.open", "trigger_id", "x", "view", modal)
	r.refuses("invalid_arguments", "views.open", "trigger_id", trigger, "view", strings.Replace(modal, "Declare", strings.Repeat("x", 25), 1))
	id, hash := text(out, "view", "id"), text(out, "view", "hash")
	r.ok("views.update", "view_id", id, "hash", hash, "view", strings.Replace(modal, "Declare", "Declared", 1))
	r.refuses("hash_conflict", "views.update", "view_id", id, "hash", hash, "view", modal)
	r.refuses("not_found", "views.update", "view_id", "V1", "view", modal)
	r.ok("views.publish", "user_id", r.Person(alice).ID, "view", `{"type":"home","blocks":[]}`)

	_, err = r.Person(alice).SlashIn("incidents", "/incident")
	require.NoError(t, err)
	clock.Advance(4 * time.Second)
	r.refuses("expired_trigger_id", "views.open", "trigger_id", p.forms[1].Get("trigger_id"), "view", modal)
}

func TestAResponseURLWorksFiveTimes(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	p := listens(t, r)
	r.ok("chat.postMessage", "channel", "#incidents", "text", "board", "blocks", boardBlocks)
	b, _ := r.channel("incidents").Messages[0].Button("resolve")
	_, err := r.Person(alice).Clicks(b)
	require.NoError(t, err)
	var callback slackapi.InteractionCallback
	require.NoError(t, json.Unmarshal([]byte(p.forms[0].Get("payload")), &callback))
	respond := func(body string) int {
		response, err := http.Post(callback.ResponseURL, "application/json", strings.NewReader(body))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	require.Equal(t, 200, respond(`{"text":"only you see this"}`))
	require.Equal(t, 200, respond(`{"text":"all see this","response_type":"in_channel"}`))
	require.Equal(t, 200, respond(`{"text":"done","replace_original":true}`))
	require.Equal(t, 200, respond(`{"delete_original":true}`))
	require.Equal(t, 200, respond(`{"text":"five"}`))
	require.Equal(t, 404, respond(`{"text":"six"}`))

	require.Len(t, r.Ephemerals(alice), 2)
	require.Equal(t, "only you see this", r.Ephemerals(alice)[0].Text)
	require.Empty(t, r.Ephemerals(bob))
	messages := r.channel("incidents").Messages
	require.Len(t, messages, 1)
	require.Equal(t, "all see this", messages[0].Text)
	require.Empty(t, r.Unexpected())
}

func TestTheProductHearsWhatHappens(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	p := listens(t, r)
	id := r.create("x")
	r.ok("conversations.invite", "channel", id, "users", r.Person(alice).ID)
	require.NoError(t, r.Person(bob).Joins(id))
	said, err := r.Person(bob).Posts(id, "hello <all>")
	require.NoError(t, err)
	require.NoError(t, r.Person(bob).Reacts(id, said.TS, "eyes"))
	_, err = r.Person(bob).Replies(id, said.TS, "and more")
	require.NoError(t, err)
	require.NoError(t, r.Person(bob).Leaves(id))
	require.NoError(t, r.Person(alice).Archives(id))
	require.NoError(t, r.Events().Wait(t.Context()))

	inviter := map[any]any{}
	for _, e := range p.heard("member_joined_channel") {
		inviter[e["user"]] = e["inviter"]
	}
	require.Equal(t, map[any]any{r.Person(alice).ID: "U0SIM00001", r.Person(bob).ID: nil}, inviter, "the bot's own invitation is told as well")
	var texts []any
	for _, e := range p.heard("message") {
		if e["subtype"] == nil {
			texts = append(texts, e["text"])
		}
	}
	require.ElementsMatch(t, []any{"hello &lt;all&gt;", "and more"}, texts)
	require.Len(t, p.heard("reaction_added"), 1)
	require.Len(t, p.heard("member_left_channel"), 1)
	require.Len(t, p.heard("channel_archive"), 1)
}

func TestEventsAreSentAgain(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{EventWaits: []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond}})
	p := listens(t, r)
	p.answers(func(w http.ResponseWriter, _ url.Values) { w.WriteHeader(http.StatusServiceUnavailable) })
	require.NoError(t, r.Person(bob).Joins("incidents"))
	require.NoError(t, r.Events().Wait(t.Context()))

	require.Len(t, p.heard("member_joined_channel"), 4)
	var numbers []string
	for _, h := range p.header {
		numbers = append(numbers, h.Get("X-Slack-Retry-Num")+h.Get("X-Slack-Retry-Reason"))
	}
	require.Subset(t, numbers, []string{"", "1http_error", "2http_error", "3http_error"})
	require.Len(t, r.Events().Dropped(), 2, "the join and the note of it")
}

func TestWhatPeopleCannotDo(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	a := r.Person(alice)
	_, err := a.Posts("incidents", "hello")
	require.ErrorContains(t, err, "not in the channel")
	require.ErrorContains(t, a.Joins("nowhere"), "no channel")
	require.ErrorContains(t, a.Joins(r.AddPrivateChannel("secret")), "private")
	_, err = a.Clicks(slacksim.Button{})
	require.ErrorContains(t, err, "not there")
	_, err = a.Slash("/incident")
	require.ErrorContains(t, err, "no target")
	require.Panics(t, func() { r.Person("nobody@example.com") })
}

func TestThePageSeesAndActs(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	p := listens(t, r)
	post := func(action, body string, want int) string {
		response, err := http.Post(r.url+"/_sim/"+action, "application/json", strings.NewReader(body))
		require.NoError(t, err)
		defer func() { require.NoError(t, response.Body.Close()) }()
		out, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.Equal(t, want, response.StatusCode, "%s: %s", action, out)
		return string(out)
	}
	post("users", `{"email":"carol@example.com","name":"Carol Costa"}`, 200)
	post("channels", `{"name":"general"}`, 200)
	post("join", `{"person":"carol@example.com","channel":"general"}`, 200)
	post("post", `{"person":"carol@example.com","channel":"general","text":"hello"}`, 200)
	ts := text(r.ok("chat.postMessage", "channel", "#general", "text", "board", "blocks", boardBlocks), "ts")
	post("react", `{"person":"carol@example.com","channel":"general","ts":"`+ts+`","name":"eyes"}`, 200)
	require.JSONEq(t, `{"status":200,"body":""}`, post("click", `{"person":"carol@example.com","channel":"general","ts":"`+ts+`","action_id":"resolve"}`, 200))
	post("slash", `{"person":"carol@example.com","command":"/incident"}`, 200)
	post("slash", `{"person":"carol@example.com","channel":"general","command":"/incident"}`, 200)
	require.Contains(t, post("click", `{"person":"nobody@example.com"}`, 400), "nobody")
	require.Contains(t, post("click", `{`, 400), "error")
	post("archive", `{"person":"carol@example.com","channel":"general"}`, 200)
	post("scopes", `{"scopes":["chat:write"]}`, 200)
	require.Len(t, p.forms, 3)
	require.Contains(t, p.forms[0].Get("payload"), `"value":"INC-42"`)
	post("targets", `{"events":""}`, 200)

	response, err := http.Get(r.url + "/_sim/state?channels=1")
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	var state slacksim.State
	require.NoError(t, json.NewDecoder(response.Body).Decode(&state))
	require.Equal(t, 2, state.Total)
	require.Len(t, state.Channels, 1)
	require.Equal(t, "general", state.Channels[0].Name)
	require.True(t, state.Channels[0].Archived)
	require.Equal(t, []string{"carol@example.com"}, state.Channels[0].Members)
	require.Equal(t, map[string][]string{"eyes": {"carol@example.com"}}, state.Channels[0].Messages[1].Reactions)
	require.Equal(t, "INC-42", state.Channels[0].Messages[1].Buttons[0].Value)
	require.Equal(t, []string{"chat:write"}, state.Scopes)
	require.Len(t, state.People, 3)
	require.Empty(t, state.Targets)
	require.Empty(t, state.Unexpected)

	log, err := http.Get(r.url + "/_sim/log?operation=chat.postMessage")
	require.NoError(t, err)
	defer func() { require.NoError(t, log.Body.Close()) }()
	out, err := io.ReadAll(log.Body)
	require.NoError(t, err)
	require.Equal(t, 1, bytes.Count(out, []byte(`"operation":"chat.postMessage"`)))
}

// What the client does not use yet is read by slack-go as well.
func TestSlackGoReadsTheRest(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	api := slackapi.New("xoxb-test", slackapi.OptionAPIURL(r.url+"/api/"))
	ctx, a := t.Context(), r.Person(alice)
	id := r.channel("incidents").ID
	require.NoError(t, a.Joins(id))

	user, err := api.GetUserInfoContext(ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, alice, user.Profile.Email)
	users, err := api.GetUsersContext(ctx)
	require.NoError(t, err)
	require.Len(t, users, 3)
	group := r.AddUserGroup("payments", alice, bob)
	groups, err := api.GetUserGroupsContext(ctx, slackapi.GetUserGroupsOptionIncludeUsers(true))
	require.NoError(t, err)
	require.Equal(t, group, groups[0].ID)
	members, err := api.GetUserGroupMembersContext(ctx, group)
	require.NoError(t, err)
	require.Len(t, members, 2)

	direct, _, _, err := api.OpenConversationContext(ctx, &slackapi.OpenConversationParameters{Users: []string{a.ID}})
	require.NoError(t, err)
	_, ts, err := api.PostMessageContext(ctx, direct.ID, slackapi.MsgOptionText("hello", false))
	require.NoError(t, err)
	require.Len(t, r.DirectMessages(alice), 1)
	history, err := api.GetConversationHistoryContext(ctx, &slackapi.GetConversationHistoryParameters{ChannelID: direct.ID})
	require.NoError(t, err)
	require.Equal(t, ts, history.Messages[0].Timestamp)

	_, err = api.PostEphemeralContext(ctx, id, a.ID, slackapi.MsgOptionText("psst", false))
	require.NoError(t, err)
	require.Equal(t, "psst", r.Ephemerals(alice)[0].Text)
	_, err = api.PostEphemeralContext(ctx, id, r.Person(bob).ID, slackapi.MsgOptionText("psst", false))
	require.ErrorContains(t, err, "user_not_in_channel")

	_, ts, err = api.PostMessageContext(ctx, id, slackapi.MsgOptionText("board", false))
	require.NoError(t, err)
	require.NoError(t, api.AddReactionContext(ctx, "eyes", slackapi.NewRefToMessage(id, ts)))
	reacted, err := api.GetReactionsContext(ctx, slackapi.NewRefToMessage(id, ts), slackapi.GetReactionsParameters{})
	require.NoError(t, err)
	require.Equal(t, 1, reacted.Reactions[0].Count)
	require.NoError(t, api.AddPinContext(ctx, id, slackapi.NewRefToMessage(id, ts)))
	pins, _, err := api.ListPinsContext(ctx, id)
	require.NoError(t, err)
	require.Len(t, pins, 1)
	ids, _, err := api.GetUsersInConversationContext(ctx, &slackapi.GetUsersInConversationParameters{ChannelID: id})
	require.NoError(t, err)
	require.Contains(t, ids, a.ID)
	_, _, err = api.DeleteMessageContext(ctx, id, ts)
	require.NoError(t, err)
	_, _, err = api.StartSocketModeContext(ctx)
	require.Error(t, err)
	require.Empty(t, r.Unexpected())
}
