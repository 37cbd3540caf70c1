# Takers that stand by: what becomes of an item, and of the next one, when a taker, its connection or
# Redis goes while it does. A redis-server of each test's own.
load helper

setup() {
  lm_setup
  export LINEMAN_REDIS=unix:$T/r.sock
  start_redis
}

start_redis() {
  start_bg redis-server --port 0 --unixsocket "$T/r.sock" --dir "$T" --save '' --logfile "$T/redis.log"
  SERVER=$BG
  wait_until 10 redis_up
  redis -x FUNCTION LOAD REPLACE <"$BUILD/share/lineman/redis/lineman.lua" >/dev/null
}
redis() { redis-cli -s "$T/r.sock" "$@"; }
redis_up() { [ "$(redis PING)" = PONG ]; }
standing() { [ "$(redis LLEN 'lineman:{q.jobs}:standby')" = "$1" ]; }
# Who stands by, the latest last: channel, token, lease, worker.
stands_by() { redis LINDEX 'lineman:{q.jobs}:standby' "$1"; }
# counts: ready, delayed, leased, dead.
counts() { qwait -w jobs -j --stats | jq -r '"\(.ready) \(.delayed) \(.leased) \(.dead)"'; }
counts_are() { [ "$(counts)" = "$1" ]; }
blocked() { redis CLIENT LIST | grep -q ' cmd=blpop '; }
lines() { [ "$(wc -l <"$1")" = "$2" ]; }
# taker OUT WORDS...: prints what it takes to OUT, in the background; its pid is $BG.
# shellcheck disable=SC2016
taker() { start_bg sh -c 'out=$1; shift; exec qwait -w jobs "$@" >"$out" 2>"$out.err"' sh "$@"; }

@test "a taker is killed while it stands by: the next put goes to another at once, as leased" {
  taker first
  local first=$BG
  wait_until 5 standing 1
  taker second
  local second=$BG
  wait_until 5 standing 2
  kill -KILL "$second"
  wait_until 5 pid_ended "$second"
  # It does not look by itself.
  kill -STOP "$first"
  qput -w jobs x
  assert_equal "$(counts)" "0 0 1 0"
  kill -CONT "$first"
  wait_until 5 file_has first x
  wait_until 5 counts_are "0 0 0 0"
}

@test "a taker is stopped while it stands by until its lease is over: what it was told is another's" {
  taker first --lease 20
  local first=$BG
  wait_until 5 standing 1
  kill -STOP "$first"
  qput -w jobs x
  # shellcheck disable=SC2016
  start_bg sh -c 'exec qwait -w jobs -n 1 -x sh -c "echo \$LINEMAN_TRY >tries; while [ ! -e go ]; do sleep 0.02; done"'
  wait_until 40 test -s tries
  kill -CONT "$first"
  wait_until 5 file_has first.err 'it came when its lease may have run out'
  touch go
  wait_until 5 counts_are "0 0 0 0"
  assert_equal "$(cat tries) $(cat first)" "2 "
  # It goes on.
  qput -w jobs y
  wait_until 5 file_has first y
}

@test "the connection on which it stands by is killed: it stands by anew, and the next put comes" {
  taker out
  wait_until 5 standing 1
  local before
  before=$(stands_by 0)
  redis CLIENT KILL TYPE pubsub
  anew() { [ "$(stands_by -1 | cut -d' ' -f1)" != "${before%% *}" ]; }
  wait_until 10 anew
  qput -w jobs x
  wait_until 2 file_has out x
  redis CLIENT KILL TYPE normal SKIPME yes
  qput -w jobs y
  wait_until 6 file_has out y
}

@test "Redis is killed while a taker stands by: it stands by with the next one" {
  taker out
  wait_until 5 standing 1
  kill -KILL "$SERVER"
  wait_until 5 pid_ended "$SERVER"
  start_redis
  qput -w jobs x
  wait_until 20 file_has out x
  wait_until 10 standing 1
  qput -w jobs y
  wait_until 2 file_has out y
}

@test "-P 3: puts come as long as there is room, then the item is ready" {
  # shellcheck disable=SC2016
  start_bg sh -c 'exec qwait -w jobs -P 3 -x sh -c "echo \$1 >>ran; while [ ! -e go ]; do sleep 0.02; done" sh {}'
  local i
  for i in 1 2 3; do
    wait_until 5 standing 1
    qput -w jobs "$i"
    wait_until 5 counts_are "0 0 $i 0"
  done
  wait_until 5 lines ran 3
  standing 0
  qput -w jobs 4
  assert_equal "$(counts)" "1 0 3 0"
  touch go
  wait_until 5 lines ran 4
  wait_until 5 counts_are "0 0 0 0"
  assert_equal "$(sort -n ran | tr '\n' ' ')" "1 2 3 4 "
  wait_until 5 standing 1
}

@test "who stands by tells the result, frees the key, and has the tries that the put said" {
  # shellcheck disable=SC2016
  start_bg sh -c 'exec qwait -w jobs -x sh -c "echo \$LINEMAN_TRY \$LINEMAN_KEY \$LINEMAN_PRIORITY; [ ! -e bad ]" 2>err'
  wait_until 5 standing 1
  run qput -w jobs -p 2 -u key --result x
  assert_success
  assert_output '1 key 2'
  wait_until 5 standing 1
  touch bad
  qput -w jobs -u key --tries 1 x
  wait_until 5 file_has err 'a dead letter'
  assert_equal "$(counts)" "0 0 0 1"
}

@test "who stands by gets any payload as it was put: NULs, newlines, a mebibyte" {
  start_bg qwait -w jobs -x sh -c 'cat >part && cat part >>got'
  head -c 1048576 /dev/urandom >big
  printf 'two\nlines\0\r\n and a NUL' >small
  local file
  for file in big small; do
    wait_until 5 standing 1
    printf '{"data":"%s"}\n' "$(base64 -w0 <"$file")" | qput -w jobs -J
    wait_until 5 counts_are "0 0 0 0"
  done
  cat big small | cmp - got
}

@test "a putter who may not tell takers: it is put, and taken within five seconds" {
  redis ACL SETUSER putter on nopass '~*' +@all resetchannels
  taker out
  wait_until 5 standing 1
  qput --redis "unix:$T/r.sock?user=putter" -w jobs x
  wait_until 6 file_has out x
  redis ACL SETUSER putter -rpop -publish
  wait_until 5 standing 1
  qput --redis "unix:$T/r.sock?user=putter" -w jobs y
  wait_until 6 file_has out y
}

@test "a taker who may not subscribe blocks instead, and is woken by a put" {
  redis ACL SETUSER default resetchannels
  taker out
  wait_until 5 blocked
  standing 0
  qput -w jobs x
  wait_until 3 file_has out x
  assert_equal "$(cat out.err)" ""
}
