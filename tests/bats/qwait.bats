# qwait: every option, exit status and promise of its page, against the embedded redis-server.
load helper

SOCKET=run/redis.sock
redis() { redis-cli -s "$T/$SOCKET" "$@"; }

# Clients of the embedded server that wait: in XREAD for signals, in a list command for work.
nobody_waits() { ! waiting 1; }
redis_up() { [ "$(redis ping)" = PONG ]; }
lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }
stat_of() { qwait -w "$1" -j --stats | jq ".$2"; }
has() { [ "$(stat_of "$1" "$2")" = "$3" ]; }

# bg NAME ARGUMENT...: a qwait in the background: NAME.out, NAME.err, NAME.status; its pid in NAME.pid.
bg() {
  local name=$1
  shift
  # shellcheck disable=SC2016
  start_bg sh -c 'name=$1; shift; qwait "$@" >"$name.out" 2>"$name.err" & echo $! >"$name.pid"
    wait $!; echo $? >"$name.status"' sh "$name" "$@"
  wait_until 5 test -s "$name.pid"
}
status_of() { wait_until "${2:-10}" test -s "$1.status" && cat "$1.status"; }
pid_of() { cat "$1.pid"; }

kill_redis() {
  local pid
  pid=$(redis info server | tr -d '\r' | sed -n 's/^process_id://p')
  redis wait 0 0 >/dev/null
  kill -KILL "$pid"
  wait_until 5 pid_gone "$pid"
}

# --- Signals

@test "every live waiter gets each message, and none from before" {
  qput old
  bg a -n 2
  bg b -n 2
  wait_until 5 waiting 2
  qput one two
  assert_equal "$(status_of a) $(status_of b)" "0 0"
  run cat a.out b.out
  assert_output $'one\ntwo\none\ntwo'
}

@test "qwait | while read is hcloud-console's line" {
  start_bg sh -c 'qwait -n 2 | while read -r msg; do printf "<%s>\n" "$msg"; done >out'
  wait_until 5 waiting
  qput 'hello world' 'a\b'
  wait_until 5 lines out 2
  run cat out
  assert_output $'<hello world>\n<a\\b>'
}

@test "| head -1: the waiter ends when nobody reads" {
  start_bg sh -c 'qwait | head -1 >out; echo done >over'
  wait_until 5 waiting
  qput a
  wait_until 5 test -e over
  run cat out
  assert_output a
  wait_until 5 nobody_waits
}

@test "-t: 99 when time is over; -t 0: 1 at once when nothing is there" {
  run qwait -t 0.2
  assert_failure 99
  run qwait -t 0
  assert_failure 1
  run qwait -w jobs -t 0.2
  assert_failure 99
  run qwait -w jobs -t 0
  assert_failure 1
  qput -w jobs a
  run qwait -w jobs -n 2 -t 0
  assert_success
  assert_output a
}

@test "--silent: 97 when nothing came for so long, and each message begins it anew" {
  qput -w other x  # the server's start is silence, too
  bg a --silent 2
  wait_until 5 waiting
  qput x
  assert_equal "$(status_of a)" 97
  assert_equal "$(cat a.out)" x
  file_has a.err 'silent for 2000 ms'
  run qwait -w jobs --silent 0.1
  assert_failure 97
}

@test "-i: goes on where it stopped, after its end, kill -9, and kill -9 of Redis" {
  run qwait -i me -t 0
  assert_failure 1
  qput a b c
  run qwait -i me -n 2
  assert_output $'a\nb'
  bg k -i me
  wait_until 5 file_has k.out c
  wait_until 5 waiting
  kill -KILL "$(pid_of k)"
  qput d
  run qwait -i me -t 0
  assert_output d
  redis config set appendfsync always
  qput e
  kill_redis
  run qwait -i me -t 0
  assert_success
  assert_output e
}

