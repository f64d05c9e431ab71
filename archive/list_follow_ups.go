package archive

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"muster/incident"
)

// FollowUpsWanted says which follow-ups a list holds. The zero value is all of all times, but for those that
// have moved into another incident, where they are listed.
type FollowUpsWanted struct {
	// Open keeps those that are proposed or accepted, and has those due first in front; otherwise those of the
	// newest incidents are.
	Open bool
	// Statuses are those wanted, empty for any.
	Statuses []incident.FollowUpStatus
	// DueBefore keeps those whose day is before this one; empty for any.
	DueBefore incident.Date
	// Owner is an e-mail address, empty for anybody; Nobody keeps those that have no owner.
	Owner  string
	Nobody bool
	// Service is one that the incident names, empty for any.
	Service string
	// Incident is the number of the only one whose follow-ups are wanted, 0 for any.
	Incident int
}

// FollowUp is a follow-up of an incident.
type FollowUp struct {
	incident.FollowUp

	Incident int
	Private  bool
	// Services are those that the incident names.
	Services []string
}

// FollowUpPage is the part of a list that is wanted. The zero value is its beginning. Only lists of all times,
// which Open is not set for, go on.
type FollowUpPage struct {
	// Incident and Number are those of the last one of the page before.
	Incident, Number int
	// Limit is how many there are at most, DefaultHits for 0.
	Limit int
}

// FollowUps lists follow-ups of incidents that a viewer may see. More says that there are more than that.
func (a *Archive) FollowUps(ctx context.Context, w FollowUpsWanted, v Viewer, p FollowUpPage) (found []FollowUp, more bool, err error) {
	limit, err := Page{Limit: p.Limit}.limit()
	if err != nil {
		return nil, false, err
	}
	p.Limit = limit + 1
	err = a.read(ctx, "list follow-ups", func(tx *tx) error {
		found, err = tx.followUps(ctx, w, v, p)
		return err
	})
	if len(found) > limit {
		return found[:limit], true, err
	}
	return found, false, err
}

// condition writes what is wanted for a viewer: of a follow-up f and its incident i.
func (w *FollowUpsWanted) condition(d dialect, v Viewer, p FollowUpPage) *condition {
	c := &condition{dialect: d}
	c.seen(v, nil)
	if who := incident.NormalPerson(v.Person); v.Guest && !v.All && who != "" { // or all incidents are looked at for their few
		c.and("f.incident IN (SELECT incident FROM people WHERE person = ? AND part = ?)", who, partMember)
	}
	c.and(notCanary)
	c.and("f.moved = 0")
	statuses := w.Statuses
	if w.Open && len(statuses) == 0 {
		statuses = []incident.FollowUpStatus{incident.FollowUpProposed, incident.FollowUpAccepted}
	}
	if len(statuses) > 0 {
		args := make([]any, len(statuses))
		for k, s := range statuses {
			args[k] = string(s)
		}
		c.and("f.status IN "+placeholders(len(args)), args...)
	}
	if w.DueBefore != "" {
		c.and("f.due <> '' AND f.due < ?", string(w.DueBefore))
	}
	switch {
	case w.Nobody:
		c.and("f.owner = ''")
	case w.Owner != "":
		c.and("f.owner = ?", incident.NormalPerson(w.Owner))
	}
	if w.Service != "" {
		c.and("f.incident IN (SELECT incident FROM services WHERE service = ?)", strings.ToLower(w.Service))
	}
	if w.Incident != 0 {
		c.and("f.incident = ?", w.Incident)
	}
	if p.Incident != 0 {
		c.and("(f.incident, f.number) < (?, ?)", p.Incident, p.Number)
	}
	return c
}

func (t *tx) followUps(ctx context.Context, w FollowUpsWanted, v Viewer, p FollowUpPage) ([]FollowUp, error) {
	c := w.condition(t.dialect, v, p)
	order := "f.incident DESC, f.number DESC"
	if w.Open {
		order = "CASE WHEN f.due = '' THEN 1 ELSE 0 END, f.due, f.incident, f.number"
	}
	var found []FollowUp
	err := t.rows(ctx, "SELECT f.incident, f.number FROM follow_ups f JOIN incidents i ON i.number = f.incident WHERE "+
		strings.Join(c.parts, " AND ")+" ORDER BY "+order+" LIMIT ?", append(c.args, p.Limit),
		func(scan func(...any) error) error {
			var f FollowUp
			err := scan(&f.Incident, &f.Number)
			found = append(found, f)
			return err
		})
	if err != nil || len(found) == 0 {
		return found, err
	}
	return found, t.fillFollowUps(ctx, found)
}

// fillFollowUps reads the rest from the facts, which have more of follow-ups than their rows do.
func (t *tx) fillFollowUps(ctx context.Context, found []FollowUp) error {
	of := map[int][]int{}
	var numbers []int
	for k, f := range found {
		if of[f.Incident] == nil {
			numbers = append(numbers, f.Incident)
		}
		of[f.Incident] = append(of[f.Incident], k)
	}
	in, args := among(numbers)
	return t.rows(ctx, "SELECT number, private, facts FROM incidents WHERE number IN "+in, args, func(scan func(...any) error) error {
		var number int
		var private bool
		var doc []byte
		if err := scan(&number, &private, &doc); err != nil {
			return err
		}
		var facts struct {
			Services  []string            `json:"services"`
			FollowUps []incident.FollowUp `json:"follow_ups"`
		}
		if err := json.Unmarshal(doc, &facts); err != nil {
			return fmt.Errorf("read the facts of %s: %w", incident.Key(number), err)
		}
		for _, k := range of[number] {
			f := &found[k]
			f.Private, f.Services = private, facts.Services
			if at := slices.IndexFunc(facts.FollowUps, func(have incident.FollowUp) bool { return have.Number == f.Number }); at >= 0 {
				f.FollowUp = facts.FollowUps[at]
			}
		}
		return nil
	})
}
