package file

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// refused answers the errors of a playbook that must be bad, one per line.
func refused(t *testing.T, text string) string {
	t.Helper()
	p, err := Parse("muster.yaml", []byte(text), today)
	require.Error(t, err)
	require.Nil(t, p)
	var all Errors
	require.ErrorAs(t, err, &all)
	require.NotEmpty(t, all)
	return err.Error()
}

// many are words of a list.
func many(n int) string {
	var out []string
	for k := range n {
		out = append(out, fmt.Sprintf("word%d", k))
	}
	return strings.Join(out, ", ")
}

func TestErrorsNameTheLineTheFieldAndTheMend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"a bad page mode": {
			"version: 1\nseverities:\n  1:\n    page: nwo\n",
			`muster.yaml:4: severities.1.page: "nwo" is no page mode; write now, next_business_morning or never`,
		},
		"an unknown key":         {"version: 1\nsevirities: {}\n", "muster.yaml:2: sevirities: is not known here; did you mean severities? known: "},
		"an unknown key deeper":  {"version: 1\nchat: {anounce: x}\n", "muster.yaml:2: chat.anounce: is not known here; did you mean announce?"},
		"no version":             {"linger: 30d\n", "muster.yaml:1: version: is missing; write version: 1 on the first line"},
		"another version":        {"version: 2\n", `muster.yaml:1: version: "2" is no version of this format; write version: 1`},
		"a key twice":            {"version: 1\nlinger: 1d\nlinger: 2d\n", "muster.yaml:3: linger: stands here a second time, first on line 2; remove one of the two"},
		"a sixth severity":       {"version: 1\nseverities: {6: {}}\n", "muster.yaml:2: severities.6: is not known here; known: 1, 2, 3, 4, 5"},
		"a severity too far":     {"version: 1\ndefault_severity: 9\n", `muster.yaml:2: default_severity: "9" does not fit; write a whole number from 1 to 5`},
		"one name twice":         {"version: 1\nseverities: {1: {name: major}}\n", `muster.yaml:2: severities.2.name: "Major" is also the name of severity 1; give each severity a name of its own`},
		"a name like a number":   {"version: 1\nseverities: {1: {name: SEV2}}\n", `severities.1.name: "SEV2" reads like a number of a severity; give it a word`},
		"a review without track": {"version: 1\nseverities: {1: {review: {track: none, after: 3bd}}}\n", "severities.1.review: plans a review whose track is none"},
		"a bad track":            {"version: 1\nseverities: {1: {review: depe}}\n", `severities.1.review: "depe" is no review track; write none, sentence, standard or deep`},
		"a bad span":             {"version: 1\nfollow_ups: {soak: 3 days}\n", `muster.yaml:2: follow_ups.soak: "3 days" is no span of time; write it like 90s`},
		"due of no severity":     {"version: 1\nfollow_ups: {due: {0: 5bd}}\n", "muster.yaml:2: follow_ups.due.0: is not known here; known: 1, 2, 3, 4, 5, default"},
		"a bad span due":         {"version: 1\nfollow_ups: {due: {1: soon}}\n", `muster.yaml:2: follow_ups.due.1: "soon" is no span of time`},
		"due in a list":          {"version: 1\nfollow_ups: {due: [5bd, 10bd]}\n", "muster.yaml:2: follow_ups.due: "},
		"an endless nag":         {"version: 1\nfollow_ups: {overdue: 0s}\n", `follow_ups.overdue: "0s" is no time at all`},
		"paging in working time": {"version: 1\ntargets: {p: {steps: [env:A], ack_within: 1bd}}\n", `targets.p.ack_within: "1bd" counts business days, and paging does not wait for them; write it like 5m`},
		"too many rounds":        {"version: 1\ntargets: {p: {steps: [env:A], rounds: 100}}\n", `targets.p.rounds: "100" does not fit; write a whole number from 1 to 20`},
		"a target without steps": {"version: 1\ntargets: {the-ops: {rounds: 1}}\n", "targets.the-ops: has no steps, so it reaches nobody; add steps: [env:PD_THE_OPS]"},
		"a bad step":             {"version: 1\ntargets: {p: {steps: [{name: x}]}}\n", "targets.p.steps.1.credential: is missing; write credential: env:PD_NAME"},
		"an unknown target":      {"version: 1\ntargets: {platform: env:A}\nservices: {a: {page: platfrom}}\n", `muster.yaml:3: services.a.page: "platfrom" is no target; did you mean platform?`},
		"no targets at all":      {"version: 1\ndefault_target: platform\n", `default_target: "platform" is no target; add it under targets`},
		"target and credential":  {"version: 1\nservices: {a: {page: {escalate: [env:A]}}}\n", "services.a.page: needs either a target or a credential; write target: with a name from targets, or credential: env:PD_A"},
		"two of one name":        {"version: 1\ntargets: {a: env:A}\nservices: {a: {page: env:B}}\n", "services.a.page: there is also a target named a; write page: a, or rename one of the two"},
		"a bad service name":     {"version: 1\nservices: {Check Out: {}}\n", `services.Check Out: "Check Out" is no name for a service`},
		"an alias of nothing":    {"version: 1\nservices: {a: {aliases: [\"--\"]}}\n", `services.a.aliases.1: "--" is no word; write a word that people use for it`},
		"an alias that is long":  {"version: 1\nservices: {a: {aliases: [" + strings.Repeat("x", 61) + "]}}\n", "services.a.aliases.1: is 61 characters long, 60 are allowed; shorten it"},
		"an alias twice":         {"version: 1\nservices: {a: {aliases: [b, b]}}\n", `services.a.aliases.2: "b" stands here twice`},
		"an alias of its own":    {"version: 1\nservices: {a: {title: Shop, aliases: [shop]}}\n", `services.a.aliases.1: "shop" is what the service is called already; remove it`},
		"an alias of another":    {"version: 1\nservices: {a: {aliases: [B]}, b: {}}\n", `muster.yaml:2: services.a.aliases: "B" is also what b is called; give each service words of its own`},
		"an alias of two":        {"version: 1\nservices:\n  a: {aliases: [shop]}\n  b: {aliases: [Shop]}\n", `muster.yaml:4: services.b.aliases: "Shop" is also what a is called`},
		"too many aliases":       {"version: 1\nservices: {a: {aliases: [" + many(21) + "]}}\n", "services.a.aliases.21: has more than 20 aliases; keep those that people write"},
		"a bad address":          {"version: 1\npeople: {alice: Alice}\n", `people.alice: "alice" is no e-mail address; write it like alice@example.com`},
		"a person twice":         {"version: 1\npeople: {a@x.com: A, A@x.com: B}\n", "people.A@x.com: stands here twice; capital letters make no difference"},
		"a bad Slack ID":         {"version: 1\npeople: {a@x.com: {slack: alice}}\n", `people.a@x.com.slack: "alice" is no Slack member ID`},
		"a bad zone":             {"version: 1\ncalendars: {c: {zone: Berlin}}\n", `calendars.c.zone: "Berlin" is no time zone; write a place such as Europe/Berlin`},
		"no zone":                {"version: 1\ncalendars: {c: {days: mon-fri}}\n", "calendars.c.zone: is missing; write a place such as Europe/Berlin"},
		"bad days":               {"version: 1\ncalendars: {c: {zone: UTC, days: [mon, munday]}}\n", `calendars.c.days.2: "munday" is no weekday`},
		"no days":                {"version: 1\ncalendars: {c: {zone: UTC, days: []}}\n", "calendars.c.days: is empty, so nobody ever works"},
		"bad hours":              {"version: 1\ncalendars: {c: {zone: UTC, hours: 9-5}}\n", `calendars.c.hours: "9-5" are no working hours; write them like 09:00-17:00`},
		"hours without length":   {"version: 1\ncalendars: {c: {zone: UTC, hours: 22:00-22:00}}\n", `calendars.c.hours: "22:00-22:00" end when they start; write them like 09:00-17:00, 22:00-06:00 over midnight`},
		"a fixed zone":           {"version: 1\ncalendars: {c: {zone: EST}}\n", `calendars.c.zone: "EST" is always as far from UTC and knows no summer time; write a place such as America/New_York`},
		"a person's fixed zone":  {"version: 1\npeople: {a@example.com: {zone: Etc/GMT+5}}\n", `people.a@example.com.zone: "Etc/GMT+5" is always as far from UTC`},
		"an unknown country":     {"version: 1\ncalendars: {c: {zone: UTC, holidays: {country: in}}}\n", `calendars.c.holidays.country: "in" is no country whose holidays are known; write the days under dates; known: at, au,`},
		"an unknown region":      {"version: 1\ncalendars: {c: {zone: UTC, holidays: {country: de-bx}}}\n", `did you mean de-b`},
		"a bad date":             {"version: 1\ncalendars: {c: {zone: UTC, holidays: {dates: [24.12.2026]}}}\n", `calendars.c.holidays.dates.1: "24.12.2026" is no date; write it like 2026-12-24`},
		"several calendars":      {"version: 1\ncalendars: {a: {zone: UTC}, b: {zone: UTC}}\n", "calendar: there are several calendars, and nothing says which one is everybody's; write calendar: a"},
		"an unknown calendar":    {"version: 1\ncalendars: {berlin: {zone: UTC}}\ncalendar: berln\n", `calendar: "berln" is no calendar; did you mean berlin? known: berlin`},
		"a standard role":        {"version: 1\nroles: [scribe]\n", `roles.1: "scribe" is always there; remove it`},
		"a bad role":             {"version: 1\nroles: Big Boss\n", `roles: "Big Boss" is no name for a role`},
		"a comment for a value":  {"version: 1\nchat:\n  announce: #incidents\n", `muster.yaml:3: chat.announce: is empty; put quotes around a value that starts with #, like "#incidents"`},
		"a bad channel":          {"version: 1\nchat: {announce: \"#In Cidents!\"}\n", `chat.announce: "#In Cidents!" is no name of a channel`},
		"a bad prefix":           {"version: 1\nchat: {channel_prefix: INC_}\n", `chat.channel_prefix: "INC_" cannot start a channel's name`},
		"a bad placeholder":      {"version: 1\nchat: {links: [{label: x, url: \"https://x.example.com/{id}\"}]}\n", `chat.links.1.url: "{id}" is not replaced by anything; use {key} for INC-42 or {number} for 42`},
		"no web address":         {"version: 1\nchat: {links: [{label: x, url: \"javascript:alert(1)\"}]}\n", `chat.links.1.url: "javascript:alert(1)" is no web address`},
		"a name without number":  {"version: 1\nchat: {channel_name: \"{prefix}-{title}\"}\n", "muster.yaml:2: chat.channel_name: needs {number} once, which makes the name unique; write it like {prefix}-{number}-{title}"},
		"a name with two":        {"version: 1\nchat: {channel_name: \"{number}-{number}\"}\n", "chat.channel_name: needs {number} once"},
		"a name of what is not":  {"version: 1\nchat: {channel_name: \"{number}-{titel}\"}\n", `chat.channel_name: "{titel}" is not replaced by anything; did you mean {title}?`},
		"a name in capitals":     {"version: 1\nchat: {channel_name: \"INC {number}\"}\n", `chat.channel_name: "INC {number}" has what a channel's name cannot have; use small letters, digits, - and _`},
		"a name that is crowded": {"version: 1\nchat: {channel_name: \"{prefix}{number}\"}\n", `chat.channel_name: "{prefix}{number}" lets two incidents have one name; put a - before and after {number}`},
		"a name on both sides":   {"version: 1\nchat: {channel_name: \"{service}-{number}-{title}\"}\n", "put {title} and {service} on one side of {number}"},
		"a name that is long":    {"version: 1\nchat: {channel_name: \"" + strings.Repeat("x", 41) + "-{number}\"}\n", "chat.channel_name: leaves too little room for the title; shorten it"},
		"a channel without name": {"version: 1\nchat:\n  announce:\n    - \"#incidents\"\n    - {severity: 2}\n", `muster.yaml:5: chat.announce.2.channel: is missing; write channel: "#incidents"`},
		"an empty channel":       {"version: 1\nchat: {announce: [{}]}\n", "chat.announce.1.channel: is missing"},
		"a channel of lists":     {"version: 1\nchat: {announce: [[a]]}\n", "chat.announce.1: is a list where a mapping is needed"},
		"a bad listed channel":   {"version: 1\nchat: {announce: [\"#No!\"]}\n", `chat.announce.1: "#No!" is no name of a channel; write it like "#incidents"`},
		"a channel twice":        {"version: 1\nchat: {announce: [a, {channel: \"#a\", severity: 1}]}\n", `chat.announce.2: "#a" stands here twice; keep one rule for each channel`},
		"a channel of no one":    {"version: 1\nservices: {checkout: {page: nobody}}\nchat: {announce: [{channel: a, services: [chekout]}]}\n", `chat.announce.1.services.1: "chekout" is no service; did you mean checkout?`},
		"no threshold":           {"version: 1\nchat: {announce: [{channel: a, severity: 6}]}\n", `chat.announce.1.severity: "6" does not fit; write a whole number from 1 to 5`},
		"archived at once":       {"version: 1\nchat: {archive_after: 0s}\n", `chat.archive_after: "0s" is no time at all`},
		"too many first steps":   {"version: 1\nchat: {first_steps: [" + strings.Repeat("a, ", 11) + "]}\n", "chat.first_steps.11: there are more than 10 steps; keep what comes first and link to the rest"},
		"a long first step":      {"version: 1\nchat: {first_steps: [" + strings.Repeat("x", 151) + "]}\n", "chat.first_steps.1: is 151 characters long, 150 are allowed; shorten it"},
		"no emoji":               {"version: 1\nchat: {reactions: {timeline: push pin}}\n", `chat.reactions.timeline: "push pin" is no name of an emoji; write its name, like pushpin, or off`},
		"an emoji twice":         {"version: 1\nchat: {reactions: {nominate: \":pushpin:\"}}\n", `chat.reactions.nominate: "pushpin" is also the reaction for timeline; choose another one, or write off`},
		"an unknown reaction":    {"version: 1\nchat: {reactions: {resolve: tada}}\n", "chat.reactions.resolve: is not known here"},
		"no user group":          {"version: 1\nservices: {a: {responders: [\"@The SREs\"]}}\n", `services.a.responders.1: "@The SREs" is no user group; write the group's handle, like "@sre"`},
		"half a link":            {"version: 1\nchat: {links: [{label: x}]}\n", "chat.links.1: needs a label and a url"},
		"a bad project":          {"version: 1\ntracker: {project: inc}\n", `tracker.project: "inc" is no key of a project`},
		"a bad label":            {"version: 1\ntracker: {project: INC, labels: [two words]}\n", `tracker.labels.1: "two words" cannot be a label; write it without spaces`},
		"a field of our own":     {"version: 1\ntracker: {project: INC, fields: {Summary: x}}\n", "tracker.fields.Summary: is written by Muster itself; remove it"},
		"a private project":      {"version: 1\ntracker: {project: INC, private: {project: sec}}\n", `tracker.private.project: "sec" is no key of a project`},
		"a private word":         {"version: 1\ntracker: {project: INC, private: {level: x}}\n", `tracker.private.level`},
		"a bad severity":         {"version: 1\ntracker: {project: INC, priorities: {6: High}}\n", `tracker.priorities.6: "6" is no number of a severity; write a severity from 1 (worst) to 5`},
		"a priority of no name":  {"version: 1\ntracker: {project: INC, priorities: {1: \"\"}}\n", `tracker.priorities.1`},
		"an unknown service":     {"version: 1\nservices: {checkout: {}}\ntracker: {project: INC, components: {chekout: Shop}}\n", `tracker.components.chekout: "chekout" is no service of the playbook`},
		"a priority twice":       {"version: 1\ntracker: {project: INC, priorities: {1: High}, fields: {priority: {name: Low}}}\n", `tracker.fields.priority: is set by tracker.priorities; remove it here or there`},
		"a level twice":          {"version: 1\ntracker: {project: INC, private: {security_level: x}, follow_up_fields: {Security: y}}\n", `tracker.follow_up_fields.Security: is set by tracker.private.security_level`},
		"an odd number":          {"version: 1\ntracker: {project: INC, fields: {a: .inf}}\n", `tracker.fields.a: ".inf" is no plain number`},
		"a list for a mapping":   {"version: 1\nservices: [checkout]\n", "muster.yaml:2: services: is a list where a mapping is needed"},
		"a mapping for a value":  {"version: 1\nlinger: {days: 30}\n", "muster.yaml:2: linger: is a mapping where a single value is needed"},
		"a value for a list":     {"version: 1\nchat: {links: x}\n", "chat.links: is a single value where a list is needed"},
		"neither true nor false": {"version: 1\nseverities: {1: {announce: maybe}}\n", `severities.1.announce: "maybe" is neither true nor false`},
		"text without end":       {"version: 1\nseverities: {1: {hint: " + strings.Repeat("x", 400) + "}}\n", "severities.1.hint: is 400 characters long, 300 are allowed; shorten it"},
		"said twice":             {"version: 1\nroles: [a, a]\n", `roles.2: "a" stands here twice`},
		"escalated to nobody":    {"version: 1\nfollow_ups: {escalate: [team]}\n", `follow_ups.escalate.1: "team" is nobody who can be told; write commander, an e-mail address, or a channel such as "#sre"`},
		"escalated to a group":   {"version: 1\nfollow_ups: {escalate: [\"@sre\"]}\n", `follow_ups.escalate.1: "@sre" is nobody who can be told`},
		"escalated for ever":     {"version: 1\nfollow_ups: {escalate: [commander, a@x.com, b@x.com, c@x.com, d@x.com, e@x.com]}\n", "follow_ups.escalate.6: there are more than 5; leave out those at the end"},
		"a report on no day":     {"version: 1\nfollow_ups: {report: {channels: [a], on: someday}}\n", `follow_ups.report.on: "someday" is no weekday; write it like monday`},
		"a report to nowhere":    {"version: 1\nfollow_ups: {report: {channels: [Two Words]}}\n", "follow_ups.report.channels.1: "},
		"a key that is a list":   {"version: 1\n? [a]\n: b\n", "has a key that is no word"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, refused(t, c.text), c.want)
		})
	}
}

