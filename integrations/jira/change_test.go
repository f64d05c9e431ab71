package jira_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/jira"
	"muster/internal/sims/jirasim"
	"muster/internal/sims/simkit"
)

func TestAnUpdateSetsStateAndLeavesTheRestAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.create(outage())
	require.NoError(t, w.sim.SetLabels(ref.Key, append(w.issue(ref.Key).Labels, "customer-visible"), "bob@example.com"))
	change := outage()
	change.Summary, change.Labels, change.Due, change.Owner = "Checkout is slow", []string{"sev2"}, "2026-12-01", "carol@example.com"

	for range 2 {
		w.update(ref.Key, change)
		issue := w.issue(ref.Key)
		require.Equal(t, "Checkout is slow", issue.Summary)
		require.Equal(t, "Nobody can pay.", issue.Description)
		require.ElementsMatch(t, []string{jira.Label("INC-42"), "sev1", "sev2", "customer-visible"}, issue.Labels)
		require.Equal(t, "2026-12-01", issue.Due)
		require.Equal(t, "carol@example.com", issue.Owner)
	}

	w.update(ref.Key, incident.Issue{Summary: "Checkout is back"})
	issue := w.issue(ref.Key)
	require.Equal(t, "Checkout is back", issue.Summary)
	require.Equal(t, "Nobody can pay.", issue.Description)
	require.Equal(t, "2026-12-01", issue.Due)
	require.Equal(t, "carol@example.com", issue.Owner)
	w.update(ref.Key, incident.Issue{})

	w.update(ref.Key, incident.Issue{Unassigned: true})
	require.Empty(t, w.issue(ref.Key).Owner)
}

func TestAnUpdateWithAnOwnerWhomJiraDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	issue := outage()
	issue.Owner = "alice@example.com"
	ref := w.create(issue)
	w.update(ref.Key, incident.Issue{Summary: "for nobody", Owner: "nobody@example.com"})
	require.Equal(t, "for nobody", w.issue(ref.Key).Summary)
	require.Equal(t, "alice@example.com", w.issue(ref.Key).Owner)
}

func TestWhatIsNotShownIsNotTakenForDeleted(t *testing.T) {
	t.Parallel()
	for name, hide := range map[string]func(*world, string) error{
		"deleted":        func(w *world, key string) error { return w.sim.Delete(key, "") },
		"security level": func(w *world, key string) error { return w.sim.HideIssue(key) },
		"no permission":  func(w *world, _ string) error { w.sim.SetPermission("BROWSE_PROJECTS", false); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ref := w.create(outage())
			require.NoError(t, hide(w, ref.Key))
			unseen := func(err error) {
				t.Helper()
				e := failure(t, err, fault.Permanent)
				require.Equal(t, fault.Unseen, e.Meaning)
				require.Contains(t, e.Mend, "Browse projects")
			}
			unseen(w.updateError(ref.Key, outage()))
			unseen(w.client.Comment(w.ctx(), ref.Key, "c", []string{"x"}, true))
			unseen(w.client.LinkURL(w.ctx(), ref.Key, "g", incident.Link{Label: "x", URL: "https://example.com"}))
			_, err := w.client.MoveIssue(w.ctx(), ref.Key, incident.GoalDone, nil, "")
			unseen(err)
			_, err = w.client.CreateIssue(w.ctx(), followUp(ref.Key), true)
			unseen(err)
			for _, name := range []string{ref.ID, ref.Key} {
				states, err := w.client.IssueStates(w.ctx(), []string{name})
				require.NoError(t, err)
				require.Equal(t, []incident.IssueState{{Key: name, Unseen: true}}, states)
			}
		})
	}
}

func TestWhoMayNotBrowseTheProjectCreatesNoSecondIssue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(outage())
	w.sim.SetPermission("BROWSE_PROJECTS", false)

	_, err := w.client.CreateIssue(w.ctx(), outage(), true)

	require.Contains(t, failure(t, err, fault.Permanent).Mend, "tracker.project", "a search in a project that is not shown is refused")
	require.Equal(t, 1, w.sim.Count())
}

