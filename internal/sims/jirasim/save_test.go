package jirasim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/sims/jirasim"
)

const rest = "/rest/api/2"

func (s *site) saved() string {
	s.t.Helper()
	var out bytes.Buffer
	require.NoError(s.t, s.sim.Save(&out))
	return out.String()
}

// do makes a request that must succeed.
func (s *site) do(method, path, body string) map[string]any {
	s.t.Helper()
	status, answer := s.ask(method, rest+path, body)
	require.Less(s.t, status, 300, "%s %s: %v", method, path, answer)
	return answer
}

// fill makes something of everything that a site can hold, and checks that the version tells
// of each. Its issues are INC-1 and OPS-1 to OPS-4, of which OPS-3 is deleted.
func fill(s *site) {
	s.t.Helper()
	sim := s.sim
	ops := func(kind, fields string) string {
		return `{"fields":{"project":{"key":"OPS"},"issuetype":{"name":"` + kind + `"},"summary":"` + kind + `"` + fields + `}}`
	}
	for n, do := range []func() error{
		func() error { sim.AddField("customfield_1", "Impact", "number"); return nil },
		func() error { sim.AddField("customfield_2", "Team", "option"); return nil },
		func() error { sim.RequireField("customfield_3", "Why"); return nil },
		func() error { sim.FreeField("customfield_3"); return nil },
		func() error { sim.HideField("components"); return nil },
		func() error { sim.AddUser(jirasim.User{Email: "Erin@example.com", HideEmail: true}); return nil },
		func() error {
			sim.AddUser(jirasim.User{Email: "erin@example.com", Name: "Erin", AccountID: "new-id"})
			return nil
		},
		func() error {
			s.create(`"summary":"a <b>","description":"line\nline","labels":["x","y"],"duedate":"2026-12-24","customfield_1":12345678,"customfield_2":{"value":"db"}`)
			return nil
		},
		func() error { s.do("POST", "/issue", ops("Epic", "")); return nil },
		func() error {
			s.do("POST", "/issue", ops("Task", `,"parent":{"key":"OPS-1"},"labels":["y"]`))
			return nil
		},
		func() error { s.do("POST", "/issue", ops("Sub-task", `,"parent":{"key":"OPS-2"}`)); return nil },
		func() error { return sim.Delete("OPS-3", "") },
		func() error { s.do("POST", "/issue", ops("Sub-task", `,"parent":{"key":"OPS-2"}`)); return nil },
		func() error { return sim.SetLabels("INC-1", []string{"y", "z"}, "") },
		func() error { return sim.SetLabels("OPS-2", []string{"z"}, "") },
		func() error { return sim.SetLabels("OPS-2", []string{"y", "z"}, "") },
		func() error { return sim.Assign("INC-1", "bob@example.com", "alice@example.com") },
		func() error { return sim.MoveTo("OPS-2", "In Progress", "") },
		func() error { return sim.Resolve("OPS-4", "Done", "Duplicate", "") },
		func() error {
			s.do("PUT", "/issue/INC-1/properties/search", "{\"a\" : [1, \"<&>\"]}")
			return nil
		},
		func() error {
			s.do("POST", "/issue/INC-1/comment", `{"body":"looking","properties":[{"key":"k","value":{"n":1}},{"key":"none"}]}`)
			return nil
		},
		func() error { s.do("POST", "/issue/INC-1/comment", `{"body":"found"}`); return nil },
		func() error {
			s.do("POST", "/issue/INC-1/remotelink", `{"globalId":"g1","object":{"url":"https://example.com","title":"here"}}`)
			return nil
		},
		func() error {
			s.do("POST", "/issueLink", `{"type":{"name":"Relates"},"inwardIssue":{"key":"INC-1"},"outwardIssue":{"key":"OPS-2"}}`)
			return nil
		},
		func() error { s.do("POST", "/issue/INC-1/transitions", `{"transition":{"id":"11"}}`); return nil },
		func() error { _, err := sim.Clone("OPS-2"); return err },
		func() error { return sim.Rename("OPS-5", "OLD-5") },
		func() error { sim.SetPermission("ASSIGN_ISSUES", false); return nil },
		func() error { sim.SetSearchLag(1500 * time.Millisecond); return nil },
		func() error { sim.LimitIssueWrites(2, time.Minute); return nil },
		func() error { s.do("PUT", "/issue/OPS-1", `{"fields":{"summary":"the epic"}}`); return nil },
	} {
		before, version := s.saved(), sim.Version()
		require.NoError(s.t, do(), "step %d", n)
		require.NotEqual(s.t, before, s.saved(), "step %d", n)
		require.NotEqual(s.t, version, sim.Version(), "step %d", n)
		s.clock.Advance(1234567 * time.Nanosecond)
	}
	s.clock.Advance(2 * time.Second) // until the search shows all
}

