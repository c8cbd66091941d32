package kube

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestTimeOfAnEvent(t *testing.T) {
	t.Parallel()
	created := map[string]any{"creationTimestamp": "2026-03-01T09:00:00Z"}
	for name, c := range map[string]struct {
		event map[string]any
		want  time.Time
	}{
		"the last one of several": {
			map[string]any{"metadata": created, "lastTimestamp": "2026-03-01T12:00:00Z", "eventTime": "2026-03-01T11:00:00.000000Z"},
			time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		},
		"else the only one, to the microsecond": {
			map[string]any{"metadata": created, "lastTimestamp": nil, "eventTime": "2026-03-01T11:00:00.000250Z"},
			time.Date(2026, 3, 1, 11, 0, 0, 250000, time.UTC),
		},
		"else its creation": {
			map[string]any{"metadata": created, "lastTimestamp": nil, "eventTime": nil}, time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
		},
		"what is no time counts as none": {
			map[string]any{"metadata": created, "lastTimestamp": "noon"}, time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := eventTime(&unstructured.Unstructured{Object: c.event}); !got.Equal(c.want) {
				t.Errorf("the time is %s, want %s", got, c.want)
			}
		})
	}
}
