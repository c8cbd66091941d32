package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// program is a whole command, from its start to its end, that brings all objects of a kind to a version.
type program struct {
	name      string
	namespace string
	// write writes a version where the command reads it.
	write func(version int) error
	args  []string
	env   []string

	creates, changes times
}

// programsFor compiles the programs of others, and prepares them for a kind.
func (b *bench) programsFor(ctx context.Context, k kind) ([]program, error) {
	if !b.others {
		return nil, nil
	}
	kubectl, helm := filepath.Join(b.dir, "kubectl"), filepath.Join(b.dir, "helm")
	for path, pkg := range map[string]string{kubectl: "./kubectl", helm: "helm.sh/helm/v3/cmd/helm"} {
		if _, err := os.Stat(path); err == nil {
			continue
		}
		b.note("compiling %s", pkg)
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", path, pkg).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("compile %s: %w\n%s", pkg, err, out)
		}
	}
	chart, file := filepath.Join(b.dir, "chart-"+k.resource), filepath.Join(b.dir, k.resource+".yaml")
	env := append(os.Environ(), "KUBECONFIG="+b.play.Kubeconfig(), "HOME="+b.dir)
	byKubectl, byHelm := "kubectl-"+k.resource, "helm-"+k.resource
	if err := errors.Join(b.namespace(ctx, byKubectl), b.namespace(ctx, byHelm), os.MkdirAll(filepath.Join(chart, "templates"), 0o755)); err != nil {
		return nil, err
	}
	about := []byte("apiVersion: v2\nname: many\nversion: 1.0.0\n")
	if err := os.WriteFile(filepath.Join(chart, "Chart.yaml"), about, 0o600); err != nil {
		return nil, err
	}
	write := func(path string) func(int) error {
		return func(version int) error {
			return os.WriteFile(path, []byte(k.text(0, b.objects, all(version))), 0o600)
		}
	}
	return []program{
		{
			name: "kubectl apply --server-side", namespace: byKubectl, write: write(file), env: env,
			args: []string{kubectl, "apply", "--server-side", "--namespace", byKubectl, "--filename", file},
		},
		{
			name: "helm upgrade --install", namespace: byHelm, write: write(filepath.Join(chart, "templates", "all.yaml")), env: env,
			args: []string{helm, "upgrade", "--install", "many", chart, "--namespace", byHelm},
		},
	}, nil
}

func (p *program) run(ctx context.Context, version int, took *times) error {
	if err := p.write(version); err != nil {
		return err
	}
	return took.timed(func() error {
		cmd := exec.CommandContext(ctx, p.args[0], p.args[1:]...)
		cmd.Env = p.env
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(p.args, " "), err, out)
		}
		return nil
	})
}

// byOthers gives the programs of others their turn at the same.
func (w *writes) byOthers(ctx context.Context, _ int) error {
	for i := range w.programs {
		p := &w.programs[i]
		err := errors.Join(p.run(ctx, 2*w.version, &p.creates), p.run(ctx, 2*w.version+1, &p.changes), w.loop.empty(ctx, p.namespace))
		if err != nil {
			return err
		}
	}
	return nil
}
