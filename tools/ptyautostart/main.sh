#!/bin/sh
# ptyautostart: start each executable in ~/autostart that is not running, under ptybufferd. Meant for
# cron, once a minute. All state lies in one folder (RUNDIR below): sockets, logs, and .jobs/NAME,
# which holds the script that owns NAME.
#
# File names are data here: never evaluated, never split. One run at a time holds RUNDIR/.lock.
# shellcheck disable=SC2015,SC2317  # `a && b || c` is meant; functions are passed by name
set -u

VERSION='@VERSION@'
USAGE='usage: ptyautostart [-lnv] [seconds]

Start what lies in ~/autostart and the folders in it and is not running.
seconds: sleep so long after each start

  -l, --list        list the jobs with their state, and start nothing
  -n, --dry-run     print the ptybufferd commands instead of running them
  -v, --verbose     say also what is running already (always so on a terminal)
  -h, --help        this text
  -V, --version     the version'

newline='
'
mode=start verbose=no pause='' called=${0##*/}
[ "$called" = autostart.sh ] && old=yes || old=no

# fail WHAT...: end, with the old status under the old name.
fail() {
  printf 'ptyautostart: %s\n' "$*" >&2
  [ "$old" = no ] || exit 1
  exit 111
}
misused() {
  printf 'ptyautostart: %s: see ptyautostart --help\n' "$1" >&2
  exit 100
}

parse_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --list) mode=list ;;
      --dry-run) mode=show ;;
      --verbose) verbose=yes ;;
      --help) printf '%s\n' "$USAGE" && exit 0 ;;
      --version) printf 'ptyautostart %s\n' "$VERSION" && exit 0 ;;
      --) shift && break ;;
      --*) misused "$1: no such option" ;;
      -?*) parse_letters "${1#-}" ;;
      *) break ;;
    esac
    shift
  done
  [ $# -le 1 ] || misused "$2: one argument is enough"
  pause=${1:-}
  case ${pause%[smhd]} in
    [0-9]*) ;;
    *) [ -z "$pause" ] || misused "$pause: not a number of seconds" ;;
  esac
  case ${pause%[smhd]} in *[!0-9.]* | *.*.*) misused "$pause: not a number of seconds" ;; esac
}

parse_letters() {
  letters=$1
  while [ -n "$letters" ]; do
    case $letters in
      l*) mode=list ;;
      n*) mode=show ;;
      v*) verbose=yes ;;
      h*) printf '%s\n' "$USAGE" && exit 0 ;;
      V*) printf 'ptyautostart %s\n' "$VERSION" && exit 0 ;;
      *) misused "-$letters: no such option" ;;
    esac
    letters=${letters#?}
  done
}

# --- Where things are. cron may give neither HOME nor LOGNAME.

# Changes to the home folder; `here` is the folder of this script.
find_home() {
  here=$(readlink -f -- "$(command -v -- "$0")") && here=${here%/*}
  uid=$(id -u) || fail "who am I? id does not say"
  case ${HOME:-} in
    /*) ;;
    *) HOME=$(getent passwd "$uid" | cut -d: -f6) && export HOME ;;
  esac
  cd -- "${HOME:-/nonexistent}" 2>/dev/null || fail "${HOME:-HOME}: cannot go there"
}

find_ptybufferd() {
  PATH=$HOME/bin:/usr/local/bin:${PATH:-/usr/bin:/bin} && export PATH
  if [ -x "$here/ptybufferd" ]; then
    ptybufferd=$here/ptybufferd
  else
    ptybufferd=$(command -v ptybufferd) || fail "ptybufferd: neither in $here nor in PATH: install it"
  fi
}

# The folder of all users' folders: the first usable one. It is made when something is to be started.
find_base() {
  for base in /var/log/autostart /var/tmp/autostart /tmp/autostart; do
    { [ -d "$base" ] && [ -w "$base" ]; } || [ -d "$base/$LOGNAME" ] && return 0
    [ "$base" != /var/log/autostart ] && [ ! -e "$base" ] && [ -w "${base%/*}" ] || continue
    [ "$mode" = start ] || return 0
    mkdir -m 1777 "$base" 2>/dev/null || [ -w "$base" ] && return 0
  done
  fail "no folder to run in: /var/log/autostart, /var/tmp/autostart and /tmp/autostart are not usable"
}

# A folder that somebody else made, or a link, could show our sockets to others.
check_ours() {
  [ ! -L "$1" ] && [ -d "$1" ] || fail "$1: not a folder: remove it"
  [ "$(stat -c %u -- "$1")" = "$uid" ] || fail "$1: belongs to someone else: have it removed"
}

make_ours() {
  # Another run may make it at the same moment.
  [ -d "$1" ] || mkdir -m 700 -- "$1" 2>/dev/null || [ -d "$1" ] || fail "$1: cannot make it"
  check_ours "$1"
  chmod 700 -- "$1" || fail "$1: cannot make it private"
}

find_rundir() {
  # Where the runtime folder is the usual one, a login and cron must mean the same jobs.
  case ${LINEMAN_RUNTIME:-} in "/var/tmp/lineman-$uid" | /run/lineman) LINEMAN_RUNTIME='' ;; esac
  case ${LINEMAN_RUNTIME:-} in
    /*)
      base=$LINEMAN_RUNTIME rundir=$LINEMAN_RUNTIME/autostart
      [ "$mode" != start ] || [ -d "$base" ] || make_ours "$base"
      ;;
    *)
      LOGNAME=${LOGNAME:-$(id -un)}
      case $LOGNAME in
        . | .. | */* | '') fail "LOGNAME=$LOGNAME: not a user's name" ;;
      esac
      export LOGNAME
      find_base
      rundir=$base/$LOGNAME
      ;;
  esac
  jobs=$rundir/.jobs
  if [ "$mode" = start ]; then
    make_ours "$rundir"
    make_ours "$jobs"
  elif [ -e "$rundir" ] || [ -L "$rundir" ]; then
    check_ours "$rundir"
  fi
}

