package render

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// kustomizeModel lays the application's options over the text of the kustomization, those that can be laid over it any
// number of times. Patches and components come on top of what is edited.
func (j job) kustomizeModel(v *app.Values) error {
	have, err := readMapping(v.Effective)
	if err != nil || j.src.Kustomize == nil {
		// It is opened as it is, for it has to be mended.
		return nil
	}
	shown, _ := apartOptions(*j.src.Kustomize)
	if reflect.DeepEqual(shown, app.KustomizeSource{}) {
		return nil
	}
	want := deepCopy(have)
	if err := j.layOptions(want, &shown); err != nil {
		return err
	}
	options, err := json.Marshal(shown)
	if err != nil {
		return fmt.Errorf("write kustomize options: %w", err)
	}
	if err := open(v, want); err != nil {
		return err
	}
	set, err := readMapping(string(options))
	if err != nil {
		return err
	}
	v.Override, err = printed(set)
	return err
}

// apartOptions divides options into those that are shown in the kustomization that is edited, and the others.
func apartOptions(opts app.KustomizeSource) (shown, others app.KustomizeSource) {
	others = opts
	shown = app.KustomizeSource{
		NamePrefix: opts.NamePrefix, NameSuffix: opts.NameSuffix, Namespace: opts.Namespace, Images: opts.Images, Replicas: opts.Replicas,
		CommonAnnotations: opts.CommonAnnotations, CommonAnnotationsEnvsubst: opts.CommonAnnotationsEnvsubst && len(opts.CommonAnnotations) > 0,
		ForceCommonAnnotations: opts.ForceCommonAnnotations,
	}
	others.NamePrefix, others.NameSuffix, others.Namespace, others.Images, others.Replicas, others.CommonAnnotations = "", "", "", nil, nil, nil
	if !opts.LabelWithoutSelector {
		shown.CommonLabels, shown.ForceCommonLabels, others.CommonLabels = opts.CommonLabels, opts.ForceCommonLabels, nil
	}
	return shown, others
}

// kustomizeEdit finds the options that turn the kustomization into the edited one, and renders both to see that they do.
func (e Values) kustomizeEdit(ctx context.Context, j job, r *app.ValuesResult, v app.Values, edit app.ValuesEdit) error {
	base, err := readMapping(v.Files[0].Text)
	if err != nil {
		r.CommitOnly = "the file in git cannot be read: " + err.Error()
		return nil
	}
	shown, err := readMapping(v.Effective)
	if err != nil {
		return err
	}
	edited, err := readMapping(edit.Text)
	if err != nil {
		r.CommitOnly = err.Error()
		return nil
	}
	opts := app.KustomizeSource{}
	if j.req.Source.Kustomize != nil {
		opts = *j.req.Source.Kustomize
	}
	onlyShown, _ := apartOptions(opts)
	// The edited text may have them already.
	onlyShown.ForceCommonLabels, onlyShown.ForceCommonAnnotations = true, true
	committed := deepCopy(edited)
	if err := j.layOptions(committed, &onlyShown); err != nil {
		return err
	}
	if committed, err = asRead(committed); err != nil {
		return err
	}
	if r.File != nil {
		r.Shadowed = differ("", committed, edited)
	}
	o := kustomizeOptions{job: j, base: base, edited: edited, opts: opts}
	for _, k := range slices.Sorted(maps.Keys(union(shown, edited))) {
		if reflect.DeepEqual(shown[k], edited[k]) {
			continue
		}
		if err := o.field(k); err != nil {
			r.CommitOnly = err.Error()
			return nil
		}
	}
	if r.CommitOnly = e.renderBoth(ctx, j, v, edit, o.opts); r.CommitOnly == "" {
		r.Source, r.Overridden = withOptions(j.req.Source, o.opts), heldBy(o.opts)
	}
	return nil
}

// renderBoth renders the edited kustomization, and the one in git with options; it says how they differ, if they do.
func (e Values) renderBoth(ctx context.Context, j job, v app.Values, edit app.ValuesEdit, opts app.KustomizeSource) string {
	_, others := apartOptions(opts)
	// The edited text may have them already.
	others.ForceCommonLabels = len(others.CommonLabels) > 0
	file, options := j.req, j.req
	file.Source, options.Source = withOptions(file.Source, others), withOptions(options.Source, opts)
	file.Overlay = maps.Clone(file.Overlay)
	if file.Overlay == nil {
		file.Overlay = map[string][]byte{}
	}
	file.Overlay[v.Editable] = []byte(edit.Text)
	want, err := e.rendered(ctx, file)
	if err != nil {
		return "it does not render: " + err.Error()
	}
	got, err := e.rendered(ctx, options)
	if err != nil {
		return "as options of the application it does not render: " + err.Error()
	}
	for ref, text := range want {
		if got[ref] != text {
			return "as options of the application it gives another " + ref
		}
	}
	if len(got) != len(want) {
		return "as options of the application it gives other objects"
	}
	return ""
}

// rendered are the objects of a source, as texts by their names.
func (e Values) rendered(ctx context.Context, req app.RenderRequest) (map[string]string, error) {
	render := Render
	if e.Pool != nil {
		render = e.Pool.Render
	}
	out, err := render(ctx, req)
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for _, u := range out.Objects {
		b, err := json.Marshal(u)
		if err != nil {
			return nil, err
		}
		texts[nameOf(u)] = string(b)
	}
	return texts, nil
}

func nameOf(u *unstructured.Unstructured) string {
	return strings.ReplaceAll(u.GetKind()+"/"+u.GetNamespace()+"/"+u.GetName(), "//", "/")
}

func withOptions(src app.Source, opts app.KustomizeSource) app.Source {
	src.Kustomize = &opts
	if reflect.DeepEqual(opts, app.KustomizeSource{}) {
		src.Kustomize = nil
	}
	return src
}

// heldBy lists what options set, as paths.
func heldBy(opts app.KustomizeSource) []string {
	var out []string
	for name, set := range map[string]string{"namePrefix": opts.NamePrefix, "nameSuffix": opts.NameSuffix, "namespace": opts.Namespace} {
		if set != "" {
			out = append(out, name)
		}
	}
	for _, image := range opts.Images {
		if entry, err := imageEntry(image); err == nil {
			out = append(out, "images."+fmt.Sprint(entry["name"]))
		}
	}
	for _, r := range opts.Replicas {
		out = append(out, "replicas."+r.Name)
	}
	for name := range opts.CommonLabels {
		out = append(out, "commonLabels."+name)
	}
	for name := range opts.CommonAnnotations {
		out = append(out, "commonAnnotations."+name)
	}
	for i := range opts.Patches {
		out = append(out, fmt.Sprintf("patches[%d]", i))
	}
	slices.Sort(out)
	return out
}

func union(a, b map[string]any) map[string]any {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}
