package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/themes"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// console drives a model without a terminal: keys go in, commands run at once, the screen comes out.
type console struct {
	t      *testing.T
	engine *fakeEngine
	m      *model
	now    time.Time
	// step is how much time passes with every key.
	step time.Duration
	// hold keeps commands back instead of running them.
	hold bool
	held []tea.Cmd
	quit bool
}

func open(t *testing.T, e *fakeEngine, w, h int) *console {
	t.Helper()
	c := &console{t: t, engine: e, now: noon, step: 200 * time.Millisecond}
	env := &screen.Env{
		Engine: e, Principal: app.Principal{Name: "ada", Role: app.Admin}, Look: widget.Look{Theme: themes.Plain()},
		Now: func() time.Time { return c.now }, Context: t.Context(), Drafts: map[app.Key]string{},
	}
	c.m = newModel(env, "plain")
	c.run(c.m.Init())
	c.send(tea.WindowSizeMsg{Width: w, Height: h})
	return c
}

// as changes who sits at the console.
func (c *console) as(p app.Principal) *console {
	c.m.env.Principal = p
	return c
}

func (c *console) send(msg tea.Msg) {
	_, cmd := c.m.Update(msg)
	c.run(cmd)
}

// run runs a command and passes on what it says, until nothing is left.
func (c *console) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	if c.hold {
		c.held = append(c.held, cmd)
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, one := range msg {
			c.run(one)
		}
	case tea.QuitMsg:
		c.quit = true
	default:
		c.send(msg)
	}
}

// release runs what was held back.
func (c *console) release() {
	c.hold = false
	held := c.held
	c.held = nil
	for _, cmd := range held {
		c.run(cmd)
	}
}

var keyCodes = map[string]rune{
	"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "space": tea.KeySpace, "up": tea.KeyUp, "down": tea.KeyDown,
	"left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd, "backspace": tea.KeyBackspace,
	"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "f1": tea.KeyF1,
}

func keyMsg(key string) tea.KeyPressMsg {
	name, ctrl := strings.CutPrefix(key, "ctrl+")
	k := tea.KeyPressMsg{}
	if ctrl {
		k.Mod = tea.ModCtrl
	}
	if code, ok := keyCodes[name]; ok {
		k.Code = code
		if name == "space" {
			k.Text = " "
		}
		return k
	}
	r := []rune(name)[0]
	k.Code = r
	if !ctrl {
		k.Text = name
	}
	return k
}

// press presses keys one after the other.
func (c *console) press(keys ...string) *console {
	for _, k := range keys {
		c.now = c.now.Add(c.step)
		c.send(keyMsg(k))
	}
	return c
}

// write types a text letter by letter.
func (c *console) write(text string) *console {
	for _, r := range text {
		key := string(r)
		if r == ' ' {
			key = "space"
		}
		c.press(key)
	}
	return c
}

// screen is what can be read.
func (c *console) screen() string {
	lines, _ := c.m.draw()
	return ansi.Strip(strings.Join(lines, "\n"))
}

func (c *console) shows(texts ...string) *console {
	c.t.Helper()
	s := c.screen()
	for _, want := range texts {
		if !strings.Contains(s, want) {
			c.t.Fatalf("the screen does not show %q:\n%s", want, s)
		}
	}
	return c
}

func (c *console) hides(texts ...string) *console {
	c.t.Helper()
	s := c.screen()
	for _, no := range texts {
		if strings.Contains(s, no) {
			c.t.Fatalf("the screen shows %q:\n%s", no, s)
		}
	}
	return c
}

// acted compares what the engine was asked to change.
func (c *console) acted(want ...string) *console {
	c.t.Helper()
	got := c.engine.acts()
	if len(got) != len(want) {
		c.t.Fatalf("the engine was asked to %q, want %q\n%s", got, want, c.screen())
	}
	for i := range want {
		if got[i] != want[i] {
			c.t.Fatalf("the engine was asked to %q, want %q", got, want)
		}
	}
	return c
}

// places opens every screen and overlay of the console on the application payments.
var places = map[string]func(c *console){
	"applications": func(*console) {},
	"application":  func(c *console) { c.press("enter") },
	"diff":         func(c *console) { c.press("d") },
	"old diff":     func(c *console) { c.engine.fail(); c.press("d") },
	"plan":         func(c *console) { c.press("s", "j", "j") },
	"values":       func(c *console) { c.press("e") },
	"history":      func(c *console) { c.press("R") },
	"document":     func(c *console) { c.press("y") },
	"help":         func(c *console) { c.press("?") },
	"palette":      func(c *console) { c.press(":").write("his") },
	"filter":       func(c *console) { c.press("/").write("pay") },
	"dialog":       func(c *console) { c.press("A") },
	"typed dialog": func(c *console) { c.press("x", "S") },
	"error": func(c *console) {
		c.send(screen.Notice{Text: strings.Repeat("the API server refused it ", 30), Remedy: "log in again", Bad: true})
	},
	"messages": func(c *console) { c.press("@") },
}
