package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/workflows/api"
)

// verb makes the command line's form of one command of the table: make reads what comes after
// the incident.
func (s *session) verb(name, use string, args cobra.PositionalArgs, from func(rest []string) (incident.Command, error)) *cobra.Command {
	spec, ok := incidents.Find(name)
	if !ok {
		panic("the table has no command " + name) // found by any test that builds the command line
	}
	var key string
	cmd := &cobra.Command{
		Use: use, Short: spec.Does, Args: args,
		RunE: s.own(func(ctx context.Context, args []string) error {
			number, err := incident.ParseKey(args[0])
			if err != nil {
				return err
			}
			c, err := from(args[1:])
			if err != nil {
				return err
			}
			return s.give(ctx, number, spec, c, key)
		}),
	}
	cmd.Flags().StringVar(&key, "key", "", "giving it again with the same key changes nothing more")
	return cmd
}

// given answers a command.
type given struct {
	Key       string `json:"key"`
	Recorded  bool   `json:"recorded,omitempty"`
	CommandID string `json:"command_id"`
	*incident.Result
}

func (s *session) give(ctx context.Context, number int, spec incidents.Spec, cmd incident.Command, key string) error {
	m := incident.Meta{Actor: s.actor()}
	if key != "" {
		m.CommandID = "cli/" + spec.Name + "/" + key
	}
	cmd, err := spec.Stamp(cmd, m)
	if err != nil {
		return err
	}
	return s.reachInTime(ctx, func(ctx context.Context, c Incidents) error {
		out, err := c.Command(ctx, number, spec.Name, cmd)
		if err != nil {
			return err
		}
		g := given{Key: incident.Key(number), Recorded: out.Recorded, CommandID: out.CommandID}
		if !out.Recorded {
			g.Result = &out.Result
		}
		return s.answer(g, func(w io.Writer) {
			text := "recorded, will be applied"
			if !out.Recorded {
				text = plain(out.Result.Line())
			}
			fmt.Fprintf(w, "%s: %s\n", g.Key, text)
		})
	})
}

// commands are those that name nothing but the incident and a few words.
func (s *session) commands() []*cobra.Command {
	return []*cobra.Command{
		s.update(), s.changeSeverity(), s.changeServices(), s.changeKind(),
		s.verb(api.Retitle, "title INCIDENT TITLE", cobra.MinimumNArgs(2), func(rest []string) (incident.Command, error) {
			return incident.Retitle{Title: strings.Join(rest, " ")}, nil
		}),
		s.assign(), s.join(), s.acknowledge(), s.invite(), s.page(), s.note(),
		s.verb(api.Mitigate, "mitigate INCIDENT [TEXT]", cobra.MinimumNArgs(1), func(rest []string) (incident.Command, error) {
			text, err := s.text(rest)
			return incident.Mitigate{Text: text}, err
		}),
		s.resolve(),
		s.verb(api.Reopen, "reopen INCIDENT [REASON]", cobra.MinimumNArgs(1), func(rest []string) (incident.Command, error) {
			return incident.Reopen{Reason: strings.Join(rest, " ")}, nil
		}),
		s.verb(api.Cancel, "cancel INCIDENT [REASON]", cobra.MinimumNArgs(1), func(rest []string) (incident.Command, error) {
			return incident.Cancel{Reason: strings.Join(rest, " ")}, nil
		}),
		s.merge(), s.nominate(), s.pauseReminders(),
		s.verb(api.Retry, "retry INCIDENT", cobra.ExactArgs(1), func([]string) (incident.Command, error) {
			return incident.Retry{}, nil
		}),
	}
}

func (s *session) changeSeverity() *cobra.Command {
	var reason string
	cmd := s.verb(api.ChangeSeverity, "severity INCIDENT SEVERITY", cobra.ExactArgs(2), func(rest []string) (incident.Command, error) {
		level, err := s.severity(rest[0])
		return incident.ChangeSeverity{Severity: level, Reason: reason}, err
	})
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	return cmd
}

func (s *session) assign() *cobra.Command {
	var nobody bool
	cmd := s.verb(api.Assign, "assign INCIDENT ROLE PERSON", cobra.RangeArgs(2, 3), func(rest []string) (incident.Command, error) {
		a := incident.Assign{Role: incident.Role(strings.ToLower(rest[0]))}
		switch {
		case nobody == (len(rest) == 1):
		case nobody:
			return nil, usage("assign: leave out the person, or --nobody")
		default:
			return nil, usage("assign: name a person (or me), or say --nobody")
		}
		if nobody {
			return a, nil
		}
		var err error
		a.Person, err = s.person(rest[1])
		return a, err
	})
	cmd.Flags().BoolVar(&nobody, "nobody", false, "take the role from whoever holds it")
	return cmd
}

func (s *session) join() *cobra.Command {
	var who string
	cmd := s.verb(api.Join, "join INCIDENT", cobra.ExactArgs(1), func([]string) (incident.Command, error) {
		person, err := s.person(who)
		return incident.Join{Person: person}, err
	})
	cmd.Flags().StringVar(&who, "person", "me", "who joins, if it is not you")
	return cmd
}

