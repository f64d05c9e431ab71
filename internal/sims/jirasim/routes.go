package jirasim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"muster/internal/sims/simkit"
)

// answer is what a handler says; its body must not be changed afterwards.
type answer struct {
	status int
	body   any
	header map[string]string
}

// request is what a handler is given.
type request struct {
	*http.Request
	raw []byte
	// anonymous marks the request of somebody whom Jira does not know.
	anonymous bool
}

// decode reads the body; false means that it is not what Jira takes.
func (r request) decode(v any) bool { return json.Unmarshal(r.raw, v) == nil }

// list reads a query parameter that may be repeated and comma-joined.
func (r request) list(name string) []string {
	var all []string
	for _, v := range r.URL.Query()[name] {
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				all = append(all, part)
			}
		}
	}
	return all
}

type route struct {
	pattern   string
	operation string
	handle    func(*Sim, request) answer
}

const api = "/rest/api/2"

// nestedPattern stands for issue/{issue}/properties/{property} and
// issue/createmeta/{project}/issuetypes, of which neither is more specific than the other.
const nestedPattern = "GET " + api + "/issue/{issue}/{middle}/{last}"

const opMetaTypes = "createmeta.types"

func isMetaTypes(path string) bool {
	return strings.HasPrefix(path, api+"/issue/createmeta/") && strings.HasSuffix(path, "/issuetypes")
}

func (s *Sim) getNested(r request) answer {
	switch {
	case isMetaTypes(r.URL.Path):
		return s.metaTypes(r, r.PathValue("middle"))
	case r.PathValue("middle") == "properties":
		return s.getProperty(r, r.PathValue("last"))
	}
	return s.deadLink(r.Request)
}

var routes = []route{
	{"POST " + api + "/issue", "issue.create", (*Sim).createIssue},
	{"GET " + api + "/issue/{issue}", "issue.get", (*Sim).getIssue},
	{"PUT " + api + "/issue/{issue}", "issue.update", (*Sim).editIssue},
	{"GET " + api + "/issue/{issue}/transitions", "transitions.list", (*Sim).listTransitions},
	{"POST " + api + "/issue/{issue}/transitions", "issue.transition", (*Sim).transition},
	{"GET " + api + "/issue/{issue}/comment", "comment.list", (*Sim).listComments},
	{"POST " + api + "/issue/{issue}/comment", "comment.add", (*Sim).addComment},
	{"GET " + api + "/issue/{issue}/properties", "property.list", (*Sim).listProperties},
	{"PUT " + api + "/issue/{issue}/properties/{property}", "property.set", (*Sim).setProperty},
	{"GET " + api + "/issue/{issue}/remotelink", "remotelink.list", (*Sim).listRemoteLinks},
	{"POST " + api + "/issue/{issue}/remotelink", "remotelink.set", (*Sim).setRemoteLink},
	{"POST " + api + "/issueLink", "issuelink.add", (*Sim).addIssueLink},
	{"GET " + api + "/issueLinkType", "issuelink.types", (*Sim).listLinkTypes},
	{nestedPattern, "property.get", (*Sim).getNested},
	{"GET " + api + "/issue/createmeta/{project}/issuetypes/{type}", "createmeta.fields", (*Sim).metaFields},
	{"GET " + api + "/user/search", "user.search", (*Sim).searchUsers},
	{"GET " + api + "/user/assignable/search", "user.assignable", (*Sim).searchUsers},
	{"GET " + api + "/myself", "myself.get", (*Sim).myself},
	{"GET " + api + "/mypermissions", "mypermissions.get", (*Sim).myPermissions},
	{"GET " + api + "/serverInfo", "serverinfo.get", (*Sim).serverInfo},
	{"GET " + api + "/project/{project}", "project.get", (*Sim).getProject},
	{"GET " + api + "/field", "field.list", (*Sim).listFields},
}

var cloudRoutes = []route{
	{"GET " + api + "/search/jql", "search", (*Sim).searchCloud},
	{"POST " + api + "/search/jql", "search", (*Sim).searchCloud},
	{"POST " + api + "/issue/bulkfetch", "issue.bulkfetch", (*Sim).bulkFetch},
	{api + "/search", "search.removed", (*Sim).searchRemoved},
}

var dataCenterRoutes = []route{
	{"GET " + api + "/search", "search", (*Sim).searchDataCenter},
	{"POST " + api + "/search", "search", (*Sim).searchDataCenter},
}

func (s *Sim) setUpHandler() {
	s.mux = http.NewServeMux()
	special := cloudRoutes
	if !s.cloud() {
		special = append(slices.Clone(dataCenterRoutes), tokenRoutes...)
	}
	for _, group := range [][]route{routes, special, surveyRoutes} {
		for _, rt := range group {
			s.operations[rt.pattern] = rt.operation
			s.mux.Handle(rt.pattern, s.serve(rt.operation, rt.handle))
		}
	}
	s.mux.HandleFunc("/", s.serveUnexpected)
	vendor := s.Log.Wrap(s.operation, s.Faults.Wrap(s.operation, s.mux))
	outer := http.NewServeMux()
	s.mountControl(outer)
	outer.Handle("/", vendor)
	s.handler = outer
}

func (s *Sim) operation(r *http.Request) string {
	_, pattern := s.mux.Handler(r)
	if pattern == nestedPattern && isMetaTypes(r.URL.Path) {
		return opMetaTypes
	}
	return s.operations[pattern]
}

// serve reads the request outside of the lock, handles it inside and answers outside again.
func (s *Sim) serve(operation string, handle func(*Sim, request) answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := simkit.ReadBody(r)
		if err != nil {
			return
		}
		known, reason := s.admitted(r)
		if !known && (!s.cloud() || needsSomebody[operation]) {
			write(w, unauthenticated().withReason(reason))
			return
		}
		s.mu.Lock()
		if !reads(r) {
			s.changed()
		}
		if s.options.BaseURL == "" {
			s.base = "http://" + r.Host
		}
		handled := handle(s, request{r, raw, !known})
		s.mu.Unlock()
		write(w, handled.withReason(reason))
	})
}

func write(w http.ResponseWriter, a answer) {
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	simkit.WriteJSON(w, a.status, a.body)
}

func (s *Sim) serveUnexpected(w http.ResponseWriter, r *http.Request) { write(w, s.deadLink(r)) }

// deadLink counts a request that nothing serves and answers as Jira does.
func (s *Sim) deadLink(r *http.Request) answer {
	s.unexpected.Add(r.Method, r.URL.Path)
	status := http.StatusNotFound
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := s.mux.Handler(other); pattern != "/" && pattern != nestedPattern {
			status = http.StatusMethodNotAllowed
		}
	}
	return refusal(status, "dead link: no resource serves "+r.Method+" here")
}

// refusal is Jira's ErrorCollection with messages of no field.
func refusal(status int, messages ...string) answer {
	return answer{status: status, body: map[string]any{"errorMessages": messages, "errors": map[string]string{}}}
}

// fieldRefusal is Jira's ErrorCollection about fields.
func fieldRefusal(problems map[string]string) answer {
	return answer{status: http.StatusBadRequest, body: map[string]any{"errorMessages": []string{}, "errors": problems}}
}

func badJSON() answer {
	return refusal(http.StatusBadRequest, "There was an error parsing JSON. Check that your request body is valid.")
}

func noIssue() answer {
	return refusal(http.StatusNotFound, "Issue does not exist or you do not have permission to see it.")
}
