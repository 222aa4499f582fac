package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/config"
	"feedd/internal/daemon"
	"feedd/internal/feed"
	"feedd/internal/publish/render"
	"feedd/internal/store"
)

type checkCmd struct {
	configFlag
	storeFlag
	Online  bool   `help:"Also fetch every source and show what it would bring; nothing is stored."`
	Fix     bool   `help:"Correct the mistakes whose correction is certain; leave the others."`
	Partner string `placeholder:"ID" help:"With --profile: name what that site would miss in this partner's feeds."`
	Profile string `placeholder:"NAME" help:"The site: apple-news, flipboard, google-news, msn or smartnews."`
	Accept  bool   `help:"Make a running daemon accept this configuration although it takes away most sources or all sections."`
}

// Run checks the configuration and the headlines it expects, and tells which sources have moved
// for good, where the store knows.
func (c *checkCmd) Run(a *app) error {
	if err := c.exists(); err != nil {
		return err
	}
	if c.Fix {
		cured, err := daemon.FixConfig(c.Config)
		if err != nil {
			return err
		}
		for _, e := range cured {
			fmt.Fprintf(a.stdout, "%s: mended: %s in place of %s\n", e.Error(), strconv.Quote(e.To), strconv.Quote(e.From))
		}
	}
	cfg, err := placeOf(c.configFlag, c.storeFlag).Load(a.ctx)
	if err != nil {
		return err
	}
	for _, w := range cfg.Warnings {
		fmt.Fprintln(a.stderr, w)
	}
	failures, err := sections.CheckExpectations(cfg.Sections, cfg.Drop, cfg.SectionSettings)
	if err != nil {
		return useError{err}
	}
	for _, f := range failures {
		fmt.Fprintf(a.stderr, "%s:%d:1: section %s: %s\n", c.Config, f.Line, f.Section, f.Message)
	}
	if err := c.look(a, cfg); err != nil {
		return err
	}
	if c.Partner != "" || c.Profile != "" {
		return c.profile(a, cfg)
	}
	if c.Online {
		if err := c.online(a, cfg); err != nil {
			return err
		}
	}
	if len(failures) > 0 {
		return errQuiet
	}
	expected := 0
	for _, s := range cfg.Sections {
		expected += len(s.Expect)
	}
	fmt.Fprintf(a.stdout, "%s: no mistakes in %s and %s; %s\n", c.Config, count(len(cfg.Sources), "source"), count(len(cfg.Sections), "section"),
		asExpected(expected))
	return nil
}

// asExpected says how the headlines under expect: were filed, when all were filed as they should be.
func asExpected(n int) string {
	switch n {
	case 0:
		return "it expects no headlines"
	case 1:
		return "the expected headline is filed as expected"
	}
	return fmt.Sprintf("all %d expected headlines are filed as expected", n)
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// look tells what the store knows of the configuration: which sources have moved for good, and what a
// missing site.url comes to. It accepts the configuration when that is asked for.
func (c *checkCmd) look(a *app, cfg *config.Config) error {
	err := store.Find(a.ctx, c.DB)
	if errors.Is(err, store.ErrNone) { // nothing was collected yet
		if c.Accept {
			return useError{fmt.Errorf("nothing runs that could accept it: %w; name its store with --db URL", err)}
		}
		c.note(a, daemon.WithoutURL(cfg.Site, ""))
		return nil
	} else if err != nil {
		return err
	}
	return a.with(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		text, err := d.WithoutURL(a.ctx)
		if err != nil {
			return err
		}
		c.note(a, text)
		if err := c.moved(a, d); err != nil || !c.Accept {
			return err
		}
		if err := d.Accept(a.ctx); err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "feedd: accepted; a daemon that holds %s back puts it into force within seconds\n", c.Config)
		return nil
	})
}

func (c *checkCmd) note(a *app, text string) {
	if text != "" {
		fmt.Fprintf(a.stderr, "%s:1:1: note: %s\n", c.Config, text)
	}
}

// moved names the sources whose hosts said repeatedly that they moved for good, and those that fell silent.
func (c *checkCmd) moved(a *app, d *daemon.Daemon) error {
	all, err := d.Status(a.ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if to := collect.Moved(s.State); to != "" {
			fmt.Fprintf(a.stdout, "%s:%d:1: source %s has moved for good: url: %s\n", c.Config, s.Source.Line, s.Source.ID, to)
		}
		if since := fellSilent(&s, time.Now()); !since.IsZero() {
			fmt.Fprintf(a.stdout, "%s:%d:1: source %s has brought nothing new since %s\n", c.Config, s.Source.Line, s.Source.ID, clockIn(d.Zone())(since))
		}
	}
	return nil
}

// silence is how long a source may bring nothing before somebody should look at it.
const silence = 7 * 24 * time.Hour

// fellSilent is since when a source has brought nothing new although it was asked, when that is too long; zero
// otherwise.
func fellSilent(s *daemon.SourceStatus, now time.Time) time.Time {
	st := &s.State
	if st.LastNew.IsZero() || st.LastRun.Sub(st.LastNew) < silence || now.Sub(st.LastNew) < silence {
		return time.Time{}
	}
	return st.LastNew
}

// profile names what a site would miss in a partner's feeds, as they were last published.
func (c *checkCmd) profile(a *app, cfg *config.Config) error {
	i := slices.IndexFunc(cfg.Partners, func(p feed.Partner) bool { return p.ID == c.Partner })
	switch {
	case c.Partner == "" || c.Profile == "":
		return useError{fmt.Errorf("--partner ID and --profile belong together; profiles are %s", strings.Join(render.ProfileNames(), ", "))}
	case !slices.Contains(render.ProfileNames(), c.Profile):
		return useError{fmt.Errorf("there is no profile %s; there are %s", c.Profile, strings.Join(render.ProfileNames(), ", "))}
	case i < 0:
		return useError{fmt.Errorf("%s has no partner %s", c.Config, c.Partner)}
	}
	return a.look(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		complete := true
		for _, section := range cfg.Partners[i].Sections {
			path := "/partners/" + c.Partner + "/" + section + ".rss"
			body, err := d.PartnerFeed(a.ctx, c.Partner, section)
			if err != nil {
				return err
			}
			if len(body) == 0 {
				complete = false
				fmt.Fprintf(a.stdout, "%s: is not published yet: run feedd serve or feedd export\n", path)
				continue
			}
			missing, err := render.CheckProfile(c.Profile, body, time.Now())
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			complete = complete && len(missing) == 0
			for _, m := range missing {
				fmt.Fprintf(a.stdout, "%s: %s: %s\n", path, c.Profile, m)
			}
		}
		if !complete {
			return errQuiet
		}
		fmt.Fprintf(a.stdout, "%s: has what %s asks for\n", c.Partner, c.Profile)
		return nil
	})
}
