# consoled's configuration, and the nodes that are kept: the real daemon, with real files.
load helper
load consoled

ask() { ctl consoled.sock "$1"; }
create() { # NAME COMMAND
  ask "$(jq -cn --arg n "$1" --arg c "$2" '{cmd:"create",node:{name:$n,driver:"cmd",params:{cmd:$c},ondemand:true}}')"
}

@test "--check says what is wrong, by line and column, and ends with 1; else ok and 0" {
  printf 'api:\n  prot: 1\nconsole:\n  time_precision: week\n' >bad.conf
  run --separate-stderr consoled --check -c bad.conf
  assert_failure 1
  assert_equal "$output" ""
  assert_equal "$stderr" "$T/bad.conf:2:3: api.prot: no such key; did you mean port?
$T/bad.conf:4:19: console.time_precision: expected one of second, millisecond, microsecond, nanosecond, got \"week\""
  printf 'api:\n  http_timeout: 5\n' >good.conf
  run --separate-stderr consoled --check -c good.conf
  assert_success
  assert_output "$T/good.conf: ok"
  run consoled --check
  assert_success
  assert_output "no configuration: ok"
  run consoled --check -c none.conf
  assert_failure 1
  assert_output "$T/none.conf: No such file or directory"
}

@test "--check looks at the paths, too, and says of a warning that it is one" {
  local long
  long=$(printf 's%.0s' {1..110})
  cat >c.conf <<EOF
global: {logfile: $T/none/x.log, host: 127.0.0.1}
web: {dir: $T/none}
console: {datadir: $T/c.conf, port: 0}
journal: {dir: $T/c.conf/deep/below}
socket: {path: /tmp/$long}
EOF
  run consoled --check -c c.conf
  assert_failure 1
  assert_line "$T/c.conf:1:19: global.logfile: $T/none: No such file or directory"
  assert_line "$T/c.conf:2:12: web.dir: $T/none: No such file or directory"
  assert_line "$T/c.conf:3:20: console.datadir: $T/c.conf: Not a directory"
  assert_line "$T/c.conf:4:16: journal.dir: $T/c.conf/deep/below: Not a directory"
  assert_line --regexp '^.*:5:16: socket.path: .*s: .*(long|107)'
  sed -i "s|^socket.*|socket: {path: $T/none/c.sock}|" c.conf
  run consoled --check -c c.conf
  assert_line "$T/c.conf:5:16: socket.path: $T/none: No such file or directory"
  # What consoled makes itself need not be there; a disk may come later, so the start says it another way.
  printf 'console: {datadir: %s/a/b/c}\napi: {http_timeout: 0}\n' "$T" >c.conf
  run consoled --check -c c.conf
  assert_success
  assert_line --regexp '^.*c.conf:2:21: warning: api.http_timeout'
  printf 'global: {logfile: %s/none/x.log}\n' "$T" >c.conf
  run consoled -c c.conf
  assert_failure 111
  assert_output "consoled: global.logfile: $T/none/x.log: No such file or directory"
}

@test "--check finds nothing in the manual's example, once its files are there" {
  PATH=$LM_ROOT/examples/tls:$PATH
  make-certs tls localhost
  manual_examples consoled.conf.5 | sed "s|/etc/lineman/tls|$T/tls|" >ours.conf
  run consoled --check -c ours.conf
  assert_success
  assert_output "$T/ours.conf: ok"
}

# sample PORT PORT: goconserver's, with all that is commented there.
sample() {
  local tls="ssl_key_file: $T/tls/server.key
    ssl_cert_file: $T/tls/server.crt
    ssl_ca_cert_file: $T/tls/ca.crt"
  cat <<YAML
global:
    host: 127.0.0.1
    $tls
    log_level: info
    worker: 4
    storage_type: file
api: {port: "$1", http_timeout: 5, dist_dir: ""}
console:
  port: $2
  datadir: $T/d/
  logger:
    file:
      - {name: default, logdir: $T/nodes/}
      - {name: "the name for the logger, customized by user", logdir: $T/log}
    tcp:
    - name: logstash
      host: 127.0.0.1
      port: 9563
      timeout: 3
      ssl_key_file: $T/tls/server.key
      ssl_cert_file: $T/tls/server.crt
      ssl_ca_cert_file: $T/tls/ca.crt
      ssl_insecure: true
    - {name: rsyslog, host: x.x.x.x, port: 9563, timeout: 3}
    udp:
    - host: 127.0.0.1
      port: 9563
      timeout: 3
  log_timestamp: true
  time_precision: microsecond
  replay_lines: 30
  target_timeout: 30
  client_timeout: 30
  reconnect_interval: 10
  break_sequence:
    - {sequence: ~B, delay: 600}
    - {sequence: +\d+\d+, delay: 250}
etcd:
    dail_timeout: 5
    request_timeout: 2
    endpoints: 127.0.0.1:2379
    server_heartbeat: 5
    prefix: goconserver
    rpcport: 12431
    rpc_insucure: true
    vhost:
    $tls
    rpc_client_key_file: /root/.xcat/client-key.pem
    rpc_client_cert_file: /root/.xcat/client-cred.pem
    rpc_client_ca_cert_file: /root/.xcat/ca.pem
YAML
}

