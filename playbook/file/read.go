package file

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"muster/incident"
	"muster/playbook"
	"muster/playbook/internal/words"
)

// How long a line of text may be. Slices travel with every declaration and stay in workflow
// state, which is capped.
const (
	maxName  = 60
	maxTitle = 120
	maxHint  = 300
	maxValue = 300
	// maxSlice is the size of a slice above which it is warned about: with one of so many bytes, what an incident
	// carries from one run to the next stays below what the server warns of (api.MaxInput).
	maxSlice = 100_000
)

// contents reads the whole file, section by section.
func (r *reader) contents(root *yaml.Node, now time.Time) playbook.Contents {
	t := r.table(root, "")
	t.only("version", "severities", "default_severity", "services", "targets", "default_target", "people", "calendars",
		"calendar", "roles", "chat", "tracker", "follow_ups", "operators", "canary", "linger", "archive")
	r.version(t)
	c := playbook.Contents{Linger: playbook.Exactly(defaultLinger)}
	c.Calendars = r.calendars(t.sub("calendars"), now)
	calendars := playbook.CalendarsOf(c.Calendars)
	c.Calendar = r.defaultCalendar(t, calendars)
	c.People = r.people(t.sub("people"), calendars, c.Calendar)
	c.Targets = r.targets(t.sub("targets"))
	c.DefaultTarget = r.defaultTarget(t, c.Targets)
	c.Services = r.services(t.sub("services"), c.Targets, c.People)
	c.Severities = r.severities(t.sub("severities"), c.Targets)
	c.DefaultSeverity = r.defaultSeverity(t)
	c.Roles = r.roles(t)
	c.Chat = r.chat(t.sub("chat"), c.People, namesOf(c.Services))
	c.Tracker = r.tracker(t.sub("tracker"), namesOf(c.Services))
	c.FollowUps, c.Report = r.followUps(t.sub("follow_ups"), c.People)
	c.Operators = r.operators(t.sub("operators"))
	c.Canary = r.canary(t.sub("canary"), c)
	t.span("linger", anySpan, &c.Linger)
	c.Archive = r.archive(t.sub("archive"))
	r.advise(t, c)
	return c
}

func namesOf(services []playbook.Service) []string {
	names := make([]string, len(services))
	for i, s := range services {
		names[i] = s.Name
	}
	return names
}

func (r *reader) version(t table) {
	n := t.get("version")
	if n == nil {
		r.fail(t.node, "version", "write version: 1 on the first line", "is missing")
		return
	}
	if s, ok := r.scalar(n, "version"); ok && s != "1" {
		r.fail(n, "version", "write version: 1", "%s is no version of this format", words.Quote(s))
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
			r.fail(it.node, it.path, "remove it", "%s is always there", words.Quote(it.text))
		case !roleName.MatchString(it.text):
			r.fail(it.node, it.path, "use small letters, digits and _, at most 30", "%s is no name for a role", words.Quote(it.text))
		default:
			roles = append(roles, incident.Role(it.text))
		}
	}
	return roles
}

// advise warns of what is legal and yet probably not meant.
func (r *reader) advise(t table, c playbook.Contents) {
	var paging, bare []string
	for _, s := range c.Severities {
		if s.Page != playbook.PageNever {
			paging = append(paging, fmt.Sprint(int(s.Level)))
			if len(s.Targets) == 0 {
				bare = append(bare, fmt.Sprint(int(s.Level)))
			}
		}
	}
	if len(bare) > 0 && c.DefaultTarget == nil {
		r.warn(nil, "default_target", "name a target here, or under targets of those severities",
			"an incident that names no service pages nobody (severity %s)", words.Or(bare))
		for _, e := range t.sub("services").entries {
			unsaid := func(s playbook.Service) bool { return s.Name == e.key && s.Target == nil && !s.Silent }
			if slices.ContainsFunc(c.Services, unsaid) {
				r.warn(e.name, "services."+e.key, "add page:, or say page: nobody",
					"severity %s pages, and this service does not say whom", words.Or(paging))
			}
		}
	}
	announced := slices.ContainsFunc(c.Severities, func(s playbook.SeverityPolicy) bool { return s.Announce })
	if announced && c.Chat.Announce == "" {
		r.warn(t.get("chat"), "chat.announce", `name a channel, such as announce: "#incidents"`, "severities are to be announced, and there is no channel for it")
	}
	if c.Tracker.Project == "" {
		r.warn(t.get("tracker"), "tracker.project", "name the project's key", "is not set, so incidents and follow-ups get no tracker issue")
	}
	if !t.has("calendars") {
		r.warn(nil, "calendars", "say when and where you work", "there are none, so business days are Monday to Friday, 09:00 to 17:00 UTC, without holidays")
	}
	if all, err := playbook.New(c).Slice(nil); err == nil {
		if raw, err := json.Marshal(all); err != nil || len(raw) > maxSlice {
			r.warn(t.get("people"), "people", "give a calendar only to those whose days or zone differ", "every incident carries %d kB of policy, mostly calendars", len(raw)>>10)
		}
	}
}

// email reads an e-mail address, in small letters.
func (r *reader) email(it item) (string, bool) {
	e := strings.ToLower(it.text)
	if !emailShape.MatchString(e) || len(e) > 254 {
		r.fail(it.node, it.path, "write it like alice@example.com", "%s is no e-mail address", words.Quote(it.text))
		return "", false
	}
	return e, true
}

// groupShape is a user group as people mention it. Handles have no capital letters.
var groupShape = regexp.MustCompile(`^@[\p{Ll}\p{Lo}\p{N}._-]{1,80}$`)

// invited reads a list of people by e-mail address and of user groups by @handle.
func (r *reader) invited(t table, key string, people []playbook.Person) (persons, groups []string) {
	var emails []item
	for _, it := range r.unique(t.list(key)) {
		switch {
		case !strings.HasPrefix(it.text, "@"):
			emails = append(emails, it)
		case groupShape.MatchString(it.text):
			groups = append(groups, strings.TrimPrefix(it.text, "@"))
		default:
			r.fail(it.node, it.path, `write the group's handle, like "@sre"`, "%s is no user group", words.Quote(it.text))
		}
	}
	return r.emails(emails, people), groups
}

// emails reads those of a list. Nobody need be among people, but an address that differs from
// one there by a letter or two is probably mistyped.
func (r *reader) emails(items []item, people []playbook.Person) []string {
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
				if near := len(e) - len(k); near >= -2 && near <= 2 && words.Distance(e, k) <= 2 {
					r.warn(it.node, it.path, "correct it, or add them to people", "%s is not among people, where there is %s", words.Quote(e), k)
					break
				}
			}
		}
		out = append(out, e)
	}
	return out
}
