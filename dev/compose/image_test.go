package compose

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/stretchr/testify/require"
)

// stages are those of the Dockerfile, as BuildKit reads it, by name.
func stages(t *testing.T) map[string]instructions.Stage {
	t.Helper()
	ast, err := parser.Parse(strings.NewReader(read(t, "Dockerfile")))
	require.NoError(t, err)
	var complaints []string
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, message string, _ []parser.Range) {
		complaints = append(complaints, rule+": "+message)
	}})
	list, _, err := instructions.Parse(ast.AST, lint)
	require.NoError(t, err)
	require.Empty(t, complaints)
	byName := map[string]instructions.Stage{}
	for _, s := range list {
		byName[s.Name] = s
	}
	require.Len(t, byName, len(list), "every stage has a name of its own")
	return byName
}

// all are a stage's commands of one kind, those of the stages on which it is built first.
func all[C instructions.Command](of map[string]instructions.Stage, stage string) []C {
	s, ok := of[stage]
	if !ok {
		return nil
	}
	found := all[C](of, s.BaseName)
	for _, command := range s.Commands {
		if c, ok := command.(C); ok {
			found = append(found, c)
		}
	}
	return found
}

func TestTheBasesAreThoseOfThisGoAndPinned(t *testing.T) {
	t.Parallel()
	of := stages(t)
	for name, s := range of {
		if _, ours := of[s.BaseName]; !ours {
			requirePinned(t, s.BaseName)
			require.Equal(t, name == "build", strings.HasPrefix(s.BaseName, "golang:"), name)
		}
	}
	_, version, _ := strings.Cut(read(t, "go.work"), "go ")
	version, _, _ = strings.Cut(version, "\n")
	require.True(t, strings.HasPrefix(of["build"].BaseName, "golang:"+version+"-"), "go.work wants %s, the image is %s", version, of["build"].BaseName)
	// distroless moves its tags, so that only a digest is pinned.
	require.Contains(t, of["base"].BaseName, "distroless/static-debian13:nonroot@sha256:")
}

func TestEveryImageIsATargetThatRunsItsProgramAsNobody(t *testing.T) {
	t.Parallel()
	of := stages(t)
	for name, s := range ours(everything(t)) {
		require.Contains(t, of, s.Build.Target, name)
		require.FileExists(t, filepath.Join(s.Build.Context, "Dockerfile"), name)
		require.Equal(t, "base", of[s.Build.Target].BaseName, name)
		users := all[*instructions.UserCommand](of, s.Build.Target)
		require.NotEmpty(t, users, name)
		require.Equal(t, "65532:65532", users[len(users)-1].User, name)
		require.Contains(t, copied(of, s.Build.Target), entrypoint(t, of, s.Build.Target), name)
		for arg := range s.Build.Args {
			require.True(t, slices.ContainsFunc(all[*instructions.ArgCommand](of, "build"), func(c *instructions.ArgCommand) bool { return c.Args[0].Key == arg }), "%s: %s", name, arg)
		}
	}
}

// entrypoint is the program of a target.
func entrypoint(t *testing.T, of map[string]instructions.Stage, target string) string {
	t.Helper()
	entries := all[*instructions.EntrypointCommand](of, target)
	require.Len(t, entries, 1, target)
	require.False(t, entries[0].PrependShell, "%s has no shell", target)
	require.Len(t, entries[0].CmdLine, 1, target)
	return entries[0].CmdLine[0]
}

// copied are the files that a target takes from other stages, with where they come from.
func copied(of map[string]instructions.Stage, target string) map[string]string {
	files := map[string]string{}
	for _, c := range all[*instructions.CopyCommand](of, target) {
		files[c.DestPath] = c.SourcePaths[0]
	}
	return files
}

// sent is what the builder is sent: the repository without what .dockerignore names.
func sent(t *testing.T) string {
	t.Helper()
	patterns, err := ignorefile.ReadAll(strings.NewReader(read(t, ".dockerignore")))
	require.NoError(t, err)
	matcher, err := patternmatcher.New(patterns)
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		if err != nil || file == root {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		ignored, err := matcher.MatchesOrParentMatches(rel)
		switch {
		case err != nil:
			return err
		case e.IsDir() && ignored:
			return fs.SkipDir
		case e.IsDir():
			return os.MkdirAll(filepath.Join(dir, rel), 0o750)
		case ignored:
			return nil
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, rel), data, 0o600)
	}))
	return dir
}

func TestTheBuilderIsSentNothingButSources(t *testing.T) {
	t.Parallel()
	require.NoError(t, filepath.WalkDir(sent(t), func(file string, e fs.DirEntry, err error) error {
		name := e.Name()
		require.False(t, strings.HasPrefix(name, ".") || strings.HasSuffix(name, "_test.go") || name == "testdata", file)
		return err
	}))
}

