package playbook_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook"
	"muster/playbook/file"
)

// fromTitle reads a title of which nothing is said besides.
func fromTitle(t *testing.T, p *playbook.Playbook, title string) (incident.Declaration, playbook.Taken) {
	t.Helper()
	d, taken, err := p.FromTitle(incident.Declaration{Title: title, Services: []string{}})
	require.NoError(t, err, title)
	return d, taken
}

func TestASeverityInWordsIsTakenAndLeavesTheTitleClean(t *testing.T) {
	t.Parallel()
	p := example(t)
	for title, want := range map[string]struct {
		severity incident.Severity
		title    string
	}{
		"sev1 everything down":              {1, "everything down"},
		"sev 1 db gone":                     {1, "db gone"},
		"SEV-1: checkout is down":           {1, "checkout is down"},
		"SEV 2 - checkout is slow":          {2, "checkout is slow"},
		"Sev2 – checkout is slow":           {2, "checkout is slow"},
		"[SEV1] checkout is down":           {1, "checkout is down"},
		"[ sev 1 ] checkout is down":        {1, "checkout is down"},
		"*sev1* checkout is down":           {1, "checkout is down"},
		"sev1:checkout is down":             {1, "checkout is down"},
		"p1 checkout is down":               {1, "checkout is down"},
		"P2: search is slow":                {2, "search is slow"},
		"checkout is down severity:1":       {1, "checkout is down"},
		"checkout is down, severity 1":      {1, "checkout is down"},
		"checkout is down (severity: 1)":    {1, "checkout is down"},
		"checkout is down (sev 1, since 9)": {1, "checkout is down (since 9)"},
		"checkout (since 9, sev 1) is down": {1, "checkout (since 9) is down"},
		"checkout sev1 is down":             {1, "checkout is down"},
		"checkout, sev1, is down":           {1, "checkout, is down"},
		"checkout is down - sev1":           {1, "checkout is down"},
		"checkout is down. sev1.":           {1, "checkout is down."},
		"checkout is down! sev1!":           {1, "checkout is down!"},
		"checkout is down, this is a sev1!": {1, "checkout is down!"},
		"This is a SEV1: checkout is down":  {1, "checkout is down"},
		"checkout is down. It's sev 1":      {1, "checkout is down."},
		"checkout is down #sev1":            {1, "checkout is down"},
		"severity=4 typo on the home page":  {4, "typo on the home page"},
		"sev1 sev1 checkout is down":        {1, "checkout is down"},
		"sev1: .NET service is down":        {1, ".NET service is down"},
		`sev1 "checkout" is down`:           {1, `"checkout" is down`},
		`"search" sev2 "checkout" slow`:     {2, `"search" "checkout" slow`},
		"severity critical: checkout":       {1, "checkout"},
		"severity:major search is slow":     {2, "search is slow"},
		"[Critical] checkout is down":       {1, "checkout is down"},
		"critical: checkout is down":        {1, "checkout is down"},
		"Minor - typo":                      {3, "typo"},
		"checkout is down, critical":        {1, "checkout is down"},
		"we have a sev1":                    {1, "we have a sev1"},
		"checkout is a sev1, help":          {1, "checkout is a sev1, help"},
		"sev1 p99 latency is 40 s":          {1, "p99 latency is 40 s"},
		"sev2 the ünïcode \u00e4PI fails":   {2, "the ünïcode \u00e4PI fails"},
		"   sev1    checkout    is  down  ": {1, "checkout is down"},
		"sev\u00a01 check\u200bout is down": {1, "checkout is down"},
		"sev1":                              {1, ""},
	} {
		d, taken := fromTitle(t, p, title)
		require.Equal(t, want.severity, d.Severity, title)
		require.Equal(t, want.title, d.Title, title)
		require.Equal(t, want.severity, taken.Severity, title)
		require.Contains(t, incident.CleanLine(title), taken.SeverityWords, "what is told is what was typed")
	}
}

