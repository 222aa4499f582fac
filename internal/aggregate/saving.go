package aggregate

import (
	"context"
	"errors"
	"maps"
	"sync"

	"feedd/internal/feed"
	"feedd/internal/store"
)

// saving is whether what the wing learns can be saved at present, as on a full disk it cannot.
type saving struct {
	mu      sync.Mutex
	failing error                       // of the last save; nil while they succeed
	unsaved map[string]feed.SourceState // of sources whose last look is not in the store, for people
}

// saved notes how a save ended.
func (a *Aggregate) saved(err error) {
	if errors.Is(err, context.Canceled) || errors.Is(err, store.ErrOvertaken) || errors.Is(err, store.ErrLost) {
		return // says nothing of the store
	}
	if err != nil {
		a.count.unsaved.Inc()
	}
	a.saving.mu.Lock()
	defer a.saving.mu.Unlock()
	a.saving.failing = err
}

// Saving says why nothing can be saved at present; nil while saves succeed. It is known after the
// first one that fails, and each source tries again within a minute.
func (a *Aggregate) Saving() error {
	a.saving.mu.Lock()
	defer a.saving.mu.Unlock()
	return a.saving.failing
}

// lookedInVain notes that a look at a source could not be saved: the store goes on telling of the one
// before.
func (a *Aggregate) lookedInVain(id string, st feed.SourceState, err error) {
	st.LastRun, st.Error, st.Fault = a.now(), err.Error(), feed.FaultUnsaved
	st.Plan(st.LastRun.Add(saveRetry), unsaved)
	st.Failures++
	a.saving.mu.Lock()
	defer a.saving.mu.Unlock()
	if a.saving.unsaved == nil {
		a.saving.unsaved = map[string]feed.SourceState{}
	}
	a.saving.unsaved[id] = st
}

// lookedAt notes that the store knows of the last look at a source.
func (a *Aggregate) lookedAt(id string) {
	a.saving.mu.Lock()
	defer a.saving.mu.Unlock()
	delete(a.saving.unsaved, id)
}

// States returns what is known of each source by its id: what is stored and, where the last look
// could not be stored, that instead.
func (a *Aggregate) States(ctx context.Context) (map[string]feed.SourceState, error) {
	states, err := a.store.States(ctx)
	if err != nil {
		return nil, err
	}
	a.saving.mu.Lock()
	defer a.saving.mu.Unlock()
	maps.Copy(states, a.saving.unsaved)
	return states, nil
}
