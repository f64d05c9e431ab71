package mirror

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCommandsThatWaitedTogetherAreTakenInTheOrderTheyWereGiven(t *testing.T) {
	t.Parallel()
	at := func(s int) time.Time { return time.Date(2026, 11, 18, 10, 0, s, 0, time.UTC) }
	letters := []letter{{name: "Mitigate", at: at(3)}, {name: "Reopen", at: at(2)}, {name: "Resolve", at: at(1)}}
	inOrder(letters)
	require.Equal(t, "Resolve", letters[0].name)
	require.Equal(t, "Reopen", letters[1].name)
	require.Equal(t, "Mitigate", letters[2].name)
}
