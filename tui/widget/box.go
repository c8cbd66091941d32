package widget

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// Box is a frame with a title, a remark at its top right and one at its bottom.
type Box struct {
	Title, Right, Bottom string
	// Focus is true for the pane that has the keys.
	Focus bool
}

// Inner is the size that is left inside a Box of this size. Boxes too small for a frame are drawn without one.
func (b Box) Inner(w, h int) (int, int) {
	if bare(w, h) {
		return w, max(0, h-1)
	}
	return w - 2, h - 2
}

func bare(w, h int) bool { return w < 30 || h < 4 }

// Draw returns exactly h lines of w cells around the content.
func (b Box) Draw(l Look, content []string, w, h int) []string {
	if w <= 0 || h <= 0 {
		return nil
	}
	iw, ih := b.Inner(w, h)
	if bare(w, h) {
		return append([]string{l.Fit(l.Title.Render(b.Title), w)}, l.Pad(content, iw, ih)...)
	}
	border := l.Border
	if b.Focus {
		border = l.BorderFocus
	}
	f := frameOf(l)
	out := make([]string, 0, h)
	out = append(out, b.edge(l, border, f.TopLeft, f.Top, f.TopRight, b.Title, b.Right, w))
	for _, line := range l.Pad(content, iw, ih) {
		out = append(out, border.Render(f.Left)+line+border.Render(f.Right))
	}
	return append(out, b.edge(l, border, f.BottomLeft, f.Bottom, f.BottomRight, "", b.Bottom, w))
}

func frameOf(l Look) lipgloss.Border {
	if l.ASCII {
		return lipgloss.ASCIIBorder()
	}
	return lipgloss.RoundedBorder()
}

// edge draws a horizontal side with a text near its left and one near its right end.
func (b Box) edge(l Look, border lipgloss.Style, left, side, right, name, remark string, w int) string {
	room := w - 4
	if name != "" {
		name = " " + l.Cut(name, max(0, room-2)) + " "
		room -= Width(name)
	}
	if remark != "" && room > 6 {
		remark = " " + l.Cut(remark, room-3) + " "
		room -= Width(remark)
	} else {
		remark = ""
	}
	line := border.Render(left+side) + l.Title.Render(name) + border.Render(strings.Repeat(side, max(0, room)))
	return line + l.Muted.Render(remark) + border.Render(side+right)
}
