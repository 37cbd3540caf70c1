# consoled: consoles of real commands, by the bytes on its control socket.
load helper
load consoled

# create NAME COMMAND [PARAMS-JSON [MORE-JSON]]: a cmd console.
create() {
  ctl consoled.sock "$(jq -cn --arg n "$1" --arg c "$2" --argjson p "${3:-{\}}" --argjson m "${4:-{\}}" \
    '{cmd:"create",node:({name:$n,driver:"cmd",params:({cmd:$c}+$p)}+$m)}')"
}
# attach NAME CONSOLE [JSON]
attach() {
  connect "$LINEMAN_RUNTIME/consoled.ctl" "$1"
  say "$1" "{\"cmd\":\"attach\",\"console\":\"$2\",\"raw\":true${3:+,$3}}"
  expect "$1" '"viewer"'
}

@test "a console that is created connects, is typed at, and is there again after a restart" {
  start
  run create n1 cat
  assert_output '{"ok":true}'
  wait_until 5 state_is n1 connected
  attach a n1
  say -n a $'hello\r'
  expect a $'hello\r\nhello'
  kill "$CONSOLED"
  wait_until 5 pid_ended "$CONSOLED"
  start
  wait_until 5 state_is n1 connected
  attach b n1 '"from":"all"'
  expect b $'hello\r\nhello'
}

@test "a stop is exit status 0, and ends the commands of all consoles" {
  start
  create n1 "sh -c 'echo \$\$ >$T/pid; exec sleep 1000'"
  wait_until 5 test -s "$T/pid"
  run ctl consoled.sock stop
  assert_output '{"ok":true}'
  local status=0
  wait "$CONSOLED" || status=$?
  assert_equal "$status" 0
  wait_until 5 pid_gone "$(cat "$T/pid")"
  assert_not_exists "$LINEMAN_RUNTIME/consoled.sock"
  assert_not_exists "$LINEMAN_RUNTIME/consoled.ctl"
}

@test "the shell of a persistent console outlives consoled, and its journal has no gap" {
  start
  create n1 "sh -c 'stty -echo; X=0; while read l; do X=\$((X+1)); echo \"\$l \$X\"; done'" '{"persist":"true"}'
  wait_until 5 state_is n1 connected
  attach a n1
  wait_until 5 sh -c "printf 'one\r' >$T/.a.in; grep -q 'one' $T/.a.got"
  kill -9 "$CONSOLED"
  wait_until 5 pid_ended "$CONSOLED"
  start
  wait_until 5 state_is n1 connected
  attach b n1 '"from":"now"'
  say -n b $'two\r'
  expect b "two "
  run bash -c "tr -d '\r' <'$LINEMAN_STATE/consoled/n1.log' | awk '{ print \$2 }' | sort -n | uniq -c | awk '\$1 != 1 || \$2 != NR' | head"
  assert_output ""
}

@test "another command of a persistent console waits for the end of the first" {
  start
  conctl create n1 driver=cmd --param persist=true --param "cmd=sh -c 'trap \"\" TERM HUP; echo old; exec sleep 100'"
  wait_until 5 conlog -g old n1
  conctl edit n1 --param "cmd=sh -c 'echo new; exec sleep 100'"
  wait_until 15 conlog -g new n1
  run conlog -e n1
  refute_output --partial 'closed by the other side'
}

@test "bad requests are answered with what is wrong, and cost nothing" {
  start
  create n1 cat
  for request in '{"cmd":"attach"}' '{"cmd":"attach","console":"nobody"}' \
    '{"cmd":"attach","console":"n1","rows":0,"cols":1}' '{"cmd":"send","console":"n1"}' \
    '{"cmd":"send","console":"n1","base64":"?"}' '{"cmd":"break","console":"n1","number":10}' \
    '{"cmd":"create","node":{"name":"x"}}' '{"cmd":"create","node":{"name":"n1","driver":"cmd","params":{"cmd":"cat"}}}' \
    '{"cmd":"create","node":{"name":"x","driver":"cmd","params":{"cmd":"cat","bogus":"1"}}}' \
    '{"cmd":"create","node":{"name":"x","driver":"cmd","params":{"cmd":"cat","idle":"soon"}}}' \
    '{"cmd":"create","node":{"name":"x","driver":"cmd","params":{"cmd":"cat","initcmd":"\u0027a"}}}' \
    '{"cmd":"delete","console":"nobody"}' '{"cmd":"kick","viewer":9}' '{"cmd":"switch","console":"n1","to":"x"}' \
    nonsense '{"cmd":"status","x":1}'; do
    run ctl consoled.sock "$request"
    [[ $output == '{"error":{"code":"'* ]] || fail "$request: $output"
  done
  wait_until 5 state_is n1 connected
}

