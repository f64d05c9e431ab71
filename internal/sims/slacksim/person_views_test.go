package slacksim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	slackapi "github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"muster/internal/sims/slacksim"
)

const longForm = `{"type":"modal","callback_id":"declare","private_metadata":"m","title":{"type":"plain_text","text":"Declare"},
	"submit":{"type":"plain_text","text":"Declare"},"notify_on_close":true,"blocks":[
	{"type":"input","block_id":"title","label":{"type":"plain_text","text":"Title"},"element":{"type":"plain_text_input","action_id":"v","max_length":20}},
	{"type":"input","block_id":"kind","optional":true,"label":{"type":"plain_text","text":"Kind"},"element":{"type":"static_select","action_id":"kind",
	 "options":[{"text":{"type":"plain_text","text":"Incident"},"value":"incident"},{"text":{"type":"plain_text","text":"Drill"},"value":"drill"}],
	 "initial_option":{"text":{"type":"plain_text","text":"Incident"},"value":"incident"}}},
	{"type":"input","block_id":"flags","optional":true,"label":{"type":"plain_text","text":"Flags"},"element":{"type":"checkboxes","action_id":"v",
	 "options":[{"text":{"type":"plain_text","text":"Private"},"value":"private"},{"text":{"type":"plain_text","text":"Quiet"},"value":"quiet"}]}},
	{"type":"input","block_id":"who","optional":true,"label":{"type":"plain_text","text":"Who"},"element":{"type":"users_select","action_id":"v"}},
	{"type":"input","block_id":"where","optional":true,"label":{"type":"plain_text","text":"Where"},"element":{"type":"conversations_select","action_id":"v"}},
	{"type":"input","block_id":"day","optional":true,"label":{"type":"plain_text","text":"Day"},"element":{"type":"datepicker","action_id":"v"}},
	{"type":"input","block_id":"at","optional":true,"label":{"type":"plain_text","text":"At"},"element":{"type":"datetimepicker","action_id":"v"}},
	{"type":"section","block_id":"pick","text":{"type":"mrkdwn","text":"Pick"},"accessory":{"type":"overflow","action_id":"pick",
	 "options":[{"text":{"type":"plain_text","text":"One"},"value":"1"}]}},
	{"type":"actions","block_id":"more","elements":[{"type":"button","action_id":"more","value":"x","text":{"type":"plain_text","text":"More"}}]}]}`

// opens gives a person a modal, as the answer to a command.
func (r *room) opens(p *product, email, view string) slacksim.View {
	r.t.Helper()
	_, err := r.Person(email).Shortcut("declare")
	require.NoError(r.t, err)
	r.ok("views.open", "trigger_id", p.last().TriggerID, "view", view)
	v, ok := r.Person(email).Modal()
	require.True(r.t, ok)
	return v
}

// last is the interaction that came last, as slack-go reads it.
func (p *product) last() slackapi.InteractionCallback {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	var out slackapi.InteractionCallback
	require.NoError(p.t, json.Unmarshal([]byte(p.forms[len(p.forms)-1].Get("payload")), &out))
	return out
}

