package query_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/archive/query"
	"muster/incident"
)

// now is a Monday in Berlin, one day after the clocks went forward.
var now = time.Date(2026, 3, 30, 9, 30, 0, 0, berlin())

func berlin() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}

func day(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 0, 0, 0, 0, berlin())
}

// numbers are so many different words.
func numbers(n int) string {
	var all []string
	for k := range n {
		all = append(all, "x"+strconv.Itoa(k))
	}
	return strings.Join(all, " ")
}

func word(forms ...string) query.Term { return query.Term{Forms: forms} }

func TestWhatPeopleWriteIsUnderstood(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for text, want := range map[string]query.Query{
		"":                              {},
		"   \n\t ":                      {},
		"checkout":                      {Terms: []query.Term{word("checkout")}},
		"Café DISK":                     {Terms: []query.Term{word("cafe"), word("disk")}},
		"check*":                        {Terms: []query.Term{{Forms: []string{"check"}, Prefix: true}}},
		"checkout-api*":                 {Terms: []query.Term{{Forms: []string{"checkout", "api"}, Prefix: true}}},
		`"disk is full"`:                {Terms: []query.Term{word("disk", "is", "full")}},
		"“disk is full”":                {Terms: []query.Term{word("disk", "is", "full")}},
		`"disk is full`:                 {Terms: []query.Term{word("disk", "is", "full")}},
		`"check*"`:                      {Terms: []query.Term{word("check")}},
		strings.Repeat("x ", 30):        {Terms: []query.Term{word("x")}},
		`x -x "x x" x`:                  {Terms: []query.Term{word("x"), {Forms: []string{"x"}, Not: true}, word("x", "x")}},
		"-drill":                        {Terms: []query.Term{{Forms: []string{"drill"}, Not: true}}},
		`disk -"is full"`:               {Terms: []query.Term{word("disk"), {Forms: []string{"is", "full"}, Not: true}}},
		"障害":                            {Terms: []query.Term{word("障", "害")}},
		"🔥 fire":                        {Terms: []query.Term{word("fire")}},
		"--force":                       {Terms: []query.Term{word("force")}},
		"http://example.com/x?y=z":      {Terms: []query.Term{word("http", "example", "com", "x", "y", "z")}},
		"10:30":                         {Terms: []query.Term{word("10", "30")}},
		"std::string Checkout: a:b x=1": {Terms: []query.Term{word("std", "string"), word("checkout"), word("a", "b"), word("x", "1")}},
		`"error:timeout"`:               {Terms: []query.Term{word("error", "timeout")}},
		`5" disk`:                       {Terms: []query.Term{word("5"), word("disk")}},
		"INC-7":                         {Numbers: []int{7}},
		"inc-7, INC-8":                  {Numbers: []int{7, 8}},
		`"INC-7"`:                       {Terms: []query.Term{word("inc", "7")}},
		"severity<=2":                   {Severities: []incident.Severity{1, 2}},
		"severity≤2":                    {Severities: []incident.Severity{1, 2}},
		"sev<3":                         {Severities: []incident.Severity{1, 2}},
		"SEV>=sev4":                     {Severities: []incident.Severity{4, 5}},
		"severity>4":                    {Severities: []incident.Severity{5}},
		"severity=2":                    {Severities: []incident.Severity{2}},
		"severity:1,sev-3":              {Severities: []incident.Severity{1, 3}},
		"sev1":                          {Severities: []incident.Severity{1}},
		"-sev1":                         {Severities: []incident.Severity{2, 3, 4, 5}},
		`"sev1"`:                        {Terms: []query.Term{word("sev1")}},
		"severity>=2 severity<=3":       {Severities: []incident.Severity{2, 3}},
		"kind:near-miss,drill":          {Kinds: []incident.Kind{incident.KindNearMiss, incident.KindDrill}},
		"-kind:drill":                   {Kinds: []incident.Kind{incident.KindIncident, incident.KindNearMiss, incident.KindExternal}},
		"status=Open":                   {Statuses: []incident.Status{incident.StatusOpen}},
		"status:live":                   {Statuses: []incident.Status{incident.StatusOpen, incident.StatusMitigated}},
		"-status:ended":                 {Statuses: []incident.Status{incident.StatusOpen, incident.StatusMitigated}},
		"status:ended": {Statuses: []incident.Status{
			incident.StatusResolved, incident.StatusClosed, incident.StatusCancelled, incident.StatusMerged,
		}},
		"service:Checkout,payments": {Services: []query.Names{{Any: []string{"checkout", "payments"}}}},
		`service:"Check out","a,b"`: {Services: []query.Names{{Any: []string{"check out", "a,b"}}}},
		"tag:a -tag:b":              {Tags: []query.Names{{Any: []string{"a"}}, {Any: []string{"b"}, Not: true}}},
		"person:ME,Bob@Example.com": {People: []query.Names{{Any: []string{"me", "bob@example.com"}}}},
		"commander:a@example.com":   {Commanders: []query.Names{{Any: []string{"a@example.com"}}}},
		"private:yes":               {Private: &yes},
		"-private:true":             {Private: &no},
		"disk in:title,follow-ups":  {Terms: []query.Term{word("disk")}, Parts: []query.Part{query.PartTitle, query.PartFollowUps}},
		"-disk in:learning":         {Terms: []query.Term{{Forms: []string{"disk"}, Not: true}}, Parts: []query.Part{query.PartLearnings}},
		"since:12h":                 {Since: now.Add(-12 * time.Hour)},
		"since:2d":                  {Since: time.Date(2026, 3, 28, 9, 30, 0, 0, berlin())}, // at the same time of day, clocks or not
		"since:3w":                  {Since: time.Date(2026, 3, 9, 9, 30, 0, 0, berlin())},
		"since:2mo":                 {Since: time.Date(2026, 1, 30, 9, 30, 0, 0, berlin())},
		"since:1y":                  {Since: time.Date(2025, 3, 30, 9, 30, 0, 0, berlin())},
		"since:99999y":              {Since: time.Unix(0, 0).In(berlin())},
		"since:today":               {Since: day(time.March, 30)},
		"until:yesterday":           {Until: day(time.March, 30)},
		"since:2026-03-01":          {Since: day(time.March, 1)},
		"until:2026-03-01":          {Until: day(time.March, 2)},
		"since:2026-Q1":             {Since: day(time.January, 1)},
		"until:2026q1":              {Until: day(time.April, 1)},
		"since:2026-02 until:2026-02": {
			Since: day(time.February, 1), Until: day(time.March, 1),
		},
		"checkout severity<=2 since:90d -\"load test\"": {
			Terms:      []query.Term{word("checkout"), {Forms: []string{"load", "test"}, Not: true}},
			Severities: []incident.Severity{1, 2}, Since: time.Date(2025, 12, 30, 9, 30, 0, 0, berlin()),
		},
	} {
		got, err := query.Parse(text, now)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	at, err := query.Parse("since:2026-03-01T10:00:00+02:00", now)
	require.NoError(t, err)
	require.True(t, at.Since.Equal(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)))
}

