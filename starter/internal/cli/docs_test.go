package cli_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/slackdoor"
	"muster/gateway/slackdoor/grammar"
	"muster/integrations/slack"
)

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../../" + name)
	require.NoError(t, err)
	return string(text)
}

// rows gives the cells of the tables below a heading.
func rows(t *testing.T, text, heading string) [][]string {
	t.Helper()
	_, part, found := strings.Cut(text, "\n## "+heading+"\n")
	require.True(t, found, heading)
	part, _, _ = strings.Cut(part, "\n## ")
	var out [][]string
	for line := range strings.SplitSeq(part, "\n") {
		if strings.HasPrefix(line, "| ") {
			out = append(out, strings.Split(strings.Trim(line, "|"), " | "))
		}
	}
	require.NotEmpty(t, out, heading)
	return out
}

func TestTheGuideToSlackHasEverySubcommand(t *testing.T) {
	t.Parallel()
	typed := ""
	for _, r := range rows(t, document(t, "docs/slack.md"), "What people can do") {
		typed += r[0] + "\n"
	}
	for _, v := range grammar.Verbs() {
		require.Regexp(t, "`"+regexp.QuoteMeta(string(v))+"[` ]", typed)
	}
}

func TestTheGuideToSlackHasTheScopesOfEveryFeature(t *testing.T) {
	t.Parallel()
	told := map[string][]string{}
	for _, r := range rows(t, document(t, "docs/slack.md"), "Scopes") {
		for _, name := range regexp.MustCompile("`([a-z._:]+)`").FindAllStringSubmatch(r[1], -1) {
			told[strings.TrimSpace(r[0])] = append(told[strings.TrimSpace(r[0])], name[1])
		}
	}
	needed := map[string][]string{}
	for _, f := range slack.AllFeatures().List() {
		for _, s := range f.Scopes {
			needed[f.Name] = append(needed[f.Name], s.Name)
		}
	}
	require.Equal(t, needed, told)
}

func TestTheGuideToSlackHasTheAddressesOfTheGateway(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"docs/slack.md", "docs/runbook.md"} {
		for _, path := range []string{slackdoor.PathCommands, slackdoor.PathInteractivity, slackdoor.PathEvents} {
			require.Contains(t, document(t, name), "`"+path+"`")
		}
	}
}

// Each line of a guide that begins with starter is typed with --help: a command or a flag that
// does not exist is refused.
func TestTheCommandsOfTheGuidesExist(t *testing.T) {
	t.Parallel()
	command := regexp.MustCompile("`?(?:bin/|go run ./)?starter ((?:[a-z][a-z-]*)(?: [^`\n>#|]*)?)")
	seen := 0
	for _, name := range []string{"docs/slack.md", "docs/pagerduty.md", "docs/jira.md", "docs/runbook.md", "docs/archive.md", "README.md"} {
		for _, block := range regexp.MustCompile("(?s)```sh.*?```|`[^`\n]+`").FindAllString(document(t, name), -1) {
			for _, m := range command.FindAllStringSubmatch(block, -1) {
				words := strings.Fields(strings.NewReplacer("&", "", "[", "", "]", "").Replace(m[1]))
				words = slices.DeleteFunc(words, func(w string) bool { return strings.HasPrefix(w, "--") && strings.HasSuffix(w, "...") })
				o := newTerminal(t).args(append(words, "--help")...)
				require.Zero(t, o.code, "%s: starter %s: %s", name, m[1], o.text)
				require.Contains(t, o.stdout, "Usage:\n  starter "+words[0], name)
				seen++
			}
		}
	}
	require.Greater(t, seen, 20)
}
