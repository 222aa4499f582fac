package store

import (
	"slices"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite keeps pages of the database in memory, thousands of them, each of 4,096 bytes with a head of some hundred. The
// allocator that its driver brings rounds up to a power of two, so that each took 8,192. Here pages have places of their own
// size, many in a row; whatever else SQLite asks for comes from that allocator, as before (https://sqlite.org/malloc.html,
// section 3.1.3).

const (
	pageBytes = 4096 // of the database; SQLite's own choice
	headBytes = 8    // before each block
	rowPlaces = 59   // as many as fit into the 256 kB that the allocator makes of them
)

// pageMemory is where blocks come from. Its methods are safe for concurrent use; addresses are outside of Go's heap.
type pageMemory struct {
	place int // bytes from one place to the next; 0 while pages have none

	mu   sync.Mutex // guards what follows
	rows []row      // by number
	room []int      // the numbers of those that have a free place
}

// row is memory for pages, side by side.
type row struct {
	at    uintptr // 0 where there is none any more
	given uintptr // the first of the places that were given back, each of which has the address of the next; 0 for none
	fresh int     // places at the end that nobody had yet
	used  int
}

// blockHead stands before a block.
type blockHead struct {
	size uint32 // bytes
	row  uint32 // number + 1; 0 for a block in none
}

func headOf(p uintptr) *blockHead { return atAddress[blockHead](p - headBytes) }

// atAddress is the value that an address of SQLite's leads to.
func atAddress[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// takes tells whether a block gets a place, and would waste much elsewhere.
func (m *pageMemory) takes(n int) bool { return n > pageBytes-headBytes && n <= m.place-headBytes }

// allocate returns a block of n bytes, 0 where there is no memory.
func (m *pageMemory) allocate(tls *libc.TLS, n int) uintptr {
	if m.takes(n) {
		return m.take(tls, n)
	}
	return headed(libc.Xmalloc(tls, libc.Tsize_t(n+headBytes)), n)
}

// headed is the block of n bytes behind the head at p, which is 0 where there was no memory.
func headed(p uintptr, n int) uintptr {
	if p == 0 {
		return 0
	}
	p += headBytes
	*headOf(p) = blockHead{size: uint32(n)}
	return p
}

func (m *pageMemory) free(tls *libc.TLS, p uintptr) {
	if headOf(p).row > 0 {
		m.give(tls, p)
		return
	}
	libc.Xfree(tls, p-headBytes)
}

// reallocate returns a block of n bytes that begins as the one at p did, which is free then; 0 where there is no
// memory, and p stays.
func (m *pageMemory) reallocate(tls *libc.TLS, p uintptr, n int) uintptr {
	old := *headOf(p)
	if old.row == 0 && !m.takes(n) {
		return headed(libc.Xrealloc(tls, p-headBytes, libc.Tsize_t(n+headBytes)), n)
	}
	to := m.allocate(tls, n)
	if to != 0 {
		libc.Xmemcpy(tls, to, p, libc.Tsize_t(min(int(old.size), n)))
		m.free(tls, p)
	}
	return to
}

// take returns a block in a free place.
func (m *pageMemory) take(tls *libc.TLS, n int) uintptr {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.room) == 0 && !m.grow(tls) {
		return 0
	}
	k := m.room[len(m.room)-1]
	r := &m.rows[k]
	p := r.given
	if p != 0 {
		r.given = *atAddress[uintptr](p)
	} else {
		p = r.at + uintptr((rowPlaces-r.fresh)*m.place+headBytes)
		r.fresh--
	}
	if r.used++; r.used == rowPlaces {
		m.room = m.room[:len(m.room)-1]
	}
	*headOf(p) = blockHead{size: uint32(n), row: uint32(k + 1)}
	return p
}

// grow adds a row, and says whether there is memory for it.
func (m *pageMemory) grow(tls *libc.TLS) bool {
	p := libc.Xmalloc(tls, libc.Tsize_t(rowPlaces*m.place))
	if p == 0 {
		return false
	}
	k := slices.IndexFunc(m.rows, func(r row) bool { return r.at == 0 })
	if k < 0 {
		k = len(m.rows)
		m.rows = append(m.rows, row{})
	}
	m.rows[k] = row{at: p, fresh: rowPlaces}
	m.room = append(m.room, k)
	return true
}

// give takes a place back. A row that nobody uses goes.
func (m *pageMemory) give(tls *libc.TLS, p uintptr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := int(headOf(p).row - 1)
	r := &m.rows[k]
	if r.used == rowPlaces {
		m.room = append(m.room, k)
	}
	*atAddress[uintptr](p), r.given = r.given, p
	if r.used--; r.used == 0 {
		libc.Xfree(tls, r.at)
		*r = row{}
		m.room = slices.DeleteFunc(m.room, func(n int) bool { return n == k })
	}
}

// sqliteMemory is that of all databases of the process: SQLite has one allocator, which it is told before its first
// connection.
var sqliteMemory pageMemory

func init() {
	tls := libc.NewTLS()
	defer tls.Close()
	size := uintptr(unsafe.Sizeof(sqlite3.Tsqlite3_mem_methods{}))
	p := libc.Xcalloc(tls, 1, libc.Tsize_t(size+8))
	if p == 0 {
		return // SQLite allocates as ever
	}
	defer libc.Xfree(tls, p) // SQLite copies what it is told
	argument := libc.VaList(p+size, p)
	if sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_PCACHE_HDRSZ, argument) != sqlite3.SQLITE_OK {
		return
	}
	place := (headBytes + pageBytes + int(*atAddress[int32](p)) + 7) &^ 7
	*atAddress[sqlite3.Tsqlite3_mem_methods](p) = sqlite3.Tsqlite3_mem_methods{
		FxMalloc: pointer(xMalloc), FxFree: pointer(xFree), FxRealloc: pointer(xRealloc), FxSize: pointer(xSize),
		FxRoundup: pointer(xRoundup), FxInit: pointer(xInit), FxShutdown: pointer(xShutdown),
	}
	if sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_MALLOC, argument) == sqlite3.SQLITE_OK {
		sqliteMemory.place = place
	}
}

// pointer is how SQLite calls a Go function that is no closure.
func pointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

// What follows are the methods of https://sqlite.org/c3ref/mem_methods.html.

func xMalloc(tls *libc.TLS, n int32) uintptr { return sqliteMemory.allocate(tls, int(n)) }

func xFree(tls *libc.TLS, p uintptr) { sqliteMemory.free(tls, p) }

func xRealloc(tls *libc.TLS, p uintptr, n int32) uintptr {
	return sqliteMemory.reallocate(tls, p, int(n))
}

func xSize(_ *libc.TLS, p uintptr) int32 { return int32(headOf(p).size) }

func xRoundup(_ *libc.TLS, n int32) int32 { return (n + 7) &^ 7 }

func xInit(*libc.TLS, uintptr) int32 { return sqlite3.SQLITE_OK }

func xShutdown(*libc.TLS, uintptr) {}
