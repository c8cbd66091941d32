package kustomization_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/internal/kustomization"
)

func TestReferencesToGit(t *testing.T) {
	t.Parallel()
	for reference, want := range map[string]kustomization.Remote{
		"https://git.example.com/org/repo//a/b?ref=v1":            {URL: "https://git.example.com/org/repo", Ref: "v1", Path: "a/b", Marked: true},
		"https://git.example.com/org/repo//?ref=v1":               {URL: "https://git.example.com/org/repo", Ref: "v1", Path: ".", Marked: true},
		"https://git.example.com/a/b/c/repo//a/?ref=v1":           {URL: "https://git.example.com/a/b/c/repo", Ref: "v1", Path: "a", Marked: true},
		"https://git.example.com/a/b/repo.git/a/b?ref=v1":         {URL: "https://git.example.com/a/b/repo.git", Ref: "v1", Path: "a/b", Marked: true},
		"https://git.example.com/a/b/repo.git":                    {URL: "https://git.example.com/a/b/repo.git", Path: ".", Marked: true},
		"https://git.example.com:8443/org/repo.git//a":            {URL: "https://git.example.com:8443/org/repo.git", Path: "a", Marked: true},
		"HTTPS://git.example.com/org/repo/a":                      {URL: "https://git.example.com/org/repo", Path: "a"},
		"http://127.0.0.1:8080/shop.git//base?ref=main":           {URL: "http://127.0.0.1:8080/shop.git", Ref: "main", Path: "base", Marked: true},
		"https://github.com/org/repo/a/b?ref=v1":                  {URL: "https://github.com/org/repo", Ref: "v1", Path: "a/b"},
		"https://github.com/org/repo?version=v2":                  {URL: "https://github.com/org/repo", Ref: "v2", Path: "."},
		"https://github.com/org/repo?ref=v1&version=v2":           {URL: "https://github.com/org/repo", Ref: "v1", Path: "."},
		"https://github.com/org/repo?submodules=false&timeout=9s": {URL: "https://github.com/org/repo", Path: "."},
		"http://github.com/org/repo":                              {URL: "https://github.com/org/repo", Path: "."},
		"github.com/org/repo/a?ref=x":                             {URL: "https://github.com/org/repo", Ref: "x", Path: "a"},
		"gitHub.com/org/repo":                                     {URL: "https://github.com/org/repo", Path: "."},
		"github.com:org/repo":                                     {URL: "https://github.com/org/repo", Path: "."},
		"https://github.com/org/page.github.io/a":                 {URL: "https://github.com/org/page.github.io", Path: "a"},
		"git@github.com:org/repo.git//a?ref=v1":                   {URL: "git@github.com:org/repo.git", Ref: "v1", Path: "a", Marked: true},
		"git@github.com/org/repo/a":                               {URL: "git@github.com:org/repo", Path: "a"},
		"ssh://git@github.com/org/repo/a":                         {URL: "git@github.com:org/repo", Path: "a"},
		"git@git.example.com:a/b/repo.git//x?ref=v1":              {URL: "git@git.example.com:a/b/repo.git", Ref: "v1", Path: "x", Marked: true},
		"ssh://git@git.example.com:7999/org/repo//x":              {URL: "ssh://git@git.example.com:7999/org/repo", Path: "x", Marked: true},
		"ssh://git.example.com/v1/repos/x":                        {URL: "ssh://git.example.com/v1/repos", Path: "x"},
		"git::https://git.example.com/org/repo//a?ref=main":       {URL: "https://git.example.com/org/repo", Ref: "main", Path: "a", Marked: true},
		"git::git@git.example.com:org/repo":                       {URL: "git@git.example.com:org/repo", Path: "."},
		"https://mira@dev.azure.com/o/p/_git/repo/a/b?ref=main":   {URL: "https://mira@dev.azure.com/o/p/_git/repo", Ref: "main", Path: "a/b", Marked: true},
		"file:///srv/git/repo.git//a?ref=main":                    {URL: "file:///srv/git/repo.git", Ref: "main", Path: "a", Marked: true},
		"file:///srv/git/repo?ref=main":                           {URL: "file:///srv/git/repo", Ref: "main", Path: "."},
	} {
		t.Run(reference, func(t *testing.T) {
			t.Parallel()
			got, ok := kustomization.Parse(reference)
			if d := cmp.Diff(want, got); d != "" || !ok || !kustomization.IsRemote(reference) {
				t.Errorf("%t, -want +got:\n%s", ok, d)
			}
		})
	}
}

func TestReferencesThatAreNotToGit(t *testing.T) {
	t.Parallel()
	for reference, remote := range map[string]bool{
		"base": false, "../base": false, "./deployment.yaml": false, "/srv/base": false, "src/github.com/org/repo/path": false,
		"name@2.yaml": false, "": false, "github.com": false, "v1.2": false,
		"https://example.com/x.yaml": true, "https://host?ref=a": true, "HTTP:x": true, "git://git.example.com/org/repo": true,
		"s3://bucket/x": true, "git::x?ref=a": true, "https://github.com/org/repo.git//a/../../b": true, "ssh://git.example.com": true,
	} {
		t.Run(reference, func(t *testing.T) {
			t.Parallel()
			if got, ok := kustomization.Parse(reference); ok {
				t.Errorf("it is %+v", got)
			}
			if got := kustomization.IsRemote(reference); got != remote {
				t.Errorf("remote: %t, want %t", got, remote)
			}
		})
	}
}

func TestAReferenceIsShownWithoutAPassword(t *testing.T) {
	t.Parallel()
	if got := kustomization.Shown("https://mira:secret@git.example.com/org/repo//a?ref=v1"); got != "https://git.example.com/org/repo//a?ref=v1" {
		t.Error(got)
	}
}
