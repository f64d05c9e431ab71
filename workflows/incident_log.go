package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
)

// logState is how far a place in chat was told of the timeline. A batch is fixed before it is
// posted, and its key with it: whatever happens after, a retry finds that very message.
type logState struct {
	// Seq is the last entry that was told, or that was there before anything was.
	Seq int `json:"seq,omitempty"`
	// Begun is the last entry of the batch that may have been posted already, 0 for none.
	Begun int `json:"begun,omitempty"`
}

// logTarget is a place that hears of the timeline: a channel, or the thread of a message.
type logTarget struct {
	step, summary, key string
	// noted picks the entries that are told here, message puts them into words.
	noted   func(entries []incident.Entry, after int) []incident.Entry
	message func(*incident.Incident, []incident.Entry) incident.Message
	channel string
	parent  incident.MessageRef
	gone    func(f activities.Failure) bool
}

// logStep tells what is new, as one message however much there is.
func (r *incidentRun) logStep(s *logState, t logTarget) *step {
	entries := s.next(t.noted(r.facts.Timeline, s.Seq))
	if len(entries) == 0 {
		return nil
	}
	upTo := entries[len(entries)-1].Seq
	m := t.message(r.facts, entries)
	m.Key = r.key(fmt.Sprintf("%s/%d", t.key, upTo))
	return &step{
		name: fmt.Sprintf("%s (up to %d)", t.step, upTo),
		call: call{queue: api.QueueSlackWrite, class: classCreate, summary: t.summary},
		run: func(ctx workflow.Context, tried bool) error {
			s.Begun = upTo
			in := activities.PostMessageInput{Channel: t.channel, Parent: t.parent, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, chat.PostMessage, in).Get(ctx, nil)
			if err == nil && s.Begun == upTo { // a channel that follows another begins anew
				*s = logState{Seq: upTo}
			}
			return err
		},
		gone: t.gone,
	}
}

// next picks what is told next: the batch that was begun, as far as the timeline still has it,
// or else everything new.
func (s *logState) next(fresh []incident.Entry) []incident.Entry {
	begun := slices.IndexFunc(fresh, func(e incident.Entry) bool { return e.Seq > s.Begun })
	if begun <= 0 {
		return fresh
	}
	return fresh[:begun]
}

// channelLogStep tells the channel what happened, from the moment on that the board cannot tell.
func (r *incidentRun) channelLogStep() *step {
	if r.channel() == "" || r.s.Log.Seq == 0 {
		return nil
	}
	return r.inChannel(r.logStep(&r.s.Log, logTarget{
		step: "tell the channel what happened", summary: "what happened, in " + r.channelName(r.facts.Links.Channel.Name), key: "log",
		noted: incident.Noted, message: incident.LogMessage, channel: r.facts.Links.Channel.ID,
	}))
}

// checklistStep gives every new commander the first steps, each person once.
func (r *incidentRun) checklistStep() *step {
	person := r.facts.Holder(incident.RoleCommander)
	if person == "" || r.channel() == "" || !r.facts.Status.Live() || len(r.policy.Chat.FirstSteps) == 0 || r.given(person) {
		return nil
	}
	m := incident.Checklist(r.facts, r.policy.Chat.FirstSteps, person)
	m.Key = r.key("checklist/" + short(person))
	return r.inChannel(&step{
		name: "give " + person + " the first steps",
		call: call{queue: api.QueueSlackWrite, class: classCreate, summary: "first steps for the commander"},
		run: func(ctx workflow.Context, tried bool) error {
			in := activities.PostMessageInput{Channel: r.facts.Links.Channel.ID, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, chat.PostMessage, in).Get(ctx, nil)
			if err == nil {
				r.s.Told.Checklists = append(r.s.Told.Checklists, short(person))
			}
			return err
		},
	})
}

func (r *incidentRun) given(person string) bool {
	for _, p := range r.s.Told.Checklists {
		if p == short(person) {
			return true
		}
	}
	return false
}

// short stands for a name in keys and in the state.
func short(s string) string { return fingerprint(s)[:12] }

// reminderStep reminds the channel of an update that was promised for now, once a promise.
func (r *incidentRun) reminderStep() *step {
	at := r.facts.NextUpdate
	if r.channel() == "" || !r.promised() || workflow.Now(r.ctx).Before(at) {
		return nil
	}
	m := incident.UpdateDue(r.facts)
	m.Key = r.key(fmt.Sprintf("update-due/%d", at.Unix()))
	return r.inChannel(&step{
		name: "remind of the promised update",
		call: call{queue: api.QueueSlackWrite, class: classCreate, summary: "an update was promised for now"},
		run: func(ctx workflow.Context, tried bool) error {
			in := activities.PostMessageInput{Channel: r.facts.Links.Channel.ID, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, chat.PostMessage, in).Get(ctx, nil)
			if err == nil {
				r.s.Told.Promise = at
			}
			return err
		},
	})
}

// promised reports whether an update was promised of which nobody was reminded yet.
func (r *incidentRun) promised() bool {
	return r.facts.Status.Live() && !r.facts.NextUpdate.IsZero() && !r.facts.NextUpdate.Equal(r.s.Told.Promise)
}
