package docs

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestAlertRules has Prometheus itself read the rules, and try them on what feedd would count when all is well and
// when everything goes wrong.
func TestAlertRules(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("SKIPPED, NOT PASSED: no promtool (package prometheus)")
	}
	for _, args := range [][]string{{"check", "rules", "--lint-fatal", "alerts.yaml"}, {"test", "rules", "alerts_test.yaml"}} {
		cmd := exec.Command(promtool, args...)
		cmd.Dir = filepath.Join(root, "packaging")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}
