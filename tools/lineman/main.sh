#!/bin/sh
# lineman: the front door. Everything it does, a person could type; it keeps no state of its own.
#
# Run from a build folder, it stays in there (BUILD/run), so that a first look at the suite touches
# none of the user's folders; installed, it uses theirs (DESIGN, part 6, as lib/base/paths).
# shellcheck disable=SC2015  # `a && b || c` is meant
set -u

VERSION='@VERSION@'
USAGE='usage: lineman [-hV] up [consoled] | env | status
       lineman down [-t seconds] [consoled]
       lineman tour [--once] [file]

up      start what lies in ~/autostart, and make the folders; or start consoled
down    end what runs in the runtime folder, or consoled alone, and wait for it
env     print shell lines that make this shell use the same folders and programs
status  say what is wrong, in ten lines at most; status 1 when something is
tour    run the commands of the tour in README.md, or in file; stay up until Ctrl-C

      --once             tour: stop everything afterwards; status 1 if a command failed
  -t, --timeout SECONDS  down: wait so long at most [15]
  -h, --help             this text
  -V, --version          the version'

fail() {
  printf 'lineman: %s\n' "$*" >&2
  exit 111
}
misused() {
  printf 'lineman: %s: see lineman --help\n' "$1" >&2
  exit 100
}

once=no verb='' file='' daemon='' patience=''
parse_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) printf '%s\n' "$USAGE" && exit 0 ;;
      -V | --version) printf 'lineman %s\n' "$VERSION" && exit 0 ;;
      --once) once=yes ;;
      -t | --timeout) [ $# -gt 1 ] || misused "$1: needs a number" && patience=$2 && shift ;;
      --timeout=*) patience=${1#*=} ;;
      -t*) patience=${1#-t} ;;
      -*) misused "$1: no such option" ;;
      *) operand "$1" ;;
    esac
    shift
  done
  case $verb in
    up | down | env | status | tour) ;;
    '') misused 'what? up, down, env, status or tour' ;;
    *) misused "$verb: no such command" ;;
  esac
  [ "$once" = no ] || [ "$verb" = tour ] || misused '--once: only with tour'
  [ -z "$patience" ] || [ "$verb" = down ] || misused '--timeout: only with down'
  case $patience in *[!0-9]* | ??????*) misused "--timeout: $patience: not a number of seconds" ;; esac
}

operand() {
  if [ -z "$verb" ]; then
    verb=$1
  elif [ "$verb" = tour ] && [ -z "$file" ]; then
    file=$1
  elif [ -z "$daemon" ] && [ "$1" = consoled ] && { [ "$verb" = up ] || [ "$verb" = down ]; }; then
    daemon=$1
  else
    misused "$1: one argument too many"
  fi
}

# --- Folders

