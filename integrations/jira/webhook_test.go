package jira_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/jira"
	"muster/internal/contracttest"
	"muster/internal/sims/jirasim"
)

func signed(secret string, body []byte) http.Header {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	h := http.Header{}
	h.Set("X-Hub-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	h.Set("X-Atlassian-Webhook-Identifier", "delivery-1")
	return h
}

func secrets(values ...string) []fault.Secret {
	var list []fault.Secret
	for _, v := range values {
		list = append(list, fault.NewSecret(v))
	}
	return list
}

func TestOnlySignedWebhooksAreBelieved(t *testing.T) {
	t.Parallel()
	body := []byte(`{"timestamp":1,"webhookEvent":"jira:issue_updated"}`)
	for _, tt := range []struct {
		name    string
		change  func(http.Header)
		secrets []fault.Secret
		want    error
	}{
		{"right", nil, secrets("one"), nil},
		{"right, during a rotation", nil, secrets("two", "one"), nil},
		{"another secret", nil, secrets("two", "three"), jira.ErrBadSignature},
		{"no secret", nil, nil, jira.ErrNoSecret},
		{"empty secret", nil, secrets(""), jira.ErrNoSecret},
		{"unsigned", func(h http.Header) { h.Del("X-Hub-Signature") }, secrets("one"), jira.ErrNoSignature},
		{"no hex", func(h http.Header) { h.Set("X-Hub-Signature", "sha256=zz") }, secrets("one"), jira.ErrBadSignature},
		{"empty signature", func(h http.Header) { h.Set("X-Hub-Signature", "sha256=") }, secrets("one"), jira.ErrBadSignature},
		{"another method", func(h http.Header) { h.Set("X-Hub-Signature", "sha1="+h.Get("X-Hub-Signature")[7:]) }, secrets("one"), jira.ErrBadSignature},
	} {
		header := signed("one", body)
		if tt.change != nil {
			tt.change(header)
		}
		event, err := jira.ParseWebhook(header, body, tt.secrets)
		require.ErrorIs(t, err, tt.want, tt.name)
		if tt.want == nil {
			require.Equal(t, jira.EventIssueUpdated, event.Type)
		}
	}
	_, err := jira.ParseWebhook(signed("one", body), append(body, ' '), secrets("one"))
	require.ErrorIs(t, err, jira.ErrBadSignature, "a changed body")
}

func TestAtlassiansOwnSignatureExample(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	h.Set("X-Hub-Signature", "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9")
	_, err := jira.ParseWebhook(h, []byte("Hello World!"), secrets("It's a Secret to Everybody"))
	require.ErrorIs(t, err, jira.ErrMalformed, "the signature is right, the example's body is no event")
}

func TestMalformedWebhooksAreSaidToBeSo(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `{}`, `[]`, `null`, `{"webhookEvent":1}`, `{"webhookEvent":"x","issue":"y"}`} {
		_, err := jira.ParseWebhook(signed("one", []byte(body)), []byte(body), secrets("one"))
		require.ErrorIs(t, err, jira.ErrMalformed, body)
	}
}

func TestADeliveryIsKnownByItsBody(t *testing.T) {
	t.Parallel()
	one, err := jira.DecodeWebhook([]byte(`{"webhookEvent":"a"}`))
	require.NoError(t, err)
	again, err := jira.DecodeWebhook([]byte(`{"webhookEvent":"a"}`))
	require.NoError(t, err)
	other, err := jira.DecodeWebhook([]byte(`{"webhookEvent":"b"}`))
	require.NoError(t, err)
	require.NotEmpty(t, one.DeliveryID)
	require.Equal(t, one.DeliveryID, again.DeliveryID)
	require.NotEqual(t, one.DeliveryID, other.DeliveryID)
}

func TestRealWebhooksAreRead(t *testing.T) {
	t.Parallel()
	folder := os.Getenv(contracttest.Folder)
	if folder == "" {
		t.Skipf("%s is not set: Jira's recorded webhooks are not here", contracttest.Folder)
	}
	read := func(name string) jira.Event {
		body, err := os.ReadFile(filepath.Join(folder, "jira-webhook-samples", name+".json"))
		require.NoError(t, err)
		event, err := jira.ParseWebhook(signed("s", body), body, secrets("s"))
		require.NoError(t, err, name)
		require.Len(t, event.DeliveryID, 64, "the identifier in the header is not signed")
		require.Empty(t, event.MusterKey)
		require.False(t, event.At.IsZero())
		require.NotEmpty(t, event.Actor.AccountID)
		return event
	}

	resolved := read("webhook-issue-updated-resolved")
	require.Equal(t, jira.EventIssueUpdated, resolved.Type)
	require.Equal(t, jira.Actor{AccountID: "5c5f880629be9642ba529340", DisplayName: "Test User", Email: "some-instance-test@gmail.com"}, resolved.Actor)
	require.Equal(t, incident.IssueState{
		ID: "10040", Key: "TES-41", Title: resolved.Issue.Title, Status: "Done", Done: true, Resolution: "Done", Updated: resolved.Issue.Updated,
	}, resolved.Issue)
	require.NotEmpty(t, resolved.Issue.Title)
	require.WithinDuration(t, resolved.At, resolved.Issue.Updated, time.Second)
	require.Equal(t, []incident.IssuePart{incident.IssueStatus}, resolved.Changed)
	require.Equal(t, []string{"test-label"}, resolved.Labels)
	require.Equal(t, time.UnixMilli(1550286940507).UTC(), resolved.At)

	require.False(t, read("webhook-issue-updated-started-working").Issue.Done)
	require.Equal(t, jira.EventIssueCreated, read("webhook-issue-created").Type)
	assigned := read("webhook-issue-updated-assigned")
	require.Equal(t, "some-instance-test@gmail.com", assigned.Issue.Owner)
	require.Equal(t, []incident.IssuePart{incident.IssueOwner}, assigned.Changed)
	deleted := read("webhook-issue-deleted")
	require.Equal(t, jira.EventIssueDeleted, deleted.Type)
	require.True(t, deleted.Issue.Deleted)
	require.Equal(t, "IDT-19", deleted.Issue.Key)
	comment := read("webhook-cloud-comment-created")
	require.Equal(t, jira.EventCommentCreated, comment.Type)
	require.Equal(t, "Test User", comment.Actor.DisplayName)
	require.Equal(t, "TES-41", comment.Issue.Key)

	server := read("webhook-server-issue-updated-resolved")
	require.Equal(t, "admin", server.Actor.AccountID)
	require.True(t, server.Issue.Done)
	require.Empty(t, read("webhook-server-comment-created").Issue.Key, "old versions send no issue with a comment")
	require.False(t, read("webhook-server-issue-updated-in-progress").Issue.Done)
}

func TestTheSimulatorsWebhooksAreRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	events := make(chan jira.Event, 100)
	target := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		event, err := jira.ParseWebhook(r.Header, body, secrets("old", jirasim.DefaultWebhookSecret))
		if err != nil {
			t.Errorf("webhook: %v", err)
		}
		events <- event
		rw.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(target.Close)
	w.sim.Webhooks.SetTarget(target.URL)

	ref := w.create(outage())
	created := <-events
	require.Equal(t, jira.EventIssueCreated, created.Type)
	require.Equal(t, ref.Key, created.Issue.Key)
	require.Equal(t, jira.Label("INC-42"), created.MusterKey)
	require.Equal(t, "Muster Bot", created.Actor.DisplayName)

	require.NoError(t, w.sim.MoveTo(ref.Key, "Done", "bob@example.com"))
	done := <-events
	require.Equal(t, jira.EventIssueUpdated, done.Type)
	require.True(t, done.Issue.Done)
	require.Equal(t, "bob@example.com", done.Actor.Email)
	require.Equal(t, []incident.IssuePart{incident.IssueStatus}, done.Changed)
	require.WithinDuration(t, time.Now(), done.At, time.Minute)

	label := jira.Label("INC-42")
	require.NoError(t, w.sim.SetLabels(ref.Key, []string{"sev1"}, ""))
	bare := <-events
	require.Equal(t, []incident.IssuePart{incident.IssueLabels}, bare.Changed)
	require.Equal(t, []string{label}, bare.Former)
	require.Empty(t, bare.MusterKey)
	require.NoError(t, w.sim.SetLabels(ref.Key, []string{label}, ""))
	<-events
	require.NoError(t, w.sim.SetDue(ref.Key, "2026-12-24", ""))
	require.Equal(t, []incident.IssuePart{incident.IssueDue}, (<-events).Changed)
	require.NoError(t, w.sim.SetSummary(ref.Key, "Better words", ""))
	retitled := <-events
	require.Equal(t, []incident.IssuePart{incident.IssueTitle}, retitled.Changed)
	require.Equal(t, "Better words", retitled.Issue.Title)
	w.sim.AddProject(jirasim.DefaultProject("TEAM"))
	moved, err := w.sim.Move(ref.Key, "TEAM", "")
	require.NoError(t, err)
	event := <-events
	require.Equal(t, []incident.IssuePart{incident.IssueKey}, event.Changed)
	require.Equal(t, []string{ref.ID, moved}, []string{event.Issue.ID, event.Issue.Key})
	require.NotEqual(t, created.DeliveryID, done.DeliveryID)

	require.NoError(t, w.client.Comment(w.ctx(), ref.Key, "c", []string{"hello"}, false))
	comment := <-events
	require.Equal(t, jira.EventCommentCreated, comment.Type)
	require.Equal(t, moved, comment.Issue.Key)
	require.Equal(t, "Muster Bot", comment.Actor.DisplayName)

	require.NoError(t, w.sim.Delete(ref.Key, ""))
	deleted := <-events
	require.Equal(t, jira.EventIssueDeleted, deleted.Type)
	require.True(t, deleted.Issue.Deleted)
	require.NoError(t, w.sim.Webhooks.Wait(w.ctx()))
}

func FuzzParseWebhook(f *testing.F) {
	f.Add("sha256=00", []byte(`{"webhookEvent":"jira:issue_updated","user":{},"issue":{"fields":{"status":null,"labels":["muster-x"]}}}`))
	f.Add("", []byte(`{"webhookEvent":"comment_created","comment":{"author":null}}`))
	f.Add("sha256", []byte(`{"webhookEvent":"x","timestamp":9223372036854775807}`))
	f.Fuzz(func(t *testing.T, signature string, body []byte) {
		h := http.Header{}
		h.Set("X-Hub-Signature", signature)
		_, err := jira.ParseWebhook(h, body, secrets("a secret nobody guesses"))
		require.Error(t, err)
		event, err := jira.DecodeWebhook(body)
		if err == nil {
			require.NotEmpty(t, event.DeliveryID)
			require.NotEmpty(t, event.Type)
		}
	})
}
