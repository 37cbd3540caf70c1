# consoled's sockets for each console: raw bytes for socat and ptyattach, and commands beside them.
load helper
load consoled

setup() {
  lm_setup
  SOCK=$LINEMAN_RUNTIME/sock
  conf
}
# conf [MORE OF socket]: the sockets are switched on.
conf() { printf 'socket: {per_console: true%s}\n' "${1:+, $1}" >"$LINEMAN_CONFIG/consoled.conf"; }

delete() { ctl consoled.sock "{\"cmd\":\"delete\",\"console\":\"$1\"}"; }
echoer="sh -c 'stty raw -echo; echo ready; exec cat'"
state_is() { [ "$(ctl "$SOCK/$1.sock" status | jq -r .state)" = "$2" ]; }
answers() { once "$SOCK/$1.sock" "$2" 1 | grep -qF "$3"; }

@test "socat on a console's socket: its history, and raw bytes both ways" {
  start
  create n1 "$echoer"
  wait_until 5 state_is n1 connected
  connect "$SOCK/n1.sock"
  expect c ready
  say -n c 'no end of a line'
  expect c 'no end of a line'
  run ctl "$SOCK/n1.sock" who
  assert_equal "$(jq -r '.viewers[0].face' <<<"$output")" unix
  head -c 300000 /dev/urandom >sent
  socat -u FILE:sent "$(unix_to "$SOCK/n1.sock")"
  log=$LINEMAN_STATE/consoled/n1.log
  wait_until 10 size_at_least "$log" 300022
  tail -c 300000 "$log" | cmp - sent
}

@test "the sockets come and go with their console, and with the daemon" {
  start
  create n1 cat
  assert_exists "$SOCK/n1.sock"
  assert_exists "$SOCK/n1.ctl"
  connect "$SOCK/n1.ctl" e
  say e events
  expect e '"ok":true'
  connect "$SOCK/n1.sock" v
  expect e '"event":"attach"'
  create n2 cat
  delete n1
  assert_not_exists "$SOCK/n1.sock"
  assert_not_exists "$SOCK/n1.ctl"
  expect e '"event":"delete"'
  refute grep -F n2 "$T/.e.got"
  wait_until 5 pid_ended "$(cat "$T/.e.pid")"
  wait_until 5 pid_ended "$(cat "$T/.v.pid")"
  assert_exists "$SOCK/n2.sock"
  kill "$CONSOLED"
  wait_until 5 pid_ended "$CONSOLED"
  assert_not_exists "$SOCK/n2.sock"
  assert_not_exists "$SOCK/n2.ctl"
}

@test "after kill -9 the sockets are there again, and another's live one is left alone" {
  start
  create n1 "$echoer"
  create n2 "$echoer"
  end KILL
  assert_exists "$SOCK/n1.sock"
  rm "$SOCK/n2.sock"
  start_bg socat "UNIX-LISTEN:$SOCK/n2.sock,fork" EXEC:cat
  wait_until 5 test -S "$SOCK/n2.sock"
  start
  wait_until 5 answers n1 new new
  grep -F 'n2: no socket of its own: ' consoled.err
  run once "$SOCK/n2.sock" theirs 1
  assert_output theirs
  run ctl consoled.sock '{"cmd":"show","console":"n2"}'
  assert_output --partial '"console":"n2"'
}

@test "who may connect is as the configuration says: the mode of sockets and folder" {
  start
  create n1 cat
  run stat -c %a "$SOCK" "$SOCK/n1.sock" "$SOCK/n1.ctl"
  assert_output $'700\n600\n600'
  kill "$CONSOLED"
  wait_until 5 pid_ended "$CONSOLED"
  conf "access: group, dir: $T/sub/sock"
  start
  run stat -c %a "$T/sub/sock" "$T/sub/sock/n1.sock" "$T/sub/sock/n1.ctl"
  assert_output $'750\n660\n660'
}

@test "HUP switches them on and off" {
  : >"$LINEMAN_CONFIG/consoled.conf"
  start
  create n1 "$echoer"
  assert_not_exists "$SOCK/n1.sock"
  conf
  kill -HUP "$CONSOLED"
  wait_until 5 answers n1 hello hello
  conf "dir: $T/elsewhere"
  run ctl consoled.sock reload
  assert_output --partial '"applied":["socket.per_console, dir"]'
  assert_not_exists "$SOCK/n1.sock"
  assert_exists "$T/elsewhere/n1.sock"
}

@test "a name that is too long for a socket has none, and that is said" {
  start
  long=$(printf 'n%.0s' {1..120})
  run create "$long" "$echoer"
  assert_output '{"ok":true}'
  grep -F "$long: no socket of its own: " consoled.err
  create n1 "$echoer"
  wait_until 5 answers n1 short short
}

@test "a console on demand is connected while somebody is at its socket" {
  start
  create n1 "$echoer" '{"ondemand":true}'
  state_is n1 idle
  connect "$SOCK/n1.sock"
  expect c ready
  hang_up c
  wait_until 5 state_is n1 idle
}

