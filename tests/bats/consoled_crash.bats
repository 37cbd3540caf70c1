# kill -9 of consoled under load: what it has acknowledged, journalled and published is right after it.
load helper
load consoled

# Makes definitions and takes some away, one after the other, for as long as there is an answer; what
# it tries and what was acknowledged stand in `changes`.
definer() {
  cat >define.py <<'PY'
import sys
from congo import *
f = dial(os.environ["CTL"]).makefile("rwb")
log = open("changes", "a", 1)
for i in range(100000):
    name = "x%s-%d" % (sys.argv[1], i)
    for cmd in ("create", "delete") if i % 2 else ("create",):
        node = {"name": name, "driver": "cmd", "ondemand": True, "params": {"cmd": "cat"}}
        log.write("try %s %s\n" % (cmd, name))
        more = {"node": node} if cmd == "create" else {"console": name}
        f.write(json.dumps({"cmd": cmd, **more}).encode() + b"\n")
        f.flush()
        assert json.loads(f.readline())["ok"]
        log.write("ok %s %s\n" % (cmd, name))
PY
}
on_redis() { redis-cli -e -s "$T/redis.sock" "$@"; }
redis_up() { [ "$(on_redis PING)" = PONG ]; }
receive() { # KIND: the receiver's pid in $RECEIVER
  local address=$T/there
  [ "$1" = unix ] || address=$LOG_PORT
  start_bg python3 -B "$LM_ROOT/tests/doubles/receiver.py" "$1" "$address" "$T/$1.got"
  RECEIVER=$BG
}
loggers() {
  LOG_PORT=$(free_port)
  export TLS=$T/tls
  PATH=$LM_ROOT/examples/tls:$PATH make-certs "$TLS" localhost
  TLS_KEYS="ssl_key_file: $TLS/client.key, ssl_cert_file: $TLS/client.crt, ssl_ca_cert_file: $TLS/ca.crt"
  start_bg redis-server --port 0 --unixsocket "$T/redis.sock" --dir "$T" --save '' --logfile "$T/redis.log"
  wait_until 10 redis_up
}

