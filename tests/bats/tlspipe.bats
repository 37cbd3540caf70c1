# tlspipe and resolve: the helper programs, against real servers on 127.0.0.1 with an authority of
# our own.
load helper

setup_file() {
  CA=$(mktemp -d /tmp/lm-ca.XXXXXX)
  export CA
  cd "$CA" || return 1
  authority ca 'Test Authority'
  authority stranger 'Stranger'
  certificate good ca 'DNS:db.example,DNS:localhost,IP:127.0.0.1'
  certificate other ca 'DNS:other.example,DNS:third.example,IP:10.0.0.1'
  certificate client ca 'DNS:client.example'
  certificate strange stranger 'DNS:localhost,IP:127.0.0.1'
  certificate future ca 'IP:127.0.0.1' 20400101000000Z 20410101000000Z
  certificate old ca 'IP:127.0.0.1' 20200101000000Z 20210203040506Z
}

teardown_file() { rm -rf "$CA"; }

setup() {
  lm_setup
  PATH=$BUILD/libexec/lineman:$PATH
}

# authority NAME COMMON-NAME: NAME.pem and NAME.key.
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" \
    -days 30 -subj "/CN=$2" 2>/dev/null
}

# certificate NAME AUTHORITY SUBJECT-ALT-NAMES [FROM TO]
certificate() {
  local from=${4:-20200101000000Z} to=${5:-20400101000000Z}
  mkdir "$1.d" && : >"$1.d/index" && echo 01 >"$1.d/serial"
  printf '[ca]\ndefault_ca=x\n[x]\ndatabase=%s/index\nserial=%s/serial\nnew_certs_dir=%s\npolicy=p
default_md=sha256\nx509_extensions=e\n[p]\ncommonName=supplied\n[e]\nsubjectAltName=%s\n' \
    "$1.d" "$1.d" "$1.d" "$3" >"$1.d/conf"
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" \
    -out "$1.csr" -subj "/CN=$1" 2>/dev/null
  openssl ca -batch -config "$1.d/conf" -cert "$2.pem" -keyfile "$2.key" -in "$1.csr" \
    -startdate "$from" -enddate "$to" -notext -out "$1.pem" 2>"$1.log" || cat "$1.log"
}

listens() { ss -Hltn "sport = :$1" | grep -q .; }

# serve CERTIFICATE OPENSSL-ARGUMENTS...: s_server on $PORT; s_server.log, its input is s_server.in.
serve() {
  local cert=$1
  shift
  PORT=$(free_port)
  mkfifo s_server.in
  # shellcheck disable=SC2016
  start_bg sh -c 'exec openssl s_server "$@" <>s_server.in >s_server.log 2>&1' sh \
    -accept "127.0.0.1:$PORT" -cert "$CA/$cert.pem" -key "$CA/$cert.key" -quiet "$@"
  SERVER=$BG
  wait_until 10 listens "$PORT"
}

# serve_by ADDRESS CERTIFICATE [OPTIONS]: socat, each connection served by ADDRESS.
serve_by() {
  PORT=$(free_port)
  start_bg socat "OPENSSL-LISTEN:$PORT,bind=127.0.0.1,reuseaddr,fork,verify=0,cert=$CA/$2.pem,key=$CA/$2.key${3:+,$3}" \
    "$1" 2>socat.log
  SERVER=$BG
  wait_until 10 listens "$PORT"
}

# plain ADDRESS: a server that knows no TLS.
plain() {
  PORT=$(free_port)
  start_bg socat "TCP-LISTEN:$PORT,bind=127.0.0.1,reuseaddr,fork" "$1"
  SERVER=$BG
  wait_until 10 listens "$PORT"
}

pipe() { run --separate-stderr tlspipe --ca "$CA/ca.pem" "$@" </dev/null; }

# refuses STATUS TEXT: how the last run ended: one line with that in it, and nothing on stdout.
refuses() {
  assert_equal "$status" "$1"
  assert_equal "$output" ""
  assert_equal "${#stderr_lines[@]}" 1
  [[ $stderr == "tlspipe: "*"$2"* ]] || fail "$stderr"
}

@test "tlspipe carries bytes both ways over a connection that was verified" {
  serve_by EXEC:cat good
  run --separate-stderr tlspipe --ca "$CA/ca.pem" 127.0.0.1 "$PORT" <<<'hello world'
  assert_success
  assert_output 'hello world'
  assert_equal "$stderr" ""
}

