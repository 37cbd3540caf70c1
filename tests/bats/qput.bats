# qput: every option, exit status and promise of its page, against the embedded redis-server.
load helper

SOCKET=run/redis.sock
redis() { redis-cli -s "$T/$SOCKET" "$@"; }

# blocked COMMAND COUNT: so many clients of the embedded server wait in it.
blocked() { [ "$(redis client list | grep -c " flags=b.* cmd=$1 ")" -ge "${2:-1}" ]; }
redis_up() { [ "$(redis ping)" = PONG ]; }
taken() { [ "$(qwait -w "$1" -j --stats | jq .leased)" = "$2" ]; }

# all QUEUE: what waits there, in its order.
all() { qwait -w "$1" -t 0; }

@test "a message is put without a word, and peek shows it" {
  run qput 'hello world'
  assert_success
  assert_output ""
  run qwait --peek
  assert_output "hello world"
}

@test "each argument is a message, -- ends the options, an empty one is a message" {
  qput -w jobs -- -a 'b c' ''
  run all jobs
  assert_output "$(printf '%s\n' -a 'b c' '')"
  assert_equal "$(qwait -w jobs --stats -j | jq .put)" 3
}

@test "without a message the lines of stdin are put, the last one without its newline too" {
  printf 'one\n\ntwo  words \nthree' | qput -w jobs
  run all jobs
  assert_output $'one\n\ntwo  words \nthree'
}

@test "with a message stdin is not touched: inside while read every line comes" {
  printf 'a\nb\nc\n' | while read -r line; do qput -w jobs "got $line"; done
  run all jobs
  assert_output $'got a\ngot b\ngot c'
}

@test "-0 takes messages with newlines, and none are cut" {
  printf 'a\nb\0\0c\n\0d' | qput -w jobs -0
  run bash -c "qwait -w jobs -0 -t 0 | tr '\0' '|'"
  assert_output $'a\nb||c\n|d|'
}

@test "-J takes texts and objects, base64 and text, and says what it does not put" {
  printf '%s\n' '"a\nb"' '{"dataText":"c","priority":0}' '{"data":"AAH/"}' '{"no":1}' 7 '{"data":"?"}' >in
  run --separate-stderr qput -w jobs -J <in
  assert_failure 1
  [[ $stderr == *"line 4: "*dataText*"not put"* && $stderr == *"line 5: "* && $stderr == *"line 6: "* ]]
  run bash -c 'qwait -w jobs -j -t 0 | jq -c "[.dataText, .data]"'
  assert_output $'["c",null]\n["a\\nb",null]\n[null,"AAH/"]'
}

@test "what qwait -j prints can be put again with -J: payload, priority, key" {
  printf 'x\0y' >odd
  qput -w a -p 2 -u k one
  qput -w a <odd
  qwait -w a -j -t 0 | qput -w b -J
  run bash -c 'qwait -w b -j -t 0 | jq -c "[.priority, .key, .dataText, .data]"'
  assert_output $'[2,"k","one",null]\n[5,null,null,"eAB5"]'
}

@test "a payload of 1 MiB of any bytes comes back as it was; one byte more is not put, status 1" {
  head -c 1048576 /dev/urandom | tr '\0' '\1' >big
  (cat big && printf '\0small\0' && cat big && printf 'x\0last') | qput -w jobs -0 2>err && fail "0"
  assert_equal "$(cat err)" "qput: message 3: longer than 1 MiB: not put"
  qwait -w jobs -n 1 -x sh -c 'cat >got'
  cmp big got
  run all jobs
  assert_output $'small\nlast'
}

@test "-j answers an id for each, of signals and of work, and they are the ids that qwait shows" {
  qput -j -w jobs a b >ids
  run bash -c 'qwait -w jobs -j -t 0'
  assert_equal "$(jq -r .id <<<"$output")" "$(jq -r .id ids)"
  qput -j -q news a b >ids
  assert_equal "$(qwait -q news --peek -j | jq -r .id)" "$(jq -r .id ids)"
}

@test "urgent first, oldest first; a delayed one not before its time" {
  qput -w jobs -p 9 last
  qput -w jobs --delay 0.3 late
  qput -w jobs five also5
  qput -w jobs -p 0 first
  run all jobs
  assert_output $'first\nfive\nalso5\nlast'
  run qwait -w jobs -n 1 -t 5
  assert_output late
}

