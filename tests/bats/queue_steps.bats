# kill -9 of a taker, a waiter or a putter at every step of the protocol, and a connection that is
# lost there: before Redis has heard of the step, and when it is done and nobody knows. A proxy that
# counts commands stops at the step; Redis and the tools are the real ones.
load helper

setup() {
  lm_setup
  start_bg redis-server --port 0 --unixsocket "$T/r.sock" --dir "$T" --save '' --logfile "$T/redis.log"
  wait_until 10 redis_up
  redis -x FUNCTION LOAD REPLACE <"$BUILD/share/lineman/redis/lineman.lua" >/dev/null
  export LINEMAN_REDIS=unix:$T/r.sock
}

redis() { redis-cli -s "$T/r.sock" "$@"; }
redis_up() { [ "$(redis PING)" = PONG ]; }
stats() { qwait -w jobs -j --stats | jq -r "$1"; }
# counts: ready, delayed, leased, dead.
counts() { stats '"\(.ready) \(.delayed) \(.leased) \(.dead)"'; }
counts_are() { [ "$(counts)" = "$1" ]; }
try_of_next() { qwait -w jobs --peek -j | jq .try; }
lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }
standing() { [ "$(redis LLEN 'lineman:{q.jobs}:standby')" = "$1" ]; }

# at CALL:N:ACTION TOOL ARGUMENTS...: the tool through a proxy that does this; out, err, status, pid.
# Back when the proxy has come to it.
at() {
  local rule=$1
  shift
  rm -f p.sock* out err status pid
  start_bg "$LM_ROOT/tests/doubles/redis-proxy" "$T/p.sock" "$T/r.sock" "$rule" 2>proxy.err
  wait_until 5 test -S p.sock
  # shellcheck disable=SC2016
  LINEMAN_REDIS=unix:$T/p.sock start_bg sh -c '"$@" >out 2>err & echo $! >pid; wait $!; echo $? >status' sh "$@"
  wait_until 10 test -e p.sock.hit
}
# Nothing of it may go on: the proxy sees its end.
kill_it() {
  kill -KILL "$(cat pid)"
  wait_until 5 test -s status
  assert_equal "$(cat status)" 137
}
go() { touch p.sock.go; }
status_of() { wait_until "${1:-10}" test -s status && cat status; }
# A worker that says what it ran.
run_one() { qwait -w jobs -n 1 -t 10 "$@" -x sh -c 'echo "$LINEMAN_TRY $1" >>ran' sh {}; }
WORKER=(qwait -w jobs --lease 0.9 -x sh -c 'echo "$LINEMAN_TRY $1" >>ran' sh {})

@test "killed before Redis heard of its TAKE: the item was not tried" {
  qput -w jobs x
  at work_take:1:hold "${WORKER[@]}"
  kill_it
  assert_equal "$(counts) $(try_of_next)" "1 0 0 0 0"
  run_one
  assert_equal "$(cat ran)" "1 x"
}

@test "killed between TAKE and its answer: never run, a try, and the reason says never renewed" {
  qput -w jobs --tries 2 x
  at work_take:1:mute "${WORKER[@]}"
  kill_it
  assert_equal "$(counts)" "0 0 1 0"
  [ ! -e ran ]
  run qwait -w jobs -n 1 -t 10 -j
  assert_success
  assert_equal "$(jq .try <<<"$output")" 2
  [[ $(jq -r .reason <<<"$output") == 'lease ran out, taken by '*', never renewed' ]] || fail "$output"
}

@test "killed with TAKE's answer in its socket, before the command starts: the next one runs it" {
  qput -w jobs x
  at work_take:1:mute "${WORKER[@]}"
  kill -STOP "$(cat pid)"
  go
  # Read by nobody: it lies there.
  wait_until 5 sh -c 'ss -Hx src "*p.sock" | grep -q .'
  kill_it
  [ ! -e ran ]
  run_one
  assert_equal "$(cat ran)" "2 x"
}

@test "killed before Redis heard of a RENEW: the lease ends when the last one said" {
  qput -w jobs x
  at work_renew:1:hold qwait -w jobs --lease 1.5 -x sh -c 'echo $$ >command; sleep 60'
  local ends
  ends=$(redis ZRANGE 'lineman:{q.jobs}:leased' 0 -1 WITHSCORES | tail -n 1)
  kill_it
  wait_until 5 pid_ended "$(cat command)"
  assert_equal "$(redis ZRANGE 'lineman:{q.jobs}:leased' 0 -1 WITHSCORES | tail -n 1)" "$ends"
  run qwait -w jobs -n 1 -t 10 -j
  assert_equal "$(jq -c '[.try, (.reason | endswith("never renewed"))]' <<<"$output")" '[2,true]'
}

