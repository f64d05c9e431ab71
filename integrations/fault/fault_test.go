package fault_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
)

func TestEveryStatusHasOneClass(t *testing.T) {
	t.Parallel()
	want := func(status int) fault.Class {
		switch {
		case slices.Contains([]int{401, 403}, status):
			return fault.Credential
		case slices.Contains([]int{404, 410}, status):
			return fault.Gone
		case slices.Contains([]int{408, 425, 429}, status), status >= 500:
			return fault.Retryable
		}
		return fault.Permanent
	}
	for status := range 1000 {
		require.Equal(t, want(status), fault.ClassOfStatus(status), "%d", status)
	}
}

func TestHowLongAVendorWantsUsToWait(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":                               0,
		"0":                              0,
		"7":                              7 * time.Second,
		" 7 ":                            7 * time.Second,
		"1.5":                            1500 * time.Millisecond,
		"-3":                             0,
		"3600":                           time.Hour,
		"3601":                           time.Hour,
		"99999999999":                    time.Hour, // more than a Duration holds
		"1e300":                          time.Hour,
		"-1e300":                         0,
		"inf":                            time.Hour,
		"nan":                            0,
		"Fri, 20 Nov 2026 09:00:30 GMT":  30 * time.Second,
		"Friday, 20-Nov-26 09:01:00 GMT": time.Minute,
		"Fri, 20 Nov 2026 08:59:30 GMT":  0,
		"Sat, 20 Nov 2027 09:00:30 GMT":  time.Hour,
		"Fri, 31 Dec 9999 23:59:59 GMT":  time.Hour,
		"Mon, 01 Jan 0001 00:00:00 GMT":  0,
		"2026-11-20T09:00:30Z":           0,
		"soon":                           0,
		"7 seconds":                      0,
	} {
		require.Equal(t, want, fault.ParseRetryAfter(header, now), "%q", header)
	}
}

func TestAnErrorReadsWell(t *testing.T) {
	t.Parallel()
	library := errors.New("Post https://example.com/with/a/token")
	for want, e := range map[string]*fault.Error{
		"slack chat.update: timeout":                                       {Vendor: "slack", Operation: "chat.update", Reason: "timeout"},
		"slack chat.update: is_archived (200)":                             {Vendor: "slack", Operation: "chat.update", Reason: "is_archived", Status: 200, Class: fault.Gone, Meaning: fault.ChannelArchived},
		"jira issue.create: no permission (403); ask an admin":             {Vendor: "jira", Operation: "issue.create", Reason: "no permission", Status: 403, Mend: "ask an admin"},
		"pagerduty settings: pagerduty is not set up; set PAGERDUTY_TOKEN": {Vendor: "pagerduty", Operation: "settings", Reason: "pagerduty is not set up", Mend: "set PAGERDUTY_TOKEN", Class: fault.Off},
	} {
		e.Err = library // its text may hold anything
		require.EqualError(t, e, want)
		require.ErrorIs(t, e, library)
	}
}

func TestAnErrorIsFoundHoweverItIsWrapped(t *testing.T) {
	t.Parallel()
	archived := &fault.Error{Vendor: "slack", Operation: "chat.update", Class: fault.Gone, Meaning: fault.ChannelArchived, Reason: "is_archived", Err: context.Canceled}
	other := &fault.Error{Vendor: "jira", Class: fault.Permanent, Meaning: fault.NotAllowed}
	for name, err := range map[string]error{
		"itself":  archived,
		"wrapped": fmt.Errorf("telling: %w", archived),
		"twice":   fmt.Errorf("again: %w", fmt.Errorf("telling: %w", archived)),
		"joined":  errors.Join(errors.New("something else"), archived),
		"first":   errors.Join(archived, other),
	} {
		e, ok := fault.As(err)
		require.True(t, ok, name)
		require.Same(t, archived, e, name)
		require.True(t, fault.IsClass(err, fault.Gone), name)
		require.False(t, fault.IsClass(err, fault.Permanent), name)
		require.True(t, fault.Means(err, fault.ChannelArchived), name)
		require.False(t, fault.Means(err, fault.ChannelMissing), name)
		require.ErrorIs(t, err, context.Canceled, name)
	}
	for name, err := range map[string]error{
		"nothing":                  nil,
		"somebody else's":          errors.New("is_archived"),
		"of the same text":         fmt.Errorf("telling: %v", archived), //nolint:errorlint // that is what is tried
		"nothing that was wrapped": errors.Join(nil, nil),
	} {
		e, ok := fault.As(err)
		require.False(t, ok, name)
		require.Nil(t, e, name)
		require.False(t, fault.IsClass(err, fault.Gone), name)
		require.False(t, fault.IsClass(err, ""), name)
		require.False(t, fault.Means(err, fault.ChannelArchived), name)
		require.False(t, fault.Means(err, ""), name)
	}
	require.True(t, fault.Means(&fault.Error{Class: fault.Retryable}, ""), "its class says all")
}

