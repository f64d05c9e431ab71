package slacksim

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

var (
	date  = matches(regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`), "a date written as 2006-01-02")
	clock = matches(regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`), "a time written as 15:04")

	confirm = obj(shape{
		"title": need{plain(100)}, "text": need{words("", 300)}, "confirm": need{plain(30)}, "deny": need{plain(30)},
		"style": oneOf("primary", "danger"),
	})
	dispatch     = obj(shape{"trigger_actions_on": list(1, 2, oneOf("on_enter_pressed", "on_character_entered"))})
	filter       = obj(shape{"include": list(1, 4, oneOf("im", "mpim", "private", "public")), "exclude_external_shared_channels": rule(yesNo), "exclude_bot_users": rule(yesNo)})
	plainOption  = obj(shape{"text": need{plain(75)}, "value": need{text(1, 150)}, "description": plain(75)})
	markedOption = obj(shape{"text": need{words("", 75)}, "value": need{text(1, 150)}, "description": words("", 75)})
	linkedOption = obj(shape{"text": need{plain(75)}, "value": need{text(1, 150)}, "description": plain(75), "url": text(1, 3000)})
	optionGroup  = obj(shape{"label": need{plain(75)}, "options": need{list(1, 100, plainOption)}})
	ids          = list(0, many, text(1, 255))

	elementBase = shape{"type": need{anything}, "action_id": text(1, 255)}
	inputBase   = elementBase.with(shape{"focus_on_load": rule(focus)})
	menuBase    = inputBase.with(shape{"placeholder": plain(150), "confirm": confirm})
	multiBase   = menuBase.with(shape{"max_selected_items": whole(1, many)})
	staticBase  = shape{"options": list(1, 100, plainOption), "option_groups": list(1, 100, optionGroup)}
	pages       = shape{"default_to_current_conversation": rule(yesNo), "filter": filter}
	answers     = shape{"response_url_enabled": rule(yesNo)}

	elementShapes = map[string]shape{
		"button": elementBase.with(shape{
			"text": need{plain(75)}, "value": text(0, 2000), "url": text(1, 3000), "style": oneOf("primary", "danger"), "confirm": confirm,
			"accessibility_label": text(1, 75),
		}),
		"static_select":              menuBase.with(staticBase).with(shape{"initial_option": plainOption}),
		"multi_static_select":        multiBase.with(staticBase).with(shape{"initial_options": list(1, 100, plainOption)}),
		"external_select":            menuBase.with(shape{"initial_option": plainOption, "min_query_length": whole(0, many)}),
		"multi_external_select":      multiBase.with(shape{"initial_options": list(1, 100, plainOption), "min_query_length": whole(0, many)}),
		"users_select":               menuBase.with(shape{"initial_user": text(1, 255)}),
		"multi_users_select":         multiBase.with(shape{"initial_users": ids}),
		"conversations_select":       menuBase.with(pages).with(answers).with(shape{"initial_conversation": text(1, 255)}),
		"multi_conversations_select": multiBase.with(pages).with(shape{"initial_conversations": ids}),
		"channels_select":            menuBase.with(answers).with(shape{"initial_channel": text(1, 255)}),
		"multi_channels_select":      multiBase.with(shape{"initial_channels": ids}),
		"plain_text_input": inputBase.with(shape{
			"placeholder": plain(150), "initial_value": text(0, 3000), "multiline": rule(yesNo),
			"min_length": whole(0, 3000), "max_length": whole(1, 3000), "dispatch_action_config": dispatch,
		}),
		"number_input": inputBase.with(shape{
			"placeholder": plain(150), "is_decimal_allowed": need{yesNo}, "initial_value": text(1, 100), "min_value": text(1, 100),
			"max_value": text(1, 100), "dispatch_action_config": dispatch,
		}),
		"email_text_input": inputBase.with(shape{"placeholder": plain(150), "initial_value": text(1, 3000), "dispatch_action_config": dispatch}),
		"url_text_input":   inputBase.with(shape{"placeholder": plain(150), "initial_value": text(1, 3000), "dispatch_action_config": dispatch}),
		"datepicker":       menuBase.with(shape{"initial_date": date}),
		"timepicker":       menuBase.with(shape{"initial_time": clock, "timezone": text(1, 100)}),
		"datetimepicker":   inputBase.with(shape{"confirm": confirm, "initial_date_time": whole(1_000_000_000, 9_999_999_999)}),
		"checkboxes":       inputBase.with(shape{"confirm": confirm, "options": need{list(1, 10, markedOption)}, "initial_options": list(1, 10, markedOption)}),
		"radio_buttons":    inputBase.with(shape{"confirm": confirm, "options": need{list(1, 10, markedOption)}, "initial_option": markedOption}),
		"overflow":         elementBase.with(shape{"confirm": confirm, "options": need{list(1, 5, linkedOption)}}),
		"image":            imageShape,
	}
)

