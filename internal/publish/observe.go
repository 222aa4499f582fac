package publish

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// observed is the writer of one answer, which remembers what its time is counted as.
type observed struct {
	http.ResponseWriter
	route  *route // nil until somebody counts the answer
	status int    // 0 until it is written: then it is 200
}

func (o *observed) WriteHeader(status int) {
	if o.status == 0 && status >= http.StatusOK { // 1xx are followed by another
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

// Unwrap lets net/http reach what it knows of the connection.
func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// observing lends a writer to each request: serving what is ready allocates nothing of its own.
type observing struct{ free sync.Pool } // of *observed

// timed measures how long answers take, until their last byte is handed to the connection.
func (p *Publisher) timed(next http.Handler) http.Handler {
	lent := &observing{}
	lent.free.New = func() any { return new(observed) }
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		o := lent.free.Get().(*observed)
		o.ResponseWriter = w
		next.ServeHTTP(o, r)
		if o.route == nil {
			o.route = p.metrics.other
		}
		if o.status == 0 {
			o.status = http.StatusOK
		}
		o.route.took(o.status, time.Since(began))
		*o = observed{}
		lent.free.Put(o)
	})
}

// took notes how long an answer took.
func (r *route) took(status int, d time.Duration) {
	switch status {
	case http.StatusOK:
		r.okTime.Observe(d.Seconds())
	case http.StatusNotModified:
		r.sameTime.Observe(d.Seconds())
	default:
		r.times.WithLabelValues(r.name, strconv.Itoa(status)).Observe(d.Seconds())
	}
}
