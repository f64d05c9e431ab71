package views_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/archive/query"
	"muster/gateway/incidents"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
	"muster/playbook"
)

func meta() views.Meta { return views.Meta{Incident: 42, Channel: "C1"} }

func carrying() views.Meta {
	return views.Meta{
		Channel: "C9", Author: "u024be7lh@slack", Text: "Nobody can pay <here>.\nSince 18:00.",
		Source: incident.MessageRef{Channel: "C9", ID: "1700000000.000100", URL: "https://slack.example.com/archives/C9/p1700000000000100"},
	}
}

// modals are all forms, of ordinary and of monstrous content.
func modals(b views.Book, i incident.Incident, m views.Meta, list []incidents.Listed, text string) map[string]any {
	return map[string]any{
		"declare": views.Declare(b, views.DeclareForm{Title: text}, views.Meta{}),
		"declare_message": views.Declare(b, views.DeclareForm{
			Title: text, Severity: 1, Services: []string{"checkout", "service-001"}, Kind: incident.KindNearMiss, Private: true, StartedAt: evening,
		}, m),
		"update": views.Update(i, m, evening), "severity": views.ChangeSeverity(b, i, m), "services": views.ChangeServices(b, i, m), "kind": views.ChangeKind(i, m), "role": views.Role(b, i, m, "U0000000001"),
		"follow_up": views.FollowUp(i, m, text), "mitigate": views.Mitigate(i, m), "resolve": views.Resolve(i, m, text), "merge": views.Merge(i, m, list), "cancel": views.Cancel(i, m),
		"page": views.Page(b, i, m), "ack": views.Acknowledge(i, m), "reopen": views.Reopen(i, m), "title": views.Title(i, m), "note": views.Note(i, m), "refine": views.Refine(b, i, m),
		"pause_reminders":  views.PauseReminders(i, m, evening),
		"correct":          views.Correct(b, over(i), m, text),
		"follow_up_change": views.ChangeFollowUp(i, 1, "", views.Draft{}, m),
		"follow_up_drafted": views.ChangeFollowUp(i, 1, "", views.Draft{
			Missing: "say why it can wait; it stays on the record", Become: views.BecomeSnoozed, Owner: "U024BE7LH", Due: "2026-12-24", Reason: text, Until: evening.AddDate(0, 0, 14),
		}, m),
		"follow_up_noted": views.WithNote(views.FollowUp(i, m, text), "“"+text+"” is no day; write it like 2026-11-30"),
		"pick":            views.Pick("update "+text, list, m),
		"done":            views.Done(text, text, i.Seen()),
	}
}

func home() views.HomeData {
	return views.HomeData{
		Person: "alice@example.com", Now: evening, Book: book(), Mine: open()[:1], Others: open()[1:],
		FollowUps: followUps().FollowUps[:2], Ended: open()[1:2], Source: incidents.SourceArchive, Note: "the archive does not answer <now>",
		Due: []views.HomeDue{{Text: "Decide about the follow-ups of INC-38", Link: incident.Link{Label: "INC-38", URL: "https://slack.example.com/archives/C2"}, Due: "2026-11-20"}},
	}
}

// followUps is a list of one overdue, one accepted and one proposed, of which nothing more is known.
func followUps() incidents.FollowUpList {
	return incidents.FollowUpList{NextPageToken: "more", Incomplete: "1 follow-up could not be looked up, so that it is missing", FollowUps: []incidents.ListedFollowUp{
		{Incident: 38, Number: 2, Title: "Write the runbook", Status: incident.FollowUpAccepted, Owner: "alice@example.com", Due: "2026-11-01", Overdue: true, Revision: 3},
		{
			Incident: 40, Number: 1, Title: "Alert on the queue's age", Status: incident.FollowUpAccepted, Owner: "alice@example.com", Due: "2026-12-18", Urgent: true,
			Priority: incident.PriorityHigh, SnoozedUntil: evening.Add(240 * time.Hour), Issue: incident.IssueRef{Key: "OPS-8", URL: "https://jira.example.com/browse/OPS-8"},
		},
		{Incident: 42, Number: 1, Title: "Second card provider", Status: incident.FollowUpProposed, Due: "2026-12-21"},
	}}
}

