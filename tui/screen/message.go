package screen

import (
	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// Notice is something that the user should read. Errors stay until they are dismissed.
type Notice struct {
	Text string
	// Remedy says what to do about an error.
	Remedy string
	Bad    bool
}

// Dialog asks a question. What it asks for happens only when it is accepted; Cancel has the focus at first.
type Dialog struct {
	Title string
	Lines []string
	// Yes names what accepting does, such as "terminate".
	Yes string
	// Must, when it is set, has to be typed to accept.
	Must string
	// Fields are asked for; Must makes one of its own.
	Fields []Field
	// Accept is called with the fields' texts.
	Accept func(values []string) tea.Cmd
}

// Field is one line of text that a Dialog asks for.
type Field struct {
	Label, Value string
	// Needed fields must not be empty.
	Needed bool
}

// Menu offers choices, one of which is taken or none.
type Menu struct {
	Title   string
	Choices []Choice
}

// Choice is one line of a Menu.
type Choice struct {
	Title, Note string
	// Disabled says why it cannot be taken now, "" when it can.
	Disabled string
	Choose   func() tea.Cmd
}

// Offer returns the command that opens a menu.
func Offer(m Menu) tea.Cmd { return func() tea.Msg { return m } }

// Tell returns the command that shows a sentence.
func Tell(text string) tea.Cmd { return func() tea.Msg { return Notice{Text: text} } }

// Fail returns the command that shows an error with its remedy.
func Fail(err error) tea.Cmd {
	if err == nil {
		return nil
	}
	return func() tea.Msg { return Notice{Text: err.Error(), Remedy: hint.Of(err), Bad: true} }
}

// Question returns the command that opens a dialog.
func Question(d Dialog) tea.Cmd { return func() tea.Msg { return d } }
