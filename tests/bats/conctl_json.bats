# conctl -j: whatever is asked, what comes on stdout is JSON, errors too; nothing is on stderr.
load helper
load consoled

# json STATUS WORDS...: the command, in the background's way of reading: all of stdout is JSON.
json() {
  local want=$1 status=0
  shift
  timeout 20 conctl "$@" >said 2>complained </dev/null || status=$?
  [ "$status" -eq "$want" ] || fail "conctl $*: status $status, not $want: $(cat said complained)"
  jq -e . said >/dev/null || [ ! -s said ] || fail "conctl $*: not JSON: $(cat said)"
  [ ! -s complained ] || fail "conctl $*: on stderr: $(cat complained)"
}
# has JQ: of each line; so that there is one.
has() { jq -se "length > 0 and all(.[]; $1)" said >/dev/null || fail "not so: $1: $(cat said)"; }
# refused STATUS CODE TEXT WORDS...: one error, of that code, that says so.
refused() {
  local status=$1 code=$2 text=$3
  shift 3
  json "$status" "$@"
  has ".error.code == \"$code\" and (.error.message | contains(\"$text\"))"
  assert_equal "$(wc -l <said)" 1
}
# every: the names of all commands but console and help.
every() { conctl help | sed -n '/Commands:/,/^CONSOLES/p' | sed -n 's/^  \([a-z|]*\) .*/\1/p;s/.*| import.*/import/p' |
  tr '|' '\n' | grep -vx -e console -e help -e version; }

@test "-j: each command's answer is JSON" {
  start
  json 0 -j create n1 driver=cmd --param cmd=cat --label rack=3
  has '.name == "n1" and .ok and .result == "Created"'
  conctl create n2 driver=cmd ondemand=true --param cmd=cat >/dev/null
  wait_until 10 is_up n1
  json 0 list -j
  has '.name and .state'
  assert_equal "$(wc -l <said)" 2
  json 0 show -j n1
  has '.StorageNode.params.cmd == "cat"'
  json 0 edit n1 --label rack=4 -j
  has '.result == "Updated"'
  wait_until 10 is_up n1
  json 0 -j send n1 words
  has '.consoles == ["n1"]'
  json 0 -j tell 'n*' words
  json 0 -j note n1 a note
  has '.consoles == ["n1"]'
  json 0 -j break n1 1
  json 1 -j send 'n*' words
  has '.consoles == ["n1"] and (.failed.n2 | contains("not connected"))'
  wait_until 5 grep -q words "$LINEMAN_STATE/consoled/n1.log"
  json 0 -j log n1
  has '.node == "n1"'
  start_bg sh -c 'sleep 60 | conctl console n1 >got 2>&1'
  wait_until 10 sh -c 'conctl who n1 | grep -q n1'
  json 0 -j who
  has '.viewer > 0 and .face == "control"'
  json 0 -j kick n1 "$(jq .viewer said)"
  has '.console == "n1"'
  json 0 -j status
  has '.console and .driver == "cmd"'
  json 0 -j down n1
  has '.consoles == ["n1"]'
  json 0 -j reconnect n1
  json 0 -j logging 'n*' off
  has '.ok and .result == "Updated"'
  json 0 -j export
  has '.n1.name == "n1" and .n2.ondemand'
  cp said nodes.json
  json 1 -j import nodes.json
  has '.ok == false and .name'
  json 0 -j drivers
  has '.driver and .param'
  json 0 -j version
  has '.version'
  json 0 -j batch
  json 0 -j delete 'n*'
  has '.result == "Deleted"'
  json 0 -j list
  json 0 -j status
  run timeout 20 sh -c 'echo status | conctl -j batch | jq -e .ok'
  assert_success
}

@test "-j: events are JSON, whatever ends them" {
  start
  start_bg sh -c 'exec conctl -j events >events 2>complained'
  wait_until 10 sh -c 'conctl create n1 driver=cmd ondemand=true --param cmd=cat; conctl delete n1; [ -s events ]'
  end TERM
  wait_until 10 pid_ended "$BG"
  jq -e '.event and .time' events
  assert_equal "$(cat complained)" ""
}

@test "-j: without a consoled every command says so in JSON" {
  local command words
  for command in $(every); do
    case $command in
      create) words='n1 driver=cmd' ;;
      logging) words='n1 on' ;;
      kick) words='n1 7' ;;
      send | tell | note) words='n1 text' ;;
      show | edit | delete | log | break | down | reconnect) words=n1 ;;
      import) words=nodes.json ;;
      *) words= ;;
    esac
    echo '{}' >nodes.json
    # shellcheck disable=SC2086
    refused 111 io "no consoled at $LINEMAN_RUNTIME/consoled.sock" -j "$command" $words
  done
  refused 111 io 'no consoled at ' console -j n1
  [ "$(every | wc -l)" -ge 18 ]
}

