package render

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"feedd/internal/feed"
)

// Status is what the page of the sources' health depends on.
type Status struct {
	View     *View // Site, Base and Sections of it
	Now      time.Time
	Sources  []SourceStatus
	Unsorted int // stories that no section took
	Notes    []Note
	Partners []PartnerStatus
	Nodes    []string // that share the database, a line each
}

// SourceStatus is one source as readers may see it.
type SourceStatus struct {
	ID      string
	Title   string
	Section string // title of the section that everything of it enters; "" for none
	URL     string
	State   feed.SourceState
	Detail  string // why it failed, as far as the page's language has that
	Days    []int  // new items of the last days, today last; nil when that is not known
}

// Note is what the newsroom should know, such as a feed that was held back.
type Note struct {
	Kind    NoteKind
	Subject string // a path or a section's title, as Kind asks
	Text    string // in English, for a note of no kind
	Bytes   int    // of NoteLong: the bound
	Entries int    // of NoteLong: that have their full texts
}

// NoteKind is what a note is about.
type NoteKind string

// The kinds of notes that the page has words for.
const (
	NoteHeld    NoteKind = "held"    // a changed configuration waits to be accepted
	NoteKept    NoteKind = "kept"    // a document was not published anew; Subject is its path
	NoteEmptied NoteKind = "emptied" // a section fell to nothing, and shows what it had
	NoteLong    NoteKind = "long"    // a feed is too long for all its full texts; Subject is its path
)

// PartnerStatus is how much a partner has taken.
type PartnerStatus struct {
	Title    string
	Requests int64
	Bytes    int64
}

// Health names the state of a source in a word: "fine", "failing", "gone" or "waiting".
func (s SourceStatus) Health() string {
	switch {
	case s.State.Gone:
		return "gone"
	case s.State.LastRun.IsZero():
		return "waiting"
	case s.State.Error != "":
		return "failing"
	}
	return "fine"
}

// statusPage is what the template gets.
type statusPage struct {
	*page
	Health   *statusWords
	Counts   string
	Notes    []string
	Nodes    []string
	Groups   []statusGroup
	Partners []PartnerStatus
}

// statusGroup is the sources of one state.
type statusGroup struct {
	ID, Title string
	Rows      []statusRow
}

type statusRow struct {
	ID, Title, URL                string
	Problem, Reason, Rhythm, Days string // Days is the chart in words
	Detail                        string // of the problem
	Success, Next                 moment
	Bars                          []bar
}

// bar is one day of the chart, in its units.
type bar struct{ X, Y, Height int }

// The chart's measures: bars of a width with a gap between them, in a height that the most reaches.
const (
	barWidth, barGap, chartHeight = 6, 2, 24
)

// StatusPage renders the health of the sources: those that fail first.
func StatusPage(s *Status) ([]byte, error) {
	p := &statusPage{page: s.View.newPage("/sources")}
	p.Health = statusWordsFor(p.Words.Lang)
	p.Title = p.Words.Status + " – " + p.Site
	by := map[string][]statusRow{}
	titles := titlesOf(s.Sources)
	for i := range s.Sources {
		src := &s.Sources[i]
		row := p.row(s, src)
		row.Title = titles[i]
		by[src.Health()] = append(by[src.Health()], row)
	}
	for _, state := range []string{"failing", "gone", "waiting", "fine"} {
		if rows := by[state]; len(rows) > 0 {
			slices.SortStableFunc(rows, func(a, b statusRow) int { return cmp.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)) })
			p.Groups = append(p.Groups, statusGroup{ID: state, Title: p.Health.States[state], Rows: rows})
		}
	}
	p.Counts = p.Health.counts(len(s.Sources), len(by["failing"])+len(by["gone"]), s.Unsorted)
	for _, n := range s.Notes {
		p.Notes = append(p.Notes, line(p.Health.note(n), maxSummary))
	}
	for _, n := range s.Nodes {
		p.Nodes = append(p.Nodes, line(n, maxSummary))
	}
	for _, q := range s.Partners {
		q.Title = line(q.Title, maxName)
		p.Partners = append(p.Partners, q)
	}
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, "status.html", p); err != nil {
		return nil, fmt.Errorf("render status.html: %w", err)
	}
	return b.Bytes(), nil
}

