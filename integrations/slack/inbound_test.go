package slack

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestASlashCommandIsRead(t *testing.T) {
	t.Parallel()
	form := url.Values{
		"command": {"/incident"}, "text": {"checkout is down & out"}, "team_id": {"T1"}, "enterprise_id": {"E1"}, "channel_id": {"C1"},
		"channel_name": {"general"}, "user_id": {"U1"}, "user_name": {"alice"}, "trigger_id": {"1.2.x"}, "response_url": {"https://hooks.slack.com/x"},
	}
	want := SlashCommand{
		Command: "/incident", Text: "checkout is down & out", TeamID: "T1", EnterpriseID: "E1", ChannelID: "C1", ChannelName: "general",
		UserID: "U1", UserName: "alice", TriggerID: "1.2.x", ResponseURL: "https://hooks.slack.com/x",
	}
	got, err := ParseSlashCommand([]byte(form.Encode()))
	require.NoError(t, err)
	require.Equal(t, want, got)

	overSocket := map[string]string{}
	for name := range form {
		overSocket[name] = form.Get(name)
	}
	payload, err := json.Marshal(overSocket)
	require.NoError(t, err)
	got, err = parseSlashJSON(payload)
	require.NoError(t, err)
	require.Equal(t, want, got)

	check, err := ParseSlashCommand([]byte("ssl_check=1&token=x"))
	require.NoError(t, err)
	require.True(t, check.Check)
}

func TestWhatIsNoRequestIsMalformed(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", "%zz", "null", "[]", `"x"`, "payload=", "payload=[]", "payload=null", "{}", `{"type":"event_callback"}`, `{"type":"x"}`,
		`{"type":"event_callback","event_id":"Ev1","event":"x"}`, `{"type":"event_callback","event":{"type":"message"}}`, "payload=" + url.QueryEscape(`{"type":"shortcut"}`),
	} {
		_, err := ParseSlashCommand([]byte(body))
		require.ErrorIs(t, err, ErrMalformed, body)
		_, err = ParseInteraction([]byte(body))
		require.ErrorIs(t, err, ErrMalformed, body)
		_, err = ParseInteractionJSON([]byte(body))
		require.ErrorIs(t, err, ErrMalformed, body)
		_, err = ParseEvent([]byte(body))
		require.ErrorIs(t, err, ErrMalformed, body)
		_, err = parseSlashJSON([]byte(body))
		require.ErrorIs(t, err, ErrMalformed, body)
	}
}

func TestAClickIsReadWhateverBlocksTheMessageHas(t *testing.T) {
	t.Parallel()
	payload := `{"type":"block_actions","team":{"id":"T1"},"user":{"id":"U1","team_id":"T2"},"trigger_id":"1.2.x","response_url":"https://hooks.slack.com/x",
		"container":{"type":"message","message_ts":"1.000001","channel_id":"C1","thread_ts":"0.000009","is_ephemeral":false},
		"channel":{"id":"C1","name":"inc-42"},
		"message":{"ts":"1.000001","user":"UBOT","bot_id":"B1","app_id":"A1","text":"Checkout &amp; co","blocks":[{"type":"from the future","elements":7},null,"x"],
			"attachments":"none","edited":{"user":"U1","ts":"2.000001"}},
		"actions":[null,3,{"type":"button","action_id":"severity","block_id":"b1","value":"INC-42/7","action_ts":"3.0"},
			{"type":"static_select","action_id":"role","block_id":"b2","selected_option":{"value":"commander"}},
			{"type":"checkboxes","action_id":"steps","selected_options":[{"value":"a"},{"value":"b"}]}]}`
	got, err := ParseInteraction([]byte("payload=" + url.QueryEscape(payload)))
	require.NoError(t, err)
	require.Equal(t, Interaction{
		Type: InteractionBlockActions, TeamID: "T1", UserID: "U1", UserTeamID: "T2", TriggerID: "1.2.x", ResponseURL: "https://hooks.slack.com/x",
		Channel: InboundChannel{ID: "C1", Name: "inc-42"},
		Message: InboundMessage{
			Channel: "C1", TS: "1.000001", ThreadTS: "0.000009", UserID: "UBOT", BotID: "B1", AppID: "A1", Text: "Checkout &amp; co", EditedTS: "2.000001",
		},
		Actions: []InboundAction{
			{ActionID: "severity", BlockID: "b1", Type: "button", Value: "INC-42/7", TS: "3.0"},
			{ActionID: "role", BlockID: "b2", Type: "static_select", Value: "commander"},
			{ActionID: "steps", Type: "checkboxes", Values: []string{"a", "b"}},
		},
		View: InboundView{Values: map[string]InboundValue{}},
	}, got)

	got, err = ParseInteractionJSON([]byte(`{"type":"block_actions","user":{"id":"U1"},
		"container":{"type":"message","message_ts":"1.5","channel_id":"C9","is_ephemeral":true}}`))
	require.NoError(t, err)
	require.True(t, got.Ephemeral)
	require.Equal(t, "C9", got.Channel.ID)
	require.Equal(t, InboundMessage{Channel: "C9", TS: "1.5"}, got.Message)
}

