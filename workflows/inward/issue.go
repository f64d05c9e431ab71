// Package inward judges what a tracker says of an issue: who keeps an issue takes over what people have
// changed there, once and in order, and concludes nothing from what is old, doubtful or absent. It is the
// counterpart of package mirror, which keeps the outside in line with the facts.
package inward

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// Issue is what a workflow knows of its issue from the tracker.
type Issue struct {
	// Seen is the issue as the tracker last told of it, or as it was last written there.
	Seen incident.IssueState `json:"seen,omitzero"`
	// Asked are those whom Muster asked the tracker to assign since it was last read, and the one before
	// them. A tracker that does not know the last of them goes on showing another, which is nobody's change.
	Asked []string `json:"asked,omitempty"`
	// OwnerShown says that the tracker has shown who is assigned: what comes after is a change.
	OwnerShown bool `json:"owner_shown,omitempty"`
	// WroteAt is when Muster last wrote to it, by its own clock.
	WroteAt time.Time `json:"wrote_at,omitzero"`
	// Times say since when each field is as it is.
	Times      map[incident.IssuePart]Since `json:"times,omitempty"`
	Deliveries mirror.Deliveries            `json:"deliveries,omitempty"`
	// UnseenSince is when the tracker ceased to show the issue, Deleted that it said it was deleted.
	UnseenSince time.Time `json:"unseen_since,omitzero"`
	Deleted     bool      `json:"deleted,omitempty"`
	// LookAt is when an issue that is not shown is looked for again.
	LookAt time.Time `json:"look_at,omitzero"`
	// Doubt is true when an event left open what is so: the issue must be read.
	Doubt bool `json:"doubt,omitempty"`
	// PutBack counts how often since PutBackFrom what is Muster's was put back that others had taken away.
	PutBack     int       `json:"put_back,omitempty"`
	PutBackFrom time.Time `json:"put_back_from,omitzero"`
}

// Since is a moment by the tracker's clock, or by Muster's where Muster wrote the field itself.
type Since struct {
	At  time.Time `json:"at"`
	Own bool      `json:"own,omitempty"`
}

// News is what is to be taken over.
type News struct {
	Fields []incident.IssuePart
	// Was is how the issue was seen before.
	Was incident.IssueState
	// Deleted, Unseen and SeenAgain report that this came to be so just now.
	Deleted, Unseen, SeenAgain bool
	// Crossed says that Muster wrote to the issue at about the same time, or later, and may have undone it
	// in the tracker.
	Crossed bool
}

// Has reports whether a field is news.
func (n News) Has(f incident.IssuePart) bool { return slices.Contains(n.Fields, f) }

const (
	// apart is how far the clocks of Muster and the tracker may be: what happened there within that time of
	// a write of Muster's own cannot be ordered by them.
	apart = 2 * time.Minute
	// ahead is how far into the future an event may be dated before its date is worth nothing.
	ahead = 10 * time.Minute
)

// readFields are what a read state tells of.
var readFields = []incident.IssuePart{
	incident.IssueStatus, incident.IssueOwner, incident.IssueDue, incident.IssueTitle, incident.IssueKey, incident.IssueParent,
}

// Take takes in one event or reading of the issue that ref names, and says what of it is news. Each event
// counts once, an older one never wins, and what cannot be ordered raises a doubt. The error says that it
// is another issue's.
func (i *Issue) Take(ref incident.IssueRef, in api.IssueChangedInput, now time.Time) (News, error) {
	if !same(ref, in.Issue) {
		return News{}, fmt.Errorf("issue %q is not the one that is kept here", mirror.Clipped(in.Issue.Key, 60))
	}
	if i.Deliveries.Known(in.DeliveryID) {
		return News{}, nil
	}
	switch {
	case in.Issue.Unread:
		return News{}, nil
	case in.Issue.Deleted:
		news := News{Deleted: !i.Deleted && in.Issue.ID == ref.ID}
		i.Deleted = i.Deleted || news.Deleted
		return news, nil
	case in.Issue.Unseen:
		if i.Deleted || !i.UnseenSince.IsZero() {
			return News{}, nil
		}
		i.UnseenSince = now
		return News{Unseen: true}, nil
	case !in.ReadAt.IsZero():
		return i.read(in), nil
	}
	return i.event(in, now), nil
}

