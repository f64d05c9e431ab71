package grammar

import (
	"regexp"
	"slices"
	"strings"
)

// Talk is what people say to Muster that declares nothing.
type Talk int

// The kinds of talk.
const (
	// NoTalk is anything else.
	NoTalk Talk = iota
	// Thanks, Greeting and Question are what they are.
	Thanks
	Greeting
	Question
	// Search asks for something by a word that is no subcommand, such as "find checkout".
	Search
	// Said is any other line that mentions Muster. It may be a title, and it may be chat.
	Said
)

// ReadMention reads what follows a mention of Muster. People chat with whomever they can mention,
// so a mention declares only in so many words: "declare ...", or with a severity at its beginning.
// Subcommands are what they are after the slash command.
func ReadMention(text string, b Book) Line {
	l := Read(text, b)
	if l.Meaning == Declare && !l.Explicit && !b.BeginsWithSeverity(l.Text) {
		l.Meaning, l.Talk = Chat, Said
	}
	return l
}

var (
	thanking = regexp.MustCompile(`(?i)^(?:many |a lot of )?(?:thanks?|thx|ty|tysm|cheers|kudos|bravo|danke|merci|gracias)\b|^(?:well done|(?:good|great|nice|awesome|amazing|excellent) (?:job|work|stuff|one|bot|catch)|love (?:it|this|you))\b`)
	greeting = regexp.MustCompile(`(?i)^(?:hi|hello|hey|hallo|hola|moin|servus|yo|ping|test|good (?:morning|afternoon|evening|night|day)|bye|goodbye|see you)\b`)
	asking   = regexp.MustCompile(`(?i)^(?:what|what['’]s|whats|who|who['’]s|whose|whom|why|how|which)\b|^(?:is|are|was|were|do|does|did|can|could|will|would|should|shall|may|has|have|had|any)\s+(?:i|we|you|he|she|they|it|this|that|there|these|those|any|anybody|anyone|anything|somebody|someone|something|update|news)\b`)
	// trouble are words of titles: a line with one of them says what is wrong, and looks for nothing.
	trouble = regexp.MustCompile(`(?i)\b(?:is|are|was|were|has|have|isn['’]?t|aren['’]?t|not|no|cannot|can['’]?t|won['’]?t|doesn['’]?t|don['’]?t|down|off|offline|slow\w*|brok\w+|break\w*|fail\w*|error\w*|crash\w*|outage\w*|time[sd]?|timing|timeout\w*|un\w+able|unresponsive|degrad\w*|stuck|stall\w*|stop\w*|hang\w*|hung|full|empty|missing|lost|los(?:es|ing)|leak\w*|dead|d(?:ies|ying)|gone|wrong|bad|corrupt\w*|expire\w*|block\w*|refus\w*|reject\w*|return\w*|respond\w*|high|spik\w*|flap\w*|flood\w*|attack\w*|breach\w*|overload\w*|exhausted|unhealthy|[45]xx|[45][0-9][0-9]s?|latency|stale|delay\w*|late|lag\w*|problem\w*|issue\w*|bugs?|incident|sev\s?\d|p[0-5])\b`)
)

// friendly are the words that follow a greeting and make nothing else of it.
var friendly = []string{
	"there", "muster", "bot", "all", "everybody", "everyone", "team", "folks", "people", "again", "to", "you", "and", "my", "friend", "friends", "dear", "later",
}

// searching are the words by which other programs are asked for something.
var searching = []string{
	"find", "lookup", "look", "query", "filter", "status", "stats", "history", "report", "info", "get", "whois", "config", "settings", "version", "about",
}

// talkOf finds out whether a line that is no subcommand is said to Muster rather than declares
// something. In doubt between a title and thanks or a question it is asked back, which costs a
// click; otherwise it declares: whoever types after the slash command means it.
func talkOf(line string) Talk {
	words := strings.Fields(strings.ToLower(line))
	if len(words) == 0 {
		return NoTalk
	}
	switch {
	case strings.HasSuffix(strings.TrimRight(line, " !.\"'”’)"), "?"), asking.MatchString(line):
		return Question
	case thanking.MatchString(line):
		return Thanks
	case greeting.MatchString(line) && onlyFriendly(greeting.ReplaceAllString(line, "")):
		return Greeting
	case slices.Contains(searching, words[0]) && len(words) > 1 && !trouble.MatchString(line):
		return Search
	}
	return NoTalk
}

// onlyFriendly reports whether nothing follows a greeting but words of greeting.
func onlyFriendly(rest string) bool {
	for w := range strings.FieldsSeq(strings.ToLower(rest)) {
		if w = strings.Trim(w, ".,;:!-–—🙂👋"); w != "" && !slices.Contains(friendly, w) && !strings.HasPrefix(w, "@") {
			return false
		}
	}
	return true
}
