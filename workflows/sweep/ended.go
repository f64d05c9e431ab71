package sweep

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// maxTold bounds the runs that are remembered as told, maxNamed those that one message names.
const (
	maxTold  = 500
	maxNamed = 15
)

// tellEnded tells the operators of what was ended by hand, each run once, and gives what they know by now.
// What could not be told is news for the next sweep.
func tellEnded(ctx workflow.Context, f workflow.Future, told []string) []string {
	var seen activities.SweptEnded
	if err := f.Get(ctx, &seen); err != nil {
		workflow.GetLogger(ctx).Warn("sweep incomplete", "error", err.Error())
		return told
	}
	if m, ok := endedMessage(seen); ok && !tell(ctx, seen, m) {
		return told
	}
	var now []string
	for _, e := range seen.Ended[:min(len(seen.Ended), maxTold)] {
		now = append(now, e.RunID)
	}
	return now
}

func tell(ctx workflow.Context, seen activities.SweptEnded, m incident.Message) bool {
	if seen.Channel == "" {
		return true // there is nobody to tell; doctor and the timelines say it
	}
	m.Key = api.VendorKey(seen.Installation, workflow.GetInfo(ctx).WorkflowExecution.ID, "ended")
	ctx = mirror.WithActivity(ctx, api.QueueSlackWrite, mirror.ClassCreate, "tell "+seen.Channel, 3)
	in := activities.PostMessageInput{Channel: seen.Channel, Message: m, Tried: true}
	if err := workflow.ExecuteActivity(ctx, mirror.Chat.PostMessage, in).Get(ctx, nil); err != nil {
		workflow.GetLogger(ctx).Warn("the operators were not told of what was ended by hand", "error", err.Error())
		return false
	}
	return true
}

// endedMessage is what the operators hear; it is nothing when there is nothing new. It names numbers only, for
// an incident may be private.
func endedMessage(seen activities.SweptEnded) (incident.Message, bool) {
	m := incident.Message{Headline: "Workflows that should live were ended by hand in Temporal"}
	if seen.Register {
		m.Body = append(m.Body, "Register did not run. It was started again, and takes over what it knew: numbers, alert keys, subscriptions.")
	}
	for k, e := range seen.News {
		if k == maxNamed {
			m.Body = append(m.Body, fmt.Sprintf("and %d more: `temporal workflow list --query \"ExecutionStatus='Terminated'\"` lists them.", len(seen.News)-k))
			break
		}
		m.Body = append(m.Body, fmt.Sprintf("%s was %s at %s. `starter restore %s` starts it again, with --page if it may page people.",
			e.ID, e.How, e.At.UTC().Format("2006-01-02 15:04 MST"), e.ID))
	}
	if n := len(seen.Withdrawn); n > 0 {
		m.Body = append(m.Body, fmt.Sprintf("Withdrawn at the pager, since no incident wants them any more: %s.", some(seen.Withdrawn)))
	}
	if n := len(seen.Freed); n > 0 && len(m.Body) > 0 {
		m.Footnotes = []string{"The alert keys of incidents that do not run were freed, so that their alerts open new ones."}
	}
	return m, len(m.Body) > 0
}

func some(ids []string) string {
	if more := len(ids) - maxNamed; more > 0 {
		return strings.Join(ids[:maxNamed], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(ids, ", ")
}
