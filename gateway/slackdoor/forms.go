package slackdoor

import (
	"context"
	"time"

	slackapi "github.com/slack-go/slack"

	"muster/gateway/incidents"
	"muster/gateway/slackdoor/views"
	"muster/incident"
)

// sheet is what a form about an incident is made of.
type sheet struct {
	book     views.Book
	incident incident.Incident
	meta     views.Meta
	// typed is what the person has typed already, me their user ID.
	typed, me string
	now       time.Time
	// others lists the incidents that this one may be merged into.
	others func() []incidents.Listed
}

// forms are the forms about an incident, by what they are called back with. What is not here
// opens nothing.
var forms = map[string]func(s sheet) slackapi.ModalViewRequest{
	views.CallbackUpdate:   func(s sheet) slackapi.ModalViewRequest { return views.Update(s.incident, s.meta, s.now) },
	views.CallbackSeverity: func(s sheet) slackapi.ModalViewRequest { return views.ChangeSeverity(s.book, s.incident, s.meta) },
	views.CallbackServices: func(s sheet) slackapi.ModalViewRequest { return views.ChangeServices(s.book, s.incident, s.meta) },
	views.CallbackKind:     func(s sheet) slackapi.ModalViewRequest { return views.ChangeKind(s.incident, s.meta) },
	views.CallbackTitle:    func(s sheet) slackapi.ModalViewRequest { return views.Title(s.incident, s.meta) },
	views.CallbackRole:     func(s sheet) slackapi.ModalViewRequest { return views.Role(s.book, s.incident, s.meta, s.me) },
	views.CallbackPage:     func(s sheet) slackapi.ModalViewRequest { return views.Page(s.book, s.incident, s.meta) },
	views.CallbackAck:      func(s sheet) slackapi.ModalViewRequest { return views.Acknowledge(s.incident, s.meta) },
	views.CallbackNote:     func(s sheet) slackapi.ModalViewRequest { return views.Note(s.incident, s.meta) },
	views.CallbackFollowUp: func(s sheet) slackapi.ModalViewRequest { return views.FollowUp(s.incident, s.meta, s.typed) },
	views.CallbackMitigate: func(s sheet) slackapi.ModalViewRequest { return views.Mitigate(s.incident, s.meta) },
	views.CallbackResolve:  func(s sheet) slackapi.ModalViewRequest { return views.Resolve(s.incident, s.meta, s.typed) },
	views.CallbackCancel:   func(s sheet) slackapi.ModalViewRequest { return views.Cancel(s.incident, s.meta) },
	views.CallbackReopen:   func(s sheet) slackapi.ModalViewRequest { return views.Reopen(s.incident, s.meta) },
	views.CallbackRefine:   func(s sheet) slackapi.ModalViewRequest { return views.Refine(s.book, s.incident, s.meta) },
	views.CallbackPause:    func(s sheet) slackapi.ModalViewRequest { return views.PauseReminders(s.incident, s.meta, s.now) },
	views.CallbackCorrect:  func(s sheet) slackapi.ModalViewRequest { return views.Correct(s.book, s.incident, s.meta, s.typed) },
	views.CallbackMerge:    func(s sheet) slackapi.ModalViewRequest { return views.Merge(s.incident, s.meta, s.others()) },
}

// form builds the form of an action for the incident in its metadata, which must exist for the person.
// Rest is what they have typed already.
func (d *Door) form(ctx context.Context, r request, b book, action string, m views.Meta) (slackapi.ModalViewRequest, error) {
	build, known := forms[action]
	if !known {
		return slackapi.ModalViewRequest{}, d.unwired(ctx, "the form "+action)
	}
	s := sheet{book: b.Book, meta: m, typed: m.Rest, me: r.by.ID, now: d.Now(), others: func() []incidents.Listed { return d.others(ctx, r) }}
	s.meta.Rest, s.meta.Action = "", ""
	var err error
	if s.incident, err = d.sketch(ctx, r, m.Incident); err != nil {
		return slackapi.ModalViewRequest{}, err
	}
	return build(s), nil
}

// others are the incidents that one may be merged into.
func (d *Door) others(ctx context.Context, r request) []incidents.Listed {
	ctx, cancel := d.lookingUp(ctx)
	defer cancel()
	open, err := d.listed(ctx, r, incidents.Filter{})
	if err != nil {
		d.Logger.WarnContext(ctx, "a form offers no incidents", "error", err)
	}
	return open.Incidents
}
