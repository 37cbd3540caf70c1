# examples/tls: what make-certs makes lets in who should come, and nobody else.
load helper

setup() {
  lm_setup
  PATH=$LM_ROOT/examples/tls:$PATH
  make-certs "$T/tls" console.example.org 10.0.0.2
}

listens() { ss -Hltn "sport = :$1" | grep -q .; }

# A server as consoled is one: with its certificate, for clients of the CA alone.
serve() {
  PORT=$(free_port)
  start_bg openssl s_server -accept "127.0.0.1:$PORT" -cert tls/server.crt -key tls/server.key \
    -CAfile tls/ca.crt -Verify 1 -verify_return_error -rev -quiet
  wait_until 5 listens "$PORT"
}

# A word there and back, with that client's certificate ("": none), for the server's NAME.
word() {
  local name=$2 own=()
  [ -z "$1" ] || own=(--cert "$1.crt" --key "$1.key")
  echo drow | "$BUILD/libexec/lineman/tlspipe" --ca tls/ca.crt --name "$name" "${own[@]}" \
    127.0.0.1 "$PORT"
}

@test "keys are for their owner's eyes, the certificate for all names of the server" {
  run stat -c '%a %n' tls/*
  assert_output "$(cat <<'END'
644 tls/ca.crt
600 tls/ca.key
644 tls/client.crt
600 tls/client.key
644 tls/server.crt
600 tls/server.key
END
)"
  run openssl x509 -in tls/server.crt -noout -ext subjectAltName
  assert_output --regexp 'DNS:console\.example\.org.*DNS:localhost.*IP Address:10\.0\.0\.2, IP Address:127\.0\.0\.1'
  run make-certs
  assert_failure 100
}

@test "who has a certificate of the CA comes in, for each name of the server" {
  serve
  local name
  for name in localhost console.example.org; do
    run word tls/client "$name"
    assert_output word
  done
  CLIENT=alice make-certs tls
  run word tls/alice localhost
  assert_output word
}

@test "who has none, or a stranger's, or asks for another server, does not" {
  make-certs other
  serve
  run word '' localhost
  assert_failure 111
  refute_output --partial word
  run word other/client localhost
  assert_failure 111
  refute_output --partial word
  run word tls/client elsewhere.example.org
  assert_failure 111
  refute_output --partial word
  # A server is no client.
  run word tls/server localhost
  assert_failure 111
  refute_output --partial word
}

@test "run again, the CA is the same and old clients stay welcome" {
  cp -r tls before
  make-certs tls localhost
  cmp tls/ca.crt before/ca.crt
  run cmp tls/server.crt before/server.crt
  assert_failure
  serve
  run word before/client localhost
  assert_output word
  cp tls/server.crt after.crt
  CLIENT=bob make-certs tls
  cmp tls/server.crt after.crt
  run word tls/bob localhost
  assert_output word
}
