#!/bin/bash
# Runs a standby: at its first start it copies the primary, whose host is in PRIMARY (primary) and whose port in
# PRIMARY_PORT (5432), and follows it from then on. After the primary is lost for good, pg_ctl promote makes this one
# the primary. PGPASSWORD is the password of the user standby; further arguments go to postgres.
set -euo pipefail
if [ ! -s "$PGDATA/PG_VERSION" ]; then
	install -d -m 700 "$PGDATA"
	pg_basebackup --pgdata "$PGDATA" --wal-method stream --checkpoint fast --write-recovery-conf --slot standby \
		--host "${PRIMARY:-primary}" --port "${PRIMARY_PORT:-5432}" --username standby
fi
exec postgres -D "$PGDATA" -c max_connections=200 -c hot_standby=on "$@"
