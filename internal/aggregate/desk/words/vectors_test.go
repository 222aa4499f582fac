package words

import (
	"encoding/binary"
	"maps"
	"slices"
	"testing"
)

// vectorTable is a table of some terms, each with one coordinate.
func vectorTable(coordinates map[uint32][2]int) []byte {
	raw := binary.LittleEndian.AppendUint32([]byte("of a test\n"), uint32(len(coordinates)))
	var rows []byte
	for _, term := range slices.Sorted(maps.Keys(coordinates)) {
		at := coordinates[term]
		raw = binary.LittleEndian.AppendUint32(raw, term)
		row := make([]byte, Dimensions)
		row[at[0]] = byte(int8(at[1]))
		rows = append(rows, row...)
	}
	return append(raw, rows...)
}

func TestDirections(t *testing.T) {
	v, err := readVectors(vectorTable(map[uint32][2]int{1: {0, 100}, 2: {9, 100}, 3: {0, -100}, 4: {9, -127}}))
	if err != nil {
		t.Fatal(err)
	}
	if d, known := v.direction([]uint32{1, 77}); known {
		t.Errorf("one known word gives the direction %v", d)
	}
	if d, known := v.direction([]uint32{1, 3}); known {
		t.Errorf("what cancels out gives the direction %v", d)
	}
	if _, err := readVectors([]byte("of a test\n\x05\x00\x00\x00")); err == nil {
		t.Error("a table that is cut off was read")
	}
}

// Two outlets tell one event in words of their own; what has nothing to do with it points elsewhere.
func TestHeadlinesOfOneSubjectPointOneWay(t *testing.T) {
	rd := NewReader(nil)
	a := rd.Read("Ca sĩ mở màn đêm nhạc tại sân vận động", "")
	one, known := a.Cosine(rd.Read("Nghệ sĩ biểu diễn trong chương trình ca nhạc", ""))
	other, too := a.Cosine(rd.Read("Giá xăng dầu trong nước giảm từ chiều nay", ""))
	if !known || !too || one < other+0.2 {
		t.Errorf("cosine %.2f with a headline of its subject, %.2f with another", one, other)
	}
	if itself, _ := a.Cosine(a); itself < 0.97 {
		t.Errorf("cosine %.3f with itself", itself)
	}
	if _, known := a.Cosine(rd.Read("Singer opens the concert in the stadium", "")); known {
		t.Error("an English headline has a direction by Vietnamese vectors")
	}
	if _, known := a.Cosine(rd.Read("Ca sĩ mở màn đêm nhạc", "Đêm nhạc diễn ra tối qua tại sân vận động của thành phố.")); known {
		t.Error("a headline with its summary is compared by vectors")
	}
}

// BenchmarkBearing is what its direction adds to reading a headline.
func BenchmarkBearing(b *testing.B) {
	terms := NewReader(nil).Read("Ca sĩ mở màn đêm nhạc tại sân vận động Mỹ Đình tối qua trước hàng nghìn khán giả", "").Terms()
	v := vietnameseVectors()
	for b.Loop() {
		v.direction(terms)
	}
}

// BenchmarkCosine is what it adds to comparing two.
func BenchmarkCosine(b *testing.B) {
	rd := NewReader(nil)
	x, y := rd.Read("Ca sĩ mở màn đêm nhạc tại sân vận động", ""), rd.Read("Nghệ sĩ biểu diễn trong chương trình ca nhạc", "")
	for b.Loop() {
		x.Cosine(y)
	}
}