@test "kill -9 under load, three times: nodes, journals and publishers' places are right" {
  loggers
  configure '' "logger: {tcp: [{name: t, host: 127.0.0.1, port: $LOG_PORT}], unix: [{name: u, path: $T/there}], redis: [{name: r, url: 'unix://$T/redis.sock', length: 1000000}]}"
  producer 25
  definer
  receive tcp
  local tcp=$RECEIVER
  receive unix
  local unix=$RECEIVER
  start
  local n
  for n in p1 p2 p3; do
    node "$n" cmd "{\"cmd\":\"$PRODUCER\",\"persist\":\"true\"}"
  done
  node mortal cmd "{\"cmd\":\"$PRODUCER\"}"
  local round before
  for round in 1 2 3; do
    wait_until 10 state_is p1 connected
    start_bg env "PYTHONPATH=$LM_ROOT/tests/doubles" python3 -B define.py "$round" 2>/dev/null
    before=$(stat -c %s d/p1.log 2>/dev/null || echo 0)
    wait_until 20 size_at_least d/p1.log "$((before + 10000))"
    wait_until 10 grep -q "ok create x$round-50" changes
    if [ "$round" = 2 ]; then kill -9 "$tcp" "$unix"; fi
    end KILL
    start
    if [ "$round" = 2 ]; then
      # They miss a while of it, too.
      before=$(stat -c %s d/p1.log)
      wait_until 20 size_at_least d/p1.log "$((before + 5000))"
      receive tcp
      receive unix
    fi
  done
  touch over
  # The place beside the list is the journal's end.
  redis_has() { [ "$(on_redis HGET 'lineman:{log.r}:at' "$1" | cut -d: -f2)" = "$(stat -c %s "d/$1.log")" ]; }
  all_ended() { [ "$(grep -c '"message":"last ' "$1.got")" -ge 4 ]; }
  for n in p1 p2 p3 mortal; do
    wait_until 20 file_has "d/$n.log" 'last '
    wait_until 20 redis_has "$n"
  done
  wait_until 20 all_ended unix
  wait_until 20 all_ended tcp
  on_redis LRANGE 'lineman:{log.r}' 0 -1 >redis.got
  run python3 -B - <<'PY'
import json, re
def lines(records, node):
    return [r["message"] for r in records if r["node"] == node and r["type"] == "console"]
got = {k: [json.loads(l) for l in open(k + ".got")] for k in ("tcp", "unix", "redis")}
for node in ("p1", "p2", "p3"):
    journal = open("d/%s.log" % node).read()
    count = int(re.search(r"last (\d+)\n", journal).group(1))
    said = ["line %d" % i for i in range(1, count + 1)] + ["last %d" % count]
    assert journal == "\n".join(said) + "\n", (node, "journal", len(journal))
    assert lines(got["unix"], node) == said, (node, "unix")
    assert lines(got["redis"], node) == said, (node, "redis")
    # tcp says again what was not acknowledged, and a receiver that dies takes with it what it had
    # not read: one piece, once.
    tcp = list(dict.fromkeys(lines(got["tcp"], node)))
    there = set(tcp)
    assert tcp == [line for line in said if line in there], (node, "tcp", "order")
    lost = [i for i, line in enumerate(said) if line not in there]
    assert not lost or lost == list(range(lost[0], lost[-1] + 1)), (node, "tcp", lost[0], lost[-1], len(lost))
    assert said[-1] in there
# Of one that does not outlive us each record is the journal's, too; its lines were cut.
journal = open("d/mortal.log").read()
assert journal.count("line 1\n") > 1 and journal.endswith("\n")
for k in ("unix", "redis"):
    assert "".join(lines(got[k], "mortal")) == journal.replace("\n", ""), (k, "mortal")
print("right")
PY
  assert_output right
  ctl consoled.sock list | jq -r '.consoles[].console' | grep '^x' >names
  run python3 -B - <<'PY'
there, should, open_ = set(open("names").read().split()), {}, None
for what, cmd, name in (line.split() for line in open("changes")):
    if what == "ok": should[name], open_ = cmd == "create", None
    elif open_: should.pop(open_, None)  # cut off by the crash: it may be either way
    if what == "try": open_ = name
should.pop(open_, None)
wrong = [n for n, want in should.items() if want != (n in there)]
assert not wrong and len(should) > 100, wrong
print("right")
PY
  assert_output right
}

@test "a tcp logger over TLS: what a receiver missed comes when it is back; a stranger gets nothing" {
  loggers
  configure '' "logger: {tcp: [{name: t, host: localhost, port: $LOG_PORT, $TLS_KEYS}]}"
  receive tls
  local first=$RECEIVER
  start
  create n1 "sh -c 'stty raw -echo; i=0; while read x; do i=\$((i+1)); echo said \$i; done'"
  attach n1
  say -n c $'\n'
  wait_until 10 file_has tls.got '"said 1"'
  kill -9 "$first"
  say -n c $'\n\n'
  expect c 'said 3'
  # Somebody else with another CA's certificate in its place.
  PATH=$LM_ROOT/examples/tls:$PATH make-certs "$T/other" localhost
  start_bg env "TLS=$T/other" python3 -B "$LM_ROOT/tests/doubles/receiver.py" tls "$LOG_PORT" "$T/stranger.got"
  local stranger=$BG
  wait_until 20 file_has consoled.err 'certificate refused'
  kill "$stranger"
  wait_until 5 pid_ended "$stranger"
  assert_equal "$(cat stranger.got)" ''
  receive tls
  wait_until 40 file_has tls.got '"said 3"'
  assert_equal "$(jq -r 'select(.type=="console").message' tls.got | uniq)" $'said 1\nsaid 2\nsaid 3'
}

@test "what was said before a restart comes after it, also to a receiver that was never there before" {
  configure '' "logger: {unix: [{name: u, path: $T/there}], file: [{name: f, logdir: $T/logs}]}"
  start
  create n1 "sh -c 'stty raw -echo; i=0; while read x; do i=\$((i+1)); echo said \$i; done'"
  attach n1
  say -n c $'\n\n\n'
  wait_until 10 file_has logs/n1.log 'said 3'
  end KILL
  start
  receive unix
  wait_until 20 file_has unix.got '"said 3"'
  assert_equal "$(jq -r 'select(.type=="console").message' unix.got)" $'said 1\nsaid 2\nsaid 3'
  run grep -c 'said 3' logs/n1.log
  assert_output 1
}

@test "kill -9 within a line: one record of it, where the console lives on" {
  configure '' "logger: {unix: [{name: u, path: $T/there}]}"
  receive unix
  start
  node n1 cmd "{\"cmd\":\"sh -c 'stty raw -echo; exec cat'\",\"persist\":\"true\"}"
  local word
  for word in one two; do
    wait_until 10 state_is n1 connected
    attach n1 "$word"
    say -n "$word" "$word, "
    wait_until 10 file_has d/n1.log "$word"
    end KILL
    start
  done
  wait_until 10 state_is n1 connected
  attach n1
  say c whole
  wait_until 20 file_has unix.got whole
  assert_equal "$(jq -r 'select(.type=="console").message' unix.got)" 'one, two, whole'
}
