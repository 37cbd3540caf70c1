# consoled under TLS: both ports let in who has a certificate of the CA, and nobody else.
load helper
load consoled

setup() {
  lm_setup
  PATH=$LM_ROOT/examples/tls:$PATH
  export TLS=$T/tls
  make-certs "$TLS" localhost
  DAYS=-1 CLIENT=late make-certs "$TLS"
  make-certs "$T/other" localhost
  configure 'http_timeout: 2' '' "global:
  ssl_key_file: $TLS/server.key
  ssl_cert_file: $TLS/server.crt
  ssl_ca_cert_file: $TLS/ca.crt"
  start
  create n1 cat
  wait_until 5 state_is n1 connected
}

@test "a client of the CA attaches, types and sees the echo; REST answers it" {
  run py '
c = Congo("n1", context()).attach()
c.types(b"sealed")
c.send(b""); c.send(b"\x05c."); assert c.ended()
for path in (b"/nodes", b"/nodes/n1", b"/breaksequence"):
    assert http(int(os.environ["API"]), request(b"GET", path), context())[0] == 200
print(c.s.version())'
  assert_output TLSv1.3
  CONGO_URL=https://localhost:$API CONGO_SERVER_HOST=localhost CONGO_PORT=$PORT CONGO_SSL_KEY=$TLS/client.key \
    CONGO_SSL_CERT=$TLS/client.crt CONGO_SSL_CA_CERT=$TLS/ca.crt run conctl list
  assert_output --partial 'n1 (host: '
}

# Nothing of ours reaches it: no frame, no status.
strangers='
good = Congo("n1", context()).attach()
def nothing(make):
    try:
        s = make()
        s.sendall(start("n1") + request(b"GET", b"/nodes"))
        got = b""
        while True:
            piece = s.recv(65536)
            if not piece: break
            got += piece
    except (ssl.SSLError, ConnectionError): got = b""
    assert got == b"", got
def over(tls):
    return [lambda p=p: tls.wrap_socket(dial(int(os.environ[p])), server_hostname="localhost") for p in ("PORT", "API")]
'

@test "no certificate, a stranger's, an expired one, a server's: none comes in, and the log says why" {
  run py "$strangers"'
other = os.path.dirname(os.environ["TLS"]) + "/other/client"
import warnings
warnings.simplefilter("ignore")
old = context(); old.maximum_version = ssl.TLSVersion.TLSv1_1; old.minimum_version = ssl.TLSVersion.TLSv1
for tls in (context(None), context(other), context("late"), context("server"), old):
    for make in over(tls): nothing(make)
    good.types(b"on"); good.out = b""
print("out")'
  assert_output out
  # Once for each port, and not for each who knocks.
  assert_equal "$(grep -c 'refused 127.0.0.1:[0-9]*: .*certificate' consoled.err)" 2
}

@test "our websocket lets in who has a certificate, by its name and without signing in, and nobody else" {
  CLIENT=alice make-certs "$TLS"
  run py "$strangers"'
from web import *
api = int(os.environ["API"])
def attach(tls, **more):
    s = tls.wrap_socket(dial(api), server_hostname="localhost")
    return s, shake(s, "/v1/attach", api, **{"Sec-WebSocket-Protocol": "lineman.v1", **more}).split("\r\n")
other = os.path.dirname(os.environ["TLS"]) + "/other/client"
for tls in (context(None), context(other), context("late"), context("server")):
    try: _, head = attach(tls)
    except (ssl.SSLError, ConnectionError, SystemExit): head = ["refused"]
    assert head == ["refused"], head
    good.types(b"on"); good.out = b""
s, head = attach(context("alice"))
assert head[0].split()[1] == "101", head
assert "lineman.v1" in [h.partition(": ")[2] for h in head if h.lower().startswith("sec-websocket-protocol:")], head
say(s, json.dumps({"cmd": "attach", "console": "n1", "from": "now"}).encode(), 1)
kind, answer = message(s)
assert kind == 1 and json.loads(answer)["ok"], answer
say(s, b"sealed\n"); until(s, b"sealed\r\nsealed\r\n")
mine = [v for v in ask(os.environ["CTL"], {"cmd": "who"})["viewers"] if v["face"] == "web"]
print([(v["user"], v["who"].split(":")[0]) for v in mine])
# The certificate says who, and not where from: another site\x27s page has nothing to say.
print(attach(context("alice"), Origin="https://evil.example")[1][0])'
  assert_line "[('alice', 'alice at 127.0.0.1')]"
  assert_line --partial 'HTTP/1.1 403'
}

@test "plain clients at the TLS ports, and junk in the middle of it, end themselves alone" {
  run py "$strangers"'
sent = []
for p in ("PORT", "API"):
    for junk in (start("n1"), request(b"GET", b"/nodes"), b"\x16\x03\x01", b"\x16\x03\x01\xff\xff" + bytes(70000), bytes(100)):
        sent.append(dial(int(os.environ[p])))
        try: sent[-1].sendall(junk)
        except ConnectionError: pass
    # Behind a good handshake.
    tls = over(context())[0 if p == "PORT" else 1]()
    raw = socket.socket(fileno=os.dup(tls.fileno()))
    raw.settimeout(20 * PATIENCE); raw.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
    assert ended(raw)
    good.types(b"on"); good.out = b""
for s in sent:
    got = b""
    try: got = s.recv(65536)
    except ConnectionError: pass
    assert b"HTTP" not in got and b"action" not in got, got
print("on")'
  assert_output on
}

@test "a handshake that is never finished costs a place for a while, and nobody else anything" {
  run py '
good = Congo("n1", context()).attach()
begun = time.monotonic()
hello = ssl.MemoryBIO(); out = ssl.MemoryBIO()
try: context().wrap_bio(hello, out, server_hostname="localhost").do_handshake()
except ssl.SSLWantReadError: pass
hello = out.read()
slow = []
for p in ("PORT", "API"):
    for word in (b"", hello[:1], hello[:-1], hello):
        for _ in range(10):
            s = dial(int(os.environ[p])); s.sendall(word); slow.append(s)
for _ in range(5):
    good.types(b"on"); good.out = b""
    Congo("n1", context()).attach()
    assert http(int(os.environ["API"]), request(b"GET", b"/nodes"), context())[0] == 200
assert time.monotonic() - begun < 20 * PATIENCE
for s in slow: assert ended(s)
assert time.monotonic() - begun < 40 * PATIENCE
good.types(b"still")
print("served")'
  assert_output served
}

@test "a viewer under TLS that never reads slows nobody, and its frames stay whole" {
  create n2 "sh -c 'stty raw -echo; read x; seq 1 400000; exec cat'"
  wait_until 5 state_is n2 connected
  run py '
stalled = Congo("n2", context()).attach(); good = Congo("n2", context()).attach()
good.send(b"\n"); good.until(b"\n400000\n")
stalled.until(b"\n400000\n")
assert b"bytes skipped]]" in stalled.out or b"\n1\n2\n3\n" in stalled.out
print("whole")'
  assert_output whole
}
