#!/bin/sh
# Run once by the database's image, on an empty volume: makes the two roles of roles.sql.
set -eu
psql --username="${POSTGRES_USER:-postgres}" --dbname="$POSTGRES_DB" \
    --set=owner_password="$(cat /run/secrets/owner_password)" --set=site_password="$(cat /run/secrets/site_password)" \
    --file=/deploy/roles.sql
