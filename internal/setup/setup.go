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
		api.AttrIncident:      enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		api.AttrStatus:        enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		api.AttrKind:          enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		api.AttrCommander:     enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		api.AttrOwner:         enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		api.AttrTracker:       enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		api.AttrChannel:       enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		api.AttrPager:         enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		api.AttrSeverity:      enumspb.INDEXED_VALUE_TYPE_INT,
		api.AttrOpenFollowUps: enumspb.INDEXED_VALUE_TYPE_INT,
		api.AttrSnags:         enumspb.INDEXED_VALUE_TYPE_INT,
		api.AttrDue:           enumspb.INDEXED_VALUE_TYPE_DATETIME,
		api.AttrServices:      enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
		api.AttrTags:          enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
	}
}

// EnsureSearchAttributes adds the search attributes that the namespace does not have yet. One
// that exists with another type is an error that says how to mend it.
func EnsureSearchAttributes(ctx context.Context, c client.Client, namespace string) error {
	op := c.OperatorService()
	have, err := op.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("list search attributes: %w", err)
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
		return fmt.Errorf("add search attributes %s: %w", strings.Join(slices.Sorted(maps.Keys(missing)), ", "), err)
	}
	return nil
}
