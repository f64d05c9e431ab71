package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
)

func TestWhyThereIsNoAnswerIsSaidInWords(t *testing.T) {
	t.Parallel()
	for want, errs := range map[string][]error{
		"no answer":         {nil, errors.New("something else")},
		"no answer in time": {context.DeadlineExceeded, &net.DNSError{Err: "i/o timeout", IsTimeout: true}, errors.New("rpc error: code = DeadlineExceeded desc = context deadline exceeded")},
		"the call was broken off before there was an answer": {context.Canceled, errors.Join(errors.New("x"), context.Canceled)},
		"it refuses the connection":                          {syscall.ECONNREFUSED, errors.New("connect: connection refused")},
		"its name cannot be found":                           {&net.DNSError{Err: "no such host"}, errors.New("lookup x: no such host")},
		"the connection was lost":                            {io.EOF, fmt.Errorf("read: %w", io.ErrUnexpectedEOF), syscall.ECONNRESET, net.ErrClosed},
		"it cannot be reached from here":                     {syscall.EHOSTUNREACH},
	} {
		for _, err := range errs {
			require.Equal(t, want, fault.Unanswered(err), "%v", err)
			if err != nil {
				require.Equal(t, want, fault.Unanswered(&url.Error{Op: "Post", URL: "https://x", Err: err}), "%v", err)
			}
		}
	}
}

func TestWhatMusterSaysAroundALibrarysWordsStays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"missing_scope: channels:manage":                                                                "missing_scope: channels:manage",
		"Field 'x' cannot be set. It is not on the screen, or unknown.":                                 "Field 'x' cannot be set. It is not on the screen, or unknown.",
		`nothing answers: Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused`: "nothing answers: it refuses the connection",
		`Post "http://127.0.0.1:1/": EOF`:                                                               "the connection was lost",
		"list workflows: rpc error: code = Unavailable desc = transport: x; start it":                   "list workflows: something went wrong in Muster itself; start it",
		"read it: json: cannot unmarshal string into Go value of type int":                              "read it: its answer cannot be read",
		"cannot be read: open /etc/muster.yaml: no such file or directory":                              "cannot be read: open /etc/muster.yaml: no such file or directory",
		"": "",
	} {
		require.Equal(t, want, fault.Words(text))
		require.Equal(t, want, (&fault.Error{Reason: text}).Said())
	}
}
