package config

import (
	"crypto/x509"
	"maps"
	"net"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
	"golang.org/x/net/http/httpguts"

	"feedd/internal/feed"
)

func (b *builder) source(f *fileSource, defaults *sourceKeys, ids map[string]*yaml.Node) feed.Source {
	s := feed.Source{
		ID:    b.id(f.ID, "source", ids),
		Title: b.line(f.Title, "", "title"),
		URL:   b.url(f.URL, "url"),
		Page:  b.page(&f.Page),
		Line:  f.line(),
	}
	keys := f.sourceKeys
	keys.inherit(defaults)
	b.sourceKeys(&s, &keys)
	return s
}

// inherit takes every key that is absent from the defaults. Keys that exclude each other are
// inlined as one struct and taken together: a source with a bearer token of its own does not get
// the default's login, too.
func (k *sourceKeys) inherit(defaults *sourceKeys) {
	own, def := reflect.ValueOf(k).Elem(), reflect.ValueOf(defaults).Elem()
	for i := range own.NumField() {
		name := own.Type().Field(i).Name
		switch name {
		case "login":
			if k.login == (login{}) {
				k.login = defaults.login
			}
		case "cookie":
			if k.cookie == (cookie{}) {
				k.cookie = defaults.cookie
			}
		case "proxy":
			if k.proxy == (proxy{}) {
				k.proxy = defaults.proxy
			}
		default:
			if own.Field(i).IsZero() {
				own.Field(i).Set(def.Field(i))
			}
		}
	}
}

// sourceKeys checks what a source and the defaults have in common.
func (b *builder) sourceKeys(s *feed.Source, k *sourceKeys) {
	s.Home = b.url(k.Home, "home")
	s.Section = k.Section.is
	b.knownSection(k.Section)
	for _, category := range slices.Sorted(maps.Keys(k.Categories)) {
		section := k.Categories[category]
		if s.Category == nil {
			s.Category = map[string]string{}
		}
		if strings.TrimSpace(category) == "" && section.given() {
			b.at(section.at, feed.Text{}, "a category is empty")
		}
		b.knownSection(section)
		s.Category[category] = section.is
	}
	s.Priority = k.Priority.or(0)
	s.Language = b.language(k.Language, "")
	s.Timezone = b.timezone(k.Timezone, b.zone)
	s.Rights = feed.Rights(k.Rights.or(string(feed.RightsSummary)))
	s.Learn = k.Learn.or(true)

	s.Schedule = b.schedule(k.Schedule)
	s.Timeout = b.span(k.Timeout, 20*time.Second, 10*time.Millisecond, time.Hour, "timeout")
	s.HostInterval = b.span(k.HostInterval, 2*time.Second, 0, time.Hour, "host_interval")
	s.MaxBytes = int64(k.MaxBytes.or(8 << 20))
	if k.MaxBytes.given() && (s.MaxBytes < 1<<10 || s.MaxBytes > 1<<30) {
		b.at(k.MaxBytes.at, feed.Text{}, "max_bytes must be between 1KB and 1GB, not %s", k.MaxBytes.at.Value)
	}
	s.MaxItems = k.MaxItems.or(10_000)
	if s.Backlog = k.Backlog.or(20); s.Backlog == 0 {
		s.Backlog = -1 // none
	}
	s.Complete = k.Complete.or(false)
	s.HoldFuture = k.HoldFuture.or(false)
	s.AllowPrivate = k.AllowPrivate.or(false)
	s.Private = k.Private.or(false)

	s.Headers = b.headers(k.Headers)
	s.UserAgent = k.UserAgent.is
	if k.UserAgent.given() && (strings.TrimSpace(s.UserAgent) == "" || !httpguts.ValidHeaderFieldValue(s.UserAgent)) {
		b.at(k.UserAgent.at, say("remove it to send feedd's own"), "user_agent is empty or holds a character that no header may")
	}
	b.login(s, &k.login)
	if f, ok := authorization(k.Headers); ok && f.given() && (k.BasicAuth.given() || k.BearerEnv.given() || k.BearerFile.given()) {
		b.at(f.at, say("keep one"), "the header Authorization and basic_auth or a bearer token are both given")
	}
	s.Cookie = b.headerSecret(k.CookieEnv, k.CookieFile, "cookie")
	s.Proxy = b.proxy(&k.proxy)
	s.TLS = b.tls(&k.TLS)
	s.Article = k.Article.or(false)
}