// monstrous is a list of too many follow-ups with too much in each.
func monstrous(text string) incidents.FollowUpList {
	l := incidents.FollowUpList{NextPageToken: text, Incomplete: text}
	for n := range 100 {
		l.FollowUps = append(l.FollowUps, incidents.ListedFollowUp{
			Incident: 999_999, Number: n + 1, Title: text, Status: incident.FollowUpProposed, Owner: nasty, Due: "2026-12-18", Overdue: n%2 == 0, Urgent: true,
			Priority: incident.FollowUpPriority(nasty), SnoozedUntil: evening, Issue: incident.IssueRef{URL: "https://x.example.com/" + strings.Repeat("&", 4000)}, Revision: 100,
		})
	}
	return l
}

func subscriptions() []incident.Subscription {
	return []incident.Subscription{{Severity: 2, Services: []string{"checkout"}}, {}}
}

// found is a page of hits, of which the first is shown with all that there is.
func found(text string) incidents.Found {
	f := incidents.Found{NextPageToken: "a-token"}
	f.Count, f.More = 1000, true
	for n := range 5 {
		f.Hits = append(f.Hits, archive.Hit{Number: 42 - n, Key: incident.Key(42 - n), Title: text, Kind: incident.KindIncident, Status: incident.StatusClosed, Severity: 3, DeclaredAt: evening})
	}
	h := &f.Hits[0]
	h.Kind, h.Commander, h.OpenFollowUps, h.Private = incident.KindNearMiss, "alice@example.com", 2, true
	h.Links = []incident.Link{{Label: "#inc-42", URL: "https://slack.example.com/archives/C1"}, {Label: "OPS-7", URL: "https://jira.example.com/browse/OPS-7"}}
	var q query.Query
	q.Terms = []query.Term{{Forms: []string{"disk"}, Prefix: true}, {Forms: []string{"checkout"}}}
	h.Excerpts = append(h.Excerpts, archive.Excerpt{Part: query.PartTitle, Text: text, Marks: q.Spans(text)})
	for k, part := range query.Parts()[1:] {
		said := "The <disk> of " + text + " & two disks_"
		h.Excerpts = append(h.Excerpts, archive.Excerpt{Part: part, Entry: k + 1, Text: said, Marks: q.Spans(said)})
	}
	return f
}

