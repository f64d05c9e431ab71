package compose

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/schema"
	sqltool "go.temporal.io/server/tools/sql"
)

// The server's image reads its settings through a template, from its environment alone. (Not in
// parallel with others: the template reads this process's environment.)
func TestTheServerUnderstandsItsEnvironment(t *testing.T) {
	p := everything(t)
	env := environment(p.Services["temporal"])
	for name, value := range env {
		t.Setenv(name, value)
	}
	c, err := config.Load(config.WithEmbedded())
	require.NoError(t, err)
	require.NoError(t, c.Validate())

	database := p.Services["postgres"]
	for store, name := range map[string]string{c.Persistence.DefaultStore: "temporal", c.Persistence.VisibilityStore: "temporal_visibility"} {
		sql := c.Persistence.DataStores[store].SQL
		require.NotNil(t, sql, store)
		require.Equal(t, name, sql.DatabaseName)
		require.Equal(t, "postgres12", sql.PluginName)
		require.Equal(t, "postgres:5432", sql.ConnectAddr)
		require.Equal(t, environment(database)["POSTGRES_USER"], sql.User)
		require.Equal(t, environment(database)["POSTGRES_PASSWORD"], sql.Password)
	}
	require.EqualValues(t, 4, c.Persistence.NumHistoryShards)
	frontend := c.Services["frontend"].RPC
	require.Equal(t, "0.0.0.0", frontend.BindOnIP)
	require.Equal(t, []string{"CMD", "nc", "-z", "127.0.0.1", "7233"}, []string(p.Services["temporal"].HealthCheck.Test))
	require.Equal(t, 7233, frontend.GRPCPort)
	require.EqualValues(t, 7233, p.Services["temporal"].Ports[0].Target)
	require.Equal(t, "127.0.0.1", c.Global.Membership.BroadcastAddress, "the container has two addresses, so that it must be told")
	require.Equal(t, p.Services["temporal"].Volumes[0].Target, c.DynamicConfigClient.Filepath)
	require.True(t, strings.HasSuffix(p.Services["temporal"].Volumes[0].Source, "deploy/temporal/dynamicconfig.yaml"))
}

// The job is run by a shell whose temporal-sql-tool writes down what it is told; the real tool
// must then know all of it.
func TestTheSchemaIsMadeWithWhatTheToolKnows(t *testing.T) {
	t.Parallel()
	job := everything(t).Services["temporal-schema"]
	require.Equal(t, []string{"/bin/sh", job.Volumes[0].Target}, []string(job.Entrypoint))
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "temporal-sql-tool"), []byte("#!/bin/sh\necho \"$*\"\n"), 0o700))
	cmd := exec.Command("/bin/sh", job.Volumes[0].Source)
	cmd.Env = []string{"PATH=" + dir}
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", said)

	made := map[string][]string{}
	for line := range strings.Lines(string(said)) {
		args := strings.Fields(line)
		require.Equal(t, "--database", args[0])
		requireKnown(t, args)
		made[args[1]] = append(made[args[1]], args[2])
		if args[2] == "update-schema" {
			require.Equal(t, "--schema-name", args[3])
			entries, err := fs.ReadDir(schema.Assets(), args[4]+"/versioned")
			require.NoError(t, err)
			require.NotEmpty(t, entries)
		}
	}
	steps := []string{"create-database", "setup-schema", "update-schema"}
	require.Equal(t, map[string][]string{"temporal": steps, "temporal_visibility": steps}, made)
	requireReads(t, environment(job))
}

// requireKnown has the real tool read the arguments, with --help so that it does nothing.
func requireKnown(t *testing.T, args []string) {
	t.Helper()
	tool := sqltool.BuildCLIOptions()
	var said bytes.Buffer
	tool.Writer, tool.ErrWriter = &said, &said
	require.NoError(t, tool.Run(append([]string{"temporal-sql-tool"}, append(args, "--help")...)), "%s", said.String())
	require.Contains(t, said.String(), args[2], "%v", args)
}

// requireReads fails for a variable that the tool does not read.
func requireReads(t *testing.T, env map[string]string) {
	t.Helper()
	var help bytes.Buffer
	tool := sqltool.BuildCLIOptions()
	tool.Writer = &help
	require.NoError(t, tool.Run([]string{"temporal-sql-tool", "--help"}))
	for name := range env {
		require.Contains(t, help.String(), "[$"+name+"]")
	}
}
