package detail

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// header tells what the application is and how it is.
func header(l widget.Look, v engine.View, w int, now time.Time) []string {
	st := &v.App.Status
	state := l.Sync(st.Sync.Status).String() + "   " + l.Health(st.Health.Status).String()
	if v.Released {
		state = l.Warn.Render(l.Warning() + " Released: its document is gone from the store")
	}
	if _, on := v.App.Spec.AutomatedOn(); on {
		state += "   " + l.Muted.Render(l.Auto()+" automatic")
	}
	lines := []string{" " + l.Ends(state, operation(l, v, now), w-2)}
	for i, src := range v.App.Spec.AllSources() {
		lines = append(lines, source(l, v, i, src, w, now)...)
	}
	lines = append(lines, fact(l, "to", v.App.Spec.Destination.String(), w))
	if v.Pin != nil {
		lines = append(lines, " "+l.Warn.Render(l.Cut(l.Pin()+" pinned at "+v.Pin.Record+": "+v.Pin.Reason, w-2)))
	}
	if away := widget.Unreachable(v, now); away != "" {
		lines = append(lines, warning(l, w, away)...)
	}
	if text := skipped(v); text != "" {
		lines = append(lines, fact(l, "unseen", text, w))
	}
	for _, text := range failing(v, now) {
		lines = append(lines, fact(l, "unknown", text, w))
	}
	failure := widget.Failure(v)
	for _, c := range st.Conditions {
		if !strings.Contains(failure, c.Message) {
			lines = append(lines, warning(l, w, string(c.Type)+": "+c.Message)...)
		}
	}
	if failure != "" {
		lines = append(lines, warning(l, w, failure)...)
	}
	return lines
}

// skipped names the kinds that are not watched where the application is, which the tree cannot show; "" when all are.
func skipped(v engine.View) string {
	var kinds []string
	for p := range v.Knowledge.Skipped {
		if p.Namespace == "" || p.Namespace == v.App.Spec.Destination.Namespace ||
			slices.ContainsFunc(v.App.Status.Resources, func(r app.ResourceStatus) bool { return r.Namespace == p.Namespace }) {
			kinds = append(kinds, p.String())
		}
	}
	if len(kinds) == 0 {
		return ""
	}
	slices.Sort(kinds)
	verb := "are"
	if len(kinds) == 1 {
		verb = "is"
	}
	return widget.Count(len(kinds), "kind") + " " + verb + " not watched, for want of a right: " + strings.Join(kinds, ", ")
}

// failing names the kinds of which nothing is known where the application is, with the reason.
func failing(v engine.View, now time.Time) []string {
	var out []string
	for p, f := range v.Knowledge.Failing {
		out = append(out, fmt.Sprintf("%s, for %s: %s", p, widget.Age(f.Since, now), f.Err))
	}
	slices.Sort(out)
	return out
}

// factName is the width of a fact's name.
const factName = 7

func fact(l widget.Look, name, value string, w int) string {
	return " " + l.Fit(l.Muted.Render(l.Fit(name, factName))+l.Text.Render(widget.Line(value)), w-2)
}

func warning(l widget.Look, w int, text string) []string {
	var out []string
	for i, line := range widget.Wrapped(text, w-5) {
		mark := l.Warning()
		if i > 0 {
			mark = " "
		}
		out = append(out, " "+l.Bad.Render(l.Fit(mark, 2)+line))
	}
	return out
}

