//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// The services of docker-compose.yml that run here, by the names that it gives them. Of the two Musters
// that it describes this is the one with simulated vendors.
const (
	servicePostgres   = "postgres"
	serviceSchema     = "temporal-schema"
	serviceTemporal   = "temporal"
	serviceSetup      = "setup-sandbox"
	serviceSimulators = "simulators"
	serviceWorker     = "worker-sandbox"
	serviceGateway    = "gateway-sandbox"
)

var (
	started = []string{servicePostgres, serviceSchema, serviceTemporal, serviceSetup, serviceSimulators, serviceWorker, serviceGateway}
	// leftOut are the services that do not run here, with the reason.
	leftOut = map[string]string{
		"temporal-ui": "it is for people, and nothing depends on it",
		"setup":       "setup-sandbox is the same program with simulated vendors",
		"worker":      "worker-sandbox is the same program with simulated vendors",
		"gateway":     "gateway-sandbox is the same program with simulated vendors",
	}
)

// webUI is where docker-compose.yml has the Web UI, which does not run here: links to it lead nowhere.
const webUI = "localhost:8233"

// composeFile is docker-compose.yml: what runs, and with which settings.
type composeFile struct {
	project *types.Project
	root    string
}

// readCompose reads docker-compose.yml, and refuses a file with a service that is not known here.
func readCompose(ctx context.Context, root string) (*composeFile, error) {
	path := filepath.Join(root, "docker-compose.yml")
	o, err := cli.NewProjectOptions([]string{path},
		cli.WithEnv(nil), cli.WithProfiles([]string{"sandbox"}), cli.WithResolvedPaths(true), cli.WithoutEnvironmentResolution)
	if err != nil {
		return nil, err
	}
	p, err := o.LoadProject(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &composeFile{project: p, root: root}, checkServices(slices.Sorted(maps.Keys(p.Services)))
}

// checkServices requires that each service either runs here or is left out for a reason, and no other.
func checkServices(names []string) error {
	var errs []error
	for _, name := range names {
		if !slices.Contains(started, name) && leftOut[name] == "" {
			errs = append(errs, fmt.Errorf("docker-compose.yml has the service %s, which dev/topology does not know: start it there, or say in file.go why not", name))
		}
	}
	for _, name := range slices.Concat(started, slices.Collect(maps.Keys(leftOut))) {
		if !slices.Contains(names, name) {
			errs = append(errs, fmt.Errorf("docker-compose.yml has no service %s any more, which dev/topology knows", name))
		}
	}
	return errors.Join(errs...)
}

// place says where things are on this machine that have an address of their own in containers.
type place struct {
	// addresses are host:port in containers, and here.
	addresses map[string]string
	// values are settings that are a host or a port alone.
	values map[string]string
	// volumes are the folders of named volumes.
	volumes map[string]string
}

// hostPort finds addresses in settings and arguments.
var hostPort = regexp.MustCompile(`[a-z0-9][a-z0-9.-]*:\d{2,5}\b`)

// replacer turns what is so in a container of the service into what is so here.
func (f *composeFile) replacer(service string, at place) *strings.Replacer {
	var pairs []string
	for _, v := range f.project.Services[service].Volumes {
		switch v.Type {
		case types.VolumeTypeBind:
			pairs = append(pairs, v.Target, v.Source)
		case types.VolumeTypeVolume:
			if dir := at.volumes[v.Source]; dir != "" {
				pairs = append(pairs, v.Target, dir)
			}
		}
	}
	for _, there := range slices.Sorted(maps.Keys(at.addresses)) {
		pairs = append(pairs, there, at.addresses[there])
	}
	return strings.NewReplacer(pairs...)
}

// settings are a service's arguments and its environment, as they must be here. What still holds an
// address of a container is an error, since it would reach somebody else or nobody.
func (f *composeFile) settings(service string, at place) (args []string, env map[string]string, err error) {
	s := f.project.Services[service]
	here := f.replacer(service, at)
	known := slices.Collect(maps.Values(at.addresses))
	known = append(known, webUI)
	var errs []error
	rewrite := func(name, value string) string {
		if v, ok := at.values[value]; ok {
			return v
		}
		value = here.Replace(value)
		for _, found := range hostPort.FindAllString(value, -1) {
			if !slices.Contains(known, found) {
				errs = append(errs, fmt.Errorf("docker-compose.yml: %s: %s names %s, and dev/topology does not know where that is here", service, name, found))
			}
		}
		return value
	}
	for _, a := range slices.Concat(s.Entrypoint, s.Command) {
		args = append(args, rewrite("the command", a))
	}
	env = map[string]string{}
	for name, value := range s.Environment {
		if value != nil {
			env[name] = rewrite(name, *value)
		}
	}
	return args, env, errors.Join(errs...)
}

// set is a setting that a service has in docker-compose.yml itself.
func (f *composeFile) set(service, name string) string {
	if v := f.project.Services[service].Environment[name]; v != nil {
		return *v
	}
	return ""
}

// mounted is the file of this machine that a service sees at a path.
func (f *composeFile) mounted(service, target string) string {
	for _, v := range f.project.Services[service].Volumes {
		if v.Target == target {
			return v.Source
		}
	}
	return ""
}
