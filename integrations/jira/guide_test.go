package jira_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations/jira"
)

func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/jira.md")
	require.NoError(t, err)
	return string(text)
}

// section is what stands below a heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, part, found := strings.Cut(guide(t), "\n## "+heading+"\n")
	require.True(t, found, heading)
	part, _, _ = strings.Cut(part, "\n## ")
	return part
}

// The guide names what Muster needs and reads, no more and no less.
func TestTheGuideNamesPermissionsAndEvents(t *testing.T) {
	t.Parallel()
	told := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| ([^|]+) \\|").FindAllStringSubmatch(section(t, "3. Permissions"), -1) {
		told[row[1]] = strings.TrimSuffix(strings.TrimSpace(row[2]), " (global)")
	}
	needed := map[string]string{}
	for _, p := range jira.Permissions {
		needed[p.Key] = p.Name
	}
	require.Equal(t, needed, told)

	hook := section(t, "5. The webhook")
	var events []string
	for _, m := range regexp.MustCompile("`(jira:[a-z_]+|comment_[a-z]+)`").FindAllStringSubmatch(hook, -1) {
		events = append(events, m[1])
	}
	require.ElementsMatch(t, jira.HookEvents, events)
	require.Contains(t, hook, "example.com"+jira.WebhookPath+"`")
}

func TestTheGuideNamesTheMarks(t *testing.T) {
	t.Parallel()
	written := section(t, "What Muster writes")
	require.Contains(t, written, "`"+jira.Label("INC-42")+"`")
	require.Contains(t, written, "`muster.key`")
}

// The guide quotes what snags say. What changes from snag to snag is left out of the comparison.
func TestTheGuideQuotesSnags(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var code strings.Builder
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		code.Write(text)
	}
	varying := regexp.MustCompile(`"[^"]*"|customfield_[0-9]+|Due date|create screen|field|done$`)
	rows, gone := 0, []string{}
	for line := range strings.SplitSeq(section(t, "What a snag means"), "\n") {
		said, found := strings.CutPrefix(line, "| ")
		if !found || strings.HasPrefix(said, "it says") {
			continue
		}
		said, _, _ = strings.Cut(said, " | ")
		for _, part := range varying.Split(said, -1) {
			if part = strings.TrimSpace(part); len(part) > 5 && !strings.Contains(code.String(), part) {
				gone = append(gone, part)
			}
		}
		rows++
	}
	require.Greater(t, rows, 8)
	require.Empty(t, gone, "no snag says so any more")
}
