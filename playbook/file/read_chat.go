package file

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"muster/incident"
	"muster/playbook"
	"muster/playbook/internal/words"
)

var (
	prefixShape  = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	channelShape = regexp.MustCompile(`^#?[\p{Ll}\p{Lo}\p{N}_-]{1,80}$|^[CG][A-Z0-9]{5,20}$`)
	emojiShape   = regexp.MustCompile(`^[\p{Ll}\p{Lo}\p{N}_+'-]{1,100}$`)
	placeholder  = regexp.MustCompile(`\{[^}]*\}`)
)

const (
	maxPrefix        = 20
	maxAnnouncements = 20
	maxFirstSteps    = 10
	maxStep          = 150
)

// off switches off what has a default.
const off = "off"

func (r *reader) chat(t table, people []playbook.Person, services []string) playbook.ChatPolicy {
	t.only("channel_prefix", "channel_name", "announce", "archive_after", "first_steps", "reactions", "invite", "links")
	c := defaultChat()
	if n, ok := t.text("channel_prefix", maxPrefix, &c.ChannelPrefix); ok && !prefixShape.MatchString(c.ChannelPrefix) {
		r.fail(n, t.at("channel_prefix"), "use small letters, digits and -", "%s cannot start a channel's name", words.Quote(c.ChannelPrefix))
	}
	r.channelName(t, &c.ChannelName)
	c.Announcements = r.announcements(t, services)
	c.Announce = firstChannel(c.Announcements)
	spanOrNever(t, "archive_after", &c.ArchiveAfter)
	r.firstSteps(t, &c.FirstSteps)
	r.reactions(t, &c.Reactions)
	c.Invite, c.Groups = r.invited(t, "invite", people)
	for _, it := range t.elements("links") {
		if l, ok := r.link(it); ok {
			c.Links = append(c.Links, l)
		}
	}
	return c
}

// announcements reads one channel, or a list of channels of which some have conditions.
func (r *reader) announcements(t table, services []string) []playbook.AnnounceRule {
	n := t.get("announce")
	if n == nil {
		return nil
	}
	items := []item{{path: t.at("announce"), node: n}}
	if n.Kind == yaml.SequenceNode {
		items = t.elements("announce")
	}
	if len(items) > maxAnnouncements {
		r.fail(items[maxAnnouncements].node, items[maxAnnouncements].path, "leave some to subscriptions", "there are more than %d channels", maxAnnouncements)
		return nil
	}
	var out []playbook.AnnounceRule
	for _, it := range items {
		a, ok := r.announcement(it, services)
		switch {
		case !ok: // reported
		case slices.ContainsFunc(out, func(o playbook.AnnounceRule) bool { return o.Channel == a.Channel }):
			r.fail(it.node, it.path, "keep one rule for each channel", "%s stands here twice", words.Quote(a.Channel))
		default:
			out = append(out, a)
		}
	}
	return out
}

func (r *reader) announcement(it item, services []string) (a playbook.AnnounceRule, ok bool) {
	if it.node.Kind == yaml.ScalarNode {
		s, ok := r.scalar(it.node, it.path)
		if !ok {
			return a, false
		}
		a.Channel, ok = r.channel(item{text: s, path: it.path, node: it.node})
		return a, ok
	}
	t := r.table(it.node, it.path)
	t.only("channel", "severity", "services", "tags")
	if it.node.Kind != yaml.MappingNode {
		return a, false // reported
	}
	var level int
	t.number("severity", int(incident.WorstSeverity), int(incident.MildSeverity), &level)
	a.Severity = incident.Severity(level)
	for _, s := range r.unique(t.list("services")) {
		if name := playbook.ServiceName(s.text); slices.Contains(services, name) {
			a.Services = append(a.Services, name)
		} else {
			mend := words.Suggest(name, services)
			if mend == "" {
				mend = "add it under services"
			}
			r.fail(s.node, s.path, mend, "%s is no service", words.Quote(s.text))
		}
	}
	for _, tag := range r.unique(t.list("tags")) {
		a.Tags = append(a.Tags, incident.CleanLine(tag.text))
	}
	if !t.has("channel") {
		r.fail(it.node, t.at("channel"), `write channel: "#incidents"`, "is missing")
		return a, false
	}
	var name string
	n, ok := t.text("channel", maxName+maxPrefix, &name)
	if !ok {
		return a, false
	}
	a.Channel, ok = r.channel(item{text: name, path: t.at("channel"), node: n})
	return a, ok
}

