package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"feedd/internal/demo"
)

// runAsFeedd makes the test binary be feedd, for tests that need a process of its own.
const runAsFeedd = "FEEDD_TEST_BE_FEEDD"

func TestMain(m *testing.M) {
	if os.Getenv(runAsFeedd) != "" {
		os.Exit(run())
	}
	testscript.Main(m, map[string]func(){"feedd": main})
}

// TestScripts runs the scripts in testdata. Each has the invented press to collect from, and its
// configuration in demo.yaml.
func TestScripts(t *testing.T) {
	// Half a minute past the full: every outlet has told its last story, and the next is far.
	at := time.Now().Truncate(time.Minute).Add(-30 * time.Second)
	press := httptest.NewServer(demo.New(func() time.Time { return at }))
	t.Cleanup(press.Close) // the scripts run in parallel, after this function
	testscript.Run(t, testscript.Params{
		Dir: "testdata", RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("PRESS", press.URL)
			return os.WriteFile(filepath.Join(e.WorkDir, "demo.yaml"), []byte(demo.Config(press.URL)), 0o600)
		},
	})
}