@test "-i with -x: a command that was killed with its waiter runs again, none is skipped" {
  qwait -i me -t 0 || true
  qput a b
  # shellcheck disable=SC2016
  bg k -i me -x sh -c 'echo "$1" >>ran; [ -e go ] || sleep 60' sh {}
  wait_until 5 file_has ran a
  kill -KILL "$(pid_of k)"
  touch go
  run qwait -i me -t 0 -x sh -c 'echo "$1" >>ran' sh {}
  assert_success
  assert_equal "$(cat ran)" $'a\na\nb'
}

@test "--forget: the name begins anew; an unknown one is status 1" {
  qwait -i me -t 0 || true
  qput a
  assert_equal "$(qwait --stats -j | jq .waiters)" 1
  run qwait -i me --forget
  assert_success
  run qwait -i me -t 0
  assert_failure 1
  run qwait -i nobody --forget
  assert_failure 1
}

@test "an overrun waiter says how many it missed and ends with 98, once" {
  qwait -i me -t 0 || true
  seq 1 50 | qput --max 10
  run --separate-stderr qwait -i me -t 0
  assert_failure 98
  assert_equal "$output" ""
  assert_equal "$stderr" "qwait: notices: missed 40"
  run qwait -i me -t 0
  assert_success
  assert_output "$(seq 41 50)"
}

@test "--keep-going goes on after a gap and ends with 98 later" {
  qwait -i me -t 0 || true
  seq 1 50 | qput --max 10
  run --separate-stderr qwait -i me -n 11 --keep-going -t 0.3
  assert_failure 99
  assert_equal "$output" "$(seq 41 50)"
  assert_equal "$stderr" "qwait: notices: missed 40"
  qwait -i other -t 0 || true
  seq 1 50 | qput --max 10
  run --separate-stderr qwait -i other -n 10 --keep-going
  assert_failure 98
}

@test "a slow reader is overrun, not Redis: the ring stays small" {
  mkfifo pipe
  start_bg sh -c 'exec 8<>pipe; qwait >pipe 2>slow.err; echo $? >slow.status'
  wait_until 5 waiting
  seq 100000 140000 | qput --max 100
  exec 7<>pipe
  cat <&7 3>&- 7>&- >got &
  echo $! >>"$T/.pids"
  wait_until 20 test -s slow.status
  assert_equal "$(cat slow.status)" 98
  grep -q 'missed [0-9]' slow.err
  exec 7>&-
}

@test "a queue that was emptied: the count is unknown, 98; --keep-going shows what is there" {
  qput a
  bg one
  bg two --keep-going -n 2
  wait_until 5 waiting 2
  redis flushall
  qput b c
  assert_equal "$(status_of one 15) $(status_of two 15)" "98 98"
  file_has one.err 'count unknown'
  assert_equal "$(cat one.out)" ""
  assert_equal "$(cat two.out)" $'b\nc'
}

@test "a named waiter that Redis does not know says that it begins now: at first, and when it was emptied" {
  run --separate-stderr qwait -i me -t 0
  assert_failure 1
  assert_equal "$stderr" "qwait: notices: no waiter me is known: it begins now"
  qput a
  run --separate-stderr qwait -i me -t 0
  assert_success
  assert_equal "$output$stderr" a
  redis flushall
  qput b
  run --separate-stderr qwait -i me -t 0
  assert_failure 1
  assert_equal "$stderr" "qwait: notices: no waiter me is known: it begins now"
}

@test "--coalesce hands over one line of a burst, and one of the next" {
  bg a --coalesce 150 -j -n 2
  wait_until 5 waiting
  qput one two three
  wait_until 5 file_has a.out one
  qput four
  assert_equal "$(status_of a)" 0
  run jq -c '[.dataText, .merged]' a.out
  assert_output $'["one",3]\n["four",null]'
}

@test "--coalesce: who never falls silent is heard too" {
  bg a --coalesce 100 -n 1
  wait_until 5 waiting
  start_bg sh -c 'while [ ! -s a.status ]; do qput x; done'
  assert_equal "$(status_of a 10)" 0
}