// titlesOf names the sources for people: by their outlet, and where an outlet has several by what tells
// these apart, too.
func titlesOf(sources []SourceStatus) []string {
	times := map[string]int{}
	for i := range sources {
		times[sources[i].Title]++
	}
	titles := make([]string, len(sources))
	for i := range sources {
		s := &sources[i]
		titles[i] = line(cmp.Or(s.Title, s.ID), maxName)
		if times[s.Title] < 2 {
			continue
		}
		part := cmp.Or(s.Section, line(s.State.Title, maxName))
		if part == "" || part == titles[i] {
			part = s.ID
		}
		titles[i] += " · " + part
	}
	// Two of an outlet may enter one section.
	seen := map[string]int{}
	for _, t := range titles {
		seen[t]++
	}
	for i := range titles {
		if seen[titles[i]] > 1 {
			titles[i] += " (" + sources[i].ID + ")"
		}
	}
	return titles
}

func (p *statusPage) row(s *Status, src *SourceStatus) statusRow {
	w, st := p.Health, &src.State
	zone := s.View.Site.Timezone
	row := statusRow{
		ID: src.ID, URL: webURL(src.URL, ""),
		Success: p.near(st.LastSuccess, s.Now, zone), Reason: w.reason(st.NextWhy), Rhythm: w.rhythm(st.Rhythm),
	}
	if !st.Gone {
		row.Next = p.near(st.NextRun, s.Now, zone)
	}
	if st.Error != "" {
		row.Problem = w.fault(st)
		if st.Fault != feed.FaultStatus { // which says it all
			row.Detail = line(sentenceCase(src.Detail), maxTitle)
		}
	}
	row.Bars, row.Days = w.chart(src.Days)
	return row
}

// sentenceCase begins a sentence of the machine with a capital, but not one that begins with a name in small letters, such as a
// host's.
func sentenceCase(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if strings.ContainsAny(first, ".:/_") {
		return s
	}
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// near is a time without its day when that is today.
func (p *statusPage) near(t, now time.Time, zone *time.Location) moment {
	m := newMoment(t, zone, p.Words)
	if zone == nil {
		zone = time.UTC
	}
	if t, now := t.In(zone), now.In(zone); m.Human != "" && t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		m.Human = t.Format("15:04")
	}
	return m
}

// chart draws days, and says them.
func (w *statusWords) chart(days []int) (bars []bar, said string) {
	if len(days) == 0 {
		return nil, ""
	}
	most := max(1, slices.Max(days))
	texts := make([]string, len(days))
	for i, n := range days {
		texts[i] = strconv.Itoa(n)
		height := n * chartHeight / most
		if n > 0 {
			height = max(height, 2)
		} else {
			height = 1
		}
		bars = append(bars, bar{X: i * (barWidth + barGap), Y: chartHeight - height, Height: height})
	}
	return bars, fmt.Sprintf(w.PerDay, len(days), strings.Join(texts, ", "))
}

// statusWords are the texts of the page, in one language. A verb of fmt stands where a figure goes.
type statusWords struct {
	Lang                        string
	States                      map[string]string
	Sources, Failing, Unsorted  string // with their numbers
	LastSuccess, NextRun, Never string
	NewPerDay, PerDay, Why      string
	Faults                      map[feed.Fault]string
	Reasons                     map[feed.ReasonKind]string
	RhythmEvery, Mostly, And    string
	Held, Kept, Emptied, Long   string
	Minutes, Hours, Days        string
	One                         feed.Singulars
}

