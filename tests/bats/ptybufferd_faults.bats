# ptybufferd: what goes wrong around it. Each ends in a clear message or a marker, and nothing else
# is disturbed.
load helper

job_is() { [ "$(ctl_get ./s .state)" = "$1" ]; }
viewers_are() { [ "$(ctl_get ./s .viewers)" -eq "$1" ]; }
lines_are() { [ "$(ctl_get ./s .lines)" -eq "$1" ]; }
nobody="setpriv --reuid nobody --regid nogroup --clear-groups"
# As root a real mount, else one in a namespace where we are root.
alone() { if [ "$(id -u)" -eq 0 ]; then unshare -m "$@"; else unshare -rm "$@"; fi; }

# Viewers for what needs counting. parts(): the bytes of a stream and the numbers of its markers,
# checked against all that was said: what was got and what was skipped make the whole.
client='
import json, os, re, resource, select, signal, socket, sys, threading, time
def viewer(path="s"):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)  # waits where the queue is full
    s.settimeout(40)
    return s
def until(s, end, got=b""):
    while end not in got[-200000:]:
        piece = s.recv(1 << 18)
        assert piece, got[-200:]
        got += piece
    return got
def ask(word):
    f = viewer("s.ctl").makefile("rwb")
    f.write(word.encode() + b"\n"); f.flush()
    return json.loads(f.readline())
