package jirasim

import (
	"reflect"
	"testing"

	"muster/internal/sims/simkit/statetest"
)

func TestNothingOfASiteIsForgotten(t *testing.T) {
	t.Parallel()
	statetest.Survives[state](t, savedFormat)
	// The address is where requests go in this run, and site sets its deliveries apart: if the last
	// second before a crash is not in the file, their IDs must not come again.
	statetest.OnlyOfTheRun(t, reflect.TypeFor[Sim](), "Faults", "Log", "Webhooks", "options", "clock", "handler", "mux", "operations",
		"unexpected", "version", "mu", "base", "site")
}
