package cli

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster/incident"
	"muster/workflows/api"
)

func (s *session) followUp() *cobra.Command {
	group := &cobra.Command{
		Use: "follow-up", Short: "Propose, decide and list work that came out of incidents", Args: cobra.NoArgs, RunE: helpOnly,
		Example: `  starter follow-up add INC-42 "Alert on disk space" --owner bob@example.com --kind detect
  starter follow-up accept INC-42 1               # yours if nobody owns it
  starter follow-up reopen INC-42 1               # it was dropped, or done, by mistake
  starter follow-up merge INC-42 2 1              # 2 is the same work as 1, which goes on
  starter follow-up snooze INC-42 1 2w "the vendor mends it first"
  starter follow-up list --overdue --owner me`,
	}
	group.AddCommand(
		s.addFollowUp(), s.setFollowUp(),
		s.decideFollowUp("accept INCIDENT NUMBER", "Decide to do it; it is yours if nobody owns it", incident.FollowUpAccepted),
		s.decideFollowUp("done INCIDENT NUMBER", "Say that it is done", incident.FollowUpDone),
		s.decideFollowUp("drop INCIDENT NUMBER REASON", "Decide not to do it, and say why", incident.FollowUpDropped),
		s.decideFollowUp("reopen INCIDENT NUMBER", "Bring back one that ended by mistake", incident.FollowUpAccepted),
		s.mergeFollowUp(), s.snoozeFollowUp(), s.listFollowUps(),
	)
	return group
}

// details are the flags that say what a follow-up is like.
type details struct {
	owner, due, kind, priority string
	labels                     []string
	urgent                     bool
}

func (d *details) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&d.owner, "owner", "", "who does it: an e-mail address, or me")
	f.StringVar(&d.due, "due", "", "until when: 2026-11-30, tomorrow, fri, 3d or 2w")
	f.StringVar(&d.kind, "kind", "", "what it is good for: prevent, detect, mitigate or learn")
	f.StringVar(&d.priority, "priority", "", "high, medium or low")
	f.StringArrayVar(&d.labels, "label", nil, "a word to find it by; repeat it for several")
	f.BoolVar(&d.urgent, "urgent", false, "accept it at once")
	for name, words := range map[string]func() []string{
		"kind": func() []string { return texts(incident.FollowUpKinds()) }, "priority": func() []string { return texts(incident.FollowUpPriorities()) },
	} {
		completed(cmd, name, words)
	}
}

func texts[S ~string](all []S) []string {
	out := make([]string, len(all))
	for k, s := range all {
		out[k] = string(s)
	}
	return out
}

// read checks what a playbook is not needed for, and names who is meant by me.
func (d *details) read(s *session) (owner string, kind incident.FollowUpKind, priority incident.FollowUpPriority, err error) {
	if d.owner != "" {
		if owner, err = s.person(d.owner); err != nil {
			return "", "", "", ownerWrong(err)
		}
	}
	if d.kind != "" {
		if kind, err = incident.ParseFollowUpKind(d.kind); err != nil {
			return "", "", "", err
		}
	}
	if d.priority != "" {
		priority, err = incident.ParseFollowUpPriority(d.priority)
	}
	return owner, kind, priority, err
}

// ownerWrong says of the flag what is said of a person.
func ownerWrong(err error) error {
	if p, ok := incident.AsProblem(err); ok {
		p.Field = "owner"
	}
	return err
}

func (s *session) addFollowUp() *cobra.Command {
	var d details
	cmd := s.verb(api.AddFollowUp, "add INCIDENT TITLE", wants(0, sayIncident, sayTitle), func(rest []string) (incident.Command, error) {
		owner, kind, priority, err := d.read(s)
		if err != nil {
			return nil, err
		}
		due, err := s.dueDay(d.due)
		return incident.AddFollowUp{
			Title: strings.Join(rest, " "), Owner: owner, Due: due, Kind: kind, Priority: priority, Labels: d.labels, Urgent: d.urgent,
		}, err
	})
	d.flags(cmd)
	return cmd
}

