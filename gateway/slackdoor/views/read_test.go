package views_test

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	slackapi "github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
	"muster/workflows/api"
)

// people are those whom Slack knows.
func people(userID string) string {
	return map[string]string{"U0000000001": "alice@example.com", "U0000000002": "bob@example.com", "U024BE7LH": "u024be7lh@slack"}[userID]
}

// submit sends a form as Slack does: what was there at first, changed by what a person enters.
// Several values of one block are separated by commas.
func submit(t *testing.T, v slackapi.ModalViewRequest, entered map[string]string) slack.InboundView {
	t.Helper()
	values := map[string]any{}
	for _, b := range v.Blocks.BlockSet {
		in, ok := b.(*slackapi.InputBlock)
		if !ok {
			continue
		}
		raw := map[string]any{}
		require.NoError(t, json.Unmarshal(encode(t, in.Element), &raw))
		said, changed := entered[in.BlockID]
		values[in.BlockID] = map[string]any{raw["action_id"].(string): state(raw, said, changed)}
		delete(entered, in.BlockID)
	}
	require.Empty(t, entered, "the form has no such fields")
	payload := encode(t, map[string]any{
		"type": "view_submission", "user": map[string]any{"id": "U0000000001"}, "view": map[string]any{
			"id": "V1", "hash": "1.a", "type": "modal", "callback_id": v.CallbackID, "private_metadata": v.PrivateMetadata, "state": map[string]any{"values": values},
		},
	})
	i, err := slack.ParseInteraction([]byte(url.Values{"payload": {string(payload)}}.Encode()))
	require.NoError(t, err)
	return i.View
}

// state is what Slack says of one element.
func state(e map[string]any, said string, changed bool) map[string]any {
	out := map[string]any{"type": e["type"]}
	one := func(s string) any { return map[string]any{"value": s} }
	several := func() any {
		if !changed {
			return e["initial_options"]
		}
		list := []any{}
		for s := range strings.SplitSeq(said, ",") {
			list = append(list, one(s))
		}
		return list
	}
	pick := func(initial string, wrap func(string) any) any {
		if !changed {
			return e[initial]
		}
		return wrap(said)
	}
	same := func(s string) any { return s }
	switch e["type"] {
	case "plain_text_input":
		out["value"] = pick("initial_value", same)
	case "static_select", "radio_buttons":
		out["selected_option"] = pick("initial_option", one)
	case "users_select":
		out["selected_user"] = pick("initial_user", same)
	case "datepicker":
		out["selected_date"] = pick("initial_date", same)
	case "datetimepicker":
		out["selected_date_time"] = pick("initial_date_time", func(s string) any { return json.Number(s) })
	case "checkboxes", "multi_static_select":
		out["selected_options"] = several()
	}
	return out
}

func read(t *testing.T, v slackapi.ModalViewRequest, entered map[string]string) views.Asked {
	t.Helper()
	a, errs := views.Read(submit(t, v, entered), evening, people)
	require.Empty(t, errs)
	require.Equal(t, v.CallbackID, a.Callback)
	return a
}

func refused(t *testing.T, v slackapi.ModalViewRequest, entered map[string]string) map[string]string {
	t.Helper()
	a, errs := views.Read(submit(t, v, entered), evening, people)
	require.NotEmpty(t, errs)
	require.Nil(t, a.Command)
	require.Nil(t, a.Declaration)
	require.Zero(t, a.Picked)
	return errs
}

func TestATitleIsEnoughToDeclare(t *testing.T) {
	t.Parallel()
	a := read(t, views.Declare(book(), views.DeclareForm{}, meta()), map[string]string{"title": "  checkout\n is   down "})
	require.Equal(t, &incident.Declaration{Title: "checkout is down", Kind: incident.KindIncident, Severity: 3}, a.Declaration)
	require.Equal(t, meta(), a.Meta)
	require.Nil(t, a.Command)
}

