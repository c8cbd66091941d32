package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func ending(live ...*unstructured.Unstructured) plan.DeletionInput {
	in := plan.DeletionInput{App: shop(), Installation: installation, Live: map[object.Ref]*unstructured.Unstructured{}}
	for _, u := range live {
		in.Live[object.Of(u)] = u
	}
	return in
}

func deletion(t *testing.T, in plan.DeletionInput) plan.Plan {
	t.Helper()
	p, err := plan.Deletion(in)
	if err != nil {
		t.Fatalf("Deletion: %v", err)
	}
	return p
}

func TestDeletionReversesTheOrderOfCreation(t *testing.T) {
	t.Parallel()
	in := ending(
		alive("Namespace/web", "sync-wave=9"), alive("ConfigMap/web/a", "sync-wave=-1"), alive("Service/web/b"),
		alive("Deployment/web/c"), alive("Deployment/web/d", "sync-wave=2"),
	)
	in.Manifests = []*unstructured.Unstructured{
		thing("Job/web/bye", "hook=PostDelete"), thing("Job/web/drain", "hook=PreDelete"), thing("Job/web/migrate", "hook=PreSync"),
		thing("ConfigMap/web/a"),
	}
	want := []string{
		"PreDelete/0/hook/Job/web/drain",
		"Sync/0/prune/Deployment/web/d", "Sync/2/prune/Deployment/web/c", "Sync/2/prune/Service/web/b",
		"Sync/9/prune/ConfigMap/web/a", "Sync/9/prune/Namespace/web",
		"PostDelete/0/hook/Job/web/bye",
	}
	if d := cmp.Diff(want, ids(deletion(t, in))); d != "" {
		t.Errorf("the order (-want +got):\n%s", d)
	}
}

func TestHandingBack(t *testing.T) {
	t.Parallel()
	in := ending(
		alive("Namespace/web"), alive("ConfigMap/web/a", "sync-options=Delete=false"), alive("PersistentVolumeClaim/web/data"),
		alive("CustomResourceDefinition/x", "sync-wave=3"),
	)
	made := thing("ReplicaSet/web/a-1")
	yes := true
	made.SetOwnerReferences([]metav1.OwnerReference{{UID: in.Live[object.Ref{Kind: "ConfigMap", Namespace: "web", Name: "a"}].GetUID(), Controller: &yes}})
	in.Live[object.Of(made)] = made
	foreign := alive("ConfigMap/web/theirs")
	object.SetMark(foreign, "shop", "another-store")
	in.Live[object.Of(foreign)] = foreign
	in.Manifests = []*unstructured.Unstructured{thing("Job/web/drain", "hook=PreDelete")}
	in.Options.HandBack = true
	p := deletion(t, in)
	want := []string{
		"Sync/0/unmark/ConfigMap/web/a", "Sync/0/unmark/CustomResourceDefinition/x", "Sync/0/unmark/Namespace/web",
		"Sync/0/unmark/PersistentVolumeClaim/web/data",
	}
	got := ids(p)
	slices.Sort(got)
	for _, s := range p.Steps {
		for _, c := range s.Diff.Changes {
			if !strings.HasPrefix(c.Path, ".metadata.annotations") || c.HasNew {
				t.Errorf("%s: it changes %v, want that annotations go", s.ID, c)
			}
		}
		if len(s.Diff.Changes) == 0 {
			t.Errorf("%s: it changes nothing", s.ID)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the steps (-want +got):\n%s", d)
	}
	if len(p.Guards) > 0 || p.Empty() || len(p.Notes) != 1 {
		t.Errorf("guards %v, empty %v, notes %v", p.Guards, p.Empty(), p.Notes)
	}
}

func TestWhatADeletionKeepsOrAsksFor(t *testing.T) {
	t.Parallel()
	dying := alive("PersistentVolumeClaim/web/a")
	dying.SetDeletionTimestamp(&metav1.Time{Time: metav1.Now().Time})
	for name, c := range map[string]struct {
		live          *unstructured.Unstructured
		policy        []string
		propagation   string
		verb          plan.Verb
		reason, guard string
	}{
		"an ordinary object goes": {live: alive("ConfigMap/web/a"), verb: plan.Delete, reason: "owned by the application"},
		"Delete=false stays":      {live: alive("ConfigMap/web/a", "sync-options=Delete=false"), reason: "kept by Delete=false"},
		"Delete=false of the application stays": {
			live: alive("ConfigMap/web/a"), policy: []string{"Delete=false"}, reason: "kept by Delete=false",
		},
		"Delete=true overrides the application": {
			live: alive("ConfigMap/web/a", "sync-options=Delete=true"), policy: []string{"Delete=false"}, verb: plan.Delete,
			reason: "owned by the application",
		},
		"what Helm keeps stays": {
			live: alive("ConfigMap/web/a", "helm.sh/resource-policy=keep"), reason: "kept by helm.sh/resource-policy",
		},
		"Prune=false says nothing about a deletion": {
			live: alive("ConfigMap/web/a", "sync-options=Prune=false"), verb: plan.Delete, reason: "owned by the application",
		},
		"a CustomResourceDefinition stays": {
			live: alive("CustomResourceDefinition/a.b.c"), reason: "kept: deleting it would delete every object of its kind, in every namespace",
		},
		"a Namespace is asked for": {
			live: alive("Namespace/web"), verb: plan.Delete, reason: "owned by the application", guard: "prune:Namespace/web",
		},
		"a claim is asked for": {
			live: alive("PersistentVolumeClaim/web/a"), verb: plan.Delete, reason: "owned by the application",
			guard: "prune:PersistentVolumeClaim/web/a",
		},
		"what is being deleted already is waited for, and not asked for": {
			live: dying, verb: plan.Delete, reason: "it is being deleted already, and its end is awaited",
		},
		"Delete=confirm is asked for": {
			live: alive("ConfigMap/web/a", "sync-options=Delete=confirm"), verb: plan.Delete, reason: "owned by the application",
			guard: "prune:ConfigMap/web/a",
		},
		"a finished hook goes":                    {live: alive("Job/web/migrate", "hook=PreSync"), verb: plan.Delete, reason: "owned by the application"},
		"a StatefulSet goes, for its claims stay": {live: stateful("Retain", 1), verb: plan.Delete, reason: "owned by the application"},
		"a StatefulSet that names no policy goes": {live: stateful("", 1), verb: plan.Delete, reason: "owned by the application"},
		"a StatefulSet whose claims go with it is asked for": {
			live: stateful("Delete", 1), verb: plan.Delete, reason: "owned by the application", guard: "prune:StatefulSet/web/db",
		},
		"a StatefulSet that has no claims goes": {live: stateful("Delete", 0), verb: plan.Delete, reason: "owned by the application"},
		"a StatefulSet whose claims are left by an orphaning deletion goes": {
			live: stateful("Delete", 1), propagation: "orphan", verb: plan.Delete, reason: "owned by the application",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := ending(c.live)
			in.App.Spec.SyncPolicy = &app.SyncPolicy{SyncOptions: c.policy}
			in.Options.Propagation = c.propagation
			p := deletion(t, in)
			got := only(t, p)
			if got.Verb != c.verb || got.Reason != c.reason || got.Guard != c.guard {
				t.Errorf("got %s %q guard %q, want %s %q guard %q", got.Verb, got.Reason, got.Guard, c.verb, c.reason, c.guard)
			}
			if c.guard != "" && (len(p.Guards) != 1 || p.Guards[0].Step != got.ID) {
				t.Errorf("got guards %+v", p.Guards)
			}
		})
	}
}

