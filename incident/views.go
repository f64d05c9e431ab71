package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Board is the one message in the channel that is kept up to date.
func Board(i *Incident, severityName string, zone *time.Location) Message {
	m := Message{
		Headline: fmt.Sprintf("%s %s", i.Key(), i.Shown()),
		Fields:   append(statusFields(i, severityName), roleFields(i)...),
		Links:    i.Seen(),
		Buttons:  boardButtons(i),
		Pin:      true,
	}
	m.Fields = append(m.Fields, peopleFields(i)...)
	if r := i.Review(); r != nil {
		m.Fields = append(m.Fields, reviewField(r))
	}
	if !i.RemindersPausedUntil.IsZero() {
		m.Fields = append(m.Fields, Field{Label: "Reminders rest until", Time: i.RemindersPausedUntil})
	}
	if i.Status.Live() {
		m.Body = append(m.Body, i.Waking(zone).Line)
	}
	if i.LastUpdate != "" {
		m.Body = append(m.Body, i.LastUpdate)
	}
	m.Body = append(m.Body, pageLines(i, zone)...)
	for _, f := range i.FollowUps {
		m.Body = append(m.Body, followUpLine(f))
	}
	if i.Learning != "" {
		m.Body = append(m.Body, "Learnt: "+i.Learning)
	}
	m.Footnotes = append(m.Footnotes, i.Waiting...)
	for _, s := range i.Snags {
		if !s.Off {
			m.Footnotes = append(m.Footnotes, fmt.Sprintf("Stuck: could not %s (%s)", s.Step, orWord(s.Mend, s.Reason)))
		}
	}
	return m
}

// boardButtons are what one can do now. Each carries the revision that its reader saw.
func boardButtons(i *Incident) []Button {
	followUp := i.button("Follow-up", ActionFollowUp)
	reopen := i.button("Reopen", ActionReopen)
	switch i.Status {
	case StatusResolved, StatusClosed:
		return []Button{followUp, reopen}
	case StatusCancelled, StatusMerged:
		return []Button{reopen}
	}
	first := []Button{i.button("Join", ActionJoin)}
	switch {
	case i.calls():
		first = []Button{i.button("Acknowledge", ActionAcknowledge).primary()}
	case len(i.standing().taken) == 0: // nobody is being woken, and nobody has answered
		first = append([]Button{i.button("Page now", ActionPageNow).primary()}, first...)
	}
	turn := i.button("Mitigate", ActionMitigate)
	turn.Confirm = "It no longer hurts, though the cause may remain? Everybody who follows it is told."
	if i.Status == StatusMitigated {
		turn = reopen
	}
	return append(first,
		i.button("Take a role", ActionRole), i.button("Update", ActionUpdate), i.button("Severity", ActionSeverity),
		i.button("Page someone", ActionPage), followUp, turn, i.button("Resolve", ActionResolve),
	)
}

// calls reports whether a page asks for somebody.
func (i *Incident) calls() bool {
	return slices.ContainsFunc(i.Pages, func(p Page) bool { return p.Status == PagePaging || p.Status == PageUnanswered })
}

func (i *Incident) button(label, action string) Button {
	return Button{Label: label, Action: action, Value: ButtonValue(i)}
}

func (b Button) primary() Button {
	b.Primary = true
	return b
}

// joining is the button for those who read of a live incident elsewhere. Nobody joins twice, so
// it needs no revision, which would have every command edit the announcement.
func (i *Incident) joining() []Button {
	if !i.Status.Live() {
		return nil
	}
	return []Button{{Label: "Join", Action: ActionJoin, Value: i.Key() + "/0"}}
}

// Announcement is the one message per incident in an announcement channel.
func Announcement(i *Incident, severityName string) Message {
	m := outline(i, severityName)
	if i.Links.Channel.ID == "" && i.Status.Live() {
		m.Fields = append(m.Fields, Field{Label: "Channel", Text: "being opened"})
	}
	m.Links = i.Seen()
	m.Buttons = i.joining()
	return m
}