# --- The log: lines of `YYYYmmdd-HHMMSS text`, kept in pieces like the jobs' own logs.

rotate_bytes=${LINEMAN_ROTATE_BYTES:-10485760}
rotate_files=${LINEMAN_ROTATE_FILES:-9}

check_rotation() {
  case $rotate_bytes in *[!0-9]*) fail "LINEMAN_ROTATE_BYTES=$rotate_bytes: not a number" ;; esac
  case $rotate_files in *[!0-9]*) fail "LINEMAN_ROTATE_FILES=$rotate_files: not a number" ;; esac
}

rotate_log() {
  log=$rundir/autostart.log
  [ "$rotate_bytes" -gt 0 ] && [ -s "$log" ] || return 0
  [ "$(stat -c %s -- "$log")" -ge "$rotate_bytes" ] || return 0
  n=$rotate_files
  while [ "$n" -gt 1 ]; do
    [ ! -e "$log.$((n - 1))" ] || mv -f -- "$log.$((n - 1))" "$log.$n"
    n=$((n - 1))
  done
  if [ "$rotate_files" -gt 0 ]; then mv -f -- "$log" "$log.1"; else : >"$log"; fi
}

# note TEXT: into the log; the line is left in $line.
note() {
  line="$(date +%Y%m%d-%H%M%S) $1"
  printf '%s\n' "$line" >>"$rundir/autostart.log"
  [ "$old" = yes ] || line=$1
}

# plain TEXT: $plain is TEXT without what a terminal or a log might act on.
plain() {
  plain=$1
  case $1 in
    *[[:cntrl:]]*) plain=$(printf '%s' "$1" | LC_ALL=C tr '[:cntrl:]' '?') ;;
  esac
}

# --- Names. A script is known by its base name without .sh, which must be its alone: the first
# (at the top before in a folder) keeps it and the next gets its folder's name in front. Who owns a
# name stays so, whichever starts first and whatever is added, until its script is gone.

# choose_name SCRIPT: into $name.
choose_name() {
  stem=${1##*/}
  stem=${stem%.sh}
  case $1 in
    autostart/*/*) other=${1#autostart/} && other=${other%/*}_$stem ;;
    *) other=${1##*/} ;;
  esac
  try_names owns "$1" || try_names holds "$1"
}

# try_names TEST SCRIPT: $name is the first that TEST takes: STEM, OTHER, 2_OTHER, 3_OTHER ... TEST
# ends the search with status 2 and up.
try_names() {
  name=$stem n=1
  while :; do
    "$1" "$name" "$2"
    case $? in
      0) return 0 ;;
      1) ;;
      *) return 1 ;;
    esac
    [ "$n" -eq 1 ] && name=$other || name=${n}_$other
    n=$((n + 1))
  done
}

# owns NAME SCRIPT: NAME is SCRIPT's by an earlier run. Records are never removed, only given to
# another script, so the first name without one is the end of those that SCRIPT can have.
owns() {
  [ -e "$jobs/$1" ] || [ "$1" = "$stem" ] || return 2
  read_owner "$1"
  [ "$owner" = "$2" ] && taken=$taken$1/
}