func (b *builder) login(s *feed.Source, l *login) {
	s.Bearer = b.headerSecret(l.BearerEnv, l.BearerFile, "bearer")
	if !l.BasicAuth.given() || l.BasicAuth.at.Kind != yaml.MappingNode {
		return
	}
	a := &l.BasicAuth
	s.Username = a.Username.is
	s.Password = b.secret(a.PasswordEnv, a.PasswordFile, "password")
	if a.Username.given() && (a.Username.is == "" || strings.ContainsAny(a.Username.is, ":\r\n")) {
		b.at(a.Username.at, feed.Text{}, "username is empty or holds a colon, which HTTP Basic cannot carry (RFC 7617)")
	}
	if !a.PasswordEnv.given() && !a.PasswordFile.given() {
		b.at(a.at, say("give it password_env or password_file"), "basic_auth has no password")
	}
	for _, t := range []text{l.BearerEnv, l.BearerFile} {
		if t.given() {
			b.at(t.at, say("keep one"), "basic_auth and a bearer token are both given")
		}
	}
}

// headerSecret is a secret that goes into a header.
func (b *builder) headerSecret(env, file text, name string) string {
	s := b.secret(env, file, name)
	if !httpguts.ValidHeaderFieldValue(s) {
		at := env.at
		if at == nil {
			at = file.at
		}
		b.at(at, feed.Text{}, "the content holds a character that no header may")
	}
	return s
}

// ours are request headers that feedd sets itself, and what to use instead.
var ours = map[string]string{
	"Host": "", "Content-Length": "", "Transfer-Encoding": "", "Connection": "", "Te": "", "Trailer": "", "Upgrade": "",
	"If-None-Match": "", "If-Modified-Since": "", "Accept-Encoding": "", "A-Im": "", "Range": "",
	"User-Agent": "use user_agent", "Cookie": "use cookie_env or cookie_file",
	"Proxy-Authorization": "use proxy_env or proxy_file",
}

// secretName matches header names whose values are secrets.
var secretName = regexp.MustCompile(`(?i)authorization|token|secret|password|api-?key|^x-key$|session`)

func (b *builder) headers(fs map[string]fileHeader) map[string]string {
	if fs == nil {
		return nil
	}
	headers := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(fs)) {
		f := fs[name]
		if !f.given() {
			continue
		}
		canonical := canonicalHeader(name)
		instead, taken := ours[canonical]
		val := f.value.is
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			b.at(f.at, feed.Text{}, "%s is no name of a header", shown(name))
		case taken:
			b.at(f.at, say(instead), "feedd sets the header %s itself", canonical)
		case f.value.given() && secretName.MatchString(name):
			b.at(f.at, say("write %s: {env: NAME} or {file: PATH}", name), "the header %s would put a secret into this file", name)
		case !f.value.given() && f.at.Kind == yaml.MappingNode:
			if !f.Env.given() && !f.File.given() {
				b.at(f.at, say("write {env: NAME} or {file: PATH}"), "the header %s has no value", name)
			}
			val = b.secret(f.Env, f.File, "value of the header "+name)
		}
		if !httpguts.ValidHeaderFieldValue(val) {
			b.at(f.at, feed.Text{}, "the value of the header %s holds a character that no header may", name)
		}
		if _, twice := headers[canonical]; twice {
			b.at(f.at, feed.Text{}, "the header %s is here twice", canonical)
		}
		headers[canonical] = val
	}
	return headers
}

