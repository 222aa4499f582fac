// Package notify sends messages to people: stories, one by one or in digests, to the channels of the
// configuration, and alarms about sources and sections.
//
// In come the outbox, which the desk's commits fill, and the state of the sources. Out go messages by
// e-mail, by signed webhooks, and by whatever shoutrrr speaks. Each message is made once, in the store, and
// is sent until its receiver has accepted it. Only a crash between the receiver's answer and the store's
// record of it repeats a message, with the same id. The package never decides where a story belongs, and
// never shows the address of a channel, which is a secret.
package notify

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"feedd/internal/feed"
)

// Settings are what the editor decided, as far as messages need it.
type Settings struct {
	Site     feed.Site // with its URL
	Sections []feed.Section
	Sources  map[string]feed.Source // by id
	Channels []feed.Channel
	Alerts   feed.Alerts
}

// Outbox keeps what is told, and what was.
type Outbox interface {
	// Waiting returns what a channel still has to tell.
	Waiting(ctx context.Context, channel string) (feed.Waiting, error)
	// Compose makes messages of it, in order. A digest, when it is not zero, follows that of before.
	Compose(ctx context.Context, channel string, messages []feed.Message, digest, before time.Time) error
	// Unsent counts the messages that were made and not sent, by channel.
	Unsent(ctx context.Context) (map[string]int, error)
}

// Stories gives what is told.
type Stories interface {
	// Entries are the entries of the stories, with their reports.
	Entries(ctx context.Context, q feed.EntryQuery) ([]feed.Entry, error)
	// Told are the reports that count to the coverage of stories, without their Outlet.
	Told(ctx context.Context, stories []string) ([]feed.Told, error)
}

// Post keeps the messages until they were sent.
type Post interface {
	// PickUp takes the next message that is due, for lease; without one it says when there will be.
	PickUp(ctx context.Context, channel string, now time.Time, lease time.Duration) (feed.Message, time.Time, error)
	// PutBack makes due what an earlier process picked up.
	PutBack(ctx context.Context) error
	Sent(ctx context.Context, id string, at time.Time) error
	Postpone(ctx context.Context, id string, next time.Time) error
}

// Alarms keeps what is wrong, and what was.
type Alarms interface {
	// Alarms returns what is wrong, and what was since a time: the last that began first.
	Alarms(ctx context.Context, since time.Time) ([]feed.Alarm, error)
	// SaveAlarms notes changes, and makes a message of them for a channel.
	SaveAlarms(ctx context.Context, changed []feed.Alarm, channel string, now time.Time) error
	// States returns what is remembered of each source, by its id.
	States(ctx context.Context) (map[string]feed.SourceState, error)
	// Newest returns when the newest entry of each section was published.
	Newest(ctx context.Context, sections []string) (map[string]time.Time, error)
}

// Options are what a Notifier is made of. All fields are required.
type Options struct {
	Settings Settings
	Outbox   Outbox
	Stories  Stories
	Post     Post
	Alarms   Alarms
	// Next is the first time after another at which a cron line runs, in a zone.
	Next     func(line string, after time.Time, zone *time.Location) time.Time
	Registry prometheus.Registerer
	Now      func() time.Time
	Log      *slog.Logger
}

// Notifier tells people. Its methods may be called from several goroutines.
type Notifier struct {
	o      Options
	log    *slog.Logger
	count  *counters
	sender func(feed.Channel, feed.Site) sender // newSender
	ctx    context.Context                      // of attempts to send; ends some time after Close began
	cancel context.CancelFunc
	work   sync.WaitGroup // attempts under way
	reload chan struct{}

	mu       sync.Mutex // guards what follows
	settings Settings
	pokes    []chan struct{}      // of those who look into the outbox
	troubles map[string]feed.Text // that no state of a source tells, by subject
	told     int64                // how often Trouble was called
}

// New returns a Notifier that tells nothing until it runs.
func New(o Options) (*Notifier, error) {
	n := &Notifier{o: o, log: o.Log, settings: o.Settings, sender: newSender, reload: make(chan struct{}, 1), troubles: map[string]feed.Text{}}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	var err error
	n.count, err = newCounters(o)
	return n, err
}

// ChannelIDs names the channels that there are, that of the alarms among them when they are told.
func ChannelIDs(channels []feed.Channel, alerts feed.Alerts) []string {
	var ids []string
	for _, c := range channels {
		ids = append(ids, c.ID)
	}
	if alerts.URL != "" {
		ids = append(ids, feed.AlarmsChannel)
	}
	return ids
}

// Reload takes other settings. What waits on a channel that stays is told there.
func (n *Notifier) Reload(s Settings) {
	n.mu.Lock()
	n.settings = s
	n.mu.Unlock()
	poke(n.reload)
}

// Wake says that there may be something to tell.
func (n *Notifier) Wake() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.pokes {
		poke(c)
	}
}

// Trouble raises an alarm of the kind AlarmConfig about a subject, until it is called with no text.
func (n *Notifier) Trouble(subject string, text feed.Text) {
	n.mu.Lock()
	n.told++
	if text.Key == "" {
		delete(n.troubles, subject)
	} else {
		n.troubles[subject] = text
	}
	n.mu.Unlock()
	n.Wake()
}

