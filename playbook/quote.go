package playbook

import "strconv"

// quote shows what a person typed: shortened, in quotes, and never a secret.
func quote(s string) string {
	if secretKind(s) != "" {
		return "(a secret, not shown)"
	}
	return strconv.Quote(clip(s))
}