func TestASubmittedModalIsRead(t *testing.T) {
	t.Parallel()
	got, err := ParseInteractionJSON([]byte(`{"type":"view_submission","user":{"id":"U1"},"team":null,"trigger_id":"1.2.x","view":{
		"id":"V1","root_view_id":"V0","hash":"h1","callback_id":"declare","private_metadata":"{}","external_id":"x","type":"modal","blocks":[{"type":7}],
		"state":{"values":{
			"title":{"value":{"type":"plain_text_input","value":"Checkout is down"}},
			"summary":{"value":{"type":"plain_text_input","value":null}},
			"severity":{"pick":{"type":"static_select","selected_option":{"text":{"type":"plain_text","text":"SEV2"},"value":"2"}}},
			"nobody":{"pick":{"type":"static_select","selected_option":null}},
			"kind":{"pick":{"type":"radio_buttons","selected_option":{"value":"drill"}}},
			"private":{"pick":{"type":"checkboxes","selected_options":[{"value":"private"}]}},
			"services":{"pick":{"type":"multi_static_select","selected_options":[{"value":"checkout"},{"value":"search"}]}},
			"owner":{"pick":{"type":"users_select","selected_user":"U2"}},
			"people":{"pick":{"type":"multi_users_select","selected_users":["U2","U3"]}},
			"where":{"pick":{"type":"conversations_select","selected_conversation":"C1"}},
			"due":{"pick":{"type":"datepicker","selected_date":"2026-12-01"}},
			"at":{"pick":{"type":"datetimepicker","selected_date_time":1795600000}},
			"clock":{"pick":{"type":"timepicker","selected_time":"15:04"}},
			"two":{"a":{"type":"plain_text_input","value":"1"},"b":{"type":"plain_text_input","value":"2"}},
			"broken":7}}}}`))
	require.NoError(t, err)
	require.Equal(t, InteractionSubmission, got.Type)
	require.Equal(t, "declare", got.CallbackID)
	v := got.View
	require.Equal(t, [6]string{"V1", "V0", "h1", "{}", "x", "modal"}, [6]string{v.ID, v.RootID, v.Hash, v.Meta, v.ExternalID, v.Kind})
	texts := map[string]string{}
	for block, value := range v.Values {
		if value.Text != "" {
			texts[block] = value.Text
		}
	}
	require.Equal(t, map[string]string{
		"title": "Checkout is down", "severity": "2", "kind": "drill", "owner": "U2", "where": "C1",
		"due": "2026-12-01", "at": "1795600000", "clock": "15:04", "two/a": "1", "two/b": "2",
	}, texts)
	require.Equal(t, []string{"private"}, v.Values["private"].Values)
	require.Equal(t, []string{"checkout", "search"}, v.Values["services"].Values)
	require.Equal(t, []string{"U2", "U3"}, v.Values["people"].Values)
	require.Contains(t, v.Values, "summary", "an empty field is there")
	require.Equal(t, "value", v.Values["title"].ActionID)
}

