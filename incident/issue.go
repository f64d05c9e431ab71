package incident

import (
	"slices"
	"strconv"
	"strings"
)

// IssueField is a part of an issue that an issue can do without.
type IssueField string

// The fields that a tracker may refuse while it takes the rest.
const (
	FieldDescription IssueField = "description"
	FieldLabels      IssueField = "labels"
	FieldOwner       IssueField = "owner"
	FieldDue         IssueField = "due date"
	FieldPriority    IssueField = "priority"
	FieldComponents  IssueField = "components"
)

// LeftOff is a field that the tracker would not take, so that the issue was written without it.
type LeftOff struct {
	Field IssueField `json:"field"`
	// Reason is the tracker's, Mend what a person can do about it.
	Reason string `json:"reason"`
	Mend   string `json:"mend,omitempty"`
}

// IssueWritten is what came of writing an issue.
type IssueWritten struct {
	IssueRef
	// Found says that an earlier attempt had made it, whose answer was lost: it says what was true then.
	Found bool `json:"found,omitempty"`
	// State is how the tracker shows it after it was made, with what it has filled in by itself, such
	// as an assignee; it is empty where that is not known.
	State   IssueState `json:"state,omitzero"`
	LeftOff []LeftOff  `json:"left_off,omitempty"`
}

// Without is the issue without those of its fields that were left off.
func (i Issue) Without(left []LeftOff) Issue {
	for _, l := range left {
		i.set(l.Field, Issue{})
	}
	return i
}

// Only is no more of the issue than the fields that were left off. It has a key only where its
// labels are among them.
func (i Issue) Only(left []LeftOff) Issue {
	var only Issue
	for _, l := range left {
		only.set(l.Field, i)
	}
	return only
}

// Empty reports whether the issue says nothing.
func (i Issue) Empty() bool {
	return i.Summary == "" && i.Owner == "" && !i.Unassigned && i.Due == "" && i.Priority == "" && i.Key == "" &&
		len(i.Description)+len(i.Links)+len(i.Labels)+len(i.Unlabels)+len(i.Components) == 0
}

// set takes one field over from another issue.
func (i *Issue) set(f IssueField, from Issue) {
	switch f {
	case FieldDescription:
		i.Description, i.Links = from.Description, from.Links
	case FieldLabels:
		i.Key, i.Labels, i.Unlabels = from.Key, from.Labels, from.Unlabels
	case FieldOwner:
		i.Owner, i.Unassigned = from.Owner, from.Unassigned
	case FieldDue:
		i.Due = from.Due
	case FieldPriority:
		i.Priority = from.Priority
	case FieldComponents:
		i.Components = from.Components
	}
}

// Fields lists what was left off, for people: "the due date and the owner".
func Fields(left []LeftOff) string {
	names := make([]string, 0, len(left))
	for _, l := range left {
		names = append(names, "the "+string(l.Field))
	}
	slices.Sort(names)
	return And(names)
}

// Labelled gives an issue the labels of a severity and a kind in place of those of the others.
func (i Issue) Labelled(s Severity, k Kind) Issue {
	i.Labels, i.Unlabels = slices.Clone(i.Labels), slices.Clone(i.Unlabels)
	put := func(label string, holds bool) {
		if holds {
			i.Labels = append(i.Labels, label)
		} else {
			i.Unlabels = append(i.Unlabels, label)
		}
	}
	for level := WorstSeverity; level <= MildSeverity; level++ {
		put("severity-"+strconv.Itoa(int(level)), level == s)
	}
	for _, kind := range Kinds() {
		put("kind-"+strings.ReplaceAll(string(kind), "_", "-"), kind == k)
	}
	return i
}

// LabelledFollowUp gives an issue the labels of a follow-up: its own, and those of its kind and its
// priority in place of the others.
func (i Issue) LabelledFollowUp(f FollowUp) Issue {
	i.Labels, i.Unlabels = append(slices.Clone(i.Labels), f.Labels...), slices.Clone(i.Unlabels)
	put := func(label string, holds bool) {
		if holds {
			i.Labels = append(i.Labels, label)
		} else if !slices.Contains(i.Labels, label) {
			i.Unlabels = append(i.Unlabels, label)
		}
	}
	for _, k := range FollowUpKinds() {
		put("kind-"+string(k), k == f.Kind)
	}
	for _, p := range FollowUpPriorities() {
		put("priority-"+string(p), p == f.Priority)
	}
	return i
}

// Masked is what an issue says where outsiders may read it: what it is, such as "Follow-up 3 of
// INC-42", and no word that anybody wrote. It is the only place where that is decided. Who owns it,
// when it is due and what the playbook adds to every issue stays, since none of it tells what
// happened; the address of the channel holds an ID and no name.
func (i Issue) Masked(what string) Issue {
	i.Summary = what + " " + PrivateTitle
	i.Description = []string{"This incident is private. Whoever belongs to it finds more where it is worked on."}
	links := make([]Link, 0, len(i.Links))
	for _, l := range i.Links {
		links = append(links, Link{Label: "Where it is worked on", URL: l.URL})
	}
	i.Links = links
	i.Components = nil // they name the services
	return i
}