@test "a waiter lives through a Redis that is killed, and starts the embedded one anew" {
  redis_up || qput -w other x
  redis config set appendfsync always
  bg a -n 1
  wait_until 5 waiting
  kill_redis
  wait_until 20 file_has a.err 'connected again'
  wait_until 10 waiting
  qput after
  assert_equal "$(status_of a)" 0
  assert_equal "$(cat a.out)" after
}

@test "TERM ends a waiter: 0 without a count, 143 where some were still to come" {
  bg a
  bg b -n 1
  wait_until 5 waiting 2
  kill -TERM "$(pid_of a)" "$(pid_of b)"
  assert_equal "$(status_of a) $(status_of b)" "0 143"
}

@test "a signal may run a command, with its queue and id; a failure is said and it goes on" {
  # shellcheck disable=SC2016
  bg a -q q -n 2 -x sh -c 'echo "$LINEMAN_QUEUE $LINEMAN_ITEM $(cat)"; exit 3'
  wait_until 5 waiting
  qput -q q x y
  assert_equal "$(status_of a)" 0
  run cat a.out
  assert_line --regexp '^q [0-9a-f]{8}-1-[0-9a-f]{4} x$'
  assert_line --regexp '^q [0-9a-f]{8}-2-[0-9a-f]{4} y$'
  file_has a.err 'exit status 3'
}

# --- Work: printed

@test "each item is one taker's: four takers, a thousand items, each once" {
  local i
  for i in 1 2 3 4; do bg "t$i" -w jobs -t 0; done
  for i in 1 2 3 4; do status_of "t$i" >/dev/null; done
  seq 1 1000 | qput -w jobs
  for i in 5 6 7 8; do bg "t$i" -w jobs -t 0; done
  for i in 5 6 7 8; do status_of "t$i" 20 >/dev/null; done
  cat t?.out | sort -n | cmp - <(seq 1 1000)
  assert_equal "$(stat_of jobs leased)" 0
}

@test "an item that cannot be written goes back: full pipe, closed pipe, full disk" {
  qput -w jobs "$(head -c 100000 /dev/zero | tr '\0' x)"
  run bash -c 'qwait -w jobs | head -c 1'
  assert_output x
  wait_until 5 has jobs ready 1
  run --separate-stderr sh -c 'qwait -w jobs >/dev/full'
  assert_failure 111
  wait_until 5 has jobs ready 1
  assert_equal "$(qwait -w jobs --peek -j | jq .try)" 0
}

@test "kill -9 while an item is written: it comes again when the lease is over" {
  qput -w jobs "$(head -c 100000 /dev/zero | tr '\0' x)"
  mkfifo pipe
  start_bg sh -c 'exec 8<>pipe; echo $$ >holder; exec qwait -w jobs --lease 0.5 >pipe'
  wait_until 5 has jobs leased 1
  kill -KILL "$BG"
  run qwait -w jobs -n 1 -t 10 -j
  assert_success
  assert_equal "$(jq .try <<<"$output")" 2
}

@test "a slow reader keeps its item: the lease is renewed while the write waits" {
  qput -w jobs "$(head -c 100000 /dev/zero | tr '\0' x)"
  mkfifo pipe
  start_bg sh -c 'exec 8<>pipe; qwait -w jobs -n 1 --lease 0.3 >pipe 2>err; echo $? >status'
  wait_until 5 has jobs leased 1
  run qwait -w jobs -n 1 -t 1.5
  assert_failure 99
  head -c 100001 pipe >got
  wait_until 5 test -s status
  assert_equal "$(cat status) $(stat_of jobs leased)" "0 0"
}

@test "TERM while a reader does not read gives the item back, the try not counted" {
  qput -w jobs "$(head -c 100000 /dev/zero | tr '\0' x)"
  mkfifo pipe
  start_bg sh -c 'exec 8<>pipe; exec qwait -w jobs >pipe'
  wait_until 5 has jobs leased 1
  kill -TERM "$BG"
  wait "$BG"
  assert_equal "$(qwait -w jobs --peek -j | jq .try)" 0
}

