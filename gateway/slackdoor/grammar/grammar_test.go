package grammar_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"muster/gateway/slackdoor/grammar"
	"muster/incident"
)

// book is a playbook of few words.
type book struct{}

func (book) Severity(w string) (incident.Severity, bool) {
	k := slices.Index([]string{"1", "2", "3", "4", "5"}, strings.TrimPrefix(strings.ToLower(w), "sev"))
	if strings.EqualFold(w, "critical") {
		k = 0
	}
	return incident.Severity(k + 1), k >= 0
}

func (book) BeginsWithSeverity(line string) bool {
	return beginning.MatchString(line)
}

var beginning = regexp.MustCompile(`(?i)^[\[(]?(?:sev(?:erity)?[ :-]?|p)[1-5]\b`)

func (book) Role(w string) (incident.Role, bool) {
	r := incident.Role(strings.ToLower(w))
	return r, r == incident.RoleCommander || r == incident.RoleScribe
}

func (book) Target(t string) (string, bool) {
	return "Platform on call", strings.EqualFold(t, "platform on call") || t == "platform"
}

func (book) Service(w string) (string, bool) {
	w = strings.ToLower(w)
	if w == "basket" {
		w = "checkout"
	}
	return w, w == "checkout" || w == "search"
}

func read(text string) grammar.Line { return grammar.Read(text, book{}) }

func TestAnEmptyLineOpensTheForm(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "  \t ", "declare", " DECLARE "} {
		require.Equal(t, grammar.Form, read(text).Meaning, text)
	}
}

func TestWhatIsNoSubcommandDeclares(t *testing.T) {
	t.Parallel()
	for text, title := range map[string]string{
		"checkout is down":                     "checkout is down",
		"  Payments   fail  since 9 ":          "Payments fail since 9",
		"declare update of the website failed": "update of the website failed",
		"declare list":                         "list",
		"the <@U024BE7LH|alice> service &amp; <#C024BE7LR|general> break": "the @alice service & #general break",
		"<https://status.example.com|our status page> is wrong":           "our status page (https://status.example.com) is wrong",
		"<http://api.example.com|api.example.com>, the API, is down":      "api.example.com, the API, is down",
		"<https://status.example.com> is wrong":                           "https://status.example.com is wrong",
		"mail to <mailto:Ops@example.com|ops@example.com>, bounces":       "mail to ops@example.com, bounces",
		"ask <@U024BE7LH|alice>, or (<@U024BE7LI>): <#C024BE7LR|>!":       "ask @alice, or (@U024BE7LI): #C024BE7LR!",
		"<!here> <!subteam^S1|@sre>: a &lt;-&gt; b &amp;amp; c fail":      "@here @sre: a <-> b &amp; c fail",
		"check\u200bout\u00a0is\u2003down \ufeff":                         "checkout is down",
		"everything <!channel> is broken":                                 "everything @channel is broken",
		"🔥🔥🔥 fire":                                                        "🔥🔥🔥 fire",
		"השרת נפל שוב":                                                    "השרת נפל שוב",
		"cookies &lt;b&gt; leak":                                          "cookies <b> leak",
		"INC-7 is back now":                                               "INC-7 is back now",
	} {
		l := read(text)
		require.Equal(t, grammar.Declare, l.Meaning, "%q: %+v", text, l)
		require.Equal(t, title, l.Text)
	}
}

