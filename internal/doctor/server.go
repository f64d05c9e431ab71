package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"muster/integrations/fault"
	"muster/internal/setup"
	"muster/internal/version"
	"muster/workflows/api"
)

// Server is what the doctor asks Temporal itself.
type Server interface {
	// Retention says how long the namespace keeps what has ended; false when there is no such namespace.
	Retention(ctx context.Context) (keeps time.Duration, there bool, err error)
	// SearchAttributes are those that the namespace has.
	SearchAttributes(ctx context.Context) (map[string]enumspb.IndexedValueType, error)
	// Schedule looks one up; false when there is none of that ID.
	Schedule(ctx context.Context, id string) (Schedule, bool, error)
	// Schedules lists all that there are, by ID. It may lag behind what was changed just now.
	Schedules(ctx context.Context) (map[string]Schedule, error)
	// Pollers lists who takes work from a task queue: workflow tasks or activities.
	Pollers(ctx context.Context, queue string, workflows bool) ([]Poller, error)
	// CanaryPassed is when the last canary ended that went through everything; zero for never.
	CanaryPassed(ctx context.Context) (time.Time, error)
	// Name is the namespace.
	Name() string
}

// Schedule is how a schedule stands.
type Schedule struct {
	Paused bool
	// Note is what was written when it was paused.
	Note string
	// Next is when it runs next; zero for never.
	Next time.Time
}

// Poller is a worker that takes work from a queue.
type Poller struct {
	Identity string
	Seen     time.Time
}

// goneAfter is when a poller has gone: a poll lasts a minute, and the server remembers it for five.
const goneAfter = 2 * time.Minute

func (e *examination) server(ctx context.Context) {
	if e.Server == nil {
		return
	}
	server, hangUp, err := e.Options.Server(ctx)
	if err != nil {
		e.blindTo("temporal")
		return // whoever asked for Register has said so
	}
	defer hangUp()
	if !e.namespace(ctx, server) {
		return
	}
	e.attributes(ctx, server)
	e.schedules(ctx, server)
	e.canary(ctx, server)
	e.workers(ctx, server)
}

func (e *examination) namespace(ctx context.Context, server Server) bool {
	const check = "temporal namespace"
	mend := mendNamespace(server)
	keeps, there, err := server.Retention(ctx)
	switch {
	case err != nil:
		e.say(Unchecked, check, "", "%s: %s", server.Name(), fault.Words(err.Error()))
	case !there:
		e.say(Broken, check, mend, "there is no namespace %s, so nothing can run", server.Name())
		e.blindTo("temporal")
		return false
	case keeps < setup.LeastRetention:
		e.say(Warning, check, mend, "%s keeps what has ended for %s, and follow-ups and reviews are asked about for months: what ended longer ago is in no list, and `starter restore` cannot bring it back", server.Name(), days(keeps))
	default:
		e.say(OK, check, "", "%s keeps what has ended for %s", server.Name(), days(keeps))
	}
	return true
}

// mendNamespace is what a person does about a namespace that lacks something. Temporal Cloud lets no program do it.
func mendNamespace(server Server) string {
	return "run `starter setup temporal --namespace " + server.Name() + "`; on Temporal Cloud, what it says with `--print tcld`"
}

func days(d time.Duration) string { return count(int(d/(24*time.Hour)), "day") }

func (e *examination) attributes(ctx context.Context, server Server) {
	const check = "temporal attributes"
	have, err := server.SearchAttributes(ctx)
	if err != nil {
		e.say(Unchecked, check, "", "the search attributes: %s", fault.Words(err.Error()))
		return
	}
	want := setup.SearchAttributes()
	var missing []string
	right := true
	for _, name := range slices.Sorted(maps.Keys(want)) {
		got, there := have[name]
		switch {
		case !there:
			missing = append(missing, name)
		case got != want[name]:
			right = false
			is := "a " + got.String()
			if got == enumspb.INDEXED_VALUE_TYPE_UNSPECIFIED {
				is = "of another type" // all that can be known by using it
			}
			e.say(Broken, check, "remove it from the namespace, or rename it, and "+mendNamespace(server),
				"%s is %s and must be a %s, so workflows that set it fail", name, is, want[name])
		}
	}
	if len(missing) > 0 {
		e.say(Broken, check, mendNamespace(server),
			"%s missing: the server ends a workflow that names an attribute which it does not know", strings.Join(missing, ", "))
	} else if right {
		e.say(OK, check, "", "all %d are there", len(want))
	}
}

// schedules are those that an installation has, and what does not happen without them.
var schedules = []struct{ id, without string }{
	{api.SweepID, "what a webhook has missed is missed for good"},
	{api.DoctorID, "nobody hears of faults like these before an incident does"},
}

