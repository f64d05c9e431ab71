package grammar

import (
	"cmp"
	"regexp"
	"strings"

	"muster/incident"
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

// A picked thing may have blanks in its name, so it is found before the line is cut into words.
var (
	picked    = regexp.MustCompile(`<(@|#|!subteam\^)([A-Z0-9]+)(?:\|([^<>]*))?>|<((?:https?|mailto|tel):[^<>|]+)(?:\|([^<>]*))?>|<!([a-z]+)(?:\|[^<>]*)?>`)
	unescaped = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

func split(text string) []word {
	var out []word
	plain := func(s string) {
		for f := range strings.FieldsSeq(s) {
			out = append(out, word{Text: unescaped.Replace(f)})
		}
	}
	at := 0
	for _, m := range picked.FindAllStringSubmatchIndex(text, -1) {
		plain(text[at:m[0]])
		out = append(out, pickedWord(text, m))
		at = m[1]
	}
	plain(text[at:])
	return out
}

func pickedWord(text string, m []int) word {
	group := func(k int) string {
		if m[2*k] < 0 {
			return ""
		}
		return text[m[2*k]:m[2*k+1]]
	}
	sign, id, name := group(1), group(2), unescaped.Replace(group(3))
	switch {
	case sign == "@":
		return word{Text: "@" + cmp.Or(name, id), User: id}
	case sign == "#":
		return word{Text: "#" + cmp.Or(name, id), Channel: id}
	case sign != "":
		return word{Text: "@" + strings.TrimPrefix(cmp.Or(name, id), "@"), Group: id}
	case group(6) != "": // <!here> and its like address everybody; as words they address nobody
		return word{Text: "@" + group(6)}
	}
	return word{Text: strings.TrimPrefix(unescaped.Replace(group(4)), "mailto:")}
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