// same compares by ID, which a moved issue keeps; a copy has another one. Keys count only where an ID is
// not known yet.
func same(ref incident.IssueRef, s incident.IssueState) bool {
	if ref.ID != "" && s.ID != "" {
		return ref.ID == s.ID
	}
	if s.Unseen || s.Unread { // it is named as it was asked for
		return s.Key != "" && (s.Key == ref.ID || strings.EqualFold(s.Key, ref.Key))
	}
	return ref.Key != "" && strings.EqualFold(ref.Key, s.Key)
}

// read takes in the whole state. What it shows differently from what was last seen or written, people have
// changed.
func (i *Issue) read(in api.IssueChangedInput) News {
	if in.ReadAt.Before(i.WroteAt) {
		i.Doubt = true // it was read before the last write, which it does not show yet
		return News{}
	}
	news := News{Was: i.Seen, SeenAgain: !i.UnseenSince.IsZero()}
	i.UnseenSince, i.Doubt = time.Time{}, false
	for _, f := range readFields {
		if !i.current(f, in.Issue.Updated) {
			continue // an event has told of what came after
		}
		if i.differs(f, in.Issue) {
			news.Fields = append(news.Fields, f)
		}
		i.show(f, in.Issue)
	}
	i.ownerRead(news.Has(incident.IssueOwner))
	i.Seen.ID, i.Seen.URL, i.Seen.Updated = in.Issue.ID, in.Issue.URL, in.Issue.Updated
	return news
}

// current reports whether a reading of an issue that changed last at a moment is the newest that is known of
// a field, and notes it.
func (i *Issue) current(f incident.IssuePart, updated time.Time) bool {
	since := i.Times[f]
	switch {
	case updated.IsZero():
	case since.Own && updated.Before(since.At.Add(apart)):
	case !since.Own && since.At.After(updated):
		return false
	default:
		i.since(f, Since{At: updated})
	}
	return true
}

// differs reports whether people have changed a field that was read.
func (i *Issue) differs(f incident.IssuePart, read incident.IssueState) bool {
	switch {
	case f == incident.IssueOwner:
		return i.OwnerShown && !(read.Owner != "" && slices.Contains(i.Asked, read.Owner)) && !sameOwner(i.Seen, read)
	case f == incident.IssueStatus && i.Seen.Status == "" && !read.Done:
		return false // an issue that was just made is open, whatever the tracker calls it
	}
	return value(f, read) != value(f, i.Seen)
}

// sameOwner reports whether two states name one person. The tracker may cease to show an address; that it
// shows one which it did not show before is news.
func sameOwner(before, now incident.IssueState) bool {
	switch {
	case before.Owner == "" && now.Owner != "":
		return false
	case before.OwnerID != "" && now.OwnerID != "":
		return before.OwnerID == now.OwnerID
	case now.Owner == "" && now.OwnerName != "":
		return before.OwnerName == now.OwnerName
	}
	return before.Owner == now.Owner && before.OwnerName == now.OwnerName
}

// ownerRead goes on from whom the tracker shows now.
func (i *Issue) ownerRead(news bool) {
	i.OwnerShown = true
	if news {
		i.Asked = nil
		if i.Seen.Owner != "" {
			i.Asked = []string{i.Seen.Owner}
		}
	}
	if n := len(i.Asked); n > 1 {
		i.Asked = i.Asked[n-1:]
	}
}

func (i *Issue) event(in api.IssueChangedInput, now time.Time) News {
	if len(in.Changed) == 0 || in.At.IsZero() || in.At.After(now.Add(ahead)) {
		i.Doubt = true
		return News{}
	}
	news := News{Was: i.Seen, Crossed: in.At.Before(i.WroteAt.Add(apart))}
	for _, f := range in.Changed {
		since := i.Times[f]
		switch between := in.At.Sub(since.At); {
		case since.Own && between.Abs() < apart, between == 0:
			i.Doubt = true
		case between < 0:
		default:
			i.since(f, Since{At: in.At})
			i.show(f, in.Issue)
			news.Fields = append(news.Fields, f)
		}
	}
	if news.Has(incident.IssueOwner) {
		i.ownerRead(true)
		if in.Issue.OwnerName != "" {
			i.Doubt = true // the event does not show the address, but whoever looks people up may know it
		}
	}
	return news
}

