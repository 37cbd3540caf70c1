# conctl console: where it goes on after a restart of consoled, and its keys.
load helper
load consoled

terminal() { timeout $((90 * LM_PATIENCE)) python3 "$LM_ROOT/tests/bats/terminal.py" "$@"; }

source_up() { ptybufferd -q --name src "${NUMBERED_LINES[@]}" </dev/null 3>&- 4>&-; }
# lines N: N more, and they are in the journal.
LAST=0
lines() {
  LAST=$((LAST + $1))
  printf '%s\n' "$1" | socat -u - "$(unix_to "$LINEMAN_RUNTIME/src.sock")"
  wait_until 20 said_last
}
said_last() { tail -c 100 "$LINEMAN_STATE/consoled/n1.log" | tr -d '\r' | grep -qx "line $LAST"; }
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
  assert_equal "$(jumps got)" ""
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

@test "what is typed behind ^Ec. goes to no console" {
  start
  cat_console n1
  cat_console n2
  local names
  for names in n1 n1,n2; do
    run terminal conctl console "$names" <<'EOF'
expect ]
send before\r
expect before
send \x05c.after\r
EOF
    assert_success
  done
  conctl send n1 "the end"
  wait_until 10 file_has "$LINEMAN_STATE/consoled/n1.log" 'the end'
  grep -q before "$LINEMAN_STATE/consoled/n1.log"
  refute grep -q after "$LINEMAN_STATE/consoled/n1.log"
}

@test "^Ecb tells a word to all who look, ^Ecn writes a note, and neither reaches the console" {
  start
  cat_console n1
  mkfifo keys
  start_bg sh -c 'exec conctl console n1 <>keys >other 2>&1'
  wait_until 10 sh -c 'conctl who n1 | grep -q n1'
  run terminal conctl console n1 <<'EOF'
expect for help
send \x05cb
expect [a word to all who look, or ^C]
send goin\x7f\x7fing down
expect goin\x08 \x08\x08 \x08ing down
send \r
expect [[uid
expect : going down]]
send \x05cnthe fan \xc3\xa4 was changed\r
expect [noted]
send \x05cb never said\x03
send \x05cn\r
send typed after\r
expect typed after\r\ntyped after\r\n
send \x05c.
EOF
  assert_success
  wait_until 5 grep -q '^\[\[uid .*: going down\]\]$' other
  run conctl log -e n1
  assert_output --partial ': the fan ä was changed'
  refute_output --partial 'never said'
  refute grep -q -e 'going down' -e 'the fan' "$LINEMAN_STATE/consoled/n1.log"
}

@test "what the console says waits while a line is typed for conctl" {
  start
  cat_console n1
  run terminal conctl console n1 <<'EOF'
expect for help
send \x05cb
expect ^C]
run conctl send n1 'meanwhile here'
send hello
expect hello
send \x15\r
expect meanwhile here
send \x05c.
EOF
  assert_success
}

@test "^Ecd takes the line down for all until ^Eco, and who comes then is told" {
  start
  conctl create n1 driver=cmd --param "cmd=sh -c 'echo pid \$\$; exec cat'" >/dev/null
  wait_until 10 is_up n1
  run terminal conctl console n1 <<'EOF'
expect pid
send \x05cd
expect [the line is down: ^Eco connects it]
expect [[not connected: taken down by uid
send lost words\r
expect \r\n[[input dropped: the console is not connected]]\r\n
run conctl status n1 >down; conctl send n1 x 2>>down || true; (echo x | timeout 20 conctl console n1 >>down)
send \x05co
expect \r\n[[connected]]\r\npid
send back\r
expect back\r\nback\r\n
send \x05c.
EOF
  assert_success
  run cat down
  assert_line --index 0 --regexp '^n1 .* idle .*taken down by uid'
  assert_line --partial 'n1: is not connected: taken down by uid'
  assert_line --regexp '^\[\[not connected: taken down by uid'
  refute grep -q 'lost words' "$LINEMAN_STATE/consoled/n1.log"
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
  grep -q 'n1: disconnected: taken down by uid' "$T/consoled.err"
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

@test "^Ec; moves to another console, and stays where it cannot" {
  start
  cat_console one
  cat_console two1
  cat_console two2
  run terminal conctl console one <<'EOF'
expect for help
send at one\r
expect at one\r\nat one\r\n
send \x05c;
expect [the console to move to, or ^C]
send two\r
expect two: could be two1 or two2
send still one\r
expect still one\r\nstill one\r\n
send \x05c;two2\r
expect [two2]
send at two\r
expect at two\r\nat two\r\n
send \x05ci
expect two2: cmd, connected
send \x05c;zz\r
expect zz: no such name
send \x05c;one\r
expect [one]
send \x05c.
EOF
  assert_success
  grep -q 'still one' "$LINEMAN_STATE/consoled/one.log"
  refute grep -q 'at two' "$LINEMAN_STATE/consoled/one.log"
  grep -q 'at two' "$LINEMAN_STATE/consoled/two2.log"
}

@test "conserver's keys that are not ours say so in a line, and their byte goes nowhere" {
  start
  cat_console n1
  run terminal conctl console n1 <<'EOF'
expect for help
send \x05c?
expect d               take the console's line down
expect b               a word to all who look
expect n               a note into its journal
expect ;               move to another console
expect L               about its log
send \x05cL
expect always logged: "conctl log n1" shows it]\r\n
send \x05cc
expect [flow control is part of the definition]\r\n
send \x05cg
expect [there are no groups
send \x05cm
expect [there is no message of the day]\r\n
send \x05cP
expect conctl log -n
send \x05cR
expect conctl log -n
send \x05cx
expect [i shows how the line is set]\r\n
send \x05c!
expect [there are no tasks]\r\n
send \x05c|
expect in a pipe]\r\n
send end\r
expect end\r\nend\r\n
send \x05c.
EOF
  assert_success
  run tr -d '\r' <"$LINEMAN_STATE/consoled/n1.log"
  assert_output $'end\nend'
}

@test "over CONGO_URL ^Ec; moves, and what needs consoled's socket says so" {
  configure
  start
  export CONGO_URL=$URL CONGO_PORT=$PORT
  cat_console one
  cat_console two
  run terminal conctl console one <<'EOF'
expect session of one
send \x05cb
expect not with CONGO_URL
send \x05cd
expect not with CONGO_URL
send \x05c;two\r
expect session of two
send at two\r
expect at two\r\nat two\r\n
send \x05c.
EOF
  assert_success
  conctl --socket "$LINEMAN_RUNTIME/consoled.sock" down two
  run terminal conctl console two <<'EOF'
expect session of two
expect [[not connected: taken down by uid
send \x05c.
EOF
  assert_success
}
