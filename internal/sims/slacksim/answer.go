package slacksim

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// fields is an answer's JSON object.
type fields = map[string]any

// call is one call of a method.
type call struct {
	args url.Values
	// arrived orders the call's arrival among all arrivals and creations.
	arrived int64
}

func (c *call) get(name string) string { return c.args.Get(name) }

// yes reads a boolean in any of the ways that Slack accepts.
func (c *call) yes(name string) bool {
	switch strings.ToLower(c.args.Get(name)) {
	case "1", "true", "t":
		return true
	}
	return false
}

// refusal is an answer with "ok":false.
type refusal struct {
	code     string
	messages []string
	extra    fields
}

func refuse(code string) *refusal { return &refusal{code: code} }

func invalid(messages ...string) *refusal {
	return &refusal{code: "invalid_arguments", messages: messages}
}

func (r *refusal) body() fields {
	out := fields{"ok": false, "error": r.code}
	if len(r.messages) > 0 {
		out["response_metadata"] = fields{"messages": r.messages}
	}
	maps.Copy(out, r.extra)
	return out
}

// method is one method of the Web API. It runs with the state locked.
type method struct {
	run func(*Sim, *call) (fields, *refusal)
	// scopes are the bot scopes of which one is needed; methods whose scope depends on the
	// kind of channel check it themselves.
	scopes   []string
	required []string
	tier     int // calls per minute; 0 is no limit of its own
}

// The tiers of https://docs.slack.dev/apis/web-api/rate-limits, in calls per minute.
const (
	tier2 = 20
	tier3 = 50
	tier4 = 100
)

var methods = map[string]method{
	"auth.test":             {run: (*Sim).authTest},
	"apps.connections.open": {tier: tier3}, // see Sim.connectionsOpen

	"conversations.create":     {run: (*Sim).create, tier: tier2},
	"conversations.archive":    {run: (*Sim).archive, tier: tier2, required: []string{"channel"}},
	"conversations.unarchive":  {run: (*Sim).unarchive, tier: tier2, required: []string{"channel"}},
	"conversations.rename":     {run: (*Sim).rename, tier: tier2, required: []string{"channel"}},
	"conversations.setTopic":   {run: (*Sim).setTopic, tier: tier2, required: []string{"channel"}},
	"conversations.setPurpose": {run: (*Sim).setPurpose, tier: tier2, required: []string{"channel"}},
	"conversations.invite":     {run: (*Sim).invite, tier: tier3, required: []string{"channel", "users"}},
	"conversations.kick":       {run: (*Sim).kick, tier: tier3, required: []string{"channel"}},
	"conversations.join":       {run: (*Sim).join, tier: tier3, scopes: []string{"channels:join"}, required: []string{"channel"}},
	"conversations.open":       {run: (*Sim).open, tier: tier3, scopes: []string{"im:write"}},
	"conversations.info":       {run: (*Sim).info, tier: tier3, required: []string{"channel"}},
	"conversations.list":       {run: (*Sim).list, tier: tier2},
	"conversations.members":    {run: (*Sim).members, tier: tier4, required: []string{"channel"}},
	"conversations.history":    {run: (*Sim).history, tier: tier3, required: []string{"channel"}},
	"conversations.replies":    {run: (*Sim).replies, tier: tier3, required: []string{"channel", "ts"}},

	"users.conversations":   {run: (*Sim).usersConversations, tier: tier3},
	"users.lookupByEmail":   {run: (*Sim).lookupByEmail, tier: tier3, scopes: []string{"users:read.email"}, required: []string{"email"}},
	"users.info":            {run: (*Sim).usersInfo, tier: tier4, scopes: []string{"users:read"}, required: []string{"user"}},
	"users.list":            {run: (*Sim).usersList, tier: tier2, scopes: []string{"users:read"}},
	"usergroups.list":       {run: (*Sim).groupsList, tier: tier2, scopes: []string{"usergroups:read"}},
	"usergroups.users.list": {run: (*Sim).groupUsers, tier: tier2, scopes: []string{"usergroups:read"}, required: []string{"usergroup"}},

	"chat.postMessage":   {run: (*Sim).postMessage, scopes: []string{"chat:write"}, required: []string{"channel"}},
	"chat.postEphemeral": {run: (*Sim).postEphemeral, tier: tier4, scopes: []string{"chat:write"}, required: []string{"channel", "user"}},
	"chat.update":        {run: (*Sim).update, tier: tier3, scopes: []string{"chat:write"}, required: []string{"channel", "ts"}},
	"chat.delete":        {run: (*Sim).deleteMessage, tier: tier3, scopes: []string{"chat:write"}, required: []string{"channel", "ts"}},
	"chat.getPermalink":  {run: (*Sim).permalink, required: []string{"channel", "message_ts"}},

	"pins.add":       {run: (*Sim).pinsAdd, tier: tier2, scopes: []string{"pins:write"}, required: []string{"channel"}},
	"pins.list":      {run: (*Sim).pinsList, tier: tier2, scopes: []string{"pins:read"}, required: []string{"channel"}},
	"bookmarks.add":  {run: (*Sim).bookmarksAdd, tier: tier2, scopes: []string{"bookmarks:write"}, required: []string{"channel_id", "title", "type"}},
	"bookmarks.edit": {run: (*Sim).bookmarksEdit, tier: tier2, scopes: []string{"bookmarks:write"}, required: []string{"channel_id", "bookmark_id"}},
	"bookmarks.list": {run: (*Sim).bookmarksList, tier: tier3, scopes: []string{"bookmarks:read"}, required: []string{"channel_id"}},
	"reactions.add":  {run: (*Sim).reactionsAdd, tier: tier3, scopes: []string{"reactions:write"}, required: []string{"channel", "name", "timestamp"}},
	"reactions.get":  {run: (*Sim).reactionsGet, tier: tier3, scopes: []string{"reactions:read"}, required: []string{"channel", "timestamp"}},

	"views.open":    {run: (*Sim).viewsOpen, tier: tier4, required: []string{"view"}},
	"views.push":    {run: (*Sim).viewsPush, tier: tier4, required: []string{"view"}},
	"views.update":  {run: (*Sim).viewsUpdate, tier: tier4, required: []string{"view"}},
	"views.publish": {run: (*Sim).viewsPublish, tier: tier4, required: []string{"view", "user_id"}},
}

