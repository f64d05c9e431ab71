package file

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"muster/incident"
	"muster/playbook"
	"muster/playbook/internal/words"

	"go.yaml.in/yaml/v3"
)

var projectShape = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,30}$`)

func (r *reader) tracker(t table, services []string) playbook.TrackerPolicy {
	t.only("project", "incident_type", "follow_up_type", "review_type", "labels", "in_progress", "done", "open", "dropped_resolution", "dropped",
		"priorities", "components", "fields", "follow_up_fields", "private")
	p := defaultTracker()
	p.Project = r.project(t)
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
	p.InProgress = texts(r.unique(t.list("in_progress")))
	p.Priorities = r.priorities(t.sub("priorities"))
	p.Components = r.components(t.sub("components"), services)
	private := t.sub("private")
	private.only("project", "security_level")
	p.Private.Project = r.project(private)
	private.text("security_level", maxName, &p.Private.SecurityLevel)
	taken := mapped(p)
	p.Fields = r.fields(t.sub("fields"), taken)
	p.FollowUpFields = r.fields(t.sub("follow_up_fields"), taken)
	return p
}

func (r *reader) project(t table) string {
	var key string
	if n, ok := t.text("project", maxName, &key); ok && !projectShape.MatchString(key) {
		r.fail(n, t.at("project"), "write the key that starts its issues, in capitals, like INC", "%s is no key of a project", words.Quote(key))
	}
	return key
}

// priorities reads the tracker's priorities by number of severity.
func (r *reader) priorities(t table) map[incident.Severity]string {
	var out map[incident.Severity]string
	for _, e := range t.entries {
		level, err := strconv.Atoi(e.key)
		if err != nil || level < int(incident.WorstSeverity) || level > int(incident.MildSeverity) {
			r.fail(e.name, t.at(e.key), "write a severity from 1 (worst) to 5", "%s is no number of a severity", words.Quote(e.key))
			continue
		}
		var name string
		if _, ok := t.text(e.key, maxName, &name); ok {
			if out == nil {
				out = map[incident.Severity]string{}
			}
			out[incident.Severity(level)] = name
		}
	}
	return out
}

// components reads the tracker's components by service.
func (r *reader) components(t table, services []string) map[string]string {
	var out map[string]string
	for _, e := range t.entries {
		if !slices.Contains(services, playbook.ServiceName(e.key)) {
			r.fail(e.name, t.at(e.key), words.Suggest(e.key, services), "%s is no service of the playbook", words.Quote(e.key))
			continue
		}
		var name string
		if _, ok := t.text(e.key, maxName, &name); ok {
			if out == nil {
				out = map[string]string{}
			}
			out[playbook.ServiceName(e.key)] = name
		}
	}
	return out
}

// mapped are the fields that have settings of their own here, by the setting.
func mapped(p playbook.TrackerPolicy) map[string]string {
	out := map[string]string{}
	if len(p.Priorities) > 0 {
		out["priority"] = "tracker.priorities"
	}
	if len(p.Components) > 0 {
		out["components"] = "tracker.components"
	}
	if p.Private.SecurityLevel != "" {
		out["security"] = "tracker.private.security_level"
	}
	return out
}

// ours are fields that Muster writes itself; setting them twice would have them flap.
var ours = []string{"summary", "description", "project", "issuetype", "parent", "labels", "assignee", "duedate"}

func (r *reader) fields(t table, taken map[string]string) map[string]any {
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
		if setting := taken[strings.ToLower(e.key)]; setting != "" {
			r.fail(e.name, t.at(e.key), "remove it here or there", "is set by %s", setting)
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
