package incident

import (
	"fmt"
	"strings"
)

// Board is the one message in the channel that is kept up to date.
func Board(i *Incident, severityName string) Message {
	m := Message{
		Headline: fmt.Sprintf("%s %s", i.Key(), i.Shown()),
		Fields:   append(statusFields(i, severityName), roleFields(i)...),
		Pin:      true,
	}
	if i.LastUpdate != "" {
		m.Body = append(m.Body, i.LastUpdate)
	}
	for _, p := range i.Pages {
		m.Body = append(m.Body, pageLine(p))
	}
	for _, f := range i.FollowUps {
		m.Body = append(m.Body, followUpLine(f))
	}
	if r := i.Review(); r != nil {
		m.Fields = append(m.Fields, reviewField(r))
	}
	if i.Learning != "" {
		m.Body = append(m.Body, "Learnt: "+i.Learning)
	}
	m.Links = i.Seen()
	for _, s := range i.Snags {
		if !s.Off {
			m.Footnotes = append(m.Footnotes, fmt.Sprintf("Stuck: could not %s (%s)", s.Step, orWord(s.Mend, s.Reason)))
		}
	}
	return m
}

// Announcement is the one message per incident in the announcement channel.
func Announcement(i *Incident, severityName string) Message {
	m := Message{
		Headline: fmt.Sprintf("%s %s", i.Key(), i.Shown()),
		Fields:   statusFields(i, severityName),
	}
	if c := i.Holder(RoleCommander); c != "" {
		m.Fields = append(m.Fields, Field{Label: "Commander", People: []string{c}})
	}
	m.Links = i.Seen()
	return m
}

// Topic is the channel's topic.
func Topic(i *Incident, severityName string) string {
	t := fmt.Sprintf("%s | %s | %s", i.Key(), severityName, i.Status)
	if i.Kind == KindDrill {
		t = "DRILL | " + t
	}
	if c := i.Holder(RoleCommander); c != "" {
		t += " | commander " + c
	}
	return clip(t, 250)
}

// Seen lists where else the incident can be looked at.
func (i *Incident) Seen() []Link {
	var out []Link
	if u := i.Links.Channel.URL; u != "" {
		out = append(out, Link{Label: "#" + i.Links.Channel.Name, URL: u})
	}
	if u := i.Links.Tracker.URL; u != "" {
		out = append(out, Link{Label: i.Links.Tracker.Key, URL: u})
	}
	for _, p := range i.Pages {
		if p.URL != "" {
			out = append(out, Link{Label: "Page to " + p.Target, URL: p.URL})
		}
	}
	return out
}

func statusFields(i *Incident, severityName string) []Field {
	f := []Field{{Label: "Status", Text: string(i.Status)}, {Label: "Severity", Text: severityName}}
	if i.Kind != KindIncident {
		f = append(f, Field{Label: "Kind", Text: strings.ReplaceAll(string(i.Kind), "_", " ")})
	}
	if len(i.Services) > 0 {
		f = append(f, Field{Label: "Services", Text: strings.Join(i.Services, ", ")})
	}
	return append(f, Field{Label: "Declared", Time: i.DeclaredAt})
}

func roleFields(i *Incident) []Field {
	if len(i.Roles) == 0 {
		return []Field{{Label: "Commander", Text: "nobody yet"}}
	}
	var out []Field
	for _, r := range i.Roles {
		out = append(out, Field{Label: strings.ToUpper(string(r.Role[:1])) + string(r.Role[1:]), People: []string{r.Person}})
	}
	return out
}

func reviewField(r *Review) Field {
	f := Field{Label: "Learning review", Text: strings.ReplaceAll(string(r.Status), "_", " ")}
	if r.Status == ReviewPlanned && !r.At.IsZero() {
		return Field{Label: f.Label, Time: r.At}
	}
	return f
}

func pageLine(p Page) string {
	switch p.Status {
	case PageAcknowledged:
		return fmt.Sprintf("Page to %s: acknowledged by %s", p.Target, orWord(p.By, "somebody"))
	case PageWaiting:
		return fmt.Sprintf("Page to %s: waits for the next business morning", p.Target)
	case PageUnanswered:
		return fmt.Sprintf("Page to %s: nobody has answered", p.Target)
	case PageWithdrawn:
		return fmt.Sprintf("Page to %s: withdrawn", p.Target)
	}
	if p.Problem != "" {
		return fmt.Sprintf("Page to %s: could not be delivered, trying again (%s)", p.Target, p.Problem)
	}
	return fmt.Sprintf("Page to %s: waiting for an answer", p.Target)
}

func followUpLine(f FollowUp) string {
	s := fmt.Sprintf("Follow-up %d: %s (%s", f.Number, f.Title, f.Status)
	if f.Owner != "" {
		s += ", " + f.Owner
	}
	if f.Due != "" && !f.Status.Ended() {
		s += ", due " + string(f.Due)
	}
	return s + ")"
}

func orWord(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