// source tells where the manifests come from: repository and path, revision and the commit it means. The two share a line
// where there is room.
func source(l widget.Look, v engine.View, i int, src app.Source, w int, now time.Time) []string {
	where := app.ShownURL(src.RepoURL)
	if src.Path != "" && src.Path != "." {
		where += " " + src.Path
	}
	if src.Chart != "" {
		where += " " + src.Chart
	}
	revision := src.Revision()
	tool := ""
	if i < len(v.Tools) {
		tool = " (" + string(v.Tools[i]) + ")"
	}
	where += tool
	if i < len(v.Commits) {
		c := v.Commits[i]
		revision += fmt.Sprintf(" %s %s  %s  %s %s", l.Dot(), c.Short(), widget.Line(c.Message), widget.Line(c.Author), widget.Age(c.Date, now))
	}
	if one := where + " " + l.Dot() + " " + revision; widget.Width(one) <= w-factName-2 {
		return []string{fact(l, "from", one, w)}
	}
	return []string{fact(l, "from", where, w), fact(l, "at", revision, w)}
}

// operation tells in a few words of the running or last operation.
func operation(l widget.Look, v engine.View, now time.Time) string {
	if p := v.Progress; p != nil && !p.Phase.Done() {
		done, total := p.Counts()
		return l.Busy.Render(string(p.Plan.Kind)) + " " + l.Bar(done, total, 10) + fmt.Sprintf(" %d/%d", done, total)
	}
	if v.Held != nil {
		return l.Busy.Render("worked on by " + v.Held.String())
	}
	op := v.App.Status.OperationState
	if op == nil {
		return l.Muted.Render("never synced")
	}
	at := op.StartedAt
	if op.FinishedAt != nil {
		at = *op.FinishedAt
	}
	by := op.Operation.InitiatedBy.Username
	if op.Operation.InitiatedBy.Automated {
		by = "automation"
	}
	about := " by " + widget.Line(by) + " " + widget.Age(at, now)
	if op.Unsettled() {
		about += ", not settled yet"
	}
	return l.Phase(op.Phase).String() + l.Muted.Render(about)
}

// about tells of one object: state, times, what its conditions say, its images.
func about(l widget.Look, n *engine.TreeNode, w int, now time.Time) []string {
	if n == nil {
		return nil
	}
	var out []string
	say := func(name, value string) {
		for i, line := range widget.Wrapped(value, w-12) {
			if i > 0 {
				name = ""
			}
			out = append(out, " "+l.Muted.Render(l.Fit(name, 10))+line)
		}
	}
	say("object", n.Ref.String())
	if n.Sync != "" {
		say("sync", l.Sync(n.Sync).Glyph+" "+string(n.Sync))
	}
	if n.Health.Status != "" {
		say("health", l.Health(n.Health.Status).Glyph+" "+string(n.Health.Status))
	}
	if n.Health.Message != "" {
		say("because", n.Health.Message)
	}
	if n.Info != "" {
		say("state", n.Info)
	}
	if n.Wave != 0 {
		say("wave", fmt.Sprint(n.Wave))
	}
	if !n.Created.IsZero() {
		say("created", widget.Age(n.Created, now))
	}
	if n.Object == nil {
		return out
	}
	for _, image := range images(n.Object) {
		say("image", image)
	}
	for _, c := range conditions(n.Object) {
		say("condition", c)
	}
	return out
}

// images lists the images of an object's containers.
func images(u *unstructured.Unstructured) []string {
	path := []string{"spec", "containers"}
	if u.GetKind() != "Pod" {
		path = []string{"spec", "template", "spec", "containers"}
	}
	containers, _, err := unstructured.NestedSlice(u.Object, path...)
	if err != nil {
		return nil
	}
	var out []string
	for _, c := range containers {
		if m, ok := c.(map[string]any); ok {
			out = append(out, fmt.Sprint(m["image"]))
		}
	}
	return out
}

// conditions lists an object's conditions in words.
func conditions(u *unstructured.Unstructured) []string {
	list, _, err := unstructured.NestedSlice(u.Object, "status", "conditions")
	if err != nil {
		return nil
	}
	var out []string
	for _, c := range list {
		m, ok := c.(map[string]any)
		if !ok {
			continue
		}
		text := fmt.Sprintf("%v=%v", m["type"], m["status"])
		if message, _ := m["message"].(string); message != "" {
			text += ": " + message
		}
		out = append(out, text)
	}
	return out
}