// says are all messages.
func says(b views.Book, i incident.Incident, list []incidents.Listed, text string) map[string]views.Say {
	return map[string]views.Say{
		"say_declared":        views.Declared(i.Number, text, b.SeverityName(2), false, nil, &incident.Waking{Line: "Paging " + text + " now.", Now: []string{text}}),
		"say_nobody":          views.Declared(i.Number, text, b.SeverityName(3), false, nil, &incident.Waking{Line: "Nobody is being paged now: " + text + " is paged on Monday 30 November at 09:00 CET."}),
		"say_existing":        views.Declared(i.Number, text, b.SeverityName(2), true, i.Seen(), nil),
		"say_recorded":        views.Recorded("INC-42"),
		"say_recorded_later":  views.RecordedSubscription("/incident"),
		"say_not_recorded":    views.NotRecorded("Temporal does not answer", "Press the button once more: it happens once. "+text),
		"say_problem":         views.Problem(incident.Problem{Field: "status", Reason: "mitigate is not legal while the incident is closed", Mend: "now legal: reopen"}),
		"say_problem_field":   views.Problem(incident.Problem{Field: "title", Reason: "is empty", Mend: "say in a few words what is wrong, or see `starter show INC-42`"}),
		"say_listed":          views.Listed(incidents.List{Incidents: list}, false, evening),
		"say_listed_none":     views.Listed(incidents.List{}, false, evening),
		"say_listed_all":      views.Listed(incidents.List{Incidents: list, NextPageToken: "x", Note: "there is no archive: " + text}, true, evening),
		"say_follow_ups":      views.FollowUps(followUps(), false),
		"say_follow_ups_none": views.FollowUps(incidents.FollowUpList{}, false),
		"say_found":           views.Found("disk* since:90d", found(text), false),
		"say_found_none":      views.Found("disk", incidents.Found{}, false),
		"say_found_further":   views.Found(text, found(text), true),
		"say_how_to_search":   views.HowToSearch("/incident"),
		"say_ask_search":      views.AskSearch(text, "search "+text),
		"say_shown_old":       views.Shown(i, "Temporal or its workers do not answer; this is from the archive, "+text, b.SeverityName(i.Severity), i.Waking(time.UTC)),
		"say_shown":           views.Shown(i, "", b.SeverityName(i.Severity), i.Waking(time.UTC)),
		"say_help":            views.Help("/incident"),
		"say_ask_back":        views.AskBack("reslve", []string{"resolve", "reopen"}, "reslve "+text),
		"say_pick":            views.PickMessage("update "+text, list),
		"say_ask_exact":       views.AskBack("severity", []string{"severity"}, "severity "+text, "rst is no severity"),
		"say_ask_behind":      views.AskBehind("/incident", "follow-up", "accept 1", true, false),
		"say_ask_behind_both": views.AskBehind("/incident", "follow-up", "drop 3 "+text, true, true),
		"say_ask_behind_key":  views.AskBehind("/incident", "follow-up", "reopen 3", true, false),
		"say_missing":         views.Missing("follow-ups", "it takes overdue, or "+text),
		"say_ask_word":        views.AskBack("outage", nil, "outage"),
		"say_talk_thanks":     views.Talk(views.AnswerThanks, text, "/incident", false),
		"say_talk_question":   views.Talk(views.AnswerQuestion, text, "/incident", false),
		"say_talk_said":       views.Talk(views.AnswerSaid, text, "/incident", true),
		"say_ask_severity":    views.AskSeverity(b, text, []incident.Severity{1, 2}),
		"say_ask_new":         views.AskSeverityOrNew(text, text),
		"say_taken": views.Declared(i.Number, text, b.SeverityName(1), false, nil, nil,
			views.TakenNote(b, playbook.Taken{Severity: 1, SeverityWords: "sev1", Service: "checkout", ServiceWords: text}, "/incident services INC-42")),
		"say_pick_none":     views.PickMessage("update", nil),
		"say_subscriptions": views.Subscriptions(subscriptions()),
		"say_subscribed_no": views.Subscriptions(nil),
	}
}

func TestEveryModal(t *testing.T) {
	t.Parallel()
	m := carrying()
	m.Incident = 42
	for name, v := range modals(book(), checkout(), m, open(), "Checkout is down") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, isTakenAsView(t, name, v))
		})
	}
}

func TestTheHomeTab(t *testing.T) {
	t.Parallel()
	golden(t, "home", isTakenAsView(t, "home", views.Home(home())))
	golden(t, "home_quiet", isTakenAsView(t, "home", views.Home(views.HomeData{Person: "bob@example.com", Now: evening})))
	golden(t, "home_problem", isTakenAsView(t, "home", views.Home(views.HomeData{Now: evening, Problem: "Temporal does not answer"})))
}

func TestEveryMessage(t *testing.T) {
	t.Parallel()
	for name, s := range says(book(), checkout(), open(), "Checkout is down") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, isTakenAsMessage(t, name, s))
		})
	}
}

