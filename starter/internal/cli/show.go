package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/gateway/incidents"
	"muster/incident"
)

// shownEntries is how much of the timeline a page shows.
const shownEntries = 10

// shown is an incident with its key and where its workflow can be looked at.
type shown struct {
	Key         string `json:"key"`
	WorkflowURL string `json:"workflow_url,omitempty"`
	// Waking says who is being woken.
	Waking incident.Waking `json:"waking"`
	// Source is who has answered: temporal or archive.
	Source incidents.Source `json:"source"`
	// Note says in a line how old the answer may be.
	Note string `json:"note,omitempty"`
	incident.Incident
}

func (s *session) show() *cobra.Command {
	return &cobra.Command{
		Use: "show INCIDENT", Short: "Show how an incident stands", Args: cobra.ExactArgs(1),
		RunE: s.recalled(func(ctx context.Context, c Incidents, args []string) error {
			number, err := incident.ParseKey(args[0])
			if err != nil {
				return err
			}
			i, err := c.Show(ctx, number, incidents.Viewer{Private: true})
			if err != nil {
				return err
			}
			url := c.WebURL(i.Key())
			waking := c.Waking(&i.Incident)
			return s.answer(shown{i.Key(), url, waking, i.Source, i.Note, i.Incident}, func(w io.Writer) {
				writeNote(w, i.Note) // before what it casts doubt on
				writePage(w, &i.Incident, s.Now(), waking.Line, url)
			})
		}),
	}
}

// writePage shows an incident calmly: what matters now first, how it came to be last.
func writePage(w io.Writer, i *incident.Incident, now time.Time, waking, workflowURL string) {
	fmt.Fprintf(w, "%s  %s\n%s\n\n", i.Key(), plain(i.Shown()), plain(waking))
	table(w, "  ", facts(i))
	section(w, "Pages", pageRows(i))
	section(w, "Whom the pager has notified", wokenRows(i))
	section(w, "Links", linkRows(i, workflowURL))
	section(w, "Stuck", snagRows(i))
	section(w, "Waiting", waitingRows(i))
	section(w, "Follow-ups", followUpRows(i, now))
	section(w, "Learning", learningRows(i))
	section(w, "Corrected", correctionRows(i))
	entries := i.Timeline
	title := "Timeline"
	if n := len(entries); n > shownEntries {
		entries = entries[n-shownEntries:]
		title = fmt.Sprintf("Timeline, the last %d of %d entries", shownEntries, i.Entries)
	}
	var rows [][]string
	for _, e := range entries {
		rows = append(rows, entryRow(e))
	}
	section(w, title, rows)
}

func section(w io.Writer, title string, rows [][]string) {
	if len(rows) > 0 {
		fmt.Fprintf(w, "\n%s\n", title)
		table(w, "  ", rows)
	}
}

func facts(i *incident.Incident) [][]string {
	rows := [][]string{
		{"status", statusText(i)},
		{"severity", strconv.Itoa(int(i.Severity))},
	}
	add := func(name, value string) {
		if value != "" {
			rows = append(rows, []string{name, value})
		}
	}
	if i.Kind != incident.KindIncident {
		add("kind", words(string(i.Kind)))
	}
	if i.Private {
		add("private", "only those who are part of it may see it")
	}
	add("services", strings.Join(i.Services, ", "))
	add("tags", strings.Join(i.Tags, ", "))
	add("declared", moment(i.DeclaredAt)+" by "+i.DeclaredBy.String())
	add("started", moment(i.StartedAt))
	add("detected", moment(i.DetectedAt))
	if !i.MusteredAt.IsZero() {
		add("mustered", moment(i.MusteredAt))
	}
	if i.Status != incident.StatusMitigated { // which says since when it is
		add("mitigated", moment(i.MitigatedAt))
	}
	if i.Status != incident.StatusResolved {
		add("resolved", moment(i.ResolvedAt))
	}
	for _, h := range i.Roles {
		add(words(string(h.Role)), h.Person)
	}
	add("responders", responders(i))
	add("last update", i.LastUpdate)
	add("next update", moment(i.NextUpdate))
	if !i.RemindersPausedUntil.IsZero() {
		add("reminders", "rest until "+moment(i.RemindersPausedUntil))
	}
	add("merged into it", merged(i))
	add("channel archived", moment(i.Links.Archived))
	return rows
}

// merged names the incidents that this one has taken in.
func merged(i *incident.Incident) string {
	var out []string
	for _, a := range i.Absorbed {
		out = append(out, incident.Key(a.From))
	}
	return strings.Join(out, ", ")
}

