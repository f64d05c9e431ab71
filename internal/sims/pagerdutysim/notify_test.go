package pagerdutysim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/sims/pagerdutysim"
)

// log is the incident's log as the REST API shows it, the newest first: kind, person, means.
func (r *rig) log(t *testing.T, id, query string) (lines []string) {
	t.Helper()
	status, body := r.raw(t, "GET", "/incidents/"+id+"/log_entries?limit=100&"+query, "", nil)
	require.Equal(t, 200, status)
	for _, e := range body["log_entries"].([]any) {
		entry := e.(map[string]any)
		line := strings.TrimSuffix(entry["type"].(string), "_log_entry")
		if user, ok := entry["user"].(map[string]any); ok {
			channel := entry["channel"].(map[string]any)
			line += fmt.Sprint(" ", user["summary"], " ", channel["notification"].(map[string]any)["type"])
		}
		lines = append(lines, line)
	}
	return lines
}

func TestPeopleAreNotifiedByTheirOwnRules(t *testing.T) {
	t.Parallel()
	r := start(t, func(o *pagerdutysim.Options) {
		o.Rules = map[string][]pagerdutysim.Rule{
			"alice@example.com": {{Means: pagerdutysim.Push}, {After: time.Minute, Means: pagerdutysim.SMS}, {After: 3 * time.Minute, Means: pagerdutysim.Phone}},
		}
	})
	in := r.page(t, "k1")
	r.clock.Advance(90 * time.Second)
	require.Equal(t, []string{"notify Alice sms_notification", "notify Alice push_notification", "assign", "trigger"}, r.log(t, in.ID, ""))
	require.Equal(t, []string{"assign", "trigger"}, r.log(t, in.ID, "is_overview=true"), "an overview says of nobody that they were notified")
	require.Equal(t, []string{"notify Alice sms_notification"}, r.log(t, in.ID, "since="+r.clock.Now().Add(-time.Minute).Format(time.RFC3339)))

	require.NoError(t, r.Acknowledge(in.ID, "alice@example.com"))
	r.clock.Advance(time.Hour)
	require.Equal(t, []string{"acknowledge", "notify Alice sms_notification"}, r.log(t, in.ID, "")[:2], "nobody calls who has answered")
	require.NoError(t, r.Unacknowledge(in.ID))
	require.Equal(t, "notify Alice push_notification", r.log(t, in.ID, "")[0], "the rules begin anew")
}

func TestAnEscalationAsksTheNextPersonInPlaceOfTheLast(t *testing.T) {
	t.Parallel()
	r := start(t, chain, func(o *pagerdutysim.Options) {
		o.Rules = map[string][]pagerdutysim.Rule{bob: {{Means: pagerdutysim.Push}, {After: time.Hour, Means: pagerdutysim.Phone}}}
	})
	in := r.page(t, "k1")
	require.NoError(t, r.Escalate(in.ID))
	r.clock.Advance(2 * time.Hour)
	require.Equal(t, []string{
		"notify Carol push_notification", "notify Alice push_notification", "escalate", "notify Bob push_notification", "assign", "trigger",
	}, r.log(t, in.ID, ""))
}

func TestTheLogLags(t *testing.T) {
	t.Parallel()
	r := start(t, func(o *pagerdutysim.Options) { o.LogLag = 30 * time.Second })
	in := r.page(t, "k1")
	require.Empty(t, r.log(t, in.ID, ""))
	r.clock.Advance(30 * time.Second)
	require.Len(t, r.log(t, in.ID, ""), 3)
}

func TestWhoWasDeletedKeepsANameInTheLog(t *testing.T) {
	t.Parallel()
	r := start(t)
	in := r.page(t, "k1")
	id := r.AddUser("alice@example.com")
	require.NoError(t, r.DeleteUser("alice@example.com"))
	require.Error(t, r.DeleteUser("alice@example.com"))
	require.Equal(t, "notify Alice push_notification", r.log(t, in.ID, "")[0])
	status, _ := r.raw(t, "GET", "/users/"+id, "", nil)
	require.Equal(t, 404, status)
	_, users := r.raw(t, "GET", "/users?query=alice", "", nil)
	require.Empty(t, users["users"])
}

func TestLowUrgencyIsSentByEmail(t *testing.T) {
	t.Parallel()
	r := start(t, service(func(s *pagerdutysim.Service) { s.Urgency = pagerdutysim.AlwaysLow }))
	in := r.page(t, "k1")
	require.Equal(t, "notify Alice email_notification", r.log(t, in.ID, "")[0])
}

func TestMergedIncidentsKeepTheirOwnLogs(t *testing.T) {
	t.Parallel()
	r := start(t)
	one, two := r.page(t, "k1"), r.page(t, "k2")
	require.NoError(t, r.Merge(one.ID, two.ID, "bob@example.com"))
	require.Equal(t, []string{"resolve", "notify Alice push_notification", "assign", "trigger"}, r.log(t, one.ID, ""))
	require.Equal(t, []string{"notify Alice push_notification", "assign", "trigger"}, r.log(t, two.ID, ""))
}

func TestWhatTheLogRefuses(t *testing.T) {
	t.Parallel()
	r := start(t)
	in := r.page(t, "k1")
	for path, want := range map[string]int{
		"/incidents/QNONE/log_entries":                     404,
		"/incidents/" + in.ID + "/log_entries?since=today": 400,
		"/incidents/" + in.ID + "/log_entries?limit=x":     400,
	} {
		status, _ := r.raw(t, "GET", path, "", nil)
		require.Equal(t, want, status, path)
	}
}
