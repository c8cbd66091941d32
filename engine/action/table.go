package action

import "k8s.io/apimachinery/pkg/runtime/schema"

// The kinds of the table.
var (
	deployment  = schema.GroupKind{Group: "apps", Kind: "Deployment"}
	statefulSet = schema.GroupKind{Group: "apps", Kind: "StatefulSet"}
	daemonSet   = schema.GroupKind{Group: "apps", Kind: "DaemonSet"}
	replicaSet  = schema.GroupKind{Group: "apps", Kind: "ReplicaSet"}
	job         = schema.GroupKind{Group: "batch", Kind: "Job"}
	cronJob     = schema.GroupKind{Group: "batch", Kind: "CronJob"}
	rollout     = schema.GroupKind{Group: "argoproj.io", Kind: "Rollout"}
)

var table = []Action{
	{
		Name: "restart", Title: "restart", Kinds: []schema.GroupKind{deployment, statefulSet, daemonSet},
		Help:     "Replace all Pods one after another, as kubectl rollout restart does.",
		disabled: unless("paused", false, "it is paused: resume it first"), write: restartPods,
	},
	{
		Name: "restart", Title: "restart", Kinds: []schema.GroupKind{rollout},
		Help: "Replace all Pods one after another.", write: restartRollout,
	},
	{
		Name: "scale", Title: "scale", Kinds: []schema.GroupKind{deployment, statefulSet, replicaSet, rollout},
		Help:       "Set the number of replicas. Where git sets it too, self-heal puts it back.",
		Parameters: []Parameter{{Name: "replicas", Help: "number of replicas", Default: replicasOf, Needed: true}},
		write:      scale,
	},
	{
		Name: "pause", Title: "pause", Kinds: []schema.GroupKind{deployment},
		Help: "Roll no further change out.", disabled: unless("paused", false, "it is paused already"), write: set("paused", true),
	},
	{
		Name: "resume", Title: "resume", Kinds: []schema.GroupKind{deployment},
		Help: "Roll changes out again.", disabled: unless("paused", true, "it is not paused"), write: set("paused", false),
	},
	{
		Name: "suspend", Title: "suspend", Kinds: []schema.GroupKind{cronJob},
		Help: "Start no more Jobs; those that run go on.", disabled: unless("suspend", false, "it is suspended already"), write: set("suspend", true),
	},
	{
		Name: "resume", Title: "resume", Kinds: []schema.GroupKind{cronJob},
		Help: "Start Jobs at their times again.", disabled: unless("suspend", true, "it is not suspended"), write: set("suspend", false),
	},
	{
		Name: "suspend", Title: "suspend", Kinds: []schema.GroupKind{job},
		Help: "Delete the Pods and run none until it is resumed.", disabled: first(ended, unless("suspend", false, "it is suspended already")), write: set("suspend", true),
	},
	{
		Name: "resume", Title: "resume", Kinds: []schema.GroupKind{job},
		Help: "Run the Pods again.", disabled: first(ended, unless("suspend", true, "it is not suspended")), write: set("suspend", false),
	},
	{
		Name: "terminate", Title: "terminate", Kinds: []schema.GroupKind{job},
		Help: "End the Job: its Pods are deleted and it fails.", disabled: first(ended, unless("suspend", false, "it is suspended, and no Pod of it runs: delete it, or resume it")), write: terminate,
	},
	{
		Name: "create-job", Title: "run now", Kinds: []schema.GroupKind{cronJob},
		Help: "Make a Job of the CronJob's template now, whatever its times.", write: createJob,
	},
	{
		Name: "pause", Title: "pause", Kinds: []schema.GroupKind{rollout},
		Help: "Roll no further step out.", disabled: pausedRollout(false, "it is paused already"), write: set("paused", true),
	},
	{
		Name: "resume", Title: "resume", Kinds: []schema.GroupKind{rollout},
		Help: "Go on after a pause, to the next step.", disabled: pausedRollout(true, "it is not paused"), write: resumeRollout,
	},
	{
		Name: "promote-full", Title: "promote", Kinds: []schema.GroupKind{rollout},
		Help: "Skip all that is left of steps, analysis and pauses, and take the new version everywhere.", disabled: promoted, write: promoteFull,
	},
	{
		Name: "abort", Title: "abort", Kinds: []schema.GroupKind{rollout},
		Help: "Stop the update and go back to the stable version.", disabled: first(aborted(false, "it is aborted already"), promoted), write: abort(true),
	},
	{
		Name: "retry", Title: "retry", Kinds: []schema.GroupKind{rollout},
		Help: "Try an aborted update again.", disabled: aborted(true, "it is not aborted"), write: abort(false),
	},
	{
		Name: "patch", Title: "patch", Class: Edit,
		Help: "Change fields of the live object. Where git sets them too, self-heal puts them back.",
		Parameters: []Parameter{
			{Name: "patch", Help: "JSON of the patch", Needed: true},
			{Name: "type", Help: "merge, json or strategic", Default: fixed("merge")},
		},
		write: patch,
	},
	{
		Name: "delete", Title: "delete", Class: Remove,
		Help: "Delete the object. Where git declares it, self-heal or the next sync makes it again.",
		Parameters: []Parameter{
			{Name: "propagation", Help: "what happens to what it owns: foreground, background or orphan", Default: fixed("foreground")},
			{Name: "force", Help: "true waits for nothing: no grace period", Default: fixed("false")},
		},
		write: remove,
	},
}