// Open lists the alarms that are open, the last that began first.
func (n *Notifier) Open(ctx context.Context) ([]feed.Alarm, error) {
	return openAlarms(ctx, n.o.Alarms, n.o.Now())
}

func openAlarms(ctx context.Context, alarms Alarms, now time.Time) ([]feed.Alarm, error) {
	all, err := alarms.Alarms(ctx, now)
	var open []feed.Alarm
	for _, a := range all {
		if !a.Opened.IsZero() && a.Over.IsZero() {
			open = append(open, a)
		}
	}
	return open, err
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run tells what there is to tell until ctx ends.
func (n *Notifier) Run(ctx context.Context) error {
	if err := n.o.Post.PutBack(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		n.runOnce(ctx)
	}
	return nil
}

// runOnce works by the settings in force until ctx ends or there are others.
func (n *Notifier) runOnce(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n.mu.Lock()
	s := n.settings
	n.pokes = nil
	wake := func() chan struct{} {
		c := make(chan struct{}, 1)
		n.pokes = append(n.pokes, c)
		return c
	}
	var wg sync.WaitGroup
	for _, c := range s.Channels {
		w := n.worker(&s, c, wake())
		wg.Go(func() { w.run(ctx) })
	}
	if s.Alerts.URL != "" {
		w := n.worker(&s, feed.Channel{ID: feed.AlarmsChannel, URL: s.Alerts.URL, Secret: s.Alerts.Secret, Limit: 1}, wake())
		wg.Go(func() { w.run(ctx) })
	}
	watch := watcher{n: n, s: &s, wake: wake()}
	n.mu.Unlock()
	wg.Go(func() { watch.run(ctx) })
	select {
	case <-ctx.Done():
	case <-n.reload:
	}
	cancel()
	wg.Wait()
}

// Close lets attempts under way end, if they do so soon: a message that was taken and not noted comes
// twice.
func (n *Notifier) Close() error {
	soon := time.AfterFunc(time.Second, n.cancel)
	n.work.Wait()
	soon.Stop()
	n.cancel()
	return nil
}

// worker tells what one channel has to tell. It lives in one goroutine.
type worker struct {
	n    *Notifier
	s    *Settings
	c    feed.Channel
	to   sender
	wake <-chan struct{}
	// failed counts attempts that failed, of whatever message, since one went well.
	failed int
	zone   *time.Location
	// states are what is remembered of the sources, as of statesAt: some are named by it alone.
	states   map[string]feed.SourceState
	statesAt time.Time
	// tried are letters that were sent and not taken, by id: who took one and could not say so finds the
	// next attempt alike.
	tried map[string]*letter
}

func (n *Notifier) worker(s *Settings, c feed.Channel, wake <-chan struct{}) *worker {
	w := &worker{n: n, s: s, c: c, wake: wake, zone: s.Site.Timezone, tried: map[string]*letter{}}
	if w.zone == nil {
		w.zone = time.UTC
	}
	w.to = n.sender(c, s.Site)
	return w
}

const (
	// lookEvery is how often a channel looks by itself, for what another process put into the outbox.
	lookEvery = 5 * time.Second
	// sendTime bounds one attempt, and lease keeps others from the message meanwhile.
	sendTime = 30 * time.Second
	lease    = 45 * time.Second
	// The pause after an attempt that failed grows from the first to the most.
	firstPause = 2 * time.Second
	mostPause  = 10 * time.Minute
	// giveUp is how old a message becomes that nobody takes; refusals, how often a receiver may refuse one
	// for good before that is believed.
	giveUp   = 72 * time.Hour
	refusals = 8
	// mostTried is how many letters are kept for their next attempt.
	mostTried = 500
)

func (w *worker) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var said string // the last failure that was told
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
			if w.failed > 0 {
				continue // it waits out its pause
			}
		case <-timer.C:
		}
		again, err := w.turn(ctx)
		if err != nil && ctx.Err() == nil && err.Error() != said {
			w.n.log.Error("a channel's messages could not be sent; they wait", "channel", w.c.ID, "error", err)
			said = err.Error()
		}
		if err == nil {
			said = ""
		}
		timer.Reset(max(0, again))
	}
}

