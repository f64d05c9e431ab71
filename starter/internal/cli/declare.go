package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/incident"
	"muster/playbook"
	"muster/playbook/file"
)

// linksWait is how long a declaration waits for channel and issue to be there to be shown.
const (
	linksWait = 2 * time.Second
	linksPoll = 150 * time.Millisecond
)

func (s *session) declare() *cobra.Command {
	var d incident.Declaration
	var severity, kind, key, started, resolved string
	cmd := &cobra.Command{
		Use: "declare TITLE", Short: "Declare an incident; a title is enough",
		Long: "Declare an incident; a title is enough.\n\n" +
			"A severity that the title names is taken out of it (sev1, SEV-1:, p1, severity:1), and a service that\n" +
			"it names is taken if it is the only one. service:none in the title takes none.\n\n" +
			"With --resolved it is declared after it was over: nobody is paged or told, and no channel is opened.\n" + pastHelp,
		Example: "  starter declare sev1 everything is down\n  starter declare Checkout is down --severity 1 --service checkout\n" +
			"  starter declare Checkout was down --started \"yesterday 14:05\" --resolved \"yesterday 15:10\"",
		Args: cobra.MinimumNArgs(1),
		RunE: s.dialled(func(ctx context.Context, c Incidents, args []string) error {
			d.Title, d.Kind, d.Actor = strings.Join(args, " "), incident.Kind(kind), s.actor()
			if severity != "" {
				var err error
				if d.Severity, err = s.severity(severity); err != nil {
					return err
				}
			}
			if err := s.past(map[string]*time.Time{"started": &d.StartedAt, "resolved": &d.ResolvedAt}, map[string]string{"started": started, "resolved": resolved}); err != nil {
				return err
			}
			if d.Commander == "me" {
				d.Commander = s.as
				if s.as == "" {
					return whoAreYou()
				}
			}
			read, taken, err := s.fromTitle(d)
			if err != nil {
				return err
			}
			return s.declared(ctx, c, key, read, taken)
		}),
	}
	f := cmd.Flags()
	f.StringVarP(&severity, "severity", "s", "", "1 (worst) to 5, or its name in the playbook")
	f.StringArrayVar(&d.Services, "service", nil, "what is affected; repeat it for several")
	f.StringVar(&kind, "kind", "", "incident, near_miss, drill or external")
	f.StringVar(&d.Commander, "commander", "", "who commands: an e-mail address, or me")
	f.BoolVar(&d.Private, "private", false, "only those who are part of it may see it")
	f.StringArrayVar(&d.Tags, "tag", nil, "a word to find it by; repeat it for several")
	f.BoolVar(&d.Page, "drill-page", false, "make a drill page people")
	f.StringVar(&started, "started", "", "when the impact began, such as 14:05 or \"2h ago\"")
	f.StringVar(&resolved, "resolved", "", "when it was over, for what is declared after that")
	f.StringVar(&key, "key", "", "declaring again with the same key opens nothing new")
	return cmd
}

// fromTitle reads severity and service out of the title, as in Slack.
func (s *session) fromTitle(d incident.Declaration) (incident.Declaration, playbook.Taken, error) {
	p, err := file.Load(s.target.Playbook, s.Now())
	if err != nil {
		return d, playbook.Taken{}, nil // declaring needs it too, and says what is wrong with it
	}
	return p.FromTitle(d)
}

// opened answers a declaration.
type opened struct {
	Key      string `json:"key"`
	Number   int    `json:"number"`
	Existing bool   `json:"existing"`
	// Waking says who is being woken.
	Waking *incident.Waking `json:"waking,omitempty"`
	Links  []incident.Link  `json:"links"`
	// Opening names what is not there yet.
	Opening     []string `json:"opening,omitempty"`
	WorkflowURL string   `json:"workflow_url,omitempty"`
	// FromTitle is what was read out of the title.
	FromTitle *playbook.Taken `json:"from_title,omitempty"`
}

func (s *session) declared(ctx context.Context, c Incidents, key string, d incident.Declaration, taken playbook.Taken) error {
	res, err := c.Declare(ctx, key, d)
	if err != nil {
		return err
	}
	i := s.waitForLinks(ctx, c, res.Number, res.Waking)
	o := opened{
		Key: res.Key, Number: res.Number, Existing: res.Existing, Waking: res.Waking,
		Links: i.Seen(), Opening: s.opening(&i, res.Waking), WorkflowURL: c.WebURL(res.Key),
	}
	if o.Links == nil {
		o.Links = []incident.Link{}
	}
	if taken.Some() && !o.Existing {
		o.FromTitle = &taken
	}
	return s.answer(o, func(w io.Writer) {
		first := o.Key + " declared"
		if o.Existing {
			first = o.Key + " exists already"
		}
		if o.Waking != nil {
			first += ". " + plain(o.Waking.Line)
		}
		fmt.Fprintln(w, first)
		for _, note := range takenNotes(o) {
			fmt.Fprintf(w, "  %s\n", plain(note))
		}
		var rows [][]string
		for _, l := range o.Links {
			rows = append(rows, []string{l.Label, l.URL})
		}
		for _, what := range o.Opening {
			rows = append(rows, []string{what, "(opening)"})
		}
		if o.WorkflowURL != "" {
			rows = append(rows, []string{"Temporal", o.WorkflowURL})
		}
		table(w, "  ", rows)
	})
}

// takenNotes say what was read out of the title, and how to undo it.
func takenNotes(o opened) []string {
	var notes []string
	if t := o.FromTitle; t != nil && t.Severity != 0 {
		notes = append(notes, fmt.Sprintf("severity %d, read from “%s”", t.Severity, t.SeverityWords))
	}
	if t := o.FromTitle; t != nil && t.Service != "" {
		notes = append(notes, fmt.Sprintf("service %s, read from “%s”; if it is not meant: starter services %s --remove %s, which takes no page back", t.Service, t.ServiceWords, o.Key, t.Service))
	}
	return notes
}

// waitForLinks gives the incident as it is once its channel and issue are there, or after a
// moment as it is then. Nothing that goes wrong here matters: the incident is declared.
func (s *session) waitForLinks(ctx context.Context, c Incidents, number int, w *incident.Waking) incident.Incident {
	ctx, cancel := context.WithTimeout(ctx, linksWait)
	defer cancel()
	last := incident.Incident{Number: number}
	for {
		i, err := c.Snapshot(ctx, number)
		if err == nil {
			last = i
		}
		if err == nil && len(s.opening(&last, w)) == 0 || s.Pause(ctx, linksPoll) != nil {
			return last
		}
	}
}

// opening names what is still being made. What is stuck or off is not: `show` says why. Nor has what is over a
// channel to come.
func (s *session) opening(i *incident.Incident, w *incident.Waking) []string {
	var out []string
	still := func(mirror, url string) bool {
		return url == "" && !slices.ContainsFunc(i.Snags, func(sn incident.Snag) bool { return sn.Mirror == mirror })
	}
	if over := w != nil && w.Over; !over && still("chat", i.Links.Channel.URL+i.Links.Channel.ID) {
		out = append(out, "channel")
	}
	if still("tracker", i.Links.Tracker.URL+i.Links.Tracker.Key) && s.usesTracker() {
		out = append(out, "issue")
	}
	return out
}

// usesTracker reports whether the playbook names a project for issues; if it cannot be read,
// we believe so.
func (s *session) usesTracker() bool {
	p, err := file.Load(s.target.Playbook, s.Now())
	return err != nil || p.Tracker().Project != ""
}
