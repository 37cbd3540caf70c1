# What every bats file begins with: `load helper`.
#
# Each test has a private folder $T (short: a unix socket's path has at most 107 bytes) with
# LINEMAN_RUNTIME, LINEMAN_STATE, LINEMAN_CONFIG and HOME in it, and its working directory there.
# teardown ends whatever the test left running, fails the test when a sanitizer complained, and
# removes the folder. A file with a setup or teardown of its own calls lm_setup and lm_teardown.
#
# No test sleeps for a fixed time: wait_until polls.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert
bats_load_library bats-file

: "${LM_PATIENCE:=1}"  # run-bats: 4 under a sanitizer
: "${LM_GRACE:=2}"     # seconds from TERM to KILL in teardown
: "${LM_ROOT:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
: "${BUILD:=$LM_ROOT/build}"
case :$PATH: in *":$BUILD/bin:"*) ;; *) PATH=$BUILD/bin:$PATH ;; esac
export BUILD LM_ROOT LM_PATIENCE PATH

setup() { lm_setup; }
teardown() { lm_teardown; }

lm_setup() {
  T=$(mktemp -d /tmp/lm.XXXXXX)
  mkdir -m 700 "$T/run" "$T/state" "$T/config" "$T/home"
  mkdir -m 1777 "$T/.san"
  export T LM_TEST=$T HOME=$T/home
  export LINEMAN_RUNTIME=$T/run LINEMAN_STATE=$T/state LINEMAN_CONFIG=$T/config
  export ASAN_OPTIONS=log_path=$T/.san/asan:detect_leaks=1:detect_stack_use_after_return=1
  export UBSAN_OPTIONS=log_path=$T/.san/ubsan:print_stacktrace=1
  unset RUNTIME_DIRECTORY STATE_DIRECTORY CONFIGURATION_DIRECTORY JOURNAL_STREAM NOTIFY_SOCKET
  unset LISTEN_FDS LISTEN_PID LINEMAN_REDIS LINEMAN_DETACH XDG_RUNTIME_DIR
  cd "$T" || return 1
}

lm_teardown() {
  local status=0
  [ -n "${T:-}" ] && [ -d "$T" ] || return 0
  cd / || return 1
  end_all
  sanitizer_clean || status=1
  if [ "$status" -ne 0 ] || [ -z "${BATS_TEST_COMPLETED:-}" ]; then
    find "$T" -maxdepth 3 -type f \( -name '*.err' -o -name '*.log' \) -size +0 \
      -exec tail -v -n 20 {} + || true
  fi
  chmod -R u+rwX "$T" 2>/dev/null
  rm -rf "$T"
  return "$status"
}

# --- Waiting

now_ms() { local t=${EPOCHREALTIME/[.,]/}; echo $((t / 1000)); }

# wait_until SECONDS COMMAND...: poll until COMMAND succeeds; fails, naming it, when time is over.
wait_until() {
  local deadline
  deadline=$(($(now_ms) + $1 * 1000 * LM_PATIENCE))
  shift
  until "$@" >/dev/null 2>&1; do
    if [ "$(now_ms)" -ge "$deadline" ]; then
      echo "wait_until: time is over for: $*" >&2
      return 1
    fi
    sleep 0.02
  done
}

# Conditions for wait_until.
file_has() { grep -qaF -e "$2" "$1"; }       # FILE TEXT
pid_gone() { ! kill -0 "$1" 2>/dev/null; }  # PID; a zombie still counts as there for its parent
pid_ended() { [ ! -e "/proc/$1/exe" ]; }    # PID; a zombie that nobody has waited for yet has ended
absent() { [ ! -e "$1" ] && [ ! -L "$1" ]; }
took_term() { ! grep -q '^S[hi][dg]Pnd:.*[4-7c-f]...$' "/proc/$1/status"; }  # PID: none waits for it
size_at_least() { [ "$(stat -c %s "$1")" -ge "$2" ]; }  # FILE BYTES

