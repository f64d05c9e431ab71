package jirasim

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
)

const maxText = 32767

// set applies fields and update operations to an issue that nobody else sees yet. onScreen,
// if not nil, lists the only fields that a transition's screen has.
func (s *Sim) set(i *issue, u update, at screen, onScreen map[string]bool) map[string]string {
	problems := map[string]string{}
	for id, raw := range u.Fields {
		f := s.field(id)
		hidden := !s.settable(f, at)
		if onScreen != nil {
			hidden = !onScreen[id]
		}
		if hidden {
			problems[id] = fmt.Sprintf("Field '%s' cannot be set. It is not on the appropriate screen, or unknown.", id)
			continue
		}
		if problem := s.setField(i, f, id, raw); problem != "" {
			problems[id] = problem
		}
	}
	for id, operations := range u.Update {
		f := s.field(id)
		switch {
		case !s.settable(f, at) || onScreen != nil:
			problems[id] = fmt.Sprintf("Field '%s' cannot be set. It is not on the appropriate screen, or unknown.", id)
		case u.Fields[id] != nil:
			problems[id] = fmt.Sprintf("Field '%s' cannot be present in both 'fields' and 'update'", id)
		case id == "components":
			if problem := i.addComponents(operations); problem != "" {
				problems[id] = problem
			}
		case id != "labels":
			problems[id] = "Operation is not supported by the simulator."
			s.unexpected.Add("update", id)
		default:
			if problem := i.changeLabels(operations); problem != "" {
				problems[id] = problem
			}
		}
	}
	return problems
}

func (s *Sim) setField(i *issue, f *field, id string, raw json.RawMessage) string {
	switch id {
	case "project", "issuetype", "parent", "reporter":
		return "" // read when the issue is drafted, and fixed from then on
	case "summary":
		return i.setSummary(raw)
	case "description":
		return setText(&i.Description, raw)
	case "labels":
		var labels []string
		if json.Unmarshal(raw, &labels) != nil {
			return "Operation value must be an array"
		}
		return i.setLabels(labels)
	case "assignee":
		return s.setAssignee(i, raw)
	case "duedate":
		return setDate(&i.Due, raw)
	case "resolution":
		return i.setResolution(raw)
	case "priority", "components", "security":
		if problem := i.Project.knows(id, raw); problem != "" {
			return problem
		}
	}
	if f != nil && f.Custom == epicLink {
		return s.setEpic(i, raw)
	}
	return i.setOther(f, id, raw)
}

func (i *issue) setSummary(raw json.RawMessage) string {
	var v string
	switch {
	case json.Unmarshal(raw, &v) != nil:
		return "Operation value must be a string"
	case strings.TrimSpace(v) == "":
		return "You must specify a summary of the issue."
	case strings.ContainsAny(v, "\r\n"):
		return "The summary is invalid because it contains newline characters."
	case len(utf16.Encode([]rune(v))) > 255:
		return "Summary can't exceed 255 characters."
	}
	i.Summary = v
	return ""
}

func setText(target *string, raw json.RawMessage) string {
	var v *string
	if json.Unmarshal(raw, &v) != nil {
		return "Operation value must be a string"
	}
	if v == nil {
		v = new(string)
	}
	if len(utf16.Encode([]rune(*v))) > maxText {
		return "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
	}
	*target = *v
	return ""
}

func setDate(target *string, raw json.RawMessage) string {
	var v *string
	if json.Unmarshal(raw, &v) != nil {
		return "Operation value must be a string"
	}
	if v == nil || *v == "" {
		*target = ""
		return ""
	}
	if _, err := time.Parse(time.DateOnly, *v); err != nil {
		return fmt.Sprintf("Error parsing date string: %s", *v)
	}
	*target = *v
	return ""
}

var spaces = regexp.MustCompile(`\s`)

func (i *issue) setLabels(labels []string) string {
	for _, l := range labels {
		if spaces.MatchString(l) || l == "" {
			return fmt.Sprintf("The label '%s' contains spaces which is invalid.", l)
		}
		if len(l) > 255 {
			return fmt.Sprintf("The label '%s' exceeds the maximum length of 255 characters.", l)
		}
	}
	labels = slices.Clone(labels)
	slices.Sort(labels)
	i.Labels = slices.Compact(labels)
	return ""
}

