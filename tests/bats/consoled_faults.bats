# consoled: clients that do everything wrong, on the console port and on every socket there is. Each
# harms itself alone.
load helper
load consoled

@test "frames: empty, split, joined and the longest are taken; longer ones end that client alone" {
  configure
  start
  create n1 "sh -c 'stty raw -echo; echo ready; exec cat'"
  wait_until 5 file_has d/n1.log ready
  run py '
import random
random.seed(4)
good = Congo("n1").attach()
c = Congo()
for byte in frame(b"") * 3 + start("n1") + frame(b"split\r") + frame(b""):
    c.s.sendall(bytes([byte]))
c.attach().until(b"split\r")
c = Congo(); c.s.sendall(bytes(4) * 100000 + start("n1")); c.attach()
c = Congo(); c.s.sendall(start("n1") + frame(b"at") + frame(b" once\r")); c.attach().until(b"at once\r")
c.send(b"x" * 65536 + b""); c.until(b"x" * 65536)
# The detach frame is one by itself, and not three bytes in another.
c.send(b"ab\x05c."); c.until(b"ab\x05c."); c.send(b"\x05c."); assert c.ended()
for bad in (b"\xff\xff\xff\xff", b"\x80\0\0\0", b"\x7f\xff\xff\xff", b"\0\1\0\1", b"GET / HTTP/1.1\r\n\r\n",
            b"\x16\x03\x01\x02\x00" + bytes(600), random.randbytes(100000), b"\xff" * 1000):
    for first in (b"", start("n1")):
        c = Congo(); c.s.sendall(first + bad); assert c.ended(), bad
    good.send(b"still\r"); good.until(b"still\r"); good.out = b""
print("served")'
  assert_output served
  run rest GET /command/user/n1
  assert_line --index 0 200
  assert_equal "$(ctl_get consoled .skipped)" 0
}

@test "what is no start is refused in words, or closed; nothing of it is kept" {
  configure
  start
  create n1 cat
  run py '
for first in (b"", b"{", b"[]", b"7", b"null", b"\"n1\"", b"{\"action\":1}", b"{\"action\":1,\"node\":7}",
              b"{\"action\":2,\"node\":\"n1\"}", b"{\"action\":\"1\",\"node\":\"n1\"}", b"[" * 60000,
              b"{\"action\":1,\"node\":\"../n1\"}", b"{\"action\":1,\"node\":\"n1\\u0000\"}",
              b"{\"action\":1,\"node\":\"\"}", b"\xff\xfe", b"{\"action\":1,\"action\":1,\"node\":\"n1\"}"):
    c = Congo(); c.send(first); c.send(b"{") if not first else None
    answer = json.loads(c.read())
    assert answer["action"] == 2 and answer["msg"], (first, answer)
    assert c.ended()
c = Congo(); c.send(json.dumps({"action": 1, "node": "n1", "host": "h", "x": [1]}).encode()); c.attach()
print("told")'
  assert_output told
}

@test "two typists: what one has begun of an escape is nothing to the other, and no byte is lost" {
  configure
  start
  create n1 "sh -c 'stty raw -echo; echo ready; exec cat -v'"
  wait_until 5 file_has d/n1.log ready
  run py '
a = Congo("n1").attach(); b = Congo("n1").attach()
a.send(b"A\x05c"); b.send(b"B"); b.until(b"B"); a.send(b"l"); b.send(b"1.x"); b.until(b"1.x")
a.send(b"2\x05cl3\x05cl4Z"); a.until(b"~BZ")
assert a.out.endswith(b"AB1.x~B~B~BZ"), a.out[-60:]
b.send(b"\x05\x05cl1\x05c\x05e."); b.until(b"~B^Ec^Ee.")
b.send(b"\x05"); b.s.shutdown(socket.SHUT_WR); a.until(b"e.^E")
print("apart")'
  assert_output apart
}

@test "clients come and go by the hundred while others ask who is there; nobody left, it is avaiable again" {
  configure
  start
  create n1 cat '{"ondemand":true}'
  run py '
import threading
api, over = int(os.environ["API"]), False
def come_and_go(k):
    for i in range(40):
        c = Congo("n1").attach()
        if i % 3 == 0: c.send(b"\x05c."); assert c.ended()
        elif i % 3 == 1: c.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)); c.s.close()
        else: c.s.close()
threads = [threading.Thread(target=come_and_go, args=(k,)) for k in range(5)]
for t in threads: t.start()
asked = 0
while any(t.is_alive() for t in threads):
    status, got = http(api, request(b"GET", b"/command/user/n1"))
    assert status == 200 and all(u.startswith("127.0.0.1:") for u in json.loads(got.split(b"\r\n\r\n")[1])["users"])
    asked += 1
def left(): return json.loads(http(api, request(b"GET", b"/nodes/n1"))[1].split(b"\r\n\r\n")[1])["State"] == "avaiable"
wait(left)
assert asked > 3
print("empty")'
  assert_output empty
  run rest GET /command/user/n1
  assert_output $'200\n{"users":[]}'
}

