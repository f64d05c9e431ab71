package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Absorption is an incident that was merged into this one.
type Absorption struct {
	From    int        `json:"from"`
	Channel ChannelRef `json:"channel,omitzero"`
}

// CanAbsorb refuses an incident that others cannot be merged into. Doors ask it of the target
// before they give a Merge to the source; what was merged is then taken in whatever happens.
func (i *Incident) CanAbsorb() error {
	switch i.Status {
	case StatusMerged:
		return illegal("into", "merge into "+Key(i.MergedInto)+" instead", "%s is itself merged into %s", i.Key(), Key(i.MergedInto))
	case StatusClosed, StatusCancelled:
		return illegal("into", "reopen "+i.Key()+" first, or merge into another incident", "%s is %s", i.Key(), i.Status)
	}
	return nil
}

// Transferred lists the follow-ups that a merged incident hands to the one that goes on. It may
// be asked again: they stay on the record here, dropped with the reason that they moved. Those
// of a private incident stay with it, since the other one may be public.
func (i *Incident) Transferred() []FollowUp {
	var out []FollowUp
	for _, f := range i.FollowUps {
		if i.Status == StatusMerged && f.Status == FollowUpDropped && f.Reason == movedTo(i.MergedInto) {
			out = append(out, f)
		}
	}
	return out
}

const moved = "moved to "

func movedTo(number int) string { return moved + Key(number) }

// Moved reports whether a follow-up ended only because it goes on in another incident.
func (f FollowUp) Moved() bool {
	key, ok := strings.CutPrefix(f.Reason, moved)
	_, err := ParseKey(key)
	return ok && err == nil && f.Status == FollowUpDropped
}

// moveFollowUps drops what is open here because it goes on in another incident.
func (i *Incident) moveFollowUps(now time.Time, into int) {
	if i.Private {
		return
	}
	for k := range i.FollowUps {
		if f := &i.FollowUps[k]; !f.Status.Ended() {
			f.end(FollowUpDropped, movedTo(into), now)
			f.Revision++
			f.Set.Status = f.Revision
		}
	}
}

// TransferRest moves what a merged incident was given after its merge to where the rest has gone.
func (i *Incident) TransferRest(now time.Time) {
	if i.Status == StatusMerged {
		i.moveFollowUps(now, i.MergedInto)
	}
}

// Absorb takes over what an incident that was merged into this one hands over: its people, its
// follow-ups and a link to its channel. It reports whether that was news; a repetition is not.
// It refuses nothing, for the source has let go already: a follow-up that arrives after this
// incident was closed reawakens it.
//
// A private incident takes in nobody: neither people nor the channel in which others are, nor
// the owners of follow-ups. It names the people, so that whoever is part of it can invite them.
func (i *Incident) Absorb(now time.Time, from int, title string, channel ChannelRef, responders []Responder, followUps []FollowUp, by Actor) bool {
	if from < 1 || from == i.Number {
		return false
	}
	if i.Private {
		channel = ChannelRef{}
	}
	news := i.link(from, channel)
	var outside []string
	for _, r := range responders {
		before := len(i.Responders)
		outside = append(outside, i.Beckon(now, r.Person)...)
		news = news || len(i.Responders) > before
	}
	lost := 0
	for _, f := range followUps {
		if owner := NormalPerson(f.Owner); owner != "" && i.Private && !i.PartOf(owner) {
			f.Owner, outside = "", add(outside, owner)
		}
		switch added, fits := i.takeFollowUp(from, f); {
		case !fits:
			lost++
		case added:
			news = true
		}
	}
	if !news {
		return false
	}
	text := Key(from)
	if t := CleanLine(title); t != "" {
		text += " (" + t + ")"
	}
	text += " was merged into this"
	if lost > 0 {
		text += fmt.Sprintf("; %d of its follow-ups found no room and stay on its own record", lost)
	}
	text += notLetIn(outside)
	i.changed(now, by, "absorbed", "%s", text)
	return true
}

// maxAbsorbed bounds the merged incidents whose channels are linked; of the others the number
// alone is remembered.
const maxAbsorbed = 50

// link remembers a merged incident with its channel, and reports whether it is new.
func (i *Incident) link(from int, channel ChannelRef) (news bool) {
	k := slices.IndexFunc(i.Absorbed, func(a Absorption) bool { return a.From == from })
	if k < 0 {
		if len(i.Absorbed) >= maxAbsorbed {
			channel = ChannelRef{}
		}
		i.Absorbed = append(i.Absorbed, Absorption{From: from, Channel: channel})
		return true
	}
	if channel.ID != "" && k < maxAbsorbed { // it was opened, or opened anew, in the meantime
		i.Absorbed[k].Channel = channel
	}
	return false
}

// takeFollowUp adds a follow-up of another incident unless it has come over before. It is
// proposed anew by whom it was first proposed.
func (i *Incident) takeFollowUp(from int, f FollowUp) (added, fits bool) {
	origin := fmt.Sprintf("%s/%d", Key(from), f.Number)
	title := CleanLine(f.Title)
	if f.Status.Ended() && !f.Moved() || title == "" ||
		slices.ContainsFunc(i.FollowUps, func(o FollowUp) bool { return o.Origin == origin }) {
		return false, true
	}
	if len(i.FollowUps) >= maxFollowUps {
		return false, false
	}
	taken := FollowUp{
		Number: len(i.FollowUps) + 1, Title: title, Status: FollowUpProposed, Owner: f.Owner, Due: f.Due,
		Kind: f.Kind, Priority: f.Priority, Labels: f.Labels, Urgent: f.Urgent,
		ProposedBy: f.ProposedBy, ProposedAt: f.ProposedAt, Origin: origin,
	}
	if f.Urgent { // it was accepted at once, and is again
		taken.Status, taken.DecidedBy, taken.DecidedAt = FollowUpAccepted, f.DecidedBy, f.DecidedAt
	}
	i.FollowUps = append(i.FollowUps, taken)
	i.reawaken(VerbFollowUp)
	return true, true
}
