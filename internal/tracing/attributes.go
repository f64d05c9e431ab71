package tracing

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"muster/incident"
	"muster/workflows/api"
)

// The attributes that Muster's spans have, besides those of OpenTelemetry's conventions and Temporal's. Their values
// are numbers, names and words of the program.
const (
	keyIncident = attribute.Key("muster.incident")
	keyWay      = attribute.Key("muster.way")
	keyCommand  = attribute.Key("muster.command")
	keyAnswer   = attribute.Key("muster.answer")
	keyVendor   = attribute.Key("muster.vendor")
	keyCall     = attribute.Key("muster.call")
	keyOutcome  = attribute.Key("muster.outcome")
)

// Incident is the incident's number, as INC-42.
func Incident(number int) attribute.KeyValue { return keyIncident.String(incident.Key(number)) }

// Way is the way by which somebody came in.
func Way(way incident.Way) attribute.KeyValue { return keyWay.String(string(way)) }

// Command is what was asked for.
func Command(name string) attribute.KeyValue { return keyCommand.String(name) }

// Answer is what was answered to a declaration or a command, in the words of the metric.
func Answer(word string) attribute.KeyValue { return keyAnswer.String(word) }

// Outcome is what came of a request, a call or a task.
func Outcome(word string) attribute.KeyValue { return keyOutcome.String(word) }

// Harmless is a workflow's ID without the person whom a digest is for.
func Harmless(workflowID string) string {
	if strings.HasPrefix(workflowID, api.DigestPrefix) && strings.Contains(workflowID, "@") {
		return workflowID[:strings.LastIndex(workflowID, "/")]
	}
	return workflowID
}

// IncidentOf is the incident that a workflow belongs to, 0 for none.
func IncidentOf(workflowID string) int {
	c, _ := api.ParseID(workflowID)
	return c.Incident
}
