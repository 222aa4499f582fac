package read

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"feedd/internal/feed"
	gojson "github.com/mmcdole/gofeed/json"
)

// readJSON reads a JSON Feed. One that breaks off gives the items that were whole; values of the
// wrong kind are taken for what they look like, and items are looked for where no feed should have
// them.
func (r *reader) readJSON(b []byte) (*Document, error) {
	if err := checkJSON(b, r.maxItems()); err != nil {
		return nil, err
	}
	f, err := parseJSON(b)
	if err != nil || len(f.Items) == 0 {
		if f, err = r.looseFeed(b, f); err != nil {
			return nil, err
		}
	}
	if !strings.Contains(f.Version, "jsonfeed") && (len(f.Items) == 0 || f.Title == "" && f.Version == "" && !looksLikeItem(f.Items[0])) {
		return nil, errors.New("this JSON is not a JSON Feed: it has neither its version nor items")
	}
	doc := r.fromJSON(f)
	doc.Hub = jsonHub(b)
	return doc, nil
}

// checkJSON refuses JSON of more objects or values than so many items can have, before it becomes as
// many objects of the program. It takes every bracket and comma for one of the structure.
func checkJSON(b []byte, items int) error {
	objects := bytes.Count(b, []byte("{"))
	if objects > objectsPerItem*items {
		return fmt.Errorf("this JSON has more than %d objects", objectsPerItem*items)
	}
	if objects+bytes.Count(b, []byte("["))+bytes.Count(b, []byte(",")) > valuesPerItem*items {
		return fmt.Errorf("this JSON has more than %d values", valuesPerItem*items)
	}
	return nil
}

// looseFeed reads what gofeed refuses or finds no items in. strict is what it made of it, nil when it
// refused: a feed whose list of items is there and empty stays as it is.
func (r *reader) looseFeed(b []byte, strict *gojson.Feed) (*gojson.Feed, error) {
	top, note, err := looseJSON(b)
	if err != nil {
		return nil, fmt.Errorf("this JSON cannot be read: %w", err)
	}
	if _, ok := top["items"].([]any); ok && strict != nil {
		return strict, nil
	}
	holder, where := itemsIn(top, "", 0)
	if holder == nil {
		return nil, fmt.Errorf("this JSON is not a JSON Feed: it holds no list of items, only %s", keysOf(top))
	}
	switch {
	case note != "":
		r.warn("mended: %s", note)
	case where != "items":
		r.warn("mended: the items stand at %q", clip(where, 60))
	default:
		r.warn("mended: values of the wrong kind")
	}
	fixed, err := json.Marshal(tidyFeed(holder))
	if err != nil {
		return nil, fmt.Errorf("this JSON cannot be read: %w", err)
	}
	f, err := parseJSON(fixed)
	if err != nil {
		return nil, fmt.Errorf("this JSON cannot be read: %w", err)
	}
	return f, nil
}

// itemsIn finds the object that holds a list of items, under whatever name, and gives it the name
// items. where is the way there.
func itemsIn(v map[string]any, way string, depth int) (holder map[string]any, where string) {
	if list := listOf(v["items"]); list != nil && (depth == 0 || areItems(list)) {
		v["items"] = list
		return v, way + "items"
	}
	keys := slices.Sorted(maps.Keys(v))
	for _, k := range keys {
		if list := listOf(v[k]); areItems(list) {
			v["items"] = list
			return v, way + k
		}
	}
	for _, k := range keys {
		if in, ok := v[k].(map[string]any); ok && depth < 3 {
			if holder, where = itemsIn(in, way+k+".", depth+1); holder != nil {
				return holder, where
			}
		}
	}
	return nil, ""
}

// listOf is a list, also one that was written as an object with numbers for keys, as PHP does.
func listOf(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case map[string]any:
		list := make([]any, len(v))
		for k, e := range v {
			i, err := strconv.Atoi(k)
			if err != nil || i < 0 || i >= len(list) || list[i] != nil {
				return nil
			}
			list[i] = e
		}
		return list
	}
	return nil
}

// areItems is true of a list whose first element is an item of a JSON Feed.
func areItems(list []any) bool {
	if len(list) == 0 {
		return false
	}
	it, ok := list[0].(map[string]any)
	if !ok {
		return false
	}
	return text1(it["id"])+text1(it["url"]) != "" && text1(it["title"])+text1(it["content_html"])+text1(it["content_text"])+text1(it["summary"]) != ""
}

