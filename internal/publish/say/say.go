// Package say translates what the program says. In comes a sentence as data (feed.Text), from the
// configuration, the desk or the store; out goes the sentence in the language of a page or a message. It
// decides nothing. A sentence that it does not have in a language stays in English.
//
// The fixed texts of pages and messages are in the packages that render these.
package say

import (
	"cmp"
	"strings"

	"feedd/internal/feed"
)

// In says a sentence in a language: Vietnamese, or English for every other. whole is false where the language has
// no such sentence, and it is in English. Names in a sentence (keys of the configuration, titles) are no words of a
// language. A sentence that is there as an English text alone, of the system, of a library, or of a store that is older than
// sentences as data, is said in the language where its shape is known.
func In(language string, t feed.Text) (text string, whole bool) {
	if !speaksVietnamese(language) {
		return t.String(), true
	}
	if len(t.Args) == 0 {
		if f, ok := heard(t.Key); ok {
			t = f.Text
		}
	}
	_, whole = sentence(t.Key)
	return withCommas(t).In(func(key string) string {
		if text, ok := sentence(key); ok {
			return text
		}
		if t, ok := heard(key); ok {
			return withCommas(t.Text).In(func(key string) string { text, _ := sentence(key); return text })
		}
		return key
	}), whole
}

// withCommas writes the decimals of a sentence behind a comma, as Vietnamese does.
func withCommas(t feed.Text) feed.Text {
	args := make([]any, len(t.Args))
	for i, a := range t.Args {
		switch a := a.(type) {
		case float64:
			args[i] = feed.Comma(a)
		case feed.Text:
			args[i] = withCommas(a)
		case error:
			args[i] = withCommas(feed.TextOf(a))
		default:
			args[i] = a
		}
	}
	return feed.Text{Key: t.Key, Args: args}
}

// sentence is a sentence in Vietnamese by the English one; false when there is none, and it has words.
func sentence(key string) (string, bool) {
	if field, ok := strings.CutPrefix(key, theField); ok {
		return fields[field], true
	}
	if text := cmp.Or(vietnamese[key], theirs[key]); text != "" {
		return text, true
	}
	return key, !worded(key)
}

// worded tells whether a key has words of its own, beside verbs of fmt.
func worded(key string) bool {
	for i := 0; i < len(key); i++ {
		switch c := key[i]; {
		case c == '%': // to its verb
			for i++; i < len(key) && strings.IndexByte("+-# 0123456789.[]", key[i]) >= 0; i++ {
			}
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			return true
		}
	}
	return false
}

// Failure says why a source failed as the machine noted it, and as far as readers need to know where no language has that.
// The note is SourceState.Error, or what of it may be shown.
func Failure(language string, st *feed.SourceState, note string) string {
	if text, ok := Detail(language, note); ok {
		return text
	}
	text, _ := In(language, Fault(st))
	return text
}

// Detail says in a language what the machine noted in English; ok is false when a part of it would stay in English.
func Detail(language, note string) (text string, ok bool) {
	if !speaksVietnamese(language) {
		return note, note != ""
	}
	f, _ := heard(note)
	text, _ = In(language, f.Text)
	return text, f.whole
}

func speaksVietnamese(language string) bool {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	return base == "vi"
}

// Fault says why a source failed, as far as readers need to know.
func Fault(st *feed.SourceState) feed.Text {
	if st.Fault == feed.FaultStatus {
		return feed.Say("the server answered with error %d", st.Status)
	}
	return feed.Say(cmp.Or(faults[st.Fault], "the last run failed"))
}

var faults = map[feed.Fault]string{
	feed.FaultSlow: "the server did not answer in time", feed.FaultUnknown: "there is no such host", feed.FaultAway: "the server cannot be reached",
	feed.FaultTLS:       "the server's certificate or encryption is not valid",
	feed.FaultForbidden: "the server or the configuration does not allow this address", feed.FaultUnreadable: "what the server sent cannot be read as news",
	feed.FaultUnsaved: "what it brought cannot be stored at present",
}
