package stories

import (
	"testing"
	"time"

	"feedd/internal/feed"
)

// What one outlet fills a frame with tells its articles apart; so it does those of others.
func TestFramesAreLearnedFromTheStream(t *testing.T) {
	taught := func(before ...*feed.Item) *feed.Item {
		s := New(Options{Settings: feed.StorySettings{Window: 72 * time.Hour}, Sources: testSources()})
		late := item(9, "b", "Lễ khai hội làng gốm thu hút hàng nghìn khách tham quan dịp cuối tuần", 3*time.Hour)
		placed(s, append(before, late)...)
		return late
	}
	weaving := item(1, "a", "Lễ khai hội làng dệt thu hút hàng nghìn khách tham quan dịp cuối tuần", 0)
	carving := item(2, "a", "Lễ khai hội làng mộc thu hút hàng nghìn khách tham quan dịp cuối tuần", time.Hour)
	if alone := taught(weaving); alone.Entry != weaving.Entry {
		t.Errorf("alone: %s, %v; what follows shows nothing", alone.Verdict, alone.Why)
	}
	it := taught(weaving, carving)
	if it.Verdict != feed.Related || it.Entry == weaving.Entry || it.Entry == carving.Entry {
		t.Errorf("%s, told under %s: %v", it.Verdict, it.Entry, it.Why)
	}
	const why = "is related to, and not told under one entry for a frame that an outlet fills anew with report 2 (Báo Sớm): 0.99 of at least 0.48"
	if said := it.Why.Said[0].String(); said != why {
		t.Errorf("%s\nwant\n%s", said, why)
	}
}
