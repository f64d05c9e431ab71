package doctor_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"muster/internal/doctor"
	"muster/internal/setup"
	"muster/workflows/api"
)

// server is a Temporal server as the doctor sees it, healthy unless something is done to it.
type server struct {
	keeps      time.Duration
	gone       bool
	attributes map[string]enumspb.IndexedValueType
	schedules  map[string]doctor.Schedule
	pollers    map[string][]doctor.Poller // by queue
	passed     time.Time                  // the last canary
	err        error
}

func newServer() *server {
	s := &server{keeps: setup.LeastRetention, attributes: setup.SearchAttributes(), schedules: map[string]doctor.Schedule{}, pollers: map[string][]doctor.Poller{}}
	for _, id := range []string{api.SweepID, api.DoctorID} {
		s.schedules[id] = doctor.Schedule{Next: time.Now().Add(time.Hour)}
	}
	for _, q := range []string{api.QueueMuster, api.QueuePager, api.QueuePagerRead, api.QueueSlackCreate, api.QueueSlackWrite, api.QueueJira, api.QueueArchive} {
		s.pollers[q] = []doctor.Poller{{Identity: "7@host muster/v1", Seen: time.Now()}}
	}
	return s
}

func (s *server) Name() string { return "muster" }

func (s *server) Retention(context.Context) (time.Duration, bool, error) {
	return s.keeps, !s.gone, s.err
}

func (s *server) SearchAttributes(context.Context) (map[string]enumspb.IndexedValueType, error) {
	return s.attributes, s.err
}

func (s *server) Schedule(_ context.Context, id string) (doctor.Schedule, bool, error) {
	found, ok := s.schedules[id]
	return found, ok, s.err
}

func (s *server) CanaryPassed(context.Context) (time.Time, error) { return s.passed, s.err }

func (s *server) Schedules(context.Context) (map[string]doctor.Schedule, error) {
	return maps.Clone(s.schedules), s.err
}

func (s *server) Pollers(_ context.Context, queue string, _ bool) ([]doctor.Poller, error) {
	return s.pollers[queue], s.err
}

func TestAHealthyServer(t *testing.T) {
	t.Parallel()
	found := newPatient(t).examined()
	found.says(doctor.OK, "temporal namespace", "muster keeps what has ended for 90 days", "")
	found.says(doctor.OK, "temporal attributes", "all 15", "")
	found.says(doctor.OK, "temporal schedules", "all 2 run", "")
	found.says(doctor.OK, "temporal workers", "every one of the 7 task queues", "")
}

func TestTheNamespace(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.server.keeps = 72 * time.Hour
	p.examined().says(doctor.Warning, "temporal namespace", "for 3 days", "starter setup temporal --namespace muster")
	p.server.gone = true
	found := p.examined()
	found.says(doctor.Broken, "temporal namespace", "there is no namespace muster", "starter setup temporal")
	require.Equal(t, 1, doctor.Count(found.list, doctor.Broken), "the rest is not asked")
}

func TestSearchAttributes(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.server.attributes = maps.Clone(p.server.attributes)
	delete(p.server.attributes, api.AttrDue)
	p.server.attributes[api.AttrOwner] = enumspb.INDEXED_VALUE_TYPE_TEXT
	found := p.examined()
	found.says(doctor.Broken, "temporal attributes", "MusterDue missing", "starter setup temporal")
	found.says(doctor.Broken, "temporal attributes", "MusterOwner is a Text and must be a Keyword", "remove it")
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.server.schedules[api.SweepID] = doctor.Schedule{Paused: true, Note: "too noisy"}
	delete(p.server.schedules, api.DoctorID)
	found := p.examined()
	found.says(doctor.Broken, "temporal schedules", `sweep is paused ("too noisy"), so what a webhook has missed`, "--unpause --schedule-id sweep")
	found.says(doctor.Broken, "temporal schedules", "doctor/daily is not there", "start `worker`")
	p.server.schedules["digest/Europe/Berlin"] = doctor.Schedule{Paused: true}
	p.examined().says(doctor.Warning, "temporal schedules", "digest/Europe/Berlin is paused, so its work is not done", "--schedule-id digest/Europe/Berlin")
	p.server.schedules[api.SweepID] = doctor.Schedule{}
	p.examined().says(doctor.Broken, "temporal schedules", "sweep never runs again", "delete it")
}

func TestTheCanary(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.examined().says(doctor.Off, "temporal canary", "the playbook has no canary", "docs/canary.md")
	p.writes("version: 1\ncanary: {every: 1h, channel: safe}\n")
	p.examined().says(doctor.Broken, "temporal canary", "canary/scheduled is not there", "starter serve")
	p.server.schedules[api.CanaryID] = doctor.Schedule{Next: time.Now().Add(time.Hour)}
	p.examined().says(doctor.Warning, "temporal canary", "no canary has gone through everything yet", "starter canary run")
	p.server.passed = time.Now().Add(-2 * time.Hour)
	p.examined().says(doctor.OK, "temporal canary", "the last one went through everything at", "")
	p.server.passed = time.Now().Add(-4 * time.Hour)
	p.examined().says(doctor.Broken, "temporal canary", "no canary has gone through everything since", "starter canary run")
}

func TestWorkers(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.server.pollers[api.QueuePager] = []doctor.Poller{{Identity: "7@host muster/v1", Seen: time.Now().Add(-3 * time.Minute)}}
	p.server.pollers[api.QueueJira] = nil
	found := p.examined()
	found.says(doctor.Broken, "temporal workers", "from the task queue pager, so nobody is paged", "start `worker`")
	found.says(doctor.Broken, "temporal workers", "from the task queue jira, so no issue", "start `worker`")

	p = newPatient(t)
	p.server.pollers[api.QueuePager] = append(p.server.pollers[api.QueuePager], doctor.Poller{Identity: "8@host@", Seen: time.Now()})
	p.examined().says(doctor.Warning, "temporal workers", "one that does not say its version (1 worker), v1 (1 worker)", "same build")

	p = newPatient(t)
	for q := range p.server.pollers {
		p.server.pollers[q] = []doctor.Poller{{Identity: "9@host muster/v0", Seen: time.Now()}}
	}
	p.examined().says(doctor.Warning, "temporal workers", "the workers are of version v0 and this program is of v1", "same build")
}

func TestAServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.server.err = errors.New("connection refused")
	found := p.examined()
	found.without(doctor.Broken)
	for _, check := range []string{"temporal namespace", "temporal attributes", "temporal schedules", "temporal workers"} {
		found.says(doctor.Unchecked, check, "connection refused", "")
	}
}
