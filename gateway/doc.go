// Package gateway is what the outside talks to. It puts the rooms that answer (the JSON API, vendors'
// webhooks, what comes from Slack) behind one handler, guards it, and holds no state of its own.
package gateway
