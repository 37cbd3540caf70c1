#!/bin/sh
# private-sshd.sh FOLDER: an sshd for trying things out, in the foreground: on 127.0.0.1 at a free
# port, with a host key of its own, and a key that lets in the user who runs it, and nobody else.
# FOLDER gets all of it: port, key (for ssh -i, or a console's private_key), known_hosts; it is the
# home of who logs in, too, so that nobody's profile decides what happens. Terminals for others than
# root want /dev/pts mounted with gid=5, as Debian does. It ends with Ctrl-C, or as a job:
#
#   ptybufferd --name sshd private-sshd.sh "$PWD/sshd"
#   echo stop | socat - "unix:$LINEMAN_RUNTIME/sshd.ctl"
set -eu
[ $# -eq 1 ] || { echo "usage: private-sshd.sh folder" >&2; exit 100; }
sshd=$(PATH=$PATH:/usr/sbin command -v sshd) ||
  { echo "private-sshd.sh: no sshd here: apt install openssh-server" >&2; exit 111; }
# sshd runs what is asked for with the shell that passwd has.
shell=$(getent passwd "$(id -u)" | cut -d: -f7)
"${shell:-/bin/sh}" -c : >/dev/null 2>&1 </dev/null || {
  echo "private-sshd.sh: nobody can log in as $(id -un): $shell, the shell in passwd, runs nothing:" \
    "chsh -s /bin/sh $(id -un)" >&2
  exit 111
}
umask 077
mkdir -p "$1"
cd "$1"
for key in host key; do
  [ -e $key ] || ssh-keygen -q -t ed25519 -N '' -C private-sshd -f $key
done

port=$(shuf -i 20000-29999 -n 1)
while nc -z 127.0.0.1 "$port"; do port=$((port + 1)); done
echo "$port" >port
echo "[127.0.0.1]:$port $(cat host.pub)" >known_hosts

cat >config <<END
ListenAddress 127.0.0.1:$port
HostKey $PWD/host
AuthorizedKeysFile $PWD/key.pub
PidFile none
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
StrictModes no
PrintMotd no
PrintLastLog no
SetEnv HOME=$PWD
END
# Where root's sshd wants an empty folder, that Debian makes when ssh.service starts.
[ "$(id -u)" -ne 0 ] || [ -d /run/sshd ] || mkdir -m 755 /run/sshd
exec "$sshd" -D -e -f "$PWD/config"
