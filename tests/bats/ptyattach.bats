# ptyattach against the real ptybufferd: on a terminal (a python pty where bytes and settings are to
# be exact, tmux where a screen is to be seen), in pipes, as a list.
load helper

setup() {
  lm_setup
  write_pty_program
}

# --- Jobs

# job NAME [OPTION...] -- COMMAND...: in the background, up when this returns.
job() {
  local name=$1 options=()
  shift
  while [ "$1" != -- ]; do options+=("$1") && shift; done
  shift
  ptybufferd -q --name "$name" "${options[@]}" "$@" </dev/null 3>&- 4>&-
}

# echo_job NAME [OPTION...]: answers "got X" to a line X, and ends at "quit".
echo_job() {
  local name=$1
  shift
  job "$name" "$@" -- sh -c 'echo ready; while read -r l && [ "$l" != quit ]; do echo "got $l"; done'
  wait_until 5 history_has "$name" ready
}

# key_job NAME [OPTION...]: its terminal is raw, and it shows each key as cat -v does.
key_job() {
  local name=$1
  shift
  job "$name" "$@" -- sh -c 'stty raw -echo; echo ready; exec cat -v'
  wait_until 5 history_has "$name" ready
}

history_of() { timeout 5 ptyattach -nqq --from all "$1" | tr -d '\r'; }
history_has() { history_of "$1" | grep -qF -e "$2"; }
status_is() { ctl "$1" status | jq -e "$2"; }
who_is() { ctl "$1" who | jq -e "$2"; }
# Waits until nobody accepts any more, which is a moment after the signal.
kill_daemon() {
  kill -9 "$(daemon_of "$1")"
  wait_until 5 is_dead "run/$1.sock"
}
is_dead() { ptybufferd -c "$1" || [ $? -eq 24 ]; }
daemon_of() { ctl_get "$1" .pid; }

# --- A terminal. on_pty ID COMMAND... runs it on a pty of its own, 24x80, in the background:
#   typed ID TEXT       keys (printf %b)
#   shown ID TEXT       wait until TEXT was shown
#   over ID "N same"    wait until it ended with status N, its settings as they were before
# ID.tty and ID.pid name the terminal and the process, ID.out is what it showed.