func TestEverythingThatCanBeDeclared(t *testing.T) {
	t.Parallel()
	started := evening.Add(-time.Hour)
	a := read(t, views.Declare(book(), views.DeclareForm{Title: "Rehearsal"}, carrying()), map[string]string{
		"severity": "1", "services": "checkout,search", "kind": "drill", "options": "private,page_drill", "started_at": strconv.FormatInt(started.Unix(), 10),
	})
	require.Equal(t, &incident.Declaration{
		Title: "Rehearsal", Kind: incident.KindDrill, Severity: 1, Services: []string{"checkout", "search"}, Private: true, Page: true, StartedAt: started,
	}, a.Declaration)
	require.Equal(t, carrying(), a.Meta, "the message goes along")

	a = read(t, views.Declare(book(), views.DeclareForm{Title: "x", Severity: 5, Services: []string{"search"}, Kind: incident.KindNearMiss, Private: true, StartedAt: started}, meta()), nil)
	require.Equal(t, &incident.Declaration{Title: "x", Kind: incident.KindNearMiss, Severity: 5, Services: []string{"search"}, Private: true, StartedAt: started}, a.Declaration)

	a = read(t, views.Declare(views.Book{}, views.DeclareForm{Title: "x"}, meta()), nil)
	require.Zero(t, a.Declaration.Severity, "without a playbook the default is for who knows it")
}

func TestWhatCannotBeDeclared(t *testing.T) {
	t.Parallel()
	form := views.Declare(book(), views.DeclareForm{Title: "x"}, meta())
	for _, c := range []struct {
		is, block, says string
		entered         map[string]string
	}{
		{"no title", "title", "This is empty. Say in a few words what is wrong.", map[string]string{"title": "\u200b \n"}},
		{"a long title", "title", "This is 300 characters long, 200 are allowed. Shorten it and put the rest into an update.", map[string]string{"title": strings.Repeat("x", 300)}},
		{"tomorrow", "started_at", "This lies ahead. Choose when it was, or leave it empty.", map[string]string{"started_at": strconv.FormatInt(evening.Add(time.Hour).Unix(), 10)}},
		{"no severity of ours", "severity", "Choose a severity from 1 (worst) to 5.", map[string]string{"severity": "9"}},
		{"a paging near miss", "options", "Only a drill can be asked to page. Choose another kind, or take this back.", map[string]string{"kind": "near_miss", "options": "page_drill"}},
	} {
		require.Equal(t, map[string]string{c.block: c.says}, refused(t, form, c.entered), c.is)
	}
	errs := refused(t, form, map[string]string{"title": "", "severity": "0"})
	require.Len(t, errs, 2, "all that is wrong is said at once")
	require.Contains(t, refused(t, form, map[string]string{"kind": "party"})["kind"], "is no kind")
}

