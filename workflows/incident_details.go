package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
)

// describe sets what the Temporal Web UI shows of the incident now, in Markdown. The server
// loses it at continue-as-new, so it is set at each run's start too.
func (r *incidentRun) describe(ctx workflow.Context) {
	if r.facts.Private {
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("**%s** is private: %s", r.facts.Key(), r.facts.Status))
		return
	}
	workflow.SetCurrentDetails(ctx, clipped(details(r.facts, r.severityName(), r.waitsFor()), 18_000))
}

func details(f *incident.Incident, severity string, waits []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s %s\n\n", f.Key(), markdown(f.Shown()))
	fmt.Fprintf(&b, "**%s** · severity %s · declared by %s\n\n", f.Status, severity, markdown(f.DeclaredBy.String()))
	if f.LastUpdate != "" {
		fmt.Fprintf(&b, "> %s\n\n", markdown(incident.CleanLine(f.LastUpdate)))
	}
	list(&b, "Roles", f.Roles, func(h incident.RoleHolder) string { return fmt.Sprintf("%s: %s", h.Role, markdown(h.Person)) })
	list(&b, "Pages", f.Pages, func(p incident.Page) string {
		return fmt.Sprintf("%s: %s %s", markdown(p.Target), p.Status, markdown(p.By))
	})
	list(&b, "Follow-ups", f.FollowUps, func(u incident.FollowUp) string {
		return fmt.Sprintf("%d. %s: %s, %s, due %s", u.Number, markdown(u.Title), u.Status, orElse(markdown(u.Owner), "nobody"), orElse(string(u.Due), "none"))
	})
	list(&b, "Links", f.Seen(), func(l incident.Link) string { return fmt.Sprintf("[%s](%s)", markdown(l.Label), l.URL) })
	list(&b, "Waits for", waits, func(s string) string { return markdown(s) })
	list(&b, "Stuck", f.Snags, func(s incident.Snag) string {
		return fmt.Sprintf("%s: could not %s: %s. %s", s.Mirror, s.Step, markdown(s.Reason), markdown(s.Mend))
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
	case !r.s.Ends.IsZero() && r.archiveAt().After(workflow.Now(r.ctx)):
		out = append(out, "the channel to be quiet until "+r.archiveAt().UTC().Format("2006-01-02")+", and then until "+r.s.Ends.UTC().Format("2006-01-02")+" to be reopened")
	case !r.s.Ends.IsZero():
		out = append(out, "nothing; it stays until "+r.s.Ends.UTC().Format("2006-01-02")+" to be reopened")
	}
	if r.facts.Links.Channel.ID == "" && r.wantsChannel() && !r.snagged("chat") && r.s.Keeper.waiting("chat") == "" {
		out = append(out, "the channel, which waits its turn at Slack")
	}
	return append(out, r.keeper.waiting()...)
}

// noteWaiting puts on the facts what waits its turn at a vendor, for everybody who looks for it.
func (r *incidentRun) noteWaiting() {
	var out []string
	if r.facts.Links.Channel.ID == "" {
		waiting := r.s.Keeper.waiting("chat")
		switch {
		case waiting != "":
			out = append(out, waiting)
		case !r.snagged("chat") && r.wantsChannel():
			out = append(out, "the channel waits its turn at Slack")
		}
	}
	if w := r.s.Keeper.waiting("tracker"); w != "" {
		out = append(out, w)
	}
	r.facts.Waiting = out
}

// markdown keeps what people wrote from acting as Markdown.
func markdown(s string) string {
	return strings.NewReplacer("\\", "\\\\", "*", "\\*", "_", "\\_", "`", "\\`", "[", "\\[", "]", "\\]", "<", "&lt;", ">", "&gt;", "#", "\\#", "|", "\\|").Replace(s)
}
