# Where things lie (DESIGN, part 6): the same from a login, cron and su, whatever the environment
# says or leaves out. ptyattach names the folders it looked in.
load helper

folders_of() { # COMMAND...: the folders ptyattach looks in, when it is run so
  run -111 "$@" ptyattach no-such-job
  assert_output --partial 'no-such-job: no such name in '
  folders=${output##* in }
}

usual() { [ "$(id -u)" = 0 ] && echo /run/lineman || echo "/var/tmp/lineman-$(id -u)"; }

# As another user: really another one where we may (root), else through a user namespace, whose
# uid differs from outside. The programs lie in a folder that only their owner may enter, so copies
# are run.
setup() {
  lm_setup
  mkdir -m 755 "$T/bin"
  cp "$BUILD/bin/ptyattach" "$BUILD/bin/ptybufferd" "$T/bin/"
  chmod 755 "$T"
}

as_other() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
  else
    unshare --user --map-user=65534 "$@"
  fi
}

@test "a bare environment means the user's own runtime folder" {
  folders_of env -i "PATH=$BUILD/bin" "ASAN_OPTIONS=$ASAN_OPTIONS"
  [ "${folders%%,*}" = "$(usual)" ]
}

@test "XDG_RUNTIME_DIR, which cron has not, decides nothing" {
  folders_of env -i "PATH=$BUILD/bin" "ASAN_OPTIONS=$ASAN_OPTIONS" XDG_RUNTIME_DIR="$T/xdg"
  [ "${folders%%,*}" = "$(usual)" ]
}

@test "LINEMAN_RUNTIME comes before RUNTIME_DIRECTORY, and that before the usual folder" {
  folders_of env -i "PATH=$BUILD/bin" "ASAN_OPTIONS=$ASAN_OPTIONS" RUNTIME_DIRECTORY="$T/a:$T/b"
  [ "${folders%%,*}" = "$T/a" ]
  folders_of env -i "PATH=$BUILD/bin" "ASAN_OPTIONS=$ASAN_OPTIONS" RUNTIME_DIRECTORY="$T/a" \
    LINEMAN_RUNTIME="$T/run"
  [ "${folders%%,*}" = "$T/run" ]
}

@test "a relative LINEMAN_RUNTIME is not taken, for it would mean another folder everywhere" {
  folders_of env -i "PATH=$BUILD/bin" "ASAN_OPTIONS=$ASAN_OPTIONS" LINEMAN_RUNTIME=run
  [ "${folders%%,*}" = "$(usual)" ]
}

@test "su keeps the caller's HOME, and still each uid has its own folder" {
  run -111 as_other env -i "PATH=$T/bin" "HOME=$HOME" LOGNAME=root USER=root \
    ptyattach no-such-job
  assert_output --partial 'in /var/tmp/lineman-65534,'
}

@test "the runtime folder is made by us, 0700, by the first job that has a name" {
  run -0 env LINEMAN_RUNTIME="$T/fresh" ptybufferd -q --name job sleep 60
  [ "$(stat -c %a "$T/fresh")" = 700 ]
  [ -S "$T/fresh/job.sock" ]
}

@test "a stranger's folder in the way is refused, by name and with what to do" {
  mkdir -m 777 "$T/trap"
  if [ "$(id -u)" = 0 ]; then
    chown 65534 "$T/trap"
    run -111 env LINEMAN_RUNTIME="$T/trap" ptybufferd -q --name job sleep 60
  else
    run -111 as_other env LINEMAN_RUNTIME="$T/trap" "$T/bin/ptybufferd" -q --name job sleep 60
  fi
  assert_output --partial "$T/trap: belongs to"
  assert_output --partial 'set LINEMAN_RUNTIME'
  assert [ ! -e "$T/trap/job.sock" ]
}

@test "a folder of ours that others can write is refused" {
  mkdir "$T/open"
  chmod 777 "$T/open"
  run -111 env LINEMAN_RUNTIME="$T/open" ptybufferd -q --name job sleep 60
  assert_output --partial 'others can write there'
}

@test "a link in place of the folder is refused" {
  mkdir -m 700 "$T/real"
  ln -s "$T/real" "$T/link"
  run -111 env LINEMAN_RUNTIME="$T/link" ptybufferd -q --name job sleep 60
  assert_output --partial "$T/link"
  assert [ ! -e "$T/real/job.sock" ]
}