func TestEveryFormIsItsCommand(t *testing.T) {
	t.Parallel()
	i, paused, m := checkout(), checkout(), meta()
	paused.RemindersPausedUntil = evening.Add(2 * time.Hour)
	for _, c := range []struct {
		form    slackapi.ModalViewRequest
		entered map[string]string
		name    string
		command incident.Command
	}{
		{views.Update(i, m, evening), map[string]string{"text": "Rolling back", "next": "60"}, api.Update, incident.Update{Text: "Rolling back", Next: evening.Add(time.Hour)}},
		{views.Update(i, m, evening), map[string]string{"text": "Rolling back", "next": "0"}, api.Update, incident.Update{Text: "Rolling back"}},
		{views.ChangeSeverity(book(), i, m), map[string]string{"severity": "1", "reason": "All of them"}, api.ChangeSeverity, incident.ChangeSeverity{Severity: 1, Reason: "All of them"}},
		{views.ChangeSeverity(book(), i, m), nil, api.ChangeSeverity, incident.ChangeSeverity{Severity: 2}},
		{views.ChangeKind(i, m), map[string]string{"kind": "drill"}, api.ChangeKind, incident.ChangeKind{Kind: incident.KindDrill}},
		{views.Role(book(), i, m, "U0000000001"), nil, api.Assign, incident.Assign{Role: incident.RoleCommunications, Person: "alice@example.com"}},
		{views.Role(book(), i, m, "U0000000001"), map[string]string{"role": "commander", "person": "U024BE7LH"}, api.Assign, incident.Assign{Role: incident.RoleCommander, Person: "u024be7lh@slack"}},
		{views.Role(book(), i, m, "U0000000001"), map[string]string{"role": "commander", "nobody": "nobody"}, api.Assign, incident.Assign{Role: incident.RoleCommander}},
		{views.FollowUp(i, m, ""), map[string]string{"title": "Alert earlier", "owner": "U0000000002", "due": "2026-12-18"}, api.AddFollowUp, incident.AddFollowUp{Title: "Alert earlier", Owner: "bob@example.com", Due: "2026-12-18"}},
		{views.FollowUp(i, m, "Alert earlier"), nil, api.AddFollowUp, incident.AddFollowUp{Title: "Alert earlier"}},
		{views.Mitigate(i, m), nil, api.Mitigate, incident.Mitigate{}},
		{views.Mitigate(i, m), map[string]string{"text": "Rolled back"}, api.Mitigate, incident.Mitigate{Text: "Rolled back"}},
		{views.Resolve(i, m, ""), nil, api.Resolve, incident.Resolve{}},
		{views.Resolve(i, m, "Rolled back"), map[string]string{"learning": "Caches hide"}, api.Resolve, incident.Resolve{Learning: "Caches hide", Text: "Rolled back"}},
		{views.Resolve(i, m, ""), map[string]string{"learning": "Caches hide", "text": "Rolled back"}, api.Resolve, incident.Resolve{Learning: "Caches hide", Text: "Rolled back"}},
		{views.Merge(i, m, open()), map[string]string{"into": "INC-41"}, api.Merge, incident.Merge{Into: 41}},
		{views.Merge(i, m, open()), map[string]string{"into": "INC-41", "number": " #7 "}, api.Merge, incident.Merge{Into: 7}},
		{views.Merge(i, m, nil), map[string]string{"number": "inc-7"}, api.Merge, incident.Merge{Into: 7}},
		{views.Cancel(i, m), map[string]string{"reason": "The alert was wrong"}, api.Cancel, incident.Cancel{Reason: "The alert was wrong"}},
		{views.Cancel(i, m), nil, api.Cancel, incident.Cancel{}},
		{views.Reopen(i, m), map[string]string{"reason": "It came back"}, api.Reopen, incident.Reopen{Reason: "It came back"}},
		{views.Page(book(), i, m), map[string]string{"target": "platform"}, api.RaisePage, incident.RaisePage{Target: "platform"}},
		{views.Title(i, m), map[string]string{"title": "Nobody can pay"}, api.Retitle, incident.Retitle{Title: "Nobody can pay"}},
		{views.Note(i, m), map[string]string{"text": "The queue grew"}, api.Capture, incident.Capture{Text: "The queue grew"}},
		{views.PauseReminders(i, m, evening), map[string]string{"until": unix(evening.Add(time.Hour))}, api.PauseReminders, incident.PauseReminders{Until: evening.Add(time.Hour)}},
		{views.PauseReminders(paused, m, evening), nil, api.PauseReminders, incident.PauseReminders{Until: evening.Add(2 * time.Hour)}},
		{views.PauseReminders(paused, m, evening), map[string]string{"off": "off"}, api.PauseReminders, incident.PauseReminders{Off: true}},
	} {
		a := read(t, c.form, c.entered)
		require.Equal(t, c.name, a.Name)
		require.Equal(t, c.command, a.Command, c.name)
		require.Equal(t, m, a.Meta, c.name)
		require.Empty(t, a.Further, c.name)
	}
}

// What others have changed while the form was open stays.
func TestAFormOfServicesAsksForWhatWasChangedInIt(t *testing.T) {
	t.Parallel()
	for entered, want := range map[string]incident.ChangeServices{
		"search,checkout": {Add: []string{"search"}, Remove: []string{}},
		"search":          {Add: []string{"search"}, Remove: []string{"checkout"}},
	} {
		a := read(t, views.ChangeServices(book(), checkout(), meta()), map[string]string{"services": entered})
		require.Equal(t, api.ChangeServices, a.Name)
		require.Equal(t, want, a.Command, entered)
	}
}

func TestAFormOfServicesThatIsLeftAsItWasChangesNothing(t *testing.T) {
	t.Parallel()
	form := views.ChangeServices(book(), checkout(), meta())
	require.Equal(t, "Nothing is changed. Choose what it concerns, or take something back.", refused(t, form, nil)["services"])

	forgetful := form
	forgetful.PrivateMetadata = meta().Encode()
	a := read(t, forgetful, map[string]string{"services": "search"})
	require.Empty(t, a.Command.(incident.ChangeServices).Remove, "what is not known to have been there is not taken away")
}