var statusVietnamese = statusWords{
	Lang:    "vi",
	States:  map[string]string{"failing": "Đang lỗi", "gone": "Đã ngừng", "waiting": "Chưa thu", "fine": "Bình thường"},
	Sources: "%d nguồn tin", Failing: "%d đang lỗi", Unsorted: "%d tin chưa thuộc chuyên mục nào",
	LastSuccess: "Thu được gần nhất", NextRun: "Lần thu tới", Never: "không thu nữa",
	NewPerDay: "Tin mới mỗi ngày", PerDay: "Tin mới mỗi ngày trong %d ngày, hôm nay sau cùng: %s", Why: "vì",
	Faults: map[feed.Fault]string{
		feed.FaultStatus: "Máy chủ trả lời lỗi %d.", feed.FaultSlow: "Máy chủ không trả lời kịp.", feed.FaultUnknown: "Không tìm thấy máy chủ này.",
		feed.FaultAway: "Không kết nối được tới máy chủ.", feed.FaultTLS: "Kết nối an toàn không thành: chứng chỉ hoặc cách mã hóa của máy chủ không hợp lệ.",
		feed.FaultForbidden: "Máy chủ hoặc cấu hình không cho phép thu địa chỉ này.", feed.FaultUnreadable: "Nội dung nhận được không đọc được như một nguồn tin.",
		feed.FaultUnsaved: "Hiện không lưu được những gì thu về.", "": "Lần thu gần nhất bị lỗi.",
	},
	Reasons: map[feed.ReasonKind]string{
		feed.ReasonFirst: "chưa thu lần nào", feed.ReasonAddress: "địa chỉ của nguồn mới đổi", feed.ReasonSchedule: "theo lịch, cách nhau %s",
		feed.ReasonRhythm: "theo nhịp của nguồn, khoảng %s có một tin mới", feed.ReasonLearning: "cách nhau %s cho tới khi biết nhịp của nguồn",
		feed.ReasonPushed: "nguồn tự báo khi có tin mới, nên chỉ thu để kiểm tra", feed.ReasonFailed: "lùi lại vì lỗi %d lần liền",
		feed.ReasonTTL: "nguồn đề nghị thu cách nhau %s", feed.ReasonAsked: "máy chủ đề nghị chờ đến lúc đó", feed.ReasonSkipped: "nguồn cho biết không có tin vào giờ hay ngày này",
		feed.ReasonHeld: "đến giờ đăng một tin hẹn trước", feed.ReasonGone: "nguồn cho biết đã ngừng hẳn", feed.ReasonLine: "không đọc được lịch trong cấu hình", feed.ReasonUnsaved: "thử lại vì chưa lưu được",
	},
	RhythmEvery: "Khoảng %s một tin", Mostly: ", nhiều nhất %s", And: " và ",
	Held:    "Cấu hình vừa sửa được giữ lại vì bỏ quá nhiều; cấu hình trước vẫn có hiệu lực. Xem bàn biên tập.",
	Kept:    "%s không được đăng lại vì bản mới có lỗi; bản trước vẫn ở đó.",
	Emptied: "Chuyên mục %s bỗng trống mà cấu hình không đổi; các tin trước vẫn ở đó.",
	Long:    "%s dài hơn %d byte (publish.max_bytes): chỉ %d tin đầu có toàn văn, các tin sau có tóm tắt.",
	Minutes: "%d phút", Hours: "%s giờ", Days: "%s ngày",
}

var statusEnglish = statusWords{
	Lang:    "en",
	States:  map[string]string{"failing": "Failing", "gone": "Gone", "waiting": "Not collected yet", "fine": "Fine"},
	Sources: "%d sources", Failing: "%d failing", Unsorted: "%d stories in no section",
	LastSuccess: "Last success", NextRun: "Next run", Never: "no more",
	NewPerDay: "New per day", PerDay: "New items a day for %d days, today last: %s", Why: "because",
	Faults: map[feed.Fault]string{
		feed.FaultStatus: "The server answered with error %d.", feed.FaultSlow: "The server did not answer in time.", feed.FaultUnknown: "There is no such host.",
		feed.FaultAway: "The server cannot be reached.", feed.FaultTLS: "No secure connection: the server's certificate or encryption is not valid.",
		feed.FaultForbidden: "The server or the configuration does not allow this address.", feed.FaultUnreadable: "What the server sent cannot be read as news.",
		feed.FaultUnsaved: "What it brought cannot be stored at present.", "": "The last run failed.",
	},
	Reasons: map[feed.ReasonKind]string{
		feed.ReasonFirst: "it was never collected", feed.ReasonAddress: "its address is new", feed.ReasonSchedule: "by its schedule, every %s",
		feed.ReasonRhythm: "by its rhythm, a new item about every %s", feed.ReasonLearning: "every %s until its rhythm is learned",
		feed.ReasonPushed: "it announces news itself and is only checked", feed.ReasonFailed: "put off after %d failures in a row",
		feed.ReasonTTL: "it asks for %s between two looks", feed.ReasonAsked: "its server asks to wait until then", feed.ReasonSkipped: "it says that it has no news at this hour or day",
		feed.ReasonHeld: "an item dated in the future is due then", feed.ReasonGone: "it says that it is closed for good", feed.ReasonLine: "its schedule in the configuration cannot be read", feed.ReasonUnsaved: "tried again, because nothing could be stored",
	},
	RhythmEvery: "An item about every %s", Mostly: ", mostly %s", And: " and ",
	Held:    "The changed configuration is held back because it takes away too much; the one before it stays in force. See the desk.",
	Kept:    "%s was not published again because the new version has a fault; the one before it is still there.",
	Emptied: "Section %s became empty without a change of the configuration; it still shows what it had.",
	Long:    "%s is longer than %d bytes (publish.max_bytes): all but its first %d entries have summaries instead of full texts.",
	Minutes: "%d minutes", Hours: "%s hours", Days: "%s days",
	One: feed.Singulars{
		"%d sources": "1 source", "%d stories in no section": "1 story in no section", "put off after %d failures in a row": "put off after a failure",
		"%d minutes": "1 minute", "%s hours": "1 hour", "%s days": "1 day",
	},
}

