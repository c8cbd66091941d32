package action

import (
	"fmt"
	"strings"
)

// Markdown writes the table as docs/keys.md has it.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Keys of the console\n\n")
	b.WriteString("Written from the console's table of acts; a test compares the two. The danger of an act is one of: *move* changes only\n")
	b.WriteString("the screen, *read* asks git or a cluster, *open* leads to a plan or a question, *write* changes something.\n")
	writeSection(&b, "Everywhere", Action.Everywhere)
	for _, s := range Screens() {
		writeSection(&b, "On the screen "+string(s), func(a Action) bool { return !a.Everywhere() && a.On(s) })
	}
	b.WriteString("\nWhere text is typed (a filter, a name to confirm, a commit message, values), letters are text. `enter` accepts, `esc`\n")
	b.WriteString("leaves. A newline that is pasted never accepts anything.\n")
	return b.String()
}

func writeSection(b *strings.Builder, title string, belongs func(Action) bool) {
	fmt.Fprintf(b, "\n## %s\n\n| keys | act | danger | what it does |\n| --- | --- | --- | --- |\n", title)
	for _, a := range table {
		if !belongs(a) {
			continue
		}
		keys := make([]string, len(a.Keys))
		for i, k := range a.Keys {
			keys[i] = "`" + strings.ReplaceAll(k, "|", `\|`) + "`"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", strings.Join(keys, " "), a.Title, a.Danger, a.Help)
	}
}
