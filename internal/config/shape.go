package config

// The shape of feeds.yaml. The comment of a field is its description in feeds.schema.json, and its
// jsonschema tag bounds the value for the editor's program and for feedd alike: required, enum,
// minimum and maximum are enforced by the decoder.

// file is feeds.yaml.
type file struct {
	// The installation as its readers see it.
	Site fileSite `yaml:"site"`
	// Keys for all sources, each of which may set its own instead: any key of a source except id, title, url and page.
	Defaults sourceKeys `yaml:"defaults"`
	// How reports of the same event become one story.
	Stories fileStories `yaml:"stories"`
	// The subjects under which news is published: a list; or a mapping with confidence, learn and list.
	Sections fileSections `yaml:"sections"`
	// How sections learn from the sources and categories that belong to them. The same two settings may be written under sections instead.
	Learning fileLearning `yaml:"learning"`
	// The feeds and pages that are collected.
	Sources []fileSource `yaml:"sources"`
	// Items that match one of these rules are never published.
	Drop []fileRule `yaml:"drop"`
	// Sites that show sections under their own terms.
	Partners []filePartner `yaml:"partners"`
	// Messages to people: where stories are sent, one by one or in digests.
	Notify []fileChannel `yaml:"notify"`
	// Notices to the newsroom when something is wrong, and when that is over.
	Alerts fileAlerts `yaml:"alerts"`
	// Settings for collecting as a whole.
	Collect fileCollect `yaml:"collect"`
	// Settings for every feed and page.
	Publish filePublish `yaml:"publish"`
	// The editor's page at /desk.
	Desk fileDesk `yaml:"desk"`
	// Settings for the pages for people.
	Pages filePages `yaml:"pages"`
}

type fileSite struct {
	// Name of the site in its feeds and pages. Default: Điểm tin.
	Title text `yaml:"title"`
	// One sentence about the site.
	Description text `yaml:"description"`
	// Public address; the feeds' own links start with it. It may have a path, as in https://example.org/news. Default: the address the server listens on.
	URL text `yaml:"url" jsonschema:"format=uri"`
	// Authority of the entries' ids as AUTHORITY,DATE (RFC 4151). Default: made from url and the day of the first publication, and kept from then on.
	ID text `yaml:"id"`
	// Language of the feeds and pages (BCP 47). Default: vi.
	Language text `yaml:"language"`
	// Time zone of the dates on pages, and of dates without a zone in sources that set none. Default: Asia/Ho_Chi_Minh.
	Timezone text `yaml:"timezone"`
	// mailto: or https: address, shown in the feeds and to the hosts that are read.
	Contact text `yaml:"contact" jsonschema:"format=uri"`
	// File with the site's icon, beside this one: PNG, JPEG, GIF, WebP, ICO or SVG, at most 512 KiB; square, 192 pixels or more. Feeds and pages show it.
	Icon text `yaml:"icon"`
}

type fileStories struct {
	// How long a story accepts new reports. Default: 72h.
	Window span `yaml:"window"`
	// How alike two reports must be to be one story. Default: normal.
	Match text `yaml:"match" jsonschema:"enum=strict,enum=normal,enum=loose"`
	// What a new development of a story becomes: an entry of its own (entry), the old entry with a new date (bump), or one more report in the old entry (fold). Default: entry.
	Updates text `yaml:"updates" jsonschema:"enum=entry,enum=bump,enum=fold"`
	// What a report becomes that probably, but not certainly, belongs to a story: a linked entry of its own (entry), or one more report in the old entry (fold). Default: entry.
	Related text `yaml:"related" jsonschema:"enum=entry,enum=fold"`
	// Pairs of patterns: a report that matches one is never in one story with a report that matches the other.
	Never [][]text `yaml:"never"`
}

// fileLearning holds for all sections.
type fileLearning struct {
	// How probable a section must be, by what was learned, to file an item in it; below that the item is in no section. Default: 0.5.
	Confidence fraction `yaml:"confidence" jsonschema:"minimum=0,maximum=1"`
	// Whether sections learn from their sources: true, false, or a mapping that says how. Default: true.
	Learn fileLearn `yaml:"learn"`
}

// fileLearn is written as true or false, or as what sections learn.
type fileLearn struct {
	fileSectionLearn `yaml:",inline"`
	// Weeks after which an example counts half as much as a new one; 0 means that examples do not age. Default: 52.
	Decay number `yaml:"decay" jsonschema:"minimum=0,maximum=2000"`
}

// fileSectionLearn is written as true or false, or as what a section learns.
type fileSectionLearn struct {
	on yesNo
	// Words and phrases to learn nothing from, however many examples have them.
	Never []text `yaml:"never"`
}

