package query

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muster/incident"
)

// severity reads severity<=2, sev:1,2 and severity=sev3.
func (r *reader) severity(t token) error {
	const mend = "write severity<=2 or severity:1,2 with numbers from 1 (worst) to 5"
	var wanted []incident.Severity
	for _, v := range t.values {
		n, err := strconv.Atoi(strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(v.text), "sev"), "-"))
		if err != nil || !incident.Severity(n).Valid() {
			return refuse(mend, "%q is no severity", incident.Clip(v.text, 40))
		}
		wanted = append(wanted, incident.Severity(n))
	}
	if len(wanted) > 1 && t.op != ":" && t.op != "=" {
		return refuse(mend, "%q compares with more than one number", incident.Clip(t.raw, 40))
	}
	holds := func(s incident.Severity) bool {
		switch t.op {
		case "<=":
			return s <= wanted[0]
		case "<":
			return s < wanted[0]
		case ">=":
			return s >= wanted[0]
		case ">":
			return s > wanted[0]
		}
		return slices.Contains(wanted, s)
	}
	var left []incident.Severity
	for s := incident.WorstSeverity; s <= incident.MildSeverity; s++ {
		if holds(s) != t.not && (len(r.Severities) == 0 || slices.Contains(r.Severities, s)) {
			left = append(left, s)
		}
	}
	if len(left) == 0 {
		return refuse(mend, "%q leaves no severity to be found", incident.Clip(t.raw, 40))
	}
	r.Severities = left
	return nil
}

func (r *reader) kind(t token) error {
	if err := r.once(t, "write kind:drill,external for any of several"); err != nil {
		return err
	}
	var wanted []incident.Kind
	for _, v := range t.values {
		k, err := incident.ParseKind(v.text)
		if err != nil {
			return refuse(fmt.Sprintf("write one of %v", incident.Kinds()), "%q is no kind", incident.Clip(v.text, 40))
		}
		wanted = append(wanted, k)
	}
	r.Kinds = without(t.not, incident.Kinds(), wanted)
	if len(r.Kinds) == 0 {
		return refuse("leave it out", "%q leaves no kind to be found", incident.Clip(t.raw, 40))
	}
	return nil
}

// status reads a status by name, live for what still hurts and ended for what does not.
func (r *reader) status(t token) error {
	if err := r.once(t, "write status:open,mitigated for any of several"); err != nil {
		return err
	}
	var wanted []incident.Status
	for _, v := range t.values {
		word := strings.ToLower(v.text)
		if word == "live" || word == "ended" {
			for _, s := range incident.Statuses() {
				if s.Live() == (word == "live") {
					wanted = append(wanted, s)
				}
			}
			continue
		}
		s, err := incident.ParseStatus(word)
		if err != nil {
			return refuse(fmt.Sprintf("write one of %v, live (open or mitigated) or ended", incident.Statuses()), "%q is no status", incident.Clip(v.text, 40))
		}
		wanted = append(wanted, s)
	}
	r.Statuses = without(t.not, incident.Statuses(), wanted)
	if len(r.Statuses) == 0 {
		return refuse("leave it out", "%q leaves no status to be found", incident.Clip(t.raw, 40))
	}
	return nil
}

// without gives of all those that are wanted, or with not those that are not, each once.
func without[T comparable](not bool, all, wanted []T) []T {
	var out []T
	for _, v := range all {
		if slices.Contains(wanted, v) != not {
			out = append(out, v)
		}
	}
	return out
}

func (r *reader) names(t token, into *[]Names) error {
	var names []string
	for _, v := range t.values {
		names = append(names, strings.ToLower(v.text))
	}
	*into = append(*into, Names{Any: names, Not: t.not})
	return nil
}

// people reads addresses, or me. A name that is shown somewhere is no address.
func (r *reader) people(t token, into *[]Names) error {
	var names []string
	for _, v := range t.values {
		if strings.EqualFold(v.text, Me) {
			names = append(names, Me)
			continue
		}
		if err := incident.CheckPerson("q", v.text); err != nil {
			return refuse("write "+t.name+":alice@example.com or "+t.name+":me", "%q is no e-mail address", incident.Clip(v.text, 40))
		}
		names = append(names, incident.NormalPerson(v.text))
	}
	*into = append(*into, Names{Any: names, Not: t.not})
	return nil
}

func (r *reader) private(t token) error {
	if err := r.once(t, "write private:yes or private:no"); err != nil {
		return err
	}
	var wanted bool
	switch word := strings.ToLower(t.values[0].text); {
	case len(t.values) > 1:
		return refuse("leave it out to find both", "private has one value")
	case word == "yes" || word == "true":
		wanted = true
	case word != "no" && word != "false":
		return refuse("write private:yes or private:no", "%q is neither yes nor no", incident.Clip(word, 40))
	}
	wanted = wanted != t.not
	r.Private = &wanted
	return nil
}

// in reads where words are looked for.
func (r *reader) in(t token) error {
	if err := r.once(t, "write in:title,learnings for any of several"); err != nil {
		return err
	}
	if err := never(t, "name where to look instead"); err != nil {
		return err
	}
	for _, v := range t.values {
		p := Part(strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(v.text)))
		switch p {
		case "learning":
			p = PartLearnings
		case "follow_up", "followups":
			p = PartFollowUps
		}
		if !slices.Contains(Parts(), p) {
			return refuse(fmt.Sprintf("write one of %v", Parts()), "%q is no part of an incident", incident.Clip(v.text, 40))
		}
		if !slices.Contains(r.Parts, p) {
			r.Parts = append(r.Parts, p)
		}
	}
	return nil
}
