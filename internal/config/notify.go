package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"feedd/internal/feed"
)

// channel checks where messages go and what is told there.
func (b *builder) channel(f *fileChannel, ids map[string]*yaml.Node) feed.Channel {
	c := feed.Channel{ID: b.id(f.ID, "channel", ids), Limit: f.Limit.or(20)}
	if f.ID.given() && c.ID == "alerts" {
		b.at(f.ID.at, say("choose another id"), "the channel alerts is that of the key alerts")
	}
	c.URL, c.Secret = b.address(&f.address, f.at, say("channel %s", shown(c.ID)))
	if f.given() && f.at.Kind == yaml.MappingNode && !f.URLEnv.given() && !f.URLFile.given() {
		b.at(f.at, say("give it url_env, the name of an environment variable that holds the address"), "the channel has no address")
	}
	if at := f.emptyList("sections"); at != nil {
		b.at(at, say("name some, or all"), "the channel tells of no section")
	}
	for _, s := range f.Sections {
		if s.given() && s.is != "all" {
			b.knownSection(s, "all")
		}
		if s.given() && slices.Contains(c.Sections, s.is) {
			b.at(s.at, feed.Text{}, "the section %s is here twice", shown(s.is))
		}
		c.Sections = append(c.Sections, s.is)
	}
	if f.Query.given() {
		if rules := b.hardRules([]fileRule{f.Query}, "a query"); len(rules) == 1 {
			c.Query = &rules[0]
		}
	}
	if f.given() && f.at.Kind == yaml.MappingNode && !f.Query.given() && len(f.Sections) == 0 && f.emptyList("sections") == nil {
		b.at(f.at, say("give it sections: [all], some of the sections, or a query"), "the channel does not say what it tells")
	}
	if f.Schedule.given() {
		c.Schedule = b.schedule(f.Schedule)
		if c.Schedule == "auto" {
			b.at(f.Schedule.at, say(`such as "0 7 * * *"`), "a digest has no rhythm to learn")
		}
	}
	c.Unsubscribe = f.Unsubscribe.is
	if f.Unsubscribe.given() && !strings.HasPrefix(c.Unsubscribe, "https://") && !strings.HasPrefix(c.Unsubscribe, "mailto:") {
		b.at(f.Unsubscribe.at, say("such as mailto:desk@example.org?subject=unsubscribe"), "unsubscribe must be a mailto: or https: address")
	}
	return c
}

// address reads where messages go and what signs them; whose names it for people.
func (b *builder) address(f *address, at *yaml.Node, whose feed.Text) (url, secret string) {
	url = strings.TrimSpace(b.secret(f.URLEnv, f.URLFile, "url"))
	secret = b.secret(f.SecretEnv, f.SecretFile, "secret")
	b.token(f.SecretEnv, f.SecretFile, secret, whose)
	where := f.URLEnv.at
	if where == nil {
		where = f.URLFile.at
	}
	if url == "" || where == nil {
		if (f.SecretEnv.given() || f.SecretFile.given()) && where == nil {
			b.at(at, say("give it url_env"), "%s has a secret and no address", whose)
		}
		return url, secret
	}
	if b.checks.Address != nil {
		if err := b.checks.Address(url); err != nil {
			b.at(where, feed.Text{}, "the address of %s: %s", whose, err)
			return url, secret
		}
	}
	hook := strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://")
	switch signs := f.SecretEnv.given() || f.SecretFile.given(); {
	case hook && !signs:
		b.warn(where, say("give it secret_env"), "messages to the webhook of %s are not signed: it cannot tell who sent them", whose)
	case !hook && signs:
		b.at(where, say("remove the secret"), "only messages to a webhook are signed, and %s is not one", whose)
	}
	return url, secret
}

func (b *builder) alerts(f *fileAlerts) feed.Alerts {
	a := feed.Alerts{
		Failures: f.Failures.or(5), Silent: f.Silent.or(4),
		Empty: b.span(f.Empty, day, 0, 31*day, "empty"),
	}
	a.URL, a.Secret = b.address(&f.address, f.at, say("alerts"))
	return a
}
