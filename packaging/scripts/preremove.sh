#!/bin/sh
# Before it is taken away it stops; before an upgrade it runs on.
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
	systemctl disable --now feedd.socket feedd.service
fi
