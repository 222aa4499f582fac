package render

import "strings"

// words are the texts of our own, in one language.
type words struct {
	Source, Also, Earlier, Untitled string // in feeds

	Lang                                                                    string
	Skip, Sections, All, Subscribe, Feeds, About, Status, Front             string
	Empty, Outlets, Outlet, MoreOutlets, Story, Development, Developments   string
	Updated, Published, Reports, More, EmbedTitle, EmbedHelp, Copy, Copied  string
	OPML, Latest, Theme, Retracted, ReportedBy, OpenStory                   string
	State, LastSuccess, LastRun, NextRun, Items, Problem, Fine, Failing     string
	Never, Gone, Waiting, SourceCount, Notes, Partners, Requests, Bytes, By string
}

var vietnamese = words{
	Source: "Nguồn:", Also: "Cũng đưa tin:", Earlier: "Diễn biến trước của tin này", Untitled: "(không có tiêu đề)",

	Lang: "vi", Skip: "Tới nội dung chính", Sections: "Chuyên mục", All: "Tất cả", Subscribe: "Theo dõi chuyên mục này",
	Feeds: "Nguồn cấp", About: "Giới thiệu", Status: "Tình trạng nguồn tin", Front: "Trang nhất",
	Empty: "Chưa có tin nào.", Outlets: "báo", Outlet: "báo", MoreOutlets: "báo khác đưa tin", Story: "Chuỗi tin",
	Development: "diễn biến", Developments: "diễn biến", Updated: "Cập nhật", Published: "Đăng lúc", Reports: "Các báo đưa tin",
	More: "Xem thêm", EmbedTitle: "Nhúng vào trang của bạn", EmbedHelp: "Chép một trong hai đoạn mã này vào trang của bạn.",
	Copy: "Chép mã", Copied: "Đã chép", OPML: "Tất cả chuyên mục (OPML)", Latest: "Mới nhất",
	ReportedBy: "Theo", OpenStory: "Xem chuỗi tin", State: "Trạng thái", LastSuccess: "Lần thu gần nhất thành công",
	LastRun: "Lần thu gần nhất", NextRun: "Lần thu tới", Items: "Số tin", Problem: "Sự cố", Fine: "Bình thường",
	Failing: "Đang lỗi", Never: "chưa", Gone: "Đã ngừng", Waiting: "Chưa thu", SourceCount: "nguồn tin", Notes: "Ghi chú",
	Partners: "Đối tác", Requests: "Lượt tải", Bytes: "Dung lượng", By: "Nguồn tin",
}

var english = words{
	Source: "Source:", Also: "Also reported by:", Earlier: "Earlier in this story", Untitled: "(untitled)",

	Lang: "en", Skip: "Skip to content", Sections: "Sections", All: "All", Subscribe: "Follow this section",
	Feeds: "Feeds", About: "About", Status: "State of the sources", Front: "Front page",
	Empty: "Nothing here yet.", Outlets: "outlets", Outlet: "outlet", MoreOutlets: "more outlets", Story: "Story",
	Development: "development", Developments: "developments", Updated: "Updated", Published: "Published", Reports: "Reported by",
	More: "More", EmbedTitle: "Put this on your site", EmbedHelp: "Copy one of these into your page.",
	Copy: "Copy", Copied: "Copied", OPML: "All sections (OPML)", Latest: "Latest",
	ReportedBy: "From", OpenStory: "Open the story", State: "State", LastSuccess: "Last success",
	LastRun: "Last run", NextRun: "Next run", Items: "Items", Problem: "Problem", Fine: "Fine",
	Failing: "Failing", Never: "never", Gone: "Gone", Waiting: "Not collected yet", SourceCount: "sources", Notes: "Notes",
	Partners: "Partners", Requests: "Requests", Bytes: "Bytes", By: "Source",
}

// wordsFor returns the texts for the site's language: Vietnamese, or English for every other.
func wordsFor(language string) *words {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	if base == "vi" {
		return &vietnamese
	}
	return &english
}
