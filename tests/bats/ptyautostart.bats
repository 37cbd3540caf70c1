# ptyautostart, as cron calls it and by hand.
load helper

setup() {
  lm_setup
  mkdir -p autostart home/autostart
  DIR=$T/run/autostart
}

# script NAME [BODY]: an executable in ~/autostart that stays until it is told "quit".
script() {
  mkdir -p "$(dirname "$HOME/autostart/$1")"
  printf '#!/bin/sh\n%s\n' "${2:-echo "here is \$0"; while read -r word; do [ \"\$word\" != quit ] || exit; echo \"heard \$word\"; done}" \
    >"$HOME/autostart/$1"
  chmod 755 "$HOME/autostart/$1"
}

# auto ARGUMENTS...: as cron would, into $output and $stderr.
auto() { run --separate-stderr cronlike LINEMAN_RUNTIME="$T/run" "$BUILD/bin/ptyautostart" "$@"; }

# The words of -n's line for SCRIPT, without the program, the log files and their rotation.
options_of() {
  script "$1"
  auto -n
  assert_success
  options=$(printf '%s\n' "$output" | sed -E -e 's/^[^ ]*ptybufferd //' -e "s/-[lo] ('[^']*'|[^ ]+) //g" \
    -e 's/--rotate-bytes [0-9]+ --rotate-files [0-9]+ //' -e 's/ ?-cf .*//')
  rm "$HOME/autostart/$1"
}

pid_of() { ctl_get "$DIR/$1.sock" .pid; }
is_up() { ptybufferd -c "$DIR/$1.sock" || [ $? -eq 42 ]; }
is_down() { ! is_up "$1"; }

# --- The name's options

@test "the option field's letters become ptybufferd's options" {
  while IFS='|' read -r name want; do
    options_of "$name"
    assert_equal "$name: $options" "$name: $want"
  done <<'END'
plain.sh|
plain|
opt.-AN10T3Yfoo_bar-.sh|-a -n 10 -t 3 -y foo_bar
all.-AEGIKPQW-.sh|-a -e -g -i -k -p -q -w
any.-order.-WA-|-a -w
lower.-aegikpqw-.sh|
defaults.-NTU-.sh|-n 1 -t 0 -u 077
anywhere.-NAT5-.sh|-a -n 5 -t 5
info-number.-NYjob7-.sh|-n 7 -y job7
umask.-U27-.sh|-u 27
restart.-R-.sh|-R
size.-RS24x80-.sh|-R -S 24x80
history.-H65536-.sh|--history-bytes 65536
apart.-NS24x80H65536T9-.sh|-n 9 -t 9 -S 24x80 --history-bytes 65536
before.-N7S24x80-.sh|-n 7 -S 24x80
malformed.-S24xH-.sh|
malformed.-S24xN-.sh|-n 1
number-for-n.-NS24-.sh|-n 24
info.-YHello There-.sh|-y 'Hello There'
info-keeps-letters.-AYS24x80NO-.sh|-a -y S24x80NO
empty-info.-Y-.sh|-y ''
nofield.-A.sh|
nofield.A-.sh|
nofield.-.sh|
middle.-A-.b.sh|
END
}

@test "L and O suppress the log and the output file, which are there by default" {
  script both.sh
  script none.-LO-.sh
  auto -n
  assert_line --partial "-l $DIR/both.log -o $DIR/both.out --rotate-bytes 10485760 --rotate-files 9 -cf"
  assert_line --regexp "ptybufferd -cf $DIR/none\.-LO-\.sock autostart/none\.-LO-\.sh\$"
}

@test "-n prints one command a line, which sh reads back, and makes nothing" {
  script 'a b.sh'
  script "it's.sh"
  script '$(touch pwned).sh'
  script '-rf.sh'
  script $'new\nline.sh'
  rm -rf "$T/run"
  auto -n
  assert_success
  assert_equal "${#lines[@]}" 5
  ptybufferd() { printf '<%s>' "${@: -1}"; }
  eval "${output//$BUILD\/bin\//}" >"$T/words"
  run cat "$T/words"
  for name in 'a b.sh' "it's.sh" '$(touch pwned).sh' '-rf.sh' $'new\nline.sh'; do
    assert_output --partial "<autostart/$name>"
  done
  assert_not_exists "$T/run"
  assert_not_exists "$HOME/pwned"
}

