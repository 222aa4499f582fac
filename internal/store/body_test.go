package store

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"feedd/internal/feed"
)

// bodyCodec is a store that can pack and unpack and nothing else.
func bodyCodec(t testing.TB) *Store {
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dec.Close)
	return &Store{enc: enc, dec: dec}
}

// fillIn gives every field of a struct another value, so that one which is forgotten is missed.
func fillIn(v reflect.Value, next *int) {
	*next++
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fillIn(v.Field(i), next)
		}
	case reflect.String:
		v.SetString(string(rune('à'+*next)) + "\n\"<b>")
	case reflect.Int64:
		v.SetInt(int64(-*next))
	}
}

func TestBodyKeepsAll(t *testing.T) {
	s := bodyCodec(t)
	n := 0
	full := feed.Item{Content: "<p>Một \"hai\"\x00 ba</p>", Base: "https://news.example/", Language: "vi", Image: "https://news.example/a.jpg",
		Authors: make([]feed.Person, 2), Categories: []string{"a", "", "b"}, Enclosures: make([]feed.Enclosure, 3)}
	for i := range full.Authors {
		fillIn(reflect.ValueOf(&full.Authors[i]).Elem(), &n)
	}
	for i := range full.Enclosures {
		fillIn(reflect.ValueOf(&full.Enclosures[i]).Elem(), &n)
	}
	noted := full
	noted.Shown, noted.Place = feed.PictureNote{Width: 1200, Height: 800, Caption: "Cầu", Credit: "A"}, &feed.Point{Lat: -21.028511, Long: 105.804817}
	middling, long := full, full // packed with S2, and with zstd
	middling.Content, long.Content = strings.Repeat("<p>Một hai ba</p>", 100), strings.Repeat("<p>Một hai ba</p>", 1000)
	for _, it := range []feed.Item{full, noted, middling, long, {}, {Content: "only"}, {Language: "vi"}, {Shown: feed.PictureNote{Credit: "B"}}, {Place: &feed.Point{Lat: 1}}} {
		var back feed.Item
		packed := s.pack(&it)
		if err := s.unpack(packed, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(it, back) {
			t.Errorf("packed %+v\nunpacked %+v", it, back)
		}
		if len(it.Content) > 1000 && len(packed) > len(it.Content)/4 {
			t.Errorf("%d bytes are %d when packed", len(it.Content), len(packed))
		}
		head := feed.Item{Content: "of the one before"}
		if err := s.unpackHead(packed, &head); err != nil {
			t.Fatal(err)
		}
		if want := (feed.Item{Language: it.Language, Authors: it.Authors, Categories: it.Categories}); !reflect.DeepEqual(head, want) {
			t.Errorf("the head is %+v, want %+v", head, want)
		}
	}
}

func TestBodyHasOnlyCharacters(t *testing.T) {
	s := bodyCodec(t)
	var back feed.Item
	if err := s.unpack(s.pack(&feed.Item{Content: "a\xff\xfeb"}), &back); err != nil || back.Content != "a\uFFFD\uFFFDb" {
		t.Errorf("%q, %v", back.Content, err)
	}
}

func TestBodyOfOlderStores(t *testing.T) {
	s := bodyCodec(t)
	want := feed.Item{Content: "<p>x</p>", Base: "https://a.example/", Language: "vi", Image: "https://a.example/i.png",
		Authors: []feed.Person{{Name: "A", URL: "https://a.example/a"}}, Categories: []string{"k"},
		Enclosures: []feed.Enclosure{{URL: "https://a.example/e.mp3", Type: "audio/mpeg", Length: 7}}}
	noted := want
	noted.Shown, noted.Place = feed.PictureNote{Width: 1200, Caption: "Cầu"}, &feed.Point{Lat: -21.5, Long: 105}
	for name, c := range map[string]struct {
		raw  []byte
		want feed.Item
	}{
		"JSON": {[]byte(`{"c":"<p>x</p>","b":"https://a.example/","l":"vi","i":"https://a.example/i.png","a":[{"name":"A","url":"https://a.example/a"}],` +
			`"g":["k"],"e":[{"url":"https://a.example/e.mp3","type":"audio/mpeg","length":7}]}`), want},
		"in one piece":           {inOnePiece(&want, bodyForm), want},
		"in one piece and noted": {inOnePiece(&noted, bodyNoted), noted},
	} {
		for _, unpack := range []func([]byte, *feed.Item) error{s.unpack, s.unpackHead} {
			var got feed.Item
			if err := unpack(s.enc.EncodeAll(c.raw, nil), &got); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s: got %+v", name, got)
			}
		}
	}
}

// inOnePiece is a body of an item with one author, category and enclosure in one of the forms without a head.
func inOnePiece(it *feed.Item, form byte) []byte {
	w := bodyWriter{form}
	w.text(it.Content, it.Base, it.Language, it.Image)
	w.number(1)
	w.text(it.Authors[0].Name, it.Authors[0].Email, it.Authors[0].URL)
	w.number(1)
	w.text(it.Categories[0])
	w.number(1)
	w.text(it.Enclosures[0].URL, it.Enclosures[0].Type)
	w.number(it.Enclosures[0].Length)
	if form == bodyNoted {
		w.noted(it)
	}
	return w
}

// Whatever a damaged file holds, reading it ends with an error or an item that packs to the same.
func FuzzBody(f *testing.F) {
	s := bodyCodec(f)
	it := feed.Item{Content: "c", Language: "en", Authors: []feed.Person{{Name: "n"}}, Categories: []string{"g"}, Enclosures: []feed.Enclosure{{URL: "u", Length: -1}}}
	long := it
	long.Content = strings.Repeat("Một hai ba ", 30)
	for _, blob := range [][]byte{
		s.pack(&it), s.pack(&long), s.pack(&feed.Item{}),
		s.enc.EncodeAll(inOnePiece(&it, bodyForm), nil), s.enc.EncodeAll([]byte("{}"), nil),
		s.enc.EncodeAll([]byte{bodyForm, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, nil),
		{bodyApart, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, {bodyApart, 0}, {bodyApart, 3, 0, 0, 0, withS2, 0xff, 0xff, 0xff, 0x7f}, {},
	} {
		f.Add(blob)
	}
	f.Fuzz(func(t *testing.T, blob []byte) {
		var got, again, head feed.Item
		if s.unpack(bytes.Clone(blob), &got) != nil {
			return
		}
		if err := s.unpackHead(blob, &head); err != nil || head.Language != got.Language || !reflect.DeepEqual(head.Authors, got.Authors) {
			t.Fatalf("%+v has the head %+v: %v", got, head, err)
		}
		if err := s.unpack(s.pack(&got), &again); err != nil {
			t.Fatal(err)
		}
		var third feed.Item
		if err := s.unpack(s.pack(&again), &third); err != nil || !reflect.DeepEqual(again, third) {
			t.Fatalf("%+v\n%+v: %v", again, third, err)
		}
	})
}
