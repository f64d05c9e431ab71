package incident

// PrivateTitle is read by outsiders in place of the title of a private incident.
const PrivateTitle = "(private incident)"

// Outside is an incident as those may read of it who are no part of it. A public one is told as it
// is. Of a private one there is no word that anybody wrote, no name of a person, a service or a
// playbook's target, and no link: only that it is there, what kind it is of, how bad it is, and where
// it stands. What leaves an incident is made of this; issues in a tracker have Issue.Masked, and
// follow-ups FollowUp.Outside.
func (i *Incident) Outside() *Incident {
	if !i.Private {
		return i
	}
	return &Incident{
		Number: i.Number, Kind: i.Kind, Severity: i.Severity, Status: i.Status, Private: true, Title: PrivateTitle,
		DeclaredAt: i.DeclaredAt, StartedAt: i.StartedAt,
	}
}

// Outside is a follow-up as those may read of it who are no part of its incident: of a private one
// neither what it is about nor why it ended. Its owner, who is told of it, stays, and so does where it
// has moved, which is a number.
func (f FollowUp) Outside(private bool) FollowUp {
	if !private {
		return f
	}
	out := FollowUp{
		Number: f.Number, Status: f.Status, Owner: f.Owner, Due: f.Due, Issue: f.Issue, Revision: f.Revision,
		ProposedAt: f.ProposedAt, EndedAt: f.EndedAt, SnoozedUntil: f.SnoozedUntil,
	}
	if f.Moved() {
		out.Reason = f.Reason
	}
	return out
}
