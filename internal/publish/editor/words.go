package editor

import (
	"strings"

	"feedd/internal/feed"
)

// words are the texts of the page, in one language. What the machine says of single cases (a mistake in
// the file, a reason for a join) is in package say.
type words struct {
	Lang string

	// The door.
	SignIn, SignOut, Token, Name, NameHelp, Enter string
	WrongToken, NoName, TooMany, Expired, Forged  string

	// Everywhere.
	Desk, Overview, Search, Queue, Decisions, Status, Front, Skip, SignedInAs string
	Failed, Unclear, NoPage, Unread, GoBack                                   string
	Done, Undone, Undo, TheMachine                                            string

	// The configuration.
	Configuration, Live, InForceSince, Unchanged, FirstSave              string
	Added, Removed, Altered, RulesChanged, OtherChanged                  string
	Refiling, MovedStories, MovedNone, RefusedAt, RefusedStays, Mistakes string
	Line, Column, HeldAt, Accept, Unmet, UnmetNone, Warnings, Mend, Show string

	// Alarms.
	Alarms, NoAlarms, Since string

	// What waits for judgement.
	QueueHelp, Unsorted, UnsortedHelp, LowFiled, LowFiledHelp, Joins, JoinsHelp string
	Nothing, NoneOfThem, Right, Wrong, OneStory, TwoStories, More, All, MoreIn  string
	NoGuess                                                                     string

	// Search.
	Words, WordsHelp, AnySource, AnySection, AnyState, From, To, Find string
	Found, FoundNone, Older, NoQuery, NoDay, JoinHere, Joining        string
	SourceLabel, SectionLabel, StateLabel                             string

	// An item.
	Why, Item, FirstSeen, Published, NoDate, Revised, Dropped, Waiting    string
	Story, Entry, Told, Score, With, Features, Feature, Value, Adds, Rare string
	KeptApart, Reports, Leads, OtherEntries, WithdrawnAt, InNoSection     string
	Placed, Probability, Rule, Report, EditorSaid, TakeOut, FileUnder     string
	Choose, SplitOff, JoinWith, JoinHelp, Join, FindStory, Retract        string
	RetractHelp, Original                                                 string

	// What the sections have learned.
	Learned, LearnedHelp, LearnedNone, Strike, Struck, StrikeShow, StrikeLine, StrikeWhere, Examples, Outlets string

	// Decisions.
	NoDecisions, What, Who, When, Somebody, DecisionsHelp string

	States      map[feed.ItemState]string
	Verdicts    map[feed.Verdict]string
	Authorities map[string]string
	Withdrawals map[feed.Withdrawal]string
	Kinds       map[feed.EditorsKind]string
	AlarmKinds  map[AlarmKind]string
}

