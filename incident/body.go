package incident

import (
	"encoding/json"
	"reflect"
	"time"
)

// Body is what a command asks for, apart from who gave it, when and under which ID, and from what
// the way in adds by itself: two commands of
// one ID must have the same. Whoever promises something in half an hour and says so again a moment
// later names another time and means the same, and so does whoever says that it began two hours ago: meant has times as spans. Two
// commands ask for the same when either of the two is equal.
func Body(c Command) (said, meant string) {
	t := reflect.TypeOf(c)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	raw, err := json.Marshal(c)
	fields := map[string]any{}
	if err == nil {
		err = json.Unmarshal(raw, &fields)
	}
	if err != nil {
		return t.Name(), t.Name() // commands are plain structs
	}
	for _, meta := range []string{"command_id", "actor", "given_at", "connections"} {
		delete(fields, meta)
	}
	said = t.Name() + " " + plainJSON(fields)
	given := c.Head().GivenAt
	for _, name := range []string{"next", "until", FieldStarted, FieldDetected, FieldMitigated, FieldResolved} {
		text, _ := fields[name].(string)
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil && !given.IsZero() {
			fields[name] = at.Sub(given).Round(time.Minute).String()
		}
	}
	return said, t.Name() + " " + plainJSON(fields)
}

// plainJSON writes fields in the order of their names.
func plainJSON(fields map[string]any) string {
	raw, err := json.Marshal(fields)
	if err != nil {
		return "" // they were read from JSON
	}
	return string(raw)
}

// UsedBefore is the refusal of a command whose ID was used for something else.
func UsedBefore() *Problem {
	return &Problem{
		Code: CodeConflict, Field: "key", Reason: "was used for something else before", Mend: "use another key for another command",
	}
}