// answers asks for everything that can be read.
func (s *site) answers() map[string]any {
	s.t.Helper()
	version := s.sim.Version()
	out := map[string]any{"issues": s.sim.Issues(), "children": s.sim.Children("OPS-1"), "y": s.sim.IssuesWithLabel("y"), "z": s.sim.IssuesWithLabel("z")}
	_, state := s.ask("GET", "/_sim/state?limit=0", "")
	delete(state, "requests") // these are of the run
	out["state"] = state
	for _, path := range []string{
		"/issue/INC-1/comment?expand=properties", "/issue/INC-1/properties", "/issue/INC-1/properties/search", "/issue/INC-1/remotelink?globalId=g1",
		"/issue/OPS-2/transitions", "/issue/OPS-5", "/mypermissions?permissions=ASSIGN_ISSUES,EDIT_ISSUES", "/project/OPS",
		"/issue/createmeta/INC/issuetypes/10001", "/user/search?query=erin@example.com", "/myself",
	} {
		out[path] = s.do("GET", path, "")
	}
	_, _, fields := s.askRaw("GET", rest+"/field", "")
	out["fields"] = string(fields)
	for _, issue := range s.sim.Issues() {
		out[issue.Key] = s.do("GET", "/issue/"+issue.Key+"?properties=*all", "")
	}
	for _, jql := range []string{`labels = "y"`, `labels = "z" AND project = OPS`, `parent = OPS-1`, `parent = OPS-2`, `key in (OPS-5, INC-1)`, `project = OPS`} {
		out[jql] = s.do("POST", "/search/jql", search(jql))
	}
	out["bulk"] = s.do("POST", "/issue/bulkfetch", `{"issueIdsOrKeys":["INC-1","OLD-5","OPS-3"]}`)
	require.Equal(s.t, version, s.sim.Version(), "looking changes nothing")
	return out
}

// requireSame compares as JSON, where a time is the same in every representation.
func requireSame(t *testing.T, want, got *site) {
	t.Helper()
	a, err := json.Marshal(want.answers())
	require.NoError(t, err)
	b, err := json.Marshal(got.answers())
	require.NoError(t, err)
	require.JSONEq(t, string(a), string(b))
}

func twoProjects() jirasim.Options {
	return jirasim.Options{
		BaseURL:  "https://jira.example.com",
		Projects: []jirasim.Project{jirasim.DefaultProject("INC"), jirasim.DefaultProject("OPS")},
	}
}

func TestASiteIsLoadedAsItWasSaved(t *testing.T) {
	t.Parallel()
	old := newSite(t, twoProjects())
	fill(old)
	next := newSite(t, jirasim.Options{
		BaseURL:  "https://jira.example.com",
		Projects: []jirasim.Project{jirasim.DefaultProject("ELSE")},
		Users:    []jirasim.User{{Email: "zoe@example.com"}},
	})
	next.clock.Advance(old.clock.Now().Sub(next.clock.Now()))
	version := next.sim.Version()
	require.NoError(t, next.sim.Load(strings.NewReader(old.saved())))
	require.NotEqual(t, version, next.sim.Version())
	require.Equal(t, old.saved(), next.saved())
	requireSame(t, old, next)

	// Both go on in the same way, so that no ID and no key is given twice.
	goOn := func(s *site) []any {
		require.NoError(t, s.sim.SetLabels("OPS-1", []string{"x", "y"}, ""))
		limited, _ := s.ask("PUT", rest+"/issue/OPS-1", `{"fields":{"summary":"once more"}}`)
		refused, _ := s.ask("PUT", rest+"/issue/OPS-1", `{"fields":{"summary":"and once more"}}`)
		require.Equal(t, http.StatusTooManyRequests, refused, "what was written before counts")
		assigned, _ := s.ask("PUT", rest+"/issue/OPS-4", `{"fields":{"assignee":{"accountId":"new-id"}}}`)
		require.NoError(t, s.sim.Delete("OPS-2", ""))
		s.sim.LimitIssueWrites(0, 0)
		return []any{
			limited, assigned, s.create(`"summary":"next"`), s.do("POST", "/issue/OPS-1/comment", `{"body":"c"}`)["id"],
			s.do("POST", "/issue/INC-1/remotelink", `{"globalId":"g2","object":{"url":"https://example.com","title":"there"}}`)["id"],
		}
	}
	require.Equal(t, goOn(old), goOn(next))
	require.Equal(t, old.saved(), next.saved())
}

