# consoled on disks that are full, or hang: consoles and the API go on, the loss is told, and it heals.
load helper
load consoled

# As root a real mount, else one in a namespace where we are root.
namespace() { if [ "$(id -u)" -eq 0 ]; then echo -m; else echo -rm; fi; }
# start_on SHELL-COMMANDS: consoled in a mount namespace of its own, after those.
start_on() {
  start_bg env "T=$T" "$(command -v unshare)" "$(namespace)" sh -c "$1 && exec consoled -c $T/server.conf" 2>>"$T/consoled.err"
  CONSOLED=$BG
  export CONSOLED
  wait_until 20 ctl consoled.sock status
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

@test "disk hung under the journals: all consoles and the API go on, new ones too, and it heals" {
  [ "$(id -u)" -eq 0 ] || skip "only root may freeze a file system"
  truncate -s 16M image
  mkfs.ext4 -q -O ^has_journal image
  mkdir j
  configure '' '' "journal: {dir: $T/j}"
  start_on 'mount -o loop image j'
  create n1 cat
  create flood "sh -c 'stty raw -echo; while read x; do seq 1 \$x; echo END; done'"
  wait_until 5 state_is flood connected
  attach flood
  say -n c $'10\n'
  expect c END
  local disk=/proc/$CONSOLED/root$T/j
  fsfreeze -f "$disk"
  # Whatever becomes of this test, nobody waits for ever for that disk.
  start_bg sh -c "sleep 40; fsfreeze -u '$disk'"
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
assert time.monotonic() - begun < 5 * PATIENCE
print("on")'
  fsfreeze -u "$disk"
  assert_output on
  expect c $'\n200000\nEND' 20
  wait_until 10 eval '[ "$(ctl_get consoled .journal.stuck)" = false ]'
  [ "$(journal_of flood lost)" -gt 0 ]
  say -n c $'10\n'
  wait_until 10 eval 'tail -c 8 "$disk/flood.log" | grep -q END'
  grep -qa 'bytes skipped' "$disk/flood.log"
  wait_until 40 file_has consoled.err 'bytes lost'
}

@test "disk hung under everything: what is there goes on, and a change is refused instead of waited for" {
  [ "$(id -u)" -eq 0 ] || skip "only root may freeze a file system"
  truncate -s 16M image
  mkfs.ext4 -q -O ^has_journal image
  configure
  start_on 'mount -o loop image d'
  create n1 cat
  wait_until 5 state_is n1 connected
  local disk=/proc/$CONSOLED/root$T/d
  fsfreeze -f "$disk"
  start_bg sh -c "sleep 40; fsfreeze -u '$disk'"
  run py '
api, ctl = int(os.environ["API"]), os.environ["CTL"]
good = Congo("n1").attach()
good.types(b"before")
wait(lambda: ask(ctl, {"cmd": "status"})["journal"]["stuck"])
begun = time.monotonic()
node = {"name": "n2", "driver": "cmd", "params": {"cmd": "cat"}}
assert http(api, request(b"POST", b"/nodes", json.dumps(node).encode()))[0] == 500
assert "hangs" in ask(ctl, {"cmd": "create", "node": node})["error"]["message"]
assert http(api, request(b"DELETE", b"/nodes/n1"))[0] == 500
good.types(b"meanwhile")
assert http(api, request(b"PUT", b"/nodes/n1?state=on"))[0] == 200
assert time.monotonic() - begun < 5 * PATIENCE
print("on")'
  fsfreeze -u "$disk"
  assert_output on
  wait_until 10 eval '[ "$(ctl_get consoled .journal.stuck)" = false ]'
  run create n2 cat
  assert_output '{"ok":true}'
  wait_until 5 grep -qa meanwhile "$disk/n1.log"
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
