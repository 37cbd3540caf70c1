# lineman-redis(7): its examples, the programs in examples/queue, its users, and that it names all
# that there is. Against a redis-server of each test's own.
load helper

setup() {
  lm_setup
  export REDIS_SOCKET=$T/r.sock
  start_bg redis-server --port 0 --unixsocket "$REDIS_SOCKET" --dir "$T" --save '' --logfile "$T/redis.log"
  wait_until 10 redis_up
  redis -x FUNCTION LOAD REPLACE <"$BUILD/share/lineman/redis/lineman.lua"
  E=$LM_ROOT/examples/queue
}

redis_up() { [ "$(redis PING)" = PONG ]; }
redis() { redis-cli -e -s "$REDIS_SOCKET" "$@"; }
# as USER SCRIPT QUEUE ARGUMENTS...
as() { redis --no-auth-warning --user "$1" --pass changeme FCALL "lineman_queue_$2" 1 "lineman:{q.$3}:mode" "${@:4}"; }
# users: those of users.acl.
users() {
  local line
  grep -v '^#' "$E/users.acl" | grep . >users
  while read -ra line; do redis ACL SETUSER "${line[@]}" >/dev/null; done <users
  [ "$(wc -l <users)" -eq 2 ]
}
# What one may not do is refused, by Redis or within the script.
assert_refused() {
  assert_failure
  assert_output --regexp "NOPERM|The user executing the script can't"
}
page() { mandoc -Tascii "$LM_ROOT/man/lineman-redis.7" | col -b; }

@test "the page names every script and every key" {
  local file name
  page >page.txt
  for file in "$LM_ROOT"/lib/queue/*.lua; do
    name=$(basename "$file" .lua)
    grep -qw "$name" page.txt || fail "$name: not in the page"
    redis FUNCTION LIST LIBRARYNAME lineman | grep -qx "lineman_queue_$name" || fail "$name: not in the library"
  done
  echo x | "$E/tell.sh" s
  redis FCALL lineman_queue_signal_start 1 'lineman:{q.s}:mode' me aaaaaaaa
  for i in 0 1; do
    redis FCALL lineman_queue_work_put 1 'lineman:{q.w}:mode' aaaaaaaa bbbb 5 "$i" 0 9000 "k$i" 0 refuse x
    redis FCALL lineman_queue_work_take 1 'lineman:{q.w}:mode' 1000 tok me
  done
  redis FCALL lineman_queue_work_ack 1 'lineman:{q.w}:mode' aaaaaaaa-1-bbbb tok
  redis KEYS 'lineman:*' | sed -e 's/.*}://' -e 's/:.*//' | sort -u >keys
  [ "$(wc -l <keys)" -gt 8 ]
  while read -r name; do
    grep -qw "$name" page.txt || fail "$name: not in the page"
  done <keys
}

# given COMMAND: how often the server was given the command.
given() { redis INFO commandstats | sed -n "s/^cmdstat_$1:calls=\([0-9]*\).*/\1/p"; }

@test "the tools call the library that is of their version" {
  export LINEMAN_REDIS=unix:$REDIS_SOCKET
  qput -w jobs 'a job'
  run qwait -w jobs -n 1
  assert_output 'a job'
  [ "$(given fcall)" -ge 3 ]
  assert_equal "$(given eval)$(given evalsha)" ''
}

