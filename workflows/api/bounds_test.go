package api

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"muster/incident"
)

// What a vendor, another workflow or somebody by hand sends is refused by the table, so a field without a
// bound, or with half of one, would refuse everything: news of an issue's status once went that way.
func TestEveryFieldThatComesInHasABound(t *testing.T) {
	t.Parallel()
	values := []any{
		&DeclareInput{}, &SubscribeInput{}, &HandOnInput{}, &SnagChangedInput{}, &AlertKeyFreedInput{}, &LostInput{}, &PagerChangedInput{},
		&IssueChangedInput{}, &IssueFiledInput{}, &RetryInput{}, &ChannelChangedInput{}, &AbsorbInput{}, &CancelAskedInput{}, &EndedInput{},
		&PageBrief{}, &ReviewBrief{}, &FollowUpBrief{}, &incident.PageReport{}, &ReviewReport{}, &FollowUpReport{}, &ToldInput{},
		&Restored{}, &BriefAskedInput{}, &incident.MessageChange{}, &incident.Repetition{},
	}
	for _, row := range incident.Commands() {
		values = append(values, row.New())
	}
	for _, v := range values {
		assert.Empty(t, Bounds.Fullest(v), "give them a bound in Bounds: %s", reflect.TypeOf(v).Elem())
		assert.Nil(t, Bounds.Check(v), "what is as large as it may be is taken: %s", reflect.TypeOf(v).Elem())
	}
}

// What one workflow tells another would be lost if it were refused: a vendor's words may be long.
func TestWhatWorkflowsTellEachOtherIsCutToBeTaken(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 5000)
	snags := make([]incident.Snag, 100)
	for k := range snags {
		snags[k] = incident.Snag{Mirror: long, Reason: long}
	}
	followUp := incident.FollowUp{Title: long, Owner: long, Status: incident.FollowUpAccepted, Labels: []string{long}}
	for _, news := range []any{
		FollowUpReport{Number: 1, Status: incident.FollowUpAccepted, Title: long, Owner: long, Reason: long, Snags: snags},
		incident.PageReport{Page: 1, Status: incident.PagePaging, Problem: long, Asked: []string{long}, Tries: make([]incident.Try, 100), Snags: snags},
		FollowUpBrief{Brief: Brief{Title: long}, FollowUp: followUp, Services: []string{long}},
		AbsorbInput{From: 7, Title: long, Responders: []incident.Responder{{Person: long}}, FollowUps: []incident.FollowUp{followUp}},
	} {
		require.Error(t, Refuse(news))
		require.NoError(t, Refuse(Fitting(news)), "%T", news)
	}
	require.Equal(t, long, followUp.Title, "only a copy is cut")
	require.Equal(t, long, followUp.Labels[0])
	short := FollowUpReport{Number: 1, Status: incident.FollowUpDone, Owner: "bob@example.com"}
	require.Equal(t, short, Fitting(short))
}
