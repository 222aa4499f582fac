package config

import (
	"fmt"
	"strings"
	"testing"
)

// large is a configuration of n sources and as many keywords in ten sections.
func large(n int) []byte {
	var b strings.Builder
	b.WriteString("sections:\n")
	for s := range 10 {
		fmt.Fprintf(&b, "  - id: s%d\n    rules:\n      - any: [", s)
		for k := range n / 10 {
			fmt.Fprintf(&b, "từ khóa số %d, ", k)
		}
		b.WriteString("]\n")
	}
	b.WriteString("sources:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - id: bao-%d\n    title: Báo %d\n    url: https://h%d.example.org/rss\n    section: s%d\n    priority: %d\n", i, i, i, i%10, i%7)
	}
	return []byte(b.String())
}

// BenchmarkParse is a reload with a thousand sources.
func BenchmarkParse(b *testing.B) {
	data := large(1000)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		cfg, err := Parse("feeds.yaml", data, Checks{})
		if err != nil || len(cfg.Sources) != 1000 {
			b.Fatal(err)
		}
	}
}
