package learning

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// speak keeps the review's one message true and posts the reminders that have come due.
func (r *reviewRun) speak() mirror.Action {
	if r.s.Brief.Channel.ID == "" {
		return nil
	}
	m := r.message()
	switch {
	case r.s.Posted.ID == "" && r.review().Status.Ended():
		return nil
	case r.s.Posted.ID == "":
		return r.post(m)
	case mirror.Fingerprint(m) != r.s.Message:
		return r.edit(m)
	case r.s.Reminded < r.s.Due && r.review().Status == incident.ReviewPlanned && !r.s.Brief.RemindersPaused(workflow.Now(r.ctx)):
		return r.postReminder(r.s.Due) // only the newest of those that have come due
	}
	return nil
}

func (r *reviewRun) message() incident.Message {
	v := r.review()
	m := incident.Message{Headline: "Learning review of " + r.name()}
	switch v.Status {
	case incident.ReviewPlanned:
		if v.Track == string(playbook.TrackSentence) {
			m.Headline = "What did " + r.name() + " teach us?"
			m.Body = []string{fmt.Sprintf("One sentence is enough: starter resolve %s --learning \"...\"", incident.Key(r.in.Incident))}
			break
		}
		m.Fields = []incident.Field{{Label: "When", Time: v.At}, {Label: "Depth", Text: v.Track}}
		m.Body = []string{"It is about what happened and what it teaches, not about who did what wrong. Follow-ups are decided in a meeting of their own."}
	case incident.ReviewOnHold:
		m.Body = []string{"On hold: the incident was reopened."}
	case incident.ReviewHeld:
		m.Body = []string{"Held. Thank you."}
	case incident.ReviewWaived:
		m.Body = []string{"Waived: " + v.Reason}
	}
	return m
}

func (r *reviewRun) vendorKey(what string) string {
	return api.VendorKey(r.in.Settings.Installation, api.ReviewID(r.in.Incident, r.review().Number), what)
}

func (r *reviewRun) post(m incident.Message) mirror.Action {
	mark := mirror.Fingerprint(m)
	m.Key = r.vendorKey("message")
	return &mirror.Call{
		Name: "announce the review", Queue: api.QueueSlackWrite, Class: mirror.ClassCreate, Summary: "announce the learning review",
		Run: func(ctx workflow.Context, tried bool) error {
			in := activities.PostMessageInput{Channel: r.s.Brief.Channel.ID, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, mirror.Chat.PostMessage, in).Get(ctx, &r.s.Posted)
			if err == nil && !tried { // what an earlier try has posted may be out of date
				r.s.Message = mark
			}
			return err
		},
		// The channel was archived: the review is still in the tracker and on the record.
		Gone: func(activities.Failure) bool { r.s.Brief.Channel = incident.ChannelRef{}; return true },
	}
}

func (r *reviewRun) edit(m incident.Message) mirror.Action {
	mark := mirror.Fingerprint(m)
	m.Key = r.vendorKey("message")
	return &mirror.Call{
		Name: "update the review's message", Queue: api.QueueSlackWrite, Class: mirror.ClassSet, Summary: "update the review's message",
		Run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, mirror.Chat.EditMessage, activities.EditMessageInput{Ref: r.s.Posted, Message: m}).Get(ctx, nil)
			if err == nil {
				r.s.Message = mark
			}
			return err
		},
		Gone: func(activities.Failure) bool { r.s.Message = mark; return true },
	}
}

func (r *reviewRun) postReminder(n int) mirror.Action {
	v := r.review()
	m := incident.Message{
		Key:      r.vendorKey(fmt.Sprintf("reminder/%d", n)),
		Headline: "Reminder: learning review of " + r.name(),
		Fields:   []incident.Field{{Label: "When", Time: v.At}},
	}
	if !workflow.Now(r.ctx).Before(v.At) {
		m.Headline = "Was the learning review of " + r.name() + " held?"
		m.Body = []string{fmt.Sprintf("Say `starter review held %[1]s` or `starter review waive %[1]s REASON`.", incident.Key(r.in.Incident))}
	}
	return &mirror.Call{
		Name: fmt.Sprintf("post reminder %d", n), Queue: api.QueueSlackWrite, Class: mirror.ClassCreate, Summary: fmt.Sprintf("reminder %d of the learning review", n),
		Run: func(ctx workflow.Context, tried bool) error {
			in := activities.PostMessageInput{Parent: r.s.Posted, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, mirror.Chat.PostMessage, in).Get(ctx, nil)
			if err == nil {
				r.s.Reminded = n
				mirror.Count(ctx, api.MetricReminders, map[string]string{api.LabelKind: api.ReminderReview})
			}
			return err
		},
		Gone: func(activities.Failure) bool { r.s.Reminded = n; return true },
	}
}
