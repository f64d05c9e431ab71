package incidents

import (
	"slices"
	"strconv"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// announcementState is what one announcement channel was told.
type announcementState struct {
	Message mirror.Mark `json:"message,omitzero"`
	// Log is what its thread was told of the timeline.
	Log logState `json:"log,omitzero"`
	// Deleted means that somebody deleted it: they had a reason, and it is not posted again.
	Deleted bool `json:"deleted,omitempty"`
}

// deleted notes that the message is gone. When its whole channel is, that is another matter, and
// a person's.
func (s *announcementState) deleted(f activities.Failure) bool {
	if takenAway[f.Meaning] != "" {
		return false
	}
	s.Deleted = true
	return true
}

// announcements keep the incident's messages in the channels that hear of it. They may change
// their own state and the links to the messages.
type announcements struct {
	*scene
	settling *settling
	states   *map[string]*announcementState
	links    *incident.Links
	kept     []string // the names of the mirrors
}

// mirrors are one for each channel that may hear of the incident, so that a channel
// that does not exist holds up no other.
func (a *announcements) mirrors() []mirror.Mirror {
	a.kept = nil
	return a.more()
}

// more are the mirrors that are missing: a playbook that was corrected may name more channels. A
// mirror keeps the channel at its place in the list, so that the one that was stuck at a wrong
// name goes on with the right one.
func (a *announcements) more() []mirror.Mirror {
	var out []mirror.Mirror
	for channels := a.channels(); len(a.kept) < len(channels); {
		place, name := len(a.kept), "announcement"
		if place > 0 {
			name += " " + channels[place]
		}
		if slices.Contains(a.kept, name) {
			name += " " + strconv.Itoa(place)
		}
		a.kept = append(a.kept, name)
		out = append(out, mirror.Mirror{
			Name: name, Next: func() mirror.Action { return a.nextAt(place) }, Unsure: func() { a.unsureAt(place) },
		})
	}
	return out
}

func (a *announcements) nextAt(place int) mirror.Action {
	if channels := a.channels(); place < len(channels) {
		return a.next(channels[place])
	}
	return nil
}

// unsureAt forgets what the message in a channel says.
func (a *announcements) unsureAt(place int) {
	if channels := a.channels(); place < len(channels) {
		a.state(channels[place]).Message = mirror.Mark{}
	}
}

func (a *announcements) rules() []playbook.AnnounceRule {
	if rules := a.policy.Chat.Announcements; len(rules) > 0 {
		return rules
	}
	if c := a.policy.Chat.Announce; c != "" {
		return []playbook.AnnounceRule{{Channel: c}}
	}
	return nil
}

// channels are those of the playbook, and after them those that were told before it was corrected.
func (a *announcements) channels() []string {
	var out []string
	for _, rule := range a.rules() {
		if !slices.Contains(out, rule.Channel) {
			out = append(out, rule.Channel)
		}
	}
	for _, posted := range a.links.Announcements {
		if !slices.Contains(out, posted.Channel) {
			out = append(out, posted.Channel)
		}
	}
	return out
}

// next keeps the incident's one message in a channel, and tells its thread when
// status or severity change.
func (a *announcements) next(channel string) mirror.Action {
	ref := a.posted(channel)
	if ref.ID == "" {
		if !a.heardIn(channel) {
			return nil
		}
		return a.post(channel)
	}
	state := a.state(channel)
	m := a.message()
	switch {
	case state.Deleted:
		return nil
	case a.settling.over() && state.Message.Differs(mirror.MarkOfMessage(m), a.opening()):
		return a.edit(channel, ref, m)
	case a.facts.Private:
		return nil // nor does its thread hear more
	}
	return a.tell(&state.Log, logTarget{
		name: "reply to the announcement", summary: "reply to the announcement in " + channel, key: "thread",
		noted: incident.NotedOutside, message: incident.ThreadMessage, parent: ref,
		gone: state.deleted,
	})
}

// message is the announcement as outsiders may read it.
func (a *announcements) message() incident.Message {
	if a.facts.Private {
		return incident.Message{Headline: a.facts.Key() + " is private", Body: []string{"Whoever is part of it finds more where it is worked on."}}
	}
	return incident.Announcement(a.facts, a.severityName())
}

// heardIn says whether a channel hears of the incident now. What was announced stays so, and
// is kept true.
func (a *announcements) heardIn(channel string) bool {
	if a.facts.Private || !a.facts.Status.Live() {
		return false
	}
	if !a.policy.Canary && (a.facts.Kind != incident.KindIncident || !a.policy.Severity(a.facts.Severity).Announce) {
		return false // a canary's drill has no channels but its own
	}
	return slices.ContainsFunc(a.rules(), func(rule playbook.AnnounceRule) bool {
		return rule.Channel == channel && rule.Hears(a.facts)
	})
}

func (a *announcements) posted(channel string) incident.MessageRef {
	for _, p := range a.links.Announcements {
		if p.Channel == channel {
			return p.Message
		}
	}
	return incident.MessageRef{}
}

// state is what a channel was told; nothing so far, when it was told nothing.
func (a *announcements) state(channel string) *announcementState {
	if s := (*a.states)[channel]; s != nil {
		return s
	}
	return &announcementState{}
}

func (a *announcements) post(channel string) mirror.Action {
	m, upTo := a.message(), a.facts.Entries
	m.Key = a.key(api.KeyAnnouncement)
	return &mirror.Call{
		Name: "announce", Queue: api.QueueSlackWrite, Class: mirror.ClassCreate,
		Summary: "announce in " + channel,
		Run: func(ctx workflow.Context, tried bool) error {
			var ref incident.MessageRef
			in := activities.PostMessageInput{Channel: channel, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, mirror.Chat.PostMessage, in).Get(ctx, &ref)
			if err != nil {
				return err
			}
			if *a.states == nil {
				*a.states = map[string]*announcementState{}
			}
			(*a.states)[channel] = &announcementState{Message: mirror.Posted(m, tried), Log: logState{Seq: upTo}}
			a.add(incident.Announced{Channel: channel, Message: ref})
			a.settling.posted()
			return nil
		},
	}
}

// add keeps the announcements in the playbook's order, whichever came first.
func (a *announcements) add(posted incident.Announced) {
	links, order := a.links, a.channels()
	links.Announcements = append(links.Announcements, posted)
	slices.SortStableFunc(links.Announcements, func(x, y incident.Announced) int {
		return slices.Index(order, x.Channel) - slices.Index(order, y.Channel)
	})
	links.Announcement = links.Announcements[0].Message
}

func (a *announcements) edit(channel string, ref incident.MessageRef, m incident.Message) mirror.Action {
	now := mirror.MarkOfMessage(m)
	m.Key = a.key(api.KeyAnnouncement)
	return &mirror.Call{
		Name: "update the announcement", Queue: api.QueueSlackWrite, Class: mirror.ClassSet,
		Summary: "update the announcement in " + channel,
		Run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, mirror.Chat.EditMessage, activities.EditMessageInput{Ref: ref, Message: m}).Get(ctx, nil)
			if err == nil {
				a.state(channel).Message = now
			}
			return err
		},
		Gone: func(f activities.Failure) bool { return a.state(channel).deleted(f) },
	}
}
