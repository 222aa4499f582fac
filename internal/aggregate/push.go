package aggregate

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"feedd/internal/aggregate/collect"
	"feedd/internal/aggregate/read"
	"feedd/internal/feed"
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
		s.a.log.Warn("no push from this source; it is polled", "source", id, "error", err)
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

// TakePush takes what a hub delivers (section 7): it is read, saved and filed like what a poll
// brings. It fails with ErrNoSubscription, with collect.ErrSignature, or when too much waits.
func (a *Aggregate) TakePush(ctx context.Context, callback string, header http.Header, body []byte) error {
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
			perr = errors.New("too much that the hub delivered waits to be read")
			return
		}
		sl.running++
	})
	return errors.Join(err, perr)
}
