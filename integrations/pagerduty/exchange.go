package pagerduty

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"muster/integrations/fault"
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
	// secret is the token that was sent, which must not appear in an error.
	secret fault.Secret
}

type exchangeKey struct{}

// recorder makes the library's requests and notes each in the exchange of its context.
type recorder struct {
	http *http.Client
	// credentials, if set, take the place of the library's own.
	credentials *credentials
}

// Do implements the library's HTTPClient.
func (r recorder) Do(request *http.Request) (*http.Response, error) {
	x, ok := request.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		x = &exchange{}
	}
	response, err := r.make(x, request)
	if err == nil && x.status == http.StatusUnauthorized && r.credentials != nil && r.credentials.refuse(x.secret) {
		// The token has ended before its time, as when somebody revoked it. Nothing was done.
		if again, ok := repeat(request); ok {
			return r.make(x, again)
		}
	}
	return response, err
}

func (r recorder) make(x *exchange, request *http.Request) (*http.Response, error) {
	*x = exchange{}
	if r.credentials != nil {
		header, secret, err := r.credentials.header(request.Context())
		if err != nil {
			x.err = err
			return nil, err
		}
		x.secret = secret
		request.Header.Set("Authorization", header)
	}
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

// repeat makes a request anew whose body has been read.
func repeat(request *http.Request) (*http.Request, bool) {
	again := request.Clone(request.Context())
	if request.Body == nil || request.Body == http.NoBody {
		return again, true
	}
	if request.GetBody == nil {
		return nil, false
	}
	body, err := request.GetBody()
	again.Body = body
	return again, err == nil
}
