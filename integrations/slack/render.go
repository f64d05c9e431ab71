package slack

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
)

// Sizes of https://docs.slack.dev/reference/block-kit, in characters.
const (
	maxBlocks       = 50
	maxHeader       = 150
	maxSection      = 3000
	maxField        = 2000
	maxFields       = 10 // in one section
	maxElements     = 25 // in one actions block
	maxContext      = 10 // elements of one context block
	maxButtonLabel  = 75
	maxButtonAction = 255
	maxButtonValue  = 2000

	// maxMessage is how much JSON all blocks together may be. Slack answers
	// msg_blocks_too_long at about 13,200 characters, which no page says
	// (https://github.com/slackapi/bolt-js/issues/2509).
	maxMessage = 12_900

	// Ours: a footnote is small print, and the fallback is for a notification.
	maxFootnote  = 500
	maxFallback  = 3000
	maxFieldRows = 5 // sections of fields
)

// What a block costs beside its text, rounded up; and what is kept free for the parts that
// are laid out after the fields.
const (
	sectionCost = 90
	fieldCost   = 60
	reserved    = 3500
	minText     = 40 // less room than this is not worth a block
)

// rendering is a message in Slack's words.
type rendering struct {
	text   string
	key    string
	blocks []slackapi.Block
}

// render lays a message out within all of Slack's limits, whatever is in it. shown holds how
// people are mentioned; those not in it are shown by their addresses. Only what cannot be
// shortened is refused: the values of buttons and the key.
func render(m incident.Message, shown map[string]string) (rendering, error) {
	if length(m.Key) > maxKey {
		return rendering{}, refuse("render", "the message's key is longer than 255 characters")
	}
	headline := incident.CleanLine(m.Headline)
	if headline == "" {
		headline = "(no headline)"
	}
	s := sheet{left: maxMessage, blocksLeft: maxBlocks}
	// What must be there takes its room first, what can be cut takes the rest.
	actions, err := s.actions(m.Buttons)
	if err != nil {
		return rendering{}, err
	}
	items, err := s.items(m.Items)
	if err != nil {
		return rendering{}, err
	}
	head := s.head(m, headline)
	head = append(head, s.section(peopleTokens(m.Mention, shown, " "), maxSection)...)
	fields := s.fields(m.Fields, shown)
	links := s.section(linkTokens(m.Links), min(maxSection, s.left/2))
	credits := s.credits(m.Credits, shown)
	notes := s.footnotes(m.Footnotes)
	body := s.body(m.Body)

	out := rendering{key: m.Key, text: fit(plainTokens(headline), maxFallback)}
	for _, part := range [][]slackapi.Block{head, fields, body, items, credits, links, actions, notes} {
		out.blocks = append(out.blocks, part...)
	}
	return out, nil
}

// head is the headline, unless the message has a text that does without it.
func (s *sheet) head(m incident.Message, headline string) []slackapi.Block {
	if m.Quiet && slices.ContainsFunc(m.Body, func(p string) bool { return incident.CleanText(p) != "" }) {
		return nil
	}
	head := []slackapi.Block{s.fixed(slackapi.NewHeaderBlock(plain(clip(headline, maxHeader))))}
	if length(headline) > maxHeader {
		head = append(head, s.section(plainTokens(headline), maxSection)...)
	}
	return head
}

// credits are one line of small print: label and value of each, as far as there is room.
func (s *sheet) credits(fields []incident.Field, shown map[string]string) []slackapi.Block {
	var t tokens
	for i, f := range fields {
		if i > 0 {
			t = append(t, " · ")
		}
		t = append(t, escape(clip(incident.CleanLine(f.Label), 100))+" ")
		t = append(t, valueTokens(f, shown)...)
	}
	if len(t) == 0 || s.left < sectionCost+maxFootnote+reserved/2 {
		return nil
	}
	return []slackapi.Block{s.fixed(slackapi.NewContextBlock("", markdown(fit(t, maxFootnote))))}
}

