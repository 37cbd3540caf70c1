"""A client of consoled's websockets, by the bytes of RFC 6455. PORT and IP come from the environment."""
import base64
import os
import socket
import struct
import sys
import time

port = int(os.environ["PORT"])


def shake(s, path, where=port, **more):
    """The head of the answer."""
    head = {"Host": "localhost:%d" % where, "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(), **more}
    s.sendall(("GET %s HTTP/1.1\r\n" % path + "".join("%s: %s\r\n" % h for h in head.items()) + "\r\n").encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += s.recv(1) or sys.exit("no answer: %r" % head)
    return head.decode()


def ws(path="/ws", **more):
    s = socket.create_connection((os.environ.get("IP", "127.0.0.1"), port))
    s.settimeout(20)
    return s, shake(s, path, **more)


def exactly(s, n):
    b = b""
    while len(b) < n:
        b += s.recv(n - len(b)) or sys.exit("closed after %r" % b)
    return b


def message(s):
    while True:
        kind, n = exactly(s, 2)
        if n == 126:
            n = struct.unpack(">H", exactly(s, 2))[0]
        if n == 127:
            n = struct.unpack(">Q", exactly(s, 8))[0]
        body = exactly(s, n)
        if kind & 15 == 9:
            continue
        return kind & 15, body


def until(s, what):
    """Binary messages alone, until that was in them."""
    got = b""
    while what not in got:
        kind, body = message(s)
        assert kind in (0, 2), (kind, body)
        got += body
    return got


def say(s, payload, kind=2):
    mask = os.urandom(4)
    s.sendall(bytes([0x80 | kind, 0x80 | len(payload)]) + mask +
              bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))