// Meanings go into histories, which later versions read.
func TestTheMeaningsStay(t *testing.T) {
	t.Parallel()
	require.Equal(t, []fault.Meaning{
		"channel archived", "channel missing", "object gone", "person unknown", "nobody on call", "scope missing", "not allowed",
	}, []fault.Meaning{
		fault.ChannelArchived, fault.ChannelMissing, fault.ObjectGone, fault.PersonUnknown, fault.NobodyOnCall, fault.ScopeMissing, fault.NotAllowed,
	})
}

const hidden = "xoxb-not-for-anybody"

func TestASecretIsGivenOnlyToWhoAsks(t *testing.T) {
	t.Parallel()
	s := fault.NewSecret(hidden)
	require.Equal(t, hidden, s.Reveal())
	require.False(t, s.Empty())
	for name, none := range map[string]fault.Secret{"zero": {}, "empty": fault.NewSecret("")} {
		require.Empty(t, none.Reveal(), name)
		require.True(t, none.Empty(), name)
		require.Equal(t, "***", none.String(), "that there is none is not told either")
	}
}

func TestNothingPrintsASecret(t *testing.T) {
	t.Parallel()
	type outside struct{ Token fault.Secret }
	type inside struct{ token fault.Secret }
	s := fault.NewSecret(hidden)
	shapes := map[string]any{
		"itself": s, "a pointer": &s, "a field": outside{s}, "a hidden field": inside{s}, "far in": &outside{s},
		"a list": []fault.Secret{s}, "a map": map[string]fault.Secret{"token": s}, "a key": map[fault.Secret]int{s: 1},
	}
	for name, shape := range shapes {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%t"} {
			text := fmt.Sprintf(verb, shape)
			require.NotContains(t, text, hidden, "%s as %s", name, verb)
			require.NotContains(t, text, fmt.Sprintf("%x", hidden), "%s as %s", name, verb)
			require.NotContains(t, text, fmt.Sprintf("%X", hidden), "%s as %s", name, verb)
		}
		text, err := json.Marshal(shape)
		require.NoError(t, err, name)
		require.NotContains(t, string(text), hidden, name)

		var log bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
			logger := slog.New(handler).With("with", shape)
			logger.Info("calling", "shape", shape, slog.Group("group", slog.Any("shape", shape)))
		}
		require.NotEmpty(t, log.String())
		require.NotContains(t, log.String(), hidden, name)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.Equal(t, "***", fmt.Sprintf(verb, s), verb)
	}
	text, err := json.Marshal(outside{s})
	require.NoError(t, err)
	require.JSONEq(t, `{"Token":"***"}`, string(text))
}

func TestWhatEveryOtherCallWouldMeetToo(t *testing.T) {
	t.Parallel()
	for general, all := range map[bool][]error{
		true: {
			&fault.Error{Class: fault.Off}, &fault.Error{Class: fault.Credential, Status: 403}, &fault.Error{Class: fault.Retryable, Status: 429},
			&fault.Error{Class: fault.Retryable}, errors.New("anything else"), context.Canceled,
		},
		false: {
			nil, &fault.Error{Class: fault.Permanent}, &fault.Error{Class: fault.Permanent, Status: 400}, &fault.Error{Class: fault.Gone, Status: 404},
			&fault.Error{Class: fault.Retryable, Status: 500}, fmt.Errorf("wrapped: %w", &fault.Error{Class: fault.Gone}),
		},
	} {
		for _, err := range all {
			require.Equal(t, general, fault.General(err), "%v", err)
		}
	}
}