write_pty_program() {
  cat >"$T/on_pty.py" <<'END'
import fcntl, os, pty, select, signal, struct, subprocess, sys, termios
name = sys.argv[1]
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
before = termios.tcgetattr(slave)
keys = os.open(name + ".in", os.O_RDWR)
out = open(name + ".out", "wb", buffering=0)
child = subprocess.Popen(sys.argv[2:], stdin=slave, stdout=slave, stderr=slave,
    start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
open(name + ".tty", "w").write(os.ttyname(slave))
open(name + ".pid", "w").write(str(child.pid))
while True:
    ended = child.poll() is not None
    ready = select.select([master, keys], [], [], 0.02)[0]
    if master in ready:
        out.write(os.read(master, 65536))
    elif ended:
        break
    if keys in ready:
        os.write(master, os.read(keys, 4096))
status = child.returncode if child.returncode >= 0 else 128 - child.returncode
same = "same" if termios.tcgetattr(slave) == before else "changed"
open(name + ".end", "w").write("%d %s\n" % (status, same))
END
}

on_pty() {
  local id=$1
  shift
  rm -f "$T/$id".{in,out,pid,tty,end}
  mkfifo "$T/$id.in"
  start_bg python3 "$T/on_pty.py" "$T/$id" "$@"
  wait_until 10 test -s "$T/$id.pid"
}
typed() { printf '%b' "$2" >"$T/$1.in"; }
shown() { wait_until "${3:-5}" file_has "$T/$1.out" "$2"; }
over() {
  wait_until "${3:-5}" test -s "$T/$1.end" || return 1
  assert_equal "$(cat "$T/$1.end")" "$2"
}
is_raw() { stty -a -F "$(cat "$T/$1.tty")" | grep -q -- '-icanon'; }
# attached ID NAME: by its greeting, and in raw mode.
attached() {
  shown "$1" "[$2" && wait_until 5 is_raw "$1"
}

# --- A screen: a shell in tmux.

screen_start() {
  export TMUX_TMPDIR=$T
  unset TMUX
  env PS1='$ ' ENV= tmux -L s -f /dev/null new-session -d -x "${1:-80}" -y "${2:-24}" sh 3>&- 4>&-
  screen_shows '$'
}
screen() { tmux -L s capture-pane -p; }
screen_keys() { tmux -L s send-keys "$@"; }
screen_has() { screen | grep -qF -e "$1"; }
screen_lacks() { ! screen | grep -qF -e "$1"; }
screen_shows() {
  wait_until "${2:-5}" screen_has "$1" || {
    screen
    return 1
  }
}

# --- On a terminal

@test "the terminal is raw while attached, the detach key is told, and all is as before after it" {
  echo_job web
  on_pty a ptyattach web
  attached a web
  shown a '[web: ^\ detaches]'
  typed a 'hello\r'
  shown a 'got hello'
  typed a '\034'
  over a '0 same'
  file_has a.out '[web: detached]'
  [ "$(ctl_get web .viewers)" = 0 ]
}

@test "the job's window has the size of the terminal at attach, and follows it" {
  job sh -- sh -c 'trap "stty size" WINCH; stty size; while :; do sleep 0.05; done'
  wait_until 5 history_has sh '24 80'
  screen_start 91 17
  screen_keys 'exec ptyattach sh' Enter
  screen_shows '17 91'
  tmux -L s resize-window -x 70 -y 13
  screen_shows '13 70'
  [ "$(ctl_get sh '"\(.rows)x\(.cols)"')" = 13x70 ]
}

@test "a program on the job's screen paints it again for one who attaches with the same size" {
  job winch -S 24x80 -- sh -c 'trap "echo painted" WINCH; echo ready; while :; do sleep 0.05; done'
  wait_until 5 history_has winch ready
  on_pty a ptyattach --from now winch
  shown a painted
  typed a '\034'
  over a '0 same'
  on_pty b ptyattach --from now winch
  shown b painted
  refute [ -s b.end ]
}

@test "who only looks, or has no terminal, makes no program paint" {
  job winch -S 24x80 -- sh -c 'trap "echo painted" WINCH; echo ready; while read -r l; do echo "$l"; done'
  wait_until 5 history_has winch ready
  on_pty a ptyattach -r winch
  attached a winch
  echo through | ptyattach winch
  shown a through
  run history_of winch
  refute_output --partial painted
}

@test "vi is to be seen when somebody comes back to it, and its screen goes at detach" {
  printf 'line %s\n' 1 2 3 >text
  job vi -- vi -u NONE text
  screen_start
  screen_keys 'ptyattach vi' Enter
  screen_shows 'line 3'
  screen_keys 'C-\'
  screen_shows '[vi: detached]'
  screen_lacks 'line 3'
  screen_keys 'clear; ptyattach --from now vi' Enter
  screen_shows 'line 3'
  screen_keys 'C-\'
  screen_shows ': detached]'
  # Nobody told us that it was the alternate screen: the words come below the picture.
  screen_keys 'echo a$((1+1))c' Enter
  screen_shows a2c
  [ "$(screen | grep -n '^~' | tail -n 1 | cut -d: -f1)" -lt "$(screen | grep -nF ': detached]' | cut -d: -f1)" ]
}

@test "what a program switched on is switched off at detach" {
  job mouse -- sh -c 'printf "\033[?1049h\033[?25l\033[?1000h\033[5;10rpainted"; read -r l'
  on_pty a ptyattach mouse
  shown a painted
  typed a '\034'
  over a '0 same'
  local sequence
  for sequence in '?1049l' '?25h' '?1000l' '?2004l' 'r'; do file_has a.out $'\033['"$sequence"; done
}

@test "LINEMAN_DETACH and -x choose the detach keys, in every way of writing them" {
  key_job keys
  local text keys name
  while read -r text keys name; do
    on_pty a env LINEMAN_DETACH="$text" ptyattach keys
    attached a keys
    shown a "[keys: $name detaches]"
    typed a "$keys"
    over a '0 same'
    on_pty a env LINEMAN_DETACH=^Z ptyattach -x "$text" keys
    attached a keys
    typed a "$keys"
    over a '0 same'
  done <<'END'
^A     \001     ^A
^a     \001     ^A
^]     \035     ^]
^?     \177     ^?
q      q        q
1b1b   \033\033 ^[^[
^Ad    \001d    ^Ad
^A^D   \001\004 ^A^D
END
}

@test "what only begins like the detach keys is passed on" {
  key_job keys
  on_pty a ptyattach -x ^Ad keys
  attached a keys
  typed a '\001x\001\001y\034'
  shown a '^Ax^A^Ay^\'
  typed a '\001'
  typed a 'd'
  over a '0 same'
}

@test "detach keys that cannot be read are wrong usage, and the variable is named" {
  echo_job web
  run -100 ptyattach -x xyz web
  assert_output --partial '--detach: xyz: expected ^X, one character, or hex bytes'
  run -100 ptyattach -x ^1 web
  assert_output --partial 'there is no ^1'
  LINEMAN_DETACH=f run -0 ptyattach web </dev/null
  LINEMAN_DETACH=fff run -100 ptyattach web
  assert_output --partial 'LINEMAN_DETACH: fff'
}

@test "keys typed in one breath with the detach key arrive" {
  key_job keys
  on_pty a ptyattach keys
  attached a keys
  typed a 'last words\034'
  over a '0 same'
  wait_until 5 history_has keys 'last words'
}

@test "control keys are the job's: they neither end nor stop ptyattach" {
  key_job keys
  on_pty a ptyattach keys
  attached a keys
  typed a '\003\032\004\021\023\r\n\177'
  shown a '^C^Z^D^Q^S^M'
  shown a '^?'
  [ ! -s a.end ]
}

@test "^C on the terminal interrupts the program that runs in the job" {
  job sh -- sh
  on_pty a ptyattach sh
  attached a sh
  typed a 'sleep 100\r'
  wait_until 5 sh -c "ps -o tpgid=,pid=,comm= -t '$(ctl_get sh .tty | cut -c6-)' | grep -q sleep"
  typed a '\003'
  typed a 'echo st$((1))ll\r'
  shown a st1ll
  [ ! -s a.end ]
}

@test "the terminal is as before when the job ends" {
  echo_job web
  on_pty a ptyattach web
  attached a web
  typed a 'quit\r'
  over a '0 same'
  file_has a.out '[web: has ended]'
}

@test "the terminal is as before when a signal ends ptyattach" {
  echo_job web
  local signal status
  while read -r signal status; do
    on_pty a ptyattach web
    attached a web
    kill -"$signal" "$(cat a.pid)"
    over a "$status same"
  done <<'END'
TERM 143
HUP 129
INT 130
QUIT 131
END
}

@test "the terminal is as before when ptybufferd is killed, and that is said" {
  echo_job web
  on_pty a ptyattach web
  attached a web
  kill -9 "$(daemon_of web)"
  over a '111 same'
  file_has a.out '[web: its ptybufferd was killed]'
}

@test "a viewer that is sent away is told that the job goes on" {
  echo_job web
  on_pty a ptyattach web
  attached a web
  ctl web "{\"cmd\":\"kick\",\"viewer\":$(ctl web who | jq .viewers[0].viewer)}"
  over a '111 same'
  file_has a.out '[web: sent away; the job goes on]'
}

@test "a signal ends ptyattach also while nobody takes what a flooding job says" {
  job flood -- sh -c 'exec yes'
  mkfifo stuck
  # shellcheck disable=SC2016
  start_bg sh -c 'exec 9<>stuck; ptyattach -n flood >&9; echo $? >status'
  wait_until 5 who_is flood '.viewers[0].behind > 2000000'
  kill -TERM "$(ctl flood who | jq .viewers[0].pid)"
  wait_until 5 file_has status 143
}

@test "on a terminal whose output goes elsewhere ptyattach leaves the keys alone" {
  echo_job web
  # shellcheck disable=SC2016
  on_pty a sh -c 'trap : INT; { ptyattach web; echo $? >status; } | cat'
  shown a ready
  run is_raw a
  assert_failure
  refute grep -q detaches a.out
  typed a 'hello\r'
  typed a '\003'
  wait_until 5 file_has status 130
  run history_of web
  refute_output --partial hello
}

@test "-b reads lines from a terminal, without raw mode and keys" {
  echo_job web
  on_pty a ptyattach -b web
  shown a ready
  run is_raw a
  assert_failure
  typed a '\034'
  over a '131 same'
  on_pty a ptyattach -b web
  shown a ready
  typed a 'hello\r'
  shown a 'got hello'
  typed a '\004'
  over a '0 same'
}

# --- Read-only

@test "-r: keys do not reach the job, and its window keeps its size" {
  key_job keys -S 30x100
  on_pty a ptyattach -r keys
  attached a keys
  shown a '[keys, read-only: ^\ detaches]'
  typed a 'secret'
  ptyattach -p visible keys </dev/null
  shown a visible
  run history_of keys
  refute_output --partial secret
  [ "$(ctl_get keys '"\(.rows)x\(.cols)"')" = 30x100 ]
  typed a '\034'
  over a '0 same'
}

@test "-r is the daemon's to enforce: keys by force and a resize are refused" {
  key_job keys -S 30x100
  connect "$T/run/keys.ctl"
  say c '{"cmd":"attach","raw":true,"readonly":true,"rows":10,"cols":10}'
  expect c '"ok":true'
  say c forced
  ptyattach -p visible keys </dev/null
  expect c visible
  run history_of keys
  refute_output --partial forced
  run ctl keys "{\"cmd\":\"resize\",\"rows\":10,\"cols\":10,\"viewer\":$(received c | head -n 1 | jq .viewer)}"
  assert_output --partial 'only looks'
  [ "$(ctl_get keys '"\(.rows)x\(.cols)"')" = 30x100 ]
}

@test "-r in a pipe shows until the end of the job, whatever stdin is" {
  echo_job web
  start_bg sh -c 'ptyattach -r web </dev/null >out; echo $? >status'
  wait_until 5 file_has out ready
  echo again | ptyattach -q web
  wait_until 5 file_has out 'got again'
  echo quit | ptyattach -q web
  wait_until 5 file_has status 0
}

# --- Without control socket

@test "where there is no control socket the socket itself is used, on a terminal too" {
  ptybufferd -qi --control "$T/elsewhere" plain.sock sh -c 'echo ready; while read -r l; do echo "got $l"; done' 3>&-
  on_pty a ptyattach ./plain.sock
  attached a ./plain.sock
  shown a ready
  typed a 'hello\r'
  shown a 'got hello'
  typed a '\034'
  over a '0 same'
  run -0 ptyattach plain.sock <<<again
  assert_output --partial 'got again'
}

@test "a socat with a pty behind its socket is a job to attach to" {
  printf '#!/bin/sh\necho ready; read -r l; echo "got $l"\n' >answer && chmod 755 answer
  start_bg socat UNIX-LISTEN:sc.sock,fork EXEC:./answer,pty,setsid,ctty
  wait_until 5 test -S sc.sock
  on_pty a ptyattach ./sc.sock
  attached a ./sc.sock
  shown a ready
  typed a 'hello\r'
  shown a 'got hello'
  over a '0 same'
  file_has a.out 'has ended]'
}

@test "a job on TCP is called by its address" {
  local port=$((20000 + RANDOM % 20000))
  until ptybufferd -q -r "127.0.0.1:$port" sh -c 'echo ready; while read -r l; do echo "got $l"; done' 3>&-; do
    port=$((port + 1))
  done
  run -0 ptyattach "127.0.0.1:$port" <<<hello
  assert_output --partial 'got hello'
  on_pty a ptyattach "127.0.0.1:$port"
  attached a 127.0.0.1
  typed a '\034'
  over a '0 same'
  run -111 ptyattach "127.0.0.1:1" </dev/null
  assert_output --partial 'Connection refused'
}

@test "-r is refused where nothing could enforce it, and only there" {
  ptybufferd -q --control "$T/elsewhere" plain.sock cat 3>&-
  run -111 ptyattach -r ./plain.sock </dev/null
  assert_output 'ptyattach: ./plain.sock: has no control socket, so nothing could enforce --readonly'
  run -111 ptyattach -r ./nothing.sock </dev/null
  assert_output --partial 'No such file or directory'
}

# --- In pipes

@test "piped input is sent, the answer is shown, and silence is the end" {
  job sh -- env PS1= sh
  run --separate-stderr -0 sh -c 'echo "echo a\$((1+1))c" | ptyattach sh'
  assert_output --partial a2c
  assert_equal "$stderr" ''
}

@test "input without a newline at its end is sent whole" {
  echo_job web
  printf 'one\ntwo' | ptyattach -q web
  echo | ptyattach -q web
  wait_until 5 history_has web 'got two'
}

@test "a file, the null device and a closed stdin are input like any other" {
  echo_job web
  printf 'from a file\n' >file
  run --separate-stderr -0 ptyattach web <file
  assert_output --partial 'got from a file'
  run --separate-stderr -0 ptyattach web </dev/null
  assert_output --partial 'got from a file'
  assert_equal "$stderr" ''
  run --separate-stderr -0 sh -c 'exec ptyattach web <&-'
  assert_output --partial 'got from a file'
  assert_equal "$stderr" ''
  run -0 sh -c 'exec ptyattach web </dev/null >&- 2>&-'
}

@test "5 MB go whole to a job that takes its time" {
  job slow -- sh -c 'stty -echo; echo ready; head -c 5000000 | { sleep 1; sha256sum; }; read -r l'
  wait_until 5 history_has slow ready
  seq -w 1 1000000 | sed 's/$/ and some more text/' | head -c 4999999 >big
  echo >>big
  run -0 ptyattach slow <big
  wait_until 15 history_has slow "$(sha256sum <big | cut -d' ' -f1)"
}

@test "input for a job that reads nothing for a while is not lost with the connection" {
  job late -- sh -c 'stty -echo; echo ready; while [ ! -e go ]; do sleep 0.05; done; head -c 400000 | sha256sum; read -r l'
  wait_until 5 history_has late ready
  seq -w 1 50000 | sed 's/$/ x/' | head -c 399999 >big
  echo >>big
  start_bg sh -c 'ptyattach -q --linger 0 late <big; echo $? >status'
  wait_until 5 status_is late '.inputWaiting > 60000'
  [ ! -s status ]
  touch go
  wait_until 5 file_has status 0
  wait_until 5 history_has late "$(sha256sum <big | cut -d' ' -f1)"
}

@test "a reader that goes away ends ptyattach at once, without a word, though the job is silent" {
  echo_job web
  # shellcheck disable=SC2016
  run --separate-stderr -0 timeout 5 bash -c 'ptyattach -n web | head -n 1; echo ${PIPESTATUS[*]}'
  assert_line --partial ready
  assert_line '0 0'
  assert_equal "$stderr" ''
}

@test "-p sends a text first, -i without a newline, -e closes after it" {
  echo_job web
  run -0 ptyattach -p hello web </dev/null
  assert_output --partial 'got hello'
  run -0 ptyattach -e -p again web <<<'not this'
  assert_output --partial 'got again'
  run -0 ptyattach -qie -p 'in ' web
  run -0 ptyattach -p parts web <<<'and more'
  assert_output --partial 'got in parts'
  assert_output --partial 'got and more'
  refute_output --partial 'not this'
}

@test "-n does not read stdin: it shows until the job ends" {
  echo_job web
  start_bg sh -c 'yes line | head -n 9 | ptyattach -n web >out; echo $? >status'
  wait_until 5 file_has out ready
  ptyattach -q web <<<quit
  wait_until 5 file_has status 0
  run cat out
  refute_output --partial line
}

@test "-q shows nothing, and does not wait for an answer" {
  echo_job web
  run -0 ptyattach -q --linger 50 web <<<hello
  assert_output ''
  wait_until 5 history_has web 'got hello'
}

@test "-qq shows all that is there, and leaves" {
  job long -n 100000 -- sh -c 'seq 20000; echo done; read -r l'
  wait_until 5 history_has long 'done'
  run -0 timeout 5 ptyattach -nqq long
  assert_line --index 0 --partial 1
  assert_equal "${#lines[@]}" 20001
  run -0 timeout 5 ptyattach -nqq --from now long
  assert_output ''
}

@test "--linger is how long a silence may last after the input" {
  job slow -- sh -c 'while read -r l; do sleep 0.5; echo "got $l"; done'
  run -0 ptyattach --linger 0.1 slow <<<one
  refute_output --partial 'got one'
  run -0 ptyattach --linger 1.5 slow <<<two
  assert_output --partial 'got two'
  run -100 ptyattach --linger soon slow
  assert_output --partial 'expected seconds'
}

# A job that says as many numbered lines as it is told to; LAST is the last of them.
lines_job() {
  job "$1" -t 100000 -- "${NUMBERED_LINES[@]}"
  LAST=0
}
lines() {
  LAST=$((LAST + $2))
  printf '%s\n' "$2" | socat -u - "$(unix_to "run/$1.sock")"
  wait_until 10 history_has "$1" "line $LAST"
}

@test "stopped from outside the terminal is as it was, and raw again when it goes on" {
  echo_job web
  run timeout $((30 * LM_PATIENCE)) python3 "$LM_ROOT/tests/bats/terminal.py" ptyattach web <<'EOF'
expect detaches]
signal TSTP
stop
restored
signal CONT
send up\r
expect got up
send \x1c
EOF
  assert_success
  assert_line 'status 0'
  assert_line 'terminal restored'
}

