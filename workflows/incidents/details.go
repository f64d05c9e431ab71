package incidents

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/mirror"
)

// describe sets what the Temporal Web UI shows of the incident now, in Markdown. The server
// loses it at continue-as-new, so it is set at each run's start too.
func (r *incidentRun) describe() {
	if r.facts.Private {
		workflow.SetCurrentDetails(r.ctx, fmt.Sprintf("**%s** is private: %s", r.facts.Key(), r.facts.Status))
		return
	}
	workflow.SetCurrentDetails(r.ctx, mirror.Clipped(details(r.facts, r.severityName(), r.zone(), r.waitsFor()), 18_000))
}

func details(f *incident.Incident, severity string, zone *time.Location, waits []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s %s\n\n", f.Key(), mirror.Markdown(f.Shown()))
	fmt.Fprintf(&b, "**%s** · severity %s · declared by %s\n\n", f.Status, severity, mirror.Markdown(f.DeclaredBy.String()))
	if f.Status.Live() {
		fmt.Fprintf(&b, "%s\n\n", mirror.Markdown(f.Waking(zone).Line))
	}
	if f.LastUpdate != "" {
		fmt.Fprintf(&b, "> %s\n\n", mirror.Markdown(incident.CleanLine(f.LastUpdate)))
	}
	list(&b, "Roles", f.Roles, func(h incident.RoleHolder) string { return fmt.Sprintf("%s: %s", h.Role, mirror.Markdown(h.Person)) })
	list(&b, "Pages", f.Pages, func(p incident.Page) string {
		by := ""
		if p.By != "" {
			by = p.Taken()
		}
		return fmt.Sprintf("%s: %s %s", mirror.Markdown(p.Target), p.Status, mirror.Markdown(by))
	})
	list(&b, "Follow-ups", f.FollowUps, func(u incident.FollowUp) string {
		return fmt.Sprintf("%d. %s: %s, %s, due %s", u.Number, mirror.Markdown(u.Title), u.Status, cmp.Or(mirror.Markdown(u.Owner), "nobody"), cmp.Or(string(u.Due), "none"))
	})
	list(&b, "Links", f.Seen(), func(l incident.Link) string { return fmt.Sprintf("[%s](%s)", mirror.Markdown(l.Label), l.URL) })
	list(&b, "Waits for", waits, func(s string) string { return mirror.Markdown(s) })
	list(&b, "Stuck", f.Snags, func(s incident.Snag) string {
		return fmt.Sprintf("%s: could not %s: %s. %s", s.Mirror, s.Step, mirror.Markdown(s.Reason), mirror.Markdown(s.Mend))
	})
	return b.String()
}

func list[T any](b *strings.Builder, title string, items []T, line func(T) string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(b, "**%s**\n\n", title)
	for _, it := range items {
		fmt.Fprintf(b, "- %s\n", line(it))
	}
	b.WriteString("\n")
}

// waitsFor says in words what the incident waits for.
func (r *incidentRun) waitsFor() []string {
	var out []string
	f := r.facts
	for _, p := range f.Pages {
		if p.Status == incident.PagePaging {
			out = append(out, "an acknowledgement of the page to "+p.Target)
		}
	}
	switch {
	case f.Status.Live():
		out = append(out, "people to resolve it")
		if !f.NextUpdate.IsZero() {
			out = append(out, "the update promised for "+f.NextUpdate.UTC().Format("2006-01-02 15:04 MST"))
		}
	case f.Status == incident.StatusResolved:
		if v := f.Review(); v != nil && !v.Status.Ended() {
			out = append(out, "the learning review on "+v.At.UTC().Format("2006-01-02 15:04 MST"))
		}
		if n := f.OpenFollowUps(); n > 0 {
			out = append(out, fmt.Sprintf("%d follow-ups", n))
		}
	case !r.s.Ends.IsZero() && r.archive.at().After(r.now()):
		out = append(out, "the channel to be quiet until "+r.archive.at().UTC().Format("2006-01-02")+", and then until "+r.s.Ends.UTC().Format("2006-01-02")+" to be reopened")
	case !r.s.Ends.IsZero():
		out = append(out, "nothing; it stays until "+r.s.Ends.UTC().Format("2006-01-02")+" to be reopened")
	}
	if until := f.RemindersPausedUntil; !until.IsZero() {
		out = append(out, "reminders to come again at "+until.UTC().Format("2006-01-02 15:04 MST"))
	}
	if why := r.whyNoChannel(); why != "" {
		out = append(out, why)
	}
	return append(out, r.run.Outages()...)
}

// whyNoChannel says why there is no channel yet, or "". While nobody has heard of a failure, what
// else was said in chat tells whether chat answers at all.
func (r *incidentRun) whyNoChannel() string {
	loop := &r.s.Loop
	switch waiting := loop.Waiting(mirrorChat); {
	case r.facts.Links.Channel.ID != "", waiting == "" && (r.run.Snagged(mirrorChat) || !r.room.wanted()):
		return ""
	case loop.Limited(mirrorChat):
		return "the channel waits its turn at Slack"
	case waiting != "", r.chatIsAway():
		return "Slack does not answer; the channel is opened as soon as it does"
	case len(r.facts.Links.Announcements) > 0:
		return "the channel waits its turn at Slack"
	}
	return "the channel is being opened"
}

// chatIsAway reports whether something else that is said in chat meets no answer.
func (r *incidentRun) chatIsAway() bool {
	for _, name := range workflow.DeterministicKeys(r.s.Loop.Mirrors) {
		if !r.s.Loop.Limited(name) && strings.HasSuffix(r.s.Loop.Waiting(name), "(slack)") {
			return true
		}
	}
	return false
}

// noteWaiting puts on the facts what waits its turn at a vendor, for everybody who looks for it.
func (r *incidentRun) noteWaiting() {
	var out []string
	if why := r.whyNoChannel(); why != "" {
		out = append(out, why)
	}
	if w := r.s.Loop.Waiting(mirrorTracker); w != "" {
		out = append(out, w)
	}
	r.facts.Waiting = out
}