// turn tells all that is due, and says how long to wait until it is called again.
func (w *worker) turn(ctx context.Context) (time.Duration, error) {
	for {
		if err := w.compose(ctx); err != nil {
			return lookEvery, err
		}
		sent := 0
		for ctx.Err() == nil {
			m, due, err := w.n.o.Post.PickUp(ctx, w.c.ID, w.n.o.Now(), lease)
			if err != nil {
				return lookEvery, err
			}
			if m.ID == "" {
				if sent > 0 {
					break
				}
				if due.IsZero() {
					return lookEvery, nil
				}
				return max(min(due.Sub(w.n.o.Now()), lookEvery), 10*time.Millisecond), nil
			}
			if err := w.deliver(ctx, m); err != nil {
				w.failed++
				return pause(w.failed), err
			}
			w.failed = 0
			sent++
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
	}
}

// pause is how long to wait after so many failures.
func pause(failed int) time.Duration {
	return min(firstPause<<min(failed-1, 20), mostPause)
}

// deliver makes one attempt to send a message and notes how it went. It returns when that is noted, or when
// ctx ends: then it is noted behind its back.
func (w *worker) deliver(ctx context.Context, m feed.Message) error {
	l, err := w.letter(ctx, &m)
	if err != nil {
		return err
	}
	if l == nil { // all of it was withdrawn
		return w.n.o.Post.Sent(ctx, m.ID, w.n.o.Now())
	}
	l = w.asTried(l)
	done := make(chan error, 1)
	w.n.work.Go(func() {
		try, cancel := context.WithTimeout(w.n.ctx, sendTime)
		defer cancel()
		done <- w.note(m, w.to.send(try, l))
	})
	select {
	case err := <-done:
		if err == nil {
			delete(w.tried, m.ID)
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// asTried is a letter as it was at the attempts before, unless something that it told was withdrawn since.
func (w *worker) asTried(l *letter) *letter {
	if was := w.tried[l.ID]; was != nil && len(was.Stories)+was.More == len(l.Stories)+l.More {
		return was
	}
	if len(w.tried) >= mostTried {
		clear(w.tried)
	}
	w.tried[l.ID] = l
	return l
}

// note notes how an attempt went, whatever ended meanwhile.
func (w *worker) note(m feed.Message, err error) error {
	ctx, now := context.WithoutCancel(w.n.ctx), w.n.o.Now()
	var no *refusal
	switch refused := errors.As(err, &no); {
	case err == nil:
		w.n.count.sent(w.c.ID, "sent")
		return w.noteSent(ctx, m.ID, now)
	case refused && no.forGood && m.Tries >= refusals || now.Sub(m.Made) > giveUp:
		w.n.count.sent(w.c.ID, "given up")
		w.n.log.Error("a message is given up", "channel", w.c.ID, "message", m.ID, "tries", m.Tries, "error", err)
		return w.n.o.Post.Sent(ctx, m.ID, now)
	case refused && no.after > pause(m.Tries):
		w.n.count.sent(w.c.ID, "failed")
		return errors.Join(err, w.n.o.Post.Postpone(ctx, m.ID, now.Add(min(no.after, time.Hour))))
	}
	w.n.count.sent(w.c.ID, "failed")
	return errors.Join(err, w.n.o.Post.Postpone(ctx, m.ID, now.Add(pause(m.Tries))))
}

// noteAgain is how often the store is asked again to note that a message was taken.
const noteAgain = 250 * time.Millisecond

// noteSent notes that a message was taken. While the store is away it tries again, for as long as the message
// is this process's: whoever has it next would send it once more.
func (w *worker) noteSent(ctx context.Context, id string, at time.Time) error {
	for began := time.Now(); ; {
		err := w.n.o.Post.Sent(ctx, id, at)
		if err == nil || time.Since(began) > lease {
			return err
		}
		select {
		case <-w.n.ctx.Done(): // stopping
			return err
		case <-time.After(noteAgain):
		}
	}
}

// counters are the package's figures for /metrics.
type counters struct {
	messages *prometheus.CounterVec
	outbox   Outbox
	alarms   Alarms
	now      func() time.Time

	mu      sync.Mutex // of one scrape
	waiting *prometheus.GaugeVec
	open    *prometheus.GaugeVec
}

func newCounters(o Options) (*counters, error) {
	c := &counters{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "feedd_messages_total", Help: "Attempts to send a message to people, by channel and result: sent, failed, given up.",
		}, []string{"channel", "result"}),
		waiting: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "feedd_messages_waiting", Help: "Messages that wait to be sent, by channel.",
		}, []string{"channel"}),
		open: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "feedd_alarms", Help: "Alarms that are open, by kind.",
		}, []string{"kind"}),
		outbox: o.Outbox, alarms: o.Alarms, now: o.Now,
	}
	return c, errors.Join(o.Registry.Register(c.messages), o.Registry.Register(c))
}

func (c *counters) sent(channel, result string) { c.messages.WithLabelValues(channel, result).Inc() }

// Describe and Collect make it a prometheus.Collector of what the store knows when it is asked.
func (c *counters) Describe(to chan<- *prometheus.Desc) {
	c.waiting.Describe(to)
	c.open.Describe(to)
}

// Collect leaves out what the store does not say.
func (c *counters) Collect(to chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if waiting, err := c.outbox.Unsent(ctx); err == nil {
		c.waiting.Reset()
		for channel, n := range waiting {
			c.waiting.WithLabelValues(channel).Set(float64(n))
		}
		c.waiting.Collect(to)
	}
	if open, err := openAlarms(ctx, c.alarms, c.now()); err == nil {
		for _, kind := range alarmKinds {
			c.open.WithLabelValues(string(kind)).Set(0)
		}
		for _, a := range open {
			c.open.WithLabelValues(string(a.Kind)).Inc()
		}
		c.open.Collect(to)
	}
}
