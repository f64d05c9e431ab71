package slack

import "slices"

// Scope is one permission that the app asks for when it is installed.
type Scope struct {
	Name string
	// Why says what does not work without it.
	Why string
	// Optional marks a scope of a feature that can be off.
	Optional bool
}

// Features are what can be left out of the app, and with it the scopes and events that only
// it needs.
type Features struct {
	Private   bool // private incidents
	Groups    bool // inviting user groups and telling them
	Reactions bool // reactions that do something
	Messages  bool // edits and deletions of messages that were captured
	Mentions  bool // declaring by a mention of the app
	Home      bool // the home tab
	Direct    bool // looking for a direct message before it is sent again
}

// AllFeatures is everything.
func AllFeatures() Features {
	return Features{Private: true, Groups: true, Reactions: true, Messages: true, Mentions: true, Home: true, Direct: true}
}

// Feature is a part of what Muster does in Slack, with what it needs there.
type Feature struct {
	Name   string
	Scopes []Scope
	Events []string
	// PrivateEvents are needed if private incidents are on too.
	PrivateEvents []string
	// on is nil for what cannot be off.
	on func(Features) bool
}

// table is the one place that says which scopes and events a feature needs. Each scope is the
// least that its methods and events accept (their pages under
// https://docs.slack.dev/reference/methods and https://docs.slack.dev/reference/events).
var table = []Feature{
	{
		Name: "commands",
		Scopes: []Scope{
			{Name: "commands", Why: "offer the slash command and the shortcuts"},
			{Name: "chat:write", Why: "post and edit messages"},
			{Name: "users:read", Why: "name people"},
			{Name: "users:read.email", Why: "find people by their e-mail addresses"},
		},
	},
	{
		Name: "incident channels",
		Scopes: []Scope{
			{Name: "channels:manage", Why: "open, furnish and archive incident channels"},
			{Name: "channels:read", Why: "find a channel again, see its topic and members"},
			{Name: "channels:history", Why: "find a message again instead of posting it twice"},
			{Name: "channels:join", Why: "come back into a channel that the app was removed from"},
			{Name: "pins:write", Why: "pin the board"},
			{Name: "bookmarks:read", Why: "see which links a channel has"},
			{Name: "bookmarks:write", Why: "put links at the top of a channel"},
		},
		Events: []string{"member_joined_channel", "channel_archive", "channel_unarchive", "channel_deleted", "channel_rename"},
	},
	{
		Name: "private incidents", on: func(f Features) bool { return f.Private },
		Scopes: []Scope{
			{Name: "groups:write", Why: "open private incident channels"},
			{Name: "groups:read", Why: "find a private channel again"},
			{Name: "groups:history", Why: "find a message in a private channel again"},
		},
		Events: []string{"group_archive", "group_unarchive", "group_deleted", "group_rename"},
	},
	{
		Name: "user groups", on: func(f Features) bool { return f.Groups },
		Scopes: []Scope{{Name: "usergroups:read", Why: "invite and tell a team"}},
	},
	{
		Name: "reactions", on: func(f Features) bool { return f.Reactions },
		Scopes: []Scope{{Name: "reactions:read", Why: "take a reaction as a command"}},
		Events: []string{"reaction_added"},
	},
	{
		Name: "captured messages", on: func(f Features) bool { return f.Messages },
		Events: []string{"message.channels"}, PrivateEvents: []string{"message.groups"},
	},
	{
		Name: "mentions", on: func(f Features) bool { return f.Mentions },
		Scopes: []Scope{{Name: "app_mentions:read", Why: "take a mention of the app as a command"}},
		Events: []string{"app_mention"},
	},
	{
		Name: "home tab", on: func(f Features) bool { return f.Home },
		Events: []string{"app_home_opened"},
	},
	{
		Name: "direct messages once", on: func(f Features) bool { return f.Direct },
		Scopes: []Scope{
			{Name: "im:write", Why: "find the direct messages with a person"},
			{Name: "im:history", Why: "find a direct message again instead of sending it twice"},
		},
	},
}

// List gives the features that are on, those that cannot be off included.
func (f Features) List() []Feature {
	var on []Feature
	for _, t := range table {
		if t.on != nil && !t.on(f) {
			continue
		}
		t.Scopes, t.Events = slices.Clone(t.Scopes), slices.Clone(t.Events)
		for i := range t.Scopes {
			t.Scopes[i].Optional = t.on != nil
		}
		if f.Private {
			t.Events = append(t.Events, t.PrivateEvents...)
		}
		on = append(on, t)
	}
	return on
}

// Scopes lists the bot scopes of the features that are on.
func (f Features) Scopes() []Scope {
	var all []Scope
	for _, feature := range f.List() {
		all = append(all, feature.Scopes...)
	}
	return all
}

// Events lists the events of the features that are on, sorted.
func (f Features) Events() []string {
	var all []string
	for _, feature := range f.List() {
		all = append(all, feature.Events...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Scopes lists the bot scopes that Muster uses with everything on.
func Scopes() []Scope { return AllFeatures().Scopes() }

func missing(granted []string) []Scope {
	return slices.DeleteFunc(Scopes(), func(s Scope) bool { return slices.Contains(granted, s.Name) })
}

// FeatureOff is a feature that does not work, or not wholly, for want of a scope.
type FeatureOff struct {
	Feature, Scope string
	// Why says what the scope is for.
	Why string
}

// Missing says what does not work with the scopes that were granted, of what is on.
func Missing(granted []string, f Features) []FeatureOff {
	var off []FeatureOff
	for _, feature := range f.List() {
		for _, s := range feature.Scopes {
			if !slices.Contains(granted, s.Name) {
				off = append(off, FeatureOff{Feature: feature.Name, Scope: s.Name, Why: s.Why})
			}
		}
	}
	return off
}

// Unneeded are the granted scopes that nothing of what is on needs, sorted.
func Unneeded(granted []string, f Features) []string {
	needed := f.Scopes()
	extra := slices.DeleteFunc(slices.Clone(granted), func(g string) bool {
		return g == "" || slices.ContainsFunc(needed, func(s Scope) bool { return s.Name == g })
	})
	slices.Sort(extra)
	return slices.Compact(extra)
}
