package judge

import (
	"archive/tar"
	"bytes"
	"testing"
)

// What git archive makes of a folder of articles becomes a table of headlines and summaries, as they were written.
func TestArticleTable(t *testing.T) {
	var raw bytes.Buffer
	w := tar.NewWriter(&raw)
	write := func(h *tar.Header, text string) {
		h.Size = int64(len(text))
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(text))
	}
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header", PAXRecords: map[string]string{"comment": "c0ffee"}}); err != nil {
		t.Fatal(err)
	}
	write(&tar.Header{Name: "README.md", Mode: 0o644}, "about\n\nit")
	write(&tar.Header{Name: "data/1.txt.seg", Mode: 0o644}, "Khánh_thành cầu ở Lạc_Thuỷ\n\nNgày 2 / 9 , cầu dài 300 m ( rộng 12 m ) đã\nthông xe .\n\nVăn_bản .\n")
	write(&tar.Header{Name: "data/2.txt.seg", Mode: 0o644}, "nothing but a headline")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	table, commit, err := ArticleTable(&raw)
	if err != nil {
		t.Fatal(err)
	}
	const want = "title\tsummary\nKhánh thành cầu ở Lạc Thuỷ\tNgày 2/9, cầu dài 300 m (rộng 12 m) đã thông xe.\n"
	if string(table) != want || commit != "c0ffee" {
		t.Errorf("%q of %q, want %q", table, commit, want)
	}
	if _, _, err := ArticleTable(bytes.NewReader([]byte("no tar"))); err == nil {
		t.Error("what is no tar is read")
	}
}
