# What qput(1) and qwait(1) promise besides what qput.bats and qwait.bats ask of each option: statuses
# and guarantees that need two tools, time, or much.
load helper

redis() { redis-cli -s "$T/run/redis.sock" "$@"; }
stat_of() { qwait -w jobs -j --stats | jq "$1"; }
is() { [ "$(stat_of "$1")" = "$2" ]; }
status_of() { wait_until "${2:-10}" test -s "$1.status" && cat "$1.status"; }

# bg NAME COMMAND...: in the background: NAME.out, NAME.err, NAME.status, NAME.pid.
bg() {
  local name=$1
  shift
  # shellcheck disable=SC2016
  start_bg sh -c 'name=$1; shift; "$@" >"$name.out" 2>"$name.err" & echo $! >"$name.pid"
    wait $!; echo $? >"$name.status"' sh "$name" "$@"
  wait_until 5 test -s "$name.pid"
}

# --- qput: results

@test "--result: 112 when its worker died at the last try, and when it was buried" {
  bg died qput -w jobs --tries 1 --result x
  wait_until 5 is .ready 1
  # shellcheck disable=SC2016
  qwait -w jobs --lease 0.3 -x sh -c 'kill -KILL $PPID' || true
  # Somebody has to look.
  run qwait -w jobs -t 2
  assert_equal "$(status_of died)" 112
  file_has died.err 'lease ran out'
  bg buried qput -w jobs --result y
  wait_until 5 is .ready 1
  qwait -w jobs --bury "$(qwait -w jobs --hold -n 1 | cut -d' ' -f1)"
  assert_equal "$(status_of buried)" 112
  file_has buried.err 'buried by hand'
}

@test "--result: a command that ends with 110, 112 or 124 is told from what these mean by -j and stderr" {
  # shellcheck disable=SC2016
  bg worker qwait -w jobs -x sh -c 'exit "$1"' sh {}
  local status
  for status in 110 111 112 124; do
    run --separate-stderr qput -w jobs -j --result "$status"
    assert_failure "$status"
    assert_equal "$stderr" ""
    assert_equal "$(sed -n 2p <<<"$output" | jq -c '[.end, .status]')" "[\"exit $status\",$status]"
  done
  run --separate-stderr qput -w nobody -j --result -t 0.2 x
  assert_failure 124
  assert_equal "$(wc -l <<<"$output")" 1
  [[ $stderr == 'qput: nobody: no result in time'* ]] || fail "$stderr"
}

@test "--result: the first bad status of several is the status, all are written" {
  # shellcheck disable=SC2016
  bg worker qwait -w jobs -x sh -c 'echo "$1"; exit "$1"' sh {}
  run qput -w jobs --result 0 3 0 5
  assert_failure 3
  assert_output $'0\n3\n0\n5'
}

@test "--result: at most 16 MiB are kept, and how much more there was is said" {
  bg worker qwait -w jobs -x sh -c 'head -c 17000000 /dev/zero'
  qput -w jobs --result x >got 2>err
  assert_equal "$(stat -c %s got)" 16777216
  assert_equal "$(cat err)" $'\n[[222784 bytes skipped]]'
}

@test "--result: a failure that is not yet the last try is no answer" {
  # shellcheck disable=SC2016
  bg worker qwait -w jobs --backoff 0 -x sh -c '[ "$LINEMAN_TRY" = 2 ] && echo well'
  run qput -w jobs --tries 5 --result x
  assert_success
  assert_output well
}

@test "--result: 111 with a password that is refused while it waits" {
  bg waits qput -w jobs --result x
  wait_until 5 is .ready 1
  redis CONFIG SET requirepass secret
  with_password() { redis --no-auth-warning -a secret "$@"; }
  with_password CLIENT KILL TYPE normal SKIPME yes
  assert_equal "$(status_of waits)" 111
  file_has waits.err NOAUTH
  with_password CONFIG SET requirepass ''
}

# --- qput: the ring, the input

@test "a ring keeps the last thousand or so where --max says nothing" {
  seq 1 5000 | qput
  local kept
  kept=$(qwait --stats -j | jq .kept)
  [ "$kept" -ge 1000 ] && [ "$kept" -lt 1200 ]
  assert_equal "$(qwait --peek | tail -n 1)" 5000
}

@test "a long input is not kept in memory while Redis takes none" {
  mkfifo in
  bg putter sh -c 'exec qput -w jobs <in'
  exec 9>in
  echo first >&9
  wait_until 10 is .ready 1
  local server putter before=0 now=-1
  server=$(redis info server | tr -d '\r' | sed -n 's/^process_id://p')
  putter=$(cat putter.pid)
  kill -STOP "$server"
  start_bg sh -c 'exec yes "$(head -c 1000 /dev/zero | tr "\0" x)" >in'
  # Until the pipe is full, and nobody takes from it: two looks show the same, far enough apart for a
  # writer that still goes on.
  still() {
    before=$now
    now=$(sed -n 's/^wchar: //p' "/proc/$BG/io")
    sleep 0.3
    [ "$before" = "$now" ] && [ "$now" -gt 60000 ]
  }
  wait_until 20 still
  [ "$now" -lt 8000000 ]
  [ "$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$putter/status")" -lt $((65536 * LM_PATIENCE)) ]
  kill -KILL "$BG"
  exec 9>&-
}

# --- qwait: how it ends

