package incident

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The whole status table: a row says what each verb makes of a status, - that it is refused.
const table = `
             mitigate   resolve   reopen  cancel     merge   close   follow-up  nominate
open         mitigated  resolved  open    cancelled  merged  -       open       open
mitigated    mitigated  resolved  open    cancelled  merged  -       mitigated  mitigated
resolved     -          resolved  open    -          merged  closed  resolved   resolved
closed       -          -         open    -          -       closed  resolved   resolved
cancelled    -          -         open    cancelled  -       -       cancelled  -
merged       -          -         open    -          -       -       merged     -
`

// What a refusal offers instead. Closing is not offered: it comes by itself.
var offered = map[Status]string{
	StatusOpen:      "mitigate, resolve, cancel, merge, follow-up, nominate",
	StatusMitigated: "reopen, resolve, cancel, merge, follow-up, nominate",
	StatusResolved:  "reopen, merge, follow-up, nominate",
	StatusClosed:    "reopen, follow-up, nominate",
	StatusCancelled: "reopen, follow-up",
	StatusMerged:    "reopen, follow-up",
}

func eachCell(t *testing.T, f func(t *testing.T, from Status, v Verb, to string)) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(table), "\n")
	verbs := strings.Fields(lines[0])
	require.Len(t, lines[1:], len(Statuses()), "a row for every status")
	for k, line := range lines[1:] {
		row := strings.Fields(line)
		require.Equal(t, string(Statuses()[k]), row[0])
		for n, to := range row[1:] {
			t.Run(row[0]+"/"+verbs[n], func(t *testing.T) {
				t.Parallel()
				f(t, Status(row[0]), Verb(verbs[n]), to)
			})
		}
	}
}

func TestTheStatusTable(t *testing.T) {
	t.Parallel()
	eachCell(t, func(t *testing.T, from Status, v Verb, to string) {
		t.Helper()
		next, err := from.Next(v)
		if to != "-" {
			require.NoError(t, err)
			require.Equal(t, Status(to), next)
			return
		}
		require.Equal(t, from, next, "a refused verb leads nowhere")
		refusedBy(t, problem(t, err), from)
	})
}

// The commands follow the table, and what is already true succeeds and changes nothing.
func TestCommandsFollowTheStatusTable(t *testing.T) {
	t.Parallel()
	commands := map[Verb]Command{
		VerbMitigate: Mitigate{Meta: alice},
		VerbResolve:  Resolve{Meta: alice},
		VerbReopen:   Reopen{Meta: alice},
		VerbCancel:   Cancel{Meta: alice},
		VerbMerge:    Merge{Meta: alice, Into: 8},
		VerbFollowUp: AddFollowUp{Meta: alice, Title: "Write a runbook"},
		VerbNominate: Nominate{Meta: alice},
	}
	eachCell(t, func(t *testing.T, from Status, v Verb, to string) {
		t.Helper()
		c, ok := commands[v]
		if !ok {
			return // closing comes by itself
		}
		i := incidentIn(t, from)
		switch {
		case to == "-":
			refusedBy(t, refuse(t, i, c), from)
		case to == string(from) && v != VerbFollowUp && v != VerbNominate:
			already(t, i, c)
		default:
			require.True(t, do(t, i, c).Changed)
			require.Equal(t, Status(to), i.Status)
		}
	})
}

func refusedBy(t *testing.T, p *Problem, from Status) {
	t.Helper()
	require.Equal(t, CodeIllegal, p.Code)
	require.Equal(t, "status", p.Field)
	require.Contains(t, p.Reason, "while the incident is "+string(from))
	require.Equal(t, "now legal: "+offered[from], p.Mend)
}

func TestAnUnknownVerbIsRefused(t *testing.T) {
	t.Parallel()
	for _, s := range Statuses() {
		_, err := s.Next("explode")
		refusedBy(t, problem(t, err), s)
	}
}

func TestStatusesAreReadByName(t *testing.T) {
	t.Parallel()
	for _, s := range Statuses() {
		for _, written := range []string{string(s), strings.ToUpper(string(s)), "  " + string(s) + "\n"} {
			read, err := ParseStatus(written)
			require.NoError(t, err)
			require.Equal(t, s, read)
		}
	}
	for _, written := range []string{"", "opened", "open resolved", strings.Repeat("x", 10_000)} {
		_, err := ParseStatus(written)
		require.Equal(t, CodeInvalid, problem(t, err).Code)
		require.Less(t, len(err.Error()), 200, "a refusal does not repeat a book")
	}
}

func TestOnlyOpenAndMitigatedHurt(t *testing.T) {
	t.Parallel()
	live := map[Status]bool{StatusOpen: true, StatusMitigated: true}
	for _, s := range Statuses() {
		require.Equal(t, live[s], s.Live(), s)
	}
}