@test "ptyattach lists consoles, attaches, resizes, and says how it ended" {
  start
  create n1 "sh -c 'echo ready; while read l; do stty size; echo got \$l; done'"
  wait_until 5 state_is n1 connected
  run ptyattach
  assert_line --regexp '^n1 +connected +- +0 .* cmd sh$'
  refute_line --partial consoled
  run ptyattach -j n1
  assert_equal "$(jq -r '"\(.state) \(.command) \(.viewers)"' <<<"$output")" "connected cmd sh 0"
  run bash -c "printf 'one\n' | ptyattach --linger 1 n1"
  assert_line --partial 'got one'
  ctl "$SOCK/n1.sock" '{"cmd":"resize","rows":33,"cols":111}'
  run bash -c "printf 'two\n' | ptyattach --from now --linger 1 n1"
  assert_line --partial '33 111'
  refute_line --partial 'got one'
  run ptyattach -nqq --from all n1
  assert_line --partial 'got one'
}

@test "an attachment on a console's control socket goes on at its place" {
  start
  create n1 "$echoer"
  wait_until 5 answers n1 first first
  read -r epoch offset < <(ctl "$SOCK/n1.sock" status | jq -r '"\(.epoch) \(.head)"')
  ctl "$SOCK/n1.sock" '{"cmd":"send","text":"second"}'
  connect "$SOCK/n1.ctl"
  say c "{\"cmd\":\"attach\",\"raw\":true,\"from\":{\"epoch\":$epoch,\"offset\":$offset}}"
  expect c second
  refute grep -F first "$T/.c.got"
}

@test "ptyattach goes on at its place, over restarts of consoled, and what consoled says does not count" {
  start
  ptybufferd -q --name src "${NUMBERED_LINES[@]}" </dev/null 3>&- 4>&-
  node n1 ptybuffer "{\"socket\":\"$T/none.sock\"}"
  wait_until 5 reason_has n1 none.sock
  run ptyattach -nqqv --from all n1
  assert_line --regexp "^ptyattach: n1: ended at $(ctl "$SOCK/n1.sock" status | jq -r '"\(.epoch):\(.head)"'):[0-9]+\$"
  printf '%s\n' "$output" >at
  ctl consoled.sock "$(jq -cn --arg s "$LINEMAN_RUNTIME/src.sock" \
    '{cmd:"update",node:{name:"n1",driver:"ptybuffer",params:{socket:$s}}}')"
  wait_until 10 state_is n1 connected
  local last=0 signal
  for signal in TERM KILL none; do
    printf '20\n' | socat -u - "$(unix_to "$LINEMAN_RUNTIME/src.sock")"
    last=$((last + 20))
    wait_until 10 sh -c "tail -c 50 '$LINEMAN_STATE/consoled/n1.log' | grep -q 'line $last'"
    ptyattach -nqqv --from "$(place at)" n1 >>got 2>more
    mv more at
    [ "$signal" = none ] && break
    end "$signal"
    start
    wait_until 10 state_is n1 connected
  done
  assert_equal "$(tr -d '\r' <got | sed 's/^line //' | tr '\n' ' ')" "$(seq -s ' ' 1 60) "
}

@test "a thousand consoles have theirs" {
  start
  for i in {1..1000}; do
    printf '{"cmd":"create","node":{"name":"n%s","driver":"cmd","params":{"cmd":"cat"},"ondemand":true}}\n' "$i"
  done >requests
  timeout $((60 * LM_PATIENCE)) socat -t 20 - "unix:$LINEMAN_RUNTIME/consoled.ctl" <requests >made
  assert_equal "$(grep -c '"ok":true' made)" 1000
  assert_equal "$(find "$SOCK" -type s | wc -l)" 2000
  answers n1000 'x\r' x
  run bash -c 'ptyattach -j | wc -l'
  assert_output 1000
  end KILL
  start
  answers n500 'x\r' x
  kill "$CONSOLED"
  wait_until 10 pid_ended "$CONSOLED"
  assert_equal "$(find "$SOCK" -type s | wc -l)" 0
}

@test "a console's control socket reaches no other console, and kick none but the one that is named" {
  start
  create a1 cat
  create pr cat
  wait_until 5 eval '[ -S "$SOCK/pr.ctl" ] && [ -S "$SOCK/a1.ctl" ]'
  attach a1 a
  local viewer
  viewer=$(ctl consoled.sock '{"cmd":"who","console":"a1"}' | jq '.viewers[0].viewer')
  run conctl kick pr "$viewer"
  assert_failure 1
  assert_output --partial "pr: no viewer $viewer"
  run ctl "$SOCK/pr.sock" "{\"cmd\":\"kick\",\"viewer\":$viewer}"
  assert_output --partial '"code":"not_found"'
  local request
  for request in '{"cmd":"send","console":"a1","text":"x\r"}' '{"cmd":"who","console":"*"}' '{"cmd":"who","console":"a1"}' \
    "{\"cmd\":\"kick\",\"console\":\"a1\",\"viewer\":$viewer}" '{"cmd":"switch","console":"a1","to":"off"}' \
    '{"cmd":"show","console":"a1"}' '{"cmd":"break","console":"pr,a1"}' '{"cmd":"attach","console":"a1"}'; do
    run ctl "$SOCK/pr.sock" "$request"
    assert_output --partial '"code":"denied"'
    assert_output --partial 'this is the socket of pr'
  done
  # Its own name may be said.
  run ctl "$SOCK/pr.sock" '{"cmd":"send","console":"pr","text":"own\r"}'
  assert_output --partial '"consoles":["pr"]'
  assert_equal "$(ctl consoled.sock '{"cmd":"who","console":"a1"}' | jq -r '.viewers | length')" 1
  say -n a $'alive\r'
  expect a $'alive\r\nalive'
  run ctl "$SOCK/a1.sock" "{\"cmd\":\"kick\",\"viewer\":$viewer}"
  assert_output '{"ok":true,"console":"a1"}'
}
