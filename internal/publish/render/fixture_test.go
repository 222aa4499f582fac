package render

import (
	"time"

	"feedd/internal/feed"
)

// fixture is a section as a newsroom would see it: Vietnamese and English reports, an edit, an
// update of an earlier entry, several outlets, every level of rights. All of it is invented.
func fixture() *View {
	at := func(s string) time.Time {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			panic(err)
		}
		return t
	}
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		panic(err)
	}
	return &View{
		Site: feed.Site{
			Title: "Điểm tin Ví dụ", Description: "Tin trong ngày, gom từ nhiều báo", Language: "vi",
			Timezone: zone, Contact: "mailto:desk@news.example.org",
		},
		Authority: "news.example.org,2026",
		Base:      "https://news.example.org",
		Section:   feed.Section{ID: "kinh-te", Title: "Kinh tế", Description: "Tài chính & thị trường"},
		Sections: []SectionLink{
			{ID: "kinh-te", Title: "Kinh tế"}, {ID: "the-gioi", Title: "Thế giới"}, {ID: "cong-nghe", Title: "Công nghệ"},
		},
		Hub: "https://news.example.org/hub",
		Sources: map[string]Origin{
			"vidu": {
				ID: "vidu", Title: "Báo Ví dụ", Home: "https://vidu.example.vn/", FeedURL: "https://vidu.example.vn/rss/kinh-doanh.rss",
				Language: "vi", Rights: feed.RightsSummary, Copyright: "© Báo Ví dụ",
			},
			"sample": {
				ID: "sample", Title: "The Sample Post", Home: "https://sample.example.com/", FeedURL: "https://sample.example.com/feed.atom",
				FeedID: "tag:sample.example.com,2020:world", Language: "en", Rights: feed.RightsFull,
			},
			"kin": {
				ID: "kin", Title: "Thời báo Kín", Home: "https://kin.example.vn", FeedURL: "https://kin.example.vn/tin-moi",
				Page: true, Language: "vi", Rights: feed.RightsHeadline,
			},
		},
		Entries: []feed.Entry{
			{
				Key: "b3f1c2d4e5a69788", Story: "a0a1a2a3a4a5a6a7", Follows: "a0a1a2a3a4a5a6a7", Lead: 7,
				Published: at("2026-03-05T09:30:00+07:00"), Updated: at("2026-03-05T10:05:41+07:00"),
				Sections: []string{"kinh-te", "the-gioi"},
				Reports: []feed.Item{
					{
						ID: 7, Source: "vidu", URL: "https://vidu.example.vn/lai-suat-giam-tiep.htm?a=1&b=2", Title: "Lãi suất huy động giảm tiếp, có nơi còn 4,1%",
						Summary:    `<a href="/lai-suat-giam-tiep.htm"><img src="/anh/lai-suat.jpg" /></a></br>Nhiều ngân hàng hạ lãi suất <b>kỳ hạn 6 tháng</b> từ sáng nay, theo khảo sát của phóng viên.`,
						Authors:    []feed.Person{{Name: "Nguyễn Thị Ví Dụ", Email: "ntvd@vidu.example.vn"}},
						Categories: []string{"Ngân hàng", "kinh tế"}, Language: "vi",
						Image:      "https://vidu.example.vn/anh/lai-suat.jpg",
						Shown:      feed.PictureNote{Width: 1200, Height: 800, Caption: "Khách giao dịch tại một ngân hàng <b>ở Hà Nội</b>", Credit: "Ảnh: Trần Văn Ảnh & TTXVN"},
						Place:      &feed.Point{Lat: 21.028511, Long: 105.804817},
						Enclosures: []feed.Enclosure{{URL: "https://vidu.example.vn/anh/lai-suat.jpg", Type: "image/jpeg", Length: 48211}},
						Published:  at("2026-03-05T09:30:00+07:00"), FirstSeen: at("2026-03-05T09:33:10+07:00"), Revised: at("2026-03-05T10:05:41+07:00"),
						Sections: []feed.Placement{{Section: "kinh-te", By: "learned", Probability: .934, Evidence: []feed.Evidence{
							{Kind: feed.EvidenceRule, Line: 12, Adds: .5}, {Words: "Lãi suất", Adds: 1.24}, {Words: "Nhiều ngân hàng", Adds: .81},
							{Kind: feed.EvidenceRelated, Adds: .4}, {Kind: feed.EvidenceForm, Adds: .12},
						}}},
					},
					{
						ID: 9, Source: "kin", URL: "https://kin.example.vn/p/991", Title: "Loạt ngân hàng hạ lãi suất",
						Published: at("2026-03-05T09:50:00+07:00"), FirstSeen: at("2026-03-05T09:52:00+07:00"),
					},
					{
						ID: 12, Source: "sample", URL: "https://sample.example.com/vn-rates", Title: "Vietnam banks cut deposit rates again",
						Sections:  []feed.Placement{{Section: "the-gioi", By: "source", Detail: "everything from sample"}},
						Published: at("2026-03-05T03:10:00Z"), FirstSeen: at("2026-03-05T03:12:00Z"),
					},
				},
			},
			{
				Key: "c0ffee0000000001", Story: "c0ffee0000000001", Lead: 5,
				Published: at("2026-03-05T02:30:00Z"), Updated: at("2026-03-05T02:30:00Z"), Sections: []string{"the-gioi"},
				Reports: []feed.Item{{
					ID: 5, Source: "sample", URL: "https://sample.example.com/ports", Title: `Ports & "fair" trade: why 3 < 5 matters`,
					Summary:  "<p>Three ports, five queues.</p>",
					Content:  `<p>Three ports, five queues. <a href="/ports/map">See the map</a>.</p><script>alert(1)</script><p onclick="x()">The wait fell to 3&nbsp;days.</p><p><img src="map.png" width="640" height="400" alt="Map"></p>`,
					Language: "en", Published: at("2026-03-05T02:30:00Z"), FirstSeen: at("2026-03-05T02:41:00Z"),
					Enclosures: []feed.Enclosure{{URL: "https://sample.example.com/ports.mp3", Type: "audio/mpeg", Length: 1048576}},
				}},
			},
			{
				Key: "d00d000000000002", Story: "d00d000000000002", Lead: 3,
				Published: at("2026-03-04T22:00:00+07:00"), Updated: at("2026-03-04T22:00:00+07:00"), Sections: []string{"kinh-te"},
				Reports: []feed.Item{{
					ID: 3, Source: "kin", URL: "https://kin.example.vn/p/988", Title: "Hà Nội mở thêm hai tuyến xe buýt điện",
					Summary: "Không ai được thấy dòng này.", Image: "https://kin.example.vn/bus.jpg",
					Published: at("2026-03-04T22:00:00+07:00"), FirstSeen: at("2026-03-04T22:01:00+07:00"),
				}},
			},
		},
	}
}
