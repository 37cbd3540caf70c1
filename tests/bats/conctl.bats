# conctl against a consoled with real commands, on its sockets, as congo over TCP, and on a terminal.
load helper

start() {
  start_bg consoled "$@" 2>>"$T/consoled.err"
  CONSOLED=$BG
  wait_until 10 ctl consoled.sock status
}
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
# cat_console NAME [WORDS...]
cat_console() {
  local name=$1
  shift
  conctl create "$name" driver=cmd --param cmd=cat "$@" >/dev/null
  wait_until 10 is_up "$name"
}
is_up() { conctl list "$1" | grep -q 'state: connected)'; }

@test "consoles are created, listed, shown, edited and deleted in congo's words" {
  start
  run conctl list
  assert_output "Could not find any record."
  run conctl create n1 driver=cmd --params cmd=cat --label rack=3
  assert_success
  assert_output Created
  wait_until 5 is_up n1
  run conctl list
  assert_output "n1 (host: $(hostname), state: connected)"
  run conctl show n1
  assert_line --index 0 '{'
  assert_line '			"cmd": "cat"'
  run conctl edit n1 --param "cmd=sh -c 'cat,; x=1'" --label rack=
  assert_output Updated
  run conctl show -j n1
  assert_equal "$(jq -c .StorageNode <<<"$output")" \
    '{"name":"n1","driver":"cmd","params":{"cmd":"sh -c '"'cat,; x=1'"'"},"ondemand":false,"Labels":null}'
  run conctl delete n1
  assert_output Deleted
}

@test "what is refused is status 1, with the server's reason; wrong use is 100" {
  start
  cat_console n1
  run conctl create n1 driver=cmd --params cmd=cat
  assert_failure 1
  assert_output --partial '409 conflict: The node name n1 is already exist'
  run conctl create n2 driver=ssh --params host=h
  assert_failure 1
  assert_output --partial 'n2: Please specify the parameter user'
  run conctl show n3
  assert_failure 1
  assert_output --partial 'The node n3 is not exist.'
  run conctl frobnicate
  assert_failure 100
  run conctl create
  assert_failure 100
  run conctl create n4 drivr=cmd
  assert_failure 100
  assert_output --partial 'drivr=: expected driver= or ondemand='
}

@test "without a consoled it says where it looked and what to do: 111" {
  run conctl list
  assert_failure 111
  assert_output --partial "no consoled at $LINEMAN_RUNTIME/consoled.sock"
  assert_output --partial 'lineman up'
}

@test "several at once: a glob, a list, a label, a beginning" {
  start
  cat_console web1 --label rack=1
  cat_console web2 --label rack=2
  cat_console db --label rack=2
  assert_equal "$(conctl list 'web*' -j | jq -r .name | tr '\n' ' ')" 'web1 web2 '
  assert_equal "$(conctl list rack=2 -j | jq -r .name | sort | tr '\n' ' ')" 'db web2 '
  assert_equal "$(conctl list db,web1 -j | jq -r .name | tr '\n' ' ')" 'db web1 '
  assert_equal "$(conctl list d -j | jq -r .name)" db
  run conctl list web
  assert_failure
  run conctl logging 'web*' off
  assert_output $'web1: Updated\nweb2: Updated'
  wait_until 5 sh -c 'conctl status web1 | grep -q idle'
  run conctl delete 'web*'
  assert_output $'web1: Deleted\nweb2: Deleted'
}

@test "console: stdin is data, and what the console says comes back" {
  start
  cat_console n1
  run timeout 10 conctl console n1 <<<'hello there'
  assert_success
  assert_output --partial 'hello there'
}

@test "console: on a terminal keys go there, ^Ec commands do not, and the terminal is as it was" {
  start
  cat_console n1
  local tm=(tmux -L "lm$$" -f /dev/null)
  "${tm[@]}" new-session -d -x 80 -y 24 sh 3>&-
  "${tm[@]}" send-keys "PS1='> '; PATH=$PATH LINEMAN_RUNTIME=$LINEMAN_RUNTIME conctl console n1; stty -a | grep -c ' echo '" Enter
  wait_until 10 sh -c "tmux -L lm$$ capture-pane -p | grep -q 'for help'"
  "${tm[@]}" send-keys 'typed here' Enter
  wait_until 10 sh -c "tmux -L lm$$ capture-pane -p | grep -c 'typed here' | grep -qx 2"
  "${tm[@]}" send-keys C-e c w
  wait_until 10 sh -c "tmux -L lm$$ capture-pane -p | grep -q 'User: uid'"
  "${tm[@]}" send-keys C-e c .
  wait_until 10 sh -c "tmux -L lm$$ capture-pane -p | grep -q '\[Disconnected\]'"
  wait_until 10 sh -c "tmux -L lm$$ capture-pane -p | grep -qx 1"
  "${tm[@]}" kill-server
}

