package slacksim

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// View is a modal or a home tab as a person sees it.
type View struct {
	ID         string          `json:"id"`
	Hash       string          `json:"hash"`
	CallbackID string          `json:"callback_id"`
	Kind       string          `json:"kind"`   // modal or home
	Person     string          `json:"person"` // e-mail address
	Title      string          `json:"title"`
	Submit     string          `json:"submit,omitempty"` // the labels of the two buttons below a modal
	Close      string          `json:"close,omitempty"`
	Blocks     json.RawMessage `json:"blocks"`
	Meta       string          `json:"private_metadata,omitempty"`
	// Errors is what the product said is wrong, by block_id.
	Errors  map[string]string `json:"errors,omitempty"`
	Buttons []Button          `json:"buttons"`
	Fields  []Input           `json:"inputs"`
}

// Inputs are what the person can fill in, with what is in them now.
func (v View) Inputs() []Input { return v.Fields }

// Input finds an input by its block_id, action_id or label.
func (v View) Input(name string) (Input, bool) {
	i := slices.IndexFunc(v.Fields, func(f Input) bool { return f.Block == name || f.Action == name || f.Label == name })
	if i < 0 {
		return Input{}, false
	}
	return v.Fields[i], true
}

// Shown is all that the view says, a line for each piece: title, texts, labels and hints,
// options, and what is wrong.
func (v View) Shown() string {
	lines := []string{}
	if v.Title != "" {
		lines = append(lines, v.Title)
	}
	if text := shown(v.Blocks); text != "" {
		lines = append(lines, text)
	}
	for _, f := range v.Fields {
		for _, o := range f.Options {
			lines = append(lines, strings.TrimSpace(o.Text+" "+o.Description))
		}
	}
	for _, block := range slices.Sorted(maps.Keys(v.Errors)) {
		lines = append(lines, v.Errors[block])
	}
	return strings.Join(lines, "\n")
}

// Button finds a button by its label or its action; of several of one action the first.
func (v View) Button(labelOrAction string) (Button, bool) {
	return Message{Buttons: v.Buttons}.Button(labelOrAction)
}

func (s *Sim) seeView(v *view) View {
	blocks, _ := json.Marshal(blocksOf(v.Raw)) // they came as JSON
	out := View{
		ID: v.ID, Hash: v.Hash, CallbackID: str(v.Raw, "callback_id"), Kind: v.Kind, Person: s.who(v.User),
		Title: textOf(v.Raw["title"]), Submit: textOf(v.Raw["submit"]), Close: textOf(v.Raw["close"]), Blocks: blocks,
		Meta: str(v.Raw, "private_metadata"), Errors: maps.Clone(v.Errors), Buttons: []Button{}, Fields: s.inputs(v),
	}
	for _, b := range buttonsOf(blocksOf(v.Raw)) {
		b.View = v.ID
		out.Buttons = append(out.Buttons, b)
	}
	return out
}

// Modal is the modal that the person sees, the top one of a stack.
func (p *Person) Modal() (View, bool) {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	stack := p.sim.stack(p.ID)
	if len(stack) == 0 {
		return View{}, false
	}
	return p.sim.seeView(stack[len(stack)-1]), true
}

// Home is the home tab that was last published for the person.
func (p *Person) Home() (View, bool) {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	v := p.sim.homeOf(p.ID)
	if v == nil {
		return View{}, false
	}
	return p.sim.seeView(v), true
}

// OpensHome opens the app's home tab; what the product publishes then is Home.
func (p *Person) OpensHome() error {
	s := p.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	event := fields{"user": p.ID, "channel": s.conversation(p.user).ID, "tab": "home"}
	if v := s.homeOf(p.ID); v != nil {
		event["view"] = s.viewJSON(v)
	}
	s.event("app_home_opened", nil, event)
	return nil
}

