package slack

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
)

var update = flag.Bool("update", false, "write the golden files anew")

var shownPeople = map[string]string{"alice@example.com": "<@U0000000001>"}

var evening = time.Date(2026, 11, 20, 18, 30, 0, 0, time.UTC)

func messages() map[string]incident.Message {
	return map[string]incident.Message{
		"board": {
			Key: "inst1/INC-42/board", Headline: "INC-42 · SEV1 · Checkout is down", Pin: true,
			Fields: []incident.Field{
				{Label: "Status", Text: "open"},
				{Label: "Commander", People: []string{"alice@example.com"}},
				{Label: "Responders", People: []string{"alice@example.com", "bob@example.com"}},
				{Label: "Since", Time: evening},
				{Label: "Scribe"},
			},
			Body:  []string{"Customers cannot pay since the release of 18:00.\nThe release is being rolled back: https://ci.example.com/run/7?a=1&b=2.", "Next update in 30 minutes."},
			Links: []incident.Link{{Label: "OPS-7", URL: "https://jira.example.com/browse/OPS-7"}, {Label: "Page", URL: "https://pager.example.com/P1?x=1&y=2"}},
			Buttons: []incident.Button{
				{Label: "Join", Action: "join", Value: `{"incident":"INC-42"}`},
				{Label: "Resolve", Action: "resolve", Value: `{"incident":"INC-42","revision":3}`},
				{Label: "Cancel", Action: "cancel", Value: `{"incident":"INC-42"}`, Danger: true},
				{Label: "Mitigate", Action: "mitigate", Value: `{"incident":"INC-42"}`, Confirm: "It no longer <hurts>?\nEverybody is told."},
			},
			Footnotes: []string{"muster show INC-42", "Nobody else was paged."},
		},
		"plain": {Headline: "INC-42 is resolved"},
		"quiet": {
			Key: "inst1/INC-42/log/7", Headline: "INC-42: status update", Quiet: true, Body: []string{"The database is full"},
			Credits: []incident.Field{{Label: "By", Text: "bob@example.com <!here>"}, {Label: "With", People: []string{"alice@example.com"}}, {Label: "Next update", Time: evening}},
		},
		"quiet_without_text": {Headline: "INC-42: nothing new", Quiet: true, Body: []string{" "}},
		"mention": {
			Key: "inst1/INC-42/page/1/mention", Headline: "Nobody has acknowledged INC-42 yet",
			Mention: []string{"alice@example.com", "bob@example.com", "the night shift"},
		},
		"hostile": {
			Headline: "<!channel> @here *boom* & `rm -rf /` \u202Egnp.exe",
			Fields: []incident.Field{
				{Label: "<!here>", Text: "<@U123> <#C123> <!subteam^S1> &lt;!channel&gt; | @everyone"},
				{Label: "People", People: []string{"<!channel>", "x<@U1>@example.com"}},
			},
			Body: []string{"<https://evil.example.com|https://bank.example.com>", "see https://example.com/<!channel>|x and http:// or (https://example.com/a_(b))."},
			Links: []incident.Link{
				{Label: "a|b>c", URL: "https://example.com/?q=<!channel>|x y"},
				{Label: "script", URL: "javascript:alert(1)"},
				{Label: "", URL: "https://example.com"},
			},
			Footnotes: []string{"<!channel>"},
		},
		"followups": {
			Headline: "Follow-ups of INC-42",
			Body:     []string{"1. Alert on failed payments", "2. Roll back by itself"},
			Buttons: []incident.Button{
				{Label: "Accept 1", Action: "accept", Value: "1"},
				{Label: "Drop 1", Action: "drop", Value: "1"},
				{Label: "Accept 2", Action: "accept", Value: "2"},
				{Label: "Drop 2", Action: "drop", Value: "2"},
			},
		},
		"digest": {
			Key: "inst1/digest/2026-11-23/alice@example.com", Headline: "2 follow-ups wait for you",
			Items: []incident.Item{
				item(1, "Alert on <queue> depth (INC-42) was due on Wednesday 18 November.", "https://jira.example.com/browse/OPS-1"),
				item(2, "Follow-up 2 of INC-7 (private) waits for a decision.", ""),
			},
			Footnotes: []string{"One message a day at most, and only in your working hours."},
		},
		"long": {
			Headline:  strings.Repeat("Checkout is <down> ", 20),
			Fields:    []incident.Field{{Label: "Impact", Text: strings.Repeat("many & more ", 400)}, {Label: "Status", Text: "open"}},
			Body:      []string{strings.Repeat("It is still <down>. ", 400), strings.Repeat("word ", 1500), "the end"},
			Footnotes: []string{strings.Repeat("small print ", 100)},
		},
	}
}

