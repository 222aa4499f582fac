package sections

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"feedd/internal/feed"
)

// fields is a set of the parts of an item that a rule may look in.
type fields uint16

const (
	inTitle fields = 1 << iota
	inSummary
	inContent
	inAuthor
	inCategory
	inURL
	inSource
	inLanguage
)

var fieldNames = map[string]fields{
	"title": inTitle, "summary": inSummary, "content": inContent, "author": inAuthor,
	"category": inCategory, "url": inURL, "source": inSource, "language": inLanguage,
}

// FieldNames are the names that `in:` of a rule takes.
func FieldNames() []string {
	names := make([]string, 0, len(fieldNames))
	for n := range fieldNames {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// script says how a passage treats diacritics.
type script uint8

const (
	accented   script = iota // Vietnamese with diacritics, or any text that has some
	unaccented               // Vietnamese typed without them
	foreign                  // no Vietnamese, no diacritics
)

// passage is one stretch of an item's text, in words.
type passage struct {
	field  fields
	text   string // plain, NFC
	words  []feed.Word
	script script
}

// reading is an item as rules and the learned model see it. The title's passage is the first, the
// summary's the second.
type reading struct {
	passages []passage
	language string // "vi", "en", …; "" when nothing tells
}

// begin takes an item whose text may not be asked for: only its language is looked at.
func (r *reading) begin(it *feed.Item, src feed.Source) {
	r.language = languageOf(it, src)
	r.passages = r.passages[:0]
}

// read takes an item apart. Only the wanted fields beyond title and summary are looked at.
func (r *reading) read(it *feed.Item, src feed.Source, want fields) {
	r.begin(it, src)
	r.add(inTitle, it.Title)
	r.add(inSummary, feed.PlainText(it.SummaryHead()))
	if want&inContent != 0 {
		r.add(inContent, feed.PlainText(it.ContentHead()))
	}
	if want&inAuthor != 0 {
		for _, p := range it.Authors {
			r.add(inAuthor, p.Name)
			r.add(inAuthor, p.Email)
		}
	}
	if want&inCategory != 0 {
		for _, c := range it.Categories {
			r.add(inCategory, c)
		}
	}
	if want&inURL != 0 {
		r.add(inURL, it.URL)
	}
	if want&inSource != 0 {
		r.add(inSource, it.Source)
		r.add(inSource, src.Title)
	}
	if want&inLanguage != 0 {
		r.add(inLanguage, r.language)
	}
}

func (r *reading) add(f fields, text string) {
	n := len(r.passages)
	if n < cap(r.passages) {
		r.passages = r.passages[:n+1]
	} else {
		r.passages = append(r.passages, passage{})
	}
	p := &r.passages[n] // its words' memory is used again
	p.field, p.text = f, composed(text)
	p.words = feed.Cut(p.words[:0], p.text)
	p.script = scriptOf(p.words, f, r.language)
}

// composed is NFC. Nearly every text is, and consists of letters of which that is plain to see.
func composed(text string) string {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c < 0x80:
			i++
		case c >= 0xC2 && c <= 0xCB && i+1 < len(text): // U+0080 to U+02FF
			i += 2
		case c == 0xE1 && i+2 < len(text) && text[i+1] >= 0xB8 && text[i+1] <= 0xBB, // U+1E00 to U+1EFF
			c == 0xE2 && i+2 < len(text) && text[i+1] == 0x80 && text[i+2] >= 0x90: // dashes, quotes
			i += 3
		default:
			return norm.NFC.String(text)
		}
	}
	return text
}

// scriptOf decides whether a passage without diacritics is Vietnamese typed without them: its
// words must have the shape of Vietnamese syllables, half of them where the item is known to be
// Vietnamese, two thirds where nothing is known. "Arsenal – Man City" in a Vietnamese feed is
// thus no place to look for "mặn". Words without a vowel, such as GDP, tell nothing. Addresses and
// ids never have diacritics.
func scriptOf(words []feed.Word, f fields, language string) script {
	for i := range words {
		if words[i].Marked {
			return accented
		}
	}
	if f == inURL || f == inSource {
		return unaccented
	}
	if language != "vi" && language != "" {
		return foreign
	}
	if shaped, told := vietnameseShape(words); shaped*3 >= told*2 || language == "vi" && shaped*2 >= told {
		return unaccented
	}
	return foreign
}

// vietnameseShape counts the words that have a vowel and, of those, the ones that have the shape
// of a Vietnamese syllable.
func vietnameseShape(words []feed.Word) (shaped, told int) {
	for i := range words {
		if fold := words[i].Fold; strings.ContainsAny(fold, "aeiouy") {
			told++
			if syllable(fold) {
				shaped++
			}
		}
	}
	return shaped, told
}

// languageOf returns the primary subtag of an item's language. The editor's word on the source
// counts most; then letters that only Vietnamese has, since Vietnamese feeds often claim to be
// English; then what the feed claims. Where nothing is claimed, a title in the shape of Vietnamese
// is taken for Vietnamese without diacritics.
func languageOf(it *feed.Item, src feed.Source) string {
	switch {
	case src.Language != "":
		return primary(src.Language)
	case Vietnamese(it.Title) || Vietnamese(it.Summary):
		return "vi"
	case it.Language != "":
		return primary(it.Language)
	}
	const fewest = 3
	if shaped, told := vietnameseShape(feed.Cut(nil, it.Title)); told >= fewest && shaped*3 >= told*2 {
		return "vi"
	}
	return ""
}

// primary returns the primary language subtag in lower case: "vi" of "vi-VN".
func primary(tag string) string {
	tag = strings.TrimSpace(tag)
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		tag = tag[:i]
	}
	return strings.ToLower(tag)
}
