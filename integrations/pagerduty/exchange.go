package pagerduty

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxAnswer is the most that is read of an answer. The largest that is asked for, a page of
// 100 alerts, stays far below.
const maxAnswer = 16 << 20

var errTooLong = errors.New("the answer is too long")

// exchange is what really happened in one call of the library, which hides it: it formats
// transport errors with %v, so that errors.Is finds no context error in them; its APIError has
// no headers, so that nobody sees ratelimit-reset; and it decodes a refusal of the Events API
// as if it came from the REST API, and so loses the message.
type exchange struct {
	status int
	header http.Header
	body   []byte
	// err says why there is no whole answer.
	err error
}

type exchangeKey struct{}

// recorder makes the library's requests and notes each in the exchange of its context.
type recorder struct{ http *http.Client }

// Do implements the library's HTTPClient.
func (r recorder) Do(request *http.Request) (*http.Response, error) {
	x, ok := request.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		x = &exchange{}
	}
	*x = exchange{}
	response, err := r.http.Do(request)
	if err != nil {
		x.err = err
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	x.status, x.header = response.StatusCode, response.Header
	x.body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err == nil && len(x.body) > maxAnswer {
		err = errTooLong
	}
	if err != nil {
		x.err = fmt.Errorf("read answer: %w", err)
		return nil, x.err
	}
	response.Body = io.NopCloser(bytes.NewReader(x.body))
	return response, nil
}
