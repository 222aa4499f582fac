package store

import (
	"errors"
	"strings"
	"testing"

	"feedd/internal/store/storetest"
)

// TestOnPooler runs tests again behind PgBouncer in transaction mode, with fewer connections of the server than
// of ours: what one leaves behind in a session, another finds.
func TestOnPooler(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"ClosedPages":         TestClosedPages,
		"Browse":              TestBrowse,
		"Configurations":      TestConfigurations,
		"DeskIsOvertaken":     TestDeskIsOvertakenByTheEditor,
		"Outbox":              TestOutbox,
		"MessagesAreSentOnce": TestMessagesAreSentOnce,
		"NodesStartAtOnce":    TestPostgresNodesStartAtOnce,
		"TextCannotBeStored":  TestTextThatCannotBeStored,
		"TwoProcesses":        TestTwoProcesses,
		"Renamed":             TestRenamedItemsAreRevisions,
		"Rendering":           TestRendering,
		"RetentionKeeps":      TestRetentionKeepsEntriesWhole,
		"Search":              TestSearch,
		"LooksOfSeveral":      TestLooksOfSeveralNodes,
		"Claims":              TestClaims,
		"SaveTells":           TestSaveTellsNewUpdatedUnchanged,
		"SavesTogether":       TestSavesTogetherFailAlone,
		"EntriesAndVersions":  TestEntriesAndVersions,
		"SmallThings":         TestSmallThings,
	} {
		t.Run(name, test)
	}
}

// TestPooler names the ways through and past a pooler rightly and wrongly.
func TestPooler(t *testing.T) {
	server := storetest.New(t)
	pooler := server.Pool(t, "transaction")
	through := pooler.Database(t)
	past := storetest.Direct(through)
	refused := func(what string, err error, want string) {
		t.Helper()
		if !errors.Is(err, ErrPooler) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for range 5 { // it is no matter of luck
		_, err := Open(t.Context(), through)
		refused("nobody names the way past it", err, "FEEDD_DB_DIRECT")
	}
	_, err := Open(t.Context(), through, Direct(server.Schema(t)))
	refused("another database past it", err, "both must name the same")
	_, err = Open(t.Context(), through, Direct(storetest.Postgres(t)))
	refused("another server past it", err, "both must name the same")
	if _, err := Open(t.Context(), storetest.SQLite(t), Direct(past)); !errors.Is(err, ErrAddress) {
		t.Errorf("a file with a pooler: %v, want ErrAddress", err)
	}
	if _, err := Open(t.Context(), through+"&search_path=x", Direct(past)); err == nil || !strings.Contains(err.Error(), "ALTER ROLE") {
		t.Errorf("a setting that the pooler does not take: %v", err)
	}
	if err := Find(t.Context(), through); !errors.Is(err, ErrNone) {
		t.Errorf("Find before anything is stored: %v, want ErrNone", err)
	}
	for range 2 {
		s, err := Open(t.Context(), through, Direct(past))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := Find(t.Context(), through); err != nil {
		t.Errorf("Find of a store: %v", err)
	}

	// In session mode a connection is one's own, and nobody need say anything.
	s, err := Open(t.Context(), server.Pool(t, "session").Database(t))
	if err != nil {
		t.Fatal("a pooler in session mode:", err)
	}
	fill(t, s)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
