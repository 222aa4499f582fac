package feed

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// The words of dates, lower case and composed: names of months and days in Vietnamese, English,
// French, German, Spanish, Italian, Portuguese, Dutch, Indonesian, Russian, Polish and Turkish, with the abbreviations feeds
// use, and names of zones. A word that two languages use differently stands in both tables; the
// month then counts only where no other month is named.
var monthNames = makeWords(
	"january jan januar jänner janvier janv enero ene gennaio gen janeiro januari janu январь января янв stycznia sty ocak oca ianuarie ian január led ledna січня ιανουαρίου ιαν يناير ינואר בינואר มกราคม januára siječnja січ",
	"february feb peb februar février févr fév fevrier fevr febrero febbraio fevereiro fev februari pebruari февраль февраля фев lutego lut şubat şub februarie február úno února лютого φεβρουαρίου φεβ فبراير פברואר בפברואר กุมภาพันธ์ februára лют",
	"march mar märz maerz mär mrz mars marzo março marco maart mrt maret март марта мар marca mart martie március březen března березня μαρτίου μαρ مارس מרץ במרץ มีนาคม marca бер",
	"april apr avril avr abril abr aprile апрель апреля апр kwietnia kwi nisan nis aprilie április duben dubna квітня απριλίου απρ أبريل ابريل אפריל באפריל เมษายน apríla кві",
	"may mai mayo maggio mag maio mei май мая maja mayıs maj május květen května травня μαΐου μαϊ مايو מאי במאי พฤษภาคม mája тра",
	"june jun juni juin junio giugno giu junho июнь июня июн czerwca cze haziran haz iunie iun június červen června червня ιουνίου ιουν يونيو יוני ביוני มิถุนายน júna чер",
	"july jul juli juillet juil julio luglio lug julho июль июля июл lipca lip temmuz tem iulie iul július červenec července липня ιουλίου ιουλ يوليو יולי ביולי กรกฎาคม júla лип",
	"august aug août aout aoû agosto ago augustus agustus agt agu август августа авг sierpnia sie ağustos ağu augusti augusztus srpen srpna серпня αυγούστου αυγ أغسطس اغسطس אוגוסט באוגוסט สิงหาคม augusta сер",
	"september sep sept septembre septiembre setiembre set settembre sett setembro сентябрь сентября сен сент września wrz eylül eyl septembrie szeptember září вересня σεπτεμβρίου σεπ سبتمبر ספטמבר בספטמבר กันยายน septembra вер",
	"october oct oktober okt octobre octubre ottobre ott outubro out октябрь октября окт października paź ekim eki octombrie október říjen října жовтня οκτωβρίου οκτ أكتوبر اكتوبر אוקטובר באוקטובר ตุลาคม októbra жов",
	"november nov novembre noviembre novembro nopember nop ноябрь ноября ноя listopada lis kasım kas noiembrie noi listopadu листопада νοεμβρίου νοε نوفمبر נובמבר בנובמבר พฤศจิกายน novembra лис",
	"december dec dezember dez décembre déc decembre diciembre dic dicembre dezembro desember des декабрь декабря дек grudnia gru aralık ara decembrie prosinec prosince грудня δεκεμβρίου δεκ ديسمبر דצמבר בדצמבר ธันวาคม decembra гру",
)

var weekdayNames = makeWords(
	"monday mon montag mo lundi lun lunes lunedì lunedi segunda segunda-feira seg maandag ma senin понедельник пн poniedziałek pon pazartesi pzt понеділок pondělí po måndag mån mandag man maanantai ma hétfő luni luns الاثنين الإثنين δευτέρα δευ จันทร์ จ",
	"tuesday tue tues dienstag di mardi mar martes martedì martedi terça terca ter dinsdag selasa вторник вт wtorek wto salı sal вівторок úterý út tisdag tis tirsdag tir tiistai kedd marți الثلاثاء τρίτη τρι อังคาร",
	"wednesday wed mittwoch mi mercredi mer miércoles miercoles mié mie mercoledì mercoledi quarta qua woensdag wo rabu среда ср środa śro çarşamba çar середа středa st onsdag ons keskiviikko szerda miercuri الأربعاء الاربعاء τετάρτη τετ พุธ",
	"thursday thu thur thurs donnerstag do jeudi jeu jueves jue giovedì giovedi gio quinta qui donderdag kamis четверг чт czwartek czw perşembe per четвер čtvrtek čt torsdag tors tor torstai csütörtök joi الخميس πέμπτη πεμ พฤหัสบดี",
	"friday fri freitag fr vendredi ven viernes vie venerdì venerdi sexta sex vrijdag vr jumat пятница пт piątek pią cuma cum пʼятниця п'ятниця пятниця pátek pá fredag fre perjantai péntek vineri الجمعة παρασκευή παρ ศุกร์",
	"saturday sat samstag sa samedi sam sábado sabado sáb sab sabato zaterdag za sabtu суббота сб sobota sob cumartesi cmt субота so lördag lör lørdag lør lauantai szombat sâmbătă السبت σάββατο σαβ เสาร์",
	"sunday sun sonntag so dimanche dim domingo dom domenica zondag zo minggu cn воскресенье вс niedziela nie pazar paz неділя нд neděle ne söndag sön søndag søn sunnuntai vasárnap duminică الأحد الاحد κυριακή κυρ อาทิตย์",
)

