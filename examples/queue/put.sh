#!/bin/sh
# put.sh QUEUE: puts standard input, as it is, into a work queue as one item, and prints its id.
# REDIS_SOCKET is the server's socket; the library must be loaded: see lineman-redis(7).
set -eu
random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

answer=$(redis-cli -e -s "$REDIS_SOCKET" -x FCALL lineman_queue_work_put 1 "lineman:{q.$1}:mode" \
  "$(random 4)" "$(random 2)" 5 0 0 0 '' 0 refuse)
echo "$answer" | sed -n 3p
