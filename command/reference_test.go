package command_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/command"
)

var update = flag.Bool("update", false, "write docs/commands.md")

// TestReference compares docs/commands.md with the table of verbs.
func TestReference(t *testing.T) {
	t.Parallel()
	const path = "../docs/commands.md"
	want := reference()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("docs/commands.md is not what the table says (write it with go test ./command -update):\n%s", d)
	}
}

const referenceHead = `# Commands

Written from the table of verbs; a test compares the two. ` + "`wheelhouse VERB --help`" + ` says the same with the flags of all
commands. Beside these there are ` + "`wheelhouse`" + ` (the console), ` + "`demo`, `automate`, `doctor`, `config`, `version`" + `
and ` + "`completion`" + `. Every flag that all commands know can be set in a file: ` + "`wheelhouse config --help`" + `.

| exit status | means |
| --- | --- |
| 0 | done |
| 1 | there is a difference (` + "`app diff`, `app plan --exit-code`, `app history --diff` and `admin diff`" + `) |
| 2 | wrong usage |
| 3 | not found |
| 4 | the operation failed, or the API server refused an action |
| 5 | time is up |
| 6 | refused: by a guard, a role or right, a pin, a lock |
| 7 | could not be carried out: unreachable, a login, a fault |

` + "`--role`" + ` says what may be done. What the role lacks is refused:

| role | may |
| --- | --- |
| viewer | look, and have plans made; ` + "`--read-only`" + ` means the same |
| operator | also create and edit applications, sync, roll back, undo, resume, terminate, pin, pause automation, skip a hook, automate; restart, scale, suspend live objects and the like |
| admin | also delete applications, patch and delete live objects, change registered repositories and the clusters of the store; it is the role without the flag |

Results go to the standard output, everything else to the standard error. ` + "`-o json`" + ` of ` + "`app get` and `app list`" + ` is the
Application in Argo CD's form, with its status.

An operation is carried on and recorded when its terminal is closed, its line drops, or who reads its output is gone
(` + "`app sync web | head -1`" + `): what nobody reads is dropped, and the exit status is the same. ` + "`app logs --follow`" + ` ends then.
`

func reference() string {
	var b strings.Builder
	b.WriteString(referenceHead)
	groups := command.Groups()
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n", group, groups[group])
		for _, v := range command.Table() {
			if v.Group == group {
				describe(&b, v)
			}
		}
	}
	return b.String()
}

func describe(b *strings.Builder, v command.Verb) {
	long := v.Long
	if long == "" {
		long = v.Short + "."
	}
	fmt.Fprintf(b, "\n### %s\n\n%s\n", strings.TrimSpace(v.Group+" "+v.Name+" "+v.Args), long)
	if v.Example != "" {
		fmt.Fprintf(b, "\n```\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(v.Example, "  "), "\n  ", "\n"))
	}
	f := pflag.NewFlagSet(v.Name, pflag.ContinueOnError)
	if v.Flags != nil {
		v.Flags(f)
	}
	if len(v.Formats) > 0 {
		f.StringP("output", "o", v.Formats[0], "`form`: "+strings.Join(v.Formats, ", "))
	}
	if !f.HasFlags() {
		return
	}
	b.WriteString("\n| flag | |\n| --- | --- |\n")
	f.VisitAll(func(flag *pflag.Flag) {
		name, usage := pflag.UnquoteUsage(flag)
		text := "--" + flag.Name
		if flag.Shorthand != "" {
			text = "-" + flag.Shorthand + ", " + text
		}
		if name != "" {
			text += " " + name
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", text, usage)
	})
}
