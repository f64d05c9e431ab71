package incidents

import (
	"context"
	"errors"

	"muster/incident"
	"muster/internal/tracing"
)

// Answer is what somebody was told who declared something or gave a command.
type Answer string

// The answers.
const (
	AnswerDone        Answer = "done"
	AnswerRefused     Answer = "refused"
	AnswerRecorded    Answer = "recorded"     // it will be applied; no worker has confirmed it yet
	AnswerNotRecorded Answer = "not_recorded" // as far as is known
	AnswerFailed      Answer = "failed"
)

// Answers lists them.
func Answers() []Answer {
	return []Answer{AnswerDone, AnswerRefused, AnswerRecorded, AnswerNotRecorded, AnswerFailed}
}

// answered tells whoever counts.
func (c *Client) answered(ctx context.Context, by incident.Actor, recorded bool, err error) {
	answer := answerOf(recorded, err)
	tracing.Note(ctx, tracing.Way(by.Way), tracing.Answer(string(answer)))
	if c.Answered != nil {
		c.Answered(by.Way, answer)
	}
}

func answerOf(recorded bool, err error) Answer {
	_, refused := incident.AsProblem(err)
	switch {
	case refused:
		return AnswerRefused
	case errors.Is(err, ErrNotRecorded):
		return AnswerNotRecorded
	case err != nil:
		return AnswerFailed
	case recorded:
		return AnswerRecorded
	}
	return AnswerDone
}
