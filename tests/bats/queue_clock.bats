# A clock that somebody sets, forward or back by an hour: Redis's, and that of the tools. The clock is
# tests/doubles/clock.c in front of the C library; redis-server and the tools are the real ones.
load helper

setup_file() {
  export CLOCK=$BATS_FILE_TMPDIR
  cc -O2 -shared -fPIC -o "$CLOCK/clock.so" "$LM_ROOT/tests/doubles/clock.c"
}

setup() {
  lm_setup
  export CLOCK_FILE=$T/tools LINEMAN_REDIS=unix:$T/r.sock
  redis_ahead 0
  start_bg env LD_PRELOAD="$CLOCK/clock.so" CLOCK_FILE="$T/redis" redis-server --port 0 --unixsocket "$T/r.sock" --dir "$T" --save '' \
    --logfile "$T/redis.log"
  wait_until 10 redis_up
  # Else a sanitizer wants to be the first library.
  export ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0
}

redis() { redis-cli -s "$T/r.sock" "$@"; }
redis_up() { [ "$(redis PING)" = PONG ]; }
# The clock of Redis; and that of what `clocked` runs.
redis_ahead() { echo "$1" >"$T/new" && mv "$T/new" "$T/redis"; }
ahead() { echo "$1" >"$T/new" && mv "$T/new" "$T/tools"; }
clocked() { LD_PRELOAD=$CLOCK/clock.so "$@"; }
leased_until() { redis ZRANGE 'lineman:{q.jobs}:leased' 0 -1 WITHSCORES | tail -n 1; }
is_renewed() { [ "$(leased_until)" != "$1" ]; }
blocked() { [ "$(redis CLIENT LIST | grep -cE " flags=b.* cmd=$1 ")" -ge "${2:-1}" ]; }
standing() { [ "$(redis LLEN 'lineman:{q.jobs}:standby')" = "$1" ]; }
stats() { qwait -w jobs -j --stats | jq "$1"; }

@test "the clock is what it says, and only Redis's" {
  local before after
  before=$(redis TIME | head -n 1)
  redis_ahead 3600
  after=$(redis TIME | head -n 1)
  [ $((after - before)) -ge 3600 ] && [ $((after - before)) -lt 3700 ]
  [ $(($(clocked date +%s) - $(date +%s))) -lt 100 ]
  ahead 3600
  [ $(($(clocked date +%s) - $(date +%s))) -ge 3599 ]
}

@test "Redis forward: what is delayed is due, nothing is lost, statistics stand" {
  qput -w jobs --delay 1800 later
  qput -w jobs now
  redis_ahead 3600
  run qwait -w jobs -n 2 -t 10
  assert_success
  assert_output $'later\nnow' || assert_output $'now\nlater'
  assert_equal "$(stats '.ready + .delayed + .leased + .dead')" 0
}

@test "Redis forward: a lease ends early; its taker finds out at the next renewal and acknowledges nothing" {
  qput -w jobs x
  start_bg sh -c 'qwait -w jobs --lease 6 -x sh -c "echo \$\$ >command; sleep 60" 2>first.err'
  wait_until 5 test -s command
  redis_ahead 3600
  run qwait -w jobs --hold -n 1 -t 10
  assert_success
  wait_until 6 pid_ended "$(cat command)"
  wait_until 5 file_has first.err 'its lease may be lost: the command is ended, nothing is acknowledged'
  run qwait -w jobs --ack "${output%% *}"
  assert_success
}

@test "Redis back: a lease that is renewed stands, who holds it acknowledges" {
  qput -w jobs x
  start_bg sh -c 'qwait -w jobs -n 1 --lease 1.2 -x sh -c "echo >ran; while [ ! -e go ]; do sleep 0.02; done" 2>err
    echo $? >status'
  wait_until 5 test -s ran
  redis_ahead -3600
  # Renewed by the new clock.
  due() {
    local now
    now=$(redis TIME | head -n 1)
    [ $(($(leased_until) / 1000 - now)) -le 2 ]
  }
  wait_until 5 due
  touch go
  wait_until 5 test -s status
  assert_equal "$(cat status) $(stats '.leased + .ready')" "0 0"
}