func asJSON(t *testing.T, r rendering) []byte {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	require.NoError(t, enc.Encode(map[string]any{"text": r.text, "key": r.key, "blocks": r.blocks}))
	return out.Bytes()
}

func TestMessagesLookLikeTheirGoldenFiles(t *testing.T) {
	t.Parallel()
	for name, m := range messages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := render(m, shownPeople)
			require.NoError(t, err)
			requireWithinLimits(t, r)
			path := filepath.Join("testdata", name+".golden.json")
			got := asJSON(t, r)
			if *update {
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(path, got, 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err, "run the test with -update to make it")
			require.Equal(t, string(want), string(got))
		})
	}
}

// command is what acts in mrkdwn: anything between < and > that is not ours.
var command = regexp.MustCompile(`<[^>]*>`)

var ours = regexp.MustCompile(`^<(https?://[^|<>]+(\|[^|<>]+)?|mailto:[^|<>]+(\|[^|<>]+)?|@U[0-9]+|!date\^[0-9]+\^\{date_short_pretty\} \{time\}\|[0-9: -]+UTC)>$`)

// requireWithinLimits checks what Slack would refuse, and that nothing acts that should not.
func requireWithinLimits(t testing.TB, r rendering) {
	t.Helper()
	raw, err := json.Marshal(r.blocks)
	require.NoError(t, err)
	var blocks []struct {
		Type string
		Text *struct{ Type, Text string }
		// Fields and elements of sections, contexts and actions.
		Fields   []struct{ Type, Text string }
		Elements []struct {
			Type     string
			Text     json.RawMessage
			ActionID string `json:"action_id"`
			Value    string
		}
	}
	require.NoError(t, json.Unmarshal(raw, &blocks))
	require.NotEmpty(t, blocks)
	require.LessOrEqual(t, len(blocks), 50)
	text := func(kind, s string, limit int) {
		require.NotEmpty(t, s)
		require.True(t, utf8.ValidString(s))
		require.LessOrEqual(t, utf8.RuneCountInString(s), limit)
		if kind == "mrkdwn" {
			for _, c := range command.FindAllString(s, -1) {
				require.Regexp(t, ours, c)
			}
			rest := command.ReplaceAllString(s, "")
			require.NotContains(t, rest, "<")
			require.NotContains(t, rest, ">")
		}
	}
	for _, b := range blocks {
		if b.Text != nil {
			limit := 3000
			if b.Type == "header" {
				limit = 150
				require.Equal(t, "plain_text", b.Text.Type)
			}
			text(b.Text.Type, b.Text.Text, limit)
		}
		require.LessOrEqual(t, len(b.Fields), 10)
		for _, f := range b.Fields {
			text(f.Type, f.Text, 2000)
		}
		if b.Type == "section" {
			require.True(t, b.Text != nil || len(b.Fields) > 0)
		}
		used := map[string]bool{}
		for _, e := range b.Elements {
			if b.Type == "context" {
				var s string
				require.NoError(t, json.Unmarshal(e.Text, &s))
				text(e.Type, s, 3000)
				continue
			}
			require.False(t, used[e.ActionID], "action %s twice in one block", e.ActionID)
			used[e.ActionID] = true
			require.LessOrEqual(t, utf8.RuneCountInString(e.Value), 2000)
		}
		if b.Type == "actions" || b.Type == "context" {
			require.NotEmpty(t, b.Elements)
			require.LessOrEqual(t, len(b.Elements), map[string]int{"actions": 25, "context": 10}[b.Type])
		}
	}
	total := 0
	for _, b := range r.blocks {
		total += blockCost(b)
	}
	require.LessOrEqual(t, total, 13_200)
	require.NotEmpty(t, r.text)
	require.LessOrEqual(t, utf8.RuneCountInString(r.text), 4000)
	require.NotContains(t, r.text, "<")
}

