package e2e

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"muster/dev/sandbox"
	"muster/gateway/incidents"
	"muster/incident"
	"muster/internal/dial"
	"muster/internal/sealed"
	"muster/playbook/file"
	"muster/workflows/api"
)

func newKey(t *testing.T, id string) string {
	t.Helper()
	line, err := sealed.NewKey(id)
	require.NoError(t, err)
	return line
}

func encrypted(keys ...string) option {
	return func(o *sandbox.Options) { o.EncryptionKeys = strings.Join(keys, ",") }
}

// A whole incident, in which people say every word that could be found: nothing that Temporal holds has one of
// them in clear, but for search attributes, which nobody can encrypt.
func TestTemporalReadsNothingOfAnEncryptedIncident(t *testing.T) {
	t.Parallel()
	h := &heard{}
	m := install(t, aBookWithASecretService(t), h.listens(t), encrypted(newKey(t, "2026-10")))
	m.Sims.Slack.AddChannel("news")
	res, err := m.incidents.Declare(t.Context(), "", incident.Declaration{
		Title: "The " + secrets["title"] + " takeover", Severity: 1, Services: []string{secrets["service"]}, Tags: []string{secrets["tag"]},
		Actor: by("bob@example.com").Actor,
	})
	require.NoError(t, err)
	i := &opened{m: m, number: res.Number}
	i.becomes("open", func(f incident.Incident) bool { return f.Links.Board.ID != "" && f.Links.Tracker.Key != "" })
	livesThrough(i)
	m.fails(t)

	listed, err := m.incidents.List(t.Context(), incidents.Filter{All: true, Viewer: incidents.Viewer{Private: true}})
	require.NoError(t, err)
	require.Len(t, listed.Incidents, 1)
	require.Contains(t, listed.Incidents[0].Title, secrets["title"], "who has the key reads the list as ever")

	found, payloads := m.held(t), 0
	for what, message := range found {
		payloads += everyPayload(message.ProtoReflect(), func(p *commonpb.Payload) {
			require.True(t, sealed.Sealed(p) || harmless(p), "%s holds a payload in clear: %s %s", what, p.GetMetadata(), p.GetData())
		})
		// Nobody can encrypt an ID: that of a person's digest has their address.
		text := digestOf.ReplaceAllString(strings.ToLower(prototext.Format(message)), "")
		words := []string{"alice@", "bob@", "carol@"}
		for _, w := range secrets {
			words = append(words, w)
		}
		for _, word := range words {
			if at := strings.Index(text, word); at >= 0 {
				t.Errorf("%s has %q in clear: …%s…", what, word, text[max(0, at-200):min(len(text), at+80)])
			}
		}
	}
	require.Greater(t, payloads, 100, "there was something to look at")
}

var digestOf = regexp.MustCompile(`digest/\d{4}-\d\d-\d\d/[a-z]+@example\.com`)

// harmless are payloads that Temporal's libraries write for themselves: the ID of a run, in a header.
func harmless(p *commonpb.Payload) bool {
	_, search := p.GetMetadata()["type"]
	return search || len(p.GetData()) == 0 || len(p.GetData()) == 38 && strings.Count(string(p.GetData()), "-") == 4
}

// fails has a workflow fail with words that nobody else should read.
func (m *installation) fails(t *testing.T) {
	t.Helper()
	run, err := m.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "INC-1/page/99", TaskQueue: api.QueueMuster}, api.TypePage, secrets["update"])
	require.NoError(t, err)
	require.Error(t, run.Get(t.Context(), nil))
}

