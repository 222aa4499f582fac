package publish_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish"
	"feedd/internal/store"

	"github.com/prometheus/client_golang/prometheus"
)

// counting is a store that counts what a publisher asks of it, from several goroutines.
type counting struct {
	*store.Store
	asked, entries, reports, told, listed atomic.Int64
}

func (c *counting) reset() {
	for _, n := range []*atomic.Int64{&c.asked, &c.entries, &c.reports, &c.told, &c.listed} {
		n.Store(0)
	}
}

func (c *counting) String() string {
	return fmt.Sprintf("%d questions, %d entries with %d reports, %d reports of stories, %d places in archives",
		c.asked.Load(), c.entries.Load(), c.reports.Load(), c.told.Load(), c.listed.Load())
}

func (c *counting) Entries(ctx context.Context, q feed.EntryQuery) ([]feed.Entry, error) {
	entries, err := c.Store.Entries(ctx, q)
	c.asked.Add(1)
	c.entries.Add(int64(len(entries)))
	for i := range entries {
		c.reports.Add(int64(len(entries[i].Reports)))
	}
	return entries, err
}

func (c *counting) Told(ctx context.Context, stories []string) ([]feed.Told, error) {
	told, err := c.Store.Told(ctx, stories)
	c.asked.Add(1)
	c.told.Add(int64(len(told)))
	return told, err
}

func (c *counting) OpenEntries(ctx context.Context, section string, before time.Time, limit int) ([]feed.Listed, error) {
	list, err := c.Store.OpenEntries(ctx, section, before, limit)
	c.asked.Add(1)
	c.listed.Add(int64(len(list)))
	return list, err
}

func (c *counting) ClosedPages(ctx context.Context, section string) ([]feed.ArchivePage, error) {
	c.asked.Add(1)
	return c.Store.ClosedPages(ctx, section)
}

func (c *counting) States(ctx context.Context) (map[string]feed.SourceState, error) {
	c.asked.Add(1)
	return c.Store.States(ctx)
}

// What one new item costs is the same in a small store and in one with four times as much: as many
// renderings, and as much read for them.
func TestOneItemCostsTheSameInABigStore(t *testing.T) {
	cost := func(stored int) (renderings uint64, read string) {
		n := newNewsroom(t)
		n.perPage = 20
		n.fill("kinh-te", stored)
		c := &counting{Store: n.store}
		n.registry = prometheus.NewRegistry()
		pub, err := publish.New(publish.Options{
			Settings: n.settings, Reader: c, Stories: c, Archives: c, Renditions: n.store, Meta: n.store, Subscriptions: n.store,
			Registry: n.registry, Now: n.clock, PerPage: n.perPage, Log: n.log,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer pub.Close()
		n.pub = pub
		n.refresh() // and closes the pages of the archive
		c.reset()
		before := n.rendered()
		n.file([]string{"kinh-te"}, report("bao-b", 1, n.clock()))
		n.refresh()
		return n.rendered() - before, c.String()
	}
	few, fewRead := cost(100)
	many, manyRead := cost(400)
	if few != many || few == 0 {
		t.Errorf("%d sections are rendered among 100 entries, %d among 400", few, many)
	}
	if fewRead != manyRead {
		t.Errorf("among 100 entries are read: %s\namong 400: %s", fewRead, manyRead)
	}
	t.Log(few, "renderings;", fewRead)
}

// While commits follow each other, /sections/top follows at its own pace, and misses nothing.
func TestTopFollowsAtItsOwnPace(t *testing.T) {
	n := newNewsroom(t, manyOutlets)
	follow := func() string {
		t.Helper()
		if err := n.pub.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		return n.page("/sections/top.atom")
	}
	key := n.tell([]string{"kinh-te"}, "", "", report("bao-a", 1, n.clock()))
	first := follow()
	n.pass(time.Second)
	n.tell([]string{"kinh-te"}, key, key, report("bao-b", 1, n.clock()))
	second := n.tell([]string{"kinh-te"}, "", "", report("bao-c", 2, n.clock()))
	if follow() != first {
		t.Error("/sections/top was rendered a second after the last time")
	}
	if ids, _, _ := n.atom("/sections/kinh-te.atom"); len(ids) != 2 || ids[0] != second {
		t.Errorf("the section itself shows %v", ids)
	}
	n.pass(time.Second)
	if follow() != first {
		t.Error("/sections/top was rendered two seconds after the last time")
	}
	n.pass(4 * time.Second)
	if follow() != first {
		t.Error("/sections/top was rendered alone, six seconds after the last time")
	}
	n.tell([]string{"kinh-te"}, "", "", report("bao-e", 3, n.clock()))
	with := follow()
	if with == first {
		t.Error("what was committed meanwhile does not show with the next that is")
	}
	n.pass(time.Second)
	n.tell([]string{"kinh-te"}, second, second, report("bao-d", 2, n.clock()))
	if follow() != with {
		t.Error("/sections/top was rendered a second after the last time")
	}
	n.pass(9 * time.Second)
	late := follow()
	if late == with {
		t.Error("what was committed meanwhile does not show")
	}
	n.pass(time.Minute)
	n.tell([]string{"kinh-te"}, key, key, report("bao-d", 1, n.clock()))
	if follow() == late {
		t.Error("after quiet it is not rendered at once")
	}
}
