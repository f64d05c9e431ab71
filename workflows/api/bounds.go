package api

import (
	"muster/incident"
	"muster/internal/bounds"
)

// MaxSlice is how many bytes of JSON an incident's slice of the playbook may have so that MaxInput is
// kept; whoever writes a playbook with more is warned.
const MaxSlice = 100_000

// MaxInput is how many bytes of JSON a workflow may be started or continued with. The server warns of
// larger payloads, and ends a workflow at four times as many.
const MaxInput = 512_000

// Bounds is incident.Bounds with what travels between workflows. The parts of a playbook are bounded
// together, by MaxSlice.
var Bounds = incident.Bounds.With(bounds.Table{
	"playbook.Slice": {Opaque: true}, "playbook.Calendar": {Opaque: true}, "playbook.TrackerPolicy": {Opaque: true}, "playbook.PageTarget": {Opaque: true},
	"playbook.ReviewPolicy": {Opaque: true}, "playbook.FollowUpPolicy": {Opaque: true}, "playbook.PersonPolicy": {Opaque: true},

	"api.Archived.Mark": {Chars: 40, Bytes: 40}, "api.Archived.Urgent": {Chars: 40, Bytes: 40},
	"api.DeclareInput.Key": {Chars: 255}, "api.DeclareInput.Words": {Chars: 1000}, "api.SubscribeInput.CommandID": {Chars: 255},
	"api.HandOnInput.Name": {Chars: 40}, "api.HandOnInput.Input": {Bytes: 256 << 10}, // more than any command has
	"api.CancelAskedInput.Workflow": {Chars: 120}, "api.BriefAskedInput.Workflow": {Chars: 120}, "api.EndedInput.Workflow": {Chars: 120}, "api.EndedInput.How": {Chars: 60},
	"api.LostInput.Numbers": {Items: 10_000}, "api.Restored.How": {Chars: 60, Bytes: 60}, "api.Restored.Pages": {Items: 100},
	"api.SnagChangedInput.Workflow": {Chars: 120}, "api.SnagChangedInput.Vendor": {Chars: 40}, "api.SnagChangedInput.Reason": {Chars: 1000}, "api.SnagChangedInput.Mend": {Chars: 1000},
	"api.AlertKeyFreedInput.AlertKey": {Chars: 255}, "api.AlertKeyFreedInput.Hash": {Chars: 64},
	"api.IssueChangedInput.DeliveryID": {Chars: 255}, "api.IssueChangedInput.By": {Chars: 254}, "api.IssueChangedInput.Changed": {Items: 20, Chars: 20, Bytes: 20},
	"api.IssueFiledInput.DeliveryID": {Chars: 255}, "api.IssueFiledInput.By": {Chars: 254},
	"api.PagerChangedInput.DeliveryID": {Chars: 255}, "api.PagerChangedInput.Key": {Chars: 255},
	"api.AbsorbInput.Title": {Chars: incident.MaxTitle}, "api.AbsorbInput.AlertKey": {Chars: 255}, "api.AbsorbInput.FollowUps": {Items: 100}, "api.AbsorbInput.Responders": {Items: 300},
	"api.FollowUpReport.Title": {Chars: incident.MaxTitle}, "api.FollowUpReport.Owner": {Chars: 254}, "api.FollowUpReport.Reason": {Chars: 200},
	"api.FollowUpReport.Snags": {Items: 60}, "api.ReviewReport.Snags": {Items: 60},
	"api.ToldInput.Person": {Chars: 254}, "api.ToldInput.Turn": {Chars: 120}, "api.ToldInput.Digest": {Chars: 400}, "api.ToldInput.Snag": {Chars: 1000}, "api.ToldInput.Mend": {Chars: 1000},
	"api.Brief.Title": {Chars: 210}, "api.Brief.Parent": {Chars: 100, Bytes: 50}, "api.Brief.Links": {Items: 30, Total: 10_000}, "api.Brief.Commander": {Chars: 128, Bytes: 128},
	"api.PageBrief.Service": {Chars: 120}, "api.FollowUpBrief.Services": {Items: 50, Chars: 120},
	"api.ChannelChangedInput.DeliveryID": {Chars: 255}, "api.ChannelChangedInput.Channel": {Chars: 100}, "api.ChannelChangedInput.Name": {Chars: 200},
})