func TestShortcutsAndAClosedModalAreRead(t *testing.T) {
	t.Parallel()
	got, err := ParseInteractionJSON([]byte(`{"type":"message_action","callback_id":"declare_message","user":{"id":"U1"},"channel":{"id":"C1","name":"alerts"},
		"message_ts":"1.000001","message":{"ts":"1.000001","bot_id":"B7","text":"","attachments":[{"title":"Errors","text":"500s on checkout"},{"fallback":"more"},7]}}`))
	require.NoError(t, err)
	require.Equal(t, InteractionMessageAction, got.Type)
	require.Equal(t, InboundMessage{Channel: "C1", TS: "1.000001", BotID: "B7", Text: "Errors\n500s on checkout\nmore"}, got.Message)
	require.False(t, got.Message.ByPerson())

	got, err = ParseInteractionJSON([]byte(`{"type":"shortcut","callback_id":"declare","user":{"id":"U1"},"trigger_id":"1.2.x"}`))
	require.NoError(t, err)
	require.Equal(t, "declare", got.CallbackID)
	require.Empty(t, got.Message)

	got, err = ParseInteractionJSON([]byte(`{"type":"view_closed","user":{"id":"U1"},"is_cleared":true,"view":{"id":"V1","callback_id":"update"}}`))
	require.NoError(t, err)
	require.True(t, got.Cleared)
	require.Equal(t, "update", got.CallbackID)
}

func event(t *testing.T, inner string) Event {
	t.Helper()
	e, err := ParseEvent([]byte(`{"type":"event_callback","team_id":"T1","event_id":"Ev1","event_time":1795600000,"is_ext_shared_channel":true,"event":` + inner + `}`))
	require.NoError(t, err)
	require.Equal(t, [2]string{"Ev1", "T1"}, [2]string{e.ID, e.TeamID})
	require.True(t, e.SharedChannel)
	require.Equal(t, time.Unix(1795600000, 0).UTC(), e.At)
	return e
}

func TestEventsAreRead(t *testing.T) {
	t.Parallel()
	e := event(t, `{"type":"message","channel":"C1","channel_type":"channel","user":"U1","user_team":"T9","team":"T1","text":"hi","ts":"1.000001","thread_ts":"0.1","blocks":[{"type":1}]}`)
	require.Equal(t, [8]string{"message", "C1", "channel", "U1", "T9", "hi", "1.000001", "0.1"},
		[8]string{e.Type, e.ChannelID, e.ChannelType, e.UserID, e.UserTeamID, e.Text, e.TS, e.ThreadTS})

	e = event(t, `{"type":"message","subtype":"message_changed","channel":"C1","ts":"3.1","message":{"ts":"1.1","user":"U1","text":"new","edited":{"ts":"3.0"}},"previous_message":{"ts":"1.1","user":"U1","text":"old"}}`)
	require.Equal(t, "message_changed", e.Subtype)
	require.Equal(t, &InboundMessage{Channel: "C1", TS: "1.1", UserID: "U1", Text: "new", EditedTS: "3.0"}, e.Message)
	require.Equal(t, "old", e.Previous.Text)

	e = event(t, `{"type":"message","subtype":"message_deleted","channel":"C1","deleted_ts":"1.1","previous_message":{"ts":"1.1","text":"old"}}`)
	require.Equal(t, [2]string{"message_deleted", "1.1"}, [2]string{e.Subtype, e.DeletedTS})

	e = event(t, `{"type":"message","subtype":"message_changed","channel":"C1","message":{"ts":"1.1","subtype":"tombstone","text":"This message was deleted."},"previous_message":{"ts":"1.1","text":"old"}}`)
	require.Equal(t, [2]string{"message_deleted", "1.1"}, [2]string{e.Subtype, e.DeletedTS}, "a deleted message with replies is a deleted message")
	require.Nil(t, e.Message)

	e = event(t, `{"type":"reaction_added","user":"U1","reaction":"pushpin","item_user":"U2","item":{"type":"message","channel":"C1","ts":"1.1"},"event_ts":"5.0"}`)
	require.Equal(t, [6]string{"U1", "pushpin", "U2", "C1", "1.1", "C1"}, [6]string{e.UserID, e.Reaction, e.ItemUser, e.ItemChannel, e.ItemTS, e.ChannelID})

	e = event(t, `{"type":"reaction_added","user":"U1","reaction":"pushpin","item":{"type":"file","file":"F1"}}`)
	require.Empty(t, e.ItemTS)

	e = event(t, `{"type":"channel_rename","channel":{"id":"C1","name":"other","created":1}}`)
	require.Equal(t, [2]string{"C1", "other"}, [2]string{e.ChannelID, e.ChannelName})

	e = event(t, `{"type":"member_joined_channel","user":"U1","channel":"C1","channel_type":"C","team":"T1","inviter":"U2"}`)
	require.Equal(t, [2]string{"U2", "T1"}, [2]string{e.Inviter, e.UserTeamID})

	e = event(t, `{"type":"app_home_opened","user":"U1","channel":"D1","tab":"home","view":{"id":[]}}`)
	require.Equal(t, [3]string{"app_home_opened", "home", "U1"}, [3]string{e.Type, e.Tab, e.UserID})

	e = event(t, `{"type":"user_change","user":{"id":"U1"}}`)
	require.Empty(t, e.UserID, "a field of another shape is empty")

	e, err := ParseEvent([]byte(`{"type":"url_verification","challenge":"abc","token":"x"}`))
	require.NoError(t, err)
	require.Equal(t, [2]string{EventVerification, "abc"}, [2]string{e.Type, e.Challenge})
	e, err = ParseEvent([]byte(`{"type":"app_rate_limited","team_id":"T1","minute_rate_limited":1518467820}`))
	require.NoError(t, err)
	require.Equal(t, EventRateLimited, e.Type)
}

