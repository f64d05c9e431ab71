package playbook

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"muster/incident"
	"muster/playbook/internal/words"
)

// Taken is what was read out of the words of a title, so that whoever declares can be told of it.
type Taken struct {
	// Severity is the one that the title names, 0 for none, and SeverityWords how.
	Severity      incident.Severity `json:"severity,omitempty"`
	SeverityWords string            `json:"severity_words,omitempty"`
	// Service is the one that the title names, "" for none, and ServiceWords how.
	Service      string `json:"service,omitempty"`
	ServiceWords string `json:"service_words,omitempty"`
	// Maybe are severities of which the title speaks in a way that can be meant or not. Then none is
	// taken, and a person says.
	Maybe []incident.Severity `json:"-"`
}

// Some reports whether anything was read.
func (t Taken) Some() bool { return t.Severity != 0 || t.Service != "" }

// FromTitle reads severity and service out of a title, as people type them: "SEV-1: checkout is
// down". It is the one place that does, for every door. What was said beside the title wins over
// its words: a service that was named, and an empty list of services that is not nil, which says
// that none is meant. A severity that contradicts the words is refused, and so is what can be meant
// in two ways; Taken.Maybe then has the choice. Refusals are of type *incident.Problem.
func (p *Playbook) FromTitle(d incident.Declaration) (incident.Declaration, Taken, error) {
	d, t, err := p.severityFromTitle(d)
	if err != nil {
		return d, t, err
	}
	d, service, err := p.serviceFromTitle(d)
	t.Service, t.ServiceWords = service.Service, service.ServiceWords
	return d, t, err
}

// FromAlert is FromTitle for a declaration that nobody can be asked about, such as a program's.
// It never refuses: what is not clear stays a title. Words name no severity beside one that is set.
func (p *Playbook) FromAlert(d incident.Declaration) (incident.Declaration, Taken) {
	var t Taken
	if d.Severity == 0 {
		if read, found, err := p.severityFromTitle(d); err == nil {
			d, t = read, found
		}
	}
	if read, found, err := p.serviceFromTitle(d); err == nil {
		d = read
		t.Service, t.ServiceWords = found.Service, found.ServiceWords
	}
	return d, t
}

// severityFromTitle takes the severity that a title names.
func (p *Playbook) severityFromTitle(d incident.Declaration) (incident.Declaration, Taken, error) {
	d.Title = incident.CleanLine(d.Title)
	found, err := p.severityWords(d.Title)
	t := Taken{Maybe: found.maybe}
	switch {
	case err != nil:
		return d, t, err
	case len(found.maybe) > 0 && d.Severity == 0:
		return d, t, unclearSeverity(found.maybe)
	case found.level == 0:
		return d, t, nil
	case d.Severity != 0 && d.Severity != found.level:
		return d, t, &incident.Problem{
			Code: incident.CodeInvalid, Field: "severity",
			Reason: fmt.Sprintf("the title says %s, and severity %d is given beside it", words.Quote(found.words), d.Severity),
			Mend:   "say one of them",
		}
	}
	d.Title, d.Severity = found.title, found.level
	t.Severity, t.SeverityWords = found.level, found.words
	return d, t, nil
}

func unclearSeverity(levels []incident.Severity) error {
	var names []string
	for _, l := range levels {
		names = append(names, fmt.Sprint(int(l)))
	}
	reason := "the title may name severity " + names[0] + ", or only speak of it"
	if len(names) > 1 {
		reason = "the title names several severities, " + strings.Join(names, " and ")
	}
	return &incident.Problem{
		Code: incident.CodeInvalid, Field: "severity", Reason: reason, Mend: "choose the severity beside the title",
	}
}

// noService is what people write behind service: to say that none is meant.
const noService = "none"

// serviceFromTitle takes the services that a title names: as service:checkout, or by the name, the
// title or an alias of one as whole words, when it is the only one.
func (p *Playbook) serviceFromTitle(d incident.Declaration) (incident.Declaration, Taken, error) {
	title, said := serviceWords(d.Title)
	if len(said) == 0 {
		var t Taken
		if d.Services == nil {
			if t.Service, t.ServiceWords = p.named(d.Title); t.Service != "" {
				d.Services = []string{t.Service}
			}
		}
		return d, t, nil
	}
	services := []string{}
	for _, word := range said {
		sv, known := p.service(word)
		switch {
		case len(d.Services) > 0 && !p.among(word, d.Services):
			return d, Taken{}, &incident.Problem{
				Code: incident.CodeInvalid, Field: "service",
				Reason: "the title says " + words.Quote("service:"+word) + ", and another service is given beside it", Mend: "say one of them",
			}
		case known:
			services = append(services, sv.Name)
		case !strings.EqualFold(word, noService):
			return d, Taken{}, p.unknownService(word)
		}
	}
	d.Title = title
	if len(d.Services) == 0 {
		d.Services = services
	}
	return d, Taken{}, nil
}