func FuzzRender(f *testing.F) {
	f.Add("Checkout is down", "text", "https://example.com", 3, 7)
	f.Add("<!channel>", "<@U1>|@here&amp;<https://a|b>", "https://e.com/<>|", 60, 600)
	f.Add("\x00\xff", "\n\n\n\"\\\t", "javascript:x", 50, 3000)
	f.Add("🔥", "😀日本語", "http://", 11, 1999)
	f.Fuzz(func(t *testing.T, headline, text, url string, n, long int) {
		n, long = abs(n)%70, abs(long)%4000
		if len(text) > 0 {
			long = min(long, 40_000/len(text))
		}
		wide := strings.Repeat(text, 1+long)
		m := incident.Message{Headline: headline + wide, Mention: []string{text, "alice@example.com"}}
		for i := range n {
			m.Fields = append(m.Fields, incident.Field{Label: text, Text: wide}, incident.Field{Label: headline, People: []string{text, "alice@example.com"}})
			m.Body = append(m.Body, wide, text)
			if i < 10 {
				m.Items = append(m.Items, item(i, wide, url))
			}
			m.Links = append(m.Links, incident.Link{Label: text, URL: url}, incident.Link{Label: wide, URL: "https://example.com/" + text})
			m.Footnotes = append(m.Footnotes, text, wide)
			m.Buttons = append(m.Buttons, incident.Button{Label: wide, Action: fmt.Sprint("a", i%20), Value: "v", Danger: i == 1, Confirm: wide})
		}
		r, err := render(m, shownPeople)
		if err != nil {
			require.Equal(t, fault.Permanent, err.(*fault.Error).Class) //nolint:errorlint // it is not wrapped
			require.Greater(t, n, 4, "a few buttons always have room")
			return
		}
		requireWithinLimits(t, r)
	})
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}

func TestWhatCannotBeCutIsRefused(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 2001)
	many := incident.Message{Headline: "x"}
	for n := range 20 {
		many.Buttons = append(many.Buttons, incident.Button{Label: "x", Action: fmt.Sprint(n), Value: long[:2000]})
	}
	for name, m := range map[string]incident.Message{
		"a button's value":    {Headline: "x", Buttons: []incident.Button{{Label: "x", Action: "x", Value: long}}},
		"a button's action":   {Headline: "x", Buttons: []incident.Button{{Label: "x", Action: long[:256]}}},
		"no action":           {Headline: "x", Buttons: []incident.Button{{Label: "x"}}},
		"a key":               {Headline: "x", Key: long[:256]},
		"too much in buttons": many,
	} {
		_, err := render(m, nil)
		require.True(t, fault.IsClass(err, fault.Permanent), name)
	}
}

func TestWhatIsLeftOutIsMarked(t *testing.T) {
	t.Parallel()
	m := incident.Message{Headline: "x"}
	for n := range 60 {
		m.Body = append(m.Body, fmt.Sprint("paragraph ", n))
	}
	r, err := render(m, nil)
	require.NoError(t, err)
	requireWithinLimits(t, r)
	got := string(asJSON(t, r))
	require.Contains(t, got, "paragraph 40")
	require.NotContains(t, got, "paragraph 59")
	require.Contains(t, got, `"text": "…"`)
}