# waiting [N]: so many wait for a queue's next, blocked in a command or standing by. `redis` is the
# file's own.
waiting() {
  local count
  count=$(redis eval "local n = 0
    for _, key in ipairs(redis.call('KEYS', 'lineman:*:standby')) do n = n + redis.call('LLEN', key) end
    return n" 0 2>/dev/null) || return 1
  count=$((count + $(redis client list | grep -cE ' flags=b.* cmd=(xread|bl|br)')))
  [ "$count" -ge "${1:-1}" ]
}

# A port that nobody has, and that nobody takes before the test's server does: it is below those that
# the kernel gives to connections, and each is given once, to all tests of a user. As free_port of
# tests/unit/port.h, with which it shares the file that has the last one.
free_port() {
  local end lock port=0 tries=0 first=10000
  read -r end _ </proc/sys/net/ipv4/ip_local_port_range
  [ "$end" -ge $((first + 1000)) ] || end=32768  # all are the kernel's
  exec {lock}<>"/tmp/lineman-test-ports.$UID"
  flock "$lock"
  read -r port <&"$lock" || true
  while [ $((tries += 1)) -le 1000 ]; do
    port=$((port + 1))
    [ "$port" -ge "$first" ] && [ "$port" -lt "$end" ] || port=$first
    port_taken "$port" || break
  done
  echo "$port" >"/tmp/lineman-test-ports.$UID"
  exec {lock}>&-
  echo "$port"
}
# Also by a connection that has ended, for its time of waiting.
port_taken() {
  local hex
  printf -v hex ':%04X' "$1"
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk -v "end=$hex\$" '$2 ~ end {taken = 1} END {exit !taken}'
}

# --- Background children

# start_bg COMMAND...: run in the background, pid in $BG. bats waits for all who hold its
# descriptors 3 and 4, so they are closed. stdin is /dev/null, unless the command redirects it:
#   start_bg sh -c 'exec socat ... <in >out 2>err'
start_bg() {
  "$@" 3>&- 4>&- &
  BG=$!
  echo "$BG" >>"$T/.pids"
}

# Everything that belongs to this test: what start_bg started, and every process whose environment,
# arguments or working directory names the private folder. Forked copies of bats itself are not
# found that way, because /proc shows the environment a process was executed with.
pids_of_test() {
  local pids pid shell
  pids=$(
    {
      cat "$T/.pids"
      grep -lzFx -e "LM_TEST=$T" /proc/[0-9]*/environ | cut -d/ -f3
      grep -lF -e "$T/" /proc/[0-9]*/cmdline | cut -d/ -f3
      find /proc/[0-9]* -maxdepth 1 -name cwd \( -lname "$T" -o -lname "$T/*" \) | cut -d/ -f3
    } 2>/dev/null | sort -un
  )
  shell=$(readlink "/proc/$$/exe")
  for pid in $pids; do
    case " $$ $BASHPID " in *" $pid "*) continue ;; esac
    [ -e "/proc/$pid/exe" ] || continue  # ended, or a zombie
    if [ "/proc/$pid/exe" -ef "$shell" ] && ! grep -qsx "$pid" "$T/.pids" &&
      ! grep -qszFx -e "LM_TEST=$T" "/proc/$pid/environ"; then
      continue  # a forked copy of bats
    fi
    echo "$pid"
  done
}

nothing_left() { [ -z "$(pids_of_test)" ]; }

# TERM, time to end well (leaks are reported at exit), then KILL: each by its pid.
end_all() {
  local pids
  pids=$(pids_of_test)
  [ -n "$pids" ] || return 0
  # shellcheck disable=SC2086
  kill -TERM $pids 2>/dev/null
  # shellcheck disable=SC2086
  kill -CONT $pids 2>/dev/null
  wait_until "$LM_GRACE" nothing_left 2>/dev/null && return 0
  local tries=0
  while pids=$(pids_of_test) && [ -n "$pids" ] && [ "$tries" -lt 50 ]; do
    echo "end_all: killed: $(for p in $pids; do tr '\0' ' ' <"/proc/$p/cmdline"; echo "($p)"; done)" >&2
    # shellcheck disable=SC2086
    kill -KILL $pids 2>/dev/null
    sleep 0.05
    tries=$((tries + 1))
  done
  return 0
}

# --- Numbered lines

# A command that says as many numbered lines as each line it is given tells; place FILE: where the
# ptyattach -v whose stderr it is ended; jumps FILE: the numbers that are not one more than the last.
# shellcheck disable=SC2016
NUMBERED_LINES=(sh -c 'stty -echo; exec awk "{ for (i = 0; i < \$1; i++) print \"line \" ++n; fflush() }"')
place() { sed -n 's/^ptyattach: .*: ended at \([0-9:]*\)$/\1/p' "$1"; }
jumps() { tr -d '\r' <"$1" | sed -n 's/^line //p' | awk '$1 != n + 1 { print n, $1 } { n = $1 }'; }

# --- Sanitizers

