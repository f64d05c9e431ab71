package jira_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/jira"
)

// Anybody may choose any display name, so none is taken for the address that it looks like.
func TestADisplayNameAtJiraIsNoAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		actor jira.Actor
		want  string
	}{
		{jira.Actor{AccountID: "7", DisplayName: "Mallory", Email: "Mallory@Example.com"}, "mallory@example.com"},
		{jira.Actor{AccountID: "7", DisplayName: "Mallory"}, "Mallory"},
		{jira.Actor{AccountID: "7", DisplayName: "ceo@example.com"}, "Jira user 7"},
		{jira.Actor{AccountID: "7", DisplayName: "ceo@example.com", Email: "сео@example.com"}, "Jira user 7"}, // Cyrillic
		{jira.Actor{}, ""},
	} {
		by := jira.Event{Actor: c.actor}.By()
		require.Equal(t, c.want, by)
		require.False(t, c.actor.Email == "" && incident.CheckPerson("", by) == nil)
	}
}
