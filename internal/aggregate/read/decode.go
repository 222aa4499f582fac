package read

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gogs/chardet"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/unicode/norm"
)

// maxText bounds a document once it is decompressed and decoded, in bytes. A body is bounded by
// the source's max_bytes already; this holds for what was compressed without saying so, and for
// encodings that grow.
const maxText = 32 << 20

// text returns a body as UTF-8 without a byte order mark, and what had to be mended for it. A
// healthy body, UTF-8 as it says, is returned as it is, without a copy.
//
// What decides, first to last: a byte order mark; the bytes themselves, where they can be nothing
// else (UTF-16 and 32 by their zeros, multi-byte UTF-8 by its form); the charset of the HTTP
// header; the XML or HTML declaration; a guess from the bytes.
func text(b []byte, contentType string) (out []byte, warnings []string, err error) {
	for range 2 { // compressed without a header, at times twice
		unpacked, kind, err := inflate(b)
		if err != nil {
			return nil, nil, err
		}
		if kind == "" {
			break
		}
		b = unpacked
		warnings = append(warnings, "unpacked "+kind+" that no header announced")
	}
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		b = b[3:]
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")):
		return wide(b[4:], 4, binary.LittleEndian, warnings)
	case bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")):
		return wide(b[4:], 4, binary.BigEndian, warnings)
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return wide(b[2:], 2, binary.LittleEndian, warnings)
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return wide(b[2:], 2, binary.BigEndian, warnings)
	}
	if width, order := zeros(b); width > 0 {
		return wide(b, width, order, warnings)
	}
	header := charsetOf(contentType)
	declared := declaredCharset(b)
	if utf8.Valid(b) && !escapes(header, declared, b) {
		label := declared
		if header != "" {
			label = header
		}
		if label != "" && !isUTF8(label) && !isASCII(b) {
			warnings = append(warnings, fmt.Sprintf("declared as %s but is UTF-8: read as UTF-8", clip(label, 40)))
		}
		return b, warnings, nil
	}
	return legacy(b, header, declared, warnings)
}

// legacy decodes bytes that are not UTF-8.
func legacy(b []byte, header, declared string, warnings []string) ([]byte, []string, error) {
	valid, broken := multibyte(b)
	if (isUTF8(header) || isUTF8(declared) || header == "" && declared == "") && valid > 3*broken {
		out, marks := patch(b)
		return out, append(warnings, marks), nil
	}
	var unknown string
	for _, label := range []string{header, declared} {
		if label == "" || isUTF8(label) {
			continue
		}
		if strings.HasPrefix(strings.ToLower(label), "utf-16") || strings.HasPrefix(strings.ToLower(label), "utf-32") || strings.EqualFold(label, "ucs-2") {
			continue // the zeros would have shown it
		}
		if out, ok := decodeAs(b, label); ok {
			return out, undecoded(out, label, warnings), nil
		}
		unknown = label
	}
	if out, ok := ebcdic(b); ok {
		return out, append(warnings, "read as EBCDIC (IBM037)"), nil
	}
	guess := guessCharset(b)
	out, ok := decodeAs(b, guess)
	if !ok {
		out, _ = decodeAs(b, "windows-1252")
		guess = "windows-1252"
	}
	switch {
	case unknown != "":
		warnings = append(warnings, fmt.Sprintf("unknown charset %q: read as %s", clip(unknown, 40), guess))
	case header != "" || declared != "":
		warnings = append(warnings, "declared as UTF-8 but is not: read as "+guess)
	default:
		warnings = append(warnings, "no charset declared: read as "+guess)
	}
	return out, undecoded(out, guess, warnings), nil
}

func undecoded(out []byte, label string, warnings []string) []string {
	if n := bytes.Count(out, []byte("\uFFFD")); n > 0 {
		warnings = append(warnings, fmt.Sprintf("%d characters could not be decoded as %s and became U+FFFD", n, clip(label, 40)))
	}
	return warnings
}

// multibyte counts well-formed UTF-8 sequences of more than one byte, and bytes that fit no
// sequence.
func multibyte(b []byte) (valid, broken int) {
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			broken++
		} else {
			valid++
		}
		i += n
	}
	return valid, broken
}

