package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/slack"
	"muster/playbook"
)

// maxPeople bounds how many people are looked up at Slack, one call each.
const maxPeople = 20

func (e *examination) slack(ctx context.Context) {
	c := e.config.Slack
	if !c.On() {
		e.blindTo("slack")
		return // the settings have said so
	}
	client, err := slack.New(slack.Options{Token: c.Token, BaseURL: c.APIURL, HTTPClient: e.HTTPClient, Now: e.Now})
	if err != nil {
		e.vendorSays("slack token", err)
		return
	}
	me, err := client.Check(ctx)
	if err != nil {
		e.vendorSays("slack token", err)
		return
	}
	e.say(OK, "slack token", "", "the app is %s in the workspace %s (%s)", me.Bot, me.Team, me.URL)
	features := e.Features(e.playbook)
	e.scopes(me, features)
	e.wayIn(ctx)
	if e.playbook == nil {
		e.say(Unchecked, "slack channels", "correct the playbook first", "channels, groups and people are named by the playbook")
		return
	}
	e.channels(ctx, client, me)
	e.groups(ctx, client)
	e.people(ctx, client)
}

// vendorSays reports what the client says of a vendor's failure.
func (e *examination) vendorSays(check string, err error) {
	e.blindTo(area(check))
	v, ok := fault.As(err)
	if !ok {
		e.say(Broken, check, "", "%s", fault.Words(err.Error()))
		return
	}
	e.say(Broken, check, mendOf(v), "%s: %s", v.Operation, v.Said())
}

func (e *examination) scopes(me slack.Account, f slack.Features) {
	const check = "slack scopes"
	if me.Scopes == nil {
		e.say(Unchecked, check, "", "Slack did not say which scopes the token has")
		return
	}
	missing := slack.Missing(me.Scopes, f)
	for _, off := range missing {
		e.say(Broken, check, "add it at OAuth & Permissions and install the app again",
			"%s is missing, so Muster cannot %s (%s)", off.Scope, off.Why, off.Feature)
	}
	if extra := slack.Unneeded(me.Scopes, f); len(extra) > 0 && !e.Unsure {
		e.say(Warning, check, "take them from the app, unless something else needs them", "nothing needs %s", strings.Join(extra, ", "))
	}
	if len(missing) == 0 {
		e.say(OK, check, "", "all %d that are needed were granted", len(f.Scopes()))
	}
}

// wayIn looks whether Slack can reach Muster. No socket is opened: Slack would send it what
// people do, and nobody here would take it.
func (e *examination) wayIn(ctx context.Context) {
	c := e.config.Slack
	if !c.Socket() {
		if len(c.SigningSecrets) == 0 {
			return // the settings have said so
		}
		e.say(OK, "slack way in", "", "HTTP, with %s; whether Slack reaches the gateway is seen at Slack, where the app's addresses are verified",
			count(len(c.SigningSecrets), "signing secret"))
		return
	}
	socket, err := slack.NewSocket(slack.Options{BaseURL: c.APIURL, HTTPClient: e.HTTPClient, Now: e.Now}, c.AppToken)
	if err != nil {
		e.vendorSays("slack way in", err)
		return
	}
	if err := socket.CheckSocket(ctx); err != nil {
		e.say(Broken, "slack way in", mendOf(err), "Socket Mode: %s", reason(err))
		return
	}
	e.say(OK, "slack way in", "", "Socket Mode: Slack lets the app token open a connection")
}

// mendOf is what can be done about a vendor's failure. Where the client knows nothing, time may.
func mendOf(err error) string {
	v, ok := fault.As(err)
	switch {
	case !ok:
		return "try again"
	case v.Mend == "" && v.Class == fault.Retryable:
		return "try again; if it stays so, look whether " + v.Vendor + " can be reached from here"
	}
	return v.Mend
}

// reason is what Slack said, or why it said nothing.
func reason(err error) string {
	if v, ok := fault.As(err); ok {
		return v.Said()
	}
	return fault.Words(err.Error())
}

