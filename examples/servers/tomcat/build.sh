#!/bin/sh
# Compiles the probe application against Debian's Tomcat, into a folder outside of the repository.
set -eu
cd "$(dirname "$0")"
[ -f /usr/share/tomcat10/lib/catalina-ha.jar ] || { echo "Tomcat 10 is missing: apt-get install tomcat10" >&2; exit 1; }
command -v javac >/dev/null || { echo "javac is missing: apt-get install default-jdk-headless" >&2; exit 1; }
javac --release 17 -cp /usr/share/tomcat10/lib/servlet-api.jar \
  -d "${XDG_CACHE_HOME:-$HOME/.cache}/anynode/tomcat/classes" Probe.java
