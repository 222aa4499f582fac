// Package config turns feeds.yaml into a checked Config with every default filled in. Everything that
// collects, files and publishes goes by what it returns.
//
// The shape of the file is in shape.go, and every key of it lands in a field of Config. All mistakes of a
// file are found in one run; each has its line, its column and, where one is known, a remedy. Nothing is
// guessed and nothing ignored: an unknown key is a mistake.
//
// Secrets are never in the file. A key ending in _env names an environment variable, one ending in _file a
// file (relative to the folder of feeds.yaml); no message ever shows their content.
package config

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"
	_ "time/tzdata" // zones are checked and used on machines without a zoneinfo folder, too

	"feedd/internal/feed"
)

// Config is a whole feeds.yaml, checked and defaulted.
type Config struct {
	Site            feed.Site
	Defaults        feed.Source // what a source has that says nothing but where it is
	Sources         []feed.Source
	Sections        []feed.Section
	Stories         feed.StorySettings
	SectionSettings feed.SectionSettings
	Drop            []feed.Rule // what it matches is never published
	Partners        []feed.Partner
	Notify          []feed.Channel
	Alerts          feed.Alerts
	Collect         Collect
	Publish         Publish
	Desk            Desk
	Images          bool   // pages show the reports' pictures
	Warnings        Errors // what is in force although it had better not be
}

// Collect holds what concerns collecting as a whole and no single source.
type Collect struct {
	Hosts int // hosts talked to side by side
}

// Publish holds what concerns every feed and page.
type Publish struct {
	// Attribution says where a feed names the outlet visibly: "title", "summary" or "none".
	Attribution string
	// Hub is a public WebSub hub that is pinged instead of running one at /hub; empty means our own.
	Hub string
	// HubPrivate lets subscribers of our own hub live on private and loopback addresses.
	HubPrivate bool
	// Proxies are the networks of proxies in front of feedd, besides this machine.
	Proxies []netip.Prefix
	// MaxBytes is how long a feed may be before full texts give way to summaries.
	MaxBytes int
	// Retention is how long an entry is kept for the archives after it left its sections; 0 means
	// that it goes once no section reaches it and its story takes in no more reports.
	Retention time.Duration
}

// Desk holds what concerns the editor's page.
type Desk struct {
	Token string // the secret that it asks for; empty means that there is no such page
}

// Checks are the rules of other packages for values that only they understand. A nil check is
// skipped.
type Checks struct {
	// Schedule checks a cron line or "@every 10m". The line "auto" never gets here.
	Schedule func(line string) error
	// Selector checks a CSS selector, its trailing "@attr" already taken off.
	Selector func(css string) error
	// Pattern checks one term of a rule as the editor wrote it.
	Pattern func(term string) error
	// Address checks where messages go; its error never shows it.
	Address func(address string) error
	// WithoutSecrets takes a secret that is not there, or cannot be read, for none: who asks why a headline is where it is
	// has no need of what opens doors, and often not the right to read it.
	WithoutSecrets bool
	// Private tells whether an address is on no public server.
	Private func(address string) bool
}

// maxFile bounds the configuration file. Ten thousand sources fit in it.
const maxFile = 16 << 20

// Load reads and checks the file at path. Relative paths of *_file keys resolve against its
// folder. When the file was read but has mistakes, the error is an Errors.
func Load(path string, checks Checks) (*Config, error) {
	data, err := Read(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data, checks)
}

// Read reads the file at path for Parse, which refuses what is too long; of that, not everything is read.
func Read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return data, nil
}

// Parse is Load for a file already read; name is its path, used in messages and for the folder
// that *_file keys are relative to. The error, if any, is an Errors.
func Parse(name string, data []byte, checks Checks) (*Config, error) {
	p := &problems{file: name, seen: map[string]bool{}}
	root := readYAML(p, data)
	if root == nil {
		return nil, p.sorted()
	}
	var f file
	d := decoder{problems: p, shapes: map[reflect.Type]shape{}}
	d.mapping(root, &f)
	if len(p.list) > 0 { // what else is wrong may follow from these
		odd := &problems{file: name, seen: map[string]bool{}}
		if oddSpaces(odd, data) {
			return nil, odd.sorted()
		}
	}
	if d.full {
		return nil, p.sorted()
	}

	b := builder{problems: p, folder: filepath.Dir(name), checks: checks}
	cfg := b.config(&f)
	if errs := p.sorted(); len(errs) > 0 {
		return nil, errs
	}
	slices.SortStableFunc(p.warnings, inFile)
	cfg.Warnings = p.warnings
	return cfg, nil
}
