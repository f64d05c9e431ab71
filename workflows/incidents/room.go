package incidents

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// room is the incident's channel: it is opened, lost, given up for another and spoken in. It may
// change the links to the channel.
type room struct {
	*scene
	links      *incident.Links
	deliveries *mirror.Deliveries
	archive    *archiveState
	// archiving is when Muster last tried to archive the channel.
	archiving *time.Time
	// asked is the channel that may have been made though nobody has heard so.
	asked *incident.ChannelSpec
	// dropped counts the channels before those that the links remember as former ones.
	dropped *int
	// retired are channels that were given up and are not archived yet.
	retired *[]retiredChannel
	// followed lets everything that was in the channel begin anew in the next one.
	followed func()
}

// wanted says whether a channel is to be opened while there is none. Nobody needs one of what was
// cancelled or merged, or was over before it was declared, unless one was perhaps made already.
func (m *room) wanted() bool {
	if m.policy.Chat.NoChannel {
		return false
	}
	over := m.facts.Status == incident.StatusCancelled || m.facts.Status == incident.StatusMerged || m.declaration.Over() && !m.facts.Status.Live()
	return !over || m.run.State.Tried(mirrorChat)
}

// archived notes that the channel was archived, which chat's own event may have said before.
func (m *room) archived() {
	if m.links.Archived.IsZero() {
		m.links.Archived = m.now()
	}
	m.run.ClearSnag(snagOfChannel)
	m.note("channel", "Archived #"+m.links.Channel.Name)
}

func (m *room) open() mirror.Action {
	n := m.ordinal()
	spec := m.spec(n)
	if asked := *m.asked; asked.Key != "" && asked.Private != spec.Private {
		spec = asked // it may be there, with the title for a name: it is looked for, and given up
		spec.Find = true
	}
	return &mirror.Call{
		Name: "open the channel", Queue: api.QueueSlackCreate, Class: mirror.ClassOpen,
		Summary: "open " + m.channelName(spec.Name),
		Run: func(ctx workflow.Context, tried bool) error {
			var ref incident.ChannelRef
			if !spec.Find {
				if found, err := m.later(ctx, n); found || err != nil {
					return err
				}
				*m.asked = spec
			}
			in := activities.OpenChannelInput{Spec: spec, Tried: tried || spec.Find}
			if err := workflow.ExecuteActivity(ctx, mirror.Chat.OpenChannel, in).Get(ctx, &ref); err != nil {
				return err
			}
			*m.asked = incident.ChannelSpec{}
			if ref.ID != "" || !spec.Find {
				ref.Private = spec.Private
				m.links.Channel = ref
				m.note("channel", "Opened #"+ref.Name)
			}
			return nil
		},
	}
}

// ordinal tells the next channel from those before it.
func (m *room) ordinal() int { return *m.dropped + len(m.links.Former) + 1 }

// spec is the incident's n-th channel: archived ones keep their names, so each has a key and a name of its own.
func (m *room) spec(n int) incident.ChannelSpec {
	spec := incident.ChannelSpec{Key: m.key("channel"), Name: m.newChannelName(n), Private: m.facts.Private}
	if n > 1 {
		spec.Key = m.key(fmt.Sprintf("channel/%d", n))
	}
	return spec
}

// laterChannels is how many channels a run that was reset may have forgotten that it opened.
const laterChannels = 5

// later looks for a channel that a run opened which was reset: it may have given up channels of which this
// one knows nothing, and would make one more beside the last of them. It reports whether there was one.
func (m *room) later(ctx workflow.Context, n int) (bool, error) {
	if !m.run.WasReset() {
		return false, nil
	}
	ctx = mirror.WithScaled(ctx, api.QueueSlackWrite, mirror.ClassSet, "look for a later channel", m.run.Priority, m.policy.TimeoutScale)
	for k := n + laterChannels; k > n; k-- {
		spec := m.spec(k)
		spec.Find = true
		var ref incident.ChannelRef
		err := workflow.ExecuteActivity(ctx, mirror.Chat.OpenChannel, activities.OpenChannelInput{Spec: spec, Tried: true}).Get(ctx, &ref)
		if err != nil {
			return false, err
		}
		if ref.ID == "" {
			continue
		}
		ref.Private = spec.Private
		m.links.Channel = ref
		*m.dropped, *m.asked = k-1-len(m.links.Former), incident.ChannelSpec{}
		m.note("channel", "Goes on in #"+ref.Name+", which was opened before a reset")
		return true, nil
	}
	return false, nil
}

// newChannelName is made of what was declared: a channel keeps its name when title or severity
// change, and a retry must look for the name that the first try asked for.
func (m *room) newChannelName(n int) string {
	d := m.declaration
	parts := incident.ChannelParts{
		Prefix: m.policy.Chat.ChannelPrefix, Number: m.facts.Number, Title: d.Title, Severity: d.Severity,
		Ordinal: n,
		Date:    incident.Date(m.facts.DeclaredAt.In(m.policy.Calendar.Location()).Format(time.DateOnly)),
	}
	if len(d.Services) > 0 {
		parts.Service = d.Services[0]
	}
	return incident.ChannelNameFrom(m.policy.Chat.ChannelName, parts)
}

// snagOfChannel names the snag of a channel that was taken away by hand. It is no mirror's own:
// only people, or the end of the incident, take it away.
const snagOfChannel = "channel"

// takenAway are the meanings that say that the channel of the call is no more. A message that is
// gone is something else.
var takenAway = map[activities.Meaning]string{activities.ChannelArchived: "archived", activities.ChannelMissing: "deleted"}

