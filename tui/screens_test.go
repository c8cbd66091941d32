package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/wheelhouse-gitops/wheelhouse/themes"
)

func TestScreens(t *testing.T) {
	t.Parallel()
	for name, visit := range places {
		for _, size := range []struct{ w, h int }{{120, 40}, {80, 24}, {60, 20}} {
			t.Run(fmt.Sprintf("%s %dx%d", name, size.w, size.h), func(t *testing.T) {
				t.Parallel()
				c := open(t, shop(), size.w, size.h)
				visit(c)
				golden.RequireEqual(t, c.screen()+"\n")
			})
		}
	}
}

func TestASCIIDrawsNothingElse(t *testing.T) {
	t.Parallel()
	for name, visit := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, shop(), 100, 30)
			c.m.env.Look.ASCII = true
			visit(c)
			for i, line := range strings.Split(c.screen(), "\n") {
				if strings.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
					t.Errorf("line %d is not ASCII: %s", i, line)
				}
			}
		})
	}
}

// Colours change no letter: what a theme draws, stripped of them, is what is drawn without.
func TestAThemeChangesNoLetter(t *testing.T) {
	t.Parallel()
	for _, theme := range themes.Names() {
		for name, visit := range places {
			t.Run(theme+" "+name, func(t *testing.T) {
				t.Parallel()
				plain, dressed := open(t, shop(), 120, 40), open(t, shop(), 120, 40)
				style, err := themes.Load(theme, true)
				if err != nil {
					t.Fatal(err)
				}
				dressed.m.env.Look.Theme = style
				visit(plain)
				visit(dressed)
				if a, b := plain.screen(), dressed.screen(); a != b {
					t.Errorf("plain:\n%s\n%s:\n%s", a, theme, b)
				}
			})
		}
	}
}

func TestEverySizeIsFilledExactly(t *testing.T) {
	t.Parallel()
	for name, visit := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, w := range []int{1, 2, 9, 29, 30, 39, 40, 41, 58, 69, 70, 79, 99, 100, 119, 120, 141, 200} {
				for _, h := range []int{1, 2, 5, 9, 10, 11, 12, 13, 14, 16, 23, 40, 70} {
					c := open(t, shop(), 120, 40)
					visit(c)
					c.m.w, c.m.h = w, h
					lines, _ := c.m.draw()
					if len(lines) != h {
						t.Fatalf("%dx%d: %d lines", w, h, len(lines))
					}
					for i, line := range lines {
						if got := ansi.StringWidth(line); got != w {
							t.Fatalf("%dx%d: line %d is %d wide: %q", w, h, i, got, ansi.Strip(line))
						}
					}
				}
			}
		})
	}
}

// At rest nothing is written: two drawings within a minute are the same.
func TestAScreenAtRestStaysAsItIs(t *testing.T) {
	t.Parallel()
	for name, visit := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, shop(), 120, 40)
			visit(c)
			before := c.screen()
			c.now = c.now.Add(20 * 1e9)
			c.send(tick{})
			if after := c.screen(); after != before {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
		})
	}
}
