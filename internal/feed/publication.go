package feed

import "time"

// Rendition is one published document as it was last accepted.
type Rendition struct {
	Path     string    // of the URL, as "/sections/all.rss"
	Hash     string    // hex SHA-256 of the plain bytes; the ETag is made of it
	Modified time.Time // when these bytes were first published
	Body     []byte    // the bytes, compressed with zstd
}

// Rendering is what became of documents that several nodes would render from the same state: they are
// stored, or this node is to render them; neither while another one does.
type Rendering struct {
	Stored bool
	Docs   []Rendition // when they are stored: those that there are
	Mine   bool
}

// Subscription is one WebSub subscription to a section's feed (W3C Recommendation 2018-01-23).
type Subscription struct {
	Topic    string // path of the feed, as "/sections/all.rss": it outlives a moved site
	Callback string // the subscriber's URL; unique together with Topic
	Secret   string // of the HMAC; empty means unsigned
	Until    time.Time
	// Client names who asked for it: the same client has the same name, which does not tell its address.
	// Empty where it is not known.
	Client string
	// Delivered is the Hash of the bytes it was last given, so that nothing is lost or sent twice
	// over a restart.
	Delivered string
}
