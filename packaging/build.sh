#!/usr/bin/env bash
# Makes the Debian package and the archive of feedd for Linux:
#
#	packaging/build.sh [FOLDER]          # default: dist
#
# VERSION is the release (default: what git says), GOARCH the processor (default: this machine's). The same
# sources, version and Go give the same bytes.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "${1:-dist}"
out=$(cd "${1:-dist}" && pwd)
cd "$root"

version=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo dev)}
version=${version#v}
[[ $version == [0-9]*.* ]] || version=0.0.0~$version # a package's version begins with a number
arch=${GOARCH:-$(go env GOHOSTARCH)}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
tree=$stage/feedd
mkdir -p "$tree"/{completions,docs,packaging}

CGO_ENABLED=0 GOOS=linux GOARCH=$arch go build -trimpath -buildvcs=false -ldflags "-s -w -X main.release=$version" -o "$tree/feedd" ./cmd/feedd
say() { "$tree/feedd" "$@"; }
if [ "$arch" != "$(go env GOHOSTARCH)" ]; then
	say() { GOARCH= go run -ldflags "-X main.release=$version" ./cmd/feedd "$@"; } # the other one does not run here
fi
say man >"$tree/feedd.1"
for shell in bash fish zsh; do say completion $shell >"$tree/completions/feedd.$shell"; done
say schema >"$tree/feeds.schema.json"
cp config/feeds.yaml packaging/feedd.{service,socket} README.md CHANGELOG.md SECURITY.md LICENSE "$tree"
cp docs/*.md "$tree/docs"
cp -R packaging/alerts.yaml packaging/cluster "$tree/packaging" # where the documents name them
chmod -R u=rwX,go=rX "$tree"

# The archive: everything in one folder, the program to be put into /usr/local/bin.
archive=feedd-$version-linux-$arch
mv "$tree" "$stage/$archive"
tar -C "$stage" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -cf - "$archive" | gzip -n9 >"$out/$archive.tar.gz"

# The package: the same files, where Debian looks for them.
mv "$stage/$archive" "$tree"
sed -i 's|/usr/local/bin/feedd|/usr/bin/feedd|' "$tree/feedd.service" "$tree"/packaging/cluster/*.service
gzip -n9 "$tree/feedd.1"
{ # a function that zsh loads at the first completion, and goes on with at once
	echo "#compdef feedd"
	cat "$tree/completions/feedd.zsh"
	echo '_bash_complete -o default -C feedd "$@"'
} >"$tree/completions/_feedd"
: >"$tree/environment"
cp -R packaging/scripts "$tree"
find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
nfpm=$(go tool -modfile=tools/go.mod -n nfpm)
cd "$tree"
VERSION=$version ARCH=$arch "$nfpm" package \
	--config "$root/packaging/nfpm.yaml" --packager deb --target "$out/feedd_${version}_$arch.deb"
ls -l "$out" >&2
