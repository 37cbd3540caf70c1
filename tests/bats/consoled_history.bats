# What consoled does with what a ptybufferd said that it was not there for.
load helper

setup() {
  lm_setup
  LOG=$LINEMAN_STATE/consoled/n1.log
}
start() {
  start_bg consoled "$@" 2>>"$T/consoled.err"
  CONSOLED=$BG
  wait_until 10 ctl consoled.sock status
}
# A killed process has its sockets for a moment longer than its executable.
crash() {
  kill -9 "$CONSOLED"
  wait "$CONSOLED" || true
}
create() { # NAME DRIVER PARAMS-JSON [MORE-JSON]
  ctl consoled.sock "$(jq -cn --arg n "$1" --arg d "$2" --argjson p "$3" --argjson m "${4:-{\}}" \
    '{cmd:"create",node:({name:$n,driver:$d,params:$p}+$m)}')"
}
state_is() { [ "$(ctl consoled.sock "{\"cmd\":\"show\",\"console\":\"$1\"}" | jq -r .state)" = "$2" ]; }
send() { ctl consoled.sock "$(jq -cn --arg n "$1" --arg t "$2" '{cmd:"send",console:$n,text:$t}')"; }
counter='stty raw -echo; echo ready; while read n; do seq 1 $n; echo done $n; done'

@test "what a ptybufferd skipped is marked, and spoils no place: nothing doubled after kill -9" {
  ptybufferd -qi --name job -- sh -c "$counter" </dev/null 3>&- 4>&-
  start
  create n1 ptybuffer "{\"socket\":\"$LINEMAN_RUNTIME/job.sock\"}"
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
  crash
  printf '5\n' | ptyattach -b --linger 0 -q job
  start
  wait_until 10 file_has "$LOG" 'done 5'
  run bash -c "sed -n '/done 3000000/,\$p' '$LOG'"
  assert_output $'done 3000000\n1\n2\n3\n4\n5\ndone 5'
}

@test "a source that was silent meanwhile, or skipped while nobody was there, is marked once" {
  ptybufferd -qi --name job -- sh -c "$counter" </dev/null 3>&- 4>&-
  start
  create n1 ptybuffer "{\"socket\":\"$LINEMAN_RUNTIME/job.sock\"}"
  wait_until 5 file_has "$LOG" ready
  crash
  printf '3000000\n' | ptyattach -b --linger 0 -q job
  flooded() { [ "$(ctl_get job .bytes)" -gt 22000000 ]; }
  wait_until 20 flooded
  start
  wait_until 20 file_has "$LOG" 'done 3000000'
  assert_equal "$(grep -c 'bytes skipped' "$LOG")" 1
}

