package process

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports finds so many free ports on the loopback interface. They lie below those that the system gives
// to callers, so that a port is still free when its process comes back after a kill.
func Ports(ctx context.Context, n int) ([]int, error) {
	const first, count, attempts = 20000, 12000, 1000
	var lc net.ListenConfig
	taken := map[int]bool{}
	var ports []int
	for range attempts {
		port := first + rand.IntN(count)
		if taken[port] {
			continue
		}
		l, err := lc.Listen(ctx, "tcp", Loopback(port))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
		taken[port] = true
		if ports = append(ports, port); len(ports) == n {
			return ports, nil
		}
	}
	return nil, fmt.Errorf("no %d free ports were found between %d and %d", n, first, first+count)
}

// Loopback is the address of a port on this machine.
func Loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
