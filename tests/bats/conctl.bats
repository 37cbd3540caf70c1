# conctl against a consoled with real commands, on its sockets, as congo over TCP, and on a terminal.
load helper
load consoled

# start_compatible [YAML]: in goconserver's place, and what leads there. YAML: more of "global".
start_compatible() {
  local api port
  api=$(free_port) port=$(free_port)
  printf 'global:\n  host: 127.0.0.1\n%s\napi:\n  port: %s\nconsole:\n  port: %s\n  datadir: %s\n' \
    "${1:-}" "$api" "$port" "$T/data" >server.conf
  mkdir data
  start -c server.conf
  export CONGO_URL=http://127.0.0.1:$api CONGO_PORT=$port
}
conctl_says() { conctl log "$1" | grep -q "$2"; }
terminal() { timeout $((90 * LM_PATIENCE)) python3 "$LM_ROOT/tests/bats/terminal.py" "$@"; }

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

@test "what is refused is status 1, with the server's reason alone; wrong use is 100" {
  start
  cat_console n1
  run conctl create n1 driver=cmd --params cmd=cat
  assert_failure 1
  assert_output 'conctl: The node name n1 is already exist'
  run conctl create n2 driver=ssh --params host=h
  assert_failure 1
  assert_output 'conctl: n2: Please specify the parameter user'
  run conctl show n3
  assert_failure 1
  assert_output 'conctl: The node n3 is not exist.'
  run conctl frobnicate
  assert_failure 100
  run conctl create
  assert_failure 100
  run conctl create n4 drivr=cmd
  assert_failure 100
  assert_output --partial 'drivr=: expected driver= or ondemand='
}