@test "goconserver's sample starts with all that is commented there; what is left out is said by line" {
  PATH=$LM_ROOT/examples/tls:$PATH
  make-certs tls localhost
  sample "$(free_port)" "$(free_port)" >server.conf
  run --separate-stderr consoled --check -c server.conf
  assert_failure 1
  assert_equal "$stderr" "$T/server.conf:25:21: console.logger.tcp[0].ssl_insecure: the logger is left out: a receiver's certificate is always verified: name its authority in ssl_ca_cert_file, and take this away
$T/server.conf:16:16: warning: console.logger.file[1].name: is to be letters, digits and . _ -: taken for the_name_for_the_logger__customized_by_user
$T/server.conf:28:7: warning: console.logger.udp[0].name: is missing: taken for udp-1"
  start -c server.conf
  file_has consoled.err 'server.conf:25:21: console.logger.tcp[0].ssl_insecure: the logger is left out'
  file_has consoled.err 'console.logger.udp[0].name: is missing: taken for udp-1'
  create n1 'sh -c "echo hello; exec cat"'
  switch n1 on
  wait_until 10 file_has nodes/n1.log hello
  wait_until 10 file_has log/n1.log hello
}

@test "files of TLS that cannot be used are mistakes of the configuration, by key and line: 100" {
  PATH=$LM_ROOT/examples/tls:$PATH
  make-certs tls localhost
  printf 'global:\n  ssl_key_file: %s/server.key\n  ssl_cert_file: %s/none.crt\n  ssl_ca_cert_file: %s/ca.crt\n' \
    "$T/tls" "$T/tls" "$T/tls" >c.conf
  run consoled --check -c c.conf
  assert_failure 1
  assert_output "$T/c.conf:3:18: global.ssl_cert_file: $T/tls/none.crt: No such file or directory"
  run timeout 10 consoled -c c.conf
  assert_failure 100
  assert_output --partial 'c.conf:3:18: global.ssl_cert_file: '
  sed -i 's/none.crt/server.crt/; s/server.key/client.key/' c.conf
  run consoled --check -c c.conf
  assert_failure 1
  assert_output --partial "c.conf:2:17: global.ssl_key_file: $T/tls/client.key: no usable private key"
  port=$(free_port)
  printf 'api: {port: %s}\nconsole: {port: %s}\n' "$port" "$port" >c.conf
  run timeout 10 consoled -c c.conf
  assert_failure 100
  assert_output --partial "c.conf:2:17: console.port: 127.0.0.1:$port: api.port has it already"
}

@test "a logger that cannot begin is left out, by line; the others and all consoles are there" {
  cat >c.conf <<YAML
api: {port: none}
console:
  port: none
  datadir: $T/d
  logger:
    file:
      - {name: same, logdir: $T/d}
      - {name: good, logdir: $T/out}
    tcp:
      - {name: t, host: h, port: 1, ssl_key_file: /nope/k, ssl_cert_file: /nope/c, ssl_ca_cert_file: /nope/a}
    redis:
      - {name: r, url: "redis://u:p:q@"}
YAML
  run consoled --check -c c.conf
  assert_failure 1
  assert_line "$T/c.conf:7:9: console.logger.file[0]: left out: $T/d: the journals are there already, under the same names"
  assert_line "$T/c.conf:10:9: console.logger.tcp[0]: left out: /nope/a: No such file or directory"
  assert_line --partial "$T/c.conf:12:9: console.logger.redis[0]: left out: url: "
  start -c c.conf
  file_has consoled.err 'c.conf:10:9: console.logger.tcp[0]: left out: /nope/a'
  create n1 'sh -c "echo hello; exec cat"'
  switch n1 on
  wait_until 10 file_has out/n1.log hello
  run ask reload
  assert_output --partial 'console.logger.tcp[0]: left out'
}

