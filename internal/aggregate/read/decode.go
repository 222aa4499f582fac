package read

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gogs/chardet"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/unicode/norm"
)

// maxText bounds a document once it is decompressed and decoded, in bytes. A body is bounded by
// the source's max_bytes already; this holds for what was compressed without saying so, and for
// encodings that grow.
const maxText = 16 << 20

// text returns a body as UTF-8 without a byte order mark, and what had to be mended for it. A
// healthy body, UTF-8 as it says, is returned as it is, without a copy.
//
// What decides, first to last: a byte order mark; the bytes themselves, where they can be nothing
// else (UTF-16 and 32 by their zeros, multi-byte UTF-8 by its form); of the charsets that the HTTP
// header and the XML or HTML declaration name, the one by which the bytes read best; a guess from
// the bytes. The language, where the document names none, helps to judge how they read; it may be
// empty.
func text(b []byte, contentType, lang string) (out []byte, warnings []string, err error) {
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
	if nearlyUTF8(b, header, declared) {
		out, marks := patch(b)
		return out, append(warnings, marks), nil
	}
	return legacy(b, header, declared, first(declaredLanguage(b), lang), warnings)
}

// nearlyUTF8 is true of UTF-8 with some damage: foreign bytes pasted in, characters cut in the middle.
// Where another charset is declared, the form of the bytes must leave no doubt.
func nearlyUTF8(b []byte, header, declared string) bool {
	whole, cut, head, broken := multibyte(b)
	if isUTF8(header) || isUTF8(declared) || header == "" && declared == "" {
		return whole+cut > 3*broken && whole+cut >= head
	}
	return whole >= 8 && whole > 8*(broken+head)
}

// legacy decodes bytes that are not UTF-8.
func legacy(b []byte, header, declared, lang string, warnings []string) ([]byte, []string, error) {
	if out, ok := ebcdic(b); ok {
		return out, append(warnings, "read as EBCDIC (IBM037)"), nil
	}
	sample := b[:min(len(b), 64<<10)]
	var label, unknown string
	best := -4.0
	for _, l := range []string{header, declared} {
		if l == "" || isUTF8(l) || isWide(l) { // zeros would have shown what is wide
			continue
		}
		out, ok := decodeAs(sample, l)
		if !ok {
			unknown = l
			continue
		}
		v, _ := readable(out, lang)
		if label != "" && isDefault(label) {
			v += 0.1 // servers name Latin-1 without having looked
		}
		if label == "" || v > best+0.05 {
			label, best = l, v
		}
	}
	if label == "" || best < readsBadly || isDefault(label) && known(lang) {
		guess := guessCharset(b, lang)
		out, ok := decodeAs(sample, guess)
		v, n := readable(out, lang)
		least, better := leastLetters, readsWell
		if isDefault(label) && known(lang) {
			least, better = 3, 0.3
		}
		if label == "" || ok && n >= least && v > readsWell && v > best+better {
			warnings = append(warnings, misdeclared(label, unknown, header+declared != "", guess))
			label = guess
		}
	}
	if _, name := charset.Lookup(tidyLabel(label)); name == "iso-8859-2" && signsOfWindows(b) {
		warnings = append(warnings, "declared as iso-8859-2 but is windows-1250: read as that")
		label = "windows-1250"
	}
	out, ok := decodeAs(b, label)
	if !ok {
		label = "windows-1252"
		out, _ = decodeAs(b, label)
	}
	return out, undecoded(out, label, warnings), nil
}

// signsOfWindows is true of bytes where ISO 8859 has control characters and windows-125x its letters and marks.
func signsOfWindows(b []byte) bool {
	return slices.ContainsFunc(b, func(c byte) bool { return c >= 0x80 && c <= 0x9F })
}

// misdeclared words that the bytes were read by a guess.
func misdeclared(label, unknown string, declared bool, guess string) string {
	switch {
	case label != "":
		return fmt.Sprintf("declared as %s but does not read so: read as %s", clip(label, 40), guess)
	case unknown != "":
		return fmt.Sprintf("unknown charset %q: read as %s", clip(unknown, 40), guess)
	case declared:
		return "declared as UTF-8 but is not: read as " + guess
	}
	return "no charset declared: read as " + guess
}

// isDefault is true of the charset that servers name when nobody told them.
func isDefault(label string) bool {
	switch tidyLabel(label) {
	case "iso-8859-1", "windows-1252", "latin1", "l1":
		return true
	}
	return false
}

func isWide(label string) bool {
	label = strings.ToLower(label)
	return strings.HasPrefix(label, "utf-16") || strings.HasPrefix(label, "utf-32") || label == "ucs-2"
}

func undecoded(out []byte, label string, warnings []string) []string {
	if n := bytes.Count(out, []byte("\uFFFD")); n > 0 {
		warnings = append(warnings, fmt.Sprintf("%d characters could not be decoded as %s and became U+FFFD", n, clip(label, 40)))
	}
	return warnings
}

// multibyte counts the characters of UTF-8 with more than one byte: whole ones; those that are cut
// behind two bytes or more; first bytes alone before ASCII, which 8-bit text has too; and bytes that
// fit no character.
func multibyte(b []byte) (whole, cut, head, broken int) {
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r != utf8.RuneError || n > 1 {
			whole++
			i += n
			continue
		}
		switch n = begun(b[i:]); {
		case n == 0:
			broken++
			n = 1
		case n == 1:
			head++
		default:
			cut++
		}
		i += n
	}
	return whole, cut, head, broken
}

