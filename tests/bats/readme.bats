# README.md: every command that is fenced as sh is run. Those of the tour by `lineman tour`; the
# others are make's, and run here in a form that installs no packages.
load helper

# fenced: the sh lines that are no part of the tour, without their comments.
fenced() {
  awk '/^<!-- tour -->$/ { tour = 1 } /^<!-- end of tour -->$/ { tour = 0 }
    /^```/ { code = !tour && $0 == "```sh"; next } code' "$LM_ROOT/README.md" |
    sed -e 's/ *#.*//' -e 's/^sudo //'
}

# -o: what the tests run is built; a sub-make would not know of that, nor of a sanitizer.
mk() { timeout $((50 * LM_PATIENCE)) make -s -C "$LM_ROOT" BUILD="$BUILD" -o all -o deps "$@"; }

# tried LINE: runs it, or what stands for it.
tried() {
  case $1 in
    'make run') mk -n run ONCE=1 >said && (cd "$LM_ROOT" && eval "timeout $((50 * LM_PATIENCE)) $(grep '/bin/lineman tour' "$T/said")") ;;
    'make check') ;; # what runs this file
    'make install') mk install DESTDIR="$T/root" ;;
    *) return 127 ;;
  esac
}

@test "every command that README.md shows outside the tour works" {
  local line
  fenced >lines
  [ -s lines ]
  while read -r line; do
    run tried "$line"
    assert_success || fail "$line"
  done <lines
}

@test "the tour shows a terminal, a script, cron, socat and nc" {
  run --separate-stderr timeout $((50 * LM_PATIENCE)) lineman tour --once "$LM_ROOT/README.md"
  assert_success
  local word
  for word in 'heard: good morning' 'heard: good evening' 'heard: how do you do' 'heard: typed' \
    'heard: ping' 'heard of: backup done' '6 * 7 is 42' 'exit 2' '"viewers":[{' '"cols":132' 'started load' 'all is well: 8 running'; do
    assert_output --partial "$word"
  done
  # A console of each kind, each with something to say.
  for word in 'shell +cmd' 'hello +ptybuffer' 'far +ssh' 'guest +unix' 'modem +tty' \
    'clock +sshcmd' 'switch +telnet' 'meter +tcp'; do
    assert_output --regexp "$word +connected "
  done
  assert_output --regexp $'far *: login 42 at /dev/pts/[0-9]+'
  assert_output --regexp $'shell *: login 42 at /dev/pts/[0-9]+'
  for word in guest modem switch meter; do
    assert_output --regexp $'\n'"$word *: .*who is there"
  done
  assert_line 'far: break sent'
  assert_output --partial $'\nstill 42'
  assert_line --regexp '^http://127\.0\.0\.1:[0-9]+/web/#token=[0-9a-f]+$'
  assert_output --partial 'hello: detached]'
  assert_output --regexp $'hello +: heard: good morning'
  assert_output --regexp $'load.-RS24x80-: [0-9]'
}

@test "what README.md names is there" {
  local name
  for name in man/lineman.7 man/lineman-style.7 examples COPYRIGHT systemd/ptybufferd@.service \
    systemd/consoled.service examples/private-sshd.sh systemd/user/ptybufferd@.service; do
    [ -e "$LM_ROOT/$name" ] || fail "$name: not there"
    grep -q "${name##*/}" "$LM_ROOT/README.md" || fail "$name: not in README.md"
  done
}
