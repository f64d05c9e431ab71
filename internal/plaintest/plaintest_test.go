package plaintest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGosOwnErrorsAreFound(t *testing.T) {
	t.Parallel()
	var number int
	for _, err := range []error{
		context.DeadlineExceeded, context.Canceled, io.EOF, io.ErrUnexpectedEOF, &net.DNSError{Err: "no such host", Name: "x"},
		&url.Error{Op: "Post", URL: "http://x", Err: errors.New("something")}, json.Unmarshal([]byte(`"x"`), &number), json.Unmarshal([]byte(`{`), &number),
		fmt.Errorf("is a %T", &url.Error{}),
	} {
		require.NotEmpty(t, Foreign(err.Error()), err)
	}
	require.NotEmpty(t, Foreign(fmt.Sprintf("%v", map[string]int{"a": 1})))
	for _, text := range []string{
		"no answer in time", "it refuses the connection", "the name of the host cannot be found", "missing_scope", "channel_not_found (404)",
		"Field 'customfield_10010' cannot be set. It is not on the appropriate screen, or unknown.", "PagerDuty does not answer", "it is not in #general.",
	} {
		require.Empty(t, Foreign(text), text)
	}
}
