package incidents

import (
	"slices"

	"muster/incident"
	"muster/workflows/mirror"
)

// Topic and bookmarks, people, and groups are a mirror each: none of them may keep the others
// back, nor the board or a call for help, and whom a refused bookmark lets in again and again
// would never get out.

// furnishing keeps topic and bookmarks of the channel. It may change what it remembers of them.
type furnishing struct {
	*scene
	settling  *settling
	room      *room
	furnished *mirror.Mark
}

// next keeps topic and bookmarks of the channel.
func (f *furnishing) next() mirror.Action {
	if f.channel() == "" {
		return nil
	}
	wanted := f.wanted()
	if !f.furnished.Differs(mirror.MarkOfFurnishing(wanted), f.opening()) {
		return nil
	}
	first := *f.furnished == (mirror.Mark{})
	if !first && !f.settling.over() {
		return nil
	}
	return f.room.furnish("furnish the channel", "topic and bookmarks", wanted, func(incident.Furnished) {
		*f.furnished = mirror.MarkOfFurnishing(wanted)
		if first {
			f.settling.posted()
		}
	})
}

func (f *furnishing) wanted() incident.Furnishing {
	out := incident.Furnishing{Topic: incident.Topic(f.facts, f.severityName())}
	if t := f.facts.Links.Tracker; t.URL != "" {
		out.Bookmarks = append(out.Bookmarks, incident.Link{Label: t.Key, URL: t.URL})
	}
	if k := slices.IndexFunc(f.facts.Pages, func(p incident.Page) bool { return p.URL != "" }); k >= 0 {
		out.Bookmarks = append(out.Bookmarks, incident.Link{Label: "Page to " + f.facts.Pages[k].Target, URL: f.facts.Pages[k].URL})
	}
	for _, l := range f.policy.Chat.Links {
		out.Bookmarks = append(out.Bookmarks, incident.Link{Label: l.Label, URL: f.filled(l.URL)})
	}
	return out
}
