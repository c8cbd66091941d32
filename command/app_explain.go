package command

import (
	"context"
	"encoding/json"
	"strings"
)

func appExplain() Verb {
	return Verb{
		Group: "app", Name: "explain", Args: "NAME", MinArgs: 1, MaxArgs: 1, Formats: []string{"table", "json"},
		Short: "Lead from an application's state to its first cause",
		Long: "Say why an application is as it is: its conditions and failed operation, what differs from git, the object that\n" +
			"decides its health down to a Pod, that Pod's containers, newest warning and last lines, and the commit that is followed.",
		Run: func(ctx context.Context, env *Env, args []string) error {
			v, err := oneView(ctx, env, args[0], refreshing(true, false))
			if err != nil {
				return err
			}
			causes, err := env.Engine.Explain(ctx, v.App.Key())
			if err != nil {
				return err
			}
			if env.Format == "json" {
				out := json.NewEncoder(env.Out)
				out.SetIndent("", "  ")
				return out.Encode(causes)
			}
			var rows [][]string
			for _, c := range causes {
				for i, line := range strings.Split(c.Says, "\n") {
					row := []string{c.Step, c.Object, line}
					if i > 0 {
						row[0], row[1] = "", ""
					}
					rows = append(rows, row)
				}
			}
			return table(env.Out, "STEP OBJECT SAYS", rows)
		},
	}
}
