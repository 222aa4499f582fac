#!/usr/bin/env bash
# Runs every test of feedd. On Debian or Ubuntu it installs what the tests need; elsewhere it says
# what is missing and which tests then do not run. Extra arguments go to `go test`.
set -euo pipefail
cd "$(dirname "$0")"

command -v go >/dev/null || { echo "test.sh: Go is not installed; see https://go.dev/dl" >&2; exit 1; }

# Programs the tests use, with the Debian package that brings each.
needs=(python3:python3 xmllint:libxml2-utils newsboat:newsboat)
modules=(python3-feedparser)

missing=()
for need in "${needs[@]}"; do
	command -v "${need%%:*}" >/dev/null || missing+=("${need#*:}")
done
if command -v dpkg-query >/dev/null; then
	for package in "${modules[@]}"; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
	done
fi
if [ ${#missing[@]} -gt 0 ]; then
	if command -v apt-get >/dev/null; then
		sudo=()
		[ "$(id -u)" = 0 ] || sudo=(sudo)
		echo "test.sh: installing ${missing[*]}" >&2
		"${sudo[@]}" apt-get update -qq >&2 || true
		DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
			echo "test.sh: could not install ${missing[*]}; the tests that need them are skipped and say so" >&2
	else
		echo "test.sh: missing: ${missing[*]}; the tests that need them are skipped and say so" >&2
	fi
fi

exec go test "$@" ./...
