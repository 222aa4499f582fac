package demo

import (
	"fmt"
	"strings"
)

// event is something that happens in the invented country, as several outlets would tell it.
// %[1]s is a place, %[2]d a number.
type event struct {
	category, categoryEN string
	told                 [3]string // headlines in Vietnamese, in the words of different desks
	summary              string
	english              string
	englishSummary       string
}

var events = []event{
	{"Thời sự", "News",
		[3]string{"Mưa lớn làm ngập %[2]d tuyến phố ở %[1]s", "%[1]s: mưa lớn, %[2]d tuyến phố chìm trong nước", "Hơn %[2]d tuyến phố ngập sau mưa lớn tại %[1]s"},
		"Trận mưa kéo dài ba giờ sáng nay khiến %[2]d tuyến phố ở %[1]s ngập sâu, nhiều học sinh phải nghỉ học.",
		"Heavy rain floods %[2]d streets in %[1]s", "Three hours of rain this morning left %[2]d streets of %[1]s under water; several schools closed."},
	{"Kinh tế", "Business",
		[3]string{"%[1]s xuất khẩu %[2]d nghìn tấn gạo trong quý này", "Xuất khẩu gạo của %[1]s đạt %[2]d nghìn tấn", "Gạo %[1]s: %[2]d nghìn tấn lên tàu trong quý"},
		"Sở Công Thương %[1]s cho biết lượng gạo xuất khẩu đạt %[2]d nghìn tấn, giá bình quân tăng nhẹ so với quý trước.",
		"%[1]s ships %[2]d thousand tonnes of rice this quarter", "The trade office of %[1]s says rice exports reached %[2]d thousand tonnes at slightly higher prices."},
	{"Thể thao", "Sport",
		[3]string{"Đội bóng %[1]s thắng trận thứ %[2]d liên tiếp", "%[1]s có chiến thắng thứ %[2]d liên tiếp ở giải hạng Nhất", "Chuỗi thắng của đội bóng %[1]s kéo dài thành %[2]d trận"},
		"Bàn thắng ở phút bù giờ giúp đội bóng %[1]s giữ chuỗi %[2]d trận thắng tại giải hạng Nhất.",
		"Football: %[1]s make it %[2]d wins in a row", "A goal in stoppage time gave %[1]s their win number %[2]d in a row."},
	{"Giáo dục", "Education",
		[3]string{"%[1]s tuyển %[2]d giáo viên cho năm học mới", "Năm học mới: %[1]s cần thêm %[2]d giáo viên", "%[2]d chỉ tiêu giáo viên được %[1]s tuyển dụng"},
		"Phòng Giáo dục %[1]s thông báo tuyển %[2]d giáo viên, ưu tiên môn tiếng Anh và tin học.",
		"%[1]s to hire %[2]d teachers for the new school year", "The school office of %[1]s wants %[2]d teachers, for English and computing above all."},
	{"Sức khỏe", "Health",
		[3]string{"Bệnh viện %[1]s ghép thận thành công cho %[2]d bệnh nhân", "%[2]d ca ghép thận thành công ở bệnh viện %[1]s", "Ghép thận: bệnh viện %[1]s cứu %[2]d người bệnh"},
		"Các bác sĩ bệnh viện %[1]s vừa hoàn thành ca ghép thận thứ %[2]d, người bệnh đã tỉnh táo.",
		"Hospital in %[1]s completes %[2]d kidney transplants", "Doctors in %[1]s say the patients of all %[2]d operations are doing well."},
	{"Công nghệ", "Technology",
		[3]string{"%[1]s phủ sóng 5G thêm %[2]d xã", "Thêm %[2]d xã của %[1]s có mạng 5G", "Mạng 5G đến %[2]d xã vùng xa của %[1]s"},
		"Nhà mạng cho biết %[2]d xã của %[1]s đã có trạm phát sóng 5G, hoàn thành trước kế hoạch hai tháng.",
		"5G reaches %[2]d more communes of %[1]s", "The operator finished masts in %[2]d communes of %[1]s two months ahead of plan."},
	{"Pháp luật", "Law",
		[3]string{"Công an %[1]s bắt nhóm trộm %[2]d xe máy", "Nhóm trộm %[2]d xe máy ở %[1]s sa lưới", "%[1]s: bắt giữ nhóm đối tượng trộm %[2]d xe máy"},
		"Sau một tháng điều tra, công an %[1]s bắt bốn nghi phạm trong vụ trộm %[2]d xe máy.",
		"Police in %[1]s arrest gang over %[2]d stolen motorbikes", "Four suspects were arrested in %[1]s after a month of inquiries into %[2]d thefts."},
	{"Du lịch", "Travel",
		[3]string{"%[1]s đón %[2]d nghìn du khách dịp lễ", "Du khách đổ về %[1]s, đạt %[2]d nghìn lượt dịp lễ", "Dịp lễ, %[1]s có %[2]d nghìn lượt khách"},
		"Ngành du lịch %[1]s đón %[2]d nghìn lượt khách trong kỳ nghỉ, công suất phòng đạt chín phần mười.",
		"%[1]s welcomes %[2]d thousand visitors over the holiday", "Hotels in %[1]s were nine tenths full as %[2]d thousand visitors came."},
	{"Văn hóa", "Culture",
		[3]string{"Lễ hội đèn lồng %[1]s quy tụ %[2]d nghệ nhân", "%[2]d nghệ nhân dự lễ hội đèn lồng %[1]s", "%[1]s mở lễ hội đèn lồng với %[2]d nghệ nhân"},
		"Lễ hội đèn lồng %[1]s năm nay có %[2]d nghệ nhân trình diễn suốt ba đêm bên bờ sông.",
		"Lantern festival in %[1]s gathers %[2]d artisans", "For three nights %[2]d artisans show their lanterns along the river of %[1]s."},
	{"Thế giới", "World",
		[3]string{"Đảo quốc %[1]s bầu lại %[2]d nghị sĩ", "%[1]s tổ chức bầu cử, chọn %[2]d nghị sĩ", "Cử tri %[1]s đi bầu %[2]d ghế nghị viện"},
		"Các điểm bỏ phiếu ở đảo quốc %[1]s mở cửa từ sáng sớm để bầu %[2]d nghị sĩ nhiệm kỳ mới.",
		"Island nation of %[1]s elects %[2]d members of parliament", "Polling stations in %[1]s opened early for the vote on %[2]d seats."},
}

