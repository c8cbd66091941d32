package render

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// agreeing returns the parameters that an edit leaves as they are, because the edited values say the same, and base with
// what they set. One into a list never agrees: Helm sets it into a list of its own, which replaces the chart's.
func (j job) agreeing(
	parameters []app.HelmParameter, base, edited map[string]any,
) (kept []app.HelmParameter, with map[string]any, err error) {
	with = deepCopy(base)
	for _, p := range parameters {
		one := []app.HelmParameter{p}
		set := deepCopy(edited)
		if strings.Contains(p.Name, "[") || j.setParameters(one, set) != nil {
			continue
		}
		if set, err = asRead(set); err != nil {
			return nil, nil, err
		}
		if !reflect.DeepEqual(set, edited) {
			continue
		}
		kept = append(kept, p)
		if err := j.setParameters(one, with); err != nil {
			return nil, nil, err
		}
	}
	with, err = asRead(with)
	return kept, with, err
}

// asRead returns values with the types that reading them from YAML gives.
func asRead(values map[string]any) (map[string]any, error) {
	text, err := json.Marshal(values)
	if err != nil {
		return nil, fmt.Errorf("write values: %w", err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("read values: %w", err)
	}
	return out, nil
}
