# consoled's other lines: serial ones, TCP, telnet, unix sockets: targets that vanish, come back, and
# hang up.
load helper
load consoled

setup() {
  lm_setup
  configure '' 'reconnect_max: 2'
  start
}

@test "a serial line that vanishes and returns: the reason names it, and bytes flow again" {
  start_bg socat "pty,raw,echo=0,link=$T/line" "pty,raw,echo=0,link=$T/far"
  local pair=$BG
  wait_until 5 test -e far
  node n1 tty "{\"device\":\"$T/line\",\"lock_folder\":\"$T\"}"
  wait_until 5 state_is n1 connected
  assert_exists 'LCK..line'
  assert_equal "$(tr -d ' \n' <'LCK..line')" "$CONSOLED"
  attach n1
  printf 'first' >far
  expect c first
  say -n c typed
  run timeout 5 head -c 5 far
  assert_output typed
  kill "$pair"
  wait_until 5 state_is n1 waiting
  wait_until 10 reason_has n1 "$T/line"
  assert_not_exists 'LCK..line'
  start_bg socat "pty,raw,echo=0,link=$T/line" "pty,raw,echo=0,link=$T/far"
  wait_until 5 test -e far
  switch n1 retry
  wait_until 10 state_is n1 connected
  printf 'second' >far
  expect c second
}

@test "a serial line that somebody else has is left alone; a dead one's lock is not in the way" {
  start_bg socat "pty,raw,echo=0,link=$T/line" "pty,raw,echo=0,link=$T/far"
  wait_until 5 test -e far
  start_bg sleep 1000
  printf '%10d\n' "$BG" >LCK..line
  node n1 tty "{\"device\":\"$T/line\",\"lock_folder\":\"$T\"}"
  wait_until 5 reason_has n1 "in use by process $BG"
  kill -9 "$BG"
  wait_until 5 pid_ended "$BG"
  wait_until 20 state_is n1 connected
  end KILL  # and leaves its own
  start
  wait_until 10 state_is n1 connected
}

@test "a line has one console, by whatever name, and none where another program has it" {
  start_bg socat "pty,raw,echo=0,link=$T/line" "pty,raw,echo=0,link=$T/far"
  wait_until 5 test -e far
  ln -s "$T/line" other
  node n1 tty "{\"device\":\"$T/line\",\"lock_folder\":\"$T\"}"
  wait_until 5 state_is n1 connected
  node n2 tty "{\"device\":\"$T/other\",\"lock_folder\":\"$T\"}"
  node n3 tty "{\"device\":\"$(readlink -f line)\"}"
  wait_until 5 reason_has n2 "$T/other: in use"
  wait_until 5 reason_has n3 "$(readlink -f line): in use"
  start_bg flock -E 9 -x "$(readlink -f far)" sleep 1000
  wait_until 5 sh -c "! flock -n '$(readlink -f far)' true"
  node n4 tty "{\"device\":\"$T/far\",\"lock_folder\":\"$T\"}"
  wait_until 5 reason_has n4 "$T/far: in use"
  ctl consoled.sock '{"cmd":"delete","console":"n3"}'
  ctl consoled.sock '{"cmd":"delete","console":"n1"}'
  wait_until 10 state_is n2 connected
}

@test "a serial line has the speed, the parity and the flow control that its node says" {
  start_bg socat "pty,raw,echo=0,link=$T/line" "pty,raw,echo=0,link=$T/far"
  wait_until 5 test -e far
  # set FLOW WORDS...: what the line has then, as stty shows it.
  set_is() {
    local flow=$1 word
    shift
    node n1 tty "{\"device\":\"$T/line\",\"lock\":\"false\",\"speed\":\"19200\",\"mode\":\"7e2\",\"flow\":\"$flow\"}"
    wait_until 5 state_is n1 connected
    run stty -a -F line
    for word in 'speed 19200 baud' "$@"; do assert_output --partial "$word"; done
    ctl consoled.sock '{"cmd":"delete","console":"n1"}'
  }
  set_is rtscts ' crtscts' ' -ixon' ' -ixoff' ' cstopb'
  set_is xonxoff ' -crtscts' ' ixon' ' ixoff'
  set_is none ' -crtscts' ' -ixon' ' -ixoff'
  # A pty that has all it will have: its second console is as good as the first.
  set_is none '-parenb' ' cs8'
  run node n1 tty "{\"device\":\"$T/line\",\"flow\":\"dtr\"}"
  assert_output --partial '"code":"bad_input"'
}

@test "telnet: BREAK is IAC BRK, options are answered, and the far end's end is told" {
  cat >far.py <<'PY'
import socket, sys
l = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    s, _ = l.accept()
    s.sendall(b"\xff\xfb\x01\xff\xfb\x03login: ")
    got = open("far.got", "ab", 0)
    while data := s.recv(4096):
        got.write(data)
        if b"bye" in data: break
    s.close()
PY
  local port
  port=$(free_port)
  start_bg python3 far.py "$port"
  node n1 telnet "{\"host\":\"127.0.0.1\",\"port\":\"$port\"}"
  wait_until 10 state_is n1 connected
  attach n1
  expect c 'login: '
  ctl consoled.sock '{"cmd":"break","console":"n1","sequence":"\\z"}'
  wait_until 5 env LC_ALL=C grep -qaP '\xff\xf3' far.got
  wait_until 5 env LC_ALL=C grep -qaP '\xff\xfd\x01' far.got
  say -n c $'\xff'
  wait_until 5 env LC_ALL=C grep -qaP '\xff\xff' far.got
  say -n c bye
  expect c '[[not connected: '
  wait_until 10 state_is n1 connected
}

