package incidents

import (
	"encoding/json"

	"muster/incident"
	"muster/playbook"
)

// inBook gives a command what only the playbook knows. Without a playbook it is left to the
// incident, which has that of its declaration.
func (c *Client) inBook(cmd incident.Command) incident.Command {
	switch cmd := cmd.(type) {
	case incident.ChangeServices:
		return c.servicesInBook(cmd)
	case incident.Correct:
		if p := c.book(); p != nil {
			return cmd.Naming(calledBy(p))
		}
	case incident.Retry:
		cmd.Connections = c.connections() // never the caller's own
		return cmd
	}
	return cmd
}

// servicesInBook writes services as the playbook does: people call them by aliases, which no
// incident knows.
func (c *Client) servicesInBook(change incident.ChangeServices) incident.Command {
	p := c.book()
	if p == nil {
		return change
	}
	return change.Knowing(calledBy(p), nil, nil)
}

// calledBy gives a service's name in the playbook, or what was said where it has none.
func calledBy(p *playbook.Playbook) func(said string) string {
	return func(said string) string {
		if name, known := p.ServiceCalled(said); known {
			return name
		}
		return said
	}
}

// connections are how the playbook reaches outside systems, nil without one.
func (c *Client) connections() json.RawMessage {
	p := c.book()
	if p == nil {
		return nil
	}
	raw, err := json.Marshal(p.Connections())
	if err != nil {
		return nil // it is plain data
	}
	return raw
}

// book is the playbook that serves now, nil for none.
func (c *Client) book() *playbook.Playbook {
	if c.Playbook == nil {
		return nil
	}
	p, err := c.Playbook.Current()
	if err != nil {
		return nil
	}
	return p
}
