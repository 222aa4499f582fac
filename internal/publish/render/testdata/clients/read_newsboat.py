# Has newsboat fetch a feed, and prints what its cache holds then: one JSON object a line, in the
# order of the feed as far as newsboat keeps it.
import json, os, sqlite3, subprocess, sys, tempfile

with tempfile.TemporaryDirectory() as d:
    urls, config, cache = (os.path.join(d, n) for n in ("urls", "config", "cache.db"))
    open(urls, "w").write(sys.argv[1] + "\n")
    open(config, "w").write('error-log "%s"\n' % os.path.join(d, "errors"))
    env = dict(os.environ, HOME=d)
    subprocess.run(["newsboat", "-u", urls, "-C", config, "-c", cache, "-x", "reload"], check=True, env=env,
                   stdout=subprocess.DEVNULL, timeout=60)
    errors = os.path.join(d, "errors")
    if os.path.exists(errors) and os.path.getsize(errors):
        sys.exit(open(errors).read())
    for title, link, guid, author, date in sqlite3.connect(cache).execute(
            "select title, url, guid, author, pubDate from rss_item order by id"):
        print(json.dumps({"title": title, "link": link, "id": guid, "author": author, "date": date}))
