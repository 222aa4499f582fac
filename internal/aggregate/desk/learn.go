package desk

import "feedd/internal/feed"

// Model is what the sections learned.
type Model struct{}

// NewModel returns a model that knows nothing.
func NewModel() *Model { return &Model{} }

// Learn adds (sign 1) or takes back (sign -1) an item as an example of a section.
func (m *Model) Learn(it *feed.Item, section string, sign int) {}

func (f *filer) fileByEvidence(it *feed.Item, src feed.Source, w *filing) {}