// Fills puts values into a view without sending it; see Submits.
func (p *Person) Fills(v View, values map[string]string) error {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	open := p.sim.viewOf(p.ID, v.ID)
	if open == nil {
		return errors.New("the form is not open")
	}
	p.sim.changed()
	return p.sim.fill(open, values)
}

func (s *Sim) fill(v *view, values map[string]string) error {
	known := map[string]bool{}
	var wrong error
	held(blocksOf(v.Raw), func(b, e map[string]any) {
		id := str(b, "block_id") + "/" + str(e, "action_id")
		text, given := values[id]
		if !given {
			id = str(b, "block_id")
			text, given = values[id]
		}
		if !given {
			return
		}
		known[id] = true
		value, err := s.read(e, text)
		if err != nil {
			wrong = errors.Join(wrong, fmt.Errorf("%s: %w", id, err))
			return
		}
		v.enter(b, e, value)
	})
	for _, id := range slices.Sorted(maps.Keys(values)) {
		if !known[id] {
			wrong = errors.Join(wrong, fmt.Errorf("%s: the form has no such input", id))
		}
	}
	return wrong
}

// Submits fills in a modal and submits it, as Slack's client does: what was there stays unless
// values says otherwise, and what is missing or too long is refused before the product hears
// of it. Values are by block_id, or by block_id/action_id where a block has several: texts, option values, e-mail addresses of people, channels by
// name or ID, dates as 2026-01-02, moments in Unix seconds; several are separated by commas.
//
// The product's answer closes the modal, changes it, or says what is wrong: see Modal. With
// any other answer, or none, the modal stays and can be submitted again.
func (p *Person) Submits(v View, values map[string]string) (Reply, error) {
	payload, err := p.submission(v, values)
	if err != nil {
		return Reply{}, err
	}
	reply, err := p.sim.interaction(payload)
	if err != nil || reply.Status != http.StatusOK {
		return reply, err
	}
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	p.sim.changed()
	if open := p.sim.viewOf(p.ID, v.ID); open != nil {
		p.sim.respond(open, reply.Body)
	}
	return reply, nil
}

func (p *Person) submission(v View, values map[string]string) (fields, error) {
	s := p.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.viewOf(p.ID, v.ID)
	switch {
	case open == nil:
		return nil, errors.New("the form is not open")
	case open.Kind != "modal" || open.Raw["submit"] == nil:
		return nil, errors.New("the view has no button to submit it")
	}
	s.changed()
	wrong := s.fill(open, values)
	held(blocksOf(open.Raw), func(b, e map[string]any) {
		if b["type"] != "input" {
			return
		}
		if err := complaint(b, e, open.value(b, e)); err != nil {
			wrong = errors.Join(wrong, fmt.Errorf("%s: %w", str(b, "block_id"), err))
		}
	})
	if wrong != nil {
		return nil, wrong
	}
	return s.payload(p, "view_submission", fields{"view": s.viewJSON(open), "response_urls": []fields{}}), nil
}

// respond does with a submitted modal what the product answered.
func (s *Sim) respond(v *view, body string) {
	var answer struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	if strings.TrimSpace(body) != "" && json.Unmarshal([]byte(body), &answer) != nil {
		s.misanswered("it is no JSON: " + body)
		return
	}
	switch answer.Action {
	case "":
		s.closeView(v)
	case "clear":
		s.closeAll(v.User)
	case "errors":
		s.refused(v, answer.Errors)
	case "update", "push":
		next, refused := s.readView(answer.View, "modal")
		switch {
		case refused != nil:
			s.misanswered(fmt.Sprint(refused.code, refused.messages))
		case answer.Action == "update":
			s.change(v, next)
		case len(s.stack(v.User)) >= maxStack:
			s.misanswered("push_limit_reached")
		default:
			v.Errors = nil
			s.show(next, v.User)
		}
	default:
		s.misanswered("there is no response_action " + answer.Action)
	}
}

