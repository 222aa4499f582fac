package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	netmail "net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"
	"github.com/wneessen/go-mail"

	"feedd/internal/feed"
)

// sender sends letters to one address. Its errors never show that address.
type sender interface {
	send(ctx context.Context, l *letter) error
}

// refusal is what a receiver answered.
type refusal struct {
	text    string
	forGood bool          // trying again is of no use
	after   time.Duration // how long it asks to be left alone
}

func (r *refusal) Error() string { return r.text }

// CheckAddress says what is wrong with the address of a channel, without showing it.
func CheckAddress(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme == "":
		return errors.New("it is no URL")
	case u.Scheme == "http" || u.Scheme == "https":
		if u.Host == "" {
			return errors.New("it names no host")
		}
		return nil
	case u.Scheme == "smtp" || u.Scheme == "smtps":
		_, err := parseMail(u)
		return err
	case u.Scheme == "matrix": // its service signs in when it is made
		return nil
	}
	if _, err := locate(address); err != nil {
		if errors.Is(err, router.ErrUnknownService) {
			return fmt.Errorf("%s is no kind of channel: write https, smtp, or what shoutrrr speaks, such as telegram, slack or generic", u.Scheme)
		}
		return fmt.Errorf("it is no address that shoutrrr reads for %s", strings.SplitN(u.Scheme, "+", 2)[0])
	}
	return nil
}

// locate makes the shoutrrr service of an address. Some services panic on what they cannot read.
func locate(address string) (s types.Service, err error) {
	defer func() {
		if r := recover(); r != nil {
			s, err = nil, fmt.Errorf("the address cannot be read: %v", r)
		}
	}()
	return new(router.ServiceRouter).Locate(address)
}

// newSender returns the sender for a channel's address.
func newSender(c feed.Channel, site feed.Site) sender {
	u, err := url.Parse(c.URL)
	if err != nil {
		return discreet{failing{errors.New("its address is no URL")}, nil}
	}
	hide := secretsOf(u)
	switch u.Scheme {
	case "http", "https":
		return discreet{&webhook{url: c.URL, secret: []byte(c.Secret), site: site.URL, client: &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}}, hide}
	case "smtp", "smtps":
		server, err := parseMail(u)
		if err != nil {
			return discreet{failing{err}, hide}
		}
		server.site, server.unsubscribe = site, c.Unsubscribe
		return discreet{server, hide}
	}
	if u.Scheme == "telegram" {
		bot, err := newTelegram(u)
		if err != nil {
			return discreet{failing{err}, hide}
		}
		return discreet{bot, hide}
	}
	return discreet{&shout{url: c.URL, hanging: make(chan struct{}, 3)}, hide}
}

// failing is a sender that has no address to send to.
type failing struct{ error }

func (f failing) send(context.Context, *letter) error { return f.error }

// discreet takes what is secret out of errors: services quote the addresses that they ask.
type discreet struct {
	sender
	hide []string
}

func (d discreet) send(ctx context.Context, l *letter) error {
	err := d.sender.send(ctx, l)
	if err == nil {
		return nil
	}
	text := line(redact(err.Error(), d.hide))
	var r *refusal
	if errors.As(err, &r) {
		return &refusal{text: text, forGood: r.forGood, after: r.after}
	}
	return errors.New(text)
}

