package widget

import (
	"fmt"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// Width is the number of cells that a text takes.
func Width(s string) int { return ansi.StringWidth(s) }

// Fit cuts or fills a text to exactly w cells.
func (l Look) Fit(s string, w int) string {
	if w <= 0 {
		return ""
	}
	s = l.Cut(s, w)
	return s + strings.Repeat(" ", max(0, w-Width(s)))
}

// Cut cuts a text to at most w cells, with an ellipsis where something is missing.
func (l Look) Cut(s string, w int) string {
	if w <= 0 {
		return ""
	}
	if Width(s) <= w {
		return s
	}
	return ansi.Truncate(s, w, l.ellipsis())
}

// Ends puts one text at the left and one at the right end of w cells. The left one is cut first.
func (l Look) Ends(left, right string, w int) string {
	r := Width(right)
	if r+1 >= w {
		return l.Fit(left, w)
	}
	return l.Fit(left, w-r-1) + " " + right
}

// Wrapped breaks a text into lines of at most w cells, at words where it can.
func Wrapped(s string, w int) []string {
	if w <= 0 {
		return nil
	}
	return strings.Split(ansi.Wrap(Clean(s), w, " ,/-"), "\n")
}

// Paragraph writes a text in a style over as many lines as it takes in w cells, set in by one.
func Paragraph(style lipgloss.Style, text string, w int) []string {
	var out []string
	for _, line := range Wrapped(text, w-2) {
		out = append(out, " "+style.Render(line))
	}
	return out
}

// Clean makes a text from outside safe to draw: no escape sequence or control character survives, tabs become spaces.
func Clean(s string) string {
	s = strings.ReplaceAll(ansi.Strip(s), "\t", "    ")
	return strings.Map(func(r rune) rune {
		if r == '\n' || r >= ' ' && r != 0x7f && (r < 0x80 || r > 0x9f) {
			return r
		}
		return -1
	}, s)
}

// Line is Clean for texts that must stay in one line.
func Line(s string) string { return strings.Join(strings.Fields(Clean(s)), " ") }

// Age is how long ago something was, coarsely: it changes by the minute, so that a screen at rest stays as it is.
func Age(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	d := now.Sub(t)
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	case d < 2*365*24*time.Hour:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
	return fmt.Sprintf("%dy", int(d.Hours()/24/365))
}

// Took writes a duration for people: 34 ms, 2.1 s, 3m10s.
func Took(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// Count writes a number with its noun in the right form.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if s, ok := strings.CutSuffix(noun, "y"); ok && !strings.HasSuffix(noun, "ey") {
		return fmt.Sprintf("%d %sies", n, s)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Row draws one row of a list over w cells: selected rows are drawn plain in the theme's selection, so that they read
// well whatever their parts are coloured.
func (l Look) Row(text string, selected bool, w int) string {
	if w <= 1 {
		return l.Fit(text, w)
	}
	if !selected {
		return l.Fit(" "+text, w)
	}
	bar, plain := l.Cursor(), ansi.Strip(text)
	return l.Selected.Render(l.Fit(bar+plain, w))
}

// Join sets columns of lines side by side; each column is as wide as its own lines.
func Join(columns ...[]string) []string {
	height := 0
	for _, c := range columns {
		height = max(height, len(c))
	}
	out := make([]string, height)
	for i := range out {
		for _, c := range columns {
			if i < len(c) {
				out[i] += c[i]
			}
		}
	}
	return out
}

// Pad returns exactly h lines of w cells.
func (l Look) Pad(lines []string, w, h int) []string {
	out := make([]string, 0, max(0, h))
	for i := range max(0, h) {
		s := ""
		if i < len(lines) {
			s = lines[i]
		}
		out = append(out, l.Fit(s, w))
	}
	return out
}

// Styled renders a text unless it is empty.
func Styled(s lipgloss.Style, text string) string {
	if text == "" {
		return ""
	}
	return s.Render(text)
}