# Fails, showing it, when a report is in a file of the private folder or in what `run` caught last.
sanitizer_clean() {
  local pattern='ERROR: [A-Za-z]*Sanitizer|runtime error:' found
  found=$(grep -rlE --binary-files=text -D skip "$pattern" "$T" 2>/dev/null)
  if [ -n "$found" ]; then
    echo "a sanitizer complained:"
    # shellcheck disable=SC2086
    head -n 60 $found
    return 1
  fi
  if [[ ${output:-} =~ $pattern ]] || [[ ${stderr:-} =~ $pattern ]]; then
    printf 'a sanitizer complained:\n%s\n%s\n' "${output:-}" "${stderr:-}"
    return 1
  fi
}

# --- Sockets. socat takes some bytes of an address as its own syntax; they get a backslash.

socat_path() { printf '%s' "$1" | sed 's/[][\\,:!"'\''(){}]/\\&/g'; }
unix_to() { printf 'UNIX-CONNECT:%s' "$(socat_path "$1")"; }

# Where the control socket of NAME.sock is.
ctl_path() {
  case $1 in
    *.ctl) echo "$1" ;;
    *.sock) echo "${1%.sock}.ctl" ;;
    *) echo "$1.ctl" ;;
  esac
}

# ctl SOCKET REQUEST: one request (a word or JSON) on the control socket, the answer on stdout.
# SOCKET is NAME.sock, NAME.ctl or a bare name in the runtime folder.
ctl() {
  local path=$1
  [[ $path == */* ]] || path=$LINEMAN_RUNTIME/$path
  printf '%s\n' "$2" |
    timeout $((5 * LM_PATIENCE)) socat -t $((5 * LM_PATIENCE)) - "$(unix_to "$(ctl_path "$path")")"
}

# ctl_get SOCKET JQ: one value of the status.
ctl_get() { ctl "$1" status | jq -r "$2"; }

# A connection kept open: `connect SOCKET [NAME]` (NAME: c by default), then
#   say NAME TEXT...       a line to it (say -n: without its end)
#   expect NAME TEXT [S]   wait until TEXT has come back, at most S seconds (5)
#   received NAME          all that came so far, raw
#   hang_up NAME           close our end
connect() {
  local name=${2:-c}
  mkfifo "$T/.$name.in"
  : >"$T/.$name.got"
  # shellcheck disable=SC2016
  start_bg sh -c 'exec socat -t 5 - "$1" <>"$2.in" >"$2.got" 2>"$2.socat.err"' sh \
    "$(unix_to "$1")" "$T/.$name"
  echo "$BG" >"$T/.$name.pid"
}
say() {
  local end=$'\n'
  [ "$1" != -n ] || { end='' && shift; }
  local name=$1
  shift
  printf '%s%s' "$*" "$end" >"$T/.$name.in"
}
expect() { wait_until "${3:-5}" file_has "$T/.$1.got" "$2"; }
received() { cat "$T/.$1.got"; }
hang_up() {
  kill "$(cat "$T/.$1.pid")" 2>/dev/null
  wait_until 5 pid_gone "$(cat "$T/.$1.pid")" || return 1
  rm -f "$T/.$1.in"
}

# once SOCKET TEXT [SECONDS]: connect, send TEXT (printf %b), half-close, print all until the end.
once() {
  printf '%b' "$2" | timeout "$((${3:-5} * LM_PATIENCE))" socat -t "${3:-5}" - "$(unix_to "$1")"
}

# --- Environment

# cronlike COMMAND...: as cron would run it; PATH is cron's, and HOME and LOGNAME are there.
cronlike() {
  env -i PATH=/usr/bin:/bin HOME="$HOME" LOGNAME="$(id -un)" SHELL=/bin/sh \
    ASAN_OPTIONS="$ASAN_OPTIONS" UBSAN_OPTIONS="$UBSAN_OPTIONS" "$@"
}

# manual_examples TOOL.SECTION: the lines of the manual's EXAMPLES that stand between .Bd and .Ed,
# without the roff escapes, for tests that run them.
manual_examples() {
  awk '/^\.Sh /{on = $0 ~ /EXAMPLES/} on && /^\.Bd/{code = 1; next} /^\.Ed/{code = 0} on && code' \
    "$LM_ROOT/man/$1" | sed -e 's/\\e/\\/g' -e 's/\\&//g' -e 's/\\-/-/g' -e 's/\\(aq/'\''/g' \
    -e 's/\\(dq/"/g' -e 's/^\.Pp$//'
}