// TestClaimsThatGoAreApprovedByName has all that an application deletes approved: that names no StatefulSet whose claims go.
func TestClaimsThatGoAreApprovedByName(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{"Retain": "", "Delete": "prune:StatefulSet/web/db"} {
		in := ending(stateful(policy, 1))
		in.App.Spec.SyncPolicy = &app.SyncPolicy{SyncOptions: []string{"Delete=confirm"}}
		in.App.Metadata.Annotations = map[string]string{app.AnnotationDeletionApproved: "2026-01-02T03:04:05Z"}
		if got := only(t, deletion(t, in)); got.Guard != want {
			t.Errorf("%s: guard %q, want %q", policy, got.Guard, want)
		}
	}
}

func TestDeletionLeavesAloneWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	argo := thing("Job/web/migrate", "hook=PreSync", "tracking-id=shop:batch/Job:web/migrate")
	other := thing("ConfigMap/web/other")
	object.SetMark(other, "blog", installation)
	p := deletion(t, ending(argo, other, thing("ConfigMap/web/bare")))
	want := []string{
		"ConfigMap/web/bare is left alone: it carries no mark of this application",
		"ConfigMap/web/other is left alone: it belongs to the application blog",
		"Job/web/migrate is left alone: it belongs to the application shop of another store",
	}
	if d := cmp.Diff(want, p.Notes); d != "" || len(p.Steps) != 0 {
		t.Errorf("steps %v, notes (-want +got):\n%s", ids(p), d)
	}
}

func TestDeletionOfGeneratedHooks(t *testing.T) {
	t.Parallel()
	marks := []string{"hook=PreSync", "tracking-id=shop:batch/Job:web/", "installation-id=" + installation}
	if got := only(t, deletion(t, ending(thing("Job/web/migrate-1a2b", append(marks, "wheelhouse.dev/operation=op-1")...)))); got.Verb != plan.Delete {
		t.Errorf("got %s", got.ID)
	}
	if p := deletion(t, ending(thing("Job/web/migrate-1a2b", marks...))); len(p.Steps) != 0 {
		t.Errorf("a hook that no operation made is deleted: %v", ids(p))
	}
	theirs := append(marks[:2:2], "installation-id=store-2", "wheelhouse.dev/operation=op-1")
	if p := deletion(t, ending(thing("Job/web/migrate-1a2b", theirs...))); len(p.Steps) != 0 {
		t.Errorf("another store's hook is deleted: %v", ids(p))
	}
}