func TestWhatCannotBeUnderstoodIsRefusedWithTheMend(t *testing.T) {
	t.Parallel()
	for text, says := range map[string][2]string{
		"team:checkout":                         {"there is no filter team", "write one of severity<=2, kind:near_miss"},
		"error:timeout":                         {"there is no filter error", "put them in quotes"},
		"severity<=9":                           {`"9" is no severity`, "from 1 (worst) to 5"},
		"severity<1":                            {"leaves no severity", "write severity<=2"},
		"severity<=1,2":                         {"compares with more than one number", "severity:1,2"},
		"sev1 sev2":                             {"leaves no severity", "severity:1,2"},
		"severity:":                             {"names nothing", "write it like severity<=2"},
		"status:gone":                           {`"gone" is no status`, "live (open or mitigated) or ended"},
		"status:open status:closed":             {"status is there twice", "status:open,mitigated"},
		"status>=open":                          {"compares what is no number", "status:open,mitigated"},
		"-status:live,ended":                    {"leaves no status", "leave it out"},
		"kind:meteor":                           {`"meteor" is no kind`, "near_miss"},
		"service:,":                             {"names nothing", "service:checkout"},
		"tag:\"\"":                              {"names nothing", "tag:"},
		"person:Alice":                          {`"Alice" is no e-mail address`, "alice@example.com"},
		"since:soon":                            {`"since:soon" is no time`, "since:2026-03-01"},
		"since:2026-02-30":                      {"is no time", "since:90d"},
		"since:2026-Q5":                         {"is no time", "2026-Q1"},
		"since:90d,30d":                         {"is no time", "since:90d"},
		"-since:90d":                            {"cannot be turned round", "until:"},
		"since:1d since:2d":                     {"since is there twice", "keep one"},
		"since:2026-03-02 until:2026-03-01":     {"since is not before until", "exchange"},
		"private:maybe":                         {"neither yes nor no", "private:yes"},
		"private:yes,no":                        {"has one value", "leave it out"},
		"disk in:body":                          {`"body" is no part`, "follow_ups"},
		"in:title":                              {"says where to look and not for what", "add a word"},
		"ab*":                                   {"begins too many words", "at least 3 letters"},
		"🔥🔥":                                    {"has no letter and no digit", "ask for a word"},
		"*":                                     {"has no letter and no digit", "ask for a word"},
		strings.Repeat("x", 10_000):             {"has 10000 characters", "few words"},
		numbers(30):                             {"more than 24 words", "few words"},
		"\"" + numbers(70) + "\"":               {"words", "few words"},
		`"` + strings.Repeat("the ", 5) + `"`:   {"the same word for the 5th time", "ask for it once"},
		`"the a the" "the the b" the`:           {"the same word for the 5th time", "ask for it once"},
		"tag:" + strings.Repeat("x,", 70) + "x": {"more than 60 values", "fewer"},
	} {
		_, err := query.Parse(text, now)
		p, ok := incident.AsProblem(err)
		require.True(t, ok, "%s: %v", text, err)
		require.Equal(t, "q", p.Field, text)
		require.Equal(t, incident.CodeInvalid, p.Code, text)
		require.Contains(t, p.Reason, says[0], text)
		require.Contains(t, p.Mend, says[1], text)
		require.Less(t, len(p.Error()), 500, "nothing long is given back")
	}
}

