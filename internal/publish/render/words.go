package render

import (
	"fmt"
	"strings"

	"feedd/internal/feed"
)

// words are the texts of our own, in one language.
type words struct {
	Lang string

	// In feeds.
	Source, Also, Earlier, Untitled string

	// On pages.
	Skip, Front, Sections, All, Latest, Empty, Top string
	Subscribe, OPML, Search                        string
	MoreOutlets, OneMoreOutlet                     string // with their number
	Told                                           string // before the names of other outlets
	Edited, Changed, Newest, FollowIt              string // on the page of a story
	Featured, EmptySection, SeeAll                 string
	EarlierDays, PreviousDay, NextDay, Days, Times string
	Lost, LostHelp, Refused, ToFront               string // where there is no page
	Photo                                          string // before who made a picture
	Weekdays                                       [7]string
	Story, OpenStory, Reports                      string
	WhyHere, Form, Related, Rule                   string // of what was filed by what was learned
	EmbedTitle, EmbedHelp, Copy, Copied            string

	// On the page of the sources' health, whose other words are in status.go.
	Status, Notes, Nodes, Partners, Requests, Bytes string
}

var vietnamese = words{
	Lang: "vi",

	Source: "Nguồn:", Also: "Cũng đưa tin:", Earlier: "Diễn biến trước của tin này", Untitled: "(không có tiêu đề)",

	Skip: "Tới nội dung chính", Front: "Trang nhất", Sections: "Chuyên mục", All: "Tất cả", Latest: "Mới nhất",
	Empty: "Chưa có tin nào.", Top: "Nhiều báo đưa tin", Subscribe: "Theo dõi chuyên mục này", OPML: "Mọi chuyên mục (OPML)", Search: "Tìm kiếm",
	MoreOutlets: "và %d báo khác", OneMoreOutlet: "và %d báo khác", Told: "Cũng đưa tin:",
	Edited: "sửa lúc", Changed: "Chỗ tô nền là điều mới so với trước.", Newest: "Diễn biến mới nhất", FollowIt: "Theo dõi chuỗi tin này",
	Featured: "Đáng chú ý", EmptySection: "Chuyên mục này chưa có tin nào.", SeeAll: "Xem tin của mọi chuyên mục",
	EarlierDays: "Những ngày trước", PreviousDay: "Ngày trước", NextDay: "Ngày sau", Days: "Các ngày", Times: "Giờ trên trang:",
	Lost: "Không có trang này", LostHelp: "Địa chỉ có thể đã đổi, hoặc tin không còn nữa.", Refused: "Không xem được trang này", ToFront: "Về trang nhất",
	Photo:    "Ảnh:",
	Weekdays: [7]string{"Chủ Nhật", "Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy"},
	Story:    "Chuỗi tin", OpenStory: "Xem chuỗi tin", Reports: "Các báo khác",
	WhyHere: "Vì sao tin vào chuyên mục này", Form: "cách viết tiêu đề", Related: "các từ thường đi cùng", Rule: "quy tắc của chuyên mục",
	EmbedTitle: "Nhúng vào trang của bạn", EmbedHelp: "Chép một trong hai đoạn mã này vào trang của bạn.",
	Copy: "Chép mã", Copied: "Đã chép",

	Status: "Tình trạng nguồn tin", Notes: "Ghi chú", Nodes: "Các máy", Partners: "Đối tác",
	Requests: "Lượt tải", Bytes: "Số byte",
}

var english = words{
	Lang: "en",

	Source: "Source:", Also: "Also reported by:", Earlier: "Earlier in this story", Untitled: "(untitled)",

	Skip: "Skip to content", Front: "Front page", Sections: "Sections", All: "All sections", Latest: "Latest",
	Empty: "Nothing here yet.", Top: "Most covered", Subscribe: "Follow this section", OPML: "All sections (OPML)", Search: "Search",
	MoreOutlets: "and %d more outlets", OneMoreOutlet: "and %d more outlet", Told: "Also:",
	Edited: "edited at", Changed: "Marked text is new in this version.", Newest: "The latest", FollowIt: "Follow this story",
	Featured: "Featured", EmptySection: "This section has nothing yet.", SeeAll: "See all sections",
	EarlierDays: "Earlier days", PreviousDay: "Day before", NextDay: "Day after", Days: "Days", Times: "Times are",
	Lost: "There is no such page", LostHelp: "Its address may have changed, or the story is gone.", Refused: "This page cannot be shown", ToFront: "To the front page",
	Photo: "Photo:",
	Story: "Story", OpenStory: "See the story", Reports: "Other outlets",
	WhyHere: "Why it is in this section", Form: "the form of the headline", Related: "related words", Rule: "a rule of the section",
	EmbedTitle: "Put this on your site", EmbedHelp: "Copy one of these into your page.",
	Copy: "Copy", Copied: "Copied",

	Status: "State of the sources", Notes: "Notes", Nodes: "Nodes", Partners: "Partners",
	Requests: "Requests", Bytes: "Bytes",
}

// wordsFor returns the texts for the site's language: Vietnamese, or English for every other.
func wordsFor(language string) *words {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	if base == "vi" {
		return &vietnamese
	}
	return &english
}

// decimal writes a number as a language does, with a point or a comma.
func decimal(language, format string, n float64) string {
	if language == "vi" {
		return fmt.Sprintf(format, feed.Comma(n))
	}
	return fmt.Sprintf(format, n)
}

// TopTitle is the title of the section of what most outlets tell, in the site's language.
func TopTitle(language string) string { return wordsFor(language).Top }
