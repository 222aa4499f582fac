#!/usr/bin/env bash
# Runs every test of feedd. On Debian or Ubuntu it installs what the tests need; elsewhere it says
# what is missing, and the tests that need it are skipped. Arguments go to `go test`. At the end stands
# the list of what was skipped, and why.
#
# FEEDD_SHARED names a folder of development data; by default one called shared beside the checkout.
# FEEDD_TEST_POSTGRES names a PostgreSQL database; by default the tests start a server for themselves.
# FEEDD_FEEDVALIDATOR names a checkout of the W3C feed validator; without it those tests are skipped.
set -euo pipefail
cd "$(dirname "$0")"

say() { echo "test.sh: $*" >&2; }

command -v go >/dev/null || { say "Go is not installed; see https://go.dev/dl"; exit 1; }

# What the tests use beside Go: real feed readers, a real browser, and what the W3C validator needs.
packages=(
	newsboat python3-feedparser libxml-feed-perl # read our feeds
	chromium                                     # reads our pages
	postgresql pgbouncer                         # stores; the tests start servers of their own
	curl nginx-light caddy systemd               # run and check the examples of the documents
	iproute2                                     # machines with networks of their own
	openssl                                      # an old server for TLS
	zsh fish                                     # complete command lines
	python3-lxml python3-html5lib python3-rdflib libxml2-utils
)
modules=( # from npm
	rss-parser@3.13.0 feedsmith@3.0.1 # read our feeds, too
	axe-core@4.14.1                   # looks for what keeps people out of our pages
)

install_packages() {
	local missing=() package
	for package in "${packages[@]}"; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	local sudo=()
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || { say "not root, and no sudo: cannot install ${missing[*]}"; return 0; }
		sudo=(sudo)
	fi
	say "installing ${missing[*]}"
	"${sudo[@]}" apt-get update -qq >&2 || true
	DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
		say "could not install ${missing[*]}"
}

# promtool tries the alert rules. Of its package only this one program is unpacked: the server that comes with it, which
# would start at once, is of no use here.
unpack_promtool() {
	command -v promtool >/dev/null && return 0
	local dir="${XDG_CACHE_HOME:-$HOME/.cache}/feedd-tests/bin"
	mkdir -p "$dir"
	if [ ! -x "$dir/promtool" ]; then
		say "unpacking promtool in $dir"
		(
			work=$(mktemp -d)
			trap 'rm -rf "$work"' EXIT
			cd "$work"
			apt-get download -qq prometheus >/dev/null 2>&1 ||
				{ [ "$(id -u)" = 0 ] && apt-get update -qq >&2 && apt-get download -qq prometheus >/dev/null; }
			dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xO ./usr/bin/promtool >"$dir/promtool.new"
		) && chmod +x "$dir/promtool.new" && mv "$dir/promtool.new" "$dir/promtool" || { say "could not unpack promtool"; return 0; }
	fi
	PATH="$PATH:$dir"
}

install_modules() {
	command -v npm >/dev/null || { say "npm is missing: ${modules[*]} do not try our feeds and pages"; return 0; }
	local dir="${XDG_CACHE_HOME:-$HOME/.cache}/feedd-tests"
	mkdir -p "$dir"
	if [ "$(cat "$dir/installed" 2>/dev/null)" != "${modules[*]}" ]; then
		say "installing ${modules[*]} in $dir"
		if npm install --prefix "$dir" --no-save --no-audit --no-fund --ignore-scripts --silent "${modules[@]}" >&2; then
			echo "${modules[*]}" >"$dir/installed"
		else
			say "could not install ${modules[*]}"
			return 0
		fi
	fi
	export FEEDD_NODE_MODULES="$dir/node_modules"
}

if command -v apt-get >/dev/null; then
	install_packages
	unpack_promtool
else
	say "no apt-get here; for all tests install: ${packages[*]} prometheus"
fi
[ -n "${FEEDD_NODE_MODULES:-}" ] || install_modules

# Those that take longest begin first, so that none is left to run alone at the end.
longest=(./internal/cluster ./cmd/feedd ./internal/daemon ./internal/lineartest)
# gotestsum runs go test, prints its lines, and ends with what was skipped and why, what failed, and the count.
go tool -modfile=tools/go.mod gotestsum --format standard-quiet -- "$@" "${longest[@]}" ./...
