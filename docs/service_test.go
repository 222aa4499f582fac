package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestService: systemd finds nothing wrong with the units, and nothing that they leave open to an
// attacker without need.
func TestService(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("SKIPPED, NOT PASSED: no systemd-analyze")
	}
	unit := strings.Replace(read(t, "packaging/feedd.service"), "ExecStart=/usr/local/bin/feedd ", "ExecStart="+feedd(t)+" ", 1)
	path := filepath.Join(t.TempDir(), "feedd.service")
	if err := os.WriteFile(path, []byte(unit), 0o644); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(filepath.Dir(path), "feedd.socket")
	if err := os.WriteFile(socket, []byte(read(t, "packaging/feedd.socket")), 0o644); err != nil {
		t.Fatal(err)
	}
	verify := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", path, socket)
	if out, err := verify.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--no-pager", path).CombinedOutput()
	if err != nil {
		t.Fatalf("systemd-analyze security: %v\n%s", err, out)
	}
	m := regexp.MustCompile(`exposure level for feedd\.service: ([0-9.]+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("systemd-analyze security says no exposure level:\n%s", out)
	}
	if level, err := strconv.ParseFloat(string(m[1]), 64); err != nil || level > 1.5 {
		t.Errorf("the exposure level is %s of 10, at most 1.5 may be\n%s", m[1], out)
	}
	if command := regexp.MustCompile(`(?m)^ExecStart=\S+ (.*)$`).FindStringSubmatch(unit); command == nil {
		t.Error("the unit starts nothing")
	} else {
		help, err := exec.CommandContext(t.Context(), feedd(t), "serve", "--help").Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, flag := range regexp.MustCompile(`--\w+`).FindAllString(command[1], -1) {
			if !strings.Contains(string(help), flag) {
				t.Errorf("feedd serve knows no %s", flag)
			}
		}
	}
}
