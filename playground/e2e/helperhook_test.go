package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// helper is a ServiceAccount that a chart makes as a hook for the Job of another one, and that is to be deleted when it succeeded, which it
// has as soon as it is there.
const helper = `apiVersion: v1
kind: ServiceAccount
metadata:
  name: check
  annotations: {helm.sh/hook: "post-install,post-upgrade", helm.sh/hook-weight: "-5", helm.sh/hook-delete-policy: "hook-succeeded"}
`

// asCheck has the Pod of a Job run as that ServiceAccount: without it there is no Pod, and the Job never ends.
func asCheck(job string) string {
	return strings.Replace(job, "      restartPolicy: Never\n", "      restartPolicy: Never\n      serviceAccountName: check\n", 1)
}

// TestHelperHooks syncs the hooks of such a chart, in waves and in one wave, with and without another failure.
func TestHelperHooks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wave, phase string
		failing     bool
	}{
		"helped-later":    {"-5", "PostSync", false},
		"helped-at-once":  {"0", "PostSync", false},
		"helped-to-fail":  {"-5", "PostSync", true},
		"helped-at-first": {"-5", "PreSync", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onOwnStore(t)
			files := map[string]string{
				"helper.yaml": strings.Replace(helper, `hook-weight: "-5"`, `hook-weight: "`+c.wave+`"`, 1), "settings.yaml": configMap("settings", "one"),
				"check.yaml": asCheck(withPolicy("HookSucceeded", hook("check", c.phase))),
			}
			if c.phase == "PreSync" {
				files["helper.yaml"] = strings.Replace(files["helper.yaml"], "post-install,post-upgrade", "pre-install,pre-upgrade", 1)
			}
			if c.failing {
				files["failing.yaml"] = failing(strings.Replace(hook("failing", c.phase), "annotations: {", `annotations: {argocd.argoproj.io/sync-wave: "1", `, 1))
			}
			w.create(name, newRepository(t, w.play, name, files))
			r := w.run("app", "sync", name, "--timeout", "120s")
			if want := map[bool]int{false: 0, true: 4}[c.failing]; r.status != want {
				t.Fatalf("status %d, want %d:\n%s%s", r.status, want, r.out, r.err)
			}
			if !lineHas(r.out, "hook", "done", "Job/"+name+"/check") {
				t.Errorf("the hook has not succeeded:\n%s", r.out)
			}
			see := w.see()
			see.absent("job", name, "check")
			see.absent("serviceaccount", name, "check")
			see.present("configmap", name, "settings")
		})
	}
}

// TestAHelperHookWaitsForTheRest kills a sync while its last hook runs and resumes it: the helper, which had succeeded before, is there
// for the Pod that comes only then, and is deleted with the end.
func TestAHelperHookWaitsForTheRest(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("helped-again", newRepository(t, w.play, "helped-again", map[string]string{
		"helper.yaml": helper, "gate.yaml": asCheck(strings.Replace(endless, "PreSync", "PostSync", 1)),
	}))
	w.killedInHook("helped-again")
	cmd, said := w.begun("app", "resume", "helped-again", "--yes")
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the hook is awaited again", func() error {
		if n := w.inJournals("helped-again", `"intended","step":"PostSync/0/hook/`); n != 2 {
			return fmt.Errorf("it was begun %d times", n)
		}
		return nil
	})
	see.present("serviceaccount", "helped-again", "check")
	see.letGo("helped-again")
	if err := cmd.Wait(); err != nil {
		t.Fatalf("resume: %v\n%s", err, said)
	}
	see.absent("serviceaccount", "helped-again", "check")
	see.present("job", "helped-again", "gate")
}
