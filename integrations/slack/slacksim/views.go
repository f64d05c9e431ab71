package slacksim

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// view is a modal or the home tab of a person.
type view struct {
	id, hash, kind string
	externalID     string
	user           string
	raw            map[string]any
}

// trigger lets the product open a view once, for three seconds
// (https://docs.slack.dev/interactivity/handling-user-interaction).
type trigger struct {
	user string
	at   time.Time
	used bool
}

const (
	triggerLife = 3 * time.Second
	maxView     = 250_000
)

func (s *Sim) newTrigger(userID string) string {
	s.state.nextID++
	id := strconv.Itoa(s.state.nextID) + ".1." + s.id("sim")
	s.state.triggers[id] = &trigger{user: userID, at: s.clock.Now()}
	return id
}

// readView checks the argument view.
func (s *Sim) readView(c *call, kinds ...string) (*view, *refusal) {
	raw := c.get("view")
	if len(raw) > maxView {
		return nil, refuse("view_too_large")
	}
	v := &view{}
	if json.Unmarshal([]byte(raw), &v.raw) != nil {
		return nil, invalid("[ERROR] failed to match all allowed schemas [json-pointer:/view]")
	}
	v.kind, _ = v.raw["type"].(string)
	v.externalID, _ = v.raw["external_id"].(string)
	if !slices.Contains(kinds, v.kind) {
		return nil, invalid("[ERROR] unsupported type: " + v.kind + " [json-pointer:/view/type]")
	}
	title, _ := v.raw["title"].(map[string]any)
	text, _ := title["text"].(string)
	if v.kind == "modal" && (text == "" || utf8.RuneCountInString(text) > 24) {
		return nil, invalid("[ERROR] must be between 1 and 24 characters [json-pointer:/view/title/text]")
	}
	if blocks, _ := v.raw["blocks"].([]any); len(blocks) > 100 {
		return nil, invalid("[ERROR] no more than 100 items allowed [json-pointer:/view/blocks]")
	}
	return v, nil
}

// redeem uses a trigger up.
func (s *Sim) redeem(c *call) (*trigger, *refusal) {
	t := s.state.triggers[c.get("trigger_id")]
	switch {
	case t == nil:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case s.clock.Now().Sub(t.at) > triggerLife:
		return nil, refuse("expired_trigger_id")
	}
	t.used = true
	return t, nil
}

func (s *Sim) viewsOpen(c *call) (fields, *refusal) {
	v, refused := s.readView(c, "modal")
	if refused != nil {
		return nil, refused
	}
	t, refused := s.redeem(c)
	if refused != nil {
		return nil, refused
	}
	return s.show(v, t.user)
}

func (s *Sim) viewsPush(c *call) (fields, *refusal) { return s.viewsOpen(c) }

func (s *Sim) viewsPublish(c *call) (fields, *refusal) {
	v, refused := s.readView(c, "home")
	if refused != nil {
		return nil, refused
	}
	userID := c.get("user_id")
	if s.state.users[userID] == nil {
		return nil, invalid("[ERROR] user_not_found [json-pointer:/user_id]")
	}
	s.state.views = slices.DeleteFunc(s.state.views, func(old *view) bool { return old.kind == "home" && old.user == userID })
	return s.show(v, userID)
}

func (s *Sim) show(v *view, userID string) (fields, *refusal) {
	if v.externalID != "" && slices.ContainsFunc(s.state.views, func(o *view) bool { return o.externalID == v.externalID }) {
		return nil, refuse("duplicate_external_id")
	}
	v.id, v.user = s.id("V"), userID
	s.state.views = append(s.state.views, v)
	return s.shownView(v), nil
}

func (s *Sim) viewsUpdate(c *call) (fields, *refusal) {
	next, refused := s.readView(c, "modal", "home")
	if refused != nil {
		return nil, refused
	}
	i := slices.IndexFunc(s.state.views, func(v *view) bool {
		return (c.get("view_id") != "" && v.id == c.get("view_id")) || (c.get("external_id") != "" && v.externalID == c.get("external_id"))
	})
	if i < 0 {
		return nil, refuse("not_found")
	}
	v := s.state.views[i]
	if hash := c.get("hash"); hash != "" && hash != v.hash {
		return nil, refuse("hash_conflict")
	}
	v.raw = next.raw
	return s.shownView(v), nil
}

// shownView gives a view its next hash and answers it.
func (s *Sim) shownView(v *view) fields {
	v.hash = s.ts()
	return fields{"view": s.viewJSON(v)}
}

func (s *Sim) viewJSON(v *view) fields {
	out := fields{}
	maps.Copy(out, v.raw)
	out["id"], out["hash"], out["team_id"], out["app_id"], out["bot_id"], out["root_view_id"] = v.id, v.hash, teamID, appID, botID, v.id
	if out["state"] == nil {
		out["state"] = fields{"values": fields{}}
	}
	return out
}
