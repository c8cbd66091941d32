// Package command is the table of verbs: what each is called, which flags it takes, what it says about itself, and what
// it does with an engine.
//
// The table is data. The command line turns it into its tree of commands, the console's palette and the SSH server read
// the same rows, so a verb is written, named and explained once. A verb gets an [Env] and writes to the streams in it;
// it never exits and never asks for more than it was given. What its error means as an exit status is decided by
// [ExitStatus].
package command

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
)

// Env is what a verb runs with.
type Env struct {
	Engine    *engine.Engine
	Ports     engine.Ports
	Principal app.Principal
	In        io.Reader
	Out, Err  io.Writer
	// Format is table, wide, json, yaml, name or tree; empty is the verb's own.
	Format string
	// Terminal is true when a person can be asked.
	Terminal bool
	Now      func() time.Time
	// Offline renders without an engine, for admin verbs.
	Offline engine.Renderer
	// Background runs the same command in a process that goes on without this one, and returns when that has begun to
	// work on the application.
	Background func(ctx context.Context, key app.Key) error
	// Merge stands for a cluster where there is none, for admin verbs.
	Merge compare.Cluster
	// Rules are those of comparisons of all applications, for admin verbs.
	Rules *diff.Customizations
	// Contexts lists the clusters that the kubeconfig names.
	Contexts func() ([]Context, error)
}

// Verb is one row of the table.
type Verb struct {
	// Group and Name make the command: "app" "sync". A verb without a group stands at the top.
	Group, Name string
	// Args shows the arguments in the usage line, such as "NAME".
	Args string
	// MinArgs and MaxArgs bound their number; MaxArgs -1 is without end.
	MinArgs, MaxArgs int
	Short            string
	Long             string
	Example          string
	// Offline is true for verbs that need no store and no engine.
	Offline bool
	// Formats lists what -o may be; empty is no -o.
	Formats []string
	// Flags declares the verb's flags; nil for none.
	Flags func(*pflag.FlagSet)
	Run   func(ctx context.Context, env *Env, args []string) error
}

// Table returns all verbs. Every call returns fresh rows, whose flags hold no values of an earlier run.
func Table() []Verb {
	return []Verb{
		appList(), appGet(), appCreate(), appSet(), appEdit(), appDelete(), appHandBack(), appConfirmDeletion(),
		appDiff(), appPlan(), appSync(), appWait(), appRefresh(),
		appHistory(), appRollback(), appUndo(), appPin(), appUnpin(), appPause(), appTerminate(), appSkipHook(), appResume(), appActions(),
		appManifests(), appResources(), appLogs(), appEvents(), appExplain(),
		repoAdd(), repoList(), repoTest(), repoTrust(), repoRemove(),
		clusterList(), clusterAdd(), clusterRemove(), clusterRebind(), clusterResume(),
		adminHealth(), adminDiff(), adminRender(),
	}
}

// Groups explains the groups of the table.
func Groups() map[string]string {
	return map[string]string{
		"app":     "Applications: what they are, how they differ, syncing and rolling back",
		"repo":    "Repositories and their credentials",
		"cluster": "Clusters",
		"admin":   "Checks and charts tried on files, without a cluster",
	}
}

// key reads an application's name: NAME or NAMESPACE/NAME.
func key(s string) (app.Key, error) {
	k, err := app.ParseKey(s)
	if err != nil {
		return k, usage(err)
	}
	return k, nil
}

// say writes one line for a person to the error stream.
func (e *Env) say(format string, args ...any) {
	fmt.Fprintf(e.Err, format+"\n", args...)
}
