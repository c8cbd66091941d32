package command

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// readObjects reads the objects of one file, as a folder of plain manifests gives them.
func (e *Env) readObjects(ctx context.Context, file string) ([]*unstructured.Unstructured, error) {
	text, err := readInput(e, file)
	if err != nil {
		return nil, err
	}
	// Whatever the file is called, it is read as YAML, of which JSON is a part.
	dir, err := os.MkdirTemp("", "wheelhouse-admin-*")
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	r, err := e.Offline.Render(ctx, app.RenderRequest{
		Source: app.Source{Directory: &app.DirectorySource{}}, Files: os.DirFS(dir),
		Overlay: map[string][]byte{"input.yaml": text},
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return r.Objects, nil
}

func adminRender() Verb {
	var values []string
	var namespace, name string
	return Verb{
		Group: "admin", Name: "render", Args: "DIR", MinArgs: 1, MaxArgs: 1, Offline: true, Formats: []string{"yaml", "json", "name"},
		Short: "Render a folder as an application of it would be",
		Long:  "Print the manifests that an application of this folder would give, without a cluster and without a store.",
		Flags: func(f *pflag.FlagSet) {
			f.StringArrayVar(&values, "values", nil, "values `file` of a Helm chart, from the folder; may repeat")
			f.StringVar(&namespace, "namespace", "default", "destination `namespace`")
			f.StringVar(&name, "name", "", "`name` of the application (default: the folder's)")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			dir, err := existing(args[0])
			if err != nil {
				return fmt.Errorf("render %w", err)
			}
			if name == "" {
				name = filepath.Base(dir)
			}
			root, err := os.OpenRoot(dir)
			if err != nil {
				return fmt.Errorf("render %s: %w", args[0], err)
			}
			defer func() { _ = root.Close() }()
			req := app.RenderRequest{App: app.Key{Name: name}, Namespace: namespace, Files: localFS{root.FS()}}
			if len(values) > 0 {
				req.Source.Helm = &app.HelmSource{ValueFiles: values}
			}
			r, err := env.Offline.Render(ctx, req)
			if err != nil {
				return err
			}
			return printManifests(env.Out, env.Format, r.Objects)
		},
	}
}
