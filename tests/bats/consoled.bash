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

# node NAME DRIVER PARAMS-JSON [MORE-JSON]: defines it.
node() {
  ctl consoled.sock "$(jq -cn --arg n "$1" --arg d "$2" --argjson p "$3" --argjson m "${4:-{\}}" \
    '{cmd:"create",node:({name:$n,driver:$d,params:$p}+$m)}')"
}
# create NAME COMMAND [MORE-JSON]: a cmd console.
create() { node "$1" cmd "$(jq -cn --arg c "$2" '{cmd:$c}')" "${3:-{\}}"; }
show() { ctl consoled.sock "{\"cmd\":\"show\",\"console\":\"$1\"}"; }
switch() { ctl consoled.sock "{\"cmd\":\"switch\",\"console\":\"$1\",\"to\":\"$2\"}"; }
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