// begun is how many bytes of a character of UTF-8 b starts with, when ASCII or the end cuts it off; 0
// when it is no such beginning.
func begun(b []byte) int {
	want := 0
	switch c := b[0]; {
	case c >= 0xC2 && c <= 0xDF:
		want = 2
	case c >= 0xE0 && c <= 0xEF:
		want = 3
	case c >= 0xF0 && c <= 0xF4:
		want = 4
	}
	n := 1
	for n < want && n < len(b) && b[n]&0xC0 == 0x80 {
		n++
	}
	if n >= want || n < len(b) && b[n] >= utf8.RuneSelf {
		return 0
	}
	return n
}

// patch keeps a document that is UTF-8 but for a few bytes. What is left of a character that was cut
// goes. A broken byte that is a letter or a mark of windows-1252 inside a word or between words was
// pasted from there; any other becomes U+FFFD.
func patch(b []byte) ([]byte, string) {
	out := make([]byte, 0, len(b)+64)
	pasted, lost, cuts := 0, 0, 0
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
		case begun(b[i:]) > 1 || begun(b[i:]) == 1 && endsText(b[i+1:]):
			cuts++
			i += begun(b[i:]) - 1
		case alone && (c >= 0xC0 && c <= 0xFE && c != 0xD7 && c != 0xF7 || c >= 0x91 && c <= 0x97 || c == 0x85 || c == 0x80 || c == 0xA0 || c == 0xAB || c == 0xBB || c == 0xB0):
			out = utf8.AppendRune(out, charmap.Windows1252.DecodeByte(b[i]))
			pasted++
		default:
			out = append(out, "\uFFFD"...)
			lost++
		}
		i++
	}
	var did []string
	for _, d := range []struct {
		n    int
		what string
	}{{lost, "%d invalid bytes in UTF-8 text became U+FFFD"}, {pasted, "%d bytes of windows-1252 in UTF-8 text were converted"}, {cuts, "%d characters of UTF-8 that were cut were left out"}} {
		if d.n > 0 {
			did = append(did, fmt.Sprintf(d.what, d.n))
		}
	}
	return out, strings.Join(did, ", ")
}

// endsText is true of what follows the text of an element or a string, or what shortens it.
func endsText(b []byte) bool {
	for _, end := range []string{"<", "]]>", "\"", "...", "&hellip;", "&#8230;", "[", " [", " ..."} {
		if bytes.HasPrefix(b, []byte(end)) {
			return true
		}
	}
	return len(b) == 0
}

// decodeAs decodes by a label of the WHATWG or IANA registry, by what templates write for one, or by
// one of the Vietnamese code pages that the registries leave out. Text that was typed in parts comes
// out composed.
func decodeAs(b []byte, label string) ([]byte, bool) {
	label = tidyLabel(label)
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

// labelForm takes the names apart that people give charsets: a family, and its number or part.
var labelForm = regexp.MustCompile(`^(?:x-)?(?:win(?:dows)?|cp|ms|ibm|codepage|ansi|iso|iso-8859|koi8|euc|tis|utf)?[-_ ]?((?:8859[-_ ]?)?[0-9]{1,4}|ru?|u|jp|kr|cn|8mb[34])$`)

// tidyLabel gives a charset's name the form that the registries know: "win-1251", "CP 1251" and
// "windows_1251" are windows-1251.
func tidyLabel(label string) string {
	label = strings.ToLower(strings.Trim(strings.TrimSpace(label), `"'`))
	if enc, _ := charset.Lookup(label); enc != nil {
		return label
	}
	part := labelForm.FindStringSubmatch(label)
	if part == nil {
		return label
	}
	n := strings.NewReplacer("_", "-", " ", "-").Replace(part[1])
	switch {
	case len(n) == 4 && strings.HasPrefix(n, "125"), n == "874":
		return "windows-" + n
	case n == "932" || n == "943":
		return "shift_jis"
	case n == "936" || n == "cn":
		return "gbk"
	case n == "949":
		return "euc-kr"
	case n == "950":
		return "big5"
	case n == "866":
		return "ibm866"
	case n == "620":
		return "windows-874"
	case n == "jp" || n == "kr":
		return "euc-" + n
	case strings.HasPrefix(n, "8859"):
		return "iso-8859-" + strings.TrimLeft(n[4:], "-")
	case strings.HasPrefix(label, "iso") && len(n) <= 2:
		return "iso-8859-" + n
	case strings.HasPrefix(label, "koi8"):
		return "koi8-" + n[:1]
	case strings.Contains(label, "utf"):
		return "utf-8"
	}
	return label
}

// guessCharset names the likeliest charset of 8-bit text. Western Europe's is the default.
func guessCharset(b []byte, lang string) string {
	if len(b) > 64<<10 {
		b = b[:64<<10]
	}
	if label, ok := guessTongue(b, lang); ok {
		return label
	}
	if label, ok := guessTongue(b, ""); ok {
		return label // a feed may be in another language than it says
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

// declaredLanguage is the code of <language> or lang in the head of a document.
func declaredLanguage(b []byte) string {
	head := lowerASCII(b[:min(len(b), 4096)])
	for _, mark := range []string{"<language>", "<dc:language>", "lang=\"", "lang='", `"language":`} {
		if i := bytes.Index(head, []byte(mark)); i >= 0 {
			rest := bytes.TrimLeft(head[i+len(mark):], " \t\r\n\"")
			rest = bytes.TrimPrefix(rest, []byte("<![cdata["))
			n := 0
			for n < len(rest) && n < 12 && (rest[n] == '-' || rest[n] == '_' || 'a' <= rest[n] && rest[n] <= 'z') {
				n++
			}
			if n >= 2 {
				return strings.ReplaceAll(string(rest[:n]), "_", "-")
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
	switch tidyLabel(label) {
	case "utf-8", "utf8", "utf_8", "utf-8n", "unicode", "unicode-1-1-utf-8", "us-ascii", "ascii":
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
