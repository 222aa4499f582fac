package notify

import (
	"strings"
	"time"

	"feedd/internal/feed"
)

// words are the texts of our own, in one language.
type words struct {
	Lang string

	Digest, More, MoreOf, Outlets, Other string
	Withdrawn, WithdrawnMany             string
	All                                  string
	Alarm, Alarms, Over                  string
	Unsubscribe                          string

	Failing, Silent, Undated, Unlinked, Hub, Empty, Config string

	Date string // layout of a day and a time

	One feed.Singulars
}

var vietnamese = words{
	Lang:   "vi",
	Digest: "Tin nổi bật", More: "Và %d tin khác", MoreOf: "Còn %d tin mới nữa", Outlets: "%d báo đưa tin", Other: "Tin khác",
	Withdrawn: "Đính chính: tin sau đã được rút lại", WithdrawnMany: "Đính chính: %d tin đã được rút lại",
	All:   "Xem tất cả",
	Alarm: "Cảnh báo", Alarms: "%d cảnh báo", Over: "Đã ổn",
	Unsubscribe: "Ngừng nhận thư này",

	Failing:  "%s thu không được %d lần liên tiếp: %s",
	Silent:   "%s không có tin mới từ %s; bình thường cứ khoảng %s lại có một tin",
	Undated:  "%s: %d trong %d tin không có ngày giờ",
	Unlinked: "%s: %d trong %d tin không có đường dẫn",
	Hub:      "Hub của %s không còn báo tin mới; nguồn này được thu theo lịch",
	Empty:    "Chuyên mục %s chưa có tin mới từ %s",
	Config:   "Bản vừa lưu của %s chưa có hiệu lực: %s",
	Date:     "15:04, 02/01/2006",
}

var english = words{
	Lang:   "en",
	Digest: "Top stories", More: "And %d more stories", MoreOf: "%d more new stories", Outlets: "%d outlets", Other: "Other stories",
	Withdrawn: "Correction: this story was withdrawn", WithdrawnMany: "Correction: %d stories were withdrawn",
	All:   "See all",
	Alarm: "Alarm", Alarms: "%d alarms", Over: "Over",
	Unsubscribe: "Unsubscribe",

	Failing:  "%s has failed %d times in a row: %s",
	Silent:   "%s has had nothing new since %s; usually there is an item about every %s",
	Undated:  "%s: %d of %d items have no date",
	Unlinked: "%s: %d of %d items have no link",
	Hub:      "the hub of %s no longer delivers; it is polled on schedule",
	Empty:    "the section %s has had no new story since %s",
	Config:   "what was saved last in %s is not in force: %s",
	Date:     "15:04, 2 January 2006",
	One:      feed.Singulars{"And %d more stories": "And one more story", "%d more new stories": "One more new story"},
}

// wordsFor returns the texts for the site's language: Vietnamese, or English for every other.
func wordsFor(language string) *words {
	if base, _, _ := strings.Cut(strings.ToLower(language), "-"); base == "vi" || base == "" {
		return &vietnamese
	}
	return &english
}

func (w *words) date(t time.Time, zone *time.Location) string { return t.In(zone).Format(w.Date) }
