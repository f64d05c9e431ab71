package grammar

import (
	"strings"
	"time"

	"muster/incident"
)

// Correction is what a line puts right on the record. A list that is empty and not nil takes all away.
type Correction struct {
	// Times are by their fields, as people write them: see incident.ParsePast. Clear names those of which
	// nothing is known after all.
	Times map[string]string
	Clear []string
	Title string
	Kind  incident.Kind
	// Services and Tags take the place of those that the incident has.
	Services, Tags []string
}

// Empty reports whether nothing is put right.
func (c Correction) Empty() bool {
	return len(c.Times)+len(c.Clear) == 0 && c.Title == "" && c.Kind == "" && c.Services == nil && c.Tags == nil
}

// correctable are the words before a colon, and what is corrected by them.
var correctable = map[string]string{
	"started": incident.FieldStarted, "detected": incident.FieldDetected, "mitigated": incident.FieldMitigated, "resolved": incident.FieldResolved,
	"title": "title", "kind": "kind", "service": "services", "services": "services", "tag": "tags", "tags": "tags",
}

// correctTakes says how a correction is typed.
const correctTakes = `it takes what to correct, and why: started:14:05 resolved:"yesterday 15:10" title:"Slow carts" kind:drill service:checkout tag:eu the logs show it`

// correct reads started:14:05 kind:drill and so on, and takes the rest for the reason.
func correct(a *Args, words []word, b Book) string {
	var rest []word
	given := map[string]bool{}
	for len(words) > 0 {
		name, value, marked := strings.Cut(words[0].Text, ":")
		field, known := correctable[strings.ToLower(name)]
		if !marked || !known || words[0].picked() {
			rest, words = append(rest, words[0]), words[1:]
			continue
		}
		if list := field == "services" || field == "tags"; given[field] && !list {
			return name + " is given twice"
		}
		given[field] = true
		value, words = valueOf(field, value, words[1:])
		if why := a.Correction.take(field, value, b); why != "" {
			return why
		}
	}
	a.Text = readable(rest)
	if a.Correction.Empty() && a.Text != "" {
		return correctTakes
	}
	return ""
}

// take takes one value in, or says what is wrong with it.
func (c *Correction) take(field, value string, b Book) string {
	if value == "" {
		return correctTakes
	}
	none := strings.EqualFold(value, "none")
	switch field {
	case "title":
		c.Title = value
	case "kind":
		k, err := incident.ParseKind(value)
		if err != nil {
			return value + " is no kind: write incident, near_miss, drill or external"
		}
		c.Kind = k
	case "services":
		return c.takeServices(value, none, b)
	case "tags":
		c.Tags = append(emptyFor(c.Tags), listed(value, none)...)
	default:
		if none {
			c.Clear = append(c.Clear, field)
			return ""
		}
		if !past(value) {
			return value + ` is no time of the past: write it like 14:05, "yesterday 14:05", "2026-11-29 14:05" or 2h`
		}
		if c.Times == nil {
			c.Times = map[string]string{}
		}
		c.Times[field] = value
	}
	return ""
}

// takeServices writes services as the playbook does. What it does not have is left to the incident, which may
// name it all the same.
func (c *Correction) takeServices(value string, none bool, b Book) string {
	c.Services = emptyFor(c.Services)
	for _, s := range listed(value, none) {
		if name, known := b.Service(s); known {
			s = name
		}
		c.Services = append(c.Services, s)
	}
	return ""
}

// emptyFor is a list to which something is added, and which is then said to be meant.
func emptyFor(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// listed are the items of a value with commas; none has none.
func listed(value string, none bool) []string {
	if none {
		return nil
	}
	var out []string
	for s := range strings.SplitSeq(value, ",") {
		if s = incident.CleanLine(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// marks are the signs in which people put what has blanks; telephones and computers bend them.
const marks = "\"“”„‟«»"

// valueOf is what is written behind the colon: all that is within marks, or else the word, of a time also the
// words that belong to it, such as ago. It gives the words that are left.
func valueOf(field, value string, words []word) (string, []word) {
	if strings.IndexAny(value, marks) == 0 {
		return quoted(value, words)
	}
	if value == "" && len(words) > 0 { // started: 14:05
		if strings.IndexAny(words[0].Text, marks) == 0 {
			return quoted(words[0].Text, words[1:])
		}
		value, words = words[0].Text, words[1:]
	}
	if !strings.HasSuffix(field, "_at") {
		return value, words
	}
	const most = 2 // yesterday at 14:05, 2 hours ago
	for k := min(most, len(words)); k > 0; k-- {
		if longer := value + " " + readable(words[:k]); past(longer) {
			return longer, words[k:]
		}
	}
	return value, words
}

// quoted reads on to the word that ends in a mark; without one the first word is all.
func quoted(first string, words []word) (string, []word) {
	for k := range len(words) + 1 {
		text := strings.TrimSpace(first + " " + readable(words[:k]))
		if inner := strings.TrimRight(text, marks); inner != text && inner != "" {
			return strings.Trim(text, marks), words[k:]
		}
	}
	return strings.Trim(first, marks), words
}

// past reports whether a text is a time of the past at some time: when that was depends on when it is given.
func past(text string) bool {
	_, err := incident.ParsePast("", text, time.Date(2026, time.November, 18, 12, 0, 0, 0, time.UTC))
	return err == nil
}
