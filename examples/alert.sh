#!/bin/sh
# alert.sh ADDRESS: mails each notice of the queue `alerts`, one mail for a burst. It goes on where it
# stopped, so nothing is missed while it does not run: from a unit, or from ~/autostart. For example:
#
#   qput -q alerts "$(hostname): disk full"
set -eu
[ $# -eq 1 ] || { echo "usage: alert.sh address" >&2; exit 100; }
exec qwait -q alerts -i "mail-$(hostname)" --keep-going --coalesce 1000 -x mail -s 'alert: {}' "$1"
