# consoled --pty, cloud-console's command line: one pty that another program made, its log, a page.
load helper

setup() {
  lm_setup
  PORT=$(free_port)
  guest
}
# guest: a program that serves a pty, as a hypervisor does; its name in $TTY.
guest() {
  cat >guest.sh <<'END'
echo booted
while read -r line; do
  case $line in
    count) seq 1 100000 ;;
    bytes) printf 'a\000b\377c\n' ;;
    *) echo "got $line" ;;
  esac
done
END
  rm -f "$T/tty"
  start_bg socat "PTY,link=$T/tty,rawer,wait-slave" EXEC:"sh guest.sh"
  wait_until 5 test -e "$T/tty"
  BG_GUEST=$BG
  TTY=$(readlink "$T/tty")
}
# start [WORDS...]: in cloud-console's place.
start() {
  start_bg consoled --pty "$@" 2>>"$T/consoled.err"
  CONSOLED=$BG
}
# type_into TEXT: as a second program at the same pty would.
type_into() { printf '%s\n' "$1" >"$TTY"; }

@test "the log file gets what the guest says, byte by byte, and is appended to" {
  echo before >guest.log
  start "$TTY" 127.0.0.1 "$PORT" guest.log
  wait_until 5 file_has guest.log booted
  type_into bytes
  wait_until 5 file_has guest.log b
  printf 'before\nbooted\na\000b\377c\n' >expected
  wait_until 5 cmp expected guest.log
  type_into count
  seq 1 100000 >>expected
  wait_until 10 cmp expected guest.log
  kill "$CONSOLED"
  wait_until 5 pid_ended "$CONSOLED"
  cmp expected guest.log
  run bash -c 'ls guest.*'
  assert_output $'guest.log\nguest.sh'
}

@test "a log file that was moved away is begun anew, without a signal" {
  start "$TTY" 127.0.0.1 "$PORT" guest.log
  wait_until 5 file_has guest.log booted
  mv guest.log old.log
  # It looks once a second.
  begun() { type_into one && test -e guest.log; }
  wait_until 5 begun
  assert_equal "$(head -n 1 old.log)" booted
  run head -n 1 guest.log
  assert_output 'got one'
}

@test "a log file that cannot be opened is named at once" {
  run consoled --pty "$TTY" 127.0.0.1 "$PORT" no/such/guest.log
  assert_failure 111
  assert_output --partial "$T/no/such/guest.log: No such file or directory"
}

@test "a device that is not there is named at once; one that goes is waited for" {
  run timeout 10 consoled --pty "$T/none" 127.0.0.1 "$PORT"
  assert_failure 111
  assert_output --partial "$T/none: No such file or directory"
  ln -sf "$TTY" device
  start "$T/device" 127.0.0.1 "$PORT" guest.log
  wait_until 5 file_has guest.log booted
  rm device
  kill "$BG_GUEST"
  wait_until 5 file_has consoled.err 'again in'
  guest
  ln -sf "$TTY" device
  again() { [ "$(grep -c booted guest.log)" = 2 ]; }
  wait_until 20 again
}

@test "without a log file nothing is written" {
  start "$TTY" 127.0.0.1 "$PORT"
  wait_until 5 file_has consoled.err 'pty: connected'
  type_into one
  run find "$T" -type f -name '*.log'
  assert_output ""
  assert_equal "$(find "$LINEMAN_STATE" -type f | wc -l)" 0
}

# --- The page and its websocket

py() { PORT=$PORT PYTHONPATH=$LM_ROOT/tests/doubles timeout $((60 * LM_PATIENCE)) python3 -B -c "from web import *
$1"; }
up() { wait_until 5 curl -s -o /dev/null "http://127.0.0.1:$PORT/"; }

@test "the page is there without configuration or log-in, all else is 404" {
  start "$TTY" 127.0.0.1 "$PORT"
  up
  run curl -sL -w '\n%{http_code} %{content_type}' "http://127.0.0.1:$PORT/"
  assert_success
  assert_output --partial '<html'
  assert_line --partial '200 text/html'
  run curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/no/such/thing"
  assert_output 404
}

@test "/ws: history first, then raw bytes both ways, text or binary, for any number of clients" {
  start "$TTY" 127.0.0.1 "$PORT" guest.log
  wait_until 5 file_has guest.log booted
  run py '
a, head = ws(); assert head.startswith("HTTP/1.1 101"), head
assert "sec-websocket-protocol" not in head.lower()
assert until(a, b"booted\n") == b"booted\n"      # no zeros before it
say(a, b"from a\n"); until(a, b"got from a\n")
b, _ = ws(); assert until(b, b"got from a\n") == b"booted\ngot from a\n"
say(b, b"as text\n", 1)
until(a, b"got as text\n"); until(b, b"got as text\n")
say(a, b"bytes\n"); assert until(b, b"c\n") == b"a\0b\xffc\n"
say(a, b"half "); time.sleep(0.2); say(a, b"a line\n"); until(b, b"got half a line\n")
print("good")'
  assert_output good
}

@test "/ws: a client that never reads costs nobody anything, and hears what it missed" {
  start "$TTY" 127.0.0.1 "$PORT" guest.log
  wait_until 5 file_has guest.log booted
  run py '
stalled, _ = ws(); good, _ = ws(); until(good, b"booted\n")
for i in range(20):
    say(good, b"count\n"); assert b"skipped" not in until(good, b"\n100000\n")
missed = until(stalled, b"bytes skipped]]\n")
print("good")'
  assert_output good
}

@test "another site's page may not open /ws, a name that is not ours neither" {
  start "$TTY" 127.0.0.1 "$PORT"
  up
  run py '
for more, status in (({"Origin": "http://evil.example"}, "403"), ({"Host": "evil.example", "Origin": "http://evil.example"}, "421"),
                     ({"Origin": "http://localhost:%d" % port}, "101")):
    print(ws(**more)[1].split()[1], status)'
  assert_output $'403 403\n421 421\n101 101'
}

@test "beyond loopback it is --auth none that opens it, by that name or in cloud-console's place" {
  ip=$(hostname -I | cut -d' ' -f1)
  [ -n "$ip" ] || ip=0.0.0.0
  run consoled --pty "$TTY" "$ip" "$PORT"
  assert_failure 100
  assert_output --partial '--auth none'
  start --auth none "$TTY" "$ip" "$PORT"
  [ "$ip" = 0.0.0.0 ] && ip=127.0.0.1
  wait_until 5 curl -s -o /dev/null "http://$ip:$PORT/"
  IP=$ip run py 'a, _ = ws(Host=os.environ["IP"]); until(a, b"booted\n"); print("good")'
  assert_output good
}

@test "there is no other console, no socket of its own, and nothing to define" {
  start "$TTY" 127.0.0.1 "$PORT"
  up
  assert_not_exists "$LINEMAN_RUNTIME/consoled.sock"
  run curl -s -o /dev/null -w '%{http_code}' -X POST -d '{"name":"x","driver":"cmd","params":{"cmd":"id"}}' "http://127.0.0.1:$PORT/nodes"
  assert_output 403
}
