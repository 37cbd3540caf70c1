# conlog: the journals of consoled, read without it. They are written by journal.py, which knows
# the format from its description alone.
load helper

setup() {
  lm_setup
  mkdir -p "$LINEMAN_STATE/consoled"
  D=$LINEMAN_STATE/consoled
  export TZ=UTC
}

# journal NODE < script
journal() { python3 "$LM_ROOT/tests/bats/journal.py" "$D/$1.log"; }

# web1 has two old files; 02:40:00 on.
web1() {
  journal web1 <<'END'
1795228800 up connected
1795228800 text booting
1795228801 text FAILED to start
rotate
1795228860 text second file
1795228861 lost 77
1795228862 text behind the gap
rotate
1795228920 text third file
1795228921 down by peer
1795228922 bytes 6c6f67696e3a20
END
}
db1() {
  journal db1 <<'END'
1795228830 text db one
1795228980 text db two failed
END
}

@test "a journal is printed as it was, across its old files" {
  web1
  run conlog web1
  assert_success
  assert_output $'booting\nFAILED to start\nsecond file\n\n[[77 bytes skipped]]\nbehind the gap\nthird file\nlogin: '
}

@test "the state folder is where it looks, CONLOG_DIR and --dir are others" {
  db1
  mkdir other third
  mv "$D"/db1.* other
  printf 'three\n' >third/x.log
  run conlog db1
  assert_failure 1
  CONLOG_DIR=other run conlog -l
  assert_output db1
  CONLOG_DIR=other run conlog --dir third x
  assert_output three
  run --separate-stderr conlog --dir nowhere x
  assert_failure 111
  [[ $stderr == *'conlog: nowhere: '*--dir* ]]
}

