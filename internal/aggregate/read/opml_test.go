package read

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// TestOPML reads what other readers export, and what people write by hand, whole.
func TestOPML(t *testing.T) {
	for name, want := range map[string][]string{
		"freshrss": {
			"Không phân loại | Nhật ký Bến Sao | https://ben-sao.example/rss?muc=1&so=20",
			"Kinh tế & Thị trường | Chợ Quê | https://cho-que.example/feed",
			"Kinh tế & Thị trường | Trang không có feed | ! it is a page read by HTML+XPath rules; feedd discover https://trang.example/tin proposes selectors",
			"Kinh tế & Thị trường | Trang XML | ! it is a page read by XML+XPath rules; feedd discover https://trang.example/tin.xml proposes selectors",
			"Kinh tế & Thị trường | Số liệu | ! it is a page read by JSON+DotNotation rules; feedd discover https://so-lieu.example/api.json proposes selectors",
			"Kinh tế & Thị trường | Số liệu trong trang | ! it is a page read by HTML+XPath+JSON+DotNotation rules; feedd discover https://so-lieu.example/ proposes selectors",
			"Kinh tế & Thị trường | Bản tin JSON | https://ban-tin.example/feed.json",
			"Kinh tế & Thị trường | Ép buộc | https://ep.example/rss?a=1",
			"Kinh tế & Thị trường | Có mật khẩu | ! its address holds a login; write it by hand, with basic_auth",
			" | Danh sách của bạn | ! the feeds of this folder come from the list at https://ban.example/blogroll.opml, which can be imported itself",
			"Danh sách chung | Trong danh sách | https://trong.example/feed",
		},
		"miniflux": {
			"All | The Harbour Gazette | https://harbour.example/atom.xml",
			"Công nghệ | Đồi Gió | https://doi-gio.example/feed.json",
			"Công nghệ | Q&A <hỏi đáp> | https://hoi-dap.example/rss?x=1&y=2",
		},
		"feedly": {
			"Must reads | The Salt Road | http://feeds.example.com/SaltRoad",
			"Báo | The Salt Road | http://feeds.example.com/SaltRoad",
			"Báo | Tin Đồng Lúa | https://dong-lua.example/rss.xml",
			" | Ngoài thư mục | https://ngoai.example/rss",
		},
		"inoreader": {
			" | @songtrang | https://mastodon.example/@songtrang.rss",
			"Thể thao | Sân Cỏ | https://san-co.example/rss",
			`Thể thao | Tin "nhanh" & gọn | http://tin-nhanh.example/?feed=rss2&cat=5`,
			"Đọc sau | Sân Cỏ | https://san-co.example/rss",
		},
		"netnewswire": {
			" | Daring Sailboat | https://sailboat.example/feeds/main",
			" |  | https://no-name.example/rss",
			"Weather | Tides & Moons | https://tides.example/rss",
			`Weather | Lan's "sky" | https://sky.example/rss?a=1&b=2`,
		},
		"newsboat": {
			" | A in a terminal | https://newsboat-a.example/rss",
			" |  | https://newsboat-b.example/rss?x=1&y=2",
			" |  | https://newsboat-c.example/a%20b",
		},
		"newsboat-2": {
			"kinh tế | A in a terminal | https://newsboat-a.example/rss",
			" |  | https://newsboat-b.example/rss",
			"công nghệ/máy tính | C | https://newsboat-c.example/rss",
		},
		"by-hand": {
			`News & Views/Politics | Café — "Le Monde" fort | https://cafe.example/rss?a=1&b=2&copy=3`,
			"News & Views/Politics | No end | http://no-end.example/rss",
			"News & Views | Unquoted | https://unquoted.example/rss",
			" | A > B | https://twice.example/rss?x=1&y=2",
			" | No scheme | https://noscheme.example/rss",
			" | Two lines of a title | https://two-lines.example/rss",
			" | A program | ! a program makes it",
			" | Mail | ! its address mailto:me@example.org is not on the web",
			" | Nothing | ! it has no address",
			" | Another list | ! it is a link to another list, not a feed",
			" | By url | https://by-url.example/atom",
			" | After too many ends | https://after.example/rss",
		},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata/opml", name+".opml"))
			if err != nil {
				t.Fatal(err)
			}
			list, err := OPML(data)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			lines := strings.Split(string(data), "\n")
			for _, s := range list {
				what := s.URL
				if s.Fault != "" {
					what += "! " + s.Fault
				}
				got = append(got, strings.Join(s.Folders, "/")+" | "+s.Title+" | "+what)
				if !strings.Contains(strings.ToLower(lines[s.Line-1]), "<outline") {
					t.Errorf("%s is said to stand on line %d: %s", s.Title, s.Line, lines[s.Line-1])
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOPMLInOtherEncodings(t *testing.T) {
	text := `<?xml version="1.0" encoding="UTF-16"?><opml version="2.0"><body><outline text="Đồng Lúa" xmlUrl="https://a.example/rss"/></body></opml>`
	data := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		data = binary.LittleEndian.AppendUint16(data, u)
	}
	latin := "<?xml version='1.0' encoding='ISO-8859-1'?><opml><body><outline text='Caf\xe9' xmlUrl='https://a.example/rss'/></body></opml>"
	for want, data := range map[string][]byte{"Đồng Lúa": data, "Café": []byte(latin)} {
		list, err := OPML(data)
		if err != nil || len(list) != 1 || list[0].Title != want {
			t.Errorf("%+v, %v, want %s", list, err, want)
		}
	}
	for _, no := range []string{"", "hello", "<rss><channel/></rss>", "<html><body>x</body></html>"} {
		if list, err := OPML([]byte(no)); err == nil {
			t.Errorf("%q was read as %+v", no, list)
		}
	}
}

func TestLargeOPML(t *testing.T) {
	var b strings.Builder
	b.WriteString("<opml><body>")
	for n := range 2000 {
		fmt.Fprintf(&b, "<outline text='%d'><outline title='Feed %d' xmlUrl='https://h%d.example/rss?a=1&b=%d'/></outline>\n", n%40, n, n, n)
	}
	list, err := OPML([]byte(b.String()))
	if err != nil || len(list) != 2000 || list[1999].Folders[0] != "39" || list[1999].Line != 2000 {
		t.Fatalf("%d feeds, %v", len(list), err)
	}
	deep := strings.Repeat("<outline text='x'>", 10_000) + "<outline xmlUrl='https://a.example/rss'/>"
	if list, err := OPML([]byte(deep)); err != nil || len(list) != 1 || len(list[0].Folders) > maxFolders {
		t.Errorf("%d feeds, %v", len(list), err)
	}
}

func FuzzOPML(f *testing.F) {
	files, _ := filepath.Glob("testdata/opml/*.opml")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, _ := OPML(data)
		for _, s := range list {
			if (s.URL == "") != (s.Fault != "") || s.Line < 1 || s.URL != "" && !strings.HasPrefix(s.URL, "http") {
				t.Errorf("%+v", s)
			}
		}
	})
}