func TestALineThatBeginsWithASeverity(t *testing.T) {
	t.Parallel()
	p := example(t)
	for _, line := range []string{"sev1 x", "SEV-1: x", " [P1] x", "severity:2 x", "critical: x", "*sev1* x", "severity 1 x"} {
		require.True(t, p.BeginsWithSeverity(line), line)
	}
	for _, line := range []string{"x sev1", "", "sev1-db is down", "sev1 docs", "severity of x", "critical x", "p99 x"} {
		require.False(t, p.BeginsWithSeverity(line), line)
	}
}

func TestWordsThatNameNoSeverityStay(t *testing.T) {
	t.Parallel()
	p := example(t)
	for _, title := range []string{
		"checkout is down", "p99 latency is 40 s", "p95 and p50 are up", "p10 of them", "http1 is off", "sp1 is missing", "step1 fails",
		"db-p1 is down", "p1.example.com is down", "p1-db is down", "https://x.example.com/p1 is down", "p1/foo is gone", "p1:8080 refuses",
		"sev1-db is down", "#sev1-alerts is silent", "sev100 is a name", "seven 1 disks", "several 2 disks", "sev1.example.com is down",
		"low disk space on db3", "major outage of search", "critical section deadlocks", "minor typo", "an oddity in the logs",
		"p7 is gone", "severe 1 GB leak", "the severity field is empty", "severity is not shown", "dev1 is down", "sev 1.5 x",
	} {
		d, taken := fromTitle(t, p, title)
		require.Equal(t, incident.Declaration{Title: title, Services: []string{}}, d, title)
		require.Zero(t, taken.Severity, title)
	}
}

func TestAPersonIsAskedWhereWordsMayMeanASeverity(t *testing.T) {
	t.Parallel()
	p := example(t)
	for title, want := range map[string][]incident.Severity{
		"sev1 severity docs":              {1},
		"sev1 docs are wrong":             {1},
		"the sev1 runbook is missing":     {1},
		"our sev 1 dashboard is empty":    {1},
		"checkout is slow, not a sev1":    {1},
		"checkout is slow, maybe sev2":    {2},
		"checkout is slow sev2?":          {2},
		"sev1 or sev2, checkout is slow":  {1, 2},
		"sev2/sev1 checkout is slow":      {1, 2},
		"sev 1-2 checkout is slow":        {1},
		"sev1 checkout is slow, p2":       {1, 2},
		"critical: checkout sev2":         {1, 2},
		"went from sev3 to sev1":          {1, 3},
		"SEV1 definitions of severity 1?": {1},
	} {
		d, taken, err := p.FromTitle(incident.Declaration{Title: title})
		problem, ok := incident.AsProblem(err)
		require.True(t, ok, title)
		require.Equal(t, "severity", problem.Field)
		require.NotEmpty(t, problem.Mend)
		require.Equal(t, want, taken.Maybe, title)
		require.Equal(t, incident.Declaration{Title: title}, d, "nothing is taken")

		chosen, _, err := p.FromTitle(incident.Declaration{Title: title, Severity: 3, Services: []string{}})
		require.NoError(t, err, "whoever chooses one beside the title is not asked")
		require.Equal(t, title, chosen.Title)

		alert, _ := p.FromAlert(incident.Declaration{Title: title, Services: []string{}})
		require.Equal(t, incident.Declaration{Title: title, Services: []string{}}, alert, "a program cannot be asked")
	}
}

func TestASeverityThatDoesNotExistIsRefused(t *testing.T) {
	t.Parallel()
	p := example(t)
	for title, words := range map[string]string{
		"sev0 checkout is down": "sev0", "sev7 checkout is down": "sev7", "severity 9: x": "severity 9", "sev 12 x": "sev 12", "P0 checkout": "P0",
	} {
		_, _, err := p.FromTitle(incident.Declaration{Title: title})
		problem, ok := incident.AsProblem(err)
		require.True(t, ok, title)
		require.Equal(t, incident.Problem{
			Code: incident.CodeInvalid, Field: "severity", Reason: `"` + words + `" is no severity`,
			Mend: "write sev1 (worst) to sev5, or say it in other words",
		}, *problem)
	}
}

