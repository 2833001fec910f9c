#!/bin/sh
# One server: start.sh NODE HTTP-PORT HOST:GRID-PORT HOST:GRID-PORT-OF-A-PEER...
set -eu
cache="${XDG_CACHE_HOME:-$HOME/.cache}/anynode/hazelcast"
exec java -Xmx192m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.net.preferIPv4Stack=true \
  --add-modules java.se --add-exports java.base/jdk.internal.ref=ALL-UNNAMED --add-opens java.base/java.lang=ALL-UNNAMED \
  --add-opens java.base/sun.nio.ch=ALL-UNNAMED --add-opens java.management/sun.management=ALL-UNNAMED \
  --add-opens jdk.management/com.sun.management.internal=ALL-UNNAMED \
  -cp "$cache/classes:$cache/lib/*" Probe "$@"
