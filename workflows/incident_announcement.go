package workflows

import (
	"slices"
	"strconv"
	"strings"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
)

// announcementTold is what one announcement channel was told.
type announcementTold struct {
	Message mark `json:"message,omitzero"`
	// Log is what its thread was told of the timeline.
	Log logState `json:"log,omitzero"`
	// Deleted means that somebody deleted it: they had a reason, and it is not posted again.
	Deleted bool `json:"deleted,omitempty"`
}

// deleted notes that the message is gone. When its whole channel is, that is another matter, and
// a person's.
func (t *announcementTold) deleted(f activities.Failure) bool {
	if lost[f.Meaning] != "" {
		return false
	}
	t.Deleted = true
	return true
}

// announcementMirrors are one for each channel that may hear of the incident, so that a channel
// that does not exist holds up no other.
func (r *incidentRun) announcementMirrors() []*mirror {
	var out []*mirror
	for _, channel := range r.announcementChannels() {
		name := "announcement"
		if len(out) > 0 {
			name += " " + channel
		}
		out = append(out, &mirror{name: name, next: func() *step { return r.announcementStep(channel) }})
	}
	return out
}

func (r *incidentRun) announceRules() []playbook.AnnounceRule {
	if rules := r.policy.Chat.Announcements; len(rules) > 0 {
		return rules
	}
	if c := r.policy.Chat.Announce; c != "" {
		return []playbook.AnnounceRule{{Channel: c}}
	}
	return nil
}

func (r *incidentRun) announcementChannels() []string {
	var out []string
	for _, rule := range r.announceRules() {
		if !slices.Contains(out, rule.Channel) {
			out = append(out, rule.Channel)
		}
	}
	return out
}

// announcementStep keeps the incident's one message in a channel, and tells its thread when
// status or severity change.
func (r *incidentRun) announcementStep(channel string) *step {
	ref := r.announcement(channel)
	if ref.ID == "" {
		if !r.announcedIn(channel) {
			return nil
		}
		return r.postAnnouncement(channel)
	}
	told := r.announcementTold(channel)
	m := incident.Announcement(r.facts, r.severityName())
	switch {
	case told.Deleted:
		return nil
	case told.Message.differs(markOfMessage(m), r.opening()):
		return r.editAnnouncement(channel, ref, m)
	}
	return r.logStep(&told.Log, logTarget{
		step: "reply to the announcement", summary: "reply to the announcement in " + channel, key: "thread",
		noted: incident.NotedOutside, message: incident.ThreadMessage, parent: ref,
		gone: func(f activities.Failure) bool { return told.deleted(f) },
	})
}

// announcedIn says whether a channel hears of the incident now. What was announced stays so, and
// is kept true.
func (r *incidentRun) announcedIn(channel string) bool {
	if r.facts.Kind != incident.KindIncident || r.facts.Private || !r.facts.Status.Live() || !r.policy.Severity(r.facts.Severity).Announce {
		return false
	}
	return slices.ContainsFunc(r.announceRules(), func(rule playbook.AnnounceRule) bool {
		return rule.Channel == channel && (rule.Severity == 0 || r.facts.Severity <= rule.Severity) &&
			oneOf(rule.Services, r.facts.Services) && oneOf(rule.Tags, r.facts.Tags)
	})
}

func oneOf(wanted, have []string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(w string) bool {
		return slices.ContainsFunc(have, func(h string) bool { return strings.EqualFold(w, h) })
	})
}

func (r *incidentRun) announcement(channel string) incident.MessageRef {
	for _, a := range r.facts.Links.Announcements {
		if a.Channel == channel {
			return a.Message
		}
	}
	return incident.MessageRef{}
}

func (r *incidentRun) announcementTold(channel string) *announcementTold {
	told := r.s.Told.Announcements[channel]
	if told == nil {
		told = &announcementTold{}
		if r.s.Told.Announcements == nil {
			r.s.Told.Announcements = map[string]*announcementTold{}
		}
		r.s.Told.Announcements[channel] = told
	}
	return told
}

func (r *incidentRun) postAnnouncement(channel string) *step {
	m, upTo := incident.Announcement(r.facts, r.severityName()), r.facts.Entries
	m.Key = r.key("announcement")
	return &step{
		name: "announce",
		call: call{queue: api.QueueSlackWrite, class: classCreate, summary: "announce in " + channel},
		run: func(ctx workflow.Context, tried bool) error {
			var ref incident.MessageRef
			in := activities.PostMessageInput{Channel: channel, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, chat.PostMessage, in).Get(ctx, &ref)
			if err != nil {
				return err
			}
			*r.announcementTold(channel) = announcementTold{Message: posted(m, tried), Log: logState{Seq: upTo}}
			r.addAnnouncement(incident.Announced{Channel: channel, Message: ref})
			return nil
		},
	}
}

// addAnnouncement keeps the announcements in the playbook's order, whichever came first.
func (r *incidentRun) addAnnouncement(a incident.Announced) {
	links, order := &r.facts.Links, r.announcementChannels()
	links.Announcements = append(links.Announcements, a)
	slices.SortStableFunc(links.Announcements, func(x, y incident.Announced) int {
		return slices.Index(order, x.Channel) - slices.Index(order, y.Channel)
	})
	links.Announcement = links.Announcements[0].Message
}

func (r *incidentRun) editAnnouncement(channel string, ref incident.MessageRef, m incident.Message) *step {
	now := markOfMessage(m)
	m.Key = r.key("announcement")
	return &step{
		name: "update the announcement",
		call: call{queue: api.QueueSlackWrite, class: classSet, summary: "update the announcement in " + channel},
		run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, chat.EditMessage, activities.EditMessageInput{Ref: ref, Message: m}).Get(ctx, nil)
			if err == nil {
				r.announcementTold(channel).Message = now
			}
			return err
		},
		gone: func(f activities.Failure) bool { return r.announcementTold(channel).deleted(f) },
	}
}

// filled puts the incident's number and key into a link of the playbook.
func (r *incidentRun) filled(s string) string {
	return strings.NewReplacer("{key}", r.facts.Key(), "{number}", strconv.Itoa(r.facts.Number)).Replace(s)
}
