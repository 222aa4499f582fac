package publish

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"feedd/internal/publish/render"
)

// good is the gate for what is rendered when it is asked for: it tells whether the bytes keep the
// rules of their format. When they do not, the caller serves what it has from before, and where there
// is nothing, the error says why.
func (p *Publisher) good(path, section string, f render.Format, body []byte, failed error) (bool, error) {
	problems := p.judge(f, body, failed)
	if len(problems) == 0 {
		p.troubles.over(path)
		return true, nil
	}
	all := strings.Join(problems, "; ")
	p.metrics.refused.WithLabelValues(section, string(f)).Inc()
	p.log.Error("a rendering was not served; the last good bytes are, where there are any", "path", path, "problems", all)
	p.troubles.add(path, note{Section: section, At: p.now(), Text: path + " was not published: " + all, kind: render.NoteKept, subject: path})
	return false, fmt.Errorf("%s breaks the rules of its format: %s", path, all)
}

// rendered renders a feed within publish.max_bytes. Where full texts give way for that, the newsroom is told,
// once for each feed.
func (p *Publisher) rendered(pl *plan, v *render.View, f render.Format, path string) ([]byte, error) {
	body, full, err := render.FeedWithin(v, f, pl.MaxBytes)
	subject := "length of " + path
	if err == nil && full < len(v.Entries) {
		text := fmt.Sprintf("%s is longer than %d bytes (publish.max_bytes): all but its first %d entries have summaries instead of full texts", path, pl.MaxBytes, full)
		if p.troubles.news(subject, note{Section: v.Section.ID, At: p.now(), Text: text, kind: render.NoteLong, subject: path, bytes: pl.MaxBytes, entries: full}) {
			p.log.Warn("a feed is too large; summaries replace full texts", "path", path, "max_bytes", pl.MaxBytes, "full", full)
		}
	} else {
		p.troubles.over(subject)
	}
	return body, err
}

// orLast returns what was rendered before, and the error only when nothing was.
func orLast(old *document, err error) (*document, error) {
	if old != nil {
		return old, nil
	}
	return nil, err
}

// judge lists what is wrong with a rendering.
func (p *Publisher) judge(f render.Format, body []byte, failed error) []string {
	if failed != nil {
		return []string{failed.Error()}
	}
	var problems []string
	for _, pr := range p.checker.Check(f, body) {
		problems = append(problems, pr.String())
	}
	return problems
}

// troubles are the documents that the gate last refused when they were asked for, and what else the
// newsroom was told, see Tell.
type troubles struct {
	mu sync.Mutex
	by map[string]note // by path, or subject
}

// mostTroubles bounds what the status page lists: addresses are chosen by whoever asks.
const mostTroubles = 50

func (t *troubles) add(path string, n note) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.by) < mostTroubles {
		t.by[path] = n
	}
}

// set is add for what is not asked for by others: it is listed in any case.
func (t *troubles) set(subject string, n note) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.by[subject] = n
}

// news is add that tells whether nothing was known of the path.
func (t *troubles) news(path string, n note) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, known := t.by[path]
	if known || len(t.by) >= mostTroubles {
		return false
	}
	t.by[path] = n
	return true
}

func (t *troubles) over(path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.by, path)
}

func (t *troubles) list() []note {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []note
	for _, path := range slices.Sorted(maps.Keys(t.by)) {
		all = append(all, t.by[path])
	}
	return all
}
