package storetest

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Disk is a folder whose disk fails as it is told to, under a SQLite that knows nothing of it: every
// write, truncation, sync and removal of a database there passes it. It also keeps what a power cut
// would leave: what was synced, and of the rest what chance has it.
type Disk struct {
	dir string

	mu    sync.Mutex
	ops   int // that changed something, or tried
	fault Fault
	from  int // the first that fails
	files map[string]*image
}

// Fault is how a disk fails.
type Fault int

// The faults.
const (
	None  Fault = iota
	Full        // nothing more can be written
	Error       // writing and syncing fail
	Busy        // another process holds the database; in a bubble of testing/synctest, the wait takes no time
	Off         // no power: nothing works until On
)

// image is a file as it is on the disk.
type image struct {
	synced  []byte
	pending []change // since, in order
}

// change is a write at an offset, or with data nil a cut to that length.
type change struct {
	at   int64
	data []byte
}

// NewDisk makes a folder on a disk of its own.
func NewDisk(t testing.TB) *Disk {
	t.Helper()
	interpose.Do(install)
	d := &Disk{dir: t.TempDir(), files: map[string]*image{}}
	disks.Store(d.dir, d)
	t.Cleanup(func() { disks.Delete(d.dir) })
	return d
}

// Address is that of the database on the disk.
func (d *Disk) Address() string { return "sqlite:" + filepath.Join(d.dir, "feedd.db") }

// Ops is how many operations there were so far.
func (d *Disk) Ops() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ops
}

// Fail has the disk fail once it did so many more operations.
func (d *Disk) Fail(f Fault, after int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault, d.from = f, d.ops+after
}

// Failed tells whether the fault has come.
func (d *Disk) Failed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.fault != None && d.ops > d.from
}

// Heal ends the fault.
func (d *Disk) Heal() { d.Fail(None, 0) }

// On brings the power back after Off: the files are what was synced and a part of what was written
// since. Nothing may have them open.
func (d *Disk) On(r *rand.Rand) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = None
	share := r.Float64()
	for path, f := range d.files {
		for _, c := range f.pending {
			if r.Float64() < share {
				f.apply(c)
			}
		}
		f.pending = nil
		if err := os.WriteFile(path, f.synced, 0o600); err != nil {
			return err
		}
	}
	if err := os.Remove(filepath.Join(d.dir, "feedd.db-shm")); err != nil && !os.IsNotExist(err) { // it lives in memory
		return err
	}
	return nil
}

func (f *image) apply(c change) {
	switch end := c.at + int64(len(c.data)); {
	case c.data == nil:
		if c.at < int64(len(f.synced)) {
			f.synced = f.synced[:c.at]
		}
	default:
		if end > int64(len(f.synced)) {
			f.synced = append(f.synced, make([]byte, end-int64(len(f.synced)))...)
		}
		copy(f.synced[c.at:], c.data)
	}
}

// fails counts an operation and tells how it fails.
func (d *Disk) fails() Fault {
	d.ops++
	if d.ops > d.from {
		return d.fault
	}
	return None
}

// change notes a change of a file that the disk took.
func (d *Disk) change(path string, c change) {
	if f := d.files[path]; f != nil {
		f.pending = append(f.pending, c)
	}
}

// What follows puts Disk between SQLite and its own unix VFS (https://sqlite.org/vfs.html). All of
// SQLite's function pointers are those of Go functions here.

var (
	interpose sync.Once
	disks     sync.Map // of *Disk, by folder
	open      sync.Map // of *file, by the address of its sqlite3_file
	methods   sync.Map // of the VFS below -> those that lead to ours; both addresses of a sqlite3_io_methods
	under     *sqlite3.Tsqlite3_vfs
)

type file struct {
	disk *Disk
	path string
	own  *sqlite3.Tsqlite3_io_methods // of the VFS below
}

// at is the value that a pointer of SQLite's leads to.
func at[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// pointer is how SQLite calls a Go function.
func pointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

// function is what SQLite's pointer to a function leads to.
func function[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&p)) }

type (
	openFunc  = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32
	dropFunc  = func(tls *libc.TLS, vfs, name uintptr, sync int32) int32
	fileFunc  = func(tls *libc.TLS, file uintptr) int32
	writeFunc = func(tls *libc.TLS, file, data uintptr, n int32, offset int64) int32
	cutFunc   = func(tls *libc.TLS, file uintptr, size int64) int32
	syncFunc  = func(tls *libc.TLS, file uintptr, flags int32) int32
	sleepFunc = func(tls *libc.TLS, vfs uintptr, microseconds int32) int32
	lockFunc  = func(tls *libc.TLS, file uintptr, offset, n, flags int32) int32
)

// install makes a copy of the VFS that leads to Disk the one that databases use by default.
func install() {
	tls := libc.NewTLS() // lives as long as the process
	under = at[sqlite3.Tsqlite3_vfs](sqlite3.Xsqlite3_vfs_find(tls, 0))
	p := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	vfs := at[sqlite3.Tsqlite3_vfs](p)
	*vfs = *under
	name, err := libc.CString("disk")
	if err != nil {
		panic(err) // no memory for five bytes
	}
	vfs.FzName, vfs.FpNext = name, 0
	vfs.FxOpen, vfs.FxDelete, vfs.FxSleep = pointer(openFunc(xOpen)), pointer(dropFunc(xDelete)), pointer(sleepFunc(xSleep))
	sqlite3.Xsqlite3_vfs_register(tls, p, 1)
}

