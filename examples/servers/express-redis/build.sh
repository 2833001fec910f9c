#!/bin/sh
# Fetches what the probe application needs, by npm, into a folder outside of the repository; once.
set -eu
cd "$(dirname "$0")"
command -v redis-server >/dev/null || { echo "redis-server is missing: apt-get install redis-server" >&2; exit 1; }
command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer, with npm" >&2; exit 1; }
cache="${XDG_CACHE_HOME:-$HOME/.cache}/anynode/express-redis"
if ! cmp -s package.json "$cache/package.json"; then
  mkdir -p "$cache"
  cp package.json "$cache/package.json.new"
  cp package.json "$cache/package.json"
  (cd "$cache" && npm install --no-audit --no-fund --silent) || { rm -f "$cache/package.json"; exit 1; }
fi