@test "hostile names: a short run of the fuzzer" {
  run "$LM_ROOT/tests/fuzz/autostart-names" 20 4
  assert_success
}

@test "dot files, backups, folders and what is not executable are left alone" {
  script yes.sh
  script sub/deep.sh
  script sub/deeper/not.sh
  script .dot
  script old~
  script plain
  chmod -x "$HOME/autostart/plain"
  ln -s nowhere "$HOME/autostart/dangling"
  ln -s yes.sh "$HOME/autostart/link"
  auto -n
  assert_equal "${#lines[@]}" 3
  assert_line --regexp 'autostart/yes\.sh$'
  assert_line --regexp 'autostart/link$'
  assert_line --regexp 'autostart/sub/deep\.sh$'
}

# --- Where things are

@test "without LINEMAN_RUNTIME the folder is the first of the old ones, with the user's name" {
  script job.sh
  run env -i HOME="$HOME" "$BUILD/bin/ptyautostart" -n
  assert_success
  local base=/var/tmp/autostart
  [ ! -w /var/log/autostart ] || base=/var/log/autostart
  assert_output --partial "-cf $base/$(id -un)/job.sock autostart/job.sh"
  run env -i HOME="$HOME" LOGNAME=somebody "$BUILD/bin/ptyautostart" -n
  assert_output --partial "-cf $base/somebody/job.sock"
  # The usual runtime folder, set explicitly, must not mean a second set of jobs.
  run env -i HOME="$HOME" LINEMAN_RUNTIME="/var/tmp/lineman-$(id -u)" "$BUILD/bin/ptyautostart" -n
  assert_output --partial "-cf $base/$(id -un)/job.sock"
  run env -i HOME="$HOME" LOGNAME=../../etc "$BUILD/bin/ptyautostart" -n
  assert_failure 111
}

@test "without HOME it is the password file's" {
  run env -i LINEMAN_RUNTIME="$T/run" sh -x "$BUILD/bin/ptyautostart" -n
  # Which may not exist: nobody's does not.
  assert_output --partial "+ cd -- $(getent passwd "$(id -u)" | cut -d: -f6)"
}

@test "a folder that is a link, or somebody else's, is refused" {
  script job.sh
  ln -s "$T/home" "$DIR"
  auto
  assert_failure 111
  [[ $stderr == *"$DIR: not a folder"* ]] || fail "$stderr"
  if [ "$(id -u)" -eq 0 ]; then
    rm "$DIR"
    mkdir "$DIR"
    chown nobody "$DIR"
    auto
    assert_failure 111
    [[ $stderr == *"$DIR: belongs to someone else"* ]] || fail "$stderr"
  fi
  assert_equal "$output" ""
}

@test "an open folder of ours is made private" {
  mkdir -m 777 "$DIR"
  auto
  assert_success
  assert_equal "$(stat -c %a "$DIR")" 700
}

# --- Starting

@test "a start is told on stdout and in the log, then nothing more is said" {
  script job.sh
  auto
  assert_success
  assert_output "started job"
  assert_equal "$stderr" ""
  auto
  assert_success
  assert_output ""
  assert_equal "$stderr" ""
  auto -v
  assert_output "ok job"
  run cat "$DIR/autostart.log"
  assert_line --index 0 --regexp '^[0-9]{8}-[0-9]{6} started job$'
  assert_line --index 1 --regexp '^[0-9]{8}-[0-9]{6} ok job$'
}

@test "the job runs as a relative path in the home folder, on a pty, with ~/bin in its PATH" {
  script job.sh 'echo "$0 in $PWD"; echo "path $PATH"; [ -t 0 ] && echo tty; read -r _'
  auto
  wait_until 5 file_has "$DIR/job.out" tty
  run cat "$DIR/job.out"
  assert_output --partial "autostart/job.sh in $HOME"
  assert_output --partial "path $HOME/bin:/usr/local/bin:/usr/bin:/bin"
}

@test "socat is a client of the job" {
  script job.sh
  auto
  connect "$DIR/job.sock"
  say c hello
  expect c "heard hello"
}