@test "slow clients on every socket cost a place each, for a while, and nobody else anything" {
  configure 'http_timeout: 2'
  start
  create n1 cat
  run py '
good = Congo("n1").attach()
api, sock, ctl = int(os.environ["API"]), os.environ["CTL"].replace(".ctl", ".sock"), os.environ["CTL"]
begun = time.monotonic()
slow = []
for where, words in ((int(os.environ["PORT"]), (b"", b"\0\0", start("n1")[:9])),
                     (api, (b"", b"GET /no", b"GET / HTTP/1.1\r\nX: ", request(b"POST", b"/nodes", b"{{{{")[:-3])),
                     (sock, (b"", b"GET /nodes HT", b"POST /nodes HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")),
                     (ctl, (b"", b"sta", b"{\"cmd\":", b"status\n{"))):
    for word in words:
        for _ in range(10):
            s = dial(where); s.sendall(word); slow.append(s)
# One byte now and then makes nobody quicker.
for s in slow[::3]:
    try: s.sendall(b"x")
    except OSError: pass
for _ in range(5):
    good.types(b"on"); good.out = b""
    assert http(api, request(b"GET", b"/nodes"))[0] == 200
    assert ask(ctl, {"cmd": "status"})["ok"]
assert time.monotonic() - begun < 20 * PATIENCE
for s in slow:
    if s.family != socket.AF_UNIX: assert ended(s)
assert time.monotonic() - begun < 40 * PATIENCE
good.types(b"still")
print("served")'
  assert_output served
}

@test "floods beyond the limits: who is there is served, who comes later is let in again" {
  configure 'max_connections: 30, max_per_address: 30' 'max_connections: 30, max_per_address: 30'
  start
  create n1 cat
  run py '
good = Congo("n1").attach()
api, ctl = int(os.environ["API"]), os.environ["CTL"]
held = http_kept = dial(api)
def kept():
    held.sendall(request(b"GET", b"/nodes")); return held.recv(65536).startswith(b"HTTP/1.1 200")
assert kept()
viewer = dial(ctl); viewer.sendall(b"{\"cmd\":\"attach\",\"console\":\"n1\",\"raw\":true}\n"); assert b"viewer" in viewer.recv(4096)
flood = []
for where in (int(os.environ["PORT"]), api, ctl, ctl.replace(".ctl", ".sock")):
    for _ in range(200):
        try: flood.append(dial(where))
        except OSError: pass
for i in range(3):
    good.types(b"on"); good.out = b""; assert kept()
fds = len(os.listdir("/proc/" + os.environ["CONSOLED"] + "/fd"))
assert fds < 350, fds
for s in flood: s.close()
def let_in():
    try: return Congo("n1").attach() and http(api, request(b"GET", b"/nodes"))[0] == 200 and ask(ctl, {"cmd": "status"})["ok"]
    except (AssertionError, OSError, ValueError): return False
wait(let_in)
viewer.sendall(b"here\r"); good.until(b"here")
print("served")'
  assert_output served
  # Told, and not once for each.
  [ "$(grep -c 'too many connections' consoled.err)" -ge 1 ]
  [ "$(grep -c 'too many connections' consoled.err)" -le 20 ]
}

@test "descriptors run out: who is there is served, and the rest when there are some again" {
  configure
  start
  create n1 cat
  wait_until 5 state_is n1 connected
  prlimit --pid "$CONSOLED" --nofile="$(($(ls "/proc/$CONSOLED/fd" | wc -l) + 6))"
  run py '
good = Congo("n1").attach()
flood = [dial(int(os.environ["API"])) for _ in range(20)]
good.types(b"on")
for s in flood: s.close()
wait(lambda: http(int(os.environ["API"]), request(b"GET", b"/nodes"))[0] == 200)
good.types(b"still")
print("served")'
  assert_output served
  assert_equal "$(grep -c 'new connections wait' consoled.err)" 1
}

@test "who types at a target that does not read, and who never reads, hold up nobody but themselves" {
  configure
  start
  create deaf "sh -c 'stty raw -echo; exec sleep 1000'"
  create flood "sh -c 'stty raw -echo; read x; exec yes 0123456789012345678901234567890123456789'"
  create n1 cat
  run py '
good = Congo("n1").attach(); typist = Congo("deaf").attach(); typist.s.settimeout(0.2)
sent = 0
try:
    while sent < 64 << 20: typist.send(b"k" * 60000); sent += 60000
except TimeoutError: pass
assert sent < 64 << 20
stalled = [Congo("flood") for _ in range(10)]; reader = Congo("flood").attach()
reader.send(b"\n")
for _ in range(20):
    good.types(b"on"); good.out = b""
    reader.out = b""; reader.until(b"0123\r\n"[:4])
rss = int(open("/proc/" + os.environ["CONSOLED"] + "/statm").read().split()[1]) * 4096
assert PATIENCE > 1 or rss < 80 << 20, rss
print("served")'
  assert_output served
}

@test "the console port: a broadcast from this machine has all its consoles, who finds no place is told" {
  configure '' 'max_connections: 210, max_viewers: 100'
  start
  create n1 cat
  create n2 cat
  create n3 cat
  run py '
looks = [Congo("n%d" % (i % 3 + 1)) for i in range(200)]
for c in looks: c.attach()
for c in looks[-3:]: c.types(b"on")
more = [Congo("n1") for _ in range(20)]
words = [c.read() for c in more]
assert words.count(b"{\"action\":4}") == 10, words
refused = [json.loads(w) for w in words if w != b"{\"action\":4}"]
assert all(r["action"] == 2 and "max_connections" in r["msg"] for r in refused), refused
print("told")'
  assert_output told
}
