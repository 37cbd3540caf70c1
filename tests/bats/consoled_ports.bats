# consoled in goconserver's place: its REST API and congo's exact bytes on the console port.
load helper
load consoled

setup() {
  lm_setup
  configure
  start
}
create() { rest POST /nodes "{\"name\":\"$1\",\"driver\":\"cmd\",\"params\":{\"cmd\":\"$2\"}${3:+,$3}}"; }
state_is() { [ "$(curl -s "$URL/nodes/$1" | jq -r .State)" = "$2" ]; }

@test "the routes of goconserver answer with its shapes, statuses and words" {
  run rest GET /nodes
  assert_output $'200\n{"nodes":[]}'
  run create n1 cat
  assert_output 201
  run create n1 cat
  assert_line --index 0 409
  assert_output --partial 'The node name n1 is already exist'
  wait_until 5 state_is n1 connected
  run rest GET /nodes/n1
  assert_line --index 1 '{"StorageNode":{"name":"n1","driver":"cmd","params":{"cmd":"cat"},"ondemand":false,"Labels":null},"State":"connected"}'
  run rest GET /nodes/zz
  assert_line --index 0 400
  run rest PUT '/nodes/zz?state=on'
  assert_output $'200\n{"zz":"Skip this node as it is not exist."}'
  run rest PUT /nodes/n1
  assert_line --index 0 400
  run rest PUT '/nodes/n1?state=sideways'
  assert_output $'200\n{}'
  run rest PUT '/nodes/n1?state=off'
  assert_output $'200\n{"n1":"Updated"}'
  state_is n1 avaiable
  run rest PUT '/bulk/nodes?state=on' '{"nodes":[{"name":"n1"},{"name":"zz"}]}'
  assert_output $'202\n{"n1":"Updated","zz":"Skip this node as it is not exist."}'
  run rest GET /command/user/n1
  assert_output $'200\n{"users":[]}'
  run rest GET /breaksequence
  assert_output --partial '"key: 9 string: ~B, delay: 250"'
  run rest DELETE /nodes/n1
  assert_output 202
  run rest DELETE /nodes/n1
  assert_line --index 0 400
}

@test "a bulk request with broken elements does the others, and locks nothing" {
  run rest POST /bulk/nodes '{"nodes":[{"name":"b1","driver":"cmd","ondemand":true,"params":{"cmd":"cat"}},{"driver":"cmd"},{"name":"b2","driver":"ssh"},{"name":"b3","driver":"cmd","params":{"cmd":7}}]}'
  assert_line --index 0 201
  assert_equal "$(jq -r .b1 "$T/body")" Created
  assert_equal "$(jq -r .b2 "$T/body")" "b2: Please specify the parameter host"
  assert_equal "$(jq length "$T/body")" 4
  run rest POST /nodes '{"name":'
  assert_line --index 0 422
  run rest DELETE /bulk/nodes '{"nodes":[{"name":"b1"},{"name":"zz"}]}'
  assert_output $'200\n{"b1":"Deleted","zz":"Skip this node as node is not exist."}'
}

@test "congo's bytes: attach, empty frames, keys, a break, the detach frame" {
  create n1 "sh -c 'stty raw -echo; echo ready; exec cat -v'"
  wait_until 5 state_is n1 connected
  py '
c = Congo("n1").attach()
assert c.out.startswith(b"goconserver(") and b"): Hello 127.0.0.1:" in c.out, c.out
c.send(b""); c.send(b"abc\x05de"); c.send(b"f\x05cl1g")
c.until(b"abc^Edef~Bg")
c.send(b"\x05c.")
assert c.ended()'
}

@test "a client that closes is gone at once, and what it typed last is not" {
  create n1 cat
  wait_until 5 state_is n1 connected
  py '
c = Congo("n1").attach(); c.send(b"last words\r"); c.s.shutdown(socket.SHUT_WR)
assert c.ended()'
  nobody() { [ "$(curl -s "$URL/command/user/n1")" = '{"users":[]}' ]; }
  wait_until 5 nobody
  wait_until 5 grep -q 'last words' "$T/d/n1.log"
}

@test "refusals are action 2 with a text: no such node, no target, no sense" {
  create bad /no/such/program '"ondemand":true'
  py '
for node, text in (("zz", "Node not exist"), ("bad", "Could not connect to console: ")):
    answer = json.loads(Congo(node).read())
    assert answer["action"] == 2 and text in answer["msg"], answer
c = Congo(); c.send(b"{nonsense")
assert json.loads(c.read())["action"] == 2
assert c.ended()'
}

@test "bad lengths and slow clients cost only themselves" {
  create n1 cat
  wait_until 5 state_is n1 connected
  py '
good = Congo("n1").attach()
for bad in (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x01\x00\x01"):
    c = Congo(); c.s.sendall(bad); assert c.ended()
    c = Congo("n1").attach(); c.s.sendall(bad); assert c.ended()
slow = Congo(); slow.s.sendall(b"\x00\x00")
assert slow.ended()  # after client_timeout
good.send(b"still\r"); good.until(b"still\r\nstill")'
  run rest GET /nodes
  assert_line --index 0 200
}

@test "a client that never reads slows nobody, and its frames stay whole" {
  create n1 "sh -c 'stty raw -echo; read x; seq 1 400000; exec cat'"
  wait_until 5 state_is n1 connected
  py '
stalled = Congo("n1").attach(); good = Congo("n1").attach()
good.send(b"\n")
good.until(b"\n400000\n")
stalled.until(b"\n400000\n")
assert b"bytes skipped]]" in stalled.out or stalled.out.endswith(b"\n400000\n")'
}

@test "a thousand consoles are up soon, and the API answers meanwhile" {
  python3 -c 'import json; print(json.dumps({"nodes":[{"name":"c%d"%i,"driver":"cmd","params":{"cmd":"cat"}} for i in range(1000)]}))' >"$T/bulk"
  curl -s -X POST --data-binary "@$T/bulk" "$URL/bulk/nodes" | jq -e 'length == 1000'
  curl -sf -m "$((10 * LM_PATIENCE))" "$URL/nodes" >/dev/null
  all_up() { [ "$(curl -s "$URL/nodes" | jq '[.nodes[] | select(.state == "connected")] | length')" -eq 1000 ]; }
  wait_until 30 all_up
  LM_GRACE=30
}

@test "kill -9 under load: nodes and journal are right after the restart" {
  create n1 "sh -c 'i=0; while :; do i=\$((i+1)); echo line \$i; done'"
  wait_until 10 size_at_least "$T/d/n1.log" 200000
  end KILL
  before=$(stat -c %s "$T/d/n1.log")
  start
  wait_until 5 state_is n1 connected
  wait_until 5 size_at_least "$T/d/n1.log" $((before + 1000))
  run bash -c "head -c $before '$T/d/n1.log' | tr -d '\r' | awk 'NR > 1 && \$2 != last + 1 && !cut { cut = NR } { last = \$2; n = NR } END { exit cut && cut < n }'"
  assert_success
}
