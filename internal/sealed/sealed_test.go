package sealed_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"muster/internal/sealed"
)

func line(t *testing.T, id string) string {
	t.Helper()
	l, err := sealed.NewKey(id)
	require.NoError(t, err)
	return l
}

func ring(t *testing.T, lines ...string) *sealed.Ring {
	t.Helper()
	r, err := sealed.Parse(strings.Join(lines, ","))
	require.NoError(t, err)
	return r
}

func payload(t *testing.T, r *sealed.Ring, v any) *commonpb.Payload {
	t.Helper()
	p, err := r.Converter().ToPayload(v)
	require.NoError(t, err)
	return p
}

func TestWhatIsSealedIsReadWithTheKeyAndSaysNothingWithoutIt(t *testing.T) {
	t.Parallel()
	r := ring(t, line(t, "2026-10"))
	p := payload(t, r, map[string]string{"title": "Checkout is down"})
	require.NotContains(t, p.String(), "Checkout")
	require.NotContains(t, string(p.GetData()), "title")
	require.Equal(t, "2026-10", sealed.KeyOf(p))
	var back map[string]string
	require.NoError(t, r.Converter().FromPayload(p, &back))
	require.Equal(t, "Checkout is down", back["title"])
	require.NotEqual(t, p.GetData(), payload(t, r, back).GetData(), "the same is never written twice alike")
}

func TestTheFirstKeyEncryptsAndAllDecrypt(t *testing.T) {
	t.Parallel()
	old, next := line(t, "2026-10"), line(t, "2027-01")
	before := payload(t, ring(t, old), "before")
	prepared := ring(t, old, next)
	require.Equal(t, "2026-10", sealed.KeyOf(payload(t, prepared, "x")), "a key behind the others only decrypts")
	rotated := ring(t, next, old)
	after := payload(t, rotated, "after")
	require.Equal(t, "2027-01", sealed.KeyOf(after))
	for _, r := range []*sealed.Ring{prepared, rotated} {
		for want, p := range map[string]*commonpb.Payload{"before": before, "after": after} {
			var got string
			require.NoError(t, r.Converter().FromPayload(p, &got))
			require.Equal(t, want, got)
		}
	}
}

func TestAMissingKeyIsNamed(t *testing.T) {
	t.Parallel()
	p := payload(t, ring(t, line(t, "2026-10")), "x")
	for want, r := range map[string]*sealed.Ring{
		`the key "2026-10" is not in MUSTER_ENCRYPTION_KEYS; add it wherever Muster runs, behind the others`: {},
		`(the keys here are 2027-01, 2027-02)`: ring(t, line(t, "2027-01"), line(t, "2027-02")),
	} {
		var got string
		err := r.Converter().FromPayload(p, &got)
		require.ErrorContains(t, err, want)
		missing := &sealed.MissingKeyError{}
		require.ErrorAs(t, err, &missing)
		require.Equal(t, "2026-10", missing.ID)
		require.Contains(t, r.Converter().ToString(p), want)
	}
	var none *sealed.Ring
	require.ErrorContains(t, none.Converter().FromPayload(p, new(string)), "not in MUSTER_ENCRYPTION_KEYS")
}

// An error would end the workflow, or lose a signal; a panic is a workflow task that is tried again.
func TestWithinAWorkflowAMissingKeyStopsTheTask(t *testing.T) {
	t.Parallel()
	p := payload(t, ring(t, line(t, "2026-10")), "x")
	c := converter.MakeTransferAware((&sealed.Ring{}).Converter()) // as every client wraps it
	within := c.(converter.ContextAware).WithWorkflowContext(nil)
	require.Panics(t, func() { _ = within.FromPayload(p, new(string)) })
	require.Panics(t, func() { _ = within.FromPayloads(&commonpb.Payloads{Payloads: []*commonpb.Payload{p}}, new(string)) })
	plain := payload(t, nil, 1)
	require.NotPanics(t, func() { require.Error(t, within.FromPayload(plain, new(string))) }, "what is merely no string is an error as ever")
	without := within.(converter.ContextAware).WithContext(t.Context())
	require.NotPanics(t, func() { require.Error(t, without.FromPayload(p, new(string))) })
}

