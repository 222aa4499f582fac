# Prints what Perl's XML::Feed reads of a feed: one JSON object a line.
use strict;
use warnings;
use JSON::PP;
use XML::Feed;

$XML::Atom::ForceUnicode = 1; # else its texts are bytes
my $feed = XML::Feed->parse($ARGV[0]) or die XML::Feed->errstr;
for my $e ($feed->entries) {
    print JSON::PP->new->utf8->encode({
        title => "" . $e->title, link => "" . $e->link, id => "" . $e->id, author => "" . $e->author,
        date => $e->issued->epoch,
    }), "\n";
}
