package jira

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const (
	// LabelPrefix begins the label by which Muster recognises its own issues.
	LabelPrefix = "muster-"
	// maxLabel is Jira's limit for a label, which holds no spaces.
	maxLabel = 255
	hashLen  = 8
)

// Label is the label that an issue with the key carries: muster-INC-42. Where the key holds
// what a label must not, that is replaced and a piece of the key's hash is added, so that two
// keys never share a label.
func Label(key string) string {
	clean := cleanLabel(key)
	if clean == key && len(LabelPrefix)+len(key) <= maxLabel {
		return LabelPrefix + key
	}
	sum := sha256.Sum256([]byte(key))
	hash := hex.EncodeToString(sum[:])[:hashLen]
	if room := maxLabel - len(LabelPrefix) - 1 - hashLen; len(clean) > room {
		clean = clean[:room]
	}
	return LabelPrefix + clean + "-" + hash
}

// Label is the function of that name.
func (c *Client) Label(key string) string { return Label(key) }

// cleanLabel keeps what every tool that shows labels copes with.
func cleanLabel(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, s)
}

// labelsOf lists the key's label and the wanted ones as Jira takes them, each once.
func labelsOf(key string, wanted []string) []string {
	var labels []string
	seen := map[string]bool{}
	add := func(l string) {
		if l != "" && !seen[l] {
			seen[l] = true
			labels = append(labels, l)
		}
	}
	if key != "" {
		add(Label(key))
	}
	for _, l := range wanted {
		l = strings.Join(strings.Fields(l), "-")
		add(clipBytes(l, maxLabel))
	}
	return labels
}

func clipBytes(s string, n int) string {
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}

// labelIn finds Muster's own label.
func labelIn(labels []string) string {
	for _, l := range labels {
		if strings.HasPrefix(l, LabelPrefix) {
			return l
		}
	}
	return ""
}
