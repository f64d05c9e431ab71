package incidents

import "muster/incident"

// invitePolicy invites whom the playbook wants in every channel and for the named services. Into a
// private incident it invites nobody, and says who that is, for people to decide.
func (r *incidentRun) invitePolicy() {
	var all []string
	all = append(all, r.policy.Chat.Invite...)
	for _, s := range r.policy.Services {
		all = append(all, s.Responders...)
	}
	if outside := r.facts.Beckon(r.facts.DeclaredAt, all...); len(outside) > 0 {
		r.note("uninvited", "The playbook would invite "+incident.And(outside)+". The incident is private, so nobody was: invite those who should know")
	}
}