@test "-j: wrong use is JSON, of options, of commands, and of what is missing" {
  local command
  refused 100 usage '--bogus: no such option' --bogus -j list
  refused 100 usage '--bogus: no such option' -j --bogus list
  refused 100 usage 'expected a command' -j
  refused 100 usage 'frobnicate: no such command' -j frobnicate
  refused 100 usage 'frobnicate: no such command' frobnicate -j
  refused 100 usage 'frobnicate: no such command' -j help frobnicate
  refused 100 usage '--timeout: ' -j --timeout never list
  CONGO_SSL_INSECURE=yes CONGO_URL=https://127.0.0.1:1 refused 100 usage CONGO_SSL_INSECURE -j list
  for command in $(every) console; do
    refused 100 usage '--bogus: no such option' "$command" --bogus -j
  done
  for command in show create edit delete logging kick send tell note break down reconnect log console; do
    refused 100 usage "usage: conctl $command" -j "$command"
  done
  for command in batch web version; do
    refused 100 usage "usage: conctl $command" "$command" word -j
  done
  refused 100 usage 'drivr=: ' -j create n1 drivr=cmd
  refused 100 usage 'expected on or off' -j logging n1 sideways
  refused 100 usage 'viewer: ' -j kick n1 x
  refused 100 usage 'break sequence: ' -j break n1 77
  refused 100 usage '--escape: ' -j console -e x n1
  refused 100 usage '--lines: ' -j log -n x n1
}

@test "-j: a server that cannot be reached is io and 111, no console that is not found" {
  CONGO_URL=http://127.0.0.1:$(free_port) refused 111 io '' -j list
  CONGO_URL=http://nowhere.invalid:80 refused 111 io nowhere.invalid -j list
}

@test "-j: what the server refuses is JSON, with its code; a refused console too" {
  start
  conctl create n1 driver=cmd ondemand=true --param cmd=cat >/dev/null
  conctl create n2 driver=cmd ondemand=true --param cmd=cat >/dev/null
  refused 1 busy 'is already exist' -j create n1 driver=cmd --param cmd=cat
  refused 1 bad_input 'Please specify' -j create n3 driver=ssh --param host=h
  refused 1 not_found 'zz' -j show zz
  refused 1 not_found 'zz: no such name' -j list zz
  refused 1 not_found 'zz: no such name' -j delete zz,yy
  refused 1 not_found 'zz: no such name' -j logging zz on
  refused 1 not_found 'zz: no such name' -j edit zz --label a=b
  refused 1 not_found 'zz: no such name' -j log zz
  refused 1 not_found 'zz: no such name' -j export zz
  local command
  for command in status who break down reconnect; do
    refused 1 not_found 'zz: no such name' -j "$command" zz
  done
  for command in send tell note; do
    refused 1 not_found 'zz: no such name' -j "$command" zz text
  done
  refused 1 not_found 'no viewer 999' -j kick n1 999
  refused 1 closed 'not connected' -j send n1 text
  refused 1 closed 'conctl logging n1 on' -j reconnect n1
  refused 1 bad_input 'text' -j tell n1 "$(printf 'x%.0s' {1..400})"
  refused 1 not_found 'no port for pages' -j web
  refused 1 not_found 'missing.json' -j import missing.json
  echo '[1]' >wrong.json
  refused 1 bad_input 'wrong.json: ' -j import wrong.json
  EDITOR=false refused 1 denied 'nothing was changed' -j edit n1
  EDITOR='sed -i 1d' refused 1 bad_input 'your text is in ' -j edit n1
  refused 1 not_found 'zz: no such name' console -j zz
  refused 1 not_found 'zz: no such name' console -j n1,zz
  end KILL
  start_bg python3 -c '
import os, socket
def listen(name):
    s = socket.socket(socket.AF_UNIX); path = os.environ["LINEMAN_RUNTIME"] + "/" + name
    if os.path.exists(path): os.unlink(path)
    s.bind(path); s.listen(); return s
http, ctl = listen("consoled.sock"), listen("consoled.ctl")
nodes = b"{\"nodes\":[{\"name\":\"n1\",\"host\":\"h\",\"state\":\"connected\"}]}"
if os.fork():
    while True:
        c, _ = http.accept(); c.recv(4096)
        c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(nodes) + nodes); c.close()
while True:
    c, _ = ctl.accept()
    if c.recv(4096): c.sendall(b"{\"error\":{\"code\":\"busy\",\"message\":\"n1: full\"}}\n")
    c.close()'
  wait_until 10 sh -c 'conctl list | grep -q n1'
  refused 1 busy 'n1: full' console -j n1
}
