package slacksim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"muster/internal/sims/simkit"
)

// reads are the methods that change nothing. One that is not listed counts as a change, so
// that forgetting a method here costs no more than a save.
var reads = map[string]bool{
	"auth.test": true, "apps.connections.open": true, "chat.getPermalink": true,
	"conversations.info": true, "conversations.list": true, "conversations.members": true,
	"conversations.history": true, "conversations.replies": true,
	"users.conversations": true, "users.lookupByEmail": true, "users.info": true, "users.list": true,
	"usergroups.list": true, "usergroups.users.list": true,
	"pins.list": true, "bookmarks.list": true, "reactions.get": true,
}

// Version is a number that changes with every change of what Save writes. It may also change
// without one.
func (s *Sim) Version() uint64 { return s.version.Load() }

// changed is called with the state locked, so that whoever sees the new version and saves
// waits for the change itself.
func (s *Sim) changed() { s.version.Add(1) }

// Save writes the workspace, for Load. The log of requests, faults and targets are not part
// of it.
func (s *Sim) Save(w io.Writer) error {
	s.mu.Lock()
	raw, err := simkit.EncodeState(savedFormat, s.state.save())
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("slacksim: %w", err)
	}
	if _, err := w.Write(raw); err != nil {
		return fmt.Errorf("slacksim: write state: %w", err)
	}
	return nil
}

