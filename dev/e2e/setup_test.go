package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"

	"muster/dev/server"
	"muster/internal/setup"
	"muster/workflows/api"
)

// bare starts a Temporal that has never heard of Muster.
func bare(t *testing.T, attributes map[string]enumspb.IndexedValueType) client.Client {
	t.Helper()
	srv, err := server.Start(t.Context(), server.Options{UIPort: server.UIOff, SearchAttributes: attributes, Logger: logger(t)})
	require.NoError(t, err)
	t.Cleanup(srv.Stop)
	c, err := client.DialContext(t.Context(), client.Options{HostPort: srv.Addr()})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func TestANamespaceGetsTheAttributesThatItLacks(t *testing.T) {
	t.Parallel()
	c := bare(t, map[string]enumspb.IndexedValueType{api.AttrStatus: enumspb.INDEXED_VALUE_TYPE_KEYWORD})
	require.NoError(t, setup.EnsureSearchAttributes(t.Context(), c, client.DefaultNamespace))
	require.NoError(t, setup.EnsureSearchAttributes(t.Context(), c, client.DefaultNamespace), "it may be repeated")
	have, err := c.OperatorService().ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: client.DefaultNamespace})
	require.NoError(t, err)
	for name, want := range setup.SearchAttributes() {
		require.Equal(t, want, have.CustomAttributes[name], name)
	}
}

func TestAnAttributeOfAnotherTypeIsNamedWithItsMend(t *testing.T) {
	t.Parallel()
	c := bare(t, map[string]enumspb.IndexedValueType{api.AttrSeverity: enumspb.INDEXED_VALUE_TYPE_KEYWORD})
	err := setup.EnsureSearchAttributes(t.Context(), c, client.DefaultNamespace)
	require.ErrorContains(t, err, "MusterSeverity is a Keyword and must be a Int; remove it")
}