// fileSections is written as a list or as a mapping that also holds the settings for all sections.
type fileSections struct {
	fileLearning `yaml:",inline"`
	// The sections.
	List []fileSection `yaml:"list"`
}

type fileSection struct {
	placed
	// Name of the section in addresses: lower-case letters, digits and hyphens. "all" and "top" are taken.
	ID text `yaml:"id" jsonschema:"required,pattern=^[a-z0-9][a-z0-9-]*$"`
	// Name for people. Default: the id.
	Title text `yaml:"title"`
	// One sentence about the section.
	Description text `yaml:"description"`
	// Only items in this language (BCP 47). Default: any.
	Language text `yaml:"language"`
	// Entries in a feed. Default: 50.
	Limit number `yaml:"limit" jsonschema:"minimum=1,maximum=1000"`
	// Entries older than this leave the section. Default: 168h.
	MaxAge span `yaml:"max_age"`
	// How many entries of a feed one source may lead; 0 means no bound. Default: a fifth of limit while
	// other sources have entries to show, and what they leave free.
	MaxPerSource number `yaml:"max_per_source" jsonschema:"minimum=0,maximum=1000"`
	// What comes first: the newest (time), or what most outlets have reported recently (coverage). Default: time.
	Order text `yaml:"order" jsonschema:"enum=time,enum=coverage"`
	// An item enters when one of them holds.
	Rules []fileRule `yaml:"rules"`
	// Entries that match lead the section.
	Pin []fileRule `yaml:"pin"`
	// Entries that match stay out of the section.
	Mute []fileRule `yaml:"mute"`
	// Headlines that must, or must not, enter here; feedd check tries them.
	Expect []fileExpect `yaml:"expect"`
	// Whether what was learned may file items here: true, false, or a mapping with words to ignore. Default: true.
	Learn fileSectionLearn `yaml:"learn"`
}

// fileRule holds when one of any and all of all match, and none of none does. A text alone stands
// for a rule with that one term.
type fileRule struct {
	placed
	// One of these terms must occur: a word or phrase, prefix*, '"exact spelling"', /RE2/, or a ~5 b.
	Any []text `yaml:"any"`
	// Each of these terms must occur.
	All []text `yaml:"all"`
	// None of these terms may occur.
	None []text `yaml:"none"`
	// Where the terms are looked for. Default: title and summary.
	In []text `yaml:"in" jsonschema:"enum=title,enum=summary,enum=content,enum=author,enum=category,enum=url,enum=source,enum=language"`
	// Makes the rule soft: instead of deciding, it adds this much evidence (log-odds, in nats; negative counts against) to what the section has learned.
	Weight fraction `yaml:"weight" jsonschema:"minimum=-10,maximum=10"`
}

type fileExpect struct {
	placed
	// A headline that must enter the section.
	Title text `yaml:"title"`
	// A headline that must not.
	Not text `yaml:"not"`
	// Its summary, where the headline alone does not decide.
	Summary text `yaml:"summary"`
}

type fileSource struct {
	placed
	// Name of the source in commands and messages: lower-case letters, digits and hyphens.
	ID text `yaml:"id" jsonschema:"required,pattern=^[a-z0-9][a-z0-9-]*$"`
	// The outlet's name. Sources with the same title count as one outlet. Default: what the feed says.
	Title text `yaml:"title"`
	// Address of the feed; or of the page, when there is a page: key.
	URL text `yaml:"url" jsonschema:"required,format=uri"`
	// Where the items of a page without a feed are.
	Page filePage `yaml:"page"`

	sourceKeys `yaml:",inline"`
}

