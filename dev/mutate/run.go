package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// fate is what became of a mutant.
type fate string

const (
	killed      fate = "killed"
	outOfTime   fate = "killed by time"
	survived    fate = "survived"
	notCompiled fate = "not compiled"
)

// trial holds the mutants of a package and the tests that should kill them.
type trial struct {
	dir    string   // where go is run
	pkg    string   // the package whose mutants they are
	also   []string // packages whose tests run as well
	files  []string // names of the files to mutate; all when empty
	wanted func(mutant) bool
	work   string // for what is compiled
	jobs   int
	// patience is the longest that one mutant's tests may take; 0 derives it from the tests themselves.
	patience time.Duration

	mutants []mutant
	refused map[int]bool // by the compiler
	tests   []testProgram
}

type testProgram struct{ path, dir string }

// listed is what go list says of a package.
type listed struct {
	Dir, ImportPath, Name string
	GoFiles               []string
}

func (t *trial) list(ctx context.Context, pkg string) (listed, error) {
	var l listed
	out, err := t.command(ctx, "list", "-json=Dir,ImportPath,Name,GoFiles", pkg).Output()
	if err != nil {
		return l, fmt.Errorf("go list %s: %w\n%s", pkg, err, stderr(err))
	}
	return l, json.Unmarshal(out, &l)
}

func (t *trial) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, "go", args...)
	c.Dir = t.dir
	return c
}

func stderr(err error) string {
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(e.Stderr)
	}
	return ""
}

// prepare writes the mutants into an overlay and compiles the tests with them.
func (t *trial) prepare(ctx context.Context) error {
	t.refused = map[int]bool{}
	for {
		overlay, err := t.overlay(ctx)
		if err != nil {
			return err
		}
		refused, err := t.compile(ctx, overlay)
		if err != nil {
			return err
		}
		if len(refused) == 0 {
			return nil
		}
		for _, id := range refused {
			t.refused[id] = true
		}
	}
}

// overlay writes the mutated files, and says which files they stand for.
func (t *trial) overlay(ctx context.Context) (map[string]string, error) {
	l, err := t.list(ctx, t.pkg)
	if err != nil {
		return nil, err
	}
	for _, f := range t.files {
		if !slices.Contains(l.GoFiles, f) {
			return nil, fmt.Errorf("%s has no file %s, but %s", l.ImportPath, f, strings.Join(l.GoFiles, ", "))
		}
	}
	replaced := map[string]string{}
	t.mutants = nil
	for _, name := range l.GoFiles {
		if len(t.files) > 0 && !slices.Contains(t.files, name) {
			continue
		}
		path := filepath.Join(l.Dir, name)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		written, found, err := mutate(name, string(text), len(t.mutants)+1, t.wanted, t.refused)
		if err != nil {
			return nil, err
		}
		t.mutants = append(t.mutants, found...)
		replaced[path] = filepath.Join(t.work, name)
		if err := os.WriteFile(replaced[path], []byte(written), 0o600); err != nil {
			return nil, err
		}
	}
	path := filepath.Join(l.Dir, "mutant_switches.go")
	replaced[path] = filepath.Join(t.work, "mutant_switches.go")
	return replaced, os.WriteFile(replaced[path], fmt.Appendf(nil, switches, l.Name), 0o600)
}

var (
	switched = regexp.MustCompile(`mutant(?:Compare|Reckon)?__\((\d+)`)
	position = regexp.MustCompile(`(?m)^(\S+\.go):(\d+):\d+: `)
)

// compile makes a program of the tests of every package, and says which mutants the compiler
// refused: those that are in the lines of which it complains.
func (t *trial) compile(ctx context.Context, overlay map[string]string) ([]int, error) {
	file := filepath.Join(t.work, "overlay.json")
	b, err := json.Marshal(map[string]any{"Replace": overlay})
	if err == nil {
		err = os.WriteFile(file, b, 0o600)
	}
	if err != nil {
		return nil, err
	}
	t.tests = nil
	for k, pkg := range append([]string{t.pkg}, t.also...) {
		l, err := t.list(ctx, pkg)
		if err != nil {
			return nil, err
		}
		p := testProgram{path: filepath.Join(t.work, fmt.Sprintf("%d.test", k)), dir: l.Dir}
		c := t.command(ctx, "test", "-c", "-vet=off", "-overlay="+file, "-o", p.path, pkg)
		if k == 0 {
			c = t.command(ctx, "test", "-c", "-vet=off", "-overlay="+file, "-gcflags=-e", "-o", p.path, pkg)
		}
		if out, err := c.CombinedOutput(); err != nil {
			refused := complained(string(out), t.dir, overlay)
			if len(refused) == 0 {
				return nil, fmt.Errorf("the tests of %s do not compile: %w\n%s", pkg, err, out)
			}
			return refused, nil
		}
		if _, err := os.Stat(p.path); err != nil {
			return nil, fmt.Errorf("%s has no tests", pkg)
		}
		t.tests = append(t.tests, p)
	}
	return nil, nil
}

// complained finds the mutants in the lines of which the compiler complains.
func complained(output, dir string, overlay map[string]string) []int {
	var out []int
	for _, m := range position.FindAllStringSubmatch(output, -1) {
		path := m[1]
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		if mutated, ok := overlay[path]; ok {
			path = mutated
		}
		text, err := os.ReadFile(path)
		line, _ := strconv.Atoi(m[2])
		lines := bytes.Split(text, []byte("\n"))
		if err != nil || line > len(lines) {
			continue
		}
		for _, n := range switched.FindAllSubmatch(lines[line-1], -1) {
			id, _ := strconv.Atoi(string(n[1]))
			out = append(out, id)
		}
	}
	return out
}

// run tries every mutant and says what became of each as soon as it is known.
func (t *trial) run(ctx context.Context, said func(mutant, fate)) error {
	began := time.Now()
	if f, out := t.try(ctx, 0, 10*time.Minute); f != survived {
		return fmt.Errorf("without any mutant the tests are %s already:\n%s", f, out)
	}
	if t.patience == 0 {
		t.patience = 10*time.Second + 5*time.Since(began)
	}
	var telling sync.Mutex
	var wait sync.WaitGroup
	next := make(chan mutant)
	for range max(t.jobs, 1) {
		wait.Go(func() {
			for m := range next {
				f := notCompiled
				if !t.refused[m.id] {
					f, _ = t.try(ctx, m.id, t.patience)
				}
				telling.Lock()
				said(m, f)
				telling.Unlock()
			}
		})
	}
	for _, m := range t.mutants {
		if ctx.Err() == nil {
			next <- m
		}
	}
	close(next)
	wait.Wait()
	return ctx.Err()
}

// try runs the tests with one mutant switched on, until one of them fails.
func (t *trial) try(ctx context.Context, id int, patience time.Duration) (fate, string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, p := range t.tests {
		c := exec.CommandContext(ctx, p.path, "-test.failfast", "-test.timeout=0")
		c.Dir = p.dir
		c.Env = append(os.Environ(), fmt.Sprintf("MUTANT=%d", id))
		out, err := c.CombinedOutput()
		switch {
		case ctx.Err() != nil:
			return outOfTime, string(out)
		case err != nil:
			return killed, string(out)
		}
	}
	return survived, ""
}
