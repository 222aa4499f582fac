package feed

import (
	"testing"
	"time"
)

// hanoi needs no zone database.
var hanoi = time.FixedZone("ICT", 7*3600)

func TestParseDate(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	// Every one of these is 10:44 on 14 August 2024 in Vietnam.
	const want = "2024-08-14T03:44:00Z"
	for _, raw := range []string{
		"Wed, 14 Aug 2024 10:44:00 GMT+7",
		"Wed, 14 Aug 2024 10:44:00 GMT +7",
		"Wed, 14 Aug 2024 10:44:00 GMT+07:00",
		"Wed, 14 Aug 2024 10:44:00 GMT+0700",
		"Wed, 14 Aug 2024 10:44:00 ICT",
		"Wed, 14 Aug 2024 10.44.00 ICT",
		"14 August 2024 10.44 +0700",
		"August 14, 2024 10.44 +0700",
		"14.8.2024 10.44.00 +0700",
		"Wed, 14 Aug 2024 10:44:00 +07",
		"Wed, 14 Aug 2024 10:44:00 +7",
		"Wed, 14 Aug 2024 10:44:00 +0700",
		"Wed, 14 Aug 2024 10:44:00 +07:00",
		"Wed, 14 Aug 2024 10:44:00+0700",
		"Wed, 14 Aug 2024 10:44:00 UTC+7",
		"Wed, 14 Aug 2024 03:44:00 GMT",
		"Wed, 14 Aug 2024 03:44:00 Z",
		"Wed, 14 Aug 24 10:44:00 +0700",
		"Wed, 14 August 2024 10:44 +0700",
		"Wednesday, August 14, 2024 10:44 AM",
		"Aug 14, 2024 10:44 a.m.",
		"August 14th, 2024 at 10:44 am",
		"Wed Aug 14 2024 10:44:00 GMT+0700 (Indochina Time)",
		"Wed Aug 14 10:44:00 ICT 2024",
		"Wed Aug 14 03:44:00 GMT 2024",
		"Tue, 13 Aug 2024 23:44:00 EDT",
		"Tue, 13 Aug 2024 20:44:00 PDT",
		"2024-08-14 10:44:00",
		"2024-08-14T10:44:00",
		"2024-08-14T10:44",
		"2024-08-14T10:44:00+07:00",
		"2024-08-14T10:44:00+0700",
		"2024-08-14T10:44:00.123+07:00",
		"2024-08-14T10:44:00+07:00[Asia/Ho_Chi_Minh]",
		"2024-08-14 10:44:00 +0700 +07",
		"2024-08-14T03:44:00Z",
		"2024-08-14t03:44:00z",
		"2024/08/14 10:44:00",
		"20240814T034400Z",
		"20240814104400",
		"14/08/2024 10:44:00",
		"14/08/2024 10:44",
		"14/8/2024 10:44 SA",
		"14-08-2024 10:44",
		"14.08.2024 10:44",
		"14.8.24, 10:44 Uhr",
		"10:44 14/08/2024",
		"10:44 | 14/8/2024",
		"10:44, 14/08/2024",
		"10h44 ngày 14/8/2024",
		"10 giờ 44 phút, ngày 14 tháng 8 năm 2024",
		"8/14/2024 10:44:00 AM",
		"Thứ tư, 14/8/2024, 10:44 (GMT+7)",
		"Thứ Tư, ngày 14/08/2024 - 10:44",
		"Thứ 4, 14/08/2024 10:44",
		"T4, 14/08/2024 10:44",
		"14 Tháng Tám, 2024 10:44",
		"14 tháng 8, 2024 10:44",
		"14 Th8, 2024 10:44",
		"Ngày 14 tháng tám năm 2024, 10:44",
		"mer. 14 août 2024 10:44",
		"mercredi 14 août 2024 à 10h44",
		"Mittwoch, 14. August 2024 10:44",
		"mié, 14 ago 2024 10:44:00",
		"14 de agosto de 2024, 10:44",
		"mer, 14 ago 2024 10:44:00 +0700",
		"qua, 14 ago 2024 10:44",
		"1723607040",
		"1723607040000",
		"\n  Wed, 14 Aug 2024 10:44:00 +0700 \n",
		"Sun, 14 Aug 2024 10:44:00 +0700", // the weekday is wrong
	} {
		got, ok := ParseDate(raw, hanoi, now)
		if s := got.Format(time.RFC3339); !ok || s != want && s[:19] != want[:19] {
			t.Errorf("ParseDate(%q) = %s, %v", raw, s, ok)
		}
	}
}

