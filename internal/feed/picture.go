package feed

import (
	"strconv"
	"strings"
)

// Which picture an <img> shows, and which pictures are an item's: not the blank that stands in for one
// that is loaded later, not a face, a smile, a button or a counter.

// PictureNote is what a source says of a picture: its size in pixels, 0 when that is not known, what it
// shows and who made it, in plain text of one line.
type PictureNote struct {
	Width   int    `json:"width,omitempty"`
	Height  int    `json:"height,omitempty"`
	Caption string `json:"caption,omitempty"`
	Credit  string `json:"credit,omitempty"`
}

// lazySources are the attributes in which scripts that load pictures late keep the address.
var lazySources = []string{"data-src", "data-lazy-src", "data-original", "data-lazy", "data-lazyload", "data-echo", "data-url", "data-image",
	"data-img-src", "data-img-url", "data-cfsrc", "data-ll-src", "data-hi-res-src", "data-full-src", "data-large-file", "data-orig-file", "data-orig-src",
	"data-flickity-lazyload", "data-actualsrc", "data-src-medium", "data-ezsrc", "nitro-lazy-src", "data-breeze", "data-thumb", "data-photo", "file"}

// lazySets are those in which they keep a set of sizes; srcset is the browser's own.
var lazySets = []string{"data-srcset", "data-lazy-srcset", "data-original-set", "nitro-lazy-srcset", "srcset"}

// PictureSource is the address of the picture that an <img> shows or will show, by its attributes: what
// is loaded late before the blank that stands in its place. It is empty when there is none but such a
// blank.
func PictureSource(attr func(name string) string) string {
	for _, name := range lazySources {
		if v := strings.TrimSpace(attr(name)); isPictureAddress(v) {
			return v
		}
	}
	src := strings.TrimSpace(attr("src"))
	if isPictureAddress(src) {
		return src
	}
	for _, name := range lazySets {
		if v := LargestOf(attr(name)); isPictureAddress(v) {
			return v
		}
	}
	return ""
}

// LargestPicture is PictureSource, or the largest sensible size that an <img> offers beside it, with its size
// in pixels where its attributes tell that of this very file.
func LargestPicture(attr func(name string) string) (src string, width, height int) {
	src = PictureSource(attr)
	width, height = Pixels(attr("width")), Pixels(attr("height"))
	for _, name := range lazySets {
		largest, size, byWidth := largestOf(attr(name))
		switch {
		case largest == "" || largest == src || !isPictureAddress(largest):
		case byWidth && size > float64(width), !byWidth && size > 1:
			return largest, 0, 0
		}
	}
	return src, width, height
}

// isPictureAddress is false of what holds no picture: data in place of an address, a blank.
func isPictureAddress(v string) bool {
	if v == "" || len(v) > 4096 || strings.HasPrefix(v, "data:") || strings.HasPrefix(v, "about:") || strings.HasPrefix(v, "javascript:") || strings.ContainsAny(v, "<>{\n") {
		return false
	}
	if !strings.ContainsAny(v, "/.") {
		return false
	}
	name := strings.ToLower(v[strings.LastIndexByte(strings.TrimRight(v, "/"), '/')+1:])
	name, _, _ = strings.Cut(name, "?")
	for _, blank := range [...]string{"blank.", "spacer.", "placeholder", "transparent.", "transparent-", "1x1", "pixel.", "trans.gif", "clear.gif", "loading.", "loader.",
		"lazy.", "lazyload", "lazy-load", "grey.gif", "gray.gif", "dot.gif", "empty.", "x.gif", "default-image", "no-image", "noimage"} {
		if strings.HasPrefix(name, blank) {
			return false
		}
	}
	return true
}

// LargestWidth is how wide, in pixels, a picture may be to be sensible in a feed.
const LargestWidth = 2048

// LargestOf is the address of the largest sensible candidate of a srcset ("a.jpg 640w, b.jpg 1280w",
// "a.jpg, b.jpg 2x"); empty when there is none.
func LargestOf(srcset string) string {
	best, _, _ := largestOf(srcset)
	return best
}

