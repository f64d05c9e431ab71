// Package compose holds docker-compose.yml, the Dockerfile and .env.example against the programs
// that they name. It is all that can be known without a container engine: the files are read by
// the libraries that engines use, the images' programs are built as the Dockerfile says from what
// .dockerignore leaves, and they run as docker-compose.yml says, against an embedded Temporal.
package compose

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

const (
	root    = "../.."
	sandbox = "sandbox"
)

func options(t *testing.T, set []cli.ProjectOptionsFn) *cli.ProjectOptions {
	t.Helper()
	o, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")}, set...)
	require.NoError(t, err)
	return o
}

// project is the file as docker compose understands it with these profiles, in an environment
// with these variables. A .env that somebody has here is left alone.
func project(t *testing.T, env []string, profiles ...string) *types.Project {
	t.Helper()
	p, err := options(t, []cli.ProjectOptionsFn{
		cli.WithEnv(env), cli.WithProfiles(profiles), cli.WithResolvedPaths(true), cli.WithoutEnvironmentResolution,
	}).LoadProject(t.Context())
	require.NoError(t, err)
	return p
}

// everything is the file with all that it has.
func everything(t *testing.T) *types.Project {
	t.Helper()
	return project(t, nil, sandbox)
}

// interpolated are the variables that the file itself reads.
func interpolated(t *testing.T) map[string]template.Variable {
	t.Helper()
	model, err := options(t, []cli.ProjectOptionsFn{cli.WithInterpolation(false), cli.WithProfiles([]string{sandbox})}).LoadModel(context.Background())
	require.NoError(t, err)
	return template.ExtractVariables(model, template.DefaultPattern)
}

// ours are the services whose images are built here.
func ours(p *types.Project) types.Services {
	built := types.Services{}
	for name, s := range p.Services {
		if s.Build != nil {
			built[name] = s
		}
	}
	return built
}

// environment gives what a service's own section sets.
func environment(s types.ServiceConfig) map[string]string {
	env := map[string]string{}
	for name, value := range s.Environment {
		if value != nil {
			env[name] = *value
		}
	}
	return env
}

// check is the health check's command, nil where there is none.
func check(s types.ServiceConfig) []string {
	if s.HealthCheck == nil || s.HealthCheck.Disable || len(s.HealthCheck.Test) == 0 {
		return nil
	}
	return s.HealthCheck.Test[1:]
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(text)
}

// required is the version of a module that a go.mod asks for.
func required(t *testing.T, file, module string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(module) + ` v(\S+)`).FindStringSubmatch(read(t, file))
	require.NotNil(t, found, "%s does not require %s", file, module)
	return found[1]
}
