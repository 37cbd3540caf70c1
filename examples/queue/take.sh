#!/bin/sh
# take.sh QUEUE COMMAND...: takes one item from a work queue and gives it to the command's standard
# input; the item is done when that ends well, else it comes back in a minute. 1: nothing was ready.
# The lease is 10 minutes and is not renewed: qwait does that. For text without NUL.
set -eu
mode="lineman:{q.$1}:mode"
shift

token=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
taken=$(redis-cli -e --json -s "$REDIS_SOCKET" FCALL lineman_queue_work_take 1 "$mode" 600000 "$token" "sh:$$")
id=$(printf '%s' "$taken" | jq -r '.[2][0] // empty')
[ -n "$id" ] || exit 1
status=0
printf '%s' "$taken" | jq -j '.[2][11]' | "$@" || status=$?
if [ "$status" -eq 0 ]; then
  redis-cli -e -s "$REDIS_SOCKET" FCALL lineman_queue_work_ack 1 "$mode" "$id" "$token" 'exit 0'
else
  redis-cli -e -s "$REDIS_SOCKET" FCALL lineman_queue_work_release 1 "$mode" "$id" "$token" 60000 1 \
    "exit $status"
fi
