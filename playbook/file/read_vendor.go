package file

import (
	"regexp"
	"strconv"
	"strings"

	"muster/playbook"
	"muster/playbook/internal/words"

	"go.yaml.in/yaml/v3"
)

var projectShape = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,30}$`)

func (r *reader) tracker(t table) playbook.TrackerPolicy {
	t.only("project", "incident_type", "follow_up_type", "review_type", "labels", "done", "open", "dropped_resolution", "dropped", "fields", "follow_up_fields")
	p := defaultTracker()
	if n, ok := t.text("project", maxName, &p.Project); ok && !projectShape.MatchString(p.Project) {
		r.fail(n, t.at("project"), "write the key that starts its issues, in capitals, like INC", "%s is no key of a project", words.Quote(p.Project))
	}
	t.text("incident_type", maxName, &p.IncidentType)
	t.text("follow_up_type", maxName, &p.FollowUpType)
	t.text("review_type", maxName, &p.ReviewType)
	t.text("dropped_resolution", maxName, &p.DroppedResolution)
	for _, it := range r.unique(t.list("labels")) {
		if strings.ContainsAny(it.text, " \t") || len(it.text) > 255 {
			r.fail(it.node, it.path, "write it without spaces", "%s cannot be a label", words.Quote(it.text))
			continue
		}
		p.Labels = append(p.Labels, it.text)
	}
	p.Dropped = texts(r.unique(t.list("dropped")))
	p.Done = texts(r.unique(t.list("done")))
	p.Open = texts(r.unique(t.list("open")))
	p.Fields = r.fields(t.sub("fields"))
	p.FollowUpFields = r.fields(t.sub("follow_up_fields"))
	return p
}

// ours are fields that Muster writes itself; setting them twice would have them flap.
var ours = []string{"summary", "description", "project", "issuetype", "parent", "labels", "assignee", "duedate"}

func (r *reader) fields(t table) map[string]any {
	if len(t.entries) == 0 {
		return nil
	}
	out := map[string]any{}
	for _, e := range t.entries {
		for _, own := range ours {
			if strings.EqualFold(e.key, own) {
				r.fail(e.name, t.at(e.key), "remove it", "is written by Muster itself")
			}
		}
		if v, ok := r.value(e.value, t.at(e.key)); ok {
			out[e.key] = v
		}
	}
	return out
}

// value makes plain data of a node, such that it is the same again after a trip through JSON:
// every number is a float64, a date stays text.
func (r *reader) value(n *yaml.Node, path string) (any, bool) {
	switch n.Kind {
	case yaml.MappingNode:
		t := r.table(n, path)
		out := map[string]any{}
		for _, e := range t.entries {
			if v, ok := r.value(e.value, t.at(e.key)); ok {
				out[e.key] = v
			}
		}
		return out, true
	case yaml.SequenceNode:
		out := []any{}
		for i, el := range n.Content {
			if v, ok := r.value(el, path+"."+strconv.Itoa(i+1)); ok {
				out = append(out, v)
			}
		}
		return out, true
	}
	switch n.ShortTag() {
	case "!!null":
		r.fail(n, path, "give it a value or remove the line", "is empty")
		return nil, false
	case "!!bool":
		return strings.EqualFold(n.Value, "true"), true
	case "!!int", "!!float":
		f, err := strconv.ParseFloat(n.Value, 64)
		if err != nil || f-f != 0 { // infinite or not a number
			r.fail(n, path, "write a plain number, or put quotes around text", "%s is no plain number", words.Quote(n.Value))
			return nil, false
		}
		return f, true
	}
	return n.Value, true
}
