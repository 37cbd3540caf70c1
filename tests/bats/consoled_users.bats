# Who came, by client certificate: its name is the visitor's, on both ports.
load helper
load consoled

setup() {
  lm_setup
  PATH=$LM_ROOT/examples/tls:$PATH
  make-certs tls localhost
  CLIENT=alice make-certs tls
  unnamed bob@example.org
  API=$(free_port)
  PORT=$(free_port)
  cat >server.conf <<END
global: {ssl_key_file: $T/tls/server.key, ssl_cert_file: $T/tls/server.crt, ssl_ca_cert_file: $T/tls/ca.crt}
api: {port: $API}
console: {port: $PORT, datadir: $T/d}
END
  start -c server.conf
  create n1 cat
  wait_until 5 file_has consoled.err 'n1: connected'
}
# unnamed ADDRESS: tls/unnamed.{key,crt}, without a common name.
unnamed() {
  openssl req -newkey rsa:2048 -nodes -keyout tls/unnamed.key -subj "/O=Night shift" -out unnamed.csr 2>/dev/null
  printf 'subjectAltName = DNS:b.example, email:%s\nextendedKeyUsage = clientAuth\n' "$1" >unnamed.ext
  openssl x509 -req -in unnamed.csr -CA tls/ca.crt -CAkey tls/ca.key -set_serial 77 -days 9 \
    -extfile unnamed.ext -out tls/unnamed.crt 2>/dev/null
}
# congo CLIENT: attached to n1 for as long as the test goes on.
congo() { PORT=$PORT TLS=$T/tls start_bg py "c = Congo('n1', context('$1')).attach()
while c.read(): pass"; }
who() { ctl consoled.sock '{"cmd":"who"}' | jq -r '.viewers[] | "\(.user) \(.face) \(.who)"'; }
who_has() { who | grep -qF -e "$1"; }

@test "the common name of a client's certificate is its user: who, events, log, journal" {
  connect "$LINEMAN_RUNTIME/consoled.ctl" e
  say e events
  congo alice
  wait_until 5 who_has 'alice console alice at 127.0.0.1:'
  expect e '"who":"alice at 127.0.0.1:'
  file_has consoled.err 'n1: viewer 1: alice at 127.0.0.1:'
  run conctl who
  assert_output --partial 'alice at 127.0.0.1:'
  run curl -s --cacert tls/ca.crt --cert tls/client.crt --key tls/client.key "https://localhost:$API/command/user/n1"
  assert_output --regexp '"users":\["alice at 127\.0\.0\.1:[0-9]+"\]'
  in_journal() { conlog -e --dir "$T/d" n1 | grep -F 'alice at 127.0.0.1:'; }
  wait_until 5 in_journal
}

@test "without a common name it is the e-mail address among the alternative names" {
  congo unnamed
  wait_until 5 who_has 'bob@example.org console bob@example.org at '
}
