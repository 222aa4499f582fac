package demo

// telling is how one outlet reports an event.
type telling struct {
	by    string // the outlet's id
	after int    // minutes after the event
	part  int    // of the event: 0 for what happened first, and so on
	title string
	text  string

	// From some minute after the start of the demo on, the outlet tells it otherwise, or not at all.
	changed        int
	title2, text2  string
	withdrawnAfter int
}

// event is something that happens in the invented country, and what the outlets make of it. Reports of
// one part belong into one entry, the parts of one event into one story, and no two events belong together.
type event struct {
	name     string
	category string // as the outlets write it
	at       int    // minutes after the start of the demo; before it when negative
	told     []telling
}

// events are about forty, by hand. No figure, place and deed stands in two of them,
// but where that is the point: prices differ from day to day, and matches of one evening from each other.
var events = []event{
	// Prices: the same words every day, and each day news of its own.
	{"vang-1", "Kinh tế", -2885, []telling{
		{by: "ben-sao", title: "Giá vàng ngày {ngày}: 81,2 triệu đồng một lượng", text: "Vàng miếng ở Bến Sao mở cửa ở mức 81,2 triệu đồng một lượng."},
	}},
	{"vang-2", "Kinh tế", -1445, []telling{
		{by: "ben-sao", title: "Giá vàng ngày {ngày}: 81,9 triệu đồng một lượng", text: "Vàng miếng ở Bến Sao mở cửa ở mức 81,9 triệu đồng một lượng."},
	}},
	{"vang-3", "Kinh tế", -185, []telling{
		{by: "ben-sao", title: "Giá vàng ngày {ngày}: 82,4 triệu đồng một lượng", text: "Vàng miếng ở Bến Sao mở cửa ở mức 82,4 triệu đồng một lượng."},
	}},

	// One event in two parts, with what followed from it: three entries, one story.
	{"chay-cho", "Thời sự", -690, []telling{
		{by: "ben-sao", title: "Cháy chợ Cầu Mây lúc rạng sáng, 12 ki-ốt bị thiêu rụi", text: "Ngọn lửa bùng lên lúc 3 giờ ở dãy hàng vải chợ Cầu Mây, thiêu rụi 12 ki-ốt; không ai bị thương."},
		{by: "song-trang", after: 6, title: "Rạng sáng cháy chợ Cầu Mây, 12 ki-ốt bị thiêu rụi", text: "12 ki-ốt hàng vải ở chợ Cầu Mây bị lửa thiêu rụi lúc 3 giờ; không ai bị thương."},
		{by: "cao-nguyen", after: 11, title: "Chợ Cầu Mây cháy lúc rạng sáng: 12 ki-ốt bị thiêu rụi", text: "Lửa thiêu rụi 12 ki-ốt hàng vải chợ Cầu Mây lúc 3 giờ, không ai bị thương."},
		{by: "ben-sao", after: 260, part: 1, title: "Vụ cháy chợ Cầu Mây: công an xác định nguyên nhân do chập điện", text: "Sau khi khám nghiệm dãy hàng vải, công an cho biết vụ cháy chợ Cầu Mây làm 12 ki-ốt bị thiêu rụi là do chập điện."},
	}},

	{"ngap", "Thời sự", -330, []telling{
		{by: "ben-sao", title: "Mưa lớn ba giờ liền, 14 tuyến phố Bến Sao ngập sâu", text: "Mưa lớn từ 5 giờ sáng làm 14 tuyến phố Bến Sao ngập sâu nửa mét, hai trường cho học sinh nghỉ."},
		{by: "doi-gio", after: 4, title: "Bến Sao mưa lớn, 14 tuyến phố ngập sâu nửa mét", text: "14 tuyến phố Bến Sao ngập sâu nửa mét sau ba giờ mưa lớn, hai trường cho học sinh nghỉ."},
		{by: "dong-lua", after: 9, title: "14 tuyến phố Bến Sao ngập sâu sau mưa lớn", text: "Mưa lớn ba giờ liền làm 14 tuyến phố Bến Sao ngập sâu; học sinh hai trường được nghỉ."},
	}},
	{"gao", "Kinh tế", -610, []telling{
		{by: "ben-sao", title: "Bến Sao xuất khẩu 40 nghìn tấn gạo trong quý", text: "Sở Công Thương cho biết Bến Sao xuất khẩu 40 nghìn tấn gạo trong quý, giá bình quân tăng nhẹ."},
		{by: "doi-gio", after: 12, title: "Xuất khẩu gạo của Bến Sao đạt 40 nghìn tấn trong quý", text: "Theo Sở Công Thương, xuất khẩu gạo của Bến Sao đạt 40 nghìn tấn trong quý, giá tăng nhẹ."},
		{by: "cho-que", after: 21, title: "Gạo Bến Sao: xuất khẩu 40 nghìn tấn trong quý", text: "40 nghìn tấn gạo Bến Sao được xuất khẩu trong quý, giá bình quân tăng nhẹ"},
	}},
	{"lai-suat", "Kinh tế", -520, []telling{
		{by: "song-trang", title: "Ngân hàng Sông Lụa giảm lãi suất tiền gửi 12 tháng còn 4,8%", text: "Từ hôm nay Ngân hàng Sông Lụa giảm lãi suất tiền gửi kỳ hạn 12 tháng từ 5,1% còn 4,8% một năm."},
		{by: "doi-gio", after: 8, title: "Lãi suất tiền gửi 12 tháng ở Ngân hàng Sông Lụa giảm còn 4,8%", text: "Ngân hàng Sông Lụa giảm lãi suất tiền gửi 12 tháng còn 4,8% một năm, từ mức 5,1%."},
	}},
	{"cau", "Thời sự", -470, []telling{
		{by: "ben-sao", title: "Khởi công cầu Vịnh Trăng dài 1.200 mét, vốn 900 tỷ đồng", text: "Cầu Vịnh Trăng dài 1.200 mét, vốn 900 tỷ đồng, nối hai bờ sông Lụa, khởi công sáng nay."},
		{by: "dong-lua", after: 7, title: "Cầu Vịnh Trăng 900 tỷ đồng khởi công sáng nay", text: "Sáng nay khởi công cầu Vịnh Trăng dài 1.200 mét nối hai bờ sông Lụa, vốn 900 tỷ đồng."},
	}},
	{"xe-may", "Pháp luật", -430, []telling{
		{by: "ben-sao", title: "Công an Chợ Sen bắt nhóm trộm 23 xe máy", text: "Sau một tháng điều tra, công an Chợ Sen bắt bốn người trong nhóm trộm 23 xe máy."},
		{by: "song-trang", after: 5, title: "Bắt nhóm trộm 23 xe máy ở Chợ Sen", text: "Công an Chợ Sen bắt nhóm bốn người trộm 23 xe máy sau một tháng điều tra."},
		{by: "cho-que", after: 14, title: "Chợ Sen: công an bắt nhóm bốn người trộm 23 xe máy", text: "Bốn người trong nhóm trộm 23 xe máy bị công an Chợ Sen bắt"},
	}},
	{"giao-vien", "Giáo dục", -400, []telling{
		{by: "doi-gio", title: "Núi Tượng tuyển 86 giáo viên cho năm học mới", text: "Phòng Giáo dục Núi Tượng tuyển 86 giáo viên cho năm học mới, ưu tiên tiếng Anh và tin học."},
		{by: "cao-nguyen", after: 9, title: "Năm học mới, Núi Tượng tuyển 86 giáo viên", text: "Núi Tượng tuyển 86 giáo viên, ưu tiên tiếng Anh và tin học."},
	}},
	{"du-khach", "Du lịch", -375, []telling{
		{by: "ben-sao", title: "Suối Mơ đón 18 nghìn du khách dịp lễ", text: "Ba ngày lễ, Suối Mơ đón 18 nghìn du khách, phòng nghỉ kín chín phần mười."},
		{by: "dong-lua", after: 10, title: "18 nghìn du khách đến Suối Mơ dịp lễ", text: "Suối Mơ đón 18 nghìn du khách trong ba ngày lễ, phòng nghỉ kín chín phần mười."},
	}},
	{"den-long", "Văn hóa", -350, []telling{
		{by: "song-trang", title: "Lễ hội đèn lồng Hồ Thiên Nga mở ba đêm bên bờ hồ", text: "Lễ hội đèn lồng Hồ Thiên Nga năm nay mở ba đêm, với 120 nghệ nhân."},
		{by: "cao-nguyen", after: 13, title: "Hồ Thiên Nga: lễ hội đèn lồng mở ba đêm bên bờ hồ", text: "120 nghệ nhân dự lễ hội đèn lồng Hồ Thiên Nga trong ba đêm."},
	}},
	{"xang", "Kinh tế", -300, []telling{
		{by: "ben-sao", title: "Giá xăng giảm 420 đồng một lít từ 15 giờ", text: "Từ 15 giờ hôm nay giá xăng giảm 420 đồng một lít, dầu giữ nguyên."},
		{by: "doi-gio", after: 3, title: "Từ 15 giờ, giá xăng giảm 420 đồng một lít", text: "Giá xăng giảm 420 đồng một lít từ 15 giờ, dầu giữ nguyên."},
		{by: "cho-que", after: 8, title: "Giá xăng giảm 420 đồng một lít từ chiều nay", text: "Từ 15 giờ chiều nay giá xăng giảm 420 đồng một lít; dầu giữ nguyên"},
	}},

	// Two matches of one evening.
	{"tran-1", "Thể thao", -260, []telling{
		{by: "ben-sao", title: "Bóng đá hạng Nhất: Bến Sao thắng Đồi Gió 2-1", text: "Bàn thắng phút bù giờ của Trần Văn Lộc giúp Bến Sao thắng Đồi Gió 2-1."},
		{by: "doi-gio", after: 6, title: "Bến Sao thắng Đồi Gió 2-1 nhờ bàn ở phút bù giờ", text: "Trần Văn Lộc ghi bàn phút bù giờ, Bến Sao thắng Đồi Gió 2-1 ở giải bóng đá hạng Nhất."},
		{by: "cho-que", after: 12, title: "Thắng Đồi Gió 2-1, Bến Sao dẫn đầu giải bóng đá hạng Nhất", text: "Bến Sao thắng Đồi Gió 2-1 nhờ bàn của Trần Văn Lộc phút bù giờ"},
	}},
	{"tran-2", "Thể thao", -255, []telling{
		{by: "dong-lua", title: "Bóng đá hạng Nhất: Rạch Vàng hòa Gò Nắng 0-0", text: "Rạch Vàng đá hỏng phạt đền, hòa Gò Nắng 0-0 trên sân nhà."},
		{by: "song-trang", after: 9, title: "Rạch Vàng hòa Gò Nắng 0-0 sau quả phạt đền hỏng", text: "Đá hỏng phạt đền, Rạch Vàng hòa Gò Nắng 0-0."},
	}},
	{"boi", "Thể thao", -230, []telling{
		{by: "ben-sao", title: "Kình ngư Lê Thị Sương phá kỷ lục 200 mét bướm", text: "Lê Thị Sương về nhất 200 mét bướm với 2 phút 11 giây 40, phá kỷ lục đã có chín năm."},
		{by: "song-trang", after: 5, title: "Lê Thị Sương phá kỷ lục 200 mét bướm đã có chín năm", text: "Kình ngư Lê Thị Sương phá kỷ lục 200 mét bướm với 2 phút 11 giây 40."},
	}},
	{"vac-xin", "Sức khỏe", -215, []telling{
		{by: "doi-gio", title: "Rạch Vàng tiêm vắc-xin sởi cho 12.000 trẻ trong tuần này", text: "Sở Y tế tiêm vắc-xin sởi cho 12.000 trẻ ở Rạch Vàng, tại trường và trạm y tế."},
		{by: "dong-lua", after: 8, title: "12.000 trẻ ở Rạch Vàng được tiêm vắc-xin sởi tuần này", text: "Trong tuần này 12.000 trẻ Rạch Vàng được tiêm vắc-xin sởi tại trường và trạm y tế."},
	}},
	{"tau", "Thời sự", -200, []telling{
		{by: "ben-sao", title: "Thêm bốn chuyến tàu Bến Sao – Gò Nắng mỗi cuối tuần", text: "Đường sắt chạy thêm bốn chuyến tàu Bến Sao – Gò Nắng vào thứ Bảy và Chủ nhật."},
		{by: "cao-nguyen", after: 10, title: "Đường sắt thêm bốn chuyến tàu Bến Sao – Gò Nắng cuối tuần", text: "Cuối tuần có thêm bốn chuyến tàu Bến Sao – Gò Nắng."},
	}},
	{"ca-phe-1", "Kinh tế", -170, []telling{
		{by: "dong-lua", title: "Giá cà phê sáng {ngày}: 118.500 đồng một kg", text: "Cà phê nhân xô ở Thung Mây được mua 118.500 đồng một kg sáng nay."},
	}},
	{"rua", "Đời sống", -160, []telling{
		{by: "song-trang", title: "Rùa biển lên Bãi Ngọc đẻ 96 trứng", text: "Lần đầu sau bảy năm, rùa biển lên Bãi Ngọc đẻ 96 trứng; kiểm lâm rào cát giữ ổ."},
		{by: "doi-gio", after: 11, title: "Bãi Ngọc đón rùa biển lên đẻ 96 trứng sau bảy năm", text: "Rùa biển lên Bãi Ngọc đẻ 96 trứng, lần đầu sau bảy năm."},
	}},
	{"thu-vien", "Văn hóa", -150, []telling{
		{by: "cho-que", title: "Thư viện Phố Cau mở cửa đến 22 giờ", text: "Thư viện Phố Cau thử mở cửa buổi tối trong ba tháng, có chỗ học cho 80 người"},
	}},
	{"che", "Đời sống", -140, []telling{
		{by: "dong-lua", title: "Làng Chè hái vụ đông sớm nửa tháng", text: "Trời ấm, người Làng Chè hái vụ đông sớm nửa tháng; lá non bán được giá."},
	}},
	{"dem-nhac", "Văn hóa", -130, []telling{
		{by: "cao-nguyen", title: "Đêm nhạc cồng chiêng ở Núi Voi bán hết vé", text: "Sáu nghệ sĩ người bản địa chơi cồng chiêng ở Núi Voi tối thứ Bảy."},
	}},
	{"dao-yen", "Thế giới", -120, []telling{
		{by: "ben-sao", title: "Đảo quốc Yến Vân bầu quốc hội mới", text: "Cử tri đảo quốc Yến Vân bầu 41 nghị sĩ; kết quả có vào ngày mai."},
		{by: "song-trang", after: 7, title: "Cử tri đảo quốc Yến Vân bầu quốc hội mới", text: "Đảo quốc Yến Vân bầu 41 nghị sĩ hôm nay, ngày mai có kết quả."},
	}},

	{"ferry", "News", -410, []telling{
		{by: "harbour", title: "Harbour ferry sails again after two weeks in the dock", text: "The ferry to the northern shore is back with a new engine."},
	}},
	{"lighthouse", "Culture", -280, []telling{
		{by: "harbour", title: "Lighthouse museum opens its tower at night", text: "On Fridays visitors of the museum may climb the tower until eleven."},
	}},
	{"rowing", "Sport", -190, []telling{
		{by: "harbour", title: "Rowing: Gulls beat the university by half a length", text: "The women's eight of the Gulls won the spring race for the first time since 2019."},
	}},
	{"bakery", "Business", -110, []telling{
		{by: "harbour", title: "Pepper exporters open a joint warehouse at the old port", text: "Nine exporters share the warehouse, which keeps 3,000 tonnes dry."},
	}},
	{"storm", "News", -90, []telling{
		{by: "harbour", title: "Storm warning for the Gulf of Trang: fishing boats stay in port", text: "Winds of 90 km/h are expected in the Gulf of Trang tonight."},
	}},

	// An outlet corrects a figure two minutes after the start.
	{"xe-khach", "Thời sự", -45, []telling{
		{by: "doi-gio", title: "Xe khách lật ở đèo Thung Mây, 7 người bị thương", text: "Xe khách chở 30 người lật ở đèo Thung Mây trưa nay, 7 người bị thương.",
			changed: 2, title2: "Xe khách lật ở đèo Thung Mây, 5 người bị thương (đã sửa)", text2: "Xe khách chở 30 người lật ở đèo Thung Mây trưa nay, 5 người bị thương. Bản trước viết 7 người; tòa soạn xin lỗi."},
	}},
	// An outlet takes a headline back three minutes after the start.
	{"cong-vien", "Đời sống", -60, []telling{
		{by: "cao-nguyen", title: "Công viên Gò Nắng sắp đóng cửa vĩnh viễn", text: "Theo một nguồn tin, công viên Gò Nắng sẽ đóng cửa vĩnh viễn.", withdrawnAfter: 3},
	}},
	{"ca-phe-2", "Kinh tế", -70, []telling{
		{by: "dong-lua", title: "Giá cà phê chiều {ngày}: 119.200 đồng một kg", text: "Cà phê nhân xô ở Thung Mây được mua 119.200 đồng một kg chiều nay."},
	}},

	{"hang", "Thời sự", -18, []telling{
		{by: "ben-sao", title: "Cứu năm học sinh mắc kẹt trong hang Núi Tượng", text: "Đội cứu hộ đưa năm học sinh mắc kẹt vì nước dâng ra khỏi hang Núi Tượng sau bảy giờ."},
		{by: "doi-gio", after: 3, title: "Năm học sinh mắc kẹt trong hang Núi Tượng được cứu", text: "Sau bảy giờ, đội cứu hộ cứu năm học sinh mắc kẹt trong hang Núi Tượng vì nước dâng."},
		{by: "cao-nguyen", after: 8, title: "Hang Núi Tượng: cứu được năm học sinh mắc kẹt bảy giờ", text: "Năm học sinh mắc kẹt trong hang Núi Tượng vì nước dâng được cứu sau bảy giờ."},
		{by: "cho-que", after: 15, title: "Cứu được năm học sinh mắc kẹt trong hang Núi Tượng", text: "Nước dâng, năm học sinh mắc kẹt trong hang Núi Tượng; đội cứu hộ đưa ra sau bảy giờ"},
	}},

	// What happens while the demo runs.
	{"ghep-than", "Sức khỏe", 1, []telling{
		{by: "ben-sao", title: "Bệnh viện Sông Lụa ghép thận thành công ca thứ 50", text: "Người bệnh 34 tuổi nhận thận của mẹ, là ca ghép thận thành công thứ 50 của bệnh viện Sông Lụa."},
		{by: "song-trang", after: 1, title: "Ca ghép thận thành công thứ 50 ở bệnh viện Sông Lụa", text: "Bệnh viện Sông Lụa ghép thận thành công ca thứ 50, người bệnh 34 tuổi nhận thận của mẹ."},
		{by: "dong-lua", after: 3, title: "Bệnh viện Sông Lụa: thành công ca ghép thận thứ 50", text: "Người bệnh 34 tuổi nhận thận của mẹ trong ca ghép thận thứ 50 của bệnh viện Sông Lụa."},
	}},
	{"5g", "Công nghệ", 3, []telling{
		{by: "doi-gio", title: "Mạng 5G đến 31 xã vùng xa của Cao Nguyên Xanh", text: "Nhà mạng phủ sóng 5G thêm 31 xã vùng xa, sớm hơn kế hoạch hai tháng."},
		{by: "cao-nguyen", after: 1, title: "31 xã vùng xa của Cao Nguyên Xanh có mạng 5G", text: "Mạng 5G đến 31 xã vùng xa của Cao Nguyên Xanh, sớm hơn kế hoạch hai tháng."},
	}},
	{"lantern", "News", 5, []telling{
		{by: "harbour", title: "Swallow Island bans cars from its old town", text: "From May on only bicycles and carts may enter the old town of Swallow Island."},
	}},
	{"cho-noi", "Du lịch", 6, []telling{
		{by: "cho-que", title: "Chợ nổi Rạch Vàng họp lại sau mùa nước cạn", text: "Hơn sáu mươi ghe hàng về chợ nổi Rạch Vàng sáng nay"},
	}},
	{"nha-may", "Kinh tế", 7, []telling{
		{by: "ben-sao", title: "Nhà máy pin mặt trời Gò Nắng tuyển 450 công nhân", text: "Nhà máy pin mặt trời Gò Nắng tuyển 450 công nhân, chạy thử vào tháng sau."},
		{by: "doi-gio", after: 1, title: "Gò Nắng: nhà máy pin mặt trời tuyển 450 công nhân", text: "450 công nhân được nhà máy pin mặt trời Gò Nắng tuyển trước khi chạy thử tháng sau."},
	}},
	{"co-vua", "Thể thao", 9, []telling{
		{by: "song-trang", title: "Kỳ thủ 13 tuổi Phan Minh Khuê vô địch cờ vua trẻ", text: "Phan Minh Khuê thắng cả chín ván ở giải cờ vua trẻ."},
		{by: "cho-que", after: 2, title: "Phan Minh Khuê, 13 tuổi, vô địch cờ vua trẻ", text: "Kỳ thủ 13 tuổi Phan Minh Khuê vô địch cờ vua trẻ, thắng cả chín ván"},
	}},
	{"mua-da", "Thời sự", 11, []telling{
		{by: "cao-nguyen", title: "Mưa đá làm hỏng mái 200 nhà ở Thung Mây", text: "Trận mưa đá kéo dài mười phút làm hỏng mái 200 nhà ở Thung Mây."},
		{by: "ben-sao", after: 1, title: "Thung Mây: mưa đá làm hỏng mái 200 nhà", text: "Mưa đá mười phút làm hỏng mái 200 nhà ở Thung Mây."},
		{by: "dong-lua", after: 2, title: "200 nhà ở Thung Mây hỏng mái vì mưa đá", text: "Mười phút mưa đá làm hỏng mái 200 nhà ở Thung Mây."},
	}},
	{"sach", "Văn hóa", 13, []telling{
		{by: "doi-gio", title: "Hội sách Vịnh Trăng tặng 5.000 cuốn cho trường vùng cao", text: "Hội sách Vịnh Trăng tặng 5.000 cuốn sách cho 40 trường vùng cao."},
	}},
}

// After what is written above, one outlet goes on with the level of a river, four times an hour.
const (
	river      = "dong-lua"
	riverEvery = 15 // minutes
	riverTitle = "Mực nước sông Lụa lúc {giờ}: %d,%02d mét"
	riverText  = "Trạm Vịnh Trăng đo mực nước sông Lụa %d,%02d mét lúc {giờ}."
)
