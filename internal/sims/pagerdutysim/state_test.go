package pagerdutysim

import (
	"reflect"
	"testing"

	"muster/internal/sims/simkit/statetest"
)

func TestNothingOfAnAccountIsForgotten(t *testing.T) {
	t.Parallel()
	statetest.Survives[state](t, savedFormat)
	statetest.OnlyOfTheRun(t, reflect.TypeFor[Sim](), "Faults", "Log", "Webhooks", "options", "clock", "unexpected", "handler",
		"version", "mu", "closed", "onTrigger", "fired")
}
