package slackdoor

import (
	"cmp"
	"context"

	slackapi "github.com/slack-go/slack"

	"muster/gateway/incidents"
	"muster/gateway/slackdoor/grammar"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/workflows/api"
)

// given is one command to hand over.
type given struct {
	name    string
	command incident.Command
}

// formFor is the form of a subcommand that lacks what it needs, or that is worth a second look.
func (d *Door) formFor(ctx context.Context, r request, b book, l grammar.Line, number int) (slackapi.ModalViewRequest, bool) {
	a := l.Args
	wanted := map[grammar.Verb]bool{
		grammar.VerbUpdate: a.Text == "", grammar.VerbSeverity: a.Severity == 0, grammar.VerbTitle: a.Text == "",
		grammar.VerbAssign: a.Role == "", grammar.VerbPage: a.Target == "", grammar.VerbNote: a.Text == "",
		grammar.VerbMerge: a.Into == 0, grammar.VerbFollowUp: a.Number == 0 && a.Text == "",
		// They end something, so that a slip of the pen is looked at before it happens. Where no
		// form can open, as in a mention, the words are enough.
		grammar.VerbResolve: r.trigger != "", grammar.VerbCancel: r.trigger != "",
	}
	if !wanted[l.Verb] {
		return slackapi.ModalViewRequest{}, false
	}
	action := map[grammar.Verb]string{
		grammar.VerbUpdate: views.CallbackUpdate, grammar.VerbSeverity: views.CallbackSeverity, grammar.VerbTitle: views.CallbackTitle,
		grammar.VerbAssign: views.CallbackRole, grammar.VerbPage: views.CallbackPage, grammar.VerbNote: views.CallbackNote,
		grammar.VerbMerge: views.CallbackMerge, grammar.VerbFollowUp: views.CallbackFollowUp,
		grammar.VerbResolve: views.CallbackResolve, grammar.VerbCancel: views.CallbackCancel,
	}[l.Verb]
	return d.form(ctx, r, b, action, views.Meta{Incident: number, Channel: r.channel, Rest: a.Text}), true
}

// form builds the form of an action for the incident in its metadata. Rest is what the person has
// typed already.
func (d *Door) form(ctx context.Context, r request, b book, action string, m views.Meta) slackapi.ModalViewRequest {
	typed := m.Rest
	m.Rest, m.Action = "", ""
	i := d.sketch(ctx, m.Incident)
	switch action {
	case views.CallbackSeverity:
		return views.ChangeSeverity(b.Book, i, m)
	case views.CallbackTitle:
		return views.Title(i, m)
	case views.CallbackRole:
		return views.Role(b.Book, i, m, r.by.ID)
	case views.CallbackPage:
		return views.Page(b.Book, i, m)
	case views.CallbackNote:
		return views.Note(i, m)
	case views.CallbackFollowUp:
		return views.FollowUp(i, m, typed)
	case views.CallbackResolve:
		i.Learning = cmp.Or(typed, i.Learning)
		return views.Resolve(i, m)
	case views.CallbackCancel:
		return views.Cancel(i, m)
	case views.CallbackReopen:
		return views.Reopen(i, m)
	case views.CallbackRefine:
		return views.Refine(b.Book, i, m)
	case views.CallbackMerge:
		return views.Merge(i, m, d.others(ctx, r))
	}
	return views.Update(i, m, d.Now())
}

// others are the incidents that one may be merged into.
func (d *Door) others(ctx context.Context, r request) []incidents.Listed {
	ctx, cancel := d.lookingUp(ctx)
	defer cancel()
	open, err := d.listed(ctx, r, incidents.Filter{})
	if err != nil {
		d.Logger.WarnContext(ctx, "a form offers no incidents", "error", err)
	}
	return open
}

// commandsFor are the commands of a subcommand that has all it needs.
func (d *Door) commandsFor(ctx context.Context, r request, l grammar.Line) []given {
	a, person := l.Args, d.personOf(ctx)
	one := func(name string, c incident.Command) []given { return []given{{name, c}} }
	switch l.Verb {
	case grammar.VerbUpdate:
		c := incident.Update{Text: a.Text}
		if a.Next > 0 {
			c.Next = d.Now().Add(a.Next).UTC()
		}
		return one(api.Update, c)
	case grammar.VerbSeverity:
		return one(api.ChangeSeverity, incident.ChangeSeverity{Severity: a.Severity, Reason: a.Text})
	case grammar.VerbTitle:
		return one(api.Retitle, incident.Retitle{Title: a.Text})
	case grammar.VerbJoin:
		return one(api.Join, incident.Join{})
	case grammar.VerbAck:
		return one(api.Acknowledge, incident.Acknowledge{})
	case grammar.VerbAssign:
		return one(api.Assign, assign(r, a, person))
	case grammar.VerbInvite:
		var all []given
		for _, u := range a.Users {
			all = append(all, given{api.Invite, incident.Invite{Person: person(u)}})
		}
		return all
	case grammar.VerbPage:
		return one(api.RaisePage, incident.RaisePage{Target: a.Target})
	case grammar.VerbNote:
		return one(api.Capture, incident.Capture{Text: a.Text})
	case grammar.VerbFollowUp:
		return followUp(a, person)
	}
	return ending(l)
}

// ending are the commands by which an incident goes on or ends.
func ending(l grammar.Line) []given {
	a := l.Args
	one := func(name string, c incident.Command) []given { return []given{{name, c}} }
	switch l.Verb {
	case grammar.VerbMitigate:
		return one(api.Mitigate, incident.Mitigate{Text: a.Text})
	case grammar.VerbResolve:
		return one(api.Resolve, incident.Resolve{Learning: a.Text})
	case grammar.VerbReopen:
		return one(api.Reopen, incident.Reopen{Reason: a.Text})
	case grammar.VerbCancel:
		return one(api.Cancel, incident.Cancel{Reason: a.Text})
	case grammar.VerbMerge:
		return one(api.Merge, incident.Merge{Into: a.Into})
	case grammar.VerbReview:
		if a.Waived {
			return one(api.WaiveReview, incident.WaiveReview{Reason: a.Text})
		}
		return one(api.HoldReview, incident.HoldReview{Learning: a.Text})
	case grammar.VerbNominate:
		return one(api.Nominate, incident.Nominate{Reason: a.Text})
	}
	return one(api.Retry, incident.Retry{})
}

func assign(r request, a grammar.Args, person func(string) string) incident.Assign {
	c := incident.Assign{Role: a.Role, Person: r.person()}
	switch {
	case a.Nobody:
		c.Person = ""
	case len(a.Users) > 0:
		c.Person = person(a.Users[0])
	}
	return c
}

func followUp(a grammar.Args, person func(string) string) []given {
	owner := ""
	if len(a.Users) > 0 {
		owner = person(a.Users[0])
	}
	if a.Number > 0 {
		return []given{{api.ChangeFollowUp, incident.ChangeFollowUp{Number: a.Number, Status: a.Status, Owner: owner, Due: a.Due, Reason: a.Text}}}
	}
	return []given{{api.AddFollowUp, incident.AddFollowUp{Title: a.Text, Owner: owner, Due: a.Due}}}
}