func TestASubcommandWithArgumentsThatFitRuns(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]grammar.Line{
		"list":                        {Verb: grammar.VerbList},
		"list all":                    {Verb: grammar.VerbList, Args: grammar.Args{All: true}},
		"Show inc-42":                 {Verb: grammar.VerbShow, Args: grammar.Args{Incident: 42}},
		"update":                      {Verb: grammar.VerbUpdate},
		"update The disk is full":     {Verb: grammar.VerbUpdate, Args: grammar.Args{Text: "The disk is full"}},
		"update Disk full next:30m":   {Verb: grammar.VerbUpdate, Args: grammar.Args{Text: "Disk full", Next: 30 * time.Minute}},
		"update Disk full next:15min": {Verb: grammar.VerbUpdate, Args: grammar.Args{Text: "Disk full", Next: 15 * time.Minute}},
		"update INC-3 Disk full":      {Verb: grammar.VerbUpdate, Args: grammar.Args{Incident: 3, Text: "Disk full"}},
		"severity critical all of it": {Verb: grammar.VerbSeverity, Args: grammar.Args{Severity: 1, Text: "all of it"}},
		"services":                    {Verb: grammar.VerbServices},
		"services +checkout -search":  {Verb: grammar.VerbServices, Args: grammar.Args{Add: []string{"checkout"}, Remove: []string{"search"}}},
		"services Basket, search":     {Verb: grammar.VerbServices, Args: grammar.Args{Add: []string{"checkout", "search"}}},
		"services INC-3 +chekout":     {Verb: grammar.VerbServices, Args: grammar.Args{Incident: 3, Add: []string{"chekout"}}},
		"kind":                        {Verb: grammar.VerbKind},
		"kind INC-3 Near miss":        {Verb: grammar.VerbKind, Args: grammar.Args{Incident: 3, Kind: incident.KindNearMiss}},
		"kind drill":                  {Verb: grammar.VerbKind, Args: grammar.Args{Kind: incident.KindDrill}},
		"severity sev2":               {Verb: grammar.VerbSeverity, Args: grammar.Args{Severity: 2}},
		"ack":                         {Verb: grammar.VerbAck},
		"acknowledge INC-3":           {Verb: grammar.VerbAck, Args: grammar.Args{Incident: 3}},
		"role commander":              {Verb: grammar.VerbAssign, Args: grammar.Args{Role: incident.RoleCommander}},
		"assign scribe <@U1|bob>":     {Verb: grammar.VerbAssign, Args: grammar.Args{Role: incident.RoleScribe, Users: []string{"U1"}}},
		"assign scribe <mailto:Bob@example.com|bob@example.com>": {Verb: grammar.VerbAssign, Args: grammar.Args{Role: incident.RoleScribe, Users: []string{"bob@example.com"}}},
		"invite bob@example.com <@U1>":                           {Verb: grammar.VerbInvite, Args: grammar.Args{Users: []string{"bob@example.com", "U1"}}},
		"assign commander nobody":                                {Verb: grammar.VerbAssign, Args: grammar.Args{Role: incident.RoleCommander, Nobody: true}},
		"invite <@U1|bob><@U2>, ":                                {Verb: grammar.VerbInvite, Args: grammar.Args{Users: []string{"U1", "U2"}}},
		"\u200blist\u00a0all":                                    {Verb: grammar.VerbList, Args: grammar.Args{All: true}},
		"invite <@U1|bob> <@U2>":                                 {Verb: grammar.VerbInvite, Args: grammar.Args{Users: []string{"U1", "U2"}}},
		"page platform":                                          {Verb: grammar.VerbPage, Args: grammar.Args{Target: "Platform on call"}},
		"merge INC-3":                                            {Verb: grammar.VerbMerge, Args: grammar.Args{Into: 3}},
		"merge INC-3 into INC-7":                                 {Verb: grammar.VerbMerge, Args: grammar.Args{Incident: 3, Into: 7}},
		"merge into INC-7":                                       {Verb: grammar.VerbMerge, Args: grammar.Args{Into: 7}},
		"review held disks fill":                                 {Verb: grammar.VerbReview, Args: grammar.Args{Held: true, Text: "disks fill"}},
		"review waive nothing new":                               {Verb: grammar.VerbReview, Args: grammar.Args{Waived: true, Text: "nothing new"}},
		"subscribe severity&lt;=2 service:checkout":              {Verb: grammar.VerbSubscribe, Args: grammar.Args{Subscription: incident.Subscription{Severity: 2, Services: []string{"checkout"}}}},
		"subscribe <#C1|status> severity<=1":                     {Verb: grammar.VerbSubscribe, Args: grammar.Args{Subscription: incident.Subscription{Severity: 1}, Channel: "C1"}},
		"subscribe <!subteam^S1|@sre>":                           {Verb: grammar.VerbSubscribe, Args: grammar.Args{Group: "S1"}},
		"help me please":                                         {Verb: grammar.VerbHelp},
		"pause-reminders":                                        {Verb: grammar.VerbPause},
		"pause-reminders INC-3 18:00":                            {Verb: grammar.VerbPause, Args: grammar.Args{Incident: 3, Until: "18:00"}},
		"pause until 2026-12-01 08:00":                           {Verb: grammar.VerbPause, Args: grammar.Args{Until: "2026-12-01 08:00"}},
		"pause-reminders off":                                    {Verb: grammar.VerbPause, Args: grammar.Args{Until: "off"}},
		"resolve Disks fill silently":                            {Verb: grammar.VerbResolve, Args: grammar.Args{Text: "Disks fill silently"}},
	} {
		got := read(text)
		require.Equal(t, grammar.Run, got.Meaning, "%q: %+v", text, got)
		require.Equal(t, want.Verb, got.Verb, text)
		require.Equal(t, want.Args, got.Args, text)
	}
}

