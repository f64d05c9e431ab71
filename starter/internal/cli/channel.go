package cli

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/incident"
	"muster/workflows/api"
)

// longestPromise is how far away the next update may be promised; the incident itself would
// take a later one for no promise.
const longestPromise = 31 * 24 * time.Hour

func (s *session) update() *cobra.Command {
	var next time.Duration
	cmd := s.verb(api.Update, "update INCIDENT TEXT", cobra.MinimumNArgs(2), func(rest []string) (incident.Command, error) {
		text, err := s.text(rest)
		u := incident.Update{Text: text}
		switch {
		case next < 0 || next > longestPromise:
			return nil, usage("--next: write how long until the next update, such as 30m, and at most 744h")
		case next > 0:
			u.Next = s.Now().Add(next).UTC()
		}
		return u, err
	})
	cmd.Flags().DurationVar(&next, "next", 0, "promise the next update after this time, such as 30m")
	return cmd
}

func (s *session) merge() *cobra.Command {
	cmd := s.verb(api.Merge, "merge INCIDENT INTO", cobra.ExactArgs(2), func(rest []string) (incident.Command, error) {
		into, err := incident.ParseKey(rest[0])
		return incident.Merge{Into: into}, err
	})
	cmd.Example = "  starter merge INC-3 INC-7   # 3 is the same as 7, and 7 goes on"
	return cmd
}

// page takes a target of several words: the playbook names some so.
func (s *session) page() *cobra.Command {
	var now bool
	cmd := s.verb(api.RaisePage, "page INCIDENT [TARGET|PERSON|policy:ID|schedule:ID]", cobra.MinimumNArgs(1), func(rest []string) (incident.Command, error) {
		target := strings.Join(rest, " ")
		if (target == "") != now {
			return nil, usage("name whom to page, or give --now for everybody whom the playbook requires")
		}
		return incident.RaisePage{Target: target, Required: now}, nil
	})
	cmd.Flags().BoolVar(&now, "now", false, "page now whom the playbook requires, whatever the hour")
	return cmd
}

func (s *session) remove() *cobra.Command {
	var reason string
	cmd := s.verb(api.Remove, "remove INCIDENT PERSON", cobra.ExactArgs(2), func(rest []string) (incident.Command, error) {
		person, err := s.person(rest[0])
		return incident.Remove{Person: person, Reason: reason}, err
	})
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	return cmd
}

func (s *session) makePrivate() *cobra.Command {
	return s.verb(api.MakePrivate, "private INCIDENT", cobra.ExactArgs(1), func([]string) (incident.Command, error) {
		return incident.MakePrivate{}, nil
	})
}

func (s *session) makePublic() *cobra.Command {
	var yes bool
	cmd := s.verb(api.MakePublic, "public INCIDENT", cobra.ExactArgs(1), func([]string) (incident.Command, error) {
		return incident.MakePublic{Confirm: yes}, nil
	})
	cmd.Flags().BoolVar(&yes, "yes", false, "that everybody may read all of it")
	return cmd
}

func (s *session) invite() *cobra.Command {
	return s.verb(api.Invite, "invite INCIDENT PERSON", cobra.ExactArgs(2), func(rest []string) (incident.Command, error) {
		person, err := s.person(rest[0])
		return incident.Invite{Person: person}, err
	})
}

func (s *session) note() *cobra.Command {
	return s.verb(api.Capture, "note INCIDENT TEXT", cobra.MinimumNArgs(2), func(rest []string) (incident.Command, error) {
		text, err := s.text(rest)
		return incident.Capture{Text: text}, err
	})
}

func (s *session) pauseReminders() *cobra.Command {
	cmd := s.verb(api.PauseReminders, "pause-reminders INCIDENT UNTIL", cobra.RangeArgs(2, 3), func(rest []string) (incident.Command, error) {
		return incident.ParsePause(strings.Join(rest, " "), s.Now())
	})
	cmd.Long = cmd.Short + `.

Nobody is reminded of the learning review, of follow-ups and of promised updates until then. What
comes due meanwhile is reminded of once, afterwards. Pages never rest. UNTIL is in the time of this
machine, and at most 30 days away.`
	cmd.Example = `  starter pause-reminders INC-42 18:00            # tomorrow's when today's is past
  starter pause-reminders INC-42 2026-11-30       # from that day on they come again
  starter pause-reminders INC-42 2026-11-30 18:00
  starter pause-reminders INC-42 3d               # or 8h, or 90m
  starter pause-reminders INC-42 off`
	return cmd
}

func (s *session) nominate() *cobra.Command {
	return s.verb(api.Nominate, "nominate INCIDENT [REASON]", cobra.MinimumNArgs(1), func(rest []string) (incident.Command, error) {
		return incident.Nominate{Reason: strings.Join(rest, " ")}, nil
	})
}
