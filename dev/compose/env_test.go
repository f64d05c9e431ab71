package compose

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/stretchr/testify/require"

	"muster/dev/settings"
	"muster/dev/vendors"
	"muster/internal/app"
	"muster/internal/config"
	"muster/playbook"
	"muster/playbook/file"
)

var line = regexp.MustCompile(`(?m)^#?([A-Z][A-Z0-9_]*)=`)

// offered are the variables of .env.example, those behind a # too.
func offered(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, m := range line.FindAllStringSubmatch(read(t, ".env.example"), -1) {
		names = append(names, m[1])
	}
	return names
}

// asked are the variables that Muster asks for when it reads its settings.
func asked(t *testing.T) map[string]bool {
	t.Helper()
	all, err := settings.Asked(shipped(t))
	require.NoError(t, err)
	return all
}

func shipped(t *testing.T) *playbook.Playbook {
	t.Helper()
	p, err := file.Load(filepath.Join(root, "muster.yaml"), time.Now())
	require.NoError(t, err)
	return p
}

func TestTheExampleOffersEverySettingThatIsReadAndNoOther(t *testing.T) {
	t.Parallel()
	readBySomebody := asked(t)
	for name := range interpolated(t) {
		readBySomebody[name] = true
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(readBySomebody)), offered(t))
}

// Temporal's own and the playbook's are told of together.
func TestTheRunbookSaysWhatEachSettingIsFor(t *testing.T) {
	t.Parallel()
	runbook := read(t, "docs/runbook.md")
	for name := range asked(t) {
		if !strings.HasPrefix(name, "TEMPORAL_") && !strings.HasPrefix(name, "PD_") {
			require.Contains(t, runbook, name)
		}
	}
}

// A secret that nobody knows how to change stays for ever.
func TestTheRunbookSaysHowEachSecretIsRotated(t *testing.T) {
	t.Parallel()
	_, section, found := strings.Cut(read(t, "docs/runbook.md"), "### Rotate a secret\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n### ")
	secret := regexp.MustCompile(`_(TOKENS?|SECRETS?|KEY|PASSWORD|AUTH)$`)
	seen := 0
	for _, name := range offered(t) {
		if secret.MatchString(name) {
			seen++
			require.Contains(t, section, "`"+name, "how is it changed?")
		}
	}
	require.Greater(t, seen, 10)
}

// Whoever takes the # away everywhere has a file that can be read, and a Muster with everything on.
func TestWhatTheExampleOffersIsWrittenAsItMustBe(t *testing.T) {
	t.Parallel()
	text := regexp.MustCompile(`(?m)^#([A-Z][A-Z0-9_]*=)`).ReplaceAllString(read(t, ".env.example"), "$1")
	env, err := dotenv.Parse(strings.NewReader(text))
	require.NoError(t, err)
	delete(env, "MUSTER_ENCRYPTION_KEYS_FILE") // one of the two, as is said beside it
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	c, err := config.Load(lookup)
	require.NoError(t, err)
	require.Empty(t, c.Off())
	_, err = app.LimitsFrom(lookup)
	require.NoError(t, err)
}

// The section at the end names what a person would set in vain.
func TestWhatTheFileSetsItselfIsNotOfferedAsAChoice(t *testing.T) {
	t.Parallel()
	choices, fixed, found := strings.Cut(read(t, ".env.example"), "# ---- Set by docker-compose.yml itself")
	require.True(t, found)
	p, free := everything(t), interpolated(t)
	for _, name := range []string{"setup", "worker", "gateway"} {
		require.NotEmpty(t, p.Services[name].EnvFiles, "%s takes what is in .env", name)
		for variable := range environment(p.Services[name]) {
			_, choice := free[variable]
			require.Equal(t, choice, strings.Contains(choices, "#"+variable+"="), "%s sets %s", name, variable)
			require.Equal(t, !choice, strings.Contains(fixed, "#"+variable+"="), "%s sets %s", name, variable)
		}
	}
}

// A choice is passed on to whoever is to follow it.
func TestWhatIsChosenArrives(t *testing.T) {
	t.Parallel()
	p := project(t, []string{
		"TEMPORAL_ADDRESS=temporal.example.com:7233", "TEMPORAL_NAMESPACE=incidents", "MUSTER_UI_URL=https://temporal.example.com",
		"MUSTER_VERSION=v1.2.3", "POSTGRES_PASSWORD=chosen", "MUSTER_PLAYBOOK=" + filepath.Join(root, "dev/e2e/testdata/muster.yaml"),
	}, sandbox)
	for _, name := range []string{"setup", "worker", "gateway"} {
		s := p.Services[name]
		env := environment(s)
		require.Equal(t, "temporal.example.com:7233", env["TEMPORAL_ADDRESS"], name)
		require.Equal(t, "incidents", env["TEMPORAL_NAMESPACE"], name)
		require.Equal(t, "https://temporal.example.com", env["MUSTER_UI_URL"], name)
		require.Contains(t, env, "POSTGRES_PASSWORD", "what %s sets covers what is in .env", name)
		require.Empty(t, env["POSTGRES_PASSWORD"], "%s has no business with the database", name)
		require.True(t, strings.HasSuffix(s.Image, ":v1.2.3"), s.Image)
		require.Equal(t, "v1.2.3", *s.Build.Args["VERSION"])
	}
	require.Contains(t, p.Services["worker"].Volumes[0].Source, "dev/e2e/testdata/muster.yaml")
	require.Equal(t, "chosen", environment(p.Services["postgres"])["POSTGRES_PASSWORD"])
	require.Equal(t, "chosen", environment(p.Services["temporal-schema"])["SQL_PASSWORD"])
	require.Equal(t, "chosen", environment(p.Services["temporal"])["POSTGRES_PWD"])

	for _, name := range []string{"setup-sandbox", "worker-sandbox", "gateway-sandbox"} {
		require.Equal(t, "temporal:7233", environment(p.Services[name])["TEMPORAL_ADDRESS"], name)
		require.Equal(t, "sandbox", environment(p.Services[name])["TEMPORAL_NAMESPACE"], name)
	}
}

// A page of the sandbox that reached a real pager would be found out at night.
func TestNothingRealReachesTheSandbox(t *testing.T) {
	t.Parallel()
	p := everything(t)
	for _, name := range []string{"setup-sandbox", "worker-sandbox", "gateway-sandbox", "simulators"} {
		require.Equal(t, []string{sandbox}, p.Services[name].Profiles)
		require.Empty(t, p.Services[name].EnvFiles, name)
	}
	sims, err := vendors.NewSims(shipped(t), "http://simulators:8088")
	require.NoError(t, err)
	t.Cleanup(sims.Close)
	for _, name := range []string{"worker-sandbox", "gateway-sandbox"} {
		env := environment(p.Services[name])
		require.Subset(t, env, sims.Env("http://simulators:8088", shipped(t).Credentials()), name)
		require.Equal(t, "muster.yaml", filepath.Base(p.Services[name].Volumes[0].Source))
		require.Equal(t, p.Services[name].Volumes[0].Target, env["MUSTER_PLAYBOOK"])
	}
	for variable := range interpolated(t) {
		set := project(t, []string{variable + "=x"}, sandbox)
		for _, name := range []string{"worker-sandbox", "gateway-sandbox"} {
			require.Equal(t, environment(p.Services[name]), environment(set.Services[name]), "%s reaches %s", variable, name)
		}
	}
}
