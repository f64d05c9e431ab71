// Package gateway is what the outside talks to: the HTTP API and vendors' webhooks. It starts
// and signals workflows through package incidents and holds no state of its own.
package gateway
