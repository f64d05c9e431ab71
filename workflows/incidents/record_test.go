package incidents

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"muster/activities"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

// kept notes when the incident's record was asked for, and with which version.
type kept struct {
	at       []time.Duration
	versions []int64
	began    time.Time
	answer   func(activities.KeepInput) (activities.Kept, error)
}

func (w *world) keeps(k *kept) {
	k.began = w.Env.Now()
	w.Archive = func(workflow string, in activities.KeepInput) (activities.Kept, error) {
		if strings.Contains(workflow, "/") {
			return activities.Kept{Held: in.Version}, nil
		}
		k.at, k.versions = append(k.at, w.Env.Now().Sub(k.began)), append(k.versions, in.Version)
		if k.answer == nil {
			return activities.Kept{Held: in.Version}, nil
		}
		return k.answer(in)
	}
}

func TestWhatHappensTogetherIsOneRecord(t *testing.T) {
	w := newWorld(t, "INC-1")
	k := &kept{}
	w.keeps(k)
	for n := range 5 {
		w.Commands(time.Hour+time.Duration(n)*time.Second, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: fmt.Sprint("news ", n)})
	}
	w.After(2*time.Hour, func() {
		require.Len(t, k.at, 3, "the start, the first update, and the others together: %v", k.at)
		require.Equal(t, 5*time.Second, k.at[0], "at the start there is better to do")
		require.Less(t, k.at[1], time.Hour+time.Second, "after a rest it is written at once")
	})
	w.Commands(3*time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(4))
	for n, v := range k.versions[1:] {
		require.Greater(t, v, k.versions[n])
	}
	require.GreaterOrEqual(t, k.versions[0], k.began.UnixMicro(), "versions are of a clock, so that they grow over resets, too")
}

func TestAnArchiveThatIsAwayHoldsUpNothingButTheEnd(t *testing.T) {
	w := newWorld(t, "INC-1")
	k := &kept{answer: func(activities.KeepInput) (activities.Kept, error) { return activities.Kept{}, errors.New("away") }}
	w.keeps(k)
	w.After(time.Hour, func() {
		f := w.Facts()
		require.NotEmpty(t, f.Links.Board.ID)
		require.Empty(t, f.Snags)
		require.Empty(t, f.Waiting)
	})
	w.Commands(2*time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	in := declared(4)
	in.Slice.Linger, in.Slice.Chat.ArchiveAfter = playbook.Span{Exact: time.Hour}, playbook.Span{}
	w.After(day, func() {
		require.False(t, w.Env.IsWorkflowCompleted(), "its end is nowhere yet")
		k.answer = nil
	})
	w.runIncident(in)
	require.Greater(t, k.at[len(k.at)-1], day)
}

func TestARecordGoesAboveAVersionThatIsHeld(t *testing.T) {
	w := newWorld(t, "INC-1")
	ahead := w.Env.Now().Add(24 * time.Hour).UnixMicro() // of a clock that went ahead
	k := &kept{}
	k.answer = func(in activities.KeepInput) (activities.Kept, error) {
		return activities.Kept{Held: max(in.Version, ahead)}, nil
	}
	w.keeps(k)
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(4))
	require.Equal(t, ahead+1, k.versions[1])
}

func TestWithoutAnArchiveNobodyAsksAllTheTime(t *testing.T) {
	w := newWorld(t, "INC-1")
	k := &kept{answer: func(activities.KeepInput) (activities.Kept, error) { return activities.Kept{Off: true}, nil }}
	w.keeps(k)
	for n := range 20 {
		w.Commands(time.Duration(n+1)*time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: fmt.Sprint("news ", n)})
	}
	w.After(2*time.Hour, func() { require.Len(t, k.at, 1) })
	w.Commands(3*time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(4))
}

func TestEntriesLeaveOnceTheArchiveHasThem(t *testing.T) {
	w := newWorld(t, "INC-1")
	k := &kept{}
	away := false
	k.answer = func(in activities.KeepInput) (activities.Kept, error) {
		if away {
			return activities.Kept{}, errors.New("away")
		}
		return activities.Kept{Held: in.Version}, nil
	}
	w.keeps(k)
	note := func(at time.Duration, n int) {
		for k := range n {
			w.Commands(at+time.Duration(k)*time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: fmt.Sprint("news ", at, k)})
		}
	}
	note(time.Hour, 230)
	var before incident.Incident
	w.After(8*time.Hour, func() {
		before = w.Facts()
		require.Less(t, len(before.Timeline), before.Entries, "the archive has the oldest")
		away = true
	})
	note(9*time.Hour, 40)
	w.After(16*time.Hour, func() {
		f := w.Facts()
		require.LessOrEqual(t, f.Timeline[0].Seq, before.Timeline[len(before.Timeline)-1].Seq+1, "nothing went that the archive lacks")
		away = false
	})
	w.Commands(20*time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(4))
}

// What the archive lacks at an incident's end is gone with Temporal's retention, whatever keeps it from being written.
func TestAnIncidentDoesNotEndBeforeAnArchiveThatRefusesIt(t *testing.T) {
	w := newWorld(t, "INC-1")
	refused := temporal.NewApplicationErrorWithOptions("read-only", activities.ErrCredential, temporal.ApplicationErrorOptions{
		NonRetryable: true, Details: []any{activities.Failure{Vendor: "archive", Operation: "keep", Reason: "the database is read-only"}},
	})
	k := &kept{answer: func(activities.KeepInput) (activities.Kept, error) { return activities.Kept{}, refused }}
	w.keeps(k)
	w.After(time.Hour, func() {
		require.Len(t, w.Facts().Snags, 1)
		require.Equal(t, "archive", w.Facts().Snags[0].Vendor, "it is one snag for all incidents")
	})
	w.Commands(2*time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	linger := 200 * day
	w.After(linger, func() {
		require.False(t, w.Env.IsWorkflowCompleted())
		require.Less(t, len(k.at), 300, "it is asked more and more rarely")
		k.answer = nil
	})
	w.runIncident(declared(4))
	require.Greater(t, k.at[len(k.at)-1], linger)
}