func (r *reader) channel(it item) (string, bool) {
	if !channelShape.MatchString(it.text) {
		r.fail(it.node, it.path, `write it like "#incidents"`, "%s is no name of a channel", words.Quote(it.text))
		return "", false
	}
	return withHash(it.text), true
}

// firstChannel is where people are called while an incident has no channel of its own: the
// first channel that hears of everything, or else the first one.
func firstChannel(rules []playbook.AnnounceRule) string {
	for _, a := range rules {
		if a.Severity == 0 && len(a.Services) == 0 && len(a.Tags) == 0 {
			return a.Channel
		}
	}
	if len(rules) > 0 {
		return rules[0].Channel
	}
	return ""
}

// withHash writes a channel's name with its #, and leaves a channel's ID alone.
func withHash(s string) string {
	if strings.HasPrefix(s, "#") || s != strings.ToLower(s) {
		return s
	}
	return "#" + s
}

// spanOrNever reads a span, or never, which is kept as none.
func spanOrNever(t table, key string, dst *playbook.Span) {
	if n := t.get(key); n != nil && n.Kind == yaml.ScalarNode && n.Value == string(playbook.PageNever) {
		*dst = playbook.Span{}
		return
	}
	t.span(key, positiveSpan, dst)
}

func (r *reader) firstSteps(t table, dst *[]string) {
	if !t.has("first_steps") {
		return
	}
	*dst = nil
	items := t.list("first_steps")
	if len(items) > maxFirstSteps {
		r.fail(items[maxFirstSteps].node, items[maxFirstSteps].path, "keep what comes first and link to the rest", "there are more than %d steps", maxFirstSteps)
		return
	}
	for _, it := range items {
		s := incident.CleanLine(it.text)
		if n := len([]rune(s)); n > maxStep {
			r.fail(it.node, it.path, "shorten it", "is %d characters long, %d are allowed", n, maxStep)
			continue
		}
		*dst = append(*dst, s)
	}
}

// reactions reads the emoji; off alone switches all of them off.
func (r *reader) reactions(t table, dst *playbook.Reactions) {
	if n := t.get("reactions"); n != nil && n.Kind == yaml.ScalarNode && n.Value == off {
		*dst = playbook.Reactions{}
		return
	}
	rt := t.sub("reactions")
	rt.only("follow_up", "timeline", "nominate")
	used := map[string]string{}
	for _, e := range []struct {
		key string
		dst *string
	}{{"follow_up", &dst.FollowUp}, {"timeline", &dst.Timeline}, {"nominate", &dst.Nominate}} {
		n, ok := rt.text(e.key, 100, e.dst)
		name := strings.ToLower(strings.Trim(*e.dst, ":"))
		switch first := used[name]; {
		case name == off:
			name = ""
		case ok && !emojiShape.MatchString(name):
			r.fail(n, rt.at(e.key), "write its name, like pushpin, or off", "%s is no name of an emoji", words.Quote(*e.dst))
		case name != "" && first != "":
			r.fail(n, rt.at(e.key), "choose another one, or write off", "%s is also the reaction for %s", words.Quote(name), first)
		default:
			used[name] = e.key
		}
		*e.dst = name
	}
}

func (r *reader) link(it item) (incident.Link, bool) {
	t := r.table(it.node, it.path)
	t.only("label", "url")
	var l incident.Link
	_, okLabel := t.text("label", maxName, &l.Label)
	n, okURL := t.text("url", 2000, &l.URL)
	if !t.has("label") || !t.has("url") {
		r.fail(it.node, it.path, `write {label: Dashboard, url: "https://..."}`, "needs a label and a url")
		return l, false
	}
	if !okLabel || !okURL {
		return l, false
	}
	for _, ph := range placeholder.FindAllString(l.URL, -1) {
		if ph != "{key}" && ph != "{number}" {
			r.fail(n, t.at("url"), "use {key} for INC-42 or {number} for 42", "%s is not replaced by anything", words.Quote(ph))
			return l, false
		}
	}
	u, err := url.Parse(placeholder.ReplaceAllString(l.URL, "1"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		r.fail(n, t.at("url"), "write it like https://example.com/dashboard", "%s is no web address", words.Quote(l.URL))
		return l, false
	}
	return l, true
}
