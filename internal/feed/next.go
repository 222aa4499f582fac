package feed

import "time"

// Reason says why a source runs next when it does: in a sentence, and as what pages in any language make
// theirs of.
type Reason struct {
	Text  string        `json:"-"` // in English, with all details; kept as SourceState.NextReason
	Kind  ReasonKind    `json:"kind,omitempty"`
	Every time.Duration `json:"every,omitempty"` // of a schedule, a rhythm, or what the document asks for
	Times int           `json:"times,omitempty"` // failures in a row
}

// ReasonKind is what decided about a source's next run.
type ReasonKind string

// What may decide about a source's next run.
const (
	ReasonFirst    ReasonKind = "first"    // it was never collected
	ReasonAddress  ReasonKind = "address"  // its address is new
	ReasonSchedule ReasonKind = "schedule" // its line
	ReasonRhythm   ReasonKind = "rhythm"   // what was learned of when it publishes
	ReasonLearning ReasonKind = "learning" // nothing was learned yet
	ReasonPushed   ReasonKind = "pushed"   // its hub tells of news
	ReasonFailed   ReasonKind = "failed"   // it is left alone for a while
	ReasonTTL      ReasonKind = "ttl"      // the document says how often is often enough
	ReasonAsked    ReasonKind = "asked"    // the host or the answer's header asks for a wait
	ReasonSkipped  ReasonKind = "skipped"  // the document names hours or days without news
	ReasonHeld     ReasonKind = "held"     // the time of an item that waits for it comes
	ReasonGone     ReasonKind = "gone"     // it is closed for good
	ReasonLine     ReasonKind = "line"     // its line cannot be read
	ReasonUnsaved  ReasonKind = "unsaved"  // what it brought could not be stored
)

// Plan notes when the source runs next, and why.
func (st *SourceState) Plan(at time.Time, why Reason) {
	st.NextRun, st.NextReason, st.NextWhy = at, why.Text, why
}

// Fault is why a source failed, as far as readers need to know.
type Fault string

// The kinds of faults.
const (
	FaultStatus     Fault = "status"     // it answered with an error; SourceState.Status
	FaultSlow       Fault = "slow"       // it did not answer in time
	FaultUnknown    Fault = "unknown"    // no such host
	FaultAway       Fault = "away"       // its host cannot be reached, or hung up
	FaultTLS        Fault = "tls"        // its certificate or the way it encrypts
	FaultForbidden  Fault = "forbidden"  // its robots.txt, or our own rules, forbid it
	FaultUnreadable Fault = "unreadable" // what it sent is no feed, or not the page that was expected
	FaultUnsaved    Fault = "unsaved"    // what it sent could not be stored
)

// Busy lists the spans of the day in which a source publishes more than an even day's share: hours in its
// own zone, the second of each no longer in it. It is empty where no such pattern is known.
func (r *Rhythm) Busy() (spans [][2]int) {
	// Hours of the day are told to people once they rest on so many items, and not more than so many spans.
	const least, most = 48, 3
	busy := func(h int) bool { return r.Hours[(h+24)%24] > 1.0/24 }
	for h := range 24 {
		if !busy(h) || busy(h-1) {
			continue
		}
		end := h + 1
		for busy(end) && end < h+24 {
			end++
		}
		spans = append(spans, [2]int{h, end % 24})
	}
	if r.Seen < least || len(spans) > most {
		return nil
	}
	return spans
}