// sourceKeys are the keys of a source that defaults: may give, too. A source's own key replaces
// the default whole. What is inlined together is replaced together.
type sourceKeys struct {
	// The outlet's own site, for attribution. Default: what the feed says.
	Home text `yaml:"home" jsonschema:"format=uri"`
	// Everything from here enters this section.
	Section text `yaml:"section"`
	// The feed's own categories and the section each stands for.
	Categories map[string]text `yaml:"categories"`
	// The report of the source with the highest priority gives a story its headline and link. Default: 0.
	Priority number `yaml:"priority" jsonschema:"minimum=-1000,maximum=1000"`
	// Language of the items (BCP 47). Default: what the feed says, else the site's.
	Language text `yaml:"language"`
	// Time zone of dates that have none. Default: the site's.
	Timezone text `yaml:"timezone"`
	// How much of an item may be shown anywhere. Default: summary.
	Rights text `yaml:"rights" jsonschema:"enum=headline-only,enum=summary,enum=full"`
	// Whether sections learn from this source. Default: true.
	Learn yesNo `yaml:"learn"`

	// When it is collected: a cron line, "@every 10m", or auto to learn its rhythm. Default: every 15 minutes.
	Schedule text `yaml:"schedule"`
	// Longest time that one request may take. Default: 20s.
	Timeout span `yaml:"timeout"`
	// Shortest time between two requests to its host. Default: 2s.
	HostInterval span `yaml:"host_interval"`
	// Largest document, decompressed, in bytes or as 512KB, 20MB. Default: 8MB.
	MaxBytes size `yaml:"max_bytes"`
	// Items taken from one document, the newest. Default: 10000.
	MaxItems number `yaml:"max_items" jsonschema:"minimum=1,maximum=100000"`
	// How many of a new source's items enter the feeds, the newest first; the others are stored, archived and part of stories. Default: 20.
	Backlog number `yaml:"backlog" jsonschema:"minimum=0,maximum=100000"`
	// Whether its document always lists everything: items that disappear from it are withdrawn. Default: false.
	Complete yesNo `yaml:"complete"`
	// Whether an item dated in the future waits for its time; otherwise it counts as undated and is published at once. Default: false.
	HoldFuture yesNo `yaml:"hold_future"`
	// Whether its host may have a private, loopback or link-local address; this does not hold for what it links to. Default: false.
	AllowPrivate yesNo `yaml:"allow_private"`
	// Whether its address is hidden in feeds, pages, lists of sources, and the log. Default: false.
	Private yesNo `yaml:"private"`

	// Request headers: a value; or, for a secret, env: NAME or file: PATH.
	Headers map[string]fileHeader `yaml:"headers"`
	// Replaces feedd's own User-Agent, for hosts that refuse it.
	UserAgent text `yaml:"user_agent"`

	login  `yaml:",inline"`
	cookie `yaml:",inline"`
	proxy  `yaml:",inline"`

	// TLS settings for a server that is old or badly set up. Certificates are always verified.
	TLS fileTLS `yaml:"tls"`

	// Fetch each new item's own page for its summary, image, author and date. Default: false.
	Article yesNo `yaml:"article"`
}

type login struct {
	// HTTP Basic login.
	BasicAuth fileBasicAuth `yaml:"basic_auth"`
	// Environment variable that holds a bearer token.
	BearerEnv text `yaml:"bearer_env"`
	// File that holds a bearer token.
	BearerFile text `yaml:"bearer_file"`
}

type cookie struct {
	// Environment variable that holds a Cookie header.
	CookieEnv text `yaml:"cookie_env"`
	// File that holds a Cookie header.
	CookieFile text `yaml:"cookie_file"`
}

type proxy struct {
	// Proxy without a password: http, https or socks5 URL.
	Proxy text `yaml:"proxy" jsonschema:"format=uri"`
	// Environment variable that holds the proxy's URL with its password.
	ProxyEnv text `yaml:"proxy_env"`
	// File that holds the proxy's URL with its password.
	ProxyFile text `yaml:"proxy_file"`
}

type fileTLS struct {
	placed
	// Lowest version of TLS. Default: "1.2".
	MinVersion text `yaml:"min_version" jsonschema:"enum=1.0,enum=1.1,enum=1.2,enum=1.3"`
	// Whether to allow ciphers and renegotiation that only old servers need. Default: false.
	Legacy yesNo `yaml:"legacy"`
	// Whether to use HTTP/2 where the server offers it. Default: true.
	HTTP2 yesNo `yaml:"http2"`
	// File of certificates (PEM) to trust besides the system's: an authority, or an intermediate that the server leaves out.
	CAFile text `yaml:"ca_file"`
}

type fileBasicAuth struct {
	placed
	// User name.
	Username text `yaml:"username" jsonschema:"required"`
	// Environment variable that holds the password.
	PasswordEnv text `yaml:"password_env"`
	// File that holds the password.
	PasswordFile text `yaml:"password_file"`
}

// fileHeader is a text that may stand in the file, or says where a secret one is.
type fileHeader struct {
	placed
	value text
	// Environment variable that holds the value.
	Env text `yaml:"env"`
	// File that holds the value.
	File text `yaml:"file"`
}

// filePage holds CSS selectors. One may end in @attr to take an attribute instead of the text.
type filePage struct {
	placed
	// Selects every item of the page.
	Item text `yaml:"item" jsonschema:"required"`
	// The headline, within the item. Default: the text of its link.
	Title text `yaml:"title"`
	// The link, within the item. Default: its first link.
	Link text `yaml:"link"`
	// The summary, within the item. Default: none.
	Summary text `yaml:"summary"`
	// The date, within the item. Default: none, so that an item has the time when it was first seen.
	Date text `yaml:"date"`
	// The picture, within the item. Default: none.
	Image text `yaml:"image"`
}

