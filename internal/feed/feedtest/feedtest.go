// Package feedtest helps tests find the development data that may lie beside a checkout, and gives
// them a network in memory.
package feedtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Shared returns the path of name in the folder of development data: $FEEDD_SHARED, else a folder
// "shared" beside the checkout. Where neither holds it the test is skipped, and says so.
func Shared(t testing.TB, name string) string {
	t.Helper()
	if dir := os.Getenv("FEEDD_SHARED"); dir != "" {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err != nil {
			t.Fatalf("FEEDD_SHARED is set and has no %s: %v", name, err)
		}
		return path
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = up
	}
	path := filepath.Join(filepath.Dir(dir), "shared", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("SKIPPED, NOT PASSED: no development data %s; set FEEDD_SHARED to the folder that holds it", name)
	}
	return path
}

// Table returns the rows of a file of tab-separated values, by the names in its first line.
func Table(t testing.TB, path string) []map[string]string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
	names := strings.Split(lines[0], "\t")
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, value := range strings.Split(line, "\t") {
			row[names[i]] = value
		}
		rows = append(rows, row)
	}
	return rows
}
