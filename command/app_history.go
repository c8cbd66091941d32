package command

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func appHistory() Verb {
	var compare []string
	var only string
	return Verb{
		Group: "app", Name: "history", Args: "NAME [ID]", MinArgs: 1, MaxArgs: 2, Formats: []string{"table", "json", "yaml", "name"},
		Short: "List what was done to an application",
		Long: "List what was done to an application, newest first: its finished operations (r1, r2, …), and the actions on its live\n" +
			"objects (a1, a2, …), such as who scaled what, by when they began. A record that keeps its manifests can be rolled back to.\n" +
			"With the ID of one it says what became of each object, and how long that took; of an action its values and the fields\n" +
			"that it changed.\n" +
			"With --diff two of them are compared, the older one first; the exit status is 1 when they differ. No record holds data of\n" +
			"Secrets, so that is not compared.",
		Example: "  wheelhouse app history web\n  wheelhouse app history web r3\n  wheelhouse app history web --only actions\n  wheelhouse app history web --diff r3,r7",
		Flags: func(f *pflag.FlagSet) {
			f.StringSliceVar(&compare, "diff", nil, "compare the manifests of two `records`, such as r3,r7")
			f.StringVar(&only, "only", "", "list one `kind` only: operations or actions; goes with neither an ID nor --diff")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			if !slices.Contains([]string{"", "operations", "actions"}, only) {
				return usagef("--only is operations or actions, not %q", only)
			}
			switch {
			case len(args) == 2 && (len(compare) > 0 || only != ""):
				return usagef("--diff and --only are about several records: leave %s out", args[1])
			case len(args) == 2:
				return showRecord(ctx, env, k, args[1])
			case len(compare) > 0 && only != "":
				return usagef("--only is about the list of records, and --diff names the two that it compares: leave one of them out")
			case len(compare) > 0:
				return diffRecords(ctx, env, k, compare)
			}
			records, err := env.Engine.History(ctx, k)
			if err != nil {
				return err
			}
			if only != "" {
				records = slices.DeleteFunc(records, func(r app.Record) bool { return (r.Kind == app.KindAction) != (only == "actions") })
			}
			interrupted, err := env.Engine.Interrupted(ctx, k)
			if err != nil {
				return err
			}
			if interrupted != "" {
				env.say("not in the history yet: %s", interrupted)
			}
			return printHistory(env, k, records, interrupted == "")
		},
	}
}

// printHistory prints records; whole says that nothing was begun that has no record yet.
func printHistory(env *Env, k app.Key, records []app.Record, whole bool) error {
	switch env.Format {
	case "json", "yaml":
		if records == nil {
			records = []app.Record{}
		}
		return printObject(env.Out, env.Format, records)
	case "name":
		for i := range records {
			fmt.Fprintln(env.Out, records[i].ID)
		}
		return nil
	}
	if len(records) == 0 && !whole {
		return nil
	}
	if len(records) == 0 {
		env.say("nothing has been done to %s yet", k)
		return nil
	}
	rows := make([][]string, 0, len(records))
	for i := range records {
		rows = append(rows, historyRow(env.Now(), &records[i]))
	}
	return table(env.Out, "ID KIND RESULT AGE TOOK COMMIT BY ROLLBACK MESSAGE", rows)
}

// historyRow is the line of a record.
func historyRow(now time.Time, r *app.Record) []string {
	ended, took := r.FinishedAt, ""
	if ended.IsZero() {
		ended = r.StartedAt
	} else {
		took = r.FinishedAt.Sub(r.StartedAt).Round(time.Millisecond).String()
	}
	commit, back := "", ""
	if len(r.Commits) > 0 {
		commit = r.Commits[0].Short() + " " + r.Commits[0].Message
	}
	if r.Manifests {
		back = "yes"
	}
	return []string{r.ID, string(r.Kind), string(r.Phase), age(now, &ended), took, commit, r.By.Username, back, whatWasDone(r)}
}

// showRecord tells of one record what became of each object.
func showRecord(ctx context.Context, env *Env, k app.Key, id string) error {
	records, err := env.Engine.History(ctx, k)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(records, func(r app.Record) bool { return r.ID == id })
	if i < 0 {
		return hint.With(fmt.Errorf("record %s of %s: %w", id, k, app.ErrNotFound), "wheelhouse app history "+k.String()+" lists them")
	}
	r := &records[i]
	switch env.Format {
	case "json", "yaml":
		return printObject(env.Out, env.Format, r)
	case "name":
		for i := range r.Results {
			fmt.Fprintln(env.Out, r.Results[i].Ref())
		}
		return nil
	}
	return printRecord(env.Out, r)
}

// printRecord writes a record for a person: an operation with what became of its objects, an action with its values and the fields
// that it changed.
func printRecord(w io.Writer, r *app.Record) error {
	fmt.Fprintf(w, "%s %s %s in %s: %s\n", r.ID, r.Kind, r.Phase, r.FinishedAt.Sub(r.StartedAt).Round(time.Millisecond), clean(whatWasDone(r)))
	if r.Action != nil {
		for _, name := range slices.Sorted(maps.Keys(r.Action.Values)) {
			fmt.Fprintf(w, "with %s = %s\n", clean(name), clean(r.Action.Values[name]))
		}
		for _, c := range r.Action.Changes {
			fmt.Fprintf(w, "change %s\n", clean(c))
		}
	}
	if len(r.Results) == 0 {
		return nil
	}
	rows := make([][]string, 0, len(r.Results))
	for i := range r.Results {
		res := &r.Results[i]
		took := ""
		if d, known := res.Took(); known {
			took = d.Round(time.Millisecond).String()
		}
		rows = append(rows, []string{res.SyncPhase, res.Status, res.Ref().String(), took, res.Message})
	}
	return table(w, "PHASE RESULT OBJECT TOOK MESSAGE", rows)
}

// whatWasDone is the message of a record; that of an action says what was done to which object.
func whatWasDone(r *app.Record) string {
	switch {
	case r.Action == nil:
		return r.Message
	case r.Message == "":
		return r.Action.String()
	}
	return r.Action.String() + "; " + r.Message
}

// diffRecords compares what two records have left.
func diffRecords(ctx context.Context, env *Env, k app.Key, records []string) error {
	if len(records) != 2 {
		return usagef("--diff compares two records, such as r3,r7")
	}
	c, err := env.Engine.RecordDiff(ctx, k, records[0], records[1])
	if err != nil {
		return err
	}
	for _, ref := range c.Unseen {
		env.say("the data of %s is not compared: records hold no data of Secrets", ref)
	}
	if err := printDiffs(env, c.Diffs); err != nil || len(c.Diffs) == 0 {
		return err
	}
	return &Outcome{Status: ExitDifferent, Quiet: true}
}

func appUnpin() Verb {
	return Verb{
		Group: "app", Name: "unpin", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Short: "Let an application that was rolled back follow git again",
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			if err := env.Engine.Unpin(ctx, env.Principal, k); err != nil {
				return err
			}
			fmt.Fprintf(env.Out, "%s follows git again\n", k)
			return nil
		},
	}
}