@test "Redis back: who waits is woken by a put" {
  start_bg sh -c 'qwait -w jobs -n 1 >work'
  start_bg sh -c 'qwait -n 1 >told'
  start_bg sh -c 'qwait -w jobs -n 1 --lease 10 >blocked' # too short to stand by
  wait_until 5 blocked xread
  wait_until 5 blocked blpop
  wait_until 5 standing 1
  redis_ahead -3600
  qput -w jobs x
  qput y
  wait_until 2 file_has work x
  qput -w jobs z
  wait_until 2 file_has blocked z
  wait_until 2 file_has told y
}

@test "Redis back: who waits looks as often as ever, and takes what a dead taker left" {
  start_bg sh -c 'qwait -w jobs -n 1 >work'
  wait_until 5 standing 1
  redis_ahead -3600
  # Taken before the waiter heard of it; then its lease runs out, and nobody tells.
  redis -x FUNCTION LOAD REPLACE <"$BUILD/share/lineman/redis/lineman.lua"
  redis <<'END'
MULTI
DEL lineman:{q.jobs}:standby
FCALL lineman_queue_work_put 1 lineman:{q.jobs}:mode aaaaaaaa bbbb 5 0 0 0 '' 0 refuse left
FCALL lineman_queue_work_take 1 lineman:{q.jobs}:mode 1000 token dead
DEL lineman:{q.jobs}:wake
EXEC
END
  wait_until 10 file_has work left
}

@test "Redis back: a waiter whose queue was emptied notices as soon as ever" {
  qput old older
  start_bg sh -c 'qwait 2>err; echo $? >status'
  wait_until 5 blocked xread
  redis_ahead -3600
  redis FLUSHALL
  qput new
  wait_until 10 test -s status
  assert_equal "$(cat status)" 98
  file_has err 'count unknown'
}

@test "Redis back: what was delayed or leased before waits that much longer, and comes" {
  qput -w jobs --delay 2 later
  qput -w jobs taken
  qwait -w jobs --hold -n 1 --lease 2 >/dev/null
  redis_ahead -3600
  run qwait -w jobs -t 3
  assert_failure 99
  assert_equal "$(stats '"\(.delayed) \(.leased) \(.oldest)"')" '"1 1 0"'
  redis_ahead 0
  run qwait -w jobs -n 2 -t 15
  assert_success
}

@test "the wait after a failure doubles up to ten minutes" {
  qput -w jobs x
  local ms hours=0
  for ms in 200000 400000 600000 600000; do
    run qwait -w jobs -n 1 -t 10 --backoff 200 -x false
    assert_success
    assert_output --partial "again in $ms ms"
    hours=$((hours + 1))
    redis_ahead $((hours * 3600))
  done
}

@test "the clock of a taker: leases, -t and --silent do not know it" {
  qput -w jobs x
  # shellcheck disable=SC2016
  start_bg env LD_PRELOAD="$CLOCK/clock.so" sh -c '
    qwait -w jobs -n 1 --lease 1 -x sh -c "echo >ran; while [ ! -e go ]; do sleep 0.02; done" 2>err
    echo $? >status'
  start_bg env LD_PRELOAD="$CLOCK/clock.so" sh -c 'qwait -q a -t 4; echo $? >timeout'
  start_bg env LD_PRELOAD="$CLOCK/clock.so" sh -c 'qwait -q b --silent 4; echo $? >silent'
  wait_until 5 test -s ran
  wait_until 5 blocked xread 2
  local jump before
  for jump in 3600 -3600 0; do
    before=$(leased_until)
    ahead "$jump"
    wait_until 5 is_renewed "$before"
    [ ! -e timeout ] && [ ! -e silent ] && [ ! -e status ]
  done
  run qwait -w jobs -n 1 -t 1
  assert_failure 99
  touch go
  wait_until 10 test -s status
  wait_until 10 test -s timeout
  wait_until 10 test -s silent
  assert_equal "$(cat status) $(cat timeout) $(cat silent)" "0 99 97"
}

@test "the clock of a putter: --delay and --result -t do not know it" {
  ahead 3600
  clocked qput -w jobs --delay 0.3 x
  run qwait -w jobs -n 1 -t 10
  assert_output x
  start_bg env LD_PRELOAD="$CLOCK/clock.so" sh -c 'qput -w jobs --result -t 2 y 2>err; echo $? >status'
  wait_until 5 blocked blmove
  ahead 0
  ahead 3600
  wait_until 8 test -s status
  assert_equal "$(cat status)" 124
}