# read_owner NAME: into $owner, exactly; empty when there is none.
read_owner() {
  owner=.
  [ ! -s "$jobs/$1" ] || owner=$(cat -- "$jobs/$1" && echo .)
  owner=${owner%.}
}

taken=/
# holds NAME SCRIPT: NAME is free, and SCRIPT's from now on.
holds() {
  case $taken in *"/$1/"*) return 1 ;; esac
  read_owner "$1"
  # A script that is only switched off (chmod -x) keeps its name; so does a job that still runs.
  [ -z "$owner" ] || { [ ! -e "$owner" ] && ! answers "$1"; } || return 1
  taken=$taken$1/
  [ "$mode" != start ] || printf '%s' "$2" 2>/dev/null >"$jobs/$1" || true
}

answers() {
  [ -S "$rundir/$1.sock" ] || return 1
  "$ptybufferd" -c "$rundir/$1.sock" </dev/null >/dev/null 2>&1 9>&-
  [ $? -eq 42 ]
}

# --- The option field: the text after the name's last dot, when it begins and ends with `-`.
# N, T and U take the first number anywhere after them; S24x80 and H65536 only what follows at once,
# and those numbers are nobody else's. Y takes all the rest.

parse_field() {
  field=${1##*.}
  flags='' info='' size='' history='' has_info=no
  case $field in -*-) ;; *) return ;; esac
  [ "$field" != - ] || return
  flags=${field#-}
  flags=${flags%-}
  case $flags in
    *Y*) has_info=yes info=${flags#*Y} flags=${flags%%Y*} ;;
  esac
  take_size
  take_history
}

take_size() {
  rest=$flags flags=
  while :; do
    case $rest in *S*) ;; *) break ;; esac
    flags=$flags${rest%%S*} rest=${rest#*S}
    rows=${rest%%[!0-9]*}
    after=${rest#"$rows"}
    cols=${after#x}
    cols=${cols%%[!0-9]*}
    case $after in
      x[0-9]*) [ -n "$rows" ] && size=${rows}x$cols rest=${after#"x$cols"} ;;
    esac
    flags=${flags}_
  done
  flags=$flags$rest
}

take_history() {
  rest=$flags flags=
  while :; do
    case $rest in *H*) ;; *) break ;; esac
    flags=$flags${rest%%H*}_ rest=${rest#*H}
    bytes=${rest%%[!0-9]*}
    rest=${rest#"$bytes"}
    [ -z "$bytes" ] || history=$bytes
  done
  flags=$flags$rest
}

has() { case $flags in *"$1"*) ;; *) return 1 ;; esac; }

# number LETTER DEFAULT: into $number.
number() {
  number=${flags##*"$1"}Y$info
  number=${number#"${number%%[0-9]*}"}
  number=${number%%[!0-9]*}
  number=${number:-$2}
}

# --- One job

# handle SCRIPT ACTION: calls ACTION with ptybufferd's arguments.
handle() {
  script=$1 action=$2
  choose_name "$script"
  parse_field "$stem"
  files=$rundir/$name
  # Our own log has the name a script `autostart.sh` would write to.
  [ "$name" != autostart ] || files=$rundir/autostart-job
  set --
  has A && set -- "$@" -a
  has E && set -- "$@" -e
  has G && set -- "$@" -g
  has I && set -- "$@" -i
  has K && set -- "$@" -k
  has L || set -- "$@" -l "$files.log"
  has N && number N 1 && set -- "$@" -n "$number"
  has O || set -- "$@" -o "$files.out"
  has P && set -- "$@" -p
  has Q && set -- "$@" -q
  has R && set -- "$@" -R
  has T && number T 0 && set -- "$@" -t "$number"
  has U && number U 077 && set -- "$@" -u "$number"
  has W && set -- "$@" -w
  [ -z "$size" ] || set -- "$@" -S "$size"
  [ -z "$history" ] || set -- "$@" --history-bytes "$history"
  [ "$has_info" = no ] || set -- "$@" -y "$info"
  has L && has O || set -- "$@" --rotate-bytes "$rotate_bytes" --rotate-files "$rotate_files"
  "$action" "$@" -cf "$rundir/$name.sock" "$script"
}

# Nothing of ours stays open in the job, and nothing it says is lost when it fails.
start() {
  "$ptybufferd" "$@" </dev/null >"$rundir/.said" 2>&1 9>&-
  result=$?
  plain "$name"
  case $result in
    0) started ;;
    42) running ;;
    *) failed ;;
  esac
}

