package api

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIDsSayWhatTheyName(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]struct {
		made string
		Child
	}{
		"INC-42":             {IncidentID(42), Child{Incident: 42}},
		"INC-1":              {IncidentID(1), Child{Incident: 1}},
		"INC-42/page/1":      {PageID(42, 1), Child{Incident: 42, Part: "page", Number: 1}},
		"INC-42/page/12":     {PageID(42, 12), Child{Incident: 42, Part: "page", Number: 12}},
		"INC-42/review":      {ReviewID(42, 1), Child{Incident: 42, Part: "review", Number: 1}},
		"INC-42/review/2":    {ReviewID(42, 2), Child{Incident: 42, Part: "review", Number: 2}},
		"INC-42/follow-up/3": {FollowUpID(42, 3), Child{Incident: 42, Part: "follow-up", Number: 3}},
	} {
		require.Equal(t, want.made, id)
		read, ok := ParseID(id)
		require.True(t, ok, id)
		require.Equal(t, want.Child, read)
	}
	require.Equal(t, "INC-42/review", ReviewID(42, 0), "the first review has no number")
}

func TestWhatIsNoID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{
		"", "/", "INC-", "42", "inc-42", "INC-0", "INC--1", "INC-042", "INC-+42", " INC-42", "INC-42 ", "INC-42/", "INC-42x", "OPS-42",
		"INC-99999999999999999999", RegisterID, SweepID, "person/alice@example.com",
		"INC-42/page", "INC-42/page/", "INC-42/page/0", "INC-42/page/-1", "INC-42/page/01", "INC-42/page/+1", "INC-42/page/1/", "INC-42/page/x",
		"INC-42/page/1/attempt/2", "INC-42/follow-up", "INC-42/follow-up/03", "INC-42/Follow-Up/3", "INC-42/note/1",
		"INC-42/review/", "INC-42/review/0", "INC-42/review/1", "INC-42/review/02", "INC-42/review/2/page/1",
	} {
		c, ok := ParseID(id)
		require.False(t, ok, "%q was read as %+v", id, c)
		require.Zero(t, c, id)
	}
}

func TestAPersonHasOneDigestADay(t *testing.T) {
	t.Parallel()
	for _, written := range []string{"alice@example.com", "Alice@Example.com", " ALICE@EXAMPLE.COM\n"} {
		require.Equal(t, "digest/2026-11-18/alice@example.com", PersonDigestID("2026-11-18", written))
	}
}

func TestVendorKeysLeadBack(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]struct{ made, rest string }{
		"OPS-k3x/INC-42":                  {VendorKey("OPS-k3x", IncidentID(42), ""), "INC-42"},
		"OPS-k3x/INC-42/channel":          {VendorKey("OPS-k3x", IncidentID(42), "channel"), "INC-42/channel"},
		"OPS-k3x/INC-42/page/1/attempt/2": {VendorKey("OPS-k3x", PageID(42, 1), "attempt/2"), "INC-42/page/1/attempt/2"},
	} {
		require.Equal(t, want.made, key)
		rest, ok := ParseVendorKey("OPS-k3x", key)
		require.True(t, ok)
		require.Equal(t, want.rest, rest)
	}
}

func TestAnotherInstallationsKeyIsNotOurs(t *testing.T) {
	t.Parallel()
	for _, installation := range []string{"OPS", "OPS-k3", "OPS-k3xy", "ops-k3x", "-k3x", "INC-42"} {
		_, ok := ParseVendorKey(installation, "OPS-k3x/INC-42")
		require.False(t, ok, installation)
	}
	for _, key := range []string{"", "/", "OPS-k3x", "INC-42", " OPS-k3x/INC-42"} {
		_, ok := ParseVendorKey("OPS-k3x", key)
		require.False(t, ok, key)
	}
}

func FuzzParseID(f *testing.F) {
	for _, id := range []string{"INC-42", "INC-42/page/1", "INC-42/review", "INC-42/review/2", "INC-42/follow-up/3", "INC-1/page/01", "person/a@b", "\xff/", ""} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		c, ok := ParseID(id)
		if !ok {
			require.Zero(t, c)
			return
		}
		require.Positive(t, c.Incident)
		require.Equal(t, id, made(c), "what is read is what was made")
	})
}

func FuzzIDsLeadBack(f *testing.F) {
	f.Add(42, 1, "OPS-k3x", "channel")
	f.Add(1<<62, 1<<31, "", "")
	f.Fuzz(func(t *testing.T, incident, part int, installation, step string) {
		if incident < 1 || part < 1 {
			return
		}
		for _, want := range []Child{
			{Incident: incident}, {incident, "page", part}, {incident, "review", part}, {incident, "follow-up", part},
		} {
			id := made(want)
			read, ok := ParseID(id)
			require.True(t, ok, id)
			require.Equal(t, want, read)

			key := VendorKey(installation, id, step)
			rest, ok := ParseVendorKey(installation, key)
			require.True(t, ok, key)
			if step != "" {
				id += "/" + step
			}
			require.Equal(t, id, rest)
		}
	})
}

// made is the ID that the constructor of the child's part makes.
func made(c Child) string {
	switch c.Part {
	case "page":
		return PageID(c.Incident, c.Number)
	case "review":
		return ReviewID(c.Incident, c.Number)
	case "follow-up":
		return FollowUpID(c.Incident, c.Number)
	}
	return IncidentID(c.Incident)
}
