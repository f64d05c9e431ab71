package slacksim

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// view is a modal or the home tab of a person.
type view struct {
	ID, Hash, Kind string
	ExternalID     string
	User           string
	Raw            map[string]any

	Root, Previous string            // where it is in a stack of modals
	Entered        entries           // what the person put in
	Errors         map[string]string // what the product said is wrong, by block
}

// trigger lets the product open a view once, for three seconds
// (https://docs.slack.dev/interactivity/handling-user-interaction).
type trigger struct {
	User string
	At   time.Time
	Used bool
}

const (
	triggerLife = 3 * time.Second
	maxStack    = 3 // https://docs.slack.dev/surfaces/modals
)

func (s *Sim) newTrigger(userID string) string {
	s.state.NextID++
	id := strconv.Itoa(s.state.NextID) + ".1." + s.id("sim")
	s.state.Triggers[id] = &trigger{User: userID, At: s.clock.Now()}
	return id
}

// readView checks a view as Slack does and gives an ID to its blocks.
func (s *Sim) readView(raw []byte, kinds ...string) (*view, *refusal) {
	if len(raw) > maxView {
		return nil, refuse("view_too_large")
	}
	v := &view{}
	if json.Unmarshal(raw, &v.Raw) != nil {
		return nil, invalid("[ERROR] failed to match all allowed schemas [json-pointer:/view]")
	}
	v.Kind, v.ExternalID = str(v.Raw, "type"), str(v.Raw, "external_id")
	if !slices.Contains(kinds, v.Kind) {
		return nil, invalid("[ERROR] unsupported type: " + v.Kind + " [json-pointer:/view/type]")
	}
	if k := checkView(v.Raw); len(k.messages) > 0 {
		return nil, invalid(k.messages...)
	}
	s.nameBlocks(blocksOf(v.Raw))
	return v, nil
}

// redeem uses a trigger up.
func (s *Sim) redeem(c *call) (*trigger, *refusal) {
	t := s.state.Triggers[c.get("trigger_id")]
	switch {
	case t == nil:
		return nil, refuse("invalid_trigger_id")
	case t.Used:
		return nil, refuse("exchanged_trigger_id")
	case s.clock.Now().Sub(t.At) > triggerLife:
		return nil, refuse("expired_trigger_id")
	}
	t.Used = true
	return t, nil
}

// viewsOpen opens a first modal, in the place of those that the person had open.
func (s *Sim) viewsOpen(c *call) (fields, *refusal) {
	v, refused := s.readView([]byte(c.get("view")), "modal")
	if refused != nil {
		return nil, refused
	}
	t, refused := s.redeem(c)
	if refused != nil {
		return nil, refused
	}
	if s.twice(v) {
		return nil, refuse("duplicate_external_id")
	}
	s.closeAll(t.User)
	return s.opened(s.show(v, t.User)), nil
}

// viewsPush puts a modal on top of those that the person has open.
func (s *Sim) viewsPush(c *call) (fields, *refusal) {
	v, refused := s.readView([]byte(c.get("view")), "modal")
	if refused != nil {
		return nil, refused
	}
	t, refused := s.redeem(c)
	if refused != nil {
		return nil, refused
	}
	switch n := len(s.stack(t.User)); {
	case n == 0:
		return nil, refuse("not_found")
	case n >= maxStack:
		return nil, refuse("push_limit_reached")
	case s.twice(v):
		return nil, refuse("duplicate_external_id")
	}
	return s.opened(s.show(v, t.User)), nil
}

func (s *Sim) viewsPublish(c *call) (fields, *refusal) {
	v, refused := s.readView([]byte(c.get("view")), "home")
	if refused != nil {
		return nil, refused
	}
	userID := c.get("user_id")
	if s.state.Users[userID] == nil {
		return nil, invalid("[ERROR] user_not_found [json-pointer:/user_id]")
	}
	if old := s.homeOf(userID); old != nil {
		if hash := c.get("hash"); hash != "" && hash != old.Hash {
			return nil, refuse("hash_conflict")
		}
		s.closeView(old)
	}
	return s.opened(s.show(v, userID)), nil
}

