package everycommand_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows"
	"muster/workflows/api"
)

// root is the top of the repository.
const root = "../../../"

// lines are those of the tables below a heading of a document.
func lines(t *testing.T, document, heading string) []string {
	t.Helper()
	text, err := os.ReadFile(root + document)
	require.NoError(t, err)
	_, part, found := strings.Cut(string(text), "\n## "+heading+"\n")
	require.True(t, found, "%s has no heading %q", document, heading)
	part, _, _ = strings.Cut(part, "\n## ")
	var out []string
	for line := range strings.SplitSeq(part, "\n") {
		if strings.HasPrefix(line, "| ") {
			out = append(out, line)
		}
	}
	return out
}

// names are the message names that workflows/api declares.
func names(t *testing.T) []string {
	t.Helper()
	sources, err := filepath.Glob(root + "workflows/api/*.go")
	require.NoError(t, err)
	var out []string
	for _, source := range sources {
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok || len(v.Values) != 1 {
				return true
			}
			if lit, ok := v.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				value, err := strconv.Unquote(lit.Value)
				require.NoError(t, err)
				if value == v.Names[0].Name {
					out = append(out, value)
				}
			}
			return true
		})
	}
	require.NotEmpty(t, out)
	return out
}

// taken asks a running incident whether it takes an update and a signal of a name. Both come with
// an input that no command has: whoever takes them refuses it in words of their own.
func taken(t *testing.T, name string) (update, signal bool) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(10 * time.Second)
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: api.IncidentID(1), TaskQueue: api.QueueMuster})
	workflows.AddTo(env)
	env.RegisterActivityWithOptions(func(context.Context, map[string]any) error {
		return temporal.NewNonRetryableApplicationError("there is no chat here", "Permanent", nil)
	}, activity.RegisterOptions{Name: "OpenChannel"})
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(name, "update", &testsuite.TestUpdateCallback{
			OnAccept:   func() { update = true },
			OnReject:   func(err error) { update = !strings.Contains(err.Error(), "unknown update") },
			OnComplete: func(any, error) {},
		}, "no input")
		env.SignalWorkflow(name, "no input")
	}, time.Minute)
	env.RegisterDelayedCallback(func() {
		var i incident.Incident
		answer, err := env.QueryWorkflow(api.Snapshot)
		require.NoError(t, err)
		require.NoError(t, answer.Get(&i))
		for _, e := range i.Timeline {
			if e.Event == "refused" {
				signal = !strings.Contains(e.Text, "nothing here takes a signal of that name")
			}
		}
		env.SetContinueAsNewSuggested(true)
		env.SignalWorkflow(api.Retry, nil)
	}, 2*time.Minute)
	env.ExecuteWorkflow(api.TypeIncident, map[string]any{
		"number": 1, "declaration": incident.Declaration{Title: "Checkout is down", Kind: incident.KindIncident, Severity: 3},
	})
	require.True(t, workflow.IsContinueAsNewError(env.GetWorkflowError()), "the incident ended before it was asked: %v", env.GetWorkflowError())
	return update, signal
}
