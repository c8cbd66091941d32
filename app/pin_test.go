package app

import (
	"encoding/json"
	"testing"
	"time"
)

// TestPinIsReadAsItWasWritten has a pin come back whole, one that was kept by its record alone too, and none stay none.
func TestPinIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	whole := Pin{Record: "r3", Reason: "sale", Until: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	b, err := json.Marshal(Record{ID: "r5", Pinned: whole})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]Pin{string(b): whole, `{"id":"r5","pinned":"r3"}`: {Record: "r3"}, `{"id":"r5"}`: {}} {
		var r Record
		if err := json.Unmarshal([]byte(text), &r); err != nil || r.Pinned != want || r.ID != "r5" {
			t.Errorf("%s is read as %+v, %v", text, r.Pinned, err)
		}
	}
	var r Record
	if err := json.Unmarshal([]byte(`{"pinned":7}`), &r); err == nil {
		t.Errorf("a number is read as %+v", r.Pinned)
	}
}
