package jira_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/jira"
	"muster/internal/sims/jirasim"
	"muster/internal/sims/simkit"
)

func TestAnIssueHoldsEverythingThatWasAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.AddField("customfield_10042", "Root team", "option")
	w.sim.AddField("customfield_10043", "Impact", "string")
	parent := w.create(outage())
	issue := followUp(parent.Key)
	issue.Description = []string{"First.", "Second."}
	issue.Links = []incident.Link{{Label: "Channel", URL: "https://chat.example.com/inc-42"}}
	issue.Labels = []string{"muster", "two words"}
	issue.Owner = "alice@example.com"
	issue.Due = "2026-11-30"
	issue.Fields = map[string]any{"Root team": "Payments", "customfield_10043": "high", "priority": map[string]any{"name": "High"}}

	ref := w.create(issue)

	require.Equal(t, w.url+"/browse/"+ref.Key, ref.URL)
	made := w.issue(ref.Key)
	require.Equal(t, ref.ID, made.ID)
	require.Equal(t, "Sub-task", made.Type)
	require.Equal(t, parent.Key, made.Parent)
	require.Equal(t, "Alert on a failing checkout", made.Summary)
	require.Equal(t, "First.\n\nSecond.\n\n* [Channel|https://chat.example.com/inc-42]", made.Description)
	require.ElementsMatch(t, []string{jira.Label(issue.Key), "muster", "two-words"}, made.Labels)
	require.Equal(t, issue.Key, made.Properties["muster.key"])
	require.Equal(t, "alice@example.com", made.Owner)
	require.Equal(t, "2026-11-30", made.Due)
	require.Equal(t, map[string]any{
		"customfield_10042": map[string]any{"value": "Payments"}, "customfield_10043": "high", "priority": map[string]any{"name": "High"},
	}, made.Fields)
}

func TestAnAnswerThatGotLostMakesNoSecondIssue(t *testing.T) {
	t.Parallel()
	for _, kind := range []simkit.Kind{simkit.DropAfter, simkit.StatusAfter, simkit.EmptyAfter} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.fail(simkit.Fault{Operation: "issue.create", Kind: kind, Times: 1})
			_, err := w.client.CreateIssue(w.ctx(), outage(), false)
			failure(t, err, fault.Retryable)

			ref, err := w.client.CreateIssue(w.ctx(), outage(), true)

			require.NoError(t, err)
			issues := w.sim.Issues()
			require.Len(t, issues, 1)
			require.Equal(t, issues[0].Key, ref.Key)
			require.Equal(t, issues[0].ID, ref.ID)
			require.Equal(t, w.url+"/browse/"+ref.Key, ref.URL)
		})
	}
}

func TestNothingAppliedIsCreatedByTheNextAttempt(t *testing.T) {
	t.Parallel()
	for _, kind := range []simkit.Kind{simkit.DropBefore, simkit.Status, simkit.Empty, simkit.RateLimited} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.fail(simkit.Fault{Operation: "issue.create", Kind: kind, Times: 1})
			_, err := w.client.CreateIssue(w.ctx(), outage(), false)
			failure(t, err, fault.Retryable)

			_, err = w.client.CreateIssue(w.ctx(), outage(), true)

			require.NoError(t, err)
			require.Len(t, w.sim.Issues(), 1)
		})
	}
}

func TestALookUpWaitsForTheIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t, waitingForIndex(time.Minute))
	w.sim.SetSearchLag(time.Hour)
	first := w.create(outage())
	found := make(chan incident.IssueRef, 1)
	go func() {
		ref, err := w.client.CreateIssue(w.ctx(), outage(), true)
		if err == nil {
			found <- ref.IssueRef
		}
		close(found)
	}()
	require.Eventually(t, func() bool { return w.sim.Log.Count("search") > 0 }, 10*time.Second, time.Millisecond)

	w.sim.SetSearchLag(0)

	require.Equal(t, first.Key, (<-found).Key)
	require.Len(t, w.sim.Issues(), 1)
}

func TestALookUpThatIsCutShortCreatesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, waitingForIndex(time.Hour))
	w.sim.SetSearchLag(time.Hour)
	ctx, cancel := context.WithCancel(w.ctx())
	failed := make(chan error, 1)
	go func() {
		_, err := w.client.CreateIssue(ctx, outage(), true)
		failed <- err
	}()
	require.Eventually(t, func() bool { return w.sim.Log.Count("search") > 0 }, 10*time.Second, time.Millisecond)

	cancel()

	err := <-failed
	failure(t, err, fault.Retryable)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, w.sim.Issues())
}

func TestALookUpLeavesTimeForTheCreate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, waitingForIndex(time.Hour))
	ctx, cancel := context.WithTimeout(w.ctx(), 3*time.Second)
	defer cancel()

	_, err := w.client.CreateIssue(ctx, outage(), true)

	require.NoError(t, err)
	require.Len(t, w.sim.Issues(), 1)
}

func TestASubtaskIsFoundWithoutTheIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.SetSearchLag(time.Hour)
	parent := w.create(outage())
	first := w.create(followUp(parent.Key))
	other := followUp(parent.Key)
	other.Key = "INC-42/follow-up/2"
	w.create(other)

	ref, err := w.client.CreateIssue(w.ctx(), followUp(parent.Key), true)

	require.NoError(t, err)
	require.Equal(t, first, ref.IssueRef)
	require.Len(t, w.sim.Children(parent.Key), 2)
	require.Zero(t, w.sim.Log.Count("search"))
}

func TestASubtaskThatIsNotThereIsCreatedWithoutWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, waitingForIndex(time.Hour))
	parent := w.create(outage())
	for n := range 3 {
		issue := followUp(parent.Key)
		issue.Key += strings.Repeat("x", n)
		_, err := w.client.CreateIssue(w.ctx(), issue, true)
		require.NoError(t, err)
	}
	require.Len(t, w.sim.Children(parent.Key), 3)
	require.Zero(t, w.sim.Log.Count("search"))
	require.Equal(t, 1, w.sim.Log.Count("project.get"))
}

func TestAProjectThatDoesNotSayItsTypesOnlyMakesLookUpsSlower(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	parent := w.create(outage())
	w.fail(simkit.Fault{Operation: "project.get", Kind: simkit.Status, Status: 500})
	_, err := w.client.CreateIssue(w.ctx(), followUp(parent.Key), true)
	require.NoError(t, err)
	require.NotZero(t, w.sim.Log.Count("search"))
	require.Len(t, w.sim.Children(parent.Key), 1)
}

func TestAChildOfAnEpicIsFoundByItsLabel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	epic := outage()
	epic.Type = "Epic"
	parent := w.create(epic)
	child := followUp(parent.Key)
	child.Type = "Task"
	first := w.create(child)

	ref, err := w.client.CreateIssue(w.ctx(), child, true)

	require.NoError(t, err)
	require.Equal(t, first, ref.IssueRef)
}

func TestACloneIsNotTakenForTheOriginal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.create(outage())
	clone, err := w.sim.Clone(first.Key)
	require.NoError(t, err)
	require.Len(t, w.sim.IssuesWithLabel(jira.Label("INC-42")), 2)

	ref, err := w.client.CreateIssue(w.ctx(), outage(), true)
	require.NoError(t, err)
	require.Equal(t, first.Key, ref.Key)

	require.NoError(t, w.sim.Delete(first.Key, ""))
	ref, err = w.client.CreateIssue(w.ctx(), outage(), true)
	require.NoError(t, err)
	require.Equal(t, clone, ref.Key, "the last issue with the label is better than a third one")
}

func TestTheOldestOfTwoDuplicatesWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.create(outage())
	w.create(outage())

	ref, err := w.client.CreateIssue(w.ctx(), outage(), true)

	require.NoError(t, err)
	require.Equal(t, first.Key, ref.Key)
}

func TestAnUnreadableLookUpIsNoMiss(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"search", "issue.bulkfetch"} {
		for _, broken := range []simkit.Fault{{Kind: simkit.Empty}, {Kind: simkit.Status}, {Kind: simkit.DropBefore}, {Kind: simkit.Status, Status: 200, Body: "<html>"}} {
			t.Run(operation+" "+string(broken.Kind), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.create(outage())
				broken.Operation = operation
				w.fail(broken)

				_, err := w.client.CreateIssue(w.ctx(), outage(), true)

				failure(t, err, fault.Retryable)
				require.Len(t, w.sim.Issues(), 1)
			})
		}
	}
}

