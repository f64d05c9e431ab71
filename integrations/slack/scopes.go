package slack

import "slices"

// Scope is one permission that the app asks for when it is installed.
type Scope struct {
	Name string
	// Why says what does not work without it.
	Why string
	// Optional marks a scope that only private incidents need.
	Optional bool
}

// Scopes lists the bot scopes that Muster uses, for the app's manifest and for the doctor.
// Each is the least that the methods it names accept (the bot scopes on their pages under
// https://docs.slack.dev/reference/methods).
func Scopes() []Scope {
	return []Scope{
		{Name: "channels:manage", Why: "open, furnish and archive incident channels"},
		{Name: "channels:read", Why: "find a channel again, see its topic and members"},
		{Name: "channels:history", Why: "find a message again instead of posting it twice"},
		{Name: "channels:join", Why: "come back into a channel that the app was removed from"},
		{Name: "chat:write", Why: "post and edit messages"},
		{Name: "pins:write", Why: "pin the board"},
		{Name: "bookmarks:read", Why: "see which links a channel has"},
		{Name: "bookmarks:write", Why: "put links at the top of a channel"},
		{Name: "reactions:read", Why: "take a reaction as a command"},
		{Name: "users:read", Why: "name people"},
		{Name: "users:read.email", Why: "find people by their e-mail addresses"},
		{Name: "usergroups:read", Why: "invite a team"},
		{Name: "commands", Why: "offer the slash command"},
		{Name: "groups:write", Why: "open private incident channels", Optional: true},
		{Name: "groups:read", Why: "find a private channel again", Optional: true},
		{Name: "groups:history", Why: "find a message in a private channel again", Optional: true},
	}
}

func missing(granted []string) []Scope {
	return slices.DeleteFunc(Scopes(), func(s Scope) bool { return slices.Contains(granted, s.Name) })
}