// Made notes how an issue is that was just made, or found where an earlier attempt had made it: that one may
// say what was true then.
func (i *Issue) Made(made incident.IssueWritten, written incident.Issue) {
	i.Seen, i.OwnerShown = made.State, made.State.ID != ""
	i.Seen.ID, i.Seen.Key = made.ID, made.Key
	i.ask(written.Owner)
	if !made.Found {
		i.Seen.Due, i.Seen.Title = written.Due, written.Summary
	}
}

// Linked takes an issue as it is, which other people have made.
func (i *Issue) Linked(s incident.IssueState) {
	*i = Issue{Seen: s, OwnerShown: true}
	i.ask(s.Owner)
}

// ask notes whom Muster wants to be assigned.
func (i *Issue) ask(owner string) (news bool) {
	n := len(i.Asked)
	if owner == "" || n > 0 && i.Asked[n-1] == owner {
		return false
	}
	i.Asked = append(i.Asked[max(0, n-maxAsked):n:n], owner)
	return true
}

// maxAsked bounds how many owners are remembered between two readings.
const maxAsked = 5

// Wrote notes that Muster has just written to the issue.
func (i *Issue) Wrote(written incident.Issue, now time.Time) {
	i.WroteAt = now
	if written.Due != "" && written.Due != i.Seen.Due {
		i.Seen.Due = written.Due
		i.since(incident.IssueDue, Since{At: now, Own: true})
	}
	if written.Summary != "" && written.Summary != i.Seen.Title {
		i.Seen.Title = written.Summary
		i.since(incident.IssueTitle, Since{At: now, Own: true})
	}
	if i.ask(written.Owner) {
		i.since(incident.IssueOwner, Since{At: now, Own: true})
	}
	if written.Unassigned && (i.Seen.Owner != "" || i.Seen.OwnerName != "") {
		i.Seen.Owner, i.Seen.OwnerName, i.Seen.OwnerID, i.Asked = "", "", "", nil
		i.since(incident.IssueOwner, Since{At: now, Own: true})
	}
}

// Moved notes the state to which Muster has just moved the issue.
func (i *Issue) Moved(to incident.IssueState, now time.Time) {
	i.WroteAt = now
	i.show(incident.IssueStatus, to)
	i.since(incident.IssueStatus, Since{At: now, Own: true})
}

// The labels and the place of an issue are put back so often within a time and no more: somebody's
// automation may take them away each time.
const (
	maxPutBack   = 3
	putBackWhile = 24 * time.Hour
)

// MayPutBack reports whether what others have taken away is put back once more, and counts that.
func (i *Issue) MayPutBack(now time.Time) bool {
	if now.Sub(i.PutBackFrom) >= putBackWhile {
		i.PutBack, i.PutBackFrom = 0, now
	}
	i.PutBack++
	return i.PutBack <= maxPutBack
}

func (i *Issue) since(f incident.IssuePart, s Since) {
	if i.Times == nil {
		i.Times = map[incident.IssuePart]Since{}
	}
	i.Times[f] = s
}

// value is a field in one word, to be compared.
func value(f incident.IssuePart, s incident.IssueState) string {
	switch f {
	case incident.IssueStatus:
		return fmt.Sprint(s.Status, "\x00", s.Resolution, "\x00", s.Done)
	case incident.IssueDue:
		return string(s.Due)
	case incident.IssueTitle:
		return s.Title
	case incident.IssueKey:
		return s.Key
	case incident.IssueParent:
		return s.Parent
	case incident.IssueOwner, incident.IssueLabels:
	}
	return ""
}

// show notes how the tracker shows a field.
func (i *Issue) show(f incident.IssuePart, from incident.IssueState) {
	to := &i.Seen
	switch f {
	case incident.IssueStatus:
		to.Status, to.Resolution, to.Done = from.Status, from.Resolution, from.Done
	case incident.IssueOwner:
		if from.Owner == "" && from.OwnerName != "" && sameOwner(*to, from) {
			return // the address is not shown any more, but known
		}
		to.Owner, to.OwnerName, to.OwnerID = from.Owner, from.OwnerName, from.OwnerID
	case incident.IssueDue:
		to.Due = from.Due
	case incident.IssueTitle:
		to.Title = from.Title
	case incident.IssueKey:
		to.Key = from.Key
	case incident.IssueParent:
		to.Parent = from.Parent
	case incident.IssueLabels:
	}
}
