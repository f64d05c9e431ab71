package slack_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/slack"
	"muster/internal/sims/simkit"
)

func TestAChannelIsOpenedAndMarkedWithItsKey(t *testing.T) {
	t.Parallel()
	d := workspace(t)

	ref := d.open(checkout)

	ch := d.channel(checkout.Name)
	require.Equal(t, ch.ID, ref.ID)
	require.Equal(t, checkout.Name, ref.Name)
	require.Equal(t, "https://sim.slack.com/archives/"+ch.ID, ref.URL)
	require.Contains(t, ch.Purpose, checkout.Key)
	require.False(t, ch.Private)
	require.Zero(t, d.calls("users.conversations"), "a first attempt does not look")
}

func TestAPrivateChannelIsPrivateAndFoundAgain(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	spec := checkout
	spec.Private = true

	ref := d.open(spec)
	require.True(t, d.channel(ref.ID).Private)

	again, err := d.OpenChannel(t.Context(), spec, true)
	require.NoError(t, err)
	require.Equal(t, ref, again)
}

func TestALostAnswerDoesNotOpenASecondChannel(t *testing.T) {
	t.Parallel()
	for _, kind := range []simkit.Kind{simkit.DropAfter, simkit.StatusAfter, simkit.EmptyAfter} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			d := workspace(t, short)
			d.fails("conversations.create", kind)

			_, err := d.OpenChannel(t.Context(), checkout, false)
			requireClass(t, err, fault.Retryable, "")

			ref, err := d.OpenChannel(t.Context(), checkout, true)
			require.NoError(t, err)
			require.Len(t, d.sim.ChannelsNamed(checkout.Name), 1)
			require.Equal(t, d.channel(checkout.Name).ID, ref.ID)
			require.Contains(t, d.channel(ref.ID).Purpose, checkout.Key, "the mark is set late")
		})
	}
}

func TestARetryThatDoesNotLookFindsItsChannelAllTheSame(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	first := d.open(checkout)

	again, err := d.OpenChannel(t.Context(), checkout, false)

	require.NoError(t, err)
	require.Equal(t, first, again)
}

func TestAChannelIsFoundAmongManyPages(t *testing.T) {
	t.Parallel()
	d := workspace(t, short)
	for n := range 10 {
		d.open(incident.ChannelSpec{Key: fmt.Sprint("inst1/other/", n), Name: fmt.Sprint("other-", n)})
	}
	first := d.open(checkout)

	again, err := d.OpenChannel(t.Context(), checkout, true)

	require.NoError(t, err)
	require.Equal(t, first, again)
	require.Greater(t, d.calls("users.conversations"), 3)
}

func TestANameThatSomebodyElseHasGetsASuffix(t *testing.T) {
	t.Parallel()
	for name, occupy := range map[string]func(*desk){
		"a person's channel":       func(d *desk) { d.sim.AddChannel(checkout.Name) },
		"an archived channel":      func(d *desk) { require.NoError(d.t, d.ArchiveChannel(d.t.Context(), d.open(checkout).ID)) },
		"another incident's of us": func(d *desk) { d.open(incident.ChannelSpec{Key: "inst0/INC-42/channel", Name: checkout.Name}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := workspace(t)
			occupy(d)

			ref := d.open(checkout)
			require.Equal(t, checkout.Name+"-2", ref.Name)
			require.Contains(t, d.channel(ref.ID).Purpose, checkout.Key)

			for _, look := range []bool{false, true} {
				again, err := d.OpenChannel(t.Context(), checkout, look)
				require.NoError(t, err)
				require.Equal(t, ref, again, "look: %v", look)
			}
		})
	}
}

func TestALongNameMakesRoomForItsSuffix(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	spec := checkout
	spec.Name = "inc-42-" + strings.Repeat("x", 73)
	d.sim.AddChannel(spec.Name)

	ref := d.open(spec)

	require.Len(t, ref.Name, 80)
	require.True(t, strings.HasSuffix(ref.Name, "x-2"))
}

func TestFiveTakenNamesAreEnough(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	for _, suffix := range []string{"", "-2", "-3", "-4", "-5"} {
		d.sim.AddChannel(checkout.Name + suffix)
	}

	_, err := d.OpenChannel(t.Context(), checkout, false)

	e := requireClass(t, err, fault.Permanent, "name_taken")
	require.Contains(t, e.Mend, checkout.Name+"-5")
}

func TestOverlappingCreatesEndInOneChannel(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	hold := d.fails("conversations.create", simkit.Hold)
	hasty := d.another(slack.Options{Timeout: 50 * time.Millisecond})

	_, err := hasty.OpenChannel(t.Context(), checkout, false)
	requireClass(t, err, fault.Retryable, "timeout")
	// The second attempt looks, finds nothing and creates; then the first one's create lands.
	second, err := d.OpenChannel(t.Context(), checkout, true)
	require.NoError(t, err)
	d.sim.Faults().Release(hold)
	require.Eventually(t, func() bool { return len(d.sim.ChannelsNamed(checkout.Name)) == 2 }, patience, time.Millisecond)

	for range 3 {
		again, err := d.OpenChannel(t.Context(), checkout, true)
		require.NoError(t, err)
		require.Equal(t, second, again, "all later attempts choose the oldest")
	}
}

