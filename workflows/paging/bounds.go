package paging

import (
	"muster/internal/bounds"
	"muster/workflows/mirror"
)

// stateBounds is what a page carries over continue-as-new.
var stateBounds = mirror.Bounds.With(bounds.Table{
	"paging.pageState.By": {Chars: 254, Bytes: 254}, "paging.pageState.URL": {Chars: 500, Bytes: 500}, "paging.pageState.Asked": {Items: 20, Chars: 254, Bytes: 254},
	"paging.pageState.Problem": {Chars: 300, Bytes: 600, Prose: true}, "paging.pageState.Failure": {Chars: 60, Bytes: 60},
	"paging.pageState.Attempts": {Items: 40, Total: 40_000, Whole: true}, "paging.pageState.Stale": {Items: 200, Total: 60_000, Whole: true}, "paging.pageState.Ended": {Items: 20, Total: 10_000},
	"paging.pageState.Deliveries": {Items: 100, Chars: 255, Bytes: 255, Total: 10_000}, "paging.pageState.Snags": {Items: 20, Total: 10_000},
	"paging.pageState.Reported": {Chars: 24, Bytes: 24}, "paging.attempt.Step": {Chars: 120, Bytes: 120},
	"paging.pageState.WokenTold": {Chars: 24, Bytes: 24}, "paging.logAsk.Rung": {Items: maxRung, Total: 30_000}, "paging.standing": {Chars: 20, Bytes: 20},
	"activities.RungPage.Key": {Chars: 255, Bytes: 255}, "activities.RungPage.Step": {Chars: 120, Bytes: 120}, "activities.RungPage.ID": {Chars: 100, Bytes: 100},
	"activities.PageHandle.Key": {Chars: 255, Bytes: 255}, "activities.PageHandle.Credential": {Chars: 300, Bytes: 300}, "activities.PageHandle.Reach": {Chars: 150, Bytes: 150},
})
