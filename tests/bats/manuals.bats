# The EXAMPLES of the manual pages are run as they stand: what is between .Bd and .Ed, in one shell
# for each page, in a private folder. There is nothing else in EXAMPLES that looks like a command.
load helper
load consoled

# section PAGE NAME: the lines of one section.
section() { awk -v name="$2" '/^\.Sh /{on = index($0, name)} on' "$LM_ROOT/man/$1"; }

# run_examples PAGE: with standard input from /dev/null and, at first, no terminal.
run_examples() {
  manual_examples "$1" >"$T/examples"
  [ -s "$T/examples" ] || fail "$1: no examples"
  run timeout $((20 * LM_PATIENCE)) sh -exu "$T/examples" </dev/null
  assert_success
}

@test "the examples of every page are run by a test" {
  local page
  for page in "$LM_ROOT"/man/*.[1-8]; do
    page=${page##*/}
    run awk '/^\.Sh /{on = /EXAMPLES/} on && /^\.D[l1]/' "$LM_ROOT/man/$page"
    assert_output ""
    manual_examples "$page" >"$T/examples"
    [ -s "$T/examples" ] || continue
    grep -qE "(run_examples|manual_examples).*[ \"]$page" "$LM_ROOT"/tests/bats/*.bats "$LM_ROOT"/tests/unit/*.cc ||
      fail "$page: nobody runs its examples"
  done
}

@test "ptyattach(1): the examples" {
  run_examples ptyattach.1
  assert_line --regexp '^clock +running '
  assert_line --partial 'got hello'
  assert_line --regexp '^clock: .+'
}

@test "lineman(7): the examples" {
  run_examples lineman.7
  assert_line disk
  assert_line --partial Filesystem
  assert_line --partial 'ok":true'
  wait_until 5 nothing_left
}

@test "ptybufferd(8): the examples" {
  # The serial line is a pty, whose other end is a switch that says one thing.
  start_bg socat pty,raw,echo=0,link="$T/ttyUSB0",ignoreeof system:'echo login; cat >typed; true'
  wait_until 5 test -e "$T/ttyUSB0"
  manual_examples ptybufferd.8 | sed "s|/dev/ttyUSB0|$T/ttyUSB0|" >"$T/examples"
  run timeout $((20 * LM_PATIENCE)) sh -exu "$T/examples" </dev/null
  assert_success
  assert_line --partial 'got hello'
  assert_line --partial '"running":true'
  wait_until 5 grep -q '^20.*login' switch.out
  [ -S job.sock ]
  echo admin | ptyattach ./switch.sock
  wait_until 5 file_has typed admin
}

@test "conctl(1): the examples" {
  start
  run_examples conctl.1
  assert_line shell
  assert_line later
  assert_line --regexp '^shell +cmd +connected '
  assert_line 'shell: sent'
  assert_line --partial 'over'
  assert_line --regexp '^later: .*to both'
  assert_line 'later: Created'
  [ "$(jq -r .shell.Labels.rack nodes.json)" = 4 ]
  wait_until 5 file_has "$LINEMAN_STATE/consoled/shell.log" 'sum 42'
}

# What the sources of the configuration have in quotes are its keys, and words of their values.
@test "consoled.conf(5) has every key that is read, and no other" {
  local page=$LM_ROOT/man/consoled.conf.5 sources key
  sources=("$LM_ROOT"/tools/consoled/config.cc "$LM_ROOT"/tools/consoled/config_loggers.cc)
  grep -ohE '"[a-z][a-z_]*[a-z]"' "${sources[@]}" | tr -d '"' | sort -u >"$T/read"
  [ "$(wc -l <"$T/read")" -gt 60 ]
  while read -r key; do grep -qF "$key" "$page" || fail "not in the page: $key"; done <"$T/read"
  sed -n 's/^\.It Va //p' "$page" | tr -d ',' | tr ' ' '\n' | grep . | sort -u >"$T/said"
  [ "$(wc -l <"$T/said")" -gt 45 ]
  while read -r key; do grep -qxF "${key#ssl_}" "$T/read" || grep -qxF "$key" "$T/read" || fail "nobody reads: $key"; done <"$T/said"
}

@test "consoled(8) has every command of its control socket" {
  start
  ctl consoled.sock help | jq -r '.commands[], "help"' >commands
  [ "$(wc -l <commands)" -gt 15 ]
  section consoled.8 'CONTROL SOCKET' | grep -E '^\.(It )?Cm ' | tr ' ' '\n' >page
  while read -r command; do grep -qxF "$command" page || fail "not in the page: $command"; done <commands
}

@test "every route of ours is in consoled(8) or lineman-web(7)" {
  grep -ohE 'add\("[A-Z]+", "/(v1|metrics|session|ws)[^"{]*' "$LM_ROOT"/tools/consoled/*.cc |
    sed -E 's/add\("([A-Z]+)", "/\1 /' | sort -u >routes
  [ "$(wc -l <routes)" -gt 12 ]
  # A line of several: the method counts for all.
  cat "$LM_ROOT"/man/consoled.8 "$LM_ROOT"/man/lineman-web.7 | grep -E '^\.(It )?(Ic|Pa) ' | awk '{
    method = "GET"
    for (i = 2; i <= NF; i++) if ($i ~ /^(GET|PUT|POST|DELETE)$/) method = $i
      else if ($i ~ /^\//) { sub(/\?.*/, "", $i); print method, $i }
  }' >page
  while read -r route; do grep -qxF "$route" page || fail "in no page: $route"; done <routes
}

