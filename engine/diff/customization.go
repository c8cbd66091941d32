package diff

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// Customizations are rules for the objects of all applications, in Argo CD's form. A nil *Customizations has none but the
// bundled ones. They are not changed once they are parsed.
type Customizations struct {
	ignore []app.IgnoreDifference
	known  []knownField
}

// The beginnings of the keys that are read: resource.customizations.ignoreDifferences.apps_Deployment, or .all.
const (
	ignorePrefix = "resource.customizations.ignoreDifferences."
	knownPrefix  = "resource.customizations.knownTypeFields."
)

// typedField is one entry of knownTypeFields.
type typedField struct {
	Field string `json:"field"`
	Type  string `json:"type"`
}

// ParseCustomizations reads ignoreDifferences and knownTypeFields from a YAML document: a ConfigMap as Argo CD has it
// (argocd-cm), or its data alone, in either of its forms. Group and kind may be patterns; other keys are left alone. What
// cannot be read is refused here, not when it is first needed.
func ParseCustomizations(text []byte) (*Customizations, error) {
	var document struct {
		Data map[string]string `json:"data"`
	}
	if err := yaml.Unmarshal(text, &document); err != nil || document.Data == nil {
		if err := yaml.Unmarshal(text, &document.Data); err != nil {
			return nil, fmt.Errorf("read comparison rules: %w", err)
		}
	}
	c := &Customizations{}
	for _, key := range sortedKeys(document.Data) {
		if err := c.add(key, document.Data[key]); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	_, err := compileRules(c.ignore)
	return c, err
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (c *Customizations) add(key, text string) error {
	if name, ok := strings.CutPrefix(key, ignorePrefix); ok {
		group, kind := splitName(name, "_")
		if name == "all" {
			group, kind = "*", "*"
		}
		return c.addIgnore(group, kind, text)
	}
	if name, ok := strings.CutPrefix(key, knownPrefix); ok {
		var fields []typedField
		if err := yaml.UnmarshalStrict([]byte(text), &fields); err != nil {
			return err
		}
		group, kind := splitName(name, "_")
		return c.addKnown(group, kind, fields)
	}
	if key == "resource.customizations" {
		return c.addOldForm(text)
	}
	return nil
}

// addOldForm adds the rules of the form that has all kinds in one key.
func (c *Customizations) addOldForm(text string) error {
	var kinds map[string]struct {
		Ignore string       `json:"ignoreDifferences"`
		Known  []typedField `json:"knownTypeFields"`
	}
	if err := yaml.Unmarshal([]byte(text), &kinds); err != nil {
		return err
	}
	for name, k := range kinds {
		group, kind := splitName(name, "/")
		if err := c.addIgnore(group, kind, k.Ignore); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := c.addKnown(group, kind, k.Known); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// splitName parts group and kind, of which the last separator stands between; a name without one is a kind of the core group.
func splitName(name, separator string) (group, kind string) {
	i := strings.LastIndex(name, separator)
	if i < 0 {
		return "", name
	}
	return name[:i], name[i+len(separator):]
}

func (c *Customizations) addIgnore(group, kind, text string) error {
	if text == "" {
		return nil
	}
	// Argo CD takes group, kind, name and namespace of an object from the key alone.
	var fields struct {
		JSONPointers          []string `json:"jsonPointers"`
		JQPathExpressions     []string `json:"jqPathExpressions"`
		ManagedFieldsManagers []string `json:"managedFieldsManagers"`
	}
	if err := yaml.UnmarshalStrict([]byte(text), &fields); err != nil {
		return err
	}
	c.ignore = append(c.ignore, app.IgnoreDifference{
		Group: group, Kind: kind, JSONPointers: fields.JSONPointers, JQPathExpressions: fields.JQPathExpressions,
		ManagedFieldsManagers: fields.ManagedFieldsManagers,
	})
	return nil
}

func (c *Customizations) addKnown(group, kind string, fields []typedField) error {
	for _, f := range fields {
		known, err := newKnownField(group, kind, f.Field, f.Type)
		if err != nil {
			return err
		}
		c.known = append(c.known, known)
	}
	return nil
}

// Rules compiles the ignoreDifferences of an application together with the rules for all of them; an expression that cannot
// be compiled is named in the error.
func (c *Customizations) Rules(list []app.IgnoreDifference) (*Rules, error) {
	r := &Rules{}
	for _, b := range bundled {
		f, err := newKnownField(b.group, b.kind, b.field, b.typ)
		if err != nil {
			return nil, err
		}
		r.known = append(r.known, f)
	}
	if c != nil {
		list, r.known = slices.Concat(c.ignore, list), append(r.known, c.known...)
	}
	var err error
	r.rules, err = compileRules(list)
	return r, err
}
