package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type manCmd struct{}

// Run prints the manual page, section 1, for man -l or an installation.
func (manCmd) Run(a *app) error {
	parser, err := newParser(&cli{}, io.Discard, io.Discard)
	if err != nil {
		return err
	}
	_, err = io.WriteString(a.stdout, manual(parser.Model))
	return err
}

// manual writes the page in the language of man(7), which is stable and small: a line that begins
// with a dot is a request, a backslash an escape. Nothing in it depends on the day or the machine.
func manual(m *kong.Application) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p(".TH FEEDD 1 \"\" \"feedd %s\" \"User Commands\"", roff(version()))
	p(".SH NAME\nfeedd \\- collect headlines, tell stories apart, file them under sections, republish")
	p(".SH SYNOPSIS\n.B feedd\n.I command\n.RI [ flag ...] [ argument ...]")
	p(".SH DESCRIPTION\n%s", roff("feedd follows RSS, Atom and JSON feeds and pages that have no feed, recognises when several outlets report the same event, "+
		"files each story under the right sections, and republishes every section as RSS, Atom and JSON Feed. "+
		"One YAML file says what it does; a running feedd takes a saved file at once. To see it at work, run"))
	p(".BR \"feedd demo\" .")
	p(".SH COMMANDS")
	manCommands(p, m.Node, "feedd")
	p(".SH FLAGS OF EVERY COMMAND")
	for _, f := range m.Flags {
		if !f.Hidden && f.Name != "help" {
			p(".TP\n.B %s\n%s", roff(f.Summary()), roff(f.Help))
		}
	}
	p(".SH EXIT STATUS\n.TP\n.B %d\nDone.\n.TP\n.B %d\nFailed; the reason is on standard error.\n.TP\n.B %d\nWrong use, which includes naming a source, a section, an item, a decision or a store that does not exist; or an invalid configuration.", exitDone, exitFailed, exitUse)
	p(".SH ENVIRONMENT\n.TP\n.B FEEDD_DB\n%s", roff("The store, where --db is not given."))
	p(".SH FILES\n.TP\n.I config/feeds.yaml\n%s\n.TP\n.I data/feedd.db\n%s", roff("The configuration, where --config is not given."), roff("The store, where --db is not given."))
	p(".SH EXAMPLES\n.nf\n%s\n.fi", roff("feedd init && feedd serve\nfeedd check\nfeedd explain https://example.org/an-article"))
	return b.String()
}

// manCommands writes a command's children, or what belongs to one that has none.
func manCommands(p func(string, ...any), n *kong.Node, name string) {
	for _, c := range n.Children {
		if c.Hidden {
			continue
		}
		full := name + " " + c.Name
		if len(c.Children) > 0 {
			manCommands(p, c, full)
			continue
		}
		line := full
		for _, arg := range c.Positional {
			line += " " + arg.Summary()
		}
		p(".SS %s\n%s", roff(line), roff(c.Help))
		for _, arg := range c.Positional {
			if arg.Help != "" {
				p(".TP\n.I %s\n%s", roff(arg.Summary()), roff(arg.Help))
			}
		}
		for _, f := range c.Flags {
			if !f.Hidden && f.Name != "help" {
				p(".TP\n.B %s\n%s", roff(f.Summary()), roff(f.Help))
			}
		}
	}
}

// roff writes a text so that roff shows it as it is.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	var b strings.Builder
	for _, r := range strings.Join(lines, "\n") {
		if r > '~' {
			fmt.Fprintf(&b, `\[u%04X]`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
