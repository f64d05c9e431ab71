package config

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
)

// Temporal says where Temporal is, besides what environment and profile say.
type Temporal struct {
	// Address, Namespace and Profile win over the environment and the profile where they are set.
	Address   string
	Namespace string
	Profile   string
}

// TemporalOptions reads how to reach Temporal: the same TEMPORAL_* variables and profiles that
// the temporal command reads. environ is os.Environ, in which the variables of gRPC metadata
// are found, whose names are not known beforehand; it may be nil.
func TemporalOptions(t Temporal, lookup Lookup, environ func() []string) (client.Options, error) {
	o, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{
		ConfigFileProfile: t.Profile, EnvLookup: environment{lookup, environ},
	})
	if err != nil {
		return client.Options{}, fmt.Errorf("read how to reach Temporal: %w", err)
	}
	if t.Address != "" {
		o.HostPort = t.Address
	}
	if o.HostPort == "" {
		o.HostPort = client.DefaultHostPort
	}
	if !strings.Contains(o.HostPort, ":") {
		return client.Options{}, fmt.Errorf("TEMPORAL_ADDRESS is %q: write host:port, such as %s", o.HostPort, client.DefaultHostPort)
	}
	if t.Namespace != "" {
		o.Namespace = t.Namespace
	}
	if o.Namespace == "" {
		o.Namespace = client.DefaultNamespace
	}
	return o, nil
}

type environment struct {
	lookup  Lookup
	environ func() []string
}

func (e environment) LookupEnv(name string) (string, bool) { return e.lookup(name) }

func (e environment) Environ() []string {
	if e.environ == nil {
		return nil
	}
	return e.environ()
}
