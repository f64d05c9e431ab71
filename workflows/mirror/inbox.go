package mirror

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"muster/workflows/api"
)

// Inbox receives signals raw, so that one that cannot be decoded or is unknown becomes a
// timeline entry and never fails a workflow task.
type Inbox struct {
	handlers map[string]Handler
	// refused hears of a signal that could not be used, and why.
	refused func(name string, err error)
	// after runs once a letter was taken in, so that the next one is judged by what followed from it.
	after func()
	// reserved are the names of signals that came and that the SDK hands to nobody.
	reserved map[string]bool
	// first are the names that are taken in before all others that came with them.
	first map[string]bool
	// early are the updates that wait for Gather, and gathered means that it has taken them in.
	early    []letter
	gathered bool
}

// Handler takes in the payload of one signal.
type Handler func(payload []byte) error

type letter struct {
	name    string
	payload []byte
	at      time.Time
	do      func() // of an update
}

// start takes signals in as they come.
func (b *Inbox) start(ctx workflow.Context) {
	workflow.GoNamed(ctx, "inbox", func(ctx workflow.Context) {
		for {
			if err := workflow.Await(ctx, func() bool { return b.waits(ctx) }); err != nil {
				return
			}
			b.drain(ctx)
		}
	})
}

// reservedPrefix begins the names that the SDK keeps for itself: it panics when it is asked for signals
// of such a name, which would stop the workflow for as long as the signal is in its history.
const reservedPrefix = "__temporal_"

// names lists those of the signals that wait, in order, and notes once each of those that cannot be
// taken in.
func (b *Inbox) names(ctx workflow.Context) []string {
	waiting := workflow.GetUnhandledSignalNames(ctx)
	slices.SortFunc(waiting, func(x, y string) int {
		if b.first[x] != b.first[y] {
			if b.first[x] {
				return -1
			}
			return 1
		}
		return cmp.Compare(x, y)
	})
	var names []string
	for _, name := range waiting {
		switch {
		case !strings.HasPrefix(name, reservedPrefix):
			names = append(names, name)
		case !b.reserved[name]:
			b.reserved[name] = true
			b.refused(name, errors.New("names that begin with "+reservedPrefix+" are kept by Temporal for itself"))
		}
	}
	return names
}

// waits reports whether signals wait that were not taken in. It changes nothing.
func (b *Inbox) waits(ctx workflow.Context) bool {
	return slices.ContainsFunc(workflow.GetUnhandledSignalNames(ctx), func(name string) bool {
		return !strings.HasPrefix(name, reservedPrefix) || !b.reserved[name]
	})
}

// drain takes in every signal that has arrived. Signals of one name keep their order; of
// different names, those that say when they were given are taken in that order, since a
// "resolve" that overtakes a "reopen" would tell another story.
func (b *Inbox) drain(ctx workflow.Context) {
	letters := b.unread(ctx)
	inOrder(letters)
	b.takeAll(letters)
}

// unread receives every signal that has arrived.
func (b *Inbox) unread(ctx workflow.Context) []letter {
	var letters []letter
	for _, name := range b.names(ctx) {
		ch := workflow.GetSignalChannel(ctx, name)
		for {
			var raw converter.RawValue
			if !ch.ReceiveAsync(&raw) {
				break
			}
			letters = append(letters, open(name, raw))
		}
	}
	return letters
}

func (b *Inbox) takeAll(letters []letter) {
	for _, l := range letters {
		b.take(l)
		b.after()
	}
}

func (b *Inbox) take(l letter) {
	if l.do != nil {
		l.do()
		return
	}
	handle, ok := b.handlers[l.name]
	if !ok {
		b.refused(l.name, fmt.Errorf("nothing here takes a signal of that name"))
		return
	}
	if err := handle(l.payload); err != nil {
		b.refused(l.name, err)
	}
}

// inOrder sorts the letters that say when they were given; the others keep their places.
func inOrder(letters []letter) {
	var places []int
	var stamped []letter
	for k, l := range letters {
		if !l.at.IsZero() {
			places, stamped = append(places, k), append(stamped, l)
		}
	}
	slices.SortStableFunc(stamped, func(x, y letter) int { return x.at.Compare(y.at) })
	for n, k := range places {
		letters[k] = stamped[n]
	}
}

func open(name string, raw converter.RawValue) letter {
	l := letter{name: name}
	if p := raw.Payload(); p != nil {
		l.payload = p.GetData()
	}
	var stamp struct {
		GivenAt time.Time `json:"given_at"`
	}
	if json.Unmarshal(l.payload, &stamp) == nil {
		l.at = stamp.GivenAt
	}
	return l
}

// Deliveries are the newest IDs of vendors' events. Vendors deliver at least once, and signals
// have no memory of their own.
type Deliveries []string

// maxDeliveries is more than a vendor repeats within hours.
const maxDeliveries = 100

// Known notes an ID and reports whether it was there already. An event without one is always new.
func (d *Deliveries) Known(id string) bool {
	if id == "" {
		return false
	}
	if slices.Contains(*d, id) {
		return true
	}
	*d = append(*d, id)
	*d = slices.Clone((*d)[max(len(*d)-maxDeliveries, 0):])
	return false
}

// On makes a handler that decodes JSON. No input at all decodes to the zero value, so that
// `temporal workflow signal --name Resolve` needs none. What is larger than api.Bounds allows, or has a
// word that is none, is refused here, whoever signals it: what is taken in is carried over to the next
// run, and too much of it would end the workflow.
func On[T any](handle func(T) error) Handler {
	return func(payload []byte) error {
		var in T
		if len(payload) > 0 {
			if err := json.Unmarshal(payload, &in); err != nil {
				return errors.New("its input is no such message; see docs/messages.md for what it takes")
			}
		}
		if err := api.Refuse(in); err != nil {
			return err
		}
		return handle(in)
	}
}
