# ptybufferd: options, exit statuses, and the life of a job. Its control socket has its own file,
# and so have faults.
load helper

# all_of SOCKET: what a viewer gets from now to the end, with the terminal's CR LF made LF.
all_of() { timeout $((10 * LM_PATIENCE)) socat -u "$(unix_to "$1")" - | tr -d '\r'; }
job_is() { [ "$(ctl_get "$1" .state)" = "$2" ]; }  # SOCKET STATE
viewers_are() { [ "$(ctl_get "$1" .viewers)" -eq "$2" ]; }
took_input() { [ "$(ctl "$1" who | jq '[.viewers[].inputBytes] | add')" -eq "$2" ]; }
is_file() { [ -s "$1" ]; }
answers() { [ "$(ptybufferd -c "$1"; echo $?)" -eq 42 ]; }

# finished OPTIONS... SOCKET COMMAND...: a job that has ended and waits for one viewer (-w).
finished() {
  ptybufferd -q -w "$@" || return
  wait_until 5 job_is ./s over
}

# A command that puts what it is given into the file `got`, byte by byte; `ready` says it may come.
taker='stty raw -echo; echo ready; exec cat >got'
start_taker() {
  ptybufferd -q "$@" s sh -c "$taker"
  wait_until 5 job_is ./s running
  connect s ready
  expect ready ready
  hang_up ready
  wait_until 5 viewers_are ./s 0
}

# --- Usage

@test "help and version go to stdout, with status 0" {
  run --separate-stderr ptybufferd --help
  assert_success
  assert_line --index 0 --partial "usage: ptybufferd ["
  assert_equal "$stderr" ""
  run --separate-stderr ptybufferd -h
  assert_success
  assert_line --index 0 --partial "usage: ptybufferd ["
  run ptybufferd -V
  assert_success
  assert_output --partial "ptybufferd"
  run ptybufferd --version
  assert_success
}

@test "wrong use is 100, with the reason and the usage on stderr" {
  local wrong
  for wrong in "" "s" "-n 0 s true" "-n x s true" "-t -2 s true" "-S 24 s true" "-S 0x80 s true" \
    "-u 8 s true" "-u 1000 s true" "--auth some s true" "--frobnicate s true" "--foregr s true" \
    "-Z s true" "-c -r 127.0.0.1:1" "-c -" "-A /dev/null s true" "-s -o - s true" "--name a/b true" \
    "--name -x true" "-r --name x true" "--history-bytes 5 s true" "-l"; do
    # shellcheck disable=SC2086
    run --separate-stderr ptybufferd $wrong
    assert_equal "$wrong: $status" "$wrong: 100"
    [[ $stderr == "ptybufferd: "*"usage: ptybufferd"* ]] || fail "$wrong: $stderr"
    assert_output ""
  done
  run ptybufferd -y $'two\nlines' s true
  assert_failure 100
  assert_output --partial "one line"
  run ptybufferd -y "$(printf '%08193d' 0)" s true
  assert_failure 100
  assert_not_exist s
}

@test "each letter has a long name" {
  local pair
  # -c without a command starts nothing, and says 24 once all of the line was understood.
  for pair in "-a --about" "-d --foreground" "-e --echo-input" "-f --force" "-g --tolerate" \
    "-i --immediate" "-k --drop-unfinished" "-l=x --log=x" "-n=5 --lines=5" "-o=x --output=x" \
    "-p --stamp" "-q --quiet" "-s --stdio" "-t=5 --tail=5" "-u=077 --umask=077" "-w --wait" \
    "-y=x --info=x" "-R --restart" "-S=10x20 --size=10x20" "-v --verbose"; do
    local short=${pair% *} long=${pair#* }
    # shellcheck disable=SC2086
    run ptybufferd ${short/=/ } --check none
    assert_equal "$short: $status $output" "$short: 24 "
    run ptybufferd "$long" -c none
    assert_equal "$long: $status $output" "$long: 24 "
  done
  run ptybufferd -r 0.0.0.0:9 true
  assert_failure 111
  run ptybufferd --tcp 0.0.0.0:9 true
  assert_failure 111
  run ptybufferd -A /dev/null s
  assert_failure 111
  run ptybufferd --attach /dev/null s
  assert_failure 111
}

@test "options end at the socket: what follows the command is the command's" {
  finished s echo -n -c --help -- x
  assert_equal "$(all_of s)" "-c --help -- x"
}

# --- Life cycle

@test "the caller gets 0 once the command runs, and the job goes on without it" {
  run --separate-stderr ptybufferd -q s sleep 100
  assert_success
  assert_output ""
  assert_equal "$stderr" ""
  local child
  child=$(ctl_get ./s .child)
  assert_equal "$(tr '\0' ' ' <"/proc/$child/cmdline")" "sleep 100 "
  # In a session of its own, in no folder of anybody's, and with nothing of the caller's open.
  local pid
  pid=$(ctl_get ./s .pid)
  assert_equal "$(readlink "/proc/$pid/cwd")" /
  assert_equal "$(readlink "/proc/$pid/fd/0" "/proc/$pid/fd/1" "/proc/$pid/fd/2" | sort -u)" /dev/null
}

@test "a job that was started from a terminal outlives it" {
  run script -qec "ptybufferd -q s sh -c 'echo ready; exec cat'; echo code \$?" /dev/null
  assert_output --partial "code 0"
  # The terminal is gone by now, and its HUP was not for us.
  connect s
  expect c ready
  say c hello
  expect c hello
  assert_equal "$(ctl_get ./s .starts)" 1
}

@test "-d -s on a terminal: lines typed there reach the command" {
  run timeout 10 python3 -c '
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp("ptybufferd", ["ptybufferd", "-q", "-d", "-s", "s", "sh", "-c", "stty -echo; echo ready; read -r x; echo got $x"])
got = b""
try:
    while True:
        got += os.read(fd, 1000)
        if b"ready" in got and b"sent" not in got:
            os.write(fd, b"hello\n")
            got += b"sent"
except OSError:
    pass
print(got.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))'
  assert_success
  assert_output --partial "got hello"
}

