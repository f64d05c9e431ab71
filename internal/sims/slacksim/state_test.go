package slacksim

import (
	"reflect"
	"testing"

	"muster/internal/sims/simkit/statetest"
)

func TestNothingOfAWorkspaceIsForgotten(t *testing.T) {
	t.Parallel()
	statetest.Survives[state](t, savedFormat)
	statetest.OnlyOfTheRun(t, reflect.TypeFor[Sim](), "opts", "clock", "handler", "faults", "log", "unexpected",
		"events", "interact", "commands", "sockets", "steps", "version", "mu", "base", "targets", "socketMode")
}
