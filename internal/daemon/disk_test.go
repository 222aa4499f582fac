package daemon

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"feedd/internal/store/storetest"
)

// TestFullDisk fills the disk under a daemon at work: that nothing can be saved is seen where people
// and monitors look, what is published is served meanwhile, also by a daemon that starts then, and
// once there is room again nothing is missing.
func TestFullDisk(t *testing.T) {
	disk := storetest.NewDisk(t)
	c := newClock()
	yaml := newsYAML(t, c)
	h := build(t, yaml, c, disk.Address())
	h.collect(t)
	before := h.body(t, "/sections/all.rss")
	if code := h.get(t, "/readyz").StatusCode; code != http.StatusOK {
		t.Fatalf("/readyz while all is well: %d", code)
	}

	disk.Fail(storetest.Full, 0)
	c.advance(2 * time.Minute)
	if _, err := h.Collect(t.Context(), nil, nil); err == nil || !strings.Contains(err.Error(), "is full") {
		t.Errorf("collecting on a full disk: %v", err)
	}
	_ = h.pub.Refresh(t.Context()) // it may fail; what is published stays
	if code := h.get(t, "/readyz").StatusCode; code != http.StatusServiceUnavailable {
		t.Errorf("/readyz on a full disk: %d", code)
	}
	if b := h.body(t, "/sources.json"); strings.Count(b, "is full") < len(h.config0().Sources)-1 { // one fails by itself
		t.Errorf("the sources do not say that nothing could be saved:\n%s", b)
	}
	if b := h.body(t, "/metrics"); !strings.Contains(b, "\nfeedd_save_failures_total ") || strings.Contains(b, "\nfeedd_save_failures_total 0\n") {
		t.Error("the metrics do not count what could not be saved")
	}
	if h.body(t, "/sections/all.rss") != before {
		t.Error("what was published is not served unchanged")
	}

	// A daemon that starts on the full disk serves what was published, too.
	_ = h.Close()
	h = build(t, strings.Replace(yaml, "title: Thể thao", "title: Sân cỏ", 1), c, disk.Address())
	_ = h.pub.Refresh(t.Context())
	if !strings.Contains(h.body(t, "/sections/all.rss"), "<item>") || !strings.Contains(h.body(t, "/sections/the-thao.rss"), "Sân cỏ") {
		t.Error("after a restart on the full disk what was published is not served, with what the configuration changed")
	}

	disk.Heal()
	h.collect(t)
	if code := h.get(t, "/readyz").StatusCode; code != http.StatusOK {
		t.Errorf("/readyz once there is room again: %d", code)
	}
	if b := h.body(t, "/sources.json"); strings.Contains(b, "is full") {
		t.Errorf("the sources still say that the disk is full:\n%s", b)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}
