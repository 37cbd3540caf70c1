# lineman: the front door, and the tour of README.md.
load helper

setup() {
  lm_setup
  mkdir -p "$T/state/home/autostart"
}

job() {
  printf '#!/bin/sh\n%s\n' "$2" >"$T/state/home/autostart/$1"
  chmod 755 "$T/state/home/autostart/$1"
}
is_up() { ptybufferd -c "$1" || [ $? -eq 42 ]; }

# tour_of COMMANDS: a file with such a tour, in tour.md.
tour_of() { printf '# x\n```sh\nfalse\n```\n<!-- tour -->\ntext\n```sh\n%s\n```\n```\nfalse\n```\n<!-- end of tour -->\n```sh\nfalse\n```\n' "$1" >tour.md; }

@test "env: lines for a shell, whatever the folder is called" {
  LINEMAN_RUNTIME="$T/it's a run" run lineman env
  assert_success
  eval "$output"
  assert_equal "$LINEMAN_RUNTIME" "$T/it's a run"
  assert_equal "$LINEMAN_STATE" "$T/state"
  assert_equal "$LINEMAN_CONFIG" "$T/config"
}

@test "env: from the build folder everything lies below it, and its programs come first" {
  run env -i "$BUILD/bin/lineman" env
  assert_success
  run env -i sh -c "$output; echo \$LINEMAN_RUNTIME; echo \$LINEMAN_STATE; echo \$LINEMAN_CONFIG; command -v lineman"
  assert_output "$BUILD/run/run
$BUILD/run/state
$BUILD/run/config
$BUILD/bin/lineman"
}

@test "env: installed, the folders are the user's own" {
  mkdir bin && cp "$BUILD/bin/lineman" bin/
  run env -i HOME="$T/home" bin/lineman env
  assert_success
  if [ "$(id -u)" -eq 0 ]; then
    assert_line "export LINEMAN_RUNTIME='/run/lineman'"
    assert_line "export LINEMAN_STATE='/var/lib/lineman'"
    assert_line "export LINEMAN_CONFIG='/etc/lineman'"
  else
    assert_line "export LINEMAN_RUNTIME='/var/tmp/lineman-$(id -u)'"
    assert_line "export LINEMAN_STATE='$T/home/.local/state/lineman'"
    assert_line "export LINEMAN_CONFIG='$T/home/.config/lineman'"
  fi
  run env -i STATE_DIRECTORY=/a/b:/c RUNTIME_DIRECTORY=/r bin/lineman env
  assert_line "export LINEMAN_STATE='/a/b'"
  assert_line "export LINEMAN_RUNTIME='/r'"
}

@test "up starts the jobs below the build folder, down ends everything and waits for it" {
  job one.sh 'sleep 1000'
  ptybufferd --name two sleep 1000
  run lineman up
  assert_success
  assert_line "started one"
  assert_line "up: $T/run"
  is_up "$T/run/autostart/one.sock"
  run lineman up
  assert_output "up: $T/run"
  run lineman down
  assert_success
  assert_output ""
  run nothing_left
  assert_success
  assert_not_exists "$T/run/two.sock"
  assert_not_exists "$T/run/autostart/one.ctl"
}

@test "down removes dead sockets, and says what does not end" {
  ptybufferd --name dead sleep 1000
  ptybufferd --name stuck sleep 1000
  local dead stuck
  dead=$(ctl_get dead .pid)
  stuck=$(ctl_get stuck .pid)
  kill -9 "$dead"
  wait_until 5 pid_gone "$dead"
  kill -STOP "$stuck"
  run lineman down -t 1
  assert_failure 1
  assert_output --partial "still running: $T/run/stuck.sock"
  assert_not_exists "$T/run/dead.sock"
}

# --- consoled

console_is() { [ "$(conctl status -j "$1" | jq -r .state)" = "$2" ]; }

