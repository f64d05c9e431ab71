package grammar

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/incident"
)

// Deed is what is done with a follow-up.
type Deed int

// The deeds.
const (
	// DeedAdd proposes one.
	DeedAdd Deed = iota
	// DeedChange changes the one that is numbered, or asks in what way.
	DeedChange
	// DeedMerge says that it is the same work as FollowUp.Into.
	DeedMerge
	// DeedSnooze lets it rest until Args.Until.
	DeedSnooze
	// DeedList lists those that are open.
	DeedList
)

// FollowUp are the arguments of what is done with follow-ups, besides Args.Number, Args.Status,
// Args.Due, Args.Users, Args.Nobody, Args.Until and Args.Text.
type FollowUp struct {
	Deed Deed
	// Into is the follow-up that goes on, for DeedMerge.
	Into int
	// Claim makes whoever accepts it its owner if nobody is.
	Claim    bool
	Kind     incident.FollowUpKind
	Priority incident.FollowUpPriority
	Labels   []string
	Urgent   bool
	// Overdue, Undecided, Mine, Service and All, which is also what has ended, say which are listed.
	Overdue, Undecided, Mine, All bool
	Service                       string
}

// detailWord is what is said of a follow-up in a word: kind:detect.
var detailWord = regexp.MustCompile(`^(?i)(kind|priority|label|urgent|due):(\S+)$`)

// followUp reads "add TITLE @owner due:2026-12-01", "TITLE ...", "set 1 done", "accept 1", "1 done", "merge 2
// into 1", "snooze 1 2w REASON" and "list overdue". What decides and is followed by other words than a number
// is a title: "drop the old table".
func followUp(a *Args, words []word, b Book) string {
	if len(words) == 0 {
		return ""
	}
	words, named := aboutIncident(a, inOrder(words))
	first, rest := strings.ToLower(words[0].Text), words[1:]
	read, decides := deciding[first]
	switch {
	case numberOf(first) > 0 && len(rest) == 0:
		return setFollowUp(a, words, b)
	case first == "set":
		return setFollowUp(a, rest, b)
	case first == "add":
		words = rest
	case first == "list" && filters(&Args{}, rest, b) == "":
		a.FollowUp.Deed = DeedList
		return filters(a, rest, b)
	case decides && len(rest) > 0 && numberOf(rest[0].Text) > 0:
		a.Number = numberOf(rest[0].Text)
		return read(a, rest[1:], b)
	case decides && (len(rest) == 0 || named):
		return "say which follow-up, by its number: " + first + " 1"
	}
	words, why := details(a, words)
	text(a, words, b)
	return why
}

// inOrder puts the verb first where people write the number in front: "1 done".
func inOrder(words []word) []word {
	if len(words) < 2 || numberOf(words[0].Text) == 0 {
		return words
	}
	second := strings.ToLower(words[1].Text)
	if _, decides := deciding[second]; !decides && second != "set" {
		return words
	}
	words = slices.Clone(words)
	words[0], words[1] = words[1], words[0]
	return words
}

// aboutIncident takes the incident out of a line that names it behind the verb, or behind the number, as the
// command line has it: "drop INC-4 1 nope". Named reports whether it stood behind the verb.
func aboutIncident(a *Args, words []word) (rest []word, named bool) {
	first := strings.ToLower(words[0].Text)
	_, decides := deciding[first]
	if a.Incident != 0 || (!decides && first != "add" && first != "set" && first != "list") {
		return words, false
	}
	at := 1
	if decides && len(words) == 3 && numberOf(words[1].Text) > 0 { // "done 1 INC-4"; what follows may be a reason
		at = 2
	}
	if len(words) <= at || !keyWord.MatchString(words[at].Text) {
		return words, false
	}
	n, err := incident.ParseKey(words[at].Text)
	if err != nil {
		return words, false
	}
	a.Incident = n
	return slices.Delete(slices.Clone(words), at, at+1), at == 1
}

