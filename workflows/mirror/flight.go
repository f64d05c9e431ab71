package mirror

import "go.temporal.io/sdk/workflow"

// Flight counts what is under way and must not be lost: no run ends before it has landed.
type Flight struct{ n int }

// Landed reports whether nothing is under way.
func (f *Flight) Landed() bool { return f.n == 0 }

// Go runs something in a coroutine of its own, under way until it returns.
func (f *Flight) Go(ctx workflow.Context, name string, run func(ctx workflow.Context)) {
	f.n++
	workflow.GoNamed(ctx, name, func(ctx workflow.Context) {
		run(ctx)
		f.n--
	})
}

// during runs something in the present coroutine, under way until it returns.
func (f *Flight) during(run func() error) error {
	f.n++
	err := run()
	f.n--
	return err
}
