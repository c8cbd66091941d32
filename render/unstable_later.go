package render

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
)

// What a template says at another time, since two renderings in a row are made within one second.
const (
	// laterBy is how far the clock of another rendering is ahead: far enough to change every part of a date.
	laterBy = `(dateModify "100003h17m13s" now)`
	// agoLater is anything else than the time that has passed, in a call and behind a pipe.
	agoLater = `printf "%s%v" (randAlphaNum 9)`
)

// later makes a chart's templates see another time, and with its files and values those that tpl makes templates of.
func later(c *chart.Chart) {
	for _, t := range c.Templates {
		t.Data = laterText(t.Data)
	}
	for _, f := range c.Files {
		f.Data = laterText(f.Data)
	}
	for _, dep := range c.Dependencies() {
		later(dep)
	}
}

func laterText(text []byte) []byte {
	for _, id := range slices.Backward(named(text)) {
		with := ""
		switch id.Ident {
		case "now":
			with = laterBy
		case "ago":
			with = agoLater
		default:
			continue
		}
		text = slices.Concat(text[:id.Pos], []byte(with), text[int(id.Pos)+len(id.Ident):])
	}
	return text
}

// laterValues are values as the templates in them would be at another time.
func laterValues(v any) any {
	switch v := v.(type) {
	case string:
		return string(laterText([]byte(v)))
	case chartutil.Values:
		return chartutil.Values(laterMap(v))
	case map[string]any:
		return laterMap(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = laterValues(v[i])
		}
		return out
	}
	return v
}

func laterMap(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = laterValues(v)
	}
	return out
}

// callsTpl reports whether a chart or one of its dependencies makes templates of texts.
func callsTpl(c *chart.Chart) bool {
	isTpl := func(name string) bool { return name == "tpl" }
	for _, t := range c.Templates {
		if bytes.Contains(t.Data, []byte("tpl")) && len(functions(t.Data, isTpl)) > 0 {
			return true
		}
	}
	return slices.ContainsFunc(c.Dependencies(), callsTpl)
}

// usesOfTpl lists the unstable functions in the texts that tpl may make templates of: the values, and the files of the chart and of
// its dependencies. A chart that calls no tpl has none.
func usesOfTpl(c *chart.Chart, dir string, values any) []use {
	if !callsTpl(c) {
		return nil
	}
	return append(usesInValues(nil, "", values), usesInFiles(nil, c, dir)...)
}

func usesInFiles(out []use, c *chart.Chart, dir string) []use {
	for _, f := range c.Files {
		shown := path.Join(dir, c.ChartFullPath()[len(c.Root().Name()):], f.Name)
		for _, id := range named(f.Data) {
			out = append(out, use{function: id.Ident, shown: shown, line: 1 + bytes.Count(f.Data[:id.Pos], []byte("\n"))})
		}
	}
	for _, dep := range c.Dependencies() {
		out = usesInFiles(out, dep, dir)
	}
	return out
}

func usesInValues(out []use, at string, v any) []use {
	switch v := v.(type) {
	case string:
		for _, id := range named([]byte(v)) {
			out = append(out, use{function: id.Ident, shown: "the value" + at})
		}
	case chartutil.Values:
		return usesInValues(out, at, map[string]any(v))
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			sign := "."
			if at == "" {
				sign = " "
			}
			out = usesInValues(out, at+sign+k, v[k])
		}
	case []any:
		for i := range v {
			out = usesInValues(out, fmt.Sprintf("%s[%d]", at, i), v[i])
		}
	}
	return out
}
