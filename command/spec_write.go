package command

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// The functions here turn the address of a field into what writes a flag into it, making the parts on the way.

func spec[T any](field func(*app.Spec) *T) writer[T] {
	return func(a *app.Application, _ int, v T) error { *field(&a.Spec) = v; return nil }
}

func source[T any](field func(*app.Source) *T) writer[T] {
	return inSource(func(s *app.Source, v T) error { *field(s) = v; return nil })
}

func helm[T any](field func(*app.HelmSource) *T) writer[T] {
	return inSource(func(s *app.Source, v T) error { *field(made(&s.Helm)) = v; return nil })
}

func kustomize[T any](field func(*app.KustomizeSource) *T) writer[T] {
	return inSource(func(s *app.Source, v T) error { *field(made(&s.Kustomize)) = v; return nil })
}

func directory[T any](field func(*app.DirectorySource) *T) writer[T] {
	return inSource(func(s *app.Source, v T) error { *field(made(&s.Directory)) = v; return nil })
}

func automated(field func(*app.Automated) *bool) writer[bool] {
	return func(a *app.Application, _ int, v bool) error {
		p := made(&a.Spec.SyncPolicy)
		if p.Automated == nil {
			return errors.New("the application is not automated; add --sync-policy automated")
		}
		*field(p.Automated) = v
		return nil
	}
}

func retry[T any](field func(*app.Retry) *T) writer[T] {
	return func(a *app.Application, _ int, v T) error {
		*field(made(&made(&a.Spec.SyncPolicy).Retry)) = v
		return nil
	}
}

func backoff(field func(*app.Backoff) *string) writer[string] {
	return retry(func(r *app.Retry) *string { return field(made(&r.Backoff)) })
}

// made returns what a pointer points to, making it when there is nothing.
func made[T any](p **T) *T {
	if *p == nil {
		*p = new(T)
	}
	return *p
}

// inSource writes into the source that is meant.
func inSource[T any](write func(*app.Source, T) error) writer[T] {
	return func(a *app.Application, position int, v T) error {
		n := len(a.Spec.Sources)
		switch {
		case n == 0 && position <= 1:
			return write(made(&a.Spec.Source), v)
		case n > 0 && position == 0:
			return fmt.Errorf("the application has %d sources: say which with --source-position", n)
		case position < 1 || position > n:
			return fmt.Errorf("the application has no source at position %d: there are %d", position, max(n, 1))
		}
		return write(&a.Spec.Sources[position-1], v)
	}
}

func writeServer(a *app.Application, _ int, v string) error {
	a.Spec.Destination.Server, a.Spec.Destination.Name = v, ""
	return nil
}

func writeContext(a *app.Application, _ int, v string) error {
	a.Spec.Destination.Name, a.Spec.Destination.Server = v, ""
	return nil
}

func writeHistoryLimit(a *app.Application, _ int, v int64) error {
	a.Spec.RevisionHistoryLimit = &v
	return nil
}

func writeBackoffFactor(a *app.Application, _ int, v int64) error {
	made(&made(&made(&a.Spec.SyncPolicy).Retry).Backoff).Factor = &v
	return nil
}

func writePolicy(a *app.Application, _ int, v string) error {
	p := made(&a.Spec.SyncPolicy)
	switch v {
	case "automated", "auto":
		made(&p.Automated).Enabled = nil
	case "none", "manual":
		p.Automated = nil
	default:
		return fmt.Errorf("%q is neither automated nor none", v)
	}
	return nil
}

func writeSyncOptions(a *app.Application, _ int, options []string) error {
	p := made(&a.Spec.SyncPolicy)
	for _, o := range options {
		name, remove := strings.CutPrefix(o, "!")
		name, _, _ = strings.Cut(name, "=")
		p.SyncOptions = slices.DeleteFunc(p.SyncOptions, func(old string) bool {
			n, _, _ := strings.Cut(old, "=")
			return n == name
		})
		if !remove {
			p.SyncOptions = append(p.SyncOptions, o)
		}
	}
	return nil
}

