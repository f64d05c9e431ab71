package register

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook/file"
	"muster/workflows/api"
)

// The README quotes the answer to its first example at Sunday, 3 am. It is declared then, and read.
func TestTheFirstExampleOfTheREADMEIsTrueAtNight(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	require.Contains(t, string(readme), "/incident checkout is down\n")
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	night := time.Date(2026, 11, 29, 3, 0, 0, 0, berlin)
	require.Equal(t, time.Sunday, night.Weekday())

	p, err := file.Parse("muster.yaml", file.Example, night)
	require.NoError(t, err)
	d, _, err := p.FromTitle(incident.Declaration{Title: "checkout is down", Actor: incident.Actor{Person: "bob@example.com", Way: incident.WaySlack}})
	require.NoError(t, err)
	d.Severity = p.DefaultSeverity()
	slice, err := p.Slice(d.Services)
	require.NoError(t, err)

	w := registerWorld(t)
	w.Env.SetStartTime(night)
	var res api.DeclareResult
	w.declares(time.Minute, api.DeclareInput{Key: "readme", Declaration: d, Slice: *slice}, func(r api.DeclareResult, err error) {
		require.NoError(t, err)
		res = r
	})
	w.Env.ExecuteWorkflow(Register, api.RegisterInput{})
	require.NotNil(t, res.Waking)
	require.True(t, res.Waking.Nobody())
	said := strings.NewReplacer("*", "", "\n> ", " ").Replace(string(readme))
	require.Contains(t, said, "INC-1 is declared. "+res.Waking.Line)
}