// statusWordsFor returns the texts in the language that the other words of the page are in.
func statusWordsFor(lang string) *statusWords {
	if lang == "vi" {
		return &statusVietnamese
	}
	return &statusEnglish
}

func (w *statusWords) counts(sources, failing, unsorted int) string {
	parts := []string{w.One.Count(w.Sources, sources)}
	if failing > 0 {
		parts = append(parts, w.One.Count(w.Failing, failing))
	}
	return strings.Join(append(parts, w.One.Count(w.Unsorted, unsorted)), " · ")
}

// every puts how often something comes into a text: English says every minute, not every 1 minute.
func (w *statusWords) every(text string, d time.Duration) string {
	return strings.Replace(fmt.Sprintf(text, w.span(d)), "every 1 ", "every ", 1)
}

// fault says why a source failed.
func (w *statusWords) fault(st *feed.SourceState) string {
	text, known := w.Faults[st.Fault]
	if !known {
		text = w.Faults[""]
	}
	if st.Fault == feed.FaultStatus {
		return fmt.Sprintf(text, st.Status)
	}
	return text
}

// reason says why a source runs next when it does; "" when that is not known.
func (w *statusWords) reason(r feed.Reason) string {
	text := w.Reasons[r.Kind]
	switch {
	case strings.Contains(text, "%s"):
		return w.every(text, r.Every)
	case strings.Contains(text, "%d"):
		return w.One.Count(text, r.Times)
	}
	return text
}

// rhythm says how often a source publishes, and when in the day; "" when nothing was learned.
func (w *statusWords) rhythm(r *feed.Rhythm) string {
	if r == nil || r.Seen == 0 {
		return ""
	}
	text := w.every(w.RhythmEvery, max(r.Gap, time.Minute))
	var spans []string
	for _, span := range r.Busy() {
		spans = append(spans, fmt.Sprintf("%d:00–%d:00", span[0], span[1]))
	}
	if len(spans) > 0 {
		text += fmt.Sprintf(w.Mostly, strings.Join(spans, w.And))
	}
	return text
}

// span writes a duration in its largest unit, with a half where it matters.
func (w *statusWords) span(d time.Duration) string {
	halves := func(text string, n float64) string {
		n = math.Round(n*2) / 2
		if n == 1 {
			return w.One.Count(text, 1)
		}
		return fmt.Sprintf(text, decimal(w.Lang, "%g", n))
	}
	switch {
	case d < 100*time.Minute:
		return w.One.Count(w.Minutes, max(1, int(d.Round(time.Minute)/time.Minute)))
	case d < 48*time.Hour:
		return halves(w.Hours, d.Hours())
	}
	return halves(w.Days, d.Hours()/24)
}

// note says a note.
func (w *statusWords) note(n Note) string {
	switch n.Kind {
	case NoteHeld:
		return w.Held
	case NoteKept:
		return fmt.Sprintf(w.Kept, n.Subject)
	case NoteEmptied:
		return fmt.Sprintf(w.Emptied, n.Subject)
	case NoteLong:
		return fmt.Sprintf(w.Long, n.Subject, n.Bytes, n.Entries)
	}
	return n.Text
}
