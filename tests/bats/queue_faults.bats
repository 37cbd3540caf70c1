# qput and qwait against a Redis that has something: a certificate that is over, no disk, no replicas,
# another password, another life. A redis-server of each test's own.
load helper

setup() {
  lm_setup
  export LINEMAN_REDIS=unix:$T/r.sock
}

redis() { redis-cli -s "$T/r.sock" "$@"; }
redis_up() { [ "$(redis PING)" = PONG ]; }
answers() { redis PING | grep -q .; }
# server OPTIONS...: on r.sock; its pid is $SERVER.
server() {
  start_bg redis-server --port 0 --unixsocket "$T/r.sock" --dir "$T" --save '' --logfile "$T/redis.log" "$@"
  SERVER=$BG
  wait_until 10 answers
}
end_server() {
  kill -KILL "$SERVER"
  wait_until 5 pid_ended "$SERVER"
}
stat_of() { qwait -w jobs -j --stats | jq "$1"; }

# --- Certificates

# certificate NAME FROM TO: NAME.pem and NAME.key for 127.0.0.1, by the authority ca.pem.
certificate() {
  mkdir "$1.d" && : >"$1.d/index" && echo 01 >"$1.d/serial"
  printf '[ca]\ndefault_ca=x\n[x]\ndatabase=%s/index\nserial=%s/serial\nnew_certs_dir=%s\npolicy=p
default_md=sha256\nx509_extensions=e\n[p]\ncommonName=supplied\n[e]\nsubjectAltName=IP:127.0.0.1\n' \
    "$1.d" "$1.d" "$1.d" >"$1.d/conf"
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" \
    -subj "/CN=$1" 2>/dev/null
  openssl ca -batch -config "$1.d/conf" -cert ca.pem -keyfile ca.key -in "$1.csr" -startdate "$2" \
    -enddate "$3" -notext -out "$1.pem" 2>"$1.log"
}

# tls_server CERTIFICATE: on $PORT, and on r.sock for the test to look.
tls_server() {
  server --tls-port "$PORT" --bind 127.0.0.1 --tls-cert-file "$1.pem" --tls-key-file "$1.key" \
    --tls-ca-cert-file ca.pem --tls-auth-clients no
}

certificates() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 \
    -subj /CN=ca 2>/dev/null
  certificate good 20200101000000Z 20400101000000Z
  certificate old 20200101000000Z 20210203040506Z
  PORT=$(free_port)
  TLS="rediss://127.0.0.1:$PORT?ca=$T/ca.pem"
}

@test "a certificate that is over: 111 for whoever puts, waits, takes and looks, and since when it is" {
  certificates
  tls_server old
  local words
  for words in 'qput x' 'qput -w jobs x' 'qwait -t 5' 'qwait -w jobs -t 5 -x true' 'qwait -w jobs --stats'; do
    # shellcheck disable=SC2086
    LINEMAN_REDIS=$TLS run --separate-stderr timeout 20 $words
    assert_equal "$words: $status" "$words: 111"
    assert_equal "$output" ""
    [[ $stderr == *"127.0.0.1:$PORT"*"certificate refused: the one of old expired at 2021-02-03"* ]] || fail "$words: $stderr"
  done
  assert_equal "$(redis DBSIZE)" 0
}

@test "a certificate that ends under a worker: said, waited for, and on with a new one" {
  certificates
  tls_server good
  start_bg sh -c 'exec qwait --redis "$1" -w jobs -x sh -c "cat >>ran" 2>worker.err' sh "$TLS"
  wait_until 10 waiting
  end_server
  tls_server old
  wait_until 15 file_has worker.err 'the one of old expired at 2021-02-03'
  end_server
  tls_server good
  qput -w jobs x
  wait_until 60 file_has ran x
}

# --- Disk and replicas

@test "a Redis that cannot write: refused at once with its words, looking goes, and on when it can" {
  server
  mkdir dump.rdb  # what is saved is renamed onto this, and cannot be
  qput -w jobs dead
  run qwait -w jobs -n 1 --tries 1 -x false
  qput -w jobs x
  qwait -i me -t 0 || true
  redis CONFIG SET save '1 1'
  redis BGSAVE
  wait_until 5 sh -c 'redis-cli -s r.sock PING | grep -q ^MISCONF'
  local words
  for words in 'qput y' 'qput -w jobs y' 'qwait -w jobs -t 9' 'qwait -i me -t 9' 'qwait -i new -t 9' \
    'qwait -w jobs --dead requeue'; do
    # shellcheck disable=SC2086
    run --separate-stderr timeout 20 $words
    assert_equal "$words: $status" "$words: 111"
    [[ $stderr == *"MISCONF"* ]] || fail "$words: $stderr"
  done
  assert_equal "$(stat_of .ready)" 1
  assert_equal "$(qwait -w jobs --peek)" x
  assert_equal "$(stat_of .dead)" 1
  redis CONFIG SET stop-writes-on-bgsave-error no save ''
  run qwait -w jobs -t 0
  assert_output x
}

