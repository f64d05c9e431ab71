package file_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/playbook/file"
)

// What the guides show of a playbook is one.
func TestThePlaybooksOfTheGuidesCanBeRead(t *testing.T) {
	t.Parallel()
	shown := regexp.MustCompile("(?s)\n```yaml\n(.*?)```")
	for _, name := range []string{"jira.md", "pagerduty.md", "slack.md", "runbook.md"} {
		text, err := os.ReadFile("../../docs/" + name)
		require.NoError(t, err)
		examples := shown.FindAllStringSubmatch(string(text), -1)
		require.NotEmpty(t, examples, name)
		for _, example := range examples {
			book := example[1]
			if !strings.HasPrefix(book, "version:") {
				book = "version: 1\n" + book
			}
			_, err := file.Parse(name, []byte(book), time.Now())
			require.NoError(t, err, "%s:\n%s", name, book)
		}
	}
}