@test "up consoled starts one that outlives us, once; down consoled ends it, and nothing else" {
  ptybufferd --name job sleep 1000
  run timeout 20 lineman up consoled
  assert_success
  assert_output "up: $T/run/consoled.ctl"
  local pid
  pid=$(ctl_get consoled .pid)
  assert_equal "$(ps -o sid= -p "$pid" | tr -d ' ')" "$pid"
  run lineman up consoled
  assert_success
  assert_equal "$(ctl_get consoled .pid)" "$pid"
  assert_equal "$(stat -c %a state/consoled.log)" 600
  conctl create shell driver=cmd --param cmd=sh --param persist=true
  wait_until 5 console_is shell connected
  run ptyattach
  assert_output --partial 'job'
  refute_output --partial 'consoled'
  run lineman down consoled
  assert_success
  assert_output ""
  wait_until 5 pid_ended "$pid"
  is_up "$T/run/job.sock"
  is_up "$T/run/persist/shell.sock"
  lineman up consoled
  wait_until 5 console_is shell connected
  run lineman status
  assert_output "all is well: 3 running"
  run lineman down
  assert_success
  run nothing_left
  assert_success
}

@test "status names a logger whose receiver is away, and how much waits for it" {
  echo "console: {logger: {unix: [{name: far, path: $T/none.sock}]}}" >config/consoled.conf
  lineman up consoled
  conctl create n1 driver=cmd --param "cmd=sh -c 'echo four; exec cat'"
  wait_until 5 sh -c "lineman status | grep -qxF 'consoled: logger far: $T/none.sock: No such file or directory: 6 bytes wait for it'"
  run lineman status
  assert_failure 1
}

@test "up consoled says why it does not start: what is new in its log" {
  echo 'an old line' >state/consoled.log
  echo 'api: {prot: 1}' >config/consoled.conf
  run lineman up consoled
  assert_failure 111
  refute_output --partial 'an old line'
  assert_line --partial 'consoled.conf:1:7: api.prot: no such key; did you mean port?'
  assert_line "lineman: consoled does not start: its log is $T/state/consoled.log"
}

@test "status: consoles that are down are named, three of them; and mistakes for the next start" {
  lineman up consoled
  local n
  for n in 1 2 3 4 5; do conctl create "c$n" driver=unix --param "socket=$T/none$n"; done
  wait_until 5 console_is c5 waiting
  echo 'api: {prot: 1}' >config/consoled.conf
  run lineman status
  assert_failure 1
  assert_line --index 0 "c1: down: $T/none1: No such file or directory"
  assert_line --index 2 --partial "c3: down: "
  assert_line --index 3 "consoled: 2 more consoles are down: conctl status"
  assert_line --index 4 --partial "consoled: $T/config/consoled.conf:1:7: api.prot: no such key"
  assert_equal "${#lines[@]}" 5
}

@test "status: a consoled that was killed" {
  lineman up consoled
  local pid
  pid=$(ctl_get consoled .pid)
  kill -9 "$pid"
  wait_until 5 pid_ended "$pid"
  run lineman status
  assert_failure 1
  assert_output "consoled: dead socket $T/run/consoled.sock: its daemon was killed: start it again, or remove the file"
  lineman up consoled
  run lineman status
  assert_output "all is well: 1 running"
}

# --- status

@test "status: all is well" {
  ptybufferd --name good sleep 1000
  job one.sh 'sleep 1000'
  lineman up
  run lineman status
  assert_success
  assert_output "all is well: 2 running"
}

@test "status: nothing there is well, too" {
  run lineman status
  assert_success
  assert_output "all is well: 0 running"
}

@test "status: a dead socket, a job that should run, one that was never started" {
  ptybufferd --name dead sleep 1000
  job one.sh 'sleep 1000'
  lineman up
  kill -9 "$(ctl_get dead .pid)"
  ctl autostart/one stop || ctl "$T/run/autostart/one.sock" stop
  wait_until 5 absent "$T/run/autostart/one.sock"
  job new.sh 'sleep 1000'
  run lineman status
  assert_failure 1
  assert_line "dead: dead socket $T/run/dead.sock: its daemon was killed: start it again, or remove the file"
  assert_line "one: not running: ptyautostart starts it"
  assert_line "new: never started: is ptyautostart in the crontab?"
  assert_equal "${#lines[@]}" 3
}

@test "status: a daemon that does not answer" {
  ptybufferd --name stuck sleep 1000
  kill -STOP "$(ctl_get stuck .pid)"
  run lineman status
  assert_failure 1
  assert_line --partial "stuck: does not answer on $T/run/stuck.ctl"
}

@test "status: a job that ends again and again" {
  ptybufferd -R --name loop false
  looping() { run lineman status && false || [[ $output == *"loop: "*"again and again"* ]]; }
  wait_until 20 looping
}

@test "status: more than ten things are ten lines" {
  local n
  for n in $(seq 12); do job "j$n.sh" true; done
  run lineman status
  assert_failure 1
  assert_equal "${#lines[@]}" 10
  assert_line "and 3 more"
}

