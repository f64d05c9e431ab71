package carried

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"strings"

	"github.com/nexus-rpc/sdk-go/nexus"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/workflow"
)

// Registry notes what is registered with a worker, and gives it as roots. It is a worker.Registry.
type Registry struct {
	// Roots are the arguments and results of everything that was registered.
	Roots []Root
	// Workflows and Activities are the names.
	Workflows, Activities []string

	known map[string]bool
}

// RegisterWorkflow notes a workflow.
func (r *Registry) RegisterWorkflow(w any) {
	r.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{})
}

// RegisterWorkflowWithOptions notes a workflow.
func (r *Registry) RegisterWorkflowWithOptions(w any, o workflow.RegisterOptions) {
	name := o.Name
	if name == "" {
		full := runtime.FuncForPC(reflect.ValueOf(w).Pointer()).Name()
		name = full[strings.LastIndex(full, ".")+1:]
	}
	if r.first("workflow " + name) {
		r.Workflows = append(r.Workflows, name)
		r.signature("workflow "+name, reflect.TypeOf(w))
	}
}

// RegisterDynamicWorkflow has no types to note.
func (r *Registry) RegisterDynamicWorkflow(any, workflow.DynamicRegisterOptions) {}

// RegisterActivity notes an activity, or those that are the methods of a struct.
func (r *Registry) RegisterActivity(a any) {
	r.RegisterActivityWithOptions(a, activity.RegisterOptions{})
}

// RegisterActivityWithOptions notes an activity, or those that are the methods of a struct.
func (r *Registry) RegisterActivityWithOptions(a any, o activity.RegisterOptions) {
	v := reflect.ValueOf(a)
	if v.Kind() == reflect.Func {
		name := o.Name
		if name == "" {
			full := runtime.FuncForPC(v.Pointer()).Name()
			name = full[strings.LastIndex(full, ".")+1:]
		}
		r.activity(name, v.Type())
		return
	}
	for k := range v.NumMethod() {
		if m := v.Method(k).Type(); isActivity(m) {
			r.activity(o.Name+v.Type().Method(k).Name, m)
		}
	}
}

// RegisterDynamicActivity has no types to note.
func (r *Registry) RegisterDynamicActivity(any, activity.DynamicRegisterOptions) {}

// RegisterNexusService has none that travel within workflows.
func (r *Registry) RegisterNexusService(*nexus.Service) {}

func (r *Registry) activity(name string, t reflect.Type) {
	if r.first("activity " + name) {
		r.Activities = append(r.Activities, name)
		r.signature("activity "+name, t)
	}
}

func (r *Registry) first(name string) bool {
	if r.known == nil {
		r.known = map[string]bool{}
	}
	defer func() { r.known[name] = true }()
	return !r.known[name]
}

// isActivity tells what the SDK registers of a struct's methods: those that answer with an error.
func isActivity(m reflect.Type) bool {
	return m.NumOut() > 0 && m.NumOut() <= 2 && m.Out(m.NumOut()-1) == reflect.TypeFor[error]()
}

// signature notes arguments and result, but for contexts and errors.
func (r *Registry) signature(name string, t reflect.Type) {
	n := 0
	for in := range t.Ins() {
		if in != reflect.TypeFor[context.Context]() && in != reflect.TypeFor[workflow.Context]() {
			n++
			r.note(fmt.Sprintf("%s, argument %d", name, n), in)
		}
	}
	for out := range t.Outs() {
		if out != reflect.TypeFor[error]() {
			r.note(name+", result", out)
		}
	}
}

func (r *Registry) note(name string, t reflect.Type) {
	r.Roots = append(r.Roots, Root{Name: name, Type: reflect.Zero(t).Interface()})
}
