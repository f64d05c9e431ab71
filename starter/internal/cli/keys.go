package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/config"
	"muster/internal/sealed"
)

func (s *session) keys() *cobra.Command {
	group := &cobra.Command{
		Use: "keys", Short: "Make and list the keys with which incidents are encrypted at Temporal", Args: cobra.NoArgs, RunE: helpOnly,
		Long: `Make and list the keys with which incidents are encrypted at Temporal.

Worker, gateway and command line read them from ` + sealed.Variable + `, or from the file that
` + sealed.FileVariable + ` names: the first key encrypts, all of them decrypt. These commands look
at the same two settings, and reach neither Temporal nor the gateway.`,
	}
	group.AddCommand(s.keysNew(), s.keysList())
	return group
}

// newKey answers keys new. The key is shown only here.
type newKey struct {
	ID string `json:"id"`
	// Line is what to store.
	Line string `json:"line"`
	// Others are the IDs of the keys that are stored here, the one that encrypts first.
	Others []string `json:"others"`
}

func (s *session) keysNew() *cobra.Command {
	var id string
	cmd := &cobra.Command{
		Use: "new", Short: "Make a key, and print it once with where to store it", Args: cobra.NoArgs,
		Long: `Make a key, and print it once with where to store it.

Whoever has it can read every incident that is encrypted with it, and without it nobody can. Keep it
where your other secrets are, and a copy where you will find it when that is lost.`,
		Example: "  starter keys new\n  starter keys new --id 2027-01",
	}
	cmd.Flags().StringVar(&id, "id", "", "what it is called, in error messages too; today's month without it")
	cmd.RunE = s.own(func(context.Context, []string) error {
		ring, err := s.ring()
		if err != nil {
			return err
		}
		known := append([]string{}, ring.IDs()...)
		if id == "" {
			id = freeID(s.Now().UTC().Format("2006-01"), known)
		}
		if slices.Contains(known, id) {
			return usage("--id: there is a key %s already; choose another ID", id)
		}
		line, err := sealed.NewKey(id)
		if err != nil {
			return usage("--id: %s", err)
		}
		return s.answer(newKey{ID: id, Line: line, Others: known}, func(w io.Writer) { sayNewKey(w, line, known) })
	})
	return cmd
}

func sayNewKey(w io.Writer, line string, known []string) {
	fmt.Fprintf(w, "The key, which is shown only now:\n\n  %s\n\n", line)
	if len(known) == 0 {
		fmt.Fprintf(w, "Store it in %s, or in the file that %s names, wherever worker, gateway\nand starter run, keep a copy elsewhere, and start worker and gateway again. What is at Temporal already stays\nas it is and is read on.\n", sealed.Variable, sealed.FileVariable)
		return
	}
	fmt.Fprintf(w, "Store it in two steps, so that nobody meets a key that it does not have:\n\n"+
		"  1. everywhere, behind the others (%s), and start worker and gateway again;\n"+
		"  2. then everywhere in front of them, and start them again. From then on it encrypts.\n\n"+
		"Take an old key out only when nothing at Temporal needs it any more: docs/encryption.md says when.\n", strings.Join(known, ", "))
}

// freeID is a name that no key has.
func freeID(month string, known []string) string {
	id := month
	for n := 2; slices.Contains(known, id); n++ {
		id = fmt.Sprintf("%s-%d", month, n)
	}
	return id
}

// listedKey is a key without the key.
type listedKey struct {
	ID       string `json:"id"`
	Encrypts bool   `json:"encrypts"`
}

func (s *session) keysList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the IDs of the keys that are stored here, and which of them encrypts", Args: cobra.NoArgs,
		RunE: s.own(func(context.Context, []string) error {
			ring, err := s.ring()
			if err != nil {
				return err
			}
			keys := []listedKey{}
			for n, id := range ring.IDs() {
				keys = append(keys, listedKey{id, n == 0})
			}
			return s.answer(map[string]any{"keys": keys}, func(w io.Writer) {
				if len(keys) == 0 {
					fmt.Fprintf(w, "No key is stored in %s or %s here, so nothing is encrypted at Temporal. Make one with `starter keys new`.\n", sealed.Variable, sealed.FileVariable)
					return
				}
				rows := [][]string{{"ID", "USED TO"}}
				for _, k := range keys {
					use := "decrypt"
					if k.Encrypts {
						use = "encrypt and decrypt"
					}
					rows = append(rows, []string{k.ID, use})
				}
				table(w, "", rows)
			})
		}),
	}
}

func (s *session) ring() (*sealed.Ring, error) {
	ring, err := config.EncryptionKeys(s.Lookup, os.ReadFile)
	if err != nil {
		return nil, usage("%s", err)
	}
	return ring, nil
}