// out is where the Dockerfile's stages put what they build.
const out = "/out/"

// stamp is the version with which the tests build.
const stamp = "v0.0.0-compose"

// folder is where the tests build, removed at the end.
var folder = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "muster-compose") })

var (
	building sync.Once
	errBuild error
)

// programs is the folder of the programs, built once by the Dockerfile's own commands.
func programs(t *testing.T) string {
	t.Helper()
	dir, err := folder()
	require.NoError(t, err)
	of, sources := stages(t), sent(t)
	building.Do(func() { errBuild = runStages(of, sources, dir, "build", "build-sandbox") })
	require.NoError(t, errBuild)
	return dir
}

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := folder(); err == nil {
		_ = os.RemoveAll(dir) // a leftover in the temporary folder harms nobody
	}
	os.Exit(code)
}

// runStages does what the stages' RUN says, with their ENV, in a folder that stands for /src. What
// would have every dependency compiled once more, and changes nothing that a test could see, is
// left out.
func runStages(of map[string]instructions.Stage, sources, dir string, names ...string) error {
	here := strings.NewReplacer(out, dir+"/", " -trimpath", "")
	env := append(os.Environ(), "TARGETOS="+runtime.GOOS, "TARGETARCH="+runtime.GOARCH, "VERSION="+stamp)
	for _, name := range names {
		for _, c := range of[name].Commands {
			switch c := c.(type) {
			case *instructions.EnvCommand:
				for _, pair := range c.Env {
					if pair.Key != "CGO_ENABLED" {
						env = append(env, pair.Key+"="+pair.Value)
					}
				}
			case *instructions.RunCommand:
				cmd := exec.Command("sh", "-c", here.Replace(c.CmdLine[0]))
				cmd.Dir, cmd.Env = sources, env
				if said, err := cmd.CombinedOutput(); err != nil {
					return fmt.Errorf("%s: %w\n%s", c, err, said)
				}
			}
		}
	}
	return nil
}

// The images have no C library, so that nothing may be left out of a program without one.
func TestNoProgramNeedsC(t *testing.T) {
	t.Parallel()
	sources := sent(t)
	for dir, packages := range map[string][]string{".": {"./worker", "./starter"}, "dev": {"./simulators"}} {
		cmd := exec.Command("go", append([]string{"list", "-deps", "-f", "{{range .CgoFiles}}{{$.ImportPath}}: {{.}}\n{{end}}"}, packages...)...)
		cmd.Dir, cmd.Env = filepath.Join(sources, dir), append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
		said, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", said)
		require.Empty(t, strings.TrimSpace(string(said)))
	}
}

// What an image holds is what its build made, and every program says with which version it was built.
func TestTheProgramsAreBuiltFromWhatTheBuilderIsSent(t *testing.T) {
	t.Parallel()
	of, dir := stages(t), programs(t)
	for _, target := range []string{"worker", "starter", "sandbox"} {
		for _, source := range copied(of, target) {
			require.True(t, strings.HasPrefix(source, out), source)
			_, err := os.Stat(filepath.Join(dir, strings.TrimPrefix(source, out)))
			require.NoError(t, err, target)
		}
		program := path.Base(entrypoint(t, of, target))
		said, err := exec.Command(filepath.Join(dir, program), "--version").CombinedOutput()
		require.NoError(t, err, target)
		require.Equal(t, program+" "+stamp+" ("+runtime.Version()+")\n", string(said))
	}
}

// A build keeps what it has downloaded and compiled for the next one, and takes each module alone.
func TestBuildsAreCachedAndTakeEachModuleAlone(t *testing.T) {
	t.Parallel()
	of := stages(t)
	built := 0
	for _, run := range append(all[*instructions.RunCommand](of, "build"), of["build-sandbox"].Commands[0].(*instructions.RunCommand)) {
		built++
		for _, cache := range []string{"/go/pkg/mod", "/root/.cache/go-build"} {
			require.Contains(t, run.String(), "--mount=type=cache,target="+cache)
		}
		require.Contains(t, run.String(), "-trimpath")
	}
	require.Equal(t, 2, built)
	require.True(t, slices.ContainsFunc(all[*instructions.EnvCommand](of, "build"), func(c *instructions.EnvCommand) bool {
		return slices.Contains(c.Env, instructions.KeyValuePair{Key: "GOWORK", Value: "off"}) && slices.Contains(c.Env, instructions.KeyValuePair{Key: "CGO_ENABLED", Value: "0"})
	}))
}
