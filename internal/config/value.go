package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"feedd/internal/feed"
)

// value is a scalar and the node it was read from; at is nil when the key is absent.
type value[T any] struct {
	is T
	at *yaml.Node
}

type (
	text     = value[string]
	yesNo    = value[bool]
	number   = value[int]
	fraction = value[float64]
	span     = value[time.Duration]
	size     = value[byteCount]
)

// byteCount is a number of bytes, written plain or with a unit: 512KB, 8MB (powers of 1,024).
type byteCount int64

func (v value[T]) given() bool { return v.at != nil }

// or gives the value, or def when the key is absent.
func (v value[T]) or(def T) T {
	if v.at == nil {
		return def
	}
	return v.is
}

// decode reads a scalar strictly: a number in quotes is a text, yes is not true.
func (v *value[T]) decode(d *decoder, n *yaml.Node, lim limits) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		var hint feed.Text
		if nothing(n) {
			hint = say("remove it to get the default")
		}
		d.at(n, hint, "%s wants %s, found %s", called(lim.name), wanted(any(&v.is)), kind(n))
		return
	}
	if n.Style&yaml.TaggedStyle != 0 {
		d.at(n, say("remove it"), "the tag %s has no meaning here", n.Tag)
		return
	}
	plain := n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	ok, hint := false, feed.Text{}
	switch is := any(&v.is).(type) {
	case *string:
		*is = n.Value
		ok = d.inEnum(n, lim)
		if !ok {
			return
		}
		if plain {
			d.misread(n, lim.name)
		}
	case *bool:
		switch {
		case plain && n.ShortTag() == "!!bool":
			*is, ok = strings.EqualFold(n.Value, "true"), true
		case !plain:
			hint = say(removeQuotes)
		case slices.Contains([]string{"yes", "on", "1"}, strings.ToLower(n.Value)):
			hint = say(writeThis, "true")
		case slices.Contains([]string{"no", "off", "0"}, strings.ToLower(n.Value)):
			hint = say(writeThis, "false")
		}
	case *int:
		x, err := strconv.Atoi(n.Value)
		*is, ok = x, plain && err == nil
		if err == nil && !plain {
			hint = say(removeQuotes)
		}
		if ok && !d.inRange(n, float64(x), lim) {
			return
		}
	case *float64:
		x, err := strconv.ParseFloat(n.Value, 64)
		*is, ok = x, plain && err == nil && !math.IsInf(x, 0) && !math.IsNaN(x)
		if ok && !d.inRange(n, x, lim) {
			return
		}
	case *time.Duration:
		x, err := time.ParseDuration(n.Value)
		*is, ok = x, err == nil
		hint = durationHint(n.Value)
		if ok && x < 0 {
			d.at(n, feed.Text{}, "%s must not be negative", called(lim.name))
			return
		}
	case *byteCount:
		*is, ok = parseBytes(n.Value)
		hint = say("write a number of bytes, or 512KB, 8MB")
	}
	if !ok {
		from, to := cure(n, hint)
		d.atCure(n, from, to, hint, "%s wants %s, found %s", called(lim.name), wanted(any(&v.is)), shown(n.Value))
		return
	}
	v.at = n
}

// Hints that leave no choice.
const (
	writeThis    = "write %s"
	removeQuotes = "remove the quotes"
)

// cure is what a hint says to write instead of a scalar, where it leaves no choice.
func cure(n *yaml.Node, hint feed.Text) (from, to string) {
	from = written(n)
	switch hint.Key {
	case writeThis:
		return from, fmt.Sprint(hint.Args...)
	case removeQuotes:
		return from, n.Value
	}
	return "", ""
}

// written is a scalar as it stands in the file, where it has no escapes.
func written(n *yaml.Node) string {
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return `"` + n.Value + `"`
	case n.Style&yaml.SingleQuotedStyle != 0:
		return "'" + n.Value + "'"
	}
	return n.Value
}

// called is what a value is called in a message: by its key, which is no word of a language, or by what it is.
func called(name string) any {
	if strings.Contains(name, " ") {
		return say(name)
	}
	return name
}

// wanted names the kind of value for messages.
func wanted(v any) feed.Text {
	switch v.(type) {
	case *bool:
		return say("true or false")
	case *int:
		return say("a whole number")
	case *float64:
		return say("a number")
	case *time.Duration:
		return say("a duration")
	case *byteCount:
		return say("a size")
	}
	return say("a text")
}

// durationHint knows the spellings that people expect and Go does not take.
func durationHint(s string) feed.Text {
	s = strings.TrimSpace(s)
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return say("add a unit: %[1]ss or %[1]sm", s)
	}
	for unit, hours := range map[string]int{"d": 24, "w": 7 * 24} {
		if x, err := strconv.Atoi(strings.TrimSuffix(s, unit)); err == nil && x > 0 && x < 10000 {
			return say(writeThis, strconv.Itoa(x*hours)+"h")
		}
	}
	return say("such as 20s, 5m or 72h")
}

func parseBytes(s string) (byteCount, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	unit := int64(1)
	for _, u := range []struct {
		suffix string
		factor int64
	}{{"KIB", 1 << 10}, {"MIB", 1 << 20}, {"GIB", 1 << 30}, {"KB", 1 << 10}, {"MB", 1 << 20}, {"GB", 1 << 30}} {
		if rest, ok := strings.CutSuffix(s, u.suffix); ok {
			s, unit = strings.TrimSpace(rest), u.factor
			break
		}
	}
	x, err := strconv.ParseInt(s, 10, 64)
	if err != nil || x < 0 || x > math.MaxInt64/unit {
		return 0, false
	}
	return byteCount(x * unit), true
}
