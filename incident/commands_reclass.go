package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// ChangeServices says which services the incident concerns besides those that it names, and which
// it does not concern. Whom an added one pages is the playbook's to say.
type ChangeServices struct {
	Meta
	Add    []string `json:"add,omitempty"`
	Remove []string `json:"remove,omitempty"`

	// invited are the responders of the added services, released the targets that only the removed
	// ones page.
	invited, released []string
}

// Knowing gives the command what only the playbook knows: the services' names as it writes them,
// the people who are invited for added ones, and the targets that removed ones do not require any more.
func (c ChangeServices) Knowing(name func(string) string, invited, released []string) ChangeServices {
	c.Add, c.Remove = namedBy(c.Add, name), namedBy(c.Remove, name)
	c.invited, c.released = invited, released
	return c
}

func namedBy(services []string, name func(string) string) []string {
	var out []string
	for _, s := range services {
		out = append(out, name(s))
	}
	return out
}

// Of gives the services of an incident as they are after the command.
func (c ChangeServices) Of(i *Incident) []string {
	out := slices.DeleteFunc(slices.Clone(i.Services), func(s string) bool { return among(c.Remove, s) })
	for _, s := range c.Add {
		if s = CleanLine(s); !among(out, s) {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil // as it is after a trip through JSON
	}
	return out
}

// among reports whether a service is one of several, in any case.
func among(services []string, one string) bool {
	return slices.ContainsFunc(services, func(s string) bool { return strings.EqualFold(CleanLine(s), one) })
}

// How many services a command and an incident name at most, and how long a name may be.
const (
	maxServices    = 50
	maxServiceName = 120
)

// Shape refuses what names no service, too many, or one twice over.
func (c ChangeServices) Shape() error {
	if n := len(c.Add) + len(c.Remove); n == 0 {
		return invalid("add", "name a service to add or to remove", "no service is named")
	} else if n > maxServices {
		return invalid("add", "name the most telling ones", "%d services are named, %d can be at once", n, maxServices)
	}
	if err := checkServices("add", c.Add); err != nil {
		return err
	}
	if err := checkServices("remove", c.Remove); err != nil {
		return err
	}
	for _, s := range c.Add {
		if among(c.Remove, CleanLine(s)) {
			return invalid("remove", "leave one of the two out", "%s is added and removed", Clip(CleanLine(s), 60))
		}
	}
	return nil
}

// Check implements Command. Whether there are such services is the playbook's to say.
func (c ChangeServices) Check(i *Incident, _ time.Time) error {
	if err := c.Shape(); err != nil {
		return err
	}
	after := c.Of(i)
	if n := len(after); n > maxServices && n > len(i.Services) {
		return invalid("add", "name the most telling ones", "it would name %d services, %d are allowed", n, maxServices)
	}
	if !i.Status.Live() && i.Status != StatusResolved && !slices.Equal(after, i.Services) {
		return illegal("services", "reopen it first", "cannot change while the incident is %s", i.Status)
	}
	return nil
}

func checkServices(field string, services []string) error {
	for _, s := range services {
		if n := len([]rune(CleanLine(s))); n == 0 || n > maxServiceName {
			return invalid(field, "write its name as the playbook has it", "%q is no service", Clip(s, 60))
		}
	}
	return nil
}

// Apply implements Command. It takes no page back: whoever was woken may be at it.
func (c ChangeServices) Apply(i *Incident, now time.Time) Result {
	before, after := i.Services, c.Of(i)
	if slices.Equal(before, after) {
		return i.unchanged("the services are already that: %s", serviceList(after))
	}
	i.Services = after
	text := fmt.Sprintf("Services: %s; were: %s", serviceList(after), serviceList(before))
	return i.changed(now, c.Actor, "services", "%s%s", text, i.beckoned(now, c))
}

// beckoned invites whom added services ask for, and says who stays outside and whose pages go on.
func (i *Incident) beckoned(now time.Time, c ChangeServices) string {
	outside := i.Beckon(now, c.invited...)
	released := slices.DeleteFunc(i.asking(), func(p *Page) bool { return !slices.Contains(c.released, p.Target) })
	return notTakenBack(released) + notLetIn(outside)
}

func serviceList(services []string) string { return orWord(And(services), "none") }

// notTakenBack says that pages ask for somebody all the same.
func notTakenBack(pages []*Page) string {
	if len(pages) == 0 {
		return ""
	}
	return fmt.Sprintf("; the page to %s is not taken back, and ends when somebody takes it", targetsOf(pages))
}

// ChangeKind says that the occurrence is of another sort: this drill is real, or this was a near miss.
type ChangeKind struct {
	Meta
	Kind Kind `json:"kind"`
}

// Shape refuses what is no kind.
func (c ChangeKind) Shape() error { return checkKind(c.Kind) }

// Check implements Command.
func (c ChangeKind) Check(i *Incident, _ time.Time) error {
	if err := c.Shape(); err != nil {
		return err
	}
	if !i.Status.Live() && i.Status != StatusResolved && c.Kind != i.Kind {
		return illegal("kind", "reopen it first", "cannot change while the incident is %s", i.Status)
	}
	return nil
}

// Apply implements Command. It takes no page back, and a drill pages only if it was declared so.
func (c ChangeKind) Apply(i *Incident, now time.Time) Result {
	if i.Kind == c.Kind {
		return i.unchanged("it is already %s", oneOfKind(c.Kind))
	}
	old := i.Kind
	kept := i.become(c.Kind)
	return i.changed(now, c.Actor, "kind", "It is %s, and was %s%s", oneOfKind(c.Kind), oneOfKind(old), kept)
}

// become makes it one of another kind, and says whose pages go on.
func (i *Incident) become(k Kind) (kept string) {
	i.Kind = k
	if i.Kind != KindIncident && (i.Kind != KindDrill || !i.PageDrill) {
		kept = notTakenBack(i.asking())
	}
	return kept
}

// oneOfKind names an occurrence of a kind within a sentence.
func oneOfKind(k Kind) string {
	switch k {
	case KindNearMiss:
		return "a near miss"
	case KindDrill:
		return "a drill"
	case KindExternal:
		return "another company's incident"
	}
	return "an incident"
}

// checkKind refuses what is no kind.
func checkKind(k Kind) error {
	if k.Valid() {
		return nil
	}
	return invalid("kind", "write one of "+fmt.Sprint(Kinds()), "%q is no kind", Clip(string(k), 40))
}

// ParseKind reads a kind as people write it: near miss, near-miss or near_miss.
func ParseKind(s string) (Kind, error) {
	k := Kind(strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(CleanLine(s))))
	return k, checkKind(k)
}
