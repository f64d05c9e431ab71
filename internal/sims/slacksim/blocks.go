package slacksim

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// readBlocks checks the blocks of a message as Slack does and gives each an ID.
func (s *Sim) readBlocks(raw string) (json.RawMessage, []Button, *refusal) {
	var blocks []map[string]any
	if json.Unmarshal([]byte(raw), &blocks) != nil {
		return nil, nil, refuse("invalid_blocks_format")
	}
	list := make([]any, len(blocks))
	for i, b := range blocks {
		list[i] = b
	}
	if k := checkMessage(list); len(k.messages) > 0 {
		return nil, nil, &refusal{code: "invalid_blocks", messages: k.messages}
	}
	if chars(raw) > maxAllChars {
		return nil, nil, refuse("msg_blocks_too_long")
	}
	s.nameBlocks(blocks)
	out, err := json.Marshal(blocks)
	if err != nil {
		return nil, nil, refuse("invalid_blocks_format")
	}
	return out, buttonsOf(blocks), nil
}

// nameBlocks gives an ID to blocks and interactive elements that have none.
func (s *Sim) nameBlocks(blocks []map[string]any) {
	name := func(object map[string]any, property, prefix string) {
		if id, _ := object[property].(string); id == "" {
			s.state.NextID++
			object[property] = prefix + strconv.Itoa(s.state.NextID)
		}
	}
	for _, b := range blocks {
		name(b, "block_id", "b")
		for _, e := range elementsOf(b) {
			if kind, _ := e["type"].(string); places[kind] != "" && kind != "image" {
				name(e, "action_id", "a")
			}
		}
	}
}

// elementsOf lists the elements in a block, wherever it has them.
func elementsOf(block map[string]any) []map[string]any {
	list, _ := block["elements"].([]any)
	var out []map[string]any
	for _, one := range append([]any{block["accessory"], block["element"]}, list...) {
		if e, ok := one.(map[string]any); ok {
			out = append(out, e)
		}
	}
	return out
}

// buttonsOf lists the buttons in blocks.
func buttonsOf(blocks []map[string]any) []Button {
	var out []Button
	for _, b := range blocks {
		for _, e := range elementsOf(b) {
			if e["type"] == "button" {
				out = append(out, Button{
					Label: textOf(e["text"]), Action: str(e, "action_id"), Value: str(e, "value"), Style: str(e, "style"), Block: str(b, "block_id"),
				})
			}
		}
	}
	return out
}

func str(object map[string]any, name string) string {
	s, _ := object[name].(string)
	return s
}

// textOf is the text of a text object, or the text itself.
func textOf(v any) string {
	if object, ok := v.(map[string]any); ok {
		return str(object, "text")
	}
	s, _ := v.(string)
	return s
}

// chars counts JSON as Slack reads it, whether or not the sender escaped < and > in it.
func chars(raw string) int {
	return utf8.RuneCountInString(raw) - 5*(strings.Count(raw, `\u003c`)+strings.Count(raw, `\u003e`)+strings.Count(raw, `\u0026`))
}

// shown is all text that blocks show, a line for each piece, as it was sent; buttons and what
// people fill in are not part of it, labels and hints are.
func shown(blocks json.RawMessage) string {
	var parsed []map[string]any
	if json.Unmarshal(blocks, &parsed) != nil {
		return ""
	}
	var lines []string
	add := func(v any) {
		if text := textOf(v); text != "" {
			lines = append(lines, text)
		}
	}
	for _, b := range parsed {
		add(b["text"])
		fields, _ := b["fields"].([]any)
		for _, f := range fields {
			add(f)
		}
		add(b["label"])
		add(b["hint"])
		elements, _ := b["elements"].([]any)
		for _, e := range elements {
			if object, ok := e.(map[string]any); ok && b["type"] == "context" {
				add(object)
			}
		}
	}
	return strings.Join(lines, "\n")
}
