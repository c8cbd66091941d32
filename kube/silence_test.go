package kube

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// TestAWatchThatFallsSilentEnds has a stream that stays open and says nothing more.
func TestAWatchThatFallsSilentEnds(t *testing.T) {
	t.Parallel()
	asked := int64(400)
	initial := sent("ConfigMap", "", "5")
	initial.SetAnnotations(map[string]string{metav1.InitialEventsAnnotationKey: "true"})
	for name, c := range map[string]struct {
		last string
		want time.Duration
	}{
		"after the time that it was asked for":              {"", 430 * time.Second},
		"so where the server has none but the first":        {event(t, watch.Bookmark, initial), 430 * time.Second},
		"so after an event":                                 {event(t, watch.Added, sent("ConfigMap", "a", "5")), 430 * time.Second},
		"sooner where the server is known to say something": {event(t, watch.Bookmark, sent("ConfigMap", "", "6")), 3 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				body, server := io.Pipe()
				heard := 0
				d := newEventDecoder(cacheOf(t), body, metav1.ListOptions{TimeoutSeconds: &asked}, func() { heard++ }, func() {})
				defer d.Close()
				if c.last != "" {
					go func() {
						time.Sleep(time.Minute)
						_, _ = io.WriteString(server, c.last)
					}()
					if _, _, err := d.Decode(); err != nil || heard != 1 {
						t.Fatalf("read with %v, and heard of %d times", err, heard)
					}
				}
				begun := time.Now()
				_, _, err := d.Decode()
				if took := time.Since(begun); !errors.Is(err, io.EOF) || took != c.want {
					t.Errorf("it ends after %s with %v, want %s and an end of file", took, err, c.want)
				}
			})
		})
	}
}

// deaf is a server that takes requests and does not answer.
func deaf(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

func TestAServerThatNeverAnswersIsNotReached(t *testing.T) {
	t.Parallel()
	request := func(t *testing.T, query string) *http.Request {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://cluster.example.com/api/v1/pods"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		return req
	}
	t.Run("and the request ends", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := &contact{}
			begun := time.Now()
			_, err := c.wrap(roundTripper(deaf)).RoundTrip(request(t, "?watch=true"))
			if took := time.Since(begun); !errors.Is(err, errSilent) || !errors.Is(c.failure(), errSilent) || took != 2*time.Minute {
				t.Errorf("after %s the error is %v, and the failure %v", took, err, c.failure())
			}
		})
	})
	t.Run("but for a log that is followed", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			late := roundTripper(func(*http.Request) (*http.Response, error) {
				time.Sleep(time.Hour)
				return &http.Response{Body: http.NoBody}, nil
			})
			c := &contact{}
			resp, err := c.wrap(late).RoundTrip(request(t, "?follow=true"))
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
		})
	})
	t.Run("an answer that has begun may take its time", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var sent *http.Request
			slow := roundTripper(func(req *http.Request) (*http.Response, error) {
				sent = req
				return &http.Response{Body: io.NopCloser(strings.NewReader("late"))}, nil
			})
			resp, err := (&contact{}).wrap(slow).RoundTrip(request(t, ""))
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			if err := sent.Context().Err(); err != nil {
				t.Errorf("the request ends within its answer: %v", err)
			}
			_ = resp.Body.Close()
			if sent.Context().Err() == nil {
				t.Error("the request does not end with its answer")
			}
		})
	})
}

func TestWhatIsKnownAgesInSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := &Cluster{contact: &contact{}, cache: newCache()}
		k.cache.turn(&watcher{cluster: k})
		k.contact.note(nil)
		heard := time.Now()
		for _, c := range []struct{ passed, age time.Duration }{{time.Minute, 0}, {answerWithin, answerWithin}, {time.Hour, time.Hour}} {
			time.Sleep(time.Until(heard.Add(c.passed)))
			if age := time.Since(k.Knowledge().AsOf); age != c.age {
				t.Errorf("after %s it is known as of %s ago, want %s", c.passed, age, c.age)
			}
		}
		k.contact.heard()
		if age := time.Since(k.Knowledge().AsOf); age != 0 {
			t.Errorf("after an event it is known as of %s ago", age)
		}
	})
}
