package grammar

import (
	"regexp"
	"strings"

	"muster/incident"
)

// sought is how a line shows that it looks for something, and says nothing of what is wrong: by a filter, a
// phrase, an exclusion or a star.
var sought = regexp.MustCompile(`[a-z]:\S|[<>=]|["“”„«»*]|(?:^|\s)-\S`)

// complaint is how a line says what is wrong, rather than to look for it.
var complaint = regexp.MustCompile(`(?i)\b(?:is|are|was|were|has|have|isn['’]?t|aren['’]?t|not|no|cannot|can['’]?t|won['’]?t|doesn['’]?t|don['’]?t|down|offline|slow|broken|fails|failing|crashed|crashes|returns|stuck|hangs|gives|shows|takes|times|gets)\b`)

// complains reports whether what follows the word search makes it the name of a service, as many have one:
// "search is down" declares.
func complains(words []word) bool {
	line := readable(words)
	return complaint.MatchString(line) && !sought.MatchString(line) && !strings.EqualFold(words[0].Text, "for")
}

// search takes a question to the archive as it is. "search checkout timeout" may still be a title; "search for
// ..." is none.
func search(a *Args, words []word, _ Book) string {
	explicit := len(words) > 1 && strings.EqualFold(words[0].Text, "for") && a.Incident == 0
	if explicit {
		words = words[1:]
	}
	var texts []string
	if a.Incident > 0 {
		texts = append(texts, incident.Key(a.Incident))
	}
	for _, w := range words {
		texts = append(texts, named(w))
	}
	a.Incident, a.Text = 0, strings.Join(texts, " ")
	if !explicit && trouble.MatchString(readable(words)) && !sought.MatchString(a.Text) {
		return "these words may look for something, or say what is wrong"
	}
	return ""
}

// named writes a person who was picked as a filter that names their ID.
func named(w word) string {
	if w.User == "" {
		return w.Text
	}
	filter, _, ok := strings.Cut(w.Text, ":")
	if !ok || strings.HasPrefix(w.Text, "@") {
		filter = "person"
	}
	return filter + ":@" + w.User
}
