package playbook

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"muster/incident"
)

// How long a line of text may be. Slices travel with every declaration and stay in workflow
// state, which is capped.
const (
	maxName  = 60
	maxTitle = 120
	maxHint  = 300
	maxValue = 300
	// maxSlice is the size of a slice above which it is warned about.
	maxSlice = 128 << 10
)

// playbook reads the whole file, section by section.
func (r *reader) playbook(root *yaml.Node, now time.Time) *Playbook {
	t := r.table(root, "")
	t.only("version", "severities", "default_severity", "services", "targets", "default_target", "people", "calendars",
		"calendar", "roles", "chat", "tracker", "follow_ups", "linger")
	r.version(t)
	p := &Playbook{file: r.file, linger: Exactly(defaultLinger)}
	calendars := r.calendars(t.sub("calendars"), now)
	p.calendar = r.defaultCalendar(t, calendars)
	p.people = r.people(t.sub("people"), calendars, p.calendar)
	targets := r.targets(t.sub("targets"))
	p.targets = targets
	p.defaultTarget = r.defaultTarget(t, targets)
	p.services = r.services(t.sub("services"), targets, p.people)
	p.severities = r.severities(t.sub("severities"), targets)
	p.defaultSeverity = r.defaultSeverity(t)
	p.roles = r.roles(t)
	p.chat = r.chat(t.sub("chat"), p.people, p.Services())
	p.tracker = r.tracker(t.sub("tracker"))
	p.followUps = r.followUps(t.sub("follow_ups"))
	t.span("linger", anySpan, &p.linger)
	p.credentials = credentialsOf(p, targets)
	r.advise(t, p)
	return p
}

func (r *reader) version(t table) {
	n := t.get("version")
	if n == nil {
		r.fail(t.node, "version", "write version: 1 on the first line", "is missing")
		return
	}
	if s, ok := r.scalar(n, "version"); ok && s != "1" {
		r.fail(n, "version", "write version: 1", "%s is no version of this format", quote(s))
	}
}

func (r *reader) defaultSeverity(t table) incident.Severity {
	level := int(defaultSeverity)
	t.number("default_severity", int(incident.WorstSeverity), int(incident.MildSeverity), &level)
	return incident.Severity(level)
}

func (r *reader) roles(t table) []incident.Role {
	roles := standardRoles()
	for _, it := range r.unique(t.list("roles")) {
		switch {
		case slices.Contains(standardRoles(), incident.Role(it.text)):
			r.fail(it.node, it.path, "remove it", "%s is always there", quote(it.text))
		case !roleName.MatchString(it.text):
			r.fail(it.node, it.path, "use small letters, digits and _, at most 30", "%s is no name for a role", quote(it.text))
		default:
			roles = append(roles, incident.Role(it.text))
		}
	}
	return roles
}

func (r *reader) followUps(t table) FollowUpPolicy {
	t.only("soak", "due", "nudge", "overdue", "escalate_after")
	p := defaultFollowUps()
	t.span("soak", anySpan, &p.Soak)
	t.span("due", anySpan, &p.Due)
	t.span("nudge", anySpan, &p.Nudge)
	t.span("overdue", positiveSpan, &p.Overdue)
	t.number("escalate_after", 1, 100, &p.EscalateAfter)
	return p
}

// advise warns of what is legal and yet probably not meant.
func (r *reader) advise(t table, p *Playbook) {
	var paging, bare []string
	for _, s := range p.severities {
		if s.Page != PageNever {
			paging = append(paging, fmt.Sprint(int(s.Level)))
			if len(s.Targets) == 0 {
				bare = append(bare, fmt.Sprint(int(s.Level)))
			}
		}
	}
	if len(bare) > 0 && p.defaultTarget == nil {
		r.warn(nil, "default_target", "name a target here, or under targets of those severities",
			"an incident that names no service pages nobody (severity %s)", orList(bare))
		for _, e := range t.sub("services").entries {
			if sv, ok := p.service(e.key); ok && sv.Target == nil && !sv.silent {
				r.warn(e.name, "services."+e.key, "add page:, or say page: nobody",
					"severity %s pages, and this service does not say whom", orList(paging))
			}
		}
	}
	announced := slices.ContainsFunc(p.severities, func(s SeverityPolicy) bool { return s.Announce })
	if announced && p.chat.Announce == "" {
		r.warn(t.get("chat"), "chat.announce", `name a channel, such as announce: "#incidents"`, "severities are to be announced, and there is no channel for it")
	}
	if p.tracker.Project == "" {
		r.warn(t.get("tracker"), "tracker.project", "name the project's key", "is not set, so incidents and follow-ups get no tracker issue")
	}
	if !t.has("calendars") {
		r.warn(nil, "calendars", "say when and where you work", "there are none, so business days are Monday to Friday, 09:00 to 17:00 UTC, without holidays")
	}
	if all, err := p.Slice(nil); err == nil {
		if raw, err := json.Marshal(all); err != nil || len(raw) > maxSlice {
			r.warn(t.get("people"), "people", "give a calendar only to those whose days or zone differ", "every incident carries %d kB of policy, mostly calendars", len(raw)>>10)
		}
	}
}

func credentialsOf(p *Playbook, targets []PageTarget) []string {
	var out []string
	add := func(t *PageTarget) {
		if t != nil {
			for _, s := range t.Steps {
				out = append(out, s.Credential)
			}
		}
	}
	for i := range targets {
		add(&targets[i])
	}
	for _, s := range p.services {
		add(s.Target)
	}
	add(p.defaultTarget)
	slices.Sort(out)
	return slices.Compact(out)
}

// email reads an e-mail address, in small letters.
func (r *reader) email(it item) (string, bool) {
	e := strings.ToLower(it.text)
	if !emailShape.MatchString(e) || len(e) > 254 {
		r.fail(it.node, it.path, "write it like alice@example.com", "%s is no e-mail address", quote(it.text))
		return "", false
	}
	return e, true
}

// groupShape is a user group as people mention it. Handles have no capital letters.
var groupShape = regexp.MustCompile(`^@[\p{Ll}\p{Lo}\p{N}._-]{1,80}$`)

// invited reads a list of people by e-mail address and of user groups by @handle.
func (r *reader) invited(t table, key string, people []Person) (persons, groups []string) {
	var emails []item
	for _, it := range r.unique(t.list(key)) {
		switch {
		case !strings.HasPrefix(it.text, "@"):
			emails = append(emails, it)
		case groupShape.MatchString(it.text):
			groups = append(groups, strings.TrimPrefix(it.text, "@"))
		default:
			r.fail(it.node, it.path, `write the group's handle, like "@sre"`, "%s is no user group", quote(it.text))
		}
	}
	return r.emails(emails, people), groups
}

// emails reads those of a list. Nobody need be among people, but an address that differs from
// one there by a letter or two is probably mistyped.
func (r *reader) emails(items []item, people []Person) []string {
	var known, out []string
	for _, p := range people {
		known = append(known, p.Email)
	}
	for _, it := range items {
		e, ok := r.email(it)
		if !ok {
			continue
		}
		if !slices.Contains(known, e) {
			for _, k := range known {
				if near := len(e) - len(k); near >= -2 && near <= 2 && distance(e, k) <= 2 {
					r.warn(it.node, it.path, "correct it, or add them to people", "%s is not among people, where there is %s", quote(e), k)
					break
				}
			}
		}
		out = append(out, e)
	}
	return out
}