// held is what Temporal has, as it has it, without search attributes.
func (m *installation) held(t *testing.T) map[string]proto.Message {
	t.Helper()
	out := map[string]proto.Message{}
	service := m.Client.WorkflowService()
	list, err := service.ListWorkflowExecutions(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: "default"})
	require.NoError(t, err)
	for _, e := range list.GetExecutions() {
		id := e.GetExecution().GetWorkflowId() + " " + e.GetExecution().GetRunId()
		described, err := service.DescribeWorkflowExecution(t.Context(), &workflowservice.DescribeWorkflowExecutionRequest{Namespace: "default", Execution: e.GetExecution()})
		require.NoError(t, err)
		out["what is shown of "+id] = withoutSearch(described)
		out["the list's "+id] = withoutSearch(e)
		out["the history of "+id] = &historypb.History{Events: m.rawHistory(t, e)}
	}
	schedules, err := service.ListSchedules(t.Context(), &workflowservice.ListSchedulesRequest{Namespace: "default", MaximumPageSize: 100})
	require.NoError(t, err)
	require.NotEmpty(t, schedules.GetSchedules())
	for _, s := range schedules.GetSchedules() {
		described, err := service.DescribeSchedule(t.Context(), &workflowservice.DescribeScheduleRequest{Namespace: "default", ScheduleId: s.GetScheduleId()})
		require.NoError(t, err)
		out["the schedule "+s.GetScheduleId()] = withoutSearch(described)
	}
	return out
}

func (m *installation) rawHistory(t *testing.T, e *workflowpb.WorkflowExecutionInfo) []*historypb.HistoryEvent {
	t.Helper()
	var events []*historypb.HistoryEvent
	history := m.Client.GetWorkflowHistory(t.Context(), e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		events = append(events, withoutSearch(event).(*historypb.HistoryEvent))
	}
	return events
}

// withoutSearch is a copy of a message without its search attributes.
func withoutSearch(m proto.Message) proto.Message {
	m = proto.Clone(m)
	var strip func(protoreflect.Message)
	strip = func(r protoreflect.Message) {
		r.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			switch {
			case f.Message() != nil && f.Message().FullName() == "temporal.api.common.v1.SearchAttributes":
				r.Clear(f)
			case f.IsMap() && f.MapValue().Message() != nil:
				v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool { strip(v.Message()); return true })
			case f.IsList() && f.Message() != nil:
				for k := range v.List().Len() {
					strip(v.List().Get(k).Message())
				}
			case f.Message() != nil && !f.IsMap() && !f.IsList():
				strip(v.Message())
			}
			return true
		})
	}
	strip(m.ProtoReflect())
	return m
}

// everyPayload visits the payloads of a message, and counts them.
func everyPayload(r protoreflect.Message, visit func(*commonpb.Payload)) int {
	n := 0
	r.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		into := func(m protoreflect.Message) {
			if p, ok := m.Interface().(*commonpb.Payload); ok {
				visit(p)
				n++
				return
			}
			n += everyPayload(m, visit)
		}
		switch {
		case f.IsMap() && f.MapValue().Message() != nil:
			v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool { into(v.Message()); return true })
		case f.IsList() && f.Message() != nil:
			for k := range v.List().Len() {
				into(v.List().Get(k).Message())
			}
		case f.Message() != nil && !f.IsMap() && !f.IsList():
			into(v.Message())
		}
		return true
	})
	return n
}

