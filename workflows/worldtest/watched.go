package worldtest

import (
	"encoding/json"

	"muster/workflows/mirror"
)

// Watched lets every mirror be asked for what is next as ever, and notes those whose answer changes
// the state: it is asked for in predicates, as often as the SDK likes. State is a pointer.
func Watched(mirrors []mirror.Mirror, state any, asked *int, changed *[]string) []mirror.Mirror {
	for k := range mirrors {
		m := mirrors[k]
		mirrors[k].Next = func() mirror.Action {
			before := asJSON(state)
			next := m.Next()
			*asked++
			if asJSON(state) != before {
				*changed = append(*changed, m.Name)
			}
			return next
		}
	}
	return mirrors
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
