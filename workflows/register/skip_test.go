package register

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/workflows/api"
)

func TestNumbersOfALostTimeAreLeftOut(t *testing.T) {
	w := registerWorld(t)
	numbers := map[string]int{}
	declared := func(d time.Duration, key string) {
		w.declares(d, declareInput(key, "About "+key), func(r api.DeclareResult, err error) {
			require.NoError(t, err)
			numbers[key] = r.Number
		})
	}
	skips := func(d time.Duration, last int) {
		w.After(d, func() { w.Env.SignalWorkflow(api.SkipNumbers, api.SkipNumbersInput{Last: last}) })
	}
	declared(1*time.Minute, "before")
	skips(2*time.Minute, 57)
	declared(2*time.Minute, "at once")
	skips(3*time.Minute, 12)                // which is over already
	skips(4*time.Minute, -1)                // no number at all
	skips(5*time.Minute, 59+api.MaxSkipped) // a slip of the finger
	declared(6*time.Minute, "afterwards")
	skips(7*time.Minute, 59+api.MaxSkipped)
	declared(8*time.Minute, "as far as it goes")
	w.Env.ExecuteWorkflow(Register, api.RegisterInput{})
	require.Equal(t, map[string]int{"before": 1, "at once": 58, "afterwards": 59, "as far as it goes": 60 + api.MaxSkipped}, numbers)
}
