package incident

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every field that names a person either says who did it, and then its command is a Speaker, or
// whom it is done to. A new field must be one of the two.
func TestFieldsThatNameAPersonSayWhoDidItOrToWhom(t *testing.T) {
	t.Parallel()
	doneTo := map[string]bool{"Assign.Person": true, "Invite.Person": true, "Remove.Person": true, "AddFollowUp.Owner": true, "ChangeFollowUp.Owner": true}
	for _, row := range Commands() {
		cmd := row.New()
		kind := reflect.TypeOf(cmd).Elem()
		for _, name := range []string{"Person", "Author", "By", "Owner", "Reporter", "Who"} {
			f, has := kind.FieldByName(name)
			if !has || f.Type.Kind() != reflect.String || doneTo[kind.Name()+"."+name] {
				continue
			}
			reflect.ValueOf(cmd).Elem().FieldByName(name).SetString("bob@example.com")
			s, ok := cmd.(Speaker)
			require.True(t, ok, "%s.%s", kind.Name(), name)
			_, person := s.InNameOf()
			require.Equal(t, "bob@example.com", person)
		}
	}
}

func TestNobodyActsInAnothersName(t *testing.T) {
	t.Parallel()
	bob := Actor{Person: "bob@example.com", Way: WayAPI, Token: "bob"}
	require.NoError(t, CheckOwn(bob, "person", ""))
	require.NoError(t, CheckOwn(bob, "person", " Bob@Example.com"))
	require.NoError(t, CheckOwn(Actor{Way: WayAPI, Token: "deploys"}, "person", "ceo@example.com"))
	p := problem(t, CheckOwn(bob, "author", "ceo@example.com"))
	require.Equal(t, [2]string{"author", string(CodeInvalid)}, [2]string{p.Field, string(p.Code)})
	require.Contains(t, p.Reason, "you act as bob@example.com")
}

// What a service says of a person is shown as its word, everywhere that the person is.
func TestThePageSaysWhoseWordItIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		by   Actor
		want string
	}{
		{Actor{Person: "bob@example.com", Way: WayAPI, Token: "bob"}, "acknowledged by bob@example.com"},
		{Actor{Way: WayAPI, Token: "deploys"}, "acknowledged by bob@example.com (said by deploys)"},
		{Actor{Way: WayCLI}, "acknowledged by bob@example.com (said by unidentified (cli))"},
	} {
		i := declared()
		page := *i.asking()[0]
		ack := Acknowledge{Meta: Meta{Actor: c.by}, Page: page.Number, Person: "bob@example.com"}
		require.NoError(t, ack.Check(i, minute(1)))
		ack.Apply(i, minute(1))
		require.Equal(t, "Page to "+page.Target+": "+c.want, pageLine(*i.Page(page.Number), minute(1).Location()))
		require.Contains(t, i.Waking(minute(1).Location()).Line+pageLine(*i.Page(page.Number), minute(1).Location()), c.want)
		i.ReportPage(minute(2), PageReport{Page: page.Number, Status: PageAcknowledged, By: "bob@example.com", Revision: page.Revision})
		require.Contains(t, pageLine(*i.Page(page.Number), minute(1).Location()), c.want)
	}
}
