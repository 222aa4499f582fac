package config

import (
	"strings"
	"testing"
)

// TestShipped holds what config/feeds.yaml promises to somebody who starts feedd for the first
// time. That its rules file its expected headlines is feedd check's business.
func TestShipped(t *testing.T) {
	cfg, err := Load(shippedConfig, testChecks)
	if err != nil {
		t.Fatal(err)
	}
	outlets, vietnamese := map[string]bool{}, 0
	bySection := map[string]int{}
	for _, s := range cfg.Sources {
		outlets[s.Outlet()] = true
		bySection[s.Section]++
		if s.Language == "vi" {
			vietnamese++
			if s.Timezone.String() != "Asia/Ho_Chi_Minh" {
				t.Errorf("%s reads dates without a zone in %s", s.ID, s.Timezone)
			}
		}
		if s.AllowPrivate || s.Bearer != "" || s.Proxy != "" {
			t.Errorf("%s needs something of this machine", s.ID)
		}
		if s.ID == "baodautu" && (s.Page == nil || s.Page.Date != "") {
			t.Errorf("Báo Đầu tư is a list page without times, got %+v", s.Page)
		}
	}
	if len(cfg.Sources) < 40 || len(outlets) < 12 || vietnamese*2 < len(cfg.Sources) {
		t.Errorf("%d sources of %d outlets, %d in Vietnamese", len(cfg.Sources), len(outlets), vietnamese)
	}
	if bySection[""] < 8 {
		t.Errorf("only %d mixed feeds are left to the rules", bySection[""])
	}
	if bySection["kinh-te"] == 0 || len(cfg.Sections) < 8 {
		t.Errorf("%d sections", len(cfg.Sections))
	}
	for _, s := range cfg.Sections {
		yes, no := 0, 0
		for _, e := range s.Expect {
			if e.Not {
				no++
			} else {
				yes++
			}
		}
		if len(s.Rules) == 0 || yes == 0 || no == 0 {
			t.Errorf("section %s has %d rules, %d headlines it expects and %d it does not", s.ID, len(s.Rules), yes, no)
		}
		if bySection[s.ID] == 0 {
			t.Errorf("section %s learns from no source", s.ID)
		}
	}
	if strings.Contains(cfg.Site.Contact, "@") && !strings.HasSuffix(cfg.Site.Contact, "example.org") {
		t.Errorf("the shipped contact %s is somebody's", cfg.Site.Contact)
	}
}
