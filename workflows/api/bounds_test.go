package api

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"muster/incident"
)

// A field without a bound that holds anything is refused where it comes in: an event of a vendor would
// be lost.
func TestEveryFieldThatComesInHasABound(t *testing.T) {
	t.Parallel()
	values := []any{
		&DeclareInput{}, &SubscribeInput{}, &SnagChangedInput{}, &AlertKeyFreedInput{}, &PagerChangedInput{}, &IssueChangedInput{},
		&IssueFiledInput{}, &RetryInput{}, &ChannelChangedInput{}, &AbsorbInput{}, &incident.MessageChange{}, &incident.Repetition{},
	}
	for _, row := range incident.Commands() {
		values = append(values, row.New())
	}
	for _, v := range values {
		assert.Empty(t, Bounds.Fullest(v), "give them a bound in Bounds: %s", reflect.TypeOf(v).Elem())
		assert.Nil(t, Bounds.Check(v), "the fullest %s is no excess", reflect.TypeOf(v).Elem())
	}
}
