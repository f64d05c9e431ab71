package tracing

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// The standard variables by which tracing is chosen. All others, such as OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME,
// OTEL_RESOURCE_ATTRIBUTES, OTEL_EXPORTER_OTLP_HEADERS and OTEL_BSP_*, OpenTelemetry's SDK reads by itself:
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
const (
	disabledVariable       = "OTEL_SDK_DISABLED"
	exporterVariable       = "OTEL_TRACES_EXPORTER"
	endpointVariable       = "OTEL_EXPORTER_OTLP_ENDPOINT"
	tracesEndpointVariable = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	protocolVariable       = "OTEL_EXPORTER_OTLP_PROTOCOL"
	tracesProtocolVariable = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
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
	switch _, v := text(exporterVariable); v {
	case "none":
		return Settings{}, nil
	case "", "otlp":
	default:
		return Settings{}, fmt.Errorf("%s is %q: write otlp or none", exporterVariable, v)
	}
	s := Settings{protocol: overHTTP}
	name, v := text(tracesProtocolVariable, protocolVariable)
	switch v {
	case "", overHTTP:
	case overGRPC:
		s.protocol = overGRPC
	default:
		return Settings{}, fmt.Errorf("%s is %q: write %s or %s", name, v, overHTTP, overGRPC)
	}
	name, v = text(tracesEndpointVariable, endpointVariable)
	if v == "" {
		return Settings{}, nil
	}
	if err := checkEndpoint(v); err != nil {
		return Settings{}, fmt.Errorf("%s %w: write it like http://collector.example.com:4318", name, err)
	}
	s.On = true
	return s, nil
}

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
		tracesEndpointVariable, endpointVariable, tracesProtocolVariable, protocolVariable, "OTEL_EXPORTER_OTLP_HEADERS", exporterVariable,
		disabledVariable, "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG",
	}
}
