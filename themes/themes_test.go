package themes_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/themes"
)

func TestEveryBuiltInThemeLoads(t *testing.T) {
	t.Parallel()
	names := themes.Names()
	for _, want := range []string{"dark", "light", "high-contrast", "mono", "okabe-ito"} {
		if !slices.Contains(names, want) {
			t.Errorf("the built-in themes %v lack %s", names, want)
		}
	}
	for _, name := range names {
		got, err := themes.Load(name, true)
		if err != nil {
			t.Errorf("load %s: %v", name, err)
		}
		if got.Name != name {
			t.Errorf("load %s: its name is %q", name, got.Name)
		}
	}
}

func TestTheTerminalsBackgroundChoosesTheTheme(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		dark bool
		want string
	}{{"", true, "dark"}, {"", false, "light"}, {themes.Auto, true, "dark"}, {"mono", false, "mono"}} {
		got, err := themes.Load(c.name, c.dark)
		if err != nil || got.Name != c.want {
			t.Errorf("Load(%q, dark %v) = %q, %v; want %q", c.name, c.dark, got.Name, err, c.want)
		}
	}
}

func TestAnUnknownThemeIsAnErrorThatListsTheOthers(t *testing.T) {
	t.Parallel()
	_, err := themes.Load("solarised", true)
	if err == nil || !strings.Contains(err.Error(), "okabe-ito") {
		t.Errorf("the error %v lists no themes", err)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"txt: '15'":         `no token "txt"`,
		"good: greenish":    `"greenish" is neither`,
		"good: '#12345'":    `"#12345" is neither`,
		"good: '256'":       `"256" is neither`,
		"good: '15 on'":     "without a background",
		"good: '15 on red'": `"red" is neither`,
		"good: [":           "read theme",
	} {
		if _, err := themes.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) = %v; want an error with %q", text, err, want)
		}
	}
}

func TestAStyleIsWhatItsTokenSays(t *testing.T) {
	t.Parallel()
	got, err := themes.Parse([]byte("bad: '9 bold underline on 15'\ngood: '- faint italic reverse'"))
	if err != nil {
		t.Fatal(err)
	}
	if !got.Bad.GetBold() || !got.Bad.GetUnderline() || got.Bad.GetFaint() {
		t.Errorf("bad = %q", got.Bad.Render("x"))
	}
	if !got.Good.GetFaint() || !got.Good.GetItalic() || !got.Good.GetReverse() || got.Good.GetBold() {
		t.Errorf("good = %q", got.Good.Render("x"))
	}
}
