package incidents

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/bounds"
	"muster/workflows/api"
)

// The fullest input is made of the bounds, in the characters that have most bytes as JSON, so that a
// field without one is found here and not by the server, which would end the incident.
func TestTheFullestIncidentFitsIntoAnInput(t *testing.T) {
	t.Parallel()
	var full IncidentInput
	require.Empty(t, stateBounds.Fullest(&full), "these fields have no bound in stateBounds")
	full.Raised, full.Declaration.Carried, full.Subscribers = Raised{}, nil, nil // which are of use at the start alone
	size := bounds.Size(full) + api.MaxSlice
	t.Logf("%d bytes with the slice", size)
	require.Less(t, size, api.MaxInput)
}

func TestAnEntryWeighsNoLessThanItsJSON(t *testing.T) {
	t.Parallel()
	var e incident.Entry
	stateBounds.Fullest(&e)
	require.GreaterOrEqual(t, weightOf(e), bounds.Size(e)+1)
	e = incident.Entry{Seq: 1, At: time.Now(), Event: "message", Text: "x", Source: incident.MessageRef{Channel: "C1", ID: "1.5", URL: strings.Repeat("<", 100_000)}}
	require.GreaterOrEqual(t, weightOf(e), bounds.Size(e)+1, "an address weighs as much as a text")
}
