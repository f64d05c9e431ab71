package playbook_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook"
	"muster/playbook/file"
)

const severalServices = `
version: 1
services:
  checkout: {title: Checkout and payments, aliases: [basket], page: {credential: env:PD_CHECKOUT, ack_within: 7m}, responders: [alice@example.com, "@payments"]}
  search: {page: platform}
  website: {page: {target: platform, ack_within: 1m}}
  status: {page: nobody}
  fax: {}
targets: {platform: env:PD_PLATFORM}
default_target: platform
`

// However the services of an incident come to be what they are, its policy is that of an incident
// which was declared with them.
func TestAChosenServiceIsAsIfItHadBeenDeclared(t *testing.T) {
	t.Parallel()
	p := parse(t, severalServices)
	all := p.Services()
	for k := range 1 << len(all) {
		var chosen []string
		for n, name := range all {
			if k&(1<<n) != 0 {
				chosen = append(chosen, name)
			}
		}
		want, err := p.Slice(chosen)
		require.NoError(t, err)
		for _, declared := range [][]string{nil, {"checkout"}, all} {
			s := carriedOver(t, p, declared)
			s.Choose(chosen)
			require.Equal(t, want.Services, s.Services, "%v from %v", chosen, declared)
			require.ElementsMatch(t, want.Others, s.Others, "%v from %v", chosen, declared)
			require.Equal(t, want.Targets, s.Targets)
			for _, severity := range []incident.Severity{1, 4} {
				require.Equal(t, want.Required(severity), s.Required(severity), "%v from %v", chosen, declared)
			}
		}
	}
}

// carriedOver is a slice after a trip through JSON.
func carriedOver(t *testing.T, p *playbook.Playbook, services []string) *playbook.Slice {
	t.Helper()
	s, err := p.Slice(services)
	require.NoError(t, err)
	raw, err := json.Marshal(s)
	require.NoError(t, err)
	var out playbook.Slice
	require.NoError(t, json.Unmarshal(raw, &out))
	return &out
}

func TestAServiceIsFoundByNameAndTitle(t *testing.T) {
	t.Parallel()
	s := carriedOver(t, parse(t, severalServices), []string{"search"})
	for said, want := range map[string]string{"Checkout": "checkout", " checkout and  payments": "checkout", "SEARCH": "search", "fax": "fax"} {
		sv, known := s.ServiceNamed(said)
		require.True(t, known, said)
		require.Equal(t, want, sv.Name)
	}
	_, known := s.ServiceNamed("")
	require.False(t, known)
	p := s.UnknownService("add", "chekout")
	require.Equal(t, `add: "chekout" is no service of the playbook under which it was declared; did you mean checkout? known: checkout, fax, search, status, website`, p.Error())
	require.Equal(t, "the playbook of the incident has no services", (&playbook.Slice{}).UnknownService("add", "x").Mend)

	name, known := parse(t, severalServices).ServiceCalled(" Basket")
	require.True(t, known)
	require.Equal(t, "checkout", name)
}

// A target that is not in the list is kept as long as its page may be open.
func TestARemovedServiceLeavesItsTarget(t *testing.T) {
	t.Parallel()
	target := playbook.PageTarget{Name: "tills", Steps: []playbook.PageStep{{Name: "tills", Credential: "env:PD_TILLS"}}}
	s := &playbook.Slice{Services: []playbook.ServicePolicy{{Name: "shops", Target: &target}}}
	s.Choose(nil)
	require.Empty(t, s.Required(1))
	found, known := s.Target(1, "tills")
	require.True(t, known)
	require.Equal(t, target, found)
	s.Choose([]string{"shops"})
	require.Equal(t, []playbook.PageTarget{target}, s.Required(1))
}

// Every incident carries all services, so each costs hardly more than its name.
func TestOtherServicesCostLittle(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for k := range 500 {
		fmt.Fprintf(&many, "  a-service-with-a-long-name-%d: {page: env:PD_SERVICE}\n", k)
	}
	s := carriedOver(t, parse(t, strings.Replace(string(file.Example), "services:\n", "services:\n"+many.String(), 1)), []string{"checkout"})
	raw, err := json.Marshal(s.Others)
	require.NoError(t, err)
	require.Less(t, len(raw), 23<<10)
	whole, err := json.Marshal(s)
	require.NoError(t, err)
	t.Logf("%d bytes of others, %d in all", len(raw), len(whole))
}
