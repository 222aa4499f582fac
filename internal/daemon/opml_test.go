package daemon

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"feedd/internal/aggregate/read"
	"feedd/internal/config"
	"feedd/internal/feed"
)

// importInto writes a list into a new configuration and returns it.
func importInto(t *testing.T, data []byte) (Imported, *config.Config) {
	t.Helper()
	list, err := read.OPML(data)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDraft(Place{Config: filepath.Join(t.TempDir(), "feeds.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	done := d.Import(list)
	if err := d.Add(t.Context(), config.Addition{Sections: done.Sections, Sources: done.Sources}); err != nil {
		t.Fatal(err)
	}
	return done, d.Config
}

// TestExportedComesBack exports the shipped configuration and imports it: the sources are the same.
func TestExportedComesBack(t *testing.T) {
	shipped, err := LoadConfig("../../config/feeds.yaml")
	if err != nil {
		t.Fatal(err)
	}
	list, err := shipped.OPML(read.FeeddOPML)
	if err != nil {
		t.Fatal(err)
	}
	_, got := importInto(t, list)
	type same struct {
		ID, Title, URL, Section, Language string
		Page                              *feed.Page
	}
	of := func(c *config.Config) (all []same) {
		for _, s := range c.Sources {
			all = append(all, same{s.ID, s.Title, s.URL, s.Section, s.Language, s.Page})
		}
		return all
	}
	byID := cmpopts.SortSlices(func(a, b same) bool { return a.ID < b.ID })
	if diff := cmp.Diff(of(shipped), of(got), byID); diff != "" {
		t.Error(diff)
	}
	for i, s := range got.Sections {
		if s.ID != shipped.Sections[i].ID || s.Title != shipped.Sections[i].Title {
			t.Errorf("section %s: %s", s.ID, s.Title)
		}
	}
}

// TestReadersLists imports what six readers write: every feed is a source or is told of with the reason.
func TestReadersLists(t *testing.T) {
	for name, want := range map[string]struct {
		sources, twice, not int
		sections            string
	}{
		"feedly":      {3, 1, 0, "must-reads bao"},
		"freshrss":    {5, 0, 6, "kinh-te-thi-truong danh-sach-chung"},
		"inoreader":   {3, 1, 0, "the-thao"},
		"miniflux":    {3, 0, 0, "cong-nghe"},
		"netnewswire": {4, 0, 0, "weather"},
		"newsboat":    {3, 0, 0, ""},
		"newsboat-2":  {3, 0, 0, "kinh-te cong-nghe-may-tinh"},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile("../aggregate/read/testdata/opml/" + name + ".opml")
			if err != nil {
				t.Fatal(err)
			}
			done, got := importInto(t, data)
			var ids []string
			for _, s := range got.Sections {
				ids = append(ids, s.ID)
			}
			if sections := strings.Join(ids, " "); len(got.Sources) != want.sources || len(done.Twice) != want.twice || len(done.Not) != want.not || sections != want.sections {
				t.Errorf("%d sources, %d twice, %d not, sections %s; want %+v", len(got.Sources), len(done.Twice), len(done.Not), sections, want)
			}
			if done.Feeds != len(done.Sources)+len(done.Twice)+len(done.Not)+len(done.There) {
				t.Errorf("%d of %d feeds are told of", len(done.Sources)+len(done.Twice)+len(done.Not), done.Feeds)
			}
			for _, s := range done.Not {
				if s.Why == "" || strings.Contains(s.Title+s.URL+s.Why, "bi-mat") {
					t.Errorf("not taken: %+v", s)
				}
			}
		})
	}
}

// TestNewsboatExports imports what newsboat itself writes.
func TestNewsboatExports(t *testing.T) {
	newsboat, err := exec.LookPath("newsboat")
	if err != nil {
		t.Skip("newsboat is not installed: its own export is not tried")
	}
	dir := t.TempDir()
	urls := "https://a.example/rss \"kinh tế\" \"~Tên riêng\"\nhttps://b.example/rss?x=1&y=2 !\n\"query:Chưa đọc:unread = \\\"yes\\\"\" all\nexec:~/bin/x\nfilter:~/bin/y:https://c.example/rss\n\"https://d.example/a b\"\n"
	if err := os.WriteFile(filepath.Join(dir, "urls"), []byte(urls), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), newsboat, "-u", filepath.Join(dir, "urls"), "-c", filepath.Join(dir, "cache.db"), "-e")
	cmd.Env = append(os.Environ(), "HOME="+dir, "LC_ALL=C.UTF-8")
	data, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	_, got := importInto(t, data)
	var all []string
	for _, s := range got.Sources {
		all = append(all, s.ID+" "+s.Title+" "+s.URL)
	}
	want := []string{"ten-rieng Tên riêng https://a.example/rss", "b-example-rss  https://b.example/rss?x=1&y=2", "d-example-a-b  https://d.example/a%20b"}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("%s\n%s", diff, data)
	}
}

