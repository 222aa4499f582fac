// Package collect takes a headline from its source to an item: it says when a source is due, asks
// for it politely, and reads what comes back. It is the first step of an item's way; what it
// returns is saved unfiled, and the desk takes over from there.
//
// One file holds one step. When: schedule.go (cron lines), rhythm.go (schedule: auto), next.go
// (the next run and why). Asking: hosts.go (one request at a time to a host, spaced, held),
// queue.go (many sources side by side), fetch.go (one conditional request and its redirects),
// encoding.go (compression), dial.go (addresses never called), robots.go, websub.go (push).
// Reading: document.go is the door, decode.go, mend.go, parse.go, page.go, jsonld.go, article.go
// and normalize.go the rooms behind it.
//
// Collect stores nothing and decides nothing about stories: it gives back items and the source's
// new state, which belong into one transaction.
package collect
