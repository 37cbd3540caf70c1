# ptybufferd: its control socket, by the bytes that go over it.
load helper

job_is() { [ "$(ctl_get ./s .state)" = "$1" ]; }
viewers_are() { [ "$(ctl_get ./s .viewers)" -eq "$1" ]; }
lines_are() { [ "$(ctl_get ./s .lines)" -eq "$1" ]; }
answers_on() { [ "$(grep -c . "$T/.$1.got")" -ge "$2" ]; }  # NAME COUNT
# A command that puts what it is given into the file `got`, byte by byte.
start_taker() {
  ptybufferd -q "$@" s sh -c 'stty raw -echo; echo ready; exec cat >got'
  wait_until 5 lines_are 1
}
# attach NAME [JSON]: a viewer through the control socket; JSON is what goes beside "cmd".
attach() {
  connect s.ctl "$1"
  say "$1" "{\"cmd\":\"attach\"${2:+,$2}}"
  expect "$1" '"viewer"'
}
answer_of() { head -n 1 "$T/.$1.got"; }
stream_of() { tail -n +2 "$T/.$1.got"; }
# A client for what needs counting: attach(from) gives a socket file and the answer.
client='
import hashlib, json, os, socket, sys, time
def control():
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect("s.ctl")
    return s
def attach(**more):
    f = control().makefile("rwb")
    f.write(json.dumps({"cmd": "attach", "raw": True, **more}).encode() + b"\n")
    f.flush()
    answer = json.loads(f.readline())
    assert answer["ok"], answer
    return f, answer
def ask(**request):
    f = control().makefile("rwb")
    f.write(json.dumps(request).encode() + b"\n")
    f.flush()
    return json.loads(f.readline())
'
py() { timeout $((30 * LM_PATIENCE)) python3 -c "$client$1"; }

# --- Requests and answers

@test "a request is a JSON object or a bare word, and is answered by one line" {
  ptybufferd -q s sleep 100
  run asked ./s version
  assert_output '{"ok":true,"program":"ptybufferd","version":"'"$(ptybufferd -V | awk '{print $NF}')"'"}'
  run ctl ./s '{"cmd":"version"}'
  assert_output --partial '"ok":true'
  run ctl ./s "  version  "
  assert_output --partial '"ok":true'
  run ctl ./s help
  for word in attach status who kick resize signal reload stop hold events version; do
    assert_output --partial "\"$word\""
  done
}

@test "ref comes back with the answer, also with an error" {
  ptybufferd -q s sleep 100
  run asked ./s '{"cmd":"hold","ref":{"a":[1,"x"]}}'
  assert_output '{"ok":true,"ref":{"a":[1,"x"]}}'
  run ctl ./s '{"ref":9007199254740993,"cmd":"kick","viewer":7}'
  assert_equal "$(jq -c '[.error.code, has("ok")]' <<<"$output")" '["not_found",false]'
  assert_output --partial '"ref":9007199254740993'
}

@test "several requests on a line, over lines and in an array are answered in order" {
  ptybufferd -q s sleep 100
  run ctl ./s '{"cmd":"hold","ref":1}{"cmd":"hold","ref":2} {"cmd":
"hold",
"ref":3}
[{"cmd":"hold","ref":4},{"cmd":"kick","ref":5},
{"cmd":"hold","ref":6}]
version'
  assert_equal "$(jq -c .ref <<<"$output" | xargs)" "1 2 3 4 5 6 null"
  assert_equal "$(jq -c 'has("error")' <<<"$output" | xargs)" "false false false false true false false"
}

@test "a comma before a closing bracket is a warning with its place" {
  ptybufferd -q s sleep 100
  run asked ./s '
{"cmd":"hold", }'
  assert_output '{"ok":true,"warnings":[{"column":14,"line":2,"message":"a comma before '"'}'"'"}]}'
  run ctl ./s '[{"cmd":"hold"},]'
  assert_output '{"ok":true}'
}

@test "an unknown key is an error with line and column, and nothing is done" {
  ptybufferd -q s sleep 100
  run asked ./s '
  {"cmd":"resize","rows":5,"cols":6,"colour":7}'
  assert_output '{"error":{"code":"bad_input","column":37,"line":2,"message":"resize: unknown key \"colour\""}}'
  assert_equal "$(ctl_get ./s .rows)" 24
  run ctl ./s '{"cmd":"stop","now":true}'
  assert_output --partial 'unknown key \"now\"'
  job_is running
}