@test "killed between RENEW and its answer: the lease runs on, then the next one has the item" {
  qput -w jobs x
  at work_renew:1:mute qwait -w jobs --lease 1.5 -x sh -c 'echo $$ >command; sleep 60'
  kill_it
  wait_until 5 pid_ended "$(cat command)"
  assert_equal "$(counts)" "0 0 1 0"
  run qwait -w jobs -n 1 -t 10 -j
  assert_equal "$(jq -c '[.try, (.reason | endswith("never renewed"))]' <<<"$output")" '[2,false]'
}

@test "killed after the command, before Redis heard of its ACK: done again" {
  qput -w jobs x
  at work_ack:1:hold "${WORKER[@]}"
  kill_it
  assert_equal "$(counts)" "0 0 1 0"
  run_one
  assert_equal "$(cat ran)" $'1 x\n2 x'
  assert_equal "$(counts)" "0 0 0 0"
}

@test "killed between ACK and its answer: done, and not again" {
  qput -w jobs --result x >result 2>&1 3>&- &
  echo "$!" >>"$T/.pids"
  at work_ack:1:mute qwait -w jobs --lease 0.9 -x sh -c 'echo ran >>ran; echo said'
  kill_it
  wait_until 5 file_has result said
  assert_equal "$(counts)" "0 0 0 0"
  assert_equal "$(wc -l <ran)" 1
}

@test "killed before, and after, Redis heard that a command failed" {
  qput -w jobs x
  at work_release:1:hold qwait -w jobs --lease 0.9 -x sh -c 'echo >>ran; exit 1'
  kill_it
  assert_equal "$(counts)" "0 0 1 0"
  at work_release:1:mute qwait -w jobs --backoff 60 -x sh -c 'echo >>ran; exit 1'
  kill_it
  assert_equal "$(counts)" "0 1 0 0"
  assert_equal "$(wc -l <ran)" 2
  assert_equal "$(qwait -w jobs --list -j | jq -c '[.try, .reason]')" '[2,"exit 1"]'
}

@test "killed before, and after, Redis heard that an item is a dead letter" {
  qput -w jobs x
  at work_bury:1:hold qwait -w jobs --lease 0.9 --tries 1 -x false
  kill_it
  assert_equal "$(counts)" "0 0 1 0"
  at work_bury:1:mute qwait -w jobs --tries 2 -x false
  kill_it
  assert_equal "$(counts)" "0 0 0 1"
  run qwait -w jobs --dead list
  assert_output --partial 'exit 1'
}

@test "killed while it gives an item back on a second TERM: it comes back all the same" {
  qput -w jobs x
  local step
  for step in hold mute; do
    rm -f ran
    # Two that follow each other at once may be seen as one.
    twice() {
      wait_until 30 test -s ran
      kill -TERM "$(cat pid)"
      wait_until 5 took_term "$(cat pid)"
      kill -TERM "$(cat pid)"
    }
    start_bg twice
    at "work_release:1:$step" qwait -w jobs --lease 3 -x sh -c 'echo >ran; while :; do sleep 0.02; done'
    kill_it
    run qwait -w jobs --hold -n 1 -t 10
    assert_success
    qwait -w jobs --release "${output%% *}"
  done
}

@test "printed, and killed before Redis heard of its ACK: printed again; after it: not" {
  qput -w jobs x y
  at work_ack:1:hold qwait -w jobs --lease 0.9
  assert_equal "$(cat out)" x
  kill_it
  run qwait -w jobs -n 2 -t 10
  assert_success
  assert_output $'y\nx'
  qput -w jobs z
  at work_ack:1:mute qwait -w jobs --lease 0.9
  assert_equal "$(cat out)" z
  kill_it
  assert_equal "$(counts)" "0 0 0 0"
}

@test "--hold killed after it has printed: who reads the id may settle it while the lease runs" {
  qput -w jobs x
  at work_renew:1:hold qwait -w jobs --hold --lease 30
  kill_it
  run qwait -w jobs --ack "$(cut -d' ' -f1 out)"
  assert_success
  assert_equal "$(counts)" "0 0 0 0"
}

@test "--ack killed before Redis heard of it can be said again; after it the lease is over" {
  qput -w jobs x y
  qwait -w jobs --hold -n 2 >held
  local x y
  { read -r x _ && read -r y _; } <held
  at work_ack:1:hold qwait -w jobs --ack "$x"
  kill_it
  qwait -w jobs --ack "$x"
  at work_ack:1:mute qwait -w jobs --ack "$y"
  kill_it
  run qwait -w jobs --ack "$y"
  assert_failure 1
  assert_equal "$(counts)" "0 0 0 0"
}

