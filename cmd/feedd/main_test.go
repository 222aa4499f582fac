package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// runAsFeedd makes the test binary be feedd, for tests that need a process of its own.
const runAsFeedd = "FEEDD_TEST_BE_FEEDD"

func TestMain(m *testing.M) {
	if os.Getenv(runAsFeedd) != "" {
		os.Exit(run())
	}
	testscript.Main(m, map[string]func(){"feedd": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", RequireExplicitExec: true})
}
