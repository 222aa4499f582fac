// Package lineartest holds only a test: that whatever reads foreign bytes takes time in proportion to them.
// Twice as much of anything that a source sends must take hardly more than twice as long; otherwise a few
// megabytes could keep a processor busy for hours.
package lineartest
