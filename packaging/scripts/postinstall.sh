#!/bin/sh
# After an installation nothing runs yet: the configuration is not its owner's. After an upgrade what
# ran runs on, as the new version.
set -e
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	if [ -n "$2" ]; then
		systemctl try-restart feedd.service
	fi
fi
if [ "$1" = configure ] && [ -z "$2" ]; then
	echo "feedd: edit /etc/feedd/feeds.yaml, then: systemctl enable --now feedd"
fi
