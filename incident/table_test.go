package incident

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheTableOfCommands(t *testing.T) {
	t.Parallel()
	m := Meta{CommandID: "c", Actor: alice.Actor, GivenAt: monday}
	seen := map[string]bool{}
	for _, r := range Commands() {
		for _, word := range []string{"name " + r.Name, "word " + r.Word} {
			require.False(t, seen[word], "%s is there twice", word)
			seen[word] = true
		}
		require.NotEmpty(t, r.Does, r.Name)
		require.Regexp(t, `^[a-z-]+( [a-z]+)?$`, r.Word)
		require.NotEmpty(t, r.Events, "what does %s leave on the timeline?", r.Name)

		bare, err := r.Decode(nil)
		require.NoError(t, err, r.Name)
		require.Zero(t, bare.Head())
		stamped, err := r.Stamp(bare, m)
		require.NoError(t, err, r.Name)
		require.Equal(t, m, stamped.Head(), r.Name)
		require.Zero(t, bare.Head(), "what was given stays as it was")
		again, err := r.Stamp(r.New(), m)
		require.NoError(t, err, "a pointer is stamped like a value")
		require.Equal(t, stamped, again, r.Name)

		found, ok := CommandNamed(r.Name)
		require.True(t, ok)
		require.Equal(t, r.Word, found.Word)
	}
	_, ok := CommandNamed("Frobnicate")
	require.False(t, ok)
}

func TestACommandIsReadFromJSON(t *testing.T) {
	t.Parallel()
	severity, _ := CommandNamed("ChangeSeverity")
	c, err := severity.Decode([]byte(`{"severity": 2, "actor": {"person": "alice@example.com", "way": "slack"}, "colour": "red"}`))
	require.NoError(t, err)
	require.Equal(t, ChangeSeverity{Meta: alice, Severity: 2}, c, "what is not known is passed over, as in every message to a workflow")

	for input, want := range map[string]string{
		`"worse"`:              "input: is a JSON string, which ChangeSeverity does not take there; see docs/messages.md for what it takes",
		`{"severity": "high"}`: "severity: is a JSON string, which ChangeSeverity does not take there; see docs/messages.md for what it takes",
		`{"severity":`:         "input: is no input of ChangeSeverity; see docs/messages.md for what it takes",
	} {
		_, err := severity.Decode([]byte(input))
		require.Equal(t, CodeInvalid, problem(t, err).Code)
		require.EqualError(t, err, want)
	}
	update, _ := CommandNamed("Update")
	_, err = update.Stamp(c, Meta{})
	require.EqualError(t, err, "a incident.ChangeSeverity is no Update")
}