// fillers are words that occur in dates and carry no information.
var fillers = makeWords("ngày lúc vào at on le der den um à a las de del el il alle ore am pada pukul om kl and the of " +
	"feira t posted published updated đăng cập nhật uhr hrs date dia às o standard daylight time indochina " +
	"local giờ ngay luc il y by в у во о г гг год года року р klo kl klockan klokken kell plkst ob godz godzina hod hodin ora orele saat saati óra órakor uur " +
	"час часа часов เวลา น วันที่ 頃 月 火 水 木 金 土 日 曜 曜日 월 화 수 목 금 토 일 요일 da das dos ve v ur på vid den d")

// thaiMonths writes the abbreviated months of Thai in full.
var thaiMonths = strings.NewReplacer("ม.ค.", "มกราคม", "ก.พ.", "กุมภาพันธ์", "มี.ค.", "มีนาคม", "เม.ย.", "เมษายน", "พ.ค.", "พฤษภาคม", "มิ.ย.", "มิถุนายน",
	"ก.ค.", "กรกฎาคม", "ส.ค.", "สิงหาคม", "ก.ย.", "กันยายน", "ต.ค.", "ตุลาคม", "พ.ย.", "พฤศจิกายน", "ธ.ค.", "ธันวาคม")

func makeWords(groups ...string) map[string]int {
	m := make(map[string]int)
	for i, g := range groups {
		for w := range strings.FieldsSeq(g) {
			m[w] = i + 1
		}
	}
	return m
}

// vietnameseNumbers are the numerals that follow tháng.
var vietnameseNumbers = map[string]int{
	"một": 1, "giêng": 1, "hai": 2, "ba": 3, "tư": 4, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7,
	"tám": 8, "chín": 9, "mười": 10, "chạp": 12,
}

// zones are offsets from UTC in minutes, by the names RFC 822 and common software give them.
var zones = map[string]int{
	"z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0,
	"west": 60, "cet": 60, "met": 60, "mez": 60, "bst": 60, "wat": 60,
	"cest": 120, "mest": 120, "mesz": 120, "eet": 120, "sast": 120, "cat": 120,
	"eest": 180, "msk": 180, "eat": 180, "trt": 180, "idt": 180,
	"gst": 240, "msd": 240, "pkt": 300, "ist": 330, "npt": 345,
	"ict": 420, "wib": 420, "indochina": 420, "sgt": 480, "myt": 480, "hkt": 480, "pht": 480, "awst": 480, "wita": 480,
	"jst": 540, "kst": 540, "wit": 540, "acst": 570, "aest": 600, "acdt": 630, "aedt": 660, "nzst": 720, "nzdt": 780,
	"brt": -180, "art": -180, "clst": -180, "ndt": -150, "nst": -210,
	"adt": -180, "ast": -240, "clt": -240, "edt": -240, "est": -300, "cdt": -300, "cst": -360, "mdt": -360,
	"mst": -420, "pdt": -420, "pst": -480, "akdt": -480, "akst": -540, "hst": -600, "hdt": -540,
}

// seasonal are names of zones that do not say whether summer time holds.
var seasonal = map[string]string{"et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles"}

func isHourWord(w string) bool {
	switch w {
	case "h", "giờ", "g", "gio", "uhr", "時", "时", "시", "heures", "heure", "点", "點":
		return true
	}
	return false
}

func isMinuteWord(w string) bool {
	switch w {
	case "m", "phút", "p", "ph", "min", "分", "분":
		return true
	}
	return false
}

func isSecondWord(w string) bool {
	switch w {
	case "s", "giây", "秒", "초":
		return true
	}
	return false
}

