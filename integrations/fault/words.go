package fault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"regexp"
	"strings"
	"syscall"
)

// What people read of a call without an answer. The library's own words are the cause of the error:
// they name functions and types, and may hold addresses with credentials.
const (
	noAnswer    = "no answer"
	tooLate     = "no answer in time"
	brokenOff   = "the call was broken off before there was an answer"
	refuses     = "it refuses the connection"
	lostIt      = "the connection was lost"
	unreachable = "it cannot be reached from here"
	unknownName = "its name cannot be found"
	certificate = "its certificate is not accepted"
	notTLS      = "it does not speak TLS"
	unreadable  = "its answer cannot be read"
	ourOwn      = "something went wrong in Muster itself"
)

// Unanswered says in words for people why a call has no answer that can be used.
func Unanswered(err error) string {
	var (
		timeout interface{ Timeout() bool }
		name    *net.DNSError
		record  tls.RecordHeaderError
		syntax  *json.SyntaxError
		kind    *json.UnmarshalTypeError
	)
	switch {
	case err == nil:
		return noAnswer
	case errors.Is(err, context.Canceled):
		return brokenOff
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return tooLate
	case errors.As(err, &name):
		return unknownName
	case mistrusted(err):
		return certificate
	case errors.As(err, &record):
		return notTLS
	case errors.Is(err, syscall.ECONNREFUSED):
		return refuses
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return unreachable
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return lostIt
	case errors.As(err, &syntax), errors.As(err, &kind):
		return unreadable
	}
	return byText(err.Error(), noAnswer)
}

func mistrusted(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		host         x509.HostnameError
		invalid      x509.CertificateInvalidError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}

// texts are what errors say that have lost their types on the way, as those of gRPC have.
var texts = []struct {
	says  *regexp.Regexp
	words string
}{
	{regexp.MustCompile(`(?i)context canceled`), brokenOff},
	{regexp.MustCompile(`(?i)deadline exceeded|i/o timeout|timeout awaiting|timed out|Client\.Timeout`), tooLate},
	{regexp.MustCompile(`(?i)no such host|server misbehaving|produced zero addresses`), unknownName},
	{regexp.MustCompile(`(?i)x509:|certificate`), certificate},
	{regexp.MustCompile(`(?i)http response to https|first record does not look like a tls|tls: `), notTLS},
	{regexp.MustCompile(`(?i)connection refused`), refuses},
	{regexp.MustCompile(`(?i)no route to host|network is unreachable|host is down`), unreachable},
	{regexp.MustCompile(`(?i)connection reset|broken pipe|\bEOF\b|closed network connection|server closed|transport is closing|unexpected end of file`), lostIt},
	{regexp.MustCompile(`(?i)invalid character|unmarshal|end of JSON input|unexpected end of JSON|malformed HTTP|json: |response headers exceeded`), unreadable},
	{regexp.MustCompile(`(?i)runtime error|nil pointer|panic|%!`), ourOwn},
}

func byText(s, otherwise string) string {
	for _, t := range texts {
		if t.says.MatchString(s) {
			return t.words
		}
	}
	return otherwise
}

// library finds words that only a programming language and its libraries use.
var library = regexp.MustCompile(`(?i)\b(?:get|post|put|patch|delete|head) "?https?://|\b(?:dial|read|write) (?:tcp|udp|unix)\b|\blookup \S+ on |context (?:deadline exceeded|canceled)|` +
	`net/http:|http: |x509:|tls: |json: |\bEOF\b|i/o timeout|no such host|connect: connection refused|connection reset by peer|broken pipe|` +
	`cannot unmarshal|invalid character '|unexpected end of JSON|parsing time "|strconv\.|runtime error|nil pointer|goroutine \d|rpc error|transport: |error reading server preface|` +
	`%!\w?\(|(?:^|[\s(])\*?[a-z][a-z0-9]*\.[A-Z][A-Za-z]*(?:Error|Exceeded|Unavailable)\b|\bmap\[|<nil>`)

// Words is a reason in words for people: the text itself, but for the part in which a library
// speaks. What Muster says before a colon and behind a semicolon stays.
func Words(s string) string {
	found := library.FindAllStringIndex(s, -1)
	if len(found) == 0 {
		return s
	}
	own, rest := "", ""
	if k := strings.LastIndex(s[:found[0][0]], ": "); k >= 0 {
		own = s[:k+2]
	}
	end := found[len(found)-1][1]
	if k := strings.Index(s[end:], "; "); k >= 0 {
		rest = s[end+k:]
	}
	return own + byText(s[len(own):len(s)-len(rest)], ourOwn) + rest
}