@test "--from EPOCH:OFFSET goes on where the last one ended: nothing is missing, nothing comes twice" {
  lines_job web
  lines web 5
  ptyattach -nqqv --from all web >got 2>at
  local i
  for i in 1 2 3 4; do
    lines web "$((i * 7))"
    run --separate-stderr ptyattach -nqqv --from "$(place at)" web
    printf '%s\n' "$output" >>got
    printf '%s\n' "$stderr" >at
  done
  assert_equal "$(jumps got)" ""
  assert_equal "$(tr -d '\r' <got | tail -n 1)" "line $LAST"
  run ptyattach -nqq --from "$(place at)" web
  assert_output ""
}

@test "-v tells the place at a detach, at a signal, and at the end of the input" {
  lines_job web
  lines web 3
  on_pty a ptyattach -v --from all web
  shown a 'line 3'
  typed a '\034'
  over a '0 same'
  tr -d '\r' <a.out >at
  lines web 3
  start_bg sh -c 'exec ptyattach -nv --from "$1" web >got 2>more' sh "$(place at)"
  wait_until 5 grep -q 'line 6' got
  kill "$BG"
  wait "$BG" || true
  [ -n "$(place more)" ]
  refute grep -q 'line 3' got
  lines web 3
  run --separate-stderr sh -c 'ptyattach -v --from "$1" --linger 0.1 web </dev/null' sh "$(place more)"
  assert_equal "$(tr -d '\r' <<<"$output" | head -n 1)" 'line 7'
  assert_equal "$(place <(echo "$stderr"))" "$(ctl_get web '"\(.epoch):\(.bytes)"')"
}