func TestDeletionLeavesWhatAnotherObjectOwns(t *testing.T) {
	t.Parallel()
	child, copied := ownedBy(alive("ReplicaSet/web/nginx-1"), "uid-Deployment/web/nginx"), ownedBy(alive("Secret/web/copy"), "elsewhere")
	t.Run("to its owner", func(t *testing.T) {
		t.Parallel()
		p := deletion(t, ending(alive("Deployment/web/nginx"), child, copied))
		if got := only(t, p); got.Ref.Kind != "Deployment" || len(p.Notes) != 0 {
			t.Errorf("got %s, notes %v", got.ID, p.Notes)
		}
	})
	for name, path := range map[string]string{"but not what git asks for": "Secret/web/copy", "nor where git names no namespace": "Secret/copy"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := ending(copied)
			in.Manifests = []*unstructured.Unstructured{thing(path)}
			if got := only(t, deletion(t, in)); got.Verb != plan.Delete {
				t.Errorf("got %s", got.ID)
			}
		})
	}
}

func TestHooksOfADeletion(t *testing.T) {
	t.Parallel()
	t.Run("from an earlier try are not deleted besides", func(t *testing.T) {
		t.Parallel()
		in := ending(alive("Job/web/drain", "hook=PreDelete"))
		in.Manifests = []*unstructured.Unstructured{thing("Job/web/drain", "hook=PreDelete")}
		if got := only(t, deletion(t, in)); got.Verb != plan.RunHook || !got.Hook.BeforeCreation {
			t.Errorf("got %s", got.ID)
		}
	})
	t.Run("are not run again when objects have gone since", func(t *testing.T) {
		t.Parallel()
		in := ending(alive("Job/web/backup", "hook=PreDelete"))
		made := thing("Job/web/drain", "hook=PreDelete")
		made.SetName("")
		made.SetGenerateName("drain-")
		alike := made.DeepCopy()
		alike.SetGenerateName("drain-all-")
		in.Manifests = []*unstructured.Unstructured{
			thing("Job/web/backup", "hook=PreDelete,PostDelete"), made, alike, thing("Job/web/other", "hook=PreDelete"),
		}
		in.Ran = map[object.Ref]string{
			object.Of(thing("Job/web/backup")): "r7", object.Of(thing("Job/web/" + plan.HookName("drain-all-", "r7", "drain"))): "r7",
		}
		p := deletion(t, in)
		if d := cmp.Diff([]string{"PreDelete/0/hook/Job/web/drain-", "PreDelete/0/hook/Job/web/other", "PostDelete/0/hook/Job/web/backup"}, ids(p)); d != "" {
			t.Error(d)
		}
		if len(p.Notes) != 2 || p.Notes[0] != "hook Job/web/backup is not run again: it succeeded in r7, which deleted objects and did not come to its end" ||
			!strings.Contains(p.Notes[1], "drain-all-") {
			t.Errorf("notes %q", p.Notes)
		}
	})
	t.Run("whose data the record lacks are not run", func(t *testing.T) {
		t.Parallel()
		in := ending()
		in.Manifests = []*unstructured.Unstructured{thing("Secret/web/key", "hook=PreDelete", "wheelhouse.dev/masked=true")}
		p := deletion(t, in)
		want := []string{"hook Secret/web/key is not run: records hold no data of Secrets"}
		if d := cmp.Diff(want, p.Notes); d != "" || len(p.Steps) != 0 {
			t.Errorf("steps %v, notes: %s", ids(p), d)
		}
	})
}

func TestOrphaningDeletesNothing(t *testing.T) {
	t.Parallel()
	in := ending(alive("ConfigMap/web/a"))
	in.Options.Orphan = true
	p := deletion(t, in)
	if len(p.Steps) != 0 || len(p.Notes) != 1 || p.Hash == "" {
		t.Errorf("got steps %v, notes %v, hash %q", ids(p), p.Notes, p.Hash)
	}
}

func TestFinalizerChoosesPropagation(t *testing.T) {
	t.Parallel()
	in := ending()
	in.App.Metadata.Finalizers = []string{"resources-finalizer.argocd.argoproj.io/background"}
	if p := deletion(t, in); p.Options.Propagation != "background" {
		t.Errorf("got %q", p.Options.Propagation)
	}
	in.Options.Propagation = "foreground"
	if p := deletion(t, in); p.Options.Propagation != "foreground" {
		t.Errorf("the finalizer beats what was asked for: %q", p.Options.Propagation)
	}
}
