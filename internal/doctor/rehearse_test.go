package doctor_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/doctor"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/simkit"
)

func (p *patient) testsIssue() findings {
	p.t.Helper()
	return findings{p.t, doctor.TestIssue(p.t.Context(), p.options())}
}

func TestATestIssueGoesAllTheWay(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	sim := p.withJira()
	found := p.testsIssue()
	found.without(doctor.Broken, doctor.Warning)
	found.says(doctor.OK, "test issue", "made OPS-1, of type Incident", "")
	found.says(doctor.OK, "test issue", "made OPS-2, of type Sub-task", "")
	found.says(doctor.OK, "test issue", "OPS-2 was updated and moved: In Progress, Done, To Do, Done; it stays there", "")

	require.Equal(t, 2, sim.Count())
	child, _ := sim.Issue("OPS-2")
	require.Equal(t, "OPS-1", child.Parent)
	require.Equal(t, "Done", child.Status)
	require.Equal(t, "[Muster test] a follow-up (updated)", child.Summary)
	require.Equal(t, "muster@example.com", child.Owner, "nobody is bothered")
	require.NotEmpty(t, child.Due)
	require.Contains(t, child.Labels, "muster-test")

	found = p.testsIssue()
	found.without(doctor.Broken, doctor.Warning)
	found.says(doctor.OK, "test issue", "OPS-1 of an earlier test today is used again", "")
	require.Equal(t, 2, sim.Count(), "it looks before it makes")
}

func TestATestIssueSaysWhereItStopped(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	sim := p.withJira()
	sim.RequireField("customfield_10042", "Root team")
	p.testsIssue().says(doctor.Broken, "test issue", "make an issue of type Incident", "customfield_10042")
	require.Zero(t, sim.Count())

	sim.FreeField("customfield_10042")
	id := sim.Faults.Add(simkit.Fault{Operation: "issue.transition", Kind: simkit.Status, Status: 403})
	found := p.testsIssue()
	found.says(doctor.Broken, "test issue", `move OPS-2 to done, and it was last seen in "To Do"`, "transition")
	sim.Faults.Clear(id)
	p.testsIssue().without(doctor.Broken)

	// An answer that is lost does not make a second issue.
	p = newPatient(t)
	sim = p.withJira()
	sim.Faults.Add(simkit.Fault{Operation: "issue.create", Kind: simkit.DropAfter, Times: 1})
	p.testsIssue().says(doctor.Broken, "test issue", "make an issue", "try again")
	p.testsIssue().without(doctor.Broken)
	require.Equal(t, 2, sim.Count())
}

func TestATestIssueIsOfWhatThePlaybookSaysNow(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	sim := p.withJira()
	p.testsIssue().without(doctor.Broken)
	require.Equal(t, 2, sim.Count())

	p.writes(strings.Replace(policy, "{project: OPS}", "{project: OPS, incident_type: Task}", 1))
	found := p.testsIssue()
	found.without(doctor.Broken)
	found.says(doctor.OK, "test issue", "made OPS-3, of type Task", "")
	require.Equal(t, 4, sim.Count())

	p.writes(strings.Replace(policy, "{project: OPS}", "{project: OPS, incident_type: Task, follow_up_type: Epic}", 1))
	found = p.testsIssue()
	found.says(doctor.OK, "test issue", "OPS-3 of an earlier test today is used again", "")
	found.says(doctor.Broken, "test issue", "make an issue of type Epic", "tracker.follow_up_type")

	p.writes(strings.Replace(policy, "{project: OPS}", "{project: OPS, incident_type: Task, fields: {labels_of_ours: x}}", 1))
	p.testsIssue().says(doctor.Broken, "test issue", "make an issue of type Task", "tracker.fields")
}

func TestATestIssueWaitsAsJiraAsks(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	sim := p.withJira()
	sim.LimitIssueWrites(0, 0) // only the faults below refuse
	limited := simkit.Fault{Operation: "issue.transition", Kind: simkit.RateLimited, RetryAfter: "7", Times: 2}
	sim.Faults.Add(limited)
	var waited []time.Duration
	test := func() findings {
		waited = nil
		o := p.options()
		o.Wait = func(ctx context.Context, d time.Duration) error {
			waited = append(waited, d)
			return ctx.Err()
		}
		return findings{t, doctor.TestIssue(t.Context(), o)}
	}
	test().without(doctor.Broken)
	require.Equal(t, []time.Duration{7 * time.Second, 7 * time.Second}, waited)

	// It does not wait for ever, says where the issue is, and goes on with it next time.
	limited.Times = 3
	sim.Faults.Add(limited)
	found := test()
	found.says(doctor.Broken, "test issue", `move OPS-2 to in progress, and it was last seen in "Done"`, "wait a minute and run it again")
	require.NotContains(t, found.all(), "can be reached")
	require.Len(t, waited, 2)

	limited.RetryAfter, limited.Times = "60", 1
	sim.Faults.Add(limited)
	test().says(doctor.Broken, "test issue", "move OPS-2", "wait a minute")
	require.Empty(t, waited, "a minute is for the person to wait")
	test().without(doctor.Broken)
	require.Equal(t, 2, sim.Count())
}

