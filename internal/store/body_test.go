package store

import (
	"bytes"
	"reflect"
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
	for _, it := range []feed.Item{full, noted, {}, {Content: "only"}, {Shown: feed.PictureNote{Credit: "B"}}, {Place: &feed.Point{Lat: 1}}} {
		var back feed.Item
		if err := s.unpack(s.pack(&it), &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(it, back) {
			t.Errorf("packed %+v\nunpacked %+v", it, back)
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
	old := `{"c":"<p>x</p>","b":"https://a.example/","l":"vi","i":"https://a.example/i.png","a":[{"name":"A","url":"https://a.example/a"}],"g":["k"],"e":[{"url":"https://a.example/e.mp3","type":"audio/mpeg","length":7}]}`
	var got feed.Item
	if err := s.unpack(s.enc.EncodeAll([]byte(old), nil), &got); err != nil {
		t.Fatal(err)
	}
	want := feed.Item{Content: "<p>x</p>", Base: "https://a.example/", Language: "vi", Image: "https://a.example/i.png",
		Authors: []feed.Person{{Name: "A", URL: "https://a.example/a"}}, Categories: []string{"k"},
		Enclosures: []feed.Enclosure{{URL: "https://a.example/e.mp3", Type: "audio/mpeg", Length: 7}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

// Whatever a damaged file holds, reading it ends with an error or an item that packs to the same.
func FuzzBody(f *testing.F) {
	s := bodyCodec(f)
	it := feed.Item{Content: "c", Language: "en", Authors: []feed.Person{{Name: "n"}}, Categories: []string{"g"}, Enclosures: []feed.Enclosure{{URL: "u", Length: -1}}}
	raw, err := s.dec.DecodeAll(s.pack(&it), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte{bodyForm, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Add([]byte("{}"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var got, again feed.Item
		if readBody(bytes.Clone(raw), &got) != nil {
			return
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