// keysOf names the keys of an object for a message.
func keysOf(v map[string]any) string {
	names := slices.Sorted(maps.Keys(v))
	for i, n := range names {
		names[i] = strconv.Quote(clip(n, 30))
	}
	if len(names) > 8 {
		names = append(names[:8], "…")
	}
	if len(names) == 0 {
		return "an empty object"
	}
	return strings.Join(names, ", ")
}

// jsonHub finds the WebSub hub of a feed, which gofeed leaves out.
func jsonHub(b []byte) string {
	if !bytes.Contains(b, []byte(`"hubs"`)) {
		return ""
	}
	var f struct {
		Hubs []struct{ Type, URL string }
	}
	if json.Unmarshal(b, &f) != nil {
		return ""
	}
	for _, h := range f.Hubs {
		if strings.EqualFold(h.Type, "WebSub") {
			return h.URL
		}
	}
	return ""
}

func looksLikeItem(it *gojson.Item) bool {
	return it != nil && it.ID != "" && (it.URL != "" || it.Title != "" || it.ContentHTML != "" || it.ContentText != "")
}

// parseJSON calls gofeed. Its panics become errors.
func parseJSON(b []byte) (f *gojson.Feed, err error) {
	defer func() {
		if p := recover(); p != nil {
			f, err = nil, fmt.Errorf("the parser failed: %v", p)
		}
	}()
	return new(gojson.Parser).Parse(bytes.NewReader(b))
}

func (r *reader) fromJSON(f *gojson.Feed) *Document {
	doc := &Document{
		Type: "json", Version: f.Version[strings.LastIndexByte(f.Version, '/')+1:],
		Title: r.title(f.Title, true), Link: f.HomePageURL, FeedLink: f.FeedURL,
		Description: r.html(f.Description), Language: language(f.Language), Image: first(f.Icon, f.Favicon),
	}
	if people := jsonPeople(f.Authors, f.Author); len(people) > 0 {
		doc.Author, doc.AuthorEmail = people[0].Name, people[0].Email
	}
	items := f.Items
	if len(items) > r.maxItems() {
		items = items[:r.maxItems()]
		r.warn("only the first %d items were taken", r.maxItems())
	}
	raws := make([]rawItem, 0, len(items))
	for _, it := range items {
		if it == nil {
			continue
		}
		raw := rawItem{
			guid: it.ID, link: first(it.URL, it.ExternalURL), title: it.Title,
			summary: it.Summary, content: it.ContentHTML,
			published: first(it.DatePublished, it.DateModified), updated: it.DateModified,
			authors: jsonPeople(it.Authors, it.Author), categories: it.Tags, language: it.Language,
			image: first(it.Image, it.BannerImage),
		}
		raw.plain.title, raw.plain.summary = true, true // jsonfeed.org/version/1.1: both are plain text
		if raw.content == "" {
			raw.content, raw.plain.content = it.ContentText, true
		}
		if raw.link == "" && isAddress(it.ID) {
			raw.link = it.ID
		}
		for _, l := range []string{it.URL, it.ExternalURL} {
			if l != "" {
				raw.links = append(raw.links, l)
			}
		}
		if it.Attachments != nil {
			for _, a := range *it.Attachments {
				raw.enclose(a.URL, a.MimeType, "")
				if n := len(raw.enclosures); n > 0 && a.SizeInBytes > 0 {
					raw.enclosures[n-1].Length = a.SizeInBytes
				}
			}
		}
		raws = append(raws, raw)
	}
	r.take(doc, raws)
	doc.Image = r.address(r.base(doc), doc.Image)
	doc.Link = r.address(r.base(doc), doc.Link)
	return doc
}

func jsonPeople(authors []*gojson.Author, author *gojson.Author) []feed.Person {
	var raw rawItem
	for _, a := range append(authors[:len(authors):len(authors)], author) {
		if a != nil && len(raw.authors) == 0 || a != nil && a != author {
			name, email := nameAddress(a.Name)
			raw.person(name, email, a.URL)
		}
	}
	return raw.authors
}

// looseJSON reads JSON that gofeed refuses into plain values. note says what was wrong with the
// text itself; it is empty when only its values are of unexpected kinds.
func looseJSON(b []byte) (top map[string]any, note string, err error) {
	if b[0] == '[' {
		b = append(append([]byte(`{"items":`), b...), '}')
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&top); err == nil {
		if len(bytes.TrimSpace(b[dec.InputOffset():])) > 0 {
			note = "something behind the end"
		}
		return top, note, nil
	}
	if fixed := fixJSON(b); fixed != nil {
		top = nil
		dec = json.NewDecoder(bytes.NewReader(fixed))
		dec.UseNumber()
		if err := dec.Decode(&top); err == nil {
			return top, "control characters or commas that JSON forbids", nil
		}
		b = fixed
	}
	return cutJSON(b)
}

