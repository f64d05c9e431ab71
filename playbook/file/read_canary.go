package file

import (
	"slices"
	"time"

	"muster/playbook"
	"muster/playbook/internal/words"
)

// maxCanaryWithin keeps the legs of one run, one after the other, from filling a day.
const maxCanaryWithin = time.Hour

// canary reads what is safe for the drill that runs by itself. What a real incident reaches is refused here:
// a canary that wakes people would be switched off soon.
func (r *reader) canary(t table, c playbook.Contents) playbook.CanaryPolicy {
	t.only("every", "within", "channel", "open_channel", "project", "incident_type", "credential")
	if len(t.entries) == 0 {
		return playbook.CanaryPolicy{}
	}
	p := playbook.CanaryPolicy{IncidentType: c.Tracker.IncidentType}
	p.Every = r.between(t, "every", playbook.DefaultCanaryEvery, playbook.LeastCanaryEvery, 24*time.Hour)
	p.Within = r.between(t, "within", playbook.DefaultCanaryWithin, 10*time.Second, maxCanaryWithin)
	t.text("incident_type", maxName, &p.IncidentType)
	t.boolean("open_channel", &p.OpenChannel)
	p.Project = r.project(t)
	r.canaryChannel(t, c, &p)
	r.canaryCredential(t, c, &p)
	if p.Project != "" && (p.Project == c.Tracker.Project || p.Project == c.Tracker.Private.Project) {
		r.warn(t.get("project"), t.at("project"), "make a project for tests, and name it", "is also that of real incidents, among which its issues will stand")
	}
	if !t.has("channel") && !t.has("project") && !t.has("credential") && !p.OpenChannel {
		r.fail(t.node, t.path, "name a channel, a project or a credential that are there for tests", "says nothing that a canary could reach")
	}
	return p
}

// between reads an exact time with bounds.
func (r *reader) between(t table, key string, usual, least, most time.Duration) time.Duration {
	s := playbook.Exactly(usual)
	before := len(r.errs)
	t.span(key, exactSpan, &s)
	if len(r.errs) == before && (s.Exact < least || s.Exact > most) {
		r.fail(t.get(key), t.at(key), "write a time from "+playbook.Exactly(least).Text()+" to "+playbook.Exactly(most).Text(), "%s is out of bounds", words.Quote(s.Text()))
		return usual
	}
	return s.Exact
}

func (r *reader) canaryChannel(t table, c playbook.Contents, p *playbook.CanaryPolicy) {
	var name string
	n, ok := t.text("channel", maxName+maxPrefix, &name)
	if !ok {
		return
	}
	p.Channel, _ = r.channel(item{text: name, path: t.at("channel"), node: n})
	read := append([]string{c.Chat.Announce, c.Operators.Channel}, c.Report.Channels...)
	for _, a := range c.Chat.Announcements {
		read = append(read, a.Channel)
	}
	if p.Channel != "" && slices.Contains(append(read, c.FollowUps.Escalate...), p.Channel) {
		r.fail(n, t.at("channel"), "make a channel for tests, such as #muster-canary, and name it", "%s is a channel that people read", words.Quote(p.Channel))
	}
}

func (r *reader) canaryCredential(t table, c playbook.Contents, p *playbook.CanaryPolicy) {
	if !t.has("credential") {
		return
	}
	p.Credential = r.credential(t)
	if p.Credential != "" && slices.Contains(playbook.New(c).Credentials(), p.Credential) {
		r.fail(t.get("credential"), t.at("credential"), "make a service in the pager that wakes nobody, and name its key", "%s also pages people", words.Quote(p.Credential))
	}
}
