package file

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"muster/incident"
	"muster/playbook"
	"muster/playbook/internal/words"

	"go.yaml.in/yaml/v3"
)

var (
	serviceShape    = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,59}$`)
	credentialShape = regexp.MustCompile(`^env:[A-Za-z_][A-Za-z0-9_]{0,99}$`)
	vendorPrefix    = regexp.MustCompile(`^(?i)(pd|pagerduty)_+`)
)

// nobody is what a service writes that pages nobody on purpose.
const nobody = "nobody"

// targets reads the people and teams that may be paged by name.
func (r *reader) targets(t table) []playbook.PageTarget {
	var out []playbook.PageTarget
	for _, e := range t.entries {
		path := t.at(e.key)
		if e.key == nobody || !serviceShape.MatchString(e.key) {
			r.fail(e.name, path, "use small letters, digits and -, at most 60", "%s is no name for a target", words.Quote(e.key))
			continue
		}
		target := playbook.PageTarget{Name: e.key, AckWithin: playbook.Exactly(playbook.DefaultAckWithin), Rounds: playbook.DefaultRounds}
		if e.value.Kind == yaml.ScalarNode && !isNull(e.value) {
			target.Steps = r.steps([]item{{path: path, node: e.value}}, e.key)
		} else {
			tt := t.sub(e.key)
			tt.only("steps", "ack_within", "rounds")
			target.Steps = r.steps(tt.elements("steps"), e.key)
			r.patience(tt, &target)
			if !tt.has("steps") {
				r.fail(e.name, path, "add steps: [env:PD_"+envName(e.key)+"]", "has no steps, so it reaches nobody")
			}
		}
		out = append(out, target)
	}
	return out
}

func (r *reader) patience(t table, target *playbook.PageTarget) {
	t.span("ack_within", exactSpan, &target.AckWithin)
	t.number("rounds", 1, maxRounds, &target.Rounds)
}

// steps reads a chain: each step is a credential alone or a mapping with a name.
func (r *reader) steps(items []item, owner string) []playbook.PageStep {
	var out []playbook.PageStep
	for i, it := range items {
		step := playbook.PageStep{}
		if it.node.Kind == yaml.MappingNode {
			st := r.table(it.node, it.path)
			st.only("name", "credential")
			st.text("name", maxName, &step.Name)
			step.Credential = r.credential(st)
		} else if s, ok := r.scalar(it.node, it.path); ok {
			step.Credential = r.checkCredential(item{text: s, path: it.path, node: it.node})
		}
		if step.Credential == "" {
			continue // reported
		}
		if step.Name == "" {
			step.Name = owner
			if i > 0 {
				step.Name = stepName(step.Credential)
			}
		}
		out = append(out, step)
	}
	if len(items) > maxSteps {
		r.fail(items[maxSteps].node, items[maxSteps].path, "shorten the chain", "has more than %d steps", maxSteps)
	}
	return out
}

// stepName makes a readable name of a credential: env:PD_PLATFORM is platform.
func stepName(credential string) string {
	name := vendorPrefix.ReplaceAllString(strings.TrimPrefix(credential, "env:"), "")
	return strings.ToLower(strings.ReplaceAll(name, "_", "-"))
}

// envName is the reverse, for a mend.
func envName(name string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(name))
}

func (r *reader) credential(t table) string {
	n := t.get("credential")
	if n == nil {
		r.fail(t.node, t.at("credential"), "write credential: env:PD_NAME", "is missing")
		return ""
	}
	s, ok := r.scalar(n, t.at("credential"))
	if !ok {
		return ""
	}
	return r.checkCredential(item{text: s, path: t.at("credential"), node: n})
}

// checkCredential never shows what was written, for it may be the secret itself.
func (r *reader) checkCredential(it item) string {
	if credentialShape.MatchString(it.text) {
		return it.text
	}
	r.fail(it.node, it.path, "write env:PD_NAME and put the key into the environment variable PD_NAME", "names no environment variable; a playbook holds no secrets")
	return ""
}

// services reads the services in the order of the file.
func (r *reader) services(t table, targets []playbook.PageTarget, people []playbook.Person) []playbook.Service {
	var out []playbook.Service
	for _, e := range t.entries {
		path := t.at(e.key)
		if !serviceShape.MatchString(e.key) {
			r.fail(e.name, path, "use small letters, digits, - and _, at most 60", "%s is no name for a service", words.Quote(e.key))
			continue
		}
		st := t.sub(e.key)
		st.only("title", "aliases", "page", "responders")
		sv := playbook.Service{ServicePolicy: playbook.ServicePolicy{Name: e.key, Title: e.key}}
		st.text("title", maxTitle, &sv.Title)
		sv.Responders, sv.Groups = r.invited(st, "responders", people)
		sv.Target, sv.Silent = r.page(st, e.key, targets)
		sv.Aliases = r.aliases(st, sv.ServicePolicy)
		out = append(out, sv)
	}
	r.ambiguous(t, out)
	return out
}

// maxAliases is far above what people call one thing.
const maxAliases = 20

// aliases reads what people call a service besides its name and its title.
func (r *reader) aliases(t table, sv playbook.ServicePolicy) []string {
	var out []string
	items := r.unique(t.list("aliases"))
	for _, it := range items {
		alias := incident.CleanLine(it.text)
		switch {
		case !strings.ContainsFunc(alias, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }):
			r.fail(it.node, it.path, "write a word that people use for it", "%s is no word", words.Quote(it.text))
		case len([]rune(alias)) > maxName:
			r.fail(it.node, it.path, "shorten it", "is %d characters long, %d are allowed", len([]rune(alias)), maxName)
		case strings.EqualFold(alias, sv.Name), strings.EqualFold(alias, sv.Title):
			r.fail(it.node, it.path, "remove it; name and title are found anyway", "%s is what the service is called already", words.Quote(alias))
		default:
			out = append(out, alias)
		}
	}
	if len(items) > maxAliases {
		r.fail(items[maxAliases].node, items[maxAliases].path, "keep those that people write", "has more than %d aliases", maxAliases)
	}
	return out
}

// ambiguous refuses an alias by which another service is called too: in a title it would name
// neither.
func (r *reader) ambiguous(t table, services []playbook.Service) {
	for i, s := range services {
		for j, o := range services {
			for _, alias := range s.Aliases {
				same := func(other string) bool { return strings.EqualFold(alias, other) }
				if i != j && (same(o.Name) || same(o.Title) || j < i && slices.ContainsFunc(o.Aliases, same)) {
					st := t.sub(s.Name)
					r.fail(st.get("aliases"), st.at("aliases"), "give each service words of its own", "%s is also what %s is called", words.Quote(alias), o.Name)
				}
			}
		}
	}
}

// page reads whom a service pages: a target's name, a credential, nobody, or a mapping.
func (r *reader) page(t table, name string, targets []playbook.PageTarget) (target *playbook.PageTarget, silent bool) {
	n := t.get("page")
	if n == nil {
		return nil, false
	}
	if n.Kind != yaml.ScalarNode {
		return r.pageTable(t.sub("page"), name, targets), false
	}
	s, ok := r.scalar(n, t.at("page"))
	if !ok || s == nobody {
		return nil, ok
	}
	it := item{text: s, path: t.at("page"), node: n}
	if !isCredential(s) {
		return r.findTarget(it, targets), false
	}
	return r.ownTarget(it, name, targets), false
}

// pageTable reads the long form: who is first, who follows, and how long each is waited for.
func (r *reader) pageTable(pt table, name string, targets []playbook.PageTarget) *playbook.PageTarget {
	pt.only("target", "credential", "escalate", "ack_within", "rounds")
	key := "target"
	if pt.has("credential") {
		key = "credential"
	}
	if pt.has("target") == pt.has("credential") {
		r.fail(pt.node, pt.path, "write target: with a name from targets, or credential: env:PD_"+envName(name), "needs either a target or a credential")
		return nil
	}
	var first string
	n, ok := pt.text(key, maxValue, &first)
	if !ok {
		return nil
	}
	it := item{text: first, path: pt.at(key), node: n}
	var target *playbook.PageTarget
	if key == "credential" {
		target = r.ownTarget(it, name, targets)
	} else if target = r.findTarget(it, targets); target != nil && len(pt.entries) > 1 {
		r.ownName(it, name, targets)
		target.Name = name
	}
	if target == nil {
		return nil
	}
	for _, next := range pt.list("escalate") {
		target.Steps = append(target.Steps, r.escalation(next, targets)...)
	}
	r.patience(pt, target)
	if n := len(target.Steps); n > maxSteps {
		r.fail(pt.node, pt.path, "shorten the chain", "has %d steps, %d are allowed", n, maxSteps)
	}
	return target
}

// escalation reads env:NAME as one more step, and any other word as the steps of a target.
func (r *reader) escalation(it item, targets []playbook.PageTarget) []playbook.PageStep {
	if isCredential(it.text) {
		if c := r.checkCredential(it); c != "" {
			return []playbook.PageStep{{Name: stepName(c), Credential: c}}
		}
		return nil
	}
	if t := r.findTarget(it, targets); t != nil {
		return t.Steps
	}
	return nil
}

func isCredential(s string) bool { return strings.Contains(s, ":") || words.SecretKind(s) != "" }

// ownTarget makes a target of one service's own credential.
func (r *reader) ownTarget(it item, name string, targets []playbook.PageTarget) *playbook.PageTarget {
	c := r.checkCredential(it)
	if c == "" {
		return nil
	}
	r.ownName(it, name, targets)
	return &playbook.PageTarget{Name: name, Steps: []playbook.PageStep{{Name: name, Credential: c}}, AckWithin: playbook.Exactly(playbook.DefaultAckWithin), Rounds: playbook.DefaultRounds}
}

// ownName checks that no target has the name of a service that pages in its own way: people
// could not tell the two apart.
func (r *reader) ownName(it item, name string, targets []playbook.PageTarget) {
	if slices.ContainsFunc(targets, func(t playbook.PageTarget) bool { return t.Name == name }) {
		r.fail(it.node, it.path, "write page: "+name+", or rename one of the two", "there is also a target named %s", name)
	}
}

// findTarget answers a copy of a named target, or nil when there is none.
func (r *reader) findTarget(it item, targets []playbook.PageTarget) *playbook.PageTarget {
	names := make([]string, len(targets))
	for i, t := range targets {
		if t.Name == it.text {
			t.Steps = slices.Clone(t.Steps)
			return &t
		}
		names[i] = t.Name
	}
	mend := words.Suggest(it.text, names)
	if mend == "" {
		mend = "add it under targets"
	}
	r.fail(it.node, it.path, mend, "%s is no target", words.Quote(it.text))
	return nil
}

// defaultTarget names whom to page when no service says so.
func (r *reader) defaultTarget(t table, targets []playbook.PageTarget) *playbook.PageTarget {
	var name string
	n, ok := t.text("default_target", maxName, &name)
	if !ok {
		return nil
	}
	return r.findTarget(item{text: name, path: "default_target", node: n}, targets)
}
