package editor

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// Tokens that are wrong, from one address.
const (
	guessBurst = 10
	guessEvery = 10 * time.Second
)

const (
	cookieName  = "feedd_desk"
	sessionTime = 12 * time.Hour
	longestName = 60 // characters
	formBytes   = 64 << 10
)

// session is one editor who signed in. Its cookie carries it whole, sealed with a key made of the token:
// it outlives a restart, and another token ends all sessions.
type session struct {
	Name  string `json:"n"`
	ID    string `json:"i"`
	Until int64  `json:"u"` // Unix seconds
}

// key is what seals with a token, for one purpose.
func key(token, purpose string) []byte {
	m := hmac.New(sha256.New, []byte(token))
	m.Write([]byte("feedd desk " + purpose)) // a hash takes everything
	return m.Sum(nil)
}

func mac(key []byte, what string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(what))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// seal is the session as its cookie has it.
func (s session) seal(token string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // two strings and a number
	}
	body := base64.RawURLEncoding.EncodeToString(text)
	return body + "." + mac(key(token, "session"), body)
}

// unseal is the session of a cookie; false unless we sealed it with this token and it lasts.
func unseal(cookie, token string, now time.Time) (s session, ok bool) {
	body, seal, found := strings.Cut(cookie, ".")
	if !found || token == "" || !hmac.Equal([]byte(seal), []byte(mac(key(token, "session"), body))) {
		return s, false
	}
	text, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || json.Unmarshal(text, &s) != nil {
		return s, false
	}
	return s, now.Unix() < s.Until
}

// guard is what every form of the session carries, so that no other site can send one in its name.
func (s session) guard(token string) string { return mac(key(token, "form"), s.ID) }

// left remembers who signed out, until their cookies would have ended by themselves.
type left struct {
	mu    sync.Mutex
	until map[string]time.Time // by session
}

func (l *left) add(s session, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, until := range l.until {
		if now.After(until) {
			delete(l.until, id)
		}
	}
	l.until[s.ID] = now.Add(sessionTime)
}

func (l *left) has(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.until[id]
	return ok
}

// who is the editor whom a request comes from.
func (d *Desk) who(r *http.Request, token string) (session, bool) {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return session{}, false
	}
	s, ok := unseal(c.Value, token, d.o.Now())
	return s, ok && !d.left.has(s.ID)
}

// signedIn passes on the requests of editors, and asks others in. A form must come from a page of ours.
func (d *Desk) signedIn(next func(http.ResponseWriter, *http.Request, *visit)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		set := d.o.Settings()
		s, ok := d.who(r, set.Token)
		if !ok {
			if r.Method != http.MethodGet {
				d.page(w, r, http.StatusForbidden, "sign-in.html", &visit{set: set, words: wordsFor(set.Site.Language)}, func(p *page) { p.Problem = p.Words.Expired })
				return
			}
			to := set.Root + "/desk/sign-in"
			if r.URL.Path != "/desk" {
				to += "?back=" + url.QueryEscape(backOf(r.URL))
			}
			http.Redirect(w, r, to, http.StatusSeeOther)
			return
		}
		v := &visit{set: set, words: wordsFor(set.Site.Language), session: s}
		if r.Method == http.MethodPost {
			r.Body = http.MaxBytesReader(w, r.Body, formBytes)
			guard := r.PostFormValue("guard")
			if http.NewCrossOriginProtection().Check(r) != nil || !hmac.Equal([]byte(guard), []byte(s.guard(set.Token))) {
				d.page(w, r, http.StatusForbidden, "problem.html", v, func(p *page) { p.Problem = p.Words.Forged })
				return
			}
		}
		d.keepOn(w, r, set.Token, s)
		next(w, r, v)
	}
}

// keepOn renews a session that is used, once half of it is over.
func (d *Desk) keepOn(w http.ResponseWriter, r *http.Request, token string, s session) {
	now := d.o.Now()
	if time.Unix(s.Until, 0).Sub(now) < sessionTime/2 {
		s.Until = now.Add(sessionTime).Unix()
		d.setCookie(w, r, s.seal(token), int(sessionTime.Seconds()))
	}
}

func (d *Desk) setCookie(w http.ResponseWriter, r *http.Request, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		// A proxy that lies about this harms nobody but its own reader.
		Secure: r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https"),
	})
}

// askIn shows the door.
func (d *Desk) askIn(w http.ResponseWriter, r *http.Request) {
	set := d.o.Settings()
	if _, ok := d.who(r, set.Token); ok {
		http.Redirect(w, r, set.Root+"/desk", http.StatusSeeOther)
		return
	}
	d.page(w, r, http.StatusOK, "sign-in.html", &visit{set: set, words: wordsFor(set.Site.Language)}, func(p *page) { p.Back = back(r.URL.Query().Get("back")) })
}

// signIn opens the door to who knows the token and gives a name.
func (d *Desk) signIn(w http.ResponseWriter, r *http.Request) {
	set := d.o.Settings()
	v := &visit{set: set, words: wordsFor(set.Site.Language)}
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	name := cleanName(r.PostFormValue("name"))
	refuse := func(status int, problem string) {
		d.page(w, r, status, "sign-in.html", v, func(p *page) { p.Problem, p.Name, p.Back = problem, name, back(r.PostFormValue("back")) })
	}
	if http.NewCrossOriginProtection().Check(r) != nil {
		refuse(http.StatusForbidden, v.words.Forged)
		return
	}
	// Those whose address is not known share one door: else a proxy that names nobody would leave it open.
	from := cmp.Or(set.Proxies.Of(r), "unknown")
	if !d.guesses.Left(from) { // then not even a right one is looked at, or a right guess would show
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(d.guesses.Wait(from).Seconds())))))
		refuse(http.StatusTooManyRequests, v.words.TooMany)
		return
	}
	given, want := key(r.PostFormValue("token"), "door"), key(set.Token, "door")
	if set.Token == "" || !hmac.Equal(given, want) {
		d.guesses.Allow(from)
		d.o.Log.Warn("somebody gave a wrong token for the desk", "from", from)
		refuse(http.StatusForbidden, v.words.WrongToken)
		return
	}
	if name == "" {
		refuse(http.StatusUnprocessableEntity, v.words.NoName)
		return
	}
	s := session{Name: name, ID: rand.Text(), Until: d.o.Now().Add(sessionTime).Unix()}
	d.setCookie(w, r, s.seal(set.Token), int(sessionTime.Seconds()))
	d.o.Log.Info("an editor signed in", "name", name, "from", from)
	http.Redirect(w, r, set.Root+back(r.PostFormValue("back")), http.StatusSeeOther)
}

func (d *Desk) signOut(w http.ResponseWriter, r *http.Request, v *visit) {
	d.left.add(v.session, d.o.Now())
	d.setCookie(w, r, "", -1)
	http.Redirect(w, r, v.set.Root+"/desk/sign-in", http.StatusSeeOther)
}

// cleanName is a name on one line, of a length that lists can show.
func cleanName(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if !utf8.ValidString(s) {
		return ""
	}
	if r := []rune(s); len(r) > longestName {
		s = string(r[:longestName])
	}
	return s
}

// backOf is where a page is, for back.
func backOf(u *url.URL) string {
	q := u.Query()
	q.Del("done")
	q.Del("undone")
	if len(q) == 0 {
		return u.Path
	}
	return u.Path + "?" + q.Encode()
}

// back is where to go after a form: a page of ours, whatever the form says.
func back(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Path != "/desk" && !strings.HasPrefix(u.Path, "/desk/") || strings.Contains(to, `\`) {
		return "/desk"
	}
	return backOf(u)
}
