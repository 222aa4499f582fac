package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/feed/feedtest"
)

// TestMain keeps what services ask of the web at home: nothing is sent, and errors say what would have been.
func TestMain(m *testing.M) {
	os.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	os.Exit(m.Run())
}

func aLetter() *letter {
	l := &letter{
		ID: "kenh/story/0123456789abcdef", Kind: feed.MessageStory, Channel: "kenh", Site: "Điểm tin", URL: "https://news.example.org/stories/0123456789abcdef",
		Made: noon, Subject: "Giá vàng <giảm>", Text: "Giá vàng <giảm>\nBáo A\nhttps://a.example.org/1", words: &vietnamese,
		Stories: []story{{ID: "0123456789abcdef", Title: "Giá vàng <giảm>", URL: "https://a.example.org/1", Outlets: []string{"Báo A"}}},
	}
	if err := l.render(); err != nil {
		panic(err)
	}
	return l
}

func TestWebhook(t *testing.T) {
	answer, retry := http.StatusOK, ""
	var body []byte
	var header http.Header
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			t.Error(err)
		}
		header = r.Header
		if retry != "" {
			w.Header().Set("Retry-After", retry)
		}
		w.WriteHeader(answer)
	}))
	defer srv.Close()
	c := feed.Channel{URL: srv.URL + "/path-that-is-secret", Secret: "khoa-bi-mat"}
	to := newSender(c, feed.Site{URL: "https://news.example.org"})
	if err := to.send(t.Context(), aLetter()); err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte("khoa-bi-mat"))
	mac.Write(body)
	if got := header.Get("X-Feedd-Signature"); got != "sha256="+hex.EncodeToString(mac.Sum(nil)) {
		t.Errorf("signed %q", got)
	}
	var said letter
	if err := json.Unmarshal(body, &said); err != nil || said.ID != header.Get("X-Feedd-Id") || said.Stories[0].Title != "Giá vàng <giảm>" || !said.Made.Equal(noon) {
		t.Errorf("sent %s with %v, %v", body, header, err)
	}
	first := string(body)
	if err := to.send(t.Context(), aLetter()); err != nil || string(body) != first {
		t.Errorf("at the second attempt %s, at the first %s, %v", body, first, err)
	}
	for _, c := range []struct {
		status  int
		retry   string
		forGood bool
		after   time.Duration
	}{{500, "", false, 0}, {503, "7", false, 7 * time.Second}, {429, "60", false, time.Minute}, {404, "", true, 0}, {410, "", true, 0}, {302, "", false, 0}, {408, "x", false, 0}} {
		answer, retry = c.status, c.retry
		err := to.send(t.Context(), aLetter())
		var no *refusal
		if !errors.As(err, &no) || no.forGood != c.forGood || no.after != c.after || strings.Contains(err.Error(), "path-that") {
			t.Errorf("answered %d: %+v", c.status, err)
		}
	}
	srv.Close()
	if err := to.send(t.Context(), aLetter()); err == nil || strings.Contains(err.Error(), "path-that") {
		t.Errorf("while it is away: %v", err)
	}
}

func TestMail(t *testing.T) {
	box := feedtest.NewMailbox(t)
	for name, c := range map[string]struct {
		query, unsubscribe, contact, want string
		to                                int
	}{
		"one":     {"from=desk@example.org&to=reader@example.org", "https://example.org/stop?u=1", "mailto:red@example.org", "<https://example.org/stop?u=1>", 1},
		"several": {"from=desk@example.org&to=a@example.org,b@example.org", "", "mailto:red@example.org", "<mailto:red@example.org?subject=unsubscribe>", 2},
		"no name": {"fromaddress=desk@example.org&toaddresses=reader@example.org", "", "", "<mailto:desk@example.org?subject=unsubscribe>", 1},
	} {
		t.Run(name, func(t *testing.T) {
			to := newSender(feed.Channel{URL: "smtp://" + box.Addr + "/?" + c.query, Unsubscribe: c.unsubscribe}, feed.Site{Title: "Điểm tin", URL: "https://news.example.org", Contact: c.contact})
			before := len(box.Letters())
			for range 2 {
				if err := to.send(t.Context(), aLetter()); err != nil {
					t.Fatal(err)
				}
			}
			letters := box.Letters()[before:]
			if len(letters) != 2 || letters[0].Header.Get("Message-Id") != letters[1].Header.Get("Message-Id") {
				t.Fatalf("the box has %d letters: %+v", len(letters), letters)
			}
			l := letters[0]
			if l.From != "desk@example.org" || len(l.To) != c.to || l.Header.Get("List-Unsubscribe") != c.want {
				t.Errorf("from %s to %v, List-Unsubscribe %s", l.From, l.To, l.Header.Get("List-Unsubscribe"))
			}
			if c.to > 1 && strings.Contains(l.Header.Get("To")+l.Header.Get("Bcc"), "b@example.org") {
				t.Errorf("those who get it see each other: %v", l.Header)
			}
			subject, err := new(mime.WordDecoder).DecodeHeader(l.Header.Get("Subject"))
			if err != nil || subject != "Giá vàng <giảm>" {
				t.Errorf("the subject is %q, %v", subject, err)
			}
			_, params, err := mime.ParseMediaType(l.Header.Get("Content-Type"))
			if err != nil {
				t.Fatal(err)
			}
			parts := map[string]string{}
			for r := multipart.NewReader(strings.NewReader(l.Text), params["boundary"]); ; {
				p, err := r.NextRawPart()
				if errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
				text, err := io.ReadAll(quotedprintable.NewReader(p))
				if err != nil {
					t.Fatal(err)
				}
				parts[kind] = string(text)
			}
			if !strings.Contains(parts["text/plain"], "Giá vàng <giảm>") || !strings.Contains(parts["text/html"], `<a href="https://a.example.org/1">Giá vàng &lt;giảm&gt;</a>`) {
				t.Errorf("the parts are %q", parts)
			}
		})
	}
}