@test "a configuration, certificate or nodes.json that is no regular file is refused, and not waited for" {
  mkfifo fifo
  run timeout 10 consoled --check -c fifo
  assert_failure 1
  assert_output "$T/fifo: not a regular file"
  run timeout 10 consoled -c fifo
  assert_failure 100
  run timeout 10 consoled --check -c /dev/zero
  assert_failure 1
  printf '%s\n' 'api: {port: none}' 'global: {ssl_key_file: fifo, ssl_cert_file: fifo, ssl_ca_cert_file: fifo}' >tls.conf
  run timeout 10 consoled --check -c tls.conf
  assert_failure 1
  assert_output --partial 'fifo: not a regular file'
  conf none
  mkdir -p d
  mkfifo d/nodes.json
  start -c c.conf
  file_has consoled.err "$T/d/nodes.json: not a regular file"
  rm c.conf
  mkfifo c.conf
  kill -HUP "$CONSOLED"
  wait_until 5 file_has consoled.err "$T/c.conf: not a regular file"
  run ask reload
  assert_output --partial 'not a regular file'
  run ask status
  assert_output --partial '"ok":true'
}

@test "a configuration with mistakes does not start, and names them all: 100" {
  printf 'global:\n  storage_type: etcd\n  hots: x\n' >server.conf
  run consoled -c server.conf
  assert_failure 100
  assert_line --partial 'server.conf:2:17: global.storage_type: etcd is not supported yet: say file'
  assert_line --partial 'server.conf:3:3: global.hots: no such key; did you mean host?'
  refute_line --partial 'usage:'
}

@test "a port for others than this machine is left out, named with two ways out; all else starts" {
  printf 'global:\n  host: 0.0.0.0\napi: {port: %s}\nconsole: {port: none, datadir: %s}\n' "$(free_port)" "$T/d" >c.conf
  start -c c.conf
  run grep -F 'c.conf:2:9: ' consoled.err
  assert_output --partial 'not opened'
  assert_output --partial 'ssl_ca_cert_file'
  assert_output --partial 'api.auth: none'
  run ask status
  assert_output --partial '"ok":true'
  run consoled --check -c c.conf
  assert_failure 1
}

@test "without a word of configuration there is no TCP port" {
  start
  run bash -c "ss -Hltnp | grep 'pid=$CONSOLED,'"
  assert_output ""
}

@test "folders that are not there yet are made, for the owner alone" {
  export LINEMAN_STATE=$T/new/state
  start
  run stat -c %a "$T/new/state/consoled" "$T/new/state/consoled/consoled.db"
  assert_output $'700\n600'
}

@test "nodes are on the disk when they are answered: kill -9 while many are made" {
  start
  for i in {1..200}; do printf '{"cmd":"create","node":{"name":"n%s","driver":"cmd","params":{"cmd":"cat"},"ondemand":true}}\n' "$i"; done >requests
  start_bg sh -c "exec socat -t 20 - 'unix:$LINEMAN_RUNTIME/consoled.ctl' <requests >answers"
  enough() { [ "$(grep -c '"ok":true' answers)" -ge 50 ]; }
  wait_until 10 enough
  end KILL
  acknowledged=$(grep -c '"ok":true' answers)
  start
  for i in 1 "$((acknowledged / 2))" "$acknowledged"; do
    run show "n$i"
    assert_output --partial '"cat"'
  done
  [ "$(ask status | jq .consoles)" -ge "$acknowledged" ]
  run sqlite3 "$LINEMAN_STATE/consoled/consoled.db" 'PRAGMA integrity_check'
  assert_output ok
}

