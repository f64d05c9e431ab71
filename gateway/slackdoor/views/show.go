package views

import (
	"fmt"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations/slack"
)

// shownEntries is how much of the timeline Shown shows.
const shownEntries = 8

// Shown tells how one incident stands. note says how old that may be; it is empty for how it stands now.
func Shown(i incident.Incident, note, severityName string, waking incident.Waking) Say {
	head := i.Key() + " " + i.Shown()
	if note != "" {
		head += ". " + capital(note) + "."
	}
	blocks := append(noteBlocks(note), // before what it casts doubt on
		section("*"+i.Key()+"* "+esc(i.Shown(), 600)+"\n"+wakingLine(waking)),
		slackapi.NewSectionBlock(nil, facts(i, severityName), nil),
	)
	if i.LastUpdate != "" {
		blocks = append(blocks, section("*Last update*, "+slack.Moment(i.UpdatedAt)+"\n"+quote(i.LastUpdate, 1500)))
	}
	for _, part := range []struct {
		title string
		lines []string
		room  int
	}{
		{"Waiting", waitList(i), 400}, {"Pages", pageList(i), 1200}, {"Whom the pager has notified", wokenList(i), 1000}, {"Follow-ups", followUpList(i), 1500}, {"Stuck", snagList(i), 800}, {"Timeline", entryList(i), 1200},
	} {
		if len(part.lines) > 0 {
			blocks = append(blocks, section("*"+part.title+"*\n"+bounded(part.lines, part.room)))
		}
	}
	if i.Learning != "" {
		blocks = append(blocks, section("*Learnt*\n"+quote(i.Learning, 500)))
	}
	if links := linksLine(i.Seen(), 900); links != "" {
		blocks = append(blocks, section(links))
	}
	return Say{Text: esc(head, 400), Blocks: blocks}
}

func facts(i incident.Incident, severityName string) []*slackapi.TextBlockObject {
	var out []*slackapi.TextBlockObject
	add := func(label, markup string) {
		if markup != "" && len(out) < 10 {
			out = append(out, mrkdwn("*"+label+"*\n"+markup))
		}
	}
	add("Status", string(i.Status))
	add("Severity", esc(severityName, 100))
	if i.Kind != incident.KindIncident && i.Kind != "" {
		add("Kind", kindName(i.Kind))
	}
	if i.MergedInto != 0 {
		add("Merged into", incident.Key(i.MergedInto))
	}
	add("Declared", slack.Moment(i.DeclaredAt)+" by "+who(i.DeclaredBy.String()))
	add("Impact", impact(i))
	add("Roles", roles(i))
	add("Services", esc(strings.Join(i.Services, ", "), 200))
	if !i.NextUpdate.IsZero() {
		add("Next update", slack.Moment(i.NextUpdate))
	}
	if !i.RemindersPausedUntil.IsZero() {
		add("Reminders", "rest until "+slack.Moment(i.RemindersPausedUntil))
	}
	add("Here", people(i))
	add("Learning review", review(i))
	return out
}

// impact says when it was, as far as people have said.
func impact(i incident.Incident) string {
	var parts []string
	for _, p := range []struct {
		what string
		at   time.Time
	}{{"began", i.StartedAt}, {"was known", i.DetectedAt}, {"was mitigated", i.MitigatedAt}, {"was over", i.ResolvedAt}} {
		if !p.at.IsZero() {
			parts = append(parts, p.what+" "+slack.Moment(p.at))
		}
	}
	return strings.Join(parts, "\n")
}

func review(i incident.Incident) string {
	r := i.Review()
	switch {
	case r != nil && !r.At.IsZero():
		return spaced(string(r.Status)) + ", " + slack.Moment(r.At)
	case r != nil:
		return spaced(string(r.Status))
	case len(i.Nominations) > 0:
		return "nominated by " + who(i.Nominations[0].Person)
	}
	return ""
}

func roles(i incident.Incident) string {
	if len(i.Roles) == 0 {
		return "nobody yet"
	}
	var lines []string
	for _, h := range i.Roles {
		lines = append(lines, esc(roleName(h.Role), 60)+": "+who(h.Person))
	}
	return bounded(lines, 700)
}

// people are the responders who came.
func people(i incident.Incident) string {
	var names []string
	more := 0
	for _, r := range i.Responders {
		switch {
		case r.JoinedAt.IsZero():
		case len(names) == 6:
			more++
		default:
			names = append(names, who(r.Person))
		}
	}
	if more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

func pageList(i incident.Incident) []string {
	var lines []string
	for _, p := range i.Pages {
		lines = append(lines, "• "+pageLine(p))
	}
	return lines
}

// wokenList tells whom the pager has notified for each page, in their own zones.
func wokenList(i incident.Incident) []string {
	var lines []string
	for _, p := range i.Pages {
		for _, line := range p.Woken.Lines() {
			lines = append(lines, "• "+esc(p.Target, 60)+": "+esc(line, 300))
		}
	}
	return lines
}

// pageLine tells how a page stands.
func pageLine(p incident.Page) string {
	target := linked(incident.Link{Label: p.Target, URL: p.URL})
	switch p.Status {
	case incident.PageAcknowledged:
		by := "somebody"
		if p.By != "" {
			by = who(p.By)
		}
		if p.Via != "" {
			by += " (said by " + who(p.Via) + ")"
		}
		return target + ": acknowledged by " + by
	case incident.PageUnanswered:
		if p.Problem != "" {
			return target + ": not delivered, trying again (" + esc(p.Problem, 100) + ")"
		}
		return target + ": nobody has answered, it is repeated"
	case incident.PageWithdrawn:
		return target + ": withdrawn"
	case incident.PageWaiting:
		if p.NotBefore.IsZero() {
			return target + ": waits for the next business morning"
		}
		return target + ": waits until " + slack.Moment(p.NotBefore)
	}
	if p.Problem != "" {
		return target + ": not delivered, trying again (" + esc(p.Problem, 100) + ")"
	}
	return target + ": waiting for an answer"
}

func followUpList(i incident.Incident) []string {
	var lines []string
	for _, f := range i.FollowUps {
		s := fmt.Sprintf("• %d: %s (%s", f.Number, esc(f.Title, 80), f.Status)
		if f.Owner != "" {
			s += ", " + who(f.Owner)
		}
		if f.Due != "" && !f.Status.Ended() {
			s += ", due " + esc(string(f.Due), 20)
		}
		lines = append(lines, s+")")
	}
	return lines
}

func waitList(i incident.Incident) []string {
	var lines []string
	for _, w := range i.Waiting {
		lines = append(lines, "• "+esc(w, 150))
	}
	return lines
}

func snagList(i incident.Incident) []string {
	var lines []string
	for _, s := range i.Snags {
		if s.Off {
			continue
		}
		mend := s.Mend
		if mend == "" {
			mend = s.Reason
		}
		lines = append(lines, "• could not "+esc(s.Step, 100)+": "+esc(mend, 200))
	}
	return lines
}

// entryList is the newest of the timeline, oldest of them first.
func entryList(i incident.Incident) []string {
	newest := i.Timeline[max(0, len(i.Timeline)-shownEntries):]
	var lines []string
	for _, e := range newest {
		lines = append(lines, slack.Moment(e.At)+" "+esc(e.Text, 120))
	}
	return lines
}
