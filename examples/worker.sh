#!/bin/sh
# worker.sh QUEUE COMMAND [ARGUMENT ...]: a worker that people can watch: below ptybufferd, its output
# kept, and started again when it ends. Two at once, three tries, then a dead letter. For example:
#
#   worker.sh convert ./convert {}
#   qput -w convert photo.jpg
#   ptyattach convert
set -eu
[ $# -ge 2 ] || { echo "usage: worker.sh queue command [argument ...]" >&2; exit 100; }
queue=$1
shift
exec ptybufferd -q -R --name "$queue" qwait -v -w "$queue" -P 2 --tries 3 -x "$@"
