package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
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

// renderFlags are the flags of admin render.
type renderFlags struct {
	values          []string
	namespace, name string
	showSecrets     bool
}

func adminRender() Verb {
	var flags renderFlags
	return Verb{
		Group: "admin", Name: "render", Args: "DIR", MinArgs: 1, MaxArgs: 1, Offline: true, Formats: []string{"yaml", "json", "name"},
		Short: "Render a folder as an application of it would be",
		Long: "Print the manifests that an application of this folder would give, without a cluster and without a store. Its repository\n" +
			"is the git clone that it lies in, else the folder itself: bases, values files and charts beside it are found as they\n" +
			"would be. Nothing is fetched. What the rendering warns about is told on the error stream. Data of Secrets is left out,\n" +
			"unless --show-secrets asks for it.",
		Example: "  wheelhouse admin render charts/web --values values.yaml --values /envs/prod.yaml --namespace web",
		Flags: func(f *pflag.FlagSet) {
			f.StringArrayVar(&flags.values, "values", nil, "values `file` of a Helm chart, from the folder, or with a leading / from the repository's root; may repeat")
			f.StringVar(&flags.namespace, "namespace", "default", "destination `namespace`")
			f.StringVar(&flags.name, "name", "", "`name` of the application (default: made of the folder's)")
			f.BoolVar(&flags.showSecrets, "show-secrets", false, "print the data of Secrets, those of decrypted files too")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			if err := flags.check(); err != nil {
				return err
			}
			local, closer, err := openLocal(args[0], "", app.Source{})
			if err != nil {
				return fmt.Errorf("render %w", err)
			}
			r, err := env.Offline.Render(ctx, flags.request(args[0], local))
			if err = errors.Join(flags.explain(err), closer()); err != nil {
				return err
			}
			for _, w := range r.Warnings {
				env.say("warning: %s", w)
			}
			if len(r.Objects) == 0 {
				env.say("there are no manifests in %s: an application of it would want nothing", args[0])
			}
			if !flags.showSecrets {
				r.Objects = app.WithoutSecrets(r.Objects)
			}
			return printManifests(env.Out, env.Format, r.Objects)
		},
	}
}

// check refuses names that no application and no namespace can have.
func (r *renderFlags) check() error {
	if wrong := validation.IsDNS1123Subdomain(r.name); r.name != "" && len(wrong) > 0 {
		return usagef("--name %q: %s", r.name, wrong[0])
	}
	if wrong := validation.IsDNS1123Label(r.namespace); len(wrong) > 0 {
		return usagef("--namespace %q: %s", r.namespace, wrong[0])
	}
	return nil
}

// explain names the flag that a values file comes from, where an application would have it in its document.
func (r *renderFlags) explain(err error) error {
	if len(r.values) == 0 || !strings.Contains(hint.Of(err), "spec.source.helm.valueFiles") {
		return err
	}
	return hint.With(err, "correct --values: a file's path from the folder, or with a leading / from the repository's root")
}

// request asks for what an application of a folder would ask for.
func (r *renderFlags) request(dir string, local engine.LocalSource) app.RenderRequest {
	req := app.RenderRequest{
		App: app.Key{Name: cmp.Or(r.name, nameOf(dir))}, Namespace: r.namespace, Files: local.Files, Source: app.Source{Path: local.Path},
	}
	if len(r.values) > 0 {
		req.Source.Helm = &app.HelmSource{ValueFiles: r.values}
	}
	return req
}

var noName = regexp.MustCompile(`[^a-z0-9]+`)

// nameOf makes the name of an application of that of a folder.
func nameOf(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return cmp.Or(strings.Trim(noName.ReplaceAllString(strings.ToLower(filepath.Base(dir)), "-"), "-"), "application")
}