@test "nodes.json is taken at the first start, and left as it is" {
  mkdir d
  printf '{"n1":{"name":"n1","driver":"cmd","params":{"cmd":"cat"},"ondemand":true,"Labels":{"rack":"7"}},"a b":{}}' >d/nodes.json
  cp d/nodes.json before
  printf 'api: {port: none}\nconsole: {port: none, datadir: %s}\n' "$T/d" >c.conf
  start -c c.conf
  run show n1
  assert_output --partial '"rack":"7"'
  grep -F 'nodes.json: "a b": a name is 1 to 128' consoled.err
  ask '{"cmd":"delete","console":"n1"}'
  end
  start -c c.conf
  run show n1
  assert_output --partial '"error"'
  cmp d/nodes.json before
}

@test "passwords do not come back, and lie in files for the owner alone" {
  start
  ask '{"cmd":"create","node":{"name":"s","driver":"ssh","ondemand":true,"params":{"host":"127.0.0.1","user":"u","password":"geheim1"}}}'
  run show s
  assert_output --partial '"password":"******"'
  ask status >status
  end
  run grep -rl geheim1 "$LINEMAN_STATE" "$LINEMAN_RUNTIME" consoled.err status
  for file in "${lines[@]}"; do assert_equal "$(stat -c %a "$file")" 600; done
  [ "${#lines[@]}" -ge 1 ]
}

@test "HUP applies what can be applied, names what needs a restart, and keeps all with a mistake" {
  printf 'api: {port: none}\nconsole: {port: none, datadir: %s, replay_lines: 5}\n' "$T/d" >c.conf
  start -c c.conf
  printf 'api: {port: none}\nconsole: {port: none, datadir: %s, replay_lines: 6}\n' "$T/e" >c.conf
  kill -HUP "$CONSOLED"
  wait_until 5 file_has consoled.err console.datadir
  printf 'api: {prot: none}\n' >c.conf
  kill -HUP "$CONSOLED"
  wait_until 5 file_has consoled.err 'did you mean port?'
  run ask reload
  assert_output --partial 'c.conf:1:7'
  run create n1 cat
  assert_output '{"ok":true}'
  assert_exists d/consoled.db
  assert_not_exists e
}

@test "an owner of the folders that is just dying is waited for" {
  mkdir d
  start_bg bash -c 'exec 9>d/consoled.lock && flock 9 && exec sleep 60'
  local holder=$BG
  locked() { ! flock -n d/consoled.lock true; }
  wait_until 5 locked
  printf 'api: {port: none}\nconsole: {port: none, datadir: %s}\n' "$T/d" >c.conf
  start_bg consoled -c c.conf
  waits() { [ -e "/proc/$BG/fd" ] && find "/proc/$BG/fd" -lname '*/consoled.lock' | grep -q .; }
  wait_until 5 waits
  kill "$holder"
  wait_until 5 ctl consoled.sock status
}

@test "a second consoled on the same folders names the first one, and leaves them alone: 111" {
  two() { # DATADIR [JOURNAL-DIR]
    printf 'api: {port: none}\nconsole: {port: none, datadir: %s}\nsocket: {path: %s}\n%s\n' "$1" "$T/two.sock" \
      "${2:+journal: {dir: $2\}}" >two.conf
    run timeout 10 consoled -c two.conf
    assert_failure 111
  }
  mkdir j e
  printf 'api: {port: none}\nconsole: {port: none, datadir: %s}\njournal: {dir: %s}\n' "$T/d" "$T/j" >c.conf
  start -c c.conf
  two "$T/d"
  assert_output "consoled: $T/d is used by consoled, pid $CONSOLED"
  ln -s "$T/d" link
  two "$T/link"
  assert_output --partial "is used by consoled, pid $CONSOLED"
  two "$T/e" "$T/j"
  assert_output "consoled: $T/j is used by consoled, pid $CONSOLED"
  assert_not_exists two.sock
  create n1 cat
  wait_until 5 state_is n1 idle
  end KILL
  start -c c.conf
  run show n1
  assert_output --partial '"cat"'
  end
  # Both in one folder, by two names.
  printf 'api: {port: none}\nconsole: {port: none, datadir: %s}\njournal: {dir: %s}\n' "$T/d" "$T/link" >c.conf
  start -c c.conf
}

@test "a database of a later version is refused, and left alone" {
  start
  end
  sqlite3 "$LINEMAN_STATE/consoled/consoled.db" 'PRAGMA user_version=99'
  run consoled
  assert_failure 111
  assert_output --partial 'its tables are of version 99'
}