func TestWordsAreMarkedWhereTheyStand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ query, text, want string }{
		{"disk", "The Disk is full", "The [Disk] is full"},
		{"disk*", "Disks and diskettes", "[Disks] and [diskettes]"},
		{"disk", "Disks", "Disks"},
		{`"is full"`, "full is full is", "full [is full] is"},
		{`"disk is" "is full"`, "disk is full", "[disk is full]"},
		{"cafe", "Le Café — CAFE\u0301!", "Le [Café] — [CAFE\u0301]!"},
		{"障害", "決済障害が発生", "決済[障害]が発生"},
		{"ملاحظة", "🔥 ملاحظة 🔥", "🔥 [ملاحظة] 🔥"},
		{"disk -full", "disk full", "[disk] full"},
		{"-full", "disk full", "disk full"},
		{"severity<=2", "severity 2", "severity 2"},
		{"<b>", "a <b>", "a <[b]>"},
	} {
		q, err := query.Parse(c.query, now)
		require.NoError(t, err, c.query)
		require.Equal(t, c.want, query.Mark(c.text, q.Spans(c.text), "[", "]", nil), c.query)
	}
	q, err := query.Parse("disk", now)
	require.NoError(t, err)
	safe := strings.NewReplacer("<", "&lt;").Replace
	require.Equal(t, "&lt;i><b>disk</b>&lt;", query.Mark("<i>disk<", q.Spans("<i>disk<"), "<b>", "</b>", safe))
}

// FuzzParse holds that no text breaks the reader, that what it gives is within bounds, and that marks fit.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`checkout severity<=2 since:90d -"load test" in:title`, `"`, `-"`, `tag:"a`, "\x00\xff", "status:\u202e", "a\u0000b", "'; DROP TABLE incidents; --",
		"{title} : x", "NEAR(a b)", "a OR b", "a & !b | c:*", "-", "--", ",", "since:", "障害*", "“x«", "sev<=", "service:,,,", `\'`, "İi̇", strings.Repeat("-\"", 40),
	} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, text, other string) {
		q, err := query.Parse(text, now)
		if err != nil {
			p, ok := incident.AsProblem(err)
			require.True(t, ok)
			require.Equal(t, "q", p.Field)
			require.NotEmpty(t, p.Reason)
			require.NotEmpty(t, p.Mend)
			return
		}
		for _, term := range q.Terms {
			require.NotEmpty(t, term.Forms)
			for _, form := range term.Forms {
				require.NotEmpty(t, form)
				require.False(t, strings.ContainsAny(form, "\x00'\"\\ *:&|!()<>"), form)
			}
		}
		for _, said := range []string{text, other} {
			end := 0
			for _, s := range q.Spans(said) {
				require.GreaterOrEqual(t, s.Start, end)
				require.Greater(t, s.End, s.Start)
				require.LessOrEqual(t, s.End, len(said))
				end = s.End
			}
			require.Equal(t, said, query.Mark(said, q.Spans(said), "", "", nil))
		}
	})
}