// What the incident names and the playbook does not any more can be seen and taken away.
func TestAServiceThatLeftThePlaybookIsInTheForm(t *testing.T) {
	t.Parallel()
	i := checkout()
	i.Services = append(i.Services, "fax")
	a := read(t, views.ChangeServices(book(), i, meta()), map[string]string{"services": "checkout"})
	require.Equal(t, incident.ChangeServices{Add: []string{}, Remove: []string{"fax"}}, a.Command)
}

func TestAPauseThatCannotBeIsRefusedInItsForm(t *testing.T) {
	t.Parallel()
	form := views.PauseReminders(checkout(), meta(), evening)
	for entered, says := range map[string]string{
		strconv.FormatInt(evening.Add(-time.Hour).Unix(), 10):      "is past",
		strconv.FormatInt(evening.Add(31*24*time.Hour).Unix(), 10): "more than 30 days away",
		"0": "Choose a day and a time.",
	} {
		require.Contains(t, refused(t, form, map[string]string{"until": entered})["until"], says)
	}
}

func TestANoteKeepsTheMessageThatItCameFrom(t *testing.T) {
	t.Parallel()
	m := carrying()
	m.Incident = 42
	a := read(t, views.Note(checkout(), m), nil)
	require.Equal(t, incident.Capture{Text: m.Text, Author: m.Author, Source: m.Source}, a.Command)
}

func TestAddingDetailsAsksOnlyForWhatWasChanged(t *testing.T) {
	t.Parallel()
	form := views.Refine(book(), checkout(), meta())
	a := read(t, form, nil)
	require.Nil(t, a.Command)
	require.Empty(t, a.Further)

	a = read(t, form, map[string]string{"text": "Since the release"})
	require.Equal(t, incident.Update{Text: "Since the release"}, a.Command)

	a = read(t, form, map[string]string{"title": "Nobody can pay", "severity": "1", "text": "Since the release"})
	require.Equal(t, api.Retitle, a.Name)
	require.Equal(t, incident.Retitle{Title: "Nobody can pay"}, a.Command)
	require.Equal(t, []views.Given{
		{Name: api.ChangeSeverity, Command: incident.ChangeSeverity{Severity: 1}}, {Name: api.Update, Command: incident.Update{Text: "Since the release"}},
	}, a.Further)

	errs := refused(t, form, map[string]string{"title": "", "severity": "1"})
	require.Contains(t, errs, "title")

	unknown := views.Refine(book(), incident.Incident{Number: 42}, meta())
	a = read(t, unknown, map[string]string{"severity": "1"})
	require.Equal(t, incident.ChangeSeverity{Severity: 1}, a.Command, "a title that could not be looked up need not be given")
}

func TestWhatTheFormsRefuse(t *testing.T) {
	t.Parallel()
	i, m := checkout(), meta()
	for _, c := range []struct {
		form        slackapi.ModalViewRequest
		entered     map[string]string
		block, says string
	}{
		{views.Update(i, m, evening), map[string]string{"text": " "}, "text", "This is empty. Say how it stands in a sentence."},
		{views.Update(i, m, evening), map[string]string{"text": strings.Repeat("x", 2001)}, "text", "This is 2001 characters long, 2000 are allowed. Shorten it and link to the rest."},
		{views.Update(i, m, evening), map[string]string{"text": "x", "next": "-5"}, "next", "Choose one of the times, or no promise."},
		{views.ChangeSeverity(book(), i, m), map[string]string{"severity": "bad"}, "severity", "Choose a severity from 1 (worst) to 5."},
		{views.Role(book(), i, m, "U0000000001"), map[string]string{"person": "U0000000009"}, "person", "Slack does not tell who this is. Choose somebody else, or try again."},
		{views.Role(book(), i, m, ""), nil, "person", "Choose a person, or tick that nobody holds the role."},
		{views.FollowUp(i, m, ""), map[string]string{"title": ""}, "title", "This is empty. Say in a few words what is wrong."},
		{views.FollowUp(i, m, "x"), map[string]string{"due": "soon"}, "due", `"soon" is no date. Write it like 2026-11-30.`},
		{views.FollowUp(i, m, "x"), map[string]string{"owner": "U0000000009"}, "owner", "Slack does not tell who this is. Choose somebody else, or try again."},
		{views.Merge(i, m, open()), nil, "into", "Choose an incident, or write its number."},
		{views.Merge(i, m, nil), nil, "number", "Choose an incident, or write its number."},
		{views.Merge(i, m, open()), map[string]string{"number": "42"}, "number", "INC-42 cannot be merged into itself. Name another one."},
		{views.Merge(i, m, open()), map[string]string{"number": "the other"}, "number", `"the other" is no incident. Write it like INC-42.`},
		{views.Page(book(), i, m), map[string]string{"target": ""}, "target", "Choose whom to page: a target, or a person."},
		{views.Title(i, m), map[string]string{"title": ""}, "title", "This is empty. Say in a few words what is wrong."},
		{views.Note(i, m), map[string]string{"text": "\n"}, "text", "This is empty. Write what happened in a sentence."},
		{views.Pick("update", nil, m), map[string]string{"number": "0"}, "number", `"0" is no incident. Write it like INC-42.`},
		{views.Pick("update", open(), m), nil, "incident", "Choose an incident, or write its number."},
		{views.Resolve(i, views.Meta{}, ""), nil, "text", "This form does not say for which incident it is. Close it and open it again."},
	} {
		require.Equal(t, map[string]string{c.block: c.says}, refused(t, c.form, c.entered), c.form.CallbackID)
	}
}