func (s *session) acknowledge() *cobra.Command {
	var who string
	var page string
	var all bool
	cmd := s.verb(api.Acknowledge, "ack INCIDENT", cobra.ExactArgs(1), func([]string) (incident.Command, error) {
		person, err := s.person(who)
		c := incident.Acknowledge{Person: person, All: all}
		switch n, no := strconv.Atoi(page); {
		case err != nil:
		case all && page != "":
			err = usage("--page and --all: give one of them")
		case page != "" && no == nil && n < 1:
			err = usage("--page: %d is no page", n)
		case no == nil:
			c.Page = n
		default:
			c.Target = page
		}
		return c, err
	})
	cmd.Flags().StringVar(&who, "person", "me", "who has taken it, if it is not you")
	cmd.Flags().StringVar(&page, "page", "", "whose page, or its number; without it the one for which you are on call, or the only one")
	cmd.Flags().BoolVar(&all, "all", false, "take every page, also for those who have not answered yet")
	return cmd
}

func (s *session) resolve() *cobra.Command {
	var learning string
	cmd := s.verb(api.Resolve, "resolve INCIDENT [TEXT]", cobra.MinimumNArgs(1), func(rest []string) (incident.Command, error) {
		text, err := s.text(rest)
		return incident.Resolve{Text: text, Learning: learning}, err
	})
	cmd.Flags().StringVar(&learning, "learning", "", "what was learnt, in a sentence")
	return cmd
}

func (s *session) review() *cobra.Command {
	group := &cobra.Command{Use: "review", Short: "Say what came of the learning review", Args: cobra.NoArgs, RunE: helpOnly}
	var learning string
	held := s.verb(api.HoldReview, "held INCIDENT", cobra.ExactArgs(1), func([]string) (incident.Command, error) {
		return incident.HoldReview{Learning: learning}, nil
	})
	held.Flags().StringVar(&learning, "learning", "", "what was learnt, in a sentence")
	group.AddCommand(held, s.verb(api.WaiveReview, "waive INCIDENT REASON", cobra.MinimumNArgs(2), func(rest []string) (incident.Command, error) {
		return incident.WaiveReview{Reason: strings.Join(rest, " ")}, nil
	}))
	return group
}

func (s *session) followUp() *cobra.Command {
	group := &cobra.Command{Use: "follow-up", Short: "Propose and decide work that came out of an incident", Args: cobra.NoArgs, RunE: helpOnly}
	var add incident.AddFollowUp
	var due string
	added := s.verb(api.AddFollowUp, "add INCIDENT TITLE", cobra.MinimumNArgs(2), func(rest []string) (incident.Command, error) {
		add.Title, add.Due = strings.Join(rest, " "), incident.Date(due)
		return add, nil
	})
	added.Flags().StringVar(&add.Owner, "owner", "", "who does it: an e-mail address")
	added.Flags().StringVar(&due, "due", "", "until when, such as 2026-11-30")
	group.AddCommand(added,
		s.changeFollowUp("accept INCIDENT NUMBER", "Decide to do it, or reopen one that ended by mistake", incident.FollowUpAccepted),
		s.changeFollowUp("done INCIDENT NUMBER", "Say that it is done", incident.FollowUpDone),
		s.changeFollowUp("drop INCIDENT NUMBER REASON", "Decide not to do it, and say why", incident.FollowUpDropped),
		s.changeFollowUp("set INCIDENT NUMBER", "Change owner, due date or issue", ""),
	)
	return group
}

func (s *session) changeFollowUp(use, short string, status incident.FollowUpStatus) *cobra.Command {
	var owner, due, issue string
	args := cobra.ExactArgs(2)
	if status == incident.FollowUpDropped {
		args = cobra.MinimumNArgs(3)
	}
	cmd := s.verb(api.ChangeFollowUp, use, args, func(rest []string) (incident.Command, error) {
		n, err := strconv.Atoi(strings.TrimPrefix(rest[0], "#"))
		if err != nil || n < 1 {
			return nil, usage("follow-up: %q is no number of one; see `starter show`", rest[0])
		}
		if status == "" && owner == "" && due == "" && issue == "" {
			return nil, usage("follow-up set: say what to change, with --owner, --due or --issue")
		}
		return incident.ChangeFollowUp{
			Number: n, Status: status, Owner: owner, Due: incident.Date(due), Reason: strings.Join(rest[1:], " "), Issue: issue,
		}, nil
	})
	cmd.Short = short
	cmd.Flags().StringVar(&owner, "owner", "", "who does it: an e-mail address")
	cmd.Flags().StringVar(&due, "due", "", "until when, such as 2026-11-30")
	if status == "" {
		cmd.Flags().StringVar(&issue, "issue", "", "the issue that it is, in place of its own, such as OPS-7")
	}
	return cmd
}

// helpOnly shows a group's commands; a word that is none of them is an error of cobra's.
func helpOnly(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// text joins the words, or reads standard input for a single "-".
func (s *session) text(rest []string) (string, error) {
	if len(rest) != 1 || rest[0] != "-" {
		return strings.Join(rest, " "), nil
	}
	b, err := io.ReadAll(io.LimitReader(s.Stdin, 64<<10))
	if err != nil {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	return string(b), nil
}

// person reads an e-mail address; "me" is whoever types.
func (s *session) person(p string) (string, error) {
	if p != "me" {
		return p, incident.CheckPerson("person", p)
	}
	if s.as == "" {
		return "", whoAreYou()
	}
	return incident.NormalPerson(s.as), nil
}

func whoAreYou() error {
	return &incident.Problem{
		Code: incident.CodeInvalid, Field: "person", Reason: "it is not known who you are",
		Mend: "add --as alice@example.com, or set MUSTER_PERSON",
	}
}
