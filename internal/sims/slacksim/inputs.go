package slacksim

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Input is something in a view that a person can fill in or choose.
type Input struct {
	Block   string   `json:"block_id"`
	Action  string   `json:"action_id"`
	Type    string   `json:"type"`
	Label   string   `json:"label"`
	Hint    string   `json:"hint,omitempty"`
	Options []Option `json:"options,omitempty"`
	// Initial is what is in it, written as Submits reads it.
	Initial     string `json:"initial"`
	Placeholder string `json:"placeholder,omitempty"`
	Optional    bool   `json:"optional,omitempty"`
	Multiline   bool   `json:"multiline,omitempty"`
	MaxLength   int    `json:"max_length,omitempty"`
	// Tells is true if the product hears of each choice at once.
	Tells bool `json:"tells,omitempty"`
}

// Option is one of the things that can be chosen.
type Option struct {
	Text        string `json:"text"`
	Value       string `json:"value"`
	Description string `json:"description,omitempty"`
}

// entries is what is entered in a view: by block_id and action_id, what Slack says of it.
type entries map[string]map[string]any

// holder is a kind of element that holds a value: the property that has it in state.values, the
// one that starts it, and whether it holds several.
type holder struct {
	key, initial string
	several      bool
}

var holders = map[string]holder{
	"plain_text_input":           {key: "value", initial: "initial_value"},
	"number_input":               {key: "value", initial: "initial_value"},
	"email_text_input":           {key: "value", initial: "initial_value"},
	"url_text_input":             {key: "value", initial: "initial_value"},
	"static_select":              {key: "selected_option", initial: "initial_option"},
	"external_select":            {key: "selected_option", initial: "initial_option"},
	"radio_buttons":              {key: "selected_option", initial: "initial_option"},
	"overflow":                   {key: "selected_option"},
	"multi_static_select":        {key: "selected_options", initial: "initial_options", several: true},
	"multi_external_select":      {key: "selected_options", initial: "initial_options", several: true},
	"checkboxes":                 {key: "selected_options", initial: "initial_options", several: true},
	"users_select":               {key: "selected_user", initial: "initial_user"},
	"multi_users_select":         {key: "selected_users", initial: "initial_users", several: true},
	"conversations_select":       {key: "selected_conversation", initial: "initial_conversation"},
	"multi_conversations_select": {key: "selected_conversations", initial: "initial_conversations", several: true},
	"channels_select":            {key: "selected_channel", initial: "initial_channel"},
	"multi_channels_select":      {key: "selected_channels", initial: "initial_channels", several: true},
	"datepicker":                 {key: "selected_date", initial: "initial_date"},
	"timepicker":                 {key: "selected_time", initial: "initial_time"},
	"datetimepicker":             {key: "selected_date_time", initial: "initial_date_time"},
}

// held calls see for every element of the blocks that holds a value.
func held(blocks []map[string]any, see func(block, element map[string]any)) {
	for _, b := range blocks {
		for _, e := range elementsOf(b) {
			if kind := str(e, "type"); holders[kind].key != "" && kind != "overflow" {
				see(b, e)
			}
		}
	}
}

// value is what an element holds: what was entered, or what it starts with.
func (v *view) value(block, element map[string]any) any {
	h := holders[str(element, "type")]
	if was, ok := v.Entered[str(block, "block_id")][str(element, "action_id")].(map[string]any); ok && was["type"] == element["type"] {
		return was[h.key]
	}
	if value := element[h.initial]; value != nil {
		return value
	}
	if h.several {
		return []any{}
	}
	return nil
}

// values is what the view holds, as Slack tells it.
func (v *view) values() entries {
	out := entries{}
	held(blocksOf(v.Raw), func(b, e map[string]any) {
		id := str(b, "block_id")
		if out[id] == nil {
			out[id] = map[string]any{}
		}
		kind := str(e, "type")
		out[id][str(e, "action_id")] = map[string]any{"type": kind, holders[kind].key: v.value(b, e)}
	})
	return out
}

// enter puts a value into an element.
func (v *view) enter(block, element map[string]any, value any) {
	if v.Entered == nil {
		v.Entered = entries{}
	}
	id, kind := str(block, "block_id"), str(element, "type")
	if v.Entered[id] == nil {
		v.Entered[id] = map[string]any{}
	}
	v.Entered[id][str(element, "action_id")] = map[string]any{"type": kind, holders[kind].key: value}
}

