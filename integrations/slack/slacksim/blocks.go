package slacksim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of https://docs.slack.dev/reference/block-kit, and the one on all blocks of a
// message, which no page says (https://github.com/slackapi/bolt-js/issues/2509).
const (
	maxBlocks   = 50
	maxAllChars = 13_200
)

type textJSON struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Emoji    *bool  `json:"emoji"`
	Verbatim *bool  `json:"verbatim"`
}

type elementJSON struct {
	Type     string          `json:"type"`
	Text     json.RawMessage `json:"text"` // an object in a button, a string in a text object
	Emoji    *bool           `json:"emoji"`
	ActionID string          `json:"action_id"`
	Value    string          `json:"value"`
	Style    string          `json:"style"`
	URL      string          `json:"url"`
	Confirm  *struct {
		Title   *textJSON `json:"title"`
		Text    *textJSON `json:"text"`
		Confirm *textJSON `json:"confirm"`
		Deny    *textJSON `json:"deny"`
	} `json:"confirm"`
}

type blockJSON struct {
	Type     string        `json:"type"`
	BlockID  string        `json:"block_id"`
	Text     *textJSON     `json:"text"`
	Fields   []textJSON    `json:"fields"`
	Elements []elementJSON `json:"elements"`
}

// checker collects what is wrong with the blocks of one message.
type checker struct{ messages []string }

func (k *checker) fail(pointer, format string, args ...any) {
	k.messages = append(k.messages, fmt.Sprintf("[ERROR] "+format+" [json-pointer:/blocks%s]", append(args, pointer)...))
}

// readBlocks checks blocks as Slack does and gives each an ID.
func (s *Sim) readBlocks(raw string) (json.RawMessage, []Button, *refusal) {
	var blocks []blockJSON
	var loose []map[string]any
	if json.Unmarshal([]byte(raw), &blocks) != nil || json.Unmarshal([]byte(raw), &loose) != nil {
		return nil, nil, refuse("invalid_blocks_format")
	}
	k := &checker{}
	if len(blocks) > maxBlocks {
		k.fail("", "no more than 50 items allowed")
	}
	var buttons []Button
	for i := range blocks {
		b := &blocks[i]
		if b.BlockID == "" {
			s.state.nextID++
			b.BlockID = "b" + strconv.Itoa(s.state.nextID)
			loose[i]["block_id"] = b.BlockID
		}
		buttons = append(buttons, k.block("/"+strconv.Itoa(i), b)...)
	}
	if len(k.messages) > 0 {
		return nil, nil, &refusal{code: "invalid_blocks", messages: k.messages}
	}
	if chars(raw) > maxAllChars {
		return nil, nil, refuse("msg_blocks_too_long")
	}
	out, err := json.Marshal(loose)
	if err != nil {
		return nil, nil, refuse("invalid_blocks_format")
	}
	return out, buttons, nil
}

// chars counts JSON as Slack reads it, whether or not the sender escaped < and > in it.
func chars(raw string) int {
	return utf8.RuneCountInString(raw) - 5*(strings.Count(raw, `\u003c`)+strings.Count(raw, `\u003e`)+strings.Count(raw, `\u0026`))
}

func (k *checker) block(at string, b *blockJSON) []Button {
	switch b.Type {
	case "header":
		k.text(at+"/text", b.Text, "plain_text", 150)
	case "section":
		if b.Text == nil && len(b.Fields) == 0 {
			k.fail(at, "missing required field: text or fields")
		}
		if b.Text != nil {
			k.text(at+"/text", b.Text, "", 3000)
		}
		if len(b.Fields) > 10 {
			k.fail(at+"/fields", "no more than 10 items allowed")
		}
		for i := range b.Fields {
			k.text(fmt.Sprintf("%s/fields/%d", at, i), &b.Fields[i], "", 2000)
		}
	case "context":
		k.count(at, len(b.Elements), 10)
		for i, e := range b.Elements {
			k.contextElement(fmt.Sprintf("%s/elements/%d", at, i), e)
		}
	case "actions":
		return k.actions(at, b)
	case "divider", "image", "rich_text", "markdown":
	default:
		k.fail(at+"/type", "unsupported type: %s", b.Type)
	}
	return nil
}

