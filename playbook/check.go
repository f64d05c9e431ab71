package playbook

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Check reads the playbook at path and reports on it for a person: every error and warning with
// its line, and a closing line that sums up. errs is the number of errors, 0 for a good file.
func Check(path string, now time.Time) (report string, errs int) {
	var b strings.Builder
	p, err := Load(path, now)
	if err != nil {
		var all Errors
		if !errors.As(err, &all) {
			all = Errors{{File: path, Reason: err.Error()}}
		}
		fmt.Fprintf(&b, "%s\n%s: %s\n", all.Error(), path, count(len(all), "error"))
		return b.String(), len(all)
	}
	for _, w := range p.Warnings() {
		fmt.Fprintf(&b, "%s (warning)\n", w)
	}
	verdict := "fine"
	if n := len(p.warnings); n > 0 {
		verdict = "usable, with " + count(n, "warning")
	}
	fmt.Fprintf(&b, "%s: %s: %s, %s, %s\n", path, verdict, count(len(p.services), "service"),
		people(len(p.people)), count(len(p.credentials), "credential"))
	return b.String(), 0
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}