func TestAllErrorsAreToldAtOnceInTheOrderOfTheFile(t *testing.T) {
	t.Parallel()
	_, err := Parse("muster.yaml", []byte(`version: 1
severities:
  1: {page: nwo, naem: x}
services:
  a: {page: nobdy}
  a: {}
linger: soon
`), today)
	var all Errors
	require.ErrorAs(t, err, &all)
	var lines []int
	for _, e := range all {
		lines = append(lines, e.Line)
		require.Positive(t, e.Column)
	}
	require.Equal(t, []int{3, 3, 5, 6, 7}, lines)
	require.Len(t, strings.Split(err.Error(), "\n"), 5)
	var one *Error
	require.ErrorAs(t, err, &one)
	require.Equal(t, "severities.1.page", one.Path)
}

func TestSecretsAreRefusedAndNotShown(t *testing.T) {
	t.Parallel()
	hex := strings.Repeat("0123456789abcdef", 2)
	for name, c := range map[string]struct{ text, secret, want string }{
		"a routing key as credential": {"version: 1\nservices: {a: {page: " + hex + "}}\n", hex, "muster.yaml:2: holds what looks like a routing key; put it into an environment variable"},
		"a short credential":          {"version: 1\nservices: {a: {page: {credential: hunter2hunter2}}}\n", "hunter2", "services.a.page.credential: names no environment variable; a playbook holds no secrets; write env:PD_NAME"},
		"a credential behind env:":    {"version: 1\nservices: {a: {page: \"env:" + hex + "\"}}\n", hex, "looks like a routing key"},
		"a step":                      {"version: 1\ntargets: {a: {steps: [pd:hunter2]}}\n", "hunter2", "targets.a.steps.1: names no environment variable"},
		"a Slack token in a comment":  {"version: 1\n# xoxb-123456-abcdef\n", "xoxb-123456", "muster.yaml:2: holds what looks like a Slack token"},
		"a key":                       {"version: 1\nxoxb-123456-abcdef: 1\n", "xoxb-123456", "looks like a Slack token"},
		"an unknown word":             {"version: 1\ndefault_target: " + hex + "\n", hex, "looks like a routing key"},
		"a webhook":                   {"version: 1\nchat: {links: [{label: x, url: \"https://hooks.slack.com/services/T1/B2/c3\"}]}\n", "T1/B2", "a Slack webhook address"},
		"an Atlassian token":          {"version: 1\ntracker: {fields: {a: ATATT3xFfGF0abcdefgh}}\n", "ATATT3xFf", "an Atlassian token"},
		"in a file that is broken":    {"version: 1\na: [" + hex + "\n", hex, "looks like a routing key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			says := refused(t, c.text)
			require.Contains(t, says, c.want)
			require.NotContains(t, says, c.secret)
		})
	}
	parse(t, "version: 1\nchat: {links: [{label: Runbook, url: \"https://notes.example.com/Runbook-"+hex+"\"}]}\n")
}

