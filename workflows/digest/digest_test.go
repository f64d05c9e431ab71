package digest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/integrations/fault"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

const (
	alice = "alice@example.com"
	bob   = "bob@example.com"
	carol = "carol@example.com"
)

var (
	berlin  = playbook.Calendar{Zone: "Europe/Berlin", Days: []int{1, 2, 3, 4, 5}, Start: 9 * 60, End: 17 * 60}
	newYork = playbook.Calendar{Zone: "America/New_York", Days: []int{1, 2, 3, 4, 5}, Start: 9 * 60, End: 17 * 60}
)

// inBerlin is what the schedule of the playbook's own zone says; carol works in New York.
func inBerlin() api.DigestInput {
	return api.DigestInput{Zone: "Europe/Berlin", Calendar: berlin, Others: true, Elsewhere: []string{carol}}
}

func owes(person string, followUps ...int) activities.PersonLines {
	p := activities.PersonLines{Person: person}
	for _, n := range followUps {
		p.Lines = append(p.Lines, line(n, api.AskOverdue))
	}
	return p
}

func line(n int, ask api.Ask) api.OwedLine {
	return api.OwedLine{FollowUp: fmt.Sprintf("INC-%d/follow-up/1", n), Ask: ask, Turn: "1/2", Line: api.Line{Text: fmt.Sprintf("Follow-up of INC-%d", n), Due: "2026-11-20"}}
}

// zone is a zone's digest under test, at a moment in UTC; people's digests are noted and not sent.
type zone struct {
	*worldtest.World
	started []PersonDigestInput
	ids     []string
}

func newZone(t *testing.T, at string) *zone {
	t.Helper()
	z := &zone{World: worldtest.New(t, "digest/Europe/Berlin-2026", func(r worker.WorkflowRegistry) {
		r.RegisterWorkflow(Digest)
		r.RegisterWorkflow(PersonDigest)
	})}
	z.begins(at)
	z.Env.OnWorkflow(PersonDigest, mock.Anything, mock.Anything).Return(func(ctx workflow.Context, in PersonDigestInput) error {
		z.started = append(z.started, in)
		z.ids = append(z.ids, workflow.GetInfo(ctx).WorkflowExecution.ID)
		return nil
	}).Maybe()
	return z
}

func (z *zone) begins(at string) {
	z.T.Helper()
	moment, err := time.Parse("2006-01-02 15:04", at)
	require.NoError(z.T, err)
	z.Env.SetStartTime(moment)
}

func (z *zone) people() []string {
	var out []string
	for _, in := range z.started {
		out = append(out, in.Person)
	}
	return out
}

func TestAMorningStartsOneDigestForEachPersonWhoIsOwedSomething(t *testing.T) {
	z := newZone(t, "2026-11-23 08:00")
	z.DuePages = []activities.Due{
		{Installation: "test", People: []activities.PersonLines{owes(bob, 1), owes(alice, 2)}},
		{Installation: "test", People: []activities.PersonLines{owes(alice, 3, 4)}},
	}
	z.Env.ExecuteWorkflow(Digest, inBerlin())
	require.NoError(t, z.Env.GetWorkflowError())
	require.Equal(t, []string{"digest/2026-11-23/alice@example.com", "digest/2026-11-23/bob@example.com"}, z.ids)
	require.Len(t, z.started[0].Lines, 3)
	require.Equal(t, "test", z.started[0].Installation)
	require.Equal(t, berlin, z.started[0].Calendar)
	require.Equal(t, 2, z.Count("due page"), "%v", z.Calls)
}

func TestOnAHolidayNobodyIsToldAnything(t *testing.T) {
	z := newZone(t, "2026-11-23 08:00")
	in := inBerlin()
	in.Calendar.Holidays = []string{"2026-11-23"}
	z.Due = activities.Due{People: []activities.PersonLines{owes(alice, 1)}}
	z.Env.ExecuteWorkflow(Digest, in)
	require.NoError(t, z.Env.GetWorkflowError())
	require.Empty(t, z.started)
	require.Zero(t, z.Count("due "), "nobody works, so nothing is asked")
}

func TestAHolidayOfOnePersonIsTheirsAlone(t *testing.T) {
	z := newZone(t, "2026-11-23 08:00")
	in := inBerlin()
	off := berlin
	off.Holidays = []string{"2026-11-23"}
	late := berlin
	late.Start, late.End = 13*60, 20*60
	in.Calendars, in.People = []playbook.Calendar{off, late}, map[string]int{alice: 0, bob: 1}
	z.Due = activities.Due{People: []activities.PersonLines{owes(alice, 1), owes(bob, 2), owes("#sre", 3)}}
	z.Env.ExecuteWorkflow(Digest, in)
	require.NoError(t, z.Env.GetWorkflowError())
	require.Equal(t, []string{"#sre", bob}, z.people())
	require.Equal(t, late, z.started[1].Calendar, "his own digest waits for his hours")
}

