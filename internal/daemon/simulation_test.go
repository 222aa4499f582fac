package daemon

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"feedd/internal/store/storetest"
)

// seedsKept lists the seeds that ever failed; they are always tried again.
const seedsKept = "testdata/seeds"

// seeds are those to be tried: FEEDD_SEEDS, a number of seeds or a range such as 5000-6000, after those
// that were kept.
func seeds(t *testing.T) []uint64 {
	text := os.Getenv("FEEDD_SEEDS")
	if text == "" {
		text = "8"
	}
	first, last, ranged := strings.Cut(text, "-")
	if !ranged {
		first, last = "1", first
	}
	from, err := strconv.ParseUint(first, 10, 64)
	to, err2 := strconv.ParseUint(last, 10, 64)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal("FEEDD_SEEDS is a number of seeds or a range of them:", err)
	}
	kept, err := os.ReadFile(seedsKept)
	if err != nil {
		t.Fatal(err)
	}
	var all []uint64
	for _, line := range strings.Fields(string(kept)) {
		seed, err := strconv.ParseUint(line, 10, 64)
		if err != nil {
			t.Fatal(seedsKept, err)
		}
		all = append(all, seed)
	}
	for seed := from; seed <= to; seed++ {
		if !slices.Contains(all, seed) {
			all = append(all, seed)
		}
	}
	return all
}

// TestSimulation lives through days of a daemon's life for each seed: outlets tell, fail, hang and break
// off; the disk fills up, fails and loses its power; the clock is set; an editor withdraws, files and
// takes back; the configuration changes, loses its end and is wrong. Everything is real but the network
// and the clock. What must hold, holds after each step, and in the end nothing is missing.
//
// FEEDD_SEEDS=5000-6000 go test -run Simulation ./internal/daemon tries others.
func TestSimulation(t *testing.T) {
	for _, seed := range seeds(t) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel() // each has a disk, a network and a clock of its own
			defer func() {
				if t.Failed() {
					keepSeed(t, seed)
				}
			}()
			synctest.Test(t, func(t *testing.T) { simulate(t, seed) })
		})
	}
}

var keeping sync.Mutex // of the file of seeds

// keepSeed adds a seed that failed to those that are always tried.
func keepSeed(t *testing.T, seed uint64) {
	keeping.Lock()
	defer keeping.Unlock()
	t.Logf("try it again with FEEDD_SEEDS=%d-%d", seed, seed)
	kept, err := os.ReadFile(seedsKept)
	if err == nil && !slices.Contains(strings.Fields(string(kept)), fmt.Sprint(seed)) {
		err = os.WriteFile(seedsKept, fmt.Append(kept, seed, "\n"), 0o644)
	}
	if err != nil {
		t.Error("the seed could not be kept:", err)
	}
}

// script is one life. Chance decides what happens, from the seed alone.
type script struct {
	*world
	r       *rand.Rand
	items   int           // told so far
	forward time.Duration // that the clock is ahead of what it should be
	failing bool          // the disk
}

func (s *script) heal() {
	s.disk.Heal()
	s.failing = false
}

func simulate(t *testing.T, seed uint64) {
	s := &script{world: newWorld(t, 3), r: rand.New(rand.NewPCG(seed, 11))}
	for id := range 3 {
		s.news(fmt.Sprintf("s%d", id), 2)
	}
	s.open(true)
	defer s.end()
	for step := range 8 + s.r.IntN(8) {
		what := s.event()
		most := 240
		if s.failing {
			most = 20 // what fails is tried again all the time, which takes the test long
		}
		time.Sleep(time.Duration(5+s.r.IntN(most)) * time.Minute)
		synctest.Wait()
		s.holds(fmt.Sprintf("step %d, %s", step, what))
		if s.failing && s.r.IntN(3) > 0 {
			s.heal()
		}
	}
	// All is well again, and stays so for longer than anybody waits.
	s.heal()
	s.mu.Lock()
	for _, o := range s.outlets {
		o.mode = ""
	}
	s.mu.Unlock()
	s.configure(s.yaml(nil, "Một"))
	if err := s.d.Reload(); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	s.setClock(0)
	time.Sleep(27 * time.Hour)
	synctest.Wait()
	s.complete("in the end")
}

func (s *script) news(source string, n int) {
	for range n {
		s.items++
		s.tell(source, s.items)
	}
}

func (s *script) source() string { return fmt.Sprintf("s%d", s.r.IntN(len(s.outlets))) }

// event has something happen, and names it.
func (s *script) event() string {
	for range 1 + s.r.IntN(3) {
		s.news(s.source(), 1+s.r.IntN(2))
	}
	switch s.r.IntN(12) {
	case 0, 1:
		return s.change(s.source(), modes[s.r.IntN(len(modes))])
	case 2:
		return s.change(s.source(), "")
	case 3:
		fault := []storetest.Fault{storetest.Full, storetest.Error, storetest.Busy}[s.r.IntN(3)]
		s.disk.Fail(fault, s.r.IntN(60))
		s.failing = true
		return fmt.Sprintf("the disk fails in way %d", fault)
	case 4:
		s.heal()
		return "the disk works"
	case 5:
		s.disk.Fail(storetest.Off, s.r.IntN(80))
		time.Sleep(time.Duration(s.r.IntN(10)) * time.Minute)
		s.failing = false
		s.cut(s.r2(), true)
		return "the power was cut"
	case 6:
		s.heal()
		s.shut()
		s.open(true)
		return "a restart"
	case 7:
		s.setClock(time.Duration(s.r.IntN(72)) * time.Hour)
		return "the clock is set forward"
	case 8:
		s.setClock(0)
		return "the clock is right"
	case 9, 10:
		return s.edit()
	}
	return s.reconfigure()
}