func (s *session) setFollowUp() *cobra.Command {
	var d details
	var nobody, unlabelled bool
	var issue string
	cmd := s.verb(api.ChangeFollowUp, "set INCIDENT NUMBER", wants(2, sayIncident, sayNumber), func(rest []string) (incident.Command, error) {
		n, err := followUpNumber(rest[0])
		if err != nil {
			return nil, err
		}
		owner, kind, priority, err := d.read(s)
		if err != nil {
			return nil, err
		}
		switch {
		case unlabelled && len(d.labels) > 0:
			return nil, usage("--label and --no-labels: give one of them")
		case unlabelled:
			d.labels = []string{}
		case nobody && owner != "":
			return nil, usage("--owner and --nobody: give one of them")
		case owner+d.due+d.kind+d.priority+issue == "" && d.labels == nil && !nobody && !d.urgent:
			return nil, usage("follow-up set: say what to change, such as --owner or --due")
		}
		due, err := s.dueDay(d.due)
		return incident.ChangeFollowUp{
			Number: n, Owner: owner, Nobody: nobody, Due: due, Kind: kind, Priority: priority, Labels: d.labels, Urgent: d.urgent, Issue: issue,
		}, err
	})
	d.flags(cmd)
	cmd.Short = "Change owner, due date, kind, priority, labels or issue"
	cmd.Flags().BoolVar(&nobody, "nobody", false, "take it from its owner")
	cmd.Flags().StringVar(&issue, "issue", "", "the issue that it is, in place of its own, such as OPS-7")
	cmd.Flags().BoolVar(&unlabelled, "no-labels", false, "take all labels away")
	return cmd
}

func (s *session) decideFollowUp(use, short string, status incident.FollowUpStatus) *cobra.Command {
	var owner, due string
	args := wants(2, sayIncident, sayNumber)
	if status == incident.FollowUpDropped {
		args = wants(0, sayIncident, sayNumber, sayDropped)
	}
	accepts := strings.HasPrefix(use, "accept ")
	cmd := s.verb(api.ChangeFollowUp, use, args, func(rest []string) (incident.Command, error) {
		n, err := followUpNumber(rest[0])
		if err != nil {
			return nil, err
		}
		day, err := s.dueDay(due)
		if err != nil {
			return nil, err
		}
		c := incident.ChangeFollowUp{Number: n, Status: status, Due: day, Reason: strings.Join(rest[1:], " "), Claim: accepts && owner == ""}
		if owner != "" {
			c.Owner, err = s.person(owner)
		}
		return c, ownerWrong(err)
	})
	cmd.Short = short
	if status == incident.FollowUpAccepted {
		cmd.Long = short + ".\n\nWhat ended by mistake is brought back by accept or reopen; `accept` also makes it yours if nobody owns it."
	}
	if accepts {
		cmd.Flags().StringVar(&owner, "owner", "", "who does it: an e-mail address, or me")
		cmd.Flags().StringVar(&due, "due", "", "until when: 2026-11-30, tomorrow, fri, 3d or 2w")
	}
	return cmd
}

func (s *session) mergeFollowUp() *cobra.Command {
	return s.verb(api.MergeFollowUp, "merge INCIDENT NUMBER INTO", wants(3, sayIncident, sayNumber, sayInto), func(rest []string) (incident.Command, error) {
		n, err := followUpNumber(rest[0])
		if err != nil {
			return nil, err
		}
		into, err := followUpNumber(rest[1])
		return incident.MergeFollowUp{Number: n, Into: into}, err
	})
}

func (s *session) snoozeFollowUp() *cobra.Command {
	cmd := s.verb(api.SnoozeFollowUp, "snooze INCIDENT NUMBER UNTIL [REASON]", wants(0, sayIncident, sayNumber, sayUntil), func(rest []string) (incident.Command, error) {
		n, err := followUpNumber(rest[0])
		if err != nil {
			return nil, err
		}
		return incident.ParseSnooze(n, rest[1], strings.Join(rest[2:], " "), s.Now())
	})
	cmd.Long = cmd.Short + `.

Nobody is asked to decide about it or reminded of it until then; its due date stays what it is. UNTIL is
in the time of this machine, and at most 90 days away. A follow-up is snoozed three times at most.`
	cmd.Example = `  starter follow-up snooze INC-42 1 2w "the vendor mends it first"    # or 3d, tomorrow, fri
  starter follow-up snooze INC-42 1 2026-12-18 after the release
  starter follow-up snooze INC-42 1 off`
	return cmd
}

func followUpNumber(text string) (int, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(text, "#"))
	if err != nil || n < 1 {
		return 0, usage("%q is no number: follow-ups are numbered, such as 1; `starter show` lists them", text)
	}
	return n, nil
}
