package activities

import (
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
)

// attributes reads search attributes as visibility gives them.
type attributes struct{ raw *commonpb.SearchAttributes }

func (a attributes) keyword(name string) string {
	var s string
	if p := a.raw.GetIndexedFields()[name]; p != nil {
		if err := converter.GetDefaultDataConverter().FromPayload(p, &s); err != nil {
			return ""
		}
	}
	return s
}
