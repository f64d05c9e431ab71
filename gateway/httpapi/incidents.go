package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/gateway/incidents"
	"muster/gateway/internal/answer"
	"muster/gateway/rates"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
)

// KeyHeader makes a request idempotent: sent again with the same key, it happens once.
const KeyHeader = "Idempotency-Key"

// declareTimeout bounds a declaration; the caller tries again with the same key.
const declareTimeout = 30 * time.Second

// maxKey leaves room for the caller's name in front of the key.
const maxKey = 150

// declared answers a declaration.
type declared struct {
	Key    string `json:"key"`
	Number int    `json:"number"`
	// Existing is true when the key or the alert key had an incident already.
	Existing bool `json:"existing"`
	// Waking says who is being woken.
	Waking *incident.Waking `json:"waking,omitempty"`
	Links  []incident.Link  `json:"links"`
	// FromTitle is what was read out of the title, since nothing was said of it.
	FromTitle *playbook.Taken `json:"from_title,omitempty"`
}

func (s *server) declare(w http.ResponseWriter, r *http.Request, by Caller) error {
	key, err := idempotencyKey(w, r, by, api.DeclareUpdate)
	if err != nil {
		return err
	}
	d, err := declarationOf(w, r)
	if err != nil {
		return err
	}
	if d.Actor != (incident.Actor{}) {
		return actorGiven()
	}
	if field, person := d.InNameOf(); person != "" {
		if err := incident.CheckOwn(by.Actor, field, person); err != nil {
			return err
		}
	}
	d.Actor = by.Actor
	d, taken := s.Incidents.ReadTitle(d)
	if err := s.Rates.Take(by.rated(), rates.Declaring(d.Severity)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), declareTimeout)
	defer cancel()
	res, err := s.Incidents.Declare(ctx, key, d)
	if err != nil {
		return err
	}
	if res.Held {
		if err := s.Incidents.MayCommand(ctx, res.Number, by.viewer()); err != nil {
			return heldBy(w, err)
		}
	}
	path := "/v1/incidents/" + res.Key
	w.Header().Set("Location", path)
	status := http.StatusCreated
	if res.Existing {
		status = http.StatusOK
	}
	links := []incident.Link{{Label: res.Key, URL: path}}
	if u := s.Incidents.WebURL(res.Key); u != "" {
		links = append(links, incident.Link{Label: "Temporal", URL: u})
	}
	out := declared{Key: res.Key, Number: res.Number, Existing: res.Existing, Waking: res.Waking, Links: links}
	if taken.Some() && !res.Existing {
		out.FromTitle = &taken
	}
	answer.JSON(w, status, out)
	return nil
}

// declarationOf reads a declaration. Of a time that is given it is told from one that is left out: the
// year 1, which programs write for none, is neither.
func declarationOf(w http.ResponseWriter, r *http.Request) (incident.Declaration, error) {
	var d struct {
		incident.Declaration
		StartedAt  *time.Time `json:"started_at"`
		ResolvedAt *time.Time `json:"resolved_at"`
	}
	if err := decode(w, r, &d); err != nil {
		return d.Declaration, err
	}
	for _, given := range []struct {
		field    string
		at, into *time.Time
	}{{incident.FieldStarted, d.StartedAt, &d.Declaration.StartedAt}, {incident.FieldResolved, d.ResolvedAt, &d.Declaration.ResolvedAt}} {
		if given.at == nil {
			continue
		}
		if err := incident.CheckEra(given.field, *given.at); err != nil {
			return d.Declaration, err
		}
		*given.into = *given.at
	}
	return d.Declaration, nil
}

// held answers a declaration whose alert key an incident holds that the caller may not see: it was
// told of the alert, as any other would have been, and nothing of it is told.
type held struct {
	Existing bool `json:"existing"`
	Hidden   bool `json:"hidden"`
}

