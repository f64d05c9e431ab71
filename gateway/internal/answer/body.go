package answer

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"muster/incident"
)

// bodyTime is how long a body may take to arrive. Whoever sends slower is cut off, so that a few slow
// connections do not take up the room of the others.
const bodyTime = 5 * time.Second

// errNoRoom is a body for which there is no room now.
var errNoRoom = errors.New("no room")

// Room bounds how much of the bodies of one door is in memory at once, whoever sends them: what anybody may
// call must not be able to fill the memory. Room is taken as bytes arrive, so announcing a large body takes
// none, and is given back when the request has been answered.
type Room struct{ left *semaphore.Weighted }

// NewRoom makes a room of so many bytes.
func NewRoom(bytes int64) *Room { return &Room{semaphore.NewWeighted(bytes)} }

// Body reads a body of at most most bytes. The caller gives its room back when the request is answered.
func (room *Room) Body(w http.ResponseWriter, r *http.Request, most int64) (body []byte, leave func(), err error) {
	if err := UTF8(r.Header); err != nil {
		return nil, func() {}, err
	}
	t := &taking{room: room, from: http.MaxBytesReader(w, r.Body, most)}
	body, err = read(w, t, most)
	if err != nil {
		t.leave()
		return nil, func() {}, err
	}
	return body, t.leave, nil
}

// taking takes room for what it reads.
type taking struct {
	room *Room
	from io.Reader
	took int64
}

func (t *taking) Read(p []byte) (int, error) {
	n, err := t.from.Read(p)
	if n > 0 && !t.room.left.TryAcquire(int64(n)) {
		return 0, errNoRoom
	}
	t.took += int64(n)
	return n, err
}

func (t *taking) leave() {
	t.room.left.Release(t.took)
	t.took = 0
}

// Body reads a body of at most most bytes.
func Body(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	if err := UTF8(r.Header); err != nil {
		return nil, err
	}
	return read(w, http.MaxBytesReader(w, r.Body, most), most)
}

func read(w http.ResponseWriter, from io.Reader, most int64) ([]byte, error) {
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(bodyTime)) // what has no deadlines is a test
	body, err := io.ReadAll(from)
	var large *http.MaxBytesError
	var slow interface{ Timeout() bool }
	switch {
	case errors.As(err, &large):
		return nil, &Error{http.StatusRequestEntityTooLarge, incident.Problem{
			Code: "too_large", Field: "body", Reason: fmt.Sprintf("is larger than %d bytes", most), Mend: "shorten it and link to the rest",
		}}
	case errors.Is(err, errNoRoom):
		return nil, &Error{http.StatusServiceUnavailable, incident.Problem{
			Code: "away", Field: "body", Reason: "too much is being sent here at this moment", Mend: "send it again in a few seconds",
		}}
	case errors.As(err, &slow) && slow.Timeout():
		return nil, &Error{http.StatusRequestTimeout, incident.Problem{
			Code: "too_slow", Field: "body", Reason: fmt.Sprintf("did not arrive within %d seconds", int(bodyTime.Seconds())), Mend: "send it again over a better connection",
		}}
	case err != nil:
		return nil, Invalid("body", "could not be read to its end", "send it again")
	}
	// What comes is answered in its own time: a deadline that passes meanwhile would end the request.
	_ = connection.SetReadDeadline(time.Time{})
	return body, nil
}

// UTF8 refuses a body that says it is written in something else than plain UTF-8, the one encoding of JSON.
// https://www.rfc-editor.org/rfc/rfc8259#section-8.1
func UTF8(header http.Header) error {
	_, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	charset := params["charset"]
	if err == nil && charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
		return unsupported("Content-Type", "names the charset "+incident.CleanLine(incident.Clip(charset, 40)), "send UTF-8")
	}
	if coding := header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return unsupported("Content-Encoding", "is "+incident.CleanLine(incident.Clip(coding, 40)), "send it as it is, not compressed")
	}
	return nil
}

func unsupported(field, reason, mend string) error {
	return &Error{http.StatusUnsupportedMediaType, incident.Problem{Code: "unsupported_media_type", Field: field, Reason: reason, Mend: mend}}
}