@test "without -q the start is told on stderr" {
  run --separate-stderr ptybufferd s sleep 100
  assert_success
  assert_output ""
  [[ $stderr == *"ptybufferd: main: forked child $(ctl_get ./s .child)"* ]] || fail "$stderr"
}

@test "a command that cannot be executed is 111, with the reason on stderr, and leaves no socket" {
  printf 'x' >plain && mkdir folder
  local how what
  for how in "" "-d" "-R" "-w"; do
    for what in "/no/such/thing:No such file" "no-such-command:No such file" \
      "./plain:Permission denied" "./folder:Permission denied"; do
      # shellcheck disable=SC2086
      run --separate-stderr ptybufferd -q $how s "${what%:*}"
      assert_failure 111
      [[ $stderr == "ptybufferd: cannot run ${what%:*}: ${what#*:}"* ]] || fail "$how $what: $stderr"
      assert_not_exist s
      assert_not_exist s.ctl
    done
  done
}

@test "the command is searched for in the caller's PATH, and in the caller's folder" {
  mkdir bin
  printf '#!/bin/sh\necho found in $(pwd)\n' >bin/mine && chmod 755 bin/mine
  PATH=$T/bin:$PATH finished s mine
  assert_equal "$(all_of s)" "found in $T"
  ptybufferd -q -w t.sock ./bin/mine
  wait_until 5 job_is ./t.sock over
  assert_equal "$(all_of t.sock)" "found in $T"
}

@test "-d stays, and ends with the command's status" {
  run ptybufferd -qd s sh -c 'exit 7'
  assert_failure 7
  run ptybufferd -q --foreground s true
  assert_success
  run ptybufferd -qd s sh -c 'kill -9 $$'
  assert_failure 137
  run ptybufferd -qd s sh -c 'kill -TERM $$'
  assert_failure 143
  assert_not_exist s
}

@test "-d that is stopped ends with 0" {
  start_bg ptybufferd -qd s sleep 100
  wait_until 5 job_is ./s running
  kill -TERM "$BG"
  wait "$BG"
  assert_not_exist s
  assert_not_exist s.ctl
}

@test "-c is 42 where the socket answers, and starts nothing" {
  run ptybufferd -c s
  assert_failure 24
  assert_output ""
  ptybufferd -q -c s sleep 100
  local child
  child=$(ctl_get ./s .child)
  run ptybufferd -c s
  assert_failure 42
  assert_output ""
  run ptybufferd -q --check -f s sleep 200
  assert_failure 42
  assert_output ""
  assert_equal "$(ctl_get ./s .child)" "$child"
}

@test "-c starts its command when one that was told to stop is over" {
  ptybufferd -q s sh -c 'trap "" TERM HUP; echo old; exec sleep 100'
  connect s
  expect c old
  hang_up c
  ctl ./s stop
  run ptybufferd -c s
  assert_failure 42
  run ptybufferd -cq s sh -c 'echo new; exec sleep 100'
  assert_success
  connect s
  expect c new
  assert_equal "$(ctl_get ./s .state)" running
}

@test "-c of a socket that may not be asked is 111, not 24" {
  ptybufferd -q s sleep 100
  chmod 755 "$T"
  chmod 0 s s.ctl
  run ptybufferd -c s
  [ "$(id -u)" -ne 0 ] || run setpriv --reuid=65534 --regid=65534 --clear-groups "$BUILD/bin/ptybufferd" -c "$T/s"
  assert_failure 111
  assert_output --partial "s: Permission denied"
}

@test "-c leaves no trace in the activity log" {
  ptybufferd -q -l log s sleep 100
  run ptybufferd -c s
  assert_failure 42
  connect s
  wait_until 5 file_has log connect
  assert_equal "$(grep -c connect log)" 1
}

@test "-c is 24 where there is no socket, a dead one, or another kind of file" {
  echo keep >file
  python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("dead")'
  for name in none dead file missing/none; do
    run ptybufferd -c "$name"
    assert_equal "$name: $status $output" "$name: 24 "
  done
  assert_equal "$(cat file)" keep
}

