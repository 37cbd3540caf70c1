# What consoled does with what it was not there for: a ptybufferd's bytes, loggers' backlogs, and the
# lines of a replay after a restart.
load helper
load consoled

setup() {
  lm_setup
  LOG=$LINEMAN_STATE/consoled/n1.log
}
send() { ctl consoled.sock "$(jq -cn --arg n "$1" --arg t "$2" '{cmd:"send",console:$n,text:$t}')"; }
counter='stty raw -echo; echo ready; while read n; do seq 1 $n; echo done $n; done'

@test "what a ptybufferd skipped is marked, and spoils no place: nothing doubled after kill -9" {
  ptybufferd -qi --name job -- sh -c "$counter" </dev/null 3>&- 4>&-
  start
  node n1 ptybuffer "{\"socket\":\"$LINEMAN_RUNTIME/job.sock\"}"
  wait_until 5 file_has "$LOG" ready
  kill -STOP "$CONSOLED"
  printf '3000000\n' | ptyattach -b --linger 0 -q job
  flooded() { [ "$(ctl_get job .bytes)" -gt 22000000 ]; }
  wait_until 20 flooded
  kill -CONT "$CONSOLED"
  wait_until 20 file_has "$LOG" 'done 3000000'
  assert_equal "$(grep -c 'bytes skipped' "$LOG")" 1
  skipped() { conlog -e n1 | grep -F 'ptybufferd: ' | grep -F 'bytes skipped'; }
  run skipped
  assert_success
  end KILL
  printf '5\n' | ptyattach -b --linger 0 -q job
  start
  wait_until 10 file_has "$LOG" 'done 5'
  run bash -c "sed -n '/done 3000000/,\$p' '$LOG'"
  assert_output $'done 3000000\n1\n2\n3\n4\n5\ndone 5'
}

@test "a source that was silent meanwhile, or skipped while nobody was there, is marked once" {
  ptybufferd -qi --name job -- sh -c "$counter" </dev/null 3>&- 4>&-
  start
  node n1 ptybuffer "{\"socket\":\"$LINEMAN_RUNTIME/job.sock\"}"
  wait_until 5 file_has "$LOG" ready
  end KILL
  printf '3000000\n' | ptyattach -b --linger 0 -q job
  flooded() { [ "$(ctl_get job .bytes)" -gt 22000000 ]; }
  wait_until 20 flooded
  start
  wait_until 20 file_has "$LOG" 'done 3000000'
  assert_equal "$(grep -c 'bytes skipped' "$LOG")" 1
}

# --- Loggers

# loggers YAML: into the configuration, with small journals.
loggers() {
  printf 'console:\n  logger:\n%s\njournal: {rotate_size: 64K, keep: 1}\n' "$1" \
    >"$LINEMAN_CONFIG/consoled.conf"
}
receiver() { # PORT FILE: appends what comes
  start_bg socat -u "TCP-LISTEN:$1,bind=127.0.0.1,fork,reuseaddr" "OPEN:$2,creat,append"
}

@test "the backlog of a console that nobody opens is sent after a restart" {
  port=$(free_port)
  loggers "    tcp: [{name: a, host: 127.0.0.1, port: $port}]"
  start
  node n1 cmd '{"cmd":"sh -c '"'$counter'"'"}' '{"ondemand":true}'
  receiver "$port" got
  connect "$LINEMAN_RUNTIME/consoled.ctl"
  say c '{"cmd":"attach","console":"n1","raw":true}'
  expect c ready
  wait_until 10 file_has got ready
  end_receivers "$port"
  say c 100
  expect c 'done 100'
  wait_until 5 file_has "$LOG" 'done 100'
  end KILL
  receiver "$port" got2
  start
  state_is n1 idle
  wait_until 15 file_has got2 '"message":"done 100"'
  state_is n1 idle
}

# Also those that it forked.
end_receivers() {
  local pid
  for pid in $(pids_of_test); do
    if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "TCP-LISTEN:$1"; then
      kill "$pid"
      wait_until 5 pid_ended "$pid"
    fi
  done
}

@test "what rotation took before it was sent is said, with its count, in the log and to the receiver" {
  port=$(free_port)
  loggers "    tcp: [{name: a, host: 127.0.0.1, port: $port}]"
  start
  node n1 cmd '{"cmd":"sh -c '"'$counter'"'"}'
  receiver "$port" got
  wait_until 10 file_has got ready
  end KILL
  end_receivers "$port"
  start
  wait_until 5 state_is n1 connected
  send n1 $'100000\n'
  wait_until 20 file_has "$LOG" 'done 100000'
  end KILL
  receiver "$port" got2
  start
  wait_until 20 file_has got2 '"message":"done 100000"'
  run grep -oE 'logger a: n1: [0-9]+ bytes were never sent' consoled.err
  missed=$(sed -E 's/[^0-9]*1: ([0-9]+) .*/\1/' <<<"${lines[0]}")
  [ "$missed" -gt 300000 ]
  file_has got2 "[[$missed bytes skipped]]"
}

# --- Replay

@test "a replay after a restart has all its lines, from the journal" {
  api=$(free_port)
  printf 'api: {port: %s}\nconsole: {replay_lines: 2000}\n' "$api" >"$LINEMAN_CONFIG/consoled.conf"
  start
  node n1 cmd '{"cmd":"sh -c '"'$counter'"'"}' '{"ondemand":true}'
  connect "$LINEMAN_RUNTIME/consoled.ctl"
  say c '{"cmd":"attach","console":"n1","raw":true}'
  expect c ready
  say c 5000
  expect c 'done 5000'
  wait_until 5 file_has "$LOG" 'done 5000'
  end KILL
  start
  run curl -s "http://127.0.0.1:$api/command/replay/n1"
  assert_equal "$output" "$(seq 3002 5000)"$'\n'"done 5000"
}
