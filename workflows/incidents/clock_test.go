package incidents

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

// Every timer costs, used or not. The next update is put off by each one that is given.
func TestAMomentThatIsPutOffStartsNoOtherTimer(t *testing.T) {
	w := newWorld(t, "INC-1")
	timers := 0
	w.Env.SetOnTimerScheduledListener(func(_ string, d time.Duration) {
		if d > 10*time.Minute && d < 2*time.Hour {
			timers++
		}
	})
	start := w.Env.Now()
	for k := range 5 {
		at := time.Duration(k+1) * time.Minute
		w.Commands(at, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "Still at it", Next: start.Add(at + time.Hour)})
	}
	w.After(10*time.Minute, func() { require.Equal(t, 1, timers) })
	w.After(65*time.Minute-time.Second, func() { require.Empty(t, remindersOf(w)) })
	w.After(65*time.Minute+time.Second, func() { require.Len(t, remindersOf(w), 1, "%v", w.Calls) })
	w.cancels(70 * time.Minute)
	w.runIncident(declared(4))
}

// An earlier moment does not wait for a later one.
func TestAMomentThatIsBroughtForwardIsKept(t *testing.T) {
	w := newWorld(t, "INC-1")
	start := w.Env.Now()
	w.Commands(time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "At it", Next: start.Add(5 * time.Hour)})
	w.Commands(2*time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "Nearly there", Next: start.Add(time.Hour)})
	w.After(time.Hour+time.Second, func() { require.Len(t, remindersOf(w), 1, "%v", w.Calls) })
	w.cancels(6 * time.Hour)
	w.runIncident(declared(4))
}

func remindersOf(w *world) []incident.Message {
	var out []incident.Message
	for _, m := range w.Said() {
		if strings.Contains(m.Key, "/update-due/") {
			out = append(out, m)
		}
	}
	return out
}
