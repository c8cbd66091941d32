package kube

import (
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestWhatIsSkippedIsTriedAgain(t *testing.T) {
	t.Parallel()
	secret, other := ref("Secret", "a"), ref("ConfigMap", "b")
	now := time.Now()
	refused := map[object.Place]error{secret.Place(): forbidden}
	for name, c := range map[string]struct {
		happens func(*Cluster)
		tried   bool
	}{
		"not with the next question":         {func(k *Cluster) { k.cache.again(now.Add(time.Minute)) }, false},
		"with one that comes much later":     {func(k *Cluster) { k.cache.again(now.Add(2 * triedAgain)) }, true},
		"not without a question":             {func(k *Cluster) { k.cache.soon() }, false},
		"with the first after a lost server": {func(k *Cluster) { k.cache.soon(); k.cache.again(now) }, true},
		"when what was refused can be read": {func(k *Cluster) {
			k.cache.read([]object.Ref{secret}, refused, now)
			k.cache.read([]object.Ref{secret}, nil, now)
		}, true},
		"not while it is refused": {func(k *Cluster) {
			k.cache.read([]object.Ref{secret}, refused, now)
			k.cache.read([]object.Ref{secret}, refused, now)
		}, false},
		"not when something else can be read": {func(k *Cluster) {
			k.cache.read([]object.Ref{secret}, refused, now)
			k.cache.read([]object.Ref{other}, nil, now)
		}, false},
		"not when it could be read all the time": {func(k *Cluster) {
			k.cache.read([]object.Ref{secret}, nil, now)
			k.cache.read([]object.Ref{secret}, nil, now)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := storeOf(t, newCache(), "Pod")
			k := s.watcher.cluster
			k.cache.turn(s.watcher)
			k.cache.skip[secret.Place().Wide()] = forbidden
			k.cache.again(now)
			if len(k.cache.skip) != 1 {
				t.Fatal("it is tried at once")
			}
			c.happens(k)
			if tried := len(k.cache.skip) == 0; tried != c.tried {
				t.Errorf("it is tried again: %t", tried)
			}
		})
	}
}