// watch makes a call of the incident's channel notice that the channel was archived or
// deleted by hand, of which chat's own event may never come.
func (m *room) watch(a mirror.Action) mirror.Action {
	c, ok := a.(*mirror.Call)
	if !ok {
		return a
	}
	run, channel := c.Run, m.links.Channel.ID
	c.Run = func(ctx workflow.Context, tried bool) error {
		err := run(ctx, tried)
		if mirror.IsType(err, activities.ErrGone) {
			if f, _ := mirror.FailureOf(err); takenAway[f.Meaning] != "" && !m.shutOut(f) {
				m.lost(channel, takenAway[f.Meaning], incident.Actor{Way: incident.WayVendor})
				return mirror.ErrOvertaken
			}
		}
		return err
	}
	return c
}

// shutOut reports a failure that may mean no more than that the app was removed from the
// channel: chat denies that a private one exists to whoever is not in it. That is an ordinary
// snag, which ends when somebody invites the app.
func (m *room) shutOut(f activities.Failure) bool {
	return m.facts.Private && f.Meaning == activities.ChannelMissing
}

// lost notes that people took the channel away. While the incident lives that needs a
// person; afterwards it is what Muster would have done itself.
func (m *room) lost(channel, how string, by incident.Actor) {
	if channel == "" || channel != m.channel() {
		return
	}
	now := m.now()
	m.links.Archived = now
	if m.archivedHere(now) {
		return
	}
	m.facts.Note(now, by, "channel", fmt.Sprintf("The channel #%s was %s by hand", m.links.Channel.Name, how))
	if !m.facts.Status.Live() {
		return
	}
	mend := "unarchive it, or retry to open a new one"
	if how == "deleted" {
		mend = "retry to open a new one"
	}
	m.run.SetSnag(incident.Snag{
		Mirror: snagOfChannel, Step: "speak in #" + m.links.Channel.Name, Reason: "the channel was " + how + " by hand", Mend: mend, Since: now,
	})
}

// archiveEcho is how long after a call of Muster's own chat may tell of the archive: longer than
// the wait between two calls during an outage.
const archiveEcho = 15 * time.Minute

// archivedHere reports whether it was Muster itself that has archived the channel, though nobody heard
// the answer. That may be learnt only after the incident was reopened.
func (m *room) archivedHere(now time.Time) bool {
	return now.Sub(*m.archiving) < mirror.Scaled(archiveEcho, m.policy.TimeoutScale)
}

// byHand reports whether people took the channel away while the incident lived.
func (m *room) byHand() bool { return m.run.Snagged(snagOfChannel) }

// renew lets a new channel follow the archived one once the incident lives again: a bot
// cannot unarchive. A channel that was taken away by hand is left to people.
func (m *room) renew() {
	switch {
	case m.links.Channel.ID != "" && m.links.Channel.Private != m.facts.Private:
		m.retire()
	case !m.facts.Status.Live():
		m.run.ClearSnag(snagOfChannel)
	case !m.links.Archived.IsZero() && !m.byHand():
		m.follow()
	}
}

// follow lets a new channel be opened in place of the archived one.
func (m *room) follow() {
	m.note("channel", "A new channel follows #"+m.giveUp().Name+", which is archived")
}

// giveUp forgets the channel, so that another one can be opened.
func (m *room) giveUp() (former incident.ChannelRef) {
	former = m.links.Channel
	m.links.Former = append(m.links.Former, former)
	if over := len(m.links.Former) - maxFormer; over > 0 {
		m.links.Former = m.links.Former[over:]
		*m.dropped += over
	}
	m.links.Channel, m.links.Archived, *m.archiving = incident.ChannelRef{}, time.Time{}, time.Time{}
	m.followed()
	m.run.ClearSnag(snagOfChannel)
	return former
}

// maxFormer bounds the former channels that are remembered.
const maxFormer = 20

// changed takes in what people did to the channel itself.
func (m *room) changed(in api.ChannelChangedInput) error {
	if m.deliveries.Known(in.DeliveryID) || in.Channel == "" || in.Channel != m.links.Channel.ID {
		return nil // said before, or of a channel that is not ours any more
	}
	now := m.now()
	switch {
	case in.Deleted:
		m.lost(in.Channel, "deleted", in.Actor)
	case in.Archived:
		m.lost(in.Channel, "archived", in.Actor)
	case in.Unarchived && !m.links.Archived.IsZero():
		m.links.Archived = time.Time{}
		m.archive.LastSaid = now // whoever took it back wants it for a while
		m.run.ClearSnag(snagOfChannel)
		m.facts.Note(now, in.Actor, "channel", "The channel #"+m.links.Channel.Name+" was unarchived")
	case in.Name != "" && in.Name != m.links.Channel.Name:
		m.facts.Note(now, in.Actor, "channel", fmt.Sprintf("The channel #%s is now #%s", m.links.Channel.Name, in.Name))
		m.links.Channel.Name = in.Name
	}
	return nil
}

// furnish gives the channel what it should have; then notes what came of it.
func (m *room) furnish(name, what string, f incident.Furnishing, then func(incident.Furnished)) mirror.Action {
	channel := m.links.Channel
	return m.watch(&mirror.Call{
		Name: name, Queue: api.QueueSlackWrite, Class: mirror.ClassSet,
		Summary: what + " of " + m.channelName(channel.Name),
		Run: func(ctx workflow.Context, _ bool) error {
			var done incident.Furnished
			in := activities.FurnishChannelInput{Channel: channel.ID, Furnishing: f}
			err := workflow.ExecuteActivity(ctx, mirror.Chat.FurnishChannel, in).Get(ctx, &done)
			if err == nil && m.links.Channel.ID == channel.ID {
				then(done)
			}
			return err
		},
	})
}
