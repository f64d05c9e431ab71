package dial_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"muster/internal/config"
	"muster/internal/dial"
	"muster/internal/sealed"
)

func lookup(env map[string]string) config.Lookup {
	return func(name string) (string, bool) { v, ok := env[name]; return v, ok }
}

func TestOptionsKnowAddressNamespaceTokenAndKeys(t *testing.T) {
	t.Parallel()
	line, err := sealed.NewKey("2026-10")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(path, []byte(line), 0o600))
	o, err := dial.Options(config.Temporal{}, lookup(map[string]string{
		"TEMPORAL_ADDRESS": "us-east-1.aws.api.temporal.io:7233", "TEMPORAL_NAMESPACE": "muster.a1b2c", "TEMPORAL_API_KEY": "an-api-key",
		"TEMPORAL_CONFIG_FILE": "/nowhere", sealed.FileVariable: path,
	}), nil)
	require.NoError(t, err)
	require.Equal(t, "muster.a1b2c", o.Namespace)
	require.NotNil(t, o.ConnectionOptions.TLS, "an API key is sent over TLS alone")
	require.NotNil(t, o.Credentials)
	p, err := o.DataConverter.ToPayload("x")
	require.NoError(t, err)
	require.Equal(t, "2026-10", sealed.KeyOf(p))
}

func TestNobodyDialsWithoutHavingSaidWhichKeys(t *testing.T) {
	t.Parallel()
	_, err := dial.Dial(t.Context(), client.Options{})
	require.ErrorContains(t, err, "know no keys")
	_, err = dial.Lazily(client.Options{})
	require.ErrorContains(t, err, "know no keys")
	c, err := dial.Lazily(dial.Sealed(client.Options{}, nil))
	require.NoError(t, err)
	c.Close()
}
