// Package checkup holds the workflow that looks every day whether Muster could do its work.
package checkup

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// secondLook is how long after a look that found something new it is looked again. What has passed by
// then was a moment's, and nobody can mend it.
const secondLook = 15 * time.Minute

// CheckUp examines the installation and tells the operators' channel what is new since the last run, and
// what was mended. A Schedule runs it; what it answers is given to the next run. What could not be told
// counts as not told, and is new again tomorrow.
func CheckUp(ctx workflow.Context) (api.CheckUpResult, error) {
	ctx = mirror.Lasting(ctx)
	last := lastTime(ctx)
	seen, ok := look(ctx, "what is broken or may become so")
	if !ok || seen.Channel == "" {
		return last, nil
	}
	if news := compare(last.Told, seen, seen); news.empty() {
		return api.CheckUpResult{Told: news.still}, nil
	}
	pause := workflow.NewTimerWithOptions(ctx, secondLook, workflow.TimerOptions{Summary: "second look"})
	if err := pause.Get(ctx, nil); err != nil {
		return last, err
	}
	again, ok := look(ctx, "whether it is still so")
	if !ok || again.Channel == "" {
		return last, nil
	}
	news := compare(last.Told, seen, again)
	if news.empty() {
		return api.CheckUpResult{Told: news.still}, nil
	}
	if !tell(ctx, again, news) {
		return last, nil
	}
	return api.CheckUpResult{Told: append(news.still, news.fresh...)}, nil
}

// lastTime is what the last run left. One that cannot be read is none: then everything is told again.
func lastTime(ctx workflow.Context) (last api.CheckUpResult) {
	if !workflow.HasLastCompletionResult(ctx) {
		return last
	}
	if err := workflow.GetLastCompletionResult(ctx, &last); err != nil {
		workflow.GetLogger(ctx).Warn("the last check-up's result cannot be read", "error", err.Error())
		return api.CheckUpResult{}
	}
	return last
}

func look(ctx workflow.Context, summary string) (seen api.CheckUpSeen, ok bool) {
	ctx = mirror.WithActivity(ctx, api.QueueMuster, mirror.ClassExamine, summary, 5)
	if err := workflow.ExecuteActivity(ctx, mirror.Examining.ExamineInstallation).Get(ctx, &seen); err != nil {
		workflow.GetLogger(ctx).Warn("check-up incomplete", "error", err.Error())
		return seen, false
	}
	return seen, true
}

func tell(ctx workflow.Context, seen api.CheckUpSeen, n news) bool {
	m := n.message()
	m.Key = api.VendorKey(seen.Installation, workflow.GetInfo(ctx).WorkflowExecution.ID, "report")
	ctx = mirror.WithActivity(ctx, api.QueueSlackWrite, mirror.ClassCreate, "tell "+seen.Channel, 5)
	in := activities.PostMessageInput{Channel: seen.Channel, Message: m}
	if err := workflow.ExecuteActivity(ctx, mirror.Chat.PostMessage, in).Get(ctx, nil); err != nil {
		workflow.GetLogger(ctx).Warn("the operators were not told of the check-up", "error", err.Error())
		return false
	}
	return true
}