// No error of any service shows its address, or a part of it.
func TestErrorsAreDiscreet(t *testing.T) {
	for _, address := range []string{
		"telegram://123456789:AAtokenOFtheBOT_0123456789abcdef01@telegram?chats=@kenhbimat",
		"slack://hook:T0AAAAAAA-B0BBBBBBB-cccccccccccccccccccccccc@webhook",
		"discord://dIsCoRdToKeN0123456789@123456789012345678",
		"generic://127.0.0.1:1/hook/pathtoken99?disabletls=yes&@Authorization=Bearer+secretbearer",
		"gotify://127.0.0.1:1/AaBbCcDdEeFf.G9?disabletls=yes",
		"ntfy://someuser:somepassword@127.0.0.1:1/secrettopic?scheme=http",
		"mattermost://user@127.0.0.1:1/mattermosttoken?disabletls=yes",
		"pushover://shoutrrr:pushovertoken@pushoveruserkey/",
		"rocketchat://rocketuser@127.0.0.1:1/rockettoken1/rockettoken2",
		"teams://11111111-4444-4444-8444-cccccccccccc@22222222-4444-4444-8444-cccccccccccc/33333333012222222222333333333344/44444444-4444-4444-8444-cccccccccccc/V2ESyij_gAljSoUQHvZoZYzlpAoAXExyOl26dlf1xHEx05?host=contoso.webhook.office.com",
		"zulip://my-bot%40zulipchat.com:zulipbotkey@example.zulipchat.com?stream=foo&topic=bar",
		"bark://barkdevicekey@127.0.0.1:1/?scheme=http",
		"join://shoutrrr:joinapikey@join/?devices=joindevice",
		"ifttt://iftttwebhookkey/?events=event1&value1=message",
		"googlechat://chat.googleapis.com/v1/spaces/FOO/messages?key=googlekey&token=googletoken",
		"lark://open.larksuite.com/larktoken?secret=larksecret",
		"wecom://693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa",
		"opsgenie://api.opsgenie.com/eb243592-faa2-4ba2-a551q-1afdf565c889",
		"pushbullet://o.pushbullettokenpushbullettoken12",
		"signal://signaluser:signalpassword@127.0.0.1:1/+84123456789/+84987654321?disabletls=yes",
		"matrix://matrixuser:matrixpassword@127.0.0.1:1/?rooms=!room1&disableTLS=yes",
		"smtp://mailuser:mailpassword@127.0.0.1:1/?from=desk@example.org&to=reader@example.org&encryption=None",
		"https://hooks.example.org/services/hooktoken123?key=querytoken456",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckAddress(address); err != nil {
			t.Errorf("%s: %v", u.Scheme, err)
		}
		err = newSender(feed.Channel{URL: address}, feed.Site{}).send(t.Context(), aLetter())
		if err == nil {
			t.Errorf("%s: nothing is there, and it was sent", u.Scheme)
			continue
		}
		for _, secret := range []string{
			"AAtokenOF", "kenhbimat", "BBBBBBB", "cccccccc", "dIsCoRd", "123456789012345678", "pathtoken", "secretbearer", "AaBbCc", "someuser", "somepassword",
			"secrettopic", "mattermosttoken", "pushovertoken", "pushoveruserkey", "mailpassword", "mailuser", "hooktoken", "querytoken",
			"rockettoken", "cccccccccccc", "V2ESyij", "zulipbotkey", "barkdevicekey", "joinapikey", "iftttwebhookkey", "googlekey", "googletoken", "larktoken", "larksecret",
			"7aoc-4bc4", "faa2-4ba2", "pushbullettoken", "signalpassword", "84123456789", "matrixpassword",
		} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error shows %s: %v", u.Scheme, secret, err)
			}
		}
		t.Log(u.Scheme, err)
	}
}

func TestCheckAddress(t *testing.T) {
	for address, want := range map[string]string{
		"nonsense":                   "no URL",
		"https://":                   "no host",
		"telegramm://x@telegram":     "no kind of channel",
		"telegram://":                "no address that shoutrrr reads",
		"smtp://mail.example.org":    "names nobody",
		"smtp://h/?from=x&to=a@b.cd": "e-mail addresses",
		"smtp://h/?from=a@b.cd&to=a@b.cd&encryption=some": "encryption",
		"smtp://h/?from=a@b.cd&to=a@b.cd&colour=red":      "not known",
	} {
		if err := CheckAddress(address); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
}