// r2 is a source of chance of the kind that storetest takes, seeded by the script's.
func (s *script) r2() *rand.Rand { return rand.New(rand.NewPCG(s.r.Uint64(), 12)) }

func (s *script) change(source, mode string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outlets[source].mode = mode
	return source + " answers: " + mode
}

// setClock sets the clock so far ahead of what it should be.
func (s *script) setClock(forward time.Duration) {
	s.ahead.Add(int64(forward - s.forward))
	s.forward = forward
}

// edit has an editor say something about an entry that is published.
func (s *script) edit() string {
	ctx := context.Background()
	if len(s.retracted) > 0 && s.r.IntN(4) == 0 {
		key := slices.Sorted(maps.Keys(s.retracted))[0]
		if _, err := s.d.As("").Retract(ctx, key, true); err == nil {
			delete(s.retracted, key)
		}
		return "a retraction is taken back"
	}
	keys := s.served("all")
	if len(keys) == 0 {
		return "nothing to edit"
	}
	key := keys[s.r.IntN(len(keys))]
	switch s.r.IntN(3) {
	case 0:
		_, err := s.d.As("").File(ctx, key, "b", s.r.IntN(2) == 0)
		return fmt.Sprint("an entry is filed: ", err)
	default:
		_, err := s.d.As("").Retract(ctx, key, false)
		if err == nil {
			s.retracted[key] = true
		}
		return fmt.Sprint("an entry is retracted: ", err)
	}
}

// reconfigure saves another configuration, and has the daemon notice as its watcher does.
func (s *script) reconfigure() string {
	yaml, what := s.yaml(nil, "Một"), "the configuration is whole"
	switch s.r.IntN(5) {
	case 0:
		yaml, what = s.yaml(nil, fmt.Sprint("Mục ", s.r.IntN(9))), "a section is called otherwise"
	case 1:
		yaml, what = s.yaml([]string{s.source()}, "Một"), "a source is left out"
	case 2:
		yaml, what = yaml+"nonsense: true\n", "the configuration is wrong"
	case 3:
		yaml, what = yaml[:strings.Index(yaml, "  - {id: s1,")], "the configuration lost its end"
	}
	s.configure(yaml)
	err := s.d.reload(false)
	var held *HeldError
	if lost := strings.Contains(what, "lost its end"); errors.As(err, &held) != lost && s.d.Sources() > 1 {
		s.t.Errorf("%s: %v", what, err)
	}
	if strings.Contains(what, "wrong") || held != nil {
		// A restart reads the file as it is: somebody put it right.
		s.configure(s.yaml(nil, "Một"))
	}
	return what
}

// TestStoreFailsAtEveryOperation has the disk fail at each of its operations while sources are collected
// and an editor speaks, in every way there is. FEEDD_EVERY=1 leaves none out.
func TestStoreFailsAtEveryOperation(t *testing.T) {
	every := everyOf(t, 7)
	for fault, name := range map[storetest.Fault]string{storetest.Full: "full", storetest.Error: "error", storetest.Busy: "busy", storetest.Off: "off"} {
		t.Run(name, func(t *testing.T) {
			reached := true
			n := 0
			for ; reached; n += every {
				synctest.Test(t, func(t *testing.T) { reached = failAt(t, fault, n) })
			}
			if n < 50 {
				t.Errorf("only %d operations: the test proves little", n)
			}
		})
	}
}

// everyOf is which of the places where something may fail are tried: each so many-th, or as FEEDD_EVERY says.
func everyOf(t *testing.T, every int) int {
	t.Helper()
	text := os.Getenv("FEEDD_EVERY")
	if text == "" {
		return every
	}
	every, err := strconv.Atoi(text)
	if err != nil || every < 1 {
		t.Fatal("FEEDD_EVERY is a number:", err)
	}
	return every
}

// tellAll has each outlet tell so many items.
func (w *world) tellAll(n int) {
	for id := range len(w.outlets) {
		for i := range n {
			w.tell(fmt.Sprintf("s%d", id), 10*id+i)
		}
	}
}

// live does what a daemon and an editor do, whatever fails: what matters is what is there afterwards.
func (w *world) live() {
	_ = w.collect()
	_ = w.d.pub.Refresh(context.Background())
	if keys := w.served("all"); len(keys) > 0 {
		if _, err := w.d.As("").Retract(context.Background(), keys[0], false); err == nil {
			w.retracted[keys[0]] = true
		}
	}
	w.tell("s0", 100)
	_ = w.collect()
}

// failAt has the disk fail after n operations, and tells whether it came to that.
func failAt(t *testing.T, fault storetest.Fault, n int) bool {
	w := newWorld(t, 3)
	defer w.end()
	w.tellAll(2)
	w.open(false)
	w.disk.Fail(fault, n)
	when := fmt.Sprintf("%v after %d operations", fault, n)
	w.live()
	reached := w.disk.Failed()
	if fault == storetest.Off {
		w.cut(rand.New(rand.NewPCG(uint64(n), 13)), false)
	} else {
		w.holds(when)
		w.disk.Heal()
	}
	w.holds(when)
	if err := w.collect(); err != nil {
		t.Fatalf("%s: once it works again: %v", when, err)
	}
	w.complete(when)
	return reached
}

// TestSeedsAreKept holds that the list can be read, and has a seed once.
func TestSeedsAreKept(t *testing.T) {
	all := seeds(t)
	if slices.Sort(all); len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Error("a seed is twice in", filepath.Base(seedsKept))
	}
}
