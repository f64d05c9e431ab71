package jira_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/jira"
	"muster/playbook"
	"muster/playbook/file"
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
	// Keys as workflows make them: installation, workflow and step.
	const parent, child = "4a386258/INC-1/issue", "4a386258/INC-1/follow-up/3"
	for _, key := range []string{parent, child} {
		require.Contains(t, written, "`"+jira.Label(key)+"`")
	}
	require.Contains(t, written, "`labels = \""+jira.Label(parent)+"\"`")
	require.Contains(t, written, "`labels = muster`")
	require.Contains(t, written, "`muster.key`")
}

// What can be seen of a private incident is told as it is.
func TestTheGuideTellsWhatAPrivateIncidentShows(t *testing.T) {
	t.Parallel()
	masked := incident.Issue{
		Summary: "secret", Description: []string{"secret"}, Links: []incident.Link{{Label: "secret", URL: "https://chat.example.com/C1"}},
		Components: []string{"secret"}, Owner: "alice@example.com", Due: "2026-12-11", Priority: "High", Labels: []string{"muster"},
	}.Labelled(2, incident.KindIncident).Masked("INC-42")
	shows := map[string]bool{
		"number": strings.Contains(masked.Summary, "INC-42"), "severity": slices.Contains(masked.Labels, "severity-2"),
		"kind": slices.Contains(masked.Labels, "kind-incident"), "address of its channel": len(masked.Links) == 1,
		"priority": masked.Priority != "", "who commands it": masked.Owner != "", "owner": masked.Owner != "", "due date": masked.Due != "",
		"title": masked.Summary != "INC-42 (private incident)", "components": len(masked.Components) > 0,
	}
	require.NotContains(t, fmt.Sprint(masked), "secret")
	_, private, found := strings.Cut(section(t, "What Muster writes"), "\n**A private incident** ")
	require.True(t, found)
	private, _, _ = strings.Cut(private, "\n\n")
	hidden, seen, found := strings.Cut(strings.Join(strings.Fields(private), " "), "What can be seen is ")
	require.True(t, found)
	for what, shown := range shows {
		told := hidden
		if shown {
			told = seen
		}
		require.Contains(t, told, what)
	}
}

// Every setting of the tracker has its line.
func TestTheGuideHasEverySettingOfTheTracker(t *testing.T) {
	t.Parallel()
	part := section(t, "4. The playbook")
	_, example, _ := strings.Cut(part, "```yaml\n")
	example, _, found := strings.Cut(example, "```")
	require.True(t, found)
	path := filepath.Join(t.TempDir(), "muster.yaml")
	whole := "version: 1\n" + example
	require.NoError(t, os.WriteFile(path, []byte(whole), 0o600))
	_, err := file.Load(path, time.Date(2026, time.November, 20, 9, 0, 0, 0, time.UTC))
	require.NoError(t, err, "what the guide shows can be used as it is")
	policy := reflect.TypeFor[playbook.TrackerPolicy]()
	for _, field := range reflect.VisibleFields(policy) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		require.Regexp(t, `(?m)^  `+name+`:`, example)
	}
	require.Regexp(t, `(?m)^  grace:`, example)
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
