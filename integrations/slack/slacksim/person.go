package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"muster/integrations/simkit"
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
	u := s.state.byEmail[strings.ToLower(email)]
	if u == nil {
		return nil, fmt.Errorf("nobody here has the address %q", email)
	}
	return &Person{sim: s, user: u, Email: u.email, ID: u.id}, nil
}

// Reply is what the product answered to a command or a click.
type Reply struct {
	Status int    `json:"status"`
	Body   string `json:"body"`
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

// inChannel runs an action of the person in an open channel.
func (p *Person) inChannel(nameOrID string, member bool, act func(*channel) error) error {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	ch := p.sim.lookup(nameOrID)
	switch {
	case ch == nil:
		return fmt.Errorf("there is no channel %q", nameOrID)
	case ch.archived:
		return fmt.Errorf("the channel %q is archived", nameOrID)
	case member && !ch.isMember[p.ID]:
		return fmt.Errorf("%s is not in the channel %q", p.Email, nameOrID)
	}
	p.sim.changed()
	return act(ch)
}

// Joins makes the person join a public channel of their own.
func (p *Person) Joins(where string) error {
	return p.inChannel(where, false, func(ch *channel) error {
		if ch.private {
			return fmt.Errorf("the channel %q is private", where)
		}
		p.sim.arrive(ch, p.ID, "")
		return nil
	})
}

// Leaves makes the person leave a channel.
func (p *Person) Leaves(where string) error {
	return p.inChannel(where, true, func(ch *channel) error {
		p.sim.leave(ch, p.ID)
		p.sim.event("member_left_channel", fields{"user": p.ID, "channel": ch.id, "channel_type": typeLetter(ch), "team": teamID})
		return nil
	})
}

// Archives archives a channel; whoever is not in it may do so too.
func (p *Person) Archives(where string) error {
	return p.inChannel(where, false, func(ch *channel) error {
		p.sim.close(ch, p.ID)
		return nil
	})
}

// Removes takes the bot out of a channel.
func (p *Person) Removes(where string) error {
	return p.inChannel(where, false, func(ch *channel) error {
		p.sim.leave(ch, p.sim.state.bot.id)
		return nil
	})
}

// Posts says something in a channel that the person is in, and returns the message.
func (p *Person) Posts(where, text string) (Message, error) { return p.Replies(where, "", text) }

// Replies says something in the thread of a message.
func (p *Person) Replies(where, thread, text string) (Message, error) {
	var out Message
	err := p.inChannel(where, true, func(ch *channel) error {
		out = p.sim.view(p.sim.say(ch, &message{user: p.ID, text: stored(text), thread: thread}))
		return nil
	})
	return out, err
}

// Reacts adds a reaction, named without colons, to a message.
func (p *Person) Reacts(where, ts, name string) error {
	return p.inChannel(where, true, func(ch *channel) error {
		m := ch.byTS[ts]
		if m == nil || m.deleted {
			return errors.New("there is no such message")
		}
		p.sim.react(m, name, p.ID)
		return nil
	})
}

// Deletes removes a message, whoever wrote it, as an admin may.
func (p *Person) Deletes(where, ts string) error {
	return p.inChannel(where, false, func(ch *channel) error {
		m := ch.byTS[ts]
		if m == nil || m.deleted {
			return errors.New("there is no such message")
		}
		p.sim.erase(m)
		return nil
	})
}

// Clicks presses a button of a message and returns what the product answered. A button is
// pressed as it was when it was read, as people do who look at an old screen.
func (p *Person) Clicks(b Button) (Reply, error) {
	s := p.sim
	s.mu.Lock()
	ch := s.state.channels[b.Channel]
	if ch == nil || ch.byTS[b.TS] == nil || ch.byTS[b.TS].deleted {
		s.mu.Unlock()
		return Reply{}, errors.New("the button's message is not there")
	}
	m := ch.byTS[b.TS]
	s.changed()
	s.forgetOld()
	payload, err := json.Marshal(fields{
		"type": "block_actions", "token": "deprecated", "api_app_id": appID, "is_enterprise_install": false,
		"team":       fields{"id": teamID, "domain": domain},
		"user":       fields{"id": p.ID, "username": p.user.name, "name": p.user.name, "team_id": teamID},
		"container":  fields{"type": "message", "message_ts": m.ts, "channel_id": ch.id, "is_ephemeral": false},
		"channel":    fields{"id": ch.id, "name": ch.name},
		"message":    s.messageJSON(m, true),
		"trigger_id": s.newTrigger(p.ID), "response_url": s.newResponse(p.ID, ch, m),
		"actions": []fields{{
			"type": "button", "action_id": b.Action, "block_id": b.Block, "value": b.Value, "style": b.Style, "action_ts": s.ts(),
			"text": fields{"type": "plain_text", "text": b.Label, "emoji": false},
		}},
	})
	s.mu.Unlock()
	if err != nil {
		return Reply{}, fmt.Errorf("encode click: %w", err)
	}
	return s.deliver(s.interact, url.Values{"payload": {string(payload)}})
}

// Slash gives a slash command such as "/incident declare" in the oldest channel.
func (p *Person) Slash(command string) (Reply, error) {
	p.sim.mu.Lock()
	where := ""
	if len(p.sim.state.order) > 0 {
		where = p.sim.state.order[0].id
	}
	p.sim.mu.Unlock()
	return p.SlashIn(where, command)
}

// SlashIn gives a slash command in a channel.
func (p *Person) SlashIn(where, command string) (Reply, error) {
	name, text, _ := strings.Cut(strings.TrimSpace(command), " ")
	var form url.Values
	err := p.inChannel(where, false, func(ch *channel) error {
		p.sim.forgetOld()
		form = url.Values{
			"token": {"deprecated"}, "api_app_id": {appID}, "team_id": {teamID}, "team_domain": {domain},
			"channel_id": {ch.id}, "channel_name": {ch.name}, "user_id": {p.ID}, "user_name": {p.user.name},
			"command": {name}, "text": {strings.TrimSpace(text)}, "is_enterprise_install": {"false"},
			"trigger_id": {p.sim.newTrigger(p.ID)}, "response_url": {p.sim.newResponse(p.ID, ch, nil)},
		}
		return nil
	})
	if err != nil {
		return Reply{}, err
	}
	return p.sim.deliver(p.sim.commands, form)
}

// deliver makes a request that is not repeated: the person sees an error instead.
func (s *Sim) deliver(way *simkit.Webhooks, form url.Values) (Reply, error) {
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	response, body, err := way.Post(context.Background(), header, []byte(form.Encode())) //nolint:bodyclose // Post has read and closed it
	if err != nil {
		return Reply{}, err
	}
	return Reply{Status: response.StatusCode, Body: string(body)}, nil
}