var places = []string{
	"Bến Sao", "Cầu Mây", "Đồi Gió", "Vịnh Trăng", "Sông Lụa", "Núi Tượng", "Chợ Sen", "Hồ Thiên Nga",
	"Gò Nắng", "Đảo Yến", "Rạch Vàng", "Suối Mơ", "Phố Cau", "Bãi Ngọc", "Làng Chè", "Thung Mây",
}

// tell returns story n as the outlet reports it, or false when it does not. It depends on n and
// the outlet alone.
func tell(o outlet, n int) (report, bool) {
	h := mix(uint64(n) + 1<<32)
	e := events[h%uint64(len(events))]
	place := places[(h>>8)%uint64(len(places))]
	number := 3 + int((uint64(n)+1<<32)*37%90) // no two of 90 stories in a row have the same
	mine := mix(h ^ mix(uint64(len(o.path))*31+uint64(o.path[1])))
	if int(mine%10) >= o.share {
		return report{}, false
	}
	if o.language == "en" {
		plain := strings.Map(ascii, place)
		return report{Title: say(e.english, plain, number), Summary: say(e.englishSummary, plain, number), Category: e.categoryEN}, true
	}
	return report{
		Title:    say(e.told[(mine>>8)%3], place, number),
		Summary:  say(e.summary, place, number),
		Category: e.category,
	}, true
}

func say(format, place string, number int) string { return fmt.Sprintf(format, place, number) }

// ascii keeps English texts free of letters their outlet would not print.
func ascii(r rune) rune {
	const from, to = "ảạăắầậâấáàãĐđêếệéèẹíìĩịôốồộóòọơờợớưừựữúùụũýỳ", "aaaaaaaaaaaDdeeeeeeiiiiooooooooooouuuuuuuuyy"
	if i := strings.IndexRune(from, r); i >= 0 {
		return rune(to[len([]rune(from[:i]))])
	}
	return r
}

// mix is the finalizer of SplitMix64: it makes unlike numbers of neighbouring ones.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
