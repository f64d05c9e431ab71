package jira

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/incident"
	"muster/integrations/fault"
)

const (
	opFields = "field.list"
	// A field that an administrator just added should be found soon, but a name that does not
	// exist must not ask on every create.
	fieldsFor   = 10 * time.Minute
	fieldsAtOff = 30 * time.Second
)

type wireField struct {
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	Schema wireSchema `json:"schema"`
}

type wireSchema struct {
	Type   string `json:"type"`
	Items  string `json:"items"`
	Custom string `json:"custom"`
}

// epicLinkField is the type of the field by which Jira Software for Data Center puts an issue
// below an epic; its ID differs from site to site.
const epicLinkField = "com.pyxis.greenhopper.jira:gh-epic-link"

// epicLink finds the ID of that field.
func (c *Client) epicLink(ctx context.Context) (string, error) {
	fields, err := c.allFields(ctx, fieldsFor)
	if err != nil {
		return "", err
	}
	for _, f := range fields {
		if f.Schema.Custom == epicLinkField {
			return f.ID, nil
		}
	}
	return "", &fault.Error{
		Vendor: vendorName, Operation: opCreate, Class: fault.Permanent, Reason: "this Jira has no field Epic Link",
		Mend: "set tracker.follow_up_type and tracker.review_type in the playbook to a sub-task type",
	}
}

type fieldCache struct {
	mu     sync.Mutex
	fields []wireField
	at     time.Time
}

// ownedFields are set by Muster; a value for one of them in the playbook would undo what makes
// an issue Muster's own.
var ownedFields = []string{"project", "issuetype", "summary", "description", "labels", "parent", "duedate", "assignee"}

// addFields adds the playbook's fields, which it names by ID or as Jira shows them.
func (c *Client) addFields(ctx context.Context, fields, wanted map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		field, err := c.resolveField(ctx, name)
		if err != nil {
			return err
		}
		if slices.Contains(ownedFields, field.ID) {
			return fieldError(name, "is set by Muster", "remove it from tracker.fields and tracker.follow_up_fields of the playbook")
		}
		value, err := c.fieldValue(ctx, field.Schema, wanted[name])
		if err != nil {
			return err
		}
		if value == nil {
			return fieldError(name, "names a person whom Jira does not know", "put the address of a Jira user into tracker.fields or tracker.follow_up_fields of the playbook")
		}
		fields[field.ID] = value
	}
	return nil
}

func fieldError(name, what, mend string) error {
	return &fault.Error{
		Vendor: vendorName, Operation: opCreate, Class: fault.Permanent,
		Reason: fmt.Sprintf("field %q %s", incident.Clip(name, 80), what), Mend: mend,
	}
}

func (c *Client) resolveField(ctx context.Context, name string) (wireField, error) {
	var found []wireField
	for _, oldest := range []time.Duration{fieldsFor, fieldsAtOff} {
		fields, err := c.allFields(ctx, oldest)
		if err != nil {
			return wireField{}, err
		}
		if found = matching(fields, name); len(found) == 1 {
			return found[0], nil
		}
	}
	if len(found) == 0 {
		return wireField{}, fieldError(name, "does not exist in Jira", "correct the name in tracker.fields or tracker.follow_up_fields of the playbook, or use the ID (customfield_10042)")
	}
	ids := make([]string, 0, len(found))
	for _, f := range found {
		ids = append(ids, f.ID)
	}
	return wireField{}, fieldError(name, "exists several times in Jira", "use one of the IDs in the playbook: "+incident.Clip(strings.Join(ids, ", "), 120))
}

func matching(fields []wireField, name string) []wireField {
	var named []wireField
	for _, f := range fields {
		if f.ID == name {
			return []wireField{f}
		}
		if strings.EqualFold(f.Name, strings.TrimSpace(name)) {
			named = append(named, f)
		}
	}
	return named
}

// allFields lists the site's fields, from memory if they were read no longer ago than oldest.
// The lock is not held while Jira is asked: a slow Jira must not make callers queue for it.
func (c *Client) allFields(ctx context.Context, oldest time.Duration) ([]wireField, error) {
	now := c.now()
	c.fields.mu.Lock()
	known, at := c.fields.fields, c.fields.at
	c.fields.mu.Unlock()
	if !at.IsZero() && now.Sub(at) < oldest {
		return known, nil
	}
	var fields []wireField
	if err := c.do(ctx, call{op: opFields, method: http.MethodGet, path: "field", out: &fields}); err != nil {
		return nil, err
	}
	c.fields.mu.Lock()
	defer c.fields.mu.Unlock()
	c.fields.fields, c.fields.at = fields, now
	return fields, nil
}

// fieldValue gives a plain word of the playbook the shape that Jira wants for the field's type:
// a choice is {"value": word}, a priority {"name": word}, a person their account. Anything that
// has a shape already is sent as it is. A person whom Jira does not know makes nil.
func (c *Client) fieldValue(ctx context.Context, schema wireSchema, value any) (any, error) {
	switch v := value.(type) {
	case string:
		return c.wordValue(ctx, schema.Type, v)
	case []any:
		if schema.Type != "array" {
			return value, nil
		}
		list := make([]any, 0, len(v))
		for _, item := range v {
			shaped, err := c.fieldValue(ctx, wireSchema{Type: schema.Items}, item)
			if err != nil || shaped == nil {
				return nil, err
			}
			list = append(list, shaped)
		}
		return list, nil
	}
	return value, nil
}

func (c *Client) wordValue(ctx context.Context, kind, word string) (any, error) {
	switch kind {
	case "option":
		return map[string]any{"value": word}, nil
	case "priority", "version", "component", "securitylevel", "group", "resolution":
		return map[string]any{"name": word}, nil
	case "user":
		if !strings.Contains(word, "@") {
			return word, nil
		}
		owner, err := c.ownerField(ctx, word)
		if err != nil || owner == nil {
			return nil, err
		}
		return owner, nil
	default:
		return word, nil
	}
}