@test "--hold prints the id for --ack, --release and --bury; a used one is status 1" {
  qput -w jobs a b c
  qwait -w jobs --hold -n 3 >held
  assert_equal "$(cut -d' ' -f2 held)" $'a\nb\nc'
  mapfile -t ids < <(cut -d' ' -f1 held)
  run qwait -w jobs --ack "${ids[0]}"
  assert_success
  run qwait -w jobs --release "${ids[1]}"
  assert_success
  run qwait -w jobs --bury "${ids[2]}"
  assert_success
  for i in 0 1 2; do
    run qwait -w jobs --ack "${ids[$i]}"
    assert_failure 1
    assert_output --partial 'its lease is over'
  done
  assert_equal "$(stat_of jobs ready) $(stat_of jobs dead) $(stat_of jobs leased)" "1 1 0"
  run qwait -w jobs --ack nonsense
  assert_failure 100
}

@test "--hold keeps its leases while it runs, and takes the next one when one is settled" {
  qput -w jobs a b
  bg h -w jobs --hold --lease 0.3
  wait_until 5 file_has h.out ' a'
  run qwait -w jobs --hold -n 1 -t 0
  assert_output --partial ' b'
  qwait -w jobs --release "$(cut -d' ' -f1 <<<"$output")"
  run qwait -w jobs -n 2 -t 1
  assert_failure 99
  qput -w jobs c
  qwait -w jobs --ack "$(head -n 1 h.out | cut -d' ' -f1)"
  wait_until 5 file_has h.out ' c'
  kill -KILL "$(pid_of h)"
  run qwait -w jobs -n 1 -t 10
  assert_output c
}

@test "an item of a held one that nobody settles comes back when the lease is over" {
  qput -w jobs a
  qwait -w jobs --hold -n 1 --lease 0.3 >/dev/null
  run qwait -w jobs -n 1 -t 10
  assert_success
  assert_output a
}

# --- Work: run

@test "-x: {} is the payload, wherever it stands, as one word; without {} it is stdin" {
  qput -w jobs 'a b;$(c)'
  # shellcheck disable=SC2016
  run qwait -w jobs -n 1 -x printf '<%s>' {} 'x{}y{}' end
  assert_output '<a b;$(c)><xa b;$(c)ya b;$(c)><end>'
  printf 'x\0y\nz' | qput -w jobs -0
  run qwait -w jobs -n 2 -x od -An -c
  assert_line --partial 'x'
  assert_line --partial 'y  \n   z'
}

@test "-x: the item's id, try, key, priority and queue are in the environment" {
  id=$(qput -j -w jobs -u k -p 3 x | jq -r .id)
  # shellcheck disable=SC2016
  run qwait -w jobs -n 1 -x sh -c 'echo $LINEMAN_ITEM $LINEMAN_TRY $LINEMAN_KEY $LINEMAN_PRIORITY $LINEMAN_WORK'
  assert_output "$id 1 k 3 jobs"
}

@test "-x: a failure puts the item back with back-off, which doubles" {
  qput -w jobs x
  run --separate-stderr qwait -w jobs -n 3 --backoff 0.1 -x false
  assert_success
  [[ $stderr == *"exit 1: again in 100 ms"*"again in 200 ms"*"again in 400 ms"* ]] || fail "$stderr"
  assert_equal "$(stat_of jobs delayed)" 1
}

