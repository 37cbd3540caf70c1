# What the tests of consoled share: the daemon, also in goconserver's place, and clients
# (tests/doubles/congo.py). `load helper` comes first.

# configure [API [CONSOLE [REST]]]: server.conf with both ports; what is given goes into the maps
# `api` and `console`, and behind them.
configure() {
  : "${API:=$(free_port)}" "${PORT:=$(free_port)}"
  URL=http://127.0.0.1:$API
  CTL=$LINEMAN_RUNTIME/consoled.ctl
  export API PORT CTL
  mkdir -p "$T/d"
  COMPATIBLE=(-c "$T/server.conf")
  cat >"$T/server.conf" <<YAML
api: {port: $API${1:+, $1}}
console: {port: $PORT, datadir: $T/d, reconnect_interval: 1, client_timeout: 2${2:+, $2}}
${3:-}
YAML
}

# start [OPTIONS...]: consoled, up and answering, with what configure made; its log is consoled.err.
COMPATIBLE=()
start() {
  start_bg consoled "${COMPATIBLE[@]}" "$@" 2>>"$T/consoled.err"
  CONSOLED=$BG
  export CONSOLED
  wait_until 20 ctl consoled.sock status
}
# end [SIGNAL]: until the last of its descriptors is closed.
end() {
  kill "-${1:-TERM}" "$CONSOLED"
  wait "$CONSOLED" || true
}

# goconserver [broken]: a double of it, at CONGO_URL.
goconserver() {
  local port
  port=$(free_port)
  start_bg python3 "$LM_ROOT/tests/doubles/goconserver.py" "$port" "$@"
  export CONGO_URL=http://127.0.0.1:$port
  wait_until 5 curl -s "$CONGO_URL"
}

# producer LINES: $PRODUCER is then a console's command that says numbered lines, so many forty times
# a second, until the file `over` is there; the last line is "last N".
producer() {
  PRODUCER="sh -c 'stty -onlcr; exec python3 $T/produce.py $1 $T/over'"
  cat >"$T/produce.py" <<'PY'
import os, sys, time
at_once, over = int(sys.argv[1]), sys.argv[2]
i = 0
while not os.path.exists(over):
    sys.stdout.write("".join("line %d\n" % n for n in range(i + 1, i + at_once + 1)))
    sys.stdout.flush()
    i += at_once
    time.sleep(0.025)
print("last", i, flush=True)
time.sleep(1000)
PY
}

# --- Disks

# As root a real mount, else one in a namespace where we are root.
namespace() { if [ "$(id -u)" -eq 0 ]; then echo -m; else echo -rm; fi; }
# start_on SHELL-COMMANDS: consoled in a mount namespace of its own, after those.
start_on() {
  start_bg env "T=$T" "$(command -v unshare)" "$(namespace)" sh -c "$1 && exec consoled -c $T/server.conf" 2>>"$T/consoled.err"
  CONSOLED=$BG
  export CONSOLED
  wait_until 20 ctl consoled.sock status
}
# start_on_image FOLDER: on a small file system of its own there, which can be frozen. The process
# $KEEPER keeps the mount when consoled ends, and $DISK is a path to it from here.
start_on_image() {
  [ "$(id -u)" -eq 0 ] || skip "only root may freeze a file system"
  truncate -s 16M "$T/image"
  mkfs.ext4 -q -O ^has_journal "$T/image"
  mkdir -p "$T/$1"
  start_on "mount -o loop image $1"
  start_bg nsenter --mount="/proc/$CONSOLED/ns/mnt" sleep 1000
  KEEPER=$BG
  DISK=/proc/$KEEPER/root$T/$1
  export DISK
  wait_until 5 test "/proc/$KEEPER/ns/mnt" -ef "/proc/$CONSOLED/ns/mnt"
}
# start_again: consoled, where its disk is.
start_again() {
  start_bg nsenter --mount="/proc/$KEEPER/ns/mnt" consoled -c "$T/server.conf" 2>>"$T/consoled.err"
  CONSOLED=$BG
  wait_until 20 ctl consoled.sock status
}
# freeze: $DISK takes nothing more, and who writes hangs, until thaw. Whatever becomes of the test,
# nobody waits for ever for that disk; a file that freezes has thaw in its teardown.
freeze() {
  fsfreeze -f "$DISK"
  FROZEN=$DISK
  start_bg sh -c "sleep $((40 * LM_PATIENCE)); fsfreeze -u '$DISK'"
}
thaw() {
  [ -z "${FROZEN:-}" ] || timeout 10 fsfreeze -u "$FROZEN"
  FROZEN=
}

# node NAME DRIVER PARAMS-JSON [MORE-JSON]: defines it.
node() {
  ctl consoled.sock "$(jq -cn --arg n "$1" --arg d "$2" --argjson p "$3" --argjson m "${4:-{\}}" \
    '{cmd:"create",node:({name:$n,driver:$d,params:$p}+$m)}')"
}
# create NAME COMMAND [MORE-JSON]: a cmd console.
create() { node "$1" cmd "$(jq -cn --arg c "$2" '{cmd:$c}')" "${3:-{\}}"; }
show() { ctl consoled.sock "{\"cmd\":\"show\",\"console\":\"$1\"}"; }
switch() { ctl consoled.sock "{\"cmd\":\"switch\",\"console\":\"$1\",\"to\":\"$2\"}"; }
# As conctl has them.
is_up() { conctl list "$1" | grep -q 'state: connected)'; }
# cat_console NAME [WORDS...]
cat_console() {
  local name=$1
  shift
  conctl create "$name" driver=cmd --param cmd=cat "$@" >/dev/null
  wait_until 10 is_up "$name"
}

state_is() { [ "$(show "$1" | jq -r .state)" = "$2" ]; }
reason_has() { [[ $(show "$1" | jq -r .reason) == *"$2"* ]]; }
# attach CONSOLE [NAME]: a raw viewer, for say and expect.
attach() {
  connect "$LINEMAN_RUNTIME/consoled.ctl" "${2:-c}"
  say "${2:-c}" "{\"cmd\":\"attach\",\"console\":\"$1\",\"raw\":true,\"from\":\"all\"}"
  expect "${2:-c}" '"viewer"'
}

# rest METHOD PATH [BODY]: the status on the first line, then the body.
rest() {
  curl -s -o "$T/body" -w '%{http_code}\n' -X "$1" ${3:+--data-binary "$3"} "$URL$2" && cat "$T/body"
}

# py TEXT: python with the clients.
py() {
  PYTHONPATH=$LM_ROOT/tests/doubles timeout $((50 * LM_PATIENCE)) python3 -B -c "from congo import *
$1"
}
