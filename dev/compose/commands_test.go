package compose

import (
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// words are the sub-commands before the first flag.
func words(args []string) []string {
	for k, a := range args {
		if strings.HasPrefix(a, "-") {
			return args[:k]
		}
	}
	return args
}

// knows fails unless the program takes these arguments: with --help behind them it refuses what
// it does not know, and otherwise says what it would do.
func knows(t *testing.T, program string, args []string) {
	t.Helper()
	said, err := exec.Command(filepath.Join(programs(t), program), append(args, "--help")...).CombinedOutput()
	require.NoError(t, err, "%s %v: %s", program, args, said)
	usage := "Usage: " + program + " [flag]"
	switch program {
	case "starter":
		usage = strings.Join(append([]string{"Usage:\n  starter"}, words(args)...), " ") + " [flags]\n"
	default:
		require.Empty(t, words(args), "%s takes no arguments", program)
	}
	require.Contains(t, string(said), usage)
}

func TestEveryCommandAndFlagIsOneThatTheProgramsTake(t *testing.T) {
	t.Parallel()
	of := stages(t)
	seen := map[string]bool{}
	for name, s := range ours(everything(t)) {
		program := path.Base(entrypoint(t, of, s.Build.Target))
		knows(t, program, s.Command)
		seen[program] = true
		if asks := check(s); asks != nil {
			require.Equal(t, "CMD", s.HealthCheck.Test[0], "%s: the image has no shell", name)
			require.Equal(t, program, asks[0], "%s: the image has only its program", name)
			knows(t, program, asks[1:])
		}
	}
	require.Len(t, seen, 3)
}

// What does not exist is refused: else the test above could not fail.
func TestProgramsRefuseWhatTheyDoNotKnow(t *testing.T) {
	t.Parallel()
	for program, args := range map[string][]string{
		"worker": {"--healthy"}, "simulators": {"--gate=http://127.0.0.1"}, "starter": {"setup", "temporal", "--retention", "90"},
	} {
		said, err := exec.Command(filepath.Join(programs(t), program), append(args, "--help")...).CombinedOutput()
		require.Error(t, err, "%s: %s", program, said)
	}
}

// The page of the sandbox tells people what to type.
func TestWhatThePageTellsPeopleToTypeExists(t *testing.T) {
	t.Parallel()
	p := everything(t)
	service, typed := suggestion(t, p.Services["simulators"].Command)
	require.Contains(t, p.Services, service)
	require.Equal(t, "starter", strings.Fields(typed)[0])
	cmd := exec.Command("sh", "-c", typed+" --help")
	cmd.Env = []string{"PATH=" + programs(t)}
	cmd.Path = "/bin/sh"
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", said)
	require.Contains(t, string(said), "Usage:\n  starter declare ")
}

// suggestion is the command that the page shows: in which service, and what.
func suggestion(t *testing.T, args []string) (service, typed string) {
	t.Helper()
	for _, a := range args {
		if rest, ok := strings.CutPrefix(a, "--command=docker compose exec "); ok {
			service, typed, _ = strings.Cut(rest, " ")
			return service, typed
		}
	}
	require.Fail(t, "the page suggests nothing")
	return "", ""
}