// word understands the word at i and says how many tokens that took; 0 when it is not of a date.
func (p *dateParser) word(i int) int {
	for _, read := range []func(*dateParser, int) int{(*dateParser).halfDay, (*dateParser).vietnameseWord, (*dateParser).relativeDay, (*dateParser).name} {
		if n := read(p, i); n > 0 {
			return n
		}
	}
	return 0
}

// dotted is 1, and 2 when a full stop stands right behind the word at i.
func (p *dateParser) dotted(i int) int {
	if next := p.at(i + 1); next.sep == '.' && !next.space {
		return 2
	}
	return 1
}

// halves are the words for the half of the day: 1 before noon, 2 after. Some stand before the time.
var halves = map[string]int{
	"am": 1, "sa": 1, "sáng": 1, "上午": 1, "午前": 1, "오전": 1, "凌晨": 1, "清晨": 1, "早上": 1, "새벽": 1, "아침": 1, "ص": 1, "صباحا": 1, "صباحاً": 1,
	"πμ": 1, "öö": 1, "mañana": 1, "manhã": 1, "mattina": 1, "matin": 1, "утра": 1, "ночи": 1, "ранку": 1, "pagi": 1, "dopoledne": 1, "ráno": 1, "délelőtt": 1,
	"morgens": 1, "vormittags": 1, "früh": 1, "rano": 1, "fm": 1, "ap": 1,
	"pm": 2, "ch": 2, "chiều": 2, "tối": 2, "đêm": 2, "trưa": 2, "下午": 2, "午後": 2, "午后": 2, "오후": 2, "晚上": 2, "傍晚": 2, "中午": 2, "正午": 2, "夜": 2, "晚": 2, "저녁": 2,
	"밤": 2, "م": 2, "مساء": 2, "مساءً": 2, "μμ": 2, "ös": 2, "tarde": 2, "noche": 2, "noite": 2, "pomeriggio": 2, "sera": 2, "après-midi": 2, "soir": 2,
	"дня": 2, "вечера": 2, "вечора": 2, "siang": 2, "sore": 2, "malam": 2, "odpoledne": 2, "večer": 2, "délután": 2, "este": 2, "nachmittags": 2, "mittags": 2,
	"abends": 2, "nachts": 2, "popołudniu": 2, "wieczorem": 2, "ip": 2, "em": 2, "ptg": 2,
}

// isHalf is true of a word for a half of the day at i.
func (p *dateParser) isHalf(i int) bool {
	_, n := p.half12(i)
	return n > 0
}

// half12 understands a word for a half of the day at i, with dots or without, and says how many tokens
// it takes. In Chinese the day of the week may be one with it.
func (p *dateParser) half12(i int) (half, n int) {
	t := p.at(i)
	if h := halves[t.text]; h > 0 {
		n = 1
		if p.at(i+1).sep == '.' && !p.at(i+1).space {
			n = 2
		}
		return h, n
	}
	if p.at(i+1).sep == '.' {
		switch t.text + p.at(i+2).text {
		case "am", "pm", "πμ", "μμ", "fm", "em":
			return halves[t.text+p.at(i+2).text], 3 + b2i(p.at(i+3).sep == '.')
		}
	}
	for _, word := range [...]string{"上午", "下午", "午前", "午後", "凌晨", "早上", "晚上", "中午"} {
		if strings.HasSuffix(t.text, word) {
			return halves[word], 1
		}
	}
	return 0, 0
}

// halfDay understands the half of the day, behind a time or before it.
func (p *dateParser) halfDay(i int) int {
	half, n := p.half12(i)
	if n == 0 {
		return 0
	}
	t := p.at(i)
	latin := t.text == "am" || t.text == "pm" || t.text == "a" || t.text == "p"
	if !p.haveTime && t.text[0] < utf8.RuneSelf {
		return 0 // "am 14. August", "ch" of a name
	}
	if t.text == "trưa" && p.hour == 11 || t.text == "đêm" && p.hour < 6 || t.text == "дня" && p.hour == 11 {
		return n
	}
	p.half, p.latinHalf = half, latin
	return n
}

// vietnameseWord understands a month by its number, a year by its word, and the days of the week.
func (p *dateParser) vietnameseWord(i int) int {
	next := p.at(i + 1)
	switch p.at(i).text {
	case "tháng", "thg", "thang", "th":
		return p.vietnameseMonth(i)
	case "năm", "nam", "de", "del":
		if next.digit == 4 {
			p.year = next.num
			return 2
		}
	case "thứ", "thu":
		if next.digit == 1 && next.num >= 2 && next.num <= 7 {
			return 2
		}
		if _, ok := vietnameseNumbers[next.text]; ok {
			return 2
		}
	case "chủ", "chúa":
		if next.text == "nhật" || next.text == "nhựt" {
			return 2
		}
	case "t":
		if next.digit == 1 && next.num >= 2 && next.num <= 7 && p.at(i+2).sep == ',' && !next.space {
			return 2
		}
	}
	return 0
}

