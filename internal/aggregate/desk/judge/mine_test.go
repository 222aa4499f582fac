package judge

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMine(t *testing.T) {
	var b strings.Builder
	b.WriteString("id\tts\tsource\turl\ttitle\tsummary\tcluster\tset\n")
	n := 0
	row := func(outlet, path, title, summary, cluster string) {
		n++
		fmt.Fprintf(&b, "%d\t%d\t%s\t%s\t%s\t%s\t%s\tx\n", n, 1700000000+n*600, outlet, path, title, summary, cluster)
	}
	const text = "Trường công bố điểm chuẩn của 40 ngành vào chiều nay, cao nhất là ngành Khoa học máy tính với 28,5 điểm."
	row("Một", "https://mot.example/a-100001.html", "Bão số 4 đổ bộ, hai tỉnh mất điện", "", "bão")
	row("Một", "https://mot.example/a-100001.html", "Bão số 4 đổ bộ, ba tỉnh mất điện và sạt lở", "", "bão")             // edited
	row("Một", "https://mot.example/b", "Điểm chuẩn Đại học Bách khoa năm 2026 cao nhất 28,5", text, "bách khoa")        //
	row("Hai", "https://hai.example/b", "Bách khoa lấy điểm chuẩn cao nhất 28,5 ở ngành máy tính", text, "bách khoa")    // copied
	row("Một", "https://mot.example/c", "Điểm chuẩn Đại học Ngoại thương năm 2026 cao nhất 28,5", "", "ngoại thương")    // beside
	row("Hai", "https://hai.example/d", "Điểm chuẩn Đại học Ngoại thương năm 2026 cao nhất là 28,5", "", "ngoại thương") // another outlet's: says nothing
	row("Một", "https://mot.example/e", "Giá gạo xuất khẩu lên mức cao nhất ba năm", "", "gạo")                          // nothing in common
	items, _, err := readStream([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	want := []Mined{{minedEdit, 0, 1, true}, {minedCopy, 2, 3, true}, {minedBeside, 2, 4, false}}
	if diff := cmp.Diff(want, Mine(items)); diff != "" {
		t.Error("mined (-want +got):\n", diff)
	}
	var report bytes.Buffer
	if err := MineReport(&report, []byte(b.String()), nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("edit: 1 pairs; of 1 with labels 1 right\ncopy: 1 pairs; of 1 with labels 1 right\nbeside: 1 pairs; of 1 with labels 1 right\n", report.String()); diff != "" {
		t.Error("report (-want +got):\n", diff)
	}
}
