# consoled on disks that are full, or hang: consoles and the API go on, the loss is told, and it heals.
load helper
load consoled

teardown() {
  thaw || true
  lm_teardown
}
journal_of() { show "$1" | jq -r ".journal.$2"; }

@test "disk full: changes are refused and not half made, consoles go on, the loss is told, and it heals" {
  configure
  start_on 'mount -t tmpfs -o size=3m none d'
  create n1 cat
  create flood "sh -c 'stty raw -echo; while read x; do seq 1 \$x; echo END; done'"
  wait_until 5 state_is flood connected
  attach flood
  local disk=/proc/$CONSOLED/root$T/d
  dd if=/dev/zero of="$disk/filler" bs=4096 status=none || true
  run py '
api, ctl = int(os.environ["API"]), os.environ["CTL"]
good = Congo("n1").attach(); good.types(b"full"); good.out = b""
made = []
for i in range(40):
    node = {"name": "big%d" % i, "driver": "cmd", "ondemand": True, "params": {"cmd": "cat"}, "labels": {"x": "y" * 100000}}
    status, got = http(api, request(b"POST", b"/nodes", json.dumps(node).encode()))
    if status == 201: made.append(node["name"]); continue
    assert status == 500 and b"full" in got, got
    status, got = http(api, request(b"POST", b"/bulk/nodes", json.dumps({"nodes": [dict(node, name="bulk%d" % k) for k in range(20)]}).encode()))
    results = json.loads(got.split(b"\r\n\r\n")[1])
    assert status == 201 and len(results) == 20 and "Created" not in results.values(), results
    break
else: raise AssertionError("there was room")
names = [n["name"] for n in json.loads(http(api, request(b"GET", b"/nodes"))[1].split(b"\r\n\r\n")[1])["nodes"]]
assert sorted(names) == sorted(made + ["n1", "flood"]), names
assert "error" in ask(ctl, {"cmd": "update", "node": dict(node, name="n1")})
assert "labels" in ask(ctl, {"cmd": "show", "console": "n1"}) and not ask(ctl, {"cmd": "show", "console": "n1"})["labels"]
good.types(b"on")
print(" ".join(names))'
  assert_success
  local names=$output
  say -n c $'200000\n'
  expect c $'\nEND' 20
  wait_until 10 eval '[ "$(journal_of flood lost)" -gt 0 ]'
  assert_equal "$(journal_of flood error)" 'No space left on device'
  run conctl status
  wait_until 40 file_has consoled.err 'No space left on device'
  rm "$disk/filler"
  wait_until 20 eval '[ "$(journal_of flood error)" = null ]'
  say -n c $'10\n'
  wait_until 10 eval 'tail -c 8 "$disk/flood.log" | grep -q END'
  cp "$disk/flood.log" flood.log
  run create after cat
  assert_output '{"ok":true}'
  run python3 -c '
import re
said = b"".join(b"%d\n" % i for i in range(1, 200001)) + b"END\n" + b"".join(b"%d\n" % i for i in range(1, 11)) + b"END\n"
at = 0
for i, piece in enumerate(re.split(rb"\n\[\[(\d+) bytes skipped\]\]\n", open("flood.log", "rb").read())):
    if i % 2: at += int(piece)
    else:
        assert said[at:at + len(piece)] == piece, (i, at)
        at += len(piece)
assert at == len(said), (at, len(said))
print("exact")'
  assert_output exact
  # With its WAL, of which a path through /proc would lose sight.
  mkdir saved && cp "$disk"/consoled.db* saved
  # shellcheck disable=SC2086
  assert_equal "$(sqlite3 saved/consoled.db 'SELECT name FROM node')" "$(printf '%s\n' $names after | sort)"
}

@test "a disk of journals that is full already: consoled starts, and consoles go on" {
  mkdir j
  configure '' '' "journal: {dir: $T/j}"
  start_on "mount -t tmpfs -o size=64k none j && ! cat /dev/zero >j/filler"
  file_has consoled.err 'No space left on device'
  create n1 cat
  wait_until 5 state_is n1 connected
  attach n1
  say -n c $'on\r'
  expect c $'on\r\non'
  wait_until 10 eval '[ "$(journal_of n1 error)" = "No space left on device" ]'
}

