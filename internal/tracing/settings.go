package tracing

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The standard variables by which tracing is chosen. All others, such as OTEL_SERVICE_NAME,
// OTEL_RESOURCE_ATTRIBUTES and OTEL_BSP_*, and what those here say, OpenTelemetry's SDK reads by itself:
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
const (
	disabledVariable       = "OTEL_SDK_DISABLED"
	exporterVariable       = "OTEL_TRACES_EXPORTER"
	endpointVariable       = "OTEL_EXPORTER_OTLP_ENDPOINT"
	tracesEndpointVariable = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	protocolVariable       = "OTEL_EXPORTER_OTLP_PROTOCOL"
	tracesProtocolVariable = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
	headersVariable        = "OTEL_EXPORTER_OTLP_HEADERS"
	tracesHeadersVariable  = "OTEL_EXPORTER_OTLP_TRACES_HEADERS"
	samplerVariable        = "OTEL_TRACES_SAMPLER"
	samplerArgVariable     = "OTEL_TRACES_SAMPLER_ARG"
)

const (
	overHTTP = "http/protobuf"
	overGRPC = "grpc"
)

// Settings say whether and how spans are sent.
type Settings struct {
	// On is false without an endpoint: OpenTelemetry's default, the local machine, would be called for nothing.
	On       bool
	protocol string
}

// ReadSettings reads the environment. What is wrong is an error that names the variable, since the SDK would send
// nothing and say so only in its own log.
func ReadSettings(lookup func(name string) (string, bool)) (Settings, error) {
	text := func(names ...string) (name, value string) {
		for _, name = range names {
			v, _ := lookup(name)
			if v = strings.TrimSpace(v); v != "" {
				return name, v
			}
		}
		return name, ""
	}
	if _, v := text(disabledVariable); strings.EqualFold(v, "true") {
		return Settings{}, nil
	}
	// Other programs' settings are nobody's business here as long as there is nowhere to send anything.
	endpoint, address := text(tracesEndpointVariable, endpointVariable)
	exporterName, exporter := text(exporterVariable)
	if address == "" || exporter == "none" {
		return Settings{}, nil
	}
	if exporter != "" && exporter != "otlp" {
		return Settings{}, fmt.Errorf("%s is %q: write otlp or none", exporterName, exporter)
	}
	s := Settings{protocol: overHTTP}
	switch name, v := text(tracesProtocolVariable, protocolVariable); v {
	case "", overHTTP:
	case overGRPC:
		s.protocol = overGRPC
	default:
		return Settings{}, fmt.Errorf("%s is %q: write %s or %s", name, v, overHTTP, overGRPC)
	}
	if err := checkEndpoint(address); err != nil {
		return Settings{}, fmt.Errorf("%s %w: write it like http://collector.example.com:4318", endpoint, err)
	}
	for _, name := range []string{headersVariable, tracesHeadersVariable} {
		if _, v := text(name); !headers(v) {
			return Settings{}, fmt.Errorf("%s cannot be read: write name=value,name=value, with %%20 for a space", name)
		}
	}
	if _, v := text(samplerVariable); v != "" && !slices.Contains(samplers, v) {
		return Settings{}, fmt.Errorf("%s is %q: write one of %s", samplerVariable, v, strings.Join(samplers, ", "))
	}
	if _, v := text(samplerArgVariable); v != "" {
		if f, err := strconv.ParseFloat(v, 64); err != nil || f < 0 || f > 1 {
			return Settings{}, fmt.Errorf("%s is %q: write a part of all, from 0 to 1", samplerArgVariable, v)
		}
	}
	s.On = true
	return s, nil
}

// headers reports whether the SDK can read headers. It would log what it cannot, and that is a token.
func headers(list string) bool {
	for pair := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		if _, err := url.PathUnescape(value); !ok || err != nil || strings.TrimSpace(name) == "" || strings.ContainsAny(strings.TrimSpace(name), " :") {
			return false
		}
	}
	return true
}

// samplers are those that the SDK knows.
var samplers = []string{"always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"}

func checkEndpoint(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return errors.New("is no web address")
	case u.User != nil:
		return errors.New("holds a user name or password, which belong into OTEL_EXPORTER_OTLP_HEADERS")
	}
	return nil
}

// Variables are the standard ones that Muster's documents tell of.
func Variables() []string {
	return []string{
		tracesEndpointVariable, endpointVariable, tracesProtocolVariable, protocolVariable, headersVariable, exporterVariable,
		disabledVariable, "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG",
	}
}
