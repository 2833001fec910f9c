#!/bin/sh
# Fetches Hazelcast by Maven and compiles the probe application against it, in a folder outside of the repository.
set -eu
cd "$(dirname "$0")"
command -v mvn >/dev/null || { echo "mvn is missing: apt-get install maven" >&2; exit 1; }
command -v javac >/dev/null || { echo "javac is missing: apt-get install default-jdk-headless" >&2; exit 1; }
cache="${XDG_CACHE_HOME:-$HOME/.cache}/anynode/hazelcast"
if ! cmp -s pom.xml "$cache/pom.xml"; then
  rm -rf "$cache"
  mkdir -p "$cache"
  mvn -q -B dependency:copy-dependencies -DoutputDirectory="$cache/lib" >&2
  cp pom.xml "$cache/pom.xml"
fi
javac --release 17 -cp "$cache/lib/*" -d "$cache/classes" Probe.java
