package slacksim

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// inChannel runs an action of the person in an open channel.
func (p *Person) inChannel(nameOrID string, member bool, act func(*channel) error) error {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	ch := p.sim.lookup(nameOrID)
	switch {
	case ch == nil:
		return fmt.Errorf("there is no channel %q", nameOrID)
	case ch.Archived:
		return fmt.Errorf("the channel %q is archived", nameOrID)
	case member && !ch.IsMember[p.ID]:
		return fmt.Errorf("%s is not in the channel %q", p.Email, nameOrID)
	}
	p.sim.changed()
	return act(ch)
}

// Joins makes the person join a public channel of their own.
func (p *Person) Joins(where string) error {
	return p.inChannel(where, false, func(ch *channel) error {
		if ch.Private {
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
		p.sim.event("member_left_channel", ch, fields{"user": p.ID, "channel": ch.ID, "channel_type": typeLetter(ch), "team": p.user.team()})
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
		p.sim.leave(ch, p.sim.state.Bot.ID)
		return nil
	})
}

// Posts says something in a channel that the person is in, and returns the message.
func (p *Person) Posts(where, text string) (Message, error) { return p.Replies(where, "", text) }

// Replies says something in the thread of a message.
func (p *Person) Replies(where, thread, text string) (Message, error) {
	var out Message
	err := p.inChannel(where, true, func(ch *channel) error {
		out = p.sim.view(p.sim.say(ch, &message{User: p.ID, Text: stored(text), Thread: thread}))
		return nil
	})
	return out, err
}

// Mentions says something to the bot in a channel.
func (p *Person) Mentions(where, text string) (Message, error) {
	return p.Posts(where, "<@"+p.sim.state.Bot.ID+"> "+text)
}

// Writes says something to the bot in the conversation of the two.
func (p *Person) Writes(text string) (Message, error) {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	p.sim.changed()
	return p.sim.view(p.sim.say(p.sim.conversation(p.user), &message{User: p.ID, Text: stored(text)})), nil
}

// atMessage runs an action of the person at a message.
func (p *Person) atMessage(where, ts string, member bool, act func(*message) error) error {
	return p.inChannel(where, member, func(ch *channel) error {
		m := ch.ByTS[ts]
		if m == nil || m.Deleted {
			return errors.New("there is no such message")
		}
		return act(m)
	})
}

// Reacts adds a reaction, named without colons, to a message.
func (p *Person) Reacts(where, ts, name string) error {
	return p.atMessage(where, ts, true, func(m *message) error {
		p.sim.react(m, name, p.ID)
		return nil
	})
}

// Unreacts takes a reaction back.
func (p *Person) Unreacts(where, ts, name string) error {
	return p.atMessage(where, ts, true, func(m *message) error {
		if !p.sim.unreact(m, name, p.ID) {
			return fmt.Errorf("%s has not reacted with %q", p.Email, name)
		}
		return nil
	})
}

// Edits changes what the person had written.
func (p *Person) Edits(where, ts, text string) error {
	return p.atMessage(where, ts, true, func(m *message) error {
		if m.User != p.ID || m.Subtype != "" {
			return fmt.Errorf("%s did not write this message", p.Email)
		}
		previous := p.sim.messageJSON(m, true)
		m.Text, m.Edited, m.EditedTS = stored(text), true, p.sim.ts()
		p.sim.changedEvent(m, previous, p.sim.messageJSON(m, true))
		return nil
	})
}

// Deletes removes a message, whoever wrote it, as an admin may.
func (p *Person) Deletes(where, ts string) error {
	return p.atMessage(where, ts, false, func(m *message) error {
		p.sim.erase(m)
		return nil
	})
}

// Invites brings another person into a channel.
func (p *Person) Invites(where, email string) error {
	other, err := p.sim.person(email)
	if err != nil {
		return err
	}
	return p.inChannel(where, true, func(ch *channel) error {
		p.sim.arrive(ch, other.ID, p.ID)
		return nil
	})
}

// BringsBot invites the bot into a channel.
func (p *Person) BringsBot(where string) error {
	return p.inChannel(where, true, func(ch *channel) error {
		p.sim.arrive(ch, p.sim.state.Bot.ID, p.ID)
		return nil
	})
}

// Unarchives opens an archived channel again, which a person can and the bot cannot. The bot
// is no longer in it.
func (p *Person) Unarchives(where string) error {
	return p.anywhere(where, func(ch *channel) error {
		if !ch.Archived {
			return fmt.Errorf("the channel %q is not archived", where)
		}
		p.sim.leave(ch, p.sim.state.Bot.ID)
		ch.Archived = false
		p.sim.note(ch, "channel_unarchive", p.ID, "unarchived the channel")
		p.sim.event("channel_unarchive", ch, fields{"channel": ch.ID, "user": p.ID})
		return nil
	})
}

// RenamesChannel gives a channel another name.
func (p *Person) RenamesChannel(where, name string) error {
	return p.inChannel(where, false, func(ch *channel) error {
		if refused := checkName(name); refused != nil {
			return errors.New(refused.code)
		}
		if len(p.sim.state.Names[name]) > 0 {
			return errors.New("name_taken")
		}
		p.sim.renamed(ch, name, p.ID)
		return nil
	})
}

// DeletesChannel removes a channel with all that is in it, as an admin may.
func (p *Person) DeletesChannel(where string) error {
	return p.anywhere(where, func(ch *channel) error {
		p.sim.event("channel_deleted", ch, fields{"channel": ch.ID, "actor_id": p.ID})
		p.sim.forget(ch)
		return nil
	})
}

// AppPosts is another app saying something, such as an alert, with whatever blocks: they are
// not checked, for what Slack has shown is not always what a library of ours understands.
func (s *Sim) AppPosts(where, app, text string, blocks json.RawMessage) (Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.lookup(where)
	if ch == nil || ch.Archived {
		return Message{}, fmt.Errorf("there is no open channel %q", where)
	}
	s.changed()
	return s.view(s.say(ch, &message{User: app, BotID: otherBotID, Text: stored(text), Blocks: blocks})), nil
}

// Unfurl is Slack adding the preview of a link to a message, which it tells as a change of a
// message that nobody edited.
func (s *Sim) Unfurl(where, ts string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.lookup(where)
	if ch == nil || ch.ByTS[ts] == nil || ch.ByTS[ts].Deleted {
		return errors.New("there is no such message")
	}
	now := s.messageJSON(ch.ByTS[ts], true)
	now["attachments"] = []fields{{"id": 1, "title": "A page", "from_url": "https://example.com", "fallback": "A page"}}
	s.changedEvent(ch.ByTS[ts], s.messageJSON(ch.ByTS[ts], true), now)
	return nil
}

// anywhere is inChannel for channels that may be archived.
func (p *Person) anywhere(nameOrID string, act func(*channel) error) error {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	ch := p.sim.lookup(nameOrID)
	if ch == nil || ch.Direct != "" {
		return fmt.Errorf("there is no channel %q", nameOrID)
	}
	p.sim.changed()
	return act(ch)
}

// forget removes a channel from everything that points at it.
func (s *Sim) forget(ch *channel) {
	same := func(other *channel) bool { return other == ch }
	for _, id := range slices.Clone(ch.Members) {
		s.leave(ch, id)
	}
	delete(s.state.Channels, ch.ID)
	s.state.Names[ch.Name] = slices.DeleteFunc(s.state.Names[ch.Name], same)
	s.state.Order = slices.DeleteFunc(s.state.Order, same)
	s.state.Ephemerals = slices.DeleteFunc(s.state.Ephemerals, func(m *message) bool { return m.Channel == ch })
	maps.DeleteFunc(s.state.Responses, func(_ string, r *response) bool { return r.Where == ch })
}
