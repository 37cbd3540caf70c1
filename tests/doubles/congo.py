"""Clients of consoled's ports as a test wants them: congo's frames, and bare bytes for what congo
would never send. PORT, API and, for TLS, TLS (a folder of make-certs) come from the environment."""
import json
import os
import socket
import ssl
import struct
import time

PATIENCE = float(os.environ.get("LM_PATIENCE", "1"))


def frame(payload):
    return struct.pack(">i", len(payload)) + payload


def start(node):
    return frame(json.dumps({"action": 1, "node": node}).encode())


def dial(where):
    """A port's number, or a unix socket's path."""
    if isinstance(where, int):
        s = socket.create_connection(("127.0.0.1", where))
    else:
        s = socket.socket(socket.AF_UNIX)
        s.connect(where)
    s.settimeout(20 * PATIENCE)
    return s


def context(client="client", ca="ca.crt"):
    """As make-certs made them; client None: without a certificate."""
    folder = os.environ["TLS"]
    c = ssl.create_default_context(cafile=os.path.join(folder, ca))
    if client:
        path = client if "/" in client else os.path.join(folder, client)
        c.load_cert_chain(path + ".crt", path + ".key")
    return c


class Congo:
    def __init__(self, node=None, tls=None):
        self.s = dial(int(os.environ["PORT"]))
        if tls:
            self.s = tls.wrap_socket(self.s, server_hostname="localhost")
        self.out = b""
        if node:
            self.s.sendall(start(node))

    def send(self, payload):
        self.s.sendall(frame(payload))

    def exactly(self, n):
        got = b""
        while len(got) < n:
            piece = self.s.recv(n - len(got))
            if not piece:
                return None
            got += piece
        return got

    def read(self):
        header = self.exactly(4)
        if header is None:
            return None
        n = struct.unpack(">i", header)[0]
        assert 0 < n <= 4094, n
        return self.exactly(n)

    def until(self, text):
        while text not in self.out:
            payload = self.read()
            assert payload is not None, self.out[-200:]
            self.out += payload

    def attach(self):
        answer = self.read()
        assert answer == b'{"action":4}', answer
        self.until(b"\r\n")
        return self

    def types(self, text):
        """An echo there and back."""
        self.send(text + b"\r")
        self.until(text + b"\r\n" + text)

    def ended(self):
        return ended(self.s)


def ended(s):
    try:
        while s.recv(65536):
            pass
    except (ConnectionError, ssl.SSLError):
        pass
    return True


def wait(condition, seconds=10):
    deadline = time.monotonic() + seconds * PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "time is over"
        time.sleep(0.02)


def ask(path, request):
    """One request on a control socket."""
    with dial(path) as s:
        f = s.makefile("rwb")
        f.write(json.dumps(request).encode() + b"\n")
        f.flush()
        return json.loads(f.readline())


def http(where, data, tls=None):
    """The status of one answer to these bytes; 0: none. Then the whole text."""
    s = dial(where)
    if tls:
        s = tls.wrap_socket(s, server_hostname="localhost")
    got = b""
    try:
        s.sendall(data)
        while b"\r\n\r\n" not in got or not complete(got):
            piece = s.recv(65536)
            if not piece:
                break
            got += piece
    except (ConnectionError, ssl.SSLError):
        pass
    s.close()
    return (int(got[9:12]) if got.startswith(b"HTTP/1.1 ") else 0), got


def complete(got):
    head, _, body = got.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
    return False


def request(method, path, body=b"", more=b""):
    return (b"%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n%s\r\n%s" %
            (method, path, len(body), more, body))
