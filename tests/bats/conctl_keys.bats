# conctl console: where it goes on after a restart of consoled, and its keys.
load helper
load consoled

terminal() { timeout $((90 * LM_PATIENCE)) python3 "$LM_ROOT/tests/bats/terminal.py" "$@"; }
is_up() { conctl list "$1" | grep -q 'state: connected)'; }

# A ptybufferd that says as many numbered lines as it is told to.
source_up() {
  # shellcheck disable=SC2016
  ptybufferd -q --name src sh -c \
    'stty -echo; exec awk "{ for (i = 0; i < \$1; i++) print \"line \" ++n; fflush() }"' \
    </dev/null 3>&- 4>&-
}
# lines N: N more, and they are in the journal.
LAST=0
lines() {
  LAST=$((LAST + $1))
  printf '%s\n' "$1" | socat -u - "$(unix_to "$LINEMAN_RUNTIME/src.sock")"
  wait_until 20 said_last
}
said_last() { tail -c 100 "$LINEMAN_STATE/consoled/n1.log" | tr -d '\r' | grep -qx "line $LAST"; }
# What is not one more than the line before.
jumps() { tr -d '\r' <got | sed -n 's/^line //p' | awk '$1 != n + 1 { print n, $1 } { n = $1 }'; }
got_last() { tr -d '\r' <got | grep -qx "line $LAST"; }

# restart SIGNAL: consoled anew, while the client may not look.
restart() {
  kill -STOP "$CLIENT"
  end "$1"
  start
  wait_until 10 is_up n1
  lines 50
  kill -CONT "$CLIENT"
  wait_until 20 got_last
}

@test "console: after TERM and kill -9 nothing is missing and nothing twice, though notes were shown" {
  start
  conctl create n1 driver=ptybuffer --param "socket=$LINEMAN_RUNTIME/src.sock"
  mkfifo keys
  start_bg sh -c 'exec conctl console n1 <>keys >got 2>told'
  CLIENT=$BG
  wait_until 10 grep -q '\[\[not connected: ' got
  source_up
  wait_until 20 is_up n1
  lines 30
  wait_until 10 got_last
  restart TERM
  restart KILL
  grep -q 'connected again$' told
  assert_equal "$(jumps)" ""
}

@test "console: after a loss marker it goes on behind what was lost" {
  start
  source_up
  conctl create n1 driver=ptybuffer --param "socket=$LINEMAN_RUNTIME/src.sock"
  wait_until 10 is_up n1
  mkfifo keys
  start_bg sh -c 'exec conctl console n1 <>keys >got 2>told'
  CLIENT=$BG
  wait_until 10 sh -c 'conctl who n1 | grep -q n1'
  kill -STOP "$CLIENT"
  lines 200000
  kill -CONT "$CLIENT"
  wait_until 20 got_last
  grep -q 'bytes skipped\]\]' got
  restart TERM
  restart KILL
  refute grep -q 'bytes are lost' told
  assert_equal "$(tr -d '\r' <got | sed -n '/bytes skipped/,$s/^line //p' | awk 'NR > 1 && $1 != n + 1 { print n, $1 } { n = $1 }')" ""
}

cat_console() {
  conctl create "$1" driver=cmd --param cmd=cat >/dev/null
  wait_until 10 is_up "$1"
}

@test "a line that is down stays down though somebody looks, and comes back by logging on" {
  start
  cat_console n1
  connect "$LINEMAN_RUNTIME/consoled.ctl" e
  say e events
  expect e '"ok":true'
  run conctl down n1
  assert_output 'n1: down'
  expect e '"event":"down"'
  grep -q '"reason":"taken down by uid' "$T/.e.got"
  run conctl down n1
  assert_success
  attach n1
  expect c '[[not connected: taken down by uid'
  run conctl logging n1 off
  attach n1 d
  expect d 'taken down'
  run conctl logging n1 on
  assert_output 'n1: Updated'
  wait_until 10 is_up n1
  expect d '[[connected]]'
  conctl create later driver=cmd ondemand=true --param cmd=cat >/dev/null
  conctl down later
  run conctl reconnect later
  assert_output 'later: connecting'
  assert_equal "$(conctl status -j later | jq -r '.state + (.reason // "")')" idle
}