@test "-u puts an item once while it waits or runs, then again; {} is the message" {
  qput -w jobs -u key one
  run qput -w jobs -j -u key two
  assert_success
  assert_equal "$(jq -c .exists <<<"$output")" true
  qwait -w jobs --hold -n 1 >held
  qput -w jobs -u key three
  qwait -w jobs --ack "$(cut -d' ' -f1 held)"
  qput -w jobs -u key four
  printf '%s\n' x y x | qput -w jobs -u 'file {}'
  run all jobs
  assert_output $'four\nx\ny'
}

@test "a unique key of more than 512 bytes: that message is not put, status 1, the others are" {
  local long
  long=$(head -c 510 /dev/zero | tr '\0' k)
  run --separate-stderr qput -w jobs -u 'k {}' a "$long" "k$long" b
  assert_failure 1
  assert_equal "$stderr" "qput: message 3: its unique key is longer than 512 bytes: not put"
  printf '%s\n' "k$long" c >in
  run --separate-stderr qput -w jobs -u 'k {}' <in
  assert_failure 1
  assert_equal "$stderr" "qput: message 1: its unique key is longer than 512 bytes: not put"
  printf '{"dataText":"d","key":"%s"}\n"e"\n' "kkk$long" >in
  run --separate-stderr qput -w jobs -J <in
  assert_failure 1
  assert_equal "$stderr" "qput: line 1: its unique key is longer than 512 bytes: not put"
  run all jobs
  assert_output "$(printf '%s\n' a "$long" b c e)"
}

@test "a hundred at once with one key put one item" {
  qput -w other x
  local i pids=()
  for i in {1..100}; do
    qput -w jobs -u k "$i" 3>&- &
    pids+=($!)
  done
  wait "${pids[@]}"
  assert_equal "$(qwait -w jobs --stats -j | jq .ready)" 1
}

@test "--max refuses with 1 and says so; with --drop-oldest the oldest make room" {
  qput -w jobs --max 2 a
  run --separate-stderr qput -w jobs --max 2 b c d
  assert_failure 1
  assert_equal "$stderr" "qput: jobs: full, as --max 2 says: 2 not put"
  run qput -w jobs --max 2 --drop-oldest e
  assert_success
  run all jobs
  assert_output $'b\ne'
}

@test "--max of a signal queue is how many are kept, exactly" {
  seq 1 300 | qput -q ring --max 10
  run qwait -q ring --peek
  assert_output "$(seq 291 300)"
}

@test "--tries N: after so many failures it is a dead letter" {
  qput -w jobs --tries 2 bad
  run qwait -w jobs -n 2 --backoff 0 -x false
  assert_success
  assert_line --partial 'a dead letter'
  run qwait -w jobs -t 0
  assert_failure 1
  run qwait -w jobs --dead list
  assert_line --regexp $'dead\t5\t2\texit 1\tbad'
}

@test "--result: the worker's stdout, stderr and status are qput's" {
  # shellcheck disable=SC2016
  start_bg qwait -w jobs -x sh -c 'cat; echo "err $1" >&2; exit 7' sh {}
  run --separate-stderr qput -w jobs --result 'hello'
  assert_failure 7
  assert_equal "$stderr" "err hello"
  run qput -w jobs --result -j x
  assert_failure 7
  assert_equal "$(sed -n 2p <<<"$output" | jq -c '[.end, .status, .stderrText]')" '["exit 7",7,"err x\n"]'
}

@test "--result of a command that a signal ended is 128 + its number, of a good one 0" {
  # shellcheck disable=SC2016
  start_bg qwait -w jobs -x sh -c 'kill -$1 $$' sh {}
  run qput -w jobs --result 9
  assert_failure 137
  run qput -w jobs --result 0
  assert_success
}

@test "--result carries any bytes, and megabytes of them" {
  start_bg qwait -w jobs -x sh -c 'head -c 3000000 /dev/zero; printf "\001\377"'
  qput -w jobs --result x >got
  assert_equal "$(stat -c %s got)" 3000002
}

@test "--result with --tries waits for the last try" {
  start_bg qwait -w jobs --backoff 0 -x sh -c 'echo "try $LINEMAN_TRY"; exit 4'
  run qput -w jobs --tries 3 --result x
  assert_failure 4
  assert_output "try 3"
}

@test "--result: 124 when time is over, 110 when it was not put or dropped, 112 when it was removed" {
  run --separate-stderr qput -w jobs --result -t 2 slow
  assert_failure 124
  assert_equal "$stderr" "qput: jobs: no result in time; it may still be done"
  run --separate-stderr qput -w jobs --max 1 --result x
  assert_failure 110
  qput -w jobs -u k y
  run --separate-stderr qput -w jobs -u k --result x
  assert_failure 110
  [ -n "$stderr" ]
  start_bg sh -c 'qput -w drop --result x 2>err; echo $? >status'
  wait_until 5 blocked brpoplpush || wait_until 5 blocked blmove
  qput -w drop --max 1 --drop-oldest y
  wait_until 5 test -s status
  assert_equal "$(cat status)" 110
  start_bg sh -c 'qput -j -w gone --result x >out 2>err; echo $? >status2'
  wait_until 5 test -s out
  qwait -w gone --remove "$(jq -r .id out)"
  wait_until 5 test -s status2
  assert_equal "$(cat status2)" 112
}

