package slack

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
)

// item is a follow-up's line as a digest has it.
func item(n int, text, url string) incident.Item {
	value := fmt.Sprintf("INC-99999/follow-up/%d/999", n)
	return incident.Item{Text: text, Link: incident.Link{Label: fmt.Sprintf("OPS-%d", n), URL: url}, Buttons: []incident.Button{
		{Label: "Accept", Action: incident.ActionFollowUpAccept, Value: value},
		{Label: "Change …", Action: incident.ActionFollowUpChange, Value: value},
	}}
}

// A digest marks each of its ten lines as shown, so all of them must be there, whatever is in them.
func TestTenLinesWithButtonsAlwaysFit(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"long": strings.Repeat("long ", 500), "escaped": strings.Repeat("&<>", 500), "quoted": strings.Repeat("\"\\\n", 500), "wide": strings.Repeat("🧨", 500), "none": " ",
	} {
		m := incident.Message{Headline: "12 follow-ups wait for you", Footnotes: []string{"One message a day."}}
		for n := range 10 {
			m.Items = append(m.Items, item(n+1, text, "https://jira.example.com/browse/"+strings.Repeat("&", 300*(n%2))))
		}
		m.Items = append(m.Items, incident.Item{Text: "And 2 more, which come next."})
		for range 40 {
			m.Links = append(m.Links, incident.Link{Label: "OPS-77", URL: "https://jira.example.com/browse/OPS-77"})
		}
		r, err := render(m, nil)
		require.NoError(t, err, name)
		requireWithinLimits(t, r)
		raw := string(asJSON(t, r))
		require.Equal(t, 10, strings.Count(raw, incident.ActionFollowUpAccept), name)
		require.Contains(t, raw, "And 2 more", name)
		sections := 0
		for _, b := range r.blocks {
			if b.BlockType() == "section" {
				sections++
			}
		}
		require.GreaterOrEqual(t, sections, 11, "%s: every line has its text", name)
	}
}

func TestMoreLinesThanOneMessageHoldsAreRefusedAndNotDropped(t *testing.T) {
	t.Parallel()
	m := incident.Message{Headline: "40 follow-ups wait for you"}
	for n := range 40 {
		m.Items = append(m.Items, item(n+1, "Alert on queue depth", ""))
	}
	_, err := render(m, nil)
	require.True(t, fault.IsClass(err, fault.Permanent))
}
