package grammar

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"muster/incident"
	"muster/integrations/slack"
)

// word is one word of a line. Slack writes people, channels and groups that were picked from its
// menus as <@U024BE7LH|alice>, <#C024BE7LR|general> and <!subteam^SAZ94GDB8|@sre>, and escapes
// what would be mistaken for them
// (https://docs.slack.dev/interactivity/implementing-slash-commands).
type word struct {
	// Text is the word as people read it.
	Text string
	// User, Channel and Group are Slack's IDs, for a word that is one of these.
	User, Channel, Group string
}

func (w word) picked() bool { return w.User+w.Channel+w.Group != "" }

// split cuts a line into words. A picked thing may have blanks in its name and is one word all the
// same, together with what is written to it: "@alice," names alice.
func split(text string) []word {
	var out []word
	glued := false // the next part goes on with the last word
	for _, p := range slack.Parts(text, nil) {
		if p.Reference {
			if !glued || out[len(out)-1].picked() {
				out = append(out, word{})
			}
			w := &out[len(out)-1]
			w.Text += p.Text
			w.User, w.Channel, w.Group = p.User, p.Channel, p.Group
			glued = true
			continue
		}
		for k, f := range strings.Fields(p.Text) {
			if k > 0 || !glued || blank(p.Text, true) {
				out = append(out, word{Text: f})
				continue
			}
			out[len(out)-1].Text += f
		}
		glued = !blank(p.Text, false)
	}
	return out
}

// blank reports whether a text begins, or ends, with a blank.
func blank(s string, begins bool) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	if begins {
		r, _ = utf8.DecodeRuneInString(s)
	}
	return unicode.IsSpace(r)
}

// person is the user whom a word names, by Slack's ID or by e-mail address; "" for any other word.
func (w word) person() string {
	if w.User == "" && incident.CheckPerson("person", w.Text) == nil {
		return incident.NormalPerson(w.Text)
	}
	return w.User
}

// readable is the words as one line for people to read.
func readable(words []word) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = w.Text
	}
	return strings.Join(texts, " ")
}
