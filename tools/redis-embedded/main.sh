#!/bin/sh
# redis-embedded SOCKET FOLDER: the private redis-server that the tools of one user share. They
# start it, one of them at a time (lib/redis/embedded.h); it is not for people.
#
# The server listens on SOCKET alone and keeps its data in FOLDER. When SOCKET or its folder is gone,
# or TERM comes, the server writes what it has and ends, and this with it. Descriptor 3 is told
# "ready" once the server answers and knows our functions, and is closed before that when it failed;
# stderr says why.
set -u
umask 077
socket=$1 folder=$2
library=${0%/*}/../../share/lineman/redis/lineman.lua

fail() {
  printf '%s\n' "$1" >&2
  exit 111
}

cd -- "$folder" || fail "$folder: cannot go there"

# From here on the server's own, until it has ended, whatever becomes of this script: two servers
# that append to one file would ruin it.
exec 9>lock
flock -w 20 9 || fail "another redis-server still has $folder"

quoted() { printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"; }

# As a file, not as arguments: those are split at blanks.
redis-server - >&2 3>&- <<END &
port 0
unixsocket $(quoted "$socket")
unixsocketperm 600
appendonly yes
appendfsync everysec
save ""
loglevel warning
END
server=$!
exec 9>&-
stop() { kill -TERM "$server" 2>/dev/null; }
trap stop TERM INT HUP
trap : CHLD # the server's end ends a wait

# A zombie, which kill -0 takes for alive, runs nothing.
running() { [ -e "/proc/$server/exe" ]; }

# pause SECONDS: or until a signal or the server's end.
pause() {
  sleep "$1" 3>&- &
  sleeper=$!
  wait "$sleeper"
  kill "$sleeper" 2>/dev/null
}

ask() { redis-cli -s "$socket" "$@" 3>&-; }

load_library() {
  [ -f "$library" ] || return 0
  # An older Redis knows no functions: the tools send their scripts then.
  said=$(ask -x FUNCTION LOAD REPLACE <"$library" 2>&1)
  [ "$said" = lineman ] || printf '%s: %s\n' "$library" "$said" >&2
}

if command -v redis-cli >/dev/null; then
  until [ "$(ask PING 2>/dev/null)" = PONG ]; do
    running || exit 111 # it has said why
    pause 0.02
  done
  load_library
fi
running || exit 111
echo ready >&3
exec 3>&-

while running; do
  [ -S "$socket" ] || stop
  pause 2
done
