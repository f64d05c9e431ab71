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
	// WroteOwner is whom Muster last asked the tracker to assign. A tracker that does not know the person
	// goes on showing another, which is nobody's change.
	WroteOwner string `json:"wrote_owner,omitempty"`
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
		since := i.Times[f]
		if !since.Own && since.At.After(in.Issue.Updated) && !in.Issue.Updated.IsZero() {
			continue // an event has told of what came after
		}
		if !in.Issue.Updated.IsZero() && !since.Own {
			i.since(f, Since{At: in.Issue.Updated})
		}
		differs := value(f, in.Issue) != value(f, i.Seen)
		if f == incident.IssueOwner && in.Issue.Owner != "" && in.Issue.Owner == i.WroteOwner {
			differs = false
		}
		if f == incident.IssueStatus && i.Seen.Status == "" && !in.Issue.Done {
			differs = false // an issue that was just made is open, whatever the tracker calls it
		}
		if differs {
			news.Fields = append(news.Fields, f)
		}
		show(f, in.Issue, &i.Seen)
	}
	i.Seen.ID, i.Seen.URL, i.Seen.Updated = in.Issue.ID, in.Issue.URL, in.Issue.Updated
	return news
}

func (i *Issue) event(in api.IssueChangedInput, now time.Time) News {
	if len(in.Changed) == 0 || in.At.IsZero() || in.At.After(now.Add(ahead)) {
		i.Doubt = true
		return News{}
	}
	news := News{Was: i.Seen}
	for _, f := range in.Changed {
		since := i.Times[f]
		switch between := in.At.Sub(since.At); {
		case since.Own && between.Abs() < apart, between == 0:
			i.Doubt = true
		case between < 0:
		default:
			i.since(f, Since{At: in.At})
			show(f, in.Issue, &i.Seen)
			news.Fields = append(news.Fields, f)
		}
	}
	if news.Has(incident.IssueOwner) && in.Issue.OwnerName != "" {
		i.Doubt = true // the event does not show the address, but whoever looks people up may know it
	}
	return news
}

// Found notes how an issue is that was just made or found.
func (i *Issue) Found(made incident.IssueWritten, written incident.Issue) {
	i.Seen = made.State
	i.Seen.ID, i.Seen.Key = made.ID, made.Key
	i.Seen.Due, i.Seen.Title, i.WroteOwner = written.Due, written.Summary, written.Owner
}

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
	if written.Owner != "" && written.Owner != i.WroteOwner {
		i.WroteOwner = written.Owner
		i.since(incident.IssueOwner, Since{At: now, Own: true})
	}
}

// Moved notes the state to which Muster has just moved the issue.
func (i *Issue) Moved(to incident.IssueState, now time.Time) {
	i.WroteAt = now
	show(incident.IssueStatus, to, &i.Seen)
	i.since(incident.IssueStatus, Since{At: now, Own: true})
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
	case incident.IssueOwner:
		return s.Owner + "\x00" + s.OwnerName
	case incident.IssueDue:
		return string(s.Due)
	case incident.IssueTitle:
		return s.Title
	case incident.IssueKey:
		return s.Key
	case incident.IssueParent:
		return s.Parent
	case incident.IssueLabels:
	}
	return ""
}

// show copies a field from one state to another.
func show(f incident.IssuePart, from incident.IssueState, to *incident.IssueState) {
	switch f {
	case incident.IssueStatus:
		to.Status, to.Resolution, to.Done = from.Status, from.Resolution, from.Done
	case incident.IssueOwner:
		to.Owner, to.OwnerName = from.Owner, from.OwnerName
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
