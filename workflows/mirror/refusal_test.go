package mirror

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/activities"
)

// refusedAt is a refusal of the attempt of that number.
func refusedAt(attempt int32) error {
	return vendorError(activities.ErrPermanent, activities.Failure{Attempt: attempt, Vendor: "slack", Reason: "missing_scope"})
}

// A refusal speaks of one attempt. Whatever was tried before it may have been applied, so the next
// call looks for it.
func TestARefusalSaysNothingOfWhatWasTriedBefore(t *testing.T) {
	for name, c := range map[string]struct {
		answers []error
		tries   []bool
	}{
		"refused at once":                          {[]error{refusedAt(1), nil}, []bool{false, false}},
		"refused twice at once":                    {[]error{refusedAt(1), refusedAt(1), nil}, []bool{false, false, false}},
		"refused at the second attempt":            {[]error{refusedAt(2), nil}, []bool{false, true}},
		"refused at the second and then the first": {[]error{refusedAt(2), refusedAt(1), nil}, []bool{false, true, true}},
		"refused after an outage":                  {[]error{away(), refusedAt(1), nil}, []bool{false, true, true}},
		"refused by nobody who counts attempts":    {[]error{refusedAt(0), nil}, []bool{false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProbe(t)
			p.answers = c.answers
			p.wants(0, 1)
			p.full(80 * time.Hour)
			p.executeAndContinue()
			require.Equal(t, c.tries, p.tries)
			require.Empty(t, p.state.Mirrors["vendor"].Tried, "what has worked is known")
		})
	}
}