@test "a dead socket is in the way until -f" {
  python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("s")'
  run ptybufferd -q s sleep 100
  assert_failure 111
  assert_output --partial "s: a dead socket is in the way: use --force"
  run ptybufferd -q -c s sleep 100
  assert_failure 111
  run ptybufferd -q -f s sleep 100
  assert_success
  answers s
}

@test "-f leaves a socket alone that answers, and its job" {
  ptybufferd -q s sleep 100
  local child
  child=$(ctl_get ./s .child)
  run ptybufferd -q -f s sleep 200
  assert_failure 111
  assert_output --partial "$T/s: is in use: a live job answers there"
  assert_equal "$(ctl_get ./s .child)" "$child"
}

@test "-f removes sockets only" {
  echo keep >file
  run ptybufferd -q -f file sleep 100
  assert_failure 111
  assert_output --partial "$T/file: is not a socket"
  assert_equal "$(cat file)" keep
  ln -s file link
  run ptybufferd -q --force link sleep 100
  assert_failure 111
  assert_equal "$(cat link)" keep
}

@test "the sockets are removed at the end: of the command, by TERM, INT and stop" {
  ptybufferd -q x.sock sh -c 'until [ -e go ]; do sleep 0.02; done'
  assert_exist x.sock
  assert_exist x.ctl
  touch go
  wait_until 5 absent x.sock
  wait_until 5 absent x.ctl
  local how pid
  for how in TERM INT stop; do
    ptybufferd -q x.sock sleep 100
    pid=$(ctl_get ./x.sock .pid)
    if [ "$how" = stop ]; then ctl ./x.sock stop; else kill "-$how" "$pid"; fi
    wait_until 5 pid_ended "$pid"
    assert_not_exist x.sock
    assert_not_exist x.ctl
  done
}

@test "a file that took the socket's name meanwhile stays" {
  ptybufferd -q s sleep 100
  local pid
  pid=$(ctl_get ./s .pid)
  rm s && echo mine >s
  ctl ./s stop
  wait_until 5 pid_ended "$pid"
  assert_equal "$(cat s)" mine
}

@test "HUP does not end the job" {
  ptybufferd -q s sleep 100
  kill -HUP "$(ctl_get ./s .pid)"
  answers s
  job_is ./s running
}

@test "viewers get all that is left when the command ends, and then the end" {
  ptybufferd -q s sh -c 'until [ -e go ]; do sleep 0.02; done; seq 1 20000; exit 3'
  start_bg sh -c 'exec socat -u "$1" - >got' sh "$(unix_to s)"
  local viewer=$BG
  wait_until 5 viewers_are ./s 1
  touch go
  wait_until 5 pid_ended "$viewer"
  assert_equal "$(tr -d '\r' <got | md5sum)" "$(seq 1 20000 | md5sum)"
  wait_until 5 absent s
}

@test "who has seen the end of a job may start the next one under its name" {
  local i
  for i in 1 2 3 4 5; do
    run sh -c 'ptybufferd -q -s s echo said </dev/null'
    assert_equal "$status $output" $'0 said\r'
  done
}

@test "a viewer that reads nothing at the end does not keep the name" {
  ptybufferd -q s sh -c 'until [ -e go ]; do sleep 0.02; done; seq 1 200000'
  start_bg sh -c 'exec socat -u "$1" - >got' sh "$(unix_to s)"
  local viewer=$BG
  wait_until 5 viewers_are ./s 1
  kill -STOP "$viewer"
  touch go
  wait_until 5 absent s
  wait_until 5 absent s.ctl
  ptybufferd -q s sleep 100
  kill -CONT "$viewer"
  wait_until 5 pid_ended "$viewer"
  tail -n 1 got | grep -q ^200000
}

@test "-w serves viewers after the end, until the last one has left" {
  ptybufferd -q -w s sh -c 'stty -echo; seq 1 5; exit 3'
  wait_until 5 job_is ./s over
  # -c says no more than that there is a socket.
  answers s
  local pid
  pid=$(ctl_get ./s .pid)
  run all_of s
  assert_output "$(seq 1 5)"
  wait_until 5 pid_ended "$pid"
  assert_not_exist s
}

@test "-d -w keeps the command's status for after the last viewer" {
  start_bg ptybufferd -q -d --wait s sh -c 'echo done; exit 9'
  wait_until 5 job_is ./s over
  run all_of s
  assert_output done
  local code=0
  wait "$BG" || code=$?
  assert_equal "$code" 9
}

@test "-R starts the command again, and viewers stay" {
  ptybufferd -q -R s sh -c 'echo run $$; [ -e second ] && exec sleep 100; touch second; exit 4'
  connect s
  expect c run
  local starts='[ "$(ctl_get ./s .starts)" -eq 2 ]'
  # The first wait is a second to 1.2.
  wait_until 5 eval "$starts"
  job_is ./s running
  expect c "run $(ctl_get ./s .child)"
  assert_equal "$(ctl_get ./s .lastEnd)" "exit status 4"
  assert_equal "$(received c | grep -ac '^run')" 2
}

@test "-R -d that is stopped between two starts ends at once" {
  start_bg ptybufferd -q -d --restart s false
  wait_until 5 job_is ./s waiting
  ctl ./s stop
  wait "$BG"
  assert_not_exist s
}

