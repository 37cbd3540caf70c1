#!/bin/sh
# cloud-loop.sh [SECONDS]: for ~/autostart: the commands that a web service hands in are run one after
# the other, and when nothing came for SECONDS (20), everything is looked at once. Whoever hands in
# a command can wait for what became of it:
#
#   qput -w cloud --result 'start web1'
#
# CONTROL is the program that does it: cloudctl, where nothing else is said.
set -u
seconds=${1:-20}
while :; do
  # shellcheck disable=SC2016
  qwait -w cloud -n 1 -t "$seconds" --tries 3 -x sh -c '
    set -f
    set -- $1
    command=$1
    shift
    case $command in
      sync | start | stop | console | kill | reset) exec ${CONTROL:-cloudctl} "$command" "$@" ;;
      new) exec ${CONTROL:-cloudctl} create "$@" ;;
      off) exec ${CONTROL:-cloudctl} force "$@" ;;
      *) echo "UNKNOWN: $command" >&2 ;;
    esac' sh {}
  case $? in
    0) ;;
    99) ${CONTROL:-cloudctl} sync ;;
    *) sleep 1 ;; # no Redis: the next round says so again
  esac
done
