package answer_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway/internal/answer"
)

// connection is an answer whose connection has deadlines.
type connection struct {
	*httptest.ResponseRecorder
	deadlines []time.Time
}

func (c *connection) SetReadDeadline(t time.Time) error {
	c.deadlines = append(c.deadlines, t)
	return nil
}

func open() *connection { return &connection{ResponseRecorder: httptest.NewRecorder()} }

func sending(t *testing.T, body io.Reader, header ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/", body)
	for k := 0; k+1 < len(header); k += 2 {
		r.Header.Set(header[k], header[k+1])
	}
	return r
}

func TestARoomHoldsSoMuchAndNoMore(t *testing.T) {
	t.Parallel()
	room := answer.NewRoom(10)
	first, leave, err := room.Body(open(), sending(t, strings.NewReader("12345678")), 10)
	require.NoError(t, err)
	require.Equal(t, "12345678", string(first))

	_, _, err = room.Body(open(), sending(t, strings.NewReader("12345678")), 10)
	require.Equal(t, http.StatusServiceUnavailable, answer.StatusOf(err))
	_, small, err := room.Body(open(), sending(t, strings.NewReader("12")), 10)
	require.NoError(t, err, "what was refused has left")
	small()

	leave()
	_, leave, err = room.Body(open(), sending(t, strings.NewReader("0123456789")), 10)
	require.NoError(t, err)
	leave()
	leave() // giving room back twice makes no more of it
	_, _, err = room.Body(open(), sending(t, strings.NewReader("0123456789x")), 20)
	require.Equal(t, http.StatusServiceUnavailable, answer.StatusOf(err))
	_, _, err = room.Body(open(), sending(t, strings.NewReader("0123456")), 5)
	require.Equal(t, http.StatusRequestEntityTooLarge, answer.StatusOf(err))
}

// stalling sends a little and then nothing, until the connection's deadline.
type stalling struct{ sent bool }

func (s *stalling) Read(p []byte) (int, error) {
	if s.sent {
		return 0, os.ErrDeadlineExceeded
	}
	s.sent = true
	return copy(p, "{"), nil
}

func TestASlowBodyIsCutAndGivesItsRoomBack(t *testing.T) {
	t.Parallel()
	room, c := answer.NewRoom(1), open()
	_, _, err := room.Body(c, sending(t, &stalling{}), 10)
	require.Equal(t, http.StatusRequestTimeout, answer.StatusOf(err))
	require.Len(t, c.deadlines, 1)
	require.WithinDuration(t, time.Now().Add(5*time.Second), c.deadlines[0], 3*time.Second)

	c = open()
	_, _, err = room.Body(c, sending(t, strings.NewReader("x")), 10)
	require.NoError(t, err)
	require.Len(t, c.deadlines, 2)
	require.Zero(t, c.deadlines[1], "the answer may take longer than the body")
}

func TestOnlyUTF8IsTaken(t *testing.T) {
	t.Parallel()
	for kind, taken := range map[string]bool{
		"": true, "application/json": true, "application/json; charset=utf-8": true, `application/json; charset="UTF-8"`: true, "text/plain; charset=us-ascii": true,
		"application/json; charset=iso-8859-1": false, "application/json;charset=utf-16": false, "application/x-www-form-urlencoded; charset=Windows-1252": false,
	} {
		err := answer.UTF8(http.Header{"Content-Type": {kind}})
		require.Equal(t, taken, err == nil, kind)
		if !taken {
			require.Equal(t, http.StatusUnsupportedMediaType, answer.StatusOf(err))
		}
	}
	require.NoError(t, answer.UTF8(http.Header{"Content-Encoding": {"identity"}}))
	require.Equal(t, http.StatusUnsupportedMediaType, answer.StatusOf(answer.UTF8(http.Header{"Content-Encoding": {"gzip"}})))
	require.Equal(t, http.StatusInternalServerError, answer.StatusOf(errors.New("other")))
}
