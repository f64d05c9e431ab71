package pagerduty

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheCacheIsBounded(t *testing.T) {
	t.Parallel()
	cache := newEmailCache(time.Now)
	for i := range 3 * emailRoom {
		cache.put(fmt.Sprintf("P%d", i), "someone@example.com")
	}
	require.Len(t, cache.known, emailRoom)
	_, ok := cache.get(fmt.Sprintf("P%d", 3*emailRoom-1))
	require.True(t, ok, "the last one is kept")
}