@test "--from EPOCH:OFFSET: the daemon's own words do not count" {
  job web -- sh -c 'stty -echo; while read -r l; do echo "got $l"; done'
  { head -c 20000 /dev/zero | tr '\0' x && printf '\nend\n'; } |
    ptyattach -v --linger 1 web >got 2>at
  grep -q 'bytes of input dropped' got
  assert_equal "$(place at)" "$(ctl_get web '"\(.epoch):\(.bytes)"')"
}

@test "--from EPOCH:OFFSET: what is gone, and a job that was started anew, are told" {
  job web --history-bytes 16384 -- sh -c 'stty -echo; echo ready; while read -r l; do seq 1 $l; done'
  wait_until 5 history_has web ready
  ptyattach -nqqv web >/dev/null 2>at
  printf "20000\n" | socat -u - "$(unix_to run/web.sock)"
  wait_until 5 history_has web 20000
  run --separate-stderr ptyattach -nqq --from "$(place at)" web
  assert_success
  assert_equal "$(tail -n 1 <<<"$output" | tr -d "\r")" 20000
  [[ $stderr == *"web: "*" bytes after $(place at) are gone" ]]
  run --separate-stderr ptyattach -nqq --from 12:34 web
  assert_success
  [[ $stderr == *'web: 12:34 is of an earlier start'* ]]
  run ptyattach -nqq --from "$(place at)99999" web
  assert_output --partial 'has said no more than'
}

