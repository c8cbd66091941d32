package widget_test

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/themes"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

func look(t *testing.T) widget.Look {
	t.Helper()
	theme, err := themes.Load("dark", true)
	if err != nil {
		t.Fatal(err)
	}
	return widget.Look{Theme: theme}
}

func TestABoxHasExactlyItsSize(t *testing.T) {
	t.Parallel()
	l := look(t)
	content := []string{l.Good.Render("✓ Synced"), strings.Repeat("long ", 40), "日本語のテキスト"}
	for w := range 70 {
		for h := range 9 {
			b := widget.Box{Title: "a title of some length", Right: "right", Bottom: "bottom"}
			lines := b.Draw(l, content, w, h)
			if w > 0 && len(lines) != h {
				t.Fatalf("%dx%d: %d lines", w, h, len(lines))
			}
			for _, line := range lines {
				if widget.Width(line) != w {
					t.Fatalf("%dx%d: a line of %d cells: %q", w, h, widget.Width(line), ansi.Strip(line))
				}
			}
		}
	}
}

func TestWhatIsCutSaysSo(t *testing.T) {
	t.Parallel()
	l := look(t)
	if got := l.Cut("abcdef", 4); got != "abc…" {
		t.Errorf("Cut = %q", got)
	}
	l.ASCII = true
	if got := l.Fit("abcdef", 4); got != "abc~" {
		t.Errorf("Fit in ASCII = %q", got)
	}
	if got := l.Ends("left side", "right", 12); got != "left … right" && got != "left ~ right" {
		t.Errorf("Ends = %q", got)
	}
}

func TestTextFromOutsideCannotDriveTheTerminal(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a\x1b[2Jb":                 "ab",
		"a\x1b]0;title\x07b":        "ab",
		"bell\x07 back\x08 del\x7f": "bell back del",
		"tab\tstop":                 "tab    stop",
		"c1 \u009b31m":              "c1 31m",
	} {
		if got := widget.Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
	if got := widget.Line(" two\nlines\t here "); got != "two lines here" {
		t.Errorf("Line = %q", got)
	}
}

func TestAgesMoveByTheMinute(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		3 * time.Second: "now", 59 * time.Second: "now", time.Minute: "1m", 59 * time.Minute: "59m", 2 * time.Hour: "2h",
		47 * time.Hour: "47h", 72 * time.Hour: "3d", 3 * 365 * 24 * time.Hour: "3y",
	} {
		if got := widget.Age(now.Add(-d), now); got != want {
			t.Errorf("Age(%s) = %q, want %q", d, got, want)
		}
	}
	if got := widget.Age(time.Time{}, now); got != "" {
		t.Errorf("the age of no time is %q", got)
	}
}

func TestStatesAreToldByGlyphAndWord(t *testing.T) {
	t.Parallel()
	l := look(t)
	seen := map[string]app.HealthCode{}
	plain := l
	plain.ASCII = true
	for _, c := range []app.HealthCode{app.Healthy, app.Progressing, app.Suspended, app.Missing, app.Degraded, app.HealthUnknown} {
		if text := ansi.Strip(l.Health(c).String()); !strings.HasSuffix(text, " "+string(c)) {
			t.Errorf("%s is drawn %q", c, text)
		}
		glyph := ansi.Strip(l.Health(c).Icon())
		if other, dup := seen[glyph]; dup {
			t.Errorf("%s and %s share the glyph %q", c, other, glyph)
		}
		seen[glyph] = c
		if text := ansi.Strip(plain.Health(c).String()); strings.ContainsFunc(text, func(r rune) bool { return r > 127 }) {
			t.Errorf("%q is not ASCII", text)
		}
	}
}

func TestAListKeepsItsCursorInSight(t *testing.T) {
	t.Parallel()
	var l widget.List
	for _, n := range []int{7, -3, 100, -100, 5} {
		l.Move(n, 20)
		first, last := l.Window(20, 6)
		if l.Cursor < first || l.Cursor >= last || last-first != 6 {
			t.Errorf("after %d: cursor %d in %d to %d", n, l.Cursor, first, last)
		}
	}
	if first, last := l.Window(3, 6); first != 0 || last != 3 || l.Cursor != 2 {
		t.Errorf("with fewer rows: %d to %d, cursor %d", first, last, l.Cursor)
	}
	if first, last := l.Window(0, 6); first != 0 || last != 0 {
		t.Errorf("without rows: %d to %d", first, last)
	}
}