// parameters is a flag of Helm parameters; one of the same name is replaced in its place.
func parameters(name, short, help string, asString bool) specFlag {
	w := inSource(func(s *app.Source, values []string) error {
		h := made(&s.Helm)
		return eachPair(values, func(k, v string) {
			put(&h.Parameters, app.HelmParameter{Name: k, Value: v, ForceString: asString}, func(p app.HelmParameter) bool { return p.Name == k })
		})
	})
	return row(name, w, func(f *pflag.FlagSet, v *[]string) { f.StringArrayVarP(v, name, short, nil, help) })
}

var writeFileParameters = inSource(func(s *app.Source, values []string) error {
	h := made(&s.Helm)
	return eachPair(values, func(k, v string) {
		put(&h.FileParameters, app.HelmFileParameter{Name: k, Path: v}, func(p app.HelmFileParameter) bool { return p.Name == k })
	})
})

var writeValues = inSource(func(s *app.Source, text string) error {
	h := made(&s.Helm)
	h.Values, h.ValuesObject = text, nil
	return nil
})

func writeValuesFile(a *app.Application, position int, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return writeValues(a, position, string(text))
}

var writeImages = inSource(func(s *app.Source, images []string) error {
	k := made(&s.Kustomize)
	for _, image := range images {
		name := imageName(image)
		put(&k.Images, image, func(old string) bool { return imageName(old) == name })
	}
	return nil
})

var writeReplicas = inSource(func(s *app.Source, values []string) error {
	k := made(&s.Kustomize)
	return eachPair(values, func(name, count string) {
		put(&k.Replicas, app.KustomizeReplica{Name: name, Count: count}, func(r app.KustomizeReplica) bool { return r.Name == name })
	})
})

// imageName is the part of a kustomize image that says which one it replaces.
func imageName(image string) string {
	name, _, _ := strings.Cut(image, "=")
	name, _, _ = strings.Cut(name, "@")
	if i := strings.LastIndex(name, ":"); i > strings.LastIndex(name, "/") {
		name = name[:i]
	}
	return name
}

func jsonnet(d *app.DirectorySource) *app.JsonnetSource { return made(&d.Jsonnet) }

func extVars(j *app.JsonnetSource) *[]app.JsonnetVar { return &j.ExtVars }

func tlas(j *app.JsonnetSource) *[]app.JsonnetVar { return &j.TLAs }

func jsonnetVars(field func(*app.JsonnetSource) *[]app.JsonnetVar, code bool) writer[[]string] {
	return inSource(func(s *app.Source, values []string) error {
		vars := field(jsonnet(made(&s.Directory)))
		return eachPair(values, func(k, v string) {
			put(vars, app.JsonnetVar{Name: k, Value: v, Code: code}, func(o app.JsonnetVar) bool { return o.Name == k })
		})
	})
}

// put replaces the element of a list that is the same, or appends a new one.
func put[T any](list *[]T, v T, same func(T) bool) {
	if i := slices.IndexFunc(*list, same); i >= 0 {
		(*list)[i] = v
		return
	}
	*list = append(*list, v)
}

func pairs(field func(*app.Application) *map[string]string) writer[[]string] {
	return func(a *app.Application, _ int, values []string) error { return setPairs(field(a), values) }
}

func kustomizePairs(field func(*app.KustomizeSource) *map[string]string) writer[[]string] {
	return inSource(func(s *app.Source, values []string) error { return setPairs(field(made(&s.Kustomize)), values) })
}

func setPairs(m *map[string]string, values []string) error {
	return eachPair(values, func(k, v string) {
		if *m == nil {
			*m = map[string]string{}
		}
		(*m)[k] = v
	})
}

// eachPair does something with every key and value.
func eachPair(values []string, do func(k, v string)) error {
	for _, s := range values {
		k, v, err := cutPair(s)
		if err != nil {
			return err
		}
		do(k, v)
	}
	return nil
}

func cutPair(s string) (string, string, error) {
	k, v, ok := strings.Cut(s, "=")
	if !ok || k == "" {
		return "", "", fmt.Errorf("%q is not of the form key=value", s)
	}
	return k, v, nil
}