@test "send, break, resize, kick, who and switch reach a console, several at once" {
  start
  create n1 "sh -c 'stty raw -echo; echo ready; exec cat -v'"
  create n2 "sh -c 'stty raw -echo; echo ready; exec cat -v'" '{}' '{"labels":{"rack":"7"}}'
  attach a n1
  attach b n2
  expect a ready
  expect b ready
  run ctl consoled.sock '{"cmd":"send","console":"n1,rack=7","text":"to-both"}'
  assert_output '{"ok":true,"consoles":["n1","n2"]}'
  expect a to-both
  expect b to-both
  ctl consoled.sock '{"cmd":"break","console":"n2","sequence":"<\\d^b>"}'
  expect b '<^B>'
  for break in '"sequence":"x\\z"' '"ref":1'; do
    run ctl consoled.sock "{\"cmd\":\"break\",\"console\":\"n2\",$break}"
    assert_output --partial '{"error":{"code":"not_found"'
    assert_output --partial 'n2: this kind of line has no BREAK'
  done
  run ctl consoled.sock '{"cmd":"resize","console":"n1","rows":30,"cols":100}'
  assert_output '{"ok":true,"cols":100,"rows":30}'
  run jq -r '.viewers[].console' <<<"$(ctl consoled.sock '{"cmd":"who"}')"
  assert_output $'n1\nn2'
  viewer=$(ctl consoled.sock '{"cmd":"who","console":"n2"}' | jq '.viewers[0].viewer')
  ctl consoled.sock "{\"cmd\":\"kick\",\"viewer\":$viewer}"
  wait_until 5 pid_ended "$(cat "$T/.b.pid")"
  ctl consoled.sock '{"cmd":"switch","console":"n1","to":"off"}'
  wait_until 5 state_is n1 idle
  ctl consoled.sock '{"cmd":"switch","console":"n1","to":"on"}'
  wait_until 5 state_is n1 connected
}

@test "events tell of up, attach, break, detach and down with its reason" {
  start
  connect "$LINEMAN_RUNTIME/consoled.ctl" e
  say e events
  expect e '"ok":true'
  create n1 "sh -c 'read x; exit 3'"
  expect e '{"event":"up"'
  attach a n1
  ctl consoled.sock '{"cmd":"break","console":"n1","number":1}'
  expect e '{"event":"break"'
  say -n a $'\r'
  expect e 'the command ended: exit status 3'
  hang_up a
  expect e '{"event":"detach"'
}

@test "a viewer that comes back at its place misses nothing, and hears what it missed" {
  start
  create n1 "sh -c 'i=0; while read x; do i=\$((i+1)); echo line \$i; done'"
  attach a n1
  say -n a $'\r'
  expect a 'line 1'
  read -r epoch offset < <(show n1 | jq -r '"\(.epoch) \(.head)"')
  hang_up a
  ctl consoled.sock '{"cmd":"send","console":"n1","text":"\r"}'
  wait_until 5 grep -q 'line 2' "$LINEMAN_STATE/consoled/n1.log"
  attach b n1 "\"from\":{\"epoch\":$epoch,\"offset\":$offset}"
  expect b 'line 2'
  run head -n 1 "$T/.b.got"
  assert_output --partial "\"offset\":$offset"
  assert_output --partial '"skipped":0'
  ! grep -q 'line 1' "$T/.b.got"
}

@test "a file logger gets what consoles say" {
  printf 'console:\n  datadir: %s\n  logger:\n    file:\n      - name: a\n        logdir: %s\n' \
    "$LINEMAN_STATE" "$T/logs" >"$T/c.conf"
  mkdir "$T/logs"
  cp "$T/c.conf" "$LINEMAN_CONFIG/consoled.conf"
  start
  create n1 cat
  attach a n1
  say -n a $'for the log\r'
  wait_until 10 file_has "$T/logs/n1.log" 'for the log'
}
