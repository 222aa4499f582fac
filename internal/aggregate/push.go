package aggregate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"feedd/internal/aggregate/collect"
	"feedd/internal/aggregate/read"
	"feedd/internal/feed"
	"feedd/internal/store"
)

// ErrNoSubscription says that no source waits for a hub at this callback.
var ErrNoSubscription = errors.New("no such subscription")

// subscribe asks the source's hub for a subscription where one is wanted or is to be renewed.
func (s *schedule) subscribe(ctx context.Context, sl *slot) {
	next, wanted := s.of.Subscription(sl.src, sl.state, s.a.now())
	if !wanted || sl.running > 0 || ctx.Err() != nil {
		return
	}
	sl.state = next
	s.save(ctx, sl) // before the hub is asked: it may verify before it answers
	collector, src, id := s.of, sl.src, sl.src.ID
	go func() {
		err := collector.Subscribe(ctx, src, next)
		if err == nil || ctx.Err() != nil {
			return
		}
		s.a.log.Warn("the hub of this source does not push; the source is polled", "source", id, "error", src.Discreet(err.Error(), next.Hub))
		_ = s.a.call(ctx, func(s *schedule) { // fails only when the schedule has ended
			if sl := s.slots[id]; sl != nil {
				s.setPush(ctx, sl, collect.Refused(sl.state).Push)
			}
		})
	}()
}

// setPush changes a source's subscription, also while a look at it is under way.
func (s *schedule) setPush(ctx context.Context, sl *slot, p *feed.Push) {
	sl.state.Push = p
	if sl.running > 0 {
		sl.push = p
	}
	s.save(ctx, sl)
}

