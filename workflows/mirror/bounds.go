package mirror

import (
	"muster/internal/bounds"
	"muster/workflows/api"
)

// Bounds is api.Bounds with what loops and inboxes carry over continue-as-new.
var Bounds = api.Bounds.With(bounds.Table{
	"api.Settings.Installation": {Chars: 40, Bytes: 40},
	// A mirror's state says more than its name only while something fails, and only a few mirrors fail at
	// a time with long words.
	"mirror.LoopState.Mirrors": {Items: 60, Chars: 120, Bytes: 120, Total: 10_000, Whole: true},
	"mirror.State.Tried":       {Items: 8, Chars: 200, Bytes: 200}, "mirror.State.RetryOf": {Chars: 200, Bytes: 200}, "mirror.State.Waiting": {Chars: 300, Bytes: 300, Prose: true},
	"mirror.State.Doubt": {Spare: true}, "mirror.State.Rewrite": {Spare: true},
	"mirror.Mark.Core": {Chars: 24, Bytes: 24}, "mirror.Mark.Full": {Chars: 24, Bytes: 24}, "mirror.Deliveries": {Items: maxDeliveries, Chars: 255, Bytes: 255, Total: 4000},
})
