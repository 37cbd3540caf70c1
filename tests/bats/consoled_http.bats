# consoled's REST API with requests that are broken, hostile, huge, or at the same time.
load helper
load consoled

setup() {
  lm_setup
  configure
  start
}

@test "requests with two lengths, signed ones, bare LF and the like are refused on both sockets" {
  run py '
post = b"POST /nodes HTTP/1.1\r\nHost: localhost\r\n"
body = b"{\"name\":\"smuggled\",\"driver\":\"cmd\",\"params\":{\"cmd\":\"cat\"}}"
n = b"%d" % len(body)
hidden = b"POST /nodes HTTP/1.1\r\nHost: x\r\nContent-Length: " + n + b"\r\n\r\n" + body
for data, status in (
    (post + b"Content-Length: " + n + b"\r\nContent-Length: 0\r\n\r\n" + body, 400),
    (post + b"Content-Length: " + n + b"\r\nContent-Length: " + n + b"\r\n\r\n" + body, 400),
    (post + b"Content-Length: +" + n + b"\r\n\r\n" + body, 400),
    (post + b"Content-Length: -1\r\n\r\n" + body, 400),
    (post + b"Content-Length: 0x3\r\n\r\n" + body, 400),
    (post + b"Content-Length: 99999999999999999999\r\n\r\n", 400),
    (post + b"Content-Length: 17000000\r\n\r\n", 413),
    (post + b"Content-Length: " + n + b"\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, 400),
    (post + b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n" + hidden, 400),
    (post + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + hidden, 400),
    (post + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + body, 400),
    (post.replace(b"\r\n", b"\n") + b"Content-Length: " + n + b"\n\n" + body, 400),
    (b"GET /nodes HTTP/1.1\r\n\r\n", 400),
    (b"GET /nodes\r\n\r\n", 400),
    (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70000, 431),
    (b"\0" * 100 + b"\r\n\r\n", 400),
):
    for where in (int(os.environ["API"]), os.environ["CTL"].replace(".ctl", ".sock")):
        got = http(where, data)
        assert got[0] == status, (data[:200], status, got)
        assert got[1].count(b"HTTP/1.1 ") == 1, got
print("refused")'
  assert_output refused
  run rest GET /nodes
  assert_output $'200\n{"nodes":[]}'
}

@test "deep, torn, doubled and foreign JSON is a 422 that says what; keys that nobody knows are passed over" {
  run py '
api = int(os.environ["API"])
for body in (b"[" * 5000000, b"{\"a\":" * 100000, b"{\"name\":", b"", b"7", b"null", b"{}{}", b"{\"name\":\"a\",\"name\":\"b\"}",
             b"\xff\xfe{}", b"{\"name\":\"\\ud800\"}", b"{\"name\":7}", b"{\"name\":\"a\",\"ondemand\":\"yes\"}",
             b"{\"name\":\"a\",\"params\":[]}", b"{\"name\":\"a\",\"labels\":{\"x\":{}}}", b"{\"name\":1e999}"):
    for path in (b"/nodes", b"/bulk/nodes"):
        if path == b"/bulk/nodes" and body.startswith(b"{\"name\":"): continue
        status, got = http(api, request(b"POST", path, body))
        assert status in (400, 422) and json.loads(got.split(b"\r\n\r\n")[1])["error"]["message"], (body[:50], got)
status, got = http(api, request(b"POST", b"/nodes", b"{\"name\":\"n1\",\"driver\":\"cmd\",\"params\":{\"cmd\":\"cat\"},\"colour\":{\"x\":[1]},\"ID\":7}"))
assert status == 201, got
print("told")'
  assert_output told
  run rest GET /nodes
  assert_line --index 1 --partial '"name":"n1"'
}

@test "names with slashes, dots, NUL, newlines, a megabyte: none is taken, none leaves a file" {
  run py '
api, ctl = int(os.environ["API"]), os.environ["CTL"]
names = ["a/b", "..", ".", "../../etc/passwd", ".hidden", "-x", "a\0b", "a\nb", "a b", "a\"b", "\u00e9", "", "a" * 129,
         "a" * 1000000, "%2e%2e", "a\x1b[2J", "nodes.json/"]
def define(name): return {"name": name, "driver": "cmd", "params": {"cmd": "cat"}}
for name in names:
    status, got = http(api, request(b"POST", b"/nodes", json.dumps(define(name)).encode()))
    assert status == 400, (name[:40], got[:300])
    assert len(got) < 2000, len(got)
    assert "error" in ask(ctl, {"cmd": "create", "node": define(name)})
    for cmd in ("show", "delete", "attach"):
        answer = ask(ctl, {"cmd": cmd, "console": name})
        assert "error" in answer, str(answer)[:300]
bulk = {"nodes": [define(name) for name in names] + [define("good")]}
status, got = http(api, request(b"POST", b"/bulk/nodes", json.dumps(bulk).encode()))
results = json.loads(got.split(b"\r\n\r\n")[1])
assert status == 201 and results.pop("good") == "Created" and "Created" not in results.values(), results
for path in (b"/nodes/..", b"/nodes/%2e%2e", b"/nodes/a%2fb", b"/nodes/a%00", b"/nodes/..%2f..%2fetc", b"/web/../../etc/passwd",
             b"/web/%2e%2e/x", b"/nodes/" + b"a" * 7000, b"/command/replay/../../etc/passwd"):
    for method in (b"GET", b"DELETE", b"PUT"):
        status, got = http(api, request(method, path + b"?state=on"))
        assert status in (400, 404, 405) or b"not exist" in got, (path, got[:300])
print("none")'
  assert_output none
  run bash -c "ls -A $T/d | grep -vE '^(consoled.(db(-wal|-shm)?|lock)|good\.(log|idx)|publish)$'"
  assert_output ''
}

@test "a bulk request of every kind of broken element does the good ones, and names each bad one" {
  run py '
api = int(os.environ["API"])
good = [{"name": "g%d" % i, "driver": "cmd", "params": {"cmd": "cat"}, "ondemand": True} for i in range(50)]
bad = [None, 7, "x", [], {}, {"name": 7}, {"driver": "cmd"}, {"name": "b1"}, {"name": "b2", "driver": "none"},
       {"name": "b3", "driver": "cmd"}, {"name": "b4", "driver": "cmd", "params": {"cmd": "cat", "colour": "red"}},
       {"name": "b5", "driver": "cmd", "params": {"cmd": "\"open"}}, {"name": "b6", "driver": "ssh", "params": {"host": "h"}},
       {"name": "b7", "driver": "tcp", "params": {"host": "h", "port": "65536"}}, {"name": "g1", "driver": "cmd"}]
mixed = [e for pair in zip(good, bad * 4) for e in pair]
status, got = http(api, request(b"POST", b"/bulk/nodes", json.dumps({"nodes": mixed}).encode()))
results = json.loads(got.split(b"\r\n\r\n")[1])
assert status == 201
created = [n for n, r in results.items() if r == "Created"]
# g1 stands there twice, the second time broken: it was made, and is told as it was told last.
assert len(created) >= 49 and {"b1", "b2", "b3", "b4", "b5", "b6", "b7"} <= set(results), results
assert results["b4"] == "Created"  # goconserver keeps what it does not know
assert all(results[n] for n in results)
assert len([n for n in results if n.startswith("nodes[")]) == len([e for e in mixed if not (isinstance(e, dict) and isinstance(e.get("name"), str))])
assert len(json.loads(http(api, request(b"GET", b"/nodes"))[1].split(b"\r\n\r\n")[1])["nodes"]) == 51
for method, path in ((b"PUT", b"/bulk/nodes?state=on"), (b"DELETE", b"/bulk/nodes")):
    status, got = http(api, request(method, path, json.dumps({"nodes": mixed}).encode()))
    assert status in (200, 202), got
    results = json.loads(got.split(b"\r\n\r\n")[1])
    assert results["b1"].startswith("Skip this node"), results
assert len(json.loads(http(api, request(b"GET", b"/nodes"))[1].split(b"\r\n\r\n")[1])["nodes"]) == 0
print("each")'
  assert_output each
}

@test "a parameter nobody knows is kept on goconserver's routes, with a warning; conctl and /v1 refuse it" {
  x='"driver":"cmd","ondemand":true,"params":{"cmd":"cat","foo":"y"}'
  run rest POST /nodes "{\"name\":\"n1\",$x}"
  assert_output 201
  run rest POST /bulk/nodes "{\"nodes\":[{\"name\":\"n2\",$x},{\"name\":\"n3\",\"driver\":\"cmd\",\"params\":{\"bar\":\"y\"}}]}"
  assert_output $'201\n{"n2":"Created","n3":"n3: Please specify the parameter cmd"}'
  for n in n1 n2; do
    run grep -cF "$n: parameter foo: the driver cmd has no such parameter: it is kept, and has no effect" consoled.err
    assert_output 1
  done
  show n1 | grep '"foo"'
  run conctl create n4 driver=cmd --param cmd=cat --param foo=y
  assert_failure 1
  assert_output --partial 'n4: parameter foo: the driver cmd has no such parameter'
  run conctl import <<<"{\"n5\":{\"name\":\"n5\",$x}}"
  assert_failure 1
  assert_output --partial 'n5: parameter foo: the driver cmd has no such parameter'
  run curl -s --unix-socket "$LINEMAN_RUNTIME/consoled.sock" -X PUT http://x/v1/nodes/n1 -d "{\"name\":\"n1\",$x}"
  assert_output --partial 'n1: parameter foo: the driver cmd has no such parameter'
  run ctl consoled.sock "{\"cmd\":\"create\",\"node\":{\"name\":\"n6\",$x}}"
  assert_output --partial 'n6: parameter foo: the driver cmd has no such parameter'
  end
  start
  show n2 | grep '"foo"'
}

@test "a parameter with a NUL in it is refused, and is no shorter command" {
  run rest POST /nodes '{"name":"n1","driver":"cmd","params":{"cmd":"echo a\u0000; cat"}}'
  assert_output --partial 400
  assert_output --partial 'n1: parameter cmd: has a NUL in it'
  run rest POST /nodes '{"name":"n1","driver":"ssh","params":{"host":"h","user":"u","password":"p\u0000q"}}'
  assert_output --partial 'n1: parameter password: has a NUL in it'
  run rest GET /nodes
  assert_output $'200\n{"nodes":[]}'
}

@test "PUT /v1/nodes/NAME is of the node of that name, and /v1 takes no parameter that it does not know" {
  create n1 cat
  put() { curl -s --unix-socket "$LINEMAN_RUNTIME/consoled.sock" -X PUT http://x/v1/nodes/n1 -d "$1"; }
  run put '{"name":"other","driver":"cmd","params":{"cmd":"sh"}}'
  assert_output --partial "and the path's n1"
  run show n1
  assert_output --partial '"cmd":"cat"'
  run put '{"driver":"cmd","params":{"cmd":"cat -v"}}'
  assert_output '{}'
  for path in 'status?x=1' 'consoles?console=n1' 'consoles/n1?x' 'viewers?x=1' 'log?console=n1&bogus=1'; do
    run rest GET "/v1/$path"
    assert_line --index 0 400
    assert_output --partial 'no such parameter'
  done
  run rest GET '/v1/log?console=n1&lines=3'
  refute_output --partial 'no such parameter'
}

@test "PUT with If-Match replaces what was seen, or anything, and nothing that was changed since: 412" {
  create n1 cat
  local socket=$LINEMAN_RUNTIME/consoled.sock seen
  seen=$(curl -s -D - -o /dev/null --unix-socket "$socket" http://x/nodes/n1 | tr -d '\r' | sed -n 's/^ETag: //Ip')
  put() { # ETAG COMMAND
    curl -s -o /dev/null -w '%{http_code} ' --unix-socket "$socket" -X PUT -H "If-Match: $1" http://x/v1/nodes/n1 \
      -d "{\"name\":\"n1\",\"driver\":\"cmd\",\"params\":{\"cmd\":\"$2\"}}"
    show n1 | jq -r .params.cmd
  }
  assert_equal "$(put "$seen" one)" "200 one"
  assert_equal "$(put "$seen" two)" "412 one"
  assert_equal "$(put '*' three)" "200 three"
}

@test "the status counts descriptors, and /metrics too" {
  create n1 cat
  wait_until 5 state_is n1 connected
  counted=$(ctl consoled.sock status | jq .descriptors)
  there=$(find "/proc/$CONSOLED/fd" -type l | wc -l)
  # Who asks has one, for a moment.
  [ $((counted - there)) -ge -2 ] && [ $((counted - there)) -le 2 ]
  run rest GET /metrics
  assert_output --regexp 'consoled_open_descriptors [1-9][0-9]*'
  assert_line "consoled_max_descriptors $(sed -n 's/^Max open files *\([0-9]*\) .*/\1/p' "/proc/$CONSOLED/limits")"
}

@test "a logger's receiver that is away is in the status and in /metrics, with how far it is behind" {
  end
  receiver=$(free_port)
  configure '' "logger: {tcp: [{name: a, host: 127.0.0.1, port: $receiver}]}"
  start
  create n1 'sh -c "seq 1 1000; exec cat"'
  logger() { [ "$(ctl consoled.sock status | jq -r ".loggers[0]|$1")" = true ]; }
  wait_until 10 logger '.name=="a" and .kind=="tcp" and .behind>3000 and (.trouble|length)>0'
  run rest GET /metrics
  assert_line 'consoled_logger_up{kind="tcp",name="a"} 0'
  assert_output --regexp 'consoled_logger_behind_bytes\{kind="tcp",name="a"\} [1-9][0-9]{3}'
  start_bg socat -u "TCP-LISTEN:$receiver,bind=127.0.0.1,fork,reuseaddr" "OPEN:$T/got,creat,append"
  wait_until 20 logger '.behind==0 and .trouble==null'
  # The kernel of the receiver has them all; socat may not have written them yet.
  wait_until 10 file_has got '"message":"1000"'
  run rest GET /metrics
  assert_line 'consoled_logger_up{kind="tcp",name="a"} 1'
  assert_line 'consoled_logger_behind_bytes{kind="tcp",name="a"} 0'
}

@test "many change one node at once: each is answered, one of two wins, and disk and memory agree" {
  run py '
import threading
api, sock = int(os.environ["API"]), os.environ["CTL"].replace(".ctl", ".sock")
def define(value): return json.dumps({"name": "n1", "driver": "cmd", "params": {"cmd": "cat " + value}, "ondemand": True}).encode()
answers = []
def client(k):
    s = dial(api); f = s.makefile("rb")
    for i in range(100):
        s.sendall(request(b"DELETE", b"/nodes/n1") if (i + k) % 2 else request(b"POST", b"/nodes", define("%d-%d" % (k, i))))
        status = int(f.readline()[9:12]); size = 0
        while (line := f.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"): size = int(line.split(b":")[1])
        f.read(size)
        answers.append(status)
threads = [threading.Thread(target=client, args=(k,)) for k in range(6)]
for t in threads: t.start()
for t in threads: t.join()
assert len(answers) == 600 and set(answers) <= {201, 202, 400, 409}, set(answers)
there = answers.count(201) - answers.count(202)
assert there in (0, 1), there
nodes = json.loads(http(api, request(b"GET", b"/nodes"))[1].split(b"\r\n\r\n")[1])["nodes"]
assert len(nodes) == there
print(there)'
  assert_success
  assert_equal "$(sqlite3 "$T/d/consoled.db" 'SELECT count(*) FROM node')" "$output"
}

@test "DELETE twice, also at once, and while it connects: one is 202, the other 400, and nothing hangs" {
  create n1 cat
  node n2 tcp '{"host":"192.0.2.1","port":"9"}'
  run py '
api = int(os.environ["API"])
for name in (b"n1", b"n2"):
    s = dial(api)
    s.sendall(request(b"DELETE", b"/nodes/" + name) + request(b"DELETE", b"/nodes/" + name) + request(b"GET", b"/nodes/" + name, b"", b"Connection: close\r\n"))
    got = b""
    while piece := s.recv(65536): got += piece
    assert [int(x[:3]) for x in got.split(b"HTTP/1.1 ")[1:]] == [202, 400, 400], got
    assert http(api, request(b"GET", b"/nodes"))[0] == 200
print("once")'
  assert_output once
  create n1 cat
  wait_until 5 state_is n1 connected
}

@test "the replay is what was said, without a NUL, whole in the last lines" {
  create n1 "sh -c 'stty raw -echo; seq -f %0100g 1 500; printf unfinished; exec cat'"
  wait_until 5 file_has "$T/d/n1.log" unfinished
  curl -s "$URL/command/replay/n1" >replay
  assert_equal "$(tr -d '\0' <replay | wc -c)" "$(wc -c <replay)"
  assert_equal "$(tail -n 1 replay)" unfinished
  run bash -c "sed '\$d' replay | sort | uniq -d"
  assert_output ''
  [ "$(wc -l <replay)" -ge 29 ]
}