func (e *examination) schedules(ctx context.Context, server Server) {
	const check = "temporal schedules"
	running := 0
	for _, want := range schedules {
		s, there, err := server.Schedule(ctx, want.id)
		switch {
		case err != nil:
			e.say(Unchecked, check, "", "%s: %s", want.id, fault.Words(err.Error()))
		case !there:
			e.say(Broken, check, "start `worker` or `starter serve` again: they make what is not there", "the schedule %s is not there, so %s", want.id, want.without)
		case s.Paused:
			e.say(Broken, check, "run `temporal schedule toggle --unpause --schedule-id "+want.id+"`", "the schedule %s is paused%s, so %s", want.id, noted(s), want.without)
		case s.Next.IsZero():
			e.say(Broken, check, "delete it in Temporal's Web UI and start `worker` again", "the schedule %s never runs again, so %s", want.id, want.without)
		default:
			running++
		}
	}
	if others, ok := e.otherSchedules(ctx, server); ok && running == len(schedules) {
		e.say(OK, check, "", "all %d run", running+others)
	}
}

// otherSchedules looks at those that not every installation has, such as a digest for each time zone. It
// counts them, and reports whether all of them run.
func (e *examination) otherSchedules(ctx context.Context, server Server) (running int, all bool) {
	const check = "temporal schedules"
	list, err := server.Schedules(ctx)
	if err != nil {
		e.say(Unchecked, check, "", "the others: %s", fault.Words(err.Error()))
		return 0, false
	}
	for _, want := range schedules {
		delete(list, want.id)
	}
	for _, id := range slices.Sorted(maps.Keys(list)) {
		if s := list[id]; s.Paused {
			e.say(Warning, check, "run `temporal schedule toggle --unpause --schedule-id "+id+"`", "the schedule %s is paused%s, so its work is not done", id, noted(s))
			continue
		}
		running++
	}
	return running, running == len(list)
}

func noted(s Schedule) string {
	if s.Note == "" {
		return ""
	}
	return fmt.Sprintf(" (%q)", fault.Words(s.Note))
}

// queues are those that a worker serves, and what stands still without one.
var queues = []struct{ name, without string }{
	{api.QueueMuster, "nothing happens at all"},
	{api.QueuePager, "nobody is paged"},
	{api.QueuePagerRead, "acknowledgements at the pager are not asked for"},
	{api.QueueSlackCreate, "no channel is opened"},
	{api.QueueSlackWrite, "nothing is said in Slack"},
	{api.QueueJira, "no issue is made or moved"},
	{api.QueueArchive, "nothing reaches the archive"},
}

func (e *examination) workers(ctx context.Context, server Server) {
	const check = "temporal workers"
	versions := map[string][]string{}
	served := 0
	for _, q := range queues {
		pollers, err := e.pollers(ctx, server, q.name)
		switch {
		case err != nil:
			e.say(Unchecked, check, "", "the task queue %s: %s", q.name, fault.Words(err.Error()))
			return
		case len(pollers) == 0:
			e.say(Broken, check, "start `worker`, or look why it does not serve this queue", "no worker takes from the task queue %s, so %s", q.name, q.without)
			continue
		}
		served++
		for _, p := range pollers {
			v, _ := version.OfIdentity(p.Identity)
			if !slices.Contains(versions[v], p.Identity) {
				versions[v] = append(versions[v], p.Identity)
			}
		}
	}
	e.versions(versions)
	if served == len(queues) {
		e.say(OK, check, "", "every one of the %d task queues has a worker", served)
	}
}

// pollers are those of a queue that still take work: none if a part of its work is taken by nobody.
func (e *examination) pollers(ctx context.Context, server Server, queue string) ([]Poller, error) {
	kinds := []bool{false}
	if queue == api.QueueMuster {
		kinds = []bool{true, false}
	}
	var all []Poller
	for _, workflows := range kinds {
		found, err := server.Pollers(ctx, queue, workflows)
		found = slices.DeleteFunc(found, func(p Poller) bool { return e.Now().Sub(p.Seen) > goneAfter })
		if err != nil || len(found) == 0 {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// versions tells of workers that are not of one version, or of another one than who asks. An old one
// knows nothing of newer commands, and whatever it takes is done as it used to be.
func (e *examination) versions(found map[string][]string) {
	const check = "temporal workers"
	const mend = "stop the old ones, and start every worker from the same build"
	names := slices.Sorted(maps.Keys(found))
	shown := make([]string, len(names))
	for k, v := range names {
		if v == "" {
			v = "one that does not say its version"
		}
		shown[k] = fmt.Sprintf("%s (%s)", v, count(len(found[names[k]]), "worker"))
	}
	switch {
	case len(names) > 1:
		e.sayAs("versions|"+strings.Join(names, "|"), Warning, check, mend, "workers of several versions take work: %s", strings.Join(shown, ", "))
	case len(names) == 1 && e.Version != "" && names[0] != "" && names[0] != e.Version:
		e.say(Warning, check, mend, "the workers are of version %s and this program is of %s", names[0], e.Version)
	}
}