# --- Where it listens

@test "-r listens on loopback, without a control socket" {
  local port
  port=$(free_port)
  ptybufferd -q -r "127.0.0.1:$port" sh -c 'stty -echo; echo ready; read -r x; echo "got $x"'
  run sh -c 'echo hello | timeout 5 socat -t 5 - "tcp:127.0.0.1:$1"' sh "$port"
  assert_output --partial "got hello"
  assert_equal "$(find . -name '*.ctl')" ""
}

@test "-r has a control socket where --control says" {
  local port
  port=$(free_port)
  ptybufferd -q --tcp --control "$T/own.ctl" "127.0.0.1:$port" sleep 100
  assert_equal "$(ctl "$T/own.ctl" status | jq -r .name)" "127.0.0.1:$port"
}

@test "-r beyond loopback is refused without --auth none" {
  local port where
  port=$(free_port)
  for where in "0.0.0.0:$port" ":$port" "[::]:$port"; do
    run ptybufferd -q -r "$where" sleep 100
    assert_failure 111
    assert_output --partial "use 127.0.0.1 or, if that is meant, --auth none"
  done
  run ptybufferd -q -r --auth none --control "$T/c.ctl" ":$port" sleep 100
  assert_success
  connect_tcp() { timeout 1 socat -u /dev/null "tcp:127.0.0.1:$port"; }
  wait_until 5 connect_tcp
}

@test "-s: stdin and stdout are the first viewer" {
  run --separate-stderr sh -c \
    'echo hello | ptybufferd -q -s s sh -c "stty -echo; read -r x; echo got \$x" | tr -d "\r"'
  assert_line "got hello"
  assert_equal "$stderr" ""
}

@test "-s with files and /dev/null as stdin" {
  echo hello >in
  run sh -c 'ptybufferd -q --stdio s sh -c "stty -echo; read -r x; echo got \$x" <in | tr -d "\r"'
  assert_line "got hello"
  # At the end of its input a viewer still looks.
  run sh -c 'ptybufferd -q -s s sh -c "echo said; sleep 0.1; echo more" </dev/null | tr -d "\r"'
  assert_output $'said\nmore'
  ptybufferd -q -s s sh -c 'seq 1 3000' </dev/null >out
  assert_equal "$(tr -d '\r' <out)" "$(seq 1 3000)"
}

@test "-s -d: the status is the command's, and stdout has everything" {
  run sh -c 'ptybufferd -q -s -d s sh -c "echo said; exit 5" </dev/null'
  assert_failure 5
  assert_output --partial said
}

@test "-s: the job goes on when its first viewer ends" {
  start_bg sh -c 'exec ptybufferd -q -s s sleep 100 </dev/null >out'
  wait_until 5 job_is ./s running
  wait_until 5 viewers_are ./s 1
  kill -9 "$BG"
  wait_until 5 viewers_are ./s 0
  job_is ./s running
}

@test "- as the socket: stdin and stdout alone, no socket at all" {
  run sh -c 'echo hello | ptybufferd -q - sh -c "stty -echo; read -r x; echo got \$x; ls -A" | tr -d "\r"'
  assert_line "got hello"
  refute_output --partial ctl
  assert_equal "$(find . -type s)" ""
}

@test "@name is an abstract socket, with @name.ctl" {
  ptybufferd -q "@$T" sh -c 'stty -echo; echo ready; exec cat'
  run ptybufferd -c "@$T"
  assert_failure 42
  # socat adds no bytes to the name, and counts its length, as we do.
  run sh -c 'echo status | socat -t 5 - "ABSTRACT-CONNECT:$1.ctl"' sh "$T"
  assert_equal "$(jq -r .name <<<"$output")" "@$T"
  run sh -c 'echo hello | timeout 5 socat -t 0.3 - "ABSTRACT-CONNECT:$1"' sh "$T"
  assert_output --partial hello
  run ptybufferd -q -f "@$T" sleep 100
  assert_failure 111
  assert_equal "$(find . -type s)" ""
  echo stop | socat -t 5 - "ABSTRACT-CONNECT:$T.ctl"
  gone() { [ "$(ptybufferd -c "@$T"; echo $?)" -eq 24 ]; }
  wait_until 5 gone
}

@test "an abstract socket lets nobody else in, but for --auth none" {
  [ "$(id -u)" -eq 0 ] || skip "needs a second user"
  local nobody="setpriv --reuid nobody --regid nogroup --clear-groups"
  ptybufferd -q "@$T" echo secret
  ptybufferd -q -l log "@$T/a" sh -c 'echo secret; sleep 100'
  # shellcheck disable=SC2086
  run timeout 5 $nobody socat -u "ABSTRACT-CONNECT:$T/a" -
  refute_output --partial secret
  wait_until 5 file_has log "refused uid"
  # shellcheck disable=SC2086
  run sh -c 'echo status | timeout 5 $2 socat -t 5 - "ABSTRACT-CONNECT:$1.ctl"' sh "$T/a" "$nobody"
  refute_output --partial '"ok"'
  ptybufferd -q --auth none -w "@$T/b" echo open
  # shellcheck disable=SC2086
  run timeout 5 $nobody socat -u "ABSTRACT-CONNECT:$T/b" -
  assert_output --partial open
}

