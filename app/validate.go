package app

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
)

// Validate returns everything that is wrong with the application, all problems at once, each beginning with the
// field's path; nil when it can be used. It asks neither a cluster nor a repository. What is merely doubtful is in
// [Application.Warnings].
func (a *Application) Validate() error {
	v := &verdict{}
	v.names("metadata.name", a.Metadata.Name, validation.IsDNS1123Subdomain)
	if a.Metadata.Namespace != "" {
		v.names("metadata.namespace", a.Metadata.Namespace, validation.IsDNS1123Label)
	}
	v.destination(a.Spec.Destination)
	v.sources(&a.Spec)
	v.policy(a.Spec.SyncPolicy)
	for i, d := range a.Spec.IgnoreDifferences {
		v.ignore(fmt.Sprintf("spec.ignoreDifferences[%d]", i), d)
	}
	if l := a.Spec.RevisionHistoryLimit; l != nil && *l < 0 {
		v.wrong("spec.revisionHistoryLimit", "must not be negative")
	}
	return errors.Join(v.problems...)
}

// verdict collects problems.
type verdict struct{ problems []error }

func (v *verdict) wrong(path, format string, args ...any) {
	v.problems = append(v.problems, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...)))
}

func (v *verdict) names(path, name string, check func(string) []string) {
	if name == "" {
		v.wrong(path, "is missing")
		return
	}
	if len(check(name)) > 0 {
		v.wrong(path, "%q is not a name that Kubernetes takes: use lower-case letters, digits and dashes, "+
			"beginning and ending with a letter or digit", name)
	}
}

func (v *verdict) destination(d Destination) {
	switch {
	case d.Server == "" && d.Name == "":
		v.wrong("spec.destination", "names no cluster: set server or name")
	case d.Server != "" && d.Name != "":
		v.wrong("spec.destination", "names the cluster twice: set server or name, not both")
	case d.Server != "":
		if u, err := url.Parse(d.Server); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			v.wrong("spec.destination.server", "must be a URL such as https://kubernetes.default.svc; "+
				"a cluster's name belongs in name")
		}
	}
	if d.Namespace != "" {
		v.names("spec.destination.namespace", d.Namespace, validation.IsDNS1123Label)
	}
}

func (v *verdict) policy(p *SyncPolicy) {
	if p == nil || p.Retry == nil {
		return
	}
	if p.Retry.Limit < -1 {
		v.wrong("spec.syncPolicy.retry.limit", "must be -1 (without end), 0 (never) or a number of retries")
	}
	b := p.Retry.Backoff
	if b == nil {
		return
	}
	v.duration("spec.syncPolicy.retry.backoff.duration", b.Duration)
	v.duration("spec.syncPolicy.retry.backoff.maxDuration", b.MaxDuration)
	if b.Factor != nil && *b.Factor < 1 {
		v.wrong("spec.syncPolicy.retry.backoff.factor", "must be 1 or more")
	}
}

func (v *verdict) duration(path, text string) {
	if d, err := ParseDuration(text); err != nil || d < 0 {
		v.wrong(path, "%q is not a duration: write 5s, 3m or a number of seconds", text)
	}
}

// ParseDuration reads a duration of a retry policy: as Go writes it ("5s"), a bare number of seconds, or empty for 0.
func ParseDuration(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	if strings.Trim(text, "0123456789") == "" {
		text += "s"
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("parse duration %q: write 5s, 3m or a number of seconds", text)
	}
	return d, nil
}

func (v *verdict) ignore(path string, d IgnoreDifference) {
	if d.Kind == "" {
		v.wrong(path+".kind", "is missing: name a kind, or * for all")
	}
	if len(d.JSONPointers)+len(d.JQPathExpressions)+len(d.ManagedFieldsManagers) == 0 {
		v.wrong(path, "names no fields: give jsonPointers, jqPathExpressions or managedFieldsManagers")
	}
	for i, p := range d.JSONPointers {
		if !strings.HasPrefix(p, "/") {
			v.wrong(fmt.Sprintf("%s.jsonPointers[%d]", path, i), "%q must begin with /, such as /spec/replicas", p)
		}
	}
}
