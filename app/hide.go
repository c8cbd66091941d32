package app

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// hiddenLogin stands in a shown document for the user and password of a URL.
const hiddenLogin = "HIDDEN"

// HideLogin returns a repository's URL with a mark in the place of user and password, so that it is seen that there are some.
// A document that is written back with the mark keeps them, see [Application.KeepLogins].
func HideLogin(raw string) string {
	if !HoldsLogin(raw) {
		return raw
	}
	scheme, rest := split(ShownURL(raw))
	if user, at, ok := strings.Cut(rest, "@"); ok {
		return scheme + user + ":" + hiddenLogin + "@" + at
	}
	return scheme + hiddenLogin + "@" + rest
}

// split parts a URL behind its scheme, which it need not have.
func split(raw string) (scheme, rest string) {
	if i := strings.Index(raw, "://"); i >= 0 {
		return raw[:i+len("://")], raw[i+len("://"):]
	}
	return "", raw
}

// loginHidden reports whether a URL holds the mark of [HideLogin].
func loginHidden(raw string) bool {
	_, rest := split(raw)
	login, _, ok := strings.Cut(rest, "@")
	return ok && (login == hiddenLogin || strings.HasSuffix(login, ":"+hiddenLogin))
}

// urls are the URLs that a source names: its repository, and values files, files of parameters and components that are
// elsewhere.
func (s *Source) urls() []*string {
	out := []*string{&s.RepoURL}
	if h := s.Helm; h != nil {
		for i := range h.ValueFiles {
			out = append(out, &h.ValueFiles[i])
		}
		for i := range h.FileParameters {
			out = append(out, &h.FileParameters[i].Path)
		}
	}
	if k := s.Kustomize; k != nil {
		for i := range k.Components {
			out = append(out, &k.Components[i])
		}
	}
	// What is no URL names a file of the repository, in which an @ is a letter as others are.
	return slices.DeleteFunc(out, func(u *string) bool { return u != &s.RepoURL && !strings.Contains(*u, "://") })
}

func (s *Source) holdsLogin() bool {
	return slices.ContainsFunc(s.urls(), func(u *string) bool { return HoldsLogin(*u) })
}

func (s *Source) hideLogins() {
	for _, u := range s.urls() {
		*u = HideLogin(*u)
	}
}

// HideLogins returns sources with the logins in their URLs hidden; where there are none, the sources themselves.
func HideLogins(sources []Source) []Source {
	if !slices.ContainsFunc(sources, func(s Source) bool { return s.holdsLogin() }) {
		return sources
	}
	out := slices.Clone(sources)
	for i := range out {
		copyInto(reflect.ValueOf(&out[i]).Elem(), reflect.ValueOf(&sources[i]).Elem())
		out[i].hideLogins()
	}
	return out
}

// WithoutLogins returns the application as it may be shown: a mark stands for user and password in the URL of every
// repository, values file and component, and in the texts that may repeat one. The application itself stays as it is.
func (a Application) WithoutLogins() Application {
	if !a.HoldsLogins() {
		return a
	}
	out := a.Clone()
	for _, s := range out.repositories() {
		s.hideLogins()
	}
	for _, text := range out.messages() {
		*text = hideInText(*text)
	}
	for name, value := range out.Metadata.Annotations {
		out.Metadata.Annotations[name] = hideInText(value)
	}
	if hidden, ok := hideInUnknown(out.unknown).(map[string]any); ok {
		out.unknown = hidden
	}
	return out
}

// HoldsLogins reports whether the application has something for [Application.WithoutLogins] to hide.
func (a *Application) HoldsLogins() bool {
	in := func(s string) bool { return strings.Contains(s, "@") && hideInText(s) != s }
	return slices.ContainsFunc(a.repositories(), (*Source).holdsLogin) ||
		slices.ContainsFunc(a.messages(), func(s *string) bool { return in(*s) }) ||
		slices.ContainsFunc(slices.Collect(maps.Values(a.Metadata.Annotations)), in) ||
		unknownHoldsLogin(a.unknown)
}

// KeepLogins puts the logins back that were hidden when the application was shown and that it had before. A mark that stood for
// none of them stays, and [Application.Validate] refuses it.
func (a *Application) KeepLogins(before *Application) {
	had := map[string]string{}
	for _, s := range before.repositories() {
		for _, u := range s.urls() {
			had[HideLogin(*u)] = *u
		}
	}
	for _, s := range a.repositories() {
		for _, u := range s.urls() {
			if raw, ok := had[*u]; ok {
				*u = raw
			}
		}
	}
	for name, value := range before.Metadata.Annotations {
		if now, ok := a.Metadata.Annotations[name]; ok && now != value && now == hideInText(value) {
			a.Metadata.Annotations = maps.Clone(a.Metadata.Annotations)
			a.Metadata.Annotations[name] = value
		}
	}
}

// repositories are all places of the application that name a repository.
func (a *Application) repositories() []*Source {
	var out []*Source
	add := func(one *Source, many []Source) {
		if one != nil {
			out = append(out, one)
		}
		for i := range many {
			out = append(out, &many[i])
		}
	}
	operation := func(o *Operation) {
		if o != nil && o.Sync != nil {
			add(o.Sync.Source, o.Sync.Sources)
		}
	}
	add(a.Spec.Source, a.Spec.Sources)
	operation(a.Operation)
	st := &a.Status
	add(st.Sync.ComparedTo.Source, st.Sync.ComparedTo.Sources)
	for _, s := range a.operationStates() {
		operation(&s.Operation)
		if r := s.SyncResult; r != nil {
			add(r.Source, r.Sources)
		}
	}
	for i := range st.History {
		add(st.History[i].Source, st.History[i].Sources)
	}
	return out
}

// messages are the texts of the status.
func (a *Application) messages() []*string {
	var out []*string
	for i := range a.Status.Conditions {
		out = append(out, &a.Status.Conditions[i].Message)
	}
	for _, s := range a.operationStates() {
		out = append(out, &s.Message)
	}
	return out
}

// operationStates are those that the status has.
func (a *Application) operationStates() []*OperationState {
	return slices.DeleteFunc([]*OperationState{a.Status.OperationState, a.Status.Attempted}, func(s *OperationState) bool { return s == nil })
}

var urlWithLogin = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/@"'<>]+@`)

// hideInText hides the logins of the URLs that a text repeats.
func hideInText(text string) string {
	if !strings.Contains(text, "@") {
		return text
	}
	return urlWithLogin.ReplaceAllStringFunc(text, func(s string) string {
		return strings.TrimSuffix(HideLogin(s+"host"), "host")
	})
}

// fieldRepository is the name of the field that every kind of source names its repository in.
const fieldRepository = "repoURL"

// hideInUnknown returns a copy of a rest of a document with the logins of its repositories hidden.
func hideInUnknown(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, value := range v {
			out[name] = hideInUnknown(value)
			if url, ok := value.(string); ok && name == fieldRepository {
				out[name] = HideLogin(url)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = hideInUnknown(v[i])
		}
		return out
	case unknownList:
		out := slices.Clone(v)
		for i := range out {
			out[i].rest = hideInUnknown(out[i].rest)
		}
		return out
	}
	return v
}

func unknownHoldsLogin(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if url, ok := value.(string); ok && name == fieldRepository && HoldsLogin(url) || unknownHoldsLogin(value) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, unknownHoldsLogin)
	case unknownList:
		return slices.ContainsFunc(v, func(e unknownElement) bool { return unknownHoldsLogin(e.rest) })
	}
	return false
}