func TestWhatIsNotSealedIsReadAsItIs(t *testing.T) {
	t.Parallel()
	plain := payload(t, nil, "in clear")
	require.False(t, sealed.Sealed(plain))
	var got string
	require.NoError(t, ring(t, line(t, "k")).Converter().FromPayload(plain, &got))
	require.Equal(t, "in clear", got)
}

// The server takes a memo field that is set to nil out of the memo, if it sees that it is nil.
func TestNothingIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	require.False(t, sealed.Sealed(payload(t, ring(t, line(t, "k")), nil)))
}

// Whoever may signal a workflow could send a small payload that unpacks to gigabytes.
func TestNothingIsUnpackedThatNoKeyHasSealed(t *testing.T) {
	t.Parallel()
	bomb, err := converter.NewZlibCodec(converter.ZlibCodecOptions{AlwaysEncode: true}).Encode([]*commonpb.Payload{payload(t, nil, "x")})
	require.NoError(t, err)
	out, err := ring(t, line(t, "k")).Codec().Decode(bomb)
	require.NoError(t, err)
	require.Same(t, bomb[0], out[0])
}

func TestWhatWasChangedIsRefused(t *testing.T) {
	t.Parallel()
	a, b := line(t, "a"), line(t, "b")
	r := ring(t, a, b)
	for what, change := range map[string]func(p *commonpb.Payload){
		"the text":   func(p *commonpb.Payload) { p.Data[20] ^= 1 },
		"the end":    func(p *commonpb.Payload) { p.Data = p.Data[:len(p.Data)-1] },
		"everything": func(p *commonpb.Payload) { p.Data = nil },
		"the key":    func(p *commonpb.Payload) { p.Metadata[sealed.MetadataKey] = []byte("b") },
	} {
		p := payload(t, r, "some text")
		change(p)
		require.ErrorContains(t, r.Converter().FromPayload(p, new(string)), "was not, or was changed since", what)
	}
}

func TestAFailureHasNoWordsInClear(t *testing.T) {
	t.Parallel()
	r := ring(t, line(t, "k"))
	said := temporal.NewApplicationError("alice@example.com is unknown", "Unknown", "bob@example.com")
	f := r.FailureConverter().ErrorToFailure(said)
	require.NotContains(t, f.String(), "alice")
	require.NotContains(t, f.String(), "bob")
	back := r.FailureConverter().FailureToError(f)
	require.ErrorContains(t, back, "alice@example.com is unknown")
	require.Contains(t, (&sealed.Ring{}).FailureConverter().ErrorToFailure(said).GetMessage(), "alice", "without a key nothing is hidden")
	require.ErrorContains(t, (&sealed.Ring{}).FailureConverter().FailureToError(r.FailureConverter().ErrorToFailure(said)), "Encoded failure")
}

func TestWhatIsWrongWithTheKeysIsSaidWithoutThem(t *testing.T) {
	t.Parallel()
	good := line(t, "good")
	_, bytes, _ := strings.Cut(good, ":")
	short := base64.StdEncoding.EncodeToString([]byte("sixteen bytes no"))
	for text, want := range map[string]string{
		" , ":                    "no key is in it",
		bytes:                    "key 1: is not written ID:KEY",
		":" + bytes:              "is not written ID:KEY",
		"a b:" + bytes:           "key 1: is not written ID:KEY",
		"k:not-base64!":          "key 1: is no base64",
		"k:" + short:             "key 1: has 16 bytes and must have 32",
		good + "," + good:        "there is a key good already",
		good + ",other:" + bytes: "(other): is the same as good",
		bytes + ":2026-11":       "key 1:",
		"k:" + base64.StdEncoding.EncodeToString(make([]byte, 32)): "mostly one byte",
	} {
		_, err := sealed.Parse(text)
		require.ErrorContains(t, err, want, text)
		require.NotContains(t, err.Error(), bytes[:12])
		require.NotContains(t, err.Error(), short[:12])
	}
	r, err := sealed.Parse(good + "\nurl:" + base64.RawURLEncoding.EncodeToString([]byte("a key of thirty-two random bytes")))
	require.NoError(t, err)
	require.Equal(t, []string{"good", "url"}, r.IDs())
	_, err = sealed.NewKey("a:b")
	require.ErrorContains(t, err, `"a:b" is no ID of a key`)
}