@test "--result: 112 when the queue was lost" {
  start_bg sh -c 'qput -w jobs --result x 2>err; echo $? >status'
  wait_until 5 redis_up
  wait_until 5 blocked blmove
  redis flushall
  wait_until 15 test -s status
  assert_equal "$(cat status)" 112
  assert_equal "$(grep -c 'not known whether it was done' err)" 1
}

@test "the wrong mode is status 100 and says which option is right" {
  qput -w jobs x
  qput -q news x
  run qput -q jobs y
  assert_failure 100
  assert_output "qput: queue jobs is in work mode: use -w"
  run qput -w news y
  assert_failure 100
  assert_output "qput: queue news is in signal mode: use -q"
}

@test "wrong usage is status 100: two queues, a bad name, an option of the other mode, bad numbers" {
  local words
  for words in '-q a -w b x' '-q a/b x' '-q .a x' '-p 1 x' '-w a -p 10 x' '-w a --delay x x' '-w a -t 1 x' \
    '-0 x' '-J x' '--result x' '-w a --drop-oldest x' '-w a --max 0 x' '-u'; do
    # shellcheck disable=SC2086
    run --separate-stderr qput $words
    assert_failure 100
    [[ $stderr == "qput: "* ]] || fail "$words: $stderr"
  done
  [ ! -e run/redis.sock ]
}

@test "LINEMAN_QUEUE names the signal queue, else it is notices" {
  LINEMAN_QUEUE=mine qput a
  qput b
  run qwait --list
  assert_output $'mine\nnotices'
  assert_equal "$(LINEMAN_QUEUE=mine qwait --peek)" a
}

@test "a line on stdin is put when it comes, not at the end" {
  mkfifo in
  start_bg sh -c 'exec qput -w jobs <in'
  exec 9>in
  echo early >&9
  run qwait -w jobs -n 1 -t 5
  assert_output early
  exec 9>&-
}

@test "a hundred thousand lines come through in order" {
  seq 1 100000 | qput -w jobs
  qwait -w jobs --stats -j | jq .ready >count
  assert_equal "$(cat count)" 100000
  qwait -w jobs -n 1000 >got
  seq 1 1000 | cmp - got
}

@test "long input shows progress on a terminal, and only there" {
  mkfifo in other
  start_bg sh -c 'qput -w jobs <other 2>err'
  exec 8>other
  echo x >&8
  wait_until 5 sh -c 'qwait -w jobs --peek'
  start_bg sh -c 'script -qec "qput -w jobs <in" /dev/null >seen'
  exec 9>in
  echo x >&9
  wait_until 5 file_has seen 'qput: 1 put, 0 MiB'
  exec 8>&- 9>&-
  assert_equal "$(cat err)" ''
}

@test "of a file the progress says how much of it is put, and goes when all is" {
  qput -w jobs first
  yes "$(printf '%99s' x)" | head -c 3145700 >file
  redis CLIENT PAUSE 60000 WRITE
  start_bg sh -c 'exec script -qec "qput -w jobs <file" /dev/null >seen'
  wait_until 10 file_has seen 'qput: 0 put, 0 MiB of 2, 0 %'
  redis CLIENT UNPAUSE
  wait_until 20 pid_ended "$BG"
  assert_equal "$(tail -c 4 seen)" $'\r\e[K'
  assert_equal "$(qwait -w jobs --stats -j | jq .ready)" 31458
}

@test "a hundred qputs that find no server start one, and none is lost" {
  local i pids=() before
  for i in {1..100}; do
    qput -w jobs "$i" 3>&- &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i" || fail "a qput failed"; done
  assert_equal "$(qwait -w jobs --stats -j | jq .ready)" 100
  before=$(pids_of_test | while read -r p; do cat "/proc/$p/comm"; done | grep -c redis-server)
  assert_equal "$before" 1
}

@test "end_all finds the embedded server" {
  qput x
  redis_up
  end_all
  ! redis_up
}

