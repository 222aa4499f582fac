package daemon

import (
	"slices"
	"strings"
	"testing"

	"feedd/internal/feed"
	"feedd/internal/publish/editor"
	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// TestDeskSearchByIndex: the desk finds by the index of words what looking through everything finds, page by
// page, each item once: what is withdrawn and dropped, too, and first what waits to be filed.
func TestDeskSearchByIndex(t *testing.T) {
	for _, db := range []func(testing.TB) string{storetest.SQLite, storetest.Postgres} {
		c := newClock()
		h := build(t, newsYAML(t, c)+"\ndrop:\n  - any: [bóng đá]\n", c, db(t))
		h.look(t)
		ctx, n := t.Context(), newsroom{h.Daemon}
		story := h.standing(t)[3]
		if _, err := h.As("").Retract(ctx, story.Story, false); err != nil {
			t.Fatal(err)
		}
		all := func(q editor.Query, limit int) (ids []int64) {
			t.Helper()
			for page := 0; page == 0 || q.Below > 0; page++ {
				found, next, err := n.Search(ctx, q, limit)
				if err != nil || len(found) > limit || next > 0 && len(found) < limit {
					t.Fatalf("page %d of %q: %d items, next %d, %v", page, q.Words, len(found), next, err)
				}
				for _, it := range found {
					ids = append(ids, it.ID)
				}
				q.Below = next
			}
			return ids
		}
		sorted := func(ids []int64) []int64 { ids = slices.Clone(ids); slices.Sort(ids); return ids }
		// An expression is no matter of the index.
		for words, expression := range map[string]string{
			"giá": `/(?i)(^|\PL)giá(\PL|$)/`, "bóng đá": "/(?i)bóng đá/", "xuất khẩu gạo": "/(?i)xuất khẩu gạo/", "xuất khẩ*": "/(?i)xuất khẩ/", "harbour": "/(?i)harbour/",
		} {
			want := sorted(all(editor.Query{Words: expression}, 1000))
			if len(want) == 0 {
				t.Fatalf("%s: no item", expression)
			}
			for _, limit := range []int{1, 3, 1000} {
				if got := all(editor.Query{Words: words}, limit); !slices.Equal(sorted(got), want) {
					t.Errorf("%q, %d a page: items %v, want %v", words, limit, got, want)
				}
			}
		}
		lead := story.LeadItem()
		fields := strings.Fields(lead.Title)
		for _, q := range []editor.Query{
			{Words: lead.Title}, {Words: feed.Fold(lead.Title)}, {Words: fields[len(fields)-1] + " " + fields[0]}, // anywhere
			{Words: lead.Title, ItemQuery: feed.ItemQuery{State: feed.StateWithdrawn}},
			{Words: lead.Title, ItemQuery: feed.ItemQuery{Source: lead.Source}},
			{Words: lead.Title, ItemQuery: feed.ItemQuery{Since: c.now().AddDate(0, 0, -1), Until: c.now().AddDate(0, 0, 1)}},
		} {
			if !slices.Contains(all(q, 2), lead.ID) {
				t.Errorf("%+v does not find %q", q, lead.Title)
			}
		}
		for _, q := range []editor.Query{
			{Words: lead.Title, ItemQuery: feed.ItemQuery{State: feed.StateFiled, Source: lead.Source}},
			{Words: lead.Title, ItemQuery: feed.ItemQuery{Until: c.now().AddDate(0, 0, -1)}},
			{Words: "không tòa soạn nào viết thế"},
		} {
			if got := all(q, 2); slices.Contains(got, lead.ID) {
				t.Errorf("%+v finds %q", q, lead.Title)
			}
		}

		// What the desk has not filed is found first, beside what is filed.
		fresh := feed.Item{Source: "ben-sao", Key: "g:mới", GUID: "mới", Title: "Giá gạo chờ xếp", URL: "https://ben-sao.example/cho-xep", FirstSeen: c.now()}
		saved := &store.Collected{State: feed.SourceState{Source: "ben-sao"}, Items: []feed.Item{fresh}, At: c.now()}
		if _, err := h.store.Save(ctx, saved); err != nil {
			t.Fatal(err)
		}
		found, _, err := n.Search(ctx, editor.Query{Words: "giá"}, 5)
		if err != nil || len(found) != 5 || found[0].Title != fresh.Title || found[0].State != feed.StateWaiting {
			t.Errorf("with one that waits: %d found, the first %+v, %v", len(found), found[0].Item.Title, err)
		}
		if got := all(editor.Query{Words: "giá", ItemQuery: feed.ItemQuery{State: feed.StateWaiting}}, 5); len(got) != 1 {
			t.Errorf("waiting: %v", got)
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
}