// heldBy answers so if err says that the incident is not there for the caller.
func heldBy(w http.ResponseWriter, err error) error {
	if p, ok := incident.AsProblem(err); !ok || p.Code != incident.CodeNotFound {
		return err
	}
	answer.JSON(w, http.StatusOK, held{Existing: true, Hidden: true})
	return nil
}

// shown is an incident with its key and where its workflow can be looked at.
type shown struct {
	Key         string `json:"key"`
	WorkflowURL string `json:"workflow_url,omitempty"`
	// Waking says who is being woken.
	Waking incident.Waking `json:"waking"`
	// Source is who has answered: temporal or archive.
	Source incidents.Source `json:"source"`
	// Note says in a line how old the answer may be.
	Note string `json:"note,omitempty"`
	incident.Incident
}

func (s *server) show(w http.ResponseWriter, r *http.Request, by Caller) error {
	number, err := incident.ParseKey(r.PathValue("incident"))
	if err != nil {
		return err
	}
	i, err := s.Incidents.Show(r.Context(), number, by.viewer())
	if err != nil {
		return err
	}
	answer.JSON(w, http.StatusOK, shown{
		Key: i.Key(), WorkflowURL: s.Incidents.WebURL(i.Key()), Waking: s.Incidents.Waking(&i.Incident), Source: i.Source, Note: i.Note, Incident: i.Incident,
	})
	return nil
}

// listed answers a list.
type listed struct {
	Incidents     []incidents.Listed `json:"incidents"`
	NextPageToken string             `json:"next_page_token"`
	// Source is who has answered: temporal or archive.
	Source incidents.Source `json:"source"`
	// Note says in a line what is lacking or how old it may be.
	Note string `json:"note,omitempty"`
}

func (s *server) list(w http.ResponseWriter, r *http.Request, by Caller) error {
	f, err := filterOf(r.URL.Query())
	if err != nil {
		return err
	}
	f.Viewer = by.viewer()
	list, err := s.Incidents.List(r.Context(), f)
	if err != nil {
		return err
	}
	if list.Incidents == nil {
		list.Incidents = []incidents.Listed{}
	}
	answer.JSON(w, http.StatusOK, listed(list))
	return nil
}

// filterOf reads a filter. A parameter that is not known is refused: a list that ignored a
// misspelt one would show too much and look right.
func filterOf(q url.Values) (incidents.Filter, error) {
	f := incidents.Filter{Service: q.Get("service"), PageToken: q.Get("page_token")}
	for name := range q {
		if !slices.Contains([]string{"status", "severity", "service", "all", "limit", "page_token"}, name) {
			return f, answer.Invalid(name, "is no filter", "use status, severity, service, all, limit or page_token")
		}
	}
	for _, v := range q["status"] {
		for name := range strings.SplitSeq(v, ",") {
			st, err := incident.ParseStatus(name)
			if err != nil {
				return f, err
			}
			f.Statuses = append(f.Statuses, st)
		}
	}
	var err error
	if f.All, err = yes(q, "all"); err != nil {
		return f, err
	}
	severity, err := number(q, "severity")
	if err != nil {
		return f, err
	}
	f.Severity = incident.Severity(severity)
	f.Limit, err = number(q, "limit")
	return f, err
}

func number(q url.Values, name string) (int, error) {
	v := q.Get(name)
	if v == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		return 0, answer.Invalid(name, "is no number from 1 on", "write it like "+name+"=1")
	}
	return n, nil
}

// commanded answers a command that was applied.
type commanded struct {
	Key string `json:"key"`
	incident.Result
}

// recorded answers a command that will be applied as soon as a worker takes it.
type recorded struct {
	Key       string `json:"key"`
	Recorded  bool   `json:"recorded"`
	CommandID string `json:"command_id"`
}

