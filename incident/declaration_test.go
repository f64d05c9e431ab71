package incident

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestATitleAndASeverityAreEnough(t *testing.T) {
	t.Parallel()
	d, err := Declaration{Title: " Checkout\nis down ", Severity: 2}.Normal()
	require.NoError(t, err)
	require.Equal(t, Declaration{Title: "Checkout is down", Kind: KindIncident, Severity: 2}, d)
}

func TestADeclarationIsCleaned(t *testing.T) {
	t.Parallel()
	given := Declaration{
		Title: "Checkout is down", Kind: KindDrill, Severity: 5, Commander: " Carol@Example.com", Tags: []string{" black\nfriday ", strings.Repeat("ü", 60)},
	}
	tags := slices.Clone(given.Tags)
	d, err := given.Normal()
	require.NoError(t, err)
	require.Equal(t, "carol@example.com", d.Commander)
	require.Equal(t, []string{"black friday", strings.Repeat("ü", 49) + "…"}, d.Tags)
	require.Equal(t, tags, given.Tags, "what the caller gave stays as it was: its hash tells one declaration from another")

	again, err := d.Normal()
	require.NoError(t, err)
	require.Equal(t, d, again)
}

func TestWhatCannotBeDeclared(t *testing.T) {
	t.Parallel()
	good := Declaration{Title: "Checkout is down", Severity: 2}
	for name, c := range map[string]struct {
		field string
		spoil func(*Declaration)
	}{
		"no title":            {"title", func(d *Declaration) { d.Title = "" }},
		"an unknown kind":     {"kind", func(d *Declaration) { d.Kind = "outage" }},
		"no severity":         {"severity", func(d *Declaration) { d.Severity = 0 }},
		"too mild":            {"severity", func(d *Declaration) { d.Severity = 6 }},
		"no such commander":   {"commander", func(d *Declaration) { d.Commander = "Carol" }},
		"a long alert key":    {"alert_key", func(d *Declaration) { d.AlertKey = strings.Repeat("k", 256) }},
		"many tags":           {"tags", func(d *Declaration) { d.Tags = slices.Repeat([]string{"t"}, 21) }},
		"a tag that is empty": {"tags", func(d *Declaration) { d.Tags = []string{"t", " \x00"} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := good
			c.spoil(&d)
			_, err := d.Normal()
			require.Error(t, err)
			require.Equal(t, c.field, problem(t, err).Field)
		})
	}
}

func TestWhatCountsAsAnIncident(t *testing.T) {
	t.Parallel()
	counted := map[Kind]bool{KindIncident: true, KindNearMiss: true}
	for _, k := range Kinds() {
		require.True(t, k.Valid())
		for _, s := range Statuses() {
			i := &Incident{Kind: k, Status: s}
			require.Equal(t, counted[k] && s != StatusCancelled && s != StatusMerged, i.Counted(), "%s %s", k, s)
		}
	}
	require.False(t, Kind("").Valid())
}