// refused shows what is wrong below the inputs; what belongs to none of them nobody sees.
func (s *Sim) refused(v *view, wrong map[string]string) {
	inputs := map[string]bool{}
	for _, b := range blocksOf(v.Raw) {
		inputs[str(b, "block_id")] = b["type"] == "input"
	}
	v.Errors = map[string]string{}
	for block, text := range wrong {
		if !inputs[block] {
			s.misanswered("an error for the block " + block + ", which is no input: " + text)
			continue
		}
		v.Errors[block] = text
	}
	if len(wrong) == 0 {
		s.misanswered("response_action errors without errors")
	}
}

func (s *Sim) misanswered(why string) {
	s.unexpected.Add("an answer to a submitted form that Slack does not understand:", why)
}

// Chooses picks something in a view: in a select, radio buttons or a menu, by action_id. The
// product hears of it unless it is part of a form that is submitted as a whole.
func (p *Person) Chooses(v View, actionID, value string) (Reply, error) {
	action, silent, err := p.choice(v, actionID, value)
	if err != nil || silent {
		return Reply{}, err
	}
	return p.acts(place{view: v.ID}, action)
}

func (p *Person) choice(v View, actionID, value string) (action fields, silent bool, err error) {
	s := p.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.viewOf(p.ID, v.ID)
	if open == nil {
		return nil, false, errors.New("the view is not open")
	}
	block, element := find(blocksOf(open.Raw), actionID)
	if element == nil {
		return nil, false, fmt.Errorf("the view has nothing to choose from with the action %q", actionID)
	}
	chosen, err := s.read(element, value)
	if err != nil {
		return nil, false, err
	}
	s.changed()
	if element["type"] != "overflow" {
		open.enter(block, element, chosen)
	}
	dispatches, _ := block["dispatch_action"].(bool)
	return chosenAction(block, element, chosen), block["type"] == "input" && !dispatches, nil
}

// ChoosesIn picks something in a message.
func (p *Person) ChoosesIn(m Message, actionID, value string) (Reply, error) {
	var blocks []map[string]any
	if len(m.Blocks) > 0 {
		if err := json.Unmarshal(m.Blocks, &blocks); err != nil {
			return Reply{}, fmt.Errorf("read blocks: %w", err)
		}
	}
	block, element := find(blocks, actionID)
	if element == nil {
		return Reply{}, fmt.Errorf("the message has nothing to choose from with the action %q", actionID)
	}
	p.sim.mu.Lock()
	chosen, err := p.sim.read(element, value)
	p.sim.mu.Unlock()
	if err != nil {
		return Reply{}, err
	}
	return p.acts(place{channel: m.Channel, ts: m.TS}, chosenAction(block, element, chosen))
}

func chosenAction(block, element map[string]any, chosen any) fields {
	kind := str(element, "type")
	return fields{"type": kind, "action_id": str(element, "action_id"), "block_id": str(block, "block_id"), holders[kind].key: chosen}
}

// find finds an element that holds a value.
func find(blocks []map[string]any, actionID string) (block, element map[string]any) {
	for _, b := range blocks {
		for _, e := range elementsOf(b) {
			if str(e, "action_id") == actionID && holders[str(e, "type")].key != "" {
				return b, e
			}
		}
	}
	return nil, nil
}

// ClosesModal closes the modal that the person sees without submitting it; the product hears
// of it if the view asked for that.
func (p *Person) ClosesModal() (Reply, error) {
	s := p.sim
	s.mu.Lock()
	stack := s.stack(p.ID)
	if len(stack) == 0 {
		s.mu.Unlock()
		return Reply{}, errors.New("no modal is open")
	}
	v := stack[len(stack)-1]
	all, _ := v.Raw["clear_on_close"].(bool)
	notify, _ := v.Raw["notify_on_close"].(bool)
	payload := s.payload(p, "view_closed", fields{"view": s.viewJSON(v), "is_cleared": all})
	delete(payload, "trigger_id")
	if s.closeView(v); all {
		s.closeAll(p.ID)
	}
	s.mu.Unlock()
	if !notify {
		return Reply{}, nil
	}
	return s.interaction(payload)
}
