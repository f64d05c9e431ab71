package grammar

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"muster/incident"
)

// Verb is a subcommand.
type Verb string

// The subcommands. Each command of the command line is one of them.
const (
	VerbDeclare       Verb = "declare"
	VerbHelp          Verb = "help"
	VerbList          Verb = "list"
	VerbShow          Verb = "show"
	VerbSearch        Verb = "search"
	VerbUpdate        Verb = "update"
	VerbSeverity      Verb = "severity"
	VerbServices      Verb = "services"
	VerbKind          Verb = "kind"
	VerbTitle         Verb = "title"
	VerbJoin          Verb = "join"
	VerbAck           Verb = "ack"
	VerbAssign        Verb = "assign"
	VerbInvite        Verb = "invite"
	VerbRemove        Verb = "remove"
	VerbPrivate       Verb = "private"
	VerbPublic        Verb = "public"
	VerbPage          Verb = "page"
	VerbNote          Verb = "note"
	VerbMitigate      Verb = "mitigate"
	VerbResolve       Verb = "resolve"
	VerbReopen        Verb = "reopen"
	VerbCancel        Verb = "cancel"
	VerbMerge         Verb = "merge"
	VerbFollowUp      Verb = "follow-up"
	VerbFollowUps     Verb = "follow-ups"
	VerbReview        Verb = "review"
	VerbNominate      Verb = "nominate"
	VerbPause         Verb = "pause-reminders"
	VerbCorrect       Verb = "correct"
	VerbRetry         Verb = "retry"
	VerbSubscribe     Verb = "subscribe"
	VerbUnsubscribe   Verb = "unsubscribe"
	VerbSubscriptions Verb = "subscriptions"
)

// subcommand is how one is typed.
type subcommand struct {
	verb Verb
	// also are other words for it.
	also []string
	read parser
	// ordinary is a word with which titles begin, so that what is nearly it is none: "service is down".
	ordinary bool
}

// subcommands are all of them, in the order in which help shows them.
var subcommands = []subcommand{
	{verb: VerbDeclare, read: text},
	{verb: VerbList, read: list},
	{verb: VerbShow, read: nothing},
	{verb: VerbSearch, read: search, ordinary: true},
	{verb: VerbUpdate, read: update},
	{verb: VerbSeverity, read: severity},
	{verb: VerbServices, read: services, ordinary: true},
	{verb: VerbKind, read: kind},
	{verb: VerbTitle, read: text},
	{verb: VerbJoin, read: nothing},
	{verb: VerbAck, also: []string{"acknowledge"}, read: ack},
	{verb: VerbAssign, also: []string{"role"}, read: assign},
	{verb: VerbInvite, read: invite},
	{verb: VerbRemove, read: invite},
	{verb: VerbPrivate, read: nothing, ordinary: true},
	{verb: VerbPublic, read: yes, ordinary: true},
	{verb: VerbPage, read: page},
	{verb: VerbNote, read: text},
	{verb: VerbMitigate, read: text},
	{verb: VerbResolve, read: text},
	{verb: VerbReopen, read: text},
	{verb: VerbCancel, read: text},
	{verb: VerbMerge, read: merge},
	{verb: VerbFollowUp, also: []string{"followup"}, read: followUp},
	{verb: VerbFollowUps, also: []string{"followups"}, read: followUps},
	{verb: VerbReview, read: review},
	{verb: VerbNominate, read: text},
	{verb: VerbPause, also: []string{"pause"}, read: pause},
	{verb: VerbCorrect, read: correct, ordinary: true},
	{verb: VerbRetry, read: nothing},
	{verb: VerbSubscribe, read: subscribe},
	{verb: VerbUnsubscribe, read: subscribe},
	{verb: VerbSubscriptions, read: nothing},
	{verb: VerbHelp, read: anything},
}

// verbs are the words by which the subcommands are called.
var verbs = func() map[string]subcommand {
	out := map[string]subcommand{}
	for _, s := range subcommands {
		out[string(s.verb)] = s
		for _, word := range s.also {
			out[word] = s
		}
	}
	return out
}()

// Verbs lists every subcommand, in the order in which help shows them.
func Verbs() []Verb {
	var out []Verb
	for _, s := range subcommands {
		out = append(out, s.verb)
	}
	return out
}

// Args are the arguments of a subcommand. What a subcommand does not take is left empty; a
// subcommand without the arguments that it needs opens a form for them.
type Args struct {
	// Incident is the one that was named, 0 for the one of the channel.
	Incident int
	// Text is what people say: an update, a reason, a title.
	Text     string
	Severity incident.Severity
	Role     incident.Role
	// Nobody takes a role from its holder.
	Nobody bool
	// Add and Remove are services, Kind what sort of occurrence it is.
	Add, Remove []string
	Kind        incident.Kind
	// Users are the people named, by Slack's IDs or by e-mail addresses.
	Users  []string
	Target string
	// Into is the incident that goes on, for merge.
	Into int
	// Number and Status are a follow-up's.
	Number int
	Status incident.FollowUpStatus
	// Due is a follow-up's day as people write it: see incident.ParseDue.
	Due string
	// FollowUp is what else is said of follow-ups.
	FollowUp FollowUp
	// Next is how long until the next update.
	Next time.Duration
	// Until is when reminders come again, as people write it: see incident.ParsePause.
	Until string
	// Correction is what is put right; the reason is Text.
	Correction Correction
	// Held and Waived are what became of a review.
	Held, Waived bool
	// Yes confirms what the answer has asked.
	Yes bool
	// All lists what has ended too, and takes every page.
	All bool
	// Now pages whom the playbook requires.
	Now bool
	// Subscription has the conditions, Channel and Group who is told instead of the person.
	Subscription   incident.Subscription
	Channel, Group string
}

