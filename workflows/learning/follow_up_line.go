package learning

import (
	"fmt"
	"slices"
	"time"

	"muster/incident"
	"muster/workflows/api"
)

// state answers the State query: where it stands at a moment, and what it asks of whom.
func (r *followUpRun) state(at time.Time) api.FollowUpState {
	f := r.followUp().Outside(r.s.Brief.Private)
	c := r.present(at)
	return api.FollowUpState{
		Installation: r.in.Settings.Installation, Incident: r.in.Incident, FollowUp: f, Private: r.s.Brief.Private,
		Asks: r.asks(c, at), Next: r.nextAsk(c), Snags: slices.Clone(r.s.Snags),
	}
}

// asks are what it asks for at a moment, one of a person: a new owner who does not know yet is told
// that first, and with it what is due.
func (r *followUpRun) asks(c chase, at time.Time) []api.PersonAsk {
	if c.Status.Ended() {
		return nil
	}
	var out []api.PersonAsk
	if c.Heir != "" && !slices.Contains(c.Unknown, c.Heir) {
		out = append(out, api.PersonAsk{Person: c.Heir, Ask: api.AskYours, Turn: r.heirTurn(c), Line: r.line(c.Heir, api.AskYours, at)})
	}
	if at.Before(r.askedFrom(c)) {
		return out
	}
	for _, p := range r.asked(c) {
		if p == c.Heir {
			continue
		}
		ask := r.askAt(at)
		out = append(out, api.PersonAsk{Person: p, Ask: ask, Turn: c.turn(), Told: slices.Contains(c.Told, p), Line: r.line(p, ask, at)})
	}
	return out
}

// askAt is what a moment asks for. Nothing is overdue before it was decided.
func (r *followUpRun) askAt(at time.Time) api.Ask {
	switch {
	case r.followUp().Status == incident.FollowUpProposed:
		return api.AskDecide
	case !at.Before(r.dueEnd()):
		return api.AskOverdue
	case r.today(at):
		return api.AskDue
	}
	return api.AskSoon
}

func (r *followUpRun) today(at time.Time) bool {
	return at.In(r.calendar().Location()).Format(time.DateOnly) == string(r.followUp().Due)
}

// line is one thing that a person is owed, true at a moment.
func (r *followUpRun) line(who string, ask api.Ask, at time.Time) api.Line {
	f := r.followUp()
	l := api.Line{Text: r.what() + r.says(ask, at) + r.ownerFor(who), Due: f.Due, Buttons: r.buttons()}
	if f.Issue.URL != "" {
		l.Link = incident.Link{Label: f.Issue.Key, URL: f.Issue.URL}
	}
	return l
}

// what names it: one of a private incident has a number and no word.
func (r *followUpRun) what() string {
	f := r.followUp().Outside(r.s.Brief.Private)
	if f.Title == "" {
		return fmt.Sprintf("Follow-up %d of %s (private)", f.Number, incident.Key(r.in.Incident))
	}
	return fmt.Sprintf("%s (%s)", f.Title, incident.Key(r.in.Incident))
}

func (r *followUpRun) says(ask api.Ask, at time.Time) string {
	day := r.dayInWords(at)
	switch ask {
	case api.AskDecide:
		return " waits for a decision: accept it, change it, or drop it with a reason. It would be due " + day + "."
	case api.AskYours:
		if r.followUp().Status == incident.FollowUpProposed {
			return " would be yours, due " + day + ". It is still to be decided."
		}
		if r.askAt(at) == api.AskOverdue {
			return " is yours now. It was due " + day + "."
		}
		return " is yours now, due " + day + "."
	case api.AskOverdue:
		return " was due " + day + "."
	case api.AskSoon, api.AskDue:
	}
	return " is due " + day + "."
}

// dayInWords writes the due date as people say it: today, or on Wednesday 16 December.
func (r *followUpRun) dayInWords(at time.Time) string {
	if r.today(at) {
		return "today"
	}
	day := r.dueDay()
	layout := "Monday 2 January"
	if day.Year() != at.In(day.Location()).Year() {
		layout += " 2006"
	}
	return "on " + day.Format(layout)
}

// ownerFor tells somebody else than the owner whose it is.
func (r *followUpRun) ownerFor(who string) string {
	owner := r.followUp().Owner
	switch {
	case owner == "":
		return " Nobody owns it yet."
	case who == owner:
		return ""
	case slices.Contains(r.s.Chase.Unknown, owner):
		return fmt.Sprintf(" Its owner %s cannot be found in chat: please give it to somebody else.", owner)
	}
	return fmt.Sprintf(" Its owner is %s.", owner)
}

// buttons are those that fit its status.
func (r *followUpRun) buttons() []incident.Button {
	f := r.followUp()
	value := incident.FollowUpButtonValue(r.in.Incident, f)
	first := incident.Button{Label: "Done", Action: incident.ActionFollowUpDone, Value: value}
	if f.Status == incident.FollowUpProposed {
		first = incident.Button{Label: "Accept", Action: incident.ActionFollowUpAccept, Value: value}
	}
	return []incident.Button{first, {Label: "Change …", Action: incident.ActionFollowUpChange, Value: value}}
}