@test "wrong arguments are errors with their place" {
  ptybufferd -q s sleep 100
  connect s.ctl
  local request
  while IFS='|' read -r request column message; do
    say c "$request"
    expect c "\"column\":$column,"
    expect c "$message"
  done <<'END'
{"cmd":5}|8|expected a string, got 5
{}|1|\"cmd\" is missing
{"cmd":"x","cmd":"y"}|12|duplicate key \"cmd\"
"word"|1|expected an object or a word, got a string
nonsense|1|no such command: \"nonsense\": \"help\" lists them
{"cmd":"resize","rows":5}|1|resize: \"cols\" is missing
{"cmd":"resize","rows":0,"cols":80}|24|resize: \"rows\": expected an integer from 1 to 9999, got 0
{"cmd":"resize","rows":5,"cols":10000}|33|\"cols\": expected an integer from 1 to 9999
{"cmd":"resize","rows":2.5,"cols":80}|24|got 2.5
{"cmd":"resize","rows":5,"cols":6,"viewer":9}|1|resize: no viewer 9
{"cmd":"attach","raw":1}|23|attach: \"raw\": expected true or false
{"cmd":"attach","from":"then"}|1|attach: \"from\": expected
{"cmd":"attach","from":{"epoch":1}}|1|from: \"offset\" is missing
{"cmd":"attach","from":{"epoch":1,"offset":-1}}|1|from: \"offset\": expected an integer
{"cmd":"signal"}|1|expected a name such as \"INT\" or a number
{"cmd":"signal","signal":"NONE"}|1|expected a name such as \"INT\" or a number
{"cmd":"signal","signal":99}|1|expected a name such as \"INT\" or a number
{"cmd":"kick","viewer":"x"}|24|kick: \"viewer\": expected an integer
END
  say c version
  expect c '"program"'
  assert_equal "$(received c | wc -l)" 19
}

# ctl's answer with its keys in order.
asked() { ctl "$@" | jq -cS .; }

# once_bad BYTES-FROM-PYTHON: such a value, then a good request, on one connection.
once_bad() {
  { python3 -c "import sys; sys.stdout.buffer.write($1)"; printf '\nversion\n'; } |
    timeout $((10 * LM_PATIENCE)) socat -t 10 - unix:s.ctl
}

@test "malformed, over-long, deep and non-UTF-8 JSON each cost one error and nothing else" {
  ptybufferd -q s sleep 100
  local bytes
  for bytes in 'b"{\"cmd\":}"' 'b"{\"cmd\":\"version\"]"' 'b"{\"cmd\" \"version\"}"' 'b"{\"cmd\":tru}"' \
    'b"}"' 'b"\x00"' 'b"\xff\xfe{"' 'b"{\"cmd\":\"\xff\"}"' 'b"{\"cmd\":\"\xed\xa0\x80\"}"' \
    'b"{\"cmd\":\"\\ud800\"}"' 'b"[" * 40 + b"]" * 40' 'b"{\"cmd\":" + b"[" * 32 + b"]" * 32 + b"}"' \
    'b"{\"cmd\":\"" + b"x" * (1 << 20) + b"\"}"' 'b"x" * ((1 << 20) + 1)' 'b"[" * 3000000'; do
    run once_bad "$bytes"
    assert_equal "$bytes: $(jq -c '[.ok, .error.code]' <<<"$output" | xargs)" \
      "$bytes: [null,bad_input] [true,null]"
  done
}

@test "a string that is not closed goes as far as the next line that begins with a bracket" {
  ptybufferd -q s sleep 100
  run ctl ./s '{"cmd":"version
{"cmd":"hold"}'
  assert_equal "$(jq -c '[.ok, .error.message]' <<<"$output" | xargs -d '\n')" \
    '[null,"the string is not closed on its line"] [true,null]'
}

@test "the message of an error says which limit it was" {
  ptybufferd -q s sleep 100
  run once_bad 'b"{\"cmd\":\"" + b"x" * (1 << 20) + b"\"}"'
  assert_equal "$(jq -cS .error <<<"${lines[0]}")" \
    '{"code":"bad_input","column":1,"line":1,"message":"longer than 1048576 bytes"}'
  run once_bad 'b"{\"cmd\":" + b"[" * 32 + b"]" * 32 + b"}"'
  assert_line --index 0 --partial '"message":"more than 32 brackets within brackets"'
  # At the limit both are read, and then found to be no command.
  run once_bad 'b"{\"cmd\":\"" + b"x" * ((1 << 20) - 10) + b"\"}"'
  assert_line --index 0 --partial '"code":"not_found"'
  run once_bad 'b"{\"cmd\":" + b"[" * 31 + b"]" * 31 + b"}"'
  assert_line --index 0 --partial 'expected a string'
}