// sheet counts the room that is left in a message.
type sheet struct {
	left       int // characters of JSON
	blocksLeft int
}

// fixed takes a block that is there in any case.
func (s *sheet) fixed(b slackapi.Block) slackapi.Block {
	s.left -= blockCost(b)
	s.blocksLeft--
	return b
}

// section takes as much of a text as there is room for.
func (s *sheet) section(t tokens, limit int) []slackapi.Block {
	limit = min(limit, s.left-sectionCost)
	if len(t) == 0 || limit < minText || s.blocksLeft == 0 {
		return nil
	}
	text := fit(t, limit)
	if text == "" {
		return nil
	}
	s.left -= sectionCost + cost(text)
	s.blocksLeft--
	return []slackapi.Block{slackapi.NewSectionBlock(markdown(text), nil, nil)}
}

// fields lays fields out in pairs. One long field may take what the others do not need.
func (s *sheet) fields(fields []incident.Field, shown map[string]string) []slackapi.Block {
	texts := make([]tokens, 0, len(fields))
	floor := 0 // what the fields still to come get at least
	for i, f := range fields {
		if i == maxFields*maxFieldRows {
			break
		}
		texts = append(texts, fieldTokens(f, shown))
		floor += least(texts[i])
	}
	keep := reserved
	var blocks []slackapi.Block
	var row []*slackapi.TextBlockObject
	flush := func() {
		if len(row) > 0 {
			blocks = append(blocks, slackapi.NewSectionBlock(nil, row, nil))
			row, s.blocksLeft, s.left = nil, s.blocksLeft-1, s.left-sectionCost
		}
	}
	for _, t := range texts {
		floor -= least(t)
		limit := min(maxField, s.left-keep-floor-fieldCost-sectionCost)
		if limit < minText || s.blocksLeft == 0 {
			break
		}
		text := fit(t, limit)
		s.left -= fieldCost + cost(text)
		if row = append(row, markdown(text)); len(row) == maxFields {
			flush()
		}
	}
	flush()
	return blocks
}

// least is the room that a field is left whatever stands before it.
func least(t tokens) int {
	n := 0
	for _, s := range t {
		if n += cost(s); n > 100 {
			n = 100
			break
		}
	}
	return n + fieldCost
}

func fieldTokens(f incident.Field, shown map[string]string) tokens {
	label := tokens{"*" + escape(clip(incident.CleanLine(f.Label), 100)) + "*\n"}
	return append(label, valueTokens(f, shown)...)
}

func valueTokens(f incident.Field, shown map[string]string) tokens {
	switch {
	case len(f.People) > 0:
		return peopleTokens(f.People, shown, ", ")
	case !f.Time.IsZero():
		return tokens{Moment(f.Time)}
	case incident.CleanText(f.Text) != "":
		return textTokens(incident.CleanText(f.Text))
	}
	return tokens{"—"}
}

func peopleTokens(people []string, shown map[string]string, between string) tokens {
	var t tokens
	for i, p := range people {
		if i > 0 {
			t = append(t, between)
		}
		if name, ok := shown[p]; ok {
			t = append(t, name)
		} else {
			t = append(t, escape(clip(incident.CleanLine(p), 100)))
		}
	}
	return t
}

func linkTokens(links []incident.Link) tokens {
	var t tokens
	for i, l := range links {
		if i > 0 {
			t = append(t, " · ")
		}
		t = append(t, Linked(l))
	}
	return t
}

// actions lays buttons out. action_id must be unique within a block, and the same action may
// be offered for several things, so a repeated one starts a new block.
func (s *sheet) actions(buttons []incident.Button) ([]slackapi.Block, error) {
	blocks, err := s.rows(buttons)
	if err == nil && (s.left < reserved || s.blocksLeft < maxBlocks/2) {
		return nil, refuse("render", "the buttons leave no room for the message")
	}
	return blocks, err
}