// TestImportWithoutTheUnfit: a feed that no configuration can hold is told of, and keeps no other out.
func TestImportWithoutTheUnfit(t *testing.T) {
	done, got := importInto(t, []byte(`<opml><body><outline text="Tốt" xmlUrl="https://tot.example/rss"/>
<outline text="Cổng lạ" xmlUrl="https://la.example:99999/rss"/><outline text="Máy lạ" xmlUrl="https://a..example/rss"/>
<outline text="Đăng nhập" xmlUrl="https://lan:bi-mat@dn.example/rss"/><outline text="Ngoặc" xmlUrl="https://[x/rss"/></body></opml>`))
	if len(got.Sources) != 1 || len(done.Not) != 4 {
		t.Errorf("%+v of %+v", got.Sources, done.Not)
	}
	for _, s := range done.Not {
		if s.Why == "" || strings.Contains(fmt.Sprint(s), "bi-mat") {
			t.Errorf("%+v", s)
		}
	}
}

// TestImportOfThousands imports a list as large as people keep, with their faults, in one go.
func TestImportOfThousands(t *testing.T) {
	var b strings.Builder
	b.WriteString("\ufeff<opml><body>")
	for n := range 2000 {
		title := []string{"Báo Đời sống & Pháp luật", "", "Tin \"nóng\" số <b>1</b>", "日本のニュース"}[n%4]
		fmt.Fprintf(&b, "<outline text='Nhóm: #%d'><outline title='%s' XmlUrl='https://h%d.example/rss?a=1&b=%d'/></outline>\n", n%30, title, n/2, n/2)
	}
	b.WriteString("</body></opml>")
	done, got := importInto(t, []byte(b.String()))
	if len(got.Sources) != 1000 || len(done.Twice) != 1000 || done.Feeds != 2000 || len(got.Sections) != len(done.Sections) {
		t.Errorf("%d sources, %d twice, %d sections", len(got.Sources), len(done.Twice), len(got.Sections))
	}
	// The addresses in the list stand twice each, the first with the title.
	if s := got.Sources[0]; s.ID != "bao-doi-song-phap-luat" || s.Title != "Báo Đời sống & Pháp luật" {
		t.Errorf("the first is %+v", s)
	}
	if s := got.Sources[2]; s.ID != "bao-doi-song-phap-luat-2" {
		t.Errorf("the third is %+v", s)
	}
}

// A draft does not write over what somebody saved meanwhile.
func TestDraftMeetsAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feeds.yaml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	write("sources:\n  - {id: aa, url: https://a.example}\n")
	d, err := OpenDraft(t.Context(), Place{Config: path})
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(filepath.Dir(path), "link.yaml")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	linked, err := OpenDraft(t.Context(), Place{Config: link})
	if err != nil {
		t.Fatal(err)
	}
	if err := linked.Add(t.Context(), config.Addition{Sources: []config.NewSource{{ID: "bb", URL: "https://b.example"}}}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link is a file now")
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the mode became %v", info.Mode())
	}
	if err := d.Add(t.Context(), config.Addition{Sources: []config.NewSource{{ID: "cc", URL: "https://c.example"}}}); err == nil || !strings.Contains(err.Error(), "somebody else saved it meanwhile") {
		t.Errorf("got %v", err)
	}
	if data, err := os.ReadFile(path); err != nil || !strings.Contains(string(data), "id: bb") || strings.Contains(string(data), "id: cc") {
		t.Errorf("the file holds %s, %v", data, err)
	}
}
