#!/bin/sh
# Creates Temporal's databases, or brings them up to the schema of this image. Safe to run any number of times: `create`
# accepts an existing database, and `setup-schema` leaves a newer schema version alone.
set -eu

sql_tool() {
  database=$1
  shift
  temporal-sql-tool --plugin "$DB" --ep "$POSTGRES_SEEDS" --port "$DB_PORT" --user "$POSTGRES_USER" --db "$database" "$@"
}

prepare() {
  sql_tool "$1" create
  sql_tool "$1" setup-schema --version 0.0
  sql_tool "$1" update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$2/versioned"
}

prepare temporal temporal
prepare temporal_visibility visibility
echo 'The schema is up to date.'
