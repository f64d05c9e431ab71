package words_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/archive/words"
)

func TestTextIsBrokenIntoWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                        nil,
		"  \n.,;!?'\"-_/\x00\xff": nil,
		"Checkout's down":         {"checkout", "s", "down"},
		"Café CAFE\u0301":         {"cafe", "cafe"},
		"inc-7_x/y.z":             {"inc", "7", "x", "y", "z"},
		"ＤＩＳＫ ﬁle ½":              {"disk", "file", "12"},
		"ΣΊΣΥΦΟΣ Σίσυφος":         {"σισυφοσ", "σισυφοσ"},
		"İstanbul ıSPARTA":        {"istanbul", "isparta"},
		"決済障害が発生 OK":              {"決", "済", "障", "害", "か", "発", "生", "ok"},
		"ملاحظة: 🔥قاعدة":          {"ملاحظة", "قاعدة"},
		"한국어":                     words.Forms("\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165"),
		"a\u200bb":                {"a", "b"},
	} {
		require.Equal(t, want, words.Forms(text), "%q", text)
	}
	require.Len(t, words.Forms(strings.Repeat("x", 5000))[0], 200, "what is longer than any word counts by its beginning")
	require.LessOrEqual(t, len(words.Forms(strings.Repeat("ж", 5000))[0]), 200)
}

// FuzzOf holds that words lie in their text, in order, and that a form is a word of itself.
func FuzzOf(f *testing.F) {
	for _, s := range []string{"Checkout is down", "Café CAFE\u0301", "決済障害", "\xff\xfe", "İ ﬁ ½ ß ẞ", "ก็ ខ្មែរ", "🔥"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, w := range words.Of(text) {
			require.GreaterOrEqual(t, w.Start, end)
			require.Greater(t, w.End, w.Start)
			require.LessOrEqual(t, w.End, len(text))
			require.NotEmpty(t, w.Form)
			require.LessOrEqual(t, len(w.Form), 200)
			end = w.End
		}
	})
}
