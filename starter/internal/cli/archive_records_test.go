package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"muster/archive"
	"muster/incident"
	"muster/starter/internal/cli"
	"muster/workflows/api"
)

// temporal holds workflows that answer with their records; one without a record answers nobody.
type temporal struct {
	client.Client

	holds map[string]*api.Record
}

func (s *temporal) ListWorkflow(context.Context, *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	resp := &workflowservice.ListWorkflowExecutionsResponse{}
	for id := range s.holds {
		resp.Executions = append(resp.Executions, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: id}})
	}
	return resp, nil
}

func (s *temporal) QueryWorkflow(_ context.Context, id, _, _ string, _ ...any) (converter.EncodedValue, error) {
	if s.holds[id] == nil {
		return nil, serviceerror.NewUnavailable("no worker")
	}
	p, err := converter.GetDefaultDataConverter().ToPayloads(s.holds[id])
	return client.NewValue(p), err
}

func (s *temporal) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return &workflowservice.DescribeWorkflowExecutionResponse{}, nil
}

// record is what an incident's workflow would answer.
func record(number int, version int64) *api.Record {
	facts := incident.New(number, incident.Declaration{Title: "Checkout is down", Severity: 2, Kind: incident.KindIncident}, now)
	return &api.Record{Type: api.TypeIncident, Incident: number, Version: version, Facts: facts, State: json.RawMessage(`{}`)}
}

// beside is a terminal that reaches both an archive and the Temporal beside it.
func beside(t *testing.T, holds map[string]*api.Record, change ...func(*archive.Archive)) *terminal {
	t.Helper()
	tm := archived(t, change...)
	tm.reach = func(context.Context, cli.Target) (cli.Reached, func(), error) {
		return cli.Reached{Temporal: &temporal{holds: holds}, Namespace: "default"}, func() {}, nil
	}
	return tm
}

func TestWhatTheArchiveLacksIsToldAndMended(t *testing.T) {
	t.Parallel()
	// INC-1 is held at version 1 as Temporal has it, INC-2 at 1 and Temporal is further, INC-3 at 1 and Temporal is behind.
	tm := beside(t, map[string]*api.Record{"INC-1": record(1, 1), "INC-2": record(2, 5), "INC-3": record(3, 0), "INC-4": record(4, 1)},
		kept(t, 1, 0, nil), kept(t, 2, 0, nil), kept(t, 3, 0, nil))
	out := tm.run("archive check")
	require.Equal(t, cli.ExitFailed, out.code)
	require.Equal(t, `Temporal holds 4 workflows, the archive 3.
  not in the archive: INC-4
  older in the archive: INC-2
  newer in the archive: INC-3
`, out.stdout)
	require.Contains(t, out.text, "`starter archive rebuild` writes what is missing or older")
	out = tm.run("archive check --output json")
	require.Equal(t, cli.ExitFailed, out.code)
	require.JSONEq(t, `{"temporal":4,"archive":3,"missing":["INC-4"],"behind":["INC-2"],"ahead":["INC-3"]}`, out.stdout)

	out = tm.run("archive rebuild")
	require.Equal(t, cli.ExitOK, out.code, out.text)
	require.Contains(t, out.stdout, "3 records written.\n")
	require.JSONEq(t, `{"temporal":4,"archive":4,"ahead":["INC-3"]}`, tm.run("archive check --output json").stdout, "what is newer stays")
}

func TestAWorkflowThatDoesNotAnswerIsNamed(t *testing.T) {
	t.Parallel()
	tm := beside(t, map[string]*api.Record{"INC-1": record(1, 1), "INC-2": nil}, kept(t, 1, 0, nil))
	out := tm.run("archive check")
	require.Equal(t, cli.ExitFailed, out.code)
	require.Contains(t, out.text, "the archive is not in order")
	out = tm.run("archive rebuild")
	require.Equal(t, cli.ExitFailed, out.code)
	require.Contains(t, out.text, "some workflows did not answer; run it again when their workers do")
	require.Contains(t, out.text, "INC-2: ")
	require.Contains(t, out.stdout, "  not answered: INC-2\n")
	require.Contains(t, out.stdout, "1 record written.\n")

	tm = beside(t, map[string]*api.Record{"INC-1": record(1, 1)}, kept(t, 1, 0, nil))
	tm.run("archive check").prints("Temporal holds 1 workflow, the archive 1.\n")
	tm.run("archive check --output json").printsJSON(`{"temporal":1,"archive":1}`)
}

func TestCommandsOfTheArchiveNeedOne(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"archive check", "archive rebuild"} {
		tm := beside(t, nil)
		delete(tm.env, "MUSTER_ARCHIVE")
		tm.run(line).fails(cli.ExitIllegal, "there is no archive here; set MUSTER_ARCHIVE")
		tm.run(line+" --output json").failsJSON(cli.ExitIllegal, "illegal")
		tm.env["MUSTER_ARCHIVE"] = "mysql://root:hunter2@db/muster"
		out := tm.run(line)
		out.fails(cli.ExitUsage, "MUSTER_ARCHIVE: it is no address of an archive")
		require.NotContains(t, out.text, "hunter2")
		tm.env["MUSTER_ARCHIVE"] = "postgres://muster:hunter2@127.0.0.1:1/muster"
		out = tm.run(line)
		require.NotEqual(t, cli.ExitOK, out.code)
		require.Contains(t, out.text, "the database does not answer")
		require.NotContains(t, out.text, "hunter2")
		tm.run(line+" INC-1").fails(cli.ExitUsage, "")

		tm = beside(t, nil)
		tm.reach = func(context.Context, cli.Target) (cli.Reached, func(), error) {
			return cli.Reached{}, nil, errors.New("Temporal at 127.0.0.1:7233 does not answer")
		}
		out = tm.run(line)
		require.NotEqual(t, cli.ExitOK, out.code)
		require.Contains(t, out.text, "Temporal at 127.0.0.1:7233 does not answer")
	}
}

func TestARestoreIsAskedForTwiceAndSaysWhatItDid(t *testing.T) {
	t.Parallel()
	tm := archived(t)
	tm.run("archive restore").fails(cli.ExitUsage, "--yes: say that Temporal's data is lost")
	require.Zero(t, tm.dials)
	out := tm.run("archive restore --yes")
	require.Equal(t, cli.ExitOK, out.code, out.text)
	require.Equal(t, `2 incidents go on, with 3 pages, reviews and follow-ups. 0 workflows ran already.
  INC-2 pages nobody until somebody asks for it: `+"`starter page INC-2 --now`"+`.
The archive knows numbers up to 7; the next incident has a number above 27.
`, out.stdout)
	require.Contains(t, out.text, "INC-3/page/1: the record cannot be read")
	require.NotContains(t, out.text, "INC-1", "what runs already is no failure")
	require.Equal(t, incident.Actor{Person: "alice@example.com", Way: incident.WayCLI}, tm.restoredBy)
	require.JSONEq(t, `{"incidents":2,"others":3,"running":0,"held":["INC-2"],"last":7,"next":28}`, tm.run("archive restore --yes --output json").stdout)
	tm.err = errors.New("register does not say what it knows; a worker must run")
	tm.run("archive restore --yes").fails(cli.ExitFailed, "a worker must run")
}
