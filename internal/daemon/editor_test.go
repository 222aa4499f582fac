package daemon

import (
	"os"
	"strings"
	"testing"

	"feedd/internal/demo"
	"feedd/internal/feed"
)

// What the editor retracts stays out, though it was dropped by a rule when it was retracted, and is not
// brought back by joining it to what stands.
func TestRetractedStaysOut(t *testing.T) {
	c := newClock()
	yaml := demo.Config(press(t, c))
	h := build(t, yaml, c, "")
	h.collect(t)
	stories := func() []feed.Entry {
		t.Helper()
		all, err := h.store.Entries(t.Context(), feed.EntryQuery{Brief: true})
		if err != nil || len(all) < 3 {
			t.Fatal(len(all), err)
		}
		return all
	}
	gone, other := stories()[0], stories()[1]
	for i, e := range stories() {
		if i > 0 && e.Story != gone.Story {
			other = e
			break
		}
	}
	retract := func(id string, undo bool) {
		t.Helper()
		if _, err := h.As("").Retract(t.Context(), id, undo); err != nil {
			t.Fatal(err)
		}
	}
	stands := func() bool {
		t.Helper()
		for _, e := range stories() {
			if e.Key == gone.Key {
				return true
			}
		}
		return false
	}
	retract(gone.Story, false)
	if _, _, err := h.As("").Join(t.Context(), gone.Story, other.Story); err == nil || !strings.Contains(err.Error(), "retract --undo "+gone.Story) {
		t.Errorf("a withdrawn story was joined to one that stands: %v", err)
	}
	retract(gone.Story, true)
	if !stands() {
		t.Fatal("not back after the undo")
	}

	// A rule drops it, the editor retracts it all the same, the rule goes.
	drop := func(rules string) {
		t.Helper()
		if err := os.WriteFile(h.config, []byte(yaml+rules), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := h.Reload(); err != nil {
			t.Fatal(err)
		}
		if _, err := h.agg.File(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var all []string
	for _, r := range gone.Reports {
		all = append(all, `"`+strings.Join(strings.Fields(r.Title)[:3], " ")+`"`)
	}
	drop("\ndrop:\n  - any: [" + strings.Join(all, ", ") + "]\n")
	if stands() {
		t.Fatal("not dropped")
	}
	retract(gone.Key, false)
	drop("")
	if stands() {
		t.Error("what was retracted came back with the end of the rule that dropped it")
	}
	retract(gone.Key, true)
	if !stands() {
		t.Error("the undo did not bring it back")
	}
}
