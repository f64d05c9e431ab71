package app

import (
	"cmp"
	"fmt"
	"runtime"
	"strconv"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/integrations/fault"
	"muster/internal/config"
	"muster/internal/sealed"
	"muster/internal/version"
	"muster/workflows"
	"muster/workflows/api"
)

// Vendors are the outside systems as the activities know them. A nil one is not set up.
type Vendors struct {
	Pager   activities.Pager
	Chat    activities.Messenger
	Tracker activities.IssueTracker
	// Messages finds in chat what was posted there.
	Messages activities.MessageFinder
	// Secret resolves a credential that the playbook names.
	Secret func(name string) (fault.Secret, error)
}

// Limits say how fast a vendor may be called over all workers, and how much a worker holds in memory.
type Limits struct {
	// ChannelsPerMinute is Slack's tier 2 for conversations.create: 20 a minute and workspace.
	// Zero is that limit, negative is none.
	ChannelsPerMinute float64
	// CachedWorkflows is how many workflows a worker keeps in memory between two of their tasks. One that is in no
	// worker's memory is built anew from its history when something happens to it. Zero is defaultCachedWorkflows.
	CachedWorkflows int
}

const (
	// ChannelsPerMinuteVariable overrides the limit where a workspace has another one.
	ChannelsPerMinuteVariable = "MUSTER_SLACK_CHANNELS_PER_MINUTE"
	// CachedWorkflowsVariable overrides how many workflows a worker keeps in memory.
	CachedWorkflowsVariable = "MUSTER_CACHED_WORKFLOWS"

	// defaultCachedWorkflows fit into the gigabyte that deploy/kubernetes allows a worker; the SDK's own 10,000 take
	// several. Most workflows are follow-ups, which sleep for days: docs/benchmark.md has what each takes.
	defaultCachedWorkflows = 1500
)

// LimitsFrom reads the limits from the environment.
func LimitsFrom(lookup config.Lookup) (l Limits, err error) {
	if v, ok := lookup(ChannelsPerMinuteVariable); ok && v != "" {
		if l.ChannelsPerMinute, err = strconv.ParseFloat(v, 64); err != nil {
			return Limits{}, fmt.Errorf("%s is %q: write how many channels may be opened a minute, such as 20, or -1 for no limit", ChannelsPerMinuteVariable, v)
		}
	}
	if v, ok := lookup(CachedWorkflowsVariable); ok && v != "" {
		if l.CachedWorkflows, err = strconv.Atoi(v); err != nil || l.CachedWorkflows < 1 {
			return Limits{}, fmt.Errorf("%s is %q: write how many workflows a worker keeps in memory, such as %d", CachedWorkflowsVariable, v, defaultCachedWorkflows)
		}
	}
	return l, nil
}

func (l Limits) cachedWorkflows() int { return cmp.Or(l.CachedWorkflows, defaultCachedWorkflows) }

func (l Limits) channelsPerSecond() float64 {
	switch {
	case l.ChannelsPerMinute < 0:
		return 0
	case l.ChannelsPerMinute == 0:
		return 20.0 / 60
	}
	return l.ChannelsPerMinute / 60
}

// WorkerOptions says what the workers of one process do.
type WorkerOptions struct {
	Namespace string
	// Converter is the client's, nil for Temporal's default.
	Converter converter.DataConverter
	Vendors   Vendors
	Limits    Limits
	// Projects are the tracker's projects that the playbook names now.
	Projects func() []string
	// Restorer and Operators are for what somebody has ended by hand in Temporal.
	Restorer  activities.Restorer
	Operators func() string
	// Drills is for the canary.
	Drills activities.Drills
	// Archive keeps records of workflows, nil where there is no archive.
	Archive activities.Archives
	// PanicPolicy is BlockWorkflow in production: a defect stops an incident until it is mended,
	// and loses nothing. Tests fail instead.
	PanicPolicy worker.WorkflowPanicPolicy
	// Fatal hears of a worker that cannot go on.
	Fatal func(error)
	// Version is that of these workers, the zero one for workers without versions.
	Version worker.WorkerDeploymentVersion
	// Doctor looks whether Muster can do its work.
	Doctor activities.Examiner
}

// Workers runs workflows and activities, one worker per task queue.
type Workers struct{ all []worker.Worker }

// stopTimeout is how long a stopping worker waits for the activities that it runs.
const stopTimeout = 10 * time.Second

// stickyTimeout is how long a workflow task waits for the worker that has its workflow in
// memory. After a SIGKILL every open incident waits once for it, so it is shorter than the
// SDK's 5 s.
const stickyTimeout = 2 * time.Second

// archiveSlots is how many records one worker keeps at once, as many as the archive has connections.
const archiveSlots = 8

// tasksPerCore is how many workflow tasks are executed at once for each core. They only compute, and
// one of a workflow that is not in memory replays its history: with the SDK's thousand, fifty cold
// ones at once took so long that its deadlock detector took them for stuck.
const tasksPerCore = 4

// NewWorkers makes the workers and registers everything; Start runs them.
func NewWorkers(c client.Client, o WorkerOptions) *Workers {
	w := &Workers{}
	for _, q := range queues(c, o) {
		w.add(c, q.name, o, q.register)
	}
	return w
}

