package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/adrg/xdg"
	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/app/filestore"
	"github.com/wheelhouse-gitops/wheelhouse/command"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// global holds the flags that every command knows.
type global struct {
	streams    Streams
	args       []string
	store      string
	context    string
	kubeconfig string
	theme      string
	ascii      bool
	readOnly   bool
	role       role
	logFile    string
	checks     string
	// repositories is where logins are, as CONTEXT/NAMESPACE; empty is the file of the store.
	repositories string
	rules        string
	interval     time.Duration
	syncTimeout  time.Duration
	limits       render.Options
	cacheLimit   int64
	// settings are the flags above with where their values are from, once they are known.
	settings []setting
}

func (g *global) declare(f *pflag.FlagSet) {
	f.StringVar(&g.store, "store", os.Getenv("WHEELHOUSE_STORE"), "where applications live: `file:DIR` (default: below the user's data folder)")
	f.StringVar(&g.context, "context", "", "kubeconfig `context` that is the home cluster")
	f.StringVar(&g.kubeconfig, "kubeconfig", "", "kubeconfig `file` (default: $KUBECONFIG)")
	f.StringVar(&g.theme, "theme", "", "`theme` of the console")
	f.BoolVar(&g.ascii, "ascii", false, "draw with ASCII characters only")
	f.BoolVar(&g.readOnly, "read-only", false, "refuse everything that changes anything: the role viewer, whatever --role says")
	g.role = role(app.Admin)
	f.Var(&g.role, "role", "refuse what this `role` may not do: viewer, operator or admin")
	f.StringVar(&g.checks, "health-checks", "", "`file` with health checks of your own, in Lua, as in Argo CD's argocd-cm")
	f.StringVar(&g.repositories, "repositories", "", "keep the logins of repositories as Secrets in `CONTEXT/NAMESPACE`, as Argo CD does (default: a file of the store)")
	f.StringVar(&g.rules, "compare-rules", "", "`file` with ignoreDifferences and knownTypeFields for all applications, as in Argo CD's argocd-cm")
	f.StringVar(&g.logFile, "log-file", "", "write the log to this `file` (default: wheelhouse.log below the user's state folder)")
	g.limits.Timeout, g.interval = time.Minute, 5*time.Second
	f.Var((*span)(&g.limits.Timeout), "render-timeout", "the longest that rendering one source may take, as a `duration` such as 90s")
	g.limits.Memory, g.limits.Manifests = 512<<20, 10<<20
	f.Var(&atLeast{(*size)(&g.limits.Memory), leastMemory}, "render-memory", "the most memory that rendering one source may take, as a `size` such as 512Mi or 1Gi")
	f.Var((*size)(&g.limits.Manifests), "render-size", "the `size` that the manifests of one source may have")
	g.limits.WebSchemes = []string{"https", "http"}
	f.Var((*schemes)(&g.limits.WebSchemes), "values-file-schemes", "the `schemes` of URLs by which values files are fetched; without any, none is")
	g.cacheLimit = 10 << 30
	f.Var((*size)(&g.cacheLimit), "cache-limit", "the `size` that the copies of git repositories may have on disk; what was not used for longest leaves")
	f.Var((*span)(&g.interval), "interval", "pause between two looks at the repository of an application on screen, a `duration`")
	f.Var((*limit)(&g.syncTimeout), "sync-timeout", "the longest that an automatic sync may take before it is terminated, as a `duration`; 0 is no limit")
}

// parts is the program put together.
type parts struct {
	engine    *engine.Engine
	ports     engine.Ports
	clusters  *kube.Clusters
	fetcher   *gitsrc.Fetcher
	pool      *render.Pool
	principal app.Principal
	log       *slog.Logger
	close     func() error
}

