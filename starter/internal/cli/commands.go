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
		hint := ""
		if !out.Recorded {
			out.Result = incident.Answer(cmd, out.Result, s.zone(cmd))
			g.Result, hint = &out.Result, s.hint(ctx, c, number, cmd)
		}
		return s.answer(g, func(w io.Writer) {
			text := "recorded, will be applied"
			if !out.Recorded {
				text = plain(out.Result.Line())
			}
			fmt.Fprintf(w, "%s: %s\n", g.Key, text)
			if hint != "" {
				fmt.Fprintln(w, hint)
			}
		})
	})
}

// commands are those that name nothing but the incident and a few words.
func (s *session) commands() []*cobra.Command {
	return []*cobra.Command{
		s.update(), s.changeSeverity(), s.changeServices(), s.changeKind(), s.correct(),
		s.verb(api.Retitle, "title INCIDENT TITLE", cobra.MinimumNArgs(2), func(rest []string) (incident.Command, error) {
			return incident.Retitle{Title: strings.Join(rest, " ")}, nil
		}),
		s.assign(), s.join(), s.acknowledge(), s.invite(), s.remove(), s.makePrivate(), s.makePublic(), s.page(), s.note(),
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