func TestNamesOfADataCenterAreLoaded(t *testing.T) {
	t.Parallel()
	old := newSite(t, jirasim.Options{Deployment: jirasim.DataCenter})
	old.create(`"summary":"a","assignee":{"name":"bob"}`)
	next := newSite(t, jirasim.Options{Deployment: jirasim.DataCenter, Users: []jirasim.User{{Email: "zoe@example.com"}}})
	require.NoError(t, next.sim.Load(strings.NewReader(old.saved())))
	require.Equal(t, old.saved(), next.saved())
	next.create(`"summary":"b","assignee":{"name":"bob"}`)
	status, _ := next.ask("PUT", rest+"/issue/INC-2", `{"fields":{"assignee":{"name":"zoe"}}}`)
	require.Equal(t, http.StatusBadRequest, status)
}

func TestDeliveriesOfTwoRunsAreToldApart(t *testing.T) {
	t.Parallel()
	old := newSite(t, jirasim.Options{})
	text := old.saved()
	ids := map[string]bool{}
	for range 2 {
		next := newSite(t, jirasim.Options{})
		require.NoError(t, next.sim.Load(strings.NewReader(text)))
		next.sim.Webhooks.SetTarget(old.url)
		next.create(`"summary":"a"`)
		require.NoError(t, next.sim.Webhooks.Wait(t.Context()))
		for _, d := range append(next.sim.Webhooks.Dropped(), next.sim.Webhooks.Delivered()...) {
			ids[d.ID] = true
		}
	}
	require.Len(t, ids, 2)
}

func TestAProjectIsAddedOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{})
	version := s.sim.Version()
	s.sim.AddProject(jirasim.DefaultProject("INC"))
	require.Equal(t, version, s.sim.Version())
	s.sim.AddProject(jirasim.DefaultProject("OPS"))
	require.NotEqual(t, version, s.sim.Version())
	require.Equal(t, "OPS", s.do("GET", "/project/OPS", "")["key"])
}

func TestASiteThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, twoProjects())
	fill(s)
	before, version := s.saved(), s.sim.Version()
	for _, c := range []struct{ problem, old, new string }{
		{"EOF", before, ""},
		{"unexpected EOF", before[len(before)/2:], ""},
		{"something follows", before, before + "{}"},
		{`its format is "slacksim/2"`, "jirasim/3", "slacksim/2"},
		{`its format is "jirasim/2", not "jirasim/3"`, "jirasim/3", "jirasim/2"},
		{"the file is damaged", `"LastID":`, `"LastID":-`},
		{"the file is damaged", `"Key":"OPS-2"`, `"Key":"OPS-1"`},
		{"the file is damaged", `"Assignee":`, `"Assignee":1`},
		{"the file is damaged", `"Projects":{`, `"Projects":{"NEW":1,`},
		{"the file is damaged", `"Name":"Erin"`, `"Name":"Eric"`},
	} {
		text := strings.ReplaceAll(before, c.old, c.new)
		require.NotEqual(t, before, text, c.old)
		require.ErrorContains(t, s.sim.Load(strings.NewReader(text)), c.problem)
		require.Equal(t, before, s.saved())
		require.Equal(t, version, s.sim.Version())
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestAFailedSaveSaysSo(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, newSite(t, jirasim.Options{}).sim.Save(brokenWriter{}), "the disk is full")
}