// Load puts the workspace that Save wrote in the place of the present one. On an error the
// present one stays.
func (s *Sim) Load(r io.Reader) error {
	var file saved
	if err := simkit.DecodeState(r, savedFormat, &file); err != nil {
		return fmt.Errorf("slacksim: %w", err)
	}
	next, err := file.restore()
	if err != nil {
		return fmt.Errorf("slacksim: read state: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	next.base = s.state.base
	s.state = next
	s.changed()
	return nil
}

func (st *state) save() saved {
	out := saved{
		Scopes: st.scopes, Revoked: st.revoked, NoTwins: st.noTwins, NextID: st.nextID, LastTS: st.lastTS,
		Names: channelIDs(st.names), Of: channelIDs(st.of),
		Triggers: map[string]savedTrigger{}, Responses: map[string]savedResponse{}, Rates: map[string]savedRateCount{},
	}
	for _, u := range st.roster {
		out.Users = append(out.Users, savedUser{ID: u.id, Email: u.email, Name: u.name, Bot: u.bot, Deleted: u.deleted, Hidden: u.hidden, Stranger: u.stranger})
	}
	for _, g := range st.groups {
		out.Groups = append(out.Groups, savedGroup{ID: g.id, Handle: g.handle, Users: g.users})
	}
	for _, ch := range st.order {
		out.Channels = append(out.Channels, saveChannel(ch))
	}
	for _, ch := range st.direct {
		out.Direct = append(out.Direct, saveChannel(ch))
	}
	slices.SortFunc(out.Direct, func(a, b savedChannel) int { return strings.Compare(a.ID, b.ID) })
	for _, m := range st.ephemerals {
		one := saveMessage(m)
		one.Channel = m.channel.id
		out.Ephemerals = append(out.Ephemerals, one)
	}
	for _, v := range st.views {
		out.Views = append(out.Views, savedView{
			ID: v.id, Hash: v.hash, Kind: v.kind, ExternalID: v.externalID, User: v.user, Raw: v.raw,
			Root: v.root, Previous: v.previous, Entered: v.entered, Errors: v.errors,
		})
	}
	for id, t := range st.triggers {
		out.Triggers[id] = savedTrigger{User: t.user, At: t.at, Used: t.used}
	}
	for id, r := range st.responses {
		one := savedResponse{User: r.user, Where: r.where.id, Made: r.made, Uses: r.uses}
		if r.from != nil && st.message(r.where, r.from.ts) == r.from { // what one person saw may be gone
			one.From = r.from.ts
		}
		out.Responses[id] = one
	}
	for name, r := range st.rates {
		out.Rates[name] = savedRateCount{Window: r.window, Calls: r.calls}
	}
	return out
}

// channelIDs leaves out the lists that have become empty.
func channelIDs(index map[string][]*channel) map[string][]string {
	out := map[string][]string{}
	for key, list := range index {
		for _, ch := range list {
			out[key] = append(out[key], ch.id)
		}
	}
	return out
}

func saveChannel(ch *channel) savedChannel {
	out := savedChannel{
		ID: ch.id, Name: ch.name, Private: ch.private, Direct: ch.direct, Archived: ch.archived, Creator: ch.creator, Created: ch.created,
		Topic: ch.topic, Purpose: ch.purpose, Members: ch.members, Previous: ch.previous,
	}
	for _, m := range ch.messages {
		out.Messages = append(out.Messages, saveMessage(m))
	}
	for _, m := range ch.pins {
		out.Pins = append(out.Pins, m.ts)
	}
	for _, b := range ch.bookmarks {
		out.Bookmarks = append(out.Bookmarks, savedBookmark{
			ID: b.id, Title: b.title, Link: b.link, Emoji: b.emoji, Created: b.created, Updated: b.updated,
		})
	}
	return out
}

func saveMessage(m *message) savedMessage {
	out := savedMessage{
		TS: m.ts, Thread: m.thread, User: m.user, BotID: m.botID, Subtype: m.subtype, Text: m.text, Blocks: string(m.blocks),
		Buttons: m.buttons, Metadata: m.metadata, Edited: m.edited, EditedTS: m.editedTS, Deleted: m.deleted,
	}
	for _, reply := range m.replies {
		out.Replies = append(out.Replies, saveMessage(reply))
	}
	for _, r := range m.reactions {
		out.Reactions = append(out.Reactions, savedReaction{Name: r.name, Users: r.users})
	}
	return out
}

// restore builds the state, and refuses what would later be looked up in vain.
func (f *saved) restore() (state, error) {
	st := newState(f.Scopes)
	st.revoked, st.noTwins, st.nextID, st.lastTS = f.Revoked, f.NoTwins, f.NextID, f.LastTS
	for name, r := range f.Rates {
		st.rates[name] = rate{window: r.Window, calls: r.Calls}
	}
	for id, t := range f.Triggers {
		st.triggers[id] = &trigger{user: t.User, at: t.At, used: t.Used}
	}
	for _, v := range f.Views {
		st.views = append(st.views, &view{
			id: v.ID, hash: v.Hash, kind: v.Kind, externalID: v.ExternalID, user: v.User, raw: v.Raw,
			root: cmp.Or(v.Root, v.ID), previous: v.Previous, entered: v.Entered, errors: v.Errors,
		})
	}
	for _, g := range f.Groups {
		st.groups = append(st.groups, &group{id: g.ID, handle: g.Handle, users: g.Users})
	}
	for _, step := range []func(*state) error{f.restoreUsers, f.restoreChannels, f.restoreIndexes, f.restoreRest} {
		if err := step(&st); err != nil {
			return state{}, err
		}
	}
	return st, nil
}

func (f *saved) restoreUsers(st *state) error {
	st.users, st.roster = map[string]*user{}, nil
	bot := st.bot.id
	for _, u := range f.Users {
		if st.users[u.ID] != nil {
			return fmt.Errorf("there are two users %q", u.ID)
		}
		made := &user{id: u.ID, email: u.Email, name: u.Name, bot: u.Bot, deleted: u.Deleted, hidden: u.Hidden, stranger: u.Stranger}
		st.users[u.ID] = made
		st.roster = append(st.roster, made)
		if !u.Bot {
			st.byEmail[u.Email] = made
		}
	}
	if st.bot = st.users[bot]; st.bot == nil {
		return fmt.Errorf("the bot %q is missing", bot)
	}
	return nil
}

func (f *saved) restoreChannels(st *state) error {
	for _, c := range slices.Concat(f.Channels, f.Direct) {
		if st.channels[c.ID] != nil {
			return fmt.Errorf("there are two channels %q", c.ID)
		}
		ch, err := c.restore()
		if err != nil {
			return fmt.Errorf("channel %q: %w", c.ID, err)
		}
		st.channels[ch.id] = ch
	}
	for _, c := range f.Channels {
		st.order = append(st.order, st.channels[c.ID])
	}
	for _, c := range f.Direct {
		if st.users[c.Direct] == nil || st.direct[c.Direct] != nil {
			return fmt.Errorf("the direct conversation %q is with nobody, or not the only one with %q", c.ID, c.Direct)
		}
		st.direct[c.Direct] = st.channels[c.ID]
	}
	if given := len(st.users) - 1 + len(st.channels); st.nextID < given { // the bot's ID is its own
		return fmt.Errorf("the counter of IDs is at %d and would give some a second time", st.nextID)
	}
	return nil
}

func (c *savedChannel) restore() (*channel, error) {
	// Without a step the channel is older than any call that will come.
	ch := &channel{
		id: c.ID, name: c.Name, private: c.Private, direct: c.Direct, archived: c.Archived, creator: c.Creator, created: c.Created,
		topic: c.Topic, purpose: c.Purpose, members: c.Members, previous: c.Previous,
		isMember: map[string]bool{}, byTS: map[string]*message{},
	}
	for _, id := range c.Members {
		ch.isMember[id] = true
	}
	for _, m := range c.Messages {
		made := m.restore(ch)
		ch.messages = append(ch.messages, made)
		for _, one := range append([]*message{made}, made.replies...) {
			if ch.byTS[one.ts] != nil {
				return nil, fmt.Errorf("there are two messages %q", one.ts)
			}
			ch.byTS[one.ts] = one
		}
	}
	for _, ts := range c.Pins {
		if ch.byTS[ts] == nil {
			return nil, fmt.Errorf("the pinned message %q is missing", ts)
		}
		ch.pins = append(ch.pins, ch.byTS[ts])
	}
	for _, b := range c.Bookmarks {
		ch.bookmarks = append(ch.bookmarks, &bookmark{id: b.ID, title: b.Title, link: b.Link, emoji: b.Emoji, created: b.Created, updated: b.Updated})
	}
	return ch, nil
}

func (m *savedMessage) restore(in *channel) *message {
	made := &message{
		channel: in, ts: m.TS, thread: m.Thread, user: m.User, botID: m.BotID, subtype: m.Subtype, text: m.Text,
		buttons: m.Buttons, metadata: m.Metadata, edited: m.Edited, editedTS: m.EditedTS, deleted: m.Deleted,
	}
	if m.Blocks != "" {
		made.blocks = json.RawMessage(m.Blocks)
	}
	for _, reply := range m.Replies {
		made.replies = append(made.replies, reply.restore(in))
	}
	for _, r := range m.Reactions {
		made.reactions = append(made.reactions, &reaction{name: r.Name, users: r.Users})
	}
	return made
}

// restoreIndexes restores the lists whose order only they know. A channel that is missing in
// one would be hidden, and one too many found by a name that it does not have.
func (f *saved) restoreIndexes(st *state) error {
	memberships := 0
	for _, ch := range st.channels {
		memberships += len(ch.members)
	}
	err := restoreIndex(st, st.names, f.Names, len(st.order), func(ch *channel, name string) bool { return ch.direct == "" && ch.name == name })
	if err != nil {
		return fmt.Errorf("names of channels: %w", err)
	}
	if err := restoreIndex(st, st.of, f.Of, memberships, func(ch *channel, member string) bool { return ch.isMember[member] }); err != nil {
		return fmt.Errorf("channels of members: %w", err)
	}
	return nil
}

func restoreIndex(st *state, to map[string][]*channel, from map[string][]string, entries int, belongs func(*channel, string) bool) error {
	for key, ids := range from {
		for _, id := range ids {
			ch := st.channels[id]
			if ch == nil || !belongs(ch, key) {
				return fmt.Errorf("%q does not belong to %q", id, key)
			}
			to[key] = append(to[key], ch)
		}
		entries -= len(ids)
	}
	if entries != 0 {
		return fmt.Errorf("the number of entries is off by %d", entries)
	}
	return nil
}

// restoreRest restores what points at channels and messages.
func (f *saved) restoreRest(st *state) error {
	for _, m := range f.Ephemerals {
		ch := st.channels[m.Channel]
		if ch == nil {
			return fmt.Errorf("the channel %q of an ephemeral message is missing", m.Channel)
		}
		st.ephemerals = append(st.ephemerals, m.restore(ch))
	}
	for id, r := range f.Responses {
		made := &response{user: r.User, where: st.channels[r.Where], made: r.Made, uses: r.Uses}
		if made.where == nil {
			return fmt.Errorf("the channel %q of response %q is missing", r.Where, id)
		}
		if r.From != "" {
			if made.from = st.message(made.where, r.From); made.from == nil {
				return fmt.Errorf("the message %q of response %q is missing", r.From, id)
			}
		}
		st.responses[id] = made
	}
	return nil
}

// message finds a message by its time, also among those that one person sees.
func (st *state) message(in *channel, ts string) *message {
	for _, m := range st.ephemerals {
		if m.channel == in && m.ts == ts {
			return m
		}
	}
	return in.byTS[ts]
}
