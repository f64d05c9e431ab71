package everycommand_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway"
	"muster/gateway/incidents"
	"muster/gateway/slackdoor"
	"muster/gateway/slackdoor/grammar"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
	"muster/playbook/file"
	"muster/starter/internal/cli"
)

// A command that is forgotten somewhere is said to be missing there, by the file in which it
// belongs.
func TestEveryCommandIsEverywhere(t *testing.T) {
	t.Parallel()
	for _, row := range incident.Commands() {
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			places := missing(t, row)
			if ex, ok := examples[row.Name]; ok {
				places = append(places, missingBy(t, row, ex)...)
			} else {
				places = append(places, "an example of "+row.Name+" is missing in starter/internal/everycommand/examples_test.go")
			}
			for _, place := range places {
				t.Error(place)
			}
		})
	}
	require.Len(t, examples, len(incident.Commands()), "there is not one example for each command")
}

// A check that cannot fail is none: a command that is in no place but the table is missing in
// every other.
func TestACommandThatIsOnlyInTheTableIsMissedEverywhere(t *testing.T) {
	t.Parallel()
	row, _ := incident.CommandNamed("ChangeSeverity")
	row.Name, row.Word, row.Events = "Frobnicate", "frobnicate", []string{"frobnicated"}
	ex := example{typed: "2", callback: "frobnicate"}
	require.Equal(t, []string{
		"the name Frobnicate is missing in workflows/api/api.go",
		"the update Frobnicate is missing in the Incident workflow, workflows/incidents/commands.go",
		"the signal Frobnicate is missing in the Incident workflow, workflows/incidents/commands.go",
		"the HTTP route of Frobnicate is missing in gateway/incidents/commands.go",
		"the help line of Frobnicate, frobnicate, is missing in gateway/slackdoor/views/help.go",
		"whether the channel is told of frobnicated, which Frobnicate notes, is missing in incident/views_log.go",
		"the row of Frobnicate, with its path and its input, is missing in docs/messages.md",
		"the line of Frobnicate, frobnicate, is missing in docs/slack.md",
	}, missing(t, row))
	require.Equal(t, []string{
		"the verb of Frobnicate, starter frobnicate, is missing in starter/internal/cli/commands.go",
		"Slack verb for Frobnicate is missing in gateway/slackdoor/grammar/verbs.go",
		"the form of Frobnicate is missing in gateway/slackdoor/forms.go",
		"the reading of the form of Frobnicate is missing in gateway/slackdoor/views/read.go",
	}, missingBy(t, row, ex))

	// A word that belongs to another command is not its own, and alone it opens another's form.
	row.Word = "severity"
	require.Subset(t, missingBy(t, row, ex), []string{
		"what Slack's severity gives, Frobnicate, is missing in gateway/slackdoor/run.go",
		"the form of Frobnicate, when severity is typed alone, is missing in gateway/slackdoor/run.go",
	})
	row.NoForm = "it has one"
	require.Contains(t, missingBy(t, row, ex), "Frobnicate has a form and a reason to have none, in incident/table.go")
	row.NoForm, ex.callback = "", ""
	require.Contains(t, missingBy(t, row, ex), "the form of Frobnicate, or in incident/table.go the reason why it has none, is missing in gateway/slackdoor/views/forms.go")
}

// missing names the places in which a command is missing.
func missing(t *testing.T, row incident.Row) []string {
	t.Helper()
	var out []string
	for _, look := range []func(*testing.T, incident.Row) []string{inAPI, inWorkflow, inHTTP, inHelp, inChannel, inMessages, inGuide} {
		out = append(out, look(t, row)...)
	}
	return out
}

// missingBy names those where it has to be given to find out.
func missingBy(t *testing.T, row incident.Row, ex example) []string {
	t.Helper()
	return slices.Concat(inTerminal(t, row, ex), inSlack(t, row, ex), inForms(t, row, ex))
}

func unless(found bool, format string, args ...any) []string {
	if found {
		return nil
	}
	return []string{fmt.Sprintf(format, args...)}
}