// vietnameseMonth understands what follows the word for month at i: a number in digits, perhaps with
// the year, or in words.
func (p *dateParser) vietnameseMonth(i int) int {
	dot := p.dotted(i)
	at, n := i+dot, dot+1
	if v := p.at(at); v.digit > 0 && v.digit <= 2 && v.num >= 1 && v.num <= 12 {
		p.month, p.namedMonth = v.num, true
		if (p.at(at+1).sep == '/' || p.at(at+1).sep == '-') && p.at(at+2).digit == 4 {
			p.year = p.at(at + 2).num
			n += 2
		}
		return n
	}
	m, ok := vietnameseNumbers[p.at(at).text]
	if !ok {
		return 0
	}
	if m == 10 {
		if more, ok := vietnameseNumbers[p.at(at+1).text]; ok && more <= 2 {
			m, n = 10+more, n+1
		}
	}
	p.month, p.namedMonth = m, true
	return n
}

// relativeDay understands today and the days before, and the two hours that have a name.
func (p *dateParser) relativeDay(i int) int {
	switch p.at(i).text {
	case "hôm":
		switch p.at(i + 1).text {
		case "nay":
			p.haveDaysBack = true
			return 2
		case "qua":
			p.daysBack, p.haveDaysBack = 1, true
			return 2
		case "kia":
			p.daysBack, p.haveDaysBack = 2, true
			return 2
		}
	case "today", "heute", "aujourd'hui", "hoy", "oggi", "hoje", "今天", "오늘", "сегодня", "dzisiaj", "dziś", "vandaag", "bugün":
		p.haveDaysBack = true
		return 1
	case "yesterday", "gestern", "hier", "ayer", "ieri", "ontem", "昨天", "어제", "вчера", "wczoraj", "gisteren", "kemarin", "dün":
		p.daysBack, p.haveDaysBack = 1, true
		return 1
	case "noon", "midnight":
		if !p.haveTime {
			p.hour, p.haveTime = 12*b2i(p.at(i).text == "noon"), true
			return 1
		}
	case "前天":
		p.daysBack, p.haveDaysBack = 2, true
		return 1
	case "今", "昨":
		if p.at(i+1).text == "日" {
			p.daysBack, p.haveDaysBack = b2i(p.at(i).text == "昨"), true
			return 2
		}
	}
	return 0
}

