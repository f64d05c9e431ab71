package doctor_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations/jira"
	"muster/internal/contracttest"
	"muster/internal/doctor"
	"muster/internal/sims/jirasim"
)

const jiraToken = "jira-very-secret"

// withJira gives the installation a Jira whose project fits the playbook.
func (p *patient) withJira() *jirasim.Sim {
	p.t.Helper()
	sim := jirasim.New(jirasim.Options{
		Email: "muster@example.com", Token: jiraToken, Projects: []jirasim.Project{jirasim.DefaultProject("OPS")},
	})
	sim.SetAdmin(true)
	sim.RegisterHook(jirasim.Hook{Name: "Muster", URL: "https://muster.example.com" + jira.WebhookPath, Events: jira.HookEvents})
	server := httptest.NewServer(contracttest.Check(p.t, "jira-cloud-v2", sim))
	p.t.Cleanup(func() {
		sim.Close()
		server.Close()
		require.Empty(p.t, sim.Unexpected())
	})
	p.env["JIRA_URL"], p.env["JIRA_EMAIL"], p.env["JIRA_TOKEN"] = server.URL, "muster@example.com", jiraToken
	p.env["JIRA_WEBHOOK_SECRET"] = "hook"
	return sim
}

func TestJiraThatIsSetUp(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.withJira()
	found := p.examined()
	found.without(doctor.Broken, doctor.Warning, doctor.Unchecked)
	found.says(doctor.OK, "jira account", "Muster Bot", "")
	found.says(doctor.OK, "jira project OPS", "OPS incidents", "")
	found.says(doctor.OK, "jira permissions", "all 8", "")
	found.says(doctor.OK, "jira webhook", "registered", "")
	found.says(doctor.OK, "clock", "it agrees with Jira, Slack", "")
}

func TestWhatIsWrongWithJira(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	sim := p.withJira()
	sim.SetPermission("TRANSITION_ISSUES", false)
	sim.SetPermission("SCHEDULE_ISSUES", false)
	sim.SetAdmin(false)
	p.writes(strings.Replace(policy, "{project: OPS}", "{project: OPS, follow_up_type: Subtask}", 1))
	found := p.examined()
	found.says(doctor.Broken, "jira permission TRANSITION_ISSUES", "no issue can be finished", "Transition Issues")
	found.says(doctor.Warning, "jira permission SCHEDULE_ISSUES", "due dates are refused", "Schedule Issues")
	found.says(doctor.Warning, "jira issue type Subtask", "called Sub-task", "tracker.follow_up_type: Sub-task")
	found.says(doctor.Unchecked, "jira webhook", "administrator", "System, WebHooks")

	p.env["JIRA_TOKEN"] = "of last year"
	p.examined().says(doctor.Broken, "jira account", "no issue is made", "JIRA_TOKEN")
	p.env["JIRA_URL"] = "http://127.0.0.1:1"
	p.examined().says(doctor.Broken, "jira", "myself.get", "try again")
	p.writes("version: 1\nnonsense: {}\n")
	p.examined().says(doctor.Unchecked, "jira", "named by the playbook", "correct the playbook")
}

func TestAClockThatIsWrong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		off   time.Duration
		state doctor.State
		text  string
	}{
		{-10 * time.Minute, doctor.Broken, "behind Jira: signatures older than 5 minutes are refused"},
		{10 * time.Minute, doctor.Broken, "ahead of Jira"},
		{-2 * time.Minute, doctor.Warning, "behind Slack"},
		{time.Minute, doctor.Warning, "ahead of Jira"},
		{10 * time.Second, doctor.OK, "it agrees"},
	} {
		p := newPatient(t)
		p.withJira()
		p.now = func() time.Time { return time.Now().Add(tt.off) }
		mend := "NTP"
		if tt.state == doctor.OK {
			mend = ""
		}
		p.server.pollers = nil // their times are of another clock
		p.examined().says(tt.state, "clock", tt.text, mend)
	}
}

func TestAnAnswerFromACacheTellsNoTime(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	old := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		w.Header().Set("Age", "3600")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(old.Close)
	p.env["JIRA_URL"], p.env["JIRA_EMAIL"], p.env["JIRA_TOKEN"] = old.URL, "muster@example.com", jiraToken
	p.examined().says(doctor.OK, "clock", "it agrees with Slack", "")
}

func TestKeysThatAreNone(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.examined().says(doctor.OK, "pagerduty keys", "1 integration key of the right shape", "")
	p.env["PD_CHECKOUT"] = "u+RestApiKey_1234567"
	found := p.examined()
	found.says(doctor.Broken, "pagerduty keys", "PD_CHECKOUT is no integration key", "Integration Key")
	require.NotContains(t, found.all(), "u+RestApiKey")
}