// canonicalHeader writes a name as Go sends it: X-Key for x-key.
func canonicalHeader(name string) string {
	parts := strings.Split(strings.ToLower(name), "-")
	for i, p := range parts {
		if p != "" {
			parts[i] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "-")
}

// authorization finds the header by which a login travels.
func authorization(headers map[string]fileHeader) (fileHeader, bool) {
	for name, f := range headers {
		if canonicalHeader(name) == "Authorization" {
			return f, true
		}
	}
	return fileHeader{}, false
}

func (b *builder) proxy(p *proxy) string {
	addr, at := p.Proxy.is, p.Proxy.at
	secret := p.ProxyEnv.given() || p.ProxyFile.given()
	switch {
	case p.Proxy.given() && secret:
		b.at(at, say("keep one"), "proxy and a reference to one are both given")
		return ""
	case secret:
		at = p.ProxyEnv.at
		if at == nil {
			at = p.ProxyFile.at
		}
		addr = b.secret(p.ProxyEnv, p.ProxyFile, "proxy")
		if addr == "" {
			return "" // reported
		}
	case !p.Proxy.given():
		return ""
	}
	u, err := url.Parse(addr)
	switch {
	case err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme) || !validHostPort(u):
		// Nothing of the address is shown: it may hold a password.
		b.at(at, say("such as http://proxy.example.org:3128 or socks5://proxy.example.org:1080"), "the proxy is no http, https or socks5 URL")
	case !secret && u.User != nil:
		b.at(at, say("put the whole URL into proxy_env or proxy_file"), "the proxy's URL would put a password into this file")
	}
	return addr
}

// tls reads what the server of a source needs.
func (b *builder) tls(f *fileTLS) feed.TLS {
	least := f.MinVersion.is
	if least == "1.2" {
		least = "" // the default
	}
	t := feed.TLS{MinVersion: least, Legacy: f.Legacy.or(false), HTTP1: !f.HTTP2.or(true)}
	if f.CAFile.given() {
		t.CAs = b.secretFile(f.CAFile)
		if t.CAs != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(t.CAs)) {
			b.at(f.CAFile.at, say("it begins with -----BEGIN CERTIFICATE-----"), "the file %s holds no certificate in PEM", shown(f.CAFile.is))
		}
	}
	return t
}

// url checks an absolute http or https address.
func (b *builder) url(t text, name string) string {
	if !t.given() {
		return ""
	}
	s := strings.TrimSpace(t.is)
	u, err := url.Parse(s)
	switch host, _, _ := strings.Cut(strings.TrimLeft(s[strings.Index(s, ":")+1:], "/"), "/"); {
	case strings.Contains(host, "@"):
		// The address is not shown: it holds a password.
		b.at(t.at, say("use basic_auth"), "%s would put a login into this file", name)
	case s == "":
		b.at(t.at, feed.Text{}, "%s is empty", name)
	case misspelled(s) != "":
		b.atScalar(t.at, misspelled(s), say(writeThis, misspelled(s)), "%s wants an http or https address, found %s", name, shown(s))
	case err != nil && !strings.Contains(s, "://") && looksLikeHost(s): // "127.0.0.1:8080/feed"
		b.withoutScheme(t, s, name)
	case err != nil:
		b.at(t.at, feed.Text{}, "%s is not an address: %s", name, urlReason(err))
	case u.Scheme == "" && looksLikeHost(s):
		b.withoutScheme(t, s, name)
	case u.Scheme != "http" && u.Scheme != "https":
		b.at(t.at, feed.Text{}, "%s wants an http or https address, found %s", name, shown(s))
	case u.Hostname() == "":
		b.at(t.at, feed.Text{}, "%s %s names no host", name, shown(s))
	case !validHostPort(u):
		b.at(t.at, feed.Text{}, "%s %s names an impossible host or port", name, shown(s))
	}
	return s
}

// withoutScheme reports an address without its https://, which a host on the web has for certain.
func (b *builder) withoutScheme(t text, s, name string) {
	to := "https://" + strings.TrimLeft(s, "/")
	hint, cure := say(writeThis, to), to
	host, _, _ := strings.Cut(strings.TrimLeft(s, "/"), "/")
	if name, port, ok := strings.Cut(host, ":"); net.ParseIP(name) != nil || ok && port != "443" {
		cure = "" // of one's own, perhaps, and without encryption
	}
	b.atScalar(t.at, cure, hint, "%s %s has no https:// before it", name, shown(s))
}

// slip is the beginning of an address that was meant to be http:// or https://.
var slip = regexp.MustCompile(`^(?i:(https?)(?:[:;]?/{1,3}|[:;])|(h?t{1,3}p{1,2}s{0,2}|hxxps?):/{1,3})`)