@test "nobody reads any more: status 0, of signals and of work" {
  # shellcheck disable=SC2016
  start_bg bash -c '{ qwait 2>err; echo $? >signals; } | head -n 1 >out1'
  wait_until 5 waiting
  qput a
  wait_until 5 test -s signals
  qput -w jobs b
  # shellcheck disable=SC2016
  start_bg bash -c '{ qwait -w jobs 2>>err; echo $? >work; } | head -n 1 >out2'
  wait_until 5 test -s work
  assert_equal "$(cat signals work out1 out2)" $'0\n0\na\nb'
  assert_equal "$(cat err)" ""
}

@test "a signal that cannot be written is 111, and comes again to a name; as is a command that is not there" {
  qwait -i me -t 0 || true
  qput a
  run --separate-stderr sh -c 'qwait -i me >/dev/full'
  assert_failure 111
  [[ $stderr == *'No space left on device'* ]] || fail "$stderr"
  run qwait -i me -x ./no-such-command
  assert_failure 111
  assert_output --partial './no-such-command: No such file or directory'
  run qwait -i me -t 0
  assert_output a
}

@test "INT and HUP end as TERM does: 130 and 129 before the count, 0 without one" {
  local name number
  for name in INT HUP TERM; do
    bg "$name" env --default-signal=INT qwait -w none -n 1
    bg "$name.all" env --default-signal=INT qwait
    wait_until 5 waiting 2
    kill -s "$name" "$(cat "$name.pid")" "$(cat "$name.all.pid")"
    number=$(kill -l "$name")
    assert_equal "$(status_of "$name") $(status_of "$name.all")" "$((128 + number)) 0"
  done
}

@test "-t lets a command that runs end, and takes no more" {
  qput -w jobs x y
  bg a qwait -w jobs -t 1 -x sh -c 'echo >>ran; while [ ! -e go ]; do sleep 0.02; done; echo well >>ended'
  wait_until 5 test -s ran
  # So long it is over for a, too.
  run qwait -w none -t 1.2
  assert_failure 99
  [ ! -e a.status ]
  touch go
  assert_equal "$(status_of a)" 99
  assert_equal "$(wc -l <ran) $(cat ended)" "1 well"
  assert_equal "$(stat_of '"\(.ready) \(.leased)"')" '"1 0"'
}

@test "--silent: a command that takes its time is no silence of the queue" {
  qput -w jobs x
  bg a qwait -w jobs --silent 0.4 -x sh -c 'echo >>ran; while [ ! -e go ]; do sleep 0.02; done'
  wait_until 5 test -s ran
  run qwait -w none --silent 1
  assert_failure 97
  [ ! -e a.status ]
  touch go
  assert_equal "$(status_of a)" 97
  assert_equal "$(stat_of '.ready + .leased')" 0
}

@test "a second TERM: a command that does not care is killed five seconds later, its item goes back" {
  qput -w jobs x
  bg a qwait -w jobs -x sh -c 'trap "" TERM; echo $$ >command; while :; do sleep 0.02; done'
  wait_until 5 test -s command
  kill -TERM "$(cat a.pid)"
  wait_until 5 took_term "$(cat a.pid)" # two that follow each other at once may be seen as one
  local began
  began=$(now_ms)
  kill -TERM "$(cat a.pid)"
  assert_equal "$(status_of a 20)" 0
  [ $(($(now_ms) - began)) -ge 4800 ]
  pid_ended "$(cat command)"
  assert_equal "$(qwait -w jobs --peek -j | jq .try)" 0
}

# --- qwait: tries, back-off, what commands are told

@test "--tries: the fewer of what qput and qwait say; 0 is what qput says" {
  qput -w jobs --tries 2 a
  run qwait -w jobs -n 2 --backoff 0 --tries 5 -x false
  assert_equal "$(stat_of .dead)" 1
  qwait -w jobs --dead drop
  qput -w jobs --tries 5 a
  run qwait -w jobs -n 2 --backoff 0 --tries 2 -x false
  assert_equal "$(stat_of .dead)" 1
  qwait -w jobs --dead drop
  qput -w jobs --tries 2 a
  run qwait -w jobs -n 2 --backoff 0 --tries 0 -x false
  assert_equal "$(stat_of .dead)" 1
  qwait -w jobs --dead drop
  qput -w jobs a
  run qwait -w jobs -n 9 --backoff 0 --tries 0 -x false
  assert_equal "$(stat_of '"\(.dead) \(.ready)"')" '"0 1"'
}

@test "a command of a signal is told for how many it stands" {
  # shellcheck disable=SC2016
  bg a qwait --coalesce 300 -n 1 -x sh -c 'echo "$LINEMAN_MERGED $1"' sh {}
  wait_until 5 waiting
  qput one two three
  assert_equal "$(status_of a)" 0
  assert_equal "$(cat a.out)" "3 one"
}

@test "a named waiter that was overrun with --keep-going is told once, also when it is killed" {
  qwait -i me -t 0 || true
  seq 1 50 | qput --max 10
  bg a qwait -i me --keep-going
  wait_until 5 file_has a.out 50
  wait_until 5 waiting
  kill -KILL "$(cat a.pid)"
  file_has a.err 'missed 40'
  qput 51
  run qwait -i me -t 0
  assert_success
  assert_output 51
}

@test "--peek, --stats and --list of a waiter take nothing and change nothing" {
  qwait -i me -t 0 || true
  qput a b
  local before
  before=$(redis hget 'lineman:{q.notices}:at' me)
  assert_equal "$(qwait --peek)" $'a\nb'
  assert_equal "$(qwait --stats)" $'kept 2\nlast 2\nwaiters 1'
  assert_equal "$(qwait --list)" notices
  assert_equal "$(redis hget 'lineman:{q.notices}:at' me)" "$before"
  run qwait -i me -t 0
  assert_output $'a\nb'
}
