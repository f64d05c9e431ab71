package cli

import (
	"github.com/spf13/cobra"

	"muster/incident"
	"muster/playbook/file"
	"muster/workflows/api"
)

func (s *session) changeServices() *cobra.Command {
	var add, remove []string
	cmd := s.verb(api.ChangeServices, "services INCIDENT", cobra.ExactArgs(1), func([]string) (incident.Command, error) {
		if len(add)+len(remove) == 0 {
			return nil, usage("services: say what to change, with --add or --remove")
		}
		return incident.ChangeServices{Add: add, Remove: remove}, nil
	})
	cmd.Flags().StringArrayVar(&add, "add", nil, "a service that it concerns; repeat it for several")
	cmd.Flags().StringArrayVar(&remove, "remove", nil, "a service that it does not concern, which takes no page back; repeat it for several")
	for _, flag := range []string{"add", "remove"} {
		completed(cmd, flag, s.services)
	}
	return cmd
}

func (s *session) changeKind() *cobra.Command {
	cmd := s.verb(api.ChangeKind, "kind INCIDENT KIND", cobra.ExactArgs(2), func(rest []string) (incident.Command, error) {
		k, err := incident.ParseKind(rest[0])
		return incident.ChangeKind{Kind: k}, err
	})
	cmd.Long = cmd.Short + ".\n\nKIND is incident, near_miss, drill or external."
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) != 1 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return kinds(), cobra.ShellCompDirectiveNoFileComp
	}
	return cmd
}

// completed has the shell complete a flag by words.
func completed(cmd *cobra.Command, flag string, words func() []string) {
	err := cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return words(), cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err) // the flag does not exist, which any test that builds the command line finds
	}
}

// services are the playbook's, none where it cannot be read.
func (s *session) services() []string {
	p, err := file.Load(s.target.Playbook, s.Now())
	if err != nil {
		return nil
	}
	return p.Services()
}

func kinds() []string {
	var out []string
	for _, k := range incident.Kinds() {
		out = append(out, string(k))
	}
	return out
}