@test "without redis-server installed the error says what to do, status 111" {
  mkdir bin
  ln -s "$(command -v qput)" bin/qput
  run env PATH="$T/bin" "$BUILD/bin/qput" x
  assert_failure 111
  assert_output --partial redis-server
  assert_output --partial LINEMAN_REDIS
}

# server NAME OPTIONS...: a redis-server of the test's own, on NAME.sock.
server() {
  local name=$1
  shift
  start_bg redis-server --port 0 --unixsocket "$T/$name.sock" --dir "$T" --save '' --daemonize no "$@" \
    --logfile "$T/$name.redis.log"
  wait_until 10 test -S "$T/$name.sock"
  wait_until 10 redis-cli -s "$T/$name.sock" ping
}

@test "--redis, LINEMAN_REDIS and redis.url name the Redis, in this order" {
  server a
  server b
  server c
  echo "unix:$T/c.sock" >config/redis.url
  qput -w c x
  LINEMAN_REDIS=unix:$T/b.sock qput -w b x
  LINEMAN_REDIS=unix:$T/b.sock qput --redis "unix:$T/a.sock" -w a x
  local name
  for name in a b c; do
    run qwait --redis "unix:$T/$name.sock" --list
    assert_output "$name"
  done
  [ ! -e run/redis.sock ]
}

@test "a wrong password, and one on the command line, are refused at once" {
  server a --requirepass secret
  echo wrong >password && chmod 600 password
  run timeout 5 qput --redis "unix:$T/a.sock?passwordFile=$T/password" x
  assert_failure 111
  assert_output --partial WRONGPASS
  refute_output --partial wrong/
  echo secret >password
  run qput --redis "unix:$T/a.sock?passwordFile=$T/password" x
  assert_success
  run qput --redis 'redis://user:secret@127.0.0.1:1' x
  assert_failure
  refute_output --partial secret
}

@test "a full Redis: status 111, said so, and taking still works" {
  server a --maxmemory 3mb --maxmemory-policy noeviction
  export LINEMAN_REDIS=unix:$T/a.sock
  run bash -c 'yes "$(head -c 900 /dev/zero | tr "\0" x)" | head -n 10000 | qput -w jobs'
  assert_failure 111
  assert_output --partial 'this Redis is full'
  run --separate-stderr qwait -w jobs -n 3
  assert_success
}

@test "a read-only replica: status 111, and what to do" {
  server a
  server b --replicaof 127.0.0.1 1
  run qput --redis "unix:$T/b.sock" x
  assert_failure 111
  assert_output --partial 'name its master'
}

@test "no Redis at the given place: status 111 names it" {
  run timeout 20 qput --redis "unix:$T/none.sock" x
  assert_failure 111
  assert_output --partial "$T/none.sock"
}

# settled PID: it has done what there was to do, and sleeps: no switch of context between two looks,
# which are as far apart as a busy machine may let it wait.
settled() {
  local before
  before=$(grep ctxt "/proc/$1/status")
  sleep 0.1
  grep -q '^State:.S' "/proc/$1/status" && [ "$(grep ctxt "/proc/$1/status")" = "$before" ]
}

@test "an answer that is lost: status 111, not known whether it was put, and not put twice" {
  mkfifo in
  start_bg sh -c 'qput -w jobs <in 2>err & echo $! >pid; wait $!; echo $? >status'
  exec 9>in
  echo first >&9
  wait_until 5 redis_up
  has_one() { [ "$(qwait -w jobs --stats -j | jq .ready)" = 1 ]; }
  wait_until 5 has_one
  local server
  server=$(redis info server | tr -d '\r' | sed -n 's/^process_id://p')
  kill -STOP "$server"
  echo second >&9
  wait_until 5 settled "$(cat pid)"
  kill -KILL "$server"
  exec 9>&-
  wait_until 15 test -s status
  assert_equal "$(cat status)" 111
  file_has err 'not known whether it was put'
}

@test "only C libraries are linked: qput starts like a C program" {
  run ldd "$(command -v qput)"
  refute_output --partial ssl
  refute_output --partial crypto
  ldd "$BUILD/bin/qput" | grep -q asan || refute_output --partial stdc++
}

@test "qput works from an empty environment" {
  qput x
  run env -i LINEMAN_RUNTIME="$LINEMAN_RUNTIME" LINEMAN_STATE="$LINEMAN_STATE" "$(command -v qput)" y
  assert_success
  run qwait --peek
  assert_output $'x\ny'
}

@test "qput(1): the examples" {
  : >'a.jpg'
  manual_examples qput.1 >examples
  run timeout $((20 * LM_PATIENCE)) sh -eu examples
  assert_success
  run qwait -w convert -0 -t 0
  assert_output --partial ./a.jpg
}
