package incidents

import (
	"fmt"
	"slices"
	"strings"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/mirror"
)

// resolved fills in what only the playbook knows: its own name of a target that a person wrote in
// their way, and whom it requires.
func (r *incidentRun) resolved(c incident.Command) incident.Command {
	switch c := c.(type) {
	case incident.ChangeServices:
		return r.servicesKnown(c)
	case incident.Correct:
		return r.correctionKnown(c)
	case incident.RaisePage:
		return r.targetKnown(c)
	}
	return c
}

func (r *incidentRun) targetKnown(p incident.RaisePage) incident.RaisePage {
	if p.Required {
		return p.Reaching(targetNames(r.requiredOrLast()))
	}
	if t, found := r.policy.Target(r.facts.Severity, p.Target); found {
		p.Target = t.Name
	}
	return p
}

// requiredOrLast are those whom the playbook requires, or else its last resort.
func (r *incidentRun) requiredOrLast() []playbook.PageTarget {
	required := r.policy.Required(r.facts.Severity)
	if len(required) == 0 && r.policy.LastResort != nil {
		return []playbook.PageTarget{*r.policy.LastResort}
	}
	return required
}

// checkPolicy refuses what does not fit the playbook, which the domain cannot know.
func (r *incidentRun) checkPolicy(c incident.Command) error {
	switch c := c.(type) {
	case incident.RaisePage:
		return r.checkTarget(c)
	case incident.ChangeServices:
		return r.checkServices(c)
	case incident.Correct:
		return r.checkCorrection(c)
	case incident.Assign:
		return r.checkRole(c)
	case incident.Acknowledge:
		return r.checkKnown(c)
	case incident.AddFollowUp:
		return r.checkDue(c)
	case incident.ChangeFollowUp:
		if err := r.checkReopening(c); err != nil {
			return err
		}
		return r.checkDue(c)
	case incident.Retry:
		_, err := connectionsOf(c)
		return err
	}
	return nil
}

// checkReopening refuses to bring back a follow-up that ended too long ago: what follows it has left.
func (r *incidentRun) checkReopening(c incident.ChangeFollowUp) error {
	f := r.facts.FollowUp(c.Number)
	if !c.Reopens(f) {
		return nil
	}
	until := r.policy.Calendar.Add(f.EndedAt, r.policy.FollowUps.Grace)
	if r.now().Before(until) {
		return nil
	}
	return &incident.Problem{
		Code: incident.CodeIllegal, Field: "status",
		Reason: fmt.Sprintf("follow-up %d is %s since %s, and could be reopened until %s", f.Number, f.Status,
			f.EndedAt.In(r.zone()).Format("2 Jan 2006"), until.In(r.zone()).Format("2 Jan 2006")),
		Mend: "propose a new follow-up",
	}
}

// checkDue refuses a due date that has passed where the incident's people are, of which the domain
// knows nothing.
func (r *incidentRun) checkDue(c incident.Command) error {
	due, asked := incident.NewDue(r.facts, c)
	if !asked {
		return nil
	}
	return incident.CheckDue("due", due, r.now().In(r.zone()))
}

// checkTarget refuses a page to whom the playbook does not have.
func (r *incidentRun) checkTarget(p incident.RaisePage) error {
	names := targetNames(r.policy.Pageable(r.facts.Severity))
	if p.Required && len(r.requiredOrLast()) > 0 {
		return nil
	}
	if _, found := r.policy.Target(r.facts.Severity, p.Target); found && !p.Required {
		return nil
	}
	mend := "write a person, policy:ID or schedule:ID: the playbook names nobody to page"
	if len(names) > 0 {
		mend = "write one of " + mirror.Clipped(strings.Join(names, ", "), 500) + "; or a person, policy:ID or schedule:ID"
	}
	if p.Required {
		return &incident.Problem{Code: incident.CodeInvalid, Field: "required", Reason: "the playbook requires nobody for this incident", Mend: mend}
	}
	return &incident.Problem{
		Code: incident.CodeInvalid, Field: "target", Reason: fmt.Sprintf("%q is no target of the playbook", mirror.Clipped(p.Target, 60)), Mend: mend,
	}
}

func targetNames(targets []playbook.PageTarget) []string {
	var out []string
	for _, t := range targets {
		out = append(out, t.Name)
	}
	return out
}

// checkRole refuses a role that the playbook does not have.
func (r *incidentRun) checkRole(a incident.Assign) error {
	if a.Role == "" || slices.Contains(r.policy.Roles, a.Role) {
		return nil
	}
	return &incident.Problem{
		Code: incident.CodeInvalid, Field: "role", Reason: fmt.Sprintf("%q is no role", a.Role),
		Mend: fmt.Sprintf("write one of %v", r.policy.Roles),
	}
}

// checkKnown keeps a name that anybody can write at a terminal from silencing a page: it must be
// one that the playbook or the pager knows. Chat and API tokens have shown who somebody is.
func (r *incidentRun) checkKnown(c incident.Acknowledge) error {
	given := incident.NormalPerson(c.Actor.Person)
	person := c.Taker()
	shown := given != "" && (c.Actor.Way == incident.WaySlack || c.Actor.Way == incident.WayAPI)
	if shown && person != given && c.Actor.Way == incident.WayAPI {
		return &incident.Problem{
			Code: incident.CodeInvalid, Field: "person", Reason: "the token is " + given + "'s, and acknowledges for nobody else",
			Mend: "leave the person out, or use a token of " + mirror.Clipped(person, 100),
		}
	}
	if shown && person == given || slices.Contains(r.policy.Known, person) {
		return nil
	}
	for _, p := range r.facts.Pages {
		if slices.Contains(p.Asked, person) {
			return nil
		}
	}
	return &incident.Problem{
		Code: incident.CodeInvalid, Field: "person", Reason: mirror.Clipped(person, 100) + " is in no directory, so the page rings on",
		Mend: "acknowledge in Slack or at the pager, or be named under people in the playbook",
	}
}
