// Command starter is Muster's command line: it declares incidents and gives commands, and runs
// the gateway.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"muster/starter/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, cli.Env{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Lookup: os.LookupEnv,
		Dial:   cli.Connect(os.LookupEnv, os.Environ),
	})
	stop()
	os.Exit(code)
}