@test "a taker is killed with the wake token in its hand: who waits beside it looks within five seconds" {
  start_bg sh -c 'while [ ! -e first ]; do sleep 0.02; done; qwait -w jobs -n 1 --lease 10 >second'
  start_bg sh -c 'while [ "$(redis-cli -s r.sock CLIENT LIST | grep -c " cmd=blpop ")" -lt 1 ]; do sleep 0.02; done
    touch first
    while [ "$(redis-cli -s r.sock CLIENT LIST | grep -c " cmd=blpop ")" -lt 2 ]; do sleep 0.02; done; qput -w jobs x'
  at blpop:1:mute qwait -w jobs --lease 10 # longer ones stand by
  kill_it
  wait_until 6 file_has second x
}

@test "TAKE's answer is lost with the connection: it goes on, and the item comes when its lease is over" {
  qput -w jobs x
  at work_take:1:lose qwait -w jobs -n 1 --lease 0.9 -x sh -c 'echo "$LINEMAN_TRY" >>ran'
  assert_equal "$(status_of)" 0
  assert_equal "$(cat ran)" 2
}

@test "ACK's answer is lost with the connection: done once, and said that it is not known" {
  qput -w jobs x
  # shellcheck disable=SC2016
  at work_ack:1:lose qwait -w jobs --lease 20 -x sh -c 'echo "$LINEMAN_TRY $1" >>ran' sh {}
  wait_until 5 file_has err 'acknowledged, or its lease is lost: the answer did not come'
  assert_equal "$(counts) $(cat ran)" "0 0 0 0 1 x"
}

@test "the connection is lost before ACK, RENEW or the failure: said again while the lease is ours" {
  qput -w jobs x
  # shellcheck disable=SC2016
  at work_ack:1:cut qwait -w jobs --lease 20 -x sh -c 'echo "$LINEMAN_TRY $1" >>ran' sh {}
  wait_until 5 counts_are "0 0 0 0"
  kill_it
  assert_equal "$(cat ran)" "1 x"
  qput -w jobs y
  # shellcheck disable=SC2016
  at work_renew:1:cut qwait -w jobs -n 1 --lease 6 -x sh -c '
    while [ "$(redis-cli -s r.sock CLIENT LIST | grep -c "cmd=fcall")" -lt 1 ] || [ ! -e p.sock.hit ]; do sleep 0.02; done
    echo "$LINEMAN_TRY" >>ran'
  assert_equal "$(status_of 15)" 0
  assert_equal "$(tail -n 1 ran)" 1
  qput -w jobs z
  at work_release:1:cut qwait -w jobs --backoff 60 -x false
  wait_until 5 counts_are "0 1 0 0"
}

@test "a PUT that Redis did not hear of, killed: not put; heard, and killed: put once" {
  at work_put:1:hold qput -w jobs x
  kill_it
  at work_put:1:mute qput -w jobs y
  kill_it
  run qwait -w jobs -t 0
  assert_output y
}

@test "a PUT whose connection ends: 111 and not known; with -u it can be said again" {
  at work_put:1:cut qput -w jobs -u key x
  assert_equal "$(status_of)" 111
  file_has err 'not known whether it was put'
  at work_put:1:lose qput -w jobs -u key x
  assert_equal "$(status_of)" 111
  file_has err 'not known whether it was put'
  qput -w jobs -u key x
  assert_equal "$(counts)" "1 0 0 0"
  at signal_put:1:lose qput -q news x
  assert_equal "$(status_of)" 111
  file_has err 'not known whether it was put'
}

# --- Signals

@test "a new name, killed before, and after, Redis heard of it: from then on nothing is missed" {
  at signal_start:1:hold qwait -i me
  kill_it
  qput before
  at signal_start:1:mute qwait -i me
  kill_it
  qput after
  run qwait -i me -t 0
  assert_output after
}

@test "killed before Redis heard where a waiter is: the last one comes again, and only that" {
  qwait -i me -t 0 || true
  seq 1 400 | qput
  at signal_store:3:hold qwait -i me
  kill_it
  cp out first
  assert_equal "$(cat first)" "$(seq 1 3)"
  qwait -i me -t 0 >second
  assert_equal "$(cat second)" "$(seq 3 400)"
}

@test "killed when Redis has stored where a waiter is: none comes again, none is skipped" {
  qwait -i me -t 0 || true
  seq 1 400 | qput
  at signal_store:3:mute qwait -i me
  kill_it
  cp out first
  assert_equal "$(cat first)" "$(seq 1 3)"
  qwait -i me -t 0 >second
  assert_equal "$(cat second)" "$(seq 4 400)"
}

