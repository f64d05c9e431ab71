package mirror

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"muster/incident"
)

// Fingerprint stands for a value that a vendor was told: the state keeps it instead of the
// value. JSON sorts map keys, so equal values have equal fingerprints.
func Fingerprint(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "unmarshalable"
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

// Mark is what a vendor was told, in two fingerprints: the core, and everything with links.
type Mark struct {
	Core string `json:"core,omitempty"`
	Full string `json:"full,omitempty"`
}

// Differs reports whether now says something else than the mark. A difference in links alone can
// wait while links are still coming in, so that three new links make one edit and not three.
func (m Mark) Differs(now Mark, linksComing bool) bool {
	return m.Core != now.Core || (m.Full != now.Full && !linksComing)
}

// MarkOfMessage leaves out the key, which nobody sees.
func MarkOfMessage(m incident.Message) Mark {
	m.Key = ""
	full := Fingerprint(m)
	m.Links = nil
	return Mark{Core: Fingerprint(m), Full: full}
}

// Posted is the mark of a message that was posted. After a try of which nobody heard the answer
// it may say what was true then, so it counts as saying nothing and is edited at once.
func Posted(m incident.Message, tried bool) Mark {
	if tried {
		return Mark{}
	}
	return MarkOfMessage(m)
}

// MarkOfFurnishing counts bookmarks as links.
func MarkOfFurnishing(f incident.Furnishing) Mark {
	full := Fingerprint(f)
	f.Bookmarks = nil
	return Mark{Core: Fingerprint(f), Full: full}
}

// MarkOfIssue is that of a tracker issue.
func MarkOfIssue(i incident.Issue) Mark {
	full := Fingerprint(i)
	i.Links = nil
	return Mark{Core: Fingerprint(i), Full: full}
}

// Short stands for a name in keys and in the state.
func Short(s string) string { return Fingerprint(s)[:12] }
