package app

import (
	"encoding/json"
	"fmt"
	"time"
)

// Pin says at which record an application is held: it is neither synced nor healed.
type Pin struct {
	// Record is the id of the record; without one there is no pin.
	Record string `json:"record,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Until is when it ends by itself; zero is never.
	Until time.Time `json:"until,omitzero"`
}

// UnmarshalJSON reads a pin. What was written when only its record was kept is a string.
func (p *Pin) UnmarshalJSON(b []byte) error {
	*p = Pin{}
	if json.Unmarshal(b, &p.Record) == nil {
		return nil
	}
	type plain Pin
	if err := json.Unmarshal(b, (*plain)(p)); err != nil {
		return fmt.Errorf("read a pin: %w", err)
	}
	return nil
}
