package stories

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/feed"
)

// told are reports of which every other tells what one before it told, in its words or some of them.
func told(n int) []feed.Item {
	r := rand.New(rand.NewPCG(5, 3))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	items := make([]feed.Item, n)
	for i := range items {
		it := &items[i]
		it.ID, it.Source = int64(i+1), fmt.Sprintf("bao-%d", r.IntN(5))
		it.Title = fmt.Sprintf("%s %s ở %s, %d người %s", pick("Cháy", "Sạt lở", "Tai nạn", "Đắm tàu", "Ngộ độc"),
			pick("chợ", "kho xưởng", "xe khách", "nhà hàng", "hầm mỏ"), pick("Hà Giang", "Cà Mau", "Đà Lạt", "Quảng Trị", "Long An"), 2+r.IntN(40), pick("thoát nạn", "bị thương", "mất tích"))
		it.Summary = fmt.Sprintf("Lực lượng cứu hộ đến nơi lúc %d giờ; nguyên nhân do %s.", r.IntN(24), pick("chập điện", "mưa lớn", "phanh hỏng", "khí gas"))
		if o := r.IntN(i + 1); i%2 == 1 {
			it.Title = items[o].Title
			if i%4 == 1 {
				it.Summary, it.Title = items[o].Summary, items[o].Title+", "+pick("đã dập tắt", "thêm một nạn nhân", "khởi tố vụ án")
			}
		}
		it.GUID = fmt.Sprint(i)
		it.URL = fmt.Sprintf("https://%s.example/tin-%d.html", it.Source, 1000+i)
		it.Canonical = feed.Canonical(it.URL)
		it.Published = time.Date(2026, 3, 1, 0, i, 0, 0, time.UTC)
		it.FirstSeen = it.Published
		it.Key = feed.Identify(it)
	}
	return items
}

// What is read ahead is told as what is read in its turn, to the last reason but the words that are shared, also where some of it is never placed and some
// that is was not read ahead.
func TestReadAhead(t *testing.T) {
	const batch = 2 * aheadFrom
	now, ahead := told(2*batch), told(2*batch)
	a, b := New(Options{}), New(Options{})
	placed, linked := 0, 0
	for from := 0; from < len(now); from += batch {
		var list []*feed.Item
		for i := from; i < from+batch; i++ {
			if i%7 != 0 {
				list = append(list, &ahead[i])
			}
		}
		done := b.ReadAhead(list)
		if from == 0 { // all of it; of what follows, as much as happens to be
			for k := range b.ahead.parts {
				<-b.ahead.parts[k].read
			}
		}
		for i := from; i < from+batch; i++ {
			if i%11 == 0 {
				continue
			}
			a.Place(&now[i], now[i].FirstSeen)
			b.Place(&ahead[i], ahead[i].FirstSeen)
			if len(now[i].Why.Words) > 0 {
				linked++
			}
			if b.readBefore {
				placed++
				now[i].Why.Words = nil
			}
		}
		done()
	}
	if diff := cmp.Diff(now, ahead); diff != "" {
		t.Errorf("read ahead (-in turn +ahead):\n%s", diff)
	}
	if placed < batch/2 || linked < batch/4 {
		t.Errorf("%d were read ahead, %d are told by their words; this shows little", placed, linked)
	}
}
