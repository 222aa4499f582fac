package read

import (
	"bytes"
	"strconv"
	"strings"
)

// Nine tenths of a feed are the texts of its items, and encoding/xml, on which gofeed stands, looks
// at them a byte at a time, twice. So a healthy document goes to gofeed without its long texts: each
// is replaced by a short mark, and put back when the item is normalized. The structure, and with it
// everything that can go wrong, is still gofeed's to read.

const (
	minText  = 128 // bytes; a shorter text is not worth a mark
	textMark = "\uE000text-"
)

// longText is true of the elements that hold long texts: description, summary, content, encoded, with
// any prefix.
func longText(name []byte) bool {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	switch string(name) {
	case "description", "summary", "content", "encoded":
		return true
	}
	return false
}

// textEnd returns the end of the content that starts at i when that is nothing but text, or one
// CDATA section, up to the element's end tag; else i.
func textEnd(b []byte, i int, name []byte) int {
	j := bytes.IndexByte(b[i:], '<')
	if j < 0 {
		return i
	}
	j += i
	if bytes.HasPrefix(b[j:], []byte("<![CDATA[")) && skipSpace(b, i) == j {
		end := indexAfter(b, j+9, "]]>")
		if end < 0 {
			return i
		}
		j = skipSpace(b, end)
	}
	if bytes.HasPrefix(b[j:], []byte("</")) && bytes.HasPrefix(b[j+2:], name) {
		return j
	}
	return i
}

// lighten returns b up to end with marks for its long texts, and the texts. It returns b itself
// when that would save little.
func lighten(b []byte, end int, spans []span) (light []byte, texts []span) {
	saved := 0
	for _, s := range spans {
		if s.end <= end {
			saved += s.end - s.start
		}
	}
	if saved < end/4 || bytes.Contains(b, []byte(textMark)) || bytes.Contains(b, []byte("xml:base")) || bytes.Contains(b, []byte(" mode=")) {
		return b[:end], nil
	}
	light = make([]byte, 0, end-saved+16*len(spans))
	at := 0
	for i, s := range spans {
		if s.end > end {
			spans = spans[:i]
			break
		}
		light = append(light, b[at:s.start]...)
		light = append(light, textMark...)
		light = strconv.AppendInt(light, int64(i), 10)
		at = s.end
	}
	return append(light, b[at:end]...), spans
}

// restore gives back the text that stands behind a mark; anything else is returned as it is.
func (r *reader) restore(s string) string {
	if len(r.texts) == 0 || !strings.HasPrefix(s, textMark) {
		return s
	}
	n, err := strconv.Atoi(s[len(textMark):])
	if err != nil || n < 0 || n >= len(r.texts) {
		return s
	}
	b := bytes.TrimSpace(r.whole[r.texts[n].start:r.texts[n].end])
	if bytes.HasPrefix(b, []byte("<![CDATA[")) {
		return string(b[9 : len(b)-3])
	}
	if bytes.IndexByte(b, '&') < 0 {
		return string(b)
	}
	r.buffer.Reset()
	decodeReferences(&r.buffer, b, nil)
	return r.buffer.String()
}
