// Package kubernetes holds deploy/kubernetes against Kubernetes and against the programs. It is all that can be known without a
// cluster: kustomize's own library builds the overlays, every object is decoded strictly into the types of Kubernetes and of
// the Prometheus Operator, the admission's own policy judges the pods, and what is set is what the programs read.
package kubernetes

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

const (
	root    = "../.."
	base    = "deploy/kubernetes/base"
	example = "deploy/kubernetes/overlays/example"
)

// object is anything that Kubernetes keeps.
type object interface {
	runtime.Object
	metav1.Object
}

// built are the objects of a kustomization, each decoded into its own type: a field that there is not, or that is there
// twice, fails.
func built(t *testing.T, folder string) []object {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(root, folder))
	require.NoError(t, err)
	text, err := resources.AsYaml()
	require.NoError(t, err)
	return decoded(t, text)
}

// strictly decodes what Kubernetes and the Prometheus Operator know.
func strictly(t *testing.T) runtime.Decoder {
	t.Helper()
	known := runtime.NewScheme()
	require.NoError(t, scheme.AddToScheme(known))
	require.NoError(t, monitoringv1.AddToScheme(known))
	return serializer.NewCodecFactory(known, serializer.EnableStrict).UniversalDeserializer()
}

func decoded(t *testing.T, text []byte) []object {
	t.Helper()
	strict := strictly(t)
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	var all []object
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		decodedObject, _, err := strict.Decode(document, nil, nil)
		require.NoError(t, err, "%s", document)
		o, ok := decodedObject.(object)
		require.True(t, ok, "%s", document)
		all = append(all, o)
	}
}

// of are the objects of one type, by name.
func of[T object](all []object) map[string]T {
	found := map[string]T{}
	for _, o := range all {
		if typed, ok := o.(T); ok {
			found[o.GetName()] = typed
		}
	}
	return found
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return text
}

// environment is what a container is given, and from which objects.
func environment(t *testing.T, all []object, c corev1.Container) map[string]string {
	t.Helper()
	for _, v := range c.Env {
		require.Equal(t, "GOMEMLIMIT", v.Name, "settings come from the ConfigMap and the Secrets")
		require.Equal(t, "limits.memory", v.ValueFrom.ResourceFieldRef.Resource)
	}
	env := map[string]string{}
	for _, from := range c.EnvFrom {
		require.Empty(t, from.Prefix)
		if from.ConfigMapRef != nil {
			settings, ok := of[*corev1.ConfigMap](all)[from.ConfigMapRef.Name]
			require.True(t, ok, "there is no ConfigMap %s", from.ConfigMapRef.Name)
			maps.Copy(env, settings.Data)
			continue
		}
		secret, ok := of[*corev1.Secret](all)[from.SecretRef.Name]
		require.True(t, ok, "there is no Secret %s", from.SecretRef.Name)
		for name, value := range secret.Data {
			env[name] = string(bytes.TrimSpace(value))
		}
	}
	return env
}
