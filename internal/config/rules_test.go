package config_test

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/aggregate/desk"
	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/aggregate/read"
	"feedd/internal/config"
	"feedd/internal/feed"
	"feedd/internal/feed/feedtest"
)

// shippedDesk is the desk of the shipped configuration before it learned anything, so that only
// the rules speak. The package itself knows nothing of the desk; this test, from outside, holds
// the file that both are for.
func shippedDesk(t *testing.T) (*config.Config, func(title, summary, language string) feed.Item) {
	t.Helper()
	cfg, err := config.Load("../../config/feeds.yaml", config.Checks{
		Schedule: collect.CheckSchedule, Selector: read.CheckSelector, Pattern: sections.CheckPattern,
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := desk.New(desk.Options{
		Sources:  map[string]feed.Source{"vi": {ID: "vi", Language: "vi"}, "en": {ID: "en", Language: "en"}},
		Sections: cfg.Sections, Drop: cfg.Drop, Stories: cfg.Stories, Learning: cfg.SectionSettings,
	})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	id := int64(0)
	return cfg, func(title, summary, language string) feed.Item {
		id++
		items := []feed.Item{{ID: id, Source: language, Title: title, Summary: summary, FirstSeen: now}}
		d.File(items, now)
		return items[0]
	}
}

func in(it feed.Item, section string) bool {
	for _, p := range it.Sections {
		if p.Section == section && p.By == "rule" {
			return true
		}
	}
	return false
}

func TestShippedRulesFileWhatTheyExpect(t *testing.T) {
	cfg, file := shippedDesk(t)
	for _, s := range cfg.Sections {
		language := s.Language
		if language == "" {
			language = "vi"
		}
		for _, e := range s.Expect {
			if it := file(e.Title, e.Summary, language); in(it, s.ID) == e.Not {
				t.Errorf("line %d: section %s, %q: filed under %+v, dropped %q", e.Line, s.ID, e.Title, it.Sections, it.Dropped)
			}
		}
	}
}

// TestShippedRulesArePrecise: a hard rule decides alone, so it must be right nearly always; what it
// does not reach is left to the model. The figures stand a little below what was measured.
func TestShippedRulesArePrecise(t *testing.T) {
	_, file := shippedDesk(t)
	least := map[string]map[string]struct {
		section           string
		precision, recall float64
	}{
		"vnx8": {
			"KINH_DOANH": {"kinh-te", .92, .30}, "PHAP_LUAT": {"phap-luat", .96, .31}, "THE_THAO": {"the-thao", .95, .75},
			"GIAO_DUC": {"giao-duc", .96, .30}, "SUC_KHOE": {"suc-khoe", .85, .32}, "KHOA_HOC": {"cong-nghe", .91, .23},
			"GIAI_TRI": {"giai-tri", .92, .21}, "DU_LICH": {"du-lich", .95, .37},
		},
		"vnx4": {
			"Thế giới": {"the-gioi", .88, .33}, "Thể thao": {"the-thao", .97, .68},
			"Kinh doanh": {"kinh-te", .91, .35}, "Công nghệ": {"cong-nghe", .87, .45},
		},
	}
	right, filed, all := map[string]int{}, map[string]int{}, map[string]int{}
	f, err := os.Open(feedtest.Shared(t, "quality/categories_vi.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		c := strings.Split(lines.Text(), "\t") // split label title text set
		if len(c) < 5 || least[c[4]] == nil {
			continue
		}
		it := file(c[2], "", "vi")
		all[c[4]+c[1]]++
		for _, want := range least[c[4]] {
			if in(it, want.section) {
				filed[c[4]+want.section]++
			}
		}
		if in(it, least[c[4]][c[1]].section) {
			right[c[4]+c[1]]++
		}
	}
	for set, labels := range least {
		for label, want := range labels {
			n := float64(right[set+label])
			precision, recall := n/float64(filed[set+want.section]), n/float64(all[set+label])
			t.Logf("%s %-12s precision %.3f, recall %.3f", set, want.section, precision, recall)
			if !(precision >= want.precision) || !(recall >= want.recall) {
				t.Errorf("%s: rules of %s are right in %.3f and reach %.3f, want %.2f and %.2f",
					set, want.section, precision, recall, want.precision, want.recall)
			}
		}
	}
}