@test "a request may come byte by byte" {
  ptybufferd -q s sleep 100
  run py '
s = control()
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
for b in b"{\"cmd\": \"hold\", \"ref\": \"\\u00e4\xc3\xa4\"}":
    s.send(bytes([b]))
s.send(b"\n")
print(json.loads(s.makefile().readline())["ref"])'
  assert_output "ää"
}

@test "who closes without reading is still served" {
  ptybufferd -q s sleep 100
  py 's = control(); s.send(b"{\"cmd\":\"resize\",\"rows\":11,\"cols\":22}\n"); s.close()'
  wait_until 5 eval '[ "$(ctl_get ./s .rows)" -eq 11 ]'
  # Also without the end of its line.
  py 's = control(); s.send(b"{\"cmd\":\"resize\",\"rows\":12,\"cols\":22}"); s.close()'
  wait_until 5 eval '[ "$(ctl_get ./s .rows)" -eq 12 ]'
}

@test "who does not read its answers is not read from, others are served, and no answer is lost" {
  ptybufferd -q s sleep 100
  run py '
import threading
slow = control()
def send():
    slow.sendall(b"".join(b"{\"cmd\":\"status\",\"ref\":%d}\n" % i for i in range(20000)))
    slow.shutdown(socket.SHUT_WR)
sender = threading.Thread(target=send, daemon=True)
sender.start()
for i in range(100):
    pid = ask(cmd="status")["pid"]
rss = int([l for l in open(f"/proc/{pid}/status") if l.startswith("RssAnon")][0].split()[1])
assert rss < 8192 or os.environ["LM_PATIENCE"] != "1", rss  # a sanitizer keeps what was freed
assert sender.is_alive()
refs = [json.loads(line)["ref"] for line in slow.makefile("rb")]
assert refs == list(range(20000)), len(refs)
print("all")'
  assert_output all
}

@test "a silent connection is closed ten seconds after its answer, but for hold and events" {
  ptybufferd -q s sleep 100
  connect s.ctl held
  say held hold
  connect s.ctl watching
  say watching events
  connect s watcher
  echo version >request
  local start end
  read -r start _ </proc/uptime
  # It never half-closes; the time is real, for it is what is tested.
  run timeout $((20 * LM_PATIENCE)) nc -U s.ctl <request
  assert_success
  assert_output --partial '"program"'
  read -r end _ </proc/uptime
  [ $((${end/./} - ${start/./})) -ge 950 ]
  say held version
  expect held '"program"'
  hang_up watcher
  expect watching '"detach"'
}

@test "one user may have 64 connections for commands; the next is told so, and served later" {
  ptybufferd -q s sleep 100
  run py '
def asks(s):
    try:
        s.sendall(b"hold\n")
        return s.recv(100)
    except OSError:
        return b""
held = [control() for _ in range(64)]
assert all(b"ok" in asks(s) for s in held)
late = control()
assert b"64 connections of this user are open" in late.recv(100)
assert b"ok" in asks(held[0])
held.pop().close()
deadline = time.monotonic() + 10
while b"ok" not in asks(control()):
    assert time.monotonic() < deadline
# A viewer is no longer one of them.
viewers = []
held.pop().close()
while len(viewers) < 100:
    try:
        viewers.append(attach())
    except (KeyError, ValueError, OSError):
        assert time.monotonic() < deadline
print("served", ask(cmd="status")["viewers"])'
  assert_output "served 100"
}

# --- attach

@test "attach turns the connection into the stream, from the offset it says" {
  ptybufferd -q -n 2 s sh -c 'stty -echo; seq 1 5; read -r x; echo "got $x"; sleep 100'
  wait_until 5 lines_are 5
  attach c
  assert_equal "$(answer_of c | jq -c '[.ok, .viewer, .offset, .skipped, (.epoch > 0)]')" \
    '[true,1,9,9,true]'
  say c hello
  expect c "got hello"
  assert_equal "$(stream_of c | tr -d '\r')" $'4\n5\ngot hello'
}

@test "what is sent right behind the request is input" {
  start_taker
  printf '{"cmd":"attach","ref":1}\nfirst\n{"cmd":"status"}\n' | socat -t 0.3 - unix:s.ctl >answer
  wait_until 5 file_has got status
  assert_equal "$(cat got)" $'first\n{"cmd":"status"}'
  assert_equal "$(wc -l <answer)" 2
}

