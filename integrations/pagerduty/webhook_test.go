package pagerduty_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
	"muster/integrations/pagerduty"
	"muster/internal/contracttest"
	"muster/internal/sims/pagerdutysim"
)

// The vector was computed with openssl dgst -sha256 -hmac.
const (
	vectorBody = `{"event":{"id":"01","event_type":"incident.acknowledged"}}`
	oldHex     = "af47b1e9eeb58cba021f20859b3354597bedc054d46042491cfafcbc5387b984"
	newHex     = "25a3feb7acebb1c9bd9c9770169751c91184078aedf6de3a435661b2a4a0822f"
)

var (
	oldSecret = fault.NewSecret("old-secret")
	newSecret = fault.NewSecret("new-secret")
)

func header(signatures ...string) http.Header {
	h := http.Header{}
	for _, s := range signatures {
		h.Add("X-PagerDuty-Signature", s)
	}
	return h
}

func sign(body []byte, secret fault.Secret) string {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	both := []fault.Secret{oldSecret, newSecret}
	for name, tc := range map[string]struct {
		header  http.Header
		body    string
		secrets []fault.Secret
		want    error
	}{
		"one signature":                 {header("v1=" + oldHex), vectorBody, both[:1], nil},
		"rotation here":                 {header("v1=" + newHex), vectorBody, both, nil},
		"rotation there":                {header("v1=" + oldHex + ",v1=" + newHex), vectorBody, both[1:], nil},
		"spaces after commas":           {header(" v1=" + oldHex + ", v1=" + newHex), vectorBody, both[1:], nil},
		"two headers":                   {header("v1="+oldHex, "v1="+newHex), vectorBody, both[1:], nil},
		"a newer version beside":        {header("v2=abc,v1=" + newHex), vectorBody, both, nil},
		"digits in capitals":            {header("v1=" + strings.ToUpper(newHex)), vectorBody, both, nil},
		"another secret":                {header("v1=" + oldHex), vectorBody, both[1:], pagerduty.ErrBadSignature},
		"another body":                  {header("v1=" + oldHex), vectorBody + " ", both, pagerduty.ErrBadSignature},
		"no secret":                     {header("v1=" + oldHex), vectorBody, nil, pagerduty.ErrBadSignature},
		"an empty secret signs nothing": {header(sign([]byte(vectorBody), fault.Secret{})), vectorBody, []fault.Secret{{}}, pagerduty.ErrBadSignature},
		"no header":                     {header(), vectorBody, both, pagerduty.ErrNoSignature},
		"an empty header":               {header(""), vectorBody, both, pagerduty.ErrNoSignature},
		"a newer version only":          {header("v2=" + oldHex), vectorBody, both, pagerduty.ErrNoSignature},
		"no digits":                     {header("v1=xyz"), vectorBody, both, pagerduty.ErrNoSignature},
		"half a signature":              {header("v1=" + oldHex[:32]), vectorBody, both, pagerduty.ErrNoSignature},
		"without the version":           {header(oldHex), vectorBody, both, pagerduty.ErrNoSignature},
	} {
		event, err := pagerduty.ParseWebhook(tc.header, []byte(tc.body), tc.secrets)
		require.ErrorIs(t, err, tc.want, name)
		if tc.want == nil {
			require.Equal(t, pagerduty.EventAcknowledged, event.Type, name)
		} else {
			require.Zero(t, event, name)
			require.NotContains(t, err.Error(), "-secret")
		}
	}
}

// parse reads a body that is signed as it should be.
func parse(body, webhookID string) (pagerduty.Event, error) {
	h := header(sign([]byte(body), newSecret))
	if webhookID != "" {
		h.Set("X-Webhook-Id", webhookID)
	}
	return pagerduty.ParseWebhook(h, []byte(body), []fault.Secret{newSecret})
}

func TestMalformedBodies(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", "null", "[]", "{}", `{"event":null}`, `{"event":{"id":"1"}}`, `{"event":{"event_type":"incident.resolved"}}`,
		`{"event":{"id":1,"event_type":"x"}}`, `{"event":{"id":"1","event_type":"x","data":"text"}}`, `{"event":{"id":"1"`,
		`{"event":{"id":"1","event_type":"incident.resolved","data":{"type":"incident"}}}`,
	} {
		_, err := parse(body, "")
		require.ErrorIs(t, err, pagerduty.ErrMalformed, body)
	}
}

