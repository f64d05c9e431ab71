package incidents

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// logState is how far a place in chat was told of the timeline. A batch is fixed before it is
// posted, and its key with it: whatever happens after, a retry finds that very message.
type logState struct {
	// Seq is the last entry that was told, or that was there before anything was.
	Seq int `json:"seq,omitempty"`
	// Begun is the last entry of the batch that may have been posted already, 0 for none.
	Begun int `json:"begun,omitempty"`
	// Before is the last entry that the former channel was told.
	Before int `json:"before,omitempty"`
}

// begin says from where on a new channel is told: from the first update that nobody has read in a
// channel. Whatever else happened before its board was posted is on the board.
func (s *logState) begin(entries []incident.Entry, upTo int) {
	s.Seq = upTo
	for _, e := range entries {
		if e.Event == "update" && e.Seq > s.Before && e.Seq <= upTo {
			s.Seq = e.Seq - 1
			return
		}
	}
}

// logTarget is a place that hears of the timeline: a channel, or the thread of a message.
type logTarget struct {
	name, summary, key string
	// noted picks the entries that are told here, message puts them into words.
	noted   func(entries []incident.Entry, after int) []incident.Entry
	message func(*incident.Incident, []incident.Entry) incident.Message
	channel string
	parent  incident.MessageRef
	gone    func(f activities.Failure) bool
}

// say is a call that posts a message that needs no link to it, and notes that it was posted.
func (s *scene) say(name, summary, channel string, m incident.Message, posted func()) *mirror.Call {
	return &mirror.Call{
		Name: name, Queue: api.QueueSlackWrite, Class: mirror.ClassCreate, Summary: summary,
		Run: func(ctx workflow.Context, tried bool) error {
			in := activities.PostMessageInput{Channel: channel, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, mirror.Chat.PostMessage, in).Get(ctx, nil)
			if err == nil {
				posted()
			}
			return err
		},
	}
}

// tell tells what is new, as one message however much there is.
func (s *scene) tell(log *logState, t logTarget) mirror.Action {
	entries := log.next(t.noted(s.facts.Timeline, log.Seq))
	if len(entries) == 0 {
		return nil
	}
	upTo := entries[len(entries)-1].Seq
	m := t.message(s.facts, entries)
	m.Key = s.key(fmt.Sprintf("%s/%d", t.key, upTo))
	return &mirror.Call{
		Name: fmt.Sprintf("%s (up to %d)", t.name, upTo), Queue: api.QueueSlackWrite, Class: mirror.ClassCreate,
		Summary: t.summary,
		Run: func(ctx workflow.Context, tried bool) error {
			log.Begun = upTo
			in := activities.PostMessageInput{Channel: t.channel, Parent: t.parent, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, mirror.Chat.PostMessage, in).Get(ctx, nil)
			if err == nil && log.Begun == upTo { // a channel that follows another begins anew
				*log = logState{Seq: upTo, Before: log.Before}
			}
			return err
		},
		Gone: t.gone,
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

// channelLog tells the channel what happened. It may change how far it has told.
type channelLog struct {
	*scene
	room  *room
	state *logState
}

// next tells the channel what happened, from the moment on that the board cannot tell.
func (l *channelLog) next() mirror.Action {
	if l.channel() == "" || l.state.Seq == 0 {
		return nil
	}
	return l.room.watch(l.tell(l.state, logTarget{
		name: "tell the channel what happened", summary: "what happened, in " + l.channelName(l.facts.Links.Channel.Name), key: "log",
		noted: incident.Noted, message: incident.LogMessage, channel: l.facts.Links.Channel.ID,
	}))
}