// ofFollowUp reports whether a line is what is said of a follow-up, without the word: "accept 1", "drop INC-1
// 3", "set #2 due:fri". Wordy says that a title could read so too. Whoever reopens an incident names no number,
// and what merges two names incidents.
func ofFollowUp(first string, rest []word) (wordy, is bool) {
	_, decides := deciding[first]
	if len(rest) == 0 || (!decides && first != "set") {
		return false, false
	}
	if keyWord.MatchString(rest[0].Text) {
		if first != "reopen" && first != "merge" {
			return len(rest) > 1 && numberOf(rest[1].Text) == 0, true
		}
		if rest = rest[1:]; len(rest) == 0 {
			return false, false
		}
	}
	return len(rest) > 1, numberOf(rest[0].Text) > 0
}

// numberOf reads 3 and #3, and 0 from anything else.
func numberOf(text string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(text, "#"))
	if err != nil || n < 1 {
		return 0
	}
	return n
}

// deciding reads what follows the number of a follow-up that is decided about.
var deciding = map[string]parser{
	"accept": func(a *Args, words []word, b Book) string {
		a.Status, a.FollowUp.Claim = incident.FollowUpAccepted, true
		return changed(a, words, b)
	},
	"reopen": func(a *Args, words []word, b Book) string {
		a.Status = incident.FollowUpAccepted
		return changed(a, words, b)
	},
	"done": func(a *Args, words []word, b Book) string {
		a.Status = incident.FollowUpDone
		return changed(a, words, b)
	},
	"drop": func(a *Args, words []word, b Book) string {
		a.Status = incident.FollowUpDropped
		return changed(a, words, b)
	},
	"merge":  mergeFollowUp,
	"snooze": snoozeFollowUp,
}

// changed reads what is said of a follow-up besides its status.
func changed(a *Args, words []word, b Book) string {
	a.FollowUp.Deed = DeedChange
	words, why := details(a, words)
	if text(a, words, b); why != "" {
		return why
	}
	if len(words) > 0 && a.Status != incident.FollowUpDropped {
		return "“" + readable(words) + "” is nothing that can be said of it; only what is dropped needs a reason"
	}
	if len(words) == 0 && a.Status == incident.FollowUpDropped {
		return "say why it is dropped; it stays on the record"
	}
	return ""
}

func mergeFollowUp(a *Args, words []word, _ Book) string {
	a.FollowUp.Deed = DeedMerge
	if len(words) == 2 && strings.EqualFold(words[0].Text, "into") {
		words = words[1:]
	}
	if len(words) != 1 || numberOf(words[0].Text) == 0 {
		return "write it like merge 2 into 1"
	}
	a.FollowUp.Into = numberOf(words[0].Text)
	return ""
}

// snoozeFollowUp takes as many words as make a time, and the rest as the reason.
func snoozeFollowUp(a *Args, words []word, b Book) string {
	if len(words) > 0 && strings.EqualFold(words[0].Text, "until") {
		words = words[1:]
	}
	a.FollowUp.Deed = DeedSnooze
	for n := min(len(words), 2); n > 0; n-- {
		until := readable(words[:n])
		p, err := incident.ParsePause(until, time.Time{})
		if err != nil {
			continue
		}
		a.Until = until
		if len(words) == n && !p.Off {
			return "say why it can wait; it stays on the record"
		}
		return text(a, words[n:], b)
	}
	return "write it like snooze 1 2w REASON, snooze 1 2026-12-18 REASON or snooze 1 off"
}

// setFollowUp reads "1 done", "1 dropped REASON", "1 @alice", "1 nobody" and "1 due:2026-12-01 kind:detect". A
// number alone asks what is to be changed.
func setFollowUp(a *Args, words []word, b Book) string {
	const usage = "write it like set 1 done, set 1 dropped REASON, set 1 @alice, set 1 nobody or set 1 due:fri"
	if len(words) == 0 || numberOf(words[0].Text) == 0 {
		return usage
	}
	a.Number, words = numberOf(words[0].Text), words[1:]
	a.FollowUp.Deed = DeedChange
	if len(words) == 0 {
		return ""
	}
	switch s := incident.FollowUpStatus(strings.ToLower(words[0].Text)); {
	case s == incident.FollowUpAccepted, s == incident.FollowUpDone, s == incident.FollowUpDropped:
		a.Status, words = s, words[1:]
	case s == "nobody":
		a.Nobody, words = true, words[1:]
	}
	words, why := details(a, words)
	text(a, words, b)
	f := a.FollowUp
	switch {
	case why != "":
		return why
	case a.Status == "" && len(a.Users) == 0 && a.Due == "" && !a.Nobody && f.Kind == "" && f.Priority == "" && len(f.Labels) == 0 && !f.Urgent:
		return usage
	case a.Status == incident.FollowUpDropped && a.Text == "":
		return "say why it is dropped; it stays on the record"
	}
	return ""
}

