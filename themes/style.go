package themes

import (
	"fmt"
	"image/color"
	"regexp"
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"
)

var hex = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// parseStyle reads the value of a token: "COLOUR [ATTRIBUTE…] [on COLOUR]".
func parseStyle(value string) (lipgloss.Style, error) {
	style := lipgloss.NewStyle()
	words := strings.Fields(value)
	for i := 0; i < len(words); i++ {
		switch word := words[i]; word {
		case "bold":
			style = style.Bold(true)
		case "faint":
			style = style.Faint(true)
		case "italic":
			style = style.Italic(true)
		case "underline":
			style = style.Underline(true)
		case "reverse":
			style = style.Reverse(true)
		case "on":
			i++
			if i == len(words) {
				return style, fmt.Errorf("%q ends without a background colour", value)
			}
			c, err := parseColour(words[i])
			if err != nil {
				return style, err
			}
			style = style.Background(c)
		default:
			c, err := parseColour(word)
			if err != nil {
				return style, err
			}
			style = style.Foreground(c)
		}
	}
	return style, nil
}

// parseColour reads "#rrggbb", an ANSI number from 0 to 255, or "-" for the terminal's own colour.
func parseColour(word string) (color.Color, error) {
	if word == "-" {
		return lipgloss.NoColor{}, nil
	}
	n, err := strconv.Atoi(word)
	if hex.MatchString(word) || err == nil && n >= 0 && n <= 255 {
		return lipgloss.Color(word), nil
	}
	return nil, fmt.Errorf("%q is neither a colour (#rrggbb, 0 to 255, -) nor bold, faint, italic, underline or reverse", word)
}
