package incident

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// everyCommand has each command in many forms, most of them sensible, some not.
func everyCommand() []Command {
	long := strings.Repeat("é", 3*maxEntryText)
	return []Command{
		Mitigate{Meta: alice},
		Mitigate{Meta: alice, Text: long},
		Resolve{Meta: alice},
		Resolve{Meta: alice, Text: long, Learning: "Queues fill silently"},
		Resolve{Meta: alice, Learning: long},
		Reopen{Meta: alice},
		Reopen{Meta: alice, Reason: long},
		Cancel{Meta: alice},
		Cancel{Meta: alice, Reason: "a test"},
		Merge{Meta: alice, Into: 7},
		Merge{Meta: alice, Into: 42},
		Merge{Meta: alice},
		Update{Meta: alice, Text: "Half of all carts work"},
		Update{Meta: alice},
		Update{Meta: alice, Text: long},
		Update{Meta: alice, Text: "Half of all carts work", Next: minute(60)},
		Update{Meta: alice, Text: strings.Repeat("é", maxEntryText), Next: minute(60)},
		ChangeSeverity{Meta: alice, Severity: 1},
		ChangeSeverity{Meta: alice, Severity: 3, Reason: long},
		ChangeSeverity{Meta: alice, Severity: 6},
		ChangeServices{Meta: alice, Add: []string{" search "}, Remove: []string{"Cart"}},
		ChangeServices{Meta: alice, Add: []string{"Checkout"}, Remove: []string{"website"}},
		ChangeServices{Meta: alice, Remove: []string{"cart", "checkout"}},
		ChangeServices{Meta: alice, Add: []string{"search"}, Remove: []string{"Search"}},
		ChangeServices{Meta: alice, Add: []string{long}},
		ChangeServices{Meta: alice},
		ChangeKind{Meta: alice, Kind: KindDrill},
		ChangeKind{Meta: alice, Kind: KindIncident},
		ChangeKind{Meta: alice, Kind: "party"},
		ChangeKind{Meta: alice},
		Retitle{Meta: alice, Title: "Checkout is slow"},
		Retitle{Meta: alice, Title: long},
		Retitle{Meta: alice},
		Assign{Meta: alice, Role: RoleScribe, Person: "Dave@Example.com "},
		Assign{Meta: alice, Role: RoleCommander},
		Assign{Meta: alice},
		Join{Meta: alice},
		Join{Meta: alice, Person: "erin@example.com"},
		Join{Meta: alice, Person: "nobody"},
		Retry{Meta: alice},
		Remove{Meta: alice, Person: "Erin@example.com", Reason: long},
		Remove{Meta: alice, Person: "u024be7lh@slack"},
		Remove{Meta: alice},
		MakePrivate{Meta: alice},
		MakePublic{Meta: alice},
		MakePublic{Meta: alice, Confirm: true},
		Invite{Meta: alice, Person: "Heidi@example.com"},
		Invite{Meta: alice, Person: "u024be7lh@slack"},
		Invite{Meta: alice},
		RaisePage{Meta: alice, Target: "checkout"},
		RaisePage{Meta: alice, Target: " database "},
		RaisePage{Meta: alice},
		Capture{Meta: alice, Author: "bob@example.com", Text: "The queue is full", Source: MessageRef{Channel: "C1", ID: "1.5"}},
		Capture{Meta: alice, Text: long, Source: MessageRef{Channel: "C1", ID: "1.6"}},
		Capture{Meta: alice, Text: " \n", Source: MessageRef{Channel: "C1", ID: "1.7"}},
		Capture{Meta: alice, Text: "Called the vendor"},
		Nominate{Meta: alice},
		Nominate{Meta: alice, Reason: long},
		Acknowledge{Meta: alice, All: true},
		Acknowledge{Meta: alice, Page: 2, Person: "frank@example.com"},
		Acknowledge{Meta: alice, Page: 9},
		AddFollowUp{Meta: alice, Title: "Write a runbook"},
		AddFollowUp{Meta: alice, Title: "x", Owner: "nobody"},
		AddFollowUp{Meta: alice, Title: "Rotate the key", Kind: FollowUpPrevent, Priority: PriorityHigh, Labels: []string{"keys"}, Urgent: true},
		AddFollowUp{Meta: alice, Title: long, Labels: []string{long}},
		ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpAccepted, Owner: "Gus@example.com", Due: "2026-12-01"},
		ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpDropped, Reason: long},
		ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpDropped},
		ChangeFollowUp{Meta: alice, Number: 1, Due: "soon"},
		ChangeFollowUp{Meta: alice, Number: 9},
		ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpAccepted, Claim: true, Kind: FollowUpDetect, Priority: PriorityLow, Labels: []string{"a", "A", "b"}},
		ChangeFollowUp{Meta: alice, Number: 1, Nobody: true, Labels: []string{}},
		ChangeFollowUp{Meta: alice, Number: 1, Urgent: true, Due: "2026-12-02"},
		MergeFollowUp{Meta: alice, Number: 1, Into: 2},
		MergeFollowUp{Meta: alice, Number: 1, Into: 1},
		MergeFollowUp{Meta: alice},
		SnoozeFollowUp{Meta: alice, Number: 1, Until: minute(6000), Reason: long},
		SnoozeFollowUp{Meta: alice, Number: 1, Until: minute(6000)},
		SnoozeFollowUp{Meta: alice, Number: 1, Off: true},
		SnoozeFollowUp{Meta: alice},
		Correct{Meta: alice, StartedAt: new(minute(-10)), Reason: long},
		Correct{Meta: alice, StartedAt: new(minute(-20)), DetectedAt: new(minute(-2)), MitigatedAt: new(minute(5)), ResolvedAt: new(minute(6)), Reason: "the logs"},
		Correct{Meta: alice, Title: long, Reason: "the logs"},
		Correct{Meta: alice, Title: "Carts are slow", Services: []string{"Cart", " search "}, Tags: []string{}, Kind: KindNearMiss, Reason: "the logs"},
		Correct{Meta: alice, Services: []string{}, Clear: []string{FieldStarted}, Reason: "the logs"},
		Correct{Meta: alice, Clear: []string{FieldMitigated}, Reason: "the logs"},
		Correct{Meta: alice, ResolvedAt: new(minute(600)), Reason: "the logs"},
		Correct{Meta: alice},
		HoldReview{Meta: alice},
		HoldReview{Meta: alice, Learning: long},
		WaiveReview{Meta: alice, Reason: long},
		WaiveReview{Meta: alice},
		PauseReminders{Meta: alice, Until: minute(600)},
		PauseReminders{Meta: alice, Until: minute(29)},
		PauseReminders{Meta: alice, Off: true},
		PauseReminders{Meta: alice},
	}
}

