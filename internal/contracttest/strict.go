package contracttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// unknownQuery finds query parameters that the operation does not have. The
// validator accepts them, as OpenAPI wants it; but a parameter that the vendor
// ignores is how a filter fails to filter.
func unknownQuery(route *routers.Route, query url.Values) []string {
	known := map[string]bool{}
	for _, params := range []openapi3.Parameters{route.PathItem.Parameters, route.Operation.Parameters} {
		for _, param := range params {
			if param.Value != nil && param.Value.In == openapi3.ParameterInQuery {
				known[param.Value.Name] = true
			}
		}
	}
	var found []string
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !known[name] {
			found = append(found, fmt.Sprintf("query parameter %q is not in the description", name))
		}
	}
	return found
}

// unknownArguments finds arguments in a form or JSON body that the operation
// does not have, for a vendor whose bodies are flat lists of arguments.
func unknownArguments(route *routers.Route, contentType string, body []byte) []string {
	if route.Operation.RequestBody == nil || route.Operation.RequestBody.Value == nil {
		return nil
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil // the validator has its say about the header
	}
	media := route.Operation.RequestBody.Value.Content.Get(mediaType)
	if media == nil || media.Schema == nil || media.Schema.Value == nil {
		return nil
	}
	var found []string
	for _, name := range argumentNames(mediaType, body) {
		if media.Schema.Value.Properties[name] == nil {
			found = append(found, fmt.Sprintf("argument %q is not in the description", name))
		}
	}
	return found
}

// argumentNames lists the arguments of a body that can be read; the validator
// reports one that cannot.
func argumentNames(mediaType string, body []byte) []string {
	switch mediaType {
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil
		}
		return slices.Sorted(maps.Keys(form))
	case "application/json":
		var object map[string]json.RawMessage
		if json.Unmarshal(body, &object) != nil {
			return nil
		}
		return slices.Sorted(maps.Keys(object))
	}
	return nil
}

// noCreateMeta catches a request that matches /issue/{issueIdOrKey} by accident.
func noCreateMeta(method, path string, pathParams map[string]string, _ []byte) []string {
	if method == http.MethodGet && strings.HasSuffix(path, "/issue/{issueIdOrKey}") && pathParams["issueIdOrKey"] == "createmeta" {
		return []string{"issue/createmeta was removed; ask issue/createmeta/{project}/issuetypes"}
	}
	return nil
}

// completeEvent checks what the documentation of the Events API says in prose.
func completeEvent(_, path string, _ map[string]string, body []byte) []string {
	var event struct {
		Action   string `json:"event_action"`
		DedupKey string `json:"dedup_key"`
		Payload  *struct {
			Summary string `json:"summary"`
		} `json:"payload"`
	}
	if path != "/v2/enqueue" || json.Unmarshal(body, &event) != nil {
		return nil
	}
	var found []string
	switch {
	case event.Action == "trigger" && event.Payload == nil:
		found = append(found, "a trigger needs a payload")
	case event.Action != "trigger" && event.DedupKey == "":
		found = append(found, "acknowledge and resolve need a dedup_key")
	}
	if utf8.RuneCountInString(event.DedupKey) > 255 {
		found = append(found, "dedup_key is longer than 255 characters")
	}
	if event.Payload != nil && utf8.RuneCountInString(event.Payload.Summary) > 1024 {
		found = append(found, "payload.summary is longer than 1024 characters")
	}
	return found
}