@test "disk hung under the journals: all consoles and the API go on, new ones too, and it heals" {
  configure '' '' "journal: {dir: $T/j}"
  start_on_image j
  create n1 cat
  create flood "sh -c 'stty raw -echo; while read x; do seq 1 \$x; echo END; done'"
  wait_until 5 state_is flood connected
  attach flood
  say -n c $'10\n'
  expect c END
  freeze
  say -n c $'200000\n'
  run py '
api, ctl = int(os.environ["API"]), os.environ["CTL"]
def stuck(): return ask(ctl, {"cmd": "status"})["journal"]["stuck"]
wait(stuck)
begun = time.monotonic()
assert ask(ctl, {"cmd": "create", "node": {"name": "late", "driver": "cmd", "params": {"cmd": "cat"}}})["ok"]
for name in ("n1", "late"):
    c = Congo(name).attach(); c.types(b"on"); c.types(b"and on")
assert http(api, request(b"GET", b"/command/replay/flood"))[0] == 200
assert http(api, request(b"DELETE", b"/nodes/late"))[0] == 202
assert time.monotonic() - begun < 20 * PATIENCE
print("on")'
  thaw
  assert_output on
  expect c $'\n200000\nEND' 20
  wait_until 10 eval '[ "$(ctl_get consoled .journal.stuck)" = false ]'
  [ "$(journal_of flood lost)" -gt 0 ]
  say -n c $'10\n'
  wait_until 10 eval 'tail -c 8 "$DISK/flood.log" | grep -q END'
  grep -qa 'bytes skipped' "$DISK/flood.log"
  wait_until 40 file_has consoled.err 'bytes lost'
}

@test "killed while the disk hangs: who goes on at his place gets all that comes later" {
  configure '' '' "journal: {dir: $T/j}"$'\nsocket: {per_console: true}'
  start_on_image j
  create n1 "sh -c 'stty -echo; cat'"
  wait_until 5 state_is n1 connected
  attach n1
  freeze
  local word
  for word in first second third; do
    say -n c "$word is not kept"$'\n'
    expect c "$word is not kept"$'\r\n'
  done
  ptyattach -nqqv --from now n1 2>at
  kill -KILL "$CONSOLED"
  thaw
  wait "$CONSOLED" || true
  start_again
  wait_until 10 state_is n1 connected
  conctl send n1 new
  wait_until 10 grep -qa new "$DISK/n1.log"
  run --separate-stderr ptyattach -nqq --from "$(place at)" n1
  assert_line $'new\r'
  [[ $stderr == *'n1: its daemon was killed: of what it had said only '*' was kept' ]]
}

@test "disk hung under everything: a change waits for it, nobody else does, and it is kept when it goes on" {
  configure
  start_on_image d
  create n1 cat
  create n2 cat
  wait_until 5 state_is n1 connected
  freeze
  run py '
import subprocess, re
api, ctl = int(os.environ["API"]), os.environ["CTL"]
web = os.environ["LINEMAN_RUNTIME"] + "/consoled.sock"
def node(name, cmd="cat"): return {"name": name, "driver": "cmd", "params": {"cmd": cmd}, "labels": {"cmd": cmd}}
def post(name): return request(b"POST", b"/nodes", json.dumps(node(name)).encode())
def etag(name): return re.search(rb"(?i)etag: (\S+)", http(api, request(b"GET", b"/nodes/" + name))[1]).group(1)
class Asked:
    """What is asked, and not answered yet."""
    def __init__(self, where, data):
        self.s = dial(where)
        self.s.sendall(data)
    def waits(self):
        self.s.settimeout(0.2)
        try: self.early = self.s.recv(65536)
        except TimeoutError: return True
        return False
    def answer(self, end=b"\r\n\r\n"):
        self.s.settimeout(20 * PATIENCE)
        got = b""
        while end not in got:
            piece = self.s.recv(65536)
            assert piece, got
            got += piece
        return got

good = Congo("n1").attach(); other = Congo("n2").attach()
good.types(b"before")
seen = b"If-Match: %s\r\n" % etag(b"n1")
def put(cmd): return request(b"PUT", b"/v1/nodes/n1", json.dumps(node("n1", cmd)).encode(), seen)
first = Asked(web, put("cat -u"))
made = Asked(api, post("made"))
command = Asked(ctl, b"\n".join(json.dumps(c).encode() for c in (
    {"cmd": "create", "node": node("told")}, {"cmd": "show", "console": "told"}, {"cmd": "delete", "console": "n2"})) + b"\n")
half = Asked(ctl, json.dumps({"cmd": "create", "node": node("half")}).encode())
half.s.shutdown(socket.SHUT_WR)
gone = Asked(ctl, json.dumps({"cmd": "create", "node": node("gone")}).encode() + b"\n")
wait(lambda: ask(ctl, {"cmd": "status"})["definitions"]["waiting"] == 5)
for a in (first, made, command, half, gone): assert a.waits(), a.early
gone.s.close()
# What is asked on top of that is answered at once.
assert http(web, put("cat -e"))[0] == 412
assert http(api, post("made"))[0] == 409
assert ask(ctl, {"cmd": "create", "node": node("told")})["error"]["code"] == "busy"
assert http(api, request(b"GET", b"/nodes/made"))[0] == 400
assert http(api, request(b"GET", b"/nodes/n1"))[0] == 200
good.types(b"meanwhile"); other.types(b"also")
# Who comes when it has hung for five seconds is refused; until then one waits.
late = []
def refused():
    late.append(Asked(api, post("late%d" % len(late))))
    return not late[-1].waits()
wait(refused, 20)
said = late.pop().early
assert said.startswith(b"HTTP/1.1 500 ") and b"the disk hangs" in said, said
error = ask(ctl, {"cmd": "delete", "console": "n1"})["error"]
assert error["code"] == "io" and "the disk hangs" in error["message"], error
bulk = http(api, request(b"POST", b"/bulk/nodes", json.dumps({"nodes": [node("b1"), node("b2")]}).encode()))
results = json.loads(bulk[1].split(b"\r\n\r\n")[1])
assert bulk[0] == 201 and all("the disk hangs" in r for r in results.values()) and len(results) == 2, bulk
assert http(api, request(b"PUT", b"/nodes/n1?state=on"))[0] == 200
assert http(api, request(b"GET", b"/nodes"))[0] == 200
good.types(b"still"); other.types(b"too")
for a in (first, made, command, half): assert a.waits(), a.early
subprocess.run(["fsfreeze", "-u", os.environ["DISK"]], check=True)
assert first.answer().startswith(b"HTTP/1.1 200 ")
assert made.answer().startswith(b"HTTP/1.1 201 ")
kept = ["late%d" % i for i, a in enumerate(late) if a.answer().startswith(b"HTTP/1.1 201 ")]
command.s.settimeout(20 * PATIENCE)
f = command.s.makefile("rb")
lines = [json.loads(f.readline()) for _ in range(3)]
assert lines[0] == {"ok": True} and lines[1]["ok"] and lines[1]["labels"]["cmd"] == "cat" and lines[2] == {"ok": True}, lines
assert json.loads(half.answer(b"\n")) == {"ok": True} and half.s.recv(1) == b""
assert ask(ctl, {"cmd": "create", "node": node("after")}) == {"ok": True}
print(" ".join(["after", "gone", "half", "made", "n1", "told"] + kept))'
  thaw || true
  assert_success
  local names=$output
  file_has consoled.err 'the disk hangs'
  end KILL
  start_again
  # shellcheck disable=SC2086
  assert_equal "$(ctl consoled.sock list | jq -r '.consoles[].console' | sort)" "$(printf '%s\n' $names | sort)"
  assert_equal "$(show n1 | jq -r .labels.cmd)" 'cat -u'
}

