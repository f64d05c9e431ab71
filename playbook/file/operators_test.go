package file_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/playbook/file"
)

func TestOperators(t *testing.T) {
	t.Parallel()
	for text, channel := range map[string]string{
		"version: 1\n": "",
		"version: 1\noperators: {channel: muster-ops}\n":      "#muster-ops",
		"version: 1\noperators: {channel: \"#muster-ops\"}\n": "#muster-ops",
		"version: 1\noperators: {channel: C0123ABCD}\n":       "C0123ABCD",
	} {
		p, err := file.Parse("muster.yaml", []byte(text), time.Now())
		require.NoError(t, err, text)
		require.Equal(t, channel, p.Operators().Channel)
	}
	for text, says := range map[string]string{
		"version: 1\noperators: {channel: \"Not A Channel\"}\n": "operators.channel",
		"version: 1\noperators: {chanel: \"#muster-ops\"}\n":    "channel",
	} {
		_, err := file.Parse("muster.yaml", []byte(text), time.Now())
		require.ErrorContains(t, err, says)
	}
}