// outline tells people who are not in the channel how it stands.
func outline(i *Incident, severityName string) Message {
	m := Message{
		Headline: fmt.Sprintf("%s %s", i.Key(), i.Shown()),
		Fields:   statusFields(i, severityName),
	}
	if c := i.Holder(RoleCommander); c != "" {
		m.Fields = append(m.Fields, Field{Label: "Commander", People: []string{c}})
	}
	if i.LastUpdate != "" {
		m.Body = []string{i.LastUpdate}
	}
	return m
}

// Topic is the channel's topic.
func Topic(i *Incident, severityName string) string {
	status := string(i.Status)
	if i.Status == StatusMerged {
		status = "merged into " + Key(i.MergedInto)
	}
	t := fmt.Sprintf("%s | %s | %s", i.Key(), severityName, status)
	if i.Kind == KindDrill {
		t = "DRILL | " + t
	}
	if c := i.Holder(RoleCommander); c != "" {
		t += " | commander " + c
	}
	if !i.NextUpdate.IsZero() {
		t += " | next update " + moment(i.NextUpdate, i.UpdatedAt)
	}
	return Clip(t, 250)
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
	for _, c := range i.Links.Former {
		if c.URL != "" {
			out = append(out, Link{Label: "#" + c.Name + " (before it was reopened)", URL: c.URL})
		}
	}
	for _, a := range i.Absorbed {
		if a.Channel.URL != "" {
			out = append(out, Link{Label: Key(a.From) + " (merged into this)", URL: a.Channel.URL})
		}
	}
	return out
}

func statusFields(i *Incident, severityName string) []Field {
	f := []Field{{Label: "Status", Text: string(i.Status)}, {Label: "Severity", Text: severityName}}
	if i.MergedInto != 0 {
		f = append(f, Field{Label: "Merged into", Text: Key(i.MergedInto)})
	}
	if i.Kind != KindIncident {
		f = append(f, Field{Label: "Kind", Text: strings.ReplaceAll(string(i.Kind), "_", " ")})
	}
	if len(i.Services) > 0 {
		f = append(f, Field{Label: "Services", Text: strings.Join(i.Services, ", ")})
	}
	f = append(f, Field{Label: "Declared", Time: i.DeclaredAt})
	if !i.StartedAt.IsZero() {
		f = append(f, Field{Label: "Started", Time: i.StartedAt})
	}
	if !i.DetectedAt.IsZero() {
		f = append(f, Field{Label: "Detected", Time: i.DetectedAt})
	}
	if i.corrected(FieldMitigated) && !i.MitigatedAt.IsZero() {
		f = append(f, Field{Label: "Mitigated", Time: i.MitigatedAt})
	}
	if !i.ResolvedAt.IsZero() && (i.corrected(FieldResolved) || i.ResolvedAt.Before(i.DeclaredAt)) {
		f = append(f, Field{Label: "Resolved", Time: i.ResolvedAt})
	}
	if !i.NextUpdate.IsZero() {
		f = append(f, Field{Label: "Next update", Time: i.NextUpdate})
	}
	return f
}

// maxShown is how many people the board names; the channel has them all.
const maxShown = 25

// peopleFields name who is here and who wants a learning review.
func peopleFields(i *Incident) []Field {
	var here, nominated []string
	for _, r := range i.Responders {
		if !r.JoinedAt.IsZero() {
			here = append(here, r.Person)
		}
	}
	for _, n := range i.Nominations {
		if CheckPerson("", n.Person) == nil {
			nominated = append(nominated, n.Person)
		}
	}
	var out []Field
	if n := len(here); n > maxShown {
		out = append(out, Field{Label: fmt.Sprintf("Responders (%d, the first of them)", n), People: here[:maxShown]})
	} else if n > 0 {
		out = append(out, Field{Label: "Responders", People: here})
	}
	const label = "Nominated for a learning review by"
	switch {
	case len(nominated) > 0:
		out = append(out, Field{Label: label, People: nominated[:min(maxShown, len(nominated))]})
	case len(i.Nominations) > 0:
		out = append(out, Field{Label: label, Text: i.Nominations[0].Person})
	}
	return out
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