find_folders() {
  here=$(readlink -f -- "$(command -v -- "$0")") && here=${here%/*}
  PATH=$here:${PATH:-/usr/bin:/bin} && export PATH
  uid=$(id -u) || fail 'who am I? id does not say'
  case ${HOME:-} in
    /*) ;;
    *) HOME=$(getent passwd "$uid" | cut -d: -f6) && export HOME ;;
  esac
  sandbox=no
  if [ "${here##*/}" = bin ] && [ -d "${here%/*}/obj" ]; then
    sandbox=${here%/*}/run
  elif [ "$verb" = tour ] && [ -z "${LINEMAN_RUNTIME:-}" ]; then
    # A tour through an installed suite leaves the user's jobs alone.
    sandbox=$(mktemp -d /tmp/lineman-tour.XXXXXX) || fail 'no temporary folder'
  fi
  if [ "$sandbox" != no ]; then
    runtime=$sandbox/run state=$sandbox/state config=$sandbox/config
  elif [ "$uid" = 0 ]; then
    runtime=/run/lineman state=/var/lib/lineman config=/etc/lineman
  else
    runtime=/var/tmp/lineman-$uid state=$HOME/.local/state/lineman config=$HOME/.config/lineman
  fi
  first_of "${LINEMAN_RUNTIME:-}" "${RUNTIME_DIRECTORY:-}" "$runtime" && LINEMAN_RUNTIME=$first
  first_of "${LINEMAN_STATE:-}" "${STATE_DIRECTORY:-}" "$state" && LINEMAN_STATE=$first
  first_of "${LINEMAN_CONFIG:-}" "${CONFIGURATION_DIRECTORY:-}" "$config" && LINEMAN_CONFIG=$first
  export LINEMAN_RUNTIME LINEMAN_STATE LINEMAN_CONFIG
}

# first_of OURS SYSTEMDS DEFAULT: into $first; systemd gives several, joined by colons.
first_of() {
  case $1 in /*) first=$1 && return ;; esac
  case $2 in /*) first=${2%%:*} && return ;; esac
  first=$3
}

make_folders() {
  for folder in "$LINEMAN_RUNTIME" "$LINEMAN_STATE" "$LINEMAN_CONFIG"; do
    [ -d "$folder" ] || (umask 077 && mkdir -p -- "$folder") || fail "$folder: cannot make it"
  done
  [ "$(stat -c %u -- "$LINEMAN_RUNTIME")" = "$uid" ] || [ "$uid" = 0 ] ||
    fail "$LINEMAN_RUNTIME: belongs to someone else: set LINEMAN_RUNTIME"
}

# The folders where sockets of ours may lie; persist has the commands of consoles that outlive
# consoled.
socket_folders() {
  printf '%s\n' "$LINEMAN_RUNTIME" "$LINEMAN_RUNTIME/persist" "$LINEMAN_RUNTIME/autostart"
  [ "$sandbox" = no ] || return 0
  for base in /var/log/autostart /var/tmp/autostart /tmp/autostart; do
    printf '%s\n' "$base/${LOGNAME:-$(id -un)}"
  done
}

# The folder whose autostart/ counts: in a build folder, one below it.
jobs_home() {
  home=$HOME
  [ "$sandbox" = no ] || home=$LINEMAN_STATE/home
}

# --- Sockets

# What socat would take for its own syntax gets a backslash.
unix_to() { printf 'UNIX-CONNECT:%s' "$(printf '%s' "$1" | LC_ALL=C sed 's/[][\\,:!"'\''(){}]/\\&/g')"; }

ask() { echo "$2" | timeout 5 socat -t 3 - "$(unix_to "$1")" 2>/dev/null; }
answers() { timeout 5 socat -u OPEN:/dev/null "$(unix_to "$1")" 2>/dev/null; }

# control_of SOCKET: into $control.
control_of() { control=${1%.sock}.ctl; }

# --- env

quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

env_lines() {
  printf 'export LINEMAN_RUNTIME=%s\n' "$(quoted "$LINEMAN_RUNTIME")"
  printf 'export LINEMAN_STATE=%s\n' "$(quoted "$LINEMAN_STATE")"
  printf 'export LINEMAN_CONFIG=%s\n' "$(quoted "$LINEMAN_CONFIG")"
  # shellcheck disable=SC2016
  printf 'case ":$PATH:" in *:%s:*) ;; *) export PATH=%s:"$PATH" ;; esac\n' "$(quoted "$here")" \
    "$(quoted "$here")"
}

# --- up, down

up() {
  make_folders
  [ "$daemon" != consoled ] || { up_consoled && return; }
  jobs_home
  started=0
  [ ! -d "$home/autostart" ] || HOME=$home ptyautostart || started=$?
  echo "up: $LINEMAN_RUNTIME"
  return "$started"
}

# consoled stays in the foreground: it gets a session and a log of its own here. What it has to say
# when it cannot start stands in the log, behind what was there before.
up_consoled() {
  control=$LINEMAN_RUNTIME/consoled.ctl log=$LINEMAN_STATE/consoled.log
  if ! answers "$control"; then
    said=$(umask 077 && wc -c 2>/dev/null <"$log" || : >"$log")
    setsid consoled </dev/null >>"$log" 2>&1 3>&- 4>&- &
    tries=0
    until answers "$control"; do
      if ! kill -0 $! 2>/dev/null || [ $((tries = tries + 1)) -gt 200 ]; then
        tail -c +$((${said:-0} + 1)) "$log" | head -n 5 >&2
        fail "consoled does not start: its log is $log"
      fi
      sleep 0.05
    done
  fi
  echo "up: $control"
}

down() {
  deadline=$(($(date +%s) + ${patience:-15}))
  # It first, as it would start its commands again.
  stop_and_wait "$LINEMAN_RUNTIME/consoled.ctl" "$LINEMAN_RUNTIME/consoled.sock"
  [ "$daemon" = consoled ] || stop_and_wait "$LINEMAN_RUNTIME"/*.sock "$LINEMAN_RUNTIME"/*.ctl \
    "$LINEMAN_RUNTIME"/persist/* "$LINEMAN_RUNTIME"/autostart/*.sock "$LINEMAN_RUNTIME"/autostart/*.ctl
  [ "$daemon" = consoled ] || stop_redis # last: what ends may have items to give back
  [ -n "$left" ] || return 0
  printf 'lineman: still running: %s\n' "$left" >&2
  return 1
}

# The private redis-server that the tools share (lib/redis/embedded.h).
redis_socket() { [ -S "$LINEMAN_RUNTIME/redis.sock" ] && answers "$LINEMAN_RUNTIME/redis.sock"; }

stop_redis() {
  redis_socket || return 0
  : >"$LINEMAN_STATE/redis/stopped" # who waits there still is not to start it again
  ask "$LINEMAN_RUNTIME/redis.sock" SHUTDOWN >/dev/null
  while redis_socket && [ "$(date +%s)" -lt "$deadline" ]; do sleep 0.1; done
  ! redis_socket || left="$left$LINEMAN_RUNTIME/redis.sock "
}

# stop_and_wait SOCKETS...: those that take commands are told; those that are there when time is
# over are in $left.
stop_and_wait() {
  for socket; do
    case $socket in *.ctl) [ ! -S "$socket" ] || ask "$socket" stop >/dev/null || true ;; esac
  done
  while still_there "$@" && [ "$(date +%s)" -lt "$deadline" ]; do sleep 0.2; done
}

# still_there SOCKETS...: those that answer, into $left; the others are in the way of the next start.
still_there() {
  left=
  for socket; do
    [ -S "$socket" ] && [ "$socket" != "$LINEMAN_RUNTIME/redis.sock" ] || continue
    if answers "$socket"; then left="$left$socket "; else rm -f -- "$socket"; fi
  done
  [ -n "$left" ]
}

# --- status: one line for each thing that is wrong: what, why, what to do about it

status() {
  found=$(look) # what runs is the last line
  well=${found##*well: }
  found=${found%well: *}
  if [ -z "$found" ]; then
    printf 'all is well: %s\n' "$well"
    return 0
  fi
  lines=$(printf '%s' "$found" | wc -l)
  if [ "$lines" -le 10 ]; then
    printf '%s' "$found"
  else
    printf '%s' "$found" | head -n 9
    printf 'and %s more\n' $((lines - 9))
  fi
  return 1
}

look() {
  running=0
  for program in socat jq ptybufferd; do
    command -v "$program" >/dev/null || echo "$program: not installed: see README.md"
  done
  folders=$(socket_folders)
  while IFS= read -r folder; do
    [ -d "$folder" ] || continue
    look_into "$folder"
  done <<END
$folders
END
  look_at_jobs
  look_at_disks
  if redis_socket; then redis=', and redis-server'; else redis=; fi
  echo "well: $running running$redis"
}

look_into() {
  if [ "$(stat -c %u -- "$1")" != "$uid" ] && [ "$uid" != 0 ]; then
    echo "$1: belongs to someone else: have it removed"
    return
  fi
  for socket in "$1"/*.sock; do
    # A killed redis-server is nothing to mend: the next tool starts it again.
    [ -S "$socket" ] && [ "$socket" != "$LINEMAN_RUNTIME/redis.sock" ] || continue
    control_of "$socket"
    job=${socket##*/} && job=$(printf '%s' "${job%.sock}" | LC_ALL=C tr '[:cntrl:]' '?')
    if [ -S "$control" ] && answer=$(ask "$control" status) && [ -n "$answer" ]; then
      running=$((running + 1))
      if [ "$job" = consoled ]; then judge_consoled; else judge "$answer"; fi
    elif answers "$socket"; then
      running=$((running + 1))
      [ ! -S "$control" ] || echo "$job: does not answer on $control: see its log, or kill it"
    else
      echo "$job: dead socket $socket: its daemon was killed: start it again, or remove the file"
    fi
  done
}