@test "a unix socket and a TCP port that are not there yet, go, and come back" {
  local port
  port=$(free_port)
  node u unix "{\"socket\":\"$T/guest\"}"
  node t tcp "{\"host\":\"127.0.0.1\",\"port\":\"$port\"}"
  wait_until 5 reason_has u "$T/guest"
  wait_until 5 reason_has t "$port"
  local round far
  for round in 1 2; do
    far=()
    start_bg socat "UNIX-LISTEN:$T/guest,unlink-early" 'SYSTEM:echo here; cat'
    far+=("$BG")
    start_bg socat "TCP-LISTEN:$port,reuseaddr,bind=127.0.0.1" 'SYSTEM:echo here; cat'
    far+=("$BG")
    # By themselves, every two seconds: to ask for it would close one that is just up.
    wait_until 20 state_is u connected
    wait_until 20 state_is t connected
    kill "${far[@]}"
    wait_until 10 state_is u waiting
    wait_until 10 state_is t waiting
  done
  assert_equal "$(grep -ac here d/u.log)" 2
  assert_equal "$(grep -ac here d/t.log)" 2
}

@test "targets that accept and hang up at once, a thousand times: throttled, no retry lost, others served" {
  cat >far.py <<'PY'
import socket, sys
l = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=512)
while True:
    s, _ = l.accept()
    s.close()
    open("accepted", "ab", 0).write(b".")
PY
  local port
  port=$(free_port)
  start_bg python3 far.py "$port"
  create n1 cat
  run py "
port = '$port'
"'
ctl, good = os.environ["CTL"], Congo("n1").attach()
for i in range(50):
    assert ask(ctl, {"cmd": "create", "node": {"name": "t%d" % i, "driver": "tcp", "params": {"host": "127.0.0.1", "port": port}}})["ok"]
accepted = lambda: os.path.getsize("accepted") if os.path.exists("accepted") else 0
# By themselves: at once, after a second, then every two.
begun = time.monotonic()
wait(lambda: accepted() >= 150, 20)
assert accepted() <= 50 * (2 + (time.monotonic() - begun)), accepted()
# Asked for, each again and again: a thousand in all, and each of them is there for the next.
s = dial(ctl); f = s.makefile("rwb")
deadline = time.monotonic() + 30 * PATIENCE
while accepted() < 1000:
    assert time.monotonic() < deadline, accepted()
    f.write(b"{\"cmd\":\"switch\",\"console\":\"t*\",\"to\":\"retry\"}\n"); f.flush(); f.readline()
    good.types(b"on"); good.out = b""
settled = accepted()
wait(lambda: accepted() >= settled + 50, 15)
for c in ask(ctl, {"cmd": "list", "console": "t*"})["consoles"]:
    assert c["state"] in ("waiting", "connecting", "queued", "connected") and c["attempts"] >= 4, c
print("throttled")'
  assert_output throttled
  # Told when it begins, not a thousand times.
  [ "$(grep -c '^consoled: t7: ' consoled.err)" -lt 120 ]
}

@test "who leaves while a console on demand connects, and comes back, is told why it waits" {
  local port
  port=$(free_port)
  start_bg socat "TCP-LISTEN:$port,fork,bind=127.0.0.1" EXEC:'sleep 60'
  wait_until 5 eval 'ss -Hltn "sport = :'"$port"'" | grep -q .'
  sed -i 's/reconnect_interval: 1/reconnect_interval: 30/; s/reconnect_max: 2/reconnect_max: 60/' server.conf
  ctl consoled.sock reload
  node n1 ssh "{\"host\":\"127.0.0.1\",\"port\":\"$port\",\"user\":\"u\",\"password\":\"p\"}" '{"ondemand":true}'
  attach n1 a
  wait_until 10 state_is n1 connecting
  hang_up a
  wait_until 10 state_is n1 idle
  attach n1 b
  expect b '[[not connected: tried a moment ago'
  state_is n1 queued
}

@test "who looks again and again does not get a target tried more often than reconnect_interval" {
  cat >far.py <<'PY'
import os, socket, sys
l = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=512)
while True:
    s, _ = l.accept()
    open("accepted", "ab", 0).write(b".")
    if os.path.exists("good"): held = s
    s.close() if not os.path.exists("good") else None
PY
  local port
  port=$(free_port)
  start_bg python3 far.py "$port"
  wait_until 5 eval 'ss -Hltn "sport = :'"$port"'" | grep -q .'
  node t tcp "{\"host\":\"127.0.0.1\",\"port\":\"$port\"}"
  node o tcp "{\"host\":\"127.0.0.1\",\"port\":\"$port\"}" '{"ondemand":true}'
  run py '
ctl = os.environ["CTL"]
begun = time.monotonic()
def look(name):
    with dial(ctl) as s:
        s.sendall(json.dumps({"cmd": "attach", "console": name, "raw": True}).encode() + b"\n")
        got = b""
        while b"[[not connected: " not in got:
            piece = s.recv(4096)
            assert piece, got
            got += piece
for i in range(20):
    for name in ("t", "o"):
        look(name)
        Congo(name).s.close()
        wait(lambda: not ask(ctl, {"cmd": "who", "console": name})["viewers"])
# Each once at once, and then once a second.
accepted = os.path.getsize("accepted")
assert accepted <= 2 * (2 + time.monotonic() - begun), accepted
print("kept")'
  assert_output kept
  # Whoever still looks has it when it is well again, and who asks for it has it at once.
  touch good
  attach t
  attach o d
  wait_until 10 state_is t connected
  wait_until 10 state_is o connected
}
