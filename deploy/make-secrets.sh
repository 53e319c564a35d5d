#!/bin/sh
# Create the secrets for docker-compose.yml, each in a file of the directory secrets/. Existing files stay.
set -eu
cd "$(dirname "$0")/.."
umask 077
mkdir -p secrets
make_one() {
    [ -e "secrets/$1" ] || printf '%s' "$2" >"secrets/$1"
}
random() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}
for name in postgres_password owner_password site_password secret_key; do
    make_one "$name" "$(random)"
done
make_one owner_database_url "postgres://catalog_owner:$(cat secrets/owner_password)@database:5432/catalog"
make_one site_database_url "postgres://catalog_site:$(cat secrets/site_password)@database:5432/catalog"
# The containers' accounts read these files; nobody else on this machine enters the directory.
chmod 444 secrets/*
echo "The secrets are in secrets/. Keep a copy of secret_key elsewhere: backups of the database do not contain it."
