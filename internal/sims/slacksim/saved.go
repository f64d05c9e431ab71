package slacksim

import "time"

// savedFormat grows by one when an older file can no longer be read.
const savedFormat = "slacksim/1"

// saved is the workspace as a file keeps it: everything of state but what can be worked out
// from the rest, and but our own address, which may be another in the next run. The log, the
// unexpected requests, the faults and the deliveries belong to a run and not to the workspace.
type saved struct {
	Scopes     []string                  `json:"scopes"`
	Revoked    string                    `json:"revoked,omitempty"`
	NoTwins    bool                      `json:"no_twins,omitempty"`
	NextID     int                       `json:"next_id"`
	LastTS     int64                     `json:"last_ts"`
	Users      []savedUser               `json:"users"`
	Groups     []savedGroup              `json:"groups,omitempty"`
	Channels   []savedChannel            `json:"channels"`         // in the order in which they were made
	Direct     []savedChannel            `json:"direct,omitempty"` // by ID
	Names      map[string][]string       `json:"names"`            // a renamed channel is not in the order of creation
	Of         map[string][]string       `json:"of"`               // neither are the channels that somebody joined
	Ephemerals []savedMessage            `json:"ephemerals,omitempty"`
	Views      []savedView               `json:"views,omitempty"`
	Triggers   map[string]savedTrigger   `json:"triggers,omitempty"`
	Responses  map[string]savedResponse  `json:"responses,omitempty"`
	Rates      map[string]savedRateCount `json:"rates,omitempty"`
}

type savedUser struct {
	ID      string `json:"id"`
	Email   string `json:"email,omitempty"`
	Name    string `json:"name"`
	Bot     bool   `json:"bot,omitempty"`
	Deleted bool   `json:"deleted,omitempty"`

	Hidden   bool `json:"hidden,omitempty"`
	Stranger bool `json:"stranger,omitempty"`
}

type savedGroup struct {
	ID     string   `json:"id"`
	Handle string   `json:"handle"`
	Users  []string `json:"users"`
}

type savedChannel struct {
	ID        string          `json:"id"`
	Name      string          `json:"name,omitempty"`
	Private   bool            `json:"private,omitempty"`
	Direct    string          `json:"direct,omitempty"`
	Archived  bool            `json:"archived,omitempty"`
	Creator   string          `json:"creator"`
	Created   time.Time       `json:"created"`
	Topic     string          `json:"topic,omitempty"`
	Purpose   string          `json:"purpose,omitempty"`
	Members   []string        `json:"members"`
	Previous  []string        `json:"previous"`
	Messages  []savedMessage  `json:"messages,omitempty"`
	Pins      []string        `json:"pins,omitempty"`
	Bookmarks []savedBookmark `json:"bookmarks,omitempty"`
}

type savedMessage struct {
	Channel   string          `json:"channel,omitempty"` // of an ephemeral message
	TS        string          `json:"ts"`
	Thread    string          `json:"thread,omitempty"`
	User      string          `json:"user"`
	BotID     string          `json:"bot_id,omitempty"`
	Subtype   string          `json:"subtype,omitempty"`
	Text      string          `json:"text,omitempty"`
	Blocks    string          `json:"blocks,omitempty"` // to the byte, which JSON within JSON would not be
	Buttons   []Button        `json:"buttons,omitempty"`
	Metadata  *metadata       `json:"metadata,omitempty"`
	Edited    bool            `json:"edited,omitempty"`
	EditedTS  string          `json:"edited_ts,omitempty"`
	Deleted   bool            `json:"deleted,omitempty"`
	Replies   []savedMessage  `json:"replies,omitempty"`
	Reactions []savedReaction `json:"reactions,omitempty"`
}

type savedReaction struct {
	Name  string   `json:"name"`
	Users []string `json:"users"`
}

type savedBookmark struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Link    string `json:"link"`
	Emoji   string `json:"emoji,omitempty"`
	Created int64  `json:"created"`
	Updated int64  `json:"updated,omitempty"`
}

type savedView struct {
	ID         string         `json:"id"`
	Hash       string         `json:"hash"`
	Kind       string         `json:"kind"`
	ExternalID string         `json:"external_id,omitempty"`
	User       string         `json:"user"`
	Raw        map[string]any `json:"raw"`

	Root     string            `json:"root,omitempty"`
	Previous string            `json:"previous,omitempty"`
	Entered  entries           `json:"entered,omitempty"`
	Errors   map[string]string `json:"errors,omitempty"`
}

type savedTrigger struct {
	User string    `json:"user"`
	At   time.Time `json:"at"`
	Used bool      `json:"used,omitempty"`
}

type savedResponse struct {
	User  string    `json:"user"`
	Where string    `json:"where"`
	Made  time.Time `json:"made"`
	Uses  int       `json:"uses,omitempty"`
	From  string    `json:"from,omitempty"` // the message's ts
}

type savedRateCount struct {
	Window int64 `json:"window"`
	Calls  int   `json:"calls"`
}
