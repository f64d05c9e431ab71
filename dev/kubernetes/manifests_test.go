package kubernetes

import (
	"context"
	"encoding/json"
	"flag"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"

	"muster/dev/settings"
	"muster/gateway"
	"muster/internal/app"
	"muster/internal/config"
	"muster/playbook/file"
)

var update = flag.Bool("update", false, "write the rules for the Prometheus Operator anew")

// pods are the templates of everything that runs, by the name of what makes them.
func pods(all []object) map[string]corev1.PodTemplateSpec {
	templates := map[string]corev1.PodTemplateSpec{}
	for name, d := range of[*appsv1.Deployment](all) {
		templates[name] = d.Spec.Template
	}
	for name, j := range of[*batchv1.Job](all) {
		templates[name] = j.Spec.Template
	}
	return templates
}

// chooses reports whether a selector matches what carries these labels.
func chooses(t *testing.T, s *metav1.LabelSelector, carried map[string]string) bool {
	t.Helper()
	selector, err := metav1.LabelSelectorAsSelector(s)
	require.NoError(t, err)
	require.False(t, selector.Empty(), "it would choose everything")
	return selector.Matches(labels.Set(carried))
}

// A misspelt field is what decoding is strict for.
func TestAFieldThatThereIsNotWouldBeRefused(t *testing.T) {
	t.Parallel()
	wrong := strings.Replace(string(read(t, base+"/worker.yaml")), "readinessProbe:", "readynessProbe:", 1)
	_, _, err := strictly(t).Decode([]byte(strings.Split(wrong, "\n---\n")[1]), nil, nil)
	require.ErrorContains(t, err, "readynessProbe")
}

func TestEverythingIsBuiltAndOfItsType(t *testing.T) {
	t.Parallel()
	require.Len(t, pods(built(t, base)), 2)
	all := built(t, example)
	require.Len(t, pods(all), 3)
	for _, o := range all {
		if _, space := o.(*corev1.Namespace); !space {
			require.Equal(t, "muster", o.GetNamespace(), o.GetName())
		}
	}
	for _, s := range of[*corev1.Secret](built(t, base)) {
		require.Fail(t, "the base holds a secret", s.Name)
	}
}

// The admission of a cluster with the level that the namespace asks for would let them in.
func TestPodsAreRestricted(t *testing.T) {
	t.Parallel()
	all := built(t, example)
	require.Equal(t, "restricted", of[*corev1.Namespace](all)["muster"].Labels["pod-security.kubernetes.io/enforce"])
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	require.NoError(t, err)
	level := psa.LevelVersion{Level: psa.LevelRestricted, Version: psa.LatestVersion()}
	for name, p := range pods(all) {
		for _, r := range evaluator.EvaluatePod(level, &p.ObjectMeta, &p.Spec) {
			require.True(t, r.Allowed, "%s: %s: %s", name, r.ForbiddenReason, r.ForbiddenDetail)
		}
		require.NotNil(t, p.Spec.AutomountServiceAccountToken, name)
		require.False(t, *p.Spec.AutomountServiceAccountToken, name)
		account, ok := of[*corev1.ServiceAccount](all)[p.Spec.ServiceAccountName]
		require.True(t, ok, name)
		require.False(t, *account.AutomountServiceAccountToken, name)
		require.EqualValues(t, 65532, *p.Spec.SecurityContext.RunAsUser, "the image's")
		for _, c := range p.Spec.Containers {
			require.True(t, *c.SecurityContext.ReadOnlyRootFilesystem, name)
			require.False(t, c.Resources.Requests.Cpu().IsZero(), name)
			require.False(t, c.Resources.Requests.Memory().IsZero(), name)
			require.False(t, c.Resources.Limits.Memory().IsZero(), name)
			require.True(t, c.Resources.Limits.Cpu().IsZero(), "%s: a page must not wait for a quota", name)
		}
	}
}

func TestThereAreTwoOfEachAndOneStays(t *testing.T) {
	t.Parallel()
	all := built(t, example)
	for name, d := range of[*appsv1.Deployment](all) {
		carried := d.Spec.Template.Labels
		require.EqualValues(t, 2, *d.Spec.Replicas, name)
		require.True(t, chooses(t, d.Spec.Selector, carried), name)
		require.Zero(t, d.Spec.Strategy.RollingUpdate.MaxUnavailable.IntValue(), name)
		budget := of[*policyv1.PodDisruptionBudget](all)[name]
		require.NotNil(t, budget, name)
		require.Equal(t, 1, budget.Spec.MaxUnavailable.IntValue(), name)
		require.Len(t, d.Spec.Template.Spec.TopologySpreadConstraints, 2, name)
		for _, s := range d.Spec.Template.Spec.TopologySpreadConstraints {
			require.True(t, chooses(t, s.LabelSelector, carried), name)
		}
		for other, p := range pods(all) {
			require.Equal(t, other == name, chooses(t, budget.Spec.Selector, p.Labels), "%s: %s", name, other)
			require.Equal(t, other == name, chooses(t, d.Spec.Selector, p.Labels), "%s: %s", name, other)
			require.Equal(t, other == "muster-gateway", labels.SelectorFromSet(of[*corev1.Service](all)["muster-gateway"].Spec.Selector).Matches(labels.Set(p.Labels)), other)
		}
	}
}

