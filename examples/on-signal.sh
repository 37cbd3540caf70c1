#!/bin/sh
# on-signal.sh QUEUE COMMAND [ARGUMENT ...]: for cron: runs COMMAND when somebody signalled since the
# last time, however often; otherwise does nothing. With a second number it waits for the signal too:
#
#   * * * * * on-signal.sh new-data ./import         looks once a minute
#   * * * * * WAIT=50 on-signal.sh new-data ./import  acts at once, the minute long
set -eu
[ $# -ge 2 ] || { echo "usage: on-signal.sh queue command [argument ...]" >&2; exit 100; }
queue=$1
shift
status=0
qwait -q "$queue" -i "on-signal-$(id -un)" --coalesce 200 -n 1 -t "${WAIT:-0}" >/dev/null || status=$?
case $status in
  0 | 98) exec "$@" ;; # 98: more than the queue keeps, so there were some
  1 | 99) exit 0 ;;
  *) exit "$status" ;;
esac