def wait(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "time is over"
        time.sleep(0.02)
def parts(stream, said, at=0):
    skipped = []
    for i, piece in enumerate(re.split(rb"\n\[\[(\d+) bytes skipped\]\]\n", stream)):
        if i % 2:
            skipped.append(int(piece))
            at += int(piece)
        else:
            assert said[at:at + len(piece)] == piece, (i, at)
            at += len(piece)
    assert at == len(said), (at, len(said))
    return skipped
def anon(pid):
    return int([l for l in open(f"/proc/{pid}/status") if l.startswith("RssAnon")][0].split()[1])
# A sanitizer keeps what was freed.
bounded = lambda pid, kb: os.environ["LM_PATIENCE"] != "1" or anon(pid) < kb
'
py() { timeout $((45 * LM_PATIENCE)) python3 -c "$client$1"; }

# --- The socket's path

@test "a path that is too long for a socket is told, with its length" {
  local long
  long=$T/$(printf '%0*d' $((107 - ${#T})) 0)  # 108 bytes
  run ptybufferd -q "$long" sleep 100
  assert_failure 111
  assert_output "ptybufferd: $long: a unix socket's path has at most 107 bytes, this one 108"
  run ptybufferd -c "$long"
  assert_failure 111
}

@test "where only the control socket's name is too long the job runs without one, and says so" {
  local long
  long=$T/$(printf '%0*d' $((106 - ${#T})) 0)  # 107 bytes; .ctl makes 111
  run ptybufferd -w "$long" echo said
  assert_success
  assert_output --partial "no control socket: $long.ctl: a unix socket's path has at most 107 bytes, this one 111"
  run timeout 5 socat -u "$(unix_to "$long")" -
  assert_output --partial said
}

@test "a missing folder, and a folder that is not ours, are told by their errors" {
  run ptybufferd -q missing/s sleep 100
  assert_failure 111
  assert_output "ptybufferd: $T/missing/s: No such file or directory"
  [ "$(id -u)" -eq 0 ] || return 0
  chmod 755 "$T"
  # shellcheck disable=SC2086
  run $nobody ptybufferd -q s sleep 100
  assert_failure 111
  assert_output --partial "s: Permission denied"
}

@test "another user's live socket is neither taken nor called dead" {
  [ "$(id -u)" -eq 0 ] || skip "needs a second user"
  # A folder where everybody may remove everything.
  chmod 755 "$T" && mkdir -m 777 open
  ptybufferd -q open/s sleep 100
  # shellcheck disable=SC2086
  run $nobody ptybufferd -q -f open/s sleep 100
  assert_failure 111
  assert_output --partial "s: Permission denied"
  # shellcheck disable=SC2086
  run $nobody ptybufferd -q -c -f open/s sleep 100
  assert_failure 111
  run ptybufferd -c open/s
  assert_failure 42
}

@test "a socket of another kind is not removed" {
  python3 -c 'import socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind("log"); print("up", flush=True); time.sleep(100)' \
    >up 3>&- 4>&- &
  wait_until 5 file_has up up
  run ptybufferd -q -f log sleep 100
  assert_failure 111
  assert_output --partial "log: Protocol wrong type for socket"
  [ -S log ]
}

@test "a live control socket in the way is told, and the data socket is taken back" {
  ptybufferd -q --control s.ctl other sleep 100
  run ptybufferd -q s sleep 100
  assert_failure 111
  assert_output "ptybufferd: control socket: $T/s.ctl: is in use: a live job answers there"
  assert_not_exist s
}

@test "two started at once with -cf: exactly one job" {
  local round n
  for round in 1 2 3; do
    rm -f started.* status.*
    python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("s")'  # a dead one is in the way
    local pids=()
    for n in 1 2 3 4 5; do
      start_bg sh -c 'code=0; ptybufferd -q -cf s sh -c "touch started.\$\$; sleep 100" || code=$?
        echo $code >status.'"$n"
      pids+=("$BG")
    done
    wait "${pids[@]}"
    wait_until 5 eval 'ls started.*'
    assert_equal "$(cat status.* | sort -n | xargs)" "0 42 42 42 42"
    assert_equal "$(find . -name 'started.*' | wc -l)" 1
    ctl ./s stop
    wait_until 5 absent s
  done
}

@test "after kill -9 of ptybufferd -c tells 24, and -f starts anew" {
  ptybufferd -q s sleep 100
  local pid child
  pid=$(ctl_get ./s .pid) child=$(ctl_get ./s .child)
  kill -9 "$pid"
  # The end of its terminal ends the command.
  wait_until 5 pid_ended "$child"
  [ -S s ]
  [ -S s.ctl ]
  run ptybufferd -c s
  assert_failure 24
  run ptybufferd -q s sleep 100
  assert_failure 111
  assert_output --partial "a dead socket is in the way: use --force"
  ptybufferd -q -cf s sleep 100
  job_is running
}

# --- Viewers

@test "a viewer killed in the middle of a write disturbs nobody" {
  ptybufferd -q -n 1000000 s sh -c 'stty -echo; read -r x; seq 1 400000; echo END; read -r x'
  run py '
said = b"".join(b"%d\r\n" % i for i in range(1, 400001)) + b"END\r\n"
pid = os.fork()
if pid == 0:
    s = viewer()
    s.recv(1)  # one byte of much
    os.kill(os.getpid(), signal.SIGSTOP)
wait(lambda: ask("status")["viewers"] == 1)
other = viewer()
wait(lambda: ask("status")["viewers"] == 2)
other.sendall(b"go\n")
got = other.recv(100000)
wait(lambda: "T" in open(f"/proc/{pid}/stat").read().split()[2])
os.kill(pid, signal.SIGKILL)
os.waitpid(pid, 0)
got = until(other, b"END\r\n", got)
parts(got, said)
wait(lambda: ask("status")["viewers"] == 1)
print("undisturbed")'
  assert_output undisturbed
}

@test "a stalled viewer gets a marker that makes its bytes exact, and one that reads gets all" {
  ptybufferd -q s sh -c 'stty -echo
    for i in 1 2 3 4 5 6 7 8 9 10; do read -r x; seq 1 50000; echo "END $i."; done; read -r x'
  start_bg sh -c 'exec socat -u unix:s - >stalled'
  local stalled=$BG
  wait_until 5 viewers_are 1
  kill -STOP "$stalled"
  # Paced by who reads, so that it is never the machine that decides who is behind.
  run py '
one = b"".join(b"%d\r\n" % i for i in range(1, 50001))
said = b"".join(one + b"END %d.\r\n" % i for i in range(1, 11))
open("said", "wb").write(said)
s = viewer()
got = b""
for i in range(1, 11):
    s.sendall(b"\n")
    got += until(s, b"END %d.\r\n" % i)
assert got == said
print(ask("who")["viewers"][0]["behind"] > 0, ask("status")["state"])'
  assert_output "True running"
  kill -CONT "$stalled"
  connect s
  say c end
  wait_until 10 pid_ended "$stalled"
  run py '
skipped = parts(open("stalled", "rb").read(), open("said", "rb").read())
assert len(skipped) == 1 and skipped[0] > 1000000, skipped
print("exact")'
  assert_output exact
}

@test "in a flood each byte is got or counted, by viewers fast and slow and by the log" {
  ptybufferd -q -o out --history-bytes 65536 s sh -c 'stty -echo; read -r x; seq 1 1000000; echo END; read -r x'
  run py '
said = b"".join(b"%d\r\n" % i for i in range(1, 1000001)) + b"END\r\n"
def watch(pause, result):
    s = viewer()
    got = b""
    while not got.endswith(b"END\r\n"):
        got += s.recv(1 << 16)
        time.sleep(pause)  # what makes it a slow one
    result.append(got)
results = [[], [], []]
threads = [threading.Thread(target=watch, args=(p, r)) for p, r in zip((0, 0, 0.004), results)]
for t in threads: t.start()
wait(lambda: ask("status")["viewers"] == 3)
s = viewer()
s.sendall(b"go\n")
for t in threads: t.join()
for r in results: parts(r[0], said)
wait(lambda: ask("status")["output"]["pending"] == 0)
now = ask("status")["output"]
assert now["written"] + now["lost"] == len(said), now
wait(lambda: open("out", "rb").read().endswith(b"END\r\n"))
parts(open("out", "rb").read(), said)
print("exact")'
  assert_output exact
}

@test "2,000 viewers come, are served, and go" {
  [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 2200 ] || skip "descriptors: $(ulimit -Hn)"
  ptybufferd -q s sh -c 'echo ready; while read -r x; do echo "got $x"; done'
  run py '
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
pid = ask("status")["pid"]
before = len(os.listdir(f"/proc/{pid}/fd"))
for turn in range(2):
    all = [viewer() for _ in range(2000)]
    for v in all: until(v, b"ready\r\n")
    assert ask("status")["viewers"] == 2000
    all[7].sendall(b"hello %d\n" % turn)
    for v in all: until(v, b"got hello %d\r\n" % turn)
    assert bounded(pid, 12 * 1024), anon(pid)
    for v in all: v.close()
    wait(lambda: ask("status")["viewers"] == 0)
wait(lambda: len(os.listdir(f"/proc/{pid}/fd")) <= before)
until(viewer(), b"got hello 1\r\n")
print("served")'
  assert_output served
}

@test "many viewers that close at once, some before they were let in, leave nothing behind" {
  ptybufferd -q s sleep 100
  run py '
pid = ask("status")["pid"]
before = len(os.listdir(f"/proc/{pid}/fd"))
for _ in range(2000):
    viewer().close()
wait(lambda: ask("status")["viewers"] == 0)
wait(lambda: len(os.listdir(f"/proc/{pid}/fd")) <= before)
print("none")'
  assert_output none
}

@test "out of descriptors: viewers go on, new ones wait, and are served when others leave" {
  (ulimit -n 40 && exec ptybufferd -q -l log s sh -c 'echo ready; while read -r x; do echo "got $x"; done')
  run py '
all = [viewer() for _ in range(80)]
first = all[:10]
for v in first: until(v, b"ready\r\n")
first[0].sendall(b"one\n")
for v in first: until(v, b"got one\r\n")
last = all[-1]
assert not select.select([last], [], [], 0)[0]
for v in all[10:70]: v.close()
until(last, b"ready\r\n")
first[0].sendall(b"two\n")
until(last, b"got two\r\n")
for v in first: until(v, b"got two\r\n")
print("served")'
  assert_output served
  grep -q "accept: Too many open files: new connections wait" log
}

@test "junk on the data socket is input like any other" {
  local how
  for how in "" "-i"; do
    # shellcheck disable=SC2086
    ptybufferd -q $how s sh -c 'stty raw -echo; echo ready; exec cat >/dev/null'
    connect s "c$how"
    expect "c$how" ready
    run timeout 10 sh -c 'head -c 500000 /dev/urandom | socat -t 0.1 -u - unix:s'
    assert_success
    wait_until 5 eval '[ "$(ctl_get ./s .inputWaiting)" -eq 0 ]'
    job_is running
    hang_up "c$how"
    ctl ./s stop
    wait_until 5 absent s
  done
}

# --- A command that does not read

@test "input to a command that does not read is bounded, its viewer is told, and others see no difference" {
  ptybufferd -q -l log s sh -c 'stty -echo; i=0; while :; do i=$((i + 1)); echo "tick $i"; sleep 0.02; done'
  run py '
pid = ask("status")["pid"]
wait(lambda: ask("status")["lines"] > 0)
s = viewer()
def send():
    s.sendall((b"x" * 99 + b"\n") * 10000)
sender = threading.Thread(target=send, daemon=True)
sender.start()
until(s, b"\n[[input waits: the command does not read its terminal]]\n")
assert sender.is_alive()
status, who = ask("status"), ask("who")["viewers"]
assert 60000 < status["inputWaiting"] < 200000, status
assert who[0]["inputWaiting"] == status["inputWaiting"], who
assert bounded(pid, 8 * 1024), anon(pid)
# It still sees the output, and so do others, who may also type, each up to a bound of their own.
other = viewer()
lines = status["lines"]
until(s, b"tick %d\r" % (lines + 5))
until(other, b"tick %d\r" % (lines + 10))
other.sendall(b"y" * 99 + b"\n")
wait(lambda: ask("who")["viewers"][1]["inputWaiting"] == 100)
print("bounded")'
  assert_output bounded
  wait_until 5 file_has log "the command does not read its terminal"
  # What waits does not hold up the end.
  ctl ./s stop
  wait_until 5 absent s
}

@test "input that waits is taken, whole and in order, when the command reads again" {
  ptybufferd -q s sh -c 'stty raw -echo; echo ready; until [ -e go ]; do sleep 0.02; done; exec cat >got'
  run py '
s = viewer()
until(s, b"ready")
data = b"".join(b"%0100d\n" % i for i in range(10000))
sender = threading.Thread(target=s.sendall, args=(data,))
sender.start()
until(s, b"[[input waits")
open("go", "w").close()
sender.join()
wait(lambda: os.path.exists("got") and os.path.getsize("got") >= len(data))
assert open("got", "rb").read() == data
print("whole")'
  assert_output whole
}

# --- The disk under the log

@test "disk full: a marker with the bytes, and the log goes on when there is room; the job never waits" {
  alone true || skip "no mount namespace"
  mkdir disk
  # shellcheck disable=SC2016
  start_bg env "T=$T" "$(command -v unshare)" $([ "$(id -u)" -eq 0 ] && echo -m || echo -rm) sh -c '
    mount -t tmpfs -o size=256k none disk && head -c 150000 /dev/zero >disk/filler &&
    exec ptybufferd -q -d -l log -o disk/out s sh -c "stty -echo -onlcr
      read -r x; seq 1 50000; echo FULL; read -r x; seq 1 100; echo END; sleep 100"'
  wait_until 5 job_is running
  connect s
  say c go
  expect c FULL
  wait_until 10 eval '[ "$(ctl_get ./s .output.lost)" -gt 0 ]'
  assert_equal "$(ctl_get ./s .output.error)" "No space left on device"
  rm "/proc/$(ctl_get ./s .pid)/root$T/disk/filler"
  # The marker is tried again by itself.
  wait_until 10 eval '[ "$(ctl_get ./s .output.error)" = null ]'
  say c go
  expect c END
  wait_until 5 grep -aq END "/proc/$(ctl_get ./s .pid)/root$T/disk/out"
  cp "/proc/$(ctl_get ./s .pid)/root$T/disk/out" out
  assert_equal "$(ctl_get ./s '.output | .written + .lost')" "$(ctl_get ./s .bytes)"
  run py '
said = b"".join(b"%d\n" % i for i in range(1, 50001)) + b"FULL\n" + b"".join(b"%d\n" % i for i in range(1, 101)) + b"END\n"
got = open("out", "rb").read()
skipped = parts(got, said)
assert skipped and got.endswith(b"END\n"), skipped
got = open(".c.got", "rb").read()
assert got == said
print("exact")'
  assert_output exact
}

@test "disk hung: the job and its viewers go on, status says so, and stop ends all within seconds" {
  mkfifo out
  start_bg sh -c 'exec sleep 1000 <>out'
  ptybufferd -q -o out s sh -c 'stty -echo; read -r x; seq 1 500000; echo END; sleep 100'
  run py '
said = b"".join(b"%d\r\n" % i for i in range(1, 500001)) + b"END\r\n"
s = viewer()
s.sendall(b"go\n")
parts(until(s, b"END\r\n"), said)
wait(lambda: ask("status")["output"]["stuck"])
now = ask("status")["output"]
assert now["lost"] > 0, now
print("on")'
  assert_output on
  local pid
  pid=$(ctl_get ./s .pid)
  ctl ./s stop
  # Two seconds are given to the disk.
  wait_until 6 pid_ended "$pid"
  assert_not_exist s
}

@test "a disk that hung and came back has everything, or the bytes that are missing" {
  mkfifo out
  start_bg sh -c 'exec sleep 1000 <>out'
  ptybufferd -q -o out --history-bytes 262144 s sh -c 'stty -echo; read -r x; seq 1 500000; echo END; sleep 100'
  connect s
  say c go
  expect c END 20
  run py '
said = b"".join(b"%d\r\n" % i for i in range(1, 500001)) + b"END\r\n"
f = open("out", "rb", buffering=0)
got = b""
while not got.endswith(b"END\r\n"):
    got += f.read(1 << 16)
skipped = parts(got, said)
assert skipped, skipped
print("exact")'
  assert_output exact
  wait_until 5 eval '[ "$(ctl_get ./s .output.stuck)" = false ]'
}

# --- The command and its processes

@test "a command that closes its terminal and lives on is ended" {
  ptybufferd -q -l log s sh -c 'echo $$ >pid; exec </dev/null >/dev/null 2>&1; exec sleep 1000'
  wait_until 5 test -s pid
  # It has two seconds to open it again.
  wait_until 8 absent s
  wait_until 5 pid_ended "$(cat pid)"
  grep -q "main: child $(cat pid) closed its terminal and lives on: ending it" log
}

@test "a command that closes its terminal and opens it again goes on, as getty does" {
  ptybufferd -q s sh -c 't=$(tty); echo before; exec </dev/null >/dev/null 2>&1; sleep 0.3
    exec <"$t" >"$t" 2>&1; echo after; exec cat'
  connect s
  expect c after
  say c hello
  expect c hello
}

@test "stop ends the whole tree of the command, also what forked away" {
  ptybufferd -q s sh -c 'sh -c "setsid sh -c \"echo \\\$\\\$ >two; exec sleep 1001\" & exit" 
    (setsid sh -c "(sleep 1002 & echo \$! >three); exit" &) ; (sleep 1003 & echo $! >four); echo $$ >one; exec sleep 1000'
  local name
  for name in one two three four; do wait_until 5 test -s "$name"; done
  ctl ./s stop
  for name in one two three four; do wait_until 5 pid_ended "$(cat "$name")"; done
  wait_until 5 absent s
}

@test "a tree that ignores TERM and HUP is killed after the grace of five seconds" {
  ptybufferd -q s sh -c 'trap "" TERM HUP INT; setsid sh -c "echo \$\$ >two; while :; do sleep 0.1; done" & echo $$ >one; while :; do sleep 0.1; done'
  wait_until 5 test -s one
  wait_until 5 test -s two
  ctl ./s stop
  assert_equal "$(ctl_get ./s .state)" ending
  wait_until 10 pid_ended "$(cat one)"
  wait_until 5 pid_ended "$(cat two)"
  wait_until 5 absent s
}

@test "a stopped command is ended too" {
  ptybufferd -q s sh -c 'echo $$ >one; kill -STOP $$'
  wait_until 5 test -s one
  ctl ./s stop
  wait_until 4 pid_ended "$(cat one)"
}

@test "the job is over when the command has ended, whoever keeps its terminal open" {
  run ptybufferd -q -d -l log s sh -c 'setsid -f sh -c "echo >up; exec sleep 1000"
    until [ -s up ]; do sleep 0.02; done; exit 3'
  assert_failure 3
  assert_not_exist s
  grep -qE "exit status 3, .*live on" log
}

@test "a command killed by kill -9 is told with its signal" {
  start_bg ptybufferd -q -d -l log s sleep 100
  local daemon=$BG code=0
  wait_until 5 job_is running
  kill -9 "$(ctl_get ./s .child)"
  wait "$daemon" || code=$?
  assert_equal "$code" 137
  grep -q "signal 9 (Killed)" log
}

@test "who writes and closes at once loses nothing of what it wrote" {
  ptybufferd -q -i -o out s sh -c 'stty raw -echo; seq 1 20000; exec cat'
  wait_until 5 file_has out 20000
  local i
  for i in 1 2 3 4 5 6 7 8 9 10; do
    { seq -f "%.0f-of-$i" 1 300; } | timeout 5 socat -u - unix:s
  done
  for i in 1 2 3 4 5 6 7 8 9 10; do wait_until 5 file_has out "300-of-$i"; done
  assert_equal "$(grep -c of- out)" 3000
}

@test "over TCP the last output arrives though keys are on their way" {
  local port
  port=$(free_port)
  ptybufferd -q -i -r "127.0.0.1:$port" sh -c 'stty raw -echo; head -c 1 >/dev/null; yes 1234567 | head -n 25000'
  run -0 python3 - "$port" <<'END'
import socket, sys, threading, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
s.settimeout(20)
def type():
    try:
        while True:
            s.sendall(b"k" * 64)
            time.sleep(0.002)
    except OSError:
        pass
threading.Thread(target=type, daemon=True).start()
time.sleep(0.3)
got = 0
while chunk := s.recv(4096):
    got += len(chunk)
    time.sleep(0.001)
print(got)
END
  assert_output 200000
}
