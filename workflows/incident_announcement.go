package workflows

import (
	"strconv"
	"strings"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
)

// announcementStep keeps the incident's one message in the announcement channel.
func (r *incidentRun) announcementStep() *step {
	channel := r.policy.Chat.Announce
	if channel == "" {
		return nil
	}
	posted := r.facts.Links.Announcement.ID != ""
	m := incident.Announcement(r.facts, r.severityName())
	switch {
	case !posted && r.announced():
		m.Key = r.key("announcement")
		return r.postAnnouncement(channel, m)
	case posted && r.s.Told.Announcement.differs(markOfMessage(m), r.opening()):
		return r.editAnnouncement(m)
	}
	return nil
}

// announced says whether the incident is one that the announcement channel hears of. What was
// announced stays so, and is kept true.
func (r *incidentRun) announced() bool {
	return r.facts.Kind == incident.KindIncident && !r.facts.Private &&
		r.policy.Severity(r.facts.Severity).Announce && r.facts.Status.Live()
}

func (r *incidentRun) postAnnouncement(channel string, m incident.Message) *step {
	return &step{
		name: "announce",
		call: call{queue: api.QueueSlackWrite, class: classCreate, summary: "announce in " + channel},
		run: func(ctx workflow.Context, tried bool) error {
			var ref incident.MessageRef
			in := activities.PostMessageInput{Channel: channel, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, chat.PostMessage, in).Get(ctx, &ref)
			if err == nil {
				r.facts.Links.Announcement, r.s.Told.Announcement = ref, markOfMessage(m)
			}
			return err
		},
	}
}

func (r *incidentRun) editAnnouncement(m incident.Message) *step {
	ref, now := r.facts.Links.Announcement, markOfMessage(m)
	m.Key = r.key("announcement")
	return &step{
		name: "update the announcement",
		call: call{queue: api.QueueSlackWrite, class: classSet, summary: "update the announcement"},
		run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, chat.EditMessage, activities.EditMessageInput{Ref: ref, Message: m}).Get(ctx, nil)
			if err == nil {
				r.s.Told.Announcement = now
			}
			return err
		},
		// Somebody deleted it: they had a reason, and it is not posted again.
		gone: func() bool {
			r.s.Told.Announcement = now
			return true
		},
	}
}

// filled puts the incident's number and key into a link of the playbook.
func (r *incidentRun) filled(s string) string {
	return strings.NewReplacer("{key}", r.facts.Key(), "{number}", strconv.Itoa(r.facts.Number)).Replace(s)
}
