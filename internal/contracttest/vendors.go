package contracttest

import "strings"

// vendor is what there is to know about a description that is not in it.
type vendor struct {
	// scope and except are the prefixes of the paths that the description is
	// about. Requests for other paths are not checked; the simulators count
	// those that they do not expect.
	scope  string
	except []string
	// cut are the ends of paths that the vendor documents and the cut description leaves out.
	cut []string
	// strip is the part of the vendor's real paths that the description leaves
	// out.
	strip string
	// alsoGet are paths that the description has with POST only, but whose
	// arguments the vendor also takes from the query of a GET.
	alsoGet []string
	// closedBodies says that a body must have no argument that the description
	// does not name.
	closedBodies bool
	// rules check what the description lets pass and the vendor does not.
	rules []rule
	// exemptions are what the description refuses and the vendor does not.
	exemptions []exemption
}

// rule finds more violations in a request; path is the description's template.
type rule func(method, path string, pathParams map[string]string, body []byte) []string

// exemption lets a violation pass.
type exemption struct {
	// operation is "METHOD /path/{template}" or empty for all.
	operation string
	// violation is a part of the violation's text.
	violation string
	// reason is for whoever wonders whether the exemption is still needed.
	reason string
}

// vendors has all descriptions, with everything in which they are known to be
// wrong. Known to be blind, with no remedy here: Jira's descriptions accept any
// content of an issue's fields, Slack's take blocks, metadata and views for any
// value, and none says anything about webhooks.
var vendors = map[string]vendor{
	"slack-web": {
		scope: "/api/", strip: "/api", closedBodies: true,
		// Slack's pages give POST for every method, and its API takes both for
		// those that only read. slack-go makes a GET of this one only.
		alsoGet: []string{"/chat.getPermalink"},
		// It is no part of the cut description.
		except: []string{"/api/conversations.open"},
		exemptions: []exemption{{
			violation: `argument "token"`,
			reason:    "Slack's pages list no token, because it belongs in the Authorization header; in the body it works all the same, and slack-go puts it there",
		}},
	},
	"jira-cloud-v2": {
		scope: "/rest/api/", cut: []string{"/statuses", "/resolution"}, rules: []rule{noCreateMeta},
		exemptions: []exemption{{
			operation: "PUT /rest/api/2/issue/{issueIdOrKey}/assignee",
			violation: "/accountId: Value is not nullable",
			reason:    "null is the documented way to leave an issue without an assignee; the schema is that of users in general",
		}},
	},
	"jira-dc": {
		scope: "/rest/api/", cut: []string{"/statuses", "/resolution"}, rules: []rule{noCreateMeta},
		exemptions: []exemption{
			{
				operation: "GET /rest/api/2/search",
				violation: `parameter "fields" in query`,
				reason:    "the description makes the names of fields objects, where Jira takes a list with commas",
			},
			{
				operation: "GET /rest/api/2/issue/{issueIdOrKey}/transitions",
				violation: `query parameter "expand"`,
				reason:    "the documentation asks for expand=transitions.fields in its text only, not among the parameters",
			},
			{
				violation: "/value: value must be a string",
				reason:    "the description makes the value of an entity property a string, where Jira takes any JSON",
			},
		},
	},
	"pagerduty-rest": {
		// The Events API and the tokens have hosts of their own at the vendor, but
		// may share one with the REST API in tests.
		scope: "/", except: []string{"/v2/", "/oauth/", "/_sim/"},
	},
	"pagerduty-events-v2": {scope: "/v2/", rules: []rule{completeEvent}},
}

// covers says whether requests for the path are to be checked.
func (v vendor) covers(path string) bool {
	for _, prefix := range v.except {
		if strings.HasPrefix(path, prefix) {
			return false
		}
	}
	for _, end := range v.cut {
		if strings.HasSuffix(path, end) {
			return false
		}
	}
	return strings.HasPrefix(path, v.scope)
}

func (v vendor) exempts(operation, violation string) bool {
	for _, e := range v.exemptions {
		if (e.operation == "" || e.operation == operation) && strings.Contains(violation, e.violation) {
			return true
		}
	}
	return false
}
