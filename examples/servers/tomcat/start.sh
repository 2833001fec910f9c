#!/bin/sh
# One Tomcat 10 with a DeltaManager: start.sh NODE HTTP-PORT asynchronous|synchronous n1=HOST:PORT n2=HOST:PORT n3=HOST:PORT
# It needs Debian's packages tomcat10 and default-jdk-headless; each server has a folder of its own, for as long as the run.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
node="$1" port="$2" mode="$3"
shift 3
home=/usr/share/tomcat10
base="${ANYNODE_SCRATCH:-${TMPDIR:-/tmp}/anynode-tomcat}/$node-$port"
rm -rf "$base"
mkdir -p "$base/conf" "$base/logs" "$base/temp" "$base/work" "$base/webapps/ROOT/WEB-INF"
cp "$here/web.xml" "$base/webapps/ROOT/WEB-INF/web.xml"
cp -r "${XDG_CACHE_HOME:-$HOME/.cache}/anynode/tomcat/classes" "$base/webapps/ROOT/WEB-INF/classes"
case "$mode" in
  asynchronous) options="channelSendOptions=\"8\"" ;;   # Tribes: SEND_OPTIONS_ASYNCHRONOUS
  synchronous) options="channelSendOptions=\"6\"" ;;    # USE_ACK and SYNCHRONIZED_ACK: the others have applied it
  *) echo "mode '$mode': write asynchronous or synchronous" >&2; exit 2 ;;
esac
members=""
for peer in "$@"; do
  name="${peer%%=*}" end="${peer#*=}"
  number="${name#n}" host="${end%:*}" tribes="${end##*:}"
  id="{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,$number}"
  if [ "$name" = "$node" ]; then
    receiver="$tribes" own="$host"
    members="$members<LocalMember className=\"org.apache.catalina.tribes.membership.StaticMember\" domain=\"anynode\" uniqueId=\"$id\"/>"
  else
    members="$members<Member className=\"org.apache.catalina.tribes.membership.StaticMember\" host=\"$host\" port=\"$tribes\" domain=\"anynode\" uniqueId=\"$id\"/>"
  fi
done
sed -e "s|@PORT@|$port|" -e "s|@HOST@|$own|g" -e "s|@OPTIONS@|$options|" -e "s|@RECEIVER@|$receiver|" -e "s|@MEMBERS@|$members|" \
  "$here/server.xml" > "$base/conf/server.xml"
exec java -Xmx192m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.net.preferIPv4Stack=true \
  -Dcatalina.home="$home" -Dcatalina.base="$base" -Djava.io.tmpdir="$base/temp" \
  -classpath "$home/bin/bootstrap.jar:$home/bin/tomcat-juli.jar" org.apache.catalina.startup.Bootstrap start
