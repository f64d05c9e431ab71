package everycommand_test

import "muster/gateway/slackdoor/views"

// example says how one command is given, for INC-1.
type example struct {
	// terminal follows the word and the incident on the command line, typed in Slack.
	terminal, typed string
	// callback is the form that asks for it in Slack, entered what a person enters there by block.
	// Both are empty for a command whose row says why it has none.
	callback string
	entered  map[string]string
}

// examples has one for every command of the table.
var examples = map[string]example{
	"Update": {
		terminal: "Still looking", typed: "Still looking",
		callback: views.CallbackUpdate, entered: map[string]string{views.BlockText: "Still looking"},
	},
	"ChangeSeverity": {
		terminal: "2", typed: "2",
		callback: views.CallbackSeverity, entered: map[string]string{views.BlockSeverity: "2"},
	},
	"ChangeServices": {
		terminal: "--add checkout --remove search", typed: "+checkout -search",
		callback: views.CallbackServices, entered: map[string]string{views.BlockServices: "checkout"},
	},
	"ChangeKind": {
		terminal: "drill", typed: "near miss",
		callback: views.CallbackKind, entered: map[string]string{views.BlockKind: "drill"},
	},
	"Retitle": {
		terminal: "Search is down", typed: "Search is down",
		callback: views.CallbackTitle, entered: map[string]string{views.BlockTitle: "Search is down"},
	},
	"Assign": {
		terminal: "scribe bob@example.com", typed: "scribe bob@example.com",
		callback: views.CallbackRole, entered: map[string]string{views.BlockRole: "scribe", views.BlockPerson: "U0000000002"},
	},
	"Join":        {},
	"Acknowledge": {},
	"Mitigate":    {callback: views.CallbackMitigate},
	"Resolve":     {callback: views.CallbackResolve},
	"Reopen":      {callback: views.CallbackReopen},
	"Cancel":      {callback: views.CallbackCancel},
	"AddFollowUp": {
		terminal: "Alert on disks", typed: "Alert on disks",
		callback: views.CallbackFollowUp, entered: map[string]string{views.BlockTitle: "Alert on disks"},
	},
	"ChangeFollowUp": {terminal: "3 --due 2026-12-24", typed: "3 done"},
	"MergeFollowUp":  {terminal: "3 2", typed: "3 into 2"},
	"SnoozeFollowUp": {terminal: "3 2w Later", typed: "3 2w Later"},
	"HoldReview":     {},
	"WaiveReview":    {terminal: "Trivial", typed: "Trivial"},
	"Merge": {
		terminal: "INC-7", typed: "INC-7",
		callback: views.CallbackMerge, entered: map[string]string{views.BlockNumber: "INC-7"},
	},
	"RaisePage": {
		terminal: "checkout", typed: "checkout",
		callback: views.CallbackPage, entered: map[string]string{views.BlockTarget: "checkout"},
	},
	"Invite":      {terminal: "bob@example.com", typed: "bob@example.com"},
	"MakePrivate": {},
	"MakePublic":  {terminal: "--yes", typed: "yes"},
	"Remove":      {terminal: "bob@example.com", typed: "bob@example.com"},
	"Capture": {
		terminal: "We called the vendor", typed: "We called the vendor",
		callback: views.CallbackNote, entered: map[string]string{views.BlockText: "We called the vendor"},
	},
	"Nominate": {},
	"PauseReminders": {
		terminal: "18:00", typed: "18:00",
		callback: views.CallbackPause, entered: map[string]string{views.BlockUntil: "1795000000"},
	},
	"Correct": {
		terminal: "--started 09:30 --reason Logs", typed: "started:09:30 The logs say so",
		callback: views.CallbackCorrect, entered: map[string]string{views.BlockStarted: "1763400000", views.BlockReason: "The logs say so"},
	},
	"Retry": {},
}
