# consoled's ssh consoles against a private sshd: what goes wrong, and how the console's state says it.
load helper
load consoled

setup() {
  lm_setup
  mkdir -p /run/sshd keys
  local name
  for name in key stranger host_a host_b; do ssh-keygen -q -t ed25519 -N '' -C "$name" -f "keys/$name"; done
  ssh-keygen -q -t ed25519 -N 'open sesame' -f keys/locked
  cat keys/key.pub keys/locked.pub >keys/authorized
  SSH_PORT=$(free_port)
  configure '' 'target_timeout: 3'
  start
}

teardown() {
  thaw || true
  lm_teardown
}

# sshd [SETTING...]: on $SSH_PORT, its pid in $SSHD; what is given comes before the usual settings.
sshd() {
  printf '%s\n' "$@" "Port $SSH_PORT" 'ListenAddress 127.0.0.1' "HostKey $T/keys/host_a" \
    "AuthorizedKeysFile $T/keys/authorized" 'StrictModes no' 'UsePAM no' 'UseDNS no' 'PidFile none' \
    'PermitRootLogin yes' 'PasswordAuthentication no' 'KbdInteractiveAuthentication no' 'PrintMotd no' \
    'PrintLastLog no' 'AllowTcpForwarding yes' "SetEnv SHLVL=5 HOME=$T/home" >sshd.conf
  start_bg /usr/sbin/sshd -D -e -f "$T/sshd.conf" 2>>sshd.err
  SSHD=$BG
  wait_until 5 eval 'ss -Hltn "sport = :$SSH_PORT" | grep -q .'
}
end_sshd() {
  kill -9 $(pgrep -P "$SSHD") "$SSHD"
  wait_until 5 pid_ended "$SSHD"
}
# ssh_node NAME [PARAMS-JSON]: to our sshd by our key.
ssh_node() {
  node "$1" ssh "$(jq -cn --arg p "$SSH_PORT" --arg u "$(id -un)" --arg k "$T/keys/key" --argjson more "${2:-{\}}" \
    '{host:"127.0.0.1",port:$p,user:$u,private_key:$k}+$more')"
}
fingerprint() { ssh-keygen -lf "keys/$1.pub" | awk '{ print $2 }'; }

@test "a login works and bytes flow; a sshd that dies is noticed, and connected to again when it is back" {
  sshd
  ssh_node n1 '{"term":"dumb"}'
  wait_until 10 state_is n1 connected
  attach n1
  say -n c $'echo sum $((40 + 2))\r'
  expect c 'sum 42'
  end_sshd
  wait_until 5 state_is n1 waiting
  expect c '[[not connected: '
  wait_until 10 reason_has n1 'Connection refused'
  run conctl status n1
  assert_output --partial 'Connection refused'
  run rest GET /nodes/n1
  assert_output --partial '"State":"error"'
  # Ever more rarely.
  [ "$(show n1 | jq '.next > .since')" = true ]
  sshd
  wait_until 20 state_is n1 connected
  expect c '[[connected]]'
  say -n c $'echo sum $((40 + 3))\r'
  expect c 'sum 43' 10
}

@test "a sshd that stalls: before the login it is given up in time, after it the keepalive finds out" {
  sshd
  kill -STOP "$SSHD"
  ssh_node n1
  wait_until 10 reason_has n1 'did not answer in time'
  kill -CONT "$SSHD"
  wait_until 20 state_is n1 connected
  node n2 cmd '{"cmd":"cat"}'
  ssh_node n3 '{"keepalive":"1"}'
  wait_until 10 state_is n3 connected
  # shellcheck disable=SC2046
  kill -STOP $(pgrep -P "$SSHD")
  wait_until 30 state_is n3 waiting
  reason_has n3 'host'
  state_is n2 connected
  # shellcheck disable=SC2046
  kill -CONT $(pgrep -P "$SSHD")
  switch n3 retry
  wait_until 10 state_is n3 connected
}

@test "a port that speaks no SSH is named as that" {
  local what port
  for what in 'cat' 'yes SSH-2.0-and-no-more' 'yes | head -c 20000; cat'; do
    port=$(free_port)
    start_bg socat "TCP-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr" "SYSTEM:$what"
    wait_until 5 eval 'ss -Hltn "sport = :'"$port"'" | grep -q .'
    SSH_PORT=$port ssh_node "n$port"
    wait_until 10 reason_has "n$port" 'is this the port of an ssh server?'
  done
}

@test "a key that is refused, a file that is not there, one that others may read: each says so, and where" {
  sshd
  ssh_node n1 "{\"private_key\":\"$T/keys/stranger\"}"
  ssh_node n2 "{\"private_key\":\"$T/keys/none\"}"
  cp keys/key keys/open
  chmod 644 keys/open
  ssh_node n3 "{\"private_key\":\"$T/keys/open\"}"
  wait_until 10 reason_has n1 "127.0.0.1:$SSH_PORT"
  wait_until 10 reason_has n2 keys/none
  wait_until 10 reason_has n3 keys/open
  reason_has n1 'refused: tried private key; the host takes publickey'
  reason_has n2 'No such file'
  reason_has n3 'chmod 600'
  # Right again, it is up at the next attempt.
  chmod 600 keys/open
  wait_until 20 state_is n3 connected
}

