package slack

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/sims/simkit"
)

func TestTheDirectoryStaysSmallAndKeepsWhatIsNew(t *testing.T) {
	t.Parallel()
	clock := simkit.NewManualClock(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
	d := newDirectory(clock.Now)
	for n := range maxKnown - 1 {
		d.put(fmt.Sprintf("old%d@example.com", n), "U1")
	}
	clock.Advance(knownTTL)
	for n := range 10 {
		d.put(fmt.Sprintf("new%d@example.com", n), "U2")
	}
	require.LessOrEqual(t, len(d.entries), 11, "what is out of date goes first")
	_, known := d.get("old1@example.com")
	require.False(t, known)
	id, known := d.get("new9@example.com")
	require.True(t, known)
	require.Equal(t, "U2", id)

	for n := range 3 * maxKnown {
		d.put(fmt.Sprintf("more%d@example.com", n), "U3")
		if len(d.entries) > maxKnown {
			t.Fatalf("%d entries", len(d.entries))
		}
	}
}
