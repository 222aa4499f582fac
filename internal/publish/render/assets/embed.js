// Shows a section of this site on another one:
//
//   <script src="https://news.example.org/embed.js" data-section="kinh-te" data-limit="8" async></script>
//
// The headlines stand where the script does. Colours and fonts are CSS custom properties of the
// page around it: --feedd-color, --feedd-muted, --feedd-accent, --feedd-rule, --feedd-background,
// --feedd-font, --feedd-size. It needs "script-src" and "connect-src" for this site's origin in the
// page's Content-Security-Policy, and nothing else: no inline style, no evaluated code.
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script) return;
  const base = script.src.replace(/\/embed\.js(?:[?#].*)?$/, "");
  const section = script.dataset.section || "all";
  const limit = Math.max(1, Number.parseInt(script.dataset.limit, 10) || 8);
  const home = base + (section === "all" ? "/" : "/sections/" + encodeURIComponent(section));

  const css = `
    :host { display: block; color-scheme: light dark;
      color: var(--feedd-color, CanvasText); background: var(--feedd-background, transparent);
      font: var(--feedd-size, 1rem)/1.4 var(--feedd-font, inherit); }
    section { overflow-wrap: anywhere; }
    h2 { margin: 0 0 .4em; padding-top: .35em; border-top: 3px solid var(--feedd-accent, currentColor); font-size: 1.1em; }
    ul { list-style: none; margin: 0; padding: 0; }
    li { padding: .5em 0; border-top: 1px solid var(--feedd-rule, color-mix(in srgb, currentColor 25%, transparent)); }
    li:first-child { border-top: 0; }
    a { color: inherit; text-decoration: none; }
    a:hover, a:focus-visible { text-decoration: underline; }
    small { display: block; font-size: .8em; color: var(--feedd-muted, color-mix(in srgb, currentColor 75%, transparent)); }`;

  const element = (name, text) => {
    const e = document.createElement(name);
    if (text) e.textContent = text;
    return e;
  };
  const anchor = (href, text) => {
    const a = element("a", text);
    if (/^https?:\/\//i.test(href)) a.href = href;
    a.target = "_blank";
    a.rel = "noopener";
    return a;
  };

  const host = element("div");
  host.className = "feedd-embed";
  const parent = script.parentElement;
  if (parent === document.head) document.body.append(host);
  else script.after(host);
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];

  // Times are those of the site, as its own pages write them, wherever the reader is.
  const clock = (feed) => {
    const parts = (timeZone) => new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23",
      year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
    const number = (timeZone) => new Intl.DateTimeFormat("en-US", { timeZone, month: "numeric" });
    let zone = (feed._feedd && feed._feedd.timezone) || "UTC";
    try { parts(zone); } catch { zone = "UTC"; } // an old browser, a new zone
    const format = parts(zone), month = number(zone);
    return (when) => {
      const p = Object.fromEntries(format.formatToParts(when).map((part) => [part.type, part.value]));
      return /^vi\b/i.test(feed.language || "")
        ? `${p.hour}:${p.minute}, ${p.day}/${month.format(when)}/${p.year}`
        : `${p.day} ${p.month} ${p.year}, ${p.hour}:${p.minute}`;
    };
  };

  const show = (feed) => {
    const box = element("section");
    const heading = element("h2");
    heading.id = "title";
    heading.append(anchor(home, feed.title));
    box.setAttribute("aria-labelledby", "title");
    if (feed.language) box.lang = feed.language;
    const list = element("ul");
    const time = clock(feed);
    for (const item of (feed.items || []).slice(0, limit)) {
      const row = element("li");
      const a = anchor(item.url, item.title);
      if (item.language) a.lang = item.language;
      const meta = element("small");
      const outlet = item._feedd && item._feedd.source && item._feedd.source.title;
      if (outlet) meta.append(outlet);
      const when = new Date(item.date_published);
      if (!Number.isNaN(when.valueOf())) {
        const t = element("time", time(when));
        t.dateTime = when.toISOString();
        if (outlet) meta.append(" · ");
        meta.append(t);
      }
      row.append(a, meta);
      list.append(row);
    }
    box.append(heading, list);
    root.replaceChildren(box);
  };

  fetch(base + "/sections/" + encodeURIComponent(section) + ".json")
    .then((answer) => {
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.json();
    })
    .then(show)
    .catch(() => { root.replaceChildren(anchor(home, home)); });
})();
