package daemon

import (
	"errors"
	"io"
	"net/http"

	"feedd/internal/aggregate"
	"feedd/internal/aggregate/collect"
)

func (d *Daemon) verifyPush(w http.ResponseWriter, r *http.Request) {
	answer, err := d.agg.VerifyPush(r.Context(), r.PathValue("callback"), r.URL.Query())
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8") // the hub chose the text
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, answer)
}

// takePush acknowledges also what is not signed, and ignores it, as WebSub asks (section 8.1). Whoever
// is refused is refused before the body is read, and the connection ends: what they still send is
// nobody's.
func (d *Daemon) takePush(w http.ResponseWriter, r *http.Request) {
	err := d.agg.TakePush(r.Context(), r.PathValue("callback"), r.Header, r.ContentLength, r.Body)
	if err == nil || errors.Is(err, collect.ErrSignature) {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	w.Header().Set("Connection", "close")
	switch {
	case errors.Is(err, aggregate.ErrNoSubscription):
		http.Error(w, "no such subscription", http.StatusGone)
	case errors.Is(err, aggregate.ErrPushTooLarge):
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
	default:
		w.Header().Set("Retry-After", "60")
		http.Error(w, "try again later", http.StatusServiceUnavailable)
	}
}
