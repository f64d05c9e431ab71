package workflows

import (
	"reflect"
	"runtime"
	"strings"

	"github.com/nexus-rpc/sdk-go/nexus"
	"go.temporal.io/sdk/workflow"
)

// names is a registry that only notes what is registered.
type names struct{ list []string }

func (n *names) RegisterWorkflow(w any) {
	full := runtime.FuncForPC(reflect.ValueOf(w).Pointer()).Name()
	n.list = append(n.list, full[strings.LastIndex(full, ".")+1:])
}

func (n *names) RegisterWorkflowWithOptions(w any, _ workflow.RegisterOptions) { n.RegisterWorkflow(w) }

func (n *names) RegisterDynamicWorkflow(any, workflow.DynamicRegisterOptions) {}

func (n *names) RegisterNexusService(*nexus.Service) {}
