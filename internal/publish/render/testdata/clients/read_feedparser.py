# Prints what Python's feedparser reads of a feed: one JSON object a line.
import calendar, json, sys, feedparser

feed = feedparser.parse(open(sys.argv[1], "rb").read())
if feed.bozo:
    sys.exit("feedparser: %s" % feed.bozo_exception)
for e in feed.entries:
    print(json.dumps({
        "title": e.title, "link": e.link, "id": e.id, "author": e.author,
        "date": calendar.timegm(e.published_parsed),
    }))
