package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/gateway/access"
	"muster/incident"
)

// Where tokens of the HTTP API are stored.
const (
	tokensVariable = "MUSTER_API_TOKENS"
	tokensFile     = "MUSTER_API_TOKENS_FILE"
)

func (s *session) token() *cobra.Command {
	group := &cobra.Command{
		Use: "token", Short: "Make, list and revoke tokens of the HTTP API", Args: cobra.NoArgs, RunE: helpOnly,
		Long: `Make, list and revoke tokens of the HTTP API.

The gateway knows tokens by their hashes, which it reads when it starts: from ` + tokensVariable + `
or from the file that ` + tokensFile + ` names. These commands look at the same two settings, and
reach neither Temporal nor the gateway.`,
	}
	group.AddCommand(s.tokenNew(), s.tokenList(), s.tokenRevoke())
	return group
}

// newToken answers token new. The token is shown only here.
type newToken struct {
	Token string `json:"token"`
	// Line is what to add to MUSTER_API_TOKENS, YAML what to add to the file instead.
	Line string `json:"line"`
	YAML string `json:"yaml"`
}

func (s *session) tokenNew() *cobra.Command {
	var t access.Token
	var scopes []string
	cmd := &cobra.Command{
		Use: "new NAME", Short: "Make a token, and print it once with the line to store", Args: cobra.ExactArgs(1),
		Long: `Make a token, and print it once with the line to store.

With --person the token acts as that person and as nobody else; without it is a service's, whose
name stands on timelines. The scopes are read (see incidents), respond (declare and give commands),
admin, private (see and change every private incident) and codec (decrypt what Temporal holds, of
private incidents too, for its Web UI).`,
		Example: "  starter token new deploy-bot --scopes respond --expires 2027-01-31\n  starter token new alice --scopes respond --person alice@example.com",
	}
	f := cmd.Flags()
	f.StringSliceVar(&scopes, "scopes", nil, "what it allows: read, respond, admin, private, codec, separated by commas")
	f.StringVar(&t.Person, "person", "", "e-mail `address` of the person whom it acts as")
	f.StringVar(&t.Expires, "expires", "", "last `day` on which it is taken, such as 2027-01-31; without it, it never ends")
	cmd.RunE = s.own(func(_ context.Context, args []string) error {
		t.Name = args[0]
		for _, sc := range scopes {
			t.Scopes = append(t.Scopes, access.Scope(strings.TrimSpace(sc)))
		}
		made, stored, err := access.New(t)
		if err != nil {
			return usage("%s", strings.TrimPrefix(err.Error(), "token 1: "))
		}
		if stored.Expired(s.Now()) {
			return usage("--expires: %s is over; write a later day", t.Expires)
		}
		known, err := s.tokens()
		if err != nil {
			return err
		}
		if slices.ContainsFunc(known, func(o storedToken) bool { return o.Name == t.Name }) {
			return usage("there is a token %s already; revoke it first, or choose another name", t.Name)
		}
		out := newToken{Token: made, Line: stored.Line(), YAML: stored.YAML()}
		return s.answer(out, func(w io.Writer) {
			fmt.Fprintf(w, "The token, which is shown only now:\n\n  %s\n\nStore this in %s, behind a comma if others are there:\n\n  %s\n\n", out.Token, tokensVariable, out.Line)
			fmt.Fprintf(w, "or this in the file of %s, under \"tokens:\":\n\n  %s\n\nand start the gateway again.\n", tokensFile, out.YAML)
		})
	})
	return cmd
}

// storedToken is a token without its hash.
type storedToken struct {
	Name    string        `json:"name"`
	Person  string        `json:"person,omitempty"`
	Scopes  access.Scopes `json:"scopes"`
	Expires string        `json:"expires,omitempty"`
	Expired bool          `json:"expired,omitempty"`
	// Setting is where it is stored.
	Setting string `json:"setting"`
}

func (s *session) tokenList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the tokens that are stored, without their hashes", Args: cobra.NoArgs,
		RunE: s.own(func(context.Context, []string) error {
			known, err := s.tokens()
			if err != nil {
				return err
			}
			return s.answer(map[string]any{"tokens": known}, func(w io.Writer) {
				if len(known) == 0 {
					fmt.Fprintf(w, "No token is stored in %s or %s here, so the API refuses everybody. Make one with `starter token new`.\n", tokensVariable, tokensFile)
					return
				}
				rows := [][]string{{"NAME", "ACTS AS", "SCOPES", "EXPIRES", "STORED IN"}}
				for _, t := range known {
					as, expires := t.Person, t.Expires
					if as == "" {
						as = "itself"
					}
					switch {
					case t.Expired:
						expires += " (over)"
					case expires == "":
						expires = "never"
					}
					rows = append(rows, []string{t.Name, as, t.Scopes.String(), expires, t.Setting})
				}
				table(w, "", rows)
			})
		}),
	}
}

