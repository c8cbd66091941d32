package plan

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// argoPhases are the values of Argo CD's hook annotation that run at some time.
var argoPhases = map[string]Phase{
	"PreSync": PreSync, "Sync": Sync, "PostSync": PostSync, "SyncFail": SyncFail, "PreDelete": PreDelete, "PostDelete": PostDelete,
}

// helmPhases are Helm's hooks in Argo CD's words (gitops-engine/pkg/sync/hook/helm); others of Helm's never run.
var helmPhases = map[string]Phase{
	"pre-install": PreSync, "pre-upgrade": PreSync, "post-install": PostSync, "post-upgrade": PostSync,
	"pre-delete": PreDelete, "post-delete": PostDelete,
}

// IsHook reports whether an object runs at some time instead of being kept in the cluster. An object that is to be
// skipped counts as one that runs never; a Helm crd-install hook is an ordinary object.
func IsHook(u *unstructured.Unstructured) bool {
	a := u.GetAnnotations()
	if _, ok := a[object.AnnotationHook]; ok {
		return true
	}
	helm := object.Options(u, object.AnnotationHelmHook)
	return len(helm) > 0 && !slices.Contains(helm, "crd-install")
}

// hooksOf returns when an object runs: once for every phase that it names. A valid value in Argo CD's annotation, which
// Skip is too, makes Helm's be ignored.
func hooksOf(u *unstructured.Unstructured) []Hook {
	var phases []Phase
	skips := false
	for _, name := range object.Options(u, object.AnnotationHook) {
		if p, ok := argoPhases[name]; ok {
			phases = append(phases, p)
		}
		skips = skips || name == skip
	}
	if len(phases) == 0 && !skips {
		for _, name := range object.Options(u, object.AnnotationHelmHook) {
			if p, ok := helmPhases[name]; ok {
				phases = append(phases, p)
			}
		}
	}
	slices.Sort(phases)
	var out []Hook
	for _, p := range slices.Compact(phases) {
		out = append(out, withPolicy(u, p))
	}
	return out
}

// withPolicy reads the deletion policies; the default is to delete an earlier hook before its next creation.
func withPolicy(u *unstructured.Unstructured, p Phase) Hook {
	h := Hook{Phase: p}
	policies := append(object.Options(u, object.AnnotationHookDelete), object.Options(u, object.AnnotationHelmDelete)...)
	for _, policy := range policies {
		switch strings.ToLower(policy) {
		case "hooksucceeded", "hook-succeeded":
			h.OnSuccess = true
		case "hookfailed", "hook-failed":
			h.OnFailure = true
		case "beforehookcreation", "before-hook-creation":
			h.BeforeCreation = true
		}
	}
	if !h.OnSuccess && !h.OnFailure {
		h.BeforeCreation = true
	}
	return h
}

// hook adds a step for every phase of a hook that a sync runs. A rollback runs none, and a selective sync only where it is asked to.
func (b *builder) hook(o *Object) {
	ran := false
	for _, h := range hooksOf(o.Desired) {
		if h.Phase == PreDelete || h.Phase == PostDelete {
			continue
		}
		b.hooks = append(b.hooks, object.Of(o.Desired).String()+o.Desired.GetGenerateName()+" ("+h.Phase.String()+")")
		if b.hookless() == "" {
			s := hookStep(&b.in.App.Spec, o.Desired, h, o.Diff.Predicted)
			earlier := b.in.Live[s.Ref]
			if s.Refused = Namesake(earlier, b.plan.App.Tracking(), b.in.Installation); s.Refused != "" {
				earlier = nil
			}
			guardHook(&s, earlier, ran)
			ran = true
			b.add(s)
		}
	}
}

// Namesake says why a live object that has the name of a hook is no earlier run of it, and so is not to be deleted for the
// hook's sake; "" where it may be, or where there is none. A hook of another owner may be: it is only looked at again while
// it runs. A Job or Pod of the application's own may be, too: it is made a hook because it is to run again with each sync.
func Namesake(live *unstructured.Unstructured, app, installation string) string {
	if live == nil || IsHook(live) {
		return ""
	}
	if object.Owned(live, app, installation) {
		if k := live.GetKind(); k == "Job" || k == "Pod" {
			return ""
		}
		return "an object of that name is part of the application, and it is no hook"
	}
	if mark, foreign := object.Foreign(live, app, installation); foreign {
		return "an object of that name belongs to the application " + mark.App + ", and it is no hook"
	}
	return "an object of that name is there, and it is no hook"
}

// hookStep makes the step of a hook; shown is the hook as it may be shown.
func hookStep(spec *app.Spec, u *unstructured.Unstructured, h Hook, shown *unstructured.Unstructured) Step {
	ref := object.Of(u)
	return Step{
		Ref: ref, Verb: RunHook, Phase: h.Phase, Wave: object.Wave(u), Hook: &h, Desired: u, Reason: hookReason(h, ref), Lenient: Lenient(spec, u),
		Diff: diff.Diff{Ref: ref, Verdict: diff.Create, Predicted: shown, Unchecked: "a hook is created when its turn comes, perhaps after others have changed what it needs"},
	}
}

// hookless says why no hook is run; "" when they are.
func (b *builder) hookless() string {
	switch {
	case b.selective() && !b.in.Options.Hooks:
		return "only some objects are selected (--hooks runs them)"
	case b.in.Kind == app.KindRollback:
		return "a rollback runs none"
	case b.in.Kind == app.KindUndo:
		return "an undo runs none"
	}
	return ""
}

// skippedHooks names the hooks that are left out, and says why.
func (b *builder) skippedHooks() {
	why := b.hookless()
	switch {
	case why == "" || len(b.hooks) == 0:
	case len(b.hooks) == 1:
		b.note("1 hook is not run: %s: %s", why, b.hooks[0])
	default:
		b.note("%d hooks are not run: %s: %s", len(b.hooks), why, Listed(b.hooks))
	}
}

func hookReason(h Hook, ref object.Ref) string {
	switch {
	case h.OnSuccess && h.OnFailure:
		return "hook, deleted when it has ended"
	case h.OnSuccess:
		return "hook, deleted when it succeeded"
	case h.OnFailure:
		return "hook, deleted when it failed"
	case ref.Name == "":
		return "hook, made under another name by each run, and not deleted"
	}
	return "hook, deleted before its next run"
}