@test "--tries N: then the dead-letter list, which --dead lists, requeues and drops" {
  qput -w jobs x y
  run qwait -w jobs -n 4 --tries 2 --backoff 0 -x false
  assert_success
  run qwait -w jobs --dead list
  assert_equal "$(cut -f2-6 <<<"$output")" $'dead\t5\t2\texit 1\tx\ndead\t5\t2\texit 1\ty'
  id=$(head -n 1 <<<"$output" | cut -f1)
  qwait -w jobs --dead requeue "$id"
  run qwait -w jobs -t 0
  assert_output x
  qwait -w jobs --dead drop
  run qwait -w jobs --dead list
  assert_failure 1
  run qwait -w jobs --dead requeue
  assert_failure 1
  run qwait -w jobs --dead drop "$id"
  assert_failure 1
}

@test "--dead requeue goes over hundreds, each once" {
  seq 1 250 | qput -w jobs --tries 1
  run qwait -w jobs -n 250 -P 8 -x false
  assert_equal "$(stat_of jobs dead)" 250
  assert_equal "$(qwait -w jobs --dead requeue -j | jq -c .)" '{"kept":0,"moved":250}'
  assert_equal "$(stat_of jobs ready) $(stat_of jobs dead)" "250 0"
}

@test "an item whose takers die each time is buried by --tries, unrun" {
  qput -w jobs poison
  # shellcheck disable=SC2016
  for _ in 1 2; do
    qwait -w jobs --tries 2 --lease 0.3 -n 1 -t 10 -x sh -c 'kill -KILL $PPID' || true
  done
  run qwait -w jobs --tries 2 -t 3 -x touch ran
  assert_failure 99
  [ ! -e ran ]
  run qwait -w jobs --dead list
  assert_output --partial 'lease ran out'
}

@test "-P N runs so many at once, and no more" {
  seq 1 6 | qput -w jobs
  bg a -w jobs -P 3 -n 6 -x sh -c 'echo >>ran; while [ ! -e go ]; do sleep 0.02; done'
  wait_until 5 lines ran 3
  assert_equal "$(stat_of jobs leased) $(stat_of jobs ready)" "3 3"
  touch go
  assert_equal "$(status_of a)" 0
  assert_equal "$(wc -l <ran)" 6
}

@test "the lease is renewed while the command runs" {
  qput -w jobs x
  bg a -w jobs -n 1 --lease 0.3 -x sh -c 'echo >>ran; while [ ! -e go ]; do sleep 0.02; done'
  wait_until 5 test -s ran
  run qwait -w jobs -n 1 -t 1.5
  assert_failure 99
  touch go
  assert_equal "$(status_of a)" 0
  assert_equal "$(stat_of jobs leased) $(stat_of jobs ready)" "0 0"
}

@test "kill -9 while a command runs: the command dies too, the item goes to the next" {
  qput -w jobs x
  bg a -w jobs --lease 0.5 -x sh -c 'echo $$ >command; sleep 60 & wait'
  wait_until 5 test -s command
  kill -KILL "$(pid_of a)"
  wait_until 5 pid_ended "$(cat command)"
  run qwait -w jobs -n 1 -t 10 -j
  assert_equal "$(jq .try <<<"$output")" 2
}

@test "kill -9 between the end of a command and the acknowledgement: it is done again" {
  qput -w jobs x
  # shellcheck disable=SC2016
  run qwait -w jobs --lease 0.3 -n 1 -x sh -c 'echo done >>ran; kill -KILL $PPID'
  assert_failure 137
  run qwait -w jobs -n 1 -t 10 -x sh -c 'echo done >>ran'
  assert_success
  assert_equal "$(wc -l <ran)" 2
}

@test "TERM: the command that runs ends well and is acknowledged, the next is not begun" {
  qput -w jobs x y
  bg a -w jobs -x sh -c 'echo >>ran; while [ ! -e go ]; do sleep 0.02; done'
  wait_until 5 test -s ran
  kill -TERM "$(pid_of a)"
  touch go
  assert_equal "$(status_of a)" 0
  assert_equal "$(stat_of jobs ready) $(stat_of jobs leased) $(wc -l <ran)" "1 0 1"
}