// tokens reads the tokens that are stored, each with where.
func (s *session) tokens() ([]storedToken, error) {
	known := []storedToken{}
	add := func(setting string, tokens []access.Token) {
		for _, t := range tokens {
			known = append(known, storedToken{Name: t.Name, Person: t.Person, Scopes: t.Scopes, Expires: t.Expires, Expired: t.Expired(s.Now()), Setting: setting})
		}
	}
	if list := s.env(tokensVariable, ""); list != "" {
		tokens, err := access.Parse(list)
		if err != nil {
			return nil, usage("%s: %s", tokensVariable, err)
		}
		add(tokensVariable, tokens)
	}
	if path := s.env(tokensFile, ""); path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, usage("%s: %s", tokensFile, err)
		}
		tokens, err := access.Load(data)
		if err != nil {
			return nil, usage("%s: %s", tokensFile, err)
		}
		add(tokensFile, tokens)
	}
	return known, nil
}

// revoked answers token revoke.
type revoked struct {
	Name string `json:"name"`
	// Setting is where it was stored; Value is what is left of MUSTER_API_TOKENS, which only whoever
	// sets it can change.
	Setting string `json:"setting"`
	Value   string `json:"value,omitempty"`
}

func (s *session) tokenRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke NAME", Short: "Take a token out of the file, or say what is left of " + tokensVariable, Args: cobra.ExactArgs(1),
		RunE: s.own(func(_ context.Context, args []string) error {
			known, err := s.tokens()
			if err != nil {
				return err
			}
			k := slices.IndexFunc(known, func(t storedToken) bool { return t.Name == args[0] })
			if k < 0 {
				return &incident.Problem{Code: incident.CodeNotFound, Field: "token", Reason: args[0] + " is not stored here", Mend: "see `starter token list`"}
			}
			out := revoked{Name: args[0], Setting: known[k].Setting}
			if out.Setting == tokensVariable {
				out.Value, err = left(s.env(tokensVariable, ""), args[0])
			} else {
				err = takeOut(s.env(tokensFile, ""), args[0])
			}
			if err != nil {
				return err
			}
			return s.answer(out, func(w io.Writer) { sayRevoked(w, out) })
		}),
	}
}

func sayRevoked(w io.Writer, out revoked) {
	switch {
	case out.Setting == tokensFile:
		fmt.Fprintf(w, "%s is taken out of the file of %s. It is refused as soon as the gateway is started again.\n", out.Name, tokensFile)
	case out.Value == "":
		fmt.Fprintf(w, "%s is the only token in %s: unset it, and start the gateway again. Until then the token is taken.\n", out.Name, tokensVariable)
	default:
		fmt.Fprintf(w, "Set %s to this, and start the gateway again. Until then the token is taken.\n\n  %s\n", tokensVariable, out.Value)
	}
}

// left is a list of tokens without one of them.
func left(list, name string) (string, error) {
	tokens, err := access.Parse(list)
	if err != nil {
		return "", usage("%s: %s", tokensVariable, err)
	}
	var lines []string
	for _, t := range tokens {
		if t.Name != name {
			lines = append(lines, t.Line())
		}
	}
	return strings.Join(lines, ","), nil
}

// takeOut writes the file anew without a token, whole or not at all.
func takeOut(path, name string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return usage("%s: %s", tokensFile, err)
	}
	rest, _, err := access.Without(data, name)
	if err != nil {
		return usage("%s: %s", tokensFile, err)
	}
	if _, err := access.Load(rest); err != nil {
		return usage("%s would be left without a token, and then the gateway does not start: unset %s instead", path, tokensFile)
	}
	if err := replace(path, rest); err != nil {
		return fmt.Errorf("%s is not taken out, so it is still valid; remove it from %s yourself: %w", name, path, err)
	}
	return nil
}

func replace(path string, data []byte) (err error) {
	mode := os.FileMode(0o600)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".tokens-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
