package cli_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/starter/internal/cli"
)

// What makes no sense is refused before anybody is asked, with the flag and its mend.
func TestAnUpgradeThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"--deployment: name the deployment":    {"upgrade"},
		"--rate: write how many":               {"upgrade", "--deployment", "muster", "--to", "v2", "--rate", "0"},
		"--wait: write a time":                 {"upgrade", "--deployment", "muster", "--to", "v2", "--wait", "-1s"},
		"--back and --to: give one of them":    {"upgrade", "--deployment", "muster", "--to", "v2", "--back"},
		"--status: it changes nothing":         {"upgrade", "--deployment", "muster", "--status", "--back"},
		"--to: say which build takes new work": {"upgrade", "--deployment", "muster"},
		"--closed: write a time":               {"replay", "--closed", "-1h"},
		"FILE: with files, leave":              {"replay", "--closed", "1h", "some.json"},
	} {
		var out, complaints bytes.Buffer
		code := cli.Run(t.Context(), cli.Env{Args: args, Stdout: &out, Stderr: &complaints})
		require.Equal(t, cli.ExitUsage, code, "%v", args)
		require.Contains(t, complaints.String(), want)
	}
}

func TestAFileThatIsNoHistoryIsNamed(t *testing.T) {
	t.Parallel()
	var out, complaints bytes.Buffer
	code := cli.Run(t.Context(), cli.Env{Args: []string{"replay", "nowhere.json"}, Stdout: &out, Stderr: &complaints})
	require.Equal(t, cli.ExitUsage, code)
	require.Contains(t, complaints.String(), "nowhere.json")
}