func TestAnOwnerWhomJiraDoesNotKnowIsNoError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.AddUser(jirasim.User{Email: "erin@example.com", Name: "Erin Evans", Inactive: true})
	w.sim.AddUser(jirasim.User{Email: "gus+ops@example.com", Name: "Gus Gray", HideEmail: true})
	for owner, want := range map[string]string{
		"nobody@example.com": "", "erin@example.com": "",
		"gus+ops@example.com": "gus+ops@example.com", "ALICE@example.com": "alice@example.com",
	} {
		issue := outage()
		issue.Key, issue.Owner = "INC-"+owner, owner
		ref := w.create(issue)
		require.Equal(t, want, w.issue(ref.Key).Owner, owner)
	}
	require.Len(t, w.sim.Issues(), 4)
}

func TestAnOwnerIsLookedUpOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, key := range []string{"INC-1", "INC-2", "INC-3"} {
		for _, owner := range []string{"bob@example.com", "nobody@example.com"} {
			issue := outage()
			issue.Key, issue.Owner = key+owner, owner
			w.create(issue)
		}
	}
	require.Equal(t, 2, w.sim.Log.Count("user.search"))
}

func TestPeopleWhoMayNotBeSearchedLeaveTheIssueUnassigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fail(simkit.Fault{Operation: "user.search", Kind: simkit.Status, Status: http.StatusForbidden})
	issue := outage()
	issue.Owner = "alice@example.com"

	ref := w.create(issue)

	require.Empty(t, w.issue(ref.Key).Owner)
}

func TestARefusedIssueSaysWhatToMend(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		prepare func(*world, *incident.Issue)
		class   fault.Class
		reason  []string
		mend    []string
	}{
		{
			"required field", func(w *world, _ *incident.Issue) { w.sim.RequireField("customfield_10042", "Root team") },
			fault.Permanent,
			[]string{"customfield_10042", "Root team is required"},
			[]string{"fill tracker.fields.customfield_10042", "optional in Jira"},
		},
		{
			"labels off screen", func(w *world, _ *incident.Issue) { w.sim.HideField("labels") },
			fault.Permanent,
			[]string{"labels"},
			[]string{"put the field Labels"},
		},
		{"playbook's field off screen", func(w *world, i *incident.Issue) {
			w.sim.AddField("customfield_10042", "Root team", "string")
			w.sim.HideField("customfield_10042")
			i.Fields = map[string]any{"root team": "Payments"}
		}, fault.Permanent, []string{"customfield_10042"}, []string{"create screen", "tracker.fields"}},
		{"value of the wrong shape", func(w *world, i *incident.Issue) {
			w.sim.AddField("customfield_10042", "Cost", "number")
			i.Fields = map[string]any{"Cost": "much"}
		}, fault.Permanent, []string{"customfield_10042"}, []string{"tracker.fields"}},
		{
			"unknown issue type", func(_ *world, i *incident.Issue) { i.Type = "Catastrophe" },
			fault.Permanent,
			[]string{"issuetype"},
			[]string{"tracker.incident_type"},
		},
		{
			"unknown project", func(_ *world, i *incident.Issue) { i.Project = "NOPE" },
			fault.Permanent,
			[]string{"project"},
			[]string{"tracker.project"},
		},
		{
			"parent deleted", func(_ *world, i *incident.Issue) { *i = followUp("INC-99") },
			fault.Permanent,
			[]string{"parent"},
			[]string{"does not show the parent issue", "Browse projects"},
		},
		{"parent of the wrong level", func(w *world, i *incident.Issue) {
			parent := w.create(outage())
			*i = followUp(parent.Key)
			i.Type = "Task"
		}, fault.Permanent, []string{"hierarchy"}, []string{"tracker.follow_up_type"}},
		{
			"sub-task without parent", func(_ *world, i *incident.Issue) { i.Type = "Sub-task" },
			fault.Permanent,
			[]string{"sub-task"},
			[]string{"needs a parent"},
		},
		{
			"unknown field", func(_ *world, i *incident.Issue) { i.Fields = map[string]any{"Rot team": 1} },
			fault.Permanent,
			[]string{"Rot team", "does not exist"},
			[]string{"tracker.fields"},
		},
		{"ambiguous field", func(w *world, i *incident.Issue) {
			w.sim.AddField("customfield_1", "Team", "string")
			w.sim.AddField("customfield_2", "team", "string")
			i.Fields = map[string]any{"Team": "Payments"}
		}, fault.Permanent, []string{"several times"}, []string{"customfield_1, customfield_2"}},
		{
			"field that Muster sets", func(_ *world, i *incident.Issue) { i.Fields = map[string]any{"Labels": []any{"x"}} },
			fault.Permanent,
			[]string{"Labels", "set by Muster"},
			[]string{"remove it"},
		},
		{"no type", func(_ *world, i *incident.Issue) { i.Type = "" }, fault.Permanent, []string{"issue type"}, []string{"tracker."}},
		{"no key", func(_ *world, i *incident.Issue) { i.Key = "" }, fault.Permanent, []string{"key"}, nil},
		{"parent that is no key", func(_ *world, i *incident.Issue) { i.Parent = "../../user" }, fault.Permanent, []string{"parent"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			issue := outage()
			tt.prepare(w, &issue)
			before := w.sim.Count()

			_, err := w.client.CreateIssue(w.ctx(), issue, false)

			e := failure(t, err, tt.class)
			require.True(t, contains(e.Reason, tt.reason...), e.Reason)
			require.True(t, contains(e.Mend, tt.mend...), e.Mend)
			require.Equal(t, before, w.sim.Count())
		})
	}
}

