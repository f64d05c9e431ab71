package incidents

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// boardState is what the channel's board shows.
type boardState struct {
	Shown mirror.Mark `json:"shown,omitzero"`
	// Deleted counts boards that people deleted, and those of former channels.
	Deleted int `json:"deleted,omitempty"`
}

// board opens the channel and keeps its board. It may change its own state, the link to the board,
// and where the channel's log begins.
type board struct {
	*scene
	settling *settling
	room     *room
	state    *boardState
	link     *incident.MessageRef
	log      *logState
}

// next keeps the incident's channel and its board.
func (b *board) next() mirror.Action {
	if b.facts.Links.Channel.ID == "" {
		if !b.room.wanted() {
			return nil
		}
		return b.room.open()
	}
	if b.channel() == "" {
		return nil
	}
	message := b.message()
	switch {
	case b.link.ID == "":
		return b.room.watch(b.post(message))
	case b.settling.over() && b.state.Shown.Differs(mirror.MarkOfMessage(message), b.opening()):
		return b.room.watch(b.edit(message))
	}
	return nil
}

// message is the board as the facts want it.
func (b *board) message() incident.Message {
	m := incident.Board(b.facts, b.severityName(), b.zone())
	m.Key = b.key(fmt.Sprintf("board/%d", b.state.Deleted+1))
	return m
}

func (b *board) post(m incident.Message) mirror.Action {
	upTo, channel := b.facts.Entries, b.facts.Links.Channel.ID
	return &mirror.Call{
		Name: "post the board", Queue: api.QueueSlackWrite, Class: mirror.ClassCreate,
		Summary: "board in " + b.channelName(b.facts.Links.Channel.Name),
		Run: func(ctx workflow.Context, tried bool) error {
			var ref incident.MessageRef
			in := activities.PostMessageInput{Channel: channel, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, mirror.Chat.PostMessage, in).Get(ctx, &ref)
			if err == nil && b.facts.Links.Channel.ID == channel { // another one may have followed meanwhile
				*b.link, b.state.Shown = ref, mirror.Posted(m, tried)
				b.settling.posted()
				if b.log.Seq == 0 { // the board tells what happened before it
					b.log.begin(b.facts.Timeline, upTo)
				}
			}
			return err
		},
	}
}

func (b *board) edit(m incident.Message) mirror.Action {
	ref := *b.link
	return &mirror.Call{
		Name: "update the board", Queue: api.QueueSlackWrite, Class: mirror.ClassSet,
		Summary: "board in " + b.channelName(b.facts.Links.Channel.Name),
		Run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, mirror.Chat.EditMessage, activities.EditMessageInput{Ref: ref, Message: m}).Get(ctx, nil)
			if err == nil && *b.link == ref {
				b.state.Shown = mirror.MarkOfMessage(m)
			}
			return err
		},
		// Somebody deleted the board: post another.
		Gone: func(f activities.Failure) bool {
			if b.room.shutOut(f) {
				return false
			}
			if *b.link != ref {
				return true // another channel has followed meanwhile
			}
			*b.link = incident.MessageRef{}
			b.state.Deleted++
			return true
		},
	}
}