// asked are the variables that Muster asks for.
func asked(t *testing.T) map[string]bool {
	t.Helper()
	p, err := file.Load(filepath.Join(root, "muster.yaml"), time.Now())
	require.NoError(t, err)
	all, err := settings.Asked(p)
	require.NoError(t, err)
	return all
}

// What is set is read by the programs, and they accept it.
func TestWhatIsSetIsReadAndAccepted(t *testing.T) {
	t.Parallel()
	all, known := built(t, example), asked(t)
	for name, p := range pods(all) {
		env := environment(t, all, p.Spec.Containers[0])
		for variable := range env {
			require.True(t, known[variable], "%s: nobody reads %s", name, variable)
		}
		lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
		c, err := config.Load(lookup)
		require.NoError(t, err, name)
		to, err := config.TemporalOptions(config.Temporal{}, lookup, nil)
		require.NoError(t, err, name)
		require.Equal(t, "temporal-frontend.temporal:7233", to.HostPort)
		require.Equal(t, "muster", to.Namespace)
		if name == "muster-gateway" {
			require.Empty(t, c.Off(), "the example has everything on")
		}
		_, hasTokens := env["MUSTER_API_TOKENS"]
		require.Equal(t, name == "muster-gateway", hasTokens, "%s and the API's tokens", name)
		_, hasSlack := env["SLACK_BOT_TOKEN"]
		require.Equal(t, name != "muster-setup-temporal", hasSlack, "%s and the vendors' tokens", name)
	}
}

func TestThePlaybookIsMountedWhereItIsRead(t *testing.T) {
	t.Parallel()
	require.Equal(t, string(read(t, "muster.yaml")), string(read(t, base+"/muster.yaml")), "copy muster.yaml to "+base)
	all := built(t, example)
	for name, d := range of[*appsv1.Deployment](all) {
		spec := d.Spec.Template.Spec
		mounted := of[*corev1.ConfigMap](all)[spec.Volumes[0].ConfigMap.Name]
		require.NotNil(t, mounted, name)
		where := environment(t, all, spec.Containers[0])["MUSTER_PLAYBOOK"]
		require.Equal(t, spec.Containers[0].VolumeMounts[0].MountPath, filepath.Dir(where), name)
		require.Equal(t, string(read(t, "muster.yaml")), mounted.Data[filepath.Base(where)], name)
		require.Equal(t, spec.Volumes[0].Name, spec.Containers[0].VolumeMounts[0].Name)
	}
}

// port is the number of a container's port.
func port(t *testing.T, c corev1.Container, name string) int32 {
	t.Helper()
	k := slices.IndexFunc(c.Ports, func(p corev1.ContainerPort) bool { return p.Name == name })
	require.GreaterOrEqual(t, k, 0, "%s has no port %s", c.Name, name)
	return c.Ports[k].ContainerPort
}

func listens(t *testing.T, address string) string {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	require.Equal(t, "0.0.0.0", host, "others must reach it")
	return port
}

func TestPortsAreThoseOfTheSettingsAndTheImages(t *testing.T) {
	t.Parallel()
	all := built(t, example)
	for name, want := range map[string]map[string]string{
		"muster-worker":  {"health": "MUSTER_WORKER_LISTEN"},
		"muster-gateway": {"health": "MUSTER_METRICS_LISTEN", "http": "MUSTER_LISTEN"},
	} {
		c := of[*appsv1.Deployment](all)[name].Spec.Template.Spec.Containers[0]
		require.Len(t, c.Ports, len(want), name)
		for called, variable := range want {
			number := listens(t, environment(t, all, c)[variable])
			require.Equal(t, number, strconv.Itoa(int(port(t, c, called))), "%s: %s", name, variable)
			require.Regexp(t, `(?m)^EXPOSE .*\b`+number+`\b`, string(read(t, "Dockerfile")))
		}
		for _, probe := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe} {
			require.Equal(t, "health", probe.HTTPGet.Port.String(), name)
		}
	}
	service := of[*corev1.Service](all)["muster-gateway"].Spec.Ports[0]
	require.Equal(t, "http", service.TargetPort.String())
	for _, path := range of[*networkingv1.Ingress](all)["muster"].Spec.Rules[0].HTTP.Paths {
		require.Equal(t, "muster-gateway", path.Backend.Service.Name)
		require.Equal(t, service.Name, path.Backend.Service.Port.Name)
	}
}

