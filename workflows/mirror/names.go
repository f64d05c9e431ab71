package mirror

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"go.temporal.io/sdk/temporal"

	"muster/activities"
	"muster/workflows/api"
)

// Activities are referred to through nil pointers: a reference is only a name, checked by the
// compiler.
var (
	Paging    *activities.Paging
	Chat      *activities.Chat
	Tracker   *activities.Tracker
	Directory *activities.Directory
	Sweeping  *activities.Sweeping
	Owing     *activities.Owing
	Examining *activities.Examining
	Canary    *activities.Canary
	Archive   *activities.Archive
)

// Typed keys of the search attributes.
var (
	AttrIncident  = temporal.NewSearchAttributeKeyKeyword(api.AttrIncident)
	AttrStatus    = temporal.NewSearchAttributeKeyKeyword(api.AttrStatus)
	AttrKind      = temporal.NewSearchAttributeKeyKeyword(api.AttrKind)
	AttrCommander = temporal.NewSearchAttributeKeyKeyword(api.AttrCommander)
	AttrOwner     = temporal.NewSearchAttributeKeyKeyword(api.AttrOwner)
	AttrTracker   = temporal.NewSearchAttributeKeyKeyword(api.AttrTracker)
	AttrChannel   = temporal.NewSearchAttributeKeyKeyword(api.AttrChannel)
	AttrPager     = temporal.NewSearchAttributeKeyKeyword(api.AttrPager)
	AttrSeverity  = temporal.NewSearchAttributeKeyInt64(api.AttrSeverity)
	AttrSnags     = temporal.NewSearchAttributeKeyInt64(api.AttrSnags)
	AttrDue       = temporal.NewSearchAttributeKeyTime(api.AttrDue)
	AttrServices  = temporal.NewSearchAttributeKeyKeywordList(api.AttrServices)
	AttrTags      = temporal.NewSearchAttributeKeyKeywordList(api.AttrTags)
	AttrAsked     = temporal.NewSearchAttributeKeyKeywordList(api.AttrAsked)
	AttrPrivate   = temporal.NewSearchAttributeKeyBool(api.AttrPrivate)
)

// maxAttribute is what fits into one search attribute: the server takes 2 kB, and terminates a
// workflow that starts a child with more.
const maxAttribute = 1900

// Fitting keeps as many values as the server takes in one attribute.
func Fitting(values []string) []string {
	size := 2
	for k, v := range values {
		b, err := json.Marshal(v)
		if size += len(b) + 1; err != nil || size > maxAttribute {
			return values[:k]
		}
	}
	return values
}

// Clipped keeps at most n bytes and breaks no character.
func Clipped(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Markdown keeps what people wrote from acting as Markdown.
func Markdown(s string) string { return markdown.Replace(s) }

var markdown = strings.NewReplacer("\\", "\\\\", "*", "\\*", "_", "\\_", "`", "\\`", "[", "\\[", "]", "\\]", "<", "&lt;", ">", "&gt;", "#", "\\#", "|", "\\|")
