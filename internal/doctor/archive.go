package doctor

import (
	"context"
	"strings"

	"muster/archive"
	"muster/incident"
	"muster/integrations/fault"
)

// archive looks whether the archive can be read and written by this version. Whether it holds everything, which
// takes long to find out, `starter archive check` says.
func (e *examination) archive(ctx context.Context) {
	const check = "archive"
	if e.config == nil || e.config.Archive.Empty() {
		return // the settings say that there is none
	}
	a, err := archive.New(e.config.Archive.Reveal())
	if err != nil {
		e.say(Broken, check, "correct MUSTER_ARCHIVE", "%s", err.Error())
		return
	}
	defer func() { _ = a.Close() }() // nothing was written
	if err := a.Writable(ctx); err != nil {
		f, ok := fault.As(err)
		if !ok {
			e.say(Broken, check, "", "%s: %s", a.Where(), fault.Words(err.Error()))
			return
		}
		e.say(Broken, check, f.Mend, "%s: %s", a.Where(), f.Said())
		return
	}
	if open := a.Exposed(); len(open) > 0 {
		e.say(Warning, check, "run `chmod go= "+strings.Join(open, " ")+"`", "others on this machine may read %s, and so all private incidents", strings.Join(open, ", "))
	}
	highest, err := a.Highest(ctx)
	if err != nil {
		e.say(Unchecked, check, "", "%s: it does not say what it holds", a.Where())
		return
	}
	if highest == 0 && e.newest > 0 {
		e.say(Warning, check, "run `starter archive rebuild`, or correct MUSTER_ARCHIVE", "%s holds nothing, and Temporal has %s", a.Where(), incident.Key(e.newest))
		return
	}
	e.say(OK, check, "", "%s can be written, and holds incidents up to number %d", a.Where(), highest)
}
