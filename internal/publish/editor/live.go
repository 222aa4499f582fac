package editor

import (
	"net/http"
)

// The line at the top of the page tells at once of a save that was refused, and of alarms. It is a small
// document of its own. A script of a few lines fetches it anew every second and puts it into the page; where
// no script runs, it stands in a frame whose document asks the browser to load it anew as often. Either way
// the page around it, with what an editor may be typing, stays as it is.

// refreshEvery is how often the frame is loaded anew, in seconds. desk.js asks as often.
const refreshEvery = "1"

// live serves the line.
func (d *Desk) live(w http.ResponseWriter, r *http.Request) {
	set := d.o.Settings()
	v := &visit{set: set, words: wordsFor(set.Site.Language)}
	var ok bool
	if v.session, ok = d.who(r, set.Token); !ok { // it stays so: the frame does not ask again
		d.page(w, r, http.StatusForbidden, "live.html", v, func(p *page) { p.Problem = p.Words.Expired })
		return
	}
	w.Header().Set("Refresh", refreshEvery)
	alarms, err := d.o.Alarms.Alarms(r.Context())
	if err != nil { // the store is away: what is known of the configuration is told still
		alarms = []Alarm{{Title: v.words.Unread, Kind: AlarmNote}}
	}
	d.page(w, r, http.StatusOK, "live.html", v, func(p *page) { p.State, p.Alarms = d.o.Configuration.State(), alarms })
}
