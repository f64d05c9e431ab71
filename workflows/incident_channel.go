package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
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

// channel is the ID of the channel in which Muster can speak, "" while there is none.
func (r *incidentRun) channel() string {
	if !r.facts.Links.Archived.IsZero() {
		return ""
	}
	return r.facts.Links.Channel.ID
}

func (r *incidentRun) openChannel() *step {
	spec := incident.ChannelSpec{Key: r.key("channel"), Name: r.newChannelName(), Private: r.facts.Private}
	if n := len(r.facts.Links.Former); n > 0 {
		spec.Key = r.key(fmt.Sprintf("channel/%d", n+1)) // and a name of its own: archived ones keep theirs
	}
	return &step{
		name: "open the channel",
		call: call{queue: api.QueueSlackCreate, class: classOpen, summary: "open " + r.channelName(spec.Name)},
		run: func(ctx workflow.Context, tried bool) error {
			var ref incident.ChannelRef
			err := workflow.ExecuteActivity(ctx, chat.OpenChannel, activities.OpenChannelInput{Spec: spec, Tried: tried}).Get(ctx, &ref)
			if err == nil {
				r.facts.Links.Channel = ref
				r.noteSelf("channel", "Opened #"+ref.Name)
				r.settle()
			}
			return err
		},
	}
}

// newChannelName is made of what was declared: a channel keeps its name when title or severity
// change, and a retry must look for the name that the first try asked for.
func (r *incidentRun) newChannelName() string {
	d := r.in.Declaration
	parts := incident.ChannelParts{
		Prefix: r.policy.Chat.ChannelPrefix, Number: r.facts.Number, Title: d.Title, Severity: d.Severity,
		Ordinal: len(r.facts.Links.Former) + 1,
		Date:    incident.Date(r.facts.DeclaredAt.In(r.policy.Calendar.Location()).Format(time.DateOnly)),
	}
	if len(d.Services) > 0 {
		parts.Service = d.Services[0]
	}
	return incident.ChannelNameFrom(r.policy.Chat.ChannelName, parts)
}

// snagOfChannel names the snag of a channel that was taken away by hand. It is no mirror's own:
// only people, or the end of the incident, take it away.
const snagOfChannel = "channel"

// lost are the meanings that say that the channel of the call is no more. A message that is gone
// is something else.
var lost = map[activities.Meaning]string{activities.ChannelArchived: "archived", activities.ChannelMissing: "deleted"}

// inChannel makes a step of the incident's channel notice that the channel was archived or
// deleted by hand, of which chat's own event may never come.
func (r *incidentRun) inChannel(s *step) *step {
	if s == nil {
		return nil
	}
	run, channel := s.run, r.facts.Links.Channel.ID
	s.run = func(ctx workflow.Context, tried bool) error {
		err := run(ctx, tried)
		if isType(err, activities.ErrGone) {
			if f, _ := failureOf(err); lost[f.Meaning] != "" && !r.shutOut(f) {
				r.channelLost(channel, lost[f.Meaning], incident.Actor{Way: incident.WayVendor})
				return errOvertaken
			}
		}
		return err
	}
	return s
}

// shutOut reports a failure that may mean no more than that the app was removed from the
// channel: chat denies that a private one exists to whoever is not in it. That is an ordinary
// snag, which ends when somebody invites the app.
func (r *incidentRun) shutOut(f activities.Failure) bool {
	return r.facts.Private && f.Meaning == activities.ChannelMissing
}

// channelLost notes that people took the channel away. While the incident lives that needs a
// person; afterwards it is what Muster would have done itself.
func (r *incidentRun) channelLost(channel, how string, by incident.Actor) {
	if channel == "" || channel != r.channel() {
		return
	}
	now := workflow.Now(r.ctx)
	r.facts.Links.Archived = now
	if ended(r.facts.Status) && len(r.s.Keeper.tried("archive")) > 0 {
		return // that was Muster itself
	}
	r.facts.Note(now, by, "channel", fmt.Sprintf("The channel #%s was %s by hand", r.facts.Links.Channel.Name, how))
	if !r.facts.Status.Live() {
		return
	}
	mend := "unarchive it, or retry to open a new one"
	if how == "deleted" {
		mend = "retry to open a new one"
	}
	r.keeper.setSnag(incident.Snag{
		Mirror: snagOfChannel, Step: "speak in #" + r.facts.Links.Channel.Name, Reason: "the channel was " + how + " by hand", Mend: mend, Since: now,
	})
}

// byHand reports whether people took the channel away while the incident lived.
func (r *incidentRun) byHand() bool {
	for _, s := range r.facts.Snags {
		if s.Mirror == snagOfChannel {
			return true
		}
	}
	return false
}

// renewChannel lets a new channel follow the archived one once the incident lives again: a bot
// cannot unarchive. A channel that was taken away by hand is left to people.
func (r *incidentRun) renewChannel(now time.Time) {
	switch {
	case !r.facts.Status.Live():
		r.keeper.clearSnag(snagOfChannel)
	case !r.facts.Links.Archived.IsZero() && !r.byHand():
		r.followChannel(now)
	}
}

