package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"

	"muster/internal/sims/simkit"
)

// ErrUnanswered is wrapped when the product did not answer within three seconds, or was not
// there at all. The person sees that the app did not respond, and may try again.
var ErrUnanswered = errors.New("the app did not respond")

// Reply is what the product answered to a command, a click or a submitted form.
type Reply struct {
	// Status is that of HTTP; over a socket 200 for what was acknowledged. 0 is no answer.
	Status int    `json:"status"`
	Body   string `json:"body"`
	// Message is what the answer to a command shows, to the person or in the channel.
	Message *Message `json:"message,omitempty"`
}

// Text is the text of the message that the product answered with, if any.
func (r Reply) Text() string {
	var m struct {
		Text string `json:"text"`
	}
	if json.Unmarshal([]byte(r.Body), &m) != nil {
		return r.Body
	}
	return m.Text
}

// Shown is what the person reads in the answer: its blocks, or its text without blocks.
func (r Reply) Shown() string {
	if r.Message != nil {
		return r.Message.Shown
	}
	return r.Text()
}

// Buttons are those of the answer, to click.
func (r Reply) Buttons() []Button {
	if r.Message == nil {
		return nil
	}
	return r.Message.Buttons
}

// Button finds a button of the answer by its label or its action.
func (r Reply) Button(labelOrAction string) (Button, bool) {
	return Message{Buttons: r.Buttons()}.Button(labelOrAction)
}

// payload starts an interaction of a person; more is what its kind adds. It is called with
// the state locked.
func (s *Sim) payload(p *Person, kind string, more fields) fields {
	s.changed()
	s.forgetOld()
	out := fields{
		"type": kind, "token": "deprecated", "api_app_id": appID, "is_enterprise_install": false, "enterprise": nil,
		"team":       fields{"id": teamID, "domain": domain},
		"user":       fields{"id": p.ID, "username": p.user.Name, "name": p.user.Name, "team_id": p.user.team()},
		"trigger_id": s.newTrigger(p.ID),
	}
	maps.Copy(out, more)
	return out
}

// channelName is what payloads call a channel: not every name is told.
func channelName(ch *channel) string {
	switch rank(ch) {
	case 1:
		return "privategroup"
	case 2:
		return "directmessage"
	}
	return ch.Name
}

func (s *Sim) interaction(payload fields) (Reply, error) {
	raw, err := json.Marshal(payload)
	if err != nil {
		return Reply{}, fmt.Errorf("encode %v: %w", payload["type"], err)
	}
	return s.deliver(s.interact, url.Values{"payload": {string(raw)}})
}

// deliver makes a request that is not repeated: the person sees an error instead.
func (s *Sim) deliver(way *simkit.Webhooks, form url.Values) (Reply, error) {
	if way.Target() == "" {
		return Reply{}, errors.New("the product has no target: nobody configured where it is")
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	response, body, err := way.Post(context.Background(), header, []byte(form.Encode())) //nolint:bodyclose // Post has read and closed it
	if err != nil {
		return Reply{}, fmt.Errorf("%w: %w", ErrUnanswered, err)
	}
	return Reply{Status: response.StatusCode, Body: string(body)}, nil
}

// answered shows what the product answered to a command: a message for the person who gave
// it, or for the channel.
func (s *Sim) answered(reply Reply, userID string, where *channel) Reply {
	if reply.Status != http.StatusOK || reply.Body == "" {
		return reply
	}
	var answer responseJSON
	if json.Unmarshal([]byte(reply.Body), &answer) != nil {
		answer = responseJSON{Text: reply.Body}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, refused := s.responseMessage(answer)
	switch {
	case refused != nil:
		s.unexpected.Add("an answer to a command that Slack does not show:", fmt.Sprint(refused.code, refused.messages))
		return reply
	case m == nil:
		return reply
	}
	s.changed()
	shown := s.view(s.showResponse(answer, m, userID, where))
	reply.Message = &shown
	return reply
}

// responseJSON is a message as answers to commands and calls of response_url have it.
type responseJSON struct {
	Text            string          `json:"text"`
	Blocks          json.RawMessage `json:"blocks"`
	ResponseType    string          `json:"response_type"`
	ReplaceOriginal bool            `json:"replace_original"`
	DeleteOriginal  bool            `json:"delete_original"`
}

// responseMessage makes the message of an answer; nil if it says nothing.
func (s *Sim) responseMessage(answer responseJSON) (*message, *refusal) {
	m := &message{User: s.state.Bot.ID, BotID: botID, Text: stored(answer.Text)}
	if len(answer.Blocks) > 0 && string(answer.Blocks) != "null" {
		var refused *refusal
		if m.Blocks, m.Buttons, refused = s.readBlocks(string(answer.Blocks)); refused != nil {
			return nil, refused
		}
	}
	if m.Text == "" && m.Blocks == nil {
		return nil, nil
	}
	return m, nil
}

func (s *Sim) showResponse(answer responseJSON, m *message, userID string, where *channel) *message {
	if answer.ResponseType == "in_channel" {
		return s.say(where, m)
	}
	return s.whisper(where, userID, m)
}

// whisper shows a message to one person only.
func (s *Sim) whisper(where *channel, userID string, m *message) *message {
	m.Channel, m.TS, m.Subtype = where, s.ts(), ephemeral+userID
	s.state.Ephemerals = append(s.state.Ephemerals, m)
	s.state.Ephemerals = s.state.Ephemerals[max(0, len(s.state.Ephemerals)-1000):]
	return m
}

// ephemeral is the subtype of what one person sees, with that person's ID behind it.
const ephemeral = "ephemeral:"