@test "from: all, line, now" {
  ptybufferd -q -n 3 -t 1 s sh -c 'stty -echo -onlcr; seq 1 5; read -r x; echo new; sleep 100'
  wait_until 5 lines_are 5
  attach all '"from":"all"'
  attach line '"from":"line"'
  attach now '"from":"now"'
  say all go
  for name in all line now; do expect "$name" new; done
  assert_equal "$(stream_of all | xargs)" "1 2 3 4 5 new"
  assert_equal "$(stream_of line | xargs)" "5 new"
  assert_equal "$(stream_of now | xargs)" "new"
  for name in all line now; do answer_of "$name" | jq -c '[.offset, .skipped]'; done >places
  assert_equal "$(xargs <places)" "[0,0] [8,8] [10,0]"
}

@test "a viewer that comes back by epoch and offset gets exactly what it missed" {
  ptybufferd -q --history-bytes 8388608 s sh -c 'stty -echo; read -r x; seq 1 300000; sleep 100'
  run py '
want = b"".join(b"%d\r\n" % i for i in range(1, 300001))
f, a = attach(**{"from": "all"})
f.write(b"go\n"); f.flush()
got, rounds = b"", 0
while True:
    piece = f.read(min(50001, len(want) - len(got)))
    got += piece
    if len(got) == len(want):
        break
    f.close()
    f, a = attach(**{"from": {"epoch": a["epoch"], "offset": len(got)}})
    assert (a["offset"], a["skipped"]) == (len(got), 0), a
    rounds += 1
assert hashlib.sha256(got).digest() == hashlib.sha256(want).digest()
assert rounds > 10
f, b = attach(**{"from": {"epoch": a["epoch"], "offset": len(want) + 1000}})
assert b["offset"] == len(want), b  # nothing is there yet
print("the same")'
  assert_output "the same"
}

@test "who comes back too late is told how many bytes are gone" {
  ptybufferd -q --history-bytes 65536 s sh -c 'stty -echo; read -r x; seq 1 100000; echo END; sleep 100'
  run py '
want = b"".join(b"%d\r\n" % i for i in range(1, 100001)) + b"END\r\n"
f, a = attach(**{"from": "all"})
f.write(b"go\n"); f.flush()
got = f.read(1000)
f.close()
deadline = time.monotonic() + 10
while ask(cmd="status")["bytes"] < len(want):
    assert time.monotonic() < deadline
f, b = attach(**{"from": {"epoch": a["epoch"], "offset": 1000}})
assert b["offset"] == 1000 + b["skipped"] and b["skipped"] > 0, b
rest = f.read(len(want) - b["offset"])
assert got + rest == want[:1000] + want[b["offset"]:]
f, c = attach(**{"from": {"epoch": a["epoch"] - 1, "offset": 1000}})
assert c["skipped"] == c["offset"] != 1000, c  # the numbers of another start mean nothing: as "line"
assert want[c["offset"] - 1:].startswith(b"\n")
print("exact")'
  assert_output exact
}

@test "the epoch is another one after each start" {
  ptybufferd -q s sleep 100
  local first
  first=$(ctl_get ./s .epoch)
  ctl ./s stop
  wait_until 5 absent s
  ptybufferd -q s sleep 100
  [ "$(ctl_get ./s .epoch)" -gt "$first" ]
}

@test "raw: keys pass as they come, beside viewers whose lines are kept whole" {
  start_taker
  attach raw '"raw":true'
  attach lines '"raw":false'
  connect s plain
  say -n lines "li"
  say -n plain "pl"
  say -n raw "r"
  wait_until 5 file_has got r
  say lines nes
  say plain ain
  wait_until 5 file_has got plain
  wait_until 5 file_has got lines
  assert_equal "$(head -c 1 got; tail -c +2 got | sort | xargs)" "rlines plain"
  assert_equal "$(ctl ./s who | jq -c '[.viewers[].raw]')" "[true,false,false]"
}