var (
	keyWord  = regexp.MustCompile(`^(?i)INC-\d+$`)
	nextWord = regexp.MustCompile(`^(?i)next:(\d+(?:m|min|h))$`)
)

// parse reads the arguments of a subcommand, or says what does not fit.
func parse(s subcommand, words []word, b Book) (Args, string) {
	var a Args
	if s.verb != VerbHelp && len(words) > 0 && keyWord.MatchString(words[0].Text) {
		n, err := incident.ParseKey(words[0].Text)
		if err != nil {
			return a, err.Error()
		}
		a.Incident, words = n, words[1:]
	}
	why := s.read(&a, words, b)
	return a, why
}

type parser func(a *Args, words []word, b Book) string

func anything(*Args, []word, Book) string { return "" }

func nothing(_ *Args, words []word, _ Book) string {
	if len(words) > 0 {
		return "it takes no more than an incident, such as INC-42"
	}
	return ""
}

func yes(a *Args, words []word, _ Book) string {
	a.Yes = len(words) == 1 && strings.EqualFold(words[0].Text, "yes")
	if len(words) > 0 && !a.Yes {
		return "it takes nothing, or the word yes"
	}
	return ""
}

func text(a *Args, words []word, _ Book) string {
	a.Text = readable(words)
	return ""
}

func list(a *Args, words []word, _ Book) string {
	switch {
	case len(words) == 0:
		return ""
	case len(words) == 1 && strings.EqualFold(words[0].Text, "all"):
		a.All = true
		return ""
	}
	return "it takes nothing, or the word all"
}

func update(a *Args, words []word, _ Book) string {
	words = take(words, func(w word) bool {
		m := nextWord.FindStringSubmatch(w.Text)
		if m == nil {
			return false
		}
		d, err := time.ParseDuration(strings.TrimSuffix(strings.ToLower(m[1]), "in"))
		a.Next = d
		return err == nil
	})
	return text(a, words, nil)
}

func severity(a *Args, words []word, b Book) string {
	if len(words) == 0 {
		return ""
	}
	s, ok := b.Severity(words[0].Text)
	if !ok {
		return words[0].Text + " is no severity"
	}
	a.Severity = s
	return text(a, words[1:], b)
}

// services reads +checkout and -search. What has neither mark is added, and must be a service of the
// playbook: the words of a title are none. What has one was meant, and the incident knows better.
func services(a *Args, words []word, b Book) string {
	for _, w := range words {
		name, remove := strings.CutPrefix(strings.TrimSuffix(w.Text, ","), "-")
		name, add := strings.CutPrefix(name, "+")
		known, ok := b.Service(name)
		switch {
		case strings.Trim(name, "+-") == "" || name[0] == '-' || remove && add || !ok && !remove && !add:
			return w.Text + " is no service of the playbook: write it like +checkout -search"
		case !ok:
			known = name
		}
		if remove {
			a.Remove = append(a.Remove, known)
		} else {
			a.Add = append(a.Add, known)
		}
	}
	return ""
}

func kind(a *Args, words []word, _ Book) string {
	if len(words) == 0 {
		return ""
	}
	k, err := incident.ParseKind(readable(words))
	if err != nil {
		return readable(words) + " is no kind: write incident, near_miss, drill or external"
	}
	a.Kind = k
	return ""
}

func merge(a *Args, words []word, _ Book) string {
	words = take(words, func(w word) bool { return strings.EqualFold(w.Text, "into") })
	switch {
	case len(words) == 0: // one incident: it is the one that goes on
		a.Into, a.Incident = a.Incident, 0
		return ""
	case len(words) == 1 && keyWord.MatchString(words[0].Text):
		a.Into, _ = incident.ParseKey(words[0].Text)
		return ""
	}
	return "it takes the incident that goes on, such as INC-42"
}

func review(a *Args, words []word, b Book) string {
	if len(words) > 0 {
		a.Held = strings.EqualFold(words[0].Text, "held")
		a.Waived = strings.EqualFold(words[0].Text, "waive") || strings.EqualFold(words[0].Text, "waived")
	}
	if !a.Held && !a.Waived {
		return "it takes held, or waive and a reason"
	}
	if a.Waived && len(words) == 1 {
		return "say why it is waived; it stays on the record"
	}
	return text(a, words[1:], b)
}

// pause takes what incident.ParsePause reads; whether it lies ahead depends on when it is given.
func pause(a *Args, words []word, _ Book) string {
	if len(words) > 0 && strings.EqualFold(words[0].Text, "until") {
		words = words[1:]
	}
	if len(words) == 0 {
		return ""
	}
	a.Until = readable(words)
	if _, err := incident.ParsePause(a.Until, time.Time{}); err != nil {
		p, _ := incident.AsProblem(err)
		return p.Reason + "; " + p.Mend
	}
	return ""
}

func subscribe(a *Args, words []word, _ Book) string {
	words = take(words, func(w word) bool {
		if w.Channel != "" {
			a.Channel = w.Channel
		}
		return w.Channel != ""
	})
	words = take(words, func(w word) bool {
		if w.Group != "" {
			a.Group = w.Group
		}
		return w.Group != ""
	})
	s, err := incident.ParseSubscription(readable(words))
	if err != nil {
		return err.Error()
	}
	a.Subscription = s
	return ""
}

// take removes the last word for which is says yes; a title may name several people, and the
// owner comes at its end.
func take(words []word, is func(word) bool) []word {
	for k, word := range slices.Backward(words) {
		if is(word) {
			return slices.Delete(slices.Clone(words), k, k+1)
		}
	}
	return words
}