@test "a full disk under a Redis: what was not said to be put is not said to be" {
  # No space for a file of more: the kernel says so to every write.
  # shellcheck disable=SC2016
  start_bg sh -c 'trap "" XFSZ; ulimit -f 100; exec "$@"' sh redis-server --port 0 --unixsocket "$T/r.sock" --dir "$T" \
    --save '' --appendonly yes --appendfsync everysec --logfile /dev/null
  wait_until 10 answers
  wait_until 10 sh -c 'i=0; while [ $i -lt 50 ]; do qput -j -w jobs "$(head -c 9000 /dev/zero | tr "\0" x)" >>put 2>err || exit 0
    i=$((i + 1)); done; exit 1'
  file_has err MISCONF
  assert_equal "$(stat_of .ready)" "$(wc -l <put)"
}

@test "a Redis that wants replicas and has none: NOREPLICAS, nothing is changed" {
  server
  qput -w jobs x
  redis CONFIG SET min-replicas-to-write 1
  local words
  for words in 'qput -w jobs y' 'qput y' 'qwait -w jobs -t 9'; do
    # shellcheck disable=SC2086
    run --separate-stderr timeout 20 $words
    assert_equal "$words: $status" "$words: 111"
    [[ $stderr == *"NOREPLICAS"* ]] || fail "$words: $stderr"
  done
  assert_equal "$(stat_of '"\(.ready) \(.put)"')" '"1 1"'
}

@test "a read-only replica: a taker is told at once, and looking goes" {
  server
  qput -w jobs x
  qput y
  redis REPLICAOF 127.0.0.1 1
  run --separate-stderr timeout 20 qwait -w jobs -t 9
  assert_failure 111
  [[ $stderr == *'name its master'* ]] || fail "$stderr"
  run qwait -w jobs --peek
  assert_output x
  run qwait --peek
  assert_output y
  run qwait --list
  assert_output $'jobs\nnotices'
}

# --- Passwords

@test "a wrong password: 111 for a waiter at once; one that changes under it is waited for" {
  server --requirepass one
  echo one >password && chmod 600 password
  export LINEMAN_REDIS="unix:$T/r.sock?passwordFile=$T/password"
  redis() { redis-cli --no-auth-warning -a "$(cat password.now)" -s "$T/r.sock" "$@"; }
  echo one >password.now
  echo two >wrong && chmod 600 wrong
  run timeout 20 qwait --redis "unix:$T/r.sock?passwordFile=$T/wrong" -t 9
  assert_failure 111
  assert_output --partial WRONGPASS
  start_bg sh -c 'exec qwait -w jobs -x sh -c "cat >>ran" 2>worker.err'
  wait_until 10 waiting
  redis CONFIG SET requirepass two
  echo two >password.now
  redis CLIENT KILL TYPE normal SKIPME yes
  wait_until 10 file_has worker.err WRONGPASS
  refute file_has worker.err two
  redis CONFIG SET requirepass one
  echo one >password.now
  qput -w jobs x
  wait_until 60 file_has ran x
}

# --- Another life

@test "a Redis that comes back empty under a worker: its command is ended, and new work taken" {
  server
  qput -w jobs old
  start_bg sh -c 'exec qwait -w jobs --lease 6 -x sh -c "echo \$LINEMAN_ITEM >>ran; [ -e go ] || sleep 60" 2>worker.err'
  wait_until 5 test -s ran
  end_server
  server
  touch go
  qput -w jobs new
  wait_until 20 sh -c '[ "$(wc -l <ran)" = 2 ]'
  file_has worker.err 'nothing is acknowledged'
  # Another epoch: the old item cannot be taken for the new one.
  [ "$(sort -u ran | cut -d- -f1 | wc -l)" -ge 1 ] && [ "$(sort -u ran | wc -l)" = 2 ]
  wait_until 10 sh -c '[ "$(qwait -w jobs -j --stats | jq ".ready + .leased")" = 0 ]'
}

@test "a Redis that comes back empty: the new queue may be of the other mode, who waits is told" {
  server
  qput news
  start_bg sh -c 'qwait 2>waiter.err; echo $? >status'
  wait_until 5 waiting
  end_server
  server
  qput -w notices work
  wait_until 20 test -s status
  assert_equal "$(cat status)" 100
  file_has waiter.err 'work mode: use -w'
}
