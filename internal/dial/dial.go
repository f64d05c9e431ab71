// Package dial makes every client of Temporal that Muster has. Nobody else does, so that nobody writes to
// Temporal what ought to be encrypted, or cannot read what is.
package dial

import (
	"context"
	"errors"
	"os"

	"go.temporal.io/sdk/client"

	"muster/internal/config"
	"muster/internal/sealed"
)

// Options reads how to reach Temporal and with which keys, as config.TemporalOptions does. What reads payloads
// itself reads them with the DataConverter in it.
func Options(t config.Temporal, lookup config.Lookup, environ func() []string) (client.Options, error) {
	o, err := config.TemporalOptions(t, lookup, environ)
	if err != nil {
		return o, err
	}
	ring, err := config.EncryptionKeys(lookup, os.ReadFile)
	if err != nil {
		return o, err
	}
	return Sealed(o, ring), nil
}

// Sealed gives options the keys.
func Sealed(o client.Options, ring *sealed.Ring) client.Options {
	o.DataConverter, o.FailureConverter = ring.Converter(), ring.FailureConverter()
	return o
}

var errUnsealed = errors.New("these options know no keys: make them with dial.Options or dial.Sealed")

// Dial connects, and is refused where Temporal does not answer.
func Dial(ctx context.Context, o client.Options) (client.Client, error) {
	if o.DataConverter == nil || o.FailureConverter == nil {
		return nil, errUnsealed
	}
	return client.DialContext(ctx, o)
}

// Lazily connects with the first call.
func Lazily(o client.Options) (client.Client, error) {
	if o.DataConverter == nil || o.FailureConverter == nil {
		return nil, errUnsealed
	}
	return client.NewLazyClient(o)
}
