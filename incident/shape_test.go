package incident_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/bounds"
)

var alice = incident.Meta{Actor: incident.Actor{Person: "alice@example.com", Way: incident.WayAPI}}

// sound has each command as somebody may give it to any incident.
func sound() []incident.Command {
	return []incident.Command{
		incident.Update{Meta: alice, Text: "Half of all carts work"},
		incident.ChangeSeverity{Meta: alice, Severity: 2},
		incident.ChangeServices{Meta: alice, Add: []string{"search"}},
		incident.ChangeKind{Meta: alice, Kind: incident.KindDrill},
		incident.Retitle{Meta: alice, Title: "Checkout is slow"},
		incident.Assign{Meta: alice, Role: incident.RoleScribe, Person: "bob@example.com"},
		incident.Join{Meta: alice},
		incident.Acknowledge{Meta: alice},
		incident.Mitigate{Meta: alice},
		incident.Resolve{Meta: alice},
		incident.Reopen{Meta: alice},
		incident.Cancel{Meta: alice},
		incident.AddFollowUp{Meta: alice, Title: "Write a runbook", Labels: []string{"docs"}},
		incident.ChangeFollowUp{Meta: alice, Number: 1, Status: incident.FollowUpDone},
		incident.MergeFollowUp{Meta: alice, Number: 1, Into: 2},
		incident.SnoozeFollowUp{Meta: alice, Number: 1, Until: time.Now(), Reason: "the vendor is on holiday"},
		incident.Correct{Meta: alice, StartedAt: new(time.Now()), Services: []string{"search"}, Tags: []string{"black-friday"}, Clear: []string{"detected_at"}, Reason: "the logs"},
		incident.HoldReview{Meta: alice},
		incident.WaiveReview{Meta: alice, Reason: "a false alarm"},
		incident.Merge{Meta: alice, Into: 7},
		incident.RaisePage{Meta: alice, Target: "checkout"},
		incident.Invite{Meta: alice, Person: "bob@example.com"},
		incident.Capture{Meta: alice, Text: "Called the vendor", Source: incident.MessageRef{Channel: "C1", ID: "1.5"}},
		incident.Nominate{Meta: alice},
		incident.PauseReminders{Meta: alice, Off: true},
		incident.Retry{Meta: alice},
		incident.Remove{Meta: alice, Person: "bob@example.com"},
		incident.MakePrivate{Meta: alice},
		incident.MakePublic{Meta: alice, Confirm: true},
	}
}

func TestWhatIsTooLongIsRefusedInEveryFieldOfEveryCommand(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range sound() {
		name := reflect.TypeOf(c).Name()
		seen[name] = true
		require.NoError(t, incident.CheckShape(c), name)
		for path, v := range swollen(reflect.ValueOf(c)) {
			err := incident.CheckShape(v.Interface().(incident.Command))
			p, refused := incident.AsProblem(err)
			if assert.True(t, refused, "%s takes any %s: %v", name, path, err) {
				assert.Equal(t, incident.CodeInvalid, p.Code)
				assert.NotEmpty(t, p.Mend)
			}
		}
	}
	for _, row := range incident.Commands() {
		require.True(t, seen[row.Name], "sound lacks %s", row.Name)
	}
}

// swollen gives a value once for each text and list within it, with that one far too large.
func swollen(v reflect.Value) map[string]reflect.Value {
	out := map[string]reflect.Value{}
	var walk func(path string, t reflect.Type, index []int)
	walk = func(path string, t reflect.Type, index []int) {
		for k := range t.NumField() {
			f := t.Field(k)
			at := append(append([]int{}, index...), k)
			if !f.IsExported() || f.Type == reflect.TypeFor[time.Time]() {
				continue
			}
			c := reflect.New(v.Type()).Elem()
			c.Set(v)
			switch field := c.FieldByIndex(at); f.Type.Kind() { //nolint:exhaustive // numbers cannot swell
			case reflect.Struct:
				walk(path+f.Name+".", f.Type, at)
				continue
			case reflect.String:
				field.SetString(strings.Repeat("x", 1_040_000))
			case reflect.Slice:
				field.Set(reflect.MakeSlice(f.Type, 200_000, 200_000))
			default:
				continue
			}
			out[path+f.Name] = c
		}
	}
	walk("", v.Type(), nil)
	return out
}

