package grammar

import (
	"regexp"
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
	// Overdue, Undecided, Mine and Service say which are listed.
	Overdue, Undecided, Mine bool
	Service                  string
}

// detailWord is what is said of a follow-up in a word: kind:detect.
var detailWord = regexp.MustCompile(`^(?i)(kind|priority|label|urgent):(\S+)$`)

// followUp reads "add TITLE @owner due:2026-12-01", "TITLE ...", "set 1 done", "accept 1", "merge 2
// into 1", "snooze 1 2w REASON" and "list overdue". What decides without naming a number is a title:
// "drop the old table".
func followUp(a *Args, words []word, b Book) string {
	if len(words) == 0 {
		return ""
	}
	first, rest := strings.ToLower(words[0].Text), words[1:]
	switch {
	case first == "set":
		return setFollowUp(a, rest, b)
	case first == "add":
		words = rest
	case first == "list" && filters(&Args{}, rest, b) == "":
		a.FollowUp.Deed = DeedList
		return filters(a, rest, b)
	case len(rest) > 0 && numberOf(rest[0].Text) > 0:
		if read, decides := deciding[first]; decides {
			a.Number = numberOf(rest[0].Text)
			return read(a, rest[1:], b)
		}
	}
	words, why := details(a, words)
	if why != "" {
		return why
	}
	return text(a, words, b)
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
	if why != "" {
		return why
	}
	if len(words) > 0 && a.Status != incident.FollowUpDropped {
		return "“" + readable(words) + "” is nothing that can be said of it; only what is dropped needs a reason"
	}
	if len(words) == 0 && a.Status == incident.FollowUpDropped {
		return "say why it is dropped; it stays on the record"
	}
	return text(a, words, b)
}

func mergeFollowUp(a *Args, words []word, _ Book) string {
	if len(words) == 2 && strings.EqualFold(words[0].Text, "into") {
		words = words[1:]
	}
	if len(words) != 1 || numberOf(words[0].Text) == 0 {
		return "write it like merge 2 into 1"
	}
	a.FollowUp.Deed, a.FollowUp.Into = DeedMerge, numberOf(words[0].Text)
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
	const usage = "write it like set 1 done, set 1 dropped REASON, set 1 @alice or set 1 due:2026-12-01"
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
	f := a.FollowUp
	switch {
	case why != "":
		return why
	case a.Status == "" && len(a.Users) == 0 && a.Due == "" && !a.Nobody && f.Kind == "" && f.Priority == "" && len(f.Labels) == 0 && !f.Urgent:
		return usage
	}
	return text(a, words, b)
}

// details takes what is said of a follow-up in words of its own, one person and one date out of the
// words.
func details(a *Args, words []word) (rest []word, why string) {
	for _, w := range words {
		m := detailWord.FindStringSubmatch(w.Text)
		if m == nil {
			rest = append(rest, w)
			continue
		}
		if err := detail(a, strings.ToLower(m[1]), m[2]); err != nil {
			p, _ := incident.AsProblem(err)
			return nil, p.Reason + "; " + p.Mend
		}
	}
	return ownerAndDue(a, rest), ""
}

func detail(a *Args, what, said string) (err error) {
	f := &a.FollowUp
	switch what {
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

// ownerAndDue takes one person and one date out of the words.
func ownerAndDue(a *Args, words []word) []word {
	words = take(words, func(w word) bool {
		m := dueWord.FindStringSubmatch(w.Text)
		if m == nil {
			return false
		}
		d, err := incident.ParseDate("due", m[1])
		a.Due = d
		return err == nil
	})
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

// filters read overdue, undecided, mine, nobody, a person and service:checkout.
func filters(a *Args, words []word, b Book) string {
	for _, w := range words {
		said := strings.ToLower(strings.TrimSuffix(w.Text, ","))
		service, named := strings.CutPrefix(said, "service:")
		switch {
		case said == "all", said == "open":
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
			return "it takes overdue, undecided, mine, nobody, a person or service:NAME"
		}
	}
	return ""
}
