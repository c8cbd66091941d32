package kube

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// TestAListWithoutAnEnd has a server that begins a watch with a list and goes on in one way or another.
func TestAListWithoutAnEnd(t *testing.T) {
	t.Parallel()
	asked, yes := int64(400), true
	end := sent("ConfigMap", "", "5")
	end.SetAnnotations(map[string]string{metav1.InitialEventsAnnotationKey: "true"})
	object := event(t, watch.Added, sent("ConfigMap", "a", "4"))
	for name, c := range map[string]struct {
		// sends is what the server says, with nine seconds before each event; then it closes the stream, or keeps it open.
		sends  []string
		closes bool
		after  time.Duration
		want   error
		noted  int
	}{
		"nothing is sent":             {nil, false, 10 * time.Second, errNoEnd, 1},
		"after objects":               {[]string{object, object}, false, 28 * time.Second, errNoEnd, 1},
		"changes are no objects":      {[]string{object, event(t, watch.Modified, sent("ConfigMap", "a", "5")), event(t, watch.Deleted, sent("ConfigMap", "a", "6"))}, false, 19 * time.Second, errNoEnd, 1},
		"a bookmark that is no end":   {[]string{object, event(t, watch.Bookmark, sent("ConfigMap", "", "6"))}, false, 18 * time.Second, errNoEnd, 1},
		"the stream is closed":        {[]string{object}, true, 9 * time.Second, errNoEnd, 0},
		"the end is told":             {[]string{object, event(t, watch.Bookmark, end)}, false, (18 + 430) * time.Second, io.EOF, 0},
		"so it is before a bookmark":  {[]string{event(t, watch.Bookmark, end), event(t, watch.Bookmark, sent("ConfigMap", "", "6"))}, false, (18 + 180) * time.Second, io.EOF, 0},
		"a close after the end is so": {[]string{event(t, watch.Bookmark, end)}, true, 9 * time.Second, io.EOF, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				body, server := io.Pipe()
				noted := 0
				o := metav1.ListOptions{TimeoutSeconds: &asked, SendInitialEvents: &yes}
				begun := time.Now()
				d := newEventDecoder(cacheOf(t), body, o, func() {}, func() { noted++ })
				sent := make(chan struct{})
				defer func() { <-sent }()
				defer d.Close()
				go func() {
					defer close(sent)
					for _, text := range c.sends {
						time.Sleep(9 * time.Second)
						_, _ = io.Copy(server, strings.NewReader(text))
					}
					if c.closes {
						_ = server.Close()
					}
				}()
				var err error
				for err == nil {
					_, _, err = d.Decode()
				}
				if took := time.Since(begun); !errors.Is(err, c.want) || took != c.after || noted != c.noted {
					t.Errorf("it ends after %s with %v, want %s and %v; %d times it is noted", took, err, c.after, c.want, noted)
				}
			})
		})
	}
}
