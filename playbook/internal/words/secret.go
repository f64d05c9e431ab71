package words

import (
	"regexp"
	"strings"
)

// secretShapes are what the secrets of the vendors look like. A shape that matches too little
// lets a secret into version control, one that matches too much only costs an edit.
var secretShapes = []struct {
	kind  string
	shape *regexp.Regexp
}{
	{"a Slack token", regexp.MustCompile(`\bxox[a-z]-[0-9A-Za-z-]{6,}|\bxapp-[0-9A-Za-z-]{6,}`)},
	{"a Slack webhook address", regexp.MustCompile(`hooks\.slack\.com/(?:services|workflows|triggers)/\S+`)},
	{"an Atlassian token", regexp.MustCompile(`\bATATT[0-9A-Za-z_=-]{8,}`)},
	{"a PagerDuty token", regexp.MustCompile(`\b[uy]\+[0-9A-Za-z_-]{16,}`)},
	{"a PagerDuty address with a routing key", regexp.MustCompile(`(?i)pagerduty\.com/\S*[0-9a-f]{32}`)},
	{"a private key", regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY`)},
	{"a routing key", regexp.MustCompile(`\bR[0-9A-Z]{31}\b|\b[0-9a-fA-F]{32}\b`)},
}

// address finds web addresses, which carry 32 hexadecimal digits for many harmless reasons.
var address = regexp.MustCompile(`https?://[^\s"']+`)

// SecretKind names the secret that s seems to hold, or is empty.
func SecretKind(s string) string {
	kind, _ := FindSecret(s)
	return kind
}

// FindSecret also says at which byte the secret starts.
func FindSecret(s string) (kind string, at int) {
	if len(s) < 10 {
		return "", 0
	}
	for _, sh := range secretShapes {
		text := s
		if sh.kind == "a routing key" {
			text = address.ReplaceAllStringFunc(s, func(a string) string { return strings.Repeat(" ", len(a)) })
		}
		if m := sh.shape.FindStringIndex(text); m != nil {
			return sh.kind, m[0]
		}
	}
	return "", 0
}