// The handler that the programs serve answers what the probes ask for.
func TestProbesAskForWhatIsServed(t *testing.T) {
	t.Parallel()
	served := gateway.Health(nil, gateway.Check{Name: "process", Quiet: true, Run: func(context.Context) error { return nil }})
	for name, d := range of[*appsv1.Deployment](built(t, example)) {
		c := d.Spec.Template.Spec.Containers[0]
		for path, probe := range map[string]*corev1.Probe{"/healthz": c.LivenessProbe, "/readyz": c.ReadinessProbe} {
			require.True(t, strings.HasPrefix(probe.HTTPGet.Path, path), name)
			answer := httptest.NewRecorder()
			served.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", probe.HTTPGet.Path, nil))
			require.Equal(t, 200, answer.Code, "%s: %s", name, probe.HTTPGet.Path)
			require.Greater(t, probe.TimeoutSeconds, int32(2), "%s: a check takes two seconds", name)
		}
	}
}

func TestKubeletsWaitForProgramsToStop(t *testing.T) {
	t.Parallel()
	all := built(t, example)
	for name, d := range of[*appsv1.Deployment](all) {
		spec := d.Spec.Template.Spec
		drain, err := time.ParseDuration(environment(t, all, spec.Containers[0])["MUSTER_DRAIN"])
		require.NoError(t, err)
		require.Greater(t, time.Duration(*spec.TerminationGracePeriodSeconds)*time.Second, drain+app.StopBound, name)
		require.Nil(t, spec.Containers[0].Lifecycle, name)
	}
}

func TestImagesAreThoseOfCompose(t *testing.T) {
	t.Parallel()
	var compose struct {
		Worker  struct{ Image string } `json:"x-worker"`
		Starter struct{ Image string } `json:"x-starter"`
	}
	require.NoError(t, yaml.Unmarshal(read(t, "docker-compose.yml"), &compose))
	plain := func(image string) string {
		return regexp.MustCompile(`\$\{MUSTER_VERSION:-(.+)\}`).ReplaceAllString(image, "$1")
	}
	all := built(t, base)
	require.Equal(t, plain(compose.Worker.Image), of[*appsv1.Deployment](all)["muster-worker"].Spec.Template.Spec.Containers[0].Image)
	require.Equal(t, plain(compose.Starter.Image), of[*appsv1.Deployment](all)["muster-gateway"].Spec.Template.Spec.Containers[0].Image)
	for name, p := range pods(built(t, example)) {
		require.Regexp(t, `^registry\.example\.com/muster/muster-(worker|starter):v0\.1\.0$`, p.Spec.Containers[0].Image, name)
	}
}

func TestTheNetworkLetsThroughWhatIsNeeded(t *testing.T) {
	t.Parallel()
	all := built(t, example)
	policies := of[*networkingv1.NetworkPolicy](all)
	var out []string
	for _, rule := range policies["muster"].Spec.Egress {
		for _, p := range rule.Ports {
			out = append(out, string(*p.Protocol)+" "+p.Port.String())
		}
	}
	require.Equal(t, []string{"UDP 53", "TCP 53", "TCP 7233", "TCP 5432", "TCP 443"}, out)
	for name, p := range pods(all) {
		require.True(t, chooses(t, &policies["muster"].Spec.PodSelector, p.Labels), name)
		require.Equal(t, name == "muster-gateway", chooses(t, &policies["muster-gateway"].Spec.PodSelector, p.Labels), name)
	}
}

// What the operator is given are the rules of deploy/prometheus, and it scrapes what there is.
func TestTheOperatorHasTheRulesAndFindsThePods(t *testing.T) {
	t.Parallel()
	var rules map[string]any
	require.NoError(t, yaml.Unmarshal(read(t, "deploy/prometheus/muster.rules.yaml"), &rules))
	want := map[string]any{
		"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": map[string]any{"name": "muster"}, "spec": rules,
	}
	const name = "deploy/kubernetes/components/monitoring/rules.yaml"
	if *update {
		text, err := yaml.Marshal(want)
		require.NoError(t, err)
		head := "# Written by `go test ./dev/kubernetes -update` from deploy/prometheus/muster.rules.yaml.\n"
		require.NoError(t, os.WriteFile(filepath.Join(root, name), append([]byte(head), text...), 0o600))
	}
	var have map[string]any
	require.NoError(t, yaml.Unmarshal(read(t, name), &have))
	require.Equal(t, inJSON(t, want), inJSON(t, have), "go test ./dev/kubernetes -update writes it")

	all := built(t, example)
	require.NotEmpty(t, of[*monitoringv1.PrometheusRule](all)["muster"].Spec.Groups)
	monitor := of[*monitoringv1.PodMonitor](all)["muster"]
	for name, p := range pods(all) {
		require.Equal(t, name != "muster-setup-temporal", chooses(t, &monitor.Spec.Selector, p.Labels), name)
	}
	require.Equal(t, "health", *monitor.Spec.PodMetricsEndpoints[0].Port)
}

func inJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}
