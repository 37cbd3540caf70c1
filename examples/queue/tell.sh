#!/bin/sh
# tell.sh QUEUE: tells standard input, as it is, to every waiter of a signal queue that keeps the last
# 1000 messages.
set -eu
random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

redis-cli -e -s "$REDIS_SOCKET" -x FCALL lineman_queue_signal_put 1 "lineman:{q.$1}:mode" \
  "$(random 4)" "$(random 2)" 1000 '~' >/dev/null