// call runs f where the schedule lives, and waits for it.
func (a *Aggregate) call(ctx context.Context, f func(*schedule)) error {
	finished := make(chan struct{})
	select {
	case a.calls <- func(s *schedule) { defer close(finished); f(s) }:
		<-finished
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// subscriber finds the source that waits for its hub at a callback.
func (s *schedule) subscriber(callback string) *slot {
	for _, sl := range s.slots {
		if p := sl.state.Push; p != nil && p.Callback == callback && sl.wanted {
			return sl
		}
	}
	return nil
}

// VerifyPush answers a hub that asks whether a subscription is wanted (WebSub, section 5.3): the
// text to send back. ErrNoSubscription, or another error, means 404.
func (a *Aggregate) VerifyPush(ctx context.Context, callback string, query url.Values) (string, error) {
	if a.queue != nil {
		return a.verifyShared(ctx, callback, query)
	}
	var answer string
	verr := ErrNoSubscription
	err := a.call(ctx, func(s *schedule) {
		sl := s.subscriber(callback)
		if sl == nil {
			return
		}
		var next feed.SourceState
		if answer, next, verr = collect.Verify(sl.state, query, a.now()); verr == nil {
			s.setPush(ctx, sl, next.Push)
		}
	})
	return answer, errors.Join(err, verr)
}

// How much hubs may deliver, bytes: at once; of one source, and of all, as long as they are read or wait
// to be filed.
const (
	pushMost   = 8 << 20
	pushSource = 2 * pushMost
	pushAll    = 8 * pushMost
)

// Why a delivery is not taken, besides ErrNoSubscription and collect.ErrSignature.
var (
	ErrPushTooLarge = fmt.Errorf("the delivery is larger than %d MB", pushMost>>20)
	ErrPushBusy     = errors.New("too much that hubs delivered waits to be read")
)

// pushes bounds the bytes of deliveries under way.
type pushes struct {
	mu     sync.Mutex
	all    int64
	source map[string]int64
}

// take reserves n bytes for a source's delivery, or tells that there is no room.
func (p *pushes) take(source string, n int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all+n > pushAll || p.source[source]+n > pushSource {
		return false
	}
	p.all += n
	p.source[source] += n
	return true
}

func (p *pushes) release(source string, n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all -= n
	if p.source[source] -= n; p.source[source] <= 0 {
		delete(p.source, source)
	}
}

// TakePush takes what a hub delivers (section 7): it is read, saved and filed like what a poll
// brings. length is the body's, -1 when it is not known. Nothing of the body is read unless a source
// waits for it and there is room. It fails with ErrNoSubscription, ErrPushTooLarge, ErrPushBusy,
// collect.ErrSignature, or when the body was cut off.
func (a *Aggregate) TakePush(ctx context.Context, callback string, header http.Header, length int64, body io.Reader) error {
	id, err := a.awaits(ctx, callback)
	if err != nil {
		return err
	}
	if length > pushMost {
		return ErrPushTooLarge
	}
	reserved := length
	if length < 0 {
		reserved = pushMost
	}
	if !a.pushes.take(id, reserved) {
		return ErrPushBusy
	}
	text, err := io.ReadAll(io.LimitReader(body, pushMost+1))
	switch {
	case err != nil:
		err = fmt.Errorf("the delivery was cut off: %w", err)
	case len(text) > pushMost:
		err = ErrPushTooLarge
	default:
		a.pushes.release(id, reserved-int64(len(text)))
		reserved = int64(len(text))
		if a.queue != nil {
			err = a.takeShared(ctx, callback, header, text)
			a.pushes.release(id, reserved)
			return err
		}
		err = a.submitPush(ctx, callback, header, text)
	}
	if err != nil {
		a.pushes.release(id, reserved)
	}
	return err
}

// awaits returns the id of the source that waits for its hub at a callback.
func (a *Aggregate) awaits(ctx context.Context, callback string) (id string, err error) {
	if a.queue != nil {
		_, st, err := a.subscriberShared(ctx, callback)
		return st.Source, err
	}
	err = a.call(ctx, func(s *schedule) {
		if sl := s.subscriber(callback); sl != nil {
			id = sl.src.ID
		}
	})
	if err == nil && id == "" {
		err = ErrNoSubscription
	}
	return id, err
}

// submitPush queues what a hub delivered, when its signature is right. The bytes are under way until
// the schedule's queue is done with them.
func (a *Aggregate) submitPush(ctx context.Context, callback string, header http.Header, body []byte) error {
	perr := ErrNoSubscription
	err := a.call(ctx, func(s *schedule) {
		sl := s.subscriber(callback)
		if sl == nil {
			return
		}
		var b *read.Body
		if b, perr = collect.Open(sl.state.Push, header, body); perr != nil {
			return
		}
		id := sl.src.ID
		job := collect.Job{Source: sl.src, State: sl.state, Known: a.store.Known, Pushed: b,
			Load: func(ctx context.Context) (st feed.SourceState, err error) {
				err = a.call(ctx, func(s *schedule) {
					if sl := s.slots[id]; sl != nil {
						st = sl.state
					}
				})
				return st, err
			},
		}
		if !s.queue.Submit(job) {
			perr = ErrPushBusy
			return
		}
		sl.running++
	})
	return errors.Join(err, perr)
}

// Where several nodes collect, a hub may ask and deliver to any of them.

// subscriberShared returns the source that waits for its hub at a callback, and its stored state.
func (a *Aggregate) subscriberShared(ctx context.Context, callback string) (feed.Source, feed.SourceState, error) {
	st, found, err := a.store.Subscriber(ctx, callback)
	if err != nil {
		return feed.Source{}, st, err
	}
	src, wanted := a.sourceByID(st.Source)
	if !found || !wanted {
		return src, st, ErrNoSubscription
	}
	return src, st, nil
}

func (a *Aggregate) verifyShared(ctx context.Context, callback string, query url.Values) (answer string, err error) {
	if _, _, err := a.subscriberShared(ctx, callback); err != nil {
		return "", err
	}
	err = a.replaceShared(ctx, callback, func(st feed.SourceState) (next feed.SourceState, err error) {
		answer, next, err = collect.Verify(st, query, a.now())
		return next, err
	})
	return answer, err
}

// takeShared reads and saves what a hub delivered before it is acknowledged: whoever acknowledges may be
// gone a moment later.
func (a *Aggregate) takeShared(ctx context.Context, callback string, header http.Header, body []byte) error {
	_, collector := a.current()
	for range replaceTries {
		src, st, err := a.subscriberShared(ctx, callback)
		if err != nil {
			return err
		}
		b, err := collect.Open(st.Push, header, body)
		if err != nil {
			return err
		}
		var saved error
		job := collect.Job{Source: src, State: st, Known: a.store.Known, Pushed: b}
		if err := collector.Run(ctx, slices.Values([]collect.Job{job}), func(job *collect.Job, res *collect.Result) {
			var d done
			d.id, d.pushed = src.ID, true
			d.rep, d.state, saved = a.keep(context.WithoutCancel(ctx), job, res, &job.State)
			if d.err = saved; !errors.Is(saved, store.ErrSuperseded) {
				a.report(ctx, &src, d)
			}
		}); err != nil {
			return err
		}
		if !errors.Is(saved, store.ErrSuperseded) {
			return saved
		}
	}
	return ErrPushBusy
}