// patch keeps a document that is UTF-8 but for a few bytes. A broken byte that is a letter or a
// mark of windows-1252 inside a word or between words was pasted from there; any other becomes
// U+FFFD.
func patch(b []byte) ([]byte, string) {
	out := make([]byte, 0, len(b)+64)
	pasted, lost := 0, 0
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			out = append(out, b[i])
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r != utf8.RuneError || n > 1 {
			out = append(out, b[i:i+n]...)
			i += n
			continue
		}
		alone := (i == 0 || b[i-1] < utf8.RuneSelf) && (i+1 == len(b) || b[i+1] < utf8.RuneSelf)
		switch c := b[i]; {
		case alone && (c >= 0xC0 && c <= 0xFE && c != 0xD7 && c != 0xF7 || c >= 0x91 && c <= 0x97 || c == 0x85 || c == 0x80 || c == 0xA0 || c == 0xAB || c == 0xBB || c == 0xB0):
			p, _ := decodeAs(b[i:i+1], "windows-1252")
			out = append(out, p...)
			pasted++
		default:
			out = append(out, "\uFFFD"...)
			lost++
		}
		i++
	}
	switch {
	case lost == 0:
		return out, fmt.Sprintf("%d bytes of windows-1252 in UTF-8 text were converted", pasted)
	case pasted == 0:
		return out, fmt.Sprintf("%d invalid bytes in UTF-8 text became U+FFFD", lost)
	}
	return out, fmt.Sprintf("%d invalid bytes in UTF-8 text became U+FFFD, %d were converted from windows-1252", lost, pasted)
}

// decodeAs decodes by a label of the WHATWG or IANA registry, or one of the Vietnamese code pages
// those leave out. Text that was typed in parts comes out composed.
func decodeAs(b []byte, label string) ([]byte, bool) {
	label = strings.ToLower(strings.Trim(strings.TrimSpace(label), `"'`))
	if table := vietnamese(label); table != nil {
		return norm.NFC.Bytes(decodeTable(b, table)), true
	}
	var enc encoding.Encoding
	if enc, _ = charset.Lookup(label); enc == nil || enc == encoding.Replacement {
		var err error
		if enc, err = ianaindex.IANA.Encoding(label); err != nil || enc == nil {
			return nil, false
		}
	}
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return nil, false
	}
	if strings.HasSuffix(label, "1258") {
		out = norm.NFC.Bytes(out)
	}
	return out, true
}

// guessCharset names the likeliest charset of 8-bit text. Western Europe's is the default: the
// detector is only believed where it is sure.
func guessCharset(b []byte) string {
	if len(b) > 64<<10 {
		b = b[:64<<10]
	}
	if lang := declaredLanguage(b); lang == "vi" {
		return guessVietnamese(b)
	}
	found, err := chardet.NewHtmlDetector().DetectBest(b)
	if err != nil || found.Confidence < 40 {
		return "windows-1252"
	}
	switch found.Charset {
	case "UTF-8", "ISO-8859-1", "ISO-8859-9", "ISO-8859-2", "UTF-16BE", "UTF-16LE", "UTF-32BE", "UTF-32LE":
		return "windows-1252"
	case "GB-18030":
		return "gb18030"
	}
	return found.Charset
}

// declaredLanguage looks for <language> or xml:lang in the head of a document.
func declaredLanguage(b []byte) string {
	head := bytes.ToLower(b[:min(len(b), 4096)])
	for _, mark := range []string{"<language>", "lang=\"", "lang='"} {
		if i := bytes.Index(head, []byte(mark)); i >= 0 {
			rest := bytes.TrimSpace(head[i+len(mark):])
			if len(rest) >= 2 {
				return string(rest[:2])
			}
		}
	}
	return ""
}

// charsetOf returns the charset parameter of a Content-Type.
func charsetOf(contentType string) string {
	low := string(lowerASCII([]byte(contentType)))
	i := strings.Index(low, "charset=")
	if i < 0 {
		return ""
	}
	v := contentType[i+len("charset="):]
	if j := strings.IndexAny(v, ";,"); j >= 0 {
		v = v[:j]
	}
	return strings.Trim(strings.TrimSpace(v), `"'`)
}

// declaredCharset returns what the XML declaration or an HTML meta element in the head says.
func declaredCharset(b []byte) string {
	head := b[:min(len(b), 2048)]
	if i := bytes.Index(head, []byte("<?xml")); i >= 0 {
		decl := head[i:]
		if j := bytes.Index(decl, []byte("?>")); j >= 0 {
			decl = decl[:j]
		}
		if v := attrValue(decl, "encoding"); v != "" {
			return v
		}
		return ""
	}
	if i := bytes.Index(lowerASCII(head), []byte("<meta")); i >= 0 {
		low := lowerASCII(head[i:])
		if j := bytes.Index(low, []byte("charset=")); j >= 0 {
			v := bytes.TrimLeft(head[i+j+len("charset="):], `"' `)
			if k := bytes.IndexAny(v, "\"' />;"); k >= 0 {
				return string(v[:k])
			}
		}
	}
	return ""
}

