package incident

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every field of an incident is filled, also one that is added later: none of a private incident's
// words gets out because somebody forgot it.
func TestOutsideOfAPrivateIncidentThereIsNoWord(t *testing.T) {
	t.Parallel()
	var i Incident
	fill(reflect.ValueOf(&i).Elem())
	i.Private, i.Kind, i.Status, i.Severity = true, KindDrill, StatusOpen, 2
	text, err := json.Marshal(i.Outside())
	require.NoError(t, err)
	require.NotContains(t, string(text), secretWord)
	require.Contains(t, string(text), PrivateTitle)

	i.Private = false
	require.Same(t, &i, i.Outside())
}

func TestOutsideAPrivateFollowUpSaysNotWhatItIsAbout(t *testing.T) {
	t.Parallel()
	var f FollowUp
	fill(reflect.ValueOf(&f).Elem())
	f.Owner, f.Issue = "alice@example.com", IssueRef{Key: "OPS-7"}
	f.Status, f.Due = FollowUpDropped, "2026-12-16"
	text, err := json.Marshal(f.Outside(true))
	require.NoError(t, err)
	require.NotContains(t, string(text), secretWord)
	require.Equal(t, f, f.Outside(false))
	f.Reason = movedTo(7)
	require.Equal(t, f.Reason, f.Outside(true).Reason, "a number, and no word")
}

// secretWord is in every text of what is filled.
const secretWord = "secret"

// fill writes the secret into every text that a value can hold, and one element into every list.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(secretWord)
	case reflect.Struct:
		for _, f := range v.Fields() {
			if f.CanSet() {
				fill(f)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	default:
	}
}
