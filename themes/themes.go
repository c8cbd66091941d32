// Package themes holds the console's colours. A theme maps tokens, which say what a piece of text means, to styles; no
// other package names a colour.
//
// A theme file is YAML: one line per token, its value a foreground colour ("#rrggbb", an ANSI number, or "-" for the
// terminal's own), then any of bold, faint, italic, underline, reverse, and "on COLOUR" for the background. Tokens that a
// file leaves out are drawn as plain text, so a theme can never hide anything. Meaning is never carried by colour alone:
// whoever draws a state writes its glyph and its word too.
package themes

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"sigs.k8s.io/yaml"
)

//go:embed builtin/*.yaml
var files embed.FS

// Theme is a set of styles by meaning. It is a value and may be copied.
type Theme struct {
	Name string

	// Text is ordinary, Muted secondary, Faint barely there; Strong is emphasised.
	Text, Muted, Faint, Strong lipgloss.Style
	// Title names a pane, Key a key in a hint, Accent draws the eye.
	Title, Key, Accent lipgloss.Style
	// Border is a pane's frame, BorderFocus that of the pane that has the keys.
	Border, BorderFocus lipgloss.Style
	// Selected is the row under the cursor.
	Selected lipgloss.Style
	// Good, Busy, Warn and Bad are states; Unknown is that of what nobody knows.
	Good, Busy, Warn, Bad, Unknown lipgloss.Style
	// Added, Removed and Changed are lines of differences; the Word forms mark the words within.
	Added, Removed, Changed, AddedWord, RemovedWord lipgloss.Style
}

// Auto is the name that stands for dark or light, as the terminal's background asks.
const Auto = "auto"

// Names lists the built-in themes, sorted.
func Names() []string {
	entries, err := files.ReadDir("builtin")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), path.Ext(e.Name())))
	}
	slices.Sort(names)
	return names
}

// Load returns a built-in theme. The names "" and [Auto] are the dark or the light one. The error of an unknown name
// lists those there are.
func Load(name string, dark bool) (Theme, error) {
	if name == "" || name == Auto {
		name = "light"
		if dark {
			name = "dark"
		}
	}
	text, err := files.ReadFile(path.Join("builtin", name+".yaml"))
	if err != nil {
		return Theme{}, fmt.Errorf("theme %q: there are %s and %s", name, strings.Join(Names(), ", "), Auto)
	}
	t, err := Parse(text)
	if err != nil {
		return Theme{}, fmt.Errorf("theme %q: %w", name, err)
	}
	t.Name = name
	return t, nil
}

// Plain is the theme without any style; tests and emergencies draw with it.
func Plain() Theme { return Theme{Name: "plain"} }

// Parse reads a theme file. A token or a word that it does not know is an error.
func Parse(text []byte) (Theme, error) {
	var tokens map[string]string
	if err := yaml.UnmarshalStrict(text, &tokens); err != nil {
		return Theme{}, fmt.Errorf("read theme: %w", err)
	}
	var t Theme
	slots := t.slots()
	for token, value := range tokens {
		slot, ok := slots[token]
		if !ok {
			return Theme{}, fmt.Errorf("read theme: there is no token %q", token)
		}
		style, err := parseStyle(value)
		if err != nil {
			return Theme{}, fmt.Errorf("read theme: %s: %w", token, err)
		}
		*slot = style
	}
	return t, nil
}

// slots names every style of a theme as theme files do.
func (t *Theme) slots() map[string]*lipgloss.Style {
	return map[string]*lipgloss.Style{
		"text": &t.Text, "muted": &t.Muted, "faint": &t.Faint, "strong": &t.Strong,
		"title": &t.Title, "key": &t.Key, "accent": &t.Accent,
		"border": &t.Border, "border-focus": &t.BorderFocus, "selected": &t.Selected,
		"good": &t.Good, "busy": &t.Busy, "warn": &t.Warn, "bad": &t.Bad, "unknown": &t.Unknown,
		"added": &t.Added, "removed": &t.Removed, "changed": &t.Changed,
		"added-word": &t.AddedWord, "removed-word": &t.RemovedWord,
	}
}