var allScopes = []string{
	"app_mentions:read", "bookmarks:read", "bookmarks:write", "channels:history", "channels:join", "channels:manage", "channels:read",
	"chat:write", "commands", "groups:history", "groups:read", "groups:write", "im:history", "im:read", "im:write",
	"pins:read", "pins:write", "reactions:read", "reactions:write", "usergroups:read", "users:read", "users:read.email",
}

// allow refuses unless one of the scopes is granted; no scopes need none.
func (s *Sim) allow(scopes ...string) *refusal {
	for _, scope := range scopes {
		if slices.Contains(s.state.Scopes, scope) {
			return nil
		}
	}
	if len(scopes) == 0 {
		return nil
	}
	return &refusal{code: "missing_scope", extra: fields{"needed": scopes[0], "provided": strings.Join(s.state.Scopes, ",")}}
}

// arguments reads a call's arguments from query, form or JSON body.
func arguments(r *http.Request) (url.Values, error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
			if err := r.ParseMultipartForm(1 << 20); err != nil {
				return nil, fmt.Errorf("read form: %w", err)
			}
		}
		if err := r.ParseForm(); err != nil {
			return nil, fmt.Errorf("read form: %w", err)
		}
		return r.Form, nil
	}
	args := r.URL.Query()
	var object map[string]json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&object); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read arguments: %w", err)
	}
	for name, raw := range object {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		args.Set(name, text)
	}
	return args, nil
}

// paged gives one page of a list: what keep wants, from the cursor on.
func paged[T any](s *Sim, c *call, most int, list []T, keep func(T) bool) (page []T, metadata fields, refused *refusal) {
	limit, refused := s.limit(c, most)
	if refused != nil {
		return nil, nil, refused
	}
	from := 0
	if cursor := c.get("cursor"); cursor != "" {
		text, err := base64.URLEncoding.DecodeString(cursor)
		if from, _ = strconv.Atoi(string(text)); err != nil || from < 1 || from > len(list) {
			return nil, nil, refuse("invalid_cursor")
		}
	}
	page = []T{}
	at := from
	for ; at < len(list) && len(page) < limit; at++ {
		if keep == nil || keep(list[at]) {
			page = append(page, list[at])
		}
	}
	next := ""
	if at < len(list) {
		next = base64.URLEncoding.EncodeToString([]byte(strconv.Itoa(at)))
	}
	return page, fields{"next_cursor": next}, nil
}

func (s *Sim) limit(c *call, most int) (int, *refusal) {
	limit := 100
	if text := c.get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > most {
			return 0, refuse("invalid_limit")
		}
		if n > 0 {
			limit = n
		}
	}
	if s.opts.PageSize > 0 {
		limit = min(limit, s.opts.PageSize)
	}
	return limit, nil
}

// limited counts a call against its limit and says how long to wait, in seconds.
func (s *Sim) limited(name string, m method, args url.Values) string {
	if !s.opts.RateLimits {
		return ""
	}
	window, most := int64(60), m.tier
	if name == "chat.postMessage" { // one a second and channel, with short bursts
		name, window, most = name+" "+args.Get("channel"), 10, 10
	}
	if most == 0 {
		return ""
	}
	s.changed()
	now := s.clock.Now().Unix()
	count := s.state.Rates[name]
	if count.Window != now/window {
		count = rate{Window: now / window}
	}
	count.Calls++
	s.state.Rates[name] = count
	if count.Calls <= most {
		return ""
	}
	return strconv.FormatInt((count.Window+1)*window-now, 10)
}
