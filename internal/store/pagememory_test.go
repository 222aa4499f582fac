package store

import (
	"bytes"
	"context"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
)

// block is memory that a test holds, and what it wrote there.
type block struct {
	at   uintptr
	want byte
	n    int
}

func (b *block) bytes() []byte { return unsafe.Slice(atAddress[byte](b.at), b.n) }

// Blocks of all sizes around a page's come, change their size and go; what stands in one is nobody else's, and in the
// end no row is left.
func TestPageMemory(t *testing.T) {
	m := &pageMemory{place: headBytes + pageBytes + 280}
	var wg sync.WaitGroup
	for worker := range uint64(4) {
		wg.Go(func() {
			tls := libc.NewTLS()
			defer tls.Close()
			r := rand.New(rand.NewPCG(worker, 1))
			size := func() int {
				if r.IntN(4) == 0 {
					return 1 + r.IntN(9000)
				}
				return pageBytes - 20 + r.IntN(320)
			}
			var held []block
			fill := func(b *block) {
				b.want = byte(r.IntN(256))
				for i := range b.bytes() {
					b.bytes()[i] = b.want
				}
			}
			check := func(b *block, n int) {
				if got := b.bytes()[:n]; !bytes.Equal(got, bytes.Repeat([]byte{b.want}, n)) {
					t.Error("somebody else wrote into a block")
				}
				if int(xSize(tls, b.at)) != b.n {
					t.Errorf("a block of %d bytes says it has %d", b.n, xSize(tls, b.at))
				}
				if b.at%8 != 0 {
					t.Errorf("a block at %#x", b.at)
				}
			}
			for range 6000 {
				switch k := r.IntN(10); {
				case k < 5 || len(held) == 0:
					b := block{n: size()}
					b.at = m.allocate(tls, b.n)
					fill(&b)
					held = append(held, b)
				case k < 7:
					b := &held[r.IntN(len(held))]
					n := size()
					b.at = m.reallocate(tls, b.at, n)
					kept := min(b.n, n)
					b.n = n
					check(b, kept)
					fill(b)
				default:
					i := r.IntN(len(held))
					check(&held[i], held[i].n)
					m.free(tls, held[i].at)
					held[i] = held[len(held)-1]
					held = held[:len(held)-1]
				}
			}
			for i := range held {
				check(&held[i], held[i].n)
				m.free(tls, held[i].at)
			}
		})
	}
	wg.Wait()
	for k, r := range m.rows {
		if r != (row{}) {
			t.Errorf("row %d is left: %+v", k, r)
		}
	}
	if len(m.rows) < 4 || len(m.room) > 0 {
		t.Errorf("%d rows, %d of them with room, after all was freed", len(m.rows), len(m.room))
	}
}

// The pages that SQLite keeps in memory stand in the rows, and leave them when the store is at rest.
func TestSQLitePagesStandInRows(t *testing.T) {
	ctx := context.Background()
	s, err := Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "feedd.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	places := func() (n int) {
		sqliteMemory.mu.Lock()
		defer sqliteMemory.mu.Unlock()
		for _, r := range sqliteMemory.rows {
			n += r.used
		}
		return n
	}
	const pages = 500
	if _, err := s.write.ExecContext(ctx, `CREATE TABLE filler AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		SELECT randomblob(3000) AS x FROM n`, pages); err != nil {
		t.Fatal(err)
	}
	full := places()
	if full < pages {
		t.Errorf("%d places are used by %d pages", full, pages)
	}
	if err := s.Rest(ctx); err != nil {
		t.Fatal(err)
	}
	if left := places(); left > full-pages*9/10 {
		t.Errorf("%d places of %d are used at rest", left, full)
	}
}
