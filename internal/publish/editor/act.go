package editor

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"feedd/internal/feed"
)

// act does what a button says. Its value is an order and what it is about: "file kinh-te", "split 0123456789abcdef",
// "undo 12". Afterwards the editor is where the button was, with the decision's own undo at the top.
func (d *Desk) act(w http.ResponseWriter, r *http.Request, v *visit) {
	to := back(r.PostFormValue("back"))
	kind, about, _ := strings.Cut(r.PostFormValue("do"), " ")
	fail := func(err error) {
		d.page(w, r, http.StatusConflict, "problem.html", v, func(p *page) { p.Problem, p.Detail, p.Back = p.Words.Failed, feed.TextOf(err), to })
	}
	unclear := func() {
		d.page(w, r, http.StatusBadRequest, "problem.html", v, func(p *page) { p.Problem, p.Back = p.Words.Unclear, to })
	}
	item, err := strconv.ParseInt(cmp.Or(r.PostFormValue("item"), "0"), 10, 64)
	if err != nil {
		unclear()
		return
	}
	o := Order{Kind: OrderKind(kind), Item: item, Story: r.PostFormValue("story")}
	switch {
	case kind == "undo":
		n, err := strconv.ParseInt(about, 10, 64)
		if err != nil {
			unclear()
			return
		}
		if err := d.o.Judge.TakeBack(r.Context(), v.session.Name, n); err != nil {
			fail(err)
			return
		}
		d.goBack(w, r, v, to, "undone", n)
		return
	case kind == "accept":
		if err := d.o.Configuration.Accept(r.Context()); err != nil {
			fail(err)
			return
		}
		http.Redirect(w, r, v.set.Root+to, http.StatusSeeOther)
		return
	case (o.Kind == OrderFile || o.Kind == OrderUnfile) && item > 0:
		if o.Section = about; about == "" { // chosen from a list
			o.Section = r.PostFormValue("section")
		}
	case (o.Kind == OrderNone || o.Kind == OrderConfirm) && item > 0:
	case o.Kind == OrderSplit && item > 0 && o.Story != "":
	case o.Kind == OrderRetract && o.Story != "":
	case o.Kind == OrderJoin && o.Story != "" && strings.TrimSpace(r.PostFormValue("other")) != "":
		o.Other = strings.TrimSpace(r.PostFormValue("other"))
	default:
		unclear()
		return
	}
	n, err := d.o.Judge.Decide(r.Context(), v.session.Name, o)
	if err != nil {
		fail(err)
		return
	}
	d.goBack(w, r, v, to, "done", n)
}

// goBack leads to a page of ours that tells of a decision.
func (d *Desk) goBack(w http.ResponseWriter, r *http.Request, v *visit, to, what string, n int64) {
	u, err := url.Parse(to)
	if err != nil {
		u = &url.URL{Path: "/desk"}
	}
	q := u.Query()
	q.Set(what, strconv.FormatInt(n, 10))
	u.RawQuery = q.Encode()
	http.Redirect(w, r, v.set.Root+u.String(), http.StatusSeeOther)
}