@test "a job that ended is started by the next run, and its socket is the same" {
  script job.sh
  auto
  once "$DIR/job.sock" 'quit\n' >/dev/null
  wait_until 5 is_down job
  auto
  assert_output "started job"
  is_up job
}

@test "after kill -9 of ptybufferd the dead socket is no obstacle" {
  script job.sh
  auto
  local pid
  pid=$(pid_of job)
  kill -9 "$pid"
  wait_until 5 is_down job
  assert_exists "$DIR/job.sock"
  auto
  assert_success
  assert_output "started job"
  is_up job
}

@test "a script that cannot be executed is an OOPS with its reason, and the others start" {
  script bad.sh
  printf '#!/nonexistent/interpreter\n' >"$HOME/autostart/bad.sh"
  script good.sh
  auto
  assert_failure 1
  assert_output "started good"
  [[ $stderr == "OOPS bad (111)"$'\n'*"No such file"* ]] || fail "$stderr"
  grep -qE '^[0-9]{8}-[0-9]{6} OOPS bad \(111\)$' "$DIR/autostart.log"
}

@test "options that ptybufferd refuses are an OOPS with its words" {
  script 'bad.-S0x0-.sh'
  auto
  assert_failure 1
  [[ $stderr == "OOPS bad.-S0x0- ("* ]] || fail "$stderr"
  [[ $stderr == *size* ]] || fail "$stderr"
}

@test "R, S and H reach the job: it is restarted, 33 by 101, with its history bounded" {
  script 'job.-RS33x101H16384-.sh' 'stty size; echo run $$; sleep 0.2'
  auto
  assert_output "started job.-RS33x101H16384-"
  runs() { [ "$(grep -c '^run' "$DIR/job.-RS33x101H16384-.out")" -ge 2 ]; }
  wait_until 20 runs
  file_has "$DIR/job.-RS33x101H16384-.out" "33 101"
}

@test "hostile names are started, answer, and harm nothing" {
  local names=('a b' "it's" '$(touch pwned)' '-rf' $'new\nline' '*' 'q"uote' 'back\slash' 'a,b:c!!d') name
  for name in "${names[@]}"; do script "$name.sh"; done
  auto
  assert_success
  assert_equal "${#lines[@]}" "${#names[@]}"
  assert_line "started new?line"
  for name in "${names[@]}"; do
    is_up "$name" || fail "$name does not answer"
    wait_until 5 file_has "$DIR/$name.out" "here is autostart/"
  done
  assert_not_exists "$HOME/pwned"
  auto -l
  assert_line --regexp '^new\?line +running +[0-9]+'
  assert_line --regexp '^a,b:c!!d +running +[0-9]+'
}

@test "two runs at the same time start a job once" {
  script job.sh 'echo run; sleep 1000'
  local n
  for n in 1 2 3 4; do
    start_bg sh -c 'exec env -i HOME="$HOME" LINEMAN_RUNTIME="$T/run" "$BUILD/bin/ptyautostart" -v >"$T/run.$1" 2>&1' sh "$n"
    eval "run$n=$BG"
  done
  for n in 1 2 3 4; do
    eval "wait \$run$n" || fail "run $n: $(cat "$T/run.$n")"
  done
  assert_equal "$(cat "$T"/run.[1-4] | sort | uniq -c | tr -s ' ' | tr '\n' ';')" " 3 ok job; 1 started job;"
  wait_until 5 file_has "$DIR/job.out" run
  assert_equal "$(grep -c run "$DIR/job.out")" 1
}

@test "no job inherits the lock" {
  script job.sh
  auto
  run flock -n "$DIR/.lock" true
  assert_success
}

@test "a run that finds the lock held for long gives up in silence" {
  script job.sh
  auto
  mkdir "$T/bin"
  # The wait is cut short, not left out.
  printf '#!/bin/sh\nexec /usr/bin/flock -w 0 9\n' >"$T/bin/flock"
  chmod +x "$T/bin/flock"
  mkdir -p "$HOME/bin" && cp "$T/bin/flock" "$HOME/bin/"
  start_bg /usr/bin/flock "$DIR/.lock" sleep 1000
  held() { ! /usr/bin/flock -n "$DIR/.lock" true; }
  wait_until 5 held
  auto
  assert_success
  assert_output ""
  assert_equal "$stderr" ""
  file_has "$DIR/autostart.log" busy
}