func (s *server) command(spec incidents.Spec) handler {
	return func(w http.ResponseWriter, r *http.Request, by Caller) error {
		number, err := incident.ParseKey(r.PathValue("incident"))
		if err != nil {
			return err
		}
		cmd, err := commandOf(w, r, by, spec)
		if err != nil {
			return err
		}
		if deed, bounded := rates.Of(spec.Name); bounded {
			if err := s.Rates.Take(by.rated(), deed); err != nil {
				return err
			}
		}
		if err := s.mayCommand(r.Context(), number, cmd, by.viewer()); err != nil {
			return err
		}
		out, err := s.Incidents.Command(r.Context(), number, spec.Name, cmd)
		switch {
		case err != nil:
			return err
		case out.Recorded:
			answer.JSON(w, http.StatusAccepted, recorded{Key: incident.Key(number), Recorded: true, CommandID: out.CommandID})
		default:
			answer.JSON(w, http.StatusOK, commanded{Key: incident.Key(number), Result: out.Result})
		}
		return nil
	}
}

// commandOf reads a command, and says who gives it and under which ID.
func commandOf(w http.ResponseWriter, r *http.Request, by Caller, spec incidents.Spec) (incident.Command, error) {
	id, err := idempotencyKey(w, r, by, spec.Name)
	if err != nil {
		return nil, err
	}
	cmd := spec.New()
	if err := decode(w, r, cmd); err != nil {
		return nil, err
	}
	if cmd.Head() != (incident.Meta{}) {
		return nil, actorGiven()
	}
	if s, ok := cmd.(incident.Speaker); ok {
		field, person := s.InNameOf()
		if err := incident.CheckOwn(by.Actor, field, person); err != nil {
			return nil, err
		}
	}
	if err := numbered(cmd, r.PathValue("number")); err != nil {
		return nil, err
	}
	return spec.Stamp(cmd, incident.Meta{CommandID: id, Actor: by.Actor})
}

// mayCommand asks whether the caller sees the incident; what is not seen is not merged into either.
func (s *server) mayCommand(ctx context.Context, number int, cmd incident.Command, v incidents.Viewer) error {
	if err := s.Incidents.MayCommand(ctx, number, v); err != nil {
		return err
	}
	if m, ok := cmd.(incident.Merge); ok && m.Into > 0 {
		return s.Incidents.MayCommand(ctx, m.Into, v)
	}
	return nil
}

// numbered puts the number of a follow-up from the path into the command.
func numbered(cmd incident.Command, number string) error {
	var at *int
	switch c := cmd.(type) {
	case *incident.ChangeFollowUp:
		at = &c.Number
	case *incident.MergeFollowUp:
		at = &c.Number
	case *incident.SnoozeFollowUp:
		at = &c.Number
	default:
		return nil
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		return answer.Invalid("number", "is no number of a follow-up", "write it like /follow-ups/1")
	}
	if *at != 0 && *at != n {
		return answer.Invalid("number", "is another one than in the path", "leave it out")
	}
	*at = n
	return nil
}

// idempotencyKey reads the caller's key, or makes one; the answer's header says which it is, so
// that also a caller who sent none can ask again. The caller's name and what is asked are put in
// front: two callers that count from 1 do not get each other's answers.
func idempotencyKey(w http.ResponseWriter, r *http.Request, by Caller, what string) (string, error) {
	key := r.Header.Get(KeyHeader)
	if key == "" {
		key = incidents.NewID()
	}
	if len(key) > maxKey || strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return "", answer.Invalid(KeyHeader, "must be at most 150 letters, digits and signs without spaces", "use a random one, such as a UUID")
	}
	w.Header().Set(KeyHeader, key)
	who := by.Actor.Token
	if who == "" {
		who = string(incident.WayAPI)
	}
	return strings.Join([]string{who, what, key}, "/"), nil
}

func actorGiven() error {
	return answer.Invalid("actor", "who acts, when and under which ID cannot be sent in the body", "leave out actor, command_id and given_at; "+KeyHeader+" is the ID")
}