func TestASeverityBesideTheTitle(t *testing.T) {
	t.Parallel()
	p := example(t)
	d, taken, err := p.FromTitle(incident.Declaration{Title: "SEV1 checkout", Severity: 1, Services: []string{}})
	require.NoError(t, err)
	require.Equal(t, incident.Declaration{Title: "checkout", Severity: 1, Services: []string{}}, d, "what is said twice is said once")
	require.Equal(t, "SEV1", taken.SeverityWords)

	_, _, err = p.FromTitle(incident.Declaration{Title: "SEV1 checkout", Severity: 2})
	require.EqualError(t, err, `severity: the title says "SEV1", and severity 2 is given beside it; say one of them`)

	d, _ = p.FromAlert(incident.Declaration{Title: "SEV1 checkout", Severity: 2, Services: []string{}})
	require.Equal(t, "SEV1 checkout", d.Title, "a program that says a severity has its title left alone")
	require.Equal(t, incident.Severity(2), d.Severity)
}

func TestThePlaybooksOwnNamesOfSeverities(t *testing.T) {
	t.Parallel()
	p := parse(t, "version: 1\nseverities: {1: {name: P0}, 2: {name: P1}, 3: {name: code red}, 4: {name: low}}\n")
	for title, want := range map[string]struct {
		severity incident.Severity
		title    string
	}{
		"p1 checkout is down":           {2, "checkout is down"}, // the playbook's name, not the number
		"P0 checkout is down":           {1, "checkout is down"},
		"checkout is down (code red)":   {3, "checkout is down"},
		"code red: checkout is down":    {3, "checkout is down"},
		"sev1 checkout is down":         {1, "checkout is down"},
		"severity code red, disk":       {3, "disk"},
		"low stock":                     {0, "low stock"},
		"code red alert page is broken": {0, "code red alert page is broken"},
	} {
		d, _ := fromTitle(t, p, title)
		require.Equal(t, want.severity, d.Severity, title)
		require.Equal(t, want.title, d.Title, title)
	}
	got, err := p.SeverityByName("p1")
	require.NoError(t, err)
	require.Equal(t, incident.Severity(2), got)
}

const shop = `
version: 1
services:
  checkout: {title: Checkout and payments, aliases: [basket, "the till"], page: nobody}
  checkout-worker: {page: nobody}
  payment.api: {title: Payment API, page: nobody}
  search: {page: nobody}
  db: {aliases: [db3, Datenbänke], page: nobody}
`

func TestTheOneServiceThatATitleNamesIsTaken(t *testing.T) {
	t.Parallel()
	p := parse(t, shop)
	for title, want := range map[string][2]string{
		"Checkout is down":                       {"checkout", "Checkout"},
		"the basket is empty":                    {"checkout", "basket"},
		"checkout and payments are slow":         {"checkout", "checkout and payments"},
		"checkout-worker is stuck":               {"checkout-worker", "checkout-worker"},
		"the checkout worker is stuck":           {"checkout-worker", "checkout worker"},
		"checkout's certificate has run out":     {"checkout", "checkout"},
		"checkout: 500s":                         {"checkout", "checkout"},
		"no answer from (search)":                {"search", "search"},
		"Payment API refuses cards":              {"payment.api", "Payment API"},
		"payment-api refuses cards":              {"payment.api", "payment-api"},
		"search, search and search":              {"search", "search"},
		"DATENBÄNKE voll":                        {"db", "DATENBÄNKE"},
		"disk full on db3":                       {"db", "db3"},
		"checkout-v2 is down":                    {},
		"search.example.com is down":             {},
		"https://example.com/search is down":     {},
		"research is down":                       {},
		"mail to search@example.com bounces":     {},
		"#search-team is silent":                 {},
		"checkout and search are down":           {},
		"basket of the search":                   {},
		"everything is down":                     {},
		"checkouts are down":                     {},
		"\u0130stanbul: search is down":          {"search", "search"}, // letters that change their length in small
		"sev1 basket\u00a0is\u00a0down":          {"checkout", "basket"},
		"search is down\u2014everything else up": {"search", "search"},
	} {
		d, taken, err := p.FromTitle(incident.Declaration{Title: title})
		require.NoError(t, err, title)
		require.Equal(t, want, [2]string{taken.Service, taken.ServiceWords}, title)
		if want[0] == "" {
			require.Empty(t, d.Services, title)
			continue
		}
		require.Equal(t, []string{want[0]}, d.Services, title)
		require.Equal(t, incident.CleanLine(strings.TrimPrefix(title, "sev1 ")), d.Title, "a service stays in the title")
	}
}

