package health

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// Checks are the users' own rules, in Argo CD's form: scripts in Lua that come before every other rule of their kind.
// A nil *Checks has none. Checks are safe for concurrent use.
type Checks struct {
	exact    map[schema.GroupKind]*check
	patterns []luaPattern
}

type check struct{ proto *lua.FunctionProto }

type luaPattern struct {
	group, kind string
	check       *check
}

// prefix begins the name of a check: resource.customizations.health.cert-manager.io_Certificate.
const prefix = "resource.customizations.health."

// ParseChecks reads checks from a YAML document: a ConfigMap as Argo CD has it (argocd-cm), or its data alone. Both of
// its forms are read: one key per kind, and resource.customizations with group/Kind and health.lua. Group and kind may
// hold *; other keys are left alone. A script that does not parse is refused here, not when it is first needed.
func ParseChecks(text []byte) (*Checks, error) {
	var document struct {
		Data map[string]string `json:"data"`
	}
	if err := yaml.Unmarshal(text, &document); err != nil || document.Data == nil {
		if err := yaml.Unmarshal(text, &document.Data); err != nil {
			return nil, fmt.Errorf("read health checks: %w", err)
		}
	}
	c := &Checks{exact: map[schema.GroupKind]*check{}}
	for key, script := range document.Data {
		if name, ok := strings.CutPrefix(key, prefix); ok {
			group, kind := "", name
			if i := strings.LastIndex(name, "_"); i >= 0 {
				group, kind = name[:i], name[i+1:]
			}
			if err := c.add(group, kind, script); err != nil {
				return nil, err
			}
		}
	}
	return c, c.addOldForm(document.Data["resource.customizations"])
}

// addOldForm adds the checks of the form that has all kinds in one key.
func (c *Checks) addOldForm(text string) error {
	var kinds map[string]struct {
		Health string `json:"health.lua"`
	}
	if err := yaml.Unmarshal([]byte(text), &kinds); err != nil {
		return fmt.Errorf("read resource.customizations: %w", err)
	}
	for name, k := range kinds {
		group, kind, both := strings.Cut(name, "/")
		if !both {
			group, kind = "", name
		}
		if k.Health == "" {
			continue
		}
		if err := c.add(group, kind, k.Health); err != nil {
			return err
		}
	}
	return nil
}

func (c *Checks) add(group, kind, script string) error {
	gk := schema.GroupKind{Group: group, Kind: kind}
	proto, err := compile(gk.String(), script)
	if err != nil {
		return fmt.Errorf("health check of %s: %w", gk, err)
	}
	if !strings.Contains(group+kind, "*") {
		c.exact[gk] = &check{proto}
		return nil
	}
	c.patterns = append(c.patterns, luaPattern{group, kind, &check{proto}})
	slices.SortFunc(c.patterns, func(a, b luaPattern) int {
		if n := len(b.group+b.kind) - len(a.group+a.kind); n != 0 {
			return n
		}
		return strings.Compare(a.group+a.kind, b.group+b.kind)
	})
	return nil
}

func (c *Checks) of(gk schema.GroupKind) (*check, bool) {
	if c == nil {
		return nil, false
	}
	if found, ok := c.exact[gk]; ok {
		return found, true
	}
	for _, p := range c.patterns {
		if matched(p.group, gk.Group) && matched(p.kind, gk.Kind) {
			return p.check, true
		}
	}
	return nil, false
}

// assess runs a check. What goes wrong in it is the answer: Unknown, with the reason.
func (c *check) assess(u *unstructured.Unstructured) app.Health {
	result, err := run(c.proto, u.Object)
	if err != nil {
		return unknown("its health check failed: " + err.Error())
	}
	table, ok := result.(*lua.LTable)
	switch {
	case result == lua.LNil || ok && table.Len() == 0 && table.RawGetString("status") == lua.LNil && table.RawGetString("message") == lua.LNil:
		return app.Health{}
	case !ok:
		return unknown("its health check returns a " + result.Type().String() + ", not a table")
	}
	status := app.HealthCode(lua.LVAsString(table.RawGetString("status")))
	if badness[status] == 0 {
		return unknown(fmt.Sprintf("its health check returns the status %q, which is none", status))
	}
	return app.Health{Status: status, Message: lua.LVAsString(table.RawGetString("message"))}
}