func TestDeliveriesAreToldApart(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"": "01", "d1": "d1", strings.Repeat("d", 129): "01"} {
		event, err := parse(vectorBody, given)
		require.NoError(t, err)
		require.Equal(t, want, event.DeliveryID)
		require.Equal(t, "01", event.EventID)
	}
}

func TestAnAgentThatIsNullIsAutomation(t *testing.T) {
	t.Parallel()
	event, err := parse(`{"event":{"id":"1","event_type":"incident.resolved","agent":null,"occurred_at":"yesterday","data":null}}`, "")
	require.NoError(t, err)
	require.Nil(t, event.Agent)
	require.False(t, event.Agent.Person())
	require.True(t, event.At.IsZero(), "a time that cannot be read is none")
}

// sample reads one of PagerDuty's documented payloads.
func sample(t *testing.T, name string) json.RawMessage {
	t.Helper()
	folder := os.Getenv(contracttest.Folder)
	if folder == "" {
		t.Skipf("PagerDuty's samples are not here: %s is not set", contracttest.Folder)
	}
	body, err := os.ReadFile(filepath.Join(folder, "pagerduty-webhook-v3", name))
	require.NoError(t, err)
	return body
}

// documented puts a documented object into the documented envelope.
func documented(t *testing.T, kind string, data json.RawMessage) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"event": map[string]any{
		"id": "5ac64822-4adc-4fda-ade0-410becf0de4f", "event_type": kind, "resource_type": "incident",
		"occurred_at": "2020-10-02T18:45:22.169Z",
		"agent":       map[string]string{"id": "PLH1HKV", "summary": "Tenex Engineer", "type": "user_reference"},
		"client":      map[string]string{"name": "PagerDuty"}, "data": data,
	}})
	require.NoError(t, err)
	return string(body)
}

func TestDocumentedIncident(t *testing.T) {
	t.Parallel()
	event, err := parse(documented(t, "incident.priority_updated", sample(t, "data-incident.json")), "d1")
	require.NoError(t, err)
	require.Equal(t, pagerduty.Event{
		DeliveryID: "d1", EventID: "5ac64822-4adc-4fda-ade0-410becf0de4f", Type: "incident.priority_updated",
		IncidentID: "PGR0VU2", IncidentURL: "https://acme.pagerduty.com/incidents/PGR0VU2",
		IncidentKey: "d3640fbd41094207a1c11e58e46b1662", Status: "triggered",
		Created: time.Date(2020, 4, 9, 15, 16, 27, 0, time.UTC), Assignees: []string{"PTUXL6G"},
		Agent: &pagerduty.Agent{ID: "PLH1HKV", Name: "Tenex Engineer", Type: "user_reference"},
		At:    time.Date(2020, 10, 2, 18, 45, 22, 169e6, time.UTC),
	}, event)
	require.True(t, event.Agent.Person())
}

func TestDocumentedObjectsThatReferToAnIncident(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]string{"data-incident_note.json": "incident.annotated", "data-incident_responder.json": "incident.responder.added"} {
		event, err := parse(documented(t, kind, sample(t, name)), "")
		require.NoError(t, err)
		require.Equal(t, "PGR0VU2", event.IncidentID, name)
		require.NotEmpty(t, event.IncidentURL, name)
		require.Empty(t, event.IncidentKey, name)
	}
}

func TestDocumentedServiceIsNoIncident(t *testing.T) {
	t.Parallel()
	event, err := parse(string(sample(t, "envelope-service.updated.json")), "")
	require.NoError(t, err)
	require.Equal(t, pagerduty.Event{
		DeliveryID: "01BRB6ZP4M6T8ZG4X6BP63ZB9O", EventID: "01BRB6ZP4M6T8ZG4X6BP63ZB9O", Type: "service.updated",
		At: time.Date(2021, 3, 2, 13, 35, 11, 682e6, time.UTC),
	}, event)
}

