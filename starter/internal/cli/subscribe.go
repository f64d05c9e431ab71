package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"muster/incident"
	"muster/workflows/api"
)

// subscribed answers what was asked about subscriptions.
type subscribed struct {
	Subscriber string `json:"subscriber"`
	Recorded   bool   `json:"recorded,omitempty"`
	Changed    bool   `json:"changed,omitempty"`
	Text       string `json:"text,omitempty"`
	// Subscriptions are the conditions of each, as they are typed; an empty one is every incident.
	Subscriptions []string `json:"subscriptions"`
}

// subscriptions are the commands about who is told of incidents.
func (s *session) subscriptions() []*cobra.Command {
	subscribe := s.subscription("subscribe [CONDITION...]", "Be told of incidents, each once", Incidents.Subscribe)
	subscribe.Example = `  starter subscribe "severity<=2 service:checkout"` + "\n  starter subscribe kind:near_miss --person bob@example.com"
	var who subscriber
	list := &cobra.Command{
		Use: "subscriptions", Short: "List the incidents of which you are told", Args: cobra.NoArgs,
		RunE: s.dialled(func(ctx context.Context, c Incidents, _ []string) error {
			sub, err := s.subscriber(who)
			if err != nil {
				return err
			}
			found, err := c.Subscriptions(ctx, sub)
			if err != nil {
				return err
			}
			return s.told(subscribed{Subscriber: name(sub)}, found)
		}),
	}
	who.flags(list)
	return []*cobra.Command{
		subscribe,
		s.subscription("unsubscribe [CONDITION...]", "Be told no more: of these, or of any without conditions", Incidents.Unsubscribe),
		list,
	}
}

// subscriber is who is told, as the flags say it.
type subscriber struct{ person, channel, group string }

func (w *subscriber) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.person, "person", "me", "who is told, if it is not you")
	cmd.Flags().StringVar(&w.channel, "channel", "", "tell a Slack channel instead: its `ID`, such as C024BE7LR")
	cmd.Flags().StringVar(&w.group, "group", "", "tell a Slack user group instead: its `ID`, such as S0614TZR7")
}

func (s *session) subscriber(w subscriber) (incident.Subscriber, error) {
	switch {
	case w.channel != "" && w.group != "", w.person != "me" && w.channel+w.group != "":
		return incident.Subscriber{}, usage("name one of --person, --channel and --group")
	case w.channel != "":
		return incident.Subscriber{Channel: w.channel}, nil
	case w.group != "":
		return incident.Subscriber{Group: w.group}, nil
	}
	person, err := s.person(w.person)
	return incident.Subscriber{Person: incident.NormalPerson(person)}, err
}

// change is Subscribe or Unsubscribe of the client.
type change func(c Incidents, ctx context.Context, in api.SubscribeInput) (api.SubscribeResult, bool, error)

func (s *session) subscription(use, short string, do change) *cobra.Command {
	var who subscriber
	cmd := &cobra.Command{Use: use, Short: short, RunE: s.own(func(ctx context.Context, args []string) error {
		in := api.SubscribeInput{Actor: s.actor()}
		var err error
		if in.Subscription, err = incident.ParseSubscription(strings.Join(args, " ")); err != nil {
			return err
		}
		if in.Subscription.Subscriber, err = s.subscriber(who); err != nil {
			return err
		}
		return s.reachInTime(ctx, func(ctx context.Context, c Incidents) error {
			res, recorded, err := do(c, ctx, in)
			if err != nil {
				return err
			}
			return s.told(subscribed{
				Subscriber: name(in.Subscription.Subscriber), Recorded: recorded, Changed: res.Changed, Text: res.Text,
			}, res.Subscriptions)
		})
	})}
	who.flags(cmd)
	return cmd
}

func (s *session) told(a subscribed, all []incident.Subscription) error {
	a.Subscriptions = []string{}
	for _, sub := range all {
		a.Subscriptions = append(a.Subscriptions, sub.Conditions())
	}
	return s.answer(a, func(w io.Writer) {
		switch {
		case a.Recorded:
			fmt.Fprintf(w, "%s: recorded, will be applied\n", plain(a.Subscriber))
			return
		case a.Text != "":
			fmt.Fprintf(w, "%s: %s\n", plain(a.Subscriber), plain(a.Text))
		}
		if len(all) == 0 {
			fmt.Fprintf(w, "%s is told of no incidents\n", plain(a.Subscriber))
			return
		}
		fmt.Fprintf(w, "%s is told of\n", plain(a.Subscriber))
		var rows [][]string
		for _, conditions := range a.Subscriptions {
			if conditions == "" {
				conditions = "every incident"
			}
			rows = append(rows, []string{conditions})
		}
		table(w, "  ", rows)
	})
}

// name is how people know a subscriber.
func name(who incident.Subscriber) string { return who.Person + who.Channel + who.Group }
