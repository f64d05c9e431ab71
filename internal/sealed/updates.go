package sealed

import (
	"errors"
	"fmt"
	"reflect"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"
)

// Updates is a worker's interceptor for updates that were encrypted with a key which the worker lacks. Temporal's SDK
// rejects an update that it cannot decode, and does so without a word when it replays one that was accepted long
// ago: the workflow would go on as if that command had never been given. With this, a new one is refused with the
// name of the key, and an old one fails the workflow task, which waits for the key.
type Updates struct {
	interceptor.WorkerInterceptorBase
}

// InterceptWorkflow implements interceptor.WorkerInterceptor.
func (*Updates) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	i := &updatesIn{}
	i.Next = next
	return i
}

type updatesIn struct {
	interceptor.WorkflowInboundInterceptorBase
}

func (i *updatesIn) Init(out interceptor.WorkflowOutboundInterceptor) error {
	o := &updatesOut{}
	o.Next = out
	return i.Next.Init(o)
}

type updatesOut struct {
	interceptor.WorkflowOutboundInterceptorBase
}

var (
	rawType   = reflect.TypeFor[converter.RawValue]()
	errorType = reflect.TypeFor[error]()
)

// SetUpdateHandler lets handler and validator be given what was sent as it came, and decodes it itself.
func (o *updatesOut) SetUpdateHandler(ctx workflow.Context, name string, handler any, opts workflow.UpdateHandlerOptions) error {
	fn := reflect.ValueOf(handler)
	if fn.Kind() != reflect.Func || fn.Type().NumIn() != 2 || fn.Type().In(0) != reflect.TypeFor[workflow.Context]() {
		return o.Next.SetUpdateHandler(ctx, name, handler, opts) // none of ours is written so
	}
	in := fn.Type().In(1)
	var validator reflect.Value
	if opts.Validator != nil {
		validator = reflect.ValueOf(opts.Validator)
	}
	opts.Validator = func(ctx workflow.Context, raw converter.RawValue) error {
		v, err := decoded(raw, in)
		if err != nil || !validator.IsValid() {
			return err
		}
		args := []reflect.Value{reflect.ValueOf(ctx), v}[2-validator.Type().NumIn():]
		err, _ = reflect.TypeAssert[error](validator.Call(args)[0])
		return err
	}
	outs := make([]reflect.Type, fn.Type().NumOut())
	for n := range outs {
		outs[n] = fn.Type().Out(n)
	}
	sent := reflect.FuncOf([]reflect.Type{fn.Type().In(0), rawType}, outs, false)
	wrapped := reflect.MakeFunc(sent, func(args []reflect.Value) []reflect.Value {
		v, err := decoded(args[1].Interface().(converter.RawValue), in) //nolint:forcetypeassert // the type is sent's
		if err != nil {
			if missing, ok := errors.AsType[*MissingKeyError](err); ok {
				panic(missing)
			}
			return failed(outs, err)
		}
		return fn.Call([]reflect.Value{args[0], v})
	})
	return o.Next.SetUpdateHandler(ctx, name, wrapped.Interface(), opts)
}

// decoded makes a handler's argument of what was sent, which is in clear unless its key is missing.
func decoded(raw converter.RawValue, in reflect.Type) (reflect.Value, error) {
	p := raw.Payload()
	if Sealed(p) {
		return reflect.Value{}, &MissingKeyError{ID: KeyOf(p)}
	}
	if in == rawType {
		return reflect.ValueOf(raw), nil
	}
	into := reflect.New(in)
	if p == nil {
		return into.Elem(), nil
	}
	if err := converter.GetDefaultDataConverter().FromPayload(p, into.Interface()); err != nil {
		return reflect.Value{}, fmt.Errorf("unable to decode the input of the update: %w", err)
	}
	return into.Elem(), nil
}

// failed is what a handler returns with an error.
func failed(outs []reflect.Type, err error) []reflect.Value {
	values := make([]reflect.Value, len(outs))
	for n, t := range outs {
		values[n] = reflect.Zero(t)
		if t == errorType {
			values[n] = reflect.ValueOf(&err).Elem()
		}
	}
	return values
}