func TestWhatMayBeEitherAsksBack(t *testing.T) {
	t.Parallel()
	for text, guess := range map[string]grammar.Verb{
		"resolv":                        grammar.VerbResolve,
		"udpate the disk is full":       grammar.VerbUpdate,
		"updat the disk is full":        grammar.VerbUpdate,
		"severty 2":                     grammar.VerbSeverity,
		"sevreity 2 all of it":          grammar.VerbSeverity,
		"mitgate rolled back":           grammar.VerbMitigate,
		"mitigated by a rollback":       grammar.VerbMitigate,
		"resolved it was the network":   grammar.VerbResolve,
		"acknowlege":                    grammar.VerbAck,
		"titel Search is down":          grammar.VerbTitle,
		"canecl a slip":                 grammar.VerbCancel,
		"subscirbe severity<=2":         grammar.VerbSubscribe,
		"follow-upp Bigger disks":       grammar.VerbFollowUp,
		"severity of checkout is wrong": grammar.VerbSeverity,
		"services are down":             grammar.VerbServices,
		"services +":                    grammar.VerbServices,
		"services +-checkout":           grammar.VerbServices,
		"kind of slow":                  grammar.VerbKind,
		"page load is slow":             grammar.VerbPage,
		"list of users is empty":        grammar.VerbList,
		"retry storms in checkout":      grammar.VerbRetry,
		"review waive":                  grammar.VerbReview,
		"subscribe to everything":       grammar.VerbSubscribe,
		"follow-up set 0 done":          grammar.VerbFollowUp,
		"invite":                        grammar.VerbInvite,
		"merge conflicts everywhere":    grammar.VerbMerge,
		"pause of all payments":         grammar.VerbPause,
	} {
		l := read(text)
		require.Equal(t, grammar.Ask, l.Meaning, "%q: %+v", text, l)
		require.Contains(t, l.Guesses, guess, text)
		require.Equal(t, text, l.Text, "what was typed can still be declared")
	}
	l := read("outage")
	require.Equal(t, grammar.Ask, l.Meaning, "a single word is too little to be sure")
	require.Empty(t, l.Guesses)
	require.Equal(t, "rst is no severity", read("severity rst").Why)
}

// What people type when something is down. A title is enough, so none of these may be asked back.
var outages = []string{
	"api is down", "site is down", "AWS us-east-1 is down", "disk full on db3", "login fails", "app crashes on start", "slow checkout",
	"node is down", "nodes are down in eu-west", "db is gone", "dns broken", "web is slow", "auth fails for everybody", "jobs are stuck",
	"cart returns 500", "no mail goes out", "cpu at 100% on web1", "tls cert expired", "vpn down", "lag on replica 2",
	"slack is down", "back office is down", "chat is broken", "pages load slowly", "pages return 502",
	"notes are not saved", "lists are empty", "rules engine is stuck", "rest api 500s", "rack 12 lost power", "acks are lost in kafka",
	"host db3 unreachable", "bugs in billing", "media upload fails", "market data is stale", "search is down", "search slow", "status page is down",
	"service checkout is down", "devices are offline", "checkout is down", "SEV-1: checkout is down", "severity:1 checkout is down", "payments fail since 9",
	"thumbnails are missing", "when users log in, checkout crashes", "cannot log in", "can not log in", "everything is down", "hey, checkout is down",
	"customers cannot pay", "latency of search is 4 s", "kernel panic on db3", "data leak in exports", "queue grows", "ssl handshake errors",
}

func TestUsualOutagesDeclareAtOnce(t *testing.T) {
	t.Parallel()
	for _, text := range outages {
		l := read(text)
		require.Equal(t, grammar.Declare, l.Meaning, "%q: %+v", text, l)
		require.Equal(t, text, l.Text)
	}
}

// chat is what people say to whom they can mention.
var chat = map[string]grammar.Talk{
	"thank you, great work!": grammar.Thanks, "thanks": grammar.Thanks, "Thanks for the help last night, checkout is back": grammar.Thanks, "thx": grammar.Thanks,
	"great work everybody": grammar.Thanks, "well done": grammar.Thanks, "hello": grammar.Greeting, "Hi there!": grammar.Greeting, "good morning, team": grammar.Greeting,
	"hey @alice": grammar.Greeting, "what is open?": grammar.Question, "what is open": grammar.Question, "who is on call": grammar.Question,
	"is anybody looking at checkout": grammar.Question, "checkout is down?": grammar.Question, "can you list the incidents": grammar.Question,
	"how do I page somebody": grammar.Question, "any news": grammar.Question, "was this a sev1?": grammar.Question, "find checkout": grammar.Search,
	"find incidents of last week": grammar.Search, "status of INC-7": grammar.Search,
}

