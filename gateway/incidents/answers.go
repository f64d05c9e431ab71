package incidents

import (
	"errors"

	"muster/incident"
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
func (c *Client) answered(by incident.Actor, recorded bool, err error) {
	if c.Answered == nil {
		return
	}
	_, refused := incident.AsProblem(err)
	switch {
	case refused:
		c.Answered(by.Way, AnswerRefused)
	case errors.Is(err, ErrNotRecorded):
		c.Answered(by.Way, AnswerNotRecorded)
	case err != nil:
		c.Answered(by.Way, AnswerFailed)
	case recorded:
		c.Answered(by.Way, AnswerRecorded)
	default:
		c.Answered(by.Way, AnswerDone)
	}
}