// rows lays buttons out whatever room is left.
func (s *sheet) rows(buttons []incident.Button) ([]slackapi.Block, error) {
	var blocks []slackapi.Block
	var row []slackapi.BlockElement
	used := map[string]bool{}
	flush := func() {
		if len(row) > 0 {
			blocks = append(blocks, s.fixed(slackapi.NewActionBlock("", row...)))
			row, used = nil, map[string]bool{}
		}
	}
	for _, b := range buttons {
		if b.Action == "" || length(b.Action) > maxButtonAction || length(b.Value) > maxButtonValue {
			return nil, refuse("render", fmt.Sprintf("the button %q has no action, or an action or value that is too long", clip(b.Label, 40)))
		}
		if used[b.Action] || len(row) == maxElements {
			flush()
		}
		used[b.Action] = true
		row = append(row, button(b))
	}
	flush()
	return blocks, nil
}

func button(b incident.Button) *slackapi.ButtonBlockElement {
	label := incident.CleanLine(b.Label)
	if label == "" {
		label = b.Action
	}
	e := slackapi.NewButtonBlockElement(b.Action, b.Value, plain(clip(label, maxButtonLabel)))
	question := incident.CleanLine(b.Confirm)
	if b.Danger {
		e = e.WithStyle(slackapi.StyleDanger)
		question = cmp.Or(question, "This cannot be taken back.")
	}
	if question != "" {
		e = e.WithConfirm(slackapi.NewConfirmationBlockObject(
			plain("Are you sure?"), plain(clip(question, maxConfirm)), plain(clip(label, 30)), plain("Go back"),
		))
	}
	return e
}

// maxConfirm is how long the question of a confirmation may be
// (https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object).
const maxConfirm = 300

func (s *sheet) footnotes(notes []string) []slackapi.Block {
	var blocks []slackapi.Block
	var row []slackapi.MixedElement
	flush := func() {
		if len(row) > 0 {
			blocks = append(blocks, slackapi.NewContextBlock("", row...))
			row, s.blocksLeft, s.left = nil, s.blocksLeft-1, s.left-sectionCost
		}
	}
	for _, n := range notes {
		n = incident.CleanText(n)
		limit := min(maxFootnote, s.left-reserved/2-fieldCost-sectionCost)
		if limit < minText || s.blocksLeft <= 1 {
			break
		}
		if n == "" {
			continue
		}
		text := fit(textTokens(n), limit)
		s.left -= fieldCost + cost(text)
		if row = append(row, markdown(text)); len(row) == maxContext {
			flush()
		}
	}
	flush()
	return blocks
}

// body lays paragraphs out; what there is no room for is marked as left out.
func (s *sheet) body(paragraphs []string) []slackapi.Block {
	var blocks []slackapi.Block
	const more = "…"
	for _, p := range paragraphs {
		p = incident.CleanText(p)
		if p == "" {
			continue
		}
		if s.blocksLeft <= 1 || s.left < 2*sectionCost+minText+len(more) {
			return append(blocks, s.section(tokens{more}, maxSection)...)
		}
		// Room for the mark stays free until the last paragraph is in.
		s.left -= sectionCost + minText
		blocks = append(blocks, s.section(textTokens(p), maxSection)...)
		s.left += sectionCost + minText
	}
	return blocks
}

func plain(text string) *slackapi.TextBlockObject {
	return slackapi.NewTextBlockObject(slackapi.PlainTextType, text, false, false)
}

// markdown is verbatim: what is not written as a link or a mention must not become one.
func markdown(text string) *slackapi.TextBlockObject {
	return slackapi.NewTextBlockObject(slackapi.MarkdownType, text, false, true)
}

// blockCost measures a block as Slack reads it.
func blockCost(b slackapi.Block) int {
	raw, err := json.Marshal(b)
	if err != nil {
		return maxMessage // no block of ours fails to encode; if one did, it would not be sent
	}
	return length(unhtml.Replace(string(raw))) + 1 // and a comma
}

// unhtml undoes what encoding/json does to <, > and &. (Switching that off does not help:
// some of slack-go's blocks encode their parts themselves.)
var unhtml = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&")