@test "--from EPOCH:OFFSET: wrong places, several jobs and plain sockets are refused" {
  echo_job web
  echo_job web2
  local from
  for from in 12 : 12: :34 12:-1 x:y 1:2: 1:2:x 1:2:3:4 '1: 2'; do
    run -100 ptyattach --from "$from" web
    assert_output --partial 'expected all, line, now or EPOCH:OFFSET'
  done
  run -100 ptyattach --from 1:2 web,web2
  assert_output --partial 'a place is that of one job'
  start_bg socat UNIX-LISTEN:plain.sock,fork EXEC:cat
  wait_until 5 test -S plain.sock
  run -111 ptyattach --from 1:2 ./plain.sock
  assert_output --partial 'begin at a place'
}

@test "--from all, line and now: where the stream begins" {
  job lines -t 2 -- sh -c 'seq 5; while read -r l; do echo "got $l"; done'
  wait_until 5 history_has lines 5
  run -0 ptyattach --from all --linger 0 lines </dev/null
  assert_line --index 0 --partial 1
  run -0 ptyattach --linger 0 lines </dev/null
  assert_line --index 0 --partial 4
  run -0 ptyattach --from now lines <<<new
  refute_output --partial 5
  assert_output --partial 'got new'
  run -100 ptyattach --from then lines
  assert_output --partial 'expected all, line, now or EPOCH:OFFSET'
}

