package grammar

import (
	"strings"

	"muster/incident"
)

func assign(a *Args, words []word, b Book) string {
	if len(words) == 0 {
		return ""
	}
	role, ok := b.Role(words[0].Text)
	if !ok {
		return words[0].Text + " is no role"
	}
	a.Role = role
	switch rest := words[1:]; {
	case len(rest) == 0:
	case len(rest) == 1 && rest[0].person() != "":
		a.Users = []string{rest[0].person()}
	case len(rest) == 1 && strings.EqualFold(rest[0].Text, "nobody"):
		a.Nobody = true
	default:
		return "after the role comes a person, such as @alice, or nobody"
	}
	return ""
}

func invite(a *Args, words []word, _ Book) string {
	for _, w := range words {
		if w.person() == "" {
			return "it takes people, such as @alice"
		}
		a.Users = append(a.Users, w.person())
	}
	if len(words) == 0 {
		return "it takes people, such as @alice"
	}
	return ""
}

func page(a *Args, words []word, b Book) string {
	if len(words) == 0 {
		return ""
	}
	if target, ok := b.Target(readable(words)); ok {
		a.Target = target
		return ""
	}
	if len(words) == 1 {
		w := words[0]
		reach, ok := incident.ParseReach(w.Text)
		switch {
		case strings.EqualFold(w.Text, "now"):
			a.Now = true
			return ""
		case w.person() != "":
			a.Users = []string{w.person()}
			return ""
		case ok:
			a.Target = reach.Name()
			return ""
		}
	}
	return readable(words) + " is nobody who can be paged: name a target of the playbook, @somebody, policy:ID or schedule:ID"
}

// ack reads whose page is taken: nobody's by name, one target's, or all.
func ack(a *Args, words []word, b Book) string {
	switch said := readable(words); {
	case len(words) == 0:
		return ""
	case strings.EqualFold(said, "all"):
		a.All = true
		return ""
	default:
		target, ok := b.Target(said)
		if !ok {
			return "it takes a target that is being paged, or all"
		}
		a.Target = target
		return ""
	}
}