var anyURL = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>]+`)

// redact leaves of an address in a text its scheme, and of the web's its host; what is among secrets it
// takes out wherever it stands.
func redact(text string, secrets []string) string {
	text = anyURL.ReplaceAllStringFunc(text, func(found string) string {
		u, err := url.Parse(found)
		if err != nil {
			return "(address)"
		}
		if (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
			return u.Scheme + "://" + u.Host + "/…"
		}
		return u.Scheme + "://…"
	})
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, "…")
	}
	return text
}

// secretsOf lists what of an address may be a secret: its user, password, path and parameters, with their
// parts, and the host where that is no host. Services put them together anew.
func secretsOf(u *url.URL) []string {
	var all []string
	add := func(s string) {
		pieces := []string{s}
		pieces = append(pieces, strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(":/-@,?&=", r) })...)
		for _, p := range pieces {
			if len(p) >= 6 {
				all = append(all, p, url.QueryEscape(p), url.PathEscape(p))
			}
		}
	}
	if u.User != nil {
		add(u.User.Username())
		password, _ := u.User.Password()
		add(password)
	}
	add(strings.Trim(u.Path, "/"))
	for _, values := range u.Query() {
		for _, v := range values {
			add(v)
		}
	}
	if !slices.Contains([]string{"http", "https", "smtp", "smtps"}, u.Scheme) && !strings.HasPrefix(u.Scheme, "generic") && u.Host != u.Scheme {
		add(u.Host)
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) }) // the whole before its parts
	return slices.Compact(all)
}

// webhook posts letters as JSON, signed when there is a secret.
type webhook struct {
	url, site string
	secret    []byte
	client    *http.Client
}

// Headers of a webhook. The signature is over the body, as WebSub's hubs write it (section 7.1).
const (
	headerID        = "X-Feedd-Id"
	headerKind      = "X-Feedd-Kind"
	headerSignature = "X-Feedd-Signature"
)

func (w *webhook) send(ctx context.Context, l *letter) error {
	body, err := json.Marshal(l)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "feedd (messages; +"+w.site+")")
	r.Header.Set(headerID, l.ID)
	r.Header.Set(headerKind, string(l.Kind))
	if len(w.secret) > 0 {
		mac := hmac.New(sha256.New, w.secret)
		mac.Write(body)
		r.Header.Set(headerSignature, "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	res, err := w.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can be used again
	if res.StatusCode/100 == 2 {
		return nil
	}
	no := &refusal{text: "the webhook answered " + res.Status}
	no.forGood = res.StatusCode/100 == 4 && !slices.Contains([]int{http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests}, res.StatusCode)
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
		no.after = time.Duration(min(seconds, 86400)) * time.Second
	}
	return no
}

// shout sends letters through shoutrrr.
type shout struct {
	url     string
	hanging chan struct{} // calls that have not returned
}

// shortText is the longest text, in bytes, that the services take: Telegram's bound is 4,096.
const shortText = 3900

// send returns when ctx ends, though shoutrrr's call may not: it knows no context, and some of its services no
// bound.
func (s *shout) send(ctx context.Context, l *letter) error {
	select {
	case s.hanging <- struct{}{}:
	default:
		return errors.New("the service does not answer")
	}
	done := make(chan error, 1)
	go func() {
		defer func() { <-s.hanging }()
		defer func() {
			if r := recover(); r != nil { // some services do that where nobody answers (v0.13.2)
				done <- fmt.Errorf("the service failed: %v", r)
			}
		}()
		service, err := locate(s.url)
		if err == nil {
			params := types.Params{}
			if l.Kind == feed.MessageDigest || l.Kind == feed.MessageAlarms {
				params.SetTitle(l.Subject)
			}
			err = service.Send(l.short(shortText), &params)
		}
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return errors.New("the service did not answer in time")
	}
}

// mailServer sends letters as e-mails with a part of text and one of HTML.
type mailServer struct {
	host           string
	port           int
	user, password string
	from, fromName string
	to             []string
	implicit       bool           // TLS from the first byte
	policy         mail.TLSPolicy // else
	skipVerify     bool
	helo           string
	site           feed.Site
	unsubscribe    string
}

// parseMail reads the address of a mail server, which is written as for shoutrrr:
// smtp://USER:PASSWORD@HOST:PORT/?from=A&to=B,C, with fromname, encryption (Auto, None, ExplicitTLS,
// ImplicitTLS), clienthost and skiptlsverify.
func parseMail(u *url.URL) (*mailServer, error) {
	m := &mailServer{host: u.Hostname(), implicit: u.Scheme == "smtps", policy: mail.TLSOpportunistic}
	if m.host == "" {
		return nil, errors.New("it names no mail server")
	}
	if u.User != nil {
		m.user = u.User.Username()
		m.password, _ = u.User.Password()
		if m.user != "" {
			m.policy = mail.TLSMandatory // a password goes to nobody in the open
		}
	}
	for name, values := range u.Query() {
		v := values[0]
		switch strings.ToLower(name) {
		case "from", "fromaddress":
			m.from = v
		case "fromname":
			m.fromName = v
		case "to", "toaddresses":
			m.to = strings.FieldsFunc(strings.Join(values, ","), func(r rune) bool { return r == ',' || r == ' ' })
		case "clienthost":
			m.helo = v
		case "encryption":
			switch strings.ToLower(v) {
			case "none":
				m.policy = mail.NoTLS
			case "explicittls":
				m.policy = mail.TLSMandatory
			case "implicittls":
				m.implicit = true
			case "auto":
			default:
				return nil, errors.New("its encryption is none of Auto, None, ExplicitTLS and ImplicitTLS")
			}
		case "usestarttls", "starttls":
			if no(v) {
				m.policy = mail.NoTLS
			}
		case "requirestarttls":
			if !no(v) {
				m.policy = mail.TLSMandatory
			}
		case "skiptlsverify":
			m.skipVerify = !no(v)
		case "auth", "subject", "title", "usehtml", "timeout": // of shoutrrr; settled here
		default:
			return nil, errors.New("it has a parameter that is not known; known are from, fromname, to, encryption, clienthost and skiptlsverify")
		}
	}
	if m.implicit = m.implicit || u.Port() == "465"; m.implicit {
		m.port = 465
	} else {
		m.port = 25
	}
	if p, err := strconv.Atoi(u.Port()); err == nil {
		m.port = p
	}
	if len(m.to) == 0 {
		return nil, errors.New("it names nobody to write to: add ?to=")
	}
	for _, a := range append([]string{m.from}, m.to...) {
		if _, err := netmail.ParseAddress(a); err != nil {
			return nil, errors.New("from and to must be e-mail addresses")
		}
	}
	return m, nil
}

func no(v string) bool {
	return slices.Contains([]string{"no", "false", "0", "off"}, strings.ToLower(v))
}

func (m *mailServer) send(ctx context.Context, l *letter) error {
	msg, err := m.compose(l)
	if err != nil {
		return err
	}
	options := []mail.Option{mail.WithPort(m.port), mail.WithTimeout(sendTime), mail.WithTLSPolicy(m.policy),
		mail.WithTLSConfig(&tls.Config{ServerName: m.host, MinVersion: tls.VersionTLS12, InsecureSkipVerify: m.skipVerify})}
	if m.implicit {
		options = append(options, mail.WithSSL())
	}
	if m.helo != "" {
		options = append(options, mail.WithHELO(m.helo))
	}
	if m.user != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.user), mail.WithPassword(m.password))
	}
	client, err := mail.NewClient(m.host, options...)
	if err != nil {
		return err
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	err = client.SendWithSMTPClient(conn, msg)
	// Once the server took the letter, what fails behind it is no reason to send it again.
	_ = client.CloseWithSMTPClient(conn)
	if msg.IsDelivered() {
		return nil
	}
	var refused *mail.SendError
	if errors.As(err, &refused) && refused.ErrorCode()/100 == 5 {
		return &refusal{text: err.Error(), forGood: true}
	}
	return err
}

// compose makes the e-mail. Several who get it do not see each other.
func (m *mailServer) compose(l *letter) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	name := m.fromName
	if name == "" {
		name = line(m.site.Title)
	}
	if err := msg.FromFormat(name, m.from); err != nil {
		return nil, err
	}
	if len(m.to) == 1 {
		if err := msg.To(m.to...); err != nil {
			return nil, err
		}
	} else if err := msg.Bcc(m.to...); err != nil {
		return nil, err
	}
	msg.Subject(l.Subject)
	msg.SetDateWithValue(l.Made)
	host := "feedd.invalid"
	if u, err := url.Parse(m.site.URL); err == nil && u.Hostname() != "" && net.ParseIP(u.Hostname()) == nil {
		host = u.Hostname()
	}
	digest := sha256.Sum256([]byte(l.ID))
	msg.SetMessageIDWithValue(hex.EncodeToString(digest[:16]) + "@" + host)
	msg.SetGenHeader(headerID, l.ID)
	if leave := m.leave(); leave != "" {
		msg.SetListUnsubscribe(leave)
	}
	msg.SetGenHeader("Content-Language", l.words.Lang)
	msg.SetBulk()
	msg.SetBodyString(mail.TypeTextPlain, l.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, l.html)
	return msg, nil
}

// leave is where one asks for no more letters: what the channel says, the site's contact, or the sender.
func (m *mailServer) leave() string {
	switch {
	case m.unsubscribe != "":
		return m.unsubscribe
	case strings.HasPrefix(m.site.Contact, "mailto:") && !strings.Contains(m.site.Contact, "?"):
		return m.site.Contact + "?subject=unsubscribe"
	}
	return "mailto:" + m.from + "?subject=unsubscribe"
}