func TestAServiceThatWasNamedWins(t *testing.T) {
	t.Parallel()
	p := parse(t, shop)
	d, taken, err := p.FromTitle(incident.Declaration{Title: "search is down", Services: []string{"checkout"}})
	require.NoError(t, err)
	require.Equal(t, []string{"checkout"}, d.Services)
	require.Empty(t, taken.Service)

	d, _, err = p.FromTitle(incident.Declaration{Title: "search is down", Services: []string{}})
	require.NoError(t, err)
	require.Empty(t, d.Services, "none is meant")
}

func TestAServiceIsTypedInTheTitle(t *testing.T) {
	t.Parallel()
	p := parse(t, shop)
	for title, want := range map[string]struct {
		title    string
		services []string
	}{
		"disks are full service:search":               {"disks are full", []string{"search"}},
		"Service:Basket, disks are full":              {"disks are full", []string{"checkout"}},
		"disks are full service:search service:db":    {"disks are full", []string{"search", "db"}},
		"search is down service:none":                 {"search is down", []string{}},
		"search is down service:checkout":             {"search is down", []string{"checkout"}},
		"systemd service: failed":                     {"systemd service: failed", nil},
		"sev1 service:search severity:1 all is gone.": {"all is gone.", []string{"search"}},
	} {
		d, taken, err := p.FromTitle(incident.Declaration{Title: title})
		require.NoError(t, err, title)
		require.Equal(t, want.title, d.Title)
		require.Equal(t, want.services, d.Services, title)
		require.Empty(t, taken.Service, "what was said in so many words need not be told")

		again, _, err := p.FromTitle(d)
		require.NoError(t, err, title)
		require.Equal(t, d, again, "what was read once is read")
	}
	_, _, err := p.FromTitle(incident.Declaration{Title: "disks are full service:serach"})
	require.ErrorContains(t, err, "did you mean search?")
	_, _, err = p.FromTitle(incident.Declaration{Title: "disks are full service:db", Services: []string{"search"}})
	require.EqualError(t, err, `service: the title says "service:db", and another service is given beside it; say one of them`)
	d, _, err := p.FromTitle(incident.Declaration{Title: "disks are full service:db", Services: []string{"search", "DB"}})
	require.NoError(t, err)
	require.Equal(t, incident.Declaration{Title: "disks are full", Services: []string{"search", "DB"}}, d)

	alert, _ := p.FromAlert(incident.Declaration{Title: "disks are full service:serach"})
	require.Equal(t, incident.Declaration{Title: "disks are full service:serach"}, alert)
}

func TestAServiceIsFoundByItsAlias(t *testing.T) {
	t.Parallel()
	s, err := parse(t, shop).Slice([]string{"Basket", "checkout"})
	require.NoError(t, err)
	require.Len(t, s.Services, 1)
	require.Equal(t, "checkout", s.Services[0].Name)
}

func FuzzFromTitle(f *testing.F) {
	for _, seed := range []string{"", "sev1 x", "[sev 1] service:search", "checkout, sev1?", "\xff p1", "(((p1)))", "this is a sev2 severity", "search\u0130 sev1"} {
		f.Add(seed)
	}
	p, err := file.Parse("muster.yaml", []byte(shop), time.Now())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, title string) {
		d, taken, err := p.FromTitle(incident.Declaration{Title: title})
		if err != nil {
			if _, ok := incident.AsProblem(err); !ok {
				t.Fatalf("%q: %v is for no person", title, err)
			}
			return
		}
		if taken.Severity != 0 && taken.Severity != d.Severity {
			t.Fatalf("%q: told %d, taken %d", title, taken.Severity, d.Severity)
		}
		if len(d.Title) > len(title) {
			t.Fatalf("%q grew to %q", title, d.Title)
		}
	})
}