// TestTooMuchOfEverythingIsTaken shows that no content makes Slack refuse a view.
func TestTooMuchOfEverythingIsTaken(t *testing.T) {
	t.Parallel()
	m := views.Meta{
		Incident: 999_999, Channel: "C0000000001", Author: nastyText(500), Text: nastyText(4000), Rest: nastyText(4000), Action: "update",
		Source: incident.MessageRef{Channel: "C1", ID: "1.2", URL: "https://slack.example.com/" + strings.Repeat("a", 4000)},
	}
	h := views.HomeData{Person: nasty, Now: evening, Problem: nastyText(4000), Mine: hundred(), Others: hundred(), Book: monsterBook()}
	for range 100 {
		h.Due = append(h.Due, views.HomeDue{Text: nastyText(3000), Link: incident.Link{Label: nastyText(3000), URL: "javascript:alert(1)"}, Due: "2020-01-01"})
	}
	h.FollowUps = monstrous(nastyText(3000)).FollowUps
	for _, text := range []string{"", nastyText(3000), strings.Repeat("&", 3000), strings.Repeat("🧨", 3000)} {
		calm(t, "follow-ups", isTakenAsMessage(t, "follow-ups", views.FollowUps(monstrous(text), true)))
	}
	for _, b := range []views.Book{monsterBook(), {}} {
		for _, i := range []incident.Incident{monster(), {}} {
			for _, list := range [][]incidents.Listed{hundred(), nil} {
				for _, text := range []string{"", nasty, nastyText(200), nastyText(9000), strings.Repeat("\n", 3000), strings.Repeat(`"`, 3000), strings.Repeat("🧨", 3000), strings.Repeat("&", 1990)} {
					for name, v := range modals(b, i, m, list, text) {
						calm(t, name, isTakenAsView(t, name, v))
					}
					for name, s := range says(b, i, list, text) {
						calm(t, name, isTakenAsMessage(t, name, s))
						require.NotContains(t, s.Text, "<!", name)
					}
				}
			}
		}
	}
	calm(t, "home", isTakenAsView(t, "home", views.Home(h)))
}

// commanding is what calls people or poses as a link in mrkdwn.
var commanding = regexp.MustCompile(`<(![^d]|@U0|https://evil|script)`)

// calm looks at every piece of markup in a view: other people's text must not act in it.
func calm(t *testing.T, name string, raw []byte) {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal(raw, &v))
	var look func(v any)
	look = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				look(e)
			}
		case map[string]any:
			if s, _ := v["text"].(string); v["type"] == "mrkdwn" {
				require.NotRegexp(t, commanding, s, name)
				require.NotContains(t, s, "\u202E", name)
				require.Equal(t, true, v["verbatim"], name)
			}
			for _, e := range v {
				look(e)
			}
		}
	}
	look(v)
}

// TestTheWritingIsCalm holds the house rules of what people read.
func TestTheWritingIsCalm(t *testing.T) {
	t.Parallel()
	all := map[string][]byte{"home": encode(t, views.Home(home()))}
	for name, v := range modals(book(), checkout(), meta(), open(), "Checkout is down") {
		all[name] = encode(t, v)
	}
	for name, s := range says(book(), checkout(), open(), "Checkout is down") {
		all[name] = messageOf(t, s)
	}
	for callback := range modals(book(), checkout(), meta(), open(), "x") {
		v := slack.InboundView{CallbackID: callback}
		all["unrecorded "+callback] = encode(t, views.Unrecorded(v, "Temporal does not answer"))
	}
	for name, raw := range all {
		said := regexp.MustCompile(`\\u003c!date[^|]*`).ReplaceAllString(string(raw), "")
		require.NotContains(t, said, "!", "%s shouts", name)
		for _, word := range []string{"please", "sorry", "error", "oops", "ticket", "severity level", "post-mortem", "action item", "starter "} {
			require.NotContains(t, strings.ToLower(said), word, "%s", name)
		}
	}
}

func TestAListOfAHundredSaysWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	raw := string(isTakenAsMessage(t, "listed", views.Listed(incidents.List{Incidents: hundred()}, true, evening)))
	require.Contains(t, raw, "100 incidents")
	require.Contains(t, raw, "INC-1000")
	require.Regexp(t, `and \d+ more`, raw)

	var short []incidents.Listed
	for n := range 60 {
		short = append(short, incidents.Listed{Number: n + 1, Title: "Checkout is down", Status: incident.StatusOpen, Severity: 3, DeclaredAt: evening.Add(-time.Hour)})
	}
	raw = string(isTakenAsMessage(t, "listed", views.Listed(incidents.List{Incidents: short}, true, evening)))
	require.Contains(t, raw, "INC-60")
	require.NotContains(t, raw, " more")
}