func diskOf(path string) *Disk {
	if d, ok := disks.Load(filepath.Dir(path)); ok {
		return d.(*Disk)
	}
	return nil
}

func xOpen(tls *libc.TLS, vfs, name, p uintptr, flags int32, out uintptr) int32 {
	var d *Disk
	path := ""
	if name != 0 {
		path = libc.GoString(name)
		d = diskOf(path)
	}
	if d == nil {
		return function[openFunc](under.FxOpen)(tls, vfs, name, p, flags, out)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := os.Stat(path)
	if fault := d.fault; d.ops >= d.from && (fault == Off || fault == Full && err != nil) {
		return sqlite3.SQLITE_CANTOPEN
	}
	rc := function[openFunc](under.FxOpen)(tls, vfs, name, p, flags, out)
	if rc != sqlite3.SQLITE_OK {
		return rc
	}
	if d.files[path] == nil {
		content, err := os.ReadFile(path)
		if err != nil {
			return sqlite3.SQLITE_CANTOPEN
		}
		d.files[path] = &image{synced: content}
	}
	f := at[sqlite3.Tsqlite3_file](p)
	own := at[sqlite3.Tsqlite3_io_methods](f.FpMethods)
	f.FpMethods = leading(tls, f.FpMethods)
	open.Store(p, &file{d, path, own})
	return rc
}

// leading returns methods like those at own that lead to ours. SQLite has few, and keeps them for good.
func leading(tls *libc.TLS, own uintptr) uintptr {
	if p, ok := methods.Load(own); ok {
		return p.(uintptr)
	}
	p := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_io_methods{})))
	m := at[sqlite3.Tsqlite3_io_methods](p)
	*m = *at[sqlite3.Tsqlite3_io_methods](own)
	m.FxClose, m.FxWrite, m.FxTruncate = pointer(fileFunc(xClose)), pointer(writeFunc(xWrite)), pointer(cutFunc(xTruncate))
	m.FxSync = pointer(syncFunc(xSync))
	if m.FxShmLock != 0 {
		m.FxShmLock = pointer(lockFunc(xShmLock))
	}
	methods.Store(own, p)
	return p
}

func xDelete(tls *libc.TLS, vfs, name uintptr, sync int32) int32 {
	path := libc.GoString(name)
	if d := diskOf(path); d != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		if f := d.fails(); f == Off || f == Error {
			return sqlite3.SQLITE_IOERR_DELETE
		}
		delete(d.files, path)
	}
	return function[dropFunc](under.FxDelete)(tls, vfs, name, sync)
}

// xSleep waits as Go does, so that in a bubble it takes no time.
func xSleep(_ *libc.TLS, _ uintptr, microseconds int32) int32 {
	time.Sleep(time.Duration(microseconds) * time.Microsecond)
	return microseconds
}

func opened(p uintptr) *file {
	f, _ := open.Load(p)
	return f.(*file)
}

func xClose(tls *libc.TLS, p uintptr) int32 {
	f := opened(p)
	open.Delete(p)
	return function[fileFunc](f.own.FxClose)(tls, p)
}

func xWrite(tls *libc.TLS, p, data uintptr, n int32, offset int64) int32 {
	f := opened(p)
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	switch f.disk.fails() {
	case Off, Error:
		return sqlite3.SQLITE_IOERR_WRITE
	case Full:
		return sqlite3.SQLITE_FULL
	}
	f.disk.change(f.path, change{offset, bytes.Clone(libc.GoBytes(data, int(n)))})
	return function[writeFunc](f.own.FxWrite)(tls, p, data, n, offset)
}

func xTruncate(tls *libc.TLS, p uintptr, size int64) int32 {
	f := opened(p)
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if fault := f.disk.fails(); fault == Off || fault == Error {
		return sqlite3.SQLITE_IOERR_TRUNCATE
	}
	f.disk.change(f.path, change{size, nil})
	return function[cutFunc](f.own.FxTruncate)(tls, p, size)
}

func xSync(_ *libc.TLS, p uintptr, _ int32) int32 {
	f := opened(p)
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if fault := f.disk.fails(); fault == Off || fault == Error {
		return sqlite3.SQLITE_IOERR_FSYNC
	}
	if im := f.disk.files[f.path]; im != nil {
		for _, c := range im.pending {
			im.apply(c)
		}
		im.pending = nil
	}
	return sqlite3.SQLITE_OK // what is on the Disk is in its images
}

func xShmLock(tls *libc.TLS, p uintptr, offset, n, flags int32) int32 {
	f := opened(p)
	const writer = 0 // WAL_WRITE_LOCK
	if offset == writer && flags&sqlite3.SQLITE_SHM_LOCK != 0 && flags&sqlite3.SQLITE_SHM_EXCLUSIVE != 0 {
		f.disk.mu.Lock()
		held := f.disk.fails() == Busy
		f.disk.mu.Unlock()
		if held {
			return sqlite3.SQLITE_BUSY
		}
	}
	return function[lockFunc](f.own.FxShmLock)(tls, p, offset, n, flags)
}