func (i *issue) changeLabels(operations []map[string]json.RawMessage) string {
	labels := slices.Clone(i.Labels)
	for _, operation := range operations {
		for verb, raw := range operation {
			var one string
			var all []string
			switch {
			case verb == "add" && json.Unmarshal(raw, &one) == nil:
				labels = append(labels, one)
			case verb == "remove" && json.Unmarshal(raw, &one) == nil:
				labels = slices.DeleteFunc(labels, func(l string) bool { return l == one })
			case verb == "set" && json.Unmarshal(raw, &all) == nil:
				labels = all
			default:
				return fmt.Sprintf("Field with id 'labels' does not support operation '%s'.", verb)
			}
		}
	}
	return i.setLabels(labels)
}

func (s *Sim) setAssignee(i *issue, raw json.RawMessage) string {
	var v *struct {
		AccountID *string `json:"accountId"`
		Name      *string `json:"name"`
	}
	if json.Unmarshal(raw, &v) != nil {
		return "data was not an object"
	}
	var id *string
	if v != nil {
		id = v.AccountID
		if !s.cloud() {
			id = v.Name
		}
	}
	if id == nil {
		i.Assignee = nil
		return ""
	}
	user := s.state.ByUser[*id]
	switch {
	case user == nil:
		return fmt.Sprintf("User '%s' does not exist.", *id)
	case user.Inactive || user.Unassignable:
		return fmt.Sprintf("User '%s' cannot be assigned issues.", *id)
	}
	i.Assignee = user
	return ""
}

func (i *issue) setResolution(raw json.RawMessage) string {
	name := namedIn(raw)
	for n, known := range i.Project.Resolutions {
		if strings.EqualFold(known, name) || name == resolutionID(n) {
			i.Resolution = known
			return ""
		}
	}
	return "Resolution name '" + name + "' is not valid"
}

// setOther keeps a field as it came, after a look at its shape.
func (i *issue) setOther(f *field, id string, raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return "Operation value is not valid"
	}
	kind := "string"
	if f != nil {
		kind = f.Kind
	}
	_, isText := v.(string)
	_, isObject := v.(map[string]any)
	_, isList := v.([]any)
	_, isNumber := v.(float64)
	switch {
	case v == nil:
		delete(i.Fields, id)
		return ""
	case kind == "string" && !isText:
		return "Operation value must be a string"
	case (kind == "option" || kind == "priority" || kind == "user" || kind == "securitylevel") && !isObject:
		return "Specify a valid 'id' or 'name' for " + id
	case kind == "array" && !isList:
		return "data was not an array"
	case kind == "number" && !isNumber:
		return "Operation value must be a number"
	}
	i.Fields[id] = v
	return ""
}

// knows refuses what the project does not have.
func (p *project) knows(id string, raw json.RawMessage) string {
	switch id {
	case "priority":
		if name := namedIn(raw); !slices.Contains(p.Priorities, name) {
			return fmt.Sprintf("Priority name '%s' is not valid", name)
		}
	case "security":
		if name := namedIn(raw); !slices.Contains(p.SecurityLevels, name) {
			return fmt.Sprintf("Security level name '%s' is not valid", name)
		}
	case "components":
		var wanted []named
		if json.Unmarshal(raw, &wanted) != nil {
			return "data was not an array"
		}
		for _, c := range wanted {
			if c.ID == "" && !slices.Contains(p.Components, c.Name) {
				return fmt.Sprintf("Component name '%s' is not valid", c.Name)
			}
		}
	}
	return ""
}

// setEpic puts the issue below an epic, as Data Center's field for that does.
func (s *Sim) setEpic(i *issue, raw json.RawMessage) string {
	var key *string
	if json.Unmarshal(raw, &key) != nil {
		return "Operation value must be a string"
	}
	if key == nil {
		i.Parent = nil
		return ""
	}
	epic := s.find(*key)
	if epic == nil || epic.Kind.Level != 1 {
		return fmt.Sprintf("Issue '%s' is not an Epic.", *key)
	}
	i.Parent = epic
	return ""
}

// addComponents is the one operation on components that Muster uses.
func (i *issue) addComponents(operations []map[string]json.RawMessage) string {
	list, _ := i.Fields["components"].([]any)
	list = slices.Clone(list)
	for _, operation := range operations {
		name := namedIn(operation["add"])
		if !slices.Contains(i.Project.Components, name) {
			return fmt.Sprintf("Component name '%s' is not valid", name)
		}
		if !slices.ContainsFunc(list, func(c any) bool { m, _ := c.(map[string]any); return m["name"] == name }) {
			list = append(list, map[string]any{"name": name})
		}
	}
	i.Fields["components"] = list
	return ""
}