@test "a library of another version is left alone, under whatever names" {
  local name
  export LINEMAN_REDIS=unix:$REDIS_SOCKET
  {
    echo '#!lua name=lineman'
    for file in "$LM_ROOT"/lib/queue/*.lua; do
      name=lineman_queue_$(basename "$file" .lua)
      for name in "$name" "${name}_v0" "${name}_00000000"; do
        echo "redis.register_function('$name', function() return redis.error_reply('ERR of old') end)"
      done
    done
  } | redis -x FUNCTION LOAD REPLACE
  run redis FCALL lineman_queue_work_stats 1 'lineman:{q.jobs}:mode'
  assert_output --partial 'of old'
  qput -w jobs 'a job'
  run qwait -w jobs -n 1
  assert_success
  assert_output 'a job'
  qwait -q news -i me -t 0 || [ $? -eq 1 ]
  qput -q news 'a notice'
  run qwait -q news -i me -t 0
  assert_output 'a notice'
}

@test "a library of another version, to who may send no script: what to do" {
  users
  redis FUNCTION FLUSH
  (umask 077 && echo changeme >password)
  run qput --redis "unix:$REDIS_SOCKET?user=putter&passwordFile=$T/password" -w X 'a job'
  assert_failure 111
  assert_output --partial 'not of this version: load it, see lineman-redis(7)'
}

@test "the list of a log is filled once, bounded, and keeps its place" {
  page >page.txt
  grep -qw log_push page.txt
  push() { redis FCALL lineman_redis_log_push 2 'lineman:{log.x}' 'lineman:{log.x}:at' "$@"; }
  assert_equal "$(push n1 7:0:0 7:2:0 3 a b)" OK
  assert_equal "$(push n1 7:0:0 7:2:0 3 a b)" 7:2:0
  assert_equal "$(push n1 7:2:0 7:4:0 3 c d)" OK
  assert_equal "$(push n2 7:0:0 7:1:0 3 e)" OK
  assert_equal "$(redis LRANGE 'lineman:{log.x}' 0 -1 | tr '\n' ' ')" 'c d e '
  # Another journal under the same name: it goes on there.
  assert_equal "$(push n1 8:0:0 8:1:0 3 f)" OK
  run push n1 8:1:0 8:2:0 none g
  assert_failure
}

@test "what scripts share stands once in the library, and in each that uses it" {
  local part name
  for part in "$LM_ROOT"/lib/*/parts/*.lua; do
    sed -n 's/^local function \([a-z_]*\)(.*/\1/p' "$part" >functions
    [ -s functions ]
    while read -r name; do
      assert_equal "$name $(grep -c "^local function $name(" "$BUILD/share/lineman/redis/lineman.lua")" "$name 1"
      [ "$(cat "$LM_ROOT"/lib/queue/*.lua "$part" | grep -cw "$name")" -ge 2 ] || fail "$name: used by nobody"
    done <functions
  done
  redis FUNCTION FLUSH
  for file in "$LM_ROOT"/lib/*/*.lua; do
    "$LM_ROOT/lib/redis/lua-whole" "$file" | redis -x SCRIPT LOAD || fail "$file"
  done
}

# commands_of SCRIPT QUEUE ARGUMENTS...: how many commands a call makes.
commands_of() {
  redis CONFIG RESETSTAT >reset
  redis FCALL "lineman_queue_$1" 1 "lineman:{q.$2}:mode" "${@:3}" >called
  redis INFO commandstats | tr ':=,' '   ' |
    awk '/^cmdstat_/ && !/^cmdstat_(fcall|config|info)/ { n += $3 } END { print n + 0 }'
}

@test "a put, and a take that finds something, are few commands: they stand between it and who waits" {
  redis FCALL lineman_queue_work_put 1 'lineman:{q.w}:mode' aaaaaaaa bbbb 5 0 0 0 '' 0 refuse first
  redis DEL 'lineman:{q.w}:wake'
  [ "$(commands_of work_put w aaaaaaaa bbbb 5 0 0 0 '' 0 refuse x)" -le 9 ]
  # This one wakes the next taker, too.
  [ "$(commands_of work_take w 60000 token me)" -le 11 ]
  grep -qx first called
  [ "$(commands_of work_take w 60000 token me)" -le 8 ]
  grep -qx x called
  # And one that goes straight to who stands by, with its message.
  [ "$(commands_of work_take w 60000 token me channel)" -le 6 ]
  start_bg sh -c 'exec redis-cli -s "$REDIS_SOCKET" SUBSCRIBE "lineman:{q.w}:taker:channel" >heard'
  wait_until 5 file_has heard subscribe
  [ "$(commands_of work_put w aaaaaaaa bbbb 5 0 0 0 '' 0 refuse y)" -le 9 ]
  wait_until 5 file_has heard y
}

@test "each script says what it takes, what it answers, and what a crash leaves" {
  local file word
  for file in "$LM_ROOT"/lib/*/*.lua; do
    head -1 "$file" | grep -qxE '#!lua( flags=(allow-oom|no-writes))?' || fail "$file: first line"
    for word in "-- $(basename "$file" .lua):" '-- KEYS\[1\]' '-- ARGV' '-- Answers'; do
      grep -q -- "$word" "$file" || fail "$file: no $word"
    done
    grep -qE '[Cc]rash right after|no-writes|forget' "$file" || fail "$file: what does a crash leave?"
  done
}

@test "lineman-redis(7): the examples" {
  manual_examples lineman-redis.7 >examples
  run timeout $((20 * LM_PATIENCE)) sh -exu examples </dev/null
  assert_success
  assert_line done
  assert_line 'disk is full'
}

@test "shell: an item is put and taken as it is, done when the command is, back when it fails" {
  printf 'a\n"b" \\ c' | "$E/put.sh" jobs
  "$E/take.sh" jobs sh -c 'cat >got'
  printf 'a\n"b" \\ c' | cmp - got
  echo x | "$E/put.sh" jobs
  run "$E/take.sh" jobs false
  assert_output done
  run "$E/take.sh" jobs cat
  assert_failure 1
  assert_equal "$(redis ZCARD 'lineman:{q.jobs}:delayed')" 1
}

@test "awk puts lines, a hundred in a call, and a worker in Python takes them all, in order" {
  seq 250 | sed 's/$/ äöü/' >lines
  LC_ALL=C awk -v queue=jobs -v epoch=12345678 -v tag=abcd -f "$E/put-lines.awk" lines |
    redis --pipe >piped
  grep -q 'errors: 0, replies: 3' piped
  "$E/worker.py" jobs >done
  LC_ALL=C tr a-z A-Z <lines | cmp - done
  assert_equal "$(redis HLEN 'lineman:{q.jobs}:item')" 0
}

@test "a worker in Python is woken by a put" {
  start_bg sh -c 'exec "$0" jobs >out' "$E/worker.py"
  wait_until 10 sh -c 'redis-cli -s "$REDIS_SOCKET" CLIENT LIST | grep -q cmd=blpop'
  echo hello | "$E/put.sh" jobs
  wait_until 10 file_has out HELLO
}

@test "a named waiter in Python resumes after its last line" {
  start_bg sh -c 'exec "$0" news me 1 >out 2>err' "$E/wait.py"
  wait_until 10 file_has err waiting
  printf one | "$E/tell.sh" news
  wait_until 10 pid_ended "$BG"
  printf two | "$E/tell.sh" news
  printf three | "$E/tell.sh" news
  run "$E/wait.py" news me 2
  assert_line --index 1 two
  assert_line --index 2 three
  assert_equal "$(cat out)" one
}

@test "the user who may put can put, with all options but drop, and nothing else" {
  users
  as putter work_put X aaaaaaaa bbbb 5 0 0 0 '' 0 refuse 'a job'
  as putter work_put X aaaaaaaa bbbb 5 9000 3 1000 key 0 refuse 'a job'
  run as putter work_put X aaaaaaaa bbbb 5 0 0 0 '' 2 refuse 'one too many'
  assert_line full
  run as putter work_put X aaaaaaaa bbbb 5 0 0 0 key 0 refuse 'a job'
  assert_line exists
  for script in work_take work_ack work_delete work_stats work_drop; do
    run as putter "$script" X 1000 token me 1
    assert_refused
  done
  run as putter work_list X ready 0 10 100
  assert_refused
  run as putter work_put Y aaaaaaaa bbbb 5 0 0 0 '' 0 refuse 'a job'
  assert_refused
  for command in 'HGETALL lineman:{q.X}:item' 'HGET lineman:{q.X}:item a' 'LPOP lineman:{q.X}:ready:5' \
    'DEL lineman:{q.X}:item' 'FLUSHALL' 'KEYS lineman:x' 'EVAL return(1) 0' 'ZREM lineman:{q.X}:leased a'; do
    # shellcheck disable=SC2086
    run redis --no-auth-warning --user putter --pass changeme $command
    assert_refused
  done
}

# dead_are N: takes, so that what is overdue is seen, and looks how many are dead now.
dead_are() {
  as taker work_take X 1 token me
  [ "$(redis LLEN 'lineman:{q.X}:dead')" -ge "$1" ]
}

@test "the user who may take can do all that a taker does, and not put, look or drop" {
  users
  local i
  for i in 1 2 3 4 5; do as putter work_put X aaaaaaaa bbbb 5 0 1 9000 "k$i" 0 refuse "job $i"; done
  for i in 1 2 3 4; do as taker work_take X 60000 "token$i" me; done
  assert_equal "$(as taker work_renew X aaaaaaaa-1-bbbb token1 60000 | head -1)" done
  assert_equal "$(as taker work_ack X aaaaaaaa-1-bbbb token1 'exit 0' 1out)" done
  assert_equal "$(as taker work_release X aaaaaaaa-2-bbbb token2 0 1 no)" dead
  assert_equal "$(as taker work_release X aaaaaaaa-3-bbbb token3 1 0 '')" done
  assert_equal "$(as taker work_bury X aaaaaaaa-4-bbbb token4 bad)" dead
  as taker work_take X 1 token5 me | grep -qx 'job 5'
  wait_until 5 dead_are 3
  redis --no-auth-warning --user taker --pass changeme BLPOP 'lineman:{q.X}:wake' 1
  as putter work_put X cccccccc bbbb 5 0 0 0 '' 0 refuse ready
  for script in work_put work_drop work_requeue; do
    run as taker "$script" X aaaaaaaa bbbb 5 0 0 0 '' 0 refuse x
    assert_refused
  done
  run as taker work_list X ready 0 10 0
  assert_refused
  run as taker work_delete X aaaaaaaa-6-bbbb
  assert_refused
  as taker work_take X 60000 token me | grep -qx ready
  run as taker work_take Y 1000 token me
  assert_refused
}

@test "what that user puts goes straight to that taker, who may stand by and withdraw" {
  users
  start_bg sh -c 'exec redis-cli -s "$REDIS_SOCKET" --no-auth-warning --user taker --pass changeme \
    SUBSCRIBE "lineman:{q.X}:taker:c1" >heard'
  wait_until 5 file_has heard subscribe
  stands() { [ "$(redis LLEN 'lineman:{q.X}:standby')" = "$1" ]; }
  told() { [ "$(grep -cx message heard)" = "$1" ]; }
  as taker work_take X 60000 t1 me c1
  as taker work_take X 60000 t2 me c1 t1
  stands 1
  redis --no-auth-warning --user taker --pass changeme LREM 'lineman:{q.X}:standby' -1 'c1 t2 60000 me'
  stands 0
  as taker work_take X 60000 t3 me c1
  as putter work_put X dddddddd bbbb 5 0 0 0 '' 0 refuse "$(printf '%5000s' long)"
  wait_until 5 told 1
  assert_equal "$(as taker work_ack X dddddddd-1-bbbb t3)" done
  # And from both that something is there.
  as taker work_take X 60000 t4 me c1
  as putter work_put X dddddddd bbbb 5 0 0 0 '' 0 refuse a b
  wait_until 5 told 2
  as taker work_take X 60000 t5 me
  as taker work_take X 60000 t6 me
  as taker work_take X 60000 t7 me c1
  stands 1
  as taker work_release X dddddddd-2-bbbb t5 0 1 ''
  wait_until 5 told 3
  stands 0
  run redis --no-auth-warning --user putter --pass changeme SUBSCRIBE 'lineman:{q.X}:taker:c1'
  assert_refused
}