// with is a client of m's Temporal that has other keys.
func (m *installation) with(t *testing.T, keys ...string) *incidents.Client {
	t.Helper()
	ring, err := sealed.Parse(strings.Join(keys, ","))
	require.NoError(t, err)
	o := dial.Sealed(client.Options{HostPort: m.Temporal}, ring)
	c, err := dial.Dial(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return incidents.New(incidents.Options{
		Temporal: c, Playbook: file.NewSource("testdata/muster.yaml", time.Now), TimeoutScale: 0.1, Converter: o.DataConverter,
	})
}

func variable(keys ...string) string { return sealed.Variable + "=" + strings.Join(keys, ",") }

// The old key is replaced while incidents are open, one program after the other, and nobody notices.
func TestKeysAreRotatedWhileIncidentsAreOpen(t *testing.T) {
	t.Parallel()
	old, next := newKey(t, "2026-10"), newKey(t, "2027-01")
	m := install(t, encrypted(old, next), withoutWorker)
	first := m.startsWorkerProcess(variable(old))
	i := m.declares("bob@example.com", "Checkout is down", 2)
	i.isOpen()

	both := m.startsWorkerProcess(variable(old, next)) // step 1, one worker after the other
	first.kill()
	m.startsWorkerProcess(variable(next, old)) // step 2
	i.notes(t, m.with(t, old, next), "by a gateway of step 1")
	both.kill()
	i.notes(t, m.with(t, next, old), "by a gateway of step 2")
	m.eventually(func() bool {
		keys := map[string]int{}
		for _, message := range m.held(t) {
			everyPayload(message.ProtoReflect(), func(p *commonpb.Payload) { keys[sealed.KeyOf(p)]++ })
		}
		return keys["2026-10"] > 0 && keys["2027-01"] > 0
	}, "both keys are in use")
	f := i.becomes("noted twice", func(f incident.Incident) bool { return strings.Contains(timeline(f), "of step 2") })
	require.Contains(t, timeline(f), "by a gateway of step 1")
}

func (i *opened) notes(t *testing.T, c *incidents.Client, text string) {
	t.Helper()
	_, err := c.Command(t.Context(), i.number, api.Capture, incident.Capture{Meta: by("bob@example.com"), Text: text})
	require.NoError(t, err)
}

// A key is lost with which one incident alone was written to. That incident waits and says which key; whatever else
// there is goes on, and so does that incident when the key is found.
func TestALostKeyStopsItsIncidentAloneAndIsNamed(t *testing.T) {
	t.Parallel()
	lost, kept := newKey(t, "lost"), newKey(t, "kept")
	m := install(t, encrypted(kept, lost), withoutWorker)
	whole := m.startsWorkerProcess()
	well := m.declares("bob@example.com", "Search is slow", 4)
	ill := m.declares("bob@example.com", "Checkout is slow", 4)
	ill.notes(t, m.with(t, lost, kept), "written with the key that gets lost")
	ill.becomes("noted", func(f incident.Incident) bool { return strings.Contains(timeline(f), "gets lost") })
	whole.kill()

	poor := m.startsWorkerProcess(variable(kept))
	less := m.with(t, kept)
	well.notes(t, less, "other incidents work on")
	m.eventually(func() bool {
		f, err := less.Snapshot(t.Context(), well.number)
		return err == nil && strings.Contains(timeline(f), "work on")
	}, "the other incident is noted in")
	other := m.declares("bob@example.com", "Another one", 4)
	require.Equal(t, ill.number+1, other.number)
	_, err := less.Command(t.Context(), ill.number, api.Capture, incident.Capture{Meta: by("bob@example.com"), Text: "said meanwhile"})
	require.NoError(t, err, "what is said meanwhile is recorded")
	said := ""
	m.eventually(func() bool {
		said = m.lastTaskFailure(kept, m.rawHistory(t, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: ill.key()}}))
		return strings.Contains(said, `"lost"`)
	}, "the workflow task says which key is missing")
	require.Contains(t, said, `the key "lost" is not in MUSTER_ENCRYPTION_KEYS`)
	_, err = less.Snapshot(t.Context(), ill.number)
	require.Error(t, err)
	t.Log("a query is answered: ", err)
	poor.kill()

	m.startsWorkerProcess()
	f := ill.becomes("itself again", func(f incident.Incident) bool { return strings.Contains(timeline(f), "said meanwhile") })
	require.Contains(t, timeline(f), "gets lost")
}

// lastTaskFailure is what the Web UI says of the workflow task that failed last, for who has the key.
func (m *installation) lastTaskFailure(keys string, events []*historypb.HistoryEvent) string {
	ring, err := sealed.Parse(keys)
	require.NoError(m.t, err)
	said := ""
	for _, e := range events {
		if a := e.GetWorkflowTaskFailedEventAttributes(); a != nil {
			said = ring.FailureConverter().FailureToError(proto.CloneOf(a.GetFailure())).Error()
		}
	}
	return said
}
