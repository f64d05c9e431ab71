package incidents

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// archiveState is what the incident knows of the end of its channel.
type archiveState struct {
	// Ended is when the incident ended, LastSaid when somebody was last heard in the channel
	// after that.
	Ended    time.Time `json:"ended,omitzero"`
	LastSaid time.Time `json:"last_said,omitzero"`
	// NotBefore keeps an archive that was not to be from being asked for at once again.
	NotBefore time.Time `json:"not_before,omitzero"`
}

// archive archives the channel some time after the end. It may change its own state.
type archive struct {
	*scene
	room  *room
	state *archiveState
}

// at is when the channel is archived unless people still write in it; zero is never, or
// not while the incident lives.
func (a *archive) at() time.Time {
	if a.channel() == "" || a.state.Ended.IsZero() || a.policy.Chat.ArchiveAfter.IsZero() {
		return time.Time{}
	}
	at := a.policy.Calendar.Add(a.quietSince(), a.policy.Chat.ArchiveAfter)
	if a.state.NotBefore.After(at) {
		return a.state.NotBefore
	}
	return at
}

// quietSince is when somebody was last heard, as far as is known.
func (a *archive) quietSince() time.Time {
	if a.state.LastSaid.After(a.state.Ended) {
		return a.state.LastSaid
	}
	return a.state.Ended
}

// next archives the channel once it was quiet for long enough.
func (a *archive) next() mirror.Action {
	at := a.at()
	if at.IsZero() || a.now().Before(at) {
		return nil
	}
	in := activities.ArchiveChannelInput{Channel: a.channel(), QuietSince: a.quietSince()}
	return &mirror.Call{
		Name: "archive the channel", Queue: api.QueueSlackWrite, Class: mirror.ClassSet,
		Summary: "archive " + a.channelName(a.facts.Links.Channel.Name) + " if it is quiet",
		Run: func(ctx workflow.Context, _ bool) error {
			*a.room.archiving = workflow.Now(ctx)
			var q incident.Quiet
			err := workflow.ExecuteActivity(ctx, mirror.Chat.ArchiveChannel, in).Get(ctx, &q)
			if err == nil {
				a.archived(in.Channel, q)
			}
			return err
		},
		Gone: func(activities.Failure) bool { a.archived(in.Channel, incident.Quiet{Archived: true}); return true },
	}
}

// minQuiet is the least time between two looks whether a channel is quiet.
const minQuiet = time.Minute

func (a *archive) archived(channel string, q incident.Quiet) {
	if a.facts.Links.Channel.ID != channel {
		return
	}
	if !q.Archived {
		a.state.LastSaid, a.state.NotBefore = q.LastSaid, a.now().Add(mirror.Scaled(minQuiet, a.policy.TimeoutScale))
		return
	}
	a.room.archived()
}
