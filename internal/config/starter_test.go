package config

import (
	"strings"
	"testing"
)

// TestStarter writes every first configuration of one topic, and of all: each is short, right, and has
// a source for every section.
func TestStarter(t *testing.T) {
	languages := Starters()
	if len(languages) < 5 || languages[0].Code != "vi" || len(languages[0].Topics) < 10 {
		t.Fatalf("only %d languages", len(languages))
	}
	for _, l := range languages {
		var all [][]string
		var every []string
		for _, topic := range l.Topics {
			all = append(all, []string{topic.ID})
			every = append(every, topic.Title)
		}
		for _, topics := range append(all, every) {
			data, err := Starter(l.Code, topics)
			if err != nil {
				t.Fatalf("%s %v: %v", l.Code, topics, err)
			}
			if n := strings.Count(string(data), "\n"); n > 40 {
				t.Errorf("%s %v: %d lines", l.Code, topics, n)
			}
			cfg, err := Parse("feeds.yaml", data, testChecks)
			if err != nil {
				t.Fatalf("%s %v: %v\n%s", l.Code, topics, err, data)
			}
			if len(cfg.Sections) != len(topics) {
				t.Errorf("%s %v: %d sections", l.Code, topics, len(cfg.Sections))
			}
			fed := map[string]int{}
			for _, s := range cfg.Sources {
				fed[s.Section]++
				if s.Language != l.Code {
					t.Errorf("%s is in %s", s.ID, s.Language)
				}
			}
			for _, s := range cfg.Sections {
				if fed[s.ID] == 0 || s.Title == "" {
					t.Errorf("%s %v: section %s has %d sources", l.Code, topics, s.ID, fed[s.ID])
				}
			}
		}
	}
	// One outlet a line, no address twice, all of them addresses.
	seen := map[string]bool{}
	for line := range strings.Lines(starterData) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 6 || !strings.HasPrefix(f[5], "http") && f[0] != "language" || seen[f[5]] || seen[f[3]] {
			t.Errorf("line %q", line)
		}
		seen[f[5]], seen[f[3]] = true, true
	}
}

func TestStarterRefuses(t *testing.T) {
	for _, tt := range []struct {
		language string
		topics   []string
		want     string
	}{
		{"tlh", []string{"news"}, "choose vi, en"},
		{"vi", []string{"kinh-tế", "thể thoa"}, `did you mean "the-thao"?`},
		{"vi", nil, "name at least one topic of thoi-su"},
		{"en", []string{"kinh-te"}, `there is no topic "kinh-te"`},
	} {
		if data, err := Starter(tt.language, tt.topics); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %v: %v, want %s\n%s", tt.language, tt.topics, err, tt.want, data)
		}
	}
}

func TestPlain(t *testing.T) {
	for s, want := range map[string]string{
		"Điểm tin": "Điểm tin", "Sức khỏe & Đời sống": "Sức khỏe & Đời sống", "24h": `"24h"`, "no": `"no"`, "a: b": `"a: b"`,
		"a #b": `"a #b"`, `say "x"`: `"say \"x\""`, "": `""`, "x,y": `"x,y"`, "T-": `"T-"`,
	} {
		if got := plain(s); got != want {
			t.Errorf("plain(%q) = %s, want %s", s, got, want)
		}
	}
}