// The clocks go back on 25 October 2026 in Berlin and forward on 28 March 2027: a day is a day of
// the zone.
func TestADayIsADayOfTheZoneWhateverTheClocksDo(t *testing.T) {
	for name, c := range map[string]struct{ at, day string }{
		"before winter": {"2026-10-23 07:00", "2026-10-23"},
		"in winter":     {"2026-10-26 08:00", "2026-10-26"},
		"in summer":     {"2027-03-29 07:00", "2027-03-29"},
	} {
		t.Run(name, func(t *testing.T) {
			z := newZone(t, c.at)
			z.Due = activities.Due{People: []activities.PersonLines{owes(alice, 1)}}
			z.Env.ExecuteWorkflow(Digest, inBerlin())
			require.NoError(t, z.Env.GetWorkflowError())
			require.Equal(t, []string{"digest/" + c.day + "/" + alice}, z.ids)
		})
	}
}

func TestAZoneWithoutOthersHasItsOwnPeopleAlone(t *testing.T) {
	z := newZone(t, "2026-11-23 14:00")
	z.Due = activities.Due{People: []activities.PersonLines{owes(carol, 1)}}
	z.Env.ExecuteWorkflow(Digest, api.DigestInput{Zone: "America/New_York", Calendars: []playbook.Calendar{newYork}, People: map[string]int{carol: 0}})
	require.NoError(t, z.Env.GetWorkflowError())
	require.Equal(t, []string{carol}, z.people())
}

func TestThreeHundredPeople(t *testing.T) {
	z := newZone(t, "2026-11-23 08:00")
	for page := range 3 {
		due := activities.Due{Installation: "test"}
		for n := range 100 {
			due.People = append(due.People, owes(fmt.Sprintf("p%03d@example.com", page*100+n), 1, 2))
		}
		z.DuePages = append(z.DuePages, due)
	}
	z.Env.ExecuteWorkflow(Digest, inBerlin())
	require.NoError(t, z.Env.GetWorkflowError())
	ids := slices.Clone(z.ids)
	slices.Sort(ids)
	require.Len(t, slices.Compact(ids), 300)
}

func TestMorePeopleThanOneRunStartsGoOnInTheNext(t *testing.T) {
	z := newZone(t, "2026-11-23 08:00")
	for n := range perRun + 5 {
		z.Due.People = append(z.Due.People, owes(fmt.Sprintf("p%04d@example.com", n), 1))
	}
	z.Env.ExecuteWorkflow(Digest, inBerlin())
	var more *workflow.ContinueAsNewError
	require.ErrorAs(t, z.Env.GetWorkflowError(), &more)
	var next api.DigestInput
	z.Decode(more.Input, &next)
	require.Len(t, next.State.Started, perRun)

	again := &zone{World: worldtest.Again(t, "digest/Europe/Berlin-2026", func(r worker.WorkflowRegistry) { r.RegisterWorkflow(Digest); r.RegisterWorkflow(PersonDigest) })}
	again.begins("2026-11-23 08:01")
	again.Due = z.Due
	again.Env.OnWorkflow(PersonDigest, mock.Anything, mock.Anything).Return(func(_ workflow.Context, in PersonDigestInput) error {
		again.started = append(again.started, in)
		return nil
	})
	again.Env.ExecuteWorkflow(Digest, next)
	require.NoError(t, again.Env.GetWorkflowError())
	require.Len(t, again.started, 5)
}

func TestWhatCouldNotBeAskedIsAskedAgainAndKeepsNobody(t *testing.T) {
	z := newZone(t, "2026-11-23 08:00")
	z.Due = activities.Due{People: []activities.PersonLines{owes(alice, 1)}, Unread: []string{"INC-9/follow-up/1"}}
	z.After(10*time.Minute, func() {
		require.Equal(t, []string{alice}, z.people())
		z.Due = activities.Due{People: []activities.PersonLines{owes(alice, 1), owes(bob, 9)}}
	})
	z.Env.ExecuteWorkflow(Digest, inBerlin())
	require.NoError(t, z.Env.GetWorkflowError())
	require.Equal(t, []string{alice, bob}, z.people(), "each has one")
	require.Equal(t, 2, z.Count("due page"))
}

func TestAMorningWithoutVisibilityEndsAsAFailureThatOperatorsSee(t *testing.T) {
	z := newZone(t, "2026-11-23 08:00")
	z.Breaks("due ", &fault.Error{Vendor: "temporal", Class: fault.Permanent, Reason: "no"})
	z.Env.ExecuteWorkflow(Digest, inBerlin())
	var app *temporal.ApplicationError
	require.ErrorAs(t, z.Env.GetWorkflowError(), &app)
	require.Equal(t, "DigestIncomplete", app.Type())
	require.Greater(t, z.Count("due page"), askings)
	require.Greater(t, z.Env.Now().Sub(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)), time.Hour)
}

func TestARetryAsksAtOnce(t *testing.T) {
	z := newZone(t, "2026-11-23 08:00")
	z.Due = activities.Due{Unread: []string{"INC-9/follow-up/1"}}
	z.After(time.Minute, func() {
		z.Due = activities.Due{People: []activities.PersonLines{owes(bob, 9)}}
		z.Env.SignalWorkflow(api.Retry, nil)
	})
	z.After(2*time.Minute, func() { require.Equal(t, []string{bob}, z.people()) })
	z.Env.ExecuteWorkflow(Digest, inBerlin())
	require.NoError(t, z.Env.GetWorkflowError())
}