func TestParseDateOddities(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 30, 0, time.UTC) // 19:00 in Vietnam
	for raw, want := range map[string]string{
		"14/8/2024 10:44 CH":              "2024-08-14T15:44:00Z",
		"14/08/2024 12:05 SA":             "2024-08-13T17:05:00Z",
		"8/14/2024 12:05:00 AM":           "2024-08-13T17:05:00Z",
		"9/14/2026 6:44:00 PM":            "2026-09-14T11:44:00Z",
		"Mon, 21 Jan 2008 8:56 am PST":    "2008-01-21T16:56:00Z",
		"Sun, 20 Apr 2014 8:19 pm CEST":   "2014-04-20T18:19:00Z",
		"4 giờ trước":                     "2026-11-23T08:00:00Z",
		"1 giờ 20 phút trước":             "2026-11-23T10:40:00Z",
		"cách đây 5 phút":                 "2026-11-23T11:55:00Z",
		"2 hours ago":                     "2026-11-23T10:00:00Z",
		"an hour ago":                     "2026-11-23T11:00:00Z",
		"vor 3 Stunden":                   "2026-11-23T09:00:00Z",
		"il y a 2 heures":                 "2026-11-23T10:00:00Z",
		"hace 2 días":                     "2026-11-21T12:00:00Z",
		"hôm qua":                         "2026-11-21T17:00:00Z",
		"10:44 hôm qua":                   "2026-11-22T03:44:00Z",
		"Hôm nay, 10:44":                  "2026-11-23T03:44:00Z",
		"yesterday at 9:15 pm":            "2026-11-22T14:15:00Z",
		"10:44":                           "2026-11-23T03:44:00Z",
		"22:30":                           "2026-11-22T15:30:00Z", // not come yet today
		"14/8 10:44":                      "2026-08-14T03:44:00Z",
		"14/12 10:44":                     "2025-12-14T03:44:00Z",
		"2024-08-14":                      "2024-08-13T17:00:00Z",
		"14 Tháng Tám, 2024":              "2024-08-13T17:00:00Z",
		"tháng mười hai 2024":             "2024-11-30T17:00:00Z",
		"1 tháng mười một, 2024":          "2024-10-31T17:00:00Z",
		"20240814":                        "2024-08-13T17:00:00Z",
		"2024-08":                         "2024-07-31T17:00:00Z",
		"08:30 14-Sep-12":                 "2012-09-14T01:30:00Z",
		"Пн, 14 сен 2026 08:30:00 +0300":  "2026-09-14T05:30:00Z",
		"Sep 14 2026  8:30:00:000AM":      "2026-09-14T01:30:00Z",
		"2026-09-14Z":                     "2026-09-14T00:00:00Z",
		"2003-335":                        "2003-11-30T17:00:00Z",
		"mar, 14 set 2021 08:30:00 +0700": "2021-09-14T01:30:00Z", // mar: martedì, not March
		"14 mar 2021":                     "2021-03-13T17:00:00Z",
		"Fri, 2 Jan 26 15:04 GMT":         "2026-01-02T15:04:00Z",
		"Sept 5, 2026":                    "2026-09-04T17:00:00Z",
		"Thu, 31 Dec 1998 23:59:60 GMT":   "1999-01-01T00:00:00Z",
		"05/12/2026 07:05":                "2026-05-12T00:05:00Z", // 5 December has not come
		"2026年9月14日 08:30":                "2026-09-14T01:30:00Z",
		"2021-11-08 12:34:56.789 -05:00":  "2021-11-08T17:34:56Z",
	} {
		got, ok := ParseDate(raw, hanoi, now)
		if s := got.Format(time.RFC3339); !ok || s != want {
			t.Errorf("ParseDate(%q) = %s, %v, want %s", raw, s, ok, want)
		}
	}
	for _, raw := range []string{
		"", "vừa xong", "0001-01-01T00:00:00Z", "Mon, 01 Jan 0001 00:00:00 +0000", "1970-01-01T00:00:00Z", "0",
		"Wed, 14 Aug 2099 10:44:00 GMT", "2026-11-23T12:00:31Z", "in 2 hours", "31/02/2024", "2024-13-14",
		"14/8/2024 25:44", "Thứ Tư", "hello", "12", "3.14", "Wed, 99 Aug 2024 10:44:00 GMT", "5 bình luận",
		"Giá vàng ngày 14 tăng 3 phiên liên tiếp tại thị trường",
	} {
		if got, ok := ParseDate(raw, hanoi, now); ok {
			t.Errorf("ParseDate(%q) = %s, want none", raw, got.Format(time.RFC3339))
		}
	}
}

