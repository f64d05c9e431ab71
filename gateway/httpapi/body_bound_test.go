package httpapi

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/bounds"
)

// Whoever keeps to the bounds of every field is refused by none of the field's and not by the body's.
func TestTheFullestBodyIsTaken(t *testing.T) {
	t.Parallel()
	full := []any{&incident.Declaration{}}
	for _, row := range incident.Commands() {
		if c := row.New(); reflect.TypeOf(c) != reflect.TypeFor[*incident.Retry]() { // its playbook comes from the gateway itself
			full = append(full, c)
		}
	}
	for _, v := range full {
		incident.Bounds.Fullest(v)
		require.Less(t, bounds.Size(v), maxBody, "%T", v)
	}
}
