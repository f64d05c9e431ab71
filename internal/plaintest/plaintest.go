// Package plaintest checks in tests that what people read has no words that only Go and its
// libraries use.
package plaintest

import (
	"regexp"
	"strings"
	"testing"
)

// foreign are such words. The list is this package's own: what takes them out in production must not
// be what tells whether they are gone.
var foreign = []string{
	`Post "`, `Get "`, `Put "`, "dial tcp", "read tcp", "write tcp", "lookup ", "context deadline exceeded", "context canceled", "net/http", "http: ", "json:", "EOF", "%!",
	"x509", "tls:", "i/o timeout", "no such host", "connection refused", "connection reset", "broken pipe", "unmarshal", "invalid character", "end of JSON", "strconv", "parsing time",
	"runtime error", "nil pointer", "goroutine", "rpc error", "transport:", "desc =", "map[", "<nil>", "2006-01-02T15", "0x", "errors.errorString", "awaiting headers", "Client.Timeout", "malformed HTTP",
	"<html", "<!doctype", "struct {", "interface {",
}

// types finds names of Go's types and functions: *url.Error, incident.ChangeSeverity, net.OpError.
var types = regexp.MustCompile(`(?:^|[\s(\[])\*?(?:url|net|http|json|time|errors|fmt|context|tls|syscall|os|io|incident|api|slack|jira|pagerduty|pagerdutyapi|slackapi|fault|temporal|serviceerror|activities|playbook)\.[A-Z]\w+|\bGo (?:value|struct|type)\b`)

// Foreign finds the first word in a text that is no person's, or answers "".
func Foreign(text string) string {
	low := strings.ToLower(text)
	for _, f := range foreign {
		if strings.Contains(low, strings.ToLower(f)) {
			return f
		}
	}
	return strings.TrimSpace(types.FindString(text))
}

// Plain fails for a text with such words. What says which text it is.
func Plain(t testing.TB, what, text string) {
	t.Helper()
	if f := Foreign(text); f != "" {
		t.Errorf("%s: %q is not for people: %s", what, f, text)
	}
}