// places says which blocks an element may be in: s for a section, a for actions, i for input.
var places = map[string]string{
	"button": "sa", "overflow": "sa", "image": "s", "checkboxes": "sai", "radio_buttons": "sai",
	"datepicker": "sai", "timepicker": "sai", "datetimepicker": "ai",
	"plain_text_input": "i", "number_input": "i", "email_text_input": "i", "url_text_input": "i",
	"static_select": "sai", "external_select": "sai", "users_select": "sai", "conversations_select": "sai", "channels_select": "sai",
	"multi_static_select": "si", "multi_external_select": "si", "multi_users_select": "si", "multi_conversations_select": "si", "multi_channels_select": "si",
}

func focus(k *checker, at string, v any) {
	yesNo(k, at, v)
	if v == true {
		k.focused++
	}
}

// element is the rule for elements in one kind of block.
func element(in string) rule {
	return func(k *checker, at string, v any) {
		object, _ := v.(map[string]any)
		kind, _ := object["type"].(string)
		if !strings.Contains(places[kind], in[:1]) {
			k.fail(at+"/type", "unsupported type: %s", kind)
			return
		}
		k.object(at, v, elementShapes[kind])
		k.consistent(at, kind, object)
	}
}

// consistent checks what no single property tells.
func (k *checker) consistent(at, kind string, e map[string]any) {
	switch kind {
	case "static_select", "multi_static_select":
		if (e["options"] == nil) == (e["option_groups"] == nil) {
			k.fail(at, "must provide options or option_groups, and not both")
		}
	case "image":
		k.pictured(at, e)
	case "plain_text_input":
		k.lengths(at, e)
	}
	if e["initial_option"] != nil && kind != "external_select" {
		k.initial(at+"/initial_option", e, e["initial_option"])
	}
	chosen, _ := e["initial_options"].([]any)
	if kind == "multi_external_select" {
		return
	}
	for i, one := range chosen {
		k.initial(fmt.Sprintf("%s/initial_options/%d", at, i), e, one)
	}
	if most, ok := e["max_selected_items"].(float64); ok && len(chosen) > int(most) {
		k.fail(at+"/initial_options", "no more than %d items allowed", int(most))
	}
}

func (k *checker) lengths(at string, e map[string]any) {
	least, _ := e["min_length"].(float64)
	most, limited := e["max_length"].(float64)
	if limited && least > most {
		k.fail(at+"/min_length", "must be at most max_length")
	}
	if initial, _ := e["initial_value"].(string); limited && len([]rune(initial)) > int(most) {
		k.fail(at+"/initial_value", "must be less than %d characters", int(most)+1)
	}
}

// initial refuses a choice that is none of the options, to the letter.
func (k *checker) initial(at string, e map[string]any, chosen any) {
	if !slices.ContainsFunc(optionsOf(e), func(o any) bool { return reflect.DeepEqual(o, chosen) }) {
		k.fail(at, "must be one of the options, with the same text and value")
	}
}

func optionsOf(e map[string]any) []any {
	out, _ := e["options"].([]any)
	groups, _ := e["option_groups"].([]any)
	for _, g := range groups {
		group, _ := g.(map[string]any)
		more, _ := group["options"].([]any)
		out = append(out, more...)
	}
	return out
}
