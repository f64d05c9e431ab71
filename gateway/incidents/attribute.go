package incidents

import (
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/temporal"
)

// attribute reads a search attribute as the server keeps it, to set it once more; nil for an empty one.
func (c *Client) attribute(name string, p *commonpb.Payload) (temporal.SearchAttributeUpdate, error) {
	switch kind := string(p.GetMetadata()["type"]); kind {
	case "Keyword":
		var v string
		return set(c, p, &v, func() temporal.SearchAttributeUpdate { return temporal.NewSearchAttributeKeyKeyword(name).ValueSet(v) })
	case "Int":
		var v int64
		return set(c, p, &v, func() temporal.SearchAttributeUpdate { return temporal.NewSearchAttributeKeyInt64(name).ValueSet(v) })
	case "Bool":
		var v bool
		return set(c, p, &v, func() temporal.SearchAttributeUpdate { return temporal.NewSearchAttributeKeyBool(name).ValueSet(v) })
	case "Datetime":
		var v time.Time
		return set(c, p, &v, func() temporal.SearchAttributeUpdate { return temporal.NewSearchAttributeKeyTime(name).ValueSet(v) })
	case "KeywordList":
		var v []string
		return set(c, p, &v, func() temporal.SearchAttributeUpdate {
			return temporal.NewSearchAttributeKeyKeywordList(name).ValueSet(v)
		})
	default:
		return nil, fmt.Errorf("search attribute %s: nobody here knows the type %q", name, kind)
	}
}

func set[T any](c *Client, p *commonpb.Payload, into *T, update func() temporal.SearchAttributeUpdate) (temporal.SearchAttributeUpdate, error) {
	if !c.decode(p, into) {
		return nil, nil //nolint:nilnil // one that holds nothing is not set
	}
	return update(), nil
}