@test "--name is a socket in the runtime folder, which is made" {
  rmdir "$T/run"
  ptybufferd -q --name web sleep 100
  assert_equal "$(stat -c %a "$T/run")" 700
  assert_exist "$T/run/web.sock"
  assert_equal "$(ctl web.sock status | jq -r .name)" "$T/run/web.sock"
  run ptybufferd -c --name web
  assert_failure 42
}

@test "--control names the control socket" {
  ptybufferd -q --control here s sleep 100
  assert_not_exist s.ctl
  run sh -c 'echo status | socat -t 5 - unix:here'
  assert_equal "$(jq -r .name <<<"$output")" "$T/s"
}

# --- History

@test "-n counts lines, and the marker the bytes before them" {
  finished -n 5 s seq -w 1 20
  run all_of s
  # 15 lines of 2 digits, CR and LF.
  assert_output $'\n[[60 bytes skipped]]\n16\n17\n18\n19\n20'
}

@test "-n with fewer lines, and -n 1" {
  finished --lines 20 s seq -w 1 20
  assert_equal "$(all_of s)" "$(seq -w 1 20)"
  wait_until 5 absent s
  finished -n 1 s seq -w 1 20
  assert_equal "$(all_of s)" $'\n[[76 bytes skipped]]\n20'
}

@test "an unfinished last line counts as one" {
  finished -n 2 s printf 'a\nb\nc\nd'
  assert_equal "$(all_of s)" $'\n[[6 bytes skipped]]\nc\nd'
}

@test "-t shows so many lines at first, and then all that comes" {
  ptybufferd -q -n 20 -t 3 s sh -c 'stty -echo -onlcr; seq -w 1 20; read -r x; seq 1 5000'
  wait_until 5 eval '[ "$(ctl_get ./s .lines)" -eq 20 ]'
  connect s
  expect c 20
  say c go
  { printf '\n[[51 bytes skipped]]\n18\n19\n20\n'; seq 1 5000; } >all
  wait_until 5 size_at_least .c.got "$(stat -c %s all)"
  wait_until 5 absent s
  received c | cmp - all
}

@test "-t 0 shows nothing of the past, and -t -1 all that is kept" {
  ptybufferd -q -t 0 s sh -c 'stty -echo; seq -w 1 20; read -r x; echo new'
  wait_until 5 eval '[ "$(ctl_get ./s .lines)" -eq 20 ]'
  connect s
  expect c skipped
  say c go
  expect c new
  assert_equal "$(received c | tr -d '\r')" $'\n[[80 bytes skipped]]\nnew'
  wait_until 5 absent s
  wait_until 5 absent s.ctl
  finished -n 2 --tail -1 s seq 1 4
  assert_equal "$(all_of s)" $'\n[[6 bytes skipped]]\n3\n4'
}

@test "--history-bytes bounds what is kept; the marker and the rest make all" {
  finished -n 1000000 --history-bytes 16384 s seq -w 1 20000
  timeout 5 socat -u "$(unix_to s)" - >got
  local skipped rest
  skipped=$(sed -n 's/^\[\[\([0-9]*\) bytes skipped\]\]$/\1/p' got)
  rest=$(sed 1,2d got | wc -c)
  assert_equal "$((skipped + rest))" $((20000 * 7))
  [ "$rest" -le 16384 ] && [ "$rest" -gt 8192 ]
  # From a line start, and whole to the end.
  assert_equal "$(sed 1,2d got | tr -d '\r')" "$(seq -w 1 20000 | tail -n "$((rest / 7))")"
}

@test "-a begins with the about block, its keys in ptybuffer's order" {
  ptybufferd -q --about -n 3 -y "my info" s sh -c 'seq 1 5; until [ -e go ]; do sleep 0.02; done'
  wait_until 5 eval '[ "$(ctl_get ./s .lines)" -eq 5 ]'
  connect s
  expect c $'\n5'
  local now
  now=$(ctl ./s status)
  run readlink "/proc/$(jq .pid <<<"$now")/fd/$(sed -n s/SOCKFD=//p .c.got | tr -d '\r')"
  assert_output --partial socket:
  touch go
  wait_until 5 absent s
  run received c
  assert_output "INFO=my info
PPID=$$
PID=$(jq .pid <<<"$now")
PTY=$(jq -r .tty <<<"$now")
CHILD=$(jq .child <<<"$now")
BYTES=15
BLOCKS=5
STARTBLOCK=2
HISTORYBLOCKS=3
HISTORYMAX=3
SKIPBYTES=6
SKIPBLOCKS=2
SOCKETS=3
$(grep SOCKFD= .c.got)
SOCKNAME=(unix:$T/s)
.

[[6 bytes skipped]]
"$'3\r\n4\r\n5\r'
}