// filled gives the blanked samples something in each text.
func filled(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			v[name] = filled(inner)
		}
	case []any:
		for i := range v {
			v[i] = filled(v[i])
		}
	case string:
		if v == "" {
			return "x"
		}
	}
	return v
}

func TestTheShapesThatSlackPublishesAreUnderstood(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("MUSTER_CONTRACTS")
	if folder == "" {
		t.Skip("MUSTER_CONTRACTS is not set, so Slack's samples are not here")
	}
	names, err := filepath.Glob(filepath.Join(folder, "slack-payload-samples", "*Payload.json"))
	require.NoError(t, err)
	require.Greater(t, len(names), 10)
	for _, path := range names {
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		var sample map[string]any
		require.NoError(t, json.Unmarshal(raw, &sample))
		filled(sample)
		name := filepath.Base(path)
		if strings.HasPrefix(name, "events_") && sample["type"] == "x" {
			sample["type"] = "event_callback"
		}
		raw, err = json.Marshal(sample)
		require.NoError(t, err)
		switch {
		case strings.HasPrefix(name, "events_"):
			e, err := ParseEvent(raw)
			require.NoError(t, err, name)
			require.NotEmpty(t, e.Type, name)
			if inner, _ := sample["event"].(map[string]any); inner["channel"] != nil {
				require.NotEmpty(t, e.ChannelID, name)
			}
		case strings.Contains(name, "SlashCommand"):
			c, err := parseSlashJSON(raw)
			require.NoError(t, err, name)
			require.NotEmpty(t, c.ResponseURL)
		default:
			i, err := ParseInteractionJSON(raw)
			require.NoError(t, err, name)
			require.NotEmpty(t, i.UserID, name)
			require.True(t, i.View.ID != "" || i.Message.TS != "", name)
		}
	}
}

func FuzzInboundNeverPanics(f *testing.F) {
	f.Add([]byte(`{"type":"event_callback","event_id":"Ev1","event":{"type":"message","channel":{"id":"C1"},"message":{"ts":"1.1"}}}`))
	f.Add([]byte(`payload=%7B%22type%22%3A%22shortcut%22%2C%22user%22%3A%7B%22id%22%3A%22U1%22%7D%7D`))
	f.Add([]byte(`{"type":"block_actions","user":{"id":"U1"},"actions":[{}],"view":{"state":{"values":{"a":{"b":{}}}}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if e, err := ParseEvent(body); err == nil && e.Type == "" {
			t.Error("an event without a type was accepted")
		}
		if i, err := ParseInteractionJSON(body); err == nil && i.UserID == "" {
			t.Error("an interaction without a user was accepted")
		}
		_, _ = ParseInteraction(body)
		_, _ = ParseSlashCommand(body)
		_ = Plain(string(body), nil)
	})
}