func TestParseDateZone(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	shanghai := time.FixedZone("CST", 8*3600)
	if got, _ := ParseDate("Wed, 14 Aug 2024 10:44:00 CST", shanghai, now); got.Hour() != 2 {
		t.Errorf("CST in Shanghai is %s", got)
	}
	if got, _ := ParseDate("Wed, 14 Aug 2024 10:44:00 CST", hanoi, now); got.Hour() != 16 {
		t.Errorf("CST elsewhere is %s", got)
	}
	d := Dates{Zone: hanoi, Now: now}
	if _, zoned, ok := d.Parse("2024-08-14 10:44"); zoned || !ok {
		t.Error("a date without a zone is said to have one")
	}
	if _, zoned, ok := d.Parse("2024-08-14 10:44 GMT+7"); !zoned || !ok {
		t.Error("a date with a zone is said to have none")
	}
}

func TestOrderOf(t *testing.T) {
	for _, tt := range []struct {
		raws []string
		want DateOrder
	}{
		{[]string{"05/09/2026 07:05", "13/09/2026 07:05"}, DayFirst},
		{[]string{"05/09/2026 07:05", "09/13/2026"}, MonthFirst},
		{[]string{"05/09/2026"}, OrderUnknown},
		{[]string{"13/09/2026", "09/13/2026"}, OrderUnknown},
		{[]string{"2026-13-09", "Wed, 14 Aug 2024"}, OrderUnknown},
		{[]string{"10:44 13/09/2026"}, DayFirst},
	} {
		if got := OrderOf(tt.raws...); got != tt.want {
			t.Errorf("OrderOf(%q) = %v, want %v", tt.raws, got, tt.want)
		}
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	got, _, _ := Dates{Zone: hanoi, Now: now, Order: MonthFirst}.Parse("05/09/2026 07:05")
	if got.Month() != time.May {
		t.Errorf("month first: %s", got)
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"Wed, 14 Aug 2024 10:44:00 GMT+7", "14/8/2024 10:44 SA", "4 giờ trước", "2024-08-14T10:44:00Z", "1723607040", "tháng mười hai 2024", "Wed, 14 Aug 2024 10:44:00", "2024-08-14T10:44:00."} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseDate(s, hanoi, now)
		if ok && (got.After(now) || got.Before(earliest)) {
			t.Errorf("ParseDate(%q) = %s", s, got)
		}
		if !ok && !got.IsZero() {
			t.Errorf("ParseDate(%q) is no date and %s", s, got)
		}
	})
}

func BenchmarkParseDate(b *testing.B) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for name, raw := range map[string]string{
		"rfc1123": "Wed, 14 Aug 2024 10:44:00 +0700", "rfc3339": "2024-08-14T10:44:00+07:00",
		"gmt+7": "Wed, 14 Aug 2024 10:44:00 GMT+7", "vietnamese": "Thứ tư, 14/8/2024, 10:44 (GMT+7)",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := ParseDate(raw, hanoi, now); !ok {
					b.Fatal(raw)
				}
			}
		})
	}
}