@test "what all nodes of a driver have in common is said once" {
  printf 'api: {port: none}\nconsole: {port: none, datadir: %s}\ndrivers: {cmd: {env: GREETING=hello}}\n' "$T/d" >c.conf
  start -c c.conf
  create n1 "sh -c 'echo \$GREETING; exec cat'"
  connect "$LINEMAN_RUNTIME/consoled.ctl" a
  say a '{"cmd":"attach","console":"n1","raw":true,"from":"all"}'
  expect a hello
  run jq -c .params <<<"$(show n1)"
  assert_output '{"cmd":"sh -c '"'"'echo $GREETING; exec cat'"'"'"}'
}

@test "a wrong value for all nodes of a driver is named with its line, and nothing starts: 100" {
  printf 'drivers:\n  ssh:\n    host_key_check: Strict\n    kex: nonsense\n' >c.conf
  run consoled --check -c c.conf
  assert_failure 1
  assert_line "$T/c.conf:3:21: drivers.ssh: parameter host_key_check: expected strict, accept-new or off, got Strict"
  assert_line "$T/c.conf:4:10: drivers.ssh: parameter kex: nonsense is not known"
  run timeout 10 consoled -c c.conf
  assert_failure 100
}

@test "a node of nodes.json with a wrong value is not connected with another one, and says why" {
  mkdir d
  printf '{"a":{"driver":"ssh","params":{"host":"127.0.0.1","user":"u","password":"p","host_key_check":"Strict"}},
    "b":{"driver":"carrier-pigeon"}, "c":{"params":{"cmd":"cat"}}, "d":{"driver":"cmd","params":{"cmd":"cat"}}}' >d/nodes.json
  printf 'api: {port: none}\nconsole: {port: none, datadir: %s}\n' "$T/d" >c.conf
  start -c c.conf
  wait_until 5 reason_has a 'a: parameter host_key_check: expected strict, accept-new or off, got Strict'
  wait_until 5 reason_has b 'Driver not exist'
  wait_until 5 reason_has c 'Driver is not defined'
  wait_until 5 state_is d connected
  assert_not_exists d/known_hosts
}

@test "called as goconserver it has that one's version line, and statuses" {
  ln -s "$BUILD/bin/consoled" goconserver
  run ./goconserver -v
  assert_success
  assert_output --regexp '^Version: [^ ,]+, BuildTime: [^ ]+ Commit: .+$'
  run ./goconserver --nonsense
  assert_failure 1
  run ./goconserver -h
  assert_success
  printf 'api: {prot: 1}\n' >bad.conf
  run ./goconserver --config-file bad.conf
  assert_failure
  assert_line --partial 'did you mean port?'
}

@test "called as cloud-console it wants three words" {
  ln -s "$BUILD/bin/consoled" cloud-console
  run ./cloud-console /dev/null 127.0.0.1
  assert_failure 1
  run ./cloud-console /dev/null 0.0.0.0 "$(free_port)"
  assert_failure 1
  assert_output --partial '--auth none'
}

# --- HUP

port_answers() { curl -s -m 2 -o /dev/null "http://127.0.0.1:$1/nodes"; }
port_closed() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
conf() { # API-PORT [MORE OF console [MORE]]
  printf 'api: {port: %s}\nconsole: {port: none, datadir: %s%s}\n%s\n' "$1" "$T/d" "${2:+, $2}" "${3:-}" >c.conf.new
  mv c.conf.new c.conf  # a HUP may read it at any time
}

@test "HUP opens, moves and closes ports; who is connected stays" {
  one=$(free_port) two=$(free_port)
  conf none
  start -c c.conf
  conf "$one"
  kill -HUP "$CONSOLED"
  wait_until 5 port_answers "$one"
  exec 7<>"/dev/tcp/127.0.0.1/$one"
  conf "$two"
  kill -HUP "$CONSOLED"
  wait_until 5 port_answers "$two"
  wait_until 5 port_closed "$one"
  printf 'GET /nodes HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&7
  run timeout 5 cat <&7
  exec 7>&-
  assert_output --partial '200 OK'
  run bash -c "conctl web | head -n 1"
  assert_output --partial ":$two/"
  conf none
  kill -HUP "$CONSOLED"
  wait_until 5 port_closed "$two"
  run ask status
  assert_output --partial '"ok":true'
}

