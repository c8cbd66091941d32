package command

import "strings"

// matchesLabels reports whether labels satisfy a selector of key=value, key!=value and key terms, joined by commas.
func matchesLabels(labels map[string]string, selector string) bool {
	for term := range strings.SplitSeq(selector, ",") {
		term = strings.TrimSpace(term)
		if term == "" {
			continue
		}
		if k, v, ok := strings.Cut(term, "!="); ok {
			if labels[k] == v {
				return false
			}
			continue
		}
		k, v, ok := strings.Cut(strings.ReplaceAll(term, "==", "="), "=")
		got, has := labels[k]
		if !has || ok && got != v {
			return false
		}
	}
	return true
}