# judge ANSWER: what a job's own status says is wrong with it.
judge() {
  printf '%s' "$1" | jq -r --arg job "$job" '
    def log: "\($job): output file \(.path)";
    (select(.starts > 2 and .state == "waiting")
      | "\($job): ends again and again (\(.starts) starts): \(.lastEnd // "why is in its log")"),
    (.output // empty | (
      (select(.stuck) | "\(log): the disk hangs, \(.pending) bytes wait: look at the disk"),
      (select(.lost > 0) | "\(log): \(.lost) bytes are missing, marked there: was the disk full?"),
      (select(.error) | "\(log): \(.error)"),
      (select(.rotationError) | "\(log): not put aside: \(.rotationError)")))
  ' 2>/dev/null || echo "$job: its status is not JSON: is it another program?"
}

# consoled's own status says how many consoles are down; three of them are named.
judge_consoled() {
  printf '%s' "$answer" | jq -r '(.journal // empty |
      (select(.stuck) | "consoled: journals: the disk hangs, \(.pending) bytes wait: look at the disk"),
      (select(.lost > 0) | "consoled: journals: \(.lost) bytes are missing, marked there: was the disk full?")),
    (.loggers[]? | select(.trouble) | "consoled: logger \(.name): \(.trouble): \(.behind) bytes wait for it")'
  ask "$control" list | jq -r '[.consoles[]? | select(.failed)] | length as $n |
    (.[:3][] | "\(.console): \(if .state == "waiting" then "down" else .state end): \(.reason // "why is in the log")"),
    (select($n > 3) | "consoled: \($n - 3) more consoles are down: conctl status")'
  [ -e "$LINEMAN_CONFIG/consoled.conf" ] || return 0
  consoled --check 2>&1 >/dev/null | sed 's/^/consoled: /'
}