# --- tour

@test "tour: every command of README.md's tour works" {
  run --separate-stderr timeout 120 lineman tour --once "$LM_ROOT/README.md"
  echo "$output"
  echo "$stderr"
  assert_success
  assert_equal "$(grep -c '^\$ ' <<<"$output")" "$(tour_lines | wc -l)"
  assert [ "$(tour_lines | wc -l)" -ge 8 ]
  run nothing_left
  assert_success
}

# What README.md shows, found another way than lineman does.
tour_lines() {
  sed -n '/^<!-- tour -->/,/^<!-- end of tour -->/p' "$LM_ROOT/README.md" | sed -n '/^```sh/,/^```/p' |
    grep -v '^```' | grep -v '\\$' # what goes on in the next line is one command
}

@test "tour: shows each command and then what it printed; only what is fenced as sh between the marks" {
  tour_of $'echo one; echo two\nprintf \'%s-%s\\n\' \\\n  a b'
  run lineman tour --once tour.md
  assert_success
  assert_output --partial $'\n$ echo one; echo two\none\ntwo\n'
  assert_output --partial $'\na-b\n'
  refute_output --partial '$ false'
}

@test "tour --once: a command that fails makes it fail, and the rest is run all the same" {
  tour_of $'ptybufferd --name x sleep 1000\nexit 7\necho after'
  run --separate-stderr lineman tour --once tour.md
  assert_failure 1
  assert_line after
  [[ $stderr == *"status 7: exit 7"* ]] || fail "$stderr"
  run nothing_left
  assert_success
}

@test "tour: stays up until Ctrl-C, then ends everything" {
  tour_of 'ptybufferd --name x sleep 1000'
  mkfifo keys
  start_bg sh -c 'exec socat - "EXEC:lineman tour tour.md,pty,ctty,setsid,stderr" <>keys >out 2>&1'
  wait_until 20 file_has out "until Ctrl-C"
  wait_until 5 file_has out "  ptyattach"
  run grep conctl out
  assert_failure # there is no consoled
  is_up "$T/run/x.sock"
  printf '\003' >keys
  wait_until 20 file_has out "ending what runs"
  wait_until 20 absent "$T/run/x.sock"
  gone() { ! pgrep -f "lineman tour tour.md" >/dev/null || nothing_left; }
  wait_until 20 gone
}

@test "tour: what it tells another terminal to type works there" {
  tour_of 'ptybufferd --name x sleep 1000'
  start_bg sh -c 'exec lineman tour tour.md >out 2>&1'
  local tour=$BG
  wait_until 20 file_has out "  ptyattach"
  sed -n '/another terminal/,$p' out | sed 1d | grep -v ptyattach >join
  run env -i HOME="$HOME" sh -c '. ./join && ptybufferd -c "$LINEMAN_RUNTIME/x.sock"'
  assert_failure 42
  kill -TERM "$tour"
  wait "$tour"
}

@test "tour: not where something runs already" {
  ptybufferd --name mine sleep 1000
  tour_of 'echo no'
  run lineman tour --once tour.md
  assert_failure 111
  assert_output --partial 'in use: end it first with "lineman down"'
  is_up "$T/run/mine.sock"
}

@test "tour: a runtime folder too long for sockets is said to be so" {
  tour_of true
  LINEMAN_RUNTIME=$T/$(printf 'x%.0s' $(seq 80)) run lineman tour --once tour.md
  assert_failure 111
  assert_output --partial "too long for the sockets in it: set LINEMAN_RUNTIME"
}

@test "tour: a file without one" {
  echo nothing >empty.md
  run lineman tour --once empty.md
  assert_failure 111
  assert_output --partial "empty.md: no tour there"
}

# --- usage

@test "wrong use is status 100 with the way to the help" {
  for words in '' frobnicate 'up now' '--once up' '-x' 'tour a b' 'up -t 1' 'down -t x' 'down -t'; do
    # shellcheck disable=SC2086
    run --separate-stderr lineman $words
    assert_failure 100
    [[ $stderr == *"see lineman --help" ]] || fail "$words: $stderr"
  done
}

@test "the examples of the manual" {
  manual_examples lineman.1 >"$T/examples"
  grep -q 'lineman status' "$T/examples"
  run sh -eu "$T/examples"
  assert_success
}