@test "about block, marker, history and live output come in this order" {
  ptybufferd -q -a -n 100 s sh -c 'seq -w 1 3000; until [ -e go ]; do sleep 0.02; done; seq -w 3001 6000'
  wait_until 5 eval '[ "$(ctl_get ./s .lines)" -eq 3000 ]'
  start_bg sh -c 'exec socat -u "$1" - >got' sh "$(unix_to s)"
  local viewer=$BG
  wait_until 5 file_has got 3000
  touch go
  wait_until 5 pid_ended "$viewer"
  assert_equal "$(tr -d '\r' <got | sed '1,/^\.$/d' | md5sum)" \
    "$({ printf '\n[[17400 bytes skipped]]\n'; seq -w 1 6000 | tail -n 3100; } | md5sum)"
}

# --- Input

@test "-e shows input in the output, and in the history" {
  ptybufferd -q -e s sh -c 'stty -echo; echo ready; read -r x; until [ -e go ]; do sleep 0.02; done'
  connect s
  expect c ready
  say c hello
  expect c $'\n[sent: hello]\n'
  connect s second
  expect second $'\n[sent: hello]\n'
  touch go
}

@test "a line is invisible until its end has come, and then it is whole" {
  start_taker
  connect s one
  connect s two
  say -n one "abc"
  wait_until 5 took_input ./s 3
  say two xyz
  wait_until 5 file_has got xyz
  say one def
  wait_until 5 file_has got abcdef
  assert_equal "$(cat got)" $'xyz\nabcdef'
}

@test "-i passes keys on as they come, without a limit" {
  start_taker -i
  connect s
  say -n c "abc"
  wait_until 5 file_has got abc
  head -c 30000 /dev/zero | tr '\0' x >.c.in
  wait_until 5 size_at_least got 30003
  run ! grep -aq dropped .c.got
}

@test "an over-long line is dropped, its viewer is told, and the next one goes on" {
  start_taker -l log
  connect s
  connect s other
  local long
  long=$(printf '%010239d' 7)
  say c "$long"
  wait_until 5 size_at_least got 10240
  say c "${long}8"
  expect c "[[10241 bytes of input dropped: a line has at most 10240 bytes without --immediate]]"
  say c after
  wait_until 5 file_has got after
  assert_equal "$(md5sum <got)" "$(printf '%s\nafter\n' "$long" | md5sum)"
  wait_until 5 file_has log "discarding overlong line of 10241 bytes (option -i missing?)"
  assert_equal "$(received other | tr -d '\r')" ready
}

@test "an unfinished line is given to the command when its viewer leaves" {
  start_taker
  connect s
  say -n c "unfinished"
  wait_until 5 took_input ./s 10
  hang_up c
  wait_until 5 file_has got unfinished
  assert_equal "$(cat got)" unfinished
  # Also when only its sending side is closed.
  printf half | socat -t 0.1 - unix:s >out
  wait_until 5 file_has got unfinishedhalf
}

@test "-k drops it" {
  start_taker -k
  connect s
  say -n c "unfinished"
  wait_until 5 took_input ./s 10
  hang_up c
  wait_until 5 viewers_are ./s 0
  connect s second
  say second line
  wait_until 5 file_has got line
  assert_equal "$(cat got)" line
}

@test "lines of two viewers never mix" {
  start_taker
  python3 - <<'END'
import socket
a, b = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
a.connect("s")
b.connect("s")
left, right = b"A" * 99 + b"\n", b"B" * 70 + b"\n"
left, right = left * 300, right * 300
for i in range(0, len(left), 37):  # in pieces that end anywhere
    a.sendall(left[i:i + 37])
    b.sendall(right[i:i + 37])
a.close()
b.close()
END
  wait_until 10 size_at_least got $((300 * 171))
  assert_equal "$(sort got | uniq -c | sed 's/^ *//')" "$(printf '300 %s\n300 %s' \
    "$(printf '%099d' 0 | tr 0 A)" "$(printf '%070d' 0 | tr 0 B)")"
}

@test "any byte goes both ways as it is" {
  ptybufferd -q -i s sh -c 'stty raw -echo; echo ready; head -c 256 >got; cat got; sleep 0.1'
  connect s
  expect c ready
  python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(256)))' >all
  cat all >.c.in
  wait_until 5 size_at_least .c.got $((6 + 256))
  cmp all got
  tail -c 256 .c.got | cmp - all
}

# --- Files

@test "-o appends all output to a file, beginning where it ended" {
  printf 'before\n' >out
  ptybufferd -q -d --output out s sh -c 'seq 1 3; printf unfinished'
  assert_equal "$(cat out)" $'before\n1\r\n2\r\n3\r\nunfinished'
}

@test "-o - writes to stdout" {
  run --separate-stderr sh -c 'ptybufferd -q -d -o - s seq 1 3 | tr -d "\r"'
  assert_output $'1\n2\n3'
  run sh -c 'ptybufferd -q -o - s seq 4 6 | tr -d "\r"'
  assert_output $'4\n5\n6'
}

@test "-p begins each line of the output file with the time in GMT, and once" {
  local stamp='[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}'
  TZ=Pacific/Auckland ptybufferd -q -d -p -o out s sh -c 'echo one; printf par; sleep 0.1; echo tial'
  grep -qE "^$stamp one"$'\r$' out
  grep -qE "^$stamp partial"$'\r$' out
  assert_equal "$(wc -l <out)" 2
  [ $(($(date +%s) - $(date -u -d "$(head -c 19 out)" +%s))) -le 60 ]
  # Viewers see none of it.
  finished --stamp -o out2 s echo plain
  assert_equal "$(all_of s)" plain
}