func (p *Playbook) among(word string, services []string) bool {
	sv, known := p.service(word)
	return known && slices.ContainsFunc(services, func(s string) bool {
		o, ok := p.service(s)
		return ok && o.Name == sv.Name
	})
}

// serviceWords takes words of the form service:checkout out of a title.
func serviceWords(title string) (rest string, said []string) {
	fields := strings.Fields(title)
	kept := fields[:0:0]
	for _, w := range fields {
		before, after, _ := strings.Cut(w, ":")
		if after = strings.TrimRight(after, ",;.!"); strings.EqualFold(before, "service") && after != "" {
			said = append(said, after)
			continue
		}
		kept = append(kept, w)
	}
	if len(said) == 0 {
		return title, nil
	}
	return strings.Join(kept, " "), said
}

// stretch is a stretch of a text, in bytes.
type stretch struct{ from, to int }

// named finds the one service of which a text has name, title or alias as whole words. Words that
// lie within the words of another service are its own: in "checkout worker" no "checkout" is meant.
func (p *Playbook) named(text string) (name, said string) {
	type hit struct {
		stretch
		service string
	}
	low := strings.ToLower(text)
	if len(low) != len(text) {
		text = low // a few letters change their length, and places must fit
	}
	var hits []hit
	for _, s := range p.contents.Services {
		for _, phrase := range append([]string{s.Name, s.Title}, s.Aliases...) {
			for _, at := range phrasesIn(low, phrase) {
				hits = append(hits, hit{at, s.Name})
			}
		}
	}
	for _, h := range hits {
		within := slices.ContainsFunc(hits, func(o hit) bool {
			return o.from <= h.from && h.to <= o.to && o.to-o.from > h.to-h.from
		})
		switch {
		case within:
		case name != "" && name != h.service:
			return "", "" // several: none is taken
		default:
			name, said = h.service, text[h.from:h.to]
		}
	}
	return name, said
}

// phrasesIn finds a phrase as whole words in a text of small letters. Blanks and the marks that
// join words in names count as the same: payment-api is found in "the payment api".
func phrasesIn(low, phrase string) []stretch {
	parts := strings.FieldsFunc(strings.ToLower(phrase), joins)
	var out []stretch
	if len(parts) == 0 {
		return nil
	}
	for at := 0; ; {
		k := strings.Index(low[at:], parts[0])
		if k < 0 {
			return out
		}
		from := at + k
		if to, ok := phraseAt(low, from, parts); ok && whole(low, from, to) {
			out = append(out, stretch{from, to})
		}
		at = from + len(parts[0])
	}
}

func phraseAt(low string, at int, parts []string) (end int, ok bool) {
	for k, part := range parts {
		if k > 0 {
			next := strings.TrimLeftFunc(low[at:], joins)
			if len(next) == len(low[at:]) {
				return 0, false
			}
			at = len(low) - len(next)
		}
		if !strings.HasPrefix(low[at:], part) {
			return 0, false
		}
		at += len(part)
	}
	return at, true
}

func joins(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("-_.", r) }

// whole reports whether a stretch of text is words of its own, and no part of a word, a name or an
// address such as checkout-v2, search.example.com or /api/v1.
func whole(s string, from, to int) bool {
	before, n := utf8.DecodeLastRuneInString(s[:from])
	after, m := utf8.DecodeRuneInString(s[to:])
	if wordy(before) || wordy(after) {
		return false
	}
	if from > 0 && strings.ContainsRune("-_./@#:+", before) {
		if r, _ := utf8.DecodeLastRuneInString(s[:from-n]); wordy(r) || before == '@' || before == '/' {
			return false
		}
	}
	if to < len(s) && strings.ContainsRune("-_./@#:+", after) {
		if r, _ := utf8.DecodeRuneInString(s[to+m:]); wordy(r) && after != ':' || after == '/' {
			return false
		}
	}
	return true
}

func wordy(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
