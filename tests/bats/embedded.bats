# The embedded redis-server, as people meet it: started by the first tool, ended by `lineman down`.
load helper

on_redis() { redis-cli -s "$T/run/redis.sock" "$@"; }
server_pid() { on_redis INFO server | tr -d '\r' | sed -n 's/^process_id://p'; }

@test "the first tool starts it, from an empty environment too, and knows our functions" {
  run env -i LINEMAN_RUNTIME="$T/run" LINEMAN_STATE="$T/state" "$BUILD/bin/qput" -w jobs one
  assert_success
  assert_equal "$(stat -c %a "$T/run/redis.sock")" 600
  run on_redis FUNCTION LIST LIBRARYNAME lineman
  assert_output --partial lineman_queue_work_put
}

@test "it holds nothing of the tool that started it: no pipe, no folder, no terminal" {
  mkdir away
  run timeout 20 bash -c 'cd away && qput hello | cat'
  assert_success
  local pid
  pid=$(server_pid)
  [[ $(readlink "/proc/$pid/cwd") != "$T/away" ]]
  assert_equal "$(ps -o tty= -p "$pid" | tr -d ' ')" '?'
}

@test "lineman down ends it last and keeps its data, status names it" {
  run lineman status
  assert_output "all is well: 0 running"
  qput -w jobs one
  run lineman status
  assert_success
  assert_output "all is well: 0 running, and redis-server"
  run lineman down
  assert_success
  assert_output ""
  wait_until 5 nothing_left
  assert_not_exists "$T/run/redis.sock"
  run timeout 20 qwait -w jobs -n 1
  assert_output one
}

@test "killed, it is started again with its data, and is nothing to mend" {
  qput -w jobs one
  local pid
  pid=$(server_pid)
  kill -9 "$pid"
  wait_until 5 pid_ended "$pid"
  run lineman status
  assert_success
  assert_output "all is well: 0 running"
  run timeout 20 qwait -w jobs -n 1
  assert_output one
}

@test "killed in the midst of a transaction, its half is not carried out with the next one" {
  qput -w jobs one
  killed() {
    local pid
    pid=$(server_pid)
    kill -9 "$pid"
    wait_until 5 pid_ended "$pid"
  }
  killed
  # As write(2) leaves it that was cut off.
  printf '*1\r\n$5\r\nMULTI\r\n*3\r\n$5\r\nRPUSH\r\n$4\r\nhalf\r\n$1\r\nx\r\n*3\r\n$5\r\nRPU' \
    >>"$(ls "$T"/state/redis/appendonlydir/*.incr.aof | tail -n 1)"
  qput -w jobs two
  killed
  run timeout 20 qwait -w jobs -n 2
  assert_output $'one\ntwo'
  run on_redis EXISTS half
  assert_output 0
  assert_not_exists "$T/run/mend.sock"
}

@test "data that is damaged in the middle is left as it is, and said to be" {
  qput -w jobs one two three
  run lineman down
  local file
  file=$(ls "$T"/state/redis/appendonlydir/*.incr.aof | tail -n 1)
  printf X | dd of="$file" bs=1 seek=30 conv=notrunc status=none
  cp "$file" before
  run timeout 20 qput -w jobs four
  assert_failure 111
  assert_output --partial 'Bad file format'
  cmp "$file" before
}

@test "lineman down holds, though somebody waits, until a tool begins that needs it" {
  start_bg sh -c 'exec qwait -w jobs -n 1 >got 2>err'
  local waiter=$BG
  wait_until 10 sh -c 'redis-cli -s run/redis.sock INFO clients | grep -q "^connected_clients:[34]"'
  run lineman down
  assert_success
  wait_until 10 file_has err 'stopped by lineman down'
  assert_not_exists run/redis.sock
  qput -w jobs one
  wait_until 40 file_has got one
  wait_until 5 pid_ended "$waiter"
  # A killed one is another matter.
  assert_not_exists state/redis/stopped
}

@test "its script killed with KILL: the server ends as well, and the next has its data" {
  qput -w jobs one
  local pid
  pid=$(server_pid)
  kill -9 "$(ps -o ppid= -p "$pid" | tr -d ' ')"
  wait_until 5 pid_ended "$pid"
  run timeout 20 qwait -w jobs -n 1
  assert_output one
}

@test "a waiter goes on when the server and its script are killed" {
  start_bg sh -c 'exec qwait -n 2 >out 2>err'
  wait_until 10 sh -c 'redis-cli -s run/redis.sock CLIENT LIST | grep -q cmd=xread'
  qput one
  wait_until 10 file_has out one
  local pid
  pid=$(server_pid)
  kill -9 "$(ps -o ppid= -p "$pid" | tr -d ' ')" "$pid"
  wait_until 10 pid_ended "$pid"
  qput two
  wait_until 20 file_has out two
}

@test "TERM for its script ends the server, too" {
  qput -w jobs one
  local pid
  pid=$(server_pid)
  kill "$(ps -o ppid= -p "$pid" | tr -d ' ')"
  wait_until 5 pid_ended "$pid"
  wait_until 5 nothing_left
}