@test "the argument is slept after each start, and only then" {
  script one.sh
  script two.sh
  local began=$EPOCHREALTIME
  auto 0.3
  assert_success
  assert [ "$(((${EPOCHREALTIME/./} - ${began/./}) / 1000))" -ge 600 ]
  auto 1000
  assert_success
  auto soon
  assert_failure 100
}

# --- Names

@test "two scripts of one base name have a socket each; the one at the top keeps the name" {
  script sub/job.sh
  script job.sh
  script sub/job
  script job
  auto
  assert_success
  assert_output "started job
started job.sh
started sub_job
started 2_sub_job"
  auto -v
  assert_output "ok job
ok job.sh
ok sub_job
ok 2_sub_job"
  wait_until 5 file_has "$DIR/sub_job.out" "here is autostart/sub/job"
}

@test "who has a name keeps it, whichever script comes later" {
  script sub/job.sh
  auto
  assert_output "started job"
  script job.sh
  auto -v
  assert_output "started job.sh
ok job"
  wait_until 5 file_has "$DIR/job.sh.out" "here is autostart/job.sh"
  # Switched off, it keeps the name; gone and ended, the name is free.
  chmod -x "$HOME/autostart/sub/job.sh"
  auto -v
  assert_output "ok job.sh"
  rm "$HOME/autostart/sub/job.sh"
  script third/job.sh
  auto
  assert_output "started third_job"
  ctl "$DIR/job.sock" stop >/dev/null
  wait_until 5 is_down job
  script a/job.sh
  auto -v
  assert_output "ok job.sh
started job
ok third_job"
  wait_until 5 file_has "$DIR/job.out" "here is autostart/a/job.sh"
}

@test "a socket of autostart.sh's time, without a record, is its script's" {
  script job.sh
  mkdir -m 700 "$DIR"
  (cd "$HOME" && ptybufferd -l "$DIR/job.log" -o "$DIR/job.out" -cf "$DIR/job.sock" autostart/job.sh)
  auto -v
  assert_success
  assert_output "ok job"
}

@test "a script named autostart does not write into ptyautostart's log" {
  script autostart.sh
  auto
  assert_output "started autostart"
  assert_exists "$DIR/autostart.sock"
  wait_until 5 file_has "$DIR/autostart-job.out" here
  run grep -vcE '^[0-9]{8}-[0-9]{6} (started|ok) autostart$' "$DIR/autostart.log"
  assert_output 0
}

# --- Logs

@test "autostart.log and the job's output are put aside at their size" {
  script 'job.-L-.sh' 'yes 0123456789 | head -c 100000; echo done; read -r _'
  mkdir -m 700 "$DIR"
  yes "20260101-000000 ok old" | head -n 100 >"$DIR/autostart.log"
  echo older >"$DIR/autostart.log.1"
  run cronlike LINEMAN_RUNTIME="$T/run" LINEMAN_ROTATE_BYTES=2000 LINEMAN_ROTATE_FILES=2 "$BUILD/bin/ptyautostart"
  assert_success
  assert_equal "$(wc -l <"$DIR/autostart.log.1")" 100
  assert_equal "$(cat "$DIR/autostart.log.2")" older
  assert_equal "$(wc -l <"$DIR/autostart.log")" 1
  rotated() { [ "$(find "$DIR" -name 'job.-L-.out?*' | wc -l)" -ge 1 ]; }
  wait_until 10 rotated
}

@test "with L and without Q there is no mail each minute" {
  script 'job.-L-.sh'
  auto
  assert_equal "$stderr" ""
  auto
  assert_output ""
  assert_equal "$stderr" ""
}

# --- Looking

@test "-l lists jobs with their state, process, viewers and script" {
  script up.sh
  script dead.sh
  script never.sh
  chmod -x "$HOME/autostart/never.sh"
  auto
  chmod +x "$HOME/autostart/never.sh"
  ctl "$DIR/dead.sock" stop >/dev/null
  wait_until 5 is_down dead
  connect "$DIR/up.sock"
  expect c here
  auto -l
  assert_success
  assert_line --index 0 --regexp '^NAME +STATE +PID +VIEWERS +SINCE +SCRIPT$'
  assert_line --regexp "^up +running +$(pid_of up) +1 +20[0-9-]+ [0-9:]{8} autostart/up\.sh\$"
  assert_line --regexp '^dead +dead +- +- - +autostart/dead\.sh$'
  assert_line --regexp '^never +never +- +- - +autostart/never\.sh$'
  is_down never
}