// misspelled is an address whose http:// or https:// is misspelled as it was meant; "" for any other.
func misspelled(s string) string {
	at := slip.FindStringSubmatchIndex(s)
	if lower := strings.ToLower(s); at == nil || strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://") {
		return ""
	}
	scheme := "http"
	if word := s[:at[1]]; strings.ContainsAny(word, "sS") {
		scheme = "https"
	}
	rest := strings.TrimLeft(s[at[1]:], "/")
	if u, err := url.Parse(scheme + "://" + rest); err != nil || !looksLikeHost(rest) || !validHostPort(u) {
		return ""
	}
	return scheme + "://" + rest
}

// urlReason leaves the address itself out of an error of url.Parse: it may hold a password.
func urlReason(err error) string {
	if ue, ok := err.(*url.Error); ok {
		return ue.Err.Error()
	}
	return err.Error()
}

func looksLikeHost(s string) bool {
	host, _, _ := strings.Cut(strings.TrimLeft(s, "/"), "/")
	return strings.Contains(host, ".") && !strings.ContainsAny(host, " \t")
}

func validHostPort(u *url.URL) bool {
	host := u.Hostname()
	if strings.Contains(host, ":") {
		// The zone of a link-local address stands behind a percent sign.
		addr, _, _ := strings.Cut(host, "%")
		if net.ParseIP(addr) == nil {
			return false
		}
	} else if host == "" || len(host) > 253 || strings.HasPrefix(host, ".") || strings.Contains(host, "..") ||
		strings.ContainsAny(host, " \t<>\"{}|\\^`*,;()!$&'+=") {
		return false
	}
	if strings.HasSuffix(u.Host, ":") {
		return false
	}
	if p := u.Port(); p != "" {
		n, err := strconv.Atoi(p)
		return err == nil && n > 0 && n < 1<<16
	}
	return true
}

// siteURL is the public address: no slash at its end, nothing behind its path.
func (b *builder) siteURL(t text) string {
	s := b.url(t, "url")
	if u, err := url.Parse(s); err == nil && t.given() && (u.RawQuery != "" || u.Fragment != "" || u.ForceQuery) {
		b.at(t.at, say("such as https://news.example.org"), "the site's url has a query or fragment")
	}
	return strings.TrimRight(s, "/")
}

// contact is an address that a host's keeper can write to.
func (b *builder) contact(t text) string {
	if !t.given() {
		return ""
	}
	s := strings.TrimSpace(t.is)
	if rest, ok := strings.CutPrefix(s, "mailto:"); ok {
		if user, host, ok := strings.Cut(rest, "@"); !ok || user == "" || host == "" || strings.ContainsAny(rest, " <>,;\"()\r\n") {
			b.at(t.at, say("such as mailto:desk@example.org"), "contact %s is no mail address", shown(s))
		}
		return s
	}
	if strings.Contains(s, "@") && !strings.Contains(s, "//") {
		b.atScalar(t.at, "mailto:"+s, say(writeThis, "mailto:"+s), "contact wants a mailto: or https: address, found %s", shown(s))
		return s
	}
	return b.url(t, "contact")
}

func (b *builder) page(f *filePage) *feed.Page {
	if !f.given() {
		return nil
	}
	p := &feed.Page{
		Item: f.Item.is, Title: f.Title.is, Link: f.Link.is,
		Summary: f.Summary.is, Date: f.Date.is, Image: f.Image.is,
	}
	for _, t := range []text{f.Item, f.Title, f.Link, f.Summary, f.Date, f.Image} {
		b.selector(t, t == f.Item)
	}
	return p
}

var attribute = regexp.MustCompile(`@[a-zA-Z_:][a-zA-Z0-9_:.-]*$`)

func (b *builder) selector(t text, item bool) {
	if !t.given() {
		return
	}
	css := strings.TrimSpace(t.is)
	at := attribute.FindString(css)
	css = strings.TrimSpace(strings.TrimSuffix(css, at))
	switch {
	case item && at != "":
		b.at(t.at, say("remove %s", at), "item is a whole element, not its attribute")
	case css == "" && at == "":
		b.at(t.at, say("remove it to get the default"), "a selector is empty")
	case css != "" && b.checks.Selector != nil:
		if err := b.checks.Selector(css); err != nil {
			b.at(t.at, feed.Text{}, "selector %s: %s", shown(css), err)
		}
	}
}