// read makes the value of an element from what a test or the page writes; empty is nothing.
func (s *Sim) read(element map[string]any, text string) (any, error) {
	h := holders[str(element, "type")]
	if !h.several {
		if text == "" {
			return nil, nil
		}
		return s.readOne(element, h.key, text)
	}
	out := []any{}
	if text == "" {
		return out, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		one, err := s.readOne(element, h.key, strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

func (s *Sim) readOne(element map[string]any, key, text string) (any, error) {
	switch strings.TrimSuffix(key, "s") {
	case "selected_option":
		return option(element, text)
	case "selected_user":
		if u := s.state.ByEmail[strings.ToLower(text)]; u != nil {
			return u.ID, nil
		}
		if s.state.Users[text] != nil {
			return text, nil
		}
		return nil, fmt.Errorf("nobody here has the address %q", text)
	case "selected_conversation", "selected_channel":
		if ch := s.lookup(text); ch != nil {
			return ch.ID, nil
		}
		return nil, fmt.Errorf("there is no channel %q", text)
	case "selected_date":
		_, err := time.Parse(time.DateOnly, text)
		return text, err
	case "selected_time":
		_, err := time.Parse("15:04", text)
		return text, err
	case "selected_date_time":
		n, err := strconv.ParseInt(text, 10, 64)
		return float64(n), err
	}
	return text, nil
}

func option(element map[string]any, value string) (any, error) {
	var offered []string
	for _, o := range optionsOf(element) {
		object, _ := o.(map[string]any)
		if str(object, "value") == value {
			return object, nil
		}
		offered = append(offered, str(object, "value"))
	}
	return nil, fmt.Errorf("%q is none of the options %q", value, offered)
}

// written is a value as read reads it.
func (s *Sim) written(value any) string {
	switch v := value.(type) {
	case string:
		if u := s.state.Users[v]; u != nil {
			return u.Email
		}
		return v
	case float64:
		return strconv.FormatInt(int64(v), 10)
	case map[string]any:
		return str(v, "value")
	case []any:
		parts := make([]string, len(v))
		for i, one := range v {
			parts[i] = s.written(one)
		}
		return strings.Join(parts, ",")
	}
	return ""
}

// complaint is what Slack's own client says of what is in an input block, before it sends
// anything.
func complaint(block, element map[string]any, value any) error {
	list, _ := value.([]any)
	empty := value == nil || value == "" || (list != nil && len(list) == 0)
	typed, _ := value.(string)
	length := utf8.RuneCountInString(typed)
	least, _ := element["min_length"].(float64)
	most, limited := element["max_length"].(float64)
	if str(element, "type") == "plain_text_input" && !limited {
		most, limited = 3000, true
	}
	several, counted := element["max_selected_items"].(float64)
	switch optional, _ := block["optional"].(bool); {
	case empty && !optional:
		return errors.New("please complete this required field")
	case empty:
		return nil
	case length < int(least):
		return fmt.Errorf("must be at least %d characters, not %d", int(least), length)
	case limited && length > int(most):
		return fmt.Errorf("must be at most %d characters, not %d", int(most), length)
	case counted && len(list) > int(several):
		return fmt.Errorf("at most %d can be chosen, not %d", int(several), len(list))
	}
	return nil
}

// inputs describes what can be filled in.
func (s *Sim) inputs(v *view) []Input {
	out := []Input{}
	held(blocksOf(v.Raw), func(b, e map[string]any) {
		optional, _ := b["optional"].(bool)
		dispatches, _ := b["dispatch_action"].(bool)
		multiline, _ := e["multiline"].(bool)
		most, _ := e["max_length"].(float64)
		label := textOf(b["label"])
		if label == "" {
			label = textOf(b["text"])
		}
		out = append(out, Input{
			Block: str(b, "block_id"), Action: str(e, "action_id"), Type: str(e, "type"), Label: label, Hint: textOf(b["hint"]),
			Options: optionList(e), Initial: s.written(v.value(b, e)), Placeholder: textOf(e["placeholder"]),
			Optional: optional || b["type"] != "input", Multiline: multiline, MaxLength: int(most), Tells: dispatches || b["type"] != "input",
		})
	})
	return slices.Clip(out)
}

func optionList(element map[string]any) []Option {
	var out []Option
	for _, o := range optionsOf(element) {
		object, _ := o.(map[string]any)
		out = append(out, Option{Text: textOf(object["text"]), Value: str(object, "value"), Description: textOf(object["description"])})
	}
	return out
}