started() {
  note "started $plain"
  if [ "$old" = yes ]; then printf '%s\n' "$line" >&2; else printf '%s\n' "$line"; fi
  [ -z "$pause" ] || sleep "$pause"
}

running() {
  note "ok $plain"
  [ "$verbose" = no ] || printf '%s\n' "$line"
}

failed() {
  status=1
  note "OOPS $plain ($result)"
  printf '%s\n' "$line" >&2
  while IFS= read -r reason || [ -n "$reason" ]; do
    plain "$reason"
    note "  $plain"
    printf '%s\n' "$line" >&2
  done <"$rundir/.said"
}

# --- -n: the command, ready for a shell in $HOME, always on one line: a newline in a name is $nl.

show() {
  words='' prefix=
  quote "$ptybufferd"
  for word; do quote "$word"; done
  printf '%s%s\n' "$prefix" "${words# }"
}

quote() {
  case $1 in
    '' | *[!A-Za-z0-9_./:=@%+,-]*) ;;
    *) words="$words $1" && return ;;
  esac
  rest=$1 words="$words '"
  while :; do
    case $rest in *"'"* | *"$newline"*) ;; *) break ;; esac
    head=${rest%%["'$newline"]*}
    rest=${rest#"$head"}
    case $rest in
      "'"*) words="$words$head'\\''" ;;
      *)
        words="$words$head'\"\${nl%.}\"'"
        # shellcheck disable=SC2016
        prefix='nl="$(printf "\n.")"; '
        ;;
    esac
    rest=${rest#?}
  done
  words="$words$rest'"
}

# --- -l: NAME STATE PID VIEWERS SINCE SCRIPT

list_header() { printf '%-24s %-8s %7s %7s %-19s %s\n' NAME STATE PID VIEWERS SINCE SCRIPT; }

list() {
  pid=- viewers=- since=-
  if answers "$name"; then
    state=running
    ask_status "$rundir/$name.ctl"
  elif [ -e "$jobs/$name" ]; then
    state=dead
  else
    state=never
  fi
  plain "$name" && shown=$plain
  plain "$script"
  printf '%-24s %-8s %7s %7s %-19s %s\n' "$shown" "$state" "$pid" "$viewers" "$since" "$plain"
}

# What the job's control socket says; the table has `-` where it says nothing.
ask_status() {
  address=$(printf '%s' "$1" | LC_ALL=C sed 's/[][\\,:!"'\''(){}]/\\&/g')
  answer=$(echo status | socat -t 2 - "UNIX-CONNECT:$address" 2>/dev/null 9>&-) || return 0
  value pid && pid=$value
  value viewers && viewers=$value
  value since && since=$(date -d "@$value" '+%Y-%m-%d %H:%M:%S' 2>/dev/null || echo -)
}

# value KEY: the number at KEY of $answer.
value() {
  case $answer in *"\"$1\":"*) ;; *) return 1 ;; esac
  value=${answer#*"\"$1\":"}
  value=${value# }
  value=${value%%[!0-9.]*}
  [ -n "$value" ]
}

# Jobs that run although their script is gone or has another name now.
list_orphans() {
  for claim in "$jobs"/*; do
    name=${claim##*/}
    case $taken in *"/$name/"*) continue ;; esac
    [ -f "$claim" ] && answers "$name" || continue
    script="($(cat -- "$claim"): gone)"
    list
  done
}

# --- main

each_script() {
  action=$1 count=0
  for candidate in autostart/* autostart/*/*; do
    case $candidate in *'~') continue ;; esac
    [ -f "$candidate" ] && [ -x "$candidate" ] || continue
    count=$((count + 1))
    handle "$candidate" "$action"
  done
}

parse_arguments "$@"
{ [ "$old" = yes ] || [ -t 1 ]; } && verbose=yes
find_home
find_ptybufferd
check_rotation
find_rundir

status=0
case $mode in
  show) each_script show ;;
  list)
    list_header
    each_script list
    list_orphans
    ;;
  start)
    exec 9>>"$rundir/.lock" || fail "$rundir/.lock: cannot open it"
    # The run before may be sleeping between two starts; the next minute is soon enough then.
    if ! flock -w 50 9; then
      note "busy: another run holds the lock"
      [ ! -t 1 ] || printf '%s\n' "$line"
      exit 0
    fi
    rotate_log
    each_script start
    rm -f -- "$rundir/.said"
    [ "$count" -gt 0 ] || [ ! -t 1 ] || echo "nothing executable in $HOME/autostart"
    ;;
esac
exit "$status"