// followChannel gives up the channel and lets a new one be opened.
func (r *incidentRun) followChannel(now time.Time) {
	links := &r.facts.Links
	former := links.Channel
	links.Former = append(links.Former, former)
	if len(links.Former) > maxFormer {
		links.Former = links.Former[len(links.Former)-maxFormer:]
	}
	links.Channel, links.Board, links.Archived = incident.ChannelRef{}, incident.MessageRef{}, time.Time{}
	r.s.Told.Board, r.s.Told.Furnished, r.s.Told.Invited, r.s.Log = mark{}, mark{}, nil, logState{}
	r.s.Told.Boards++
	r.keeper.clearSnag(snagOfChannel)
	r.facts.Note(now, incident.Actor{Way: incident.WayMuster}, "channel", "A new channel follows #"+former.Name+", which is archived")
}

// maxFormer bounds the former channels that are remembered.
const maxFormer = 20

// channelChanged takes in what people did to the channel itself.
func (r *incidentRun) channelChanged(in api.ChannelChangedInput) error {
	if r.s.Deliveries.known(in.DeliveryID) || in.Channel == "" || in.Channel != r.facts.Links.Channel.ID {
		return nil // said before, or of a channel that is not ours any more
	}
	now := workflow.Now(r.ctx)
	switch {
	case in.Deleted:
		r.channelLost(in.Channel, "deleted", in.Actor)
	case in.Archived:
		r.channelLost(in.Channel, "archived", in.Actor)
	case in.Unarchived && !r.facts.Links.Archived.IsZero():
		r.facts.Links.Archived = time.Time{}
		r.s.Archive.LastSaid = now // whoever took it back wants it for a while
		r.keeper.clearSnag(snagOfChannel)
		r.facts.Note(now, in.Actor, "channel", "The channel #"+r.facts.Links.Channel.Name+" was unarchived")
	case in.Name != "" && in.Name != r.facts.Links.Channel.Name:
		r.facts.Note(now, in.Actor, "channel", fmt.Sprintf("The channel #%s is now #%s", r.facts.Links.Channel.Name, in.Name))
		r.facts.Links.Channel.Name = in.Name
	}
	return nil
}

// archiveAt is when the channel is archived unless people still write in it; zero is never, or
// not while the incident lives.
func (r *incidentRun) archiveAt() time.Time {
	a := &r.s.Archive
	if r.channel() == "" || a.Ended.IsZero() || r.policy.Chat.ArchiveAfter.IsZero() {
		return time.Time{}
	}
	at := r.policy.Calendar.Add(r.quietSince(), r.policy.Chat.ArchiveAfter)
	if a.NotBefore.After(at) {
		return a.NotBefore
	}
	return at
}

// quietSince is when somebody was last heard, as far as is known.
func (r *incidentRun) quietSince() time.Time {
	if r.s.Archive.LastSaid.After(r.s.Archive.Ended) {
		return r.s.Archive.LastSaid
	}
	return r.s.Archive.Ended
}

// archiveStep archives the channel once it was quiet for long enough.
func (r *incidentRun) archiveStep() *step {
	at := r.archiveAt()
	if at.IsZero() || workflow.Now(r.ctx).Before(at) {
		return nil
	}
	in := activities.ArchiveChannelInput{Channel: r.channel(), QuietSince: r.quietSince()}
	return &step{
		name: "archive the channel",
		call: call{queue: api.QueueSlackWrite, class: classSet, summary: "archive " + r.channelName(r.facts.Links.Channel.Name) + " if it is quiet"},
		run: func(ctx workflow.Context, _ bool) error {
			var q incident.Quiet
			err := workflow.ExecuteActivity(ctx, chat.ArchiveChannel, in).Get(ctx, &q)
			if err == nil {
				r.archived(in.Channel, q)
			}
			return err
		},
		gone: func(activities.Failure) bool { r.archived(in.Channel, incident.Quiet{Archived: true}); return true },
	}
}

// minQuiet is the least time between two looks whether a channel is quiet.
const minQuiet = time.Minute

func (r *incidentRun) archived(channel string, q incident.Quiet) {
	now := workflow.Now(r.ctx)
	if r.facts.Links.Channel.ID != channel {
		return
	}
	if !q.Archived {
		r.s.Archive.LastSaid, r.s.Archive.NotBefore = q.LastSaid, now.Add(scaled(minQuiet, r.policy.TimeoutScale))
		r.settle()
		return
	}
	if r.facts.Links.Archived.IsZero() {
		r.facts.Links.Archived = now
	}
	r.keeper.clearSnag(snagOfChannel) // chat's own event may have come first
	r.noteSelf("channel", "Archived #"+r.facts.Links.Channel.Name)
	r.settle() // somebody may have reopened it meanwhile
}
