package file

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/playbook/internal/words"
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
		fmt.Fprintf(&b, "%s\n%s: %s\n", all.Error(), path, words.Count(len(all), "error"))
		return b.String(), len(all)
	}
	for _, w := range p.Warnings() {
		fmt.Fprintf(&b, "%s (warning)\n", w)
	}
	verdict := "fine"
	if n := len(p.Warnings()); n > 0 {
		verdict = "usable, with " + words.Count(n, "warning")
	}
	fmt.Fprintf(&b, "%s: %s: %s, %s, %s\n", path, verdict, words.Count(len(p.Services()), "service"),
		people(len(p.People())), words.Count(len(p.Credentials()), "credential"))
	return b.String(), 0
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}
