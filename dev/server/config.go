package server

import (
	"fmt"
	"maps"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
)

const (
	clusterName = "active"
	storeName   = "sqlite"

	// historyShards is fixed when a database is made; a change here reaches new data directories only. One, four and
	// eight were equally fast for a single workflow; four let a burst of declarations write in parallel.
	historyShards = 4
)

// developmentSettings are the dynamic configuration for one process with one person or one test in front of it.
var developmentSettings = map[string]any{
	// The Register workflow answers each declaration with an update. The default of 10 in flight for each run would
	// refuse most of a burst of alerts.
	"history.maxInFlightUpdates": 1000,
	// All that one workflow task answers travels in one message, of which the server takes 4 MB, and each answer
	// repeats the declaration with its slice of the playbook. With the default of 20 MB a burst under a large playbook
	// stops Register for good.
	"history.maxInFlightUpdatePayloads": 1_500_000,

	// Search attributes made by another process (`starter setup`) are seen at once instead of after a minute.
	"system.forceSearchAttributesCacheRefreshOnRead": true,

	// A task for a partition without a poller is forwarded through the root partition. With one process there is
	// nothing to spread, so every task meets its poller directly.
	"matching.numTaskqueueReadPartitions":  1,
	"matching.numTaskqueueWritePartitions": 1,

	// A shard reads each of its task queues at most 20 times a second by default, which with few shards puts 50 ms
	// before every second step of a workflow.
	"history.transferProcessorMaxPollRPS":   10_000,
	"history.timerProcessorMaxPollRPS":      10_000,
	"history.visibilityProcessorMaxPollRPS": 10_000,
	"history.outboundProcessorMaxPollRPS":   10_000,

	// Waiting for a workflow to end now and then misses the notice: when an older event is still in the watcher's
	// one-place mailbox, the server drops the one about the end. The caller then sits out this interval before it
	// asks again, and the default is 20 s (seen once in a few hundred runs).
	"history.longPollExpirationInterval": 2 * time.Second,

	// A workflow task that was under way when the process was killed is repeated after this time. Muster's workflows
	// set it for themselves; this is for the server's own, such as the one behind each schedule.
	"history.defaultWorkflowTaskTimeout": 3 * time.Second,

	// A worker that stops gives back its open polls; else a task can be handed to one nobody reads any more.
	"frontend.enableCancelWorkerPollsOnShutdown": true,

	// The default of 10 visibility calls a second is below one Web UI and one test that polls a list.
	"frontend.namespaceRPS.visibility": 1000,

	// The scanners look for garbage in clusters that have lived for years. Their workers are also the one part that
	// the server never stops: each would go on polling, in vain, for the life of the process.
	"worker.historyScannerEnabled":   false,
	"worker.taskQueueScannerEnabled": false,

	// A benchmark on one machine shall measure the machine and not these limits.
	"frontend.rps":                  100_000,
	"frontend.namespaceRPS":         100_000,
	"history.rps":                   100_000,
	"matching.rps":                  100_000,
	"frontend.persistenceMaxQPS":    100_000,
	"history.persistenceMaxQPS":     100_000,
	"matching.persistenceMaxQPS":    100_000,
	"history.cacheHostLevelMaxSize": 8192,
}

// newTemporalServer builds all services. Their ports are released as the last thing before they are taken again.
func newTemporalServer(o Options, p *ports, st *store, logger *serverLogger) (built temporal.Server, err error) {
	cfg := serverConfig(o, p, st)
	authorizer, err := authorization.GetAuthorizerFromConfig(&cfg.Global.Authorization)
	if err != nil {
		return nil, fmt.Errorf("authorizer: %w", err)
	}
	claims, err := authorization.GetClaimMapperFromConfig(&cfg.Global.Authorization, logger)
	if err != nil {
		return nil, fmt.Errorf("claim mapper: %w", err)
	}

	logger.state.building.Store(true)
	defer logger.state.building.Store(false)
	defer func() {
		if r := recover(); r != nil {
			fatal, ok := r.(fatalError)
			if !ok {
				panic(r)
			}
			built, err = nil, fatal
		}
	}()
	p.releaseServices()
	return temporal.NewServer(
		temporal.WithConfig(cfg),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(staticHosts(o, p)),
		temporal.WithLogger(logger),
		temporal.WithAuthorizer(authorizer),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return claims }),
		temporal.WithDynamicConfigClient(dynamicConfig(o)),
	)
}

func dynamicConfig(o Options) dynamicconfig.Client {
	values := maps.Clone(developmentSettings)
	maps.Copy(values, o.DynamicConfig)
	client := make(dynamicconfig.StaticClient, len(values))
	for key, value := range values {
		client[dynamicconfig.MakeKey(key)] = value
	}
	return client
}

// staticHosts spares the server its membership protocol, which needs ports of its own and seconds to converge.
func staticHosts(o Options, p *ports) map[primitives.ServiceName]static.Hosts {
	return map[primitives.ServiceName]static.Hosts{
		primitives.FrontendService: static.SingleLocalHost(hostPort(dialable(o.IP), p.frontend)),
		primitives.HistoryService:  static.SingleLocalHost(hostPort(defaultIP, p.history)),
		primitives.MatchingService: static.SingleLocalHost(hostPort(defaultIP, p.matching)),
		primitives.WorkerService:   static.SingleLocalHost(hostPort(defaultIP, p.worker)),
	}
}

func serverConfig(o Options, p *ports, st *store) *config.Config {
	cfg := &config.Config{
		Persistence: config.Persistence{
			DefaultStore:     storeName,
			VisibilityStore:  storeName,
			NumHistoryShards: o.shards,
			DataStores:       map[string]config.DataStore{storeName: {SQL: st.config}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {
				Enabled:                true,
				InitialFailoverVersion: 1,
				RPCAddress:             hostPort(dialable(o.IP), p.frontend),
				HTTPAddress:            hostPort(dialable(o.IP), p.frontendHTTP),
			}},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services: map[string]config.Service{
			string(primitives.FrontendService): {RPC: config.RPC{BindOnIP: o.IP, GRPCPort: p.frontend, HTTPPort: p.frontendHTTP}},
			string(primitives.HistoryService):  {RPC: config.RPC{BindOnIP: defaultIP, GRPCPort: p.history}},
			string(primitives.MatchingService): {RPC: config.RPC{BindOnIP: defaultIP, GRPCPort: p.matching}},
			string(primitives.WorkerService):   {RPC: config.RPC{BindOnIP: defaultIP, GRPCPort: p.worker}},
		},
		PublicClient: config.PublicClient{HostPort: hostPort(dialable(o.IP), p.frontend)},
	}
	cfg.Global.Membership = config.Membership{MaxJoinDuration: startupTime, BroadcastAddress: defaultIP}
	const off = "disabled"
	cfg.Archival.History.State = off
	cfg.Archival.Visibility.State = off
	cfg.NamespaceDefaults.Archival.History.State = off
	cfg.NamespaceDefaults.Archival.Visibility.State = off
	return cfg
}
