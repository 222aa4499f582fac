package read

import "unicode/utf8"

// The Vietnamese code pages that no registry has. In both some capitals sit where ASCII has
// control characters.

// codePage is the upper half of an 8-bit code page, and what it puts in the lower.
type codePage struct {
	upper [128]rune
	lower map[byte]rune
}

// viscii is VISCII 1.1 (RFC 1456); tcvn is TCVN 5712-1:1993, whose fonts were called TCVN3 or ABC.
var (
	viscii = makeCodePage(visciiUpper, map[byte]rune{0x02: 'Ẳ', 0x05: 'Ẵ', 0x06: 'Ẫ', 0x14: 'Ỷ', 0x19: 'Ỹ', 0x1e: 'Ỵ'})
	tcvn   = makeCodePage(tcvnUpper, map[byte]rune{0x01: 'Ú', 0x02: 'Ụ', 0x04: 'Ừ', 0x05: 'Ử', 0x06: 'Ữ', 0x11: 'Ứ', 0x12: 'Ự', 0x13: 'Ỳ', 0x14: 'Ỷ', 0x15: 'Ỹ', 0x16: 'Ý', 0x17: 'Ỵ'})
)

const (
	visciiUpper = "" +
		"ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ" +
		"ÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ" +
		"ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư" +
		"àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
	tcvnUpper = "" +
		"ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ" +
		"\u00a0ĂÂÊÔƠƯĐăâêôơưđẰ\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴ" +
		"ẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịò" +
		"ỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
)

func makeCodePage(upper string, lower map[byte]rune) *codePage {
	p := &codePage{lower: lower}
	copy(p.upper[:], []rune(upper))
	return p
}

// vietnamese returns the code page of a label, or nil.
func vietnamese(label string) *codePage {
	switch label {
	case "viscii", "viscii1.1", "viscii1.1-1", "csviscii", "x-viet-viscii":
		return viscii
	case "tcvn", "tcvn3", "tcvn-3", "abc", "tcvn-5712", "tcvn5712", "tcvn5712-1", "tcvn5712-1:1993", "tcvn-5712-1", "x-viet-tcvn", "x-viet-tcvn5712", "x-tcvn":
		return tcvn
	}
	return nil
}

func decodeTable(b []byte, p *codePage) []byte {
	out := make([]byte, 0, len(b)+len(b)/2)
	for _, c := range b {
		switch {
		case c >= 0x80:
			out = utf8.AppendRune(out, p.upper[c-0x80])
		case c < 0x20 && p.lower[c] != 0:
			out = utf8.AppendRune(out, p.lower[c])
		default:
			out = append(out, c)
		}
	}
	return out
}