@test "readonly is enforced: no keys, no size" {
  start_taker
  attach looks '"readonly":true,"raw":true,"rows":5,"cols":6'
  say looks "not this"
  say -n looks "nor this"
  connect s
  say c this
  wait_until 5 file_has got this
  assert_equal "$(cat got)" this
  assert_equal "$(ctl_get ./s .rows)" 24
  local viewer
  viewer=$(answer_of looks | jq .viewer)
  run ctl ./s "{\"cmd\":\"resize\",\"rows\":5,\"cols\":6,\"viewer\":$viewer}"
  assert_equal "$(jq -r .error.code <<<"$output")" denied
  assert_output --partial "viewer $viewer only looks"
  # It sees all the same.
  expect looks ready
  assert_equal "$(ctl ./s who | jq -c '[.viewers[].readonly]')" "[true,false]"
}

@test "rows and cols with attach set the window size" {
  ptybufferd -q s sh -c 'stty -echo; echo ready; read -r x; stty size; sleep 100'
  wait_until 5 lines_are 1
  attach c '"rows":33,"cols":101'
  say c go
  expect c "33 101"
  assert_equal "$(ctl_get ./s '[.rows, .cols] | @csv')" "33,101"
}

# --- The other commands

@test "resize reaches the command, with SIGWINCH" {
  ptybufferd -q s sh -c 'trap "stty size" WINCH; echo ready; while :; do sleep 0.02; done'
  connect s
  expect c ready
  run asked ./s '{"cmd":"resize","rows":40,"cols":132}'
  assert_output '{"cols":132,"ok":true,"rows":40}'
  expect c "40 132"
  connect s second
  run ctl ./s '{"cmd":"resize","rows":41,"cols":133,"viewer":2}'
  assert_success
  expect c "41 133"
}

@test "the size that a resize set is that of the next start too" {
  ptybufferd -q -R s sh -c 'until [ -e go ]; do sleep 0.02; done; rm go; stty size'
  ctl ./s '{"cmd":"resize","rows":40,"cols":132}'
  touch go
  connect s
  expect c "40 132"
  touch go
  wait_until 5 eval '[ "$(grep -c "40 132" .c.got)" -eq 2 ]'
}

@test "signal takes names and numbers" {
  ptybufferd -q s sh -c 'for s in USR1 USR2 INT HUP ALRM; do trap "echo got $s." $s; done
    echo ready; while :; do sleep 0.02; done'
  connect s
  expect c ready
  local child
  child=$(ctl_get ./s .child)
  while IFS='|' read -r signal name; do
    run asked ./s "{\"cmd\":\"signal\",\"signal\":$signal}"
    assert_output "{\"child\":$child,\"ok\":true}"
    expect c "got $name."
  done <<END
"USR1"|USR1
"SIGUSR2"|USR2
2|INT
"1"|HUP
14|ALRM
END
}

@test "signal is for the whole process group, and there is none between two starts" {
  ptybufferd -q -R s sh -c 'sh -c "trap \"echo inner; exit\" USR1; echo ready; while :; do sleep 0.02; done" & trap "" USR1; wait'
  connect s
  expect c ready
  ctl ./s '{"cmd":"signal","signal":"USR1"}'
  expect c inner
  wait_until 5 job_is waiting
  run ctl ./s '{"cmd":"signal","signal":"USR1"}'
  assert_equal "$(jq -r '.error | .code, .message' <<<"$output" | xargs)" "not_found no command runs"
}

@test "who lists viewers with their process, and what they have sent" {
  start_taker
  connect s
  say c 12345
  wait_until 5 file_has got 12345
  run ctl ./s who
  assert_equal "$(jq -cS '.viewers[0] | del(.since)' <<<"$output")" \
    "{\"behind\":0,\"gid\":$(id -g),\"inputBytes\":6,\"inputWaiting\":0,\"pid\":$(cat .c.pid),\"raw\":false,\"readonly\":false,\"skipped\":0,\"uid\":$(id -u),\"viewer\":1}"
  [ "$(jq '.viewers[0].since | floor' <<<"$output")" -le "$(date +%s)" ]
  hang_up c
  wait_until 5 viewers_are 0
  assert_equal "$(asked ./s who)" '{"ok":true,"viewers":[]}'
}

@test "kick ends that viewer and no other" {
  ptybufferd -q s sh -c 'echo ready; exec cat'
  connect s one
  expect one ready
  start_bg sh -c 'exec socat -u unix:s - >two'
  local two=$BG
  wait_until 5 file_has two ready
  run asked ./s '{"cmd":"kick","viewer":2}'
  assert_output '{"ok":true}'
  wait_until 5 pid_ended "$two"
  viewers_are 1
  run ctl ./s '{"cmd":"kick","viewer":2}'
  assert_equal "$(jq -r .error.message <<<"$output")" 'kick: no viewer 2: "who" lists them'
  say one still
  expect one still
}

