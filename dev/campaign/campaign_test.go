package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/sims/simkit"
)

// The processes of a campaign are this program itself.
func TestMain(m *testing.M) {
	if playsRole() {
		return
	}
	os.Exit(m.Run())
}

// A few incidents, of which every part is killed while its vendors fail. Without a seed of one's own
// the kills are the same each time, and their moments are not.
func TestAShortCampaignLosesNothingAndDoublesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts and kills a whole Muster")
	}
	o := short
	o.seed, o.verbose = 1, true
	var out bytes.Buffer
	err := wage(t.Context(), o, &out)
	t.Log(out.String())
	require.NoError(t, err)
	require.Contains(t, out.String(), "10 kills")
	require.Contains(t, out.String(), "nothing lost, nothing twice")
}

func TestTheShortFormKeepsTheSeed(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"-short", "-seed", "7", "-v"}, os.Stderr)
	require.NoError(t, err)
	require.Equal(t, uint64(7), o.seed)
	require.True(t, o.verbose)
	require.Equal(t, short.kills, o.kills)
}

func TestOptionsThatMeanNothingAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-incidents", "0"}, {"-kills", "-1"}, {"-at-once", "0"}, {"-timeout-scale", "0"}, {"-for", "-1s"}, {"-patience", "0"}, {"more"}} {
		_, err := parse(args, os.Stderr)
		require.Error(t, err, "%v", args)
	}
}

func TestEveryKindOfFaultIsSown(t *testing.T) {
	t.Parallel()
	sown := map[simkit.Kind]bool{}
	names := map[string]bool{}
	for _, w := range wrongs {
		require.NoError(t, w.fault.Validate(), w.name)
		require.Less(t, time.Duration(w.fault.Delay), aimedDelay, "%s would be taken for an aimed kill", w.name)
		sown[w.fault.Kind] = true
		names[w.name] = true
	}
	require.Len(t, names, len(wrongs), "each has a name of its own")
	for _, kind := range simkit.Kinds() {
		require.True(t, sown[kind], "%s", kind)
	}
}

func TestKillsAreSpreadOverTheWork(t *testing.T) {
	t.Parallel()
	p := newPace(rand.New(rand.NewPCG(1, 1)), 150, 600)
	quarters := [4]int{}
	for step := range 600 {
		quarters[step/150] += p.due()
	}
	for _, kills := range quarters {
		require.InDelta(t, 150.0/4, kills, 6, "%v", quarters)
	}
}

func TestASimulatorsLineSaysWhatWasApplied(t *testing.T) {
	t.Parallel()
	d, ok := appliedDelay("applied 1h0m7s")
	require.True(t, ok)
	require.Equal(t, aimedDelay+7*time.Second, d)
	for _, line := range []string{"ready", "applied soon", "applied", ""} {
		_, ok := appliedDelay(line)
		require.False(t, ok, line)
	}
}
