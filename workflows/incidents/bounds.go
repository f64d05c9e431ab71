package incidents

import (
	"muster/internal/bounds"
	"muster/workflows/inward"
)

// stateBounds is what an incident carries over continue-as-new, besides its slice of the playbook. What
// people meet of it is bounded by the domain; this is the last resort, and what the test is made of that
// adds everything up.
var stateBounds = inward.Bounds.With(bounds.Table{
	"incidents.IncidentInput.Subscribers": {Items: 50, Total: 6000}, "incidents.Raised.Pages": {Items: 100, Total: 4000}, "incidents.RaisedPage.Target": {Chars: 150, Bytes: 150},
	"incidents.incidentState.Commands": {Items: maxCommands, Total: 22_000}, "incidents.commandRecord.ID": {Chars: 16, Bytes: 16},
	"incidents.commandRecord.Body": {Chars: 10, Bytes: 10}, "incidents.commandRecord.Meant": {Chars: 10, Bytes: 10},
	"incident.Result.Text": {Chars: maxStoredText, Bytes: 2 * maxStoredText}, "incident.Result.Waking": {Opaque: true}, // which is never stored
	"incidents.incidentState.Older": {Items: maxOlder}, "incidents.olderCommand.ID": {Chars: 16, Bytes: 16}, "incidents.olderCommand.Body": {Chars: 10, Bytes: 10},
	"incidents.incidentState.Deliveries": {Items: 100, Chars: 255, Bytes: 255, Total: 4000}, "incidents.incidentState.Invited": {Items: 350, Chars: 12, Bytes: 12},
	"incidents.incidentState.Checklists":    {Items: 300, Chars: 12, Bytes: 12},
	"incidents.incidentState.Evicted":       {Items: 60, Chars: 12, Bytes: 12},
	"incidents.incidentState.Given":         {Items: maxAspects, Chars: 20, Bytes: 20},
	"incidents.incidentState.Retired":       {Items: 20, Total: 2500},
	"incidents.incidentState.Announcements": {Items: 60, Chars: 80, Bytes: 80, Total: 5000, Whole: true}, "incidents.incidentState.Called": {Items: 100},
	"incidents.incidentState.CalledOutside": {Items: 100}, "incidents.incidentState.Transferred": {Chars: 24, Bytes: 24}, "incidents.incidentState.Vendors": {Items: 10, Chars: 40, Bytes: 40},
	"incidents.refusalsState.Due": {Items: maxRefusals, Total: 5000, Whole: true}, "incidents.refusal.Command": {Chars: 40, Bytes: 40},
	"incidents.refusal.Person": {Chars: 128, Bytes: 128}, "incidents.refusal.Reason": {Chars: maxRefusalText, Bytes: maxRefusalText, Prose: true},
	"incidents.subscribersState.Asked": {Chars: 12, Bytes: 12}, "incidents.subscribersState.Due": {Items: maxSubscribers, Total: maxDueBytes},
	"incidents.subscribersState.Done":      {Items: maxSubscribers, Chars: 12, Bytes: 12},
	"incidents.subscribersState.Strangers": {Items: 20, Chars: 128, Bytes: 128},
	"incidents.trackerState.LeftOff":       {Items: 10, Total: 5000}, "incidents.trackerState.Duplicates": {Items: 50, Chars: 50, Bytes: 50}, "incidents.trackerState.Linked": {Items: 50, Chars: 50, Bytes: 50},
	"incidents.visibilityState.Memo": {Chars: 24, Bytes: 24}, "incidents.incidentAttributes.Status": {Chars: 20, Bytes: 20}, "incidents.incidentAttributes.Commander": {Chars: 128, Bytes: 128},
	"incidents.incidentAttributes.Tracker": {Chars: 40, Bytes: 40}, "incidents.incidentAttributes.Channel": {Chars: 40, Bytes: 40},
	"incidents.incidentAttributes.Kind": {Chars: 20, Bytes: 20}, "incidents.incidentAttributes.Members": {Chars: 12, Bytes: 12}, "incidents.incidentAttributes.Services": {Chars: 12, Bytes: 12},
	"incidents.incidentAttributes.Tags": {Chars: 12, Bytes: 12},
	"incidents.childrenState.Pages":     {Items: 100, Whole: true}, "incidents.childrenState.FollowUps": {Items: 100, Whole: true}, "incidents.childrenState.Reviews": {Items: 20, Whole: true},
	"incidents.childState.Version": {Chars: 24, Bytes: 24}, "incidents.alertKeysState.Absorbed": {Items: maxAlertKeys}, "incidents.alertKey.Hash": {Chars: 24, Bytes: 24},
})
