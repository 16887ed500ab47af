// Command hutong is a live vector-tile server. This package holds flags and commands only: what they
// do is in internal/app.
//
// Results go to stdout, everything else to stderr. The exit status is 0 when the command did what it
// was told, 1 when it failed, 2 when it was used wrongly.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	os.Exit(run(untilSignal(), os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr))
}

// untilSignal returns a context that ends with the first signal to end. By then the next signal has its
// default action again and ends the process at once. ([signal.NotifyContext] ends its context first, so
// that a second signal that comes soon after can be lost.)
func untilSignal() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Stop(signals)
		cancel()
	}()
	return ctx
}

// lookup finds a variable of the environment, as [os.LookupEnv] does.
type lookup = func(name string) (string, bool)

// usageError says that the command line is at fault.
type usageError struct{ error }

// Unwrap returns the reason.
func (e usageError) Unwrap() error { return e.error }

// run runs the command line args and returns the exit status.
func run(ctx context.Context, args []string, env lookup, stdout, stderr io.Writer) int {
	started := false
	root := newRoot(env, &started)
	root.SetArgs(append([]string{}, args...)) // not nil, which stands for the process's own
	root.SetOut(stdout)
	root.SetErr(stderr)
	called, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	_, _ = fmt.Fprintf(stderr, "hutong: %v\n", err)
	// What goes wrong before a command begins is about how it was called.
	if usage := (usageError{}); !started || errors.As(err, &usage) {
		_, _ = fmt.Fprintf(stderr, "Run '%s --help' for usage.\n", called.CommandPath())
		return exitUsage
	}
	return exitFailed
}

// newRoot returns the command with all its subcommands. started is set when one of them begins.
func newRoot(env lookup, started *bool) *cobra.Command {
	root := group("hutong", "A live vector-tile and layer server for running a city", "name a command")
	root.SilenceErrors, root.SilenceUsage = true, true
	root.AddCommand(newServe(env), newDemo(), newImport(env), newCheck(env), newInspect(), newBench(env), newKey(), newToken(env), newIngest(env), newErase(env), newBackup(env), newRestore(), newPin(env), newUnpin(env), newHealth(), newVersion())
	for _, cmd := range root.Commands() {
		prepare(cmd, env, started)
	}
	return root
}

// group returns a command that only has others; say is what is wrong with it alone.
func group(use, short, say string, others ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, _ = fmt.Fprint(cmd.ErrOrStderr(), cmd.UsageString())
			return usageError{errors.New(say)}
		},
	}
	cmd.AddCommand(others...)
	return cmd
}

// prepare makes cmd, and those below it, read their flags from the environment and say when they begin.
func prepare(cmd *cobra.Command, env lookup, started *bool) {
	for _, sub := range cmd.Commands() {
		prepare(sub, env, started)
	}
	work := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := fromEnvironment(cmd, env); err != nil {
			return err
		}
		*started = true
		return work(cmd, args)
	}
}

// variables stand for flags that were not given.
var variables = []struct{ flag, name string }{
	{"config", "HUTONG_CONFIG"},
	{"listen", "HUTONG_LISTEN"},
	{"log-level", "HUTONG_LOG_LEVEL"},
	{"log-format", "HUTONG_LOG_FORMAT"},
}

// fromEnvironment sets those flags of cmd that were not given from the environment.
func fromEnvironment(cmd *cobra.Command, env lookup) error {
	for _, v := range variables {
		f := cmd.Flags().Lookup(v.flag)
		if f == nil || f.Changed {
			continue
		}
		if value, ok := env(v.name); ok && value != "" {
			if err := f.Value.Set(value); err != nil {
				return fmt.Errorf("%s: %w", v.name, err)
			}
		}
	}
	return nil
}
