package incident_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"muster/incident"
)

// A text or a list without a bound fills a workflow's state until the server ends it.
func TestEveryFieldThatComesInHasABound(t *testing.T) {
	t.Parallel()
	values := []any{
		&incident.Declaration{}, &incident.MessageChange{}, &incident.Repetition{}, &incident.Subscription{}, &incident.PageReport{},
		&incident.IssueState{}, &incident.PageState{}, &incident.Incident{},
	}
	for _, row := range incident.Commands() {
		values = append(values, row.New())
	}
	for _, v := range values {
		assert.Empty(t, incident.Bounds.Fullest(v), "give them a bound in incident.Bounds: %s", reflect.TypeOf(v).Elem())
	}
}
