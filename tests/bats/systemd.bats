# The units, checked by systemd's own tools against an installed tree. No service manager runs here.
load helper

setup() {
  lm_setup
  make -s -C "$LM_ROOT" BUILD="$BUILD" -o all install PREFIX="$T/i" >/dev/null
}

@test "systemd-analyze verify finds nothing to say about the units" {
  local unit
  for unit in system user; do
    cp "$T/i/lib/systemd/$unit/ptybufferd@.service" "$T/ptybufferd@x.service"
    run systemd-analyze --man=no verify "$T/ptybufferd@x.service"
    assert_success
    assert_output ""
  done
}

@test "systemd-analyze verify finds nothing to say about consoled's" {
  cp "$T/i/lib/systemd/system"/consoled.{service,socket} "$T"
  run systemd-analyze --man=no verify "$T/consoled.service" "$T/consoled.socket"
  assert_success
  assert_output ""
}

@test "the system's units are no easy targets" {
  local unit
  for unit in ptybufferd@ consoled; do
    run systemd-analyze --offline=yes --threshold=50 security "$T/i/lib/systemd/system/$unit.service"
    assert_success
  done
}

# What ExecStart says, with the specifiers and variables of an instance filled in.
start_line() {
  sed -n 's/^ExecStart=//p' "$1" |
    sed -e "s|%i|web|g" -e "s|%L|$T/log|g" -e "s|%h|$T/home|g"
}

# started UNIT-FILE: runs it as systemd would, with a socket to say READY to.
started() {
  mkdir -p "$T/log/lineman" "$T/home/.local/state/lineman"
  start_bg socat -u "UNIX-RECV:$T/notify" "OPEN:$T/said,creat,append"
  wait_until 5 test -S "$T/notify"
  start_line "$1" >"$T/line"
  # shellcheck disable=SC2016
  start_bg env NOTIFY_SOCKET="$T/notify" PTY_OPTIONS='-R -S 50x132' \
    PTY_COMMAND='vmstat 1' sh -c 'eval "exec $(cat line)"'
  MAIN=$BG
  wait_until 5 file_has "$T/said" READY=1
}

@test "a unit's command says READY, takes options and command from its file, ends by TERM with 0" {
  local unit log
  for unit in system user; do
    rm -rf run/* said notify
    RUNTIME_DIRECTORY=$T/run started "$T/i/lib/systemd/$unit/ptybufferd@.service"
    run ctl web status
    assert_output --partial '"command":"vmstat"'
    assert_output --partial '"rows":50'
    log=$(find "$T/log" "$T/home" -name web.out)
    wait_until 5 file_has "$log" procs
    [ "$unit" = user ] || [ "$(stat -c %a run/web.sock run/web.ctl "$log" | tr '\n' ' ')" = '660 660 660 ' ]
    kill "$MAIN"
    wait "$MAIN"
    rm -rf "$T/log" "$T/home/.local"
  done
}

@test "consoled's command says READY on the sockets it is given, and ends by TERM with 0" {
  start_bg socat -u "UNIX-RECV:$T/notify" "OPEN:$T/said,creat,append"
  wait_until 5 test -S "$T/notify"
  sed -n 's/^ExecStart=//p' "$T/i/lib/systemd/system/consoled.service" >"$T/line"
  local sockets=()
  while read -r path; do sockets+=(-l "$path"); done < <(
    sed -n "s|^ListenStream=/run/lineman/|$T/run/|p" "$T/i/lib/systemd/system/consoled.socket"
  )
  [ "${#sockets[@]}" -eq 4 ]
  mkdir -p "$T/run" "$T/state"
  # shellcheck disable=SC2046
  start_bg systemd-socket-activate "${sockets[@]}" -E "NOTIFY_SOCKET=$T/notify" \
    -E "RUNTIME_DIRECTORY=$T/run" -E "STATE_DIRECTORY=$T/state" -E "LINEMAN_CONFIG=$T/etc" \
    -E "ASAN_OPTIONS=$ASAN_OPTIONS" -E "UBSAN_OPTIONS=$UBSAN_OPTIONS" $(cat "$T/line")
  MAIN=$BG
  wait_until 5 test -S "$T/run/consoled.ctl"
  run ctl "$T/run/consoled.sock" status
  assert_output --partial '"ok":true'
  wait_until 5 file_has "$T/said" READY=1
  kill "$MAIN"
  wait "$MAIN"
  assert [ -S "$T/run/consoled.sock" ]
}

@test "user units lie where shells and cron look: no private folders" {
  run grep -E '^(PrivateTmp|RuntimeDirectory|StateDirectory)' "$T/i/lib/systemd/user/ptybufferd@.service"
  assert_output ""
}

@test "sysusers and tmpfiles make the user and the folders" {
  [ "$(id -u)" = 0 ] || skip "needs root"
  mkdir -p root/{etc,usr/lib,run,var}
  systemd-sysusers --root="$T/root" "$T/i/lib/sysusers.d/lineman.conf"
  run cat root/etc/passwd root/etc/group
  assert_line --regexp '^lineman:x:[0-9]+:[0-9]+:lineman jobs:/var/lib/lineman:/usr/sbin/nologin$'
  assert_line --regexp '^dialout:x:[0-9]+:lineman$'
  run systemd-tmpfiles --create --root="$T/root" "$T/i/lib/tmpfiles.d/lineman.conf"
  assert_success
  local uid
  uid=$(sed -n 's/^lineman:x:\([0-9]*\):.*/\1/p' root/etc/passwd)
  run stat -c '%a %u' root/run/lineman root/var/lib/lineman root/etc/lineman/pty root/var/tmp/autostart
  assert_output "750 $uid"$'\n'"750 $uid"$'\n750 0\n1777 0'
}
