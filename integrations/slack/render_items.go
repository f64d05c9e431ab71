package slack

import (
	slackapi "github.com/slack-go/slack"

	"muster/incident"
)

// besideItems is what stays free for everything else in a message with items, and leastItem the text
// that each of them has at least.
const (
	besideItems = 1500
	leastItem   = 150
)

// items lays things out below each other, each with its buttons. None is left out: whoever reads a
// message takes what is not in it for settled. So too many are refused, and what is long is cut.
func (s *sheet) items(items []incident.Item) ([]slackapi.Block, error) {
	if len(items) == 0 {
		return nil, nil
	}
	var rows [][]slackapi.Block
	for _, it := range items {
		row, err := s.rows(it.Buttons)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	if s.left < besideItems+len(items)*(sectionCost+leastItem) || s.blocksLeft < len(items)+4 {
		return nil, refuse("render", "there are more lines with buttons than one message holds")
	}
	var blocks []slackapi.Block
	for k, it := range items {
		share := (s.left-besideItems)/(len(items)-k) - sectionCost
		blocks = append(blocks, s.section(itemTokens(it, share), share)...)
		blocks = append(blocks, rows[k]...)
	}
	return blocks, nil
}

// itemTokens are the link and the text. A link that would leave too little room for the text is left
// out.
func itemTokens(it incident.Item, share int) tokens {
	text := incident.CleanText(it.Text)
	if text == "" {
		text = "(no text)"
	}
	var t tokens
	if link := Linked(it.Link); it.Link.URL != "" && cost(link) < share-leastItem/2 {
		t = append(t, link, " ")
	}
	return append(t, textTokens(text)...)
}