type filePartner struct {
	placed
	// Name of the partner in addresses: lower-case letters, digits and hyphens.
	ID text `yaml:"id" jsonschema:"required,pattern=^[a-z0-9][a-z0-9-]*$"`
	// Name for people. Default: the id.
	Title text `yaml:"title"`
	// The sections it may read; all is every section merged, top the stories that most outlets report.
	Sections []text `yaml:"sections" jsonschema:"required"`
	// Environment variable that holds its token.
	TokenEnv text `yaml:"token_env"`
	// File that holds its token.
	TokenFile text `yaml:"token_file"`
	// SHA-256 of its token, 64 hex digits.
	TokenSHA256 text `yaml:"token_sha256" jsonschema:"pattern=^[0-9a-fA-F]{64}$"`
	// How much of an item it gets, within the source's rights. Default: summary.
	Content text `yaml:"content" jsonschema:"enum=headline,enum=summary,enum=full"`
	// Entries in a feed. Default: the section's.
	Limit number `yaml:"limit" jsonschema:"minimum=1,maximum=1000"`
	// How much later than the site the partner gets an entry. Default: 0s.
	Delay span `yaml:"delay"`
	// Whether entries carry ids of their own for this partner. Default: false.
	OwnIDs yesNo `yaml:"own_ids"`
}

type fileChannel struct {
	placed
	// Name of the channel in messages and figures: lower-case letters, digits and hyphens. "alerts" is taken.
	ID      text `yaml:"id" jsonschema:"required,pattern=^[a-z0-9][a-z0-9-]*$"`
	address `yaml:",inline"`
	// The sections whose stories are sent; all is every section. Default: every story that query matches.
	Sections []text `yaml:"sections"`
	// What a story must match, as a rule.
	Query fileRule `yaml:"query"`
	// When a digest is sent, in the site's timezone: a cron line, or "@every 10m". Default: each story is sent by itself, at once.
	Schedule text `yaml:"schedule"`
	// How many stories are sent at most, in a digest or one by one when many come at once; of the others only the number is sent. Default: 20.
	Limit number `yaml:"limit" jsonschema:"minimum=1,maximum=200"`
	// mailto: or https: address for unsubscribing from e-mails (List-Unsubscribe). Default: the site's contact, or the sender.
	Unsubscribe text `yaml:"unsubscribe" jsonschema:"format=uri"`
}

// address is where messages go.
type address struct {
	// Environment variable that holds the address: https://… is a webhook, smtp://USER:PASSWORD@HOST:587/?from=A&to=B is e-mail, anything else is an address of shoutrrr (telegram://…, slack://…, generic://…).
	URLEnv text `yaml:"url_env"`
	// File that holds the address.
	URLFile text `yaml:"url_file"`
	// Environment variable that holds the secret with which webhooks are signed.
	SecretEnv text `yaml:"secret_env"`
	// File that holds the secret with which webhooks are signed.
	SecretFile text `yaml:"secret_file"`
}

type fileAlerts struct {
	placed
	address `yaml:",inline"`
	// Report a source that failed this many times in a row; 0 means never. Default: 5.
	Failures number `yaml:"failures" jsonschema:"minimum=0,maximum=1000"`
	// Report a source that brought nothing new for this many times its usual gap; 0 means never. Default: 4.
	Silent fraction `yaml:"silent" jsonschema:"minimum=0,maximum=1000"`
	// Report a section that had no new story for this long; 0s means never. Default: 24h.
	Empty span `yaml:"empty"`
}

type fileCollect struct {
	// How many hosts are read at the same time; each gets one request at a time. Default: 128.
	Hosts number `yaml:"hosts" jsonschema:"minimum=1,maximum=1000"`
}

type filePages struct {
	// Whether pages show the reports' pictures. Readers load them from the outlets, which thus see the readers' requests, but not the page's address. Default: false.
	Images yesNo `yaml:"images"`
}

type filePublish struct {
	// Where a feed shows the name of the outlet. Default: summary.
	Attribution text `yaml:"attribution" jsonschema:"enum=title,enum=summary,enum=none"`
	// Public WebSub hub to ping instead of running one at /hub.
	Hub text `yaml:"hub" jsonschema:"format=uri"`
	// Whether subscribers of our own hub may live on private and loopback addresses. Default: false.
	HubPrivate yesNo `yaml:"hub_private"`
	// Networks of proxies in front of feedd whose X-Forwarded-For is trusted, besides this machine.
	Proxies []text `yaml:"proxies"`
	// Largest feed; in a larger one, summaries replace full texts, the oldest first. Default: 1MB.
	MaxBytes size `yaml:"max_bytes"`
	// How long an entry is kept for the archives after it left its sections; with 0s it is deleted then. Default: 0s.
	Retention span `yaml:"retention"`
}

type fileDesk struct {
	// Environment variable that holds the token for /desk. Without it there is no /desk.
	TokenEnv text `yaml:"token_env"`
}