// name understands the names of months, days of the week and zones, and what stands between them.
func (p *dateParser) name(i int) int {
	t, dot := p.at(i), p.dotted(i)
	m, isMonth := monthNames[t.text]
	_, isDay := weekdayNames[t.text]
	switch {
	case isMonth && isDay:
		p.weekdayMonth = m
		return dot
	case isMonth:
		if p.month != 0 && p.namedMonth {
			return 0
		}
		p.month, p.namedMonth = m, true
		return dot
	case isDay, isEastAsianDay(t.text):
		return dot
	}
	if place, ok := seasonal[t.text]; ok && p.haveTime && !p.zoned {
		if zone, err := time.LoadLocation(place); err == nil {
			p.Zone, p.named = zone, true
			return 1
		}
	}
	if v, ok := zones[t.text]; ok && (p.haveTime || p.direct) && (!p.zoned || p.offset == 0) {
		if !p.zoned {
			p.offset, p.zoned, p.abbrev = v*60, true, t.text
		}
		return 1
	}
	if _, ok := fillers[t.text]; ok {
		return dot
	}
	return 0
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// isEastAsianDay is true of a day of the week in Chinese, Japanese or Korean.
func isEastAsianDay(w string) bool {
	for _, mark := range [...]string{"星期", "周", "週", "礼拜", "禮拜"} {
		if strings.HasPrefix(w, mark) {
			return true
		}
	}
	return strings.HasSuffix(w, "曜") || strings.HasSuffix(w, "요일") || strings.HasSuffix(w, "요")
}

// units of relative times, in the languages of monthNames that feeds of pages use. Those of one letter are such
// only in a relative time.
var units = map[string]time.Duration{
	"s": time.Second, "m": time.Minute, "d": day, "w": 7 * day, "wk": 7 * day, "wks": 7 * day, "mo": 30 * day, "mos": 30 * day, "y": 365 * day, "yr": 365 * day, "yrs": 365 * day,
	"秒": time.Second, "分": time.Minute, "分钟": time.Minute, "分鐘": time.Minute, "小时": time.Hour, "小時": time.Hour, "時間": time.Hour, "天": day, "日": day, "周": 7 * day, "週間": 7 * day, "个月": 30 * day, "個月": 30 * day, "か月": 30 * day, "年": 365 * day,
	"초": time.Second, "분": time.Minute, "시간": time.Hour, "일": day, "주": 7 * day, "개월": 30 * day,
	"секунд": time.Second, "минут": time.Minute, "минуты": time.Minute, "минуту": time.Minute, "мин": time.Minute, "час": time.Hour, "часа": time.Hour, "часов": time.Hour, "день": day, "дня": day, "дней": day, "недели": 7 * day, "неделю": 7 * day,
	"minut": time.Minute, "minuty": time.Minute, "minutę": time.Minute, "godzin": time.Hour, "godziny": time.Hour, "godzinę": time.Hour, "dni": day, "dzień": day,
	"minuti": time.Minute, "ora": time.Hour, "ore": time.Hour, "giorno": day, "giorni": day, "settimane": 7 * day, "uur": time.Hour, "uren": time.Hour, "dag": day, "dagen": day, "weken": 7 * day,
	"menit": time.Minute, "jam": time.Hour, "hari": day, "minggu": 7 * day, "dakika": time.Minute, "saat": time.Hour, "gün": day, "hafta": 7 * day,
	"giây": time.Second, "second": time.Second, "seconds": time.Second, "sec": time.Second, "secs": time.Second, "sekunden": time.Second, "secondes": time.Second, "segundos": time.Second,
	"phút": time.Minute, "minute": time.Minute, "minutes": time.Minute, "min": time.Minute, "mins": time.Minute, "minuten": time.Minute, "minuto": time.Minute, "minutos": time.Minute,
	"giờ": time.Hour, "tiếng": time.Hour, "hour": time.Hour, "hours": time.Hour, "hr": time.Hour, "hrs": time.Hour, "h": time.Hour, "stunde": time.Hour, "stunden": time.Hour, "heure": time.Hour, "heures": time.Hour, "hora": time.Hour, "horas": time.Hour,
	"ngày": day, "day": day, "days": day, "tag": day, "tagen": day, "jour": day, "jours": day, "día": day, "días": day, "dia": day, "dias": day,
	"tuần": 7 * day, "week": 7 * day, "weeks": 7 * day, "woche": 7 * day, "wochen": 7 * day, "semaine": 7 * day, "semaines": 7 * day, "semana": 7 * day, "semanas": 7 * day,
	"tháng": 30 * day, "month": 30 * day, "months": 30 * day, "monat": 30 * day, "monaten": 30 * day, "mois": 30 * day, "mes": 30 * day, "meses": 30 * day,
	"năm": 365 * day, "year": 365 * day, "years": 365 * day,
}

const day = 24 * time.Hour

// eastAsianPast is how long ago something was, as Chinese, Japanese and Korean write it, where words have no space
// between them: 3小时前, 3時間前, 3시간 전.
var eastAsianPast = regexp.MustCompile(`([0-9]+)\s?(\p{Han}\p{Han}?|か月|\p{Hangul}{1,2})\s?(?:之?前|전)`)

// relativeTime reads "4 giờ trước", "cách đây 4 giờ", "2 hours ago", "vor 3 Stunden", "il y a 2
// heures", "hace 2 horas", "1 giờ 20 phút trước". The words before or behind the number must say
// that it lies in the past.
func (p *dateParser) relativeTime() bool {
	past := false
	for i, t := range p.toks {
		switch t.text {
		case "trước", "ago", "hace", "vor", "fa", "atrás", "назад", "temu", "geleden", "lalu", "önce":
			past = true
		case "đây":
			past = past || p.at(i-1).text == "cách"
		case "y":
			past = past || p.at(i-1).text == "il" && p.at(i+1).text == "a"
		}
	}
	if !past {
		return false
	}
	found := false
	var back time.Duration
	for i := 0; i < len(p.toks); i++ {
		t := p.toks[i]
		n := t.num
		if t.digit == 0 {
			switch t.text {
			case "a", "an", "một", "une", "un", "una", "einer", "einem":
				n = 1
			default:
				continue
			}
		}
		if u, ok := units[p.at(i+1).text]; ok && n <= 10000 {
			back += time.Duration(n) * u
			found = true
			i++
		} else if t.digit > 0 {
			return false
		}
	}
	p.relative, p.back = found, back
	return found
}