func TestFilesThatAreNoPlaybook(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"empty":             {"", "muster.yaml: is empty; begin with version: 1"},
		"only comments":     {"# nothing\n---\n", "is empty"},
		"a null":            {"~\n", "is empty"},
		"a list":            {"- a\n", "muster.yaml:1: is a list where a mapping is needed"},
		"huge":              {"a: " + strings.Repeat("x", maxFile), "is larger than 1 MiB"},
		"UTF-16":            {"\xff\xfev\x00", "is written in UTF-16; save it as UTF-8"},
		"Latin-1":           {"version: 1\n# M\xfcnchen\n", "muster.yaml:2: is not valid UTF-8"},
		"a tab":             {"version: 1\nchat:\n\tannounce: x\n", "muster.yaml:3: is indented with a tab, which YAML forbids; use spaces"},
		"bad indentation":   {"version: 1\nchat:\n  a: b\n c: d\n", "muster.yaml:"},
		"an open bracket":   {"version: 1\nroles: [a\nlinger: 3d\n", "close the bracket"},
		"an open quote":     {"version: 1\nlinger: \"3d\n", "close the quotes"},
		"a colon in text":   {"version: 1\nlinger: a: b\n", "put quotes around text that contains a colon"},
		"a backtick":        {"version: 1\nlinger: `x`\n", "put quotes around text that starts with"},
		"two documents":     {"version: 1\n---\nversion: 1\n", "has a second document; remove the ---"},
		"an anchor":         {"version: 1\nchat: &c {announce: a}\n", "muster.yaml:2: uses an anchor or alias"},
		"a merge":           {"version: 1\na: &a {b: c}\nd: {<<: *a}\n", "uses an anchor or alias"},
		"an alias bomb":     {"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", "uses an anchor or alias"},
		"an unknown alias":  {"version: *x\n", "has no anchors and aliases"},
		"a tag":             {"version: !!binary aGk=\n", "uses the tag"},
		"deep nesting":      {"version: 1\ntracker: {fields: {a: " + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "}}\n", "is nested more than 16 levels deep"},
		"endless":           {"version: 1\nroles: [" + strings.Repeat("a,", 2001) + "]\n", "muster.yaml:2: has more than 2000 entries"},
		"bottomless":        {strings.Repeat("[", 100_000), "a playbook nests a few levels"},
		"control character": {"version: 1\nlinger: \x01\n", "remove the invisible characters"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, refused(t, c.text), c.want)
		})
	}
	parse(t, "\xef\xbb\xbfversion: 1\r\nlinger: 3d\r\n")
}