look_at_jobs() {
  jobs_home
  [ -d "$home/autostart" ] || return 0
  HOME=$home ptyautostart -l | awk '
    $2 == "dead" { print $1 ": not running: ptyautostart starts it" }
    $2 == "never" { print $1 ": never started: is ptyautostart in the crontab?" }'
}

# A log that cannot be written is a gap later.
look_at_disks() {
  { printf '%s\n' "$folders" && echo "$LINEMAN_STATE"; } | while IFS= read -r folder; do
    [ -d "$folder" ] || continue
    df -P -- "$folder" | awk 'NR == 2 { print $5 + 0, $6 }'
  done | sort -u | awk '$1 > 95 { print $2 ": disk " $1 " % full: make room" }'
}

# --- tour

# tour_commands FILE: the commands between the markers, one per line; those that end with a
# backslash go on in the next.
tour_commands() {
  awk '/^<!-- tour -->$/ { tour = 1 } /^<!-- end of tour -->$/ { tour = 0 }
    /^```/ { code = tour && $0 == "```sh"; next } code' "$1"
}

find_readme() {
  for readme in "$file" "${here%/*/*}/README.md" "${here%/*/*/*}/README.md" \
    "${here%/*/*/*/*}/README.md" "${here%/*}/share/doc/lineman/README.md"; do
    [ -n "$readme" ] && [ -f "$readme" ] && grep -qx '<!-- tour -->' "$readme" &&
      readme=$(readlink -f -- "$readme") && return
    [ -z "$file" ] || break
  done
  fail "${file:-README.md}: no tour there"
}

run_tour() {
  failures=0 command=
  while IFS= read -r line <&3 || [ -n "$line" ]; do
    command="$command$line"
    case $line in
      '') continue ;;
      *\\) command="$command
" && continue ;;
    esac
    printf '\n$ %s\n' "$command"
    timeout --foreground -k 5 30 sh -c "$command" </dev/null 3<&- || {
      printf 'lineman: status %s: %s\n' $? "$command" >&2
      failures=$((failures + 1))
    }
    command=
  done 3<<END
$(tour_commands "$readme")
END
}

tour() {
  find_readme
  jobs_home
  HOME=$home && export HOME # the user's own jobs are no part of it
  [ "${#LINEMAN_RUNTIME}" -le 75 ] ||
    fail "$LINEMAN_RUNTIME: too long for the sockets in it: set LINEMAN_RUNTIME"
  for socket in "$LINEMAN_RUNTIME"/*.ctl; do
    [ ! -S "$socket" ] || ! answers "$socket" ||
      fail "$LINEMAN_RUNTIME: in use: end it first with \"lineman down\""
  done
  # Below a build folder each tour is a first one.
  for folder in "$LINEMAN_STATE" "$LINEMAN_CONFIG"; do
    case $folder in "$sandbox"/*) rm -rf -- "$folder" ;; esac
  done
  make_folders
  cd -- "${readme%/*}" || fail "${readme%/*}: cannot go there"
  trap 'end_tour 130' INT
  trap 'end_tour 143' TERM HUP
  run_tour
  [ "$once" = yes ] || stay
  end_tour 0
}

stay() {
  printf '\nAll of this stays up until Ctrl-C. From another terminal:\n\n'
  if [ "${given_runtime:-$sandbox/run}" = "$sandbox/run" ] && [ -d "${here%/*}/obj" ]; then
    # shellcheck disable=SC2016
    printf '  eval "$(%s env)"\n' "$(quoted "$here/lineman")"
  else
    env_lines | sed 's/^/  /'
  fi
  printf '  ptyattach\n'
  [ ! -S "$LINEMAN_RUNTIME/consoled.sock" ] || printf '  conctl status\n  conctl web\n'
  trap 'end_tour 0' INT TERM HUP
  while :; do
    sleep 600 &
    sleeper=$!
    wait "$sleeper"
  done
}

end_tour() {
  trap '' INT TERM HUP
  [ -z "${sleeper:-}" ] || kill "$sleeper" 2>/dev/null
  printf '\nending what runs in %s\n' "$LINEMAN_RUNTIME"
  down || failures=$((failures + 1))
  case $sandbox in /tmp/lineman-tour.*) rm -rf -- "$sandbox" ;; esac
  [ "$1" -eq 0 ] || exit "$1"
  [ "$failures" -eq 0 ] || { printf 'lineman: %s failed\n' "$failures" >&2 && exit 1; }
  exit 0
}

parse_arguments "$@"
given_runtime=${LINEMAN_RUNTIME:-}
find_folders
case $verb in
  env) env_lines ;;
  *) "$verb" ;;
esac