@test "a host name is looked up, and is what the certificate must be for" {
  serve_by EXEC:cat good
  run tlspipe --ca "$CA/ca.pem" localhost "$PORT" <<<'by name'
  assert_output 'by name'
  run tlspipe --ca "$CA/ca.pem" --name db.example 127.0.0.1 "$PORT" <<<'by another'
  assert_output 'by another'
}

@test "the name goes along as SNI, an address does not" {
  serve good -servername other.example -cert2 "$CA/other.pem" -key2 "$CA/other.key"
  pipe --name other.example 127.0.0.1 "$PORT"
  assert_success
  pipe --name third.example 127.0.0.1 "$PORT"
  refuses 111 'certificate refused: it is for db.example'
}

@test "a certificate for another name is refused, and the names it is for are said" {
  serve other
  pipe 127.0.0.1 "$PORT"
  refuses 111 "127.0.0.1:$PORT: TLS handshake: certificate refused: it is for other.example, third.example, 10.0.0.1, not for 127.0.0.1"
  pipe localhost "$PORT"
  refuses 111 'not for localhost'
}

@test "an authority that nobody trusts is refused by name; so is ours without --ca" {
  serve strange
  pipe 127.0.0.1 "$PORT"
  refuses 111 'certificate refused: issued by Stranger, which is not among the trusted authorities'
  run --separate-stderr tlspipe 127.0.0.1 "$PORT"
  refuses 111 'issued by Stranger'
}

@test "a self-signed certificate is refused, unless it is the authority" {
  serve stranger
  pipe --name Stranger 127.0.0.1 "$PORT"
  refuses 111 'self-signed by Stranger'
  run tlspipe --ca "$CA/stranger.pem" --name Stranger 127.0.0.1 "$PORT" </dev/null
  assert_success
}

@test "an expired certificate is refused with its date, one of the future too" {
  serve old
  pipe 127.0.0.1 "$PORT"
  refuses 111 'the one of old expired at 2021-02-03T04:05:06Z'
  kill "$SERVER" && rm s_server.in
  serve future
  pipe 127.0.0.1 "$PORT"
  refuses 111 "the one of future is valid only from 2040-01-01T00:00:00Z on (is this machine's clock right?)"
}

@test "a server that demands a client certificate lets in who has one of its authority's" {
  local version
  for version in 1_2 1_3; do
    serve good "-tls$version" -Verify 1 -verify_return_error -CAfile "$CA/ca.pem"
    run --separate-stderr tlspipe --ca "$CA/ca.pem" --cert "$CA/client.pem" --key "$CA/client.key" \
      127.0.0.1 "$PORT" </dev/null
    assert_success
    run --separate-stderr timeout 20 tlspipe --ca "$CA/ca.pem" 127.0.0.1 "$PORT" <s_server.log
    refuses 111 'demand'
    run --separate-stderr timeout 20 tlspipe --ca "$CA/ca.pem" --cert "$CA/strange.pem" \
      --key "$CA/strange.key" 127.0.0.1 "$PORT" </dev/null
    refuses 111 'the peer refused: unknown CA'
    kill "$SERVER" && rm s_server.in
  done
}

@test "certificate and key may be one file; a file that is not what it should be is named" {
  serve good -Verify 1 -verify_return_error -CAfile "$CA/ca.pem"
  cat "$CA/client.pem" "$CA/client.key" >both.pem
  pipe --cert both.pem 127.0.0.1 "$PORT"
  assert_success
  pipe --cert "$CA/client.pem" --key "$CA/good.key" 127.0.0.1 "$PORT"
  refuses 111 "$CA/good.key: "
  pipe --cert "$CA/client.key" 127.0.0.1 "$PORT"
  refuses 111 "$CA/client.key: no certificate: "
  pipe --cert "$CA/client.pem" --key "$CA/client.pem" 127.0.0.1 "$PORT"
  refuses 111 "$CA/client.pem: no usable private key: "
  pipe --cert nowhere.pem 127.0.0.1 "$PORT"
  refuses 111 'nowhere.pem: No such file or directory'
  run --separate-stderr tlspipe --ca s_server.log 127.0.0.1 "$PORT"
  refuses 111 's_server.log: no certificate authority: '
}

@test "an encrypted key is refused without a question on the terminal" {
  openssl ec -in "$CA/client.key" -aes128 -passout pass:secret -out locked.key 2>/dev/null
  run --separate-stderr timeout 5 script -qec \
    "tlspipe --ca $CA/ca.pem --cert $CA/client.pem --key locked.key 127.0.0.1 1 2>err" /dev/null
  assert_equal "$output" ""
  run cat err
  assert_output --partial 'tlspipe: locked.key: no usable private key: '
}