@test "-l is the activity log: time in GMT, process, message" {
  ptybufferd -q -l log s sh -c 'echo ready; read -r x; exit 3'
  local pid child stamp='[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}'
  pid=$(ctl_get ./s .pid) child=$(ctl_get ./s .child)
  connect s
  expect c ready
  say c go
  wait_until 5 absent s
  wait_until 5 file_has log "close 1"
  grep -qE "^$stamp $pid: main: forked child $child\$" log
  grep -qE "^$stamp $pid: connect 1: 1 viewers, " log
  grep -qE "^$stamp $pid: main: child $child: exit status 3" log
  grep -qE "^$stamp $pid: close 1: 0 viewers, 3 bytes received, 0 lines discarded\$" log
  assert_equal "$(grep -vcE "^$stamp $pid: " log)" 0
}

@test "-l -: the log goes to stderr, and the command's stderr with it" {
  run --separate-stderr ptybufferd -d --log - -o out s sh -c 'echo on the terminal; echo aside >&2'
  assert_success
  [[ $stderr == *"main: forked child"* ]] || fail "$stderr"
  [[ $stderr == *$'aside\n'* ]] || fail "$stderr"
  assert_equal "$(cat out)" $'on the terminal\r'
}

@test "what viewers type is never in the activity log" {
  ptybufferd -v -l log -o out s sh -c 'stty -echo; echo ready; read -r x; read -r y; sleep 0.05'
  connect s
  expect c ready
  say c "pass-word-one"
  say -n c "$(printf '%020000d' 0)pass-word-two"
  say c ""
  say c "pass-word-three"
  wait_until 5 absent s
  wait_until 5 file_has log "close 1"
  run ! grep -aq pass-word log out
}

@test "a log that cannot be opened is 111 and starts nothing, but for -g" {
  local option
  for option in -l -o; do
    run --separate-stderr ptybufferd -q "$option" missing/file s touch started
    assert_failure 111
    [[ $stderr == *"cannot open the log: $T/missing/file: No such file or directory"* ]] || fail "$stderr"
    assert_not_exist started
    assert_not_exist s
    ptybufferd -q -d -g "$option" missing/file s touch started
    assert_exist started
    rm started
  done
  ptybufferd -q -d --tolerate -o missing/file s touch started
  assert_exist started
}

@test "-u is for sockets and files, and the command keeps the caller's umask" {
  umask 027
  ptybufferd -q -u 077 -o out -l log x.sock sh -c 'umask; touch made; sleep 100'
  wait_until 5 file_has out 0027
  assert_equal "$(stat -c '%a %n' x.sock x.ctl out log made | tr '\n' ' ')" \
    "700 x.sock 700 x.ctl 600 out 600 log 640 made "
  ptybufferd -q --umask 0 -o out2 y.sock sleep 100
  assert_equal "$(stat -c %a y.sock y.ctl out2 | tr '\n' ' ')" "777 777 666 "
  ptybufferd -q z.sock sleep 100
  assert_equal "$(stat -c %a z.sock)" 750
}

@test "--rotate-bytes begins a new file, --rotate-files says how many old ones stay" {
  ptybufferd -q -o out --rotate-bytes 20000 --rotate-files 2 s sh -c 'seq -w 1 20000; sleep 100'
  wait_until 5 eval '[ "$(ctl_get ./s .output.written)" -eq 140000 ]'
  rotated() { [ -s out.1.zst ] && [ -s out.2.zst ] && [ "$(find . -name 'out*' | wc -l)" -eq 3 ]; }
  wait_until 5 rotated
  assert_exist out
  assert_not_exist out.3.zst
  # What is there is the end of it all, without a hole.
  { for f in out.2.zst out.1.zst; do zstd -dcq "$f"; done; cat out; } | tr -d '\r' >all
  assert_equal "$(md5sum <all)" "$(seq -w 1 20000 | tail -n "$(wc -l <all)" | md5sum)"
}

# --- What the command finds

@test "the command finds its terminal, TERM, size, folder and the PTYBUFFER_ variables" {
  mkdir folder && cd folder
  # shellcheck disable=SC2016
  run sh -c 'echo $$; ptybufferd -q -w -y "some info" ../s sh -c "
    tty; stty size; pwd; echo \$TERM
    echo \$PTYBUFFER_INFO; echo \$PTYBUFFER_PPID \$PTYBUFFER_PID \$PTYBUFFER_PTY
    [ \$PTYBUFFER_CHILD = \$\$ ] && echo child is right; ps -o sid=,tpgid= -p \$\$ | xargs"'
  assert_success
  local caller=$output now
  cd ..
  wait_until 5 job_is ./s over
  now=$(ctl ./s status)
  run all_of s
  assert_line --index 0 --regexp '^/dev/pts/[0-9]+$'
  local tty=${lines[0]} child
  child=${lines[7]%% *}
  assert_output "$tty
24 80
$T/folder
xterm-256color
some info
$caller $(jq .pid <<<"$now") $tty
child is right
$child $child"
}