// What only the incident's state can refuse is another code. What is refused as invalid, whatever the
// incident, is refused before it is recorded.
func TestWhatNoIncidentWouldTakeIsRefusedByItsShape(t *testing.T) {
	t.Parallel()
	for _, c := range []incident.Command{
		incident.Update{Meta: alice},
		incident.Update{Meta: alice, Text: strings.Repeat("ö", 2001)},
		incident.ChangeSeverity{Meta: alice, Severity: 9},
		incident.ChangeServices{Meta: alice},
		incident.ChangeServices{Meta: alice, Add: []string{""}},
		incident.ChangeKind{Meta: alice, Kind: "party"},
		incident.Retitle{Meta: alice, Title: "\u200b"},
		incident.Assign{Meta: alice},
		incident.Assign{Meta: alice, Role: "scribe", Person: "bob"},
		incident.Join{Meta: alice, Person: "nobody"},
		incident.Join{},
		incident.Acknowledge{Meta: alice, Person: "me"},
		incident.Invite{Meta: alice},
		incident.Remove{Meta: alice},
		incident.RaisePage{Meta: alice},
		incident.RaisePage{Meta: alice, Target: "checkout", Required: true},
		incident.Capture{Meta: alice, Text: "\x00"},
		incident.AddFollowUp{Meta: alice},
		incident.AddFollowUp{Meta: alice, Title: "x", Owner: "nobody"},
		incident.AddFollowUp{Meta: alice, Title: "x", Due: "soon"},
		incident.AddFollowUp{Meta: alice, Title: "x", Kind: "odd"},
		incident.AddFollowUp{Meta: alice, Title: "x", Labels: []string{"two words"}},
		incident.ChangeFollowUp{Meta: alice, Number: 1, Status: "gone"},
		incident.ChangeFollowUp{Meta: alice, Number: 1, Status: incident.FollowUpDropped},
		incident.ChangeFollowUp{Meta: alice, Number: 1, Issue: "https://example.com"},
		incident.ChangeFollowUp{Meta: alice, Number: 1, Owner: "a@example.com", Nobody: true},
		incident.MergeFollowUp{Meta: alice, Number: 1, Into: 1},
		incident.SnoozeFollowUp{Meta: alice, Number: 1},
		incident.Merge{Meta: alice},
		incident.WaiveReview{Meta: alice},
		incident.PauseReminders{Meta: alice},
		incident.PauseReminders{Meta: alice, Off: true, Until: time.Now()},
		incident.Correct{Meta: alice, Reason: "the logs"},
		incident.Correct{Meta: alice, Kind: incident.KindDrill},
		incident.Correct{Meta: alice, Kind: "party", Reason: "the logs"},
		incident.Correct{Meta: alice, Title: "\u200b", Reason: "the logs"},
		incident.Correct{Meta: alice, Tags: []string{" "}, Reason: "the logs"},
		incident.Correct{Meta: alice, Services: []string{""}, Reason: "the logs"},
		incident.Correct{Meta: alice, StartedAt: new(time.Time{}), Reason: "the logs"},
		incident.Correct{Meta: alice, Clear: []string{"resolved_at"}, Reason: "the logs"},
		incident.Correct{Meta: alice, Clear: []string{"closed_at"}, Reason: "the logs"},
		incident.Correct{Meta: alice, StartedAt: new(time.Now()), Clear: []string{"started_at"}, Reason: "the logs"},
		incident.Correct{Meta: alice, StartedAt: new(time.Now()), ResolvedAt: new(time.Now().Add(-time.Hour)), Reason: "the logs"},
	} {
		p, refused := incident.AsProblem(incident.CheckShape(c))
		require.True(t, refused, "%#v", c)
		require.Equal(t, incident.CodeInvalid, p.Code)
	}
}

func TestACapturedMessageIsCutAndNotRefused(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ö", 40_000) // as long as Slack's may be
	c := incident.AtDoor(incident.Capture{Meta: alice, Text: long, Author: long, Source: incident.MessageRef{Channel: "C1", ID: "1.5"}})
	require.NoError(t, incident.CheckShape(c))
	require.NoError(t, incident.CheckBounds(incident.MessageChange{Text: long, Author: long}.Fitting()))
	require.Error(t, incident.CheckShape(incident.AtDoor(incident.Capture{Meta: alice, Text: long})), "what somebody types is not cut without a word")
}

func TestADeclarationIsBoundedInEveryField(t *testing.T) {
	t.Parallel()
	sound := incident.Declaration{Title: "Checkout is down", Severity: 1, Actor: alice.Actor}
	_, err := sound.Normal()
	require.NoError(t, err)
	for path, v := range swollen(reflect.ValueOf(sound)) {
		_, err := v.Interface().(incident.Declaration).Normal()
		var p *incident.Problem
		require.ErrorAs(t, err, &p, "a declaration takes any %s", path)
	}
	sound.Carried = &incident.Carried{Text: strings.Repeat("x", 1_000_000), Author: strings.Repeat("x", 1_000_000)}
	d, err := sound.Normal()
	require.NoError(t, err, "the message is as long as its author made it")
	require.Less(t, bounds.Size(d), 20_000)
	sound.Carried.Source.ID = strings.Repeat("a", 1_000_000)
	_, err = sound.Normal()
	require.ErrorContains(t, err, "carried.source.id: is 1000000 characters long, 100 are allowed")
}

// What a command weighs at most, in the worst characters: recorded by the hundred it ends no workflow.
func TestTheLargestCommandIsSmall(t *testing.T) {
	t.Parallel()
	for _, row := range incident.Commands() {
		c := row.New()
		incident.Bounds.Fullest(c)
		limit := 100_000
		if row.Name == "Retry" {
			limit += 128 << 10 // the playbook's connections, which no caller sends
		}
		require.Less(t, bounds.Size(c), limit, row.Name)
	}
}
