// Package lineartest holds no code, only the test that what reads foreign bytes takes time in
// proportion to them: whatever a source sends, twice as much of it takes hardly more than twice as
// long. Where that does not hold, a few megabytes keep a processor for hours.
package lineartest