# --- The old name

old() { "$T/ptybufferconnect" "$@"; }

@test "as ptybufferconnect: help and wrong use on stderr with status 1" {
  ln -s "$BUILD/bin/ptyattach" ptybufferconnect
  local arguments
  for arguments in -h --help '' -Z; do
    # shellcheck disable=SC2086
    run --separate-stderr -1 old $arguments
    assert_equal "$output" ''
    [[ $stderr == *usage:* ]]
  done
}

@test "as ptybufferconnect: whatever else goes wrong is status 255" {
  ln -s "$BUILD/bin/ptyattach" ptybufferconnect
  run --separate-stderr -255 old ./nothing.sock
  assert_equal "$output" ''
  [[ $stderr == 'ptybufferconnect: ./nothing.sock: No such file or directory'* ]]
  run -255 old nobody
  run -255 old -x xyz ./nothing.sock
  ptybufferd -qd dead.sock cat </dev/null 3>&- &
  wait_until 5 test -S dead.sock
  kill -9 $!
  wait_until 5 is_dead dead.sock
  run -255 old dead.sock
  assert_output --partial 'Connection refused: the job is dead'
}

@test "as ptybufferconnect: piped stdin is ignored, unless with -b" {
  ln -s "$BUILD/bin/ptyattach" ptybufferconnect
  echo_job web
  run -0 old -nqq run/web.sock
  assert_output --partial ready
  run -0 old -qq run/web.sock <<<ignored
  run -0 old -b run/web.sock <<<wanted
  assert_output --partial 'got wanted'
  refute_output --partial ignored
  run -0 old -e -x 1b1b1b1b1b -p text run/web.sock
  assert_output --partial 'got text'
}

