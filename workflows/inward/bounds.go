package inward

import (
	"muster/internal/bounds"
	"muster/workflows/mirror"
)

// Bounds is mirror.Bounds with what is remembered of an issue in the tracker.
var Bounds = mirror.Bounds.With(bounds.Table{
	"inward.Issue.Asked": {Items: maxAsked + 1, Chars: 254, Bytes: 254}, "inward.Issue.Times": {Items: 20, Chars: 20, Bytes: 20},
	"inward.Issue.Deliveries": {Items: 100, Chars: 255, Bytes: 255, Total: 3500},
})
