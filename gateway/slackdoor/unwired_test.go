package slackdoor

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway/incidents"
	"muster/gateway/slackdoor/grammar"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
)

func TestATimeIsThatOfWhoTypesIt(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Europe/Oslo", zoneOf(slack.Member{Zone: "Europe/Oslo"}).String())
	require.Equal(t, time.UTC, zoneOf(slack.Member{Zone: "Nowhere/At all"}), "Slack told something that is no zone")
	evening := time.Date(2026, 11, 18, 19, 0, 0, 0, zoneOf(slack.Member{Zone: "Asia/Tokyo"}))
	given := acts[grammar.VerbPause].gives(typed{Args: grammar.Args{Until: "20:00"}, now: evening})
	require.True(t, given[0].command.(incident.PauseReminders).Until.Equal(time.Date(2026, 11, 18, 11, 0, 0, 0, time.UTC)))
	said := grammar.Args{Correction: grammar.Correction{Times: map[string]string{incident.FieldStarted: "20:00"}}}
	given = acts[grammar.VerbCorrect].gives(typed{Args: said, now: evening})
	require.True(t, given[0].command.(incident.Correct).StartedAt.Equal(time.Date(2026, 11, 17, 11, 0, 0, 0, time.UTC)), "yesterday evening in Tokyo")
}

// closedHands takes no command at all.
type closedHands struct{ Incidents }

func (closedHands) MayCommand(context.Context, int, incidents.Viewer) error { return nil }

// strangers knows nobody, and opens no form.
type strangers struct{ Slack }

func (strangers) Member(context.Context, string) (slack.Member, error) { return slack.Member{}, nil }

func (strangers) Foreign(context.Context, slack.Origin) (bool, error) { return false, nil }

// What the Door knows in one place and not in another is refused. It used to become the command
// that came last in a list: a subcommand without its line in acts tried every stuck step again.
func TestWhatIsWiredToNothingDoesNothing(t *testing.T) {
	t.Parallel()
	d := New(Options{Incidents: closedHands{}, Slack: strangers{}})
	t.Cleanup(d.Close)
	r := request{trigger: "T1", id: "slack/1"}

	said := d.run(t.Context(), r, book{}, grammar.Line{Verb: "frobnicate", Args: grammar.Args{Incident: 1}}, "frobnicate INC-1")
	require.Contains(t, said.Text, "does not know what to do about the subcommand frobnicate, and did nothing")

	said = d.subscription(t.Context(), r, "frobnicate", grammar.Args{})
	require.Contains(t, said.Text, "the subcommand frobnicate")

	_, err := d.form(t.Context(), r, book{}, "party", views.Meta{Incident: 1})
	require.ErrorContains(t, err, "the form party")

	said = d.aboutMessage(t.Context(), r, book{}, "party", views.Meta{Incident: 1})
	require.Contains(t, said.Text, "the shortcut party")
}