@test "a second TERM ends the command and gives its item back, the try not counted" {
  qput -w jobs x
  bg a -w jobs -x sh -c 'trap "echo >termed; exit 1" TERM; echo >ran; while :; do sleep 0.02; done'
  wait_until 5 test -s ran
  kill -TERM "$(pid_of a)"
  kill -TERM "$(pid_of a)"
  # Two may be seen as one; a third that is one too many would kill.
  wait_until 2 test -e termed || kill -TERM "$(pid_of a)"
  wait_until 5 test -e termed
  assert_equal "$(status_of a)" 0
  assert_equal "$(qwait -w jobs --peek -j | jq .try)" 0
}

@test "the whole tree of a command ends with it, also what called setsid, and nobody else's" {
  qput -w jobs a b
  # shellcheck disable=SC2016
  bg w -w jobs -P 2 -n 2 -x sh -c '
    setsid sh -c "echo \$\$ >left.$1; sleep 60" & sleep 60 & true
    while [ ! -s "left.$1" ] || [ ! -e "go.$1" ]; do sleep 0.02; done' sh {}
  wait_until 5 test -s left.a
  wait_until 5 test -s left.b
  touch go.a
  wait_until 5 pid_ended "$(cat left.a)"
  run -1 pid_ended "$(cat left.b)"
  touch go.b
  assert_equal "$(status_of w)" 0
  pid_ended "$(cat left.b)"
}

@test "a lease that cannot be renewed: the command is ended before it is over, nothing is acknowledged" {
  qput -w jobs x
  bg a -w jobs --lease 1.2 -x sh -c 'echo $$ >command; sleep 60 & wait'
  wait_until 5 test -s command
  redis_pid=$(redis info server | tr -d '\r' | sed -n 's/^process_id://p')
  kill -STOP "$redis_pid"
  wait_until 5 pid_ended "$(cat command)"
  wait_until 5 file_has a.err 'its lease may have run out: not acknowledged'
  kill -CONT "$redis_pid"
}

@test "a lost lease: the command is ended, said, and not acknowledged" {
  id=$(qput -j -w jobs x | jq -r .id)
  bg a -w jobs --lease 0.6 -x sh -c 'echo $$ >command; sleep 60 & wait'
  wait_until 5 test -s command
  qwait -w jobs --remove "$id"
  wait_until 5 pid_ended "$(cat command)"
  wait_until 5 file_has a.err 'its lease may be lost'
}

@test "a command that is not there: 111, and its item goes back, the try not counted" {
  qput -w jobs x
  run --separate-stderr qwait -w jobs -x ./no-such-command {}
  assert_failure 111
  [[ $stderr == *"./no-such-command: No such file or directory"* ]]
  assert_equal "$(qwait -w jobs --peek -j | jq .try)" 0
}

@test "a payload that can be no argument is a dead letter at once" {
  printf 'a\0b' | qput -w jobs
  head -c 200000 /dev/zero | tr '\0' x | qput -w jobs
  qput -w jobs good
  run qwait -w jobs -n 3 -x echo {}
  assert_output --partial good
  assert_equal "$(stat_of jobs dead)" 2
}

@test "a Redis that is killed and comes back: the worker goes on, nothing is lost" {
  seq 1 20 | qput -w jobs
  redis config set appendfsync always
  # shellcheck disable=SC2016
  bg a -w jobs -n 20 --lease 3 -x sh -c 'echo "$1" >>ran; sleep 0.05' sh {}
  wait_until 5 lines ran 3
  kill_redis
  assert_equal "$(status_of a 30)" 0
  sort -nu ran | cmp - <(seq 1 20)
}

# --- Looking

@test "--peek shows what would come next, or the item with the id, and takes nothing" {
  run qwait -w jobs --peek
  assert_failure 1
  id=$(qput -j -w jobs a | jq -r .id)
  qput -w jobs -p 0 b
  run qwait -w jobs --peek
  assert_output b
  run qwait -w jobs --peek "$id"
  assert_output a
  run qwait -w jobs --peek
  assert_output b
}

