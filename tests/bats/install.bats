# make install: everything in its place, working from there, gone again.
load helper

# Built is what the tests run; make must not build a second time.
install_to() {
  run make -s -C "$LM_ROOT" BUILD="$BUILD" -o all "$@"
  assert_success
}

@test "make install puts programs, manuals, units and completions in their places" {
  install_to install DESTDIR="$T/root" PREFIX=/usr
  cd "$T/root/usr"
  local file
  for file in bin/{ptybufferd,ptyattach,ptyautostart,lineman} libexec/lineman/{tlspipe,resolve} \
    share/man/man1/{ptyattach,ptyautostart,lineman}.1 share/man/man8/{ptybufferd,consoled}.8 \
    share/man/man7/{lineman,lineman-style}.7 share/man/man5/consoled.conf.5 bin/consoled \
    lib/systemd/system/consoled.{service,socket} share/doc/lineman/examples/tls/make-certs \
    lib/systemd/{system,user}/ptybufferd@.service lib/{sysusers.d,tmpfiles.d}/lineman.conf \
    share/bash-completion/completions/ptyattach share/zsh/site-functions/_ptyattach \
    share/fish/vendor_completions.d/ptyattach.fish share/doc/lineman/{README.md,COPYRIGHT}; do
    [ -s "$file" ] || fail "$file: not there"
  done
  run grep -r '@PREFIX@\|@VERSION@' .
  assert_output ""
  grep -q '^ExecStart=/usr/bin/ptybufferd ' lib/systemd/system/ptybufferd@.service
  run find . -type f -perm /022
  assert_output ""
  run find "$T/root" -maxdepth 1 -mindepth 1 -printf '%f\n'
  assert_output usr
}

@test "what is installed runs from there: jobs, list, manual, tour" {
  install_to install PREFIX="$T/i"
  PATH=$T/i/bin:/usr/bin:/bin
  mkdir autostart home/autostart
  printf '#!/bin/sh\nexec sleep 60\n' >home/autostart/nap.sh
  chmod +x home/autostart/nap.sh
  run ptyautostart
  assert_output 'started nap'
  run ptyattach
  assert_line --regexp '^nap +running '
  run readlink "/proc/$(ctl_get "$LINEMAN_RUNTIME/autostart/nap.sock" .pid)/exe"
  assert_output "$T/i/bin/ptybufferd"
  run lineman status
  assert_output 'all is well: 1 running'
  run mandoc -Tascii "$T/i/share/man/man1/ptyattach.1"
  assert_success
  run env -u LINEMAN_RUNTIME -u LINEMAN_STATE -u LINEMAN_CONFIG timeout 50 lineman tour --once
  assert_success
}

@test "COMPAT=1 adds the old names, with their help and statuses" {
  install_to install PREFIX="$T/i" COMPAT=1
  PATH=$T/i/bin:/usr/bin:/bin
  local name
  for name in ptybuffer ptybufferconnect; do
    run -1 --separate-stderr "$name" -h
    assert_equal "$output" ""
    [[ $stderr == usage:* ]]
    run -1 --separate-stderr "$name"
  done
  run -24 ptybuffer -c x.sock
  run -0 ptybuffer -q x.sock cat
  run -42 ptybuffer -c x.sock
  run -255 --separate-stderr ptybuffer -q x.sock cat
  [[ $stderr == *'bind: Address already in use'* ]]
  run -0 ptybufferconnect -nqqp hello x.sock
  mkdir -p home/autostart
  printf '#!/bin/sh\nexec sleep 60\n' >home/autostart/nap.sh
  chmod +x home/autostart/nap.sh
  run -0 --separate-stderr autostart.sh
  [[ $stderr == *' started nap' ]]
  run -0 --separate-stderr autostart.sh
  [[ $output == *' ok nap' ]]
}

@test "COMPAT=1 adds goconserver and cloud-console" {
  install_to install PREFIX="$T/i" COMPAT=1
  PATH=$T/i/bin:/usr/bin:/bin
  run -0 goconserver --version
  assert_output --regexp '^Version: [^ ]+, BuildTime: '
  run -1 cloud-console /dev/pts/0
  assert_line --partial 'device ip port'
}

@test "COMPAT=1 adds goconserver.service, which starts consoled with that one's configuration" {
  install_to install PREFIX="$T/i" COMPAT=1
  unit=$T/i/lib/systemd/system/goconserver.service
  run sed -n 's/^ExecStart=//p' "$unit"
  assert_output "$T/i/bin/consoled -c /etc/goconserver/server.conf"
  run systemd-analyze --man=no verify "$unit"
  assert_success
  assert_output ""
  # What "service goconserver start" runs, with a configuration of ours.
  printf 'api: {port: none}\nconsole: {port: none, datadir: %s}\n' "$T/d" >server.conf
  start_bg $(sed -n "s|^ExecStart=\(.*\) /etc/goconserver/server.conf|\1 $T/server.conf|p" "$unit")
  wait_until 5 ctl consoled.sock status
  kill "$BG"
  wait "$BG"
  install_to uninstall PREFIX="$T/i"
  [ ! -e "$unit" ]
}

@test "without COMPAT the old names are not touched" {
  mkdir -p "$T/i/bin" "$T/i/lib/systemd/system"
  ln -s /bin/true "$T/i/bin/ptybuffer"
  echo "ExecStart=/usr/bin/goconserver" >"$T/i/lib/systemd/system/goconserver.service"
  install_to install PREFIX="$T/i"
  grep -q /usr/bin/goconserver "$T/i/lib/systemd/system/goconserver.service"
  [ "$(readlink "$T/i/bin/ptybuffer")" = /bin/true ]
  [ ! -e "$T/i/bin/autostart.sh" ]
  install_to uninstall PREFIX="$T/i"
  [ "$(readlink "$T/i/bin/ptybuffer")" = /bin/true ]
  [ -e "$T/i/lib/systemd/system/goconserver.service" ]
  install_to uninstall PREFIX="$T/i" COMPAT=1
  [ -e "$T/i/lib/systemd/system/goconserver.service" ]
}

@test "make uninstall takes away what make install made, and nothing else" {
  mkdir -p "$T/i/bin" && echo mine >"$T/i/bin/other"
  install_to install PREFIX="$T/i" COMPAT=1 STRIP=strip
  "$T/i/bin/ptybufferd" --version
  install_to install PREFIX="$T/i" COMPAT=1
  install_to uninstall PREFIX="$T/i"
  run find "$T/i" ! -type d
  assert_output "$T/i/bin/other"
}
