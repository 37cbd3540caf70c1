#!/bin/sh
# redis-embedded SOCKET FOLDER [again]: starts the private redis-server that the tools of one user share, and
# ends when it answers and knows our functions; where one answers already there is nothing to do. The
# tools call it (lib/redis/embedded.h); it is not for people. Why it failed is on stderr. One that was
# stopped on purpose (FOLDER/stopped is there) is not started `again` for who was connected to it.
#
# The server listens on SOCKET alone and keeps its data in FOLDER. `redis-embedded SOCKET FOLDER serve`
# stays with it, in a session of its own: when SOCKET or its folder is gone, or TERM comes, the server
# writes what it has and ends, and this with it; and so it does when this is killed.
set -u
umask 077
usage='usage: redis-embedded socket folder [again]

Starts the private redis-server that the tools of one user share: at SOCKET, its data in FOLDER.
With "again", not after "lineman down".
Status 0: it answers there; 111: it does not. Used by the tools of lineman.

  -h, --help     this text
  -V, --version  the version'
case ${1-} in
  -h | --help) printf '%s\n' "$usage" && exit 0 ;;
  -V | --version) echo 'redis-embedded @VERSION@' && exit 0 ;;
  -*) printf 'redis-embedded: %s: no such option\n' "$1" >&2 && exit 100 ;;
esac
if [ $# -ne 2 ] && [ "$#${3-}" != 3serve ] && [ "$#${3-}" != 3again ]; then
  printf '%s\n' "$usage" >&2
  exit 100
fi
socket=$1 folder=$2
library=${0%/*}/../../share/lineman/redis/lineman.lua

say() { printf '%s\n' "$1" >&2; }
fail() {
  say "$1"
  exit 111
}

ask() { redis-cli -s "$socket" "$@"; }

# --- The start

start() {
  for program in redis-server redis-cli redis-check-aof; do
    command -v "$program" >/dev/null ||
      fail "$program is not installed: apt install redis-server, or set LINEMAN_REDIS to the URL of a Redis"
  done
  mkdir -p -- "$folder" || exit 111
  exec 8>"${socket%/*}/redis.lock"
  flock -n 8 || say "somebody else starts redis-server, and is slow"
  flock 8
  [ -z "$(ask PING 2>/dev/null)" ] || exit 0 # who had the lock before us has started it
  [ "$1" != again ] || [ ! -e "$folder/stopped" ] ||
    fail "redis-server was stopped by lineman down; the next tool that begins starts it"
  rm -f -- "$folder/stopped"

  # The server's own, until it has ended, whatever becomes of its script: two servers that append to
  # one file would ruin it.
  exec 9>"$folder/lock"
  flock -n 9 || say "another redis-server still has $folder"
  flock 9
  log=$folder/start.log
  said=$(setsid -f "$0" "$socket" "$folder" serve 3>&1 >/dev/null 2>"$log" 8>&-)
  [ "$said" = ready ] || fail "redis-server did not start: $(grep . "$log" | tail -n 1) ($log)"
}

# --- The server. Descriptor 9 is its lock; 3 is told "ready", or closed before that.

quoted() { printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"; }

server=
stop() {
  [ -n "$server" ] || exit 111
  kill -TERM "$server" 2>/dev/null
}

# A zombie, which kill -0 takes for alive, runs nothing.
running() { [ -e "/proc/$server/exe" ]; }

# pause SECONDS: or until a signal or the server's end.
pause() {
  sleep "$1" 3>&- &
  sleeper=$!
  wait "$sleeper"
  kill "$sleeper" 2>/dev/null
}

load_library() {
  [ -f "$library" ] || return 0
  # An older Redis knows no functions: the tools send their scripts then.
  said=$(ask -x FUNCTION LOAD REPLACE <"$library" 2>&1)
  [ "$said" = lineman ] || say "$library: $said"
}

# run SOCKET: a server, $server, until it has read its data and answers there.
run() {
  # As a file, not as arguments: those are split at blanks. The kernel's TERM when we are killed: a
  # server that nobody looks after would outlive its folder.
  setpriv --pdeathsig TERM redis-server - >&2 3>&- <<END &
port 0
unixsocket $(quoted "$1")
unixsocketperm 600
appendonly yes
appendfsync everysec
save ""
loglevel warning
END
  server=$!
  until [ "$(redis-cli -s "$1" PING 2>/dev/null)" = PONG ]; do
    running || return 1 # it has said why
    pause 0.02
  done
  return 0 # the last pause has a status of its own
}

# One that is killed in the midst of a write leaves the beginning of a transaction. Redis takes only
# its last, broken command away then, and the rest is carried out with the next transaction. But what
# ends between two commands it takes away as a whole: so it reads its data twice before anybody writes.
# What is damaged elsewhere it refuses, both times, where redis-check-aof --fix would cut it off there.
mend() {
  file=appendonlydir/appendonly.aof.manifest
  [ -f "$file" ] || file=appendonly.aof # of a Redis before 7
  [ -f "$file" ] || return 0
  ! redis-check-aof "$file" >check.log 2>&1 || return 0
  run "${socket%/*}/mend.sock" || return
  stop
  while running; do wait "$server"; done
}

serve() {
  cd -- "$folder" || exit 111
  trap stop TERM INT HUP
  trap : CHLD # the server's end ends a wait
  trap '' PIPE # who has started us may not wait any more
  mend && run "$socket" || exit 111
  exec 9>&-
  load_library
  echo ready >&3
  exec 3>&-
  while running; do
    [ -S "$socket" ] || stop
    pause 2
  done
}

exec </dev/null
if [ "${3-}" = serve ]; then serve; else start "${3-}"; fi
