package collect

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// receive takes the whole body in as the network gives it, at most most bytes. It returns what it has
// beside an error.
func (v *visit) receive(resp *http.Response, most int64, limit *timeLimit) ([]byte, error) {
	first := int64(16 << 10)
	if n := resp.ContentLength; n > 0 {
		first = n + 1 // one byte more lets the end be seen without growing
	}
	buf := make([]byte, 0, min(first, smallBody, most+1))
	defer func() { v.bytes += int64(len(buf)) }()
	for {
		if len(buf) == cap(buf) {
			if !v.large && cap(buf) >= smallBody {
				limit.watch.pause() // waiting for others is not the server's fault
				select {
				case v.c.large <- struct{}{}:
					v.large = true
				case <-limit.ctx.Done():
					return buf, context.Cause(limit.ctx)
				}
				limit.watch.resume()
			}
			next := make([]byte, len(buf), min(max(2*int64(cap(buf)), first), most+1))
			copy(next, buf)
			buf = next
		}
		n, err := resp.Body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > most:
			return nil, errTooLarge
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return buf, err
		}
	}
}

// opened has the unpacked answer read, as many at once as there are processors. Of large ones, which
// take many times their size while they are read, it is one at a time; they wait packed.
func (v *visit) opened(ctx context.Context, a *answer, read func() error) error {
	defer func() {
		a.Bytes = nil
		v.forget()
	}()
	packed, cut := a.Bytes, a.cut
	for places := v.c.reading; ; places = v.c.readingLarge {
		large, err := v.openedIn(ctx, places, a, read)
		if !large {
			return err
		}
		a.Bytes, a.cut = packed, cut
	}
}

// openedIn is opened in one of these places. When the answer is too large for them, nothing was done.
func (v *visit) openedIn(ctx context.Context, places chan struct{}, a *answer, read func() error) (large bool, err error) {
	if places == v.c.reading && isLarge(a.Bytes) {
		return true, nil
	}
	select {
	case places <- struct{}{}:
		defer func() { <-places }()
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	body := bodies.Get().(*bytes.Buffer)
	defer func() {
		if body.Cap() <= mostKept {
			body.Reset()
			bodies.Put(body)
		}
	}()
	if err := a.unpackInto(body); err != nil {
		return false, err
	}
	if places == v.c.reading && isLarge(a.Bytes) {
		return true, nil
	}
	return false, read()
}

// isLarge is true of a document beyond largeText, and of one that is packed without a header that says
// so, which package read unpacks.
func isLarge(b []byte) bool {
	gzip, zlib := bytes.HasPrefix(b, []byte{0x1f, 0x8b}), len(b) > 0 && b[0] == 0x78
	return len(b) > largeText || gzip || zlib
}

// keep waits until there is room for what comes of a document; saved gives it back. In between, the visit must
// wait for nobody who reads.
func (v *visit) keep(ctx context.Context, a *answer) error {
	size := int64(len(a.Bytes))
	if v.unsaved != nil || size == 0 {
		return nil
	}
	room := v.c.unsaved
	if size > largeText {
		room, size = v.c.unsavedLarge, 1
	}
	if err := room.Acquire(ctx, size); err != nil {
		return context.Cause(ctx)
	}
	v.unsaved = func() { room.Release(size) }
	return nil
}

func (v *visit) saved() {
	if v.unsaved != nil {
		v.unsaved()
		v.unsaved = nil
	}
}

// forget gives back the place that a large body took.
func (v *visit) forget() {
	if v.large {
		<-v.c.large
		v.large = false
	}
}

// bodies are buffers for unpacked bodies that are read, of which nothing stays but copies.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// mostKept is how large a buffer is kept for the next body, bytes.
const mostKept = 512 << 10

// unpack decompresses the body. Answers wait as they came, which is the least they take of the
// memory, until their turn to be read has come.
func (a *answer) unpack() error { return a.unpackInto(new(bytes.Buffer)) }

// unpackInto is unpack with an empty buffer, which holds the body then if it was compressed.
func (a *answer) unpackInto(out *bytes.Buffer) error {
	encoding := strings.Join(a.Header["Content-Encoding"], ",")
	if encoding == "" {
		return nil
	}
	raw := a.Bytes
	a.Bytes = nil
	r, release, err := decompress(bytes.NewReader(raw), encoding)
	defer release()
	if err != nil {
		return err
	}
	out.Grow(int(min(5*int64(len(raw)), a.most)) + bytes.MinRead)
	_, err = out.ReadFrom(io.LimitReader(r, a.most+1))
	a.Bytes = out.Bytes()
	switch {
	case int64(out.Len()) > a.most:
		return tooLarge(a.most)
	case err == nil || a.cut != nil:
	case out.Len() == 0:
		return fmt.Errorf("the answer is damaged: %w", err)
	default:
		a.cut = fmt.Errorf("the answer is damaged after %s: %w", byteSize(int64(out.Len())), err)
	}
	return nil
}

func (v *visit) drain(body io.Reader) {
	n, _ := io.CopyN(io.Discard, body, drained) // whatever comes, the answer is known already
	v.bytes += n
}

// sizeError is an errTooLarge that names the bound.
type sizeError struct{ most int64 }

func (e sizeError) Error() string {
	return fmt.Sprintf("body larger than %s (max_bytes)", byteSize(e.most))
}

func (e sizeError) Is(target error) bool { return target == errTooLarge }

func tooLarge(most int64) error { return sizeError{most} }

// byteSize writes a number of bytes as people set it.
func byteSize(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
