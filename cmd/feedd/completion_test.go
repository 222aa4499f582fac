//go:build unix

package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// completes are lines as they are typed, and what they become when the shell is asked to complete them.
var completes = map[string]string{
	"feedd compl":                             "feedd completion",
	"feedd check --conf":                      "feedd check --config",
	"feedd completion z":                      "feedd completion zsh",
	"feedd collect --config demo.yaml hon":    "feedd collect --config demo.yaml hong",
	"feedd file 17 --config demo.yaml kinh":   "feedd file 17 --config demo.yaml kinh-te",
	"feedd preview a-file-to-re":              "feedd preview a-file-to-read.xml",
	"feedd opml import --config demo.yaml a-": "feedd opml import --config demo.yaml a-file-to-read.xml",
}

// inShell runs a shell in a folder with what the lines above name, with this feedd on its PATH.
func inShell(t *testing.T, name string, args ...string) string {
	t.Helper()
	shell, err := exec.LookPath(name)
	if err != nil {
		t.Skip("SKIPPED, NOT PASSED: no " + name)
	}
	dir := t.TempDir()
	for file, text := range map[string]string{
		"demo.yaml":          "sections: [{id: kinh-te, rules: [x]}]\nsources: [{id: hong, url: \"https://example.org/rss\"}]\n",
		"a-file-to-read.xml": "<rss/>",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	self, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "feedd")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, shell, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), runAsFeedd+"=1", "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir, "TERM=dumb", "PATH="+bin+":"+os.Getenv("PATH"))
	var said, wrong bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &wrong
	if err := cmd.Run(); err != nil || wrong.Len() > 0 {
		t.Fatalf("%s: %v\n%s%s", name, err, said.String(), wrong.String())
	}
	return said.String()
}

// TestCompletionInFish has fish read what feedd gives it, and complete lines by it.
func TestCompletionInFish(t *testing.T) {
	for line, want := range completes {
		said := inShell(t, "fish", "--no-config", "-c", "feedd completion fish | source; complete -C "+shellWord(line))
		word := want[strings.LastIndexByte(want, ' ')+1:]
		if got := strings.Fields(said); len(got) != 1 || got[0] != word {
			t.Errorf("%s: fish offers %q, want %s", line, got, word)
		}
	}
	// No file is offered where none is meant.
	if got := strings.Fields(inShell(t, "fish", "--no-config", "-c", "feedd completion fish | source; complete -C 'feedd co'")); !slices.Contains(got, "collect") || slices.Contains(got, "a-file-to-read.xml") {
		t.Errorf("fish offers %q as commands", got)
	}
}

// TestCompletionInZsh has zsh read what feedd gives it at a terminal, without any configuration of its own, and
// presses the tabulator.
func TestCompletionInZsh(t *testing.T) {
	var script strings.Builder
	script.WriteString(`zmodload zsh/zpty
zpty z 'zsh -f -i'
zpty -w z 'PS1=; source <(feedd completion zsh) && echo READY=$?'
zpty -r z said '*READY=0*'
`)
	for line := range completes {
		// Ctrl-A goes to the beginning of the line, which is then printed instead of run, under a name that is
		// not in what was typed.
		script.WriteString("zpty -w -n z " + shellWord(line) + "$'\\t\\x01print -r -- \"LI\"\"NE=\\x05\"\\n'\nzpty -r z said $'*LINE=feedd *\\n*'\nprint -r -- \"$said\"\n")
	}
	said := inShell(t, "zsh", "-f", "-c", script.String())
	for line, want := range completes {
		if !strings.Contains(said, "LINE="+want) {
			t.Errorf("%s: zsh does not make it %q", line, want)
			t.Logf("%q", said)
		}
	}
}

func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
