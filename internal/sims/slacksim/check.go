package slacksim

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Limits of https://docs.slack.dev/reference/block-kit and .../reference/views, and the one on
// all blocks of a message, which no page says (https://github.com/slackapi/bolt-js/issues/2509).
const (
	maxBlocks     = 50
	maxViewBlocks = 100
	maxAllChars   = 13_200
	maxView       = 250_000
)

// CheckMessage says what Slack would refuse in the blocks of a message, a JSON array; nothing
// if it would take them.
func CheckMessage(blocks []byte) []string {
	var list any
	if err := json.Unmarshal(blocks, &list); err != nil {
		return []string{"[ERROR] the blocks are no JSON: " + err.Error()}
	}
	k := checkMessage(list)
	if n := chars(string(blocks)); n > maxAllChars {
		k.fail("/blocks", "all blocks have %d characters, more than %d (msg_blocks_too_long)", n, maxAllChars)
	}
	return k.messages
}

// CheckView says what Slack would refuse in a modal or a home tab, a JSON object; nothing if
// it would take it.
func CheckView(view []byte) []string {
	var v any
	if err := json.Unmarshal(view, &v); err != nil {
		return []string{"[ERROR] the view is no JSON: " + err.Error()}
	}
	k := checkView(v)
	if len(view) > maxView {
		k.fail("/view", "the view has %d bytes, more than %d (view_too_large)", len(view), maxView)
	}
	return k.messages
}

func checkMessage(blocks any) *checker {
	k := &checker{blockIDs: map[string]bool{}}
	k.blocks("/blocks", blocks, maxBlocks)
	return k
}

// checker collects what is wrong with the blocks of one message or view.
type checker struct {
	messages []string
	blockIDs map[string]bool
	inputs   int // input blocks
	focused  int // elements that want the focus
}

func (k *checker) fail(pointer, format string, args ...any) {
	k.messages = append(k.messages, fmt.Sprintf("[ERROR] "+format+" [json-pointer:%s]", append(args, pointer)...))
}

// rule checks one value at a place.
type rule func(k *checker, at string, v any)

// need is a property that must be there.
type need struct{ rule }

// shape is what the properties of an object must be: rules, and needs. Slack takes no others.
type shape map[string]any

func (k *checker) object(at string, v any, sh shape) (map[string]any, bool) {
	object, ok := v.(map[string]any)
	if !ok {
		k.fail(at, "must provide an object")
		return nil, false
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if sh[name] == nil {
			k.fail(at+"/"+name, "invalid additional property: %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sh)) {
		value := object[name]
		check, optional := sh[name].(rule)
		if n, needed := sh[name].(need); needed {
			check = n.rule
		}
		switch {
		case value != nil:
			check(k, at+"/"+name, value)
		case !optional:
			k.fail(at, "missing required field: %s", name)
		}
	}
	return object, true
}

// with adds properties to a shape.
func (sh shape) with(more shape) shape {
	out := maps.Clone(sh)
	maps.Copy(out, more)
	return out
}

// text is a string of so many characters.
func text(least, most int) rule {
	return func(k *checker, at string, v any) {
		s, ok := v.(string)
		switch n := utf8.RuneCountInString(s); {
		case !ok:
			k.fail(at, "must be a string")
		case n < least && least == 1:
			k.fail(at, "must be more than 0 characters")
		case n < least:
			k.fail(at, "must be more than %d characters", least-1)
		case n > most:
			k.fail(at, "must be less than %d characters", most+1)
		}
	}
}

func matches(pattern *regexp.Regexp, what string) rule {
	return func(k *checker, at string, v any) {
		if s, ok := v.(string); !ok || !pattern.MatchString(s) {
			k.fail(at, "must be %s", what)
		}
	}
}

func yesNo(k *checker, at string, v any) {
	if _, ok := v.(bool); !ok {
		k.fail(at, "must be a boolean")
	}
}

func anything(*checker, string, any) {}

func whole(least, most int) rule {
	return func(k *checker, at string, v any) {
		n, ok := v.(float64)
		if !ok || n != float64(int64(n)) || n < float64(least) || n > float64(most) {
			k.fail(at, "must be a whole number from %d to %d", least, most)
		}
	}
}

func oneOf(allowed ...string) rule {
	return func(k *checker, at string, v any) {
		if s, ok := v.(string); !ok || !slices.Contains(allowed, s) {
			k.fail(at, "must be one of: %q", allowed)
		}
	}
}

func list(least, most int, each rule) rule {
	return func(k *checker, at string, v any) {
		items, ok := v.([]any)
		if !ok {
			k.fail(at, "must provide an array")
			return
		}
		if len(items) < least {
			k.fail(at, "no less than %d items allowed", least)
		}
		if len(items) > most {
			k.fail(at, "no more than %d items allowed", most)
		}
		for i, item := range items {
			each(k, at+"/"+strconv.Itoa(i), item)
		}
	}
}

func obj(sh shape) rule {
	return func(k *checker, at string, v any) { k.object(at, v, sh) }
}

// words is a text object: of one type, or of both if kind is empty.
func words(kind string, most int) rule {
	return func(k *checker, at string, v any) {
		object, ok := v.(map[string]any)
		if !ok {
			k.fail(at, "must provide an object")
			return
		}
		is, _ := object["type"].(string)
		if (is != "plain_text" && is != "mrkdwn") || (kind != "" && is != kind) {
			k.fail(at+"/type", "unsupported type: %s", is)
			return
		}
		sh := shape{"type": need{anything}, "text": need{text(1, most)}, "emoji": rule(yesNo)}
		if is == "mrkdwn" {
			sh = shape{"type": need{anything}, "text": need{text(1, most)}, "verbatim": rule(yesNo)}
		}
		k.object(at, v, sh)
	}
}

func plain(most int) rule { return words("plain_text", most) }

var viewBase = shape{
	"type": need{anything}, "blocks": need{func(k *checker, at string, v any) { k.blocks(at, v, maxViewBlocks) }},
	"private_metadata": text(0, 3000), "callback_id": text(0, 255), "external_id": text(0, 255),
}

var views = map[string]shape{
	"home": viewBase,
	"modal": viewBase.with(shape{
		"title": need{plain(24)}, "submit": plain(24), "close": plain(24),
		"clear_on_close": rule(yesNo), "notify_on_close": rule(yesNo), "submit_disabled": rule(yesNo),
	}),
}

func checkView(v any) *checker {
	k := &checker{blockIDs: map[string]bool{}}
	object, _ := v.(map[string]any)
	kind, _ := object["type"].(string)
	if views[kind] == nil {
		k.fail("/view/type", "unsupported type: %s", kind)
		return k
	}
	k.object("/view", v, views[kind])
	if kind == "modal" && k.inputs > 0 && object["submit"] == nil {
		k.fail("/view", "missing required field: submit, which a modal with input blocks must have")
	}
	if k.focused > 1 {
		k.fail("/view/blocks", "only one element can have focus_on_load")
	}
	return k
}
