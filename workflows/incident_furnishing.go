package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
)

// Topic and bookmarks, people, and groups are a mirror each: none of them may keep the others
// back, nor the board or a call for help, and whom a refused bookmark lets in again and again
// would never get out.

// furnishingStep keeps topic and bookmarks of the channel.
func (r *incidentRun) furnishingStep() *step {
	if r.channel() == "" {
		return nil
	}
	f := r.furnishing()
	if !r.s.Told.Furnished.differs(markOfFurnishing(f), r.opening()) {
		return nil
	}
	return r.furnishChannel("furnish the channel", "topic and bookmarks", f, func(incident.Furnished) {
		r.s.Told.Furnished = markOfFurnishing(f)
	})
}

// peopleStep invites responders to the channel, each once.
func (r *incidentRun) peopleStep() *step {
	if r.channel() == "" {
		return nil
	}
	var f incident.Furnishing
	for _, p := range r.facts.Responders {
		if !r.invited(p.Person) {
			f.Invite = append(f.Invite, p.Person)
		}
	}
	if len(f.Invite) == 0 {
		return nil
	}
	return r.furnishChannel("invite people", "people", f, func(done incident.Furnished) {
		for _, p := range f.Invite {
			r.s.Told.Invited = append(r.s.Told.Invited, short(p))
		}
		r.noteUninvited(done)
	})
}

// groupsStep invites the people of the playbook's user groups, each group once.
func (r *incidentRun) groupsStep() *step {
	if r.channel() == "" {
		return nil
	}
	var f incident.Furnishing
	for _, g := range r.groups() {
		if !r.invited("@" + g) {
			f.Groups = append(f.Groups, g)
		}
	}
	if len(f.Groups) == 0 {
		return nil
	}
	return r.furnishChannel("invite groups", "groups", f, func(done incident.Furnished) {
		for _, g := range f.Groups {
			r.s.Told.Invited = append(r.s.Told.Invited, short("@"+g))
		}
		r.noteUninvited(done)
	})
}

func (r *incidentRun) invited(who string) bool { return slices.Contains(r.s.Told.Invited, short(who)) }

func (r *incidentRun) groups() []string {
	out := slices.Clone(r.policy.Chat.Groups)
	for _, s := range r.policy.Services {
		for _, g := range s.Groups {
			if !slices.Contains(out, g) {
				out = append(out, g)
			}
		}
	}
	return out
}

func (r *incidentRun) furnishing() incident.Furnishing {
	f := incident.Furnishing{Topic: incident.Topic(r.facts, r.severityName())}
	if t := r.facts.Links.Tracker; t.URL != "" {
		f.Bookmarks = append(f.Bookmarks, incident.Link{Label: t.Key, URL: t.URL})
	}
	if k := slices.IndexFunc(r.facts.Pages, func(p incident.Page) bool { return p.URL != "" }); k >= 0 {
		f.Bookmarks = append(f.Bookmarks, incident.Link{Label: "Page to " + r.facts.Pages[k].Target, URL: r.facts.Pages[k].URL})
	}
	for _, l := range r.policy.Chat.Links {
		f.Bookmarks = append(f.Bookmarks, incident.Link{Label: l.Label, URL: r.filled(l.URL)})
	}
	return f
}

// furnishChannel gives the channel what it should have; then notes what came of it.
func (r *incidentRun) furnishChannel(name, what string, f incident.Furnishing, then func(incident.Furnished)) *step {
	channel := r.facts.Links.Channel
	return r.inChannel(&step{
		name: name,
		call: call{queue: api.QueueSlackWrite, class: classSet, summary: what + " of " + r.channelName(channel.Name)},
		run: func(ctx workflow.Context, _ bool) error {
			var done incident.Furnished
			in := activities.FurnishChannelInput{Channel: channel.ID, Furnishing: f}
			err := workflow.ExecuteActivity(ctx, chat.FurnishChannel, in).Get(ctx, &done)
			if err == nil && r.facts.Links.Channel.ID == channel.ID {
				then(done)
			}
			return err
		},
	})
}

func (r *incidentRun) noteUninvited(done incident.Furnished) {
	for _, u := range done.Uninvited {
		text := fmt.Sprintf("Could not invite %s: %s", u.Person, u.Reason)
		known := slices.ContainsFunc(r.facts.Timeline, func(e incident.Entry) bool { return e.Event == "uninvited" && e.Text == text })
		if !known {
			r.noteSelf("uninvited", text)
		}
	}
}