func TestATestIssueNeedsJira(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.testsIssue().says(doctor.Broken, "test issue", "not set up", "JIRA_URL")
	p.writes("version: 2\n")
	p.testsIssue().says(doctor.Broken, "test issue", "the playbook cannot be used", "starter playbook check")
	p.env["JIRA_URL"] = "nowhere"
	p.testsIssue().says(doctor.Broken, "test issue", "JIRA_URL", "settings")
}

// withPager gives the installation a PagerDuty.
func (p *patient) withPager() *pagerdutysim.Sim {
	p.t.Helper()
	sim := pagerdutysim.New(pagerdutysim.Options{Token: "p", Users: []string{"alice@example.com"}})
	server := httptest.NewServer(sim)
	p.t.Cleanup(func() { sim.Close(); server.Close() })
	p.env["PAGERDUTY_EVENTS_URL"], p.env["PAGERDUTY_API_URL"], p.env["PAGERDUTY_TOKEN"] = server.URL, server.URL, "p"
	p.env["PD_CHECKOUT"] = pagerdutysim.DefaultRoutingKey
	return sim
}

// testsPage pages a target; while it is waited for, meanwhile happens.
func (p *patient) testsPage(target string, meanwhile func()) findings {
	p.t.Helper()
	return findings{p.t, doctor.TestPage(p.t.Context(), doctor.PageOptions{
		Options: p.options(), Target: target, Ring: 9 * time.Second,
		Pause: func(ctx context.Context, _ time.Duration) error { meanwhile(); return ctx.Err() },
	})}
}

func TestATestPageIsAnsweredAndWithdrawn(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	sim := p.withPager()
	found := p.testsPage("platform", func() {
		for _, i := range sim.Incidents() {
			_ = sim.Acknowledge(i.ID, "alice@example.com") // once it is there
		}
	})
	found.without(doctor.Broken, doctor.Warning)
	found.says(doctor.OK, "test page", "paged Platform on call of platform", "")
	found.says(doctor.OK, "test page", "alice@example.com answered it", "")
	found.says(doctor.OK, "test page", "it was withdrawn", "")
	list := sim.Incidents()
	require.Len(t, list, 1)
	require.Equal(t, "resolved", list[0].Status)
	require.Contains(t, list[0].Title, "DRILL")
	require.Contains(t, list[0].Title, "nothing is wrong")
}

func TestATestPageThatNobodyAnswers(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	sim := p.withPager()
	found := p.testsPage("PLATFORM", func() {})
	found.says(doctor.Warning, "test page", "nobody has answered it", "PagerDuty's log")
	found.says(doctor.OK, "test page", "it was withdrawn", "")
	require.Equal(t, "resolved", sim.Incidents()[0].Status)

	found = p.testsPage("platform", func() {})
	found.says(doctor.OK, "test page", "paged", "")
	require.Len(t, sim.Incidents(), 2, "a test that is over does not keep the next one from ringing")
}

func TestATestPageThatReachesNobody(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.withPager()
	p.testsPage("nobody", func() {}).says(doctor.Broken, "test page", `the playbook pages nobody called "nobody"`, "")
	delete(p.env, "PD_CHECKOUT")
	p.testsPage("platform", func() {}).says(doctor.Broken, "test page", "PD_CHECKOUT is not set", "PD_CHECKOUT")
	p.env["PD_CHECKOUT"] = strings.Repeat("z", 32)
	p.testsPage("platform", func() {}).says(doctor.Broken, "test page", "page Platform on call", "")

	p = newPatient(t)
	p.withPager()
	delete(p.env, "PAGERDUTY_TOKEN")
	found := p.testsPage("platform", func() {})
	found.says(doctor.OK, "test page", "paged", "")
	found.says(doctor.Unchecked, "test page", "it rings on", "PAGERDUTY_TOKEN")
}

func TestWhoAskedForATestPageAndLeftLeavesNothingRinging(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	sim := p.withPager()
	ctx, leave := context.WithCancel(t.Context())
	doctor.TestPage(ctx, doctor.PageOptions{Options: p.options(), Target: "platform", Pause: func(context.Context, time.Duration) error {
		leave()
		return ctx.Err()
	}})
	require.Eventually(t, func() bool { list := sim.Incidents(); return len(list) == 1 && list[0].Status == "resolved" }, 5*time.Second, 10*time.Millisecond)
}

func TestWhomATestPageWouldWake(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	target, err := doctor.PageTarget(p.options(), "checkout")
	require.NoError(t, err)
	require.Equal(t, "env:PD_CHECKOUT", target.Steps[0].Credential)
	_, err = doctor.PageTarget(p.options(), "sarch")
	problem, ok := incident.AsProblem(err)
	require.True(t, ok)
	require.Contains(t, problem.Mend, "platform")
}
