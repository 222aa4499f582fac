// Package say puts what the machine says into the language of who reads it. In comes a sentence as data
// (feed.Text), from the configuration, the desk or the store; out goes the sentence in the language of a page or a
// message. It decides nothing, and a sentence that it does not have in a language stays in English.
//
// Sentences of pages and messages themselves stand with those.
package say

import (
	"cmp"
	"strings"

	"feedd/internal/feed"
)

// In says a sentence in a language: Vietnamese, or English for every other. whole is false where the language has
// no such sentence, and it is in English. Names in a sentence (keys of the configuration, titles) are no words of a
// language.
func In(language string, t feed.Text) (text string, whole bool) {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	if base != "vi" {
		return t.String(), true
	}
	_, known := vietnamese[t.Key]
	return t.In(func(key string) string { return cmp.Or(vietnamese[key], key) }), known || !worded(t.Key)
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
