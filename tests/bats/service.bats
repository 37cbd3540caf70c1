# What a service manager gives and wants: sockets passed on, READY and STOPPING, HUP and TERM.
load helper

notify_socket() { # what comes there goes to $T/notices
  start_bg socat -u "UNIX-RECV:$T/notify" "CREATE:$T/notices"
  wait_until 5 test -S "$T/notify"
}

@test "READY is said once the command runs, STOPPING at the end" {
  notify_socket
  start_bg env NOTIFY_SOCKET="$T/notify" ptybufferd -dq "$T/job.sock" sleep 60
  wait_until 5 file_has "$T/notices" READY=1
  kill -TERM "$BG"
  wait_until 5 file_has "$T/notices" STOPPING=1
  wait "$BG"
}

@test "READY is not said where the command cannot be run" {
  notify_socket
  run -111 env NOTIFY_SOCKET="$T/notify" ptybufferd -dq "$T/job.sock" /no/such/command
  run -0 env NOTIFY_SOCKET="$T/notify" ptybufferd -dq "$T/job.sock" true
  wait_until 5 file_has "$T/notices" STOPPING=1
  run -0 grep -o 'READY=1' "$T/notices"
  [ "${#lines[@]}" -eq 1 ]
}

@test "the command does not get the manager's socket" {
  notify_socket
  start_bg env NOTIFY_SOCKET="$T/notify" ptybufferd -dq -o "$T/out" "$T/job.sock" \
    sh -c 'echo "[$NOTIFY_SOCKET][$LISTEN_FDS]"; sleep 60'
  wait_until 5 file_has "$T/out" '[][]'
}

@test "a socket passed by systemd is served, and left where it is" {
  start_bg systemd-socket-activate -l "$T/job.sock" -l "$T/job.ctl" \
    -E "PATH=$PATH" -E "ASAN_OPTIONS=$ASAN_OPTIONS" -E "UBSAN_OPTIONS=$UBSAN_OPTIONS" \
    "$BUILD/bin/ptybufferd" -dq "$T/job.sock" sh -c 'echo ready; exec cat'
  wait_until 5 test -S "$T/job.ctl"
  first_words() { timeout 3 socat -t 1 - "unix:$T/job.sock" </dev/null | grep -q ready; }
  wait_until 5 first_words
  run -0 sh -c "echo status | timeout 3 socat - unix:$T/job.ctl"
  assert_output --partial '"running":true'
  kill -TERM "$BG"
  wait_until 5 pid_gone "$BG"
  assert [ -S "$T/job.sock" ]
}

@test "HUP opens the logs again, and the job goes on" {
  start_bg ptybufferd -dq -o "$T/out" -l "$T/log" "$T/job.sock" sh -c 'while echo tick; do sleep 0.05; done'
  wait_until 5 file_has "$T/out" tick
  mv "$T/out" "$T/out.old"
  kill -HUP "$BG"
  wait_until 5 file_has "$T/out" tick
  kill -0 "$BG"
}

@test "TERM ends the whole tree, removes the sockets, and is a clean end" {
  # So many seconds as nobody else sleeps.
  start_bg ptybufferd -dq "$T/job.sock" sh -c "setsid sleep 321.$$ & sleep 322.$$"
  wait_until 5 test -S "$T/job.ctl"
  wait_until 5 pgrep -f "sleep 321.$$"
  kill -TERM "$BG"
  wait "$BG"
  assert [ ! -e "$T/job.sock" ]
  assert [ ! -e "$T/job.ctl" ]
  run -1 pgrep -f "sleep 32[12].$$"
}
