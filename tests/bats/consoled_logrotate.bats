# Journals that logrotate's own program moves, while the console talks.
load helper
load consoled

setup() {
  lm_setup
  configure '' '' 'journal: {rotate_size: 0}'
  DATA=$T/d
  start
}

send() { ctl consoled.sock "$(jq -cn --arg n "$1" --arg t "$2" '{cmd:"send",console:$n,text:$t}')"; }
talk='i=0; while [ $i -lt 6000 ]; do i=$((i+1)); echo "line $i of a console that talks"; [ $((i%50)) -gt 0 ] || sleep 0.02; done; exec cat'

# rotated WORDS...: rotates four times while n1 talks; then its old files end with what WORDS make of them.
rotated() {
  local round
  printf '%s\n' "$DATA/n1.log {" 'su root root' 'rotate 9' missingok nocreate "$@" '}' >conf
  node n1 cmd "$(jq -cn --arg c "sh -c '$talk'" '{cmd:$c}')"
  wait_until 10 file_has "$DATA/n1.log" 'line 100 '
  for round in 1 2 3 4; do
    touch "began$round"
    logrotate -f -s rotations conf
    wait_until 10 sh -c "[ -s '$DATA/n1.log' ] && [ \$(stat -c %s '$DATA/n1.log') -gt 20000 ]"
  done
  wait_until 60 file_has "$DATA/n1.log" 'line 6000 '
}

# Each line once, in order, each with its time; and those since a time are the last ones.
all_there() {
  conlog --dir "$DATA" n1 | grep -o '^line [0-9]*' | head -n 6000 >said
  seq -f 'line %g' 6000 | cmp - said
  run -0 conlog --dir "$DATA" -t n1
  refute_line --regexp '^- '
  conlog --dir "$DATA" --since "$(date -r began3 +%FT%T.%6N%:z)" n1 | grep -o '^line [0-9]*' |
    sed '/^line 6000$/q' >late
  cmp <(tail -n "$(wc -l <late)" said) late
  [ "$(wc -l <late)" -lt 6000 ]
  [ "$(conlog --dir "$DATA" -j n1 | jq -s 'map(.offset) | . == sort and all(. != null)')" = true ]
}

@test "logrotate renames: nothing is lost, doubled or without its time" {
  rotated
  assert_exists "$DATA/n1.idx.4"
  all_there
}

@test "logrotate compresses at once, with gzip" {
  rotated compress
  assert_exists "$DATA/n1.log.4.gz"
  all_there
  conctl log -n 6000 n1 | grep -o '^line [0-9]*' >asked
  cmp said asked
}

@test "logrotate compresses later, with zstd, and consoled is killed in between" {
  rotated compress delaycompress 'compresscmd /usr/bin/zstd' 'compressext .zst' 'compressoptions -q --rm'
  assert_exists "$DATA/n1.log.4.zst"
  end KILL
  logrotate -f -s rotations conf
  all_there
  start
  send n1 'after it'
  wait_until 10 file_has "$DATA/n1.log" 'after it'
  all_there
  assert_exists "$DATA/n1.idx.5"
}

@test "logrotate copies and truncates" {
  rotated copytruncate
  conlog --dir "$DATA" n1 | grep -o '^line [0-9]*' >said
  # What came between the copy and the truncation is in no file.
  sort -cu -k 2n said
  assert_equal "$(tail -n 1 said)" 'line 6000'
  run -0 conlog --dir "$DATA" -t n1
  refute_line --regexp '^- .*line'
}
