package cli

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/incident"
	"muster/workflows/api"
)

// pastHelp says how a time of the past is written.
const pastHelp = "A time is 14:05, which is yesterday's when today's is still to come, \"yesterday 14:05\", \"fri 14:05\",\n" +
	"\"2026-11-29 14:05\" or \"2h ago\", in the time of this machine, or RFC 3339."

// none takes something away.
const none = "none"

func (s *session) correct() *cobra.Command {
	var c incident.Correct
	var kind string
	times := map[string]*string{}
	cmd := s.verb(api.Correct, "correct INCIDENT --reason WHY", cobra.ExactArgs(1), func([]string) (incident.Command, error) {
		if err := s.correctTimes(&c, times); err != nil {
			return nil, err
		}
		c.Services, c.Tags = unlessNone(c.Services), unlessNone(c.Tags)
		if kind != "" {
			var err error
			if c.Kind, err = incident.ParseKind(kind); err != nil {
				return nil, err
			}
		}
		return c, nil
	})
	cmd.Long = cmd.Short + ".\n\nThe timeline keeps what it was before, who has corrected it and why. Of an incident that is over nobody is\n" +
		"paged or invited by it. " + pastHelp + "\n\n" +
		"--service and --tag take the place of those that it has. \"none\" takes away: a time that is not known after\nall, every service, every tag."
	cmd.Example = "  starter correct INC-7 --started \"yesterday 13:40\" --reason \"the graphs show it\"\n" +
		"  starter correct INC-7 --mitigated 15:02 --resolved 15:40 --reason \"nobody pressed the button\"\n" +
		"  starter correct INC-7 --kind near_miss --service checkout --reason \"it was caught in time\""
	f := cmd.Flags()
	for _, t := range []struct{ flag, what string }{
		{"started", "when the impact began"},
		{"detected", "when somebody first knew of it"},
		{"mitigated", "when it no longer hurt"},
		{"resolved", "when it was over"},
	} {
		times[t.flag] = f.String(t.flag, "", t.what)
	}
	f.StringVar(&c.Title, "title", "", "what it is called")
	f.StringArrayVar(&c.Services, "service", nil, "what was affected, in place of what it names; repeat it for several")
	f.StringArrayVar(&c.Tags, "tag", nil, "a word to find it by, in place of those that it has; repeat it for several")
	f.StringVar(&kind, "kind", "", "incident, near_miss, drill or external")
	f.StringVar(&c.Reason, "reason", "", "how you know; it stays on the record")
	completed(cmd, "service", s.services)
	completed(cmd, "kind", kinds)
	return cmd
}

// correctTimes reads the times, and which of them are none.
func (s *session) correctTimes(c *incident.Correct, given map[string]*string) error {
	into := map[string]**time.Time{"started": &c.StartedAt, "detected": &c.DetectedAt, "mitigated": &c.MitigatedAt, "resolved": &c.ResolvedAt}
	for _, flag := range slices.Sorted(maps.Keys(given)) {
		switch text := strings.TrimSpace(*given[flag]); {
		case text == "":
		case strings.EqualFold(text, none):
			c.Clear = append(c.Clear, flag+"_at")
		default:
			at, err := incident.ParsePast("--"+flag, text, s.Now())
			if err != nil {
				return err
			}
			*into[flag] = &at
		}
	}
	return nil
}

// past reads times that were given by the names of their flags.
func (s *session) past(into map[string]*time.Time, given map[string]string) error {
	for _, flag := range slices.Sorted(maps.Keys(given)) {
		if strings.TrimSpace(given[flag]) == "" {
			continue
		}
		at, err := incident.ParsePast("--"+flag, given[flag], s.Now())
		if err != nil {
			return err
		}
		*into[flag] = at
	}
	return nil
}

// unlessNone is an empty list for the word none alone.
func unlessNone(list []string) []string {
	if len(list) == 1 && strings.EqualFold(strings.TrimSpace(list[0]), none) {
		return []string{}
	}
	return list
}