var vietnamese = words{
	Lang: "vi",

	SignIn: "Đăng nhập bàn biên tập", SignOut: "Đăng xuất", Token: "Mã truy cập", Name: "Tên của bạn",
	NameHelp: "Tên này ghi bên mọi quyết định của bạn.", Enter: "Đăng nhập",
	WrongToken: "Mã truy cập không đúng.", NoName: "Hãy cho biết tên của bạn.",
	TooMany: "Đã nhập sai quá nhiều lần; hãy thử lại sau ít phút.", Expired: "Phiên làm việc đã hết; hãy đăng nhập lại.",
	Forged: "Biểu mẫu này không đến từ trang của bạn hoặc đã cũ; hãy tải lại trang rồi thử lại.",

	Desk: "Bàn biên tập", Overview: "Tổng quan", Search: "Tìm kiếm", Queue: "Chờ xét", Decisions: "Quyết định",
	Status: "Nguồn tin", Front: "Trang nhất", Skip: "Tới nội dung chính", SignedInAs: "Đang làm việc:",
	Failed: "Không thực hiện được.", Unclear: "Không hiểu yêu cầu này.", NoPage: "Không có trang này.",
	Unread: "Hiện không đọc được kho tin; hãy thử lại.", GoBack: "Quay lại",
	Done: "Đã thực hiện:", Undone: "Đã hoàn tác.", Undo: "Hoàn tác", TheMachine: "Chi tiết kỹ thuật",

	Configuration: "Cấu hình", Live: "Tình trạng cấu hình, tự cập nhật", InForceSince: "Có hiệu lực từ", Unchanged: "Lần lưu này không thay đổi gì.",
	FirstSave: "Chưa có lần lưu nào từ khi chạy.",
	Added:     "Thêm nguồn", Removed: "Bỏ nguồn", Altered: "Sửa nguồn", RulesChanged: "Sửa chuyên mục", OtherChanged: "Cũng sửa",
	Refiling: "đang xếp lại tin…", MovedStories: "tin đổi chuyên mục", MovedNone: "không tin nào đổi chuyên mục",
	RefusedAt: "Bản lưu không được nhận lúc", RefusedStays: "Bản trước đó vẫn có hiệu lực.", Mistakes: "lỗi",
	Line: "dòng", Column: "cột", HeldAt: "Bản lưu được giữ lại lúc", Accept: "Đúng ý tôi, cho có hiệu lực",
	Unmet: "Tiêu đề mong đợi không được xếp đúng", UnmetNone: "Mọi tiêu đề mong đợi đều được xếp đúng.", Warnings: "Cảnh báo", Mend: "Cách sửa:", Show: "Xem",

	Alarms: "Báo động", NoAlarms: "Không có báo động nào.", Since: "từ",

	QueueHelp:    "Mỗi lần bấm là một quyết định, có hiệu lực ngay và hoàn tác được, và là một ví dụ để học.",
	Unsorted:     "Chưa thuộc chuyên mục nào",
	UnsortedHelp: "Chuyên mục được chọn học tiêu đề và tóm tắt của tin này như một ví dụ của nó. “Không chuyên mục nào” là ví dụ về những gì không thuộc từng chuyên mục.",
	LowFiled:     "Xếp theo điều đã học, ít chắc chắn nhất",
	LowFiledHelp: "“Đúng” dạy chuyên mục rằng tin này thuộc về nó; “Sai” lấy tin ra, và nếu biên tập viên không xếp tin vào chỗ khác thì là ví dụ về những gì không thuộc chuyên mục.",
	Joins:        "Gộp chung, ít chắc chắn nhất",
	JoinsHelp:    "Quyết định giữ mãi cho hai tin này. Nếu hai tiêu đề chỉ khác nhau một chỗ thay từ, máy học luôn rằng chỗ thay ấy phân biệt hai sự kiện hay không.",
	Nothing:      "Không có gì chờ xét.", NoneOfThem: "Không chuyên mục nào", Right: "Đúng", Wrong: "Sai, lấy ra", OneStory: "Cùng một tin", TwoStories: "Hai tin khác nhau, tách ra",
	More: "Xem thêm", All: "Xem tất cả", MoreIn: "Chuyên mục khác", NoGuess: "chưa đoán được chuyên mục",

	Words: "Từ cần tìm", WordsHelp: `như trong quy tắc: lãi suất, xuất khẩu*, "GDP"`, AnySource: "Mọi nguồn", AnySection: "Mọi chuyên mục", AnyState: "Mọi trạng thái",
	From: "Từ ngày", To: "Đến ngày", Find: "Tìm",
	Found: "Kết quả", FoundNone: "Không có tin nào như vậy.", Older: "Tin cũ hơn", NoQuery: "Không hiểu từ cần tìm.", NoDay: "Ngày phải viết như 2026-03-09.",
	JoinHere: "Gộp vào đây", Joining: "Chọn tin để gộp với chuỗi tin",
	SourceLabel: "Nguồn", SectionLabel: "Chuyên mục", StateLabel: "Trạng thái",

	Why: "Vì sao", Item: "Tin số", FirstSeen: "Thu lần đầu", Published: "Đăng lúc", NoDate: "nguồn không cho ngày đáng tin; tính theo lúc thu lần đầu",
	Revised: "Nguồn sửa lúc", Dropped: "Không đăng", Waiting: "Đã lưu, chờ xếp.",
	Story: "Chuỗi tin", Entry: "Mục", Told: "Cách kể", Score: "Độ giống", With: "với tin", Features: "Điều đã cân nhắc", Feature: "Đặc điểm", Value: "Giá trị", Adds: "Cộng",
	Rare: "Từ hiếm chung", KeptApart: "Giữ riêng vì", Reports: "Các báo trong mục này", Leads: "báo đứng tên", OtherEntries: "Diễn biến khác của chuỗi tin",
	WithdrawnAt: "Đã rút lúc", InNoSection: "Chưa thuộc chuyên mục nào; chỉ có ở trang tất cả.",
	Placed: "Chuyên mục", Probability: "xác suất", Rule: "ở dòng", Report: "tin", EditorSaid: "Biên tập viên đã nói", TakeOut: "Lấy ra", FileUnder: "Xếp vào",
	Choose: "Chọn chuyên mục", SplitOff: "Tách ra", JoinWith: "Gộp với chuỗi tin khác", JoinHelp: "địa chỉ, số tin hoặc mã chuỗi tin", Join: "Gộp", FindStory: "Tìm tin để gộp",
	Retract: "Rút tin", RetractHelp: "Rút cả chuỗi tin khỏi mọi trang và nguồn cấp.", Original: "Bản gốc",

	Learned:     "Từ đã học",
	LearnedHelp: "Những từ nói nhiều nhất cho một chuyên mục, theo các ví dụ của nó. Từ nào gây nhầm thì chọn để gạch: từ ấy không nói gì cho chuyên mục này nữa, dù bao nhiêu ví dụ có nó.",
	LearnedNone: "Chuyên mục này chưa học từ nào: cần ví dụ của ít nhất hai chuyên mục, và ba ví dụ có từ ấy.",
	Strike:      "Từ cần gạch", Struck: "đã gạch", StrikeShow: "Cho xem dòng cấu hình", StrikeLine: "Dòng gạch các từ này",
	StrikeWhere: "Viết dòng learn vào dưới chuyên mục này, trong tệp", Examples: "Ví dụ", Outlets: "Báo",

	NoDecisions: "Chưa có quyết định nào.", What: "Quyết định", Who: "Ai", When: "Khi nào", Somebody: "không rõ",
	DecisionsHelp: "Mọi quyết định đang có hiệu lực, mới nhất trước. Chúng đứng trên mọi quy tắc và mọi điều đã học.",

	States: map[feed.ItemState]string{feed.StateWaiting: "chờ xếp", feed.StateFiled: "đã vào chuyên mục", feed.StateUnsorted: "chưa có chuyên mục",
		feed.StateDropped: "không đăng", feed.StateWithdrawn: "đã rút"},
	Verdicts: map[feed.Verdict]string{feed.New: "tin mới", feed.Duplicate: "trùng với tin đã có", feed.Same: "cùng sự kiện, báo khác kể",
		feed.Update: "diễn biến mới", feed.Related: "có lẽ cùng chuỗi tin, được nối"},
	Authorities: map[string]string{"source": "theo nguồn", "category": "theo thể loại của nguồn", "rule": "theo quy tắc", "learned": "theo điều đã học", "editor": "theo biên tập viên"},
	Withdrawals: map[feed.Withdrawal]string{feed.Retracted: "biên tập viên rút", feed.Moved: "biên tập viên chuyển các báo của nó sang chỗ khác",
		feed.Recalled: "nguồn tự rút", feed.Dropped: "một quy tắc bỏ hết"},
	Kinds: map[feed.EditorsKind]string{feed.WordFile: "xếp vào", feed.WordUnfile: "lấy ra khỏi", feed.WordSplit: "tách khỏi chuỗi tin",
		feed.WordJoin: "gộp thành một tin", feed.WordRetract: "rút tin"},
	AlarmKinds: map[AlarmKind]string{AlarmFailing: "đang lỗi", AlarmSilent: "không có tin mới", AlarmNote: ""},
}