// wire puts the program together: the one place that knows every implementation of a port.
func (g *global) wire(front string, automate bool) (*parts, error) {
	file, err := g.openLog()
	if err != nil {
		return nil, err
	}
	log, closeLog := logger(file), file.Close
	dir, err := g.storeDir()
	if err != nil {
		return nil, errors.Join(err, closeLog())
	}
	store, err := g.openStore(dir)
	if err != nil {
		return nil, errors.Join(err, closeLog())
	}
	checks, err := readChecks(g.checks)
	rules, wrongRules := readRules(g.rules)
	if err = errors.Join(err, wrongRules); err != nil {
		return nil, errors.Join(err, closeLog())
	}
	clusters := kube.NewClusters(kube.Options{Kubeconfig: g.kubeconfig, Home: g.context, Log: log})
	registry, sharedHosts, err := g.registry(dir, clusters, log)
	if err != nil {
		return nil, errors.Join(err, closeLog())
	}
	fetcher := gitsrc.New(gitsrc.Options{
		CacheDir: filepath.Join(xdg.CacheHome, "wheelhouse", "git"), ChartDir: filepath.Join(xdg.CacheHome, "wheelhouse", "charts"),
		Registry: registry, Log: log, CacheLimit: g.cacheLimit,
		TrustedHosts: filepath.Join(dir, ".wheelhouse", "known_hosts"), SharedHosts: sharedHosts, SSHAgent: os.Getenv("SSH_AUTH_SOCK"),
	})
	limits := g.limits
	limits.Web = fetcher.WebFile
	pool, err := newPool(limits)
	if err != nil {
		return nil, errors.Join(err, closeLog())
	}
	who := g.principal()
	p := &parts{
		clusters: clusters, fetcher: fetcher, pool: pool, principal: who, log: log,
		ports: engine.Ports{
			Store: store, Bindings: store, Locks: store, History: store, Actions: store, Journals: store.Journals(), Halts: store,
			Fetcher: fetcher, Committer: fetcher, Repositories: gitsrc.NewRepositories(registry, fetcher),
			Renderer: pool, Values: render.Values{Pool: pool}, Clusters: clusterPort{clusters},
		},
	}
	host, _ := os.Hostname()
	p.engine = engine.New(p.ports, engine.Options{
		Automate: automate && who.Role > app.Viewer, Log: log, Interval: g.interval, SyncTimeout: g.syncTimeout, Checks: checks, Rules: rules,
		Holder: app.Holder{Name: who.Name, PID: os.Getpid(), Host: host, Front: front},
	})
	p.close = func() error {
		p.engine.Close()
		pool.Close()
		return closeLog()
	}
	return p, nil
}

// clusterPort gives the engine its clusters as an interface.
type clusterPort struct{ clusters *kube.Clusters }

// Cluster returns the cluster of a destination.
func (c clusterPort) Cluster(dest app.Destination) (engine.Cluster, error) {
	k, err := c.clusters.Cluster(dest)
	if err != nil {
		return nil, err
	}
	return k, nil
}

// openStore opens the store in a folder. A folder that was named and is not there yet is made, and said to be: its name may
// be mistyped.
func (g *global) openStore(dir string) (*filestore.Store, error) {
	_, err := os.Stat(dir)
	store, failed := filestore.Open(dir)
	if failed != nil {
		return nil, failed
	}
	if g.store != "" && errors.Is(err, os.ErrNotExist) {
		fmt.Fprintf(g.streams.Err, "wheelhouse: made a new store, without applications: %s\n", dir)
	}
	return store, nil
}

// storeDir is the folder of the file store.
func (g *global) storeDir() (string, error) {
	switch kind, dir, ok := strings.Cut(g.store, ":"); {
	case g.store == "":
		return filepath.Join(xdg.DataHome, "wheelhouse", "applications"), nil
	case ok && kind == "file" && dir != "":
		return dir, nil
	case kind == "cluster":
		return "", hint.With(errors.New("stores in a cluster are not supported yet"), "use a folder: --store file:DIR")
	}
	return "", &command.Outcome{Status: command.ExitUsage, Err: hint.With(fmt.Errorf("the store %q is not of the form file:DIR", g.store),
		"for example --store file:$HOME/applications")}
}

// withEngine runs a verb with the program put together. A signal ends the verb; an operation that it started in this
// process is terminated with it.
func (g *global) withEngine(ctx context.Context, front string, run func(context.Context, *command.Env) error) error {
	p, err := g.wire(front, false)
	if err != nil {
		return err
	}
	return errors.Join(run(ctx, g.env(p)), p.close())
}

func (g *global) env(p *parts) *command.Env {
	return &command.Env{
		Engine: p.engine, Ports: p.ports, Principal: p.principal, In: g.streams.In, Out: g.streams.Out, Err: g.streams.Err,
		Terminal: g.streams.terminal(), Now: time.Now, Contexts: func() ([]command.Context, error) { return contexts(p.clusters) },
		Background: func(ctx context.Context, key app.Key) error { return g.background(ctx, p.ports.Locks, key) },
	}
}

func contexts(c *kube.Clusters) ([]command.Context, error) {
	names, home, err := c.Contexts()
	if err != nil {
		return nil, err
	}
	out := make([]command.Context, len(names))
	for i, n := range names {
		out[i] = command.Context{Name: n, Server: c.Server(n), Home: n == home}
	}
	return out, nil
}

// offline runs a verb that needs neither store nor cluster.
func (g *global) offline(ctx context.Context, v command.Verb, format string, args []string) error {
	pool, err := newPool(g.limits)
	if err != nil {
		return err
	}
	defer pool.Close()
	rules, err := readRules(g.rules)
	if err != nil {
		return err
	}
	return v.Run(ctx, &command.Env{
		In: g.streams.In, Out: g.streams.Out, Err: g.streams.Err, Format: format, Now: time.Now, Offline: pool, Merge: kube.Offline{}, Rules: rules,
	}, args)
}