# --- What runs

@test "without a name: what runs, with its state, in columns" {
  echo_job web
  job once -R -- sh -c 'exit 3'
  job dead -- cat
  kill_daemon dead
  start_bg socat UNIX-LISTEN:run/plain.sock,fork EXEC:cat
  wait_until 5 test -S run/plain.sock
  wait_until 5 sh -c 'ptyattach | grep -q "^once *waiting"'
  run -0 ptyattach
  assert_line --index 0 --regexp '^NAME +STATE +CHILD +VIEWERS +SINCE +COMMAND$'
  assert_line --regexp '^web +running +[0-9]+ +0 2[0-9-]+T[0-9:]+Z +sh$'
  assert_line --regexp '^once +waiting +0 '
  assert_line --regexp '^dead +dead +- +- +- '
  assert_line --regexp '^plain +plain +- '
}

@test "-j: a JSON object for each, of all or of those named" {
  echo_job web
  echo_job db
  run -0 ptyattach -j
  assert_equal "$(jq -r '"\(.name) \(.state) \(.viewers)"' <<<"$output")" $'db running 0\nweb running 0'
  run -0 ptyattach -j w
  assert_equal "$(jq -r .socket <<<"$output")" "$T/run/web.sock"
}

@test "nothing runs: status 1, and a word of it for people" {
  run -1 ptyattach
  assert_output 'ptyattach: nothing runs here'
  run -1 ptyattach -j
  assert_output ''
}

@test "a daemon that is stopped is silent in the list, and to attach to it ends with 99" {
  echo_job web
  kill -STOP "$(daemon_of web)"
  run -0 ptyattach
  assert_line --regexp '^web +silent '
  local began
  began=$(now_ms)
  run -99 ptyattach web </dev/null
  assert_output --partial 'ptyattach: web: no answer: Connection timed out: it hangs or is stopped'
  [ $(($(now_ms) - began)) -ge 9000 ]
}

@test "many daemons that are silent are waited for at the same time, and hide no others" {
  local i began
  for i in 1 2 3 4 5 6 7 8; do
    echo_job "a$i"
    kill -STOP "$(daemon_of "a$i")"
  done
  echo_job web
  began=$(now_ms)
  run -0 ptyattach
  [ $(($(now_ms) - began)) -lt $((6000 * LM_PATIENCE)) ]
  assert_equal "$(grep -c ' silent ' <<<"$output")" 8
  assert_line --regexp '^web +running '
}

@test "control bytes in names and commands are harmless in the list" {
  local odd=$'o\033[31md\nd'
  mkdir bin
  ln -s /bin/cat "$T/bin/c"$'\033\a'"t"
  ptybufferd -q "run/$odd.sock" "$T/bin/c"$'\033\a'"t" 3>&-
  run -0 ptyattach
  assert_line --partial 'o\x1b[31md\x0ad'
  assert_line --partial 'c\x1b\x07t'
  [[ $output != *$'\033'* ]]
  run -0 ptyattach -j
  assert_equal "$(jq -r .name <<<"$output")" "$odd"
}

@test "answers of any kind do not upset the list" {
  local n=0 answer
  for answer in '{"ok":true,"state":5,"child":"x","since":1e300,"command":[],"viewers":-1.5}' '[]' '7' \
    'nonsense' '{"error":7}' '{"error":{"message":{}}}' '{"ok":true,"since":"never"}'; do
    n=$((n + 1))
    printf '%s\n' "$answer" >"answer$n"
    start_bg socat "UNIX-LISTEN:run/j$n.ctl,fork" "SYSTEM:cat answer$n"
    start_bg socat "UNIX-LISTEN:run/j$n.sock,fork" EXEC:cat
    wait_until 5 test -S "run/j$n.ctl" -a -S "run/j$n.sock"
  done
  run -0 ptyattach
  assert_equal "${#lines[@]}" $((n + 1))
  run -0 ptyattach -j
  assert_equal "$(jq -s length <<<"$output")" "$n"
  for answer in 1 2 3 4 5 6 7; do
    run timeout 5 ptyattach --linger 0 "j$answer" </dev/null
    [ "$status" -eq 0 ] || [ "$status" -eq 111 ]
  done
}

