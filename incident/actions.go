package incident

import (
	"strconv"
	"strings"
)

// What buttons ask for. They are part of messages that live for weeks, so a word here is never
// given another meaning.
const (
	ActionAcknowledge = "acknowledge"
	ActionJoin        = "join"
	ActionRole        = "role"
	ActionUpdate      = "update"
	ActionSeverity    = "severity"
	ActionPage        = "page"
	ActionPageNow     = "page_now" // whom the playbook requires
	ActionFollowUp    = "follow_up"
	ActionMitigate    = "mitigate"
	ActionResolve     = "resolve"
	ActionReopen      = "reopen"
	ActionDeclare     = "declare"
	ActionRefine      = "refine"
	// What buttons of a follow-up ask for; they carry FollowUpButtonValue.
	ActionFollowUpAccept = "follow_up_accept"
	ActionFollowUpDone   = "follow_up_done"
	ActionFollowUpChange = "follow_up_change"
	// ActionOpen is a button that only leads to an address.
	ActionOpen = "open"
)

// ButtonValue is what a button of an incident carries: INC-42/7 is incident 42 at revision 7.
func ButtonValue(i *Incident) string { return i.Key() + "/" + strconv.Itoa(i.Revision) }

// ParseButtonValue reads what ButtonValue wrote.
func ParseButtonValue(s string) (number, revision int, err error) {
	key, rest, _ := strings.Cut(s, "/")
	if number, err = ParseKey(key); err != nil {
		return 0, 0, err
	}
	if revision, err = strconv.Atoi(rest); err != nil || revision < 0 {
		return 0, 0, invalid("button", "open the channel's board and press the button there", "%q is no button of an incident", Clip(s, 40))
	}
	return number, revision, nil
}

// FollowUpButtonValue is what a button of a follow-up carries: INC-42/follow-up/3/2 is follow-up 3
// of incident 42 at its revision 2.
func FollowUpButtonValue(number int, f *FollowUp) string {
	return Key(number) + "/follow-up/" + strconv.Itoa(f.Number) + "/" + strconv.Itoa(f.Revision)
}

// ParseFollowUpButtonValue reads what FollowUpButtonValue wrote.
func ParseFollowUpButtonValue(s string) (number, followUp, revision int, err error) {
	wrong := invalid("button", "open the list of follow-ups and press the button there", "%q is no button of a follow-up", Clip(s, 40))
	key, rest, ok := strings.Cut(s, "/follow-up/")
	which, at, _ := strings.Cut(rest, "/")
	number, err = ParseKey(key)
	if err != nil || !ok {
		return 0, 0, 0, wrong
	}
	if followUp, err = strconv.Atoi(which); err != nil || followUp < 1 {
		return 0, 0, 0, wrong
	}
	if revision, err = strconv.Atoi(at); err != nil || revision < 0 {
		return 0, 0, 0, wrong
	}
	return number, followUp, revision, nil
}