@test "disk hung under everything: a stop waits for it for seconds, and not for ever" {
  configure
  # To look for leaks all threads have to stop, and one of these cannot.
  export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
  start_on_image d
  create n1 cat
  wait_until 5 state_is n1 connected
  freeze
  connect "$CTL" asked
  say asked '{"cmd":"create","node":{"name":"n2","driver":"cmd","params":{"cmd":"cat"}}}'
  wait_until 5 eval 'ctl_get consoled .definitions.waiting | grep -qx 1'
  kill "$CONSOLED"
  # Its end is the kernel's: a thread that hangs in a frozen disk cannot go.
  wait_until 20 absent "$CTL"
  wait_until 20 file_has consoled.err 'changes of definitions that may be lost: 1'
  wait_until 5 pid_ended "$(cat "$T/.asked.pid")"
  assert_equal "$(received asked)" ''
  wait_until 20 eval '[ "$(ps -o stat= -p $CONSOLED | cut -c1)" = Z ]'
  thaw
  local status=0
  wait "$CONSOLED" || status=$?
  assert_equal "$status" 0
  start_again
  run create n3 cat
  assert_output '{"ok":true}'
}

@test "a fifo in a journal's place holds up nobody, and the stop ends within seconds" {
  configure
  start
  mkfifo d/hung.log
  start_bg sh -c 'exec sleep 1000 <>d/hung.log'
  create n1 cat
  create hung "sh -c 'stty raw -echo; echo here; exec yes'"
  wait_until 10 state_is hung connected
  run py '
good = Congo("n1").attach()
h = Congo("hung").attach()
h.until(b"y\ny\ny\n" * 1000)
for _ in range(10): good.types(b"on"); good.out = b""
assert http(int(os.environ["API"]), request(b"GET", b"/nodes"))[0] == 200
print("on")'
  assert_output on
  run ctl consoled.sock stop
  local status=0
  wait "$CONSOLED" || status=$?
  assert_equal "$status" 0
}

@test "a folder of journals that goes away is missed by nobody, and used again when it is back" {
  mkdir j
  configure '' '' "journal: {dir: $T/j}"
  start
  create n1 cat
  wait_until 5 state_is n1 connected
  attach n1
  say -n c $'first\r'
  wait_until 5 file_has j/n1.log first
  mv j gone
  say -n c $'second\r'
  expect c $'second\r\nsecond'
  wait_until 10 eval 'say -n c x; [ "$(journal_of n1 error)" = "No such file or directory" ]'
  mkdir j
  wait_until 10 eval 'say -n c x; test -s j/n1.log'
}
