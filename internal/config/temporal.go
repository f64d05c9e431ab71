package config

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"muster/internal/sealed"
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

// EncryptionKeys reads the keys with which payloads are encrypted at Temporal, from the environment or from the
// file that it names, which read (usually os.ReadFile) reads; a nil read leaves the file unread. Without the
// settings the ring has no keys, and nothing is encrypted. One that is set to nothing is refused: it would write
// in clear what somebody meant to be encrypted.
func EncryptionKeys(lookup Lookup, read func(path string) ([]byte, error)) (*sealed.Ring, error) {
	list, inEnvironment := lookup(sealed.Variable)
	path, inFile := lookup(sealed.FileVariable)
	switch {
	case inEnvironment && strings.TrimSpace(list) == "":
		return nil, fmt.Errorf("%s is set to nothing: store a key in it as `starter keys new` prints it, or do not set it", sealed.Variable)
	case inFile && strings.TrimSpace(path) == "":
		return nil, fmt.Errorf("%s is set to nothing: name a file in it, or do not set it", sealed.FileVariable)
	case inEnvironment && inFile:
		return nil, fmt.Errorf("%s and %s are both set, and only the first key encrypts: set one of them", sealed.Variable, sealed.FileVariable)
	case inEnvironment:
		ring, err := sealed.Parse(list)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", sealed.Variable, err)
		}
		return ring, nil
	case inFile && read != nil:
		data, err := read(strings.TrimSpace(path))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", sealed.FileVariable, err)
		}
		ring, err := sealed.Parse(string(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", sealed.FileVariable, err)
		}
		return ring, nil
	}
	return &sealed.Ring{}, nil
}