func TestATokenThatHasExpiredConcludesNothing(t *testing.T) {
	t.Parallel()
	for operation, do := range operations {
		if operation == "project.get" {
			continue // what is refused there is a finding, see TestCheck...
		}
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ref := w.create(outage())
			w.sim.ExpireToken()
			e := failure(t, do(w, ref.Key), fault.Credential)
			require.Contains(t, e.Mend, "JIRA_TOKEN")
			require.Equal(t, 1, w.sim.Count())
			w.sim.RenewToken()
			require.NoError(t, do(w, ref.Key))
		})
	}
}

func TestAnIssueThatJiraFailedToReadIsUnread(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.create(outage()), w.create(outage())
	require.NoError(t, w.sim.FailFetch(one.Key, true))

	states, err := w.client.IssueStates(w.ctx(), []string{one.ID, two.ID, "99999"})

	require.NoError(t, err)
	require.Equal(t, incident.IssueState{Key: one.ID, Unread: true}, states[0])
	require.Equal(t, two.Key, states[1].Key)
	require.Equal(t, incident.IssueState{Key: "99999", Unseen: true}, states[2])

	_, err = w.client.CreateIssue(w.ctx(), outage(), true)
	failure(t, err, fault.Retryable)
	require.Equal(t, 2, w.sim.Count(), "what could not be read may be the issue that is looked for")
}

func TestALoginPageIsNoAnswer(t *testing.T) {
	t.Parallel()
	c := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html;charset=UTF-8")
		_, _ = w.Write([]byte("<html><body>Log in to continue</body></html>"))
	})
	_, err := c.IssueStates(t.Context(), []string{"INC-1"})
	require.Contains(t, failure(t, err, fault.Retryable).Mend, "JIRA_URL")
	_, err = c.CreateIssue(t.Context(), outage(), false)
	failure(t, err, fault.Retryable)
}

func TestAKeyThatIsNoneReachesNoOtherResource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, key := range []string{"", "..", "../user", "INC-1/comment", "INC-1?x=", "INC 1", "INC-"} {
		failure(t, w.updateError(key, outage()), fault.Permanent)
		failure(t, w.client.Comment(w.ctx(), key, "c", []string{"x"}, false), fault.Permanent)
		_, err := w.client.MoveIssue(w.ctx(), key, incident.GoalDone, nil, "")
		failure(t, err, fault.Permanent)
		states, err := w.client.IssueStates(w.ctx(), []string{key})
		require.NoError(t, err)
		require.Equal(t, []incident.IssueState{{Key: key, Unseen: true}}, states)
	}
	require.Empty(t, w.sim.Log.Requests(""))
}

func TestALinkIsSetOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.create(outage())
	for _, url := range []string{"https://chat.example.com/1", "https://chat.example.com/2"} {
		require.NoError(t, w.client.LinkURL(w.ctx(), ref.Key, "muster/INC-42/chat", incident.Link{Label: "Channel", URL: url}))
		require.Equal(t, []jirasim.Link{{GlobalID: "muster/INC-42/chat", URL: url, Title: "Channel"}}, w.issue(ref.Key).Links)
	}
	failure(t, w.client.LinkURL(w.ctx(), ref.Key, "", incident.Link{URL: "https://chat.example.com"}), fault.Permanent)
	failure(t, w.client.LinkURL(w.ctx(), ref.Key, "g", incident.Link{URL: "javascript:alert(1)"}), fault.Permanent)
}

func TestACommentIsAddedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.create(outage())
	w.fail(simkit.Fault{Operation: "comment.add", Kind: simkit.DropAfter, Times: 1})
	failure(t, w.client.Comment(w.ctx(), ref.Key, "c1", []string{"Mitigated.", "By *rollback*."}, false), fault.Retryable)
	for range 3 {
		require.NoError(t, w.client.Comment(w.ctx(), ref.Key, "c1", []string{"Mitigated.", "By *rollback*."}, true))
	}
	require.NoError(t, w.client.Comment(w.ctx(), ref.Key, "c2", []string{"Resolved."}, true))

	comments := w.issue(ref.Key).Comments
	require.Len(t, comments, 2)
	require.Equal(t, "Mitigated.\n\nBy \\*rollback\\*.", comments[0].Body)
	require.Equal(t, "Resolved.", comments[1].Body)
}

func TestACommentIsFoundBehindManyOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.LimitIssueWrites(0, 0)
	ref := w.create(outage())
	require.NoError(t, w.client.Comment(w.ctx(), ref.Key, "first", []string{"x"}, false))
	for range 120 {
		require.NoError(t, w.client.Comment(w.ctx(), ref.Key, "other", []string{"x"}, false))
	}
	require.NoError(t, w.client.Comment(w.ctx(), ref.Key, "first", []string{"x"}, true))
	require.Len(t, w.issue(ref.Key).Comments, 121)
	require.Equal(t, 2, w.sim.Log.Count("comment.list"))
}

func TestACommentNeedsAKeyAndText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.create(outage())
	failure(t, w.client.Comment(w.ctx(), ref.Key, "", []string{"x"}, false), fault.Permanent)
	failure(t, w.client.Comment(w.ctx(), ref.Key, "c", []string{" "}, false), fault.Permanent)
}

func TestStatesComeInTheOrderOfTheKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.SetSearchLag(1 << 40)
	w.sim.AddUser(jirasim.User{Email: "gus@example.com", HideEmail: true})
	first := outage()
	first.Owner, first.Due = "alice@example.com", "2026-11-30"
	a := w.create(first)
	second := outage()
	second.Key, second.Owner = "INC-43", "gus@example.com"
	b := w.create(second)
	require.NoError(t, w.sim.Resolve(b.Key, "Done", "Won't Do", ""))

	states, err := w.client.IssueStates(w.ctx(), []string{b.Key, "INC-999", a.Key, a.ID, strings.ToLower(b.Key)})

	require.NoError(t, err)
	for k := range states {
		require.Equal(t, states[k].Owner != "", states[k].OwnerID != "", "the account of whoever owns it")
		states[k].OwnerID = ""
	}
	open := incident.IssueState{ID: a.ID, Key: a.Key, URL: a.URL, Title: "Checkout is down", Updated: w.issue(a.Key).Updated.Truncate(time.Millisecond).UTC(), Status: "To Do", Owner: "alice@example.com", Due: "2026-11-30"}
	dropped := incident.IssueState{ID: b.ID, Key: b.Key, URL: b.URL, Title: "Checkout is down", Updated: w.issue(b.Key).Updated.Truncate(time.Millisecond).UTC(), Status: "Done", Done: true, Resolution: "Won't Do", Owner: "gus@example.com"}
	require.Equal(t, []incident.IssueState{dropped, {Key: "INC-999", Unseen: true}, open, open, dropped}, states)
	none, err := w.client.IssueStates(w.ctx(), nil)
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestManyStatesTakeFewRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var keys []string
	for range 250 {
		keys = append(keys, w.create(outage()).Key)
	}
	states, err := w.client.IssueStates(w.ctx(), keys)
	require.NoError(t, err)
	require.Len(t, states, 250)
	for i, s := range states {
		require.Equal(t, keys[i], s.Key)
		require.False(t, s.Unseen)
	}
	require.Equal(t, 3, w.sim.Log.Count("issue.bulkfetch"))
}

func TestAMovedIssueIsFoundUnderItsOldKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.create(outage())
	require.NoError(t, w.sim.Rename(ref.Key, "OPS-7"))

	states, err := w.client.IssueStates(w.ctx(), []string{ref.Key})

	require.NoError(t, err)
	require.Len(t, states, 1)
	require.Equal(t, "OPS-7", states[0].Key)
	require.Equal(t, ref.ID, states[0].ID)
	require.False(t, states[0].Unseen)
}