@test "a host key that changed is refused with the file, its line and both fingerprints, until the line is gone" {
  sshd
  ssh_node n1
  wait_until 10 state_is n1 connected
  assert_equal "$(stat -c %a d/known_hosts)" 600
  end_sshd
  sshd "HostKey $T/keys/host_b"
  wait_until 20 reason_has n1 'has changed'
  run show n1
  for part in "$T/d/known_hosts line 1" "$(fingerprint host_a)" "$(fingerprint host_b)"; do
    assert_output --partial "$part"
  done
  run file_has consoled.err "$(fingerprint host_b)"
  assert_success
  state_is n1 waiting
  : >d/known_hosts
  wait_until 20 state_is n1 connected
  # strict lets in nobody whom the file does not know.
  : >d/known_hosts
  ssh_node n2 '{"host_key_check":"strict"}'
  wait_until 10 reason_has n2 'is not known'
}

@test "a disk that hangs under known_hosts holds up the login alone, and the key is remembered once" {
  sshd
  end
  start_on_image k
  node n1 cmd '{"cmd":"cat"}'
  wait_until 10 state_is n1 connected
  attach n1
  freeze
  ssh_node hung "{\"known_hosts\":\"$T/k/known_hosts\"}"
  # The key exchange is over, and the line is what it waits for.
  wait_until 10 eval 'grep -qs "^State:.*disk sleep" /proc/$CONSOLED/task/*/status'
  say -n c $'on\r'
  expect c $'on\r\non'
  run rest GET /nodes
  assert_line --index 0 200
  wait_until 20 reason_has hung "known hosts: $T/k/known_hosts: the disk does not answer"
  say -n c $'still\r'
  expect c $'still\r\nstill'
  node off ssh "$(show hung | jq -c '.params+{known_hosts:"'"$T"'/k/known_hosts",host_key_check:"off"}')"
  wait_until 10 state_is off connected
  thaw
  wait_until 20 state_is hung connected
  assert_equal "$(grep -c "^\[127.0.0.1\]:$SSH_PORT ssh-ed25519 " "$DISK/known_hosts")" 1
}

@test "a host with old algorithms alone is named with them, and let in where the node allows them" {
  sshd 'KexAlgorithms diffie-hellman-group14-sha1' 'Ciphers aes128-cbc' 'MACs hmac-sha1'
  ssh_node n1
  wait_until 10 reason_has n1 'the host offers diffie-hellman-group14-sha1'
  run show n1
  assert_output --partial 'kex=+NAME'
  ssh_node n2 '{"kex":"+diffie-hellman-group14-sha1"}'
  wait_until 10 reason_has n2 'aes128-cbc'
  ssh_node n3 '{"kex":"+diffie-hellman-group14-sha1","ciphers":"+aes128-cbc","macs":"+hmac-sha1"}'
  wait_until 10 state_is n3 connected
}

@test "through a jump host, with an agent, with a passphrase: and what is wrong names which of them" {
  sshd
  local proxy
  proxy="{\"proxy\":\"$(id -un)@127.0.0.1:$SSH_PORT\"}"
  ssh_node jump "$proxy"
  printf 'open sesame\n' >keys/phrase
  printf 'open barley\n' >keys/wrong
  chmod 600 keys/phrase keys/wrong
  ssh_node locked "{\"private_key\":\"$T/keys/locked\",\"passphrase_file\":\"$T/keys/phrase\"}"
  ssh_node wrong "{\"private_key\":\"$T/keys/locked\",\"passphrase_file\":\"$T/keys/wrong\"}"
  start_bg ssh-agent -D -a "$T/agent"
  wait_until 5 test -S agent
  SSH_AUTH_SOCK=$T/agent ssh-add -q keys/key
  node agent ssh "{\"host\":\"127.0.0.1\",\"port\":\"$SSH_PORT\",\"user\":\"$(id -un)\",\"agent\":\"$T/agent\"}"
  local n
  for n in jump locked agent; do wait_until 15 state_is "$n" connected; done
  wait_until 10 reason_has wrong keys/locked
  ssh_node behind "{\"proxy\":\"$(id -un)@127.0.0.1:$SSH_PORT\",\"port\":\"$(free_port)\"}"
  wait_until 10 reason_has behind 'Connection refused'
  ssh_node before "{\"proxy\":\"$(id -un)@127.0.0.1:$(free_port)\"}"
  wait_until 10 reason_has before 'Connection refused'
  reason_has before 'proxy: '
}

@test "a password from a file: a sshd that takes none says so, and the password is shown nowhere" {
  sshd 'PasswordAuthentication yes'
  echo geheim77 >keys/password
  chmod 600 keys/password
  node n1 ssh "{\"host\":\"127.0.0.1\",\"port\":\"$SSH_PORT\",\"user\":\"$(id -un)\",\"password_file\":\"$T/keys/password\"}"
  wait_until 10 state_is n1 waiting
  run show n1
  assert_output --partial password
  refute_output --partial geheim77
  ! grep -r geheim77 consoled.err d run
}

@test "a jump host is shown the proxy's own key, with its passphrase, and never needs the host's" {
  sshd
  local jump far=$SSH_PORT
  cat keys/stranger.pub keys/locked.pub >keys/authorized.jump
  SSH_PORT=$(free_port)
  jump="\"proxy\":\"$(id -un)@127.0.0.1:$SSH_PORT\""
  sshd "AuthorizedKeysFile $T/keys/authorized.jump"
  SSH_PORT=$far
  printf 'open sesame\n' >keys/phrase
  chmod 600 keys/phrase
  ssh_node same "{$jump}"
  ssh_node other "{$jump,\"proxy_private_key\":\"$T/keys/stranger\"}"
  ssh_node locked "{$jump,\"proxy_private_key\":\"$T/keys/locked\",\"proxy_passphrase_file\":\"$T/keys/phrase\"}"
  wait_until 15 reason_has same 'proxy: '
  reason_has same 'refused: tried private key'
  wait_until 15 state_is other connected
  wait_until 15 state_is locked connected
}
