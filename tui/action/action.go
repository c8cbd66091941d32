// Package action is the console's one table of acts: what each is called, on which keys it lies, on which screens it
// works and how dangerous it is. Dispatch, help, footer, palette and docs/keys.md all read this table, so that none of
// them can say something that the others do not know.
//
// An act that cannot be done now keeps its key: the screen says why when it is pressed.
package action

import "slices"

// ID names an act. Screens switch over it.
type ID string

// Screen is a place of the console. Keys mean the same on every screen that knows their act.
type Screen string

// The screens.
const (
	Apps    Screen = "applications"
	Detail  Screen = "application"
	Diff    Screen = "diff"
	Plan    Screen = "plan"
	Values  Screen = "values"
	History Screen = "history"
	Text    Screen = "text"
)

// Screens lists all screens in the order of the documents.
func Screens() []Screen { return []Screen{Apps, Detail, Diff, Plan, Values, History, Text} }

// Danger says what an act can do. The classes are ordered.
type Danger int

// The classes of danger.
const (
	// Move changes only what is on the screen.
	Move Danger = iota
	// Read asks git or a cluster and changes nothing there.
	Read
	// Open leads to a screen or a question from which something can be changed.
	Open
	// Write changes an application's document, a repository or a cluster.
	Write
)

// String names the class.
func (d Danger) String() string { return [...]string{"move", "read", "open", "write"}[d] }

// Action is one row of the table.
type Action struct {
	ID   ID
	Keys []string
	// Title is a word or three for footer and palette, Help a sentence for help and documents.
	Title, Help string
	Danger      Danger
	// Screens are where the act works; empty is everywhere.
	Screens []Screen
	// Footer puts the act into the footer of its screens.
	Footer bool
}

// On reports whether the act works on a screen. Where text is typed, only acts of the screen itself and those on keys
// that no text contains work.
func (a Action) On(s Screen) bool {
	return len(a.Screens) == 0 || slices.Contains(a.Screens, s)
}

// Everywhere reports whether the act works on every screen where nothing is typed, and so is none of one screen.
func (a Action) Everywhere() bool { return len(a.Screens) == 0 || len(a.Screens) >= len(reading) }

// Key is the key of the act that is shown on a screen: the first one that is not text there.
func (a Action) Key(s Screen) string {
	for _, k := range a.Keys {
		if !Types(s) || len([]rune(k)) > 1 {
			return Show(k)
		}
	}
	return Show(a.Keys[0])
}

// Show writes a key as people read it.
func Show(key string) string {
	switch key {
	case "space":
		return "space"
	case "up":
		return "↑"
	case "down":
		return "↓"
	case "left":
		return "←"
	case "right":
		return "→"
	case "pgup":
		return "PgUp"
	case "pgdown":
		return "PgDn"
	}
	return key
}

// Find returns the act that a key stands for on a screen.
func Find(s Screen, key string) (Action, bool) {
	for _, a := range Table() {
		if a.On(s) && slices.Contains(a.Keys, key) {
			return a, true
		}
	}
	return Action{}, false
}

// Get returns the row of an act. Asking for one that is not in the table is a mistake of the program.
func Get(id ID) Action {
	for _, a := range Table() {
		if a.ID == id {
			return a
		}
	}
	panic("action: no row for " + string(id))
}

// For lists the acts that work on a screen, in the table's order.
func For(s Screen) []Action {
	var out []Action
	for _, a := range Table() {
		if a.On(s) {
			out = append(out, a)
		}
	}
	return out
}

// Types reports whether a screen takes letters as text: there, only keys with a modifier or without a letter act.
func Types(s Screen) bool { return s == Values }