# feeder: 1 to 5 at once, 6 when they are there, 7 when the proxy has come to its step.
feeder() {
  start_bg sh -c 'seq 1 5 | qput
    until [ "$(cat out | wc -l)" -ge 5 ] || [ -e p.sock.hit ]; do sleep 0.02; done; qput 6
    while [ ! -e p.sock.hit ]; do sleep 0.02; done; qput 7' 2>feeder.err
}

@test "the connection of a waiter is lost at READ, at STORE, while it waits: each line comes once" {
  local step
  for step in signal_start:1:lose signal_read:2:cut signal_read:2:lose signal_store:2:cut \
    signal_store:2:lose xread:1:cut xread:1:lose; do
    redis FLUSHALL >/dev/null
    qwait -i me -t 0 || true
    : >out
    feeder
    at "$step" qwait -i me -n 7
    assert_equal "$step $(status_of 20)" "$step 0"
    assert_equal "$step $(tr '\n' ' ' <out)" "$step 1 2 3 4 5 6 7 "
  done
}

# --- Standing by

# put_when_standing WHAT...: to one who stands by, from behind.
put_when_standing() {
  start_bg sh -c 'while [ "$(redis-cli -s r.sock LLEN "lineman:{q.jobs}:standby")" != 1 ]; do sleep 0.02; done
    exec qput -w jobs "$@"' sh "$@"
}

lrem_was_called() { redis INFO commandstats | grep -q "^cmdstat_lrem:calls=$1,"; }

@test "a put leases its item to who stands by, without its doing" {
  qwait -w jobs -n 1 >out 3>&- &
  local pid=$!
  wait_until 5 standing 1
  kill -STOP "$pid"
  qput -w jobs x
  assert_equal "$(counts)" "0 0 1 0"
  kill -CONT "$pid"
  wait "$pid"
  assert_equal "$(cat out)" x
}

@test "TERM, and an item is on its way all the same: it is given back, and was not tried" {
  put_when_standing x
  at message:1:mute qwait -w jobs
  assert_equal "$(counts)" "0 0 1 0"
  kill "$(cat pid)"
  wait_until 5 took_term "$(cat pid)"
  go
  status_of
  assert_equal "$(counts) $(try_of_next) $(cat out)" "1 0 0 0 0 "
}

@test "TERM, and what is on its way does not come: it ends within a second or two" {
  put_when_standing x
  at message:1:mute qwait -w jobs
  kill "$(cat pid)"
  status_of 4
  assert_equal "$(counts) $(cat out)" "0 0 1 0 "
}

@test "TERM while a waiter stands by: it ends, and does not stand by any more" {
  qwait -w jobs >out 2>err 3>&- &
  local pid=$!
  wait_until 5 standing 1
  kill "$pid"
  wait "$pid" || true
  standing 0
  assert_equal "$(cat out err)" ""
}

@test "an item comes before the answer of the TAKE by which it stood by: taken, and so is the next" {
  at work_take:2:mute qwait -w jobs -n 2 -P 2 -x sh -c 'cat; echo'
  qput -w jobs x
  wait_until 5 file_has out x
  go
  # And not with its next look.
  wait_until 3 standing 1
  qput -w jobs y
  assert_equal "$(status_of) $(tr '\n' ' ' <out)" "0 x y "
  assert_equal "$(counts)" "0 0 0 0"
}

@test "told to look before the answer of its TAKE: it looks" {
  at work_take:2:mute qwait -w jobs -n 2
  qput -w jobs x y
  go
  assert_equal "$(status_of 4) $(tr '\n' ' ' <out)" "0 x y "
}

@test "an item crosses the next TAKE: taken; who is full does not stand by any more" {
  # shellcheck disable=SC2016
  at work_take:3:hold qwait -w jobs -n 2 -x sh -c 'echo "$1" >>ran; while [ ! -e "$1" ]; do sleep 0.02; done' sh {}
  qput -w jobs x
  wait_until 5 file_has ran x
  go
  # That TAKE took the registration before back, and made it stand by: it sees that it is full.
  wait_until 3 lrem_was_called 2
  standing 0
  qput -w jobs y
  assert_equal "$(counts)" "1 0 1 0"
  touch x y
  assert_equal "$(status_of) $(tr '\n' ' ' <ran)" "0 x y "
}

@test "the answer of the TAKE by which it stands by is lost: it goes on, and stands by once" {
  at work_take:2:lose qwait -w jobs -n 1
  wait_until 5 sh -c 'redis-cli -s r.sock INFO stats | grep -q "^pubsub_channels:1"'
  wait_until 5 standing 1
  qput -w jobs x
  assert_equal "$(status_of) $(cat out)" "0 x"
  standing 0
}