@test "status says what runs, since when, and how much it said" {
  ptybufferd -q -y "my info" -o out s sh -c 'seq 1 5; sleep 100'
  wait_until 5 lines_are 5
  wait_until 5 size_at_least out 15
  run ctl ./s status
  local child now=$output
  child=$(jq .child <<<"$now")
  assert_equal "$(tr '\0' ' ' <"/proc/$child/cmdline")" "sh -c seq 1 5; sleep 100 "
  assert_equal "$(jq -c '[.ok, .name, .running, .state, .rows, .cols, .starts, .bytes, .lines, .viewers,
    .skipped, .inputWaiting, .command, .info]' <<<"$now")" \
    "[true,\"$T/s\",true,\"running\",24,80,1,15,5,0,0,0,\"sh\",\"my info\"]"
  # The arguments may hold secrets.
  refute_output --partial "seq"
  assert_equal "$(jq -c '.output | [.path, .written, .lost, .pending, .stuck]' <<<"$now")" \
    "[\"$T/out\",15,0,0,false]"
  assert_equal "$(jq -r .tty <<<"$now")" "$(readlink "/proc/$child/fd/0")"
  [ "$(jq '.since | floor' <<<"$now")" -le "$(date +%s)" ]
  assert_equal "$(jq -c '[.lastEnd, .device]' <<<"$now")" "[null,null]"
}

@test "events tells of start, exit, attach, detach and over" {
  ptybufferd -q -R s sh -c 'echo ready; read -r x; exit 3'
  local child
  child=$(ctl_get ./s .child)
  connect s.ctl watch
  say watch '{"cmd":"events","ref":"r"}'
  expect watch '{"ok":true,"ref":"r"}'
  connect s
  expect watch '"attach"'
  hang_up c
  expect watch '"detach"'
  connect s second
  say second go
  expect watch '"exit"'
  expect watch '"start"'
  ctl ./s stop
  expect watch '"over"'
  assert_equal "$(received watch | jq -r '.event // empty' | head -n 7 | xargs)" \
    "attach detach attach exit start exit over"
  assert_equal "$(received watch | jq -c 'select(.event == "exit") | [.child, .status, .reason]' | head -n 1)" \
    "[$child,3,\"exit status 3\"]"
  assert_equal "$(received watch | jq -c 'select(.event == "attach") | .viewer' | xargs)" "1 2"
  assert_equal "$(received watch | jq -s "map(select(.event) | .time | . > $(date +%s) - 60 and . < $(date +%s) + 60) | all")" true
}

@test "who subscribed may still ask" {
  ptybufferd -q s sleep 100
  connect s.ctl watch
  say watch events
  say watch version
  expect watch '"program"'
  hang_up watch
  job_is running
}

@test "stop is answered, and ends the job" {
  ptybufferd -q s sleep 100
  local child
  child=$(ctl_get ./s .child)
  run ctl ./s stop
  assert_output '{"ok":true}'
  wait_until 5 absent s.ctl
  wait_until 5 pid_ended "$child"
  assert_not_exist s
}

@test "reload opens a renamed log and output file anew, and so does HUP" {
  ptybufferd -q -l log -o out s sh -c 'stty -echo; echo one; while read -r x; do echo "$x"; done'
  connect s
  expect c one
  wait_until 5 file_has out one
  mv out out.1 && mv log log.1
  run ctl ./s reload
  assert_output '{"ok":true}'
  say c two
  wait_until 5 file_has out two
  connect s second
  wait_until 5 file_has log "connect 2"
  mv out out.2
  kill -HUP "$(ctl_get ./s .pid)"
  say c three
  wait_until 5 file_has out three
  assert_equal "$(cat out.1 out.2 out | tr -d '\r' | xargs)" "one two three"
  assert_equal "$(tr -d '\r' <out)" three
  run ! grep -q "connect 2" log.1
}

@test "a subscriber whose stdin has ended goes on listening, and is gone when it goes" {
  run -0 ptybufferd -q s sleep 60
  echo events >"$T/words"
  start_bg sh -c 'exec socat -t 30 - unix:s.ctl <words >heard'
  wait_until 5 file_has heard '"ok":true'
  echo | timeout 5 socat - unix:s >/dev/null
  wait_until 5 file_has heard '{"event":"attach"'
  kill "$BG"
  wait_until 5 pid_gone "$BG"
  run -0 ctl ./s status
}
