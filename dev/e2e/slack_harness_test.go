package e2e

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/internal/sims/slacksim"
)

// slacker is a person who does everything in Slack.
type slacker struct {
	m *installation
	*slacksim.Person
}

func (m *installation) inSlack(email string) slacker { return slacker{m, m.Sims.Slack.Person(email)} }

func slackBook(o *sandbox.Options) { o.Playbook = "testdata/slack.yaml" }

func overSockets(o *sandbox.Options) { o.SlackSocket = true }

// eachWayIn runs a test over signed HTTP and over Socket Mode.
func eachWayIn(t *testing.T, test func(m *installation), options ...option) {
	t.Helper()
	t.Parallel()
	for name, way := range map[string]option{"signed HTTP": func(*sandbox.Options) {}, "Socket Mode": overSockets} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := install(t, append([]option{slackBook, way}, options...)...)
			m.Sims.Slack.AddChannel("checkout-news")
			test(m)
		})
	}
}

// slash gives a command that Slack hears of in time. Whoever is told that it is not recorded, as on a busy machine, types
// it again.
func (s slacker) slash(where, command string) slacksim.Reply {
	s.m.t.Helper()
	var r slacksim.Reply
	until(s.m.t, func() bool {
		var err error
		r, err = s.SlashIn(where, command)
		require.NoError(s.m.t, err)
		require.Equal(s.m.t, http.StatusOK, r.Status, r.Body)
		return !strings.Contains(r.Shown(), "Not recorded")
	}, "%s is recorded: %s", command, lazy(func() string { return r.Shown() }))
	return r
}

// clicks presses a button, which Slack hears of in time.
func (s slacker) clicks(b slacksim.Button) {
	s.m.t.Helper()
	r, err := s.Clicks(b)
	require.NoError(s.m.t, err)
	require.Equal(s.m.t, http.StatusOK, r.Status, r.Body)
}

// presses presses a button of the incident's board, as it is now.
func (s slacker) presses(i *opened, label string) {
	s.m.t.Helper()
	var b slacksim.Button
	s.m.eventually(func() bool { ok := false; b, ok = i.board().Button(label); return ok }, "the board of %s has a button %q", i.key(), label)
	s.clicks(b)
}

// submits fills in the form that is open, which must then close or say what came of it.
func (s slacker) submits(callback string, values map[string]string) {
	s.m.t.Helper()
	v, open := s.Modal()
	require.True(s.m.t, open, "no form is open")
	require.Equal(s.m.t, callback, v.CallbackID)
	r, err := s.Submits(v, values)
	require.NoError(s.m.t, err)
	require.Equal(s.m.t, http.StatusOK, r.Status, r.Body)
	after, open := s.Modal()
	require.True(s.m.t, !open || after.CallbackID != callback, "the form is still open: %v", after.Errors)
}

// posts says something.
func (s slacker) posts(where, text string) slacksim.Message {
	s.m.t.Helper()
	msg, err := s.Posts(where, text)
	require.NoError(s.m.t, err)
	return msg
}

// channel is the incident's channel as it is now.
func (i *opened) channel() slacksim.Channel {
	i.m.t.Helper()
	ch, ok := i.m.Sims.Slack.Channel(i.facts().Links.Channel.ID)
	require.True(i.m.t, ok, "%s has no channel", i.key())
	return ch
}

// board is the pinned message of the incident's channel.
func (i *opened) board() slacksim.Message {
	i.m.t.Helper()
	found := slacksim.Message{}
	for _, msg := range i.channel().Messages {
		if strings.Contains(msg.Key, "/board/") {
			found = msg
		}
	}
	return found
}

// says reports whether a message of a channel contains a text.
func says(ch slacksim.Channel, text string) bool {
	for _, msg := range ch.Messages {
		if strings.Contains(msg.Shown, text) {
			return true
		}
	}
	return false
}

func (m *installation) slackChannel(name string) slacksim.Channel {
	m.t.Helper()
	ch, ok := m.Sims.Slack.Channel(name)
	require.True(m.t, ok, "there is no channel %s", name)
	return ch
}

func withoutGateway(o *sandbox.Options) { o.NoGateway = true }

// startsGatewayProcess runs the gateway in a process of its own, which a test may kill, and tells
// the vendors where it is.
func (m *installation) startsGatewayProcess() *process {
	m.t.Helper()
	path, err := starterBinary()
	require.NoError(m.t, err)
	var lc net.ListenConfig
	l, err := lc.Listen(m.t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(m.t, err)
	address := l.Addr().String()
	require.NoError(m.t, l.Close())
	p := &process{m: m, cmd: exec.Command(path, "serve")}
	env := m.Env()
	env["MUSTER_LISTEN"] = address
	for k, v := range env {
		p.cmd.Env = append(p.cmd.Env, k+"="+v)
	}
	if os.Getenv("MUSTER_TEST_LOG") != "" {
		p.cmd.Stderr = m.t.Output()
	}
	require.NoError(m.t, p.cmd.Start())
	m.t.Cleanup(p.kill)
	m.eventually(func() bool { return answers(m.t.Context(), "http://"+address+"/v1/incidents") }, "the gateway answers")
	m.Sims.Deliver("http://" + address)
	return p
}

func answers(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close() // nothing of it is read
	return true
}

// titled lists the incidents of a title.
func (m *installation) titled(title string) []int {
	m.t.Helper()
	var out []int
	for n := 1; ; n++ {
		i, err := m.incidents.Snapshot(m.t.Context(), n)
		if p, ok := incident.AsProblem(err); ok && p.Code == incident.CodeNotFound {
			return out
		}
		require.NoError(m.t, err)
		if i.Title == title {
			out = append(out, n)
		}
	}
}

// lazy is a text that is made only when a test fails.
type lazy func() string

func (l lazy) String() string { return l() }

// shown is all that a channel shows.
func shown(ch slacksim.Channel) string {
	var b strings.Builder
	for _, msg := range ch.Messages {
		b.WriteString(msg.Thread + "> " + msg.Shown + "\n")
	}
	return b.String()
}