func TestASearchLooksForSomethingAndSearchIsAlsoAService(t *testing.T) {
	t.Parallel()
	for line, text := range map[string]string{
		"search": "", "search checkout": "checkout", "Search INC-7": "INC-7", "search checkout severity<=2 since:90d": "checkout severity<=2 since:90d",
		"search checkout severity&lt;=2": "checkout severity<=2", `search "the disk is full" -drill`: `"the disk is full" -drill`, "search timeout*": "timeout*",
		"search for checkout is down": "checkout is down", "search person:&lt;@U1>": "person:<@U1>",
		"search <@U024BE7LH|alice> disk": "person:@U024BE7LH disk", "search commander:<@U024BE7LH|alice>": "commander:@U024BE7LH", "search status:open down": "status:open down",
	} {
		l := read(line)
		require.Equal(t, grammar.Run, l.Meaning, "%q: %+v", line, l)
		require.Equal(t, grammar.VerbSearch, l.Verb, line)
		require.Equal(t, text, l.Args.Text, line)
		require.Zero(t, l.Args.Incident, line)
	}
	for _, line := range []string{"search is down", "search has no results", "Search results are empty", "search service down", "search returns 500", "search cannot be reached"} {
		l := read(line)
		require.Equal(t, grammar.Declare, l.Meaning, "%q: %+v", line, l)
		require.Equal(t, line, l.Text)
	}
	for _, line := range []string{"search checkout timeout", "search latency", "search errors since friday"} {
		l := read(line)
		require.Equal(t, grammar.Ask, l.Meaning, "%q: %+v", line, l)
		require.Equal(t, grammar.VerbSearch, l.Verb, line)
	}
}

func TestWhatIsSaidToMusterDeclaresNothing(t *testing.T) {
	t.Parallel()
	for text, talk := range chat {
		for _, l := range []grammar.Line{read(text), grammar.ReadMention(text, book{})} {
			require.Equal(t, grammar.Chat, l.Meaning, "%q: %+v", text, l)
			require.Equal(t, talk, l.Talk, text)
			require.Equal(t, text, l.Text, "what was said can still be declared")
		}
		l := read("declare " + text)
		require.Equal(t, grammar.Declare, l.Meaning, "whoever says declare means it")
	}
}

func TestAMentionDeclaresOnlyInSoManyWords(t *testing.T) {
	t.Parallel()
	for _, text := range outages {
		l := grammar.ReadMention(text, book{})
		if strings.HasPrefix(strings.ToLower(text), "sev") {
			require.Equal(t, grammar.Declare, l.Meaning, text)
			continue
		}
		require.NotEqual(t, grammar.Declare, l.Meaning, text)
		l = grammar.ReadMention("Declare "+text, book{})
		require.Equal(t, grammar.Declare, l.Meaning, text)
	}
	l := grammar.ReadMention("the database is back, by the way", book{})
	require.Equal(t, grammar.Chat, l.Meaning)
	require.Equal(t, grammar.Said, l.Talk)
	require.Equal(t, grammar.Run, grammar.ReadMention("ack INC-7", book{}).Meaning, "subcommands are what they are")
	require.Equal(t, grammar.Ask, grammar.ReadMention("udpate all is well", book{}).Meaning)
	require.Equal(t, grammar.Form, grammar.ReadMention("declare", book{}).Meaning)
}

func TestEverySubcommandIsKnownByItsName(t *testing.T) {
	t.Parallel()
	for _, v := range grammar.Verbs() {
		l := read(string(v))
		require.NotEqual(t, grammar.Declare, l.Meaning, v)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"", "checkout is down", "update x next:5m", "<@U1|a b> <!subteam^S1> &lt;", "follow-up set 9 done", "<https://x|", "\xff\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l := grammar.Read(text, book{})
		if l.Meaning == grammar.Declare && strings.TrimSpace(l.Text) == "" {
			t.Fatalf("%q declares nothing", text)
		}
		if utf8.ValidString(text) && !utf8.ValidString(l.Text) {
			t.Fatalf("%q became invalid text %q", text, l.Text)
		}
		if l.Meaning == grammar.Run && l.Verb == "" {
			t.Fatalf("%q runs nothing", text)
		}
	})
}