@test "without a consoled it says where it looked and what to do: 111" {
  local words
  for words in list status 'send n1 x' 'console n1' events; do
    run conctl $words
    assert_failure 111
    assert_output --partial "no consoled at $LINEMAN_RUNTIME/consoled.sock"
    assert_output --partial 'lineman up'
  done
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

@test "console: a large file reaches several as a whole" {
  start
  local name
  for name in one two; do
    conctl create "$name" driver=cmd --param "cmd=sh -c 'stty raw -echo; echo ready; exec cat >$T/$name'"
    wait_until 10 conctl_says "$name" ready
  done
  seq -f '%07.0f' 375000 >large
  run timeout 25 conctl console one,two <large
  assert_success
  refute_output --partial dropped
  run timeout 25 sh -c 'cat large | conctl console one,two'
  assert_success
  refute_output --partial dropped
  cat large large >both
  wait_until 20 cmp one both
  wait_until 20 cmp two both
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

@test "send types the bytes it was given, text or not" {
  start
  conctl create n1 driver=cmd --param "cmd=sh -c 'stty raw -echo; echo ready; exec head -c 4 >$T/typed'"
  wait_until 10 sh -c 'conctl log n1 | grep -q ready'
  conctl send -n n1 $'a\xff\xc3b'
  wait_until 10 sh -c "[ \$(stat -c %s $T/typed) = 4 ]"
  assert_equal "$(od -An -tx1 typed)" ' 61 ff c3 62'
}

@test "drivers: the parameters a definition may have, those of one driver, what must be there" {
  start
  run -0 conctl drivers tcp
  assert_line --regexp '^tcp +port +TCP port \(required\)$'
  assert_line --regexp '^tcp +idle +'
  refute_line --regexp '^telnet'
  run -0 conctl drivers -j
  assert_equal "$(jq -r '.driver' <<<"$output" | sort -u | tr '\n' ' ')" 'cmd ptybuffer ssh sshcmd tcp telnet tty unix '
  assert_equal "$(jq -r 'select(.driver == "ssh" and .secret) | .param' <<<"$output" | sort | tr '\n' ' ')" \
    'initcmd password proxy_password '
  run conctl drivers nothing
  assert_failure 1
  assert_output 'conctl: nothing: no such driver'
}

@test "reconnect opens a line anew, and those who look stay" {
  start
  conctl create n1 driver=cmd --param "cmd=sh -c 'echo pid \$\$; exec cat'"
  wait_until 5 is_up n1
  start_bg sh -c 'sleep 60 | conctl console n1 >got 2>&1'
  wait_until 5 grep -q 'pid' got
  run conctl reconnect n1
  assert_output 'n1: connecting'
  wait_until 5 sh -c 'grep -c "^pid" got | grep -qx 2'
  wait_until 5 is_up n1
  assert_equal "$(grep '^pid' got | sort -u | wc -l)" 2
  grep -q 'not connected: asked to connect again' got
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
{"cmd":"status",}
{"cmd":"create","node":{"name":"b1","driver":"cmd","params":{"cmd":"cat"}}}
{"cmd":"create","node":{"name":"b2","driver":"nothing"}}
{"cmd":"create","node":{"name":"b3","driver":"cmd","params":{"cmd":"cat"}}}
EOF
  assert_failure 1
  assert_equal "${#lines[@]}" 4
  assert_line --index 0 --regexp '^\{"ok":true,.*"warnings":\[\{.*"line":1'
  assert_line --index 1 '{"ok":true}'
  assert_line --index 2 --partial 'Driver not exist'
  assert_line --index 2 --partial '"line":3'
  assert_line --index 3 '{"ok":true}'
}

@test "batch: an attach ends it, since what follows would be keys" {
  start
  conctl create n1 driver=cmd --param cmd=cat
  run conctl batch <<'EOF'
status
attach
{"cmd":"attach","console":"n1"}
{"cmd":"delete","console":"n1"}
EOF
  assert_failure 1
  assert_equal "${#lines[@]}" 3
  assert_line --index 0 --partial '"ok":true'
  assert_line --index 1 --partial '"error"'
  assert_line --index 2 'conctl: line 3, column 1: attach: not in a batch, which ends here'
  conctl show n1
}

@test "batch: standard input may be silent; it is an error when consoled goes before its end" {
  start
  mkdir proxy
  start_bg socat -r asked "UNIX-LISTEN:$T/proxy/consoled.ctl,fork" "UNIX-CONNECT:$LINEMAN_RUNTIME/consoled.ctl"
  wait_until 5 test -S proxy/consoled.ctl
  LINEMAN_RUNTIME=$T/proxy run conctl batch <<<status
  assert_success
  assert_equal "${#lines[@]}" 1
  assert_equal "$(cat asked)" $'{"cmd":"hold"}\nstatus'
  mkfifo commands
  start_bg sh -c 'conctl batch <commands >said 2>complained; echo $? >over'
  exec {to}>commands
  echo status >&"$to"
  wait_until 10 file_has said '"ok":true'
  end KILL
  wait_until 10 test -s over
  exec {to}>&-
  assert_equal "$(cat over)" 111
  assert_equal "$(wc -l <said)" 1
  grep 'consoled closed the connection: 1 commands were answered' complained
}

@test "who is one too many is told so, by every way in" {
  start
  conctl create n1 driver=cmd --param cmd=cat
  # shellcheck disable=SC2016
  start_bg python3 -c 'import os, socket, sys, time
held = []
for name, count in ("consoled.sock", 140), ("consoled.ctl", 70):
    for _ in range(count):
        held.append(socket.socket(socket.AF_UNIX)); held[-1].connect(os.environ["LINEMAN_RUNTIME"] + "/" + name)
time.sleep(8 * float(os.environ["LM_PATIENCE"]))'
  wait_until 10 sh -c '! conctl list && ! conctl status' 2>/dev/null
  for words in list 'show n1' 'console n1' 'log n1'; do
    # shellcheck disable=SC2086
    run conctl $words </dev/null
    assert_failure
    assert_output --partial 'too many connections'
  done
  for words in status who 'send n1 x' batch events; do
    # shellcheck disable=SC2086
    run conctl $words </dev/null
    assert_failure
    assert_output --partial '64 connections of this user are open'
  done
  grep -F 'control: refused uid' consoled.err
  wait_until 20 conctl list
}

@test "ten thousand consoles: status and batch show them all" {
  start
  jq -cn '{nodes:[range(10000)|{name:"node\(.)",driver:"cmd",params:{cmd:"cat"},ondemand:true}]}' >nodes
  curl -s --unix-socket "$LINEMAN_RUNTIME/consoled.sock" http://localhost/bulk/nodes -d @nodes >/dev/null
  for words in status '-j status'; do
    # shellcheck disable=SC2086
    conctl $words >said
    assert_equal "$(wc -l <said)" 10000
  done
  conctl batch >said <<<$'list\nversion'
  assert_equal "$(head -n 1 said | jq '.consoles | length')" 10000
  assert_equal "$(wc -l <said)" 2
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

# As goconserver 0.3.3 writes it.
@test "a nodes.json of goconserver is imported, and exported byte by byte as it was" {
  start
  printf '%s\n' '{' '	"n1": {' '		"name": "n1",' '		"driver": "cmd",' '		"params": {' \
    '			"cmd": "cat",' '			"env": "A=1 B=2"' '		},' '		"ondemand": true,' '		"Labels": null' \
    '	},' '	"n2": {' '		"name": "n2",' '		"driver": "ssh",' '		"params": {' \
    '			"host": "10.0.0.2",' '			"password": "geheim",' '			"user": "root"' '		},' \
    '		"ondemand": true,' '		"Labels": {' '			"host": "vhost1"' '		}' '	}' '}' >nodes.json
  run conctl import nodes.json
  assert_output $'n1: Created\nn2: Created'
  conctl export >again.json
  run diff <(cat nodes.json) <(cat again.json)
  assert_output ""
  run conctl -j import nodes.json
  assert_failure 1
  assert_line --index 0 '{"name":"n1","ok":false,"result":"Skip this node as node is exist."}'
}

@test "as congo it speaks REST over TCP, and every failure is status 1" {
  start_compatible
  ln -s "$(command -v conctl)" congo
  run ./congo create n1 driver=cmd --params cmd=cat
  assert_output Created
  wait_until 10 sh -c './congo list | grep -q "state: connected)"'
  run ./congo logging n1 off
  assert_output 'n1: Updated'
  run ./congo create n1 driver=cmd --params cmd=cat
  assert_failure 1
  run ./congo frobnicate
  assert_failure 1
  run ./congo kick n1 1
  assert_failure 1
  assert_output --partial 'CONGO_URL'
  run ./congo delete n1
  assert_output Deleted
}

# The bytes are those of congo 0.3.3 against this server.
@test "as congo it says congo's bytes where congo says them" {
  start_compatible
  ln -s "$(command -v conctl)" congo
  # said WORDS...: stdout and stderr, with every byte at their ends.
  said() {
    local status=0
    ./congo "$@" >said 2>complained || status=$?
    output=$(cat said; echo .) stderr=$(cat complained; echo .)
    return "$status"
  }
  said list
  assert_equal "$output" $'Could not find any record.\n.'
  said create n1 driver=cmd --params cmd=cat
  assert_equal "$output" $'Created\n.'
  ! said create n1 driver=cmd --params cmd=cat
  assert_equal "$output" $'{\n\t"error": {\n\t\t"code": "busy",\n\t\t"message": "The node name n1 is already exist"\n\t}\n}\n\n.'
  assert_equal "$stderr" $'Error: response == 409 conflict\n.'
  ! said show zz
  assert_equal "$stderr" $'Could not get resources detail, Error: response == 400 bad request\n.'
  wait_until 10 is_up n1
  said show n1
  assert_equal "$output" $'{\n\t"StorageNode": {\n\t\t"name": "n1",\n\t\t"driver": "cmd",\n\t\t"params": {\n\t\t\t"cmd": "cat"\n\t\t},\n\t\t"ondemand": false,\n\t\t"Labels": null\n\t},\n\t"State": "connected"\n}\n\n.'
  said logging zz on
  assert_equal "$output" $'zz: Skip this node as it is not exist.\n.'
  ! said logging n1 sideways
  assert_equal "$stderr" $'Usage: congo logging <node> on/off \n.'
  for use in 'show <node> ' 'delete <node>' 'console <node>' 'logging <node> on/off ' \
    'create <node> driver=ssh ondemand=true --param key=val,key=val'; do
    ! said "${use%% *}"
    assert_equal "$stderr" "Usage: congo $use"$'\n.'
  done
  ! said create n9 driver=cmd
  assert_equal "$stderr" $'Usage: congo create <node> driver=ssh ondemand=true --param key=val,key=val\n.'
  said help
  [[ $output == 'usage: congo '* && $output != *conctl* ]]
  said help edit
  [[ $output == 'usage: congo edit '* && $output != *conctl* ]]
  ! said edit
  [[ $stderr == 'usage: congo edit '* && $stderr != *conctl* ]]
  ! said delete n # a beginning is no name for congo
  assert_equal "$stderr" $'Error: response == 400 bad request\n.'
  said delete n1
  assert_equal "$output" $'Deleted\n.'
  ! said console zz
  assert_equal "$output" $'\rCould not connect to zz, error: Node not exist\n.'
}

@test "over CONGO_URL a terminal shows what congo shows, and takes its keys" {
  start_compatible
  cat_console n1
  run terminal conctl console n1 <<'EOF'
expect [Enter `^Ec?' for help]\r\ngoconserver(
expect ): Hello 127.0.0.1:
expect , welcome to the session of n1\r\n
send hello\r
expect hello\r\nhello\r\n
send \x05cw
expect \r\nUser: 127.0.0.1:
send \x05cl1
expect \r\nBreak sequence ^Ecl1 pressed\r\n
expect ~B
send \x05cl?
expect \r\nBreak sequence ^Ecl? pressed\r\nkey: 1 string: ~B, delay: 250\r\n
send \x05cr
expect hello\r\nhello\r\n
send \x05ci
expect "State": "connected"
send \x05cp
expect hello\r\nhello\r\n
send \x05co
expect not with CONGO_URL
send ab\x05xy\r
expect ab^Exy\r\n
send \x05c.
expect [Disconnected]\r\n
EOF
  assert_success
  assert_line 'status 0'
  assert_line 'terminal restored'
}

@test "over CONGO_URL a lost server is told in congo's words, and the session goes on" {
  start_compatible
  cat_console n1
  run terminal conctl console n1 <<EOF
expect session of n1
run kill -9 $CONSOLED; timeout 10 sh -c 'while [ -e /proc/$CONSOLED/exe ]; do sleep 0.02; done'
expect \\rCould not receive message, error: EOF.\\r\\n[Enter \`^Ec.' to exit]\\r\\nSession is teminated unexpectedly, retrying....\\r\\n
run consoled -c server.conf >/dev/null 2>>consoled.err 3>&- &
expect [Enter \`^Ec?' for help]\\r\\n
expect session of n1
send again\\r
expect again\\r\\nagain\\r\\n
send \\x05c.
EOF
  assert_success
  assert_line 'status 0'
  assert_line 'terminal restored'
}

@test "over CONGO_URL several consoles get what is typed, and it may come from a pipe" {
  start_compatible
  cat_console n1
  cat_console n2
  run timeout 20 conctl console n1,n2 <<<'to both'
  assert_success
  assert_line 'n1: to both'
  assert_line 'n2: to both'
  run timeout 20 conctl console n1 <<<'to one'
  assert_success
  assert_line --partial 'to one'
  run terminal conctl console n1,n2 <<'EOF'
expect n1: Console session has been established\r\nn2: Console session has been established\r\nEnter the key to broadcast the buffer. [Enter '^Ec.' to exit]\r\n
send \x05cl1
expect ^Ecl1 pressed\r\n
send all\r
expect all\r\n
send \x05c.
expect n1: [Disconnected]\r\nn2: [Disconnected]\r\n
EOF
  assert_success
  assert_line 'status 0'
  assert_line 'terminal restored'
}

@test "a server that sends on to another is followed, but not for ever; a refusal is told" {
  start_compatible
  cat_console n1
  cat_console n2
  cat_console n3
  port=$(free_port)
  start_bg python3 -c '
import json, socket, struct, sys
def frame(o): b = json.dumps(o).encode(); return struct.pack(">i", len(b)) + b
to = lambda port: {"action": 3, "host": "127.0.0.1", "console_port": port}
answers = {"n1": to(sys.argv[2]), "n2": to(sys.argv[1]), "n3": {"action": 0, "msg": "no such luck"}}
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    c, _ = s.accept()
    first = c.recv(4096)[4:]
    if first: c.sendall(frame(answers[json.loads(first)["node"]]))
    c.close()' "$port" "$CONGO_PORT"
  export CONGO_PORT=$port
  wait_until 5 python3 -c "import socket; socket.create_connection(('127.0.0.1', $port)).close()"
  run timeout 20 conctl console n1 <<<'on the other'
  assert_success
  assert_line --partial 'on the other'
  run timeout 20 conctl console n2 <<<''
  assert_failure
  assert_output --partial 'sent from one server to the next'
  run timeout 20 conctl console n3 <<<''
  assert_failure 1
  assert_output --partial 'no such luck'
}

@test "over TLS both ports are reached with congo's variables, and nobody else is believed" {
  PATH=$LM_ROOT/examples/tls:$PATH
  make-certs tls localhost >/dev/null
  start_compatible "  ssl_key_file: $T/tls/server.key
  ssl_cert_file: $T/tls/server.crt
  ssl_ca_cert_file: $T/tls/ca.crt"
  export CONGO_URL=https://localhost:${CONGO_URL##*:} CONGO_SERVER_HOST=localhost
  export CONGO_SSL_KEY=$T/tls/client.key CONGO_SSL_CERT=$T/tls/client.crt
  export CONGO_SSL_CA_CERT=$T/tls/ca.crt
  cat_console n1
  run timeout 20 conctl console n1 <<<'sealed'
  assert_success
  assert_line --partial sealed
  run conctl log n1
  assert_output --partial sealed
  make-certs other localhost >/dev/null
  CONGO_SSL_CA_CERT=$T/other/ca.crt run timeout 20 conctl console n1 <<<'x'
  assert_failure
  refute_output --partial sealed
}

@test "CONGO_SSL_INSECURE is refused where there is TLS, and only said where there is none" {
  start_compatible
  cat_console n1
  export CONGO_SSL_INSECURE=true
  run --separate-stderr conctl list
  assert_success
  assert_output --partial n1
  assert_equal "$stderr" 'conctl: CONGO_SSL_INSECURE: has no effect: there is no TLS here'
  run env -u CONGO_URL conctl list
  assert_success
  CONGO_URL=${CONGO_URL/http:/https:} run conctl list
  assert_failure 100
  assert_output --partial 'servers are always verified here'
  CONGO_SSL_KEY=k CONGO_SSL_CERT=c CONGO_SSL_CA_CERT=a run conctl console n1 </dev/null
  assert_failure 100
  assert_output --partial 'servers are always verified here'
}

@test "the terminal is as it was after TERM, HUP, QUIT, a stop, and a daemon that was killed" {
  start
  cat_console n1
  for signal in TERM HUP QUIT; do
    run terminal conctl console n1 <<EOF
expect for help
signal $signal
EOF
    assert_success
    assert_line "status $((128 + $(kill -l $signal)))"
    assert_line 'terminal restored'
  done
  run terminal conctl console n1 <<EOF
expect for help
send \\x05cz
stop
signal CONT
send awake\\r
expect awake
signal TSTP
stop
restored
signal CONT
send up\\r
expect up\\r\\n
signal STOP
stop
signal CONT
send again\\r
expect again
run kill -9 $CONSOLED
expect connection lost
send nobody hears\\r
expect not connected: what is typed goes nowhere
send \\x05c.
EOF
  assert_success
  assert_line 'status 0'
  assert_line 'terminal restored'
}

@test "the keys can be changed, and are shown as they are; who only looks types nothing" {
  start
  cat_console n1
  run terminal conctl console -r -e '^]q' n1 <<'EOF'
expect [Enter `^]q?' for help]
send \x1dq?
expect Keys, each after ^]q:
send secret\r
expect only looking: ^]qa types
send \x1dqexy
expect these keys follow xy now
send xya
expect typing
send xy\\101\r
expect A\r\nA\r\n
send xyu
expect connected
send xy\x12
expect A\r\n
send xy.
EOF
  assert_success
  assert_line 'status 0'
  run conctl log n1
  refute_output --partial secret
}

# shellcheck disable=SC2086
@test "log: what consoles said, as conlog shows it" {
  start
  cat_console n1 --label group=a
  cat_console n2 --label group=a
  conctl send n1 'first words' >/dev/null
  wait_until 5 grep -q 'first words' "$LINEMAN_STATE/consoled/n1.log"
  conctl send n1 'second words' >/dev/null
  conctl send n2 'other words' >/dev/null
  wait_until 5 grep -q 'second words' "$LINEMAN_STATE/consoled/n1.log"
  wait_until 5 grep -q 'other words' "$LINEMAN_STATE/consoled/n2.log"
  for options in '' '-n 1' '-t' '-e' '-j' '-g second' '-g FIRST -i' '-g w.rds -F' '-g first --invert' \
    '--asciicast' '--since yesterday -n 2' '--until tomorrow -n 1' '--until yesterday' '-n 0'; do
    local want=0 got=0
    conlog $options n1 >want || want=$?
    conctl log $options n1 >got || got=$?
    run diff want got
    assert_success
    assert_equal "$options $want" "$options $got"
  done
  conlog n1,n2 >want
  conctl log @a >got
  cmp want got
  conctl -j log n1 >got
  conlog -j n1 | cmp - got
}

@test "log: what cannot be shown is said, with the status that fits" {
  start
  cat_console n1
  conctl send n1 words >/dev/null
  wait_until 5 grep -q words "$LINEMAN_STATE/consoled/n1.log"
  conctl create never driver=cmd ondemand=true --param cmd=cat >/dev/null
  run conctl log -g nowhere n1
  assert_failure 1
  assert_output ""
  run conctl log zz
  assert_failure 1
  assert_output --partial 'zz: no such name'
  run conctl log ../n1
  assert_failure 1
  assert_output --partial '../n1: no such name'
  run conctl log -g '(' n1
  assert_failure 1
  assert_output --partial 'missing )'
  run conctl log --asciicast '*'
  assert_failure 1
  assert_output --partial 'of one console'
  run conctl log -n x n1
  assert_failure 100
  run conctl log never
  assert_failure 1
  assert_output --partial 'never: nothing was logged yet'
  run conctl log 'n*'
  assert_success
  assert_output --partial 'n1: words'
}

@test "log: a goconserver is asked for what it has" {
  goconserver
  run conctl log web1
  assert_success
  assert_output 'the last words'
  run conctl log -n 3 web1
  assert_failure 1
  assert_output --partial 'this server is no consoled'
}

@test "log -f: goes on with what comes, and ends when its reader does" {
  start
  cat_console n1
  conctl send n1 'before' >/dev/null
  wait_until 5 grep -q before "$LINEMAN_STATE/consoled/n1.log"
  start_bg sh -c 'exec conctl log -f n1 >got'
  wait_until 10 grep -q before got
  conctl send n1 'after that' >/dev/null
  wait_until 10 grep -q 'after that' got
  # shellcheck disable=SC2016
  run timeout 20 sh -c 'conctl log -f n1 | head -n 1; conctl list n1'
  assert_success
  assert_line --index 1 --partial connected
}

@test "log: readers that take nothing cost the daemon little, and there is a bound to them" {
  start
  conctl create big driver=cmd --param "cmd=sh -c 'seq 1 2000000; exec cat'" >/dev/null
  wait_until 60 sh -c 'tail -c 100 "$LINEMAN_STATE/consoled/big.log" | grep -q 2000000'
  for _ in $(seq 32); do
    start_bg python3 -c '
import os, socket, time
s = socket.socket(socket.AF_UNIX); s.connect(os.environ["LINEMAN_RUNTIME"] + "/consoled.sock")
s.sendall(b"GET /v1/log?console=big HTTP/1.1\r\nHost: x\r\n\r\n")
s.recv(100); open("reads", "a").write("x"); time.sleep(600)'
  done
  wait_until 60 sh -c '[ "$(wc -c <reads)" -eq 32 ]'
  run conctl log -n 1 big
  assert_failure
  assert_output --partial 'too many are reading logs'
  run timeout 10 conctl list big
  assert_success
  kill "$BG"
  wait_until 10 sh -c 'conctl log -n 1 big | grep -q 2000000'
}

@test "edit opens the definition in an editor; mistakes and others' changes lose nothing" {
  start
  conctl create ed1 driver=ssh ondemand=true --params host=h1,user=me,password=geheim >/dev/null
  export TMPDIR=$T EDITOR="sed -i s/h1/h2/"
  run conctl edit ed1
  assert_success
  assert_output Updated
  assert_equal "$(conctl export | jq -r '.ed1.params | .host + .password')" h2geheim
  run conctl edit -j ed
  assert_equal "$(jq -r .result <<<"$output")" Unchanged
  EDITOR=false run conctl edit ed1
  assert_failure 1
  assert_output --partial 'nothing was changed'
  EDITOR='sed -i s/\"host\":/host:/' run conctl edit ed1
  assert_failure 1
  assert_output --partial 'line 5'
  assert_output --regexp "your text is in $T/conctl-ed1-"
  EDITOR='sed -i s/\"ed1\"/\"ed2\"/' run conctl edit ed1
  assert_failure 1
  assert_output --partial 'it stays ed1'
  EDITOR='conctl edit ed1 --param host=h3; sed -i s/h2/h4/' run conctl edit ed1
  assert_failure 1
  assert_output --partial 'ed1 was changed meanwhile'
  assert_equal "$(conctl export | jq -r .ed1.params.host)" h3
  run bash -c 'ls "$T"/conctl-ed1-*.json | wc -l'
  assert_output 3
  CONGO_URL=http://127.0.0.1:1 run conctl edit ed1
  assert_failure 100
  assert_output --partial 'unset CONGO_URL'
}

@test "edit: what is deleted meanwhile is not asked about again, and the text is kept" {
  start
  conctl create ed1 driver=cmd ondemand=true --params cmd=cat
  EDITOR='conctl delete ed1; sed -i s/cat/tac/' TMPDIR=$T run terminal conctl edit ed1 </dev/null
  assert_success
  assert_line --regexp "ed1.*your text is in $T/conctl-ed1-"
  refute_line --partial 'Edit it again'
  assert_line 'status 1'
}

@test "edit: an idle connection that was closed while the editor was open costs nothing" {
  start
  conctl create ed1 driver=cmd ondemand=true --params cmd=cat >/dev/null
  mkdir proxy
  start_bg socat "UNIX-LISTEN:$T/proxy/consoled.sock,fork" "UNIX-CONNECT:$LINEMAN_RUNTIME/consoled.sock"
  export PROXY=$BG
  wait_until 5 test -S proxy/consoled.sock
  # shellcheck disable=SC2016
  printf '%s\n' '#!/bin/sh -e' 'kill $(pgrep -P "$PROXY")' \
    'while pgrep -P "$PROXY"; do sleep 0.05; done' 'sed -i s/cat/tac/ "$1"' >editor
  chmod +x editor
  LINEMAN_RUNTIME=$T/proxy EDITOR=$T/editor TMPDIR=$T run timeout 30 conctl edit ed1
  assert_success
  assert_line Updated
  assert_equal "$(conctl export | jq -r .ed1.params.cmd)" tac
}

# shellcheck disable=SC2086
@test "an ambiguous beginning lists what it could be; groups are labels, here and in the daemon" {
  start
  for n in web1 web2 web3; do
    conctl create $n driver=cmd ondemand=true --param cmd=cat --label group=g >/dev/null
  done
  for command in 'list web' 'status web' 'send web x' 'console web' 'log web'; do
    run conctl $command
    assert_failure
    assert_output --partial 'web: could be web1, web2 or web3'
  done
  assert_equal "$(conctl status @g -j | jq -r .console | tr '\n' ' ')" 'web1 web2 web3 '
}

@test "console: the end of one that is deleted is an end, here and over CONGO_URL" {
  start_compatible
  local where
  for where in socket url; do
    cat_console n1
    mkfifo "$where.in"
    # shellcheck disable=SC2046
    start_bg env $([ "$where" = url ] || echo "-u CONGO_URL") sh -c \
      "exec conctl console n1 <>$where.in >$where.out 2>$where.err"
    local session=$BG status=0
    wait_until 5 eval 'env -u CONGO_URL conctl who n1 | grep -q .'
    run conctl delete n1
    assert_output Deleted
    wait_until 20 pid_ended "$session"
    wait "$session" || status=$?
    assert_equal "$status" 1
  done
  file_has socket.err 'the console is gone: n1: no such name'
  file_has url.err 'the console is gone: Node not exist'
}