@test "HUP with a port that is taken names it and its line, applies the rest, and tries again" {
  port=$(free_port)
  conf none
  start -c c.conf
  start_bg socat "TCP-LISTEN:$port,bind=127.0.0.1,fork" /dev/null
  taken=$BG
  wait_until 5 bash -c "ss -Hltn 'sport = :$port' | grep -q ."
  conf "$port" 'break_sequence: [{sequence: new}]'
  kill -HUP "$CONSOLED"
  wait_until 5 file_has consoled.err "reload: $T/c.conf:1: 127.0.0.1:$port: "
  file_has consoled.err 'console.break_sequence: applied'
  kill "$taken"
  wait_until 5 pid_ended "$taken"
  kill -HUP "$CONSOLED"
  wait_until 5 port_answers "$port"
}

@test "HUP changes limits of open ports, break sequences, log level, and waits between tries" {
  port=$(free_port)
  conf "$port" 'reconnect_interval: 60'
  start -c c.conf
  printf 'api: {port: %s, max_connections: 1}\nconsole: {port: none, datadir: %s, %s, %s}\nglobal: {log_level: error}\n' \
    "$port" "$T/d" 'reconnect_interval: 0.1' 'break_sequence: [{sequence: "<new>"}]' >c.conf
  run ask reload
  assert_output --partial '"restart":[]'
  exec 7<>"/dev/tcp/127.0.0.1/$port"
  run -22 curl -sf -m 2 "http://127.0.0.1:$port/nodes"
  exec 7>&-
  allowed() { curl -s -m 2 "http://127.0.0.1:$port/breaksequence" | grep -F 'key: 1 string: <new>'; }
  wait_until 5 allowed
  ask '{"cmd":"create","node":{"name":"n1","driver":"cmd","params":{"cmd":"sh -c \"exit 3\""}}}'
  tried() { [ "$(show n1 | jq .ups)" -ge 3 ]; }
  wait_until 5 tried
  refute file_has consoled.err 'n1: '
}

@test "HUP begins loggers, and ends them" {
  mkdir one two
  conf none
  start -c c.conf
  ask '{"cmd":"create","node":{"name":"n1","driver":"cmd","params":{"cmd":"sh -c \"stty -echo; cat\""}}}'
  wait_until 5 file_has consoled.err 'n1: connected'
  ask '{"cmd":"send","console":"n1","text":"nobody hears\r"}'
  wait_until 5 file_has d/n1.log 'nobody hears'
  conf none "logger: {file: [{name: a, logdir: $T/one}]}"
  run ask reload
  assert_output --partial '"applied":["console.logger"]'
  ask '{"cmd":"send","console":"n1","text":"first\r"}'
  wait_until 10 file_has one/n1.log first
  refute file_has one/n1.log 'nobody hears'
  conf none "logger: {file: [{name: b, logdir: $T/two}]}"
  ask reload
  ask '{"cmd":"send","console":"n1","text":"second\r"}'
  wait_until 10 file_has two/n1.log second
  refute file_has one/n1.log second
  conf none "logger: {file: [{name: b, logdir: $T/d}]}"
  run ask reload
  assert_output --partial 'c.conf:2:'
  assert_output --partial 'console.logger.file[0]: left out: '
  ask '{"cmd":"send","console":"n1","text":"third\r"}'
  wait_until 10 file_has d/n1.log third
  conf none "logger: {file: [{name: b, logdir: $T/two}]}"
  ask reload
  wait_until 10 file_has two/n1.log third
}

@test "HUP judges loggers by the journals that are in force until a restart" {
  mkdir one j
  conf none "logger: {file: [{name: a, logdir: $T/one}]}"
  start -c c.conf
  ask '{"cmd":"create","node":{"name":"n1","driver":"cmd","params":{"cmd":"sh -c \"stty -echo; cat\""}}}'
  wait_until 5 file_has consoled.err 'n1: connected'
  conf none "logger: {file: [{name: a, logdir: $T/one}, {name: b, logdir: $T/d}]}" "journal: {dir: $T/j}"
  run ask reload
  assert_output --partial "console.logger.file[1]: left out: $T/d: the journals are there already"
  conf none "logger: {file: [{name: a, logdir: $T/one}]}" 'journal: {enabled: false}'
  run ask reload
  assert_output --partial '"left_out":[],"restart":["journal.enabled"]'
  ask '{"cmd":"send","console":"n1","text":"heard\r"}'
  wait_until 10 file_has one/n1.log heard
}

