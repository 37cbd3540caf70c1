# The logger of type redis: a bounded list in a real Redis has each record of the journals once, in
# their order, whatever becomes of the connection, of Redis and of consoled.
load helper
load consoled

setup() {
  lm_setup
  producer 50
}

on_redis() { redis-cli -e -s "$T/redis.sock" "$@"; }
redis_up() { [ "$(on_redis PING)" = PONG ]; }
# redis: on redis.sock, with a file that outlives kill -9, and the check of it that lineman-redis(7) asks
# for; its pid is $REDIS.
redis() {
  local manifest=appendonlydir/appendonly.aof.manifest
  [ ! -f "$manifest" ] || redis-check-aof --fix "$manifest" <<<y >/dev/null
  start_bg redis-server --port 0 --unixsocket "$T/redis.sock" --dir "$T" --save '' --appendonly yes \
    --logfile "$T/redis.log"
  REDIS=$BG
  wait_until 10 redis_up
}
kill_redis() {
  kill -9 "$REDIS"
  wait_until 5 pid_ended "$REDIS"
}
functions() { on_redis -x FUNCTION LOAD REPLACE <"$BUILD/share/lineman/redis/lineman.lua"; }
# proxy NAME CALL:N:ACTION: stands at NAME.sock.
proxy() {
  start_bg "$LM_ROOT/tests/doubles/redis-proxy" "$T/$1.sock" "$T/redis.sock" "$2"
  wait_until 5 test -S "$T/$1.sock"
}
# loggers NAME:SOCKET...: a logger each, with a list of its name.
loggers() {
  local all='' one
  for one; do all+="{name: ${one%%:*}, url: 'unix://$T/${one#*:}', length: 1000000}, "; done
  configure '' "logger: {redis: [$all]}"
}
# produces NODE [MORE]: a console of it.
produces() {
  node "$1" cmd "{\"cmd\":\"$PRODUCER\"${2:-}}"
}
said() { wait_until 20 size_at_least "d/$1.log" "$(($(stat -c %s "d/$1.log" 2>/dev/null || echo 0) + $2))"; }
has() { [ "$(on_redis HGET "lineman:{log.$1}:at" "$2" | cut -d: -f2)" = "$(stat -c %s "d/$2.log")" ]; }
# all_right NODES LISTS: the producers end, and each list has of each node what its journal has.
all_right() {
  local list node
  touch over
  for node in $1; do
    wait_until 20 eval "grep -q '^last' d/$node.log"
    for list in $2; do wait_until 20 has "$list" "$node"; done
  done
  for list in $2; do on_redis LRANGE "lineman:{log.$list}" 0 -1 >"$list.got"; done
  run python3 -B - "$1" "$2" <<'PY'
import json, sys
for name in sys.argv[2].split():
    records = [json.loads(line) for line in open(name + ".got")]
    for node in sys.argv[1].split():
        said = open("d/%s.log" % node).read().splitlines()
        assert said[-1].startswith("last"), said[-1]
        got = [r["message"] for r in records if r["node"] == node and r["type"] == "console"]
        wrong = [p for p in zip(got, said) if p[0] != p[1]][:3]
        assert got == said, (name, node, len(got), len(said), wrong)
print("right")
PY
  assert_output right
}

@test "a connection that is lost before Redis heard a push, or after it: no record twice, none lost" {
  redis
  functions
  local name all=()
  for name in cut1 cut4 lose1 lose4 mute3; do
    all+=("$name:$name.sock")
    proxy "$name" "log_push:${name: -1}:${name%?}"
  done
  loggers "${all[@]}"
  start
  produces n1
  for name in cut1 cut4 lose1 lose4 mute3; do wait_until 20 test -e "$name.sock.hit"; done
  said n1 10000
  touch mute3.sock.go
  all_right n1 'cut1 cut4 lose1 lose4 mute3'
}

@test "the same by EVALSHA, where nobody loaded the functions" {
  redis
  local name all=()
  for name in cut1 lose2 lose4; do
    all+=("$name:$name.sock")
    proxy "$name" "evalsha:${name: -1}:${name%?}"
  done
  loggers "${all[@]}"
  start
  produces n1
  for name in cut1 lose2 lose4; do wait_until 20 test -e "$name.sock.hit"; done
  said n1 5000
  all_right n1 'cut1 lose2 lose4'
}

@test "the same by EVAL, which the first push of all is" {
  redis
  proxy r eval:1:lose
  loggers r:r.sock
  start
  produces n1
  wait_until 20 test -e r.sock.hit
  said n1 5000
  all_right n1 r
}

@test "kill -9 of Redis under load, and a while without one: what was missed comes in order" {
  redis
  loggers r:redis.sock
  start
  produces n1
  produces n2
  local round
  for round in 1 2 3; do
    said n1 5000
    kill_redis
    said n2 5000
    redis
  done
  all_right 'n1 n2' r
  file_has consoled.err 'logger r: connected again'
}

@test "CLIENT KILL under load, ten times" {
  redis
  loggers r:redis.sock
  start
  produces n1
  killed() { [ "$(on_redis CLIENT KILL TYPE normal SKIPME yes)" -ge 1 ]; }
  local round
  for round in {1..10}; do
    said n1 1000
    wait_until 10 killed
  done
  all_right n1 r
}

@test "consoled is killed under load: it asks Redis where it was" {
  redis
  functions
  # The last push before the first crash is one that Redis did, and consoled did not hear of.
  proxy r log_push:3:mute
  loggers r:r.sock
  start
  produces n1 ', "persist":"true"'
  wait_until 20 test -e r.sock.hit
  local round
  for round in 1 2 3; do
    said n1 5000
    end KILL
    start
    wait_until 10 state_is n1 connected
  done
  all_right n1 r
}

@test "what was said while Redis was away, by a consoled that is no more, comes when it is back" {
  redis
  loggers r:redis.sock
  start
  produces n1 ', "persist":"true"'
  said n1 2000
  wait_until 10 eval '[ "$(on_redis LLEN "lineman:{log.r}")" -gt 100 ]'
  kill_redis
  said n1 2000
  end KILL
  start
  said n1 2000
  end
  redis
  start
  all_right n1 r
}

@test "also where Redis never was there before" {
  loggers r:redis.sock
  start
  produces n1 ', "persist":"true"'
  said n1 2000
  end KILL
  start
  said n1 2000
  redis
  all_right n1 r
}

@test "for a console that says nothing Redis is asked, too: what it has not is sent" {
  redis
  loggers r:redis.sock
  start
  create n1 "sh -c 'echo hello; exec cat'" '{"ondemand":true}'
  attach n1
  expect c hello
  wait_until 10 has r n1
  kill_redis
  say c more
  expect c $'more\r\nmore'
  # What the kernel was given, a kill leaves.
  wait_until 10 eval '[ "$(grep -ac more d/n1.log)" = 2 ]'
  hang_up c
  wait_until 10 file_has consoled.err 'n1: viewer 1 is gone'
  end KILL
  # Where it was is known to Redis alone, as for consoled on another machine.
  rm -rf d/publish
  redis
  start
  wait_until 10 has r n1
  assert_equal "$(on_redis LRANGE 'lineman:{log.r}' 0 -1 | jq -r 'select(.type == "console").message')" \
    $'hello\nmore\nmore'
  state_is n1 idle
}
