// Package setup makes what must exist once in a Temporal namespace before Muster can run.
package setup

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"

	"muster/workflows/api"
)

// SearchAttributes are those that Muster's workflows set, with their types. They fit into what
// SQL visibility has room for.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	return map[string]enumspb.IndexedValueType{
		api.AttrIncident:  enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		api.AttrStatus:    enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		api.AttrKind:      enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		api.AttrCommander: enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		api.AttrOwner:     enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		api.AttrTracker:   enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		api.AttrChannel:   enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		api.AttrPager:     enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		api.AttrSeverity:  enumspb.INDEXED_VALUE_TYPE_INT,
		api.AttrSnags:     enumspb.INDEXED_VALUE_TYPE_INT,
		api.AttrDue:       enumspb.INDEXED_VALUE_TYPE_DATETIME,
		api.AttrServices:  enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
		api.AttrTags:      enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
		api.AttrAsked:     enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
		api.AttrPrivate:   enumspb.INDEXED_VALUE_TYPE_BOOL,
	}
}

// EnsureSearchAttributes adds the search attributes that the namespace does not have yet. Each
// error says how to mend it by hand.
func EnsureSearchAttributes(ctx context.Context, c client.Client, namespace string) error {
	op := c.OperatorService()
	have, err := op.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("the search attributes of namespace %s cannot be read; %s: %w", namespace, byHand(SearchAttributes()), err)
	}
	missing := map[string]enumspb.IndexedValueType{}
	for name, want := range SearchAttributes() {
		got, ok := have.CustomAttributes[name]
		switch {
		case !ok:
			missing[name] = want
		case got != want:
			return fmt.Errorf("search attribute %s is a %s and must be a %s; remove it from the namespace %s", name, got, want, namespace)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if _, err := op.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: missing}); err != nil {
		return fmt.Errorf("the search attributes that namespace %s lacks cannot be added; %s: %w", namespace, byHand(missing), err)
	}
	return nil
}

// byHand says how an operator adds what this process may not.
func byHand(missing map[string]enumspb.IndexedValueType) string {
	var args []string
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		args = append(args, fmt.Sprintf("--name %s --type %s", name, missing[name]))
	}
	return "add them with `temporal operator search-attribute create " + strings.Join(args, " ") + "`"
}
