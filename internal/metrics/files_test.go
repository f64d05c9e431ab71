package metrics_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"muster/internal/metrics"
)

var update = flag.Bool("update", false, "write the tables of docs/metrics.md anew")

const (
	docs      = "../../docs/metrics.md"
	runbook   = "../../docs/runbook.md"
	rules     = "../../deploy/prometheus/muster.rules.yaml"
	dashboard = "../../deploy/grafana/muster.json"
)

func text(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(raw)
}

// row is a metric as docs/metrics.md shows it.
func row(s metrics.Spec) string {
	var labels []string
	for _, l := range s.Labels {
		values := "…"
		if len(l.Values) > 12 {
			values = l.Values[0] + ", …"
		} else if l.Values != nil {
			values = strings.Join(l.Values, ", ")
		}
		labels = append(labels, fmt.Sprintf("`%s`: %s", l.Name, values))
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s | %s |", s.Name, s.Type, s.Served, strings.Join(labels, "<br>"), s.Help)
}

var rowOf = regexp.MustCompile("(?m)^\\| `(muster_[a-z_]+)` \\|.*$")

func TestTheDocumentListsEveryMetricAsItIs(t *testing.T) {
	t.Parallel()
	doc := text(t, docs)
	if *update {
		for _, s := range metrics.Table() {
			old := regexp.MustCompile("(?m)^\\| `" + s.Name + "` \\|.*$")
			require.Regexp(t, old, doc, "put a row for it where it belongs")
			doc = old.ReplaceAllLiteralString(doc, row(s))
		}
		require.NoError(t, os.WriteFile(docs, []byte(doc), 0o644))
	}
	var want []string
	for _, s := range metrics.Table() {
		want = append(want, row(s))
	}
	require.Equal(t, want, rowOf.FindAllString(doc, -1), "go test ./internal/metrics -update writes it")
}

// alerts are the rules, as far as they are compared.
type alerts struct {
	Groups []struct {
		Rules []struct {
			Alert, Expr         string
			Labels, Annotations map[string]string
		}
	}
}

func parsed(t *testing.T) alerts {
	t.Helper()
	var a alerts
	require.NoError(t, yaml.Unmarshal([]byte(text(t, rules)), &a))
	require.NotEmpty(t, a.Groups)
	return a
}

// queries are those of the rules and of the dashboard.
func queries(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, g := range parsed(t).Groups {
		for _, r := range g.Rules {
			out = append(out, r.Expr)
		}
	}
	var board struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	require.NoError(t, json.Unmarshal([]byte(text(t, dashboard)), &board))
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			out = append(out, target.Expr)
		}
	}
	require.Greater(t, len(out), 40)
	return out
}

var (
	named    = regexp.MustCompile(`\b((?:muster|temporal|process)_[a-z_]+)(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`([a-z_]+)(?:=~|!~|!=|=)"([^"]*)"`)
	grouping = regexp.MustCompile(`by \(([^)]*)\)`)
)

// ofTheSDK are the metrics that Temporal's SDK names in its source, as Prometheus gets them.
func ofTheSDK(t *testing.T) []string {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", "go.temporal.io/sdk/internal/common/metrics").Output()
	require.NoError(t, err)
	source := text(t, filepath.Join(strings.TrimSpace(string(dir)), "constants.go"))
	var out []string
	for _, m := range regexp.MustCompile(`TemporalMetricsPrefix \+ "([a-z_]+)"`).FindAllStringSubmatch(source, -1) {
		out = append(out, "temporal_"+m[1], "temporal_"+m[1]+"_total", "temporal_"+m[1]+"_seconds")
	}
	require.Greater(t, len(out), 50)
	return append(out, "process_resident_memory_bytes")
}

func TestRulesAndDashboardNameOnlyMetricsThatExistWithLabelsThatTheyHave(t *testing.T) {
	t.Parallel()
	others := ofTheSDK(t)
	for _, q := range queries(t) {
		found := named.FindAllStringSubmatch(q, -1)
		require.NotEmpty(t, found, q)
		for _, m := range found {
			name := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(m[1], "")
			k := slices.IndexFunc(metrics.Table(), func(s metrics.Spec) bool { return s.Name == name })
			if k < 0 {
				require.Contains(t, others, name, q)
				continue
			}
			spec := metrics.Table()[k]
			require.Equal(t, spec.Type == metrics.Histogram, name != m[1], "a histogram is asked for by its buckets: %s", q)
			require.Equal(t, spec.Type != metrics.Gauge, strings.Contains(q, "rate(") || strings.Contains(q, "increase("), "a counter is asked for by its rate, and a gauge is not: %s", q)
			checkLabels(t, spec, m[2], q)
		}
	}
}

func checkLabels(t *testing.T, spec metrics.Spec, matchers, q string) {
	t.Helper()
	label := func(name string) (metrics.Label, bool) {
		k := slices.IndexFunc(spec.Labels, func(l metrics.Label) bool { return l.Name == name })
		if k < 0 {
			return metrics.Label{}, false
		}
		return spec.Labels[k], true
	}
	for _, m := range matcher.FindAllStringSubmatch(matchers, -1) {
		l, ok := label(m[1])
		require.True(t, ok, "%s has no label %s: %s", spec.Name, m[1], q)
		for v := range strings.SplitSeq(m[2], "|") {
			require.Contains(t, l.Values, v, q)
		}
	}
	for _, g := range grouping.FindAllStringSubmatch(q, -1) {
		for by := range strings.SplitSeq(g[1], ",") {
			if by = strings.TrimSpace(by); by != "le" && by != "instance" {
				_, ok := label(by)
				require.True(t, ok, "%s has no label %s: %s", spec.Name, by, q)
			}
		}
	}
}

func TestWhatIsReadByEveryGatewayIsNotSummedOverThem(t *testing.T) {
	t.Parallel()
	for _, s := range metrics.Table() {
		if s.Served != metrics.Gateway || s.Type != metrics.Gauge {
			continue
		}
		for _, q := range queries(t) {
			if regexp.MustCompile(s.Name + `\b`).MatchString(q) {
				require.Regexp(t, `(max|min|absent)( by \([^)]*\) )?\(`+s.Name+`\b`, q)
			}
		}
	}
}

func TestEveryAlertLeadsToASectionOfTheRunbookAndEverySectionIsOfAnAlert(t *testing.T) {
	t.Parallel()
	_, after, ok := strings.Cut(text(t, runbook), "\n## What each alert means\n")
	require.True(t, ok)
	section, _, _ := strings.Cut(after, "\n## ")
	var headings []string
	for _, m := range regexp.MustCompile(`(?m)^### (\w+)$`).FindAllStringSubmatch(section, -1) {
		headings = append(headings, m[1])
	}
	var names []string
	for _, g := range parsed(t).Groups {
		for _, r := range g.Rules {
			names = append(names, r.Alert)
			require.Equal(t, "docs/runbook.md#"+strings.ToLower(r.Alert), r.Annotations["runbook_url"])
			require.NotEmpty(t, r.Annotations["summary"], r.Alert)
			require.Contains(t, []string{"critical", "warning"}, r.Labels["severity"], r.Alert)
		}
	}
	require.ElementsMatch(t, names, headings)
}