@test "conctl(1) has every command, and conctl(1) or conlog(1) the options of each" {
  local command option page
  # "who|status|events [CONSOLES] ...", "version | help [COMMAND]"
  conctl help | sed -nE 's/^  ([a-z|]+)[^|]*(\| ([a-z]+))?.*/\1|\3/p' | tr '|' '\n' | grep . >commands
  [ "$(wc -l <commands)" -gt 18 ]
  while read -r command; do
    grep -qE "^\.It Cm ([a-z]+ , )*$command( |$)" "$LM_ROOT/man/conctl.1" || fail "not in the page: $command"
    page=conctl.1
    [ "$command" != log ] || page=conlog.1
    for option in $(conctl "$command" --help | sed -nE 's/^ {2,6}(-.)?(, )?-(-[a-z-]+).*/\3/p'); do
      grep -qE "Fl ([a-zA-Z1] , )?$option( |$)" "$LM_ROOT/man/$page" || fail "$command: not in $page: -$option"
    done
  done <commands
}

@test "lineman-redis(7) has every script" {
  local script
  for script in "$LM_ROOT"/lib/{queue,redis}/*.lua; do
    script=${script##*/}
    grep -qE "Ic (FCALL lineman_redis_)?${script%.lua}( |$)" "$LM_ROOT/man/lineman-redis.7" || fail "not in the page: $script"
  done
}

@test "lineman-web(7): the examples" {
  start
  run_examples lineman-web.7
  assert_line --partial '"token":"'
}

# Each is a daemon in the foreground, so each is started by itself, in the order of the page. The
# guest's pty is socat's; the service is enabled below a folder, where no service manager runs.
@test "consoled(8): the examples" {
  local line page
  configure
  mkdir -p root/etc/systemd/system root/usr/lib/systemd
  make -s -C "$LM_ROOT" BUILD="$BUILD" -o all install PREFIX="$T/i" >/dev/null
  cp -r i/lib/systemd/system root/usr/lib/systemd/
  start_bg socat pty,raw,echo=0,link="$T/guest",ignoreeof system:'echo booted; cat >typed; true'
  wait_until 5 test -e guest
  page=$(free_port)
  manual_examples consoled.8 | sed -e "s|/etc/goconserver|$T|" -e "s|--now|--root=$T/root|" \
    -e "s|/dev/pts/3|$T/guest|" -e "s|8080|$page|" >examples
  [ "$(wc -l <examples)" = 4 ]
  while read -r line; do
    start_bg sh -c "exec $line" >>said 2>>consoled.err
    # What is no daemon ends.
    [[ $line != *--check && $line != systemctl* ]] || wait "$BG"
  done <examples
  run cat said
  assert_output "$T/server.conf: ok"
  wait_until 10 ctl consoled.sock status
  run rest GET /nodes
  assert_line '{"nodes":[]}'
  run find root/etc -name 'consoled.*' -printf '%P '
  assert_output --partial sockets.target.wants/consoled.socket
  assert_output --partial multi-user.target.wants/consoled.service
  wait_until 10 file_has guest.log booted
  run curl -s "http://127.0.0.1:$page/web/"
  assert_output --partial '<title>'
}
