package setup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	enumspb "go.temporal.io/api/enums/v1"
)

// Counter is all that is asked of Temporal to know whether a namespace has the search attributes: a count, which
// every server answers. What lists them is not to be had at Temporal Cloud.
type Counter interface {
	CountWorkflow(ctx context.Context, request *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error)
}

// MissingError is a namespace that lacks search attributes of ours, or has them with another type.
type MissingError struct {
	Namespace string
	// Attributes are those that are missing, with the type that each must have.
	Attributes map[string]enumspb.IndexedValueType
	// Mistyped are there with another type.
	Mistyped []string
}

func (e *MissingError) Error() string {
	var parts []string
	if len(e.Attributes) > 0 {
		var names []string
		for _, name := range slices.Sorted(maps.Keys(e.Attributes)) {
			names = append(names, fmt.Sprintf("%s (%s)", name, e.Attributes[name]))
		}
		parts = append(parts, fmt.Sprintf("namespace %s lacks the search attributes %s; run `starter setup temporal --namespace %s`, or on Temporal Cloud what `starter setup temporal --namespace %[1]s --print tcld` says",
			e.Namespace, strings.Join(names, ", "), e.Namespace))
	}
	want := SearchAttributes()
	for _, name := range e.Mistyped {
		parts = append(parts, fmt.Sprintf("search attribute %s of namespace %s has another type than %s, so workflows that set it fail; remove it or rename it, and add it anew", name, e.Namespace, want[name]))
	}
	return strings.Join(parts, "; ")
}

// CheckSearchAttributes asks whether the namespace has our search attributes, by using them: first all at once, and
// each by itself only if that was refused.
func CheckSearchAttributes(ctx context.Context, c Counter, namespace string) error {
	want := SearchAttributes()
	names := slices.Sorted(maps.Keys(want))
	err := use(ctx, c, namespace, want, names...)
	if err == nil || !refused(err) {
		return reading(namespace, err)
	}
	missing := &MissingError{Namespace: namespace, Attributes: map[string]enumspb.IndexedValueType{}}
	for _, name := range names {
		err := use(ctx, c, namespace, want, name)
		switch {
		case err == nil:
		case !refused(err):
			return reading(namespace, err)
		case count(ctx, c, namespace, "`"+name+"` IS NOT NULL") == nil:
			missing.Mistyped = append(missing.Mistyped, name)
		default:
			missing.Attributes[name] = want[name]
		}
	}
	if len(missing.Attributes) == 0 && len(missing.Mistyped) == 0 {
		return reading(namespace, err) // together they were refused for another reason
	}
	return missing
}

func reading(namespace string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("whether namespace %s has Muster's search attributes cannot be asked: %w", namespace, err)
}

// refused reports whether the server understood the query, and would not have it.
func refused(err error) bool {
	_, is := errors.AsType[*serviceerror.InvalidArgument](err)
	return is
}

// use asks in a way that only attributes of the right types answer.
func use(ctx context.Context, c Counter, namespace string, types map[string]enumspb.IndexedValueType, names ...string) error {
	terms := make([]string, len(names))
	for n, name := range names {
		terms[n] = "`" + name + "` = " + example(types[name])
	}
	return count(ctx, c, namespace, strings.Join(terms, " OR "))
}

// example is a value of that type and, where there is one, of no other.
func example(t enumspb.IndexedValueType) string {
	switch t {
	case enumspb.INDEXED_VALUE_TYPE_INT:
		return "-1"
	case enumspb.INDEXED_VALUE_TYPE_BOOL:
		return "true"
	case enumspb.INDEXED_VALUE_TYPE_DATETIME:
		return "'1970-01-01T00:00:00Z'"
	default:
		return "'none'"
	}
}

func count(ctx context.Context, c Counter, namespace, query string) error {
	_, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: namespace, Query: query})
	return err
}
