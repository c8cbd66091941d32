package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// statusOf writes the outcome of an examination into a status. The parts that operations own, operationState and
// history, are left as they are. Times move only when what they time has changed.
func statusOf(s *app.Status, x *examination) {
	now := x.at
	old := *s
	s.ReconciledAt = &now
	s.Sync = app.SyncStatus{ComparedTo: comparedTo(&x.app)}
	s.Resources = x.resources
	s.SourceType, s.SourceTypes = toolNames(x.want.tools)
	s.Sync.Revision, s.Sync.Revisions = revisions(&x.app, x.want.commits)
	if s.Sync.Rendered = rendered(&x.app, &x.want); !sameRendered(old.Sync.Rendered, x.app.Status.Sync.Rendered) {
		// Somebody has rendered it anew meanwhile; that is what the next refresh begins with.
		s.Sync.Rendered = old.Sync.Rendered
	}
	found := x.conclude()
	s.Sync.Status, s.Health = found.sync, found.health
	if s.Health.Status == old.Health.Status {
		s.Health.LastTransitionTime = old.Health.LastTransitionTime
	} else {
		s.Health.LastTransitionTime = &now
	}
	if op := s.OperationState; op != nil && op.Unsettled() && s.Health.Status == app.Healthy && now.After(*op.FinishedAt) {
		settled := *op
		settled.SettledAt = &now
		s.OperationState = &settled
	}
	conditions := slices.Concat(found.conditions, x.want.warnings, x.want.outside)
	if x.former != nil {
		conditions = append(conditions, app.Condition{Type: app.ConditionMoved, Message: plan.LeftBehind(x.former).Message})
	}
	for _, field := range app.Unsupported(&x.app) {
		conditions = append(conditions, app.Condition{Type: app.ConditionUnsupported, Message: field})
	}
	s.Conditions = timed(old.Conditions, append(conditions, kept(old.Conditions)...), now)
}

// unknown names the kinds of which the application has objects, or had, that may not be read, or that the server fails to tell of.
func (x *examination) unknown() []app.Condition {
	var out []app.Condition
	for place, reason := range x.live.Unreadable {
		if x.unseen(place, x.want.declared) || x.unseen(place, x.previous) {
			out = append(out, app.Condition{Type: app.ConditionComparisonError, Message: place.String() + ": " + withRemedy(reason)})
		}
	}
	slices.SortFunc(out, func(a, b app.Condition) int { return strings.Compare(a.Message, b.Message) })
	return out
}

// unseen reports whether some objects have one in a place that was not found there.
func (x *examination) unseen(place object.Place, refs []object.Ref) bool {
	return slices.ContainsFunc(refs, func(ref object.Ref) bool { return ref.Place() == place && x.live.Objects[ref] == nil })
}

