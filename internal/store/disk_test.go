package store_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"feedd/internal/feed"
	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// collected is one item of a source, and the state that hides it from every later look.
func collected(n int) *store.Collected {
	at := time.Date(2026, 3, 2, 8, 0, n, 0, time.UTC)
	it := feed.Item{Source: "a", GUID: fmt.Sprint(n), URL: fmt.Sprintf("https://a.example/%d", n), Title: fmt.Sprintf("Tin %d", n)}
	it.Canonical = feed.Canonical(it.URL)
	it.Key = feed.Identify(&it)
	return &store.Collected{State: feed.SourceState{Source: "a", LastRun: at, ETag: fmt.Sprint(n)}, Items: []feed.Item{it}, At: at}
}

// TestEditorOutlivesPowerCut cuts the power right after an editor's word was acknowledged: it stands,
// whatever was lost of the rest. Without a full sync it would go with it.
func TestEditorOutlivesPowerCut(t *testing.T) {
	lost := 0
	for seed := range uint64(40) {
		d := storetest.NewDisk(t)
		s, err := store.Open(t.Context(), d.Address())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Save(t.Context(), collected(1)); err != nil {
			t.Fatal(err)
		}
		word := feed.EditorsWord{Kind: feed.WordUnfile, A: "1", B: "kinh-te", At: time.Now()}
		if err := s.SaveWords(t.Context(), []feed.EditorsWord{word}, []int64{1}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Fix(t.Context(), "authority", "news.example.org,2026"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Save(t.Context(), collected(2)); err != nil {
			t.Fatal(err)
		}
		d.Fail(storetest.Off, 0)
		_ = s.Close() // there is no power to do so
		if err := d.On(rand.New(rand.NewPCG(seed, 1))); err != nil {
			t.Fatal(err)
		}
		if s, err = store.Open(t.Context(), d.Address()); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		words, err := s.Words(t.Context())
		if err != nil || len(words) != 1 {
			t.Errorf("seed %d: the editor's word was lost: %v, %v", seed, words, err)
		}
		if a, err := s.Meta(t.Context(), "authority"); err != nil || a == "" {
			t.Errorf("seed %d: what was to stand for good was lost: %v", seed, err)
		}
		// The item and the state that hides it go together or not at all.
		states, err := s.States(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		items, err := s.Unfiled(t.Context(), 10)
		if err != nil || len(items) > 0 && fmt.Sprint(len(items)) != states["a"].ETag || len(items) == 0 && len(states) > 0 {
			t.Errorf("seed %d: %d items, but the state says %q (%v)", seed, len(items), states["a"].ETag, err)
		}
		if len(items) < 2 {
			lost++
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if lost == 0 {
		t.Error("no power cut lost anything: the test proves little")
	}
}

// TestDiskFails has the disk fail at every one of its operations: what was acknowledged stands, what
// was not can be done again, and every error says what to do.
func TestDiskFails(t *testing.T) {
	for _, f := range []struct {
		fault storetest.Fault
		says  string
	}{{storetest.Full, "is full"}, {storetest.Error, "check the disk"}, {storetest.Busy, "another program"}} {
		for after := range 60 {
			synctest.Test(t, func(t *testing.T) { failAfter(t, f.fault, after, f.says) })
		}
	}
}

func failAfter(t *testing.T, fault storetest.Fault, after int, says string) {
	const saves = 12
	d := storetest.NewDisk(t)
	s, err := store.Open(t.Context(), d.Address())
	if err != nil {
		t.Fatal(err)
	}
	d.Fail(fault, after)
	acknowledged := 0
	for n := 1; n <= saves; n++ {
		_, err := s.Save(t.Context(), collected(n))
		if err == nil {
			acknowledged++
			continue
		}
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%v after %d operations: %v", fault, after, err)
		}
		d.Heal()
		if _, err := s.Save(t.Context(), collected(n)); err != nil {
			t.Fatalf("%v after %d operations: once it works again: %v", fault, after, err)
		}
	}
	items, err := s.Unfiled(t.Context(), 100)
	if err != nil || len(items) != saves {
		t.Errorf("%v after %d operations: %d items of %d, %v", fault, after, len(items), saves, err)
	}
	if after < saves && acknowledged == saves {
		t.Errorf("%v after %d operations: nothing failed", fault, after)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