@test "HUP leaves a logger alone that runs, though its files cannot be read at the moment" {
  (umask 077 && echo geheim >pw)
  start_bg redis-server --port 0 --unixsocket "$T/redis.sock" --requirepass geheim --dir "$T" --save '' --logfile "$T/redis.log"
  heard() { redis-cli -s "$T/redis.sock" --no-auth-warning -a geheim LRANGE 'lineman:{log.r}' 0 -1 | grep -qF "$1"; }
  local logger="logger: {redis: [{name: r, url: 'unix:$T/redis.sock?passwordFile=$T/pw'}]}"
  conf none "$logger"
  start -c c.conf
  ask '{"cmd":"create","node":{"name":"n1","driver":"cmd","params":{"cmd":"sh -c \"stty -echo; cat\""}}}'
  wait_until 5 file_has consoled.err 'n1: connected'
  ask '{"cmd":"send","console":"n1","text":"first\r"}'
  wait_until 10 heard first
  mv pw away
  conf none "$logger, replay_lines: 7"
  run ask reload
  assert_output --partial '"applied":["console.replay_lines"],"left_out":[],"restart":[]'
  ask '{"cmd":"send","console":"n1","text":"second\r"}'
  wait_until 10 heard second
  # Another one, and so looked at.
  conf none "${logger/name: r,/name: r, timeout: 9,}"
  run ask reload
  assert_output --partial "console.logger.redis[0]: left out: url: "
}

@test "many HUPs at once: the last configuration counts, and a broken one in between does not" {
  one=$(free_port)
  conf none
  start -c c.conf
  for i in {1..30}; do
    if [ $((i % 3)) -eq 0 ]; then conf 'none, prot: 1'; else conf "$one" "replay_lines: $i"; fi
    kill -HUP "$CONSOLED"
  done
  conf "$one" 'replay_lines: 99'
  kill -HUP "$CONSOLED"
  kill -HUP "$CONSOLED"
  wait_until 5 port_answers "$one"
  run ask reload
  assert_output --partial '"applied":[],"left_out":[],"restart":[]'
  port_answers "$one"
}

@test "what HUP cannot change is named, each by its keys" {
  conf none
  start -c c.conf
  printf 'api: {port: none, dist_dir: %s}\nconsole: {port: none, datadir: %s, max_handshakes: 3}\n' "$T" "$T/e" >c.conf
  printf 'socket: {path: %s}\njournal: {enabled: false}\nweb: {dir: %s}\n' "$T/other.sock" "$T" >>c.conf
  run bash -c "echo reload | socat -t 5 - unix:$LINEMAN_RUNTIME/consoled.ctl | jq -r '.restart[]' | sort"
  assert_output "$(printf '%s\n' api.dist_dir console.datadir console.max_handshakes journal.dir journal.enabled \
    'socket.path, access' web.dir | sort)"
}

@test "HUP reads the certificates again; a broken one is named, and the old one stays" {
  PATH=$LM_ROOT/examples/tls:$PATH
  make-certs tls localhost
  port=$(free_port)
  printf 'global: {ssl_key_file: %s/server.key, ssl_cert_file: %s/server.crt, ssl_ca_cert_file: %s/ca.crt}\napi: {port: %s}\nconsole: {port: none, datadir: %s}\n' \
    "$T/tls" "$T/tls" "$T/tls" "$port" "$T/d" >c.conf
  start -c c.conf
  serial() {
    openssl s_client -connect "127.0.0.1:$port" -CAfile tls/ca.crt -cert tls/client.crt -key tls/client.key </dev/null 2>/dev/null |
      openssl x509 -noout -serial
  }
  before=$(serial)
  make-certs tls localhost
  kill -HUP "$CONSOLED"
  renewed() { [ "$(serial)" = "$(openssl x509 -in tls/server.crt -noout -serial)" ]; }
  wait_until 5 renewed
  [ "$(serial)" != "$before" ]
  before=$(serial)
  echo nonsense >tls/server.crt
  kill -HUP "$CONSOLED"
  wait_until 5 file_has consoled.err "server.crt: "
  file_has consoled.err 'global.ssl_cert_file: '
  wait_until 5 file_has consoled.err 'reload: nothing is changed'
  [ "$(serial)" = "$before" ]
}