@test "--term is TERM, -S the size; COLUMNS and LINES are not inherited" {
  COLUMNS=1 LINES=2 NOTIFY_SOCKET=x finished -S 30x100 --term vt220 s \
    sh -c 'stty size; echo "$TERM $COLUMNS $LINES $NOTIFY_SOCKET."'
  assert_equal "$(all_of s)" $'30 100\nvt220   .'
  wait_until 5 absent s
  finished --size 5x7 s stty size
  assert_equal "$(all_of s)" "5 7"
}

@test "the command inherits neither descriptors nor ignored signals" {
  # bats has 3 and 4 open, and 9 stands for a pipe of the caller's.
  run sh -c 'trap "" INT QUIT PIPE CHLD; exec 9</dev/null; exec ptybufferd -q -w s sh -c "
    for fd in 0 1 2 3 4 5 6 7 8 9; do [ ! -e /proc/\$\$/fd/\$fd ] || printf \"\$fd \"; done; echo
    grep SigIgn /proc/\$\$/status; ulimit -n"'
  assert_success
  wait_until 5 job_is ./s over
  run all_of s
  assert_line --index 0 "0 1 2 "
  # 32 and 33 are the C library's own: make starts programs with those ignored.
  assert_line --index 1 --regexp 'SigIgn:[[:space:]]*0000000[01][08]0000000'
  assert_line --index 2 "$(ulimit -n)"
}

@test "a command on its terminal gets signals from keys" {
  ptybufferd -q -i -w s sh -c 'trap "echo interrupted; exit 0" INT; echo ready; while :; do sleep 0.05; done'
  connect s
  expect c ready
  say -n c $'\003'
  expect c interrupted
}

# --- An existing terminal

# far_end: a serial line whose near end is the file `dev`, and its far end here: `far.in` takes what
# comes out of it, and `far.got` has what was sent to it.
far_end() {
  [ -p far.in ] || mkfifo far.in
  start_bg sh -c 'exec socat "PTY,link=$1/dev,raw,echo=0" - <>far.in >>far.got 2>far.err' sh "$T"
  FAR=$BG
  wait_until 5 test -e dev
}

@test "-A serves a terminal that is there already, also after it went away and came back" {
  far_end
  ptybufferd -q -l log -A dev s
  job_is ./s running
  assert_equal "$(ctl_get ./s .device)" "$T/dev"
  connect s
  echo "from afar" >far.in
  expect c "from afar"
  say c "to afar"
  wait_until 5 file_has far.got "to afar"
  kill "$FAR"
  wait_until 5 job_is ./s waiting
  wait_until 5 file_has log "$T/dev: went away"
  say c "lost"
  expect c "[[input dropped: nothing runs to read it]]"
  far_end
  # It looks again after a second to 1.2, and longer each time.
  wait_until 10 job_is ./s running
  echo "here again" >far.in
  expect c "here again"
  say c "and there"
  wait_until 5 file_has far.got "and there"
  run ! grep -aq lost far.got
}

@test "-A is raw both ways: no echo, no newlines made into two" {
  far_end
  ptybufferd -q -i --attach dev s
  connect s
  printf 'a\nb\r\003\004' >far.in
  expect c $'b\r\003\004'
  assert_equal "$(received c | md5sum)" "$(printf 'a\nb\r\003\004' | md5sum)"
  say -n c $'x\r\ny\003\004z'
  wait_until 5 file_has far.got z
  assert_equal "$(md5sum <far.got)" "$(printf 'x\r\ny\003\004z' | md5sum)"
}

@test "-A is 111 for a device that is not there, or is no terminal" {
  run ptybufferd -q -A none s
  assert_failure 111
  assert_output --partial "$T/none: No such file or directory"
  echo keep >file
  run ptybufferd -q -A file s
  assert_failure 111
  assert_output --partial "$T/file: is not a terminal"
  assert_equal "$(cat file)" keep
  assert_not_exist s
}

# --- The old name

@test "called as ptybuffer: help on stderr with 1, and the old statuses" {
  ln -s "$BUILD/bin/ptybufferd" ptybuffer
  run --separate-stderr ./ptybuffer -h
  assert_failure 1
  assert_output ""
  [[ $stderr == "usage: ptybuffer"* ]] || fail "$stderr"
  run --separate-stderr ./ptybuffer
  assert_failure 1
  [[ $stderr == "ptybuffer: "*usage* ]] || fail "$stderr"
  run --separate-stderr ./ptybuffer --frobnicate
  assert_failure 1
  run ./ptybuffer -c s
  assert_failure 24
  ./ptybuffer -qcf s sleep 100
  run ./ptybuffer -c s
  assert_failure 42
  run --separate-stderr ./ptybuffer -q s sleep 100
  assert_failure 255
  assert_equal "$stderr" $'bind: Address already in use\nerror: unexpected error'
  run ./ptybuffer -qd t sh -c 'exit 7'
  assert_failure 7
  run ./ptybuffer -q t /no/such/thing
  assert_failure 111
}
