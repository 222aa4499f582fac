package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// timeLimit is the time that one request may take, from its start to the last byte of its answer.
type timeLimit struct {
	run     context.Context // the run's
	ctx     context.Context // the request's: it ends with the run's, or with errTimeout
	end     context.CancelCauseFunc
	timeout time.Duration
	watch   *stopwatch
	http2   atomic.Bool // whether the connection speaks it
}

// newTimeLimit starts the time; 0 means the default.
func newTimeLimit(run context.Context, timeout time.Duration) *timeLimit {
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	ctx, end := context.WithCancelCause(run)
	return &timeLimit{run: run, ctx: ctx, end: end, timeout: timeout, watch: newStopwatch(timeout, func() { end(errTimeout) })}
}

// stop frees what the limit holds.
func (l *timeLimit) stop() {
	l.watch.stop()
	l.end(nil)
}

// onTheWire is true of a failure that neither the run's end nor its time explains.
func (l *timeLimit) onTheWire() bool {
	return l.run.Err() == nil && !errors.Is(context.Cause(l.ctx), errTimeout)
}

// brokeHTTP2 is true when HTTP/2 broke the request off.
func (l *timeLimit) brokeHTTP2() bool { return l.http2.Load() && l.onTheWire() }

// explain words the error of a request: what ended it comes before what went wrong on the wire.
func (l *timeLimit) explain(err error, missing string, u *url.URL) error {
	if l.run.Err() != nil {
		return context.Cause(l.run)
	}
	switch cause := context.Cause(l.ctx); {
	case errors.Is(cause, errTimeout):
		return fmt.Errorf("%s within %s (%w)", missing, briefly(l.timeout), errTimeout)
	case errors.Is(cause, errHungUp):
		err = io.EOF
	}
	return explain(err, u)
}

// stopwatch ends a request after its time, not counting pauses.
type stopwatch struct {
	mu    sync.Mutex
	timer *time.Timer
	left  time.Duration
	since time.Time
}

func newStopwatch(d time.Duration, end func()) *stopwatch {
	return &stopwatch{timer: time.AfterFunc(d, end), left: d, since: time.Now()}
}

func (s *stopwatch) pause() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer.Stop() {
		s.left -= time.Since(s.since)
	}
}

func (s *stopwatch) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since = time.Now()
	s.timer.Reset(max(s.left, time.Millisecond))
}

func (s *stopwatch) stop() { s.timer.Stop() }

// explain words a failed request for the person who must act. It never repeats the whole address,
// which may hold a secret.
func explain(err error, u *url.URL) error {
	var dns *net.DNSError
	if worded := explainTLS(err, u); worded != nil {
		return worded
	}
	switch {
	case errors.Is(err, ErrPrivate):
		var op *net.OpError
		if errors.As(err, &op) && op.Err != nil {
			return op.Err
		}
		return err
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Errorf("there is no host %s: %w", u.Hostname(), withoutServer(dns))
	case errors.As(err, &dns):
		return fmt.Errorf("the name %s could not be looked up: %w", u.Hostname(), withoutServer(dns))
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%s refuses connections: %w", u.Host, bareError(err))
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET):
		return fmt.Errorf("%s hung up without an answer: %w", u.Host, bareError(err))
	}
	return fmt.Errorf("%s gave no answer that could be read: %w", u.Host, bareError(err))
}

// withoutServer keeps the resolver's address to ourselves: errors are shown to readers.
func withoutServer(err *net.DNSError) error {
	bare := *err
	bare.Server = ""
	return &bare
}

// bareError takes the outer layers off an error that name the address again.
func bareError(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err
	}
	var ue *url.Error
	if errors.As(err, &ue) && ue.Err != nil {
		return ue.Err
	}
	return err
}
