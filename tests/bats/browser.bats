# The page in Debian's chromium, with the real daemon behind it: tests/browser/console.mjs is its user.
load helper
load consoled

setup() {
  lm_setup
  PORT=$(free_port)
  mkdir "$T/dist"
  echo goconserver >"$T/dist/index.html"
}

teardown() {
  thaw || true
  [ ! -e consoled.pid ] || kill "$(cat consoled.pid)" 2>/dev/null || true
  lm_teardown
}

# configure [YAML-LINE...]: one port, and what the lines say besides.
configure() {
  printf '%s\n' "api: {port: $PORT, dist_dir: $T/dist}" 'console: {reconnect_interval: 1}' "$@" \
    >"$LINEMAN_CONFIG/consoled.conf"
}

# console NAME COMMAND [WORDS...]: one that is up.
console() {
  local name=$1 command=$2
  shift 2
  conctl create "$name" driver=cmd --param "cmd=$command" "$@"
  wait_until 10 is_up "$name"
}

# browse SCENARIO [ARGUMENTS...]
browse() {
  run env LM_NODE_MODULES="$BUILD/npm/browser/node_modules" LM_AGAIN="$T/again" timeout $((55 * LM_PATIENCE)) \
    node "$LM_ROOT/tests/browser/console.mjs" "$@"
  assert_success
}

@test "a stranger is told what to do; then states, filter, why one is down, echo, a shell, size" {
  configure
  start
  console echo "sh -c 'echo history line; exec cat'" --label rack=7
  console shell "sh -c 'seq 30000; PS1=\"ready> \" exec bash --norc --noprofile'"
  console size "sh -c 'while read x; do echo size \$(stty size); done'"
  conctl create dead driver=unix --param "socket=$T/none.sock"
  conctl create later driver=cmd ondemand=true --param cmd=cat
  browse look
}

@test "consoled is ended, or killed, and started again: the page goes on where it was" {
  configure
  start
  cat >again <<'END'
kill -"$1" "$(cat consoled.pid)"
tail --pid="$(cat consoled.pid)" -f /dev/null
consoled >>consoled.err 2>&1 </dev/null 3>&- 4>&- &
echo $! >consoled.pid
END
  echo "$CONSOLED" >consoled.pid
  console count "sh -c 'i=0; while i=\$((i + 1)); do echo n\$i; sleep 0.02; done'" --param persist=true
  console echo cat
  browse again
  assert_equal "$(stat -c %a "$LINEMAN_RUNTIME/consoled-$PORT.sessions")" 600
  conctl delete count
}

@test "killed while the disk hangs: what the page showed has no place, and it misses nothing later" {
  printf '%s\n' "api: {port: $PORT, dist_dir: $T/dist}" "journal: {dir: $T/j}" \
    "console: {port: none, datadir: $T/d, reconnect_interval: 1}" >server.conf
  start_on_image j
  console greeter "sh -c 'stty -echo; echo a new line; exec cat'"
  echo "$CONSOLED" >consoled.pid
  cat >again <<'END'
[ "$1" = freeze ] && exec fsfreeze -f "$DISK"
kill -KILL "$(cat consoled.pid)"
fsfreeze -u "$DISK"
tail --pid="$(cat consoled.pid)" -f /dev/null
nsenter --mount="/proc/$KEEPER/ns/mnt" consoled -c "$PWD/server.conf" >>consoled.err 2>&1 </dev/null 3>&- 4>&- &
echo $! >consoled.pid
END
  FROZEN=$DISK
  export KEEPER
  browse hung
}

@test "the same under TLS, for who has a certificate" {
  "$LM_ROOT/examples/tls/make-certs" tls localhost
  configure 'global:' "  ssl_key_file: $T/tls/server.key" "  ssl_cert_file: $T/tls/server.crt" \
    "  ssl_ca_cert_file: $T/tls/ca.crt"
  start
  console echo "sh -c 'echo history line; exec cat'"
  LM_PIN=$T/tls/client browse tls
}

@test "goconserver's /session is the console port in base64" {
  configure
  start
  console echo cat
  browse session
}

@test "consoled --pty: its page and cloud-console's websocket are for whoever comes" {
  printf '#!/bin/sh\nwhile read -r line; do echo "heard: $line"; done\n' >hear
  chmod +x hear
  start_bg socat "pty,raw,echo=0,link=$T/tty" "exec:$T/hear,pty,echo=0"
  wait_until 5 test -e tty
  start_bg consoled --pty "$T/tty" 127.0.0.1 "$PORT" 2>>"$T/consoled.err"
  wait_until 10 curl -sf "http://127.0.0.1:$PORT/web/"
  browse only "http://127.0.0.1:$PORT/"
}
