package health

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// test is one question about an object. Its answer comes with what the object itself says about it, if anything.
type test func(u *unstructured.Unstructured) (says string, ok bool)

// parseTest reads the tests of a row:
//
//	Ready=False              a condition of this type has this status; any=False asks of every type
//	Ready=False|Unknown      one of these statuses; =!True any but this; =* any; =- there is none
//	Ready=False/Creating     and one of these reasons; /!Creating any but these
//	Ready=False@Error        and this severity; @!Info any but this
//	Ready=False~Waiting      and this message; ~!Waiting any but this
//	.status.nodes[].conditions:Ready=True   the same in other lists of conditions
//	.status.phase            the field is there, and neither false nor empty
//	.status.phase=A|B        its value; !=A|B any other, or none; ^=A|B how it begins
//	.status.ready=.spec.size two fields of the same value; also != and, of numbers or with one, < and >
//	unobserved               the status is of an older generation
//	stale                    a condition is of an older generation
//	says .status.error       always; the message is found there
//	else                     always
//
// "no" turns a test round, "and" binds closer than "or".
func parseTest(s string) (test, error) {
	var alternatives []test
	for alternative := range strings.SplitSeq(s, " or ") {
		var all []test
		for term := range strings.SplitSeq(alternative, " and ") {
			t, err := parseTerm(strings.TrimSpace(term))
			if err != nil {
				return nil, err
			}
			all = append(all, t)
		}
		alternatives = append(alternatives, every(all))
	}
	return either(alternatives), nil
}

func every(all []test) test {
	return func(u *unstructured.Unstructured) (string, bool) {
		says := ""
		for _, t := range all {
			s, ok := t(u)
			if !ok {
				return "", false
			}
			says = orElse(s, says)
		}
		return says, true
	}
}

func either(alternatives []test) test {
	return func(u *unstructured.Unstructured) (string, bool) {
		for _, t := range alternatives {
			if s, ok := t(u); ok {
				return s, true
			}
		}
		return "", false
	}
}

func parseTerm(s string) (test, error) {
	if rest, ok := strings.CutPrefix(s, "no "); ok {
		t, err := parseTerm(rest)
		return negated(t), err
	}
	if rest, ok := strings.CutPrefix(s, "says "); ok {
		return quoting(rest)
	}
	switch {
	case s == "else":
		return func(*unstructured.Unstructured) (string, bool) { return "", true }, nil
	case s == "unobserved":
		return func(u *unstructured.Unstructured) (string, bool) {
			seen, ok := number(u, "status", "observedGeneration")
			return notObserved, ok && seen != u.GetGeneration() && u.GetGeneration() != 0
		}, nil
	case s == "stale":
		return func(u *unstructured.Unstructured) (string, bool) {
			return notObserved, stale(u.Object["status"], u.GetGeneration())
		}, nil
	case strings.HasPrefix(s, "."):
		if where, condition, ok := strings.Cut(s, ":"); ok {
			return parseCondition(where, condition)
		}
		return parseField(s)
	}
	return parseCondition(".status.conditions", s)
}

func negated(t test) test {
	return func(u *unstructured.Unstructured) (string, bool) {
		_, ok := t(u)
		return "", !ok
	}
}

func quoting(s string) (test, error) {
	p, err := parsePath(s)
	return func(u *unstructured.Unstructured) (string, bool) {
		for _, v := range p.values(u) {
			if text := written(v); text != "" {
				return text, true
			}
		}
		return "", true
	}, err
}

// choice is a set of words, or everything but them. The zero choice is everything.
type choice struct {
	words []string
	not   bool
}

func parseChoice(s string) choice {
	if s == "*" || s == "" {
		return choice{not: true}
	}
	rest, not := strings.CutPrefix(s, "!")
	return choice{words: strings.Split(rest, "|"), not: not}
}

func (c choice) has(word string) bool { return slices.Contains(c.words, word) != c.not }