@test "console: goes on at the byte where it was when consoled comes back" {
  start
  conctl create n1 driver=cmd --param "cmd=sh -c 'i=0; while sleep 0.05; do i=\$((i+1)); echo line \$i; done'" --param persist=true
  wait_until 10 is_up n1
  (exec sleep 60) 3>&- | conctl console n1 >got 2>/dev/null 3>&- &
  local client=$!
  wait_until 10 grep -q 'line 5' got
  kill -9 "$CONSOLED"
  wait_until 5 pid_ended "$CONSOLED"
  start
  local seen
  seen=$(grep -c . got)
  wait_until 20 sh -c "[ \$(grep -c . got) -gt $((seen + 20)) ]"
  kill "$client" 2>/dev/null
  run sh -c "tr -d '\r' <got | grep '^line ' | awk '{ print \$2 }' | awk 'NR > 1 && \$1 != last + 1 { print last, \$1 } { last = \$1 }'"
  assert_output ""
  ctl consoled.sock '{"cmd":"delete","console":"n1"}'
}

@test "console: several get what is typed, and are shown with their names" {
  start
  cat_console one
  cat_console two
  run timeout 10 conctl console one,two <<<'to both'
  assert_success
  assert_line --partial 'one: to both'
  assert_line --partial 'two: to both'
}

@test "send, who, kick, break, status and events" {
  start
  cat_console n1
  start_bg sh -c 'exec conctl events n1 >events'
  wait_until 5 sh -c 'ctl() { echo "$1" | socat -t 5 - "unix:$LINEMAN_RUNTIME/consoled.ctl"; }; [ -e events ]'
  start_bg sh -c 'sleep 60 | conctl console n1 >got 2>&1'
  wait_until 10 sh -c 'conctl who n1 | grep -q n1'
  run conctl send n1 'sent words'
  assert_output 'n1: sent'
  wait_until 5 grep -q 'sent words' got
  run conctl kick n1 "$(conctl who n1 -j | jq -r .viewer)"
  assert_success
  wait_until 5 grep -q '"event":"detach"' events
  run conctl break n1 1
  assert_output 'n1: break sent'
  wait_until 5 grep -q '~B' "$LINEMAN_STATE/consoled/n1.log"
  assert_equal "$(conctl status -j n1 | jq -r .state)" connected
}

@test "break and reconnect say when it cannot be done" {
  start
  start_bg socat unix-listen:guest.sock,fork 'exec:cat'
  wait_until 5 test -S guest.sock
  conctl create n1 driver=unix --param "socket=$T/guest.sock"
  wait_until 5 is_up n1
  run conctl break n1
  assert_failure 1
  assert_output --partial 'n1: '
  conctl logging n1 off
  run conctl reconnect n1
  assert_failure 1
  assert_output --partial 'conctl logging n1 on'
}

@test "batch: a line of result for each command, status 1 where one failed" {
  start
  run conctl batch <<'EOF'
{"cmd":"create","node":{"name":"b1","driver":"cmd","params":{"cmd":"cat"}}}
{"cmd":"create","node":{"name":"b2","driver":"nothing"}}
{"cmd":"create","node":{"name":"b3","driver":"cmd","params":{"cmd":"cat"}}}
EOF
  assert_failure 1
  assert_equal "${#lines[@]}" 3
  assert_line --index 0 '{"ok":true}'
  assert_line --index 1 --partial 'Driver not exist'
  assert_line --index 2 '{"ok":true}'
}

@test "export and import go both ways, secrets included" {
  start
  conctl create s1 driver=ssh ondemand=true --params host=127.0.0.1,user=me,password=geheim --label a=b
  cat_console n1
  conctl export >nodes.json
  assert_equal "$(jq -r .s1.params.password nodes.json)" geheim
  run conctl show s1
  refute_output --partial geheim
  conctl delete 's1,n1'
  run conctl import nodes.json
  assert_success
  assert_line 's1: Created'
  conctl export >again.json
  run diff nodes.json again.json
  assert_success
}

@test "as congo it speaks REST over TCP, and every failure is status 1" {
  cat >server.conf <<EOF
global:
  host: 127.0.0.1
api:
  port: $(free_port)
console:
  port: $(free_port)
  datadir: $T/data
EOF
  mkdir data
  start -c server.conf
  ln -s "$(command -v conctl)" congo
  CONGO_URL=http://127.0.0.1:$(sed -n '/^api/,/port/s/.*port: //p' server.conf)
  export CONGO_URL
  run ./congo create n1 driver=cmd --params cmd=cat
  assert_output Created
  wait_until 10 sh -c './congo list | grep -q "state: connected)"'
  run ./congo logging n1 off
  assert_output 'n1: Updated'
  run ./congo create n1 driver=cmd --params cmd=cat
  assert_failure 1
  run ./congo frobnicate
  assert_failure 1
  run ./congo who
  assert_failure 1
  assert_output --partial 'unset CONGO_URL'
  run ./congo delete n1
  assert_output Deleted
}