// Whatever the status, a command is either refused without a trace or does what it says, and
// asked the same again it changes nothing. Only news is news each time it is told.
func TestEveryCommandInEveryStatus(t *testing.T) {
	t.Parallel()
	for _, s := range Statuses() {
		for n, c := range everyCommand() {
			name := reflect.TypeOf(c).Name()
			t.Run(fmt.Sprintf("%s/%s %d", s, name, n), func(t *testing.T) {
				t.Parallel()
				i := incidentIn(t, s)
				if c.Check(i, minute(30)) != nil {
					refuse(t, i, c)
					return
				}
				before := len(i.Timeline)
				r := do(t, i, c)
				require.LessOrEqual(t, len([]rune(r.Text)), maxEntryText, "a result is stored and must be bounded")
				row, _ := CommandNamed(name)
				for _, e := range i.Timeline[before:] {
					require.LessOrEqual(t, len([]rune(e.Text)), maxEntryText)
					if e.Actor == c.Head().Actor {
						require.Contains(t, row.Events, e.Event, "the table does not say that %s leaves this on the timeline", name)
					}
				}
				if !isNews(c) {
					already(t, i, c)
				}
			})
		}
	}
}

func isNews(c Command) bool {
	switch c := c.(type) {
	case Update, AddFollowUp:
		return true
	case Capture: // a note; a message is captured once
		return c.Source.ID == ""
	}
	return false
}

func TestNoCommandIsForgottenHere(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	for _, c := range everyCommand() {
		tried[reflect.TypeOf(c).Name()] = true
	}
	for _, name := range typesWithMethod(t, "Apply") {
		require.True(t, tried[name], "everyCommand lacks %s", name)
		_, listed := CommandNamed(name)
		require.True(t, listed, "the row of %s is missing in incident/table.go", name)
	}
}

func typesWithMethod(t *testing.T, method string) []string {
	t.Helper()
	sources, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var names []string
	for _, source := range sources {
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == method {
				names = append(names, f.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	require.NotEmpty(t, names)
	return names
}
