// Command simulators serves the simulated Slack, Jira and PagerDuty of a playbook at one address,
// with the page that shows them. It is what the sandbox of docker-compose.yml uses in place of
// the vendors; worker and gateway are the real ones.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"muster/dev/page"
	"muster/dev/program"
	"muster/dev/vendors"
	"muster/internal/health"
	"muster/internal/local"
	"muster/internal/version"
	"muster/playbook"
	"muster/playbook/file"
)

type options struct {
	listen, url, gateway, playbook, data string
	page                                 page.Options
	// hosts are names at which other containers find it.
	hosts []string
	// What is done instead of serving.
	env, health, version bool
}

func main() { program.Main("simulators", run) }

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	var o options
	flags := flag.NewFlagSet("simulators", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.Usage = func() {
		fmt.Fprintln(errOut, "It serves the simulated Slack, Jira and PagerDuty of a playbook, with a page that shows them.\n\nUsage: simulators [flag]")
		flags.PrintDefaults()
	}
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8088", "`address` to listen on")
	flags.StringVar(&o.url, "url", "", "the `address` at which a browser finds it, for links (default: where it listens)")
	flags.Func("host", "`name` by which other machines call it, besides localhost and the name in --url; may be repeated", func(name string) error {
		o.hosts = append(o.hosts, strings.ToLower(name))
		return nil
	})
	flags.StringVar(&o.gateway, "gateway", "http://127.0.0.1:8087", "`address` of the gateway, for webhooks and what people do in Slack")
	flags.StringVar(&o.playbook, "playbook", "muster.yaml", "`path` of the playbook that says who and what there is")
	flags.StringVar(&o.data, "data", "", "keep everything in this `folder` over a restart (default: in memory)")
	flags.StringVar(&o.page.TemporalUI, "temporal-ui", "", "`address` of Temporal's Web UI, for a link")
	flags.StringVar(&o.page.Command, "command", "", "what the page tells people to `type` in a terminal")
	flags.BoolVar(&o.env, "env", false, "print what worker and gateway need in their environment to use the simulators, and exit")
	flags.BoolVar(&o.health, "health", false, "ask the simulators that listen there whether they are ready; the exit code is 1 when they are not")
	flags.BoolVar(&o.version, "version", false, "print the version")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no flag; see --help", flags.Arg(0))
	}
	switch {
	case o.version:
		fmt.Fprintln(out, "simulators "+version.String())
		return nil
	case o.health:
		said, err := health.Ask(ctx, o.listen)
		if said != "" {
			fmt.Fprintln(out, said)
		}
		return err
	}
	return o.serve(ctx, out, slog.New(slog.NewTextHandler(errOut, nil)))
}

// serve runs until ctx ends.
func (o options) serve(ctx context.Context, out io.Writer, log *slog.Logger) error {
	p, err := file.Load(o.playbook, time.Now())
	if err != nil {
		return fmt.Errorf("playbook:\n%w", err)
	}
	if o.env {
		base := o.url
		if base == "" {
			base = "http://" + o.listen
		}
		return printEnv(out, p, base) //nolint:contextcheck // nothing is delivered
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("cannot listen on %s; choose another address with --listen: %w", o.listen, err)
	}
	if o.url == "" {
		o.url = "http://" + l.Addr().String()
	}
	sims, err := vendors.NewSims(p, strings.TrimRight(o.url, "/")) //nolint:contextcheck // what they deliver outlives a request
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer sims.Close()
	if o.data != "" {
		stop, err := sims.KeepIn(o.data, log) //nolint:contextcheck // they are kept until the stop
		if err != nil {
			return errors.Join(err, l.Close())
		}
		defer stop()
	}
	sims.Deliver(strings.TrimRight(o.gateway, "/"))
	fmt.Fprintf(out, "Nobody real is paged. Open %s and type into its Slack, as anybody: /incident checkout is down\n", o.url)
	return serve(ctx, l, o.handler(sims, log))
}

func (o options) handler(sims *vendors.Sims, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+health.ReadyPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"simulators":"ok"}`)
	})
	mux.Handle("/", local.Guard(sims.Site(vendors.SiteOptions{Page: o.page, DataDir: o.data, Logger: log}), o.names()...))
	return mux
}

// names are those by which the simulators are called besides localhost. Whoever calls them by another name is a
// page of another site that has given them its own.
func (o options) names() []string {
	names := slices.Clone(o.hosts)
	if u, err := url.Parse(o.url); err == nil {
		names = append(names, u.Hostname())
	}
	return names
}

func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return srv.Close()
	}
}

// printEnv prints the variables as .env and docker-compose.yml have them.
func printEnv(out io.Writer, p *playbook.Playbook, base string) error {
	sims, err := vendors.NewSims(p, base)
	if err != nil {
		return err
	}
	defer sims.Close()
	env := sims.Env(base, p.Credentials())
	for _, name := range slices.Sorted(maps.Keys(env)) {
		fmt.Fprintf(out, "%s=%s\n", name, env[name])
	}
	return nil
}