func TestWarningsTellWhatIsProbablyNotMeant(t *testing.T) {
	t.Parallel()
	p := parse(t, `version: 1
services:
  silent:
    title: Nobody hears of it
people:
  alice@example.com: Alice
severities:
  5: {targets: [ops]}
targets: {ops: env:PD_OPS}
calendars: {c: {zone: UTC}}
chat: {announce: incidents, invite: [alcie@example.com, bob@example.com]}
tracker: {project: INC}
`)
	require.Equal(t, []string{
		"muster.yaml: default_target: an incident that names no service pages nobody (severity 1, 2 or 3); name a target here, or under targets of those severities",
		"muster.yaml:3: services.silent: severity 1, 2 or 3 pages, and this service does not say whom; add page:, or say page: nobody",
		"muster.yaml:8: severities.5.targets: are never paged, because page is never; remove them, or change page",
		`muster.yaml:11: chat.invite.1: "alcie@example.com" is not among people, where there is alice@example.com; correct it, or add them to people`,
	}, p.Warnings())
	require.Equal(t, "#incidents", p.Chat().Announce)
}

func TestThePeopleOfAVeryLargePlaybookAreWarnedAbout(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(string(Example))
	var many strings.Builder
	for i := range 200 {
		many.WriteString("  p" + strings.Repeat("x", i%50) + string(rune('a'+i%26)) + strings.Repeat("y", i/50) + "@example.com: {zone: Asia/Tokyo}\n")
	}
	text := strings.Replace(b.String(), "people:\n", "people:\n"+many.String(), 1)
	require.Contains(t, strings.Join(parse(t, text).Warnings(), "\n"), "kB of policy, mostly calendars")
}

func FuzzParseNeverPanics(f *testing.F) {
	f.Add(Example)
	for _, s := range []string{
		"", "version: 1", "version: [1]", "a: &a [*a]", "? {a: b}\n: c", "- - - -", "{{{{", "version: 1\nseverities: {1: {review: }}", "\xff\xfe", "a: !!float x",
		"version: 1\nseverities:\n  1: {remind: [1bd, 1h]}\n<<: {a: b}", "version: 1\ncalendars: {c: {zone: ../../etc/passwd, days: fri-mon, hours: 0:00-24:00}}",
		"version: 1\ntracker: {fields: {a: {b: [1, 2.5, ~, 0x10, 1_000]}}}", "version: 1\nservices: {a: {page: {target: a, escalate: [a]}}}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse("muster.yaml", data, today)
		if err != nil {
			var all Errors
			require.ErrorAs(t, err, &all)
			require.NotEmpty(t, all)
			for _, e := range all {
				require.NotContains(t, e.Error(), "\n")
			}
			return
		}
		s, err := p.Slice(p.Services())
		require.NoError(t, err)
		require.Len(t, s.Severities, 5)
		require.NoError(t, s.Calendar.Validate())
		_ = p.Warnings()
	})
}
