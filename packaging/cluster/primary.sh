#!/bin/bash
# Prepares a new primary, in the container of PostgreSQL or by hand as its superuser: the user and the database of
# feedd, and a user for the standby. FEEDD_PASSWORD is the password of both.
set -euo pipefail
psql --no-psqlrc --quiet --output /dev/null --variable ON_ERROR_STOP=1 --variable "password=$FEEDD_PASSWORD" --dbname postgres <<'SQL'
CREATE ROLE feedd LOGIN PASSWORD :'password';
CREATE DATABASE feedd OWNER feedd TEMPLATE template0 ENCODING 'UTF8';
CREATE ROLE standby LOGIN REPLICATION PASSWORD :'password';
SELECT pg_create_physical_replication_slot('standby');
SQL
echo "host replication standby all scram-sha-256" >>"$PGDATA/pg_hba.conf"
psql --no-psqlrc --quiet --dbname postgres --command 'SELECT pg_reload_conf()' >/dev/null
