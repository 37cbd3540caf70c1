#!/bin/sh
# on-word.sh SOCKET WORD COMMAND [ARGUMENT ...]: runs COMMAND each time the job says a line with WORD
# in it, with that line on standard input. Ends when the job ends. For example:
#
#   on-word.sh /run/lineman/switch.sock 'link down' mail -s 'switch: link down' root
#
# -u: nothing is sent, so that socat does not end when our own standard input does.
set -eu
[ $# -ge 3 ] || { echo "usage: on-word.sh socket word command [argument ...]" >&2; exit 100; }
socket=$1 word=$2
shift 2
socat -u "UNIX-CONNECT:$socket" - | while IFS= read -r line; do
  case $line in
    *"$word"*) printf '%s\n' "$line" | "$@" || echo "on-word.sh: $1: status $?" >&2 ;;
  esac
done