func TestAFieldThatWasJustAddedIsFound(t *testing.T) {
	t.Parallel()
	now := time.Now()
	w := newWorld(t, func(_ *jirasim.Options, c *jira.Options) { c.Now = func() time.Time { return now } })
	issue := outage()
	issue.Fields = map[string]any{"Root team": "Payments"}
	_, err := w.client.CreateIssue(w.ctx(), issue, false)
	failure(t, err, fault.Permanent)
	w.sim.AddField("customfield_10042", "Root team", "string")

	now = now.Add(time.Minute)

	ref := w.create(issue)
	require.Equal(t, "Payments", w.issue(ref.Key).Fields["customfield_10042"])
}

func TestNothingThatWasTypedBreaksOrActs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	issue := outage()
	issue.Summary = "two\nlines " + strings.Repeat("💥", 200)
	issue.Description = []string{"h1. Shout\n{code}rm{code} [~bob] !x.png! *bold*", strings.Repeat("_{|}_", 20000)}

	ref := w.create(issue)

	made := w.issue(ref.Key)
	require.NotContains(t, made.Summary, "\n")
	require.True(t, strings.HasSuffix(made.Summary, "💥…"))
	require.True(t, strings.HasSuffix(made.Description, "…"))
}

func TestTheCallerGivingUpIsRetryableAndKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fail(simkit.Fault{Operation: "issue.create", Kind: simkit.Delay, Delay: simkit.Duration(time.Hour)})
	ctx, giveUp := context.WithCancel(w.ctx())
	go func() {
		defer giveUp()
		assert.Eventually(t, func() bool { return len(w.sim.Issues()) == 1 }, 10*time.Second, time.Millisecond, "it is applied all the same")
	}()

	_, err := w.client.CreateIssue(ctx, outage(), false)

	failure(t, err, fault.Retryable)
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, w.sim.Issues(), 1)
}

func TestASlowAnswerEndsAtTheClientsOwnTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *jirasim.Options, c *jira.Options) { c.Timeout = 30 * time.Millisecond })
	w.fail(simkit.Fault{Operation: "issue.create", Kind: simkit.Delay, Delay: simkit.Duration(time.Hour)})

	_, err := w.client.CreateIssue(w.ctx(), outage(), false)

	require.Equal(t, "no answer in time", failure(t, err, fault.Retryable).Reason)
}
