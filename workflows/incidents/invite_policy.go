package incidents

import "muster/incident"

// invitePolicy invites whom the playbook wants in every channel and for the named services.
func (r *incidentRun) invitePolicy() {
	now := r.facts.DeclaredAt
	for _, p := range r.policy.Chat.Invite {
		r.facts.Invite(now, incident.NormalPerson(p))
	}
	for _, s := range r.policy.Services {
		for _, p := range s.Responders {
			r.facts.Invite(now, incident.NormalPerson(p))
		}
	}
}