@test "--stats counts, as words and as JSON; a queue that is not there is status 1" {
  run qwait -w jobs --stats
  assert_failure 1
  qput -w jobs a b
  qput -w jobs --delay 60 c
  qwait -w jobs --hold -n 1 >/dev/null
  run qwait -w jobs --stats
  assert_line "ready 1"
  assert_line "delayed 1"
  assert_line "leased 1"
  assert_line "dead 0"
  assert_line "put 3"
  assert_equal "$(stat_of jobs 'readyByPriority[5]')" 1
}

@test "asking starts no redis-server, and says that none runs" {
  local words
  for words in --list '-w jobs --list' --stats '-w jobs --stats' --peek '-w jobs --dead list'; do
    # shellcheck disable=SC2086
    run qwait $words
    assert_failure 1
    assert_output "qwait: $T/run/redis.sock: no redis-server runs now, and asking starts none: 'qwait -t 0' does"
  done
  assert_not_exists run/redis.sock
  run qwait -t 0
  assert_failure 1
  run qwait --list
  assert_failure 1
  assert_output ''
}

@test "--list names the queues, with -w its items" {
  qput x
  qput -w jobs -p 2 a
  run qwait --list
  assert_output $'jobs\nnotices'
  run qwait -w jobs --list
  assert_output --regexp $'^[^\t]+\tready\t2\t0\t\ta$'
  assert_equal "$(qwait -w jobs --list -j | jq -c '[.state, .size, .dataText]')" '["ready",1,"a"]'
}

@test "--remove takes out an item in any state; an unknown one is status 1" {
  id=$(qput -j -w jobs a | jq -r .id)
  run qwait -w jobs --remove "$id"
  assert_success
  run qwait -w jobs --remove "$id"
  assert_failure 1
  run qwait -w jobs -t 0
  assert_failure 1
}

@test "the wrong mode is status 100 and says which option is right, for waiting and for looking" {
  qput -w jobs x
  qput news
  local words
  for words in '-q jobs -t 0' '-q jobs --peek' '-q jobs --stats'; do
    # shellcheck disable=SC2086
    run qwait $words
    assert_failure 100
    assert_output --partial 'work mode: use -w'
  done
  run qwait -w notices -t 0
  assert_failure 100
  assert_output "qwait: queue notices is in signal mode: use -q"
}

@test "wrong usage is status 100" {
  local words
  for words in 'jobs' '-q a -w b' '-x' '--ack x' '-w a --ack x --bury y' '-w a --hold -x cat' '-P 2' '-w a -P 2' \
    '-w a -i me' '-w a --coalesce 5' '--tries 3' '-w a --dead what' '-w a --dead list -x cat' '-0 -j' \
    '--forget' '-n 0' '-t -1' '-i a/b' '-w a --lease 0'; do
    # shellcheck disable=SC2086
    run --separate-stderr qwait $words
    assert_failure 100
    [[ $stderr == "qwait: "* ]] || fail "$words: $stderr"
  done
  [ ! -e run/redis.sock ]
}

@test "no Redis at the start: status 111 names it" {
  run timeout 20 qwait --redis "unix:$T/none.sock" -t 5
  assert_failure 111
  assert_output --partial "$T/none.sock"
}

@test "bash completes the names of queues" {
  qput x
  qput -w jobs x
  # shellcheck disable=SC2016
  run bash -c 'source "$0/tools/qwait/completion.bash"; COMP_WORDS=(qwait -w "") COMP_CWORD=2
    _qwait && printf "%s\n" "${COMPREPLY[@]}"' "$LM_ROOT"
  assert_output $'jobs\nnotices'
}

@test "qwait(1): the examples" {
  manual_examples qwait.1 >examples
  run timeout $((20 * LM_PATIENCE)) sh -eu examples
  assert_success
  assert_line 'heard ping'
  assert_line 'heard pong'
  assert_line --partial /etc/passwd
  assert_line --partial 'exit 1'
  assert_line hello
}
