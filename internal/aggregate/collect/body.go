package collect

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
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
	large := false
	for {
		if len(buf) == cap(buf) {
			if !large && cap(buf) >= smallBody {
				limit.watch.pause() // waiting for others is not the server's fault
				select {
				case v.c.large <- struct{}{}:
					large = true
					defer func() { <-v.c.large }()
				case <-limit.ctx.Done():
					return buf, context.Cause(limit.ctx)
				}
				limit.watch.resume()
			}
			next := make([]byte, len(buf), min(2*int64(cap(buf)), most+1))
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

// unpack decompresses the body. Answers wait as they came, which is the least they take of the
// memory, until their turn to be read has come.
func (a *answer) unpack() error {
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
	out := bytes.NewBuffer(make([]byte, 0, min(5*int64(len(raw))+bytes.MinRead, a.most+bytes.MinRead)))
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

func tooLarge(most int64) error {
	return fmt.Errorf("body larger than %s (max_bytes)", byteSize(most))
}

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
