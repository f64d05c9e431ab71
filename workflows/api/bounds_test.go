package api

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"muster/incident"
)

// What a vendor, another workflow or somebody by hand sends is refused by the table, so a field without a
// bound, or with half of one, would refuse everything: news of an issue's status once went that way.
func TestEveryFieldThatComesInHasABound(t *testing.T) {
	t.Parallel()
	values := []any{
		&DeclareInput{}, &SubscribeInput{}, &HandOnInput{}, &SnagChangedInput{}, &AlertKeyFreedInput{}, &LostInput{}, &PagerChangedInput{},
		&IssueChangedInput{}, &IssueFiledInput{}, &RetryInput{}, &ChannelChangedInput{}, &AbsorbInput{}, &CancelAskedInput{}, &EndedInput{},
		&Restored{}, &incident.MessageChange{}, &incident.Repetition{},
	}
	for _, row := range incident.Commands() {
		values = append(values, row.New())
	}
	for _, v := range values {
		assert.Empty(t, Bounds.Fullest(v), "give them a bound in Bounds: %s", reflect.TypeOf(v).Elem())
		assert.Nil(t, Bounds.Check(v), "what is as large as it may be is taken: %s", reflect.TypeOf(v).Elem())
	}
}
