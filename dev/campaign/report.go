package main

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// report prints what a campaign has done.
func (c *campaign) report() {
	commands, recorded, asked := 0, 0, 0
	for _, s := range c.stories {
		commands += len(s.Promises)
		asked += s.asked
		for _, p := range s.Promises {
			if p.Recorded {
				recorded++
			}
		}
	}
	fmt.Fprintf(c.out, "%d incidents and %d commands in %d requests, %d of them answered as recorded; %s in all\n",
		len(c.stories), commands, asked, recorded, time.Since(c.began).Round(time.Second))
	fmt.Fprintf(c.out, "%d kills, %d of them right after a call was applied (%d more waited for one in vain):", c.killer.done.Load(), c.killer.aimed, c.killer.missed)
	for _, name := range []roleName{roleWorker, roleGateway, roleTemporal, roleSimulators} {
		n := c.processes[name].Counts()
		fmt.Fprintf(c.out, " %s %d", name, n.Killed)
		if n.Ended > 0 {
			fmt.Fprintf(c.out, " (ended by itself %d times)", n.Ended)
		}
	}
	fmt.Fprintln(c.out)
	if c.o.faults {
		set, met := 0, map[string]int{}
		for _, s := range c.sowers {
			set += s.set
			for name, n := range s.met {
				met[name] += n
			}
		}
		fmt.Fprintf(c.out, "%d faults set; met, of %d of %d kinds:\n", set, len(met), len(wrongs))
		for _, name := range slices.Sorted(maps.Keys(met)) {
			fmt.Fprintf(c.out, "  %3d  %s\n", met[name], name)
		}
	}
}
