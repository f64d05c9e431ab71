package api_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"muster/workflows/api"
)

// What a vendor, another workflow or somebody by hand sends is refused by the table, so a field without a
// bound, or with half of one, would refuse everything: news of an issue's status once went that way.
func TestEveryFieldThatComesInHasABound(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		&api.DeclareInput{}, &api.SubscribeInput{}, &api.HandOnInput{}, &api.SnagChangedInput{}, &api.AlertKeyFreedInput{}, &api.LostInput{},
		&api.IssueChangedInput{}, &api.IssueFiledInput{}, &api.PagerChangedInput{}, &api.ChannelChangedInput{},
		&api.CancelAskedInput{}, &api.EndedInput{}, &api.Restored{},
	} {
		assert.Empty(t, api.Bounds.Fullest(v), "give them a bound in api.Bounds: %s", reflect.TypeOf(v).Elem())
		assert.Nil(t, api.Bounds.Check(v), "what is as large as it may be is taken: %s", reflect.TypeOf(v).Elem())
	}
}
