#!/bin/sh
# Makes Temporal's two databases and brings their schema up to the version of this image. Nothing is done twice, so it
# runs before every start of the server. How to reach PostgreSQL is in SQL_HOST and its like.
set -eu

for store in temporal visibility; do
  case $store in
    temporal) database=temporal ;;
    visibility) database=temporal_visibility ;;
  esac
  temporal-sql-tool --database "$database" create-database
  temporal-sql-tool --database "$database" setup-schema --version 0.0
  temporal-sql-tool --database "$database" update-schema --schema-name "postgresql/v12/$store"
done