// queue is a task queue with what runs on it.
type queue struct {
	name     string
	register func(worker.Registry)
}

func queues(c client.Client, o WorkerOptions) []queue {
	paging := &activities.Paging{Pager: o.Vendors.Pager, Secret: o.Vendors.Secret}
	sweeping := &activities.Sweeping{
		Temporal: c, Namespace: o.Namespace, Issues: o.Vendors.Tracker, Pager: o.Vendors.Pager, Ends: paging, Projects: o.Projects,
		Restorer: o.Restorer, Operators: o.Operators,
	}
	chat := &activities.Chat{Messenger: o.Vendors.Chat}
	canary := &activities.Canary{Drills: o.Drills, Pager: o.Vendors.Pager, Issues: o.Vendors.Tracker, Messages: o.Vendors.Messages}
	return []queue{
		{api.QueueMuster, func(k worker.Registry) {
			workflows.AddTo(k)
			k.RegisterActivity(paging) // Register raises pages on its own queue, where its worker takes them at once
			k.RegisterActivity(&activities.Directory{Temporal: c, Namespace: o.Namespace, Converter: o.Converter, Archive: o.Archive})
			k.RegisterActivity(&activities.Owing{Temporal: c, Namespace: o.Namespace})
			k.RegisterActivity(&activities.Examining{Doctor: o.Doctor})
			k.RegisterActivity(sweeping)
			k.RegisterActivity(canary)
		}},
		{api.QueuePager, func(k worker.Registry) { k.RegisterActivity(paging) }},
		// What only asks the pager has slots of its own: pages do not wait for it.
		{api.QueuePagerRead, func(k worker.Registry) {
			k.RegisterActivity(sweeping)
			k.RegisterActivity(paging)
		}},
		{api.QueueSlackCreate, func(k worker.Registry) { k.RegisterActivity(chat) }},
		{api.QueueSlackWrite, func(k worker.Registry) { k.RegisterActivity(chat) }},
		// A database that hangs takes no slot of what wakes people.
		{api.QueueArchive, func(k worker.Registry) { k.RegisterActivity(&activities.Archive{Temporal: c, Keeper: o.Archive}) }},
		{api.QueueJira, func(k worker.Registry) {
			k.RegisterActivity(&activities.Tracker{Issues: o.Vendors.Tracker})
			k.RegisterActivity(sweeping)
		}},
	}
}

func (w *Workers) add(c client.Client, queue string, o WorkerOptions, register func(worker.Registry)) {
	opts := worker.Options{
		Identity:                           version.Identity(),
		WorkerStopTimeout:                  stopTimeout,
		StickyScheduleToStartTimeout:       stickyTimeout,
		WorkflowPanicPolicy:                o.PanicPolicy,
		DisableRegistrationAliasing:        true,
		DisableWorkflowWorker:              queue != api.QueueMuster,
		OnFatalError:                       o.Fatal,
		Interceptors:                       []interceptor.WorkerInterceptor{&activities.Runs{}, &sealed.Updates{}, &logged{}},
		WorkflowTaskPollerBehavior:         worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{InitialNumberOfPollers: 5, MaximumNumberOfPollers: 20}),
		ActivityTaskPollerBehavior:         worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{InitialNumberOfPollers: 3, MaximumNumberOfPollers: 20}),
		MaxConcurrentActivityExecutionSize: 100, // of this queue: no vendor takes another's room, nor the pager's

		MaxConcurrentWorkflowTaskExecutionSize: tasksPerCore * runtime.GOMAXPROCS(0),
	}
	if o.PanicPolicy == worker.FailWorkflow {
		// A busy machine may take a second away from a task, which is no deadlock. Where a panic blocks the
		// workflow, its task is merely tried again.
		opts.DeadlockDetectionTimeout = time.Minute
	}
	if o.Version != (worker.WorkerDeploymentVersion{}) {
		// A workflow stays with the workers that began its run, so that nothing but what it carries over is
		// ever read by others.
		opts.DeploymentOptions = worker.DeploymentOptions{UseVersioning: true, Version: o.Version, DefaultVersioningBehavior: workflow.VersioningBehaviorPinned}
	}
	if queue == api.QueueArchive {
		opts.MaxConcurrentActivityExecutionSize = archiveSlots
	}
	if queue == api.QueueSlackCreate {
		opts.TaskQueueActivitiesPerSecond = o.Limits.channelsPerSecond()
	}
	k := worker.New(c, queue, opts)
	register(k)
	w.all = append(w.all, k)
}

// Start begins to take work. When one worker cannot start, those before it are stopped again.
func (w *Workers) Start() error {
	for i, k := range w.all {
		if err := k.Start(); err != nil {
			for _, started := range w.all[:i] {
				started.Stop()
			}
			return fmt.Errorf("start worker: %w", err)
		}
	}
	return nil
}

// Stop lets running activities end, up to ten seconds, and takes no more work.
func (w *Workers) Stop() {
	done := make(chan struct{})
	for _, k := range w.all {
		go func() { k.Stop(); done <- struct{}{} }()
	}
	for range w.all {
		<-done
	}
}