func (s *Sim) twice(v *view) bool {
	return v.ExternalID != "" && slices.ContainsFunc(s.state.Views, func(o *view) bool { return o.ExternalID == v.ExternalID })
}

// show puts a view before a person, on top of the others.
func (s *Sim) show(v *view, userID string) *view {
	v.ID, v.User, v.Hash = s.id("V"), userID, s.ts()
	v.Root = v.ID
	if stack := s.stack(userID); v.Kind == "modal" && len(stack) > 0 {
		top := stack[len(stack)-1]
		v.Root, v.Previous = top.Root, top.ID
	}
	s.state.Views = append(s.state.Views, v)
	return v
}

func (s *Sim) opened(v *view) fields { return fields{"view": s.viewJSON(v)} }

func (s *Sim) viewsUpdate(c *call) (fields, *refusal) {
	next, refused := s.readView([]byte(c.get("view")), "modal", "home")
	if refused != nil {
		return nil, refused
	}
	i := slices.IndexFunc(s.state.Views, func(v *view) bool {
		return (c.get("view_id") != "" && v.ID == c.get("view_id")) || (c.get("external_id") != "" && v.ExternalID == c.get("external_id"))
	})
	if i < 0 {
		return nil, refuse("not_found")
	}
	v := s.state.Views[i]
	if hash := c.get("hash"); hash != "" && hash != v.Hash {
		return nil, refuse("hash_conflict")
	}
	s.change(v, next)
	return s.opened(v), nil
}

// change makes a view another one. What the person entered stays where block and action do.
func (s *Sim) change(v, next *view) {
	v.Raw, v.ExternalID, v.Errors, v.Hash = next.Raw, next.ExternalID, nil, s.ts()
}

// stack lists the modals of a person, the visible one last.
func (s *Sim) stack(userID string) []*view {
	var out []*view
	for _, v := range s.state.Views {
		if v.User == userID && v.Kind == "modal" {
			out = append(out, v)
		}
	}
	return out
}

func (s *Sim) homeOf(userID string) *view {
	i := slices.IndexFunc(s.state.Views, func(v *view) bool { return v.Kind == "home" && v.User == userID })
	if i < 0 {
		return nil
	}
	return s.state.Views[i]
}

// viewOf finds an open view of a person.
func (s *Sim) viewOf(userID, id string) *view {
	i := slices.IndexFunc(s.state.Views, func(v *view) bool { return v.ID == id && v.User == userID })
	if i < 0 {
		return nil
	}
	return s.state.Views[i]
}

func (s *Sim) closeView(v *view) {
	s.state.Views = slices.DeleteFunc(s.state.Views, func(other *view) bool { return other == v })
}

func (s *Sim) closeAll(userID string) {
	for _, v := range s.stack(userID) {
		s.closeView(v)
	}
}

func (s *Sim) viewJSON(v *view) fields {
	out := fields{}
	maps.Copy(out, v.Raw)
	for _, name := range []string{"private_metadata", "callback_id", "external_id"} {
		out[name] = str(v.Raw, name) // Slack gives them empty where they were left out
	}
	out["id"], out["hash"], out["team_id"], out["app_id"], out["bot_id"] = v.ID, v.Hash, teamID, appID, botID
	out["app_installed_team_id"], out["root_view_id"], out["previous_view_id"] = teamID, v.Root, nil
	if v.Previous != "" {
		out["previous_view_id"] = v.Previous
	}
	out["state"] = fields{"values": v.values()}
	return out
}

// blocksOf lists the blocks of a view.
func blocksOf(view map[string]any) []map[string]any {
	list, _ := view["blocks"].([]any)
	var out []map[string]any
	for _, one := range list {
		if b, ok := one.(map[string]any); ok {
			out = append(out, b)
		}
	}
	return out
}
