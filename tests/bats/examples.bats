# Every file in examples/ is run; those of examples/queue by lineman_redis.bats.
load helper

@test "every example has a test" {
  local file
  for file in "$LM_ROOT"/examples/*; do
    grep -qF "examples/${file##*/}" "$LM_ROOT"/tests/bats/*.bats || fail "$file: nobody runs it"
  done
}

started_twice() { [ "$(ctl_get "$1" .starts)" = 2 ]; }

@test "examples/crontab starts examples/clock.-RS24x80-.sh as cron does, once" {
  mkdir "$HOME/autostart"
  cp "$LM_ROOT/examples/clock.-RS24x80-.sh" "$HOME/autostart"
  local line command
  line=$(grep -v '^#' "$LM_ROOT/examples/crontab")
  command=${line#'* * * * * '}
  [ "$command" != "$line" ]
  mkdir "$HOME/bin" && ln -s "$BUILD"/bin/* "$HOME/bin"
  for _ in 1 2; do
    run cronlike LINEMAN_RUNTIME="$LINEMAN_RUNTIME" PATH="$HOME/bin:/usr/bin:/bin" sh -c "$command"
    assert_success
    assert_output ""
  done
  job=$LINEMAN_RUNTIME/autostart/clock.-RS24x80-.sock
  assert_equal "$(ctl_get "$job" .rows)" 24
  run once "$job" 'who\n' 1
  assert_output --partial 'and not: who'
  assert_output --partial "$(date +%Y)"
  echo quit | ptyattach -q "$job"
  wait_until 10 started_twice "$job"
}

@test "examples/private-sshd.sh lets in who has its key, on loopback, and nobody else" {
  # shellcheck disable=SC2016
  start_bg sh -c 'exec "$0" sshd >sshd.out 2>&1' "$LM_ROOT/examples/private-sshd.sh"
  wait_until 10 file_has sshd.out 'listening on 127.0.0.1'
  local port
  port=$(cat sshd/port)
  there() {
    ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes \
      -o UserKnownHostsFile="$T/sshd/known_hosts" -p "$port" "$@"
  }
  run there -i sshd/key 127.0.0.1 'echo $((6 * 7))'
  assert_success
  assert_output 42
  ssh-keygen -q -t ed25519 -N '' -f stranger
  run there -i stranger 127.0.0.1 true
  assert_failure 255
  run ss -Hltn "sport = :$port"
  assert_output --partial "127.0.0.1:$port"
  assert_equal "${#lines[@]}" 1
  run find sshd -type f -perm /077
  assert_output ""
}

@test "examples/private-sshd.sh says so where passwd has no login shell for the user" {
  [ "$(id -u)" = 0 ] || skip "needs root, to be somebody else"
  run -111 setpriv --reuid=nobody --regid=nogroup --clear-groups sh -s sshd <"$LM_ROOT/examples/private-sshd.sh"
  assert_output --partial 'nobody can log in as nobody: /usr/sbin/nologin, the shell in passwd, runs nothing'
}

viewed() { [ "$(ctl_get "$1" .viewers)" -ge 1 ]; }

@test "examples/on-word.sh runs a command for each line with the word, and ends with the job" {
  ptybufferd -q job.sock sh -c 'while read -r line; do case $line in end) exit ;; esac; done'
  start_bg timeout $((20 * LM_PATIENCE)) "$LM_ROOT/examples/on-word.sh" "$T/job.sock" 'link down' \
    tee -a seen
  watcher=$BG
  wait_until 5 viewed ./job.sock
  printf 'port 1 up\nport 2 link down\nport 3 up\nport 4 link down\nend\n' | ptyattach ./job.sock
  wait "$watcher"
  run tr -d '\r' <seen
  assert_output $'port 2 link down\nport 4 link down'
}

# follow COUNT: follow.py until it has so many lines.
follow() {
  # shellcheck disable=SC2016
  start_bg sh -c 'exec "$0" "$PWD/job.ctl" place >>got 2>>follow.err' "$LM_ROOT/examples/follow.py"
  wait_until 10 file_has got "line $1."
  kill "$BG"
  wait "$BG" || true
}

@test "examples/follow.py prints each byte once, over its own end and a new start" {
  ptybufferd -q -o job.out job.sock sh -c 'stty -echo; i=0; while read -r n; do
    while [ $n -gt 0 ]; do i=$((i + 1)) n=$((n - 1)); echo "line $i."; done; done'
  local round
  for round in 1 2 3; do
    echo 1000 | ptyattach -q ./job.sock
    follow "${round}000"
  done
  wait_until 5 file_has job.out 'line 3000.'
  run cmp got job.out
  assert_success
  assert_equal "$(cat follow.err)" ""
  # Another start of the daemon has another epoch.
  ctl ./job.sock stop
  wait_until 5 absent job.sock
  ptybufferd -q job.sock sh -c 'echo "line 4000."; sleep 60'
  follow 4000
  assert_equal "$(cat follow.err)" "follow.py: the job's daemon was started anew"
}

@test "examples/logrotate.conf: its command makes the daemons open their files anew" {
  ptybufferd -q --name job -o "$T/job.out" sh -c 'while read -r line; do echo "got $line"; done'
  echo one | ptyattach job
  wait_until 5 file_has job.out 'got one'
  mv job.out job.out.1
  sed -n '/postrotate/,/endscript/p' "$LM_ROOT/examples/logrotate.conf" | sed -e '1d;$d' \
    -e "s|/run/lineman|$LINEMAN_RUNTIME|" >rotate.sh
  run sh -eu rotate.sh
  assert_success
  assert_output ""
  echo two | ptyattach job
  wait_until 5 file_has job.out 'got two'
  run grep -c 'got two' job.out.1
  assert_output 0
  run -0 logrotate -d "$LM_ROOT/examples/logrotate.conf"
}
