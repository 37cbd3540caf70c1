# consoled --pty, cloud-console's command line: one pty that another program made, its log, a page.
load helper

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
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
  start_bg socat "PTY,link=$T/tty,rawer,wait-slave" EXEC:"sh guest.sh"
  wait_until 5 test -e "$T/tty"
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

@test "without a log file nothing is written" {
  start "$TTY" 127.0.0.1 "$PORT"
  wait_until 5 file_has consoled.err 'pty: connected'
  type_into one
  run find "$T" -type f -name '*.log'
  assert_output ""
  assert_equal "$(find "$LINEMAN_STATE" -type f | wc -l)" 0
}
