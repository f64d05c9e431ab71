package learning

import (
	"muster/internal/bounds"
	"muster/workflows/inward"
)

// stateBounds is what follow-ups and reviews carry over continue-as-new.
var stateBounds = inward.Bounds.With(bounds.Table{
	"learning.FollowUpInput.People": {Opaque: true},
	"learning.followUpState.Snags":  {Items: 20, Total: 10_000}, "learning.followUpState.Reported": {Chars: 24, Bytes: 24}, "learning.followUpState.Linking": {Chars: 50, Bytes: 50},
	"learning.followUpState.Missed": {Items: 20, Chars: 20, Bytes: 20}, "learning.followUpState.By": {Chars: 254}, "learning.followUpState.Listed": {Chars: 24, Bytes: 24},
	"learning.issueState.Written": {Chars: 24, Bytes: 24}, "learning.issueState.LeftOff": {Items: 10, Total: 10_000},
	"learning.chase.Owner": {Chars: 254, Bytes: 254}, "learning.chase.Told": {Items: 50, Chars: 254, Bytes: 254}, "learning.chase.Unknown": {Items: 50, Chars: 254, Bytes: 254},
	"learning.chase.Heir": {Chars: 254, Bytes: 254}, "learning.chase.Failed": {Items: 50}, "learning.failedDigest.Person": {Chars: 254, Bytes: 254}, "learning.failedDigest.Digest": {Chars: 400, Bytes: 400},
	"learning.reviewState.Snags": {Items: 20, Total: 10_000}, "learning.reviewState.Message": {Chars: 24, Bytes: 24}, "learning.reviewState.Reported": {Chars: 24, Bytes: 24},
})
