# qput and qwait joined with others: the examples, hcloud-console's shell loops, a unit, two machines.
load helper

redis() { redis-cli -s "$T/run/redis.sock" "$@"; }
lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }
has() { [ "$(qwait -w "$1" -j --stats | jq ".$2")" = "$3" ]; }

# double NAME TEXT: a program of that name that runs TEXT.
double() {
  mkdir -p bin
  printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
  chmod +x "bin/$1"
  PATH=$T/bin:$PATH
}

@test "hcloud-console's loop runs unchanged: one call for a burst" {
  # Its lines, with qwait in place of ./server.py wait.
  cat >loop <<'END'
process_signal() { echo "got $msg" >>seen; }
qwait | while read -r msg; do while read -rt0.01 ignore; do :; done; process_signal; done
END
  start_bg bash loop
  wait_until 5 waiting
  qput one two three
  wait_until 5 file_has seen 'got one'
  qput later
  wait_until 5 file_has seen 'got later'
  run cat seen
  refute_output --partial two
}

@test "push, pull and next: -w with -n 1, with and without -t 0" {
  qput -w cmd 'start web1'
  run qwait -w cmd -n 1 -t 0
  assert_success
  assert_output 'start web1'
  run qwait -w cmd -n 1 -t 0
  assert_failure 1
  assert_output ""
  start_bg sh -c 'qwait -w cmd -n 1 >next'
  wait_until 5 waiting
  qput -w cmd 'stop web1'
  wait_until 5 file_has next 'stop web1'
}

@test "examples/alert.sh: one mail for a burst, none lost while it does not run" {
  # shellcheck disable=SC2016
  double mail 'echo "$*" >>mails; cat >>bodies'
  start_bg "$LM_ROOT/examples/alert.sh" root
  wait_until 5 waiting
  qput -q alerts 'disk full' 'disk full still'
  wait_until 5 file_has mails '-s alert: disk full root'
  kill "$BG"
  wait "$BG" || true
  qput -q alerts 'fan stopped'
  start_bg "$LM_ROOT/examples/alert.sh" root
  wait_until 5 file_has mails '-s alert: fan stopped root'
  assert_equal "$(wc -l <mails)" 2
}

@test "examples/on-signal.sh: a cron job that acts when it was signalled, once for many" {
  run "$LM_ROOT/examples/on-signal.sh" new touch ran
  assert_success
  [ ! -e ran ]
  qput -q new a b c
  run "$LM_ROOT/examples/on-signal.sh" new sh -c 'echo x >>ran'
  assert_success
  run "$LM_ROOT/examples/on-signal.sh" new sh -c 'echo x >>ran'
  assert_success
  assert_equal "$(wc -l <ran)" 1
  start_bg env WAIT=30 "$LM_ROOT/examples/on-signal.sh" new touch waited
  wait_until 5 waiting
  qput -q new d
  wait_until 5 test -e waited
}

@test "examples/on-signal.sh and qput work from cron's environment" {
  cronlike LINEMAN_RUNTIME="$LINEMAN_RUNTIME" LINEMAN_STATE="$LINEMAN_STATE" PATH="$BUILD/bin:/usr/bin:/bin" \
    "$LM_ROOT/examples/on-signal.sh" new true
  cronlike LINEMAN_RUNTIME="$LINEMAN_RUNTIME" LINEMAN_STATE="$LINEMAN_STATE" "$BUILD/bin/qput" -q new x
  run cronlike LINEMAN_RUNTIME="$LINEMAN_RUNTIME" LINEMAN_STATE="$LINEMAN_STATE" \
    PATH="$BUILD/bin:/usr/bin:/bin" "$LM_ROOT/examples/on-signal.sh" new echo yes
  assert_output yes
}

@test "examples/cloud-loop.sh: runs commands in turn, syncs when it is quiet, answers with the outcome" {
  # shellcheck disable=SC2016
  double cloudctl 'echo "$*" >>done; echo "did $*"; [ "$2" != bad ]'
  start_bg "$LM_ROOT/examples/cloud-loop.sh" 1
  run qput -w cloud --result 'start web1'
  assert_success
  assert_output 'did start web1'
  run qput -w cloud --result 'new web2 cx11'
  assert_output 'did create web2 cx11'
  run qput -w cloud --result 'off bad'
  assert_failure 1
  run qput -w cloud --result 'dance *'
  assert_output 'UNKNOWN: dance'
  wait_until 10 file_has done sync
}

@test "examples/worker.sh: a ptybufferd job takes work, and what it says can be watched" {
  "$LM_ROOT/examples/worker.sh" convert echo converted {}
  qput -w convert photo.jpg
  wait_until 5 has convert ready 0
  seen() { ptyattach -qqn convert | grep -q 'converted photo.jpg'; }
  wait_until 5 seen
}

@test "systemd/qworker@.service: verify has nothing to say, it is no easy target, its line works" {
  make -s -C "$LM_ROOT" BUILD="$BUILD" -o all install PREFIX="$T/i" >/dev/null
  local unit=$T/i/lib/systemd/system/qworker@.service
  cp "$unit" "$T/qworker@x.service"
  run systemd-analyze --man=no verify "$T/qworker@x.service"
  assert_success
  assert_output ""
  run systemd-analyze --offline=yes --threshold=50 security "$unit"
  assert_success
  sed -n 's/^ExecStart=//p' "$unit" | sed 's/%i/jobs/' >line
  # shellcheck disable=SC2016
  start_bg env WORK_OPTIONS='--tries 5' WORK_COMMAND='tee -a got' sh -c 'eval "exec $(cat line)"'
  wait_until 5 waiting
  qput -w jobs hello
  wait_until 5 file_has got hello
  kill "$BG"
  wait "$BG"
}

# A certificate authority, and a certificate for 127.0.0.1.
certificates() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key -out ca.pem -subj /CN=ca 2>/dev/null
  openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=redis 2>/dev/null
  openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out server.pem \
    -extfile <(echo 'subjectAltName=IP:127.0.0.1') 2>/dev/null
}

@test "workers over two machines: two sets of folders, one Redis over TLS, each item once" {
  command -v openssl || skip "no openssl"
  certificates
  local port=$((20000 + RANDOM % 20000)) machine
  start_bg redis-server --port 0 --tls-port "$port" --tls-cert-file server.pem --tls-key-file server.key \
    --tls-ca-cert-file ca.pem --tls-auth-clients no --save '' --dir "$T" --logfile "$T/redis.log"
  wait_until 10 file_has redis.log 'Ready to accept'
  for machine in a b; do
    mkdir -m 700 -p "$machine/run" "$machine/state" "$machine/config"
    echo "rediss://127.0.0.1:$port?ca=$T/ca.pem" >"$machine/config/redis.url"
  done
  on() {
    local m=$T/$1
    shift
    LINEMAN_RUNTIME=$m/run LINEMAN_STATE=$m/state LINEMAN_CONFIG=$m/config "$@"
  }
  seq 1 60 | on a qput -w jobs
  # shellcheck disable=SC2016
  for machine in a b; do
    on "$machine" start_bg qwait -w jobs -P 2 -x sh -c "echo \$1 >>$T/$machine/did; sleep 0.02" sh {}
  done
  wait_until 20 on a sh -c '[ "$(qwait -w jobs --stats -j | jq ".ready + .leased")" = 0 ]'
  sort -n a/did b/did | cmp - <(seq 1 60)
  [ -s a/did ] && [ -s b/did ]
}
