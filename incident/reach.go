package incident

import "strings"

// Reach is somebody whom the pager knows and the playbook need not: a person, an escalation policy
// or a schedule.
type Reach struct {
	// Kind is person, policy or schedule.
	Kind string
	// ID is a person's e-mail address, or the pager's own ID of a policy or a schedule.
	ID string
}

// The kinds of Reach.
const (
	ReachPerson   = "person"
	ReachPolicy   = "policy"
	ReachSchedule = "schedule"
)

// maxReachID bounds the pager's own IDs, which have 7 or 14 characters at PagerDuty.
const maxReachID = 64

// ParseReach reads whom to page as people write it: alice@example.com, with or without an @ before
// it, person:alice@example.com, policy:PABC123 or schedule:PABC123.
func ParseReach(s string) (Reach, bool) {
	s = strings.TrimSpace(s)
	kind, id, named := strings.Cut(s, ":")
	if !named {
		kind, id = ReachPerson, strings.TrimPrefix(s, "@")
	}
	switch kind = strings.ToLower(strings.TrimSpace(kind)); kind {
	case ReachPerson:
		id = NormalPerson(id)
		return Reach{Kind: kind, ID: id}, CheckPerson("", id) == nil
	case ReachPolicy, ReachSchedule:
		id = strings.ToUpper(strings.TrimSpace(id))
		return Reach{Kind: kind, ID: id}, id != "" && len(id) <= maxReachID && !strings.ContainsFunc(id, notInID)
	}
	return Reach{}, false
}

func notInID(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') }

// String is the form that is kept: person:alice@example.com.
func (r Reach) String() string { return r.Kind + ":" + r.ID }

// Name is how people read it: a person by their address alone.
func (r Reach) Name() string {
	if r.Kind == ReachPerson {
		return r.ID
	}
	return r.String()
}