@test "the names of the journals, for people and programs" {
  web1
  db1
  printf x >"$D/old.log.1"
  touch "$D/not-a-journal" "$D/consoled.db"
  run conlog -l
  assert_output $'db1\nold\nweb1'
  run conlog -lj
  assert_line --index 0 '{"node":"db1"}'
  rm "$D"/*
  run conlog -l
  assert_failure 1
}

@test "several nodes have their names in front; globs, lists and beginnings choose" {
  web1
  db1
  run conlog -n 1 'web*,db1'
  assert_output $'web1: login: \ndb1: db two failed'
  run conlog d
  assert_output $'db one\ndb two failed'
  run --separate-stderr conlog nobody
  assert_failure 1
  [[ $stderr == "conlog: "*nobody* ]]
  journal web2 <<<'1 text x'
  run conlog web
  assert_failure 100
}

@test "the last lines, across old files" {
  web1
  run conlog -n 1 web1
  assert_output 'login: '
  run conlog -n 3 web1
  assert_output $'behind the gap\nthird file\nlogin: '
  run conlog -n 100 web1
  assert_line --index 0 booting
  run conlog -n 0 web1
  assert_output ''
}

@test "times stand before the lines, in local time" {
  web1
  run conlog -t -n 2 web1
  assert_output $'2026-11-21T02:42:00.000Z third file\n2026-11-21T02:42:02.000Z login: '
  TZ=Europe/Berlin run conlog -t -n 1 web1
  assert_output '2026-11-21T03:42:02.000+01:00 login: '
}

@test "events are shown in their place when asked for" {
  web1
  run conlog -e -n 3 web1
  assert_output $'behind the gap\nthird file\n[[down: by peer]]\nlogin: '
  run conlog -e web1
  assert_line --index 0 '[[up: connected]]'
}

@test "a time range" {
  web1
  run conlog --since 2026-11-21T02:41Z --until 2026-11-21T02:42Z web1
  assert_output $'second file\n\n[[77 bytes skipped]]\nbehind the gap\nthird file'
  run conlog --since '2026-11-21 02:42:01' web1
  assert_output 'login: '
  run conlog --since @1795228999 web1
  assert_failure 1
  run conlog --until 'long ago' web1
  assert_failure 100
  assert_output --partial '"10 min ago"'
  run conlog --since now --until yesterday web1
  assert_failure 100
}

@test "relative times count from now" {
  now=$(date +%s)
  journal n <<END
$((now - 3600)) text old
$((now - 60)) text new
END
  run conlog --since '10 min ago' n
  assert_output new
  run conlog --since 2h n
  assert_output $'old\nnew'
}

@test "search: expression, text, case, the opposite, the last ones, nothing found" {
  web1
  db1
  run conlog -g 'fail(ed)?\b' -i '*'
  assert_output $'db1: db two failed\nweb1: FAILED to start'
  run conlog -g 'file$' -n 1 web1
  assert_output 'third file'
  run conlog -F -g '[[77' web1
  assert_output '[[77 bytes skipped]]'
  run conlog --invert -g '[aeiou]' web1
  assert_failure 1
  run conlog -g 'nothing like it' web1
  assert_failure 1
  run conlog -g 'a(' web1
  assert_failure 100
  assert_output --partial 'missing )'
}

@test "JSON records are goconserver's, with epoch and offset behind" {
  web1
  run conlog -j web1
  assert_success
  assert_line --index 0 '{"type":"event","message":"connected","node":"web1","date":"2026-11-21T02:40:00.000000Z","event":"up","epoch":4242,"offset":0}'
  assert_line --index 1 '{"type":"console","message":"booting","node":"web1","date":"2026-11-21T02:40:00.000000Z","epoch":4242,"offset":0}'
  conlog -j web1 | jq -es 'map(select(.message == "behind the gap"))[0].offset == 113'
  conlog -j web1 | jq -es 'map(select(.event == "down"))[0].message == "by peer"'
}

@test "bytes that are no text come in base64 besides" {
  journal n <<<'5 bytes c3a4fe1b5b306d0d0a'
  run conlog -j n
  assert_output --partial '"message":"ä\ufffd\u001b[0m","node":"n"'
  [ "$(conlog -j n | jq -r .data | base64 -d | xxd -p)" = c3a4fe1b5b306d ]
}

@test "a recording is asciicast version 2, cut where characters are whole" {
  journal n <<'END'
1795228800.25 bytes 61c3
1795228801.75 bytes a462ff
END
  conlog --asciicast n >cast
  run python3 - cast <<'END'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
assert lines[0]["version"] == 2 and lines[0]["width"] > 0 and lines[0]["height"] > 0, lines[0]
assert lines[0]["timestamp"] == 1795228800 and lines[0]["title"] == "n", lines[0]
assert lines[1:] == [[0, "o", "a"], [1.5, "o", "\u00e4b\ufffd"]], [ascii(l) for l in lines]
END
  assert_success
  db1
  run conlog --asciicast n,db1
  assert_failure 100
}

@test "a journal without an index is printed, without times" {
  printf 'old\nlines\n' >"$D/n.log"
  printf 'older\n' | zstd -q -o "$D/n.log.1.zst"
  run conlog -t n
  assert_output $'- older\n- old\n- lines'
  run conlog -j -n 1 n
  assert_output '{"type":"console","message":"lines","node":"n"}'
}

@test "an old file that is broken is said, and the exit status tells" {
  web1
  truncate -s -5 "$D/web1.log.1.zst"
  run --separate-stderr conlog web1
  assert_failure 111
  [[ $stderr == *web1.log.1.zst* ]]
  [[ $output == booting* ]]
}

@test "a line of any length is printed, bounded in memory" {
  head -c 50000000 /dev/zero | tr '\0' x >"$D/n.log"
  # A sanitizer reserves far more than it uses.
  ([[ $BUILD == *asan* ]] || ulimit -v 200000; conlog -g x n | wc -c) >count
  [ "$(cat count)" -ge 50000000 ]
}

@test "following shows the last lines and what comes, through a rotation" {
  printf 'one\ntwo\n' >"$D/n.log"
  start_bg sh -c 'exec conlog -f -n 1 n >got 2>err'
  wait_until 5 file_has got two
  printf 'three\n' >>"$D/n.log"
  wait_until 5 file_has got three
  mv "$D/n.log" "$D/n.log.1"
  printf 'four\n' >"$D/n.log"
  wait_until 5 file_has got four
  assert_equal "$(cat got)" $'two\nthree\nfour'
  kill "$BG"
  wait_until 5 pid_gone "$BG"
}

@test "following several ends when its reader goes" {
  printf 'one\n' >"$D/a.log"
  printf 'one\n' >"$D/b.log"
  # shellcheck disable=SC2016
  run timeout $((10 * LM_PATIENCE)) bash -o pipefail -c 'conlog -f a,b | head -n 2'
  [ "$status" -ne 124 ]
  assert_output $'a: one\nb: one'
}

@test "colours are for terminals alone" {
  db1
  run conlog -g two db1
  refute_output --partial $'\e'
  TERM=xterm run script -qec 'conlog -g two db1' /dev/null
  assert_output --partial $'\e[1;31mtwo\e[m'
  TERM=xterm NO_COLOR=1 run script -qec 'conlog -g two db1' /dev/null
  refute_output --partial $'\e'
}

@test "wrong use is said" {
  for args in '' '-l x' '-F x' '--asciicast -j x' '-n -1 x' '--asciicast -g a x' '-f --until yesterday x'; do
    # shellcheck disable=SC2086
    run conlog $args
    assert_failure 100
    assert_line --index 0 --regexp '^conlog: '
  done
}

@test "conlog(1): the examples" {
  web1
  db1
  manual_examples conlog.1 | sed '/^{"type/,/^ "date/d' >examples
  run timeout $((20 * LM_PATIENCE)) sh -exu examples </dev/null
  assert_success
  assert_line $'2026-11-21T02:40:01.000Z FAILED to start'
  assert_line 'db1'
  [ -s web1.cast ]
}
