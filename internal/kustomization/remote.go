package kustomization

import (
	"net/url"
	"path"
	"regexp"
	"strings"
)

// Remote is a folder of a git repository elsewhere.
type Remote struct {
	// URL is that of the repository.
	URL string
	// Ref is a branch, a tag or a commit; empty is the repository's HEAD.
	Ref string
	// Path is the folder in the repository.
	Path string
	// Marked says that the reference shows where the repository ends: by //, .git or _git/. Else two parts of the path are
	// taken for it, as on GitHub.
	Marked bool
}

// The schemes of repositories.
const (
	schemeFile  = "file://"
	schemeSSH   = "ssh://"
	schemeHTTP  = "http://"
	schemeHTTPS = "https://"
)

// Parse reads a reference to a folder of a git repository in the forms that kustomize knows, and false for any other
// reference. Of the parameters ref and version are heeded; submodules and timeout are none of ours.
func Parse(reference string) (Remote, bool) {
	text, query, _ := strings.Cut(reference, "?")
	if path.IsAbs(text) {
		return Remote{}, false
	}
	host, rest, ok := cutHost(text)
	if !ok {
		return Remote{}, false
	}
	repo, folder, marked, ok := cutRepository(rest, host == schemeFile)
	folder = path.Clean(strings.TrimLeft(folder, "/"))
	if !ok || repo == "" || folder == ".." || strings.HasPrefix(folder, "../") {
		return Remote{}, false
	}
	return Remote{URL: host + repo, Ref: refOf(query), Path: folder, Marked: marked}, true
}

func refOf(query string) string {
	values, err := url.ParseQuery(query)
	if err != nil {
		return ""
	}
	if ref := values.Get("ref"); ref != "" {
		return ref
	}
	return values.Get("version")
}

// account begins an address of SSH that has no scheme.
var account = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]*@`)

const github = "github.com"

// cutHost parts scheme, user and host from what follows them. Addresses of GitHub may come without a scheme.
func cutHost(text string) (host, rest string, ok bool) {
	text = withoutPrefix(text, "git::")
	scheme := ""
	for _, s := range []string{schemeSSH, schemeHTTPS, schemeHTTP, schemeFile} {
		if bare := withoutPrefix(text, s); len(bare) < len(text) {
			scheme, text = s, bare
			break
		}
	}
	if scheme == schemeFile {
		return scheme, text, true
	}
	user := account.FindString(text)
	text = text[len(user):]
	onGitHub := hasPrefix(text, github+"/") || hasPrefix(text, github+":")
	if scheme == "" && user == "" && !onGitHub {
		return "", "", false
	}
	end := strings.IndexByte(text, '/')
	if colon := strings.IndexByte(text, ':'); scheme == "" && colon > 0 && (end < 0 || colon < end) {
		end = colon
	}
	if end <= 0 {
		return "", "", false
	}
	host, rest = text[:end+1], text[end+1:]
	switch {
	case onGitHub && (scheme == schemeSSH || user != ""):
		return user + github + ":", rest, true
	case onGitHub:
		return schemeHTTPS + github + "/", rest, true
	}
	return scheme + user + host, rest, true
}

func hasPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func withoutPrefix(s, prefix string) string {
	if hasPrefix(s, prefix) {
		return s[len(prefix):]
	}
	return s
}

// cutRepository parts the path of a repository from that of the folder in it. A whole path is one repository where nothing
// shows its end.
func cutRepository(text string, whole bool) (repo, folder string, marked, ok bool) {
	const azure = "_git/"
	if i := strings.Index(text, azure); i >= 0 {
		name, folder, _ := strings.Cut(text[i+len(azure):], "/")
		return text[:i+len(azure)] + name, folder, true, name != ""
	}
	if repo, folder, ok := strings.Cut(text, "//"); ok {
		return repo, folder, true, true
	}
	if repo, folder, ok := strings.Cut(text+"/", ".git/"); ok {
		return repo + ".git", folder, true, repo != ""
	}
	if whole {
		return text, "", false, true
	}
	parts := strings.SplitN(text, "/", 3)
	if len(parts) < 2 || parts[0] == "" || parts[1] == "" {
		return "", "", false, false
	}
	return parts[0] + "/" + parts[1], strings.Join(parts[2:], "/"), false, true
}

// IsRemote reports whether a reference leads out of the repository that it is in. More is taken for it than can be brought:
// what is not must not be left to kustomize, which would call git.
func IsRemote(reference string) bool {
	if _, ok := Parse(reference); ok {
		return true
	}
	return IsWeb(reference) || strings.Contains(reference, "://") || strings.Contains(reference, "?ref=")
}

// IsWeb reports whether a reference is a URL of the web.
func IsWeb(reference string) bool {
	return hasPrefix(reference, "http:") || hasPrefix(reference, "https:")
}

var userinfo = regexp.MustCompile(`://[^/@]*@`)

// Shown is a reference without what may be secret in it.
func Shown(reference string) string { return userinfo.ReplaceAllString(reference, "://") }