func TestAnIncidentIsPickedForACommand(t *testing.T) {
	t.Parallel()
	m := views.Meta{Channel: "C1", Rest: "still looking"}
	a := read(t, views.Pick("update", open(), m), map[string]string{"incident": "INC-41"})
	require.Equal(t, 41, a.Picked)
	require.Equal(t, "update", a.Meta.Action)
	require.Equal(t, "still looking", a.Meta.Rest)
	require.Equal(t, 7, read(t, views.Pick("update", nil, m), map[string]string{"number": "INC-7"}).Picked)
	require.Equal(t, 42, read(t, views.Pick("update", open()[:1], m), nil).Picked, "the only one is chosen already")
}

func TestFormsThatAreNotOurs(t *testing.T) {
	t.Parallel()
	party := slack.InboundView{CallbackID: "party", Values: map[string]slack.InboundValue{"hat": {Text: "red"}}}
	a, errs := views.Read(party, evening, people)
	require.Equal(t, map[string]string{"hat": "Muster does not know this form, and did nothing. Close it and type what you want after the command."}, errs)
	require.Equal(t, views.Asked{Callback: "party"}, a, "it is not taken for another one")

	v := submit(t, views.Cancel(checkout(), meta()), nil)
	v.Meta = "{"
	_, errs = views.Read(v, evening, people)
	require.Equal(t, map[string]string{"reason": "This form is broken. Close it and open it again."}, errs)

	require.NotPanics(t, func() {
		for callback := range modals(book(), checkout(), meta(), open(), "x") {
			views.Read(slack.InboundView{CallbackID: callback}, evening, nil)
		}
	})
}

func TestPickValues(t *testing.T) {
	t.Parallel()
	say := views.PickMessage("update  still   looking", open())
	require.Contains(t, string(messageOf(t, say)), `"value":"INC-42 update  still   looking"`)
	n, command, err := views.ParsePick("INC-42 update still looking")
	require.NoError(t, err)
	require.Equal(t, 42, n)
	require.Equal(t, "update still looking", command)
	_, _, err = views.ParsePick("update")
	require.Error(t, err)
}

func TestACommandTooLongForAButtonIsNotCut(t *testing.T) {
	t.Parallel()
	raw := string(isTakenAsMessage(t, "pick", views.PickMessage("update "+strings.Repeat("x", 2500), open())))
	require.NotContains(t, raw, `"value"`)
	require.Contains(t, raw, "too long to keep here")

	raw = string(isTakenAsMessage(t, "pick", views.PickMessage("update "+strings.Repeat("x", 1900), hundred())))
	require.Contains(t, raw, strings.Repeat("x", 1900)+`"`)
	require.Contains(t, raw, "more are open")

	raw = string(isTakenAsMessage(t, "ask", views.AskBack("reslve", []string{"resolve"}, "reslve "+strings.Repeat("x", 2500))))
	require.NotContains(t, raw, `"run"`)
}