// largestOf is LargestOf with the size that it goes by: a width in pixels, else how many pixels of the picture
// make one of the page.
func largestOf(srcset string) (best string, most float64, byWidth bool) {
	most = -1
	for srcset = strings.TrimSpace(srcset); srcset != ""; {
		// An address ends at white space; commas may be part of it.
		end := strings.IndexAny(srcset, " \t\n\r")
		address, rest := srcset, ""
		if end >= 0 {
			address, rest = srcset[:end], srcset[end:]
		}
		descriptor := ""
		if trimmed := strings.TrimRight(address, ","); trimmed != address {
			address = trimmed
		} else {
			descriptor, rest, _ = strings.Cut(rest, ",")
		}
		size := 1.0
		if d := strings.TrimSpace(descriptor); d != "" {
			if v, err := strconv.ParseFloat(strings.TrimRight(d, "wxh"), 64); err == nil {
				size = v
			}
		}
		if size > LargestWidth {
			size = 1 / size // better than none
		}
		if address != "" && size > most {
			best, most, byWidth = address, size, strings.HasSuffix(strings.TrimSpace(descriptor), "w")
		}
		srcset = strings.TrimLeft(rest, " \t\n\r,")
	}
	return best, most, byWidth
}

// Decorates is true of a picture that is none of the item's: a face, a smile, a button, a counter, a banner. Class
// is that of its <img>; width and height are what the source says, 0 when it says nothing.
func Decorates(src, class string, width, height int) bool {
	if Counts(src) || width > 0 && height > 0 && (width <= 48 && height <= 48 || height <= 100 && width >= 5*height) || width > 0 && width <= 2 || height > 0 && height <= 2 {
		return true
	}
	for part := range strings.SplitSeq(src, "/") {
		if part != "" && decorative(part) {
			return true
		}
	}
	class = strings.ToLower(class)
	for name := range strings.FieldsSeq(class) {
		switch {
		case strings.Contains(name, "avatar"), strings.Contains(name, "emoji"), strings.Contains(name, "smiley"), strings.Contains(name, "emoticon"),
			name == "userpic", name == "icon", name == "share", strings.HasPrefix(name, "icon-"), strings.Contains(name, "tracking"), strings.Contains(name, "pixel"):
			return true
		}
	}
	return false
}

// decorative judges a part of an address, between two slashes: its host, a folder, or its name.
func decorative(part string) bool {
	var marks []string
	switch part[0] | 0x20 {
	case 'a':
		if rest, ok := strings.CutPrefix(strings.ToLower(part), "avatar"); ok { // not "avatar-film-premiere.jpg"
			return rest == "" || rest == "s" || rest[0] == '.' || rest[0] == '?' || rest[0] == '_' || strings.HasPrefix(rest, "s.")
		}
	case 'b':
		marks = []string{"blank.gif", "beacon"}
	case 'e':
		marks = []string{"emoji", "emoticon"}
	case 'f':
		marks = []string{"favicon"}
	case 'i':
		if strings.EqualFold(part, "icons") {
			return true
		}
		marks = []string{"icon.", "icon_"}
	case 'g', 's', 'w':
		if strings.HasSuffix(part, "gravatar.com") {
			return true
		}
		marks = []string{"smilies", "smiley", "spacer.", "share-", "social-icons", "wp-includes"}
	case 'p':
		marks = []string{"pixel.", "pixel?", "profile_images"}
	case 't':
		marks = []string{"twemoji"}
	case 'u':
		marks = []string{"userpic", "ui-avatars"}
	case '1':
		marks = []string{"1x1."}
	default:
		return strings.HasSuffix(part, "gravatar.com")
	}
	for _, mark := range marks {
		if len(part) >= len(mark) && strings.EqualFold(part[:len(mark)], mark) {
			return true
		}
	}
	return strings.HasSuffix(part, "gravatar.com")
}

// Pixels is a length of HTML in pixels: "640", "640px"; 0 for what is none.
func Pixels(s string) int {
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(s), "px"))
	if err != nil || n < 0 {
		return 0
	}
	return n
}