// unread says why it is not known whether the application has more objects than git asks for: it had some where nothing can be read. No
// diff tells of these.
func (x *examination) unread() []error {
	var out []error
	for place, reason := range x.live.Unreadable {
		if !x.unseen(place, x.want.declared) && x.unseen(place, x.previous) {
			out = append(out, fmt.Errorf("compare %s: %w", place, reason))
		}
	}
	slices.SortFunc(out, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return out
}

// withRemedy writes an error with what a person can do about it.
func withRemedy(err error) string {
	if remedy := hint.Of(err); remedy != "" {
		return err.Error() + " (" + remedy + ")"
	}
	return err.Error()
}

// ignoredExtra reports whether a live object that is desired no more says that it does not count.
func ignoredExtra(x *examination, d *diff.Diff) bool {
	live := x.live.Objects[d.Ref]
	return d.Verdict == diff.Prune && live != nil && object.HasOption(live, object.AnnotationCompare, "IgnoreExtraneous")
}

// statusFailed writes that an application could not be examined: it and its objects are Unknown, never what they were before,
// and its condition says why. Health stays what it was where the failure is git's, for that says nothing about the cluster. The time
// of the last comparison stays too: what else the status says is as old as that.
func statusFailed(s *app.Status, x *examination, failure error) {
	now := x.at
	s.Sync.Status = app.SyncUnknown
	s.Sync.ComparedTo = comparedTo(&x.app)
	why := whyUnseen(failure)
	s.Health = healthFailed(s.Health, why, now)
	s.Resources = resourcesFailed(s.Resources, why != "")
	s.Conditions = timed(s.Conditions,
		append([]app.Condition{{Type: conditionOf(failure), Message: withRemedy(failure)}}, kept(s.Conditions)...), now)
}

// Why nothing is known of the cluster.
const (
	unseenSpec    = "the spec is not valid, and the cluster is not asked"
	unseenChanged = "another cluster answers under its name"
	unseenUnknown = "the destination is not known"
	unseenCluster = "the cluster cannot be read"
	// unseenSince is said where such a reason has passed, while nobody has looked again.
	unseenSince = "the cluster was not looked at since it could not be"
)

// whyUnseen says why a failure leaves nothing known of the cluster; "" where that is no matter of the failure.
func whyUnseen(failure error) string {
	s, ok := errors.AsType[*stageError](failure)
	switch {
	case !ok:
		return ""
	case s.stage == "validate":
		return unseenSpec
	case errors.Is(failure, ErrClusterChanged):
		return unseenChanged
	case s.stage == "cluster" && errors.Is(failure, app.ErrNotFound):
		return unseenUnknown
	case s.stage == "cluster", s.stage == "live":
		return unseenCluster
	}
	return ""
}

// healthFailed returns the health of an application that could not be examined, given why the cluster is not seen; "" where it is.
func healthFailed(h app.Health, why string, now time.Time) app.Health {
	switch {
	case why == "" && slices.Contains([]string{unseenSpec, unseenChanged, unseenUnknown, unseenCluster}, h.Message):
		why = unseenSince
	case why == "":
		return h
	case h.Status != app.HealthUnknown:
		h.LastTransitionTime = &now
	}
	h.Status, h.Message = app.HealthUnknown, why
	return h
}

// resourcesFailed returns the objects of an application that could not be examined. How they compare with git is not known; nor is
// their health where the cluster is not seen, and what it was is told.
func resourcesFailed(resources []app.ResourceStatus, blind bool) []app.ResourceStatus {
	resources = slices.Clone(resources)
	for i := range resources {
		r := &resources[i]
		if r.Status != "" {
			r.Status = app.SyncUnknown
		}
		if blind && r.Health != nil && r.Health.Status != app.HealthUnknown {
			was := "was " + string(r.Health.Status)
			if r.Health.Message != "" {
				was += ": " + r.Health.Message
			}
			r.Health = &app.Health{Status: app.HealthUnknown, Message: was}
		}
	}
	return resources
}

// kept returns the conditions that an examination does not decide about.
func kept(conditions []app.Condition) []app.Condition {
	var out []app.Condition
	for _, c := range conditions {
		switch c.Type {
		case app.ConditionSharedResource, app.ConditionSyncError, app.ConditionDeletionError, app.ConditionInterrupted, app.ConditionFight, app.ConditionPaused:
			out = append(out, c)
		default:
		}
	}
	return out
}

// timed gives every condition the time since which it holds.
func timed(old, conditions []app.Condition, now time.Time) []app.Condition {
	for i := range conditions {
		c := &conditions[i]
		j := slices.IndexFunc(old, func(o app.Condition) bool { return o.Type == c.Type && o.Message == c.Message })
		if j >= 0 && old[j].LastTransitionTime != nil {
			c.LastTransitionTime = old[j].LastTransitionTime
			continue
		}
		c.LastTransitionTime = &now
	}
	return conditions
}

// said returns conditions of which the one of a type says this, and which have none of it where that is nothing. One that is there keeps
// its place: several parts of the engine say something at every look, and what says the same is to be the same.
func said(conditions []app.Condition, kind app.ConditionType, message string) []app.Condition {
	out := make([]app.Condition, 0, len(conditions)+1)
	for _, c := range conditions {
		switch {
		case c.Type != kind:
			out = append(out, c)
		case message != "":
			out = append(out, app.Condition{Type: kind, Message: message})
			message = ""
		}
	}
	if message != "" {
		out = append(out, app.Condition{Type: kind, Message: message})
	}
	return out
}

func comparedTo(a *app.Application) app.ComparedTo {
	return app.ComparedTo{
		Source: a.Spec.Source, Sources: a.Spec.Sources, Destination: a.Spec.Destination,
		IgnoreDifferences: a.Spec.IgnoreDifferences,
	}
}

func toolNames(tools []app.Tool) (string, []string) {
	names := make([]string, len(tools))
	for i, t := range tools {
		names[i] = string(t)
	}
	switch len(names) {
	case 0:
		return "", nil
	case 1:
		return names[0], nil
	default:
		return "", names
	}
}

// revisions returns the commit of a single source, or the commits of several.
func revisions(a *app.Application, commits []app.Commit) (string, []string) {
	ids := make([]string, len(commits))
	for i, c := range commits {
		ids[i] = c.ID
	}
	if len(a.Spec.Sources) > 0 {
		return "", ids
	}
	if len(ids) == 0 {
		return "", nil
	}
	return ids[0], nil
}

func sortRefs(refs []object.Ref) { slices.SortFunc(refs, object.Ref.Compare) }

func sameRefs(a, b []object.Ref) bool { return slices.Equal(a, b) }