@test "TLS 1.1 is refused" {
  serve good -tls1_1 -cipher DEFAULT@SECLEVEL=0
  pipe 127.0.0.1 "$PORT"
  refuses 111 'TLS handshake: the peer speaks no TLS 1.2 or later'
}

@test "a server that speaks no TLS is told from one that hangs up" {
  plain SYSTEM:'echo "220 mail.example ESMTP"; cat'
  pipe 127.0.0.1 "$PORT"
  refuses 111 'TLS handshake: the peer does not speak TLS'
  plain SYSTEM:'head -c 1 >/dev/null'
  pipe 127.0.0.1 "$PORT"
  refuses 111 'TLS handshake: '
}

@test "a server that accepts and says nothing is given up after --timeout" {
  plain SYSTEM:'exec sleep 60'
  local start
  start=$(now_ms)
  pipe --timeout 0.3 127.0.0.1 "$PORT"
  refuses 99 'TLS handshake: timed out (does the peer speak TLS?)'
  [ $(($(now_ms) - start)) -lt $((5000 * LM_PATIENCE)) ]
}

@test "nobody there, an unknown host: status 111 and why" {
  PORT=$(free_port)
  pipe 127.0.0.1 "$PORT"
  refuses 111 "127.0.0.1:$PORT: Connection refused"
  pipe no-such-host.invalid "$PORT"
  refuses 111 'no-such-host.invalid: '
}

@test "wrong use is status 100" {
  local args
  for args in '' 127.0.0.1 '127.0.0.1 0' '127.0.0.1 65536' '127.0.0.1 redis' \
    '--key x 127.0.0.1 1' '--timeout 0 127.0.0.1 1' '--timeout x 127.0.0.1 1' '--no-such 127.0.0.1 1'; do
    # shellcheck disable=SC2086
    run --separate-stderr tlspipe $args
    assert_failure 100
    assert_equal "$output" ""
    [[ $stderr == 'tlspipe: '* ]] || fail "$args: $stderr"
  done
  run sh -c 'tlspipe 127.0.0.1 1 <&-'
  assert_failure 100
}

@test "ten megabytes go each way unchanged" {
  serve_by EXEC:cat good
  head -c 10485760 /dev/urandom >big
  tlspipe --ca "$CA/ca.pem" 127.0.0.1 "$PORT" <big >back
  cmp big back
}

@test "ten megabytes go each way over one socket that is stdin and stdout" {
  serve_by EXEC:cat good
  head -c 10485760 /dev/urandom >big
  socat -t 30 - "EXEC:tlspipe --ca $CA/ca.pem 127.0.0.1 $PORT" <big >back
  cmp big back
}

@test "a stalled reader holds the peer back, nothing is lost and little is kept" {
  serve_by SYSTEM:'head -c 50000000 /dev/zero' good
  mkfifo out
  # shellcheck disable=SC2016
  start_bg sh -c 'exec tlspipe --ca "$1" 127.0.0.1 "$2" </dev/null >out' sh "$CA/ca.pem" "$PORT"
  exec 5<out
  head -c 1000 <&5 >/dev/null
  run awk '/^VmRSS/ { print $2 }' "/proc/$BG/status"
  [ "$output" -lt $((20000 * LM_PATIENCE * LM_PATIENCE)) ]
  run wc -c <&5
  exec 5<&-
  assert_output 49999000
}

@test "the end of stdin is told to the peer, whose answer still comes" {
  serve_by SYSTEM:'wc -c; echo late' good
  run tlspipe --ca "$CA/ca.pem" 127.0.0.1 "$PORT" <<<12345
  assert_success
  assert_line --index 0 6
  assert_line --index 1 late
}

@test "the peer's goodbye ends it, though stdin is open" {
  serve_by SYSTEM:'echo enough' good
  mkfifo never
  exec 5<>never
  run timeout 20 tlspipe --ca "$CA/ca.pem" 127.0.0.1 "$PORT" <never
  exec 5>&-
  assert_success
  assert_output enough
}

@test "a server killed in the middle is an error, for something may be missing" {
  serve good
  mkfifo in
  exec 5<>in
  # shellcheck disable=SC2016
  start_bg sh -c 'tlspipe --ca "$1" 127.0.0.1 "$2" <in >out 2>err; echo $? >status' sh \
    "$CA/ca.pem" "$PORT"
  echo begin >s_server.in
  wait_until 10 file_has out begin
  kill -9 "$SERVER"
  wait_until 10 test -s status
  exec 5>&-
  run cat status
  assert_output 111
  run cat err
  assert_output "tlspipe: 127.0.0.1:$PORT: the peer ended the connection without TLS's goodbye"
}