@test "-l shows a job whose script is gone" {
  script job.sh
  auto
  rm "$HOME/autostart/job.sh"
  auto --list
  assert_line --regexp '^job +running .*\(autostart/job\.sh: gone\)$'
}

@test "on a terminal it says what it found" {
  script job.sh
  auto
  run socat -u "EXEC:env -i HOME=$HOME LINEMAN_RUNTIME=$T/run $BUILD/bin/ptyautostart,pty" -
  assert_output --partial "ok job"
}

@test "as autostart.sh it prints what that printed" {
  script job.sh
  ln -s "$BUILD/bin/ptyautostart" autostart.sh
  run --separate-stderr cronlike LINEMAN_RUNTIME="$T/run" "$T/autostart.sh"
  assert_success
  assert_output ""
  [[ $stderr =~ ^[0-9]{8}-[0-9]{6}\ started\ job$ ]] || fail "$stderr"
  run --separate-stderr cronlike LINEMAN_RUNTIME="$T/run" "$T/autostart.sh"
  assert_output --regexp '^[0-9]{8}-[0-9]{6} ok job$'
  assert_equal "$stderr" ""
}

# --- Two people

@test "two users have folders of their own in one base" {
  local base=$T/base
  mkdir -m 1777 "$base"
  # The base is not to be chosen from outside; a changed copy of the script looks here.
  mkdir -p "$T/bin"
  sed "s|/var/log/autostart|$base|g" "$BUILD/bin/ptyautostart" >"$T/bin/ptyautostart"
  cp "$BUILD/bin/ptybufferd" "$T/bin/"
  chmod 755 "$T/bin/ptyautostart" "$T" "$T/bin"
  script job.sh
  run cronlike "$T/bin/ptyautostart"
  assert_success
  assert_output "started job"
  assert_equal "$(stat -c %a "$base/$(id -un)")" 700
  run cronlike LOGNAME=other sh -c 'mkdir "$1/other" && chmod 755 "$1/other"; exec "$2"' sh "$base" "$T/bin/ptyautostart"
  assert_output "started job"
  assert_equal "$(stat -c %a "$base/other")" 700
  [ "$(id -u)" -eq 0 ] || return 0
  local nobody="setpriv --reuid nobody --regid nogroup --clear-groups"
  chmod -R a+rX "$HOME"
  # shellcheck disable=SC2086
  run cronlike LOGNAME=nobody $nobody "$T/bin/ptyautostart"
  assert_success
  assert_output "started job"
  assert_equal "$(stat -c '%U %a' "$base/nobody")" "nobody 700"
  # Root's folder is not nobody's, whatever the environment says.
  # shellcheck disable=SC2086
  run cronlike LOGNAME=root $nobody "$T/bin/ptyautostart"
  assert_failure 111
  assert_output --partial "$base/root: belongs to someone else"
}

# --- Usage

@test "statuses: usage 100, no home 111, no ptybufferd 111" {
  auto --frobnicate
  assert_failure 100
  auto 1 2
  assert_failure 100
  auto -x
  assert_failure 100
  run --separate-stderr env -i HOME="$T/none" LINEMAN_RUNTIME="$T/run" "$BUILD/bin/ptyautostart"
  assert_failure 111
  mkdir lone && cp "$BUILD/bin/ptyautostart" lone/
  run --separate-stderr env -i PATH=/usr/bin:/bin HOME="$HOME" LINEMAN_RUNTIME="$T/run" lone/ptyautostart
  assert_failure 111
  [[ $stderr == *"neither in $T/lone nor in PATH"* ]] || fail "$stderr"
}

@test "the examples of the manual" {
  manual_examples ptyautostart.1 >"$T/examples"
  grep -q ptyautostart "$T/examples"
  run sh -eu "$T/examples"
  assert_success
  assert_output --partial "started clock.-RS24x80-"
  assert_output --regexp 'clock\.-RS24x80- +running'
}