func TestMetaFitsAndComesBack(t *testing.T) {
	t.Parallel()
	m := carrying()
	m.Incident, m.Action, m.Rest, m.Was = 42, "update", "x", &views.Was{Title: "a", Severity: 3}
	back, err := views.ParseMeta(m.Encode())
	require.NoError(t, err)
	require.Equal(t, m, back)

	for _, text := range []string{nastyText(4000), strings.Repeat(`"\`, 4000), strings.Repeat("\x01", 4000), strings.Repeat("🧨", 4000)} {
		m.Text, m.Rest, m.Author = text, text, text
		raw := m.Encode()
		require.LessOrEqual(t, len([]rune(raw)), 3000)
		back, err = views.ParseMeta(raw)
		require.NoError(t, err)
		require.Equal(t, 42, back.Incident)
		require.Equal(t, m.Source, back.Source)
	}
	back, err = views.ParseMeta("")
	require.NoError(t, err)
	require.Zero(t, back)
	_, err = views.ParseMeta("[]")
	require.Error(t, err)
}

func TestARefusalStandsAtTheFieldThatIsToBlame(t *testing.T) {
	t.Parallel()
	v := submit(t, views.FollowUp(checkout(), meta(), "x"), nil)
	require.Equal(t, map[string]string{"due": "This is in the past. Choose another day."},
		views.Refused(v, incident.Problem{Field: "due", Reason: "is in the past", Mend: "choose another day"}))
	require.Equal(t, map[string]string{"title": "Follow-up is not legal while the incident is cancelled. Now legal: reopen."},
		views.Refused(v, incident.Problem{Field: "status", Reason: "follow-up is not legal while the incident is cancelled", Mend: "now legal: reopen"}))
	require.Equal(t, map[string]string{"title": "The target is unknown."}, views.Refused(v, incident.Problem{Field: "target", Reason: "is unknown"}),
		"without a field of its own the reason names its subject")
	declare := submit(t, views.Declare(book(), views.DeclareForm{Title: "x"}, meta()), nil)
	require.Contains(t, views.Refused(declare, incident.Problem{Field: "service", Reason: "is unknown"}), "services")
}

func TestAFormThatIsNotRecordedKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	v := submit(t, views.Update(checkout(), meta(), evening), map[string]string{"text": "x"})
	require.Equal(t, map[string]string{
		"text": "Not recorded: Temporal does not answer. What you typed is still here. Press the button again; it happens once.",
	}, views.Unrecorded(v, "Temporal does not answer."))
	for _, reason := range []string{"", nastyText(3000)} {
		for _, text := range views.Unrecorded(v, reason) {
			require.Less(t, len([]rune(text)), 450)
			require.Contains(t, text, "it happens once")
		}
	}
	old := slack.InboundView{CallbackID: views.CallbackUpdate, Values: map[string]slack.InboundValue{"other": {}, "words": {}}}
	require.Contains(t, views.Unrecorded(old, "x"), "other", "a form of an older version has other fields")
}

func TestMentionsSurviveBeingAskedBack(t *testing.T) {
	t.Parallel()
	typed := "asign commander <@U024BE7LH|bob> &amp; co"
	raw := string(messageOf(t, views.AskBack("asign", []string{"assign"}, typed)))
	require.Contains(t, unhtml(raw), `"value":"assign commander <@U024BE7LH|bob> &amp; co"`)
	require.Contains(t, unhtml(raw), "`assign commander @bob &amp; co`", "it is shown as text")

	raw = string(messageOf(t, views.PickMessage(typed, open())))
	require.Contains(t, unhtml(raw), `"value":"INC-42 `+typed+`"`)
	require.Contains(t, unhtml(raw), "> asign commander @bob &amp; co")
}

func unhtml(s string) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(s)
}

func TestAskingBackOfACommandWhoseArgumentsDoNotFit(t *testing.T) {
	t.Parallel()
	raw := string(messageOf(t, views.AskBack("Page", []string{"page"}, "Page load is slow", "load is no target")))
	require.Contains(t, raw, `"value":"page"`, "the form asks for what is missing")
	require.Contains(t, raw, `"value":"Page load is slow"`, "and all of it can be declared")
	require.Contains(t, raw, "“Page”: load is no target. What do you mean?")
	require.NotContains(t, raw, "no command")
}
