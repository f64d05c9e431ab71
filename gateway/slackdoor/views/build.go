package views

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations/slack"
)

// entry is the action_id of every input; its block_id tells them apart.
const entry = "value"

// mrkdwn is verbatim: what is not written as a link or a mention must not become one. The text
// is escaped by who makes it.
func mrkdwn(s string) *slackapi.TextBlockObject {
	return slackapi.NewTextBlockObject(slackapi.MarkdownType, s, false, true)
}

func section(markup string) slackapi.Block {
	return slackapi.NewSectionBlock(mrkdwn(markup), nil, nil)
}

// small is a line of small print.
func small(markup string) slackapi.Block {
	return slackapi.NewContextBlock("", mrkdwn(markup))
}

// beside is a text with one button at its right.
func beside(markup string, b *slackapi.ButtonBlockElement) slackapi.Block {
	return slackapi.NewSectionBlock(mrkdwn(markup), nil, slackapi.NewAccessory(b))
}

func header(text string) slackapi.Block { return slackapi.NewHeaderBlock(plain(text, maxHeader)) }

func button(action, value, label string) *slackapi.ButtonBlockElement {
	return slackapi.NewButtonBlockElement(action, slack.Clip(value, maxButtonValue), plain(label, maxButtonLabel))
}

func primary(b *slackapi.ButtonBlockElement) *slackapi.ButtonBlockElement {
	return b.WithStyle(slackapi.StylePrimary)
}

func actions(b ...*slackapi.ButtonBlockElement) slackapi.Block {
	row := make([]slackapi.BlockElement, len(b))
	for i := range b {
		row[i] = b[i]
	}
	return slackapi.NewActionBlock("", row...)
}

// modal puts a form together. Without a label for submit it only shows something.
func modal(callback, title, submit string, m Meta, blocks ...slackapi.Block) slackapi.ModalViewRequest {
	v := slackapi.ModalViewRequest{
		Type: slackapi.VTModal, CallbackID: callback, PrivateMetadata: m.Encode(),
		Title: plain(title, maxModalTitle), Close: plain("Close", maxModalTitle),
		Blocks: slackapi.Blocks{BlockSet: blocks},
	}
	if submit != "" {
		v.Submit, v.Close = plain(submit, maxModalTitle), plain("Go back", maxModalTitle)
	}
	return v
}

// field is an input that must be filled in; optional one that need not be.
func field(block, label, hint string, e slackapi.BlockElement) *slackapi.InputBlock {
	in := slackapi.NewInputBlock(block, plain(label, maxLabel), nil, e)
	if hint != "" {
		in.Hint = plain(hint, maxLabel)
	}
	return in
}

func optional(block, label, hint string, e slackapi.BlockElement) *slackapi.InputBlock {
	return field(block, label, hint, e).WithOptional(true)
}

func hintText(s string) *slackapi.TextBlockObject {
	if s == "" {
		return nil
	}
	return plain(s, maxPlaceholder)
}

// line is an input of one line, text one of several.
func line(placeholder, initial string, most int) *slackapi.PlainTextInputBlockElement {
	return slackapi.NewPlainTextInputBlockElement(hintText(placeholder), entry).
		WithMaxLength(most).WithInitialValue(slack.Clip(initial, most))
}

func text(placeholder, initial string, most int) *slackapi.PlainTextInputBlockElement {
	return line(placeholder, initial, most).WithMultiline(true)
}

func person(initial string) *slackapi.SelectBlockElement {
	return slackapi.NewOptionsSelectBlockElement(slackapi.OptTypeUser, hintText("Choose a person"), entry).WithInitialUser(initial)
}

func option(value, label, description string) *slackapi.OptionBlockObject {
	o := slackapi.NewOptionBlockObject(value, plain(label, maxOption), nil)
	if description != "" {
		o.Description = plain(description, maxOption)
	}
	return o
}

func radio(options []*slackapi.OptionBlockObject, initial string) *slackapi.RadioButtonsBlockElement {
	r := slackapi.NewRadioButtonsBlockElement(entry, options...)
	r.InitialOption = chosen(options, initial)
	return r
}

func chosen(options []*slackapi.OptionBlockObject, value string) *slackapi.OptionBlockObject {
	for _, o := range options {
		if o.Value == value {
			return o
		}
	}
	return nil
}

// menu makes options of choices. One whose value does not fit is not offered, for a value that
// is cut means something else.
func menu(choices []Choice) []*slackapi.OptionBlockObject {
	var out []*slackapi.OptionBlockObject
	for _, c := range choices {
		if c.Value != "" && units(c.Value) <= maxOptionValue && len(out) < maxOptions*maxOptions {
			label := incident.CleanLine(c.Label)
			if label == "" {
				label = c.Value
			}
			out = append(out, option(c.Value, label, ""))
		}
	}
	return out
}

// groups splits a menu that is too long for one list.
func groups(options []*slackapi.OptionBlockObject) []*slackapi.OptionGroupBlockObject {
	var out []*slackapi.OptionGroupBlockObject
	for at := 0; at < len(options); at += maxOptions {
		part := options[at:min(at+maxOptions, len(options))]
		label := fmt.Sprintf("%s – %s", slack.Clip(part[0].Text.Text, 30), slack.Clip(part[len(part)-1].Text.Text, 30))
		out = append(out, slackapi.NewOptionGroupBlockElement(plain(label, maxOption), part...))
	}
	return out
}

func selectOne(placeholder string, options []*slackapi.OptionBlockObject, initial string) *slackapi.SelectBlockElement {
	s := slackapi.NewOptionsSelectBlockElement(slackapi.OptTypeStatic, hintText(placeholder), entry)
	if len(options) > maxOptions {
		s.OptionGroups = groups(options)
	} else {
		s.Options = options
	}
	s.InitialOption = chosen(options, initial)
	return s
}

func selectSeveral(placeholder string, options []*slackapi.OptionBlockObject, initial []string) *slackapi.MultiSelectBlockElement {
	s := slackapi.NewOptionsMultiSelectBlockElement(slackapi.MultiOptTypeStatic, hintText(placeholder), entry)
	if len(options) > maxOptions {
		s.OptionGroups = groups(options)
	} else {
		s.Options = options
	}
	for _, v := range initial {
		if o := chosen(options, v); o != nil {
			s.InitialOptions = append(s.InitialOptions, o)
		}
	}
	return s
}

// maxMessage is how much JSON a message may be, a little less than what Slack takes (see
// integrations/slack, which found 12,900 to be safe).
const maxMessage = 12_000

// sizes measures blocks as JSON, on the safe side.
func sizes(blocks []slackapi.Block) int {
	n := 0
	for _, b := range blocks {
		raw, err := json.Marshal(b)
		if err != nil {
			return maxMessage // no block of ours fails to encode
		}
		n += len(raw) + 1
	}
	return n
}

// bounded joins as many lines as there is room for and says how many are left out.
func bounded(lines []string, n int) string {
	size := 0
	for k, l := range lines {
		if size += cost(l) + 2; size > n-20 {
			return joined(append(slices.Clip(lines[:k]), fmt.Sprintf("and %d more", len(lines)-k)))
		}
	}
	return joined(lines)
}

// quote shows other people's words as theirs, line by line, in at most n units.
func quote(s string, n int) string {
	lines := strings.Split(escText(s, n*3/4), "\n")
	for k := range lines {
		lines[k] = "> " + lines[k]
	}
	out := strings.Join(lines, "\n")
	if units(out) <= n {
		return out
	}
	return "> " + esc(s, n-2) // so many lines that their marks alone fill it
}
