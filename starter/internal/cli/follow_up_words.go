package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/incident"
	"muster/playbook/file"
)

// wants takes at least as many arguments as there are sentences, and says of the first that is missing what it is.
// More are refused where most is not 0.
func wants(most int, missing ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < len(missing):
			return errors.New(missing[len(args)])
		case most > 0 && len(args) > most:
			return errors.New("nothing comes after “" + args[most-1] + "”; put a text of several words in quotes")
		}
		return nil
	}
}

// What is missing in a command about a follow-up.
const (
	sayIncident = "say which incident, such as INC-42"
	sayNumber   = "say which follow-up, by its number; `starter show` lists them"
	sayDropped  = "say why it is dropped; it stays on the record"
	sayInto     = "say which follow-up goes on, by its number"
	sayUntil    = "say until when, such as 2w or 2026-12-18, or off"
	sayTitle    = "say what should be done"
)

// dueDay reads --due.
func (s *session) dueDay(text string) (incident.Date, error) {
	if text == "" {
		return "", nil
	}
	return incident.ParseDue(text, s.Now())
}

// zone is that in which times are said: the calendar's of follow-ups, UTC without a playbook, and this machine's
// of corrections, which are written in it.
func (s *session) zone(cmd incident.Command) *time.Location {
	if _, written := cmd.(incident.Correct); written {
		return s.Now().Location()
	}
	if _, says := cmd.(incident.SnoozeFollowUp); !says {
		return time.UTC
	}
	p, err := file.Load(s.target.Playbook, s.Now())
	if err != nil {
		return time.UTC
	}
	return p.Calendar().Location()
}

// hint is what somebody should know besides what came of their command, empty for most.
func (s *session) hint(ctx context.Context, c Incidents, number int, cmd incident.Command) string {
	change, ok := cmd.(incident.ChangeFollowUp)
	if !ok || !change.Claim || s.as != "" {
		return ""
	}
	i, err := c.Snapshot(ctx, number)
	if f := i.FollowUp(change.Number); err != nil || f == nil || f.Owner != "" {
		return "" // it is done all the same
	}
	return "nobody owns it, since it is not known who you are: add --owner alice@example.com, or --as alice@example.com (MUSTER_PERSON)"
}

// service is the playbook's name of a service that people may call otherwise; without a playbook it is as it was.
func (s *session) service(name string) string {
	p, err := file.Load(s.target.Playbook, s.Now())
	if err != nil || name == "" {
		return name
	}
	if known, ok := p.ServiceCalled(name); ok {
		return known
	}
	return name
}

// unknownService refuses a service of which nothing was found and which the playbook does not have. An incident
// may name one that the playbook had once, so that it is no fault by itself.
func (s *session) unknownService(name string, found int) error {
	p, err := file.Load(s.target.Playbook, s.Now())
	if err != nil || name == "" || found > 0 {
		return nil //nolint:nilerr // without a playbook it is not known
	}
	if _, known := p.ServiceCalled(name); known {
		return nil
	}
	mend := "it has " + strings.Join(p.Services(), ", ")
	if len(p.Services()) == 0 {
		mend = "it has none"
	}
	return &incident.Problem{
		Code: incident.CodeInvalid, Field: "service", Mend: incident.Clip(mend, 300),
		Reason: "there is no service \"" + incident.Clip(name, 40) + "\" in the playbook, and no follow-up of one",
	}
}