func statusText(i *incident.Incident) string {
	at := map[incident.Status]string{
		incident.StatusMitigated: moment(i.MitigatedAt), incident.StatusResolved: moment(i.ResolvedAt), incident.StatusClosed: moment(i.ClosedAt),
	}[i.Status]
	switch {
	case i.Status == incident.StatusMerged:
		return "merged into " + incident.Key(i.MergedInto)
	case at != "":
		return string(i.Status) + " since " + at
	}
	return string(i.Status)
}

func responders(i *incident.Incident) string {
	var out []string
	for _, r := range i.Responders {
		if r.JoinedAt.IsZero() {
			out = append(out, r.Person+" (invited)")
		} else {
			out = append(out, r.Person)
		}
	}
	return strings.Join(out, ", ")
}

func pageRows(i *incident.Incident) [][]string {
	var rows [][]string
	for _, p := range i.Pages {
		text := string(p.Status)
		switch {
		case p.Status == incident.PageAcknowledged && p.By != "":
			text += " by " + p.Taken()
		case p.Status == incident.PageWaiting:
			text += " until " + moment(p.NotBefore)
		case p.Status == incident.PagePaging && p.Attempts > 0:
			text += fmt.Sprintf(", attempt %d via %s", p.Attempts, p.Step)
		}
		if p.Problem != "" {
			text += ": " + p.Problem
		}
		rows = append(rows, []string{strconv.Itoa(p.Number), p.Target, text})
	}
	return rows
}

// wokenRows are whom the pager has notified for each page, in their own zones.
func wokenRows(i *incident.Incident) [][]string {
	var rows [][]string
	for _, p := range i.Pages {
		for _, line := range p.Woken.Lines() {
			rows = append(rows, []string{strconv.Itoa(p.Number), p.Target, line})
		}
	}
	return rows
}

func linkRows(i *incident.Incident, workflowURL string) [][]string {
	var rows [][]string
	for _, l := range i.Seen() {
		rows = append(rows, []string{l.Label, l.URL})
	}
	for _, a := range i.Links.Announcements {
		rows = append(rows, []string{"Announced in " + a.Channel, a.Message.URL})
	}
	if workflowURL != "" {
		rows = append(rows, []string{"Temporal", workflowURL})
	}
	return rows
}

func snagRows(i *incident.Incident) [][]string {
	var rows [][]string
	for _, s := range i.Snags {
		text := s.Reason
		if s.Mend != "" {
			text += "; " + s.Mend
		}
		if !s.RetryAt.IsZero() {
			text += " (tried again at " + moment(s.RetryAt) + ", or with `starter retry " + i.Key() + "`)"
		}
		rows = append(rows, []string{s.Mirror, s.Step, text})
	}
	return rows
}

func waitingRows(i *incident.Incident) [][]string {
	var rows [][]string
	for _, w := range i.Waiting {
		rows = append(rows, []string{w})
	}
	return rows
}

func followUpRows(i *incident.Incident, now time.Time) [][]string {
	var rows [][]string
	for _, f := range i.FollowUps {
		text := f.Title
		if traits := f.Traits(now); len(traits) > 0 {
			text += " (" + strings.Join(traits, ", ") + ")"
		}
		due := ""
		if f.Due != "" && !f.Status.Ended() {
			due = "due " + string(f.Due)
		}
		rows = append(rows, []string{strconv.Itoa(f.Number), string(f.Status), dash(f.Owner), dash(due), dash(f.Issue.Key), text})
	}
	return rows
}

func learningRows(i *incident.Incident) [][]string {
	var rows [][]string
	if i.Learning != "" {
		rows = append(rows, []string{"learnt", i.Learning})
	}
	for _, n := range i.Nominations {
		text := "by " + n.Person
		if n.Reason != "" {
			text += ": " + n.Reason
		}
		rows = append(rows, []string{"nominated", text})
	}
	for _, r := range i.Reviews {
		text := words(string(r.Status))
		if r.Status == incident.ReviewPlanned && !r.At.IsZero() {
			text += " for " + moment(r.At)
		}
		if r.Reason != "" {
			text += ": " + r.Reason
		}
		rows = append(rows, []string{"review", text})
	}
	return rows
}

func entryRow(e incident.Entry) []string {
	return []string{moment(e.At), e.Actor.String(), e.Text}
}

func correctionRows(i *incident.Incident) [][]string {
	var rows [][]string
	for _, c := range i.Corrections {
		rows = append(rows, []string{moment(c.At), c.By.String(), strings.TrimSuffix(c.Field, "_at"), "was " + dash(c.From) + ", is " + dash(c.To) + ": " + c.Reason})
	}
	return rows
}