func TestATwinThatLandsMeanwhileIsTheOneThatStays(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	// The first attempt's create is under way while the second one looks, and is applied
	// before the second one's create, which had arrived by then.
	late := d.fails("conversations.create", simkit.Hold)
	hasty := d.another(slack.Options{Timeout: 50 * time.Millisecond})
	_, err := hasty.OpenChannel(t.Context(), checkout, false)
	requireClass(t, err, fault.Retryable, "timeout")
	own := d.fails("conversations.create", simkit.Hold)
	type result struct {
		ref incident.ChannelRef
		err error
	}
	done := make(chan result, 1)
	go func() {
		ref, err := d.OpenChannel(t.Context(), checkout, true)
		done <- result{ref, err}
	}()
	require.Eventually(t, func() bool { return d.sim.Faults().Hits(own) == 1 }, patience, time.Millisecond)
	d.sim.Faults().Release(late)
	require.Eventually(t, func() bool { return len(d.sim.ChannelsNamed(checkout.Name)) == 1 }, patience, time.Millisecond)
	d.sim.Faults().Release(own)

	got := <-done
	require.NoError(t, got.err)
	twins := d.sim.ChannelsNamed(checkout.Name)
	require.Len(t, twins, 2)
	require.Equal(t, twins[0].ID, got.ref.ID)
	require.False(t, twins[0].Archived)
	require.Contains(t, twins[0].Purpose, checkout.Key)
	require.True(t, twins[1].Archived, "nobody has seen the younger twin")
}

func TestAChannelWithoutAPurposeIsStillAChannel(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	d.refuses("conversations.setPurpose", "restricted_action")

	ref := d.open(checkout)

	require.Empty(t, d.channel(ref.ID).Purpose)
}

func TestAChannelWhoseMarkGotLostIsMarkedByTheRetry(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	d.fails("conversations.setPurpose", simkit.DropBefore)
	_, err := d.OpenChannel(t.Context(), checkout, false)
	requireClass(t, err, fault.Retryable, "no answer")

	_, err = d.OpenChannel(t.Context(), checkout, true)

	require.NoError(t, err)
	require.Contains(t, d.channel(checkout.Name).Purpose, checkout.Key)
}

func TestChannelsThatCannotBe(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	for name, spec := range map[string]incident.ChannelSpec{
		"without a key":       {Name: "inc-1"},
		"without a name":      {Key: "k"},
		"with an endless key": {Name: "inc-1", Key: strings.Repeat("k", 240)},
	} {
		_, err := d.OpenChannel(t.Context(), spec, false)
		requireClass(t, err, fault.Permanent, "a channel needs")
		require.Empty(t, d.sim.ChannelsNamed(spec.Name), name)
	}
	_, err := d.OpenChannel(t.Context(), incident.ChannelSpec{Key: "k", Name: "INC 1"}, false)
	require.NotEmpty(t, requireClass(t, err, fault.Permanent, "invalid_name_specials").Mend)
}

func TestArchivingIsSetState(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	ref := d.open(checkout)

	require.NoError(t, d.ArchiveChannel(t.Context(), ref.ID))
	require.True(t, d.channel(ref.ID).Archived)
	require.NoError(t, d.ArchiveChannel(t.Context(), ref.ID))

	requireClass(t, d.ArchiveChannel(t.Context(), "C0NOSUCH01"), fault.Gone, "channel_not_found")
	requireClass(t, d.ArchiveChannel(t.Context(), ""), fault.Permanent, "no channel")
}

func TestABotThatWasRemovedComesBack(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	ref := d.open(checkout)
	require.NoError(t, d.sim.Person(alice).Removes(ref.ID))

	_, err := d.PostMessage(t.Context(), ref.ID, incident.Message{Headline: "still here"}, false)

	require.NoError(t, err)
	require.True(t, d.channel(ref.ID).BotInside)
}

func TestAPrivateChannelCannotBeRejoined(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	spec := checkout
	spec.Private = true
	ref := d.open(spec)
	require.NoError(t, d.sim.Person(alice).Removes(ref.ID))

	_, err := d.PostMessage(t.Context(), ref.ID, incident.Message{Headline: "still here"}, false)

	requireClass(t, err, fault.Gone, "channel_not_found")
}

// Whoever only looks makes nothing.
func TestAChannelIsLookedForOnly(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	find := checkout
	find.Find = true
	ref, err := d.OpenChannel(t.Context(), find, true)
	require.NoError(t, err)
	require.Empty(t, ref)
	require.Zero(t, d.calls("conversations.create"))
	made := d.open(checkout)
	ref, err = d.OpenChannel(t.Context(), find, true)
	require.NoError(t, err)
	require.Equal(t, made.ID, ref.ID)
}