func (k *checker) count(at string, n, most int) {
	if n == 0 {
		k.fail(at+"/elements", "no less than 1 items allowed")
	}
	if n > most {
		k.fail(at+"/elements", "no more than %d items allowed", most)
	}
}

func (k *checker) contextElement(at string, e elementJSON) {
	if e.Type == "image" {
		return
	}
	t := &textJSON{Type: e.Type, Emoji: e.Emoji}
	if json.Unmarshal(e.Text, &t.Text) != nil {
		k.fail(at+"/text", "must be a string")
		return
	}
	k.text(at, t, "", 3000)
}

func (k *checker) text(at string, t *textJSON, kind string, most int) {
	switch {
	case t == nil:
		k.fail(at, "missing required field: text")
	case t.Type != "plain_text" && t.Type != "mrkdwn", kind != "" && t.Type != kind:
		k.fail(at+"/type", "unsupported type: %s", t.Type)
	case t.Text == "":
		k.fail(at+"/text", "must be more than 0 characters")
	case utf8.RuneCountInString(t.Text) > most:
		k.fail(at+"/text", "must be less than %d characters", most+1)
	case t.Type == "mrkdwn" && t.Emoji != nil:
		k.fail(at+"/emoji", "invalid additional property: emoji")
	}
}

func (k *checker) actions(at string, b *blockJSON) []Button {
	k.count(at, len(b.Elements), 25)
	var buttons []Button
	used := map[string]bool{}
	for i, e := range b.Elements {
		here := fmt.Sprintf("%s/elements/%d", at, i)
		if used[e.ActionID] && e.ActionID != "" {
			k.fail(here+"/action_id", "`action_id` %q already exists for another element", e.ActionID)
		}
		used[e.ActionID] = true
		if utf8.RuneCountInString(e.ActionID) > 255 {
			k.fail(here+"/action_id", "must be less than 256 characters")
		}
		if e.Type != "button" {
			continue
		}
		var label textJSON
		_ = json.Unmarshal(e.Text, &label) // what is no text object has no text
		k.button(here, e, &label)
		buttons = append(buttons, Button{Label: label.Text, Action: e.ActionID, Value: e.Value, Style: e.Style, Block: b.BlockID})
	}
	return buttons
}

func (k *checker) button(at string, e elementJSON, label *textJSON) {
	k.text(at+"/text", label, "plain_text", 75)
	if utf8.RuneCountInString(e.Value) > 2000 {
		k.fail(at+"/value", "must be less than 2001 characters")
	}
	if e.Style != "" && e.Style != "primary" && e.Style != "danger" {
		k.fail(at+"/style", "must be one of: primary, danger")
	}
	if c := e.Confirm; c != nil {
		k.text(at+"/confirm/title", c.Title, "plain_text", 100)
		k.text(at+"/confirm/text", c.Text, "", 300)
		k.text(at+"/confirm/confirm", c.Confirm, "plain_text", 30)
		k.text(at+"/confirm/deny", c.Deny, "plain_text", 30)
	}
}

// shown is all text that a message shows, a line for each piece, as it was sent.
func shown(blocks json.RawMessage) string {
	var parsed []blockJSON
	if json.Unmarshal(blocks, &parsed) != nil {
		return ""
	}
	var lines []string
	for _, b := range parsed {
		if b.Text != nil {
			lines = append(lines, b.Text.Text)
		}
		for _, f := range b.Fields {
			lines = append(lines, f.Text)
		}
		for _, e := range b.Elements {
			var text string
			if json.Unmarshal(e.Text, &text) == nil && text != "" {
				lines = append(lines, text)
			}
		}
	}
	return strings.Join(lines, "\n")
}
