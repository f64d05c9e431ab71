package contracttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Checker validates requests against one description. It is safe for
// concurrent use.
type Checker struct {
	description string
	vendor      vendor
	router      routers.Router
	options     *openapi3filter.Options
}

// NewChecker loads a description, named as for Check, from the folder dir.
func NewChecker(dir, description string) (*Checker, error) {
	vendor, ok := vendors[description]
	if !ok {
		return nil, fmt.Errorf("unknown description %q", description)
	}
	path := filepath.Join(dir, "slim", description+".slim.json")
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return nil, fmt.Errorf("load description %q: %w", description, err)
	}
	// The paths are matched without the servers' hosts and prefixes, since
	// tests talk to 127.0.0.1.
	doc.Servers = nil
	err = doc.Validate(context.Background(), openapi3.DisableExamplesValidation(),
		openapi3.DisableSchemaDefaultsValidation(), openapi3.DisableSchemaPatternValidation())
	if err != nil {
		return nil, fmt.Errorf("validate description %q: %w", description, err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("route description %q: %w", description, err)
	}
	options := &openapi3filter.Options{
		AuthenticationFunc:                openapi3filter.NoopAuthenticationFunc,
		MultiError:                        true,
		RejectWhenRequestBodyNotSpecified: true,
		SkipSettingDefaults:               true,
		// Vendors' schemas are shared with answers, and clients send back what
		// they were given.
		ExcludeReadOnlyValidations: true,
	}
	options.WithCustomSchemaErrorFunc(readable)
	return &Checker{description: description, vendor: vendor, router: router, options: options}, nil
}

// readable says where in the body something is wrong, and what. The library's
// own text holds the whole schema.
func readable(e *openapi3.SchemaError) string {
	text := fmt.Sprintf("/%s: %s", strings.Join(e.JSONPointer(), "/"), e.Reason)
	if e.Origin != nil {
		text += fmt.Sprintf(" (%v)", e.Origin)
	}
	return text
}

// Wrap returns a handler that reports what is wrong with each request and then
// lets next serve it. report may be called concurrently.
func (c *Checker) Wrap(next http.Handler, report func(violation string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.vendor.covers(r.URL.Path) {
			body, err := restoringBody(r)
			if err == nil { // otherwise the client is gone, and said nothing to check
				for _, violation := range c.violations(r, body) {
					report(fmt.Sprintf("%s: %s %s: %s", c.description, r.Method, r.URL.Path, violation))
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// restoringBody returns the body and puts it back for the next reader.
func restoringBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil {
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), brokenReader{err}))
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

type brokenReader struct{ err error }

func (b brokenReader) Read([]byte) (int, error) { return 0, b.err }

// violations says everything that is wrong with the request, or nothing.
func (c *Checker) violations(r *http.Request, body []byte) []string {
	request, body := c.described(r, body)
	route, pathParams, err := c.router.FindRoute(request)
	switch {
	case errors.Is(err, routers.ErrMethodNotAllowed):
		return []string{"the description has this path, but not with this method"}
	case err != nil:
		return []string{"the description does not have this path"}
	}
	query, err := url.ParseQuery(request.URL.RawQuery)
	if err != nil {
		return []string{"the query is malformed: " + err.Error()}
	}
	found := flatten(openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: request, PathParams: pathParams, QueryParams: query, Route: route, Options: c.options,
	}))
	found = append(found, unknownQuery(route, query)...)
	if c.vendor.closedBodies {
		found = append(found, unknownArguments(route, request.Header.Get("Content-Type"), body)...)
	}
	for _, rule := range c.vendor.rules {
		found = append(found, rule(r.Method, route.Path, pathParams, body)...)
	}
	found = slices.DeleteFunc(found, func(violation string) bool {
		return c.vendor.exempts(request.Method+" "+route.Path, violation)
	})
	return slices.Compact(found) // each branch of a oneOf complains by itself
}

// described returns a copy of the request, for the validator to change as it
// likes, in the shape that the description knows it in.
func (c *Checker) described(r *http.Request, body []byte) (*http.Request, []byte) {
	request := r.Clone(r.Context())
	request.URL.Path = strings.TrimPrefix(r.URL.Path, c.vendor.strip)
	request.URL.RawPath = strings.TrimPrefix(r.URL.RawPath, c.vendor.strip)
	if r.Method == http.MethodGet && slices.Contains(c.vendor.alsoGet, request.URL.Path) {
		request.Method = http.MethodPost
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		body, request.URL.RawQuery = []byte(r.URL.RawQuery), ""
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	request.ContentLength = int64(len(body))
	return request, body
}

// flatten turns the validator's nested errors into one line for each. It looks
// at the errors themselves, since errors.As would find the first of several.
func flatten(err error) []string {
	var found []string
	switch outer := err.(type) { //nolint:errorlint // see above
	case nil:
	case openapi3.MultiError:
		for _, one := range outer {
			found = append(found, flatten(one)...)
		}
	case *openapi3filter.RequestError:
		inner, several := outer.Err.(openapi3.MultiError) //nolint:errorlint // see above
		if !several {
			return append(found, oneLine(outer))
		}
		for _, one := range inner {
			single := *outer
			single.Err = one
			found = append(found, flatten(&single)...)
		}
	default:
		found = append(found, oneLine(err))
	}
	return found
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", " ") }