// TestTheSimulatorSendsWhatIsDocumented compares the names of the fields, level by level.
func TestTheSimulatorSendsWhatIsDocumented(t *testing.T) {
	t.Parallel()
	var want, got map[string]any
	require.NoError(t, json.Unmarshal(sample(t, "data-incident.json"), &want))
	inbox := newInbox(t)
	inbox.page(t, call("k1"))
	var envelope struct {
		Event struct {
			Data json.RawMessage `json:"data"`
		} `json:"event"`
	}
	require.NoError(t, json.Unmarshal(inbox.next(t).body, &envelope))
	require.NoError(t, json.Unmarshal(envelope.Event.Data, &got))
	delete(want, "reopened_at") // only there once an incident was reopened
	for field, value := range want {
		require.Contains(t, got, field)
		if inner, ok := value.(map[string]any); ok && got[field] != nil {
			for name := range inner {
				require.Contains(t, got[field], name, field)
			}
		}
	}
	for field := range got {
		require.Contains(t, want, field)
	}
}

// inbox is a world whose webhooks arrive.
type inbox struct {
	*world
	arrived chan delivery
}

type delivery struct {
	header http.Header
	body   []byte
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	in := &inbox{arrived: make(chan delivery, 100)}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			in.arrived <- delivery{r.Header, body}
		}
	}))
	t.Cleanup(server.Close)
	in.world = newWorld(t, func(_ *pagerduty.Options, o *pagerdutysim.Options) {
		o.WebhookURL, o.WebhookSecrets = server.URL, []string{"old-secret", "new-secret"}
	})
	return in
}

func (in *inbox) next(t *testing.T) delivery {
	t.Helper()
	select {
	case d := <-in.arrived:
		return d
	case <-time.After(5 * time.Second):
		require.Fail(t, "no webhook came")
		return delivery{}
	}
}

func (in *inbox) event(t *testing.T) pagerduty.Event {
	t.Helper()
	d := in.next(t)
	event, err := pagerduty.ParseWebhook(d.header, d.body, []fault.Secret{newSecret})
	require.NoError(t, err)
	return event
}

func TestWebhooksTellTheStoryOfAPage(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	page := in.page(t, call("k1"))
	require.NoError(t, in.sim.Acknowledge("k1", "bob@example.com"))
	require.NoError(t, in.sim.Unacknowledge("k1"))
	require.NoError(t, in.sim.Reassign("k1", "carol@example.com"))
	require.NoError(t, in.sim.ResolveByHuman("k1", "carol@example.com"))
	require.NoError(t, in.sim.Reopen("k1", "bob@example.com"))

	seen := map[string]bool{}
	alerts, err := in.Alerts(t.Context(), page.ID)
	require.NoError(t, err)
	require.Equal(t, []pagerduty.Alert{{Key: "k1", Created: began}}, alerts)
	for _, want := range []struct{ kind, status, agent string }{
		{pagerduty.EventTriggered, "triggered", "integration"},
		{pagerduty.EventAcknowledged, "acknowledged", "bob@example.com"},
		{pagerduty.EventUnacknowledged, "triggered", ""},
		{pagerduty.EventReassigned, "triggered", ""},
		{pagerduty.EventResolved, "resolved", "carol@example.com"},
		{pagerduty.EventReopened, "triggered", "bob@example.com"},
	} {
		event := in.event(t)
		require.Equal(t, want.kind, event.Type)
		require.Equal(t, want.status, event.Status)
		require.Equal(t, page.ID, event.IncidentID)
		require.Equal(t, page.URL, event.IncidentURL)
		require.Empty(t, event.IncidentKey, "an incident with alerts has no key of its own")
		require.Equal(t, began, event.At)
		require.Equal(t, began, event.Created)
		require.False(t, seen[event.DeliveryID], "each webhook has an ID of its own")
		seen[event.DeliveryID] = true
		switch want.agent {
		case "":
			require.Nil(t, event.Agent)
			continue
		case "integration":
			require.Equal(t, "inbound_integration_reference", event.Agent.Type)
			require.False(t, event.Agent.Person())
			continue
		}
		require.True(t, event.Agent.Person())
		email, err := in.PersonEmail(t.Context(), event.Agent.ID)
		require.NoError(t, err)
		require.Equal(t, want.agent, email)
	}
}

