#!/bin/sh
# One server: PORT, and the port of Redis.
export NODE_PATH="${XDG_CACHE_HOME:-$HOME/.cache}/anynode/express-redis/node_modules"
cd "$(dirname "$0")"
exec node server.js "$1" "$2"