// fixJSON escapes control characters within strings and drops commas before a closing bracket.
func fixJSON(b []byte) []byte {
	out := make([]byte, 0, len(b)+64)
	inString, changed := false, false
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case inString && c == '\\' && i+1 < len(b):
			if !bytes.ContainsRune([]byte(`"\/bfnrtu`), rune(b[i+1])) {
				out = append(out, '\\', '\\')
				changed = true
				continue
			}
			out = append(out, c, b[i+1])
			i++
			continue
		case c == '"':
			inString = !inString
		case inString && c < 0x20:
			out = append(out, fmt.Sprintf(`\u%04x`, c)...)
			changed = true
			continue
		case !inString && c == ',':
			j := skipSpace(b, i+1)
			if j < len(b) && (b[j] == ']' || b[j] == '}') {
				changed = true
				continue
			}
		}
		out = append(out, c)
	}
	if !changed {
		return nil
	}
	return out
}

// cutJSON reads a feed that breaks off: what came of its head, and the items that were whole.
func cutJSON(b []byte) (map[string]any, string, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, "", errors.New("it is no object")
	}
	top := make(map[string]any)
	items := []any{}
	for dec.More() {
		key, err := dec.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			break
		}
		if name != "items" {
			var v any
			if dec.Decode(&v) != nil {
				break
			}
			top[name] = v
			continue
		}
		if t, err := dec.Token(); err != nil || t != json.Delim('[') {
			break
		}
		for dec.More() {
			var v any
			if dec.Decode(&v) != nil {
				break
			}
			items = append(items, v)
		}
		if _, err := dec.Token(); err != nil {
			break
		}
	}
	if len(items) == 0 {
		return nil, "", errors.New("it breaks off before its first item ends")
	}
	top["items"] = items
	return top, fmt.Sprintf("the document breaks off after %d items", len(items)), nil
}

// tidyFeed gives the values of a JSON Feed the kinds that gofeed insists on.
func tidyFeed(top map[string]any) map[string]any {
	strs := []string{"version", "title", "home_page_url", "feed_url", "description", "icon", "favicon", "language"}
	out := tidyStrings(top, strs)
	tidyPeople(out, top)
	items, _ := top["items"].([]any)
	kept := make([]any, 0, len(items))
	for _, v := range items {
		item, ok := v.(map[string]any)
		if !ok {
			continue
		}
		o := tidyStrings(item, []string{"id", "url", "external_url", "title", "content_html", "content_text", "summary",
			"image", "banner_image", "date_published", "date_modified", "language"})
		tidyPeople(o, item)
		switch tags := item["tags"].(type) {
		case string:
			o["tags"] = strings.Split(tags, ",")
		case []any:
			var list []string
			for _, t := range tags {
				if s := text1(t); s != "" {
					list = append(list, s)
				}
			}
			o["tags"] = list
		}
		if list, ok := item["attachments"].([]any); ok {
			var keep []any
			for _, a := range list {
				if m, ok := a.(map[string]any); ok {
					t := tidyStrings(m, []string{"url", "mime_type", "title"})
					t["size_in_bytes"] = m["size_in_bytes"]
					keep = append(keep, t)
				}
			}
			o["attachments"] = keep
		}
		kept = append(kept, o)
	}
	out["items"] = kept
	return out
}

func tidyStrings(from map[string]any, names []string) map[string]any {
	out := make(map[string]any, len(names))
	for _, n := range names {
		if s := text1(from[n]); s != "" {
			out[n] = s
		}
	}
	return out
}

func tidyPeople(to, from map[string]any) {
	var people []any
	list, ok := from["authors"].([]any)
	if !ok {
		list = []any{from["authors"], from["author"]}
	}
	for _, v := range list {
		switch p := v.(type) {
		case string:
			people = append(people, map[string]any{"name": p})
		case map[string]any:
			people = append(people, tidyStrings(p, []string{"name", "url"}))
		}
	}
	if len(people) > 0 {
		to["authors"] = people
	}
}

// text1 is a value as text; lists and objects have none.
func text1(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	}
	return ""
}