// details takes what is said of a follow-up in words of its own, one person and one date out of the
// words. Also where something is wrong, it takes what it can.
func details(a *Args, words []word) (rest []word, why string) {
	for _, w := range words {
		m := detailWord.FindStringSubmatch(w.Text)
		if m == nil {
			rest = append(rest, w)
			continue
		}
		if err := detail(a, strings.ToLower(m[1]), m[2]); err != nil && why == "" {
			p, _ := incident.AsProblem(err)
			why = p.Reason + "; " + p.Mend
		}
	}
	if rest = owner(a, rest); why == "" && len(rest) > 0 && len(a.Users) == 0 && handle.MatchString(rest[len(rest)-1].Text) {
		why = "Muster does not know who “" + rest[len(rest)-1].Text + "” is: choose them from the list that Slack shows as you type, or write their e-mail address"
		rest = rest[:len(rest)-1]
	}
	return rest, why
}

// handle is a person whom somebody typed and did not choose, of whom Slack tells no more than the name.
var handle = regexp.MustCompile(`^@\pL[\w.-]*$`)

func detail(a *Args, what, said string) (err error) {
	f := &a.FollowUp
	switch what {
	case "due":
		a.Due = strings.TrimRight(said, ",")
		if _, err = incident.ParseDue(a.Due, time.Time{}); err != nil {
			a.Due = ""
		}
	case "kind":
		f.Kind, err = incident.ParseFollowUpKind(said)
	case "priority":
		f.Priority, err = incident.ParseFollowUpPriority(said)
	case "label":
		f.Labels = append(f.Labels, said)
	case "urgent":
		if f.Urgent = strings.EqualFold(said, "yes"); !f.Urgent {
			err = &incident.Problem{Code: incident.CodeInvalid, Reason: "urgent:" + said + " says nothing", Mend: "write urgent:yes, or leave it out"}
		}
	}
	return err
}

// owner takes one person out of the words.
func owner(a *Args, words []word) []word {
	// A title may name addresses; only one at its end is the owner's.
	if n := len(words); n > 0 && words[n-1].person() != "" {
		a.Users = []string{words[n-1].person()}
		return words[:n-1]
	}
	return take(words, func(w word) bool {
		if w.User != "" {
			a.Users = []string{w.User}
		}
		return w.User != ""
	})
}

// followUps reads which are listed.
func followUps(a *Args, words []word, b Book) string {
	a.FollowUp.Deed = DeedList
	return filters(a, words, b)
}

// filters read all, overdue, undecided, mine, nobody, a person and service:checkout.
func filters(a *Args, words []word, b Book) string {
	for _, w := range words {
		said := strings.ToLower(strings.TrimSuffix(w.Text, ","))
		service, named := strings.CutPrefix(said, "service:")
		switch {
		case said == "open":
		case said == "all":
			a.FollowUp.All = true
		case said == "overdue":
			a.FollowUp.Overdue = true
		case said == "undecided", said == "proposed":
			a.FollowUp.Undecided = true
		case said == "mine", said == "me":
			a.FollowUp.Mine = true
		case said == "nobody":
			a.Nobody = true
		case named && service != "":
			if a.FollowUp.Service = service; b != nil {
				if known, ok := b.Service(service); ok {
					a.FollowUp.Service = known
				}
			}
		case w.person() != "":
			a.Users = []string{w.person()}
		default:
			return "it takes overdue, undecided, all, mine, nobody, a person or service:NAME"
		}
	}
	if a.FollowUp.Overdue || a.FollowUp.Undecided { // "all overdue" are those of everybody
		a.FollowUp.All = false
	}
	return ""
}