func inAPI(t *testing.T, row incident.Row) []string {
	t.Helper()
	return unless(slices.Contains(names(t), row.Name), "the name %s is missing in workflows/api/api.go", row.Name)
}

func inWorkflow(t *testing.T, row incident.Row) []string {
	t.Helper()
	update, signal := taken(t, row.Name)
	const place = "is missing in the Incident workflow, workflows/incidents/commands.go"
	return append(unless(update, "the update %s %s", row.Name, place), unless(signal, "the signal %s %s", row.Name, place)...)
}

func inHTTP(t *testing.T, row incident.Row) []string {
	t.Helper()
	spec, _ := incidents.Find(row.Name)
	h := &hands{}
	path := "/v1/incidents/INC-1/" + strings.ReplaceAll(spec.Path, "{number}", "3")
	r := httptest.NewRequestWithContext(t.Context(), "POST", path, nil)
	gateway.New(gateway.Options{Incidents: atAPI{hands: h}, Auth: everybody{}}).ServeHTTP(httptest.NewRecorder(), r)
	return unless(h.given == row.Name, "the HTTP route of %s is missing in gateway/incidents/commands.go", row.Name)
}

func inTerminal(t *testing.T, row incident.Row, ex example) []string {
	t.Helper()
	h := &hands{}
	cli.Run(t.Context(), cli.Env{
		Args:  strings.Fields(row.Word + " INC-1 " + ex.terminal),
		Stdin: strings.NewReader(""), Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{},
		Lookup: func(name string) (string, bool) { return "alice@example.com", name == "MUSTER_PERSON" },
		Dial: func(context.Context, cli.Target) (cli.Incidents, func(), error) {
			return atTerminal{hands: h}, func() {}, nil
		},
		Now: func() time.Time { return now },
	})
	return unless(h.given == row.Name, "the verb of %s, starter %s, is missing in starter/internal/cli/commands.go", row.Name, row.Word)
}

// door is the way in from Slack.
func door(t *testing.T) (*slackdoor.Door, *hands, *workspace) {
	t.Helper()
	h, w := &hands{}, &workspace{}
	clock := func() time.Time { return now }
	d := slackdoor.New(slackdoor.Options{
		Incidents: atDoor{hands: h}, Slack: w, Playbook: file.NewSource(root+"muster.yaml", clock), Now: clock,
	})
	t.Cleanup(d.Close)
	return d, h, w
}

func inSlack(t *testing.T, row incident.Row, ex example) []string {
	t.Helper()
	verb, rest, _ := strings.Cut(row.Word, " ")
	if !slices.Contains(grammar.Verbs(), grammar.Verb(verb)) {
		return []string{"Slack verb for " + row.Name + " is missing in gateway/slackdoor/grammar/verbs.go"}
	}
	d, h, _ := door(t)
	d.Command(t.Context(), slack.SlashCommand{UserID: "U0000000001", Text: strings.TrimSpace(verb + " INC-1 " + rest + " " + ex.typed)})
	return unless(h.given == row.Name, "what Slack's %s gives, %s, is missing in gateway/slackdoor/run.go", row.Word, row.Name)
}

func inForms(t *testing.T, row incident.Row, ex example) []string {
	t.Helper()
	switch {
	case row.NoForm != "" && ex.callback != "":
		return []string{row.Name + " has a form and a reason to have none, in incident/table.go"}
	case row.NoForm != "":
		return nil
	case ex.callback == "":
		return []string{"the form of " + row.Name + ", or in incident/table.go the reason why it has none, is missing in gateway/slackdoor/views/forms.go"}
	}
	d, h, w := door(t)
	verb, _, _ := strings.Cut(row.Word, " ")
	d.Command(t.Context(), slack.SlashCommand{UserID: "U0000000001", TriggerID: "T1", ChannelID: "C1", Text: verb})
	out := unless(w.opened == ex.callback || picked(t, d, ex.callback), "the form of %s is missing in gateway/slackdoor/forms.go", row.Name)

	form := slack.InboundView{CallbackID: ex.callback, Meta: views.Meta{Incident: 1}.Encode(), Values: map[string]slack.InboundValue{}}
	for block, text := range ex.entered {
		form.Values[block] = slack.InboundValue{Text: text}
	}
	asked, _ := views.Read(form, now, func(string) string { return "bob@example.com" })
	out = append(out, unless(asked.Name == row.Name, "the reading of the form of %s is missing in gateway/slackdoor/views/read.go", row.Name)...)
	if !slices.Contains(grammar.Verbs(), grammar.Verb(verb)) {
		return out
	}
	// Alone it opens the form, unless the incident takes it as it is.
	complete := h.given == row.Name && h.command.Check(snapshot(1), now) == nil
	return append(out, unless(w.opened == ex.callback || complete,
		"the form of %s, when %s is typed alone, is missing in gateway/slackdoor/run.go", row.Name, verb)...)
}