// attrValue finds name="value" in a tag.
func attrValue(tag []byte, name string) string {
	i := bytes.Index(tag, []byte(name))
	if i < 0 {
		return ""
	}
	v := bytes.TrimLeft(tag[i+len(name):], " \t\r\n")
	if len(v) == 0 || v[0] != '=' {
		return ""
	}
	v = bytes.TrimLeft(v[1:], " \t\r\n")
	if len(v) < 2 || v[0] != '"' && v[0] != '\'' {
		return ""
	}
	if j := bytes.IndexByte(v[1:], v[0]); j >= 0 {
		return string(bytes.TrimSpace(v[1 : j+1]))
	}
	return ""
}

// lowerASCII is bytes.ToLower that keeps every byte in its place, whatever they are.
func lowerASCII(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		out[i] = c
	}
	return out
}

func isUTF8(label string) bool {
	switch strings.ToLower(label) {
	case "utf-8", "utf8", "utf_8", "unicode-1-1-utf-8", "us-ascii", "ascii":
		return true
	}
	return false
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// escapes is true of the encodings that write other scripts in seven bits, when they are declared
// and used.
func escapes(header, declared string, b []byte) bool {
	for _, l := range []string{header, declared} {
		switch strings.ToLower(l) {
		case "iso-2022-jp", "iso-2022-kr", "csiso2022jp":
			return bytes.IndexByte(b, 0x1b) >= 0 && isASCII(b)
		}
	}
	return false
}

// zeros recognises UTF-16 and UTF-32 without a mark by where the zero bytes of the first
// characters are; those of a feed are ASCII.
func zeros(b []byte) (width int, order binary.ByteOrder) {
	if len(b) < 8 || bytes.IndexByte(b[:8], 0) < 0 {
		return 0, nil
	}
	z := func(i int) bool { return b[i] == 0 }
	switch {
	case !z(0) && z(1) && z(2) && z(3) && !z(4):
		return 4, binary.LittleEndian
	case z(0) && z(1) && z(2) && !z(3) && z(4):
		return 4, binary.BigEndian
	case !z(0) && z(1) && !z(2) && z(3):
		return 2, binary.LittleEndian
	case z(0) && !z(1) && z(2) && !z(3):
		return 2, binary.BigEndian
	}
	return 0, nil
}

// wide decodes UTF-16 or UTF-32.
func wide(b []byte, width int, order binary.ByteOrder, warnings []string) ([]byte, []string, error) {
	out := make([]byte, 0, len(b))
	lost := len(b) % width
	for i := 0; i+width <= len(b); i += width {
		var r rune
		if width == 4 {
			r = rune(order.Uint32(b[i:]))
		} else {
			r = rune(order.Uint16(b[i:]))
			if utf16.IsSurrogate(r) {
				pair := rune(utf8.RuneError)
				if i+4 <= len(b) {
					pair = utf16.DecodeRune(r, rune(order.Uint16(b[i+2:])))
				}
				if pair != utf8.RuneError {
					i += 2
				} else {
					lost++
				}
				r = pair
			}
		}
		if r != 0xFEFF {
			out = utf8.AppendRune(out, r)
		}
	}
	if lost > 0 {
		warnings = append(warnings, fmt.Sprintf("%d broken units of UTF-%d", lost, width*8))
	}
	return out, warnings, nil
}

// ebcdic recognises "<?xml" or "<rss" in IBM's code page 037 and its kin.
func ebcdic(b []byte) ([]byte, bool) {
	if !bytes.HasPrefix(b, []byte("\x4c\x6f\xa7\x94")) && !bytes.HasPrefix(b, []byte("\x4c\x99\xa2\xa2")) {
		return nil, false
	}
	return decodeAs(b, "IBM037")
}

// inflate unpacks gzip or zlib that arrived without saying so. kind is empty when b is neither.
// Of a stream that breaks off, what came is returned.
func inflate(b []byte) (out []byte, kind string, err error) {
	var r io.ReadCloser
	switch {
	case len(b) > 18 && b[0] == 0x1f && b[1] == 0x8b && b[2] == 8:
		kind = "gzip"
		r, err = gzip.NewReader(bytes.NewReader(b))
	case len(b) > 8 && b[0] == 0x78 && (b[1] == 0x01 || b[1] == 0x5e || b[1] == 0x9c || b[1] == 0xda):
		kind = "zlib"
		r, err = zlib.NewReader(bytes.NewReader(b))
	default:
		return nil, "", nil
	}
	if err != nil {
		return nil, "", nil
	}
	defer r.Close()
	out, err = io.ReadAll(io.LimitReader(r, maxText+1))
	if len(out) > maxText {
		return nil, "", fmt.Errorf("the document unpacks to more than %d MB", maxText>>20)
	}
	if err != nil && (len(out) == 0 || !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, gzip.ErrChecksum)) {
		return nil, "", fmt.Errorf("unpack %s: %w", kind, err)
	}
	return out, kind, nil
}

// clip shortens s to at most n bytes for a message, never within a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