# --- Names

@test "a job is called by its name, a unique beginning, a path, or a socket in the folder" {
  echo_job webserver
  echo_job web
  echo_job database
  ptybufferd -q here.sock sh -c 'echo this is here; cat' 3>&-
  ptybufferd -q "@lm-${T##*/}" sh -c 'echo this is abstract; cat' 3>&-
  local name text
  while read -r name text; do
    ptyattach -q "$name" <<<"as $name"
    wait_until 5 history_has "$text" "got as $name"
  done <<END
web web
webs webserver
d database
$T/run/web.sock web
run/web.sock web
data* database
END
  run -0 ptyattach here.sock </dev/null
  assert_output --partial 'this is here'
  run -0 ptyattach "@lm-${T##*/}" </dev/null
  assert_output --partial 'this is abstract'
}

@test "a name that is nobody's or could be several's is an error that says what there is" {
  echo_job weba
  echo_job webb
  run -111 ptyattach nobody
  assert_output "ptyattach: nobody: no such name in $T/run, $T/run/sock, $T/run/autostart: \"ptyattach\" lists what runs"
  run -100 ptyattach web
  assert_output 'ptyattach: web: could be weba or webb'
  run -111 ptyattach 'x*'
  assert_output --partial 'x*: nothing matches'
  run -100 ptyattach weba,,webb
  assert_output --partial 'an empty name in the list'
}

@test "a job of ptyautostart is found by its name" {
  mkdir -m 700 run/autostart
  ptybufferd -q run/autostart/night.sh.sock sh -c 'echo night; cat' 3>&-
  run -0 ptyattach night </dev/null
  assert_output --partial night
}

# --- Several

@test "several at once: whole lines, each with its name in front, until all have ended" {
  echo_job web
  echo_job database
  start_bg sh -c 'ptyattach web,data >out 2>err; echo $? >status'
  wait_until 5 sh -c '[ "$(grep -c ready out)" = 2 ]'
  ptyattach -q web <<<one
  wait_until 5 grep -q $'^web     : got one$' out
  ptyattach -q database <<<quit
  wait_until 5 file_has err 'ptyattach: database: has ended'
  ptyattach -q web <<<two
  wait_until 5 grep -q $'^web     : got two$' out
  grep -q '^database: ready$' out
  [ ! -e status ]
  ptyattach -q web <<<quit
  wait_until 5 file_has status 0
}

@test "several at once: globs and lists, each job once, and nothing is typed into them" {
  echo_job web1
  echo_job web2
  echo_job other
  start_bg sh -c 'echo typed | ptyattach "web*" web1 other,web2 >out 2>&1; echo $? >status'
  wait_until 5 sh -c '[ "$(grep -c ready out)" = 3 ]'
  [ "$(ctl_get web1 .viewers)" = 1 ]
  run -100 ptyattach -p text 'web*'
  assert_output --partial '--print: to one job at a time'
  local name
  for name in web1 web2 other; do ptyattach -q "$name" <<<quit; done
  wait_until 5 file_has status 0
  run cat out
  refute_output --partial typed
}

@test "several at once: one that cannot be had is named, the others are shown; ^C ends it" {
  echo_job web
  job dead -- cat
  kill_daemon dead
  on_pty a ptyattach web,dead
  shown a 'dead: '
  shown a 'Connection refused'
  shown a 'web : ready'
  typed a '\003'
  over a '130 same'
  run -111 ptyattach dead,dead.sock,
  kill_daemon web
  run -111 ptyattach web,dead
}

# --- Statuses

@test "wrong usage is 100, no connection 111, and the message says what to do next" {
  run -100 ptyattach --nonsense
  assert_output --partial 'usage: ptyattach'
  run -100 ptyattach -Z
  run -0 --separate-stderr ptyattach --help
  assert_line --partial 'usage: ptyattach'
  run -111 ptyattach ./nothing.sock
  assert_output 'ptyattach: ./nothing.sock: No such file or directory: "ptyattach" lists what runs'
  job dead -- cat
  kill_daemon dead
  run -111 ptyattach dead
  assert_output --partial 'the job is dead; ptybufferd -f takes its place'
  run -111 ptyattach "/$(printf 'x%.0s' {1..120})"
  assert_output --partial 'has at most 107 bytes'
  touch file
  run -111 ptyattach ./file
  assert_output --partial 'Connection refused'
}
