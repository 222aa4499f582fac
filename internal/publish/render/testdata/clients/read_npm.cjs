// Prints what rss-parser or feedsmith reads of a feed: one JSON object a line.
// node read_npm.cjs NODE_MODULES rss-parser|feedsmith FILE
const fs = require("node:fs");
const path = require("node:path");
const { createRequire } = require("node:module");
const [modules, client, file] = process.argv.slice(2);
const load = createRequire(path.join(modules, "x.js"));
const text = fs.readFileSync(file, "utf8");
const seconds = (date) => Date.parse(date) / 1000;
const print = (title, link, id, author, date) => console.log(JSON.stringify({ title, link, id, author, date: seconds(date) }));

async function main() {
  if (client === "rss-parser") {
    const Parser = load("rss-parser");
    const feed = await new Parser().parseString(text);
    for (const i of feed.items) print(i.title, i.link, i.guid || i.id, i.creator || i.author, i.pubDate);
    return;
  }
  const { parseFeed } = await import(load.resolve("feedsmith"));
  const { format, feed } = parseFeed(text);
  for (const i of format === "atom" ? feed.entries : feed.items) {
    if (format === "rss") print(i.title, i.link, i.guid.value, i.dc.creators ? i.dc.creators[0] : i.dc.creator, i.pubDate);
    if (format === "atom") print(i.title.value ?? i.title, i.links.find((l) => l.rel === "alternate").href, i.id, i.authors[0].name, i.published);
    if (format === "json") print(i.title, i.url, i.id, i.authors[0].name, i.date_published);
  }
}
main().catch((e) => { console.error(e); process.exit(1); });
