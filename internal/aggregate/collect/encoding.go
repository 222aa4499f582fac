package collect

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http/httputil"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// acceptEncoding is what decompress undoes.
const acceptEncoding = "gzip, deflate, br"

// gzipReaders keep their windows: a reader costs 40 kB, most answers are compressed so.
var gzipReaders = sync.Pool{New: func() any { return new(gzip.Reader) }}

// decompress returns what r holds once the Content-Encodings are undone, last first. A body that is
// not compressed although its header says so passes as it is. The caller bounds what comes out, and
// calls release when it is done.
func decompress(r io.Reader, contentEncoding string) (plain io.Reader, release func(), err error) {
	release = func() {}
	if contentEncoding == "" {
		return r, release, nil
	}
	encodings := strings.Split(strings.ToLower(contentEncoding), ",")
	if len(encodings) > 3 {
		return nil, release, fmt.Errorf("the answer is compressed %d times over", len(encodings))
	}
	for _, e := range slices.Backward(encodings) {
		br := bufio.NewReader(r)
		magic, _ := br.Peek(16)
		r = br
		switch {
		case strings.TrimSpace(e) == "aws-chunked" && chunkHead.Match(magic): // the framing of uploads, which some storage keeps
			r = httputil.NewChunkedReader(br)
			continue
		case isDocument(magic):
			continue // compressed in name only
		}
		e = strings.TrimSpace(e)
		if (e == "br" || e == "deflate" || e == "zstd") && bytes.HasPrefix(magic, []byte{0x1f, 0x8b, 8}) {
			e = "gzip" // as which none of them begins
		}
		switch e {
		case "", "identity":
		case "gzip", "x-gzip":
			if !bytes.HasPrefix(magic, []byte{0x1f, 0x8b}) {
				continue
			}
			z := gzipReaders.Get().(*gzip.Reader)
			if err := z.Reset(br); err != nil {
				return nil, release, fmt.Errorf("the gzip of the answer is damaged: %w", err)
			}
			before := release
			release = func() { gzipReaders.Put(z); before() }
			r = gzipBody{z}
		case "deflate":
			// The standard means zlib, half the servers send the bare stream.
			if len(magic) > 1 && magic[0]&0x0f == 8 && (int(magic[0])<<8|int(magic[1]))%31 == 0 {
				if r, err = zlib.NewReader(br); err != nil {
					return nil, release, fmt.Errorf("the deflate of the answer is damaged: %w", err)
				}
			} else {
				r = flate.NewReader(br)
			}
		case "br":
			r = brotli.NewReader(br)
		case "zstd":
			z, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow))
			if err != nil {
				return nil, release, fmt.Errorf("the zstd of the answer is damaged: %w", err)
			}
			before := release
			release = func() { z.Close(); before() }
			r = z
		case "aws-chunked", "utf-8", "utf8", "none", "text", "binary", "8bit", "7bit": // which compress nothing
		default:
			if utf8.Valid(magic) {
				continue // no compression that anybody knows
			}
			return nil, release, fmt.Errorf("the answer is compressed as %q, which was not asked for", e)
		}
	}
	return r, release, nil
}

// chunkHead is how a chunk of a signed upload begins: its size, then perhaps its signature.
var chunkHead = regexp.MustCompile(`^[0-9a-f]+(;|\r\n)`)

// isDocument tells the beginning of a document from that of a compressed stream: it is text, or begins
// as XML, HTML and JSON do, behind a byte order mark or space at times.
func isDocument(b []byte) bool {
	b = bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), " \t\r\n")
	markup := len(b) > 1 && (b[0] == '<' || b[0] == '{' || b[0] == '[') && b[1] >= ' ' && b[1] <= '~'
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c > '~' && !markup {
			return false
		}
	}
	return true
}

// zstdWindow bounds what a zstd decoder keeps of what it has unpacked (RFC 9659, section 3).
const zstdWindow = 8 << 20

// gzipBody takes what follows a complete member but is no gzip for padding, as browsers do.
type gzipBody struct{ z *gzip.Reader }

func (b gzipBody) Read(p []byte) (int, error) {
	n, err := b.z.Read(p)
	if errors.Is(err, gzip.ErrHeader) {
		err = io.EOF
	}
	return n, err
}