var english = words{
	Lang: "en",

	SignIn: "Sign in to the desk", SignOut: "Sign out", Token: "Token", Name: "Your name",
	NameHelp: "It is recorded with every decision you make.", Enter: "Sign in",
	WrongToken: "This token is wrong.", NoName: "Please enter your name.",
	TooMany: "Too many tokens were wrong; try again in a few minutes.", Expired: "Your session is over; please sign in again.",
	Forged: "This form did not come from your page, or is too old; reload the page and try again.",

	Desk: "Editor's desk", Overview: "Overview", Search: "Search", Queue: "To judge", Decisions: "Decisions",
	Status: "Sources", Front: "Front page", Skip: "Skip to content", SignedInAs: "Signed in:",
	Failed: "That could not be done.", Unclear: "This request was not understood.", NoPage: "There is no such page.",
	Unread: "The store cannot be read just now; try again.", GoBack: "Back",
	Done: "Done:", Undone: "Undone.", Undo: "Undo", TheMachine: "Technical detail",

	Configuration: "Configuration", Live: "State of the configuration, kept up to date", InForceSince: "In force since", Unchanged: "This save changed nothing.",
	FirstSave: "Nothing has been saved since the start.",
	Added:     "Sources added", Removed: "Sources removed", Altered: "Sources changed", RulesChanged: "Sections changed", OtherChanged: "Also changed",
	Refiling: "filing again…", MovedStories: "stories moved", MovedNone: "no story moved",
	RefusedAt: "A save was refused at", RefusedStays: "The one before it stays in force.", Mistakes: "mistakes",
	Line: "line", Column: "column", HeldAt: "A save has been held back since", Accept: "I meant it: put it into force",
	Unmet: "Expected headlines that are not filed as expected", UnmetNone: "Every expected headline is filed as expected.", Warnings: "Warnings", Mend: "Write:", Show: "Show",

	Alarms: "Alarms", NoAlarms: "No alarms.", Since: "since",

	QueueHelp:    "Each click is a decision. It takes effect at once, can be undone, and is an example to learn from.",
	Unsorted:     "In no section",
	UnsortedHelp: "The section that you choose learns from the report's headline and summary. With “None of them”, every section learns that it does not belong there.",
	LowFiled:     "Filed by what was learned, least certain first",
	LowFiledHelp: "With “Right”, the section learns that the report belongs to it. “Wrong” takes it out; unless an editor files it elsewhere, the section learns that it does not belong there.",
	Joins:        "Joined, least certain first",
	JoinsHelp:    "Your answer holds for these two for good. Where the headlines differ only by one exchange of words, feedd learns whether that exchange tells events apart.",
	Nothing:      "Nothing is waiting to be judged.", NoneOfThem: "None of them", Right: "Right", Wrong: "Wrong, take it out", OneStory: "One story", TwoStories: "Two stories, split",
	More: "More", All: "See all", MoreIn: "Another section", NoGuess: "no section is more likely than another",

	Words: "Words", WordsHelp: `as in a rule: interest rate, export*, "GDP"`, AnySource: "Any source", AnySection: "Any section", AnyState: "Any state",
	From: "From day", To: "To day", Find: "Search",
	Found: "Found", FoundNone: "Nothing was found.", Older: "Older", NoQuery: "These words cannot be searched for.", NoDay: "Write a day as 2026-03-09.",
	JoinHere: "Join here", Joining: "Choose what to join to story",
	SourceLabel: "Source", SectionLabel: "Section", StateLabel: "State",

	Why: "Why", Item: "Item", FirstSeen: "First seen", Published: "Published", NoDate: "the source gave no credible date, so the time when it was first seen counts",
	Revised: "Revised by its source", Dropped: "Not published", Waiting: "Saved, but not filed yet.",
	Story: "Story", Entry: "Entry", Told: "Verdict", Score: "Likeness", With: "with item", Features: "What was weighed", Feature: "Feature", Value: "Value", Adds: "Adds",
	Rare: "Shared rare words", KeptApart: "Kept apart because", Reports: "Reports in this entry", Leads: "leads", OtherEntries: "Other developments of the story",
	WithdrawnAt: "Withdrawn", InNoSection: "In no section: it is only on the page of all sections.",
	Placed: "Sections", Probability: "probability", Rule: "on line", Report: "report", EditorSaid: "Editors' decisions", TakeOut: "Take out", FileUnder: "File",
	Choose: "Choose a section", SplitOff: "Split off", JoinWith: "Join with another story", JoinHelp: "an address, an item's number or a story's id", Join: "Join", FindStory: "Find the story to join",
	Retract: "Retract", RetractHelp: "Withdraws the whole story from every page and feed.", Original: "Original",

	Learned:     "Learned words",
	LearnedHelp: "The words that speak most for a section, according to its examples. Choose those that mislead to strike them out: they then say nothing for this section, however many examples have them.",
	LearnedNone: "This section has learned no words yet: it needs examples of at least two sections, and three with the same word.",
	Strike:      "Words to strike out", Struck: "struck out", StrikeShow: "Show the line for the file", StrikeLine: "The line that strikes these words out",
	StrikeWhere: "Write the line “learn” under this section, in the file", Examples: "Examples", Outlets: "Outlets",

	NoDecisions: "No decision is in force.", What: "Decision", Who: "Who", When: "When", Somebody: "unknown",
	DecisionsHelp: "Every decision in force, newest first. Decisions overrule all rules and everything that was learned.",

	States: map[feed.ItemState]string{feed.StateWaiting: "waiting for the desk", feed.StateFiled: "in a section", feed.StateUnsorted: "in no section",
		feed.StateDropped: "not published", feed.StateWithdrawn: "withdrawn"},
	Verdicts: map[feed.Verdict]string{feed.New: "new", feed.Duplicate: "a duplicate", feed.Same: "the same event, reported by another outlet",
		feed.Update: "a new development", feed.Related: "probably the same story, linked"},
	Authorities: map[string]string{"source": "by its source", "category": "by its source's category", "rule": "by a rule", "learned": "by what was learned", "editor": "by an editor"},
	Withdrawals: map[feed.Withdrawal]string{feed.Retracted: "an editor retracted it", feed.Moved: "an editor moved its reports elsewhere",
		feed.Recalled: "its source withdrew it", feed.Dropped: "a rule drops all of it"},
	Kinds: map[feed.EditorsKind]string{feed.WordFile: "file under", feed.WordUnfile: "take out of", feed.WordSplit: "split off its story",
		feed.WordJoin: "join as one story", feed.WordRetract: "retract"},
	AlarmKinds: map[AlarmKind]string{AlarmFailing: "fails", AlarmSilent: "brings nothing new", AlarmNote: ""},
}

// wordsFor returns the texts for the site's language: Vietnamese, or English for every other.
func wordsFor(language string) *words {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	if base == "vi" {
		return &vietnamese
	}
	return &english
}