func (p *product) says(status int, body string) {
	p.answers(func(w http.ResponseWriter, _ url.Values) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
}

func TestAModalIsFilledInAndSubmitted(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	p := listens(t, r)
	v := r.opens(p, alice, longForm)
	require.Equal(t, slackapi.InteractionTypeShortcut, p.last().Type)
	require.Equal(t, "declare", p.last().CallbackID)
	require.Contains(t, v.Shown(), "Drill")
	kind, ok := v.Input("Kind")
	require.True(t, ok)
	require.Equal(t, "incident", kind.Initial)

	_, err := r.Person(alice).Submits(v, map[string]string{
		"title": "Checkout is down", "flags": "private,quiet", "who": bob, "where": "#incidents", "day": "2026-01-02", "at": "1795728634",
	})

	require.NoError(t, err)
	got := p.last()
	require.Equal(t, slackapi.InteractionTypeViewSubmission, got.Type)
	require.Equal(t, "declare", got.View.CallbackID)
	require.Equal(t, "m", got.View.PrivateMetadata)
	require.Equal(t, v.ID, got.View.ID)
	values := got.View.State.Values
	require.Equal(t, "Checkout is down", values["title"]["v"].Value)
	require.Equal(t, "incident", values["kind"]["kind"].SelectedOption.Value, "what was there stays")
	require.Len(t, values["flags"]["v"].SelectedOptions, 2)
	require.Equal(t, r.Person(bob).ID, values["who"]["v"].SelectedUser)
	require.Equal(t, r.channel("incidents").ID, values["where"]["v"].SelectedConversation)
	require.Equal(t, "2026-01-02", values["day"]["v"].SelectedDate)
	require.EqualValues(t, 1795728634, values["at"]["v"].SelectedDateTime)
	_, open := r.Person(alice).Modal()
	require.False(t, open, "an empty answer closes it")
	require.Empty(t, r.Unexpected())
}

func TestSlackRefusesAFormBeforeTheProductHearsOfIt(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	p := listens(t, r)
	v := r.opens(p, alice, longForm)
	for _, c := range []struct{ block, value, want string }{
		{"title", "", "title: please complete this required field"},
		{"title", strings.Repeat("é", 21), "at most 20 characters"},
		{"kind", "riot", `none of the options ["incident" "drill"]`},
		{"who", "nobody@example.com", "nobody here"},
		{"where", "nowhere", "no channel"},
		{"day", "tomorrow", "day: "},
		{"nonsense", "x", "no such input"},
	} {
		_, err := r.Person(alice).Submits(v, map[string]string{"title": "x", c.block: c.value})
		require.ErrorContains(t, err, c.want)
	}
	require.Len(t, p.forms, 1, "only the shortcut")
}

func TestTheProductAnswersASubmission(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	p := listens(t, r)
	v := r.opens(p, alice, longForm)
	submit := func() slacksim.View {
		t.Helper()
		_, err := r.Person(alice).Submits(v, map[string]string{"title": "Down"})
		require.NoError(t, err)
		now, _ := r.Person(alice).Modal()
		return now
	}
	p.says(503, "")
	require.Equal(t, v.Hash, submit().Hash, "it stays, to be submitted again")
	p.says(200, "{")
	require.Equal(t, v.Hash, submit().Hash)
	p.says(200, `{"response_action":"errors","errors":{"title":"too vague","nowhere":"lost"}}`)
	require.Equal(t, map[string]string{"title": "too vague"}, submit().Errors)
	p.says(200, `{"response_action":"update","view":`+strings.Replace(longForm, `"text":"Declare"`, `"text":"Again"`, 1)+`}`)
	updated := submit()
	require.Equal(t, "Again", updated.Title)
	require.NotEqual(t, v.Hash, updated.Hash)
	require.Empty(t, updated.Errors)
	title, _ := updated.Input("title")
	require.Equal(t, "Down", title.Initial, "what was entered stays")
	p.says(200, `{"response_action":"push","view":`+longForm+`}`)
	pushed := submit()
	require.NotEqual(t, v.ID, pushed.ID)
	require.Len(t, r.Views(alice), 2)
	p.says(200, `{"response_action":"update","view":{"type":"modal","title":{"type":"plain_text","text":"x"},"blocks":[{"type":"nonsense"}]}}`)
	submit()
	v = pushed
	p.says(200, `{"response_action":"clear"}`)
	require.Empty(t, submit().ID)
	require.Equal(t, []string{
		"an answer to a submitted form that Slack does not understand: it is no JSON: {",
		"an answer to a submitted form that Slack does not understand: an error for the block nowhere, which is no input: lost",
		"an answer to a submitted form that Slack does not understand: invalid_arguments[[ERROR] unsupported type: nonsense [json-pointer:/view/blocks/0/type]]",
	}, r.Unexpected())
}

func TestAModalIsActedInAndClosed(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	p := listens(t, r)
	v := r.opens(p, alice, longForm)
	_, err := r.Person(alice).Chooses(v, "kind", "drill")
	require.NoError(t, err)
	require.Len(t, p.forms, 1, "a form's input tells nobody")
	more, ok := v.Button("More")
	require.True(t, ok)
	_, err = r.Person(alice).Clicks(more)
	require.NoError(t, err)
	got := p.last()
	require.Equal(t, v.ID, got.Container.ViewID)
	require.Equal(t, "x", got.ActionCallback.BlockActions[0].Value)
	require.Equal(t, "drill", got.View.State.Values["kind"]["kind"].SelectedOption.Value, "it is told with what was entered")
	_, err = r.Person(alice).Chooses(v, "pick", "1")
	require.NoError(t, err)
	require.Equal(t, "1", p.last().ActionCallback.BlockActions[0].SelectedOption.Value)

	trigger := func() string { return p.last().TriggerID }
	r.ok("views.push", "trigger_id", trigger(), "view", longForm)
	top, _ := r.Person(alice).Modal()
	require.NotEqual(t, v.ID, top.ID)
	_, err = r.Person(alice).ClosesModal()
	require.NoError(t, err)
	require.Equal(t, slackapi.InteractionTypeViewClosed, p.last().Type)
	require.Equal(t, v.ID, p.last().View.PreviousViewID)
	below, _ := r.Person(alice).Modal()
	require.Equal(t, v.ID, below.ID)

	_, err = r.Person(alice).Shortcut("other")
	require.NoError(t, err)
	r.ok("views.open", "trigger_id", trigger(), "view", longForm)
	_, err = r.Person(alice).Clicks(more)
	require.ErrorContains(t, err, "not open", "a new modal takes the place of the old one")
	_, err = r.Person(bob).ClosesModal()
	require.ErrorContains(t, err, "no modal")
}

func TestTheHomeTab(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	p := listens(t, r)
	require.NoError(t, r.Person(alice).OpensHome())
	require.NoError(t, r.Events().Wait(t.Context()))
	opened := p.heard("app_home_opened")
	require.Len(t, opened, 1)
	require.Equal(t, "home", opened[0]["tab"])
	_, ok := r.Person(alice).Home()
	require.False(t, ok)
	const home = `{"type":"home","blocks":[{"type":"actions","elements":[{"type":"button","action_id":"declare","text":{"type":"plain_text","text":"%s"}}]}]}`
	r.ok("views.publish", "user_id", r.Person(alice).ID, "view", fmt.Sprintf(home, "Old"))
	r.ok("views.publish", "user_id", r.Person(alice).ID, "view", fmt.Sprintf(home, "Declare"))
	v, ok := r.Person(alice).Home()
	require.True(t, ok)
	declare, ok := v.Button("Declare")
	require.True(t, ok)
	_, err := r.Person(alice).Clicks(declare)
	require.NoError(t, err)
	require.Equal(t, slackapi.ViewType("home"), slackapi.ViewType(p.last().View.Type))
	_, ok = r.Person(bob).Home()
	require.False(t, ok)
}

func TestTheAnswerToACommandCanBeClicked(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	p := listens(t, r)
	p.says(200, `{"text":"fallback","blocks":[{"type":"section","text":{"type":"mrkdwn","text":"Did you mean resolve?"},"accessory":{"type":"static_select",
		"action_id":"severity","options":[{"text":{"type":"plain_text","text":"One"},"value":"1"}]}},`+boardBlocks[1:]+`}`)
	reply, err := r.Person(alice).Slash("/incident reslve")
	require.NoError(t, err)
	require.Equal(t, "Did you mean resolve?", reply.Shown())
	require.Empty(t, r.channel("incidents").Messages, "only alice sees it")
	p.says(200, "")
	button, ok := reply.Button("Resolve")
	require.True(t, ok)
	_, err = r.Person(alice).Clicks(button)
	require.NoError(t, err)
	require.True(t, p.last().Container.IsEphemeral)
	require.Empty(t, p.last().Message.Timestamp, "Slack keeps no copy of it")
	_, err = r.Person(alice).ChoosesIn(*reply.Message, "severity", "1")
	require.NoError(t, err)
	require.Equal(t, "1", p.last().ActionCallback.BlockActions[0].SelectedOption.Value)
	_, err = r.Person(bob).Clicks(button)
	require.ErrorContains(t, err, "not there")

	p.says(200, `{"text":"a click has no answer"}`)
	_, err = r.Person(alice).Clicks(button)
	require.NoError(t, err)
	p.says(200, `{"response_type":"in_channel","text":"for all"}`)
	_, err = r.Person(alice).Slash("/incident list")
	require.NoError(t, err)
	require.Equal(t, "for all", r.channel("incidents").Messages[0].Text)
	p.says(200, `{"blocks":[{"type":"nonsense"}]}`)
	_, err = r.Person(alice).Slash("/incident list")
	require.NoError(t, err)
	require.Len(t, r.Unexpected(), 2)
}

func TestAnOpenFormOutlivesARestart(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{})
	p := listens(t, r)
	p.says(200, `{"text":"psst","blocks":`+boardBlocks+`}`)
	reply, err := r.Person(alice).Slash("/incident")
	require.NoError(t, err)
	_, err = r.Person(alice).Clicks(reply.Buttons()[0])
	require.NoError(t, err)
	v := r.opens(p, alice, longForm)
	r.step(func() {
		require.NoError(t, r.Person(alice).Fills(v, map[string]string{"title": "Down", "flags": "quiet"}))
	})
	r.step(func() { r.HideEmail(bob) })
	r.step(func() { r.AddStranger("carol@partner.example.com", "Carol Costa") })
	p.says(200, `{"response_action":"errors","errors":{"title":"too vague"}}`)
	_, err = r.Person(alice).Submits(v, nil)
	require.NoError(t, err)
	before, _ := r.Person(alice).Modal()

	next := enter(t, slacksim.Options{})
	require.NoError(t, next.Load(strings.NewReader(r.saved())))

	after, ok := next.Person(alice).Modal()
	require.True(t, ok)
	require.Equal(t, before, after)
	require.JSONEq(t, r.saved(), next.saved())
	listens(t, next)
	_, err = next.Person(alice).Clicks(reply.Buttons()[0])
	require.NoError(t, err)
}
