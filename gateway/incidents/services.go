package incidents

import "muster/incident"

// inBook writes services as the playbook does: people call them by aliases, which no incident knows.
// What this playbook does not know is left to the incident, which has the one of its declaration.
func (c *Client) inBook(cmd incident.Command) incident.Command {
	change, ok := cmd.(incident.ChangeServices)
	if !ok || c.Playbook == nil {
		return cmd
	}
	p, err := c.Playbook.Current()
	if err != nil {
		return cmd
	}
	return change.Knowing(func(said string) string {
		if name, known := p.ServiceCalled(said); known {
			return name
		}
		return said
	}, nil, nil)
}
