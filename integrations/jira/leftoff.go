package jira

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"muster/incident"
	"muster/integrations/fault"
)

// dispensable are the fields of Jira that an issue can do without. By its labels Muster finds an
// issue again that it may have made, so they can be missing only from an update.
var dispensable = map[string]incident.IssueField{
	"assignee": incident.FieldOwner, "duedate": incident.FieldDue, "description": incident.FieldDescription,
	"priority": incident.FieldPriority, "components": incident.FieldComponents, "labels": incident.FieldLabels,
}

// permissionOf is what Jira demands for a field besides its screen.
var permissionOf = map[string]string{"assignee": "Assign issues", "duedate": "Schedule issues", "security": "Set issue security"}

// payload is the body of a create or an edit.
type payload struct {
	Fields     map[string]any              `json:"fields,omitempty"`
	Update     map[string][]map[string]any `json:"update,omitempty"`
	Properties []entityProperty            `json:"properties,omitempty"`
}

func (p payload) empty() bool { return len(p.Fields)+len(p.Update) == 0 }

func (p payload) has(field string) bool {
	return p.Fields[field] != nil || p.Update[field] != nil
}

func (p payload) drop(field string) {
	delete(p.Fields, field)
	delete(p.Update, field)
}

// write sends the payload. Fields that the issue can do without and that Jira refuses are left
// off, and said; a 400 has applied nothing, so asking once more makes no second issue. Fields of
// the playbook are never left off.
func (c *Client) write(ctx context.Context, op string, p payload, send func() error) ([]incident.LeftOff, error) {
	var left []incident.LeftOff
	for {
		err := send()
		refused := c.dispensed(op, p, err)
		if err == nil || len(refused) == 0 {
			return left, err
		}
		for _, field := range slices.Sorted(maps.Keys(refused)) {
			left = append(left, refused[field])
			p.drop(field)
		}
		c.log.InfoContext(ctx, "jira: fields are left off", "operation", op, "fields", incident.Fields(left), "error", err)
		if p.empty() {
			return left, nil
		}
	}
}

// dispensed are the refused fields that can be left off. There are none when Jira refused
// anything else, too.
func (c *Client) dispensed(op string, p payload, err error) map[string]incident.LeftOff {
	var r *refusal
	e, ok := fault.As(err)
	if !ok || e.Status != http.StatusBadRequest || !errors.As(e.Err, &r) {
		return nil
	}
	out := map[string]incident.LeftOff{}
	for field, words := range r.Fields {
		name, can := dispensable[field]
		if !can || !p.has(field) || (op == opCreate && field == "labels") {
			return nil
		}
		out[field] = incident.LeftOff{Field: name, Reason: incident.Clip(c.scrub(words), maxReason), Mend: mendOf(op, field, words)}
	}
	return out
}

func mendOf(op, field, words string) string {
	shown := cmp.Or(ownFieldsNames[field], field)
	switch {
	case screenWords.MatchString(words):
		return offScreenMend(op, field)
	case field == "assignee":
		return "let them be assigned in Jira (Assignable user), or give it to somebody else"
	case field == "priority" || field == "components":
		return fmt.Sprintf("correct tracker.%s in the playbook, or make the %s in Jira", map[string]string{"priority": "priorities", "components": "components"}[field], strings.ToLower(shown))
	}
	return "check the field " + shown + " in Jira"
}