@test "who goes away with the socket takes the pipe along, after the last words" {
  serve good
  # Writes and is gone: socat -u has no way back.
  run timeout 20 socat -u - "EXEC:tlspipe --ca $CA/ca.pem 127.0.0.1 $PORT" <<<'last words'
  wait_until 10 file_has s_server.log 'last words'
  wait_until 10 sh -c '! pgrep -f "tlspipe --ca $CA"'
}

@test "a reader who has had enough ends it quietly" {
  serve_by SYSTEM:'yes' good
  mkfifo never
  exec 5<>never
  # shellcheck disable=SC2016
  run timeout 20 sh -c '{ tlspipe --ca "$1" 127.0.0.1 "$2" <never; echo "status $?" >&2; } | head -n 1' \
    sh "$CA/ca.pem" "$PORT"
  exec 5>&-
  # head says its line when it is done with its input, perhaps after that.
  assert_equal "$(sort <<<"$output")" $'status 0\ny'
}

@test "an idle connection costs no processor time" {
  serve good
  mkfifo in
  exec 5<>in
  # shellcheck disable=SC2016
  start_bg sh -c 'exec tlspipe --ca "$1" 127.0.0.1 "$2" <in >out' sh "$CA/ca.pem" "$PORT"
  echo here >s_server.in
  wait_until 10 file_has out here
  local before after
  before=$(awk '{ print $14 + $15 }' "/proc/$BG/stat")
  run ! timeout 1 tail -f /dev/null
  after=$(awk '{ print $14 + $15 }' "/proc/$BG/stat")
  exec 5>&-
  [ $((after - before)) -le 5 ]
}

@test "redis-server over TLS answers, with a client certificate and a password from stdin" {
  PORT=$(free_port)
  start_bg redis-server --port 0 --tls-port "$PORT" --bind 127.0.0.1 --save '' --dir "$T" \
    --tls-cert-file "$CA/good.pem" --tls-key-file "$CA/good.key" --tls-ca-cert-file "$CA/ca.pem" \
    --requirepass secret >redis.log
  wait_until 10 file_has redis.log 'Ready to accept'
  # shellcheck disable=SC2016
  run sh -c 'printf "AUTH secret\r\nPING\r\nQUIT\r\n" | tlspipe --ca "$1/ca.pem" --cert "$1/client.pem" \
    --key "$1/client.key" localhost "$2"' sh "$CA" "$PORT"
  assert_success
  assert_output $'+OK\r\n+PONG\r\n+OK\r'
  # To our goodbye redis 7.0 answers by closing without its own: all came, but who could tell?
  run --separate-stderr sh -c 'printf "AUTH secret\r\nPING\r\n" | tlspipe --ca "$1/ca.pem" \
    --cert "$1/client.pem" --key "$1/client.key" localhost "$2"' sh "$CA" "$PORT"
  assert_failure 111
  assert_output $'+OK\r\n+PONG\r'
  [[ $stderr == *"without TLS's goodbye" ]]
  run --separate-stderr timeout 20 tlspipe --ca "$CA/ca.pem" localhost "$PORT" </dev/null
  assert_failure 111
  assert_equal "$output" ""
}

@test "no secret can stand in the arguments: there are none but names of files" {
  run tlspipe --help
  run grep -ciE 'password|passphrase|secret|token' <<<"$output"
  assert_output 0
}

@test "resolve prints numeric addresses, one a line" {
  run resolve 127.0.0.1 6379
  assert_output 127.0.0.1:6379
  run resolve ::1 6379
  assert_output '[::1]:6379'
  run resolve localhost 6379
  assert_success
  assert_line --regexp '^(127\.0\.0\.1|\[::1\]):6379$'
}

@test "resolve: no such host is status 1, wrong use 100, a closed stdout 111" {
  run --separate-stderr resolve no-such-host.invalid 1
  [ "$status" -eq 1 ] || [ "$status" -eq 111 ] # 111: there is no name server here at all
  assert_equal "$output" ""
  [[ $stderr == 'resolve: no-such-host.invalid: '* ]]
  run resolve localhost
  assert_failure 100
  run resolve localhost 70000
  assert_failure 100
  run sh -c 'resolve localhost 1 >/dev/full'
  assert_failure 111
}
