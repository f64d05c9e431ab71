package pagerduty

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheMemoryIsBounded(t *testing.T) {
	t.Parallel()
	cache := newMemory[string](time.Now, time.Hour, 10)
	for i := range 30 {
		cache.put(fmt.Sprintf("P%d", i), "someone@example.com")
	}
	require.Len(t, cache.known, 10)
	_, ok := cache.get("P29")
	require.True(t, ok, "the last one is kept")
}