// announced lists the channels of announcements and those of the operators and of the canary, each once.
func announced(p *playbook.Playbook) []string {
	var out []string
	add := func(name string) {
		if name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	add(p.Chat().Announce)
	for _, a := range p.Chat().Announcements {
		add(a.Channel)
	}
	add(p.Operators().Channel)
	add(p.Canary().Channel)
	return out
}

func (e *examination) channels(ctx context.Context, client *slack.Client, me slack.Account) {
	const check = "slack channels"
	wanted := announced(e.playbook)
	if len(wanted) == 0 {
		return
	}
	private := slices.Contains(me.Scopes, "groups:read")
	list, err := client.Channels(ctx, wanted, private)
	if err != nil {
		e.say(Unchecked, check, "", "the channels of announcements: %s", reason(err))
		return
	}
	good := 0
	for _, name := range wanted {
		ch, ok := list.Found[name]
		switch {
		case !ok && !list.All:
			e.say(Unchecked, check, "", "%s is not among the first %d channels of the workspace", name, list.Seen)
		case !ok:
			e.say(Broken, check, "make it, or if it is private invite the app there, or correct chat.announce, operators.channel or canary.channel in the playbook", "there is no %s for the app", name)
		case ch.Archived:
			e.say(Broken, check, "unarchive it, or correct chat.announce, operators.channel or canary.channel in the playbook", "%s is archived", name)
		case !ch.Member && name != ch.ID: // by its name a channel cannot be joined
			e.say(Broken, check, "type /invite @"+me.Bot+" in it", "the app is not in %s", name)
		default:
			good++
		}
	}
	if good == len(wanted) {
		e.say(OK, check, "", "announcements have their %s", count(good, "channel"))
	}
}

func (e *examination) groups(ctx context.Context, client *slack.Client) {
	const check = "slack groups"
	wanted := groupsOf(e.playbook)
	good := 0
	for _, g := range wanted {
		known, err := client.GroupKnown(ctx, g)
		if err != nil {
			e.say(Unchecked, check, "", "the user groups of the playbook: %s", reason(err))
			return
		}
		if known {
			good++
			continue
		}
		e.say(Warning, check, "make it in Slack, or correct the playbook; the others are invited all the same", "there is no user group @%s", strings.TrimPrefix(g, "@"))
	}
	if good > 0 && good == len(wanted) {
		e.say(OK, check, "", "%s of the playbook found", count(good, "user group"))
	}
}

func (e *examination) people(ctx context.Context, client *slack.Client) {
	const check = "slack people"
	wanted := peopleOf(e.playbook)
	known, checked := 0, 0
	for _, person := range wanted[:min(len(wanted), maxPeople)] {
		there, err := client.PersonKnown(ctx, person)
		if err != nil {
			e.say(Unchecked, check, "", "people were looked up as far as %d of %d: %s", checked, len(wanted), reason(err))
			return
		}
		checked++
		if there {
			known++
			continue
		}
		e.say(Warning, check, "correct the address in the playbook; people without an account here are not invited", "%s has no account in this workspace", person)
	}
	if checked > 0 && known == checked {
		e.say(OK, check, "", "%d of the playbook's %d people looked up, all are known", checked, len(wanted))
	} else if checked > 0 && len(wanted) > checked {
		e.say(Unchecked, check, "", "only the first %d of %d people were looked up", checked, len(wanted))
	}
}

// peopleOf lists everybody whom the playbook may invite.
func peopleOf(p *playbook.Playbook) []string {
	var out []string
	add := func(list ...string) {
		for _, who := range list {
			_, nameless := slack.UserOf(who) // a user ID needs no look-up
			if who = incident.NormalPerson(who); who != "" && !nameless && !slices.Contains(out, who) {
				out = append(out, who)
			}
		}
	}
	for _, who := range p.People() {
		if who.Slack == "" {
			add(who.Email)
		}
	}
	add(p.Chat().Invite...)
	for _, name := range p.Services() {
		if s, ok := p.Service(name); ok {
			add(s.Responders...)
		}
	}
	return out
}

// groupsOf lists the user groups that the playbook invites.
func groupsOf(p *playbook.Playbook) []string {
	out := slices.Clone(p.Chat().Groups)
	for _, name := range p.Services() {
		if s, ok := p.Service(name); ok {
			out = append(out, s.Groups...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// are is count with its verb.
func are(n int, what string) string {
	if n == 1 {
		return "1 " + what + " is"
	}
	return count(n, what) + " are"
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