// acme makes a delivery of the shape that was captured of real accounts: what events have opened has
// no key, automation is an integration or null, and a person's agent has a name and no address.
func acme(kind, status, agent, fields string) string {
	return `{"event":{"id":"01FFE2FY4SONSAOFXFNLQ73WQW","event_type":"` + kind + `","resource_type":"incident","occurred_at":"2026-02-05T05:56:12.562Z","agent":` + agent + `,
		"client":{"name":"Muster"},"data":{"id":"Q1KD0TLXG4S1VO","type":"incident","self":"https://api.pagerduty.com/incidents/Q1KD0TLXG4S1VO",
		"html_url":"https://acme.pagerduty.com/incidents/Q1KD0TLXG4S1VO","number":15,"status":"` + status + `","incident_key":null,"created_at":"2026-02-05T05:56:12Z",
		"title":"Checkout is down","service":{"html_url":"https://acme.pagerduty.com/services/P5PP4N4","id":"P5PP4N4","self":"https://api.pagerduty.com/services/P5PP4N4",
		"summary":"Checkout","type":"service_reference"},"assignees":[{"html_url":"https://acme.pagerduty.com/users/PSQL7T5","id":"PSQL7T5",
		"self":"https://api.pagerduty.com/users/PSQL7T5","summary":"Alice A.","type":"user_reference"}],"escalation_policy":{"id":"P2F4GX5","type":"escalation_policy_reference"},
		"teams":[],"priority":null,"urgency":"high","conference_bridge":null,"resolve_reason":null,"incident_type":{"name":"incident_default"}` + fields + `}}}`
}

func TestWebhooksOfRealAccounts(t *testing.T) {
	t.Parallel()
	integration := `{"html_url":"https://acme.pagerduty.com/services/P5PP4N4/integrations/PXMQRWJ","id":"PXMQRWJ","self":"https://api.pagerduty.com/services/P5PP4N4/integrations/PXMQRWJ","summary":"Events API V2","type":"inbound_integration_reference"}`
	person := `{"html_url":"https://acme.pagerduty.com/users/PSQL7T5","id":"PSQL7T5","self":"https://api.pagerduty.com/users/PSQL7T5","summary":"Alice A.","type":"user_reference"}`
	for name, tc := range map[string]struct {
		body   string
		status string
		person bool
		merged bool
	}{
		"triggered by an integration": {acme("incident.triggered", "triggered", integration, ""), "triggered", false, false},
		"acknowledged on the phone":   {acme("incident.acknowledged", "acknowledged", person, ""), "acknowledged", true, false},
		"resolved by nobody":          {acme("incident.resolved", "resolved", "null", ""), "resolved", false, false},
		"merged":                      {acme("incident.resolved", "resolved", person, `,"resolve_reason":{"type":"merge_resolve_reason"}`), "resolved", true, true},
	} {
		event, err := parse(tc.body, "d1")
		require.NoError(t, err, name)
		require.Equal(t, "Q1KD0TLXG4S1VO", event.IncidentID, name)
		require.Empty(t, event.IncidentKey, name)
		require.Equal(t, tc.status, event.Status, name)
		require.Equal(t, tc.person, event.Agent.Person(), name)
		require.Equal(t, tc.merged, event.Merged, name)
		require.Equal(t, []string{"PSQL7T5"}, event.Assignees, name)
		require.Equal(t, time.Date(2026, 2, 5, 5, 56, 12, 562e6, time.UTC), event.At, name)
		require.False(t, event.At.Before(event.Created), name)
	}
}

func FuzzParseWebhook(f *testing.F) {
	f.Add("v1="+oldHex, "", []byte(vectorBody), false)
	f.Add("v1=,v1", "id", []byte(`{"event":{"id":"1","event_type":"a","agent":{},"data":{"type":"incident","id":"Q"}}}`), true)
	f.Add(",,, v1=zz", "\x00", []byte(`{"event":{"data":{"incident":{}},"agent":[]}}`), true)
	f.Fuzz(func(t *testing.T, signature, id string, body []byte, valid bool) {
		h := http.Header{"X-Pagerduty-Signature": {signature}, "X-Webhook-Id": {id}}
		if valid {
			h.Add("X-PagerDuty-Signature", sign(body, newSecret))
		}
		event, err := pagerduty.ParseWebhook(h, body, []fault.Secret{newSecret})
		switch {
		case err != nil:
			require.Zero(t, event)
		case !valid:
			require.Contains(t, strings.ToLower(signature), sign(body, newSecret)[3:], "accepted without a signature")
		default:
			require.NotEmpty(t, event.DeliveryID)
			require.NotEmpty(t, event.Type)
		}
	})
}
