// Package local is what keeps a door that asks nobody who they are to the people of this machine: a page of
// another site in their browser must not be able to use it, neither by sending something there nor by calling
// itself by an address that leads here (DNS rebinding).
package local

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// What Check answers.
var (
	ErrHost   = errors.New("the host name is not this machine's")
	ErrProxy  = errors.New("the request came through a proxy")
	ErrOrigin = errors.New("another site's page sent it")
)

// proxied are headers that only a proxy sets. Behind one, everybody looks as if they were on this machine.
var proxied = []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"}

// Check refuses a request that is not meant for this machine, or for one of the hosts, which are names without
// a port. It says nothing of where the connection comes from: a door that is for this machine alone listens on
// the loopback address alone.
func Check(r *http.Request, hosts ...string) error {
	// A page of another site may resolve its own name to 127.0.0.1; then the name gives it away.
	if name := nameOf(r.Host); !loopback(name) && !slices.Contains(hosts, name) {
		return ErrHost
	}
	for _, h := range proxied {
		if r.Header.Get(h) != "" {
			return ErrProxy
		}
	}
	if http.NewCrossOriginProtection().Check(r) != nil || foreign(r) {
		return ErrOrigin
	}
	return nil
}

// foreign reports whether another site's page makes a request that changes nothing by its method: it may read
// the answer all the same where that is a web socket, which browsers open to anywhere.
func foreign(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || !strings.EqualFold(u.Host, r.Host)
}

// Guard puts Check in front of a handler.
func Guard(next http.Handler, hosts ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := Check(r, hosts...); err != nil {
			http.Error(w, err.Error()+"; open it from this machine as localhost", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// nameOf is a host without its port.
func nameOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}

func loopback(name string) bool {
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.IsLoopback()
}
