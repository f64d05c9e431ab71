//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// prometheusConfig scrapes the two workers and the two gateways with the shipped alert rules. It is JSON,
// which is YAML.
func (t *topology) prometheusConfig() ([]byte, error) {
	var targets []string
	for _, name := range append(append([]string{}, workers...), gateways...) {
		targets = append(targets, t.metrics[name])
	}
	return json.MarshalIndent(map[string]any{
		"global":         map[string]string{"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
		"rule_files":     []string{filepath.Join(t.compose.root, "deploy/prometheus/muster.rules.yaml")},
		"scrape_configs": []any{map[string]any{"job_name": "muster", "static_configs": []any{map[string]any{"targets": targets}}}},
	}, "", "  ")
}

func (t *topology) prometheusCommand(ctx context.Context) *exec.Cmd {
	path, err := exec.LookPath("prometheus")
	if err != nil {
		path = "prometheus" // starting it says that it is not there
	}
	cmd := exec.CommandContext(ctx, path, "--config.file="+filepath.Join(t.dir, "prometheus.json"), "--storage.tsdb.path="+filepath.Join(t.dir, "prometheus"),
		"--web.listen-address="+t.at[prometheus], "--log.level=warn")
	cmd.Dir = t.dir
	return cmd
}

// watch starts Prometheus.
func (t *topology) watch(ctx context.Context) error {
	config, err := t.prometheusConfig()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(t.dir, "prometheus.json"), config, 0o600); err != nil {
		return err
	}
	t.start(ctx, prometheus)
	return t.await(ctx, "Prometheus", func(ctx context.Context) bool {
		a, err := request(ctx, http.MethodGet, "http://"+t.at[prometheus]+"/-/ready", nil)
		return err == nil && a.Done()
	})
}

// sample is one line of an answer.
type sample struct {
	Metric map[string]string `json:"metric"`
	Value  [2]any            `json:"value"`
}

func (s sample) value() string { return fmt.Sprint(s.Value[1]) }

// query asks Prometheus.
func (t *topology) query(ctx context.Context, expr string) ([]sample, error) {
	var res struct {
		Data struct{ Result json.RawMessage }
	}
	if err := t.askPrometheus(ctx, "query?query="+url.QueryEscape(expr), &res); err != nil {
		return nil, fmt.Errorf("%s: %w", expr, err)
	}
	var out []sample
	if err := json.Unmarshal(res.Data.Result, &out); err != nil {
		return nil, fmt.Errorf("%s gives no series: %w", expr, err)
	}
	return out, nil
}

// alert is an alert as Prometheus sees it.
type alert struct {
	Labels map[string]string `json:"labels"`
	State  string            `json:"state"`
}

// alerts are the states of those that are not quiet, by name.
func (t *topology) alerts(ctx context.Context) (map[string]string, error) {
	var res struct{ Data struct{ Alerts []alert } }
	if err := t.askPrometheus(ctx, "alerts", &res); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, a := range res.Data.Alerts {
		if name := a.Labels["alertname"]; out[name] != "firing" {
			out[name] = a.State
		}
	}
	return out, nil
}

func (t *topology) askPrometheus(ctx context.Context, what string, into any) error {
	a, err := request(ctx, http.MethodGet, "http://"+t.at[prometheus]+"/api/v1/"+what, nil)
	if err != nil {
		return err
	}
	if !a.Done() {
		return fmt.Errorf("prometheus answers %d: %s", a.Status, a.Body)
	}
	return json.Unmarshal(a.Body, into)
}

// panel is a query of the dashboard.
type panel struct{ title, expr string }

// dashboard are the queries of deploy/grafana/muster.json, with what Grafana would put into them.
func (t *topology) dashboard() ([]panel, error) {
	raw, err := os.ReadFile(filepath.Join(t.compose.root, "deploy/grafana/muster.json"))
	if err != nil {
		return nil, err
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(raw, &board); err != nil {
		return nil, err
	}
	fill := strings.NewReplacer("$__rate_interval", "5s", "$__range", "5m", "$__interval", "5s")
	var out []panel
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			out = append(out, panel{p.Title, fill.Replace(target.Expr)})
		}
	}
	return out, nil
}
