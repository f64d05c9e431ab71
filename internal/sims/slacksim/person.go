package slacksim

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Person is somebody in the workspace, to act as.
type Person struct {
	sim   *Sim
	user  *user
	Email string
	ID    string
}

// Person finds a person by e-mail address; it panics if there is none, since that is a
// mistake in the test.
func (s *Sim) Person(email string) *Person {
	p, err := s.person(email)
	if err != nil {
		panic("slacksim: " + err.Error())
	}
	return p
}

func (s *Sim) person(email string) (*Person, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.state.ByEmail[strings.ToLower(email)]
	if u == nil {
		return nil, fmt.Errorf("nobody here has the address %q", email)
	}
	return &Person{sim: s, user: u, Email: u.Email, ID: u.ID}, nil
}

// Slash gives a slash command such as "/incident declare" in the oldest channel.
func (p *Person) Slash(command string) (Reply, error) {
	p.sim.mu.Lock()
	where := ""
	if len(p.sim.state.Order) > 0 {
		where = p.sim.state.Order[0].ID
	}
	p.sim.mu.Unlock()
	return p.SlashIn(where, command)
}

// SlashIn gives a slash command in a channel. What the product answers is shown there: see
// Reply.Message.
func (p *Person) SlashIn(where, command string) (Reply, error) {
	name, text, _ := strings.Cut(strings.TrimSpace(command), " ")
	var form url.Values
	var in *channel
	err := p.inChannel(where, false, func(ch *channel) error {
		if ch.Private && !ch.IsMember[p.ID] {
			return fmt.Errorf("%s is not in the private channel %q", p.Email, where)
		}
		p.sim.forgetOld()
		in = ch
		form = url.Values{
			"token": {"deprecated"}, "api_app_id": {appID}, "team_id": {p.user.team()}, "team_domain": {domain},
			"channel_id": {ch.ID}, "channel_name": {channelName(ch)}, "user_id": {p.ID}, "user_name": {p.user.Name},
			"command": {name}, "text": {strings.TrimSpace(text)}, "is_enterprise_install": {"false"},
			"trigger_id": {p.sim.newTrigger(p.ID)}, "response_url": {p.sim.newResponse(p.ID, ch, nil)},
		}
		return nil
	})
	if err != nil {
		return Reply{}, err
	}
	reply, err := p.sim.deliver(p.sim.commands, form)
	if err != nil {
		return reply, err
	}
	return p.sim.answered(reply, p.ID, in), nil
}

// Clicks presses a button of a message or of a view and returns what the product answered. A
// button is pressed as it was when it was read, as people do who look at an old screen.
func (p *Person) Clicks(b Button) (Reply, error) {
	return p.acts(place{b.Channel, b.TS, b.View}, fields{
		"type": "button", "action_id": b.Action, "block_id": b.Block, "value": b.Value, "style": b.Style,
		"text": fields{"type": "plain_text", "text": b.Label, "emoji": false},
	})
}

// place is where something can be clicked: a message, or a view.
type place struct{ channel, ts, view string }

// acts sends one action of a person at a place.
func (p *Person) acts(at place, action fields) (Reply, error) {
	s := p.sim
	s.mu.Lock()
	where, err := p.context(at)
	if err != nil {
		s.mu.Unlock()
		return Reply{}, err
	}
	action["action_ts"] = s.ts()
	where["actions"] = []fields{action}
	payload := s.payload(p, "block_actions", where)
	s.mu.Unlock()
	reply, err := s.interaction(payload)
	if err == nil && reply.Text() != "" && reply.Text() != "{}" {
		s.unexpected.Add("an answer to a click, which Slack does not show:", reply.Text())
	}
	return reply, err
}

// context is what an action tells of its place.
func (p *Person) context(at place) (fields, error) {
	if at.view != "" {
		v := p.sim.viewOf(p.ID, at.view)
		if v == nil {
			return nil, errors.New("the view of the button is not open")
		}
		return fields{"container": fields{"type": "view", "view_id": v.ID}, "view": p.sim.viewJSON(v)}, nil
	}
	m := p.sim.sees(p.ID, at.channel, at.ts)
	if m == nil {
		return nil, errors.New("the button's message is not there")
	}
	whispered := strings.HasPrefix(m.Subtype, ephemeral)
	container := fields{"type": "message", "message_ts": m.TS, "channel_id": m.Channel.ID, "is_ephemeral": whispered}
	if m.Thread != "" && m.Thread != m.TS {
		container["thread_ts"] = m.Thread
	}
	out := fields{
		"container": container, "channel": fields{"id": m.Channel.ID, "name": channelName(m.Channel)},
		"response_url": p.sim.newResponse(p.ID, m.Channel, m),
	}
	if !whispered { // Slack keeps no copy of what one person sees
		out["message"] = p.sim.messageJSON(m, true)
	}
	return out, nil
}

// sees finds a message that a person can see: one in a channel, or one for that person only.
func (s *Sim) sees(userID, channelID, ts string) *message {
	for _, m := range s.state.Ephemerals {
		if m.TS == ts && m.Channel.ID == channelID && m.Subtype == ephemeral+userID {
			return m
		}
	}
	ch := s.state.Channels[channelID]
	if ch == nil || ch.ByTS[ts] == nil || ch.ByTS[ts].Deleted {
		return nil
	}
	return ch.ByTS[ts]
}

// Shortcut runs a global shortcut of the app.
func (p *Person) Shortcut(callbackID string) (Reply, error) {
	p.sim.mu.Lock()
	payload := p.sim.payload(p, "shortcut", fields{"callback_id": callbackID, "action_ts": p.sim.ts()})
	p.sim.mu.Unlock()
	return p.sim.interaction(payload)
}

// MessageShortcut runs a shortcut of the app at a message that the person sees.
func (p *Person) MessageShortcut(callbackID, where, ts string) (Reply, error) {
	var payload fields
	err := p.inChannel(where, false, func(ch *channel) error {
		m := ch.ByTS[ts]
		if m == nil || m.Deleted {
			return errors.New("there is no such message")
		}
		payload = p.sim.payload(p, "message_action", fields{
			"callback_id": callbackID, "action_ts": p.sim.ts(), "message_ts": m.TS, "message": p.sim.messageJSON(m, true),
			"channel": fields{"id": ch.ID, "name": channelName(ch)}, "response_url": p.sim.newResponse(p.ID, ch, m),
		})
		return nil
	})
	if err != nil {
		return Reply{}, err
	}
	return p.sim.interaction(payload)
}
