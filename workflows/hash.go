package workflows

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"muster/incident"
)

// fingerprint stands for a value that a vendor was told: the state keeps it instead of the
// value. JSON sorts map keys, so equal values have equal fingerprints.
func fingerprint(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "unmarshalable"
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

// weight is how many bytes a text has as JSON, where some characters have six.
func weight(s string) int {
	n := len(s)
	for _, c := range s {
		switch {
		case c == '<' || c == '>' || c == '&' || c < ' ':
			n += 5
		case c == '"' || c == '\\':
			n++
		}
	}
	return n
}

// mark is what a vendor was told, in two fingerprints: the core, and everything with links.
type mark struct {
	Core string `json:"core,omitempty"`
	Full string `json:"full,omitempty"`
}

// differs reports whether now says something else than told. A difference in links alone can
// wait while links are still coming in, so that three new links make one edit and not three.
func (told mark) differs(now mark, linksComing bool) bool {
	return told.Core != now.Core || (told.Full != now.Full && !linksComing)
}

func markOfMessage(m incident.Message) mark {
	m.Key = ""
	full := fingerprint(m)
	m.Links = nil
	return mark{Core: fingerprint(m), Full: full}
}

// posted is the mark of a message that was posted. After a try of which nobody heard the answer
// it may say what was true then, so it counts as saying nothing and is edited at once.
func posted(m incident.Message, tried bool) mark {
	if tried {
		return mark{}
	}
	return markOfMessage(m)
}

func markOfFurnishing(f incident.Furnishing) mark {
	full := fingerprint(f)
	f.Bookmarks = nil
	return mark{Core: fingerprint(f), Full: full}
}

func markOfIssue(i incident.Issue) mark {
	full := fingerprint(i)
	i.Links = nil
	return mark{Core: fingerprint(i), Full: full}
}