func parseCondition(where, s string) (test, error) {
	p, err := parsePath(where)
	if err != nil {
		return nil, err
	}
	kind, rest, ok := strings.Cut(s, "=")
	rest, message, _ := strings.Cut(rest, "~")
	rest, severity, _ := strings.Cut(rest, "@")
	status, reason, _ := strings.Cut(rest, "/")
	if !ok || kind == "" {
		return nil, fmt.Errorf("%q is no test", s)
	}
	statuses, reasons := parseChoice(status), parseChoice(reason)
	severities, messages := parseChoice(severity), parseChoice(message)
	if status == "-" {
		return func(u *unstructured.Unstructured) (string, bool) {
			return "without condition " + kind, slices.ContainsFunc(p.values(u), func(v any) bool {
				return !slices.ContainsFunc(elements(v), func(e any) bool {
					c, _ := e.(map[string]any)
					return str(c["type"]) == kind
				})
			})
		}, nil
	}
	return func(u *unstructured.Unstructured) (string, bool) {
		for _, v := range p.values(u) {
			for _, e := range elements(v) {
				c, _ := e.(map[string]any)
				if (kind == "any" || kind == str(c["type"])) && statuses.has(str(c["status"])) &&
					reasons.has(str(c["reason"])) && severities.has(str(c["severity"])) && messages.has(str(c["message"])) {
					return orElse(str(c["message"]), str(c["reason"])), true
				}
			}
		}
		return "", false
	}, nil
}

// operators compare a field with a text or with another field.
var operators = []struct {
	sign string
	of   func(v, other any, c choice) bool
}{
	{"!=", func(v, _ any, c choice) bool { return !c.has(written(v)) }},
	{"^=", func(v, _ any, c choice) bool {
		return slices.ContainsFunc(c.words, func(w string) bool { return strings.HasPrefix(written(v), w) })
	}},
	{"=", func(v, _ any, c choice) bool { return v != nil && c.has(written(v)) }},
	{"<", func(v, other any, _ choice) bool { return less(v, other) }},
	{">", func(v, other any, _ choice) bool { return less(other, v) }},
}

func less(a, b any) bool {
	x, _ := asNumber(a)
	y, _ := asNumber(b)
	return x < y
}

func parseField(s string) (test, error) {
	at, sign := len(s), ""
	compare := func(v, _ any, _ choice) bool { return filled(v) }
	for _, o := range operators {
		if i := strings.Index(s, o.sign); i >= 0 && i < at {
			at, sign, compare = i, o.sign, o.of
		}
	}
	p, err := parsePath(s[:at])
	if err != nil {
		return nil, err
	}
	operand := s[at+len(sign):]
	if strings.HasPrefix(operand, ".") {
		return parsePair(p, sign, operand)
	}
	words := choice{words: strings.Split(operand, "|")}
	bound, err := strconv.ParseFloat(operand, 64)
	if err != nil && (sign == "<" || sign == ">") {
		return nil, fmt.Errorf("%q: %q is no number", s, operand)
	}
	return func(u *unstructured.Unstructured) (string, bool) {
		for _, v := range p.values(u) {
			if compare(v, bound, words) {
				return described(p, v), true
			}
		}
		return "", false
	}, nil
}

// parsePair compares two fields; that neither is there is no difference.
func parsePair(p path, sign, operand string) (test, error) {
	other, err := parsePath(operand)
	if err != nil {
		return nil, err
	}
	return func(u *unstructured.Unstructured) (string, bool) {
		a, b := p.values(u)[0], other.values(u)[0]
		switch sign {
		case "=":
			return "", written(a) == written(b)
		case "!=":
			return "", written(a) != written(b)
		case "<":
			return fmt.Sprintf("%s is %s of %s", p.last(), orElse(written(a), "0"), orElse(written(b), "0")), less(a, b)
		}
		return "", less(b, a)
	}, nil
}

// described puts a field that decided into words: "phase Failed".
func described(p path, v any) string {
	if text := written(v); text != "" && text != "true" && text != "false" {
		return p.last() + " " + text
	}
	return ""
}
