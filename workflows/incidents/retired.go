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

// retiredChannel is a channel that the incident has given up for one of the other sort: a bot can make no
// public channel private, nor a private one public.
type retiredChannel struct {
	Channel incident.ChannelRef `json:"channel"`
	// Private is what the incident had become.
	Private bool `json:"private,omitempty"`
	// Noticed means that the notice stands in it.
	Noticed bool `json:"noticed,omitempty"`
}

// retired says goodbye in channels that were given up, and archives them. It may change their list.
type retired struct {
	*scene
	list *[]retiredChannel
}

func (r *retired) next() mirror.Action {
	if len(*r.list) == 0 {
		return nil
	}
	old := (*r.list)[0]
	if !old.Noticed {
		return r.notice(old)
	}
	return &mirror.Call{
		Name: "archive the former channel", Queue: api.QueueSlackWrite, Class: mirror.ClassSet,
		Summary: "archive the channel that was given up",
		Run: func(ctx workflow.Context, _ bool) error {
			// Nobody is waited for: whatever is written there now is written in the wrong place.
			in := activities.ArchiveChannelInput{Channel: old.Channel.ID, QuietSince: workflow.Now(ctx).AddDate(100, 0, 0)}
			err := workflow.ExecuteActivity(ctx, mirror.Chat.ArchiveChannel, in).Get(ctx, nil)
			if err == nil {
				r.done(old)
			}
			return err
		},
		Gone: func(activities.Failure) bool { r.done(old); return true },
	}
}

func (r *retired) notice(old retiredChannel) mirror.Action {
	key := incident.Key(r.facts.Number)
	m := incident.Message{
		Headline: key + " is private from now on", Key: r.key("retired/" + old.Channel.ID),
		Body: []string{"This channel is archived. Whoever is part of " + key + " finds it in a channel of its own."},
	}
	if !old.Private {
		m.Headline = key + " is public from now on"
		m.Body = []string{"This channel stays private and is archived. It goes on in a public channel."}
	}
	return &mirror.Call{
		Name: "say that the channel is given up", Queue: api.QueueSlackWrite, Class: mirror.ClassCreate,
		Summary: "notice in the channel that was given up",
		Run: func(ctx workflow.Context, tried bool) error {
			in := activities.PostMessageInput{Channel: old.Channel.ID, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, mirror.Chat.PostMessage, in).Get(ctx, nil)
			if err == nil && len(*r.list) > 0 {
				(*r.list)[0].Noticed = true
			}
			return err
		},
		Gone: func(activities.Failure) bool { r.done(old); return true },
	}
}

func (r *retired) done(old retiredChannel) {
	*r.list = slices.DeleteFunc(*r.list, func(o retiredChannel) bool { return o.Channel.ID == old.Channel.ID })
	r.note("channel", fmt.Sprintf("Archived #%s, which was given up", old.Channel.Name))
}

// retire gives up a channel of the wrong sort. The next one, of the right sort, is opened anew.
func (m *room) retire() {
	archived := !m.links.Archived.IsZero() // by Muster or by hand
	old := m.giveUp()
	if archived {
		return
	}
	*m.retired = append(*m.retired, retiredChannel{Channel: old, Private: m.facts.Private})
	m.note("channel", "#"+old.Name+" is given up: it is of the wrong sort now")
}
