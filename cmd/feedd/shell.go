package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"
	predict "github.com/posener/complete"
	"github.com/willabides/kongplete"

	"feedd/internal/config"
	"feedd/internal/daemon"
)

type schemaCmd struct{}

// Run prints the schema that belongs beside a feeds.yaml.
func (schemaCmd) Run(a *app) error {
	_, err := a.stdout.Write(config.Schema())
	return err
}

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints what the shell is to read at its start. From then on it asks feedd itself, through the
// variable COMP_LINE, and so always hears of the commands of the feedd that is installed.
func (c *completionCmd) Run(a *app) error {
	script := map[string]string{
		"bash": "complete -o default -C feedd feedd\n",
		"zsh": `(( $+functions[compdef] )) || { autoload -U compinit && compinit }
autoload -U +X bashcompinit && bashcompinit
complete -o default -C feedd feedd
`,
		"fish": `function __complete_feedd
    set -lx COMP_LINE (commandline -cp)
    test -z (commandline -ct); and set COMP_LINE "$COMP_LINE "
    feedd
end
complete -c feedd -f -a "(__complete_feedd)"
`,
	}
	fmt.Fprintf(a.stdout, "# feedd completion %s: read this when the shell starts; feedd must be on the PATH.\n%s", c.Shell, script[c.Shell])
	return nil
}

// complete answers a shell that asks how a line may go on, and exits. A line typed by nobody yet is
// no place for errors: where the configuration cannot be read, no names are offered.
func complete(parser *kong.Kong) {
	if os.Getenv("COMP_LINE") == "" {
		return
	}
	kongplete.Complete(parser,
		kongplete.WithPredictor("file", predict.PredictFiles("*")),
		kongplete.WithPredictor("source", predict.PredictFunc(func(at predict.Args) (ids []string) {
			if cfg, err := daemon.LoadConfig(configOf(at.All)); err == nil {
				for _, s := range cfg.Sources {
					ids = append(ids, s.ID)
				}
			}
			return ids
		})),
		kongplete.WithPredictor("section", predict.PredictFunc(func(at predict.Args) (ids []string) {
			if cfg, err := daemon.LoadConfig(configOf(at.All)); err == nil {
				for _, s := range cfg.Sections {
					ids = append(ids, s.ID)
				}
			}
			return ids
		})))
}

// configOf is the configuration that a line names so far, or where it is without a name.
func configOf(words []string) string {
	for i := range words {
		if words[i] == "--config" && i+1 < len(words) {
			return words[i+1]
		}
	}
	return filepath.Join("config", "feeds.yaml")
}
