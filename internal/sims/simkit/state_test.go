package simkit_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/internal/sims/simkit"
)

type kept struct {
	Text string `json:"text"`
}

func TestAStateIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	raw, err := simkit.EncodeState("sim/1", kept{"<a> & b"})
	require.NoError(t, err)
	require.Contains(t, string(raw), "<a> & b")

	var got kept
	require.NoError(t, simkit.DecodeState(bytes.NewReader(raw), "sim/1", &got))
	require.Equal(t, kept{"<a> & b"}, got)
}

func TestAStateThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for text, problem := range map[string]string{
		``:                             "EOF",
		`[]`:                           "cannot unmarshal array",
		`{"format":"sim/1","state":{`:  "unexpected EOF",
		`{"format":"other/1"}`:         `its format is "other/1", not "sim/1"`,
		`{"format":"sim/1"}`:           "there is none",
		`{"format":"sim/1","state":3}`: "cannot unmarshal number",
		`{"format":"sim/1","state":{"text":"a"}} {}`:            "something follows",
		`{"format":"sim/1","state":{"text":"a","more":"lost"}}`: `unknown field "more"`,
		`{"format":"sim/1","state":null}`:                       "there is none",
	} {
		var got kept
		require.ErrorContains(t, simkit.DecodeState(strings.NewReader(text), "sim/1", &got), problem, text)
	}
}