// picked says whether somebody who picks an incident for a form is shown the form.
func picked(t *testing.T, d *slackdoor.Door, callback string) bool {
	t.Helper()
	answer := d.Interaction(t.Context(), slack.Interaction{
		Type: slack.InteractionSubmission, UserID: "U0000000001",
		View: slack.InboundView{
			CallbackID: views.CallbackPick, Meta: views.Meta{Action: callback}.Encode(),
			Values: map[string]slack.InboundValue{views.BlockNumber: {Text: "INC-1"}},
		},
	})
	body, err := json.Marshal(answer.Body)
	require.NoError(t, err)
	return bytes.Contains(body, []byte(`"callback_id":"`+callback+`"`))
}

func inHelp(t *testing.T, row incident.Row) []string {
	t.Helper()
	raw, err := json.Marshal(views.Help("/incident"))
	require.NoError(t, err)
	line := regexp.MustCompile("`/incident " + regexp.QuoteMeta(strings.TrimSuffix(row.Word, " add")) + "[` ]")
	return unless(line.Match(raw), "the help line of %s, %s, is missing in gateway/slackdoor/views/help.go", row.Name, row.Word)
}

func inChannel(t *testing.T, row incident.Row) []string {
	t.Helper()
	var out []string
	for _, e := range row.Events {
		_, decided := incident.ToldInChannel(e)
		out = append(out, unless(decided, "whether the channel is told of %s, which %s notes, is missing in incident/views_log.go", e, row.Name)...)
	}
	return out
}

// inMessages looks for the row of the command, and for every field of its input in it. What is in
// the path is in the path.
func inMessages(t *testing.T, row incident.Row) []string {
	t.Helper()
	spec, _ := incidents.Find(row.Name)
	path, inPath := strings.ReplaceAll(spec.Path, "{number}", "3"), strings.Contains(spec.Path, "{number}")
	start := fmt.Sprintf("| `%s` | `%s` |", row.Name, path)
	for _, line := range lines(t, "docs/messages.md", "Commands of an incident") {
		input, found := strings.CutPrefix(line, start)
		if !found {
			continue
		}
		for _, field := range fields(row) {
			if !strings.Contains(input, "`"+field+"`") && !(inPath && field == "number") {
				return []string{fmt.Sprintf("the input %s of %s is missing in docs/messages.md", field, row.Name)}
			}
		}
		return nil
	}
	return []string{"the row of " + row.Name + ", with its path and its input, is missing in docs/messages.md"}
}

// fields are the JSON names of what a command takes besides what every command does.
func fields(row incident.Row) []string {
	var out []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(row.New()).Elem()) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && len(f.Index) == 1 {
			out = append(out, name)
		}
	}
	return out
}

func inGuide(t *testing.T, row incident.Row) []string {
	t.Helper()
	typed := regexp.MustCompile("`" + regexp.QuoteMeta(strings.TrimSuffix(row.Word, " add")) + "[` ]")
	found := slices.ContainsFunc(lines(t, "docs/slack.md", "What people can do"), typed.MatchString)
	return unless(found, "the line of %s, %s, is missing in docs/slack.md", row.Name, row.Word)
}
