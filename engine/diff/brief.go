package diff

import (
	"encoding/json"
	"strings"
)

// longestValue is how much of a value is shown that the API server repeats in a refusal.
const longestValue = 60

// Brief returns what the API server says with the values cut short that it repeats: of a Job's template they are some 2,000
// characters, and the reason stands behind them.
func Brief(message string) string {
	const mark = "Invalid value: "
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(message, mark)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		out.WriteString(mark)
		d := json.NewDecoder(strings.NewReader(rest))
		var value json.RawMessage
		if err := d.Decode(&value); err == nil && len(value) > longestValue {
			out.WriteString(strings.ToValidUTF8(string(value[:longestValue]), "") + "…")
			rest = rest[d.InputOffset():]
		}
		message = rest
	}
}
